"""The typed world: every number of `conf/`, checked once and then trusted.

`conf/` holds an `Entry` for each number (value, range, unit, evidence tier, source). Here the bare
values replace the entries, in one typed class per submodel; their meaning, unit and source are
documented once, beside the value in `conf/`.
"""

from datetime import date, timedelta
from difflib import get_close_matches
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, model_validator

from sim import vocabulary as words
from sim.config.entries import (
    ByDistrict,
    ByInstitutionKind,
    ByKind,
    ByKindAndSeverity,
    ByKnowledge,
    ByNationality,
    ByOption,
    ByPrice,
    BySector,
    BySeverity,
    ByStatus,
    ByStay,
    Date,
    Frozen,
    Shares,
    Table,
    keyed_by,
)
from sim.config.institutions import MOST_AGENCIES, AgencySpecification, InstitutionSpecification
from sim.config.legal_rules import CALENDAR, Law, LegalRules, Regime, check_law
from sim.config.mistakes import shortened
from sim.engine.types import Floats


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
    """Legal status, how it is kept and lost, and fear by status (submodel legal_status)."""

    share_at_entry: Annotated[
        dict[str, Shares[ByStatus]], AfterValidator(keyed_by(words.NATIONALITIES))
    ]
    share_of_residents: Annotated[
        dict[str, Shares[ByStatus]], AfterValidator(keyed_by(words.NATIONALITIES))
    ]
    fear: ByStatus
    fear_susceptibility_low: float
    fear_susceptibility_high: float
    registration_days: ByNationality
    permit_days_low: float
    permit_days_high: float
    permit_fee: float
    border_trip: float
    seeks_permit: float
    renewal_base: float
    renewal_knowledge: float
    renewal_formal: float
    renewal_consulate: float
    renewal_fee: float
    renewal_fear: float
    refused_after_fine: float
    medical_check_teaches: ByKnowledge
    regularisation: float
    regularisation_fee: float

    @model_validator(mode="after")
    def _check_contract_workers(self) -> "LegalStatus":
        """Refuse EAEU contract workers who are not citizens of an EAEU state."""
        for table in ("share_at_entry", "share_of_residents"):
            for nationality in words.NATIONALITIES:
                share = getattr(self, table)[nationality]["eaeu_contract"]
                if nationality not in words.EAEU_NATIONALITIES and share > 0:
                    raise ValueError(
                        f"{table}.{nationality}.eaeu_contract = {share:g} must be 0: "
                        "only citizens of EAEU states are such workers"
                    )
        return self


class Enforcement(Frozen):
    """Detection, fines, custody and removal (submodel enforcement)."""

    detection: ByStatus
    visibility: BySector
    intensity: float
    raid_share: float
    raids_a_year: float
    removal: float
    fine: float
    dismissal_when_detected: float
    custody_days: float


class Experience(Frozen):
    """Fear, trust and beliefs in work groups (submodel experience)."""

    detection_weight: float
    raid_weight: float
    fear_memory: float
    trust_learning: float
    bad_experience_weight: float
    trust_half_life: float
    newcomers_trust: float
    belief_learning: float
    announcement_learning: float
    smallest_group: float
    noticed: float


class Referral(Frozen):
    """Needs on their way between institutions (submodels needs and referral)."""

    papers_asked: float
    registration_asked: float
    papers_valid_days: float
    returns_to_care: float
    unable_days: float
    lodging_lost: BySector
    lodging_lost_without_papers: float
    navigation: float
    navigation_when_informed: float
    guesses_right: float
    wrong_referral: float
    no_show: float
    no_show_when_afraid: float
    afraid_above: float
    motivation_kept: float
    duplication: float
    lost_contact: float
    transit_days: float
    processing_spread: float
    patience: float
    reneging: float
    joint_learning: float
    staff_turnover: float
    working_day_ends: float
    grant_response: float
    grant_reversion: float
    grant_change_limit: float


class Coordination(Frozen):
    """Instruments of a coordinating body, each a separate lever (submodel coordination)."""

    participation: float
    directory: float
    front_desk_training: float
    turned_away_told: float
    booked_weight: float
    booked_days: float
    booked_wait: float
    escort_reassures: float
    matching: float
    recall: float
    recall_days: float
    firewall: float
    fear_of_sharing: float
    fear_and_consent: float
    load_awareness: float
    severity_first: float
    vulnerability_first: float
    joint_fund: float
    overhead: float
    hub_delay: float
    stand_by: float


class Costs(Frozen):
    """Costs of policies to those who run them (submodel funding)."""

    set_up: float
    hub_slot: float
    hub_booking: float
    hub_letter: float
    hub_escort: float
    directory: float
    registry: float
    desk_training_set_up: float
    desk_training: float
    announcement_set_up: float
    announcement: float
    reporting_rule: float
    osms_set_up: float
    card: float
    amnesty: float
    inspections: float
    works_clinic: float
    mobile_set_up: float
    mobile_slot: float
    clinic_slot: float
    clinic_bed: float
    ambulance_crew: float
    interpreter: ByInstitutionKind
    ngo_reach: float
    consulate_reach: float
    diaspora_reach: float
    media_reach: float
    employer_induction: float
    briefing: float
    information_slot: float
    casework_slot: float
    papers_slot: float
    processing_day: float
    opening_hour: float
    shelter_bed: float
    discount_rate: float
    gdp_per_capita: float


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
    formal_leave: float
    works_clinic_share: float
    works_clinic_weight: float
    works_clinic_pays: float
    check_ups: float
    check_up_cost: float
    pays_in_kind: float
    inspections: float
    believed_at_start: float
    inspection_factor: float
    belief_heard_by: float
    belief_gain: float
    belief_spill: float
    belief_half_life: float
    decision_weight: float
    fine: float
    norm: float
    contract_cost: float
    replacement_cost: float
    dismissal: float
    dismissal_tolerance: float
    dismissal_after: float
    dismissal_factor: float
    inspectors_report: float
    search_days: float
    jobless_days: float
    passport_held: BySector


class Money(Frozen):
    """Income, savings and debt (submodel money)."""

    wage_median: BySector
    wage_sigma: float
    wage_factor: float
    wage_withheld_probability: float
    wage_withheld_share: float
    wage_withheld_without_right: float
    living_cost: float
    remitted: float
    reserve: float
    reserve_spread: float
    hand_to_mouth: float
    remitted_without_reserve: float
    paid_when_absent: float
    formal_sick_pay: float
    entry_savings: float
    entry_debt_share: float
    entry_debt_shape: float
    entry_debt_mean: float
    borrowing_limit: float
    credit_spread: float
    credit_without_reserve: float
    subsistence: float


class Information(Frozen):
    """Channels, word of mouth and forgetting (submodel information)."""

    channel_hazard: Annotated[dict[str, ByKnowledge], AfterValidator(keyed_by(words.CHANNELS))]
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
    firewall_announced: float
    announcement_factor: float


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
    onset_severity: Annotated[dict[str, Shares[BySeverity]], AfterValidator(keyed_by(words.KINDS))]
    worsening: ByKindAndSeverity
    recovery: ByKindAndSeverity
    recovery_by_treatment: ByKindAndSeverity
    death: ByKindAndSeverity
    worsening_under_treatment: float
    death_under_treatment: float
    death_while_boarding: float
    self_care_recovery: float
    self_care_worsening: float
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
    disability_weight: ByKindAndSeverity
    sequelae_weight: float
    years_left: dict[str, float]


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
    borrowing_weight: float
    credit_reluctance: float
    small_cash: float
    course: float
    unpaid_day: float
    trust_weight: float
    trust: ByOption
    fear_weight: float
    believed_reporting: ByOption
    reassured_by_registration: float
    wait_weight: float
    language_weight: float
    attachment_weight: float
    attachment_when_severe: float
    days_foreseen: float
    believed_ambulance_price: float
    believed_hospital_price: float
    self_care_days: float
    self_care_attraction: float
    self_care_severity: float
    self_care_cost: float
    inertia: float
    pain: float
    endurance_rate: float
    endurance_mild: float
    endurance_severe: float
    same_day_triage: float
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
    refusal_by_attitude: ByInstitutionKind
    refusal_without_papers: float
    refusal_with_advocate: float
    informal_asked: ByInstitutionKind
    informal_price: float
    early_discharge: float
    state_paid_days_after_emergency: float


class Insurance(Frozen):
    """Contributions, enrolment and attachment (submodel insurance)."""

    minimum_wage: float
    voluntary_premium: float
    policy_price: float
    policy_limit: float
    administration: float
    papers_required: float
    enrolment_cost: float
    purchase_base: float
    purchase_benefit: float
    purchase_trust: float
    purchase_norm: float
    card: float
    course_cost: ByKindAndSeverity
    refusal_when_insured: float


FIRST_START, LAST_START = date(1900, 1, 1), date(2200, 12, 31)
"""Days on which a run may begin."""
LEAP_YEAR = 2000


def _a_start(day: date) -> date:
    if not FIRST_START <= day <= LAST_START:
        raise ValueError(f"{day} is outside {FIRST_START} to {LAST_START}")
    return day


def _days_of_a_year(days: tuple[str, ...]) -> tuple[str, ...]:
    for day in days:
        try:
            found = date.fromisoformat(f"{LEAP_YEAR}-{day}")
        except ValueError:
            found = None
        if found is None or f"{found:%m-%d}" != day:
            raise ValueError(
                f"'{shortened(day)}' is not a day of the year: write month-day, e.g. 03-08"
            )
    return days


NO_REST_STATE = "none"
"""Rest state of a city that starts from stationary laws alone."""


class City(Frozen):
    """The place: population, calendar, districts; fingerprint of its rest state, if it has one."""

    name: str
    summary: str
    population: int
    reference_population: int
    start_date: Annotated[Date, AfterValidator(_a_start)]
    burn_in_days: int
    holidays: Annotated[tuple[str, ...], AfterValidator(_days_of_a_year)]
    district_share: Shares[ByDistrict]
    district_tile: Annotated[dict[str, Table], AfterValidator(keyed_by(words.DISTRICTS))]
    travel_within: float
    travel_between: float
    rest_state: str = NO_REST_STATE

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


class World(Frozen):
    """All inputs of a day of the model besides the state of the agents."""

    city: City
    institutions: dict[str, InstitutionSpecification]
    agencies: dict[str, AgencySpecification]
    regime: dict[str, Regime]
    law: Law
    demography: Demography
    legal_status: LegalStatus
    enforcement: Enforcement
    experience: Experience
    referral: Referral
    coordination: Coordination
    costs: Costs
    employment: Employment
    money: Money
    information: Information
    illness: Illness
    care_seeking: CareSeeking
    payment: Payment
    insurance: Insurance

    @model_validator(mode="after")
    def _check_neighbours(self) -> "World":
        """Refuse agencies that name other agencies which do not exist."""
        if len(self.agencies) > MOST_AGENCIES:
            raise ValueError(f"agencies: {len(self.agencies)} are more than {MOST_AGENCIES}")
        for name, agency in self.agencies.items():
            for key, others in (
                ("accepts.only_from", agency.accepts.only_from),
                ("knows_of", tuple(agency.knows_of)),
            ):
                for other in others:
                    if other not in self.agencies:
                        close = get_close_matches(other, self.agencies, n=1, cutoff=0.5)
                        hint = f": did you mean '{close[0]}'?" if close else ""
                        raise ValueError(f"agencies.{name}.{key}: unknown agency '{other}'{hint}")
            if name in self.institutions:
                raise ValueError(f"agencies.{name}: an institution has that name already")
        return self

    @model_validator(mode="after")
    def _check_law_books(self) -> "World":
        """Refuse law books with gaps or overlaps, and a law that is in no book."""
        for name, regime in self.regime.items():
            mistake = regime.mistake()
            if mistake:
                raise ValueError(f"regime.{name}.{mistake}")
        first_day = self.city.start_date - timedelta(days=self.city.burn_in_days)
        mistake = check_law(self.law, self.regime, first_day)
        if mistake:
            raise ValueError(mistake)
        return self

    def of_institutions(self, field: str) -> tuple[tuple[str, float], ...]:
        """Return kind and one number of every institution."""
        return tuple((one.kind, getattr(one, field)) for one in self.institutions.values())

    def legal_rules(self, today: date) -> LegalRules:
        """Return the legal rules of a day of the calendar."""
        return self.regime[self.law.regime].rules_on(self.law.day_of(today))

    def law_changes_on(self, today: date) -> bool:
        """Return True if the law follows the calendar and a row of it begins or ends today."""
        return self.law.as_of == CALENDAR and self.regime[self.law.regime].changes_on(today)

    def with_value(self, path: str, value: float | str) -> "World":
        """Return a world in which one value, named by its dotted path, is replaced."""
        return _replace(self, path.split("."), value)


def _replace[T](node: T, names: list[str], value: float | str) -> T:
    if not names:
        # A whole number instead of a fraction would change the type of a record, and all compiled
        # rules would be recompiled.
        whole = isinstance(node, float) and isinstance(value, int)
        return float(value) if whole else value  # type: ignore[return-value]
    first, rest = names[0], names[1:]
    if isinstance(node, dict):
        return {**node, first: _replace(node[first], rest, value)}  # type: ignore[return-value]
    assert isinstance(node, BaseModel)
    return node.model_copy(update={first: _replace(getattr(node, first), rest, value)})
