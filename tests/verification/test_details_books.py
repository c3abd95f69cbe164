"""Small crowded cities in which everything happens at once, their books checked every evening.

What the large watched cities of a year show (`test_invariants`), in days: quick enough to be run
with interpreted rules, one change of the model after the other.
"""

import pytest

from sim.agents.task import Place
from sim.model import AlmatyModel
from sim.observation.needs import flow_table
from tests.cities import city
from tests.verification.binding import binding
from tests.verification.conftest import SCARCE
from tests.verification.invariants import (
    Watch,
    check_indicators,
    check_money_of_cases,
    check_times,
)

CROWDED = {
    **SCARCE,
    "city.burn_in_days": 20,
    "illness.injury_rate": 2.0,
    "illness.acute_rate": 4.0,
    "referral.papers_asked": 1.0,
    "illness.maternity_rate": 1.0,
    "enforcement.intensity": 6.0,
    "enforcement.raids_a_year": 40.0,
    "employment.inspection_factor": 10.0,
    "employment.dismissal_factor": 20.0,
    "referral.navigation": 0.4,
    "referral.lost_contact": 0.02,
    "referral.duplication": 0.5,
    "referral.patience": 3.0,
}
TOGETHER = {
    "agencies.coordinating_body.capacity.casework": 2000.0,
    "coordination.participation": 1.0,
    "coordination.joint_fund": 20_000_000.0,
    "coordination.stand_by": 1.0,
    "coordination.matching": 0.9,
    "coordination.recall": 0.8,
    "coordination.directory": 0.95,
    "coordination.firewall": 0.5,
    "coordination.vulnerability_first": 1.0,
    "coordination.severity_first": 1.0,
}
WORLDS = {
    "in-2018": ("baseline", CROWDED, ()),
    "together": ("baseline", {**CROWDED, **TOGETHER}, ()),
    "insured": (
        "baseline",
        {**CROWDED, "insurance.purchase_base": 3.0, "illness.acute_factor": 1.5},
        ("law.as_of=2023-09-01",),
    ),
    "barriers-bind": (
        "baseline",
        {
            **CROWDED,
            **TOGETHER,
            **binding(),
            "insurance.purchase_base": 3.0,
            **{
                f"agencies.coordinating_body.capacity.{line}": 1000.0
                for line in ("bookings", "letters", "escorts")
            },
            "coordination.turned_away_told": 0.5,
            "information.firewall_announced": 1.0,
        },
        ("law.as_of=2023-09-01",),
    ),
}
DAYS = 75


@pytest.fixture(scope="module", params=WORLDS)
def lively(request: pytest.FixtureRequest) -> tuple[str, Watch]:
    """Seventy-five days of a city of 400, watched."""
    policy, changed, overrides = WORLDS[request.param]
    scenario = city(
        population=400, seed=6, days=DAYS, policy=policy, changed=changed, overrides=overrides
    )
    return request.param, Watch(AlmatyModel(scenario, audit=True)).live(DAYS)


def test_books_and_histories_agree(lively: tuple[str, Watch]) -> None:
    """V7 to V12 each evening, no random number used twice (V24); at the end, one by one."""
    _, watch = lively
    watch.check_identity_of_cases()
    watch.check_identity_of_people()
    check_times(watch.model)
    check_money_of_cases(watch.model)
    check_indicators(watch.model.indicators())


def test_what_is_reported_is_what_was_written_down(lively: tuple[str, Watch]) -> None:
    """Curves have a row a day, the case log a row a visit or move, flows add up to the moves."""
    model = lively[1].model
    log, moves = model.case_log(), len(model.handovers)
    assert len(model.curves()) == DAYS
    assert log["day"].is_monotonic_increasing
    assert len(log) == len(model.visits) + moves
    assert flow_table(model)["count"].sum() == moves


def test_the_city_is_lively(lively: tuple[str, Watch]) -> None:
    """What is checked does occur: every place of a need, debts, relief, police, membership."""
    name, watch = lively
    model = watch.model
    assert {Place.WITH_MIGRANT, Place.IN_TRANSIT, Place.QUEUED, Place.IN_PROCESS} <= set(
        watch.places
    )
    assert len(model.police) > 0
    assert len(model.payments) > 0
    assert len(model.visits) > 90
    insured = model.migrants.insured[model.migrants.rows]
    assert insured.any() or name != "insured"
