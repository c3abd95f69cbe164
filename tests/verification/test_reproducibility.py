"""Equal inputs give equal bits: V5, and whatever must not matter does not."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.config.levers import Change
from sim.config.scenario import Scenario
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.invariants import Watch
from tests.verification.worlds import AMPLE, NO_NEWS

ROOT = Path(__file__).resolve().parents[2]
SHORT = {"city.burn_in_days": 20}
DAYS = 132
NOT_YET = DAYS + 10

CHANGES: dict[str, tuple[Change, ...]] = {
    "baseline": (),
    "once for all": (
        Change(path="payment.price.private_visit", value=3_000, start_day=0),
        Change(path="institutions.polyclinic.capacity", value=30, start_day=40),
    ),
    "ramp over the fork": (
        Change(path="information.briefing_coverage", value=0.9, start_day=80, ramp_days=40),
        Change(path="payment.price.private_visit", value=2_000, start_day=60, ramp_days=80),
        Change(path="institutions.mobile_clinic.capacity", value=2_000, start_day=0, ramp_days=120),
    ),
    "pulses": (
        Change(
            path="information.media_reach", value=100, start_day=5, until_day=25, repeat_every=40
        ),
        Change(path="institutions.polyclinic.capacity", value=30, start_day=95, until_day=105),
    ),
}


def small(name: str = "baseline", seed: int = 1) -> Scenario:
    """A scenario of a city of 300."""
    return replace(city(population=300, seed=seed, changed=SHORT), name=name, changes=CHANGES[name])


def digest_after(scenario: Scenario, days: int = DAYS) -> str:
    """Run a scenario from the start and return the digest of its end."""
    model = AlmatyModel(scenario)
    model.run_for(days)
    return model.digest()


@pytest.fixture(scope="module")
def straight() -> dict[str, str]:
    """The digest of every scenario, each run on its own in this order."""
    return {name: digest_after(small(name)) for name in CHANGES}


@pytest.mark.claim("V4", "V5")
def test_scenarios_and_seeds_really_differ(straight: dict[str, str]) -> None:
    """Without this, all equalities below would prove nothing."""
    assert len(set(straight.values())) == len(CHANGES)
    assert digest_after(small(seed=2)) not in straight.values()


@pytest.mark.claim("V4")
def test_the_order_of_scenarios_is_irrelevant(straight: dict[str, str]) -> None:
    """The same scenarios in the opposite order, and day by day side by side."""
    models = {name: AlmatyModel(small(name)) for name in reversed(CHANGES)}
    for _ in range(DAYS):
        for model in models.values():
            model.step()
    assert {name: model.digest() for name, model in models.items()} == straight


@pytest.mark.claim("V4")
def test_a_process_with_another_hash_seed_agrees() -> None:
    """V4: a fresh interpreter with a PYTHONHASHSEED that is not this one's, and this one."""
    program = (
        "from sim.model import AlmatyModel\n"
        "from tests.cities import city\n"
        "print(hash('Almaty'))\n"
        "model = AlmatyModel(city(population=300, changed={'city.burn_in_days': 20}))\n"
        "model.run_for(40)\n"
        "print(model.digest())\n"
    )
    hash_seed = "1" if os.environ.get("PYTHONHASHSEED") == "4242" else "4242"
    other = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    its_hash, its_digest = other.stdout.split()
    assert int(its_hash) != hash("Almaty")
    assert its_digest == digest_after(small(), 40)


@pytest.mark.claim("V23")
@pytest.mark.parametrize("name", CHANGES)
def test_a_branch_of_the_same_scenario_is_the_straight_run(
    name: str, straight: dict[str, str]
) -> None:
    """V23: fork on day 100 and go on; the trunk goes on undisturbed too."""
    trunk = AlmatyModel(small(name))
    trunk.run_for(100)
    branch = trunk.fork(small(name))
    assert branch.digest() == trunk.digest()
    branch.run_for(DAYS - 100)
    assert branch.digest() == straight[name]
    trunk.run_for(DAYS - 100)
    assert trunk.digest() == straight[name]
    assert branch.time == trunk.time
    assert branch.curves().equals(trunk.curves())
    assert branch.indicators().equals(trunk.indicators())


@pytest.mark.claim("V23")
def test_scenarios_can_branch_off_one_baseline_at_day_zero(straight: dict[str, str]) -> None:
    """All scenarios of a seed share the end of burn-in."""
    trunk = AlmatyModel(small())
    for name, expected in straight.items():
        branch = trunk.fork(small(name))
        branch.run_for(DAYS)
        assert branch.digest() == expected


@pytest.mark.claim("V5")
def test_the_null_policy_is_the_baseline_bit_by_bit(straight: dict[str, str]) -> None:
    """V5: levers set to the value they have, at once, on a ramp and in pulses."""
    scenario = small()
    world = scenario.world
    assert world.institutions["polyclinic"].capacity is not None
    null = (
        Change(path="information.media_reach", value=world.information.media_reach, start_day=0),
        Change(
            path="information.briefing_coverage",
            value=world.information.briefing_coverage,
            start_day=10,
            ramp_days=30,
        ),
        Change(
            path="payment.price.private_visit",
            value=world.payment.price["private_visit"],
            start_day=20,
            until_day=30,
            repeat_every=20,
        ),
        Change(
            path="institutions.polyclinic.capacity",
            value=world.institutions["polyclinic"].capacity,
            start_day=5,
        ),
        Change(
            path="payment.state_paid_days_after_emergency",
            value=world.payment.state_paid_days_after_emergency,
            start_day=0,
        ),
    )
    assert digest_after(replace(scenario, changes=null)) == straight["baseline"]
    checked = city(population=300, overrides=("city.burn_in_days=60",))
    assert digest_after(checked.with_changes(null), 40) == digest_after(checked, 40)


@pytest.mark.claim("V5")
def test_a_lever_that_has_not_started_yet_changes_nothing(straight: dict[str, str]) -> None:
    """Announced is not done."""
    later = (
        Change(path="information.media_reach", value=50, start_day=NOT_YET),
        Change(path="institutions.hospital.beds", value=0, start_day=NOT_YET, ramp_days=30),
    )
    shock = Change(
        path="demography.inflow_factor", value=0.0, start_day=NOT_YET, until_day=NOT_YET + 5
    )
    scenario = replace(small(), changes=later, shocks=(shock,))
    assert digest_after(scenario) == straight["baseline"]


def test_looking_at_a_model_does_not_change_it(straight: dict[str, str]) -> None:
    """Indicators, curves, logs and Mesa's views are read-only."""
    model = AlmatyModel(small())
    for _ in range(3):
        model.run_for(DAYS // 3)
        model.indicators()
        model.curves()
        model.case_log()
        model.agents.select(at_most=10)
    assert model.digest() == straight["baseline"]


def test_one_newcomer_more_changes_nobody_elses_life() -> None:
    """Where people cannot meet (ample capacities, no word of mouth), nothing of others moves.

    Not only their onsets but every visit and payment of theirs is the same.
    """
    apart = {**SHORT, **AMPLE, **NO_NEWS, "care_seeking.wait_weight": 0.0}
    scenario = city(population=400, seed=7, changed=apart)
    stranger = 2**39
    lives = []
    for extra in (False, True):
        watch = Watch(AlmatyModel(scenario))
        model = watch.model
        if extra:
            identity = np.array([stranger], dtype=np.uint64)
            people = model.demography.newcomers(identity, model.day, np.array([500]))
            row = model.demography.admit(people)
            # A life rich in illness, lest the stranger be idle.
            model.illness.open_episodes(row, np.array([1]), np.array([0]))
            model.migrants.onsets[row] += 1
        watch.live(150)
        # The order of people on one day is that of their rows, which the stranger shifts.
        onsets = sorted(one for one in watch.onsets if one[0] != stranger)
        others = model.visits["person"] != stranger
        columns = [model.visits[name][others].tolist() for name in model.visits.dtypes]
        visits = sorted(zip(*columns, strict=True))
        lives.append((onsets, visits, stranger in watch.arrivals))
    (onsets, visits, absent), (onsets_too, visits_too, present) = lives
    assert (absent, present) == (False, True)
    assert len(onsets) > 150
    assert onsets == onsets_too
    assert visits == visits_too


def test_the_nth_episode_of_a_person_is_the_same_in_every_scenario() -> None:
    """Kind, day and severity at onset do not depend on prices, services or knowledge."""
    free = (
        Change(path="payment.price.private_visit", value=1_000, start_day=0),
        Change(path="institutions.mobile_clinic.capacity", value=2_000, start_day=0),
        Change(path="information.media_reach", value=200, start_day=0),
        Change(path="institutions.hospital.capacity", value=0, start_day=0),
    )
    scenario = city(population=800, seed=9, changed=SHORT)
    first = Watch(AlmatyModel(scenario)).live(150)
    second = Watch(AlmatyModel(replace(scenario, changes=free))).live(150)
    assert first.model.digest() != second.model.digest()
    one, two = ({case[:2]: case[2:] for case in watch.onsets} for watch in (first, second))
    common = one.keys() & two.keys()
    assert len(common) > 0.95 * len(one)
    assert all(one[key] == two[key] for key in common)
