"""The typed world: every number of `conf/`, checked once and then trusted.

`conf/` holds an `Entry` for each number (value, range, unit, evidence tier, source). Here the
bare values take the place of the entries, in one typed class a submodel; their meaning, unit and
source stand beside the value in `conf/`, where they are documented once.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sim import vocabulary as words
from sim.engine.arrays import Column, Floats
from sim.engine.compiled import record


class Frozen(BaseModel):
    """A checked, unchangeable record that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Frozen):
    """One number, or one table of numbers, with its evidence.

    Tiers: A local data, B literature or official statement, C assumption, T tuned to a pattern.
    """

    value: Any
    low: float
    high: float
    unit: str = Field(min_length=1)
    tier: Literal["A", "B", "C", "T"]
    source: str = Field(min_length=1)


def by(labels: tuple[str, ...], table: dict[str, float]) -> Floats:
    """Return a table's values in the order of the labels' codes."""
    return np.array([table[label] for label in labels], dtype=np.float64)


def by_two(
    labels: tuple[str, ...], inner: tuple[str, ...], table: dict[str, dict[str, float]]
) -> Floats:
    """Return a two-way table as an array of shape (labels, inner)."""
    return np.array([by(inner, table[label]) for label in labels])


def numbers(section: BaseModel, **tables: Any) -> Column:
    """Return the single numbers of a section of the world, and some tables, as one record."""
    single = {
        name: float(value) for name, value in section if isinstance(value, int | float | bool)
    }
    return record(**single, **tables)


def _keyed_by(labels: tuple[str, ...]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def check(table: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(table) - set(labels))
        missing = sorted(set(labels) - set(table))
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r} (known: {', '.join(labels)})")
        if missing:
            raise ValueError(f"no value for {missing[0]!r}")
        return table

    return check


def _shares(table: dict[str, float]) -> dict[str, float]:
    if abs(sum(table.values()) - 1.0) > 1e-6:
        raise ValueError(f"shares add up to {sum(table.values()):.4f}, not to 1")
    return table


type Table = dict[str, float]
type ByNationality = Annotated[Table, AfterValidator(_keyed_by(words.NATIONALITIES))]
type BySector = Annotated[Table, AfterValidator(_keyed_by(words.SECTORS))]
type ByStay = Annotated[Table, AfterValidator(_keyed_by(words.STAYS))]
type ByStatus = Annotated[Table, AfterValidator(_keyed_by(words.LEGAL_STATUSES))]
type ByKnowledge = Annotated[Table, AfterValidator(_keyed_by(words.KNOWLEDGE))]
type ByKind = Annotated[Table, AfterValidator(_keyed_by(words.KINDS))]
type BySeverity = Annotated[Table, AfterValidator(_keyed_by(words.SEVERITIES))]
type ByOption = Annotated[Table, AfterValidator(_keyed_by(words.OPTIONS))]
type ByDistrict = Annotated[Table, AfterValidator(_keyed_by(words.DISTRICTS))]
type ByPrice = Annotated[Table, AfterValidator(_keyed_by(words.PRICES))]
type ByKindAndSeverity = Annotated[dict[str, BySeverity], AfterValidator(_keyed_by(words.KINDS))]
type Shares[T] = Annotated[T, AfterValidator(_shares)]


class Demography(Frozen):
    """Who comes, how long they stay (submodel demography)."""

    nationality_share: Shares[ByNationality]
    sector_share: Shares[BySector]
    women_share: BySector
    age_mean: float
    age_sd: float
    age_min: float
    age_max: float
    manages_language: ByNationality
    literacy_low: float
    literacy_high: float
    stay_share: Shares[ByStay]
    stay_shape: ByStay
    stay_mean: ByStay
    arrival_season: float
    arrival_season_phase: float
    candidate_ceiling: float
    inflow_factor: float

    @property
    def mean_stay(self) -> float:
        """Mean planned stay of an arrival, in days."""
        return sum(self.stay_share[stay] * self.stay_mean[stay] for stay in words.STAYS)


class LegalStatus(Frozen):
    """Legal status at entry and fear by status."""

    share_at_entry: Annotated[
        dict[str, Shares[ByStatus]], AfterValidator(_keyed_by(words.NATIONALITIES))
    ]
    fear: ByStatus
    fear_susceptibility_low: float
    fear_susceptibility_high: float


class Employment(Frozen):
    """Employers, sick leave and injuries at work."""

    mean_size: float
    largest_size: float
    work_group_size: float
    formal_share: float
    tolerance_alpha: float
    tolerance_beta: float
    permission: BySeverity
    permission_base: float
    permission_slope: float
    pays_in_kind: float


class Money(Frozen):
    """Income, savings and debt (submodel money)."""

    wage_median: BySector
    wage_sigma: float
    wage_withheld_probability: float
    wage_withheld_share: float
    living_cost: float
    remitted: float
    reserve: float
    paid_when_absent: float
    entry_savings: float
    entry_debt_share: float
    entry_debt_shape: float
    entry_debt_mean: float
    borrowing_limit: float


class Information(Frozen):
    """Channels, word of mouth and forgetting (submodel information)."""

    channel_hazard: Annotated[dict[str, ByKnowledge], AfterValidator(_keyed_by(words.CHANNELS))]
    consulate_activity: ByNationality
    consulate_reach: ByNationality
    diaspora_reach: float
    ngo_reach: float
    media_reach: float
    employer_induction: float
    employer_content: ByKnowledge
    briefing_coverage: float
    briefing_content: ByKnowledge
    comprehension_without_language: float
    word_of_mouth_at_work: ByKnowledge
    word_of_mouth_in_district: ByKnowledge
    memory_mean: float
    memory_gain: float
    taught_by_visit: float


class Illness(Frozen):
    """Onset and course of episodes (submodel illness)."""

    injury_rate: float
    injury_outside_construction: float
    acute_rate: float
    chronic_rate: float
    chronic_age: float
    chronic_factor_young: float
    chronic_factor_old: float
    maternity_rate: float
    infection_rate: ByNationality
    acute_season: float
    acute_season_peak: float
    onset_severity: Annotated[dict[str, Shares[BySeverity]], AfterValidator(_keyed_by(words.KINDS))]
    worsening: ByKindAndSeverity
    recovery: ByKindAndSeverity
    recovery_by_treatment: ByKindAndSeverity
    death: ByKindAndSeverity
    worsening_under_treatment: float
    death_under_treatment: float
    death_while_boarding: float
    relapse_factor: float
    relapse_days: float
    sequelae_early: float
    sequelae_late: float
    pregnancy_days: float
    antenatal_visits: float
    antenatal_protection: float
    antenatal_interval: float
    abandonment: ByKind
    followed_after_leaving: float
    home_care_delay: float
    acute_factor: float
    acute_severe_factor: float


class CareSeeking(Frozen):
    """The perceive, seek and reach gates (submodel care_seeking)."""

    perception: BySeverity
    perception_base: float
    reconsideration: float
    attraction: ByOption
    severity_weight: ByOption
    price_weight: float
    price_weight_private: float
    price_cap: float
    trust_weight: float
    trust: ByOption
    fear_weight: float
    believed_reporting: ByOption
    reassured_by_registration: float
    wait_weight: float
    language_weight: float
    attachment_weight: float
    believed_ambulance_price: float
    believed_hospital_price: float
    tries: float
    patience: float
    reneging: float
    home_horizon: float


class Payment(Frozen):
    """Prices and what happens at the desk (submodel payment)."""

    price: ByPrice
    wrongful_refusal: float
    refusal_without_language: float
    refusal_when_informed: float
    early_discharge: float


class Opening(Frozen):
    """Days on which an institution works."""

    weekdays: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    holidays: bool


class InstitutionSpecification(Frozen):
    """One institution of the city, as `conf/city/` describes it.

    Capacities are for the reference population. `crews` and `background_calls` belong to an
    ambulance service; `beds`, their background occupancy and `stay_days` to whoever has beds.
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


class City(Frozen):
    """The place: population, calendar, districts."""

    name: str
    summary: str
    population: int
    reference_population: int
    start_date: date
    burn_in_days: int
    holidays: tuple[str, ...]
    district_share: Shares[ByDistrict]
    district_tile: Annotated[dict[str, Table], AfterValidator(_keyed_by(words.DISTRICTS))]
    travel_within: float
    travel_between: float

    @property
    def scale(self) -> float:
        """Simulated share of the reference population; capacities are multiplied by it."""
        return self.population / self.reference_population

    def travel_days(self) -> Floats:
        """Return travel times between districts, in days, shape (districts, districts)."""
        tiles = np.array(
            [
                [self.district_tile[d]["row"], self.district_tile[d]["column"]]
                for d in words.DISTRICTS
            ]
        )
        distance = np.abs(tiles[:, None, :] - tiles[None, :, :]).sum(axis=2)
        minutes_a_day = 24 * 60
        return (self.travel_within + self.travel_between * distance) / minutes_a_day


class Regime(Frozen):
    """Legal rules: who pays for which kind of care."""

    name: str
    summary: str
    source: str
    payer: Annotated[
        dict[str, dict[str, Literal["state", "patient"]]],
        AfterValidator(_keyed_by(words.LEGAL_STATUSES)),
    ]
    state_paid_days_after_emergency: float


class World(Frozen):
    """Everything a day of the model is computed from, besides the state of the agents."""

    city: City
    institutions: dict[str, InstitutionSpecification]
    regime: Regime
    demography: Demography
    legal_status: LegalStatus
    employment: Employment
    money: Money
    information: Information
    illness: Illness
    care_seeking: CareSeeking
    payment: Payment

    def with_value(self, path: str, value: float) -> "World":
        """Return a world in which one number, named by its dotted path, is another."""
        return _replace(self, path.split("."), value)


def _replace[T](node: T, names: list[str], value: float) -> T:
    if not names:
        return value  # type: ignore[return-value]
    first, rest = names[0], names[1:]
    if isinstance(node, dict):
        return {**node, first: _replace(node[first], rest, value)}  # type: ignore[return-value]
    assert isinstance(node, BaseModel)
    return node.model_copy(update={first: _replace(getattr(node, first), rest, value)})
