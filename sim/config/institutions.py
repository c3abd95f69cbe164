"""Institutions of the city as `conf/city/` describes them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sim import vocabulary as words
from sim.config.entries import ByKind, ByLine, Frozen, Table, known_keys


class Opening(Frozen):
    """Days on which an institution works."""

    weekdays: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    holidays: bool


class InstitutionSpecification(Frozen):
    """One institution of the city, as `conf/city/` describes it.

    Capacities are for the reference population. `crews` and `background_calls` belong to an
    ambulance service; `beds`, their background occupancy and `stay_days` to institutions with beds.
    """

    kind: Literal[
        "ambulance", "hospital", "polyclinic", "mobile_clinic", "private", "tb_dispensary"
    ]
    summary: str
    units: Table
    opens: Opening
    competence: float
    interpreter: float
    capacity: float | None = None
    crews: float | None = None
    background_calls: float | None = None
    minutes_a_call: float | None = None
    travel_minutes: float | None = None
    beds: float = 0.0
    background_occupancy: float = 0.0
    background_occupancy_sd: float = 0.0
    stay_days: ByKind | None = None
    stay_sigma: float = 0.0
    refers_emergencies: float = 0.0
    knows: float = 0.0
    reports: float = 0.0


type Nationality = Literal["uzbekistan", "kyrgyzstan", "tajikistan", "other"]
type LegalStatus = Literal["permanent", "eaeu_contract", "permit", "registered", "irregular"]
type AgencyKind = Literal[
    "ngo", "consulate", "migration_service", "health_department", "reception_centre",
    "international", "diaspora", "coordination", "other",
]  # fmt: skip
type ByNeed = Annotated[Table, AfterValidator(known_keys(words.NEEDS))]
type Items = Annotated[Table, AfterValidator(known_keys(words.KNOWLEDGE))]
MOST_AGENCIES = 60
"""Agencies a city may have (a task stores in one number which agencies have had it)."""


class Acceptance(Frozen):
    """Whom an agency accepts.

    With `only_from`, it accepts only people whom one of these agencies has referred.
    """

    nationalities: tuple[Nationality, ...] = words.NATIONALITIES  # type: ignore[assignment]
    legal_statuses: tuple[LegalStatus, ...] = words.LEGAL_STATUSES  # type: ignore[assignment]
    only_from: tuple[str, ...] = ()


def _probabilities(table: Table) -> Table:
    for name, value in table.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name}: {value:g} is not a probability (0 to 1)")
    return table


class AgencySpecification(Frozen):
    """One agency: an institution that helps with needs other than treatment.

    Capacities, beds and money are for the reference population. A need waits in its own line
    (`information`; `papers` for documents) if the agency keeps one, else in `casework`. A consulate
    names its `nationality`: its capacity is multiplied by the consulate's activity.
    """

    kind: AgencyKind
    summary: str
    opens: Opening
    closes_at: float = Field(ge=0, le=24)
    capacity: ByLine
    competence: Annotated[ByNeed, AfterValidator(_probabilities)]
    processing_days: ByNeed = Field(default_factory=dict)
    accepts: Acceptance = Acceptance()
    nationality: Nationality | None = None
    knows: float = Field(ge=0, le=1)
    knows_of: Annotated[Table, AfterValidator(_probabilities)] = Field(default_factory=dict)
    teaches: Annotated[Items, AfterValidator(_probabilities)] = Field(default_factory=dict)
    believed_reporting: float = Field(0.0, ge=0, le=1)
    reports: float = Field(0.0, ge=0, le=1)
    refuses_fined: bool = False
    beds: float = 0.0
    stay_days: float = 0.0
    cost_per_case: float = 0.0
    grant: float = 0.0
    running_cost: float = 0.0
    target_a_quarter: float = 0.0
