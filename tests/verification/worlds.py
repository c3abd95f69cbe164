"""Worlds with one mechanism left, for comparison with theory."""

from collections.abc import Mapping

from sim import vocabulary as words
from sim.config.loading import load_scenario
from sim.model import AlmatyModel
from tests.verification.binding import NEUTRAL as PAPERS_AND_DESK_OFF

AGENCIES = load_scenario("baseline").world.agencies
BLOCKS = frozenset(block.name for block in AlmatyModel.SCHEDULE)

NO_BURN_IN: Mapping[str, float] = {"city.burn_in_days": 0}
NOBODY_FALLS_ILL: Mapping[str, float] = {
    "illness.injury_rate": 0.0,
    "illness.acute_rate": 0.0,
    "illness.chronic_rate": 0.0,
    "illness.maternity_rate": 0.0,
    **{f"illness.infection_rate.{name}": 0.0 for name in words.NATIONALITIES},
}
NO_SEASONS: Mapping[str, float] = {
    "demography.arrival_season": 0.0,
    "illness.acute_season": 0.0,
}
NO_NEWS: Mapping[str, float] = {
    **{f"information.consulate_reach.{name}": 0.0 for name in words.NATIONALITIES},
    "information.diaspora_reach": 0.0,
    "information.ngo_reach": 0.0,
    "information.media_reach": 0.0,
    "information.employer_induction": 0.0,
    "information.briefing_coverage": 0.0,
    "information.taught_by_visit": 0.0,
    **{f"information.word_of_mouth_at_work.{name}": 0.0 for name in words.KNOWLEDGE},
    **{f"information.word_of_mouth_in_district.{name}": 0.0 for name in words.KNOWLEDGE},
    **{f"legal_status.medical_check_teaches.{name}": 0.0 for name in words.KNOWLEDGE},
}
NO_POLICE: Mapping[str, float] = {
    "enforcement.intensity": 0.0,
    "institutions.ambulance.reports": 0.0,
    "institutions.hospital.reports": 0.0,
    "institutions.polyclinic.reports": 0.0,
    "institutions.tb_dispensary.reports": 0.0,
    "agencies.migration_service.reports": 0.0,
}
"""Nobody is detected, reported or removed."""
NO_EXPERIENCE: Mapping[str, float] = {
    "experience.detection_weight": 0.0,
    "experience.raid_weight": 0.0,
    "experience.trust_learning": 0.0,
    "experience.belief_learning": 0.0,
}
"""Fear follows legal status alone; trust and believed reporting stay where they started."""
ALL_ALIKE: Mapping[str, float] = {
    "money.hand_to_mouth": 0.0,
    "money.reserve_spread": 0.0,
    "money.credit_spread": 0.0,
    "money.credit_without_reserve": 1.0,
}
"""Everybody keeps back and can borrow as much for a wage."""
PRICE_OF_A_VISIT_ALONE: Mapping[str, float] = {
    "care_seeking.borrowing_weight": 0.0,
    "care_seeking.credit_reluctance": 0.0,
    "care_seeking.small_cash": 1,
    "care_seeking.course": 1.0,
    "care_seeking.unpaid_day": 0.0,
    **{f"payment.informal_asked.{name}": 0.0 for name in words.INSTITUTION_KINDS},
}
"""What deters is the price of a visit, relative to cash and all credit."""
NO_SELF_CARE: Mapping[str, float] = {"care_seeking.self_care_days": 0}
WAITING_NEVER_ENDS: Mapping[str, float] = {
    "care_seeking.inertia": 0.0,
    "care_seeking.pain": 0.0,
    "care_seeking.endurance_rate": 0.0,
}
CONTRACTS_OPEN_NOTHING: Mapping[str, float] = {
    "employment.formal_leave": 0.0,
    "employment.works_clinic_share": 0.0,
    "employment.check_ups": 0.0,
    "money.formal_sick_pay": 0.0,
}
NEUTRAL: Mapping[str, float] = {
    **ALL_ALIKE,
    **PRICE_OF_A_VISIT_ALONE,
    **NO_SELF_CARE,
    **WAITING_NEVER_ENDS,
    **CONTRACTS_OPEN_NOTHING,
    "care_seeking.same_day_triage": 0.0,
    **PAPERS_AND_DESK_OFF,
}
"""Every mechanism that was added after the model without barriers, in its neutral state."""
NO_PAPERS_ASKED: Mapping[str, float] = {"referral.papers_asked": 0.0}
AMPLE: Mapping[str, float] = {
    "institutions.ambulance.crews": 5_000,
    "institutions.hospital.capacity": 1_000_000,
    "institutions.hospital.beds": 1_000_000,
    "institutions.polyclinic.capacity": 1_000_000,
    "institutions.private.capacity": 1_000_000,
    "institutions.tb_dispensary.capacity": 1_000_000,
    "institutions.tb_dispensary.beds": 1_000_000,
}
"""Capacities nobody can exhaust (mobile clinics stay what they are: none)."""


def agencies_times(capacity: float, money: float = 1.0) -> dict[str, float]:
    """Return the changes that give agencies so many times their slots and beds, and grants."""
    changes: dict[str, float] = {}
    for name, one in AGENCIES.items():
        for line, slots in one.capacity.items():
            changes[f"agencies.{name}.capacity.{line}"] = capacity * slots
        changes[f"agencies.{name}.beds"] = capacity * one.beds
        changes[f"agencies.{name}.grant"] = money * one.grant
    return changes


def only_of(table: str, labels: tuple[str, ...], chosen: str) -> dict[str, float]:
    """Return the changes that give one label of a table of shares everything."""
    return {f"{table}.{label}": float(label == chosen) for label in labels}


def onset_severity(kind: str, severity: str) -> dict[str, float]:
    """Return the changes by which every onset of a kind has one severity."""
    return only_of(f"illness.onset_severity.{kind}", words.SEVERITIES, severity)


def keep_only(model: AlmatyModel, *names: str) -> None:
    """Switch off every block of the day but these."""
    assert set(names) <= BLOCKS
    model.switched_off = BLOCKS - set(names)


def run_block(model: AlmatyModel, name: str) -> None:
    """Run one block of the day."""
    next(block for block in model.schedule if block.name == name).run()


def live_until(model: AlmatyModel, last: str) -> None:
    """Live through the blocks of a day up to and including one; the day does not end."""
    assert last in BLOCKS
    since_burn_in = model.day + model.base_world.city.burn_in_days
    for block in model.schedule:
        if block.name not in model.switched_off and block.is_due(since_burn_in):
            block.run()
        if block.name == last:
            return
