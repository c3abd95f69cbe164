"""V20: outcomes move in the mean as theory expects.

Asserted where no queue can reverse it: capacities are ample, so nobody's care costs another a
slot. The same table for a scarce city is a report (in the JUnit file of a run, as properties of
the test): there a policy may do harm, and the model must be free to say so.

Fixed seeds. Pairs share people, illnesses and luck; a direction is asserted as the sign of the mean
of four pairs. That a right model shows the wrong sign by chance is possible where effects are as
small as their noise; the standardised effects, in the report, were at least 3 when written.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from statistics import mean

import pytest

from sim import vocabulary as words
from sim.config.scenario import Scenario
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.conftest import SCARCE
from tests.verification.worlds import AMPLE

SEEDS, DAYS, POPULATION = range(51, 55), 200, 1_500
GRAVE = {
    "city.burn_in_days": 30,
    "illness.onset_severity.acute.mild": 0.42,
    "illness.onset_severity.acute.severe": 0.1065,
}
WORLDS = {"ample": {**GRAVE, **AMPLE}, "scarce": {**SCARCE, **GRAVE}}
FEAR = {f"legal_status.fear.{one}": 0.9 for one in words.LEGAL_STATUSES}
DIRECTIONS: dict[str, tuple[dict[str, float], str, int]] = {
    "more fear, more unmet need": (FEAR, "unmet_need_episodes", 1),
    "more fear, less timely emergency care": (FEAR, "emergency_uptake_24h", -1),
    "dearer care, more unmet need": (
        {f"payment.price.{one}_visit": 90_000.0 for one in ("polyclinic", "private", "hospital")},
        "unmet_need_episodes", 1,
    ),
    "a weight of price of zero, less unmet need": (
        {"care_seeking.price_weight": 0.0}, "unmet_need_episodes", -1,
    ),
    "faster perception, fewer avoidable needs unseen": (
        {f"care_seeking.perception.{one}": 9.0 for one in words.SEVERITIES},
        "hidden_unmet_need", -1,
    ),
    "all told of their rights, more awareness": (
        {"information.briefing_coverage": 1.0}, "awareness", 1,
    ),
    "more acute illness, more emergencies": (
        {"illness.acute_rate": 3.0}, "emergency_need", 1,
    ),
    "less language, more unmet need": (
        {f"demography.manages_language.{one}": 0.0 for one in words.NATIONALITIES},
        "unmet_need_episodes", 1,
    ),
    "fewer days of leave, more unmet need": (
        {f"employment.permission.{one}": 0.0 for one in words.SEVERITIES},
        "unmet_need_episodes", 1,
    ),
}  # fmt: skip


@cache
def plan(world: str) -> Scenario:
    """Return a world before anything is changed in it."""
    return city(population=POPULATION, days=DAYS, changed=WORLDS[world])


@cache
def outcome(world: str, seed: int, changed: tuple[tuple[str, float], ...], name: str) -> float:
    """Return one indicator of everybody."""
    scenario = replace(plan(world), seed=seed)
    for path, value in changed:
        scenario = replace(scenario, world=scenario.world.with_value(path, value))
    model = AlmatyModel(scenario)
    model.run_for(DAYS)
    table = model.indicators().query("by == 'all' and indicator == @name")
    return float(table["value"].iloc[0])


def differences(world: str, changed: dict[str, float], name: str) -> list[float]:
    """Return what the change does to an indicator, by seed."""
    moved = tuple(changed.items())
    return [outcome(world, one, moved, name) - outcome(world, one, (), name) for one in SEEDS]


@pytest.mark.slow
@pytest.mark.claim("V20")
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_outcomes_move_as_theory_expects(
    direction: str, record_property: Callable[[str, object], None]
) -> None:
    changed, name, sign = DIRECTIONS[direction]
    for world in WORLDS:
        record_property(f"{world}: {name}", mean(differences(world, changed, name)))
    assert sign * mean(differences("ample", changed, name)) > 0
