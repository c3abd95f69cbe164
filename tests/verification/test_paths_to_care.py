"""V3: the paths by which each policy can change care are listed, and there are no others.

`docs/data/paths_to_care.yaml` names them, each with the values that cut it. In the city in which
barriers bind, visits and outcomes of illness are those of the baseline to the last bit where all
paths of a policy are cut, and are not where none is.
"""

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from sim.config.levers import matches
from sim.config.loading import load_scenario
from sim.config.paths import value_paths
from sim.config.scenario import Scenario
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.binding import binding
from tests.verification.test_cut_paths import (
    NOTHING_SHARED,
    of_temporary_workers,
    records,
    two_worlds,
)
from tests.verification.worlds import NO_EXPERIENCE
from tools.docs.paths_to_care import all_cut, paths_to_care

MONEY = {
    "payer", "paid", "insured", "in_kind", "charged", "owed", "relieved", "borrowed", "can_afford",
    "wage", "contract",
}  # fmt: skip
"""Columns of money, which may differ where care does not."""
CARE = ("visits", "closed_episodes", "deaths")
POPULATION, DAYS, SEED = 1_500, 200, 2
POLICIES = tuple(paths_to_care())
EXPECTED = {
    "reporting_firewall", "announced_firewall", "emergency_guarantee", "osms_legislated",
    "osms_hoped", "osms_universal", "osms_with_card", "hub_small", "hub_with_escorts",
}  # fmt: skip


@cache
def world(cut: tuple[tuple[str, float], ...]) -> Scenario:
    """Return the unchanged city in which barriers bind, some of its numbers held elsewhere."""
    scenario = city(POPULATION, SEED, DAYS, changed={**binding(), "city.burn_in_days": 60})
    changed, names = scenario.world, value_paths(scenario.world.model_dump())
    for pattern, value in cut:
        held = [path for path in names if matches(path, (pattern,))]
        assert held, pattern
        for path in held:
            changed = changed.with_value(path, value)
    return replace(scenario, world=changed)


@cache
def past(cut: tuple[tuple[str, float], ...]) -> AlmatyModel:
    """Return the common past of a policy and the baseline."""
    return AlmatyModel(world(cut))


@cache
def care(policy: str, cut: tuple[tuple[str, float], ...]) -> dict[str, pd.DataFrame]:
    """Return who saw whom and what became of illnesses, without their money.

    All changes begin on day 0, that little time shows much; numbers on a path that is cut stay.
    """
    described = city(POPULATION, SEED, DAYS, policy)
    held = tuple(pattern for pattern, _ in cut)
    changes = tuple(
        one.model_copy(update={"start_day": 0})
        for one in described.changes
        if not matches(one.path, held)
    )
    model = past(cut).fork(replace(described, world=world(cut).world, changes=changes))
    model.run_for(DAYS)
    return {log: without_money(records(model, log)) for log in CARE}


def without_money(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is about money, also of the order."""
    rest = frame.drop(columns=MONEY, errors="ignore")
    return rest.sort_values(list(rest.columns), ignore_index=True)


def test_the_policies_that_the_question_is_about_are_listed() -> None:
    """By their names, each with at least one path, which is said and cut."""
    assert set(POLICIES) == EXPECTED
    for policy, paths in paths_to_care().items():
        assert load_scenario(policy).name == policy
        assert paths
        assert all(one["through"].strip() and one["cut"] for one in paths)


@pytest.mark.claim("V3")
@pytest.mark.parametrize("policy", POLICIES)
def test_with_all_paths_cut_a_policy_changes_no_care(policy: str) -> None:
    cut = tuple(all_cut(policy).items())
    before, after = care("baseline", cut), care(policy, cut)
    assert len(before["visits"]) > 100
    assert len(before["closed_episodes"]) > 1_000
    for log in CARE:
        pd.testing.assert_frame_equal(before[log], after[log])


@pytest.mark.claim("V3")
@pytest.mark.parametrize("policy", POLICIES)
def test_with_no_path_cut_a_policy_changes_care(policy: str) -> None:
    before, after = care("baseline", ()), care(policy, ())
    assert any(not before[log].equals(after[log]) for log in CARE)


@pytest.mark.claim("V3")
def test_no_uzbek_or_tajik_temporary_worker_is_insured_billed_or_refused_otherwise() -> None:
    """Under insurance as legislated, where barriers bind too; nobody else's card teaches here."""
    changed = {
        **binding(), **NOTHING_SHARED, **NO_EXPERIENCE,
        "care_seeking.wait_weight": 0.0, "insurance.card": 0.0, "city.burn_in_days": 60,
    }  # fmt: skip
    baseline, legislated = two_worlds("osms_legislated", 1, changed)
    for log in ("visits", "payments", "closed_episodes", "handovers", "closed_needs"):
        mine = [of_temporary_workers(records(one, log)) for one in (baseline, legislated)]
        assert len(mine[0]) > 5
        pd.testing.assert_frame_equal(*mine)
    insured = [one.diary.insured.sum() for one in (baseline, legislated)]
    assert insured[0] == 0 < insured[1]
