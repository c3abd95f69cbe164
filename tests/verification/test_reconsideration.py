"""Sparing people comparisons that cannot change anything must not change anything."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from sim.agents.migrant import NEVER
from sim.config.levers import Change
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.single import small_city
from tests.verification.worlds import NO_EXPERIENCE, keep_only

LEVERS: dict[str, tuple[Change, ...]] = {
    "baseline": (),
    "levers in motion": (
        Change(path="payment.price.private_visit", value=2_000, start_day=30, ramp_days=60),
        Change(path="payment.price.polyclinic_visit", value=1_000, start_day=50, until_day=60),
        Change(path="information.media_reach", value=100, start_day=20, until_day=90),
        Change(path="institutions.mobile_clinic.capacity", value=2_000, start_day=100),
    ),
}


WORLDS: dict[str, Mapping[str, float]] = {
    "nothing fades": NO_EXPERIENCE,
    "all fading is noticed": {"experience.noticed": 0.0},
}
"""What is noticed must not matter, or be everything: below the limit, people wait on purpose."""
DAYS = 150


def lives(
    levers: tuple[Change, ...], changed: Mapping[str, float], forgetful: bool
) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """Visits and ended episodes of a city whose people compare when they have reason, or always."""
    scenario = city(population=1_000, seed=16, changed={"city.burn_in_days": 30, **changed})
    model = AlmatyModel(replace(scenario, changes=levers))
    if forgetful:
        decide = model.care_seeking.decide

        def decide_from_scratch() -> None:
            model.episodes.compared_on[model.episodes.rows] = -NEVER
            decide()

        model.care_seeking.decide = decide_from_scratch  # type: ignore[method-assign]
    model.run_for(DAYS)
    visits, closed = model.visits, model.closed_episodes
    columns = (
        [visits[name].tolist() for name in visits.dtypes],
        # The reason felt is that of the last comparison, and small changes call for none.
        [closed[name].tolist() for name in closed.dtypes if name != "felt_barrier"],
    )
    all_visits, all_ends = (list(zip(*table, strict=True)) for table in columns)
    assert len(all_visits) > 100
    assert len(all_ends) > 300
    return all_visits, all_ends


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
@pytest.mark.parametrize("levers", LEVERS.values(), ids=LEVERS.keys())
def test_comparing_only_with_a_reason_is_comparing_always(
    levers: tuple[Change, ...], world: Mapping[str, float]
) -> None:
    """Who waits and has seen nothing change would wait again: all visits and ends are the same."""
    assert lives(levers, world, forgetful=False) == lives(levers, world, forgetful=True)


@pytest.mark.parametrize("levers", LEVERS.values(), ids=LEVERS.keys())
def test_changes_too_small_to_be_noticed_hardly_matter(levers: tuple[Change, ...]) -> None:
    """Fear and trust may differ by `noticed` from what was compared: it moves one in a hundred."""
    with_reason, always = lives(levers, {}, forgetful=False), lives(levers, {}, forgetful=True)
    for ours, theirs in zip(with_reason, always, strict=True):
        assert len(set(ours) ^ set(theirs)) <= 0.02 * len(ours)


def test_slow_fading_is_noticed_once_it_adds_up() -> None:
    """Of the alarm in a district, day by day, and of that in a work group, week by week."""
    alarm, limit, days = 0.1, 0.02, 84
    model = small_city({"experience.noticed": limit})
    keep_only(model, "work groups talk")
    counts, groups = model.counts[0], model.work_groups
    counts["alarm"][0] = groups["alarm"][0] = alarm
    groups["changed_on"] = -NEVER
    memory = np.exp(-1.0 / model.world.experience.fear_memory)
    noticed: dict[str, list[int]] = {"alarmed_on": [], "changed_on": []}
    for day in range(days):
        model.step()
        for name, table in (("alarmed_on", counts), ("changed_on", groups)):
            assert (table[name][1:] < 0).all()  # elsewhere there is nothing to notice
            if table[name][0] == day:
                noticed[name].append(day)
    for name, every in (("alarmed_on", 1), ("changed_on", 7)):
        expected, added_up = [], 0.0
        for nth, day in enumerate(range(0, days, every)):
            faded = alarm * memory ** (every * nth) * (1.0 - memory**every)
            assert faded < limit  # once is never enough
            added_up += faded
            if added_up > limit:
                expected.append(day)
                added_up = 0.0
        assert len(expected) >= 3
        assert noticed[name] == expected
