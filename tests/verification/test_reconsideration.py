"""Sparing people comparisons that cannot change anything must not change anything."""

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.migrant import NEVER
from sim.config.levers import Change
from sim.model import AlmatyModel
from tests.cities import city

LEVERS: dict[str, tuple[Change, ...]] = {
    "baseline": (),
    "levers in motion": (
        Change(path="payment.price.private_visit", value=2_000, start_day=30, ramp_days=60),
        Change(path="payment.price.polyclinic_visit", value=1_000, start_day=50, until_day=60),
        Change(path="information.media_reach", value=100, start_day=20, until_day=90),
        Change(path="institutions.mobile_clinic.capacity", value=2_000, start_day=100),
    ),
}


def lives(
    levers: tuple[Change, ...], forgetful: bool
) -> tuple[list[list[float]], list[list[float]]]:
    """Visits and ended episodes of a city whose people compare when they have reason, or always."""
    scenario = city(population=1_000, seed=16, changed={"city.burn_in_days": 30})
    model = AlmatyModel(replace(scenario, changes=levers))
    if forgetful:
        decide = model.care_seeking.decide

        def decide_from_scratch() -> None:
            model.episodes.compared_on[model.episodes.rows] = -NEVER
            decide()

        model.care_seeking.decide = decide_from_scratch  # type: ignore[method-assign]
    model.run_for(150)
    visits, closed = model.visits, model.closed_episodes
    return (
        [visits[name].tolist() for name in visits.dtypes],
        # The reason felt is that of the last comparison, and small changes call for none.
        [closed[name].tolist() for name in closed.dtypes if name != "felt_barrier"],
    )


@pytest.mark.parametrize("levers", LEVERS.values(), ids=LEVERS.keys())
def test_comparing_only_with_a_reason_is_comparing_always(levers: tuple[Change, ...]) -> None:
    """Who waits and has seen nothing change would wait again: all visits and ends are the same."""
    with_reason, always = lives(levers, forgetful=False), lives(levers, forgetful=True)
    assert len(with_reason[0][0]) > 100
    assert np.size(with_reason[1][0]) > 300
    assert with_reason == always
