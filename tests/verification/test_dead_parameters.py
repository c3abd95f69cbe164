"""V25: every number of `conf/` changes something, or is on a list with the reason why not.

A number is moved half of the way to the farther end of its range (all cells of a table at once) in
cities in which everything happens: much illness, scarce help, a coordinating body, all channels,
under three laws. First on day 0, in a branch of one past; where that shows nothing, from the
foundation of the city on; where what happens is the same, in the indicators; what is rare, in a
year of a larger ordinary city. What is compared is what has happened (agents, groups, logs), not
the numbers themselves. Whoever adds a number that nothing reads meets this test.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import blake2b

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.config.levers import Change
from sim.config.paths import raw_value_at, value_paths
from sim.config.scenario import Scenario
from sim.model import AlmatyModel
from sim.state import RECORDS
from tests.cities import city
from tests.verification.conftest import SCARCE

HORIZONS = (3, 12, 40, 200)
"""Days after which a branch is compared with the reference, the sooner the better."""
POPULATION = 800
WORLD = {
    **SCARCE,
    "illness.acute_rate": 3.0,
    "illness.chronic_rate": 0.5,
    "illness.maternity_rate": 0.5,
    **{f"illness.infection_rate.{name}": 0.3 for name in words.NATIONALITIES},
    "illness.injury_rate": 1.0,
    "illness.pregnancy_days": 90,
    "illness.antenatal_interval": 10,
    "money.wage_sigma": 0.9,
    "institutions.polyclinic.capacity": 300,
    "institutions.tb_dispensary.capacity": 300,
    "institutions.tb_dispensary.beds": 150,
    "institutions.private.capacity": 300,
    "care_seeking.price_weight": 0.2,
    "care_seeking.wait_weight": 5.0,
    "money.wage_withheld_probability": 0.2,
    "money.borrowing_limit": 0.3,
    "payment.early_discharge": 0.8,
    "payment.price.private_visit": 30_000,
    "payment.price.polyclinic_visit": 60_000,
    "enforcement.intensity": 3.0,
    "illness.onset_severity.acute.mild": 0.3,
    "illness.onset_severity.acute.moderate": 0.5,
    "illness.onset_severity.acute.severe": 0.18,
    "illness.onset_severity.acute.critical": 0.02,
    # As many of each nationality, lest the small ones' agencies stand idle.
    **{f"demography.nationality_share.{name}": 0.25 for name in words.NATIONALITIES},
    # Needs besides treatment come up often, and travel far.
    "referral.papers_asked": 0.9,
    "referral.unable_days": 4,
    **{f"referral.lodging_lost.{name}": 0.6 for name in words.SECTORS},
    "referral.navigation": 0.6,
    "referral.motivation_kept": 0.95,
    "referral.joint_learning": 0.3,
    # Every mechanism that is off in its neutral state.
    "money.hand_to_mouth": 0.3,
    "money.reserve_spread": 0.8,
    "money.credit_spread": 0.8,
    "money.credit_without_reserve": 0.5,
    "money.formal_sick_pay": 0.5,
    "care_seeking.borrowing_weight": 3.0,
    "care_seeking.credit_reluctance": 0.5,
    "care_seeking.small_cash": 500,
    "care_seeking.course": 1.5,
    "care_seeking.unpaid_day": 0.04,
    "care_seeking.self_care_days": 3,
    "care_seeking.self_care_attraction": 1.0,
    "care_seeking.inertia": 0.5,
    "care_seeking.pain": 1.0,
    "care_seeking.endurance_rate": 0.1,
    "care_seeking.same_day_triage": 0.5,
    "employment.formal_leave": 0.5,
    "employment.works_clinic_share": 0.5,
    "employment.check_ups": 0.3,
    "payment.informal_asked.polyclinic": 0.4,
    "payment.informal_asked.hospital": 0.4,
    "insurance.voluntary_premium": 1_000,
    "insurance.policy_price": 5_000,
}
POLICY = {
    "coordination.stand_by": 1.0,
    "coordination.participation": 0.8,
    "coordination.directory": 0.1,
    "coordination.matching": 0.9,
    "coordination.recall": 0.8,
    "coordination.joint_fund": 3_000_000,
    "coordination.severity_first": 1.0,
    "agencies.coordinating_body.capacity.casework": 2_000,
    "institutions.mobile_clinic.capacity": 300,
    "legal_status.regularisation": 0.05,
    "legal_status.regularisation_fee": 2_405,
    "information.briefing_coverage": 0.7,
    "information.media_reach": 5.0,
    "information.ngo_reach": 5.0,
    "information.diaspora_reach": 4.0,
    "information.consulate_reach.uzbekistan": 5.0,
    "information.employer_induction": 0.002,
    "agencies.foundation.capacity.information": 30,
    "agencies.foundation.capacity.casework": 30,
    "agencies.crisis_centre.beds": 900,
    "agencies.consulate_kyrgyzstan.capacity.papers": 900,
    "agencies.consulate_tajikistan.processing_days.documents": 10,
    "agencies.diaspora_kyrgyzstan.closes_at": 22,
    "agencies.coordinating_body.capacity.bookings": 2_000,
    "agencies.coordinating_body.capacity.letters": 2_000,
    "agencies.coordinating_body.capacity.escorts": 2_000,
    "coordination.front_desk_training": 0.2,
    "information.firewall_announced": 0.5,
    "institutions.tb_dispensary.reports": 0.005,
    "institutions.tb_dispensary.capacity": 14,
    "institutions.tb_dispensary.beds": 130,
    "institutions.ambulance.crews": 155,
    "institutions.ambulance.interpreter": 0.2,
    "institutions.hospital.interpreter": 0.3,
    "institutions.polyclinic.interpreter": 0.2,
    "employment.inspection_factor": 2.0,
    "employment.works_clinic_share": 0.6,
    "insurance.card": 0.8,
}
"""Levers moved on day 0, so that what they cost is counted."""
LAWS = {
    "2018": (),
    "2023": ("law.as_of=2023-08-14",),
    "universal": ("law.regime=universal",),
}
POLICY_COSTS = [CHART.number(name) for name in CHART.names if name.startswith("policy costs")]
LOGS_OF_COSTS = ("policy_costs", "set_ups")
SUMS_WITH_COSTS = ("policy_cost", "societal_cost", "cost_to_state", "fund_balance")
WITHOUT_EFFECT = {
    "institutions.ambulance.travel_minutes": "nothing reads it: to be used or dropped",
    "institutions.ambulance.knows": "no need comes up in an ambulance",
    "institutions.tb_dispensary.knows": "its care is free and asks for no papers: no need comes up",
    "institutions.tb_dispensary.interpreter": "people are sent there and weigh no language",
    "institutions.tb_dispensary.background_occupancy_sd": "hardly anybody here is sent there",
    "coordination.stand_by": "it only says that the body is paid for; its lines do the work",
    "coordination.fear_of_sharing": "the registry here is not shared with the police",
    "agencies.coordinating_body.closes_at": "nobody goes there alone, so nobody needs leave",
    "agencies.consulate_uzbekistan.believed_reporting": "no other agency comes near it for papers",
    "agencies.consulate_tajikistan.believed_reporting": "no other agency comes near it for papers",
    "agencies.diaspora_tajikistan.knows": "too few are sent on from there in these cities",
    "agencies.iom.knows": "hardly anybody is sent on from there in these cities",
    "agencies.reception_centre.knows": "nobody is sent on from there in these cities",
    "agencies.reception_centre.stay_days": "no place is ever short for want of a shorter stay here",
    "costs.osms_set_up": "no law changes on a day of these runs",
    "costs.gdp_per_capita": "no model reads it: the report of a comparison does (thresholds)",
}
"""Numbers that change nothing here, and why."""


@cache
def plan(law: str) -> Scenario:
    """The scenario all branches under a law have in common but for one number."""
    scenario = city(POPULATION, seed=6, days=max(HORIZONS), changed=WORLD, overrides=LAWS[law])
    changes = [Change(path=path, value=value, start_day=0) for path, value in POLICY.items()]
    return replace(scenario, changes=tuple(changes))


@cache
def past(law: str) -> AlmatyModel:
    """The day 0 from which all branches go on."""
    return AlmatyModel(plan(law))


@cache
def reference(law: str, costs: bool) -> tuple[list[str], pd.DataFrame]:
    """What happens if no number is moved."""
    model = past(law).fork(plan(law))
    return list(traces(model, costs)), measured(model, costs)


def measured(model: AlmatyModel, costs: bool) -> pd.DataFrame:
    """Return the indicators, without those that hold what policies cost."""
    table = model.indicators()
    if costs:
        return table
    of_policies = table["detail"].astype(str).str.startswith("policy costs")
    return table[~(of_policies | table["indicator"].isin(SUMS_WITH_COSTS))]


def moved(path: str) -> list[dict[str, float]]:
    """Return other values for all numbers of an entry, by path: up or down, the farther first."""
    entry, world = plan("2018").entries[path], plan("2018").world
    node = world.model_dump(mode="json")
    for name in path.split("."):
        node = node[name]
    paths = value_paths(node, path)
    values = [raw_value_at(world, one) for one in paths]
    numbers = [one for one in values if not isinstance(one, str)]
    assert len(numbers) == len(values), path
    if entry.unit.startswith("share") and abs(sum(numbers) - 1.0) < 1e-9 and len(numbers) > 1:
        # Shares keep adding up to 1.
        return [{paths[0]: numbers[0] / 2, paths[1]: numbers[1] + numbers[0] / 2}]
    if entry.unit.startswith("1:"):
        # A switch: on or off.
        return [{path: 1.0 - numbers[0]}]
    ends = (entry.high, entry.low)
    if entry.high - numbers[0] < numbers[0] - entry.low:
        ends = (entry.low, entry.high)
    found = []
    for end in ends:
        values_there = {one: towards(end, value) for one, value in zip(paths, numbers, strict=True)}
        if values_there != dict(zip(paths, numbers, strict=True)):
            found.append(values_there)
    return found


def towards(end: float, value: float) -> float:
    """Return the middle between a value and an end of its range."""
    middle = (value + end) / 2
    if not isinstance(value, int):
        return middle
    return int(np.ceil(middle)) if end > value else int(np.floor(middle))


def trace(model: AlmatyModel, costs: bool) -> str:
    """Return a digest of what has happened, without the numbers in force.

    What a policy costs is left out where costs are not in question: a lever that nothing reads but
    its price is a dead number.
    """
    summary = blake2b(digest_size=16)
    for name in RECORDS:
        records = getattr(model, name)
        if not costs and "ledger" in (records.dtype.names or ()):
            records = records.copy()
            records["ledger"][..., POLICY_COSTS] = 0
        summary.update(records.tobytes())
    summary.update(model.agencies.table["in_bed"].tobytes())
    logs = [log for name, log in model.logs.items() if costs or name not in LOGS_OF_COSTS]
    for table in (*(getattr(model, name) for name in model.COHORTS), *logs):
        summary.update(bytes(str(table.digest()), "ascii"))
    return summary.hexdigest()


def traces(model: AlmatyModel, costs: bool) -> Iterator[str]:
    """Live through the horizons and tell what has happened by each."""
    for days in HORIZONS:
        model.run_for(days - model.day)
        yield trace(model, costs)


@cache
def ordinary_year(values: tuple[tuple[str, float], ...], costs: bool) -> str:
    """What happens in a year of a larger city as it is, with some numbers moved."""
    scenario = city(population=5_000, seed=2)
    for path, value in values:
        scenario = replace(scenario, world=scenario.world.with_value(path, value))
    model = AlmatyModel(scenario)
    model.run_for(365)
    return trace(model, costs)


def differs(model: AlmatyModel, law: str, costs: bool) -> bool:
    """Return True if anything happens otherwise than under the reference, or is measured so."""
    expected, indicators = reference(law, costs)
    if any(one != other for one, other in zip(traces(model, costs), expected, strict=True)):
        return True
    return not measured(model, costs).equals(indicators)


def changes_a_branch(values: dict[str, float], law: str, costs: bool = False) -> bool:
    """Return True if a number changes anything when it is moved on day 0."""
    changes = (Change(path=path, value=value, start_day=0) for path, value in values.items())
    branch = past(law).fork(replace(plan(law), changes=(*plan(law).changes, *changes)))
    return differs(branch, law, costs)


def changes_a_city(values: dict[str, float], law: str, costs: bool) -> bool:
    """Return True if a number changes anything when it was another from the foundation on."""
    scenario = plan(law)
    for path, value in values.items():
        scenario = replace(scenario, world=scenario.world.with_value(path, value))
    return differs(AlmatyModel(scenario), law, costs)


def matters(path: str) -> bool:
    """Return True if an entry changes anything anywhere."""
    laws = list(LAWS)
    if path.startswith("insurance."):
        laws.reverse()
    values, costs = moved(path), path.startswith("costs.")
    return (
        any(changes_a_branch(one, laws[0], costs) for one in values)
        or changes_a_city(values[0], laws[0], costs)
        or any(changes_a_branch(one, law, costs) for law in laws[1:] for one in values)
        or any(
            ordinary_year(tuple(one.items()), costs) != ordinary_year((), costs) for one in values
        )
    )


SIZE_OF_THE_RUN = {
    "city.population",
    "city.reference_population",
    "city.burn_in_days",
}
"""Numbers that make it another run altogether."""
ENTRIES = [path for path in plan("2018").entries if path not in SIZE_OF_THE_RUN]
SECTIONS = sorted({path.split(".")[0] for path in ENTRIES} - {"regime"})
LAW_BOOK_ROWS = [path for path in ENTRIES if path.startswith("regime.")]


@pytest.mark.slow
@pytest.mark.claim("V25")
@pytest.mark.parametrize("section", SECTIONS)
def test_every_number_changes_something(section: str) -> None:
    """All entries of a section of `conf/`, one by one; the exceptions are exactly those listed."""
    entries = [path for path in ENTRIES if path.split(".")[0] == section]
    without = {path for path in entries if not matters(path)}
    listed = {path for path in WITHOUT_EFFECT if path.split(".")[0] == section}
    assert without == listed & set(entries)


@pytest.mark.claim("V25")
@pytest.mark.parametrize("path", LAW_BOOK_ROWS)
def test_every_number_of_a_law_book_is_law_on_its_days(path: str) -> None:
    """Contributions: what another number in a row does to the rules of the day it begins."""
    _, book, _, row, _ = path.split(".")
    world = plan("2018").world
    since = world.regime[book].contributions[row].since
    before = world.regime[book].rules_on(since).contribution
    (value, *_) = moved(path)
    for one, number in value.items():
        world = world.with_value(one, number)
    assert world.regime[book].rules_on(since).contribution != before


@pytest.mark.slow
@pytest.mark.claim("V25")
@pytest.mark.parametrize(
    "number", ["employer_rate", "employee_rate", "ceiling", "grace_months", "policy_required"]
)
def test_every_kind_of_number_of_a_law_book_changes_something(number: str) -> None:
    """In the city of 2023, in whose law all five are at work."""
    rows = plan("2023").world.regime["as_legislated"].contributions
    day = plan("2023").world.law.as_of
    row = next(name for name, one in rows.items() if one.covers(date.fromisoformat(day)))
    values = moved(f"regime.as_legislated.contributions.{row}.{number}")
    assert any(changes_a_branch(one, "2023") for one in values)


@pytest.mark.slow
def test_a_number_that_nothing_reads_is_found() -> None:
    """Product a head is read by reports alone: it would be found, were it not on the list."""
    assert not matters("costs.gdp_per_capita")
