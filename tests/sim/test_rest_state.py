"""Rest states: what a city starts from, and what is said where it is not its own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import AlmatyModel, load_scenario
from sim import vocabulary as words
from sim.config.files import sources
from sim.config.mistakes import ConfigurationError
from sim.config.rest_state import (
    ENDING,
    fingerprint_of_world,
    rest_state_file,
    rest_state_of,
)
from sim.config.world import NO_REST_STATE
from tools.rest_state import parts

SMALL = ["city.population=2000", "city.burn_in_days=60"]
START = "city.burn_in_days"


def on_the_first_day(rest_state: bool = True) -> AlmatyModel:
    """Return a city that has not burnt in, where as many arrive in winter as in summer."""
    scenario = load_scenario(overrides=[*SMALL, *([] if rest_state else ["city.rest_state=none"])])
    world = scenario.world.with_value(START, 0).with_value("demography.arrival_season", 0.0)
    return AlmatyModel(replace(scenario, world=world))


@pytest.mark.parametrize("city", ["almaty", "workshop"])
def test_committed_rest_states_are_those_of_the_default_parameters(city: str) -> None:
    """Whoever changes a default makes them again: `python -m tools.rest_state`."""
    world = load_scenario(overrides=[f"city={city}"]).world
    rest = rest_state_of(world, sources())
    assert rest is not None
    assert rest.parameters == fingerprint_of_world(world)


def test_first_residents_have_the_shares_of_their_donors() -> None:
    """Legal status, fines and knowledge of 2,000 people are those of the donors (4 errors)."""
    model = on_the_first_day()
    rest = rest_state_of(model.world, sources())
    assert rest is not None
    people, rows = model.migrants, model.migrants.rows
    for column, donors in (
        (people.legal_status[rows] == words.LegalStatus.IRREGULAR,
         rest.donors["legal_status"] == words.LegalStatus.IRREGULAR),
        (people.fined[rows], rest.donors["fined"]),
        (people.knows[rows, 0], rest.donors["knows"][:, 0]),
    ):  # fmt: skip
        share = donors.mean()
        assert abs(column.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(rows))
    assert (people.times_learned[rows] >= people.knows[rows]).all()


def test_donors_have_been_here_for_about_as_long() -> None:
    """More have been fined among those here for two years and more than among those of a month."""
    people = on_the_first_day().migrants
    days = on_the_first_day().day - people.entered_on[people.rows]
    fined = people.fined[people.rows]
    assert fined[days < 30].mean() < 0.05
    assert fined[days > 730].mean() > 2.0 * fined[days < 30].mean() + 0.05


def test_counts_of_the_first_day_are_those_of_the_people() -> None:
    """Whoever takes a donor's state is counted in it."""
    model = on_the_first_day()
    people, rows = model.migrants, model.migrants.rows
    counts = model.counts[0]
    assert counts["present"].sum() == len(rows)
    np.testing.assert_array_equal(
        counts["present"], np.bincount(people.stratum[rows], minlength=len(counts["present"]))
    )
    np.testing.assert_array_equal(counts["informed"].sum(axis=0), people.knows[rows].sum(axis=0))


def test_without_a_rest_state_knowledge_is_that_of_the_mean_field() -> None:
    """The neutral state knows nothing of donors: nobody has been fined, groups think the same."""
    model = on_the_first_day(rest_state=False)
    assert not model.migrants.fined[model.migrants.rows].any()
    assert (model.work_groups["trust"] == model.work_groups["trust"][0]).all()
    assert (model.agencies.table["grant_factor"] == 1.0).all()


def test_what_moves_at_the_end_of_burn_in_is_told_for_other_parameters_only() -> None:
    """The default run says nothing; a changed one, and one without a rest state, says a number."""
    longer = ["city.population=300", "city.burn_in_days=200"]
    assert AlmatyModel(load_scenario(overrides=longer)).residual_drift == 0.0
    changed = load_scenario(overrides=[*longer, "parameters.care_seeking.fear_weight=5"])
    model = AlmatyModel(changed)
    assert 0.0 < model.residual_drift < 1.0
    assert model.fork(changed.with_policy("ngo_outreach")).residual_drift == model.residual_drift
    without = AlmatyModel(load_scenario(overrides=[*longer, "city.rest_state=none"]))
    assert without.residual_drift > 0.0


def test_another_rest_state_than_the_composed_one_is_refused(tmp_path: Path) -> None:
    """A run never starts from a file that its configuration does not name."""
    world = load_scenario().world.with_value("city.rest_state", "0" * 16)
    with pytest.raises(ConfigurationError, match="is not the rest state"):
        rest_state_of(world, sources())
    nowhere = world.with_value("city.name", "nowhere")
    with pytest.raises(ConfigurationError, match=f"nowhere{ENDING}"):
        rest_state_of(nowhere, sources())
    assert rest_state_of(nowhere.with_value("city.rest_state", NO_REST_STATE), sources()) is None


def test_shares_among_donors_are_readable() -> None:
    """The file is plain JSON that says how it was made."""
    path = rest_state_file(sources(), "workshop")
    assert path is not None
    made = json.loads(path.read_text(encoding="utf-8"))["made"]
    assert made["command"] == "python -m tools.rest_state city=workshop"


def test_parts_keep_the_mean() -> None:
    """Means of the parts of a weighted distribution have its mean."""
    draw = np.random.default_rng(1)
    values, weights = draw.exponential(size=1001), draw.integers(0, 9, 1001).astype(float)
    assert np.mean(parts(values, weights)) == pytest.approx(
        np.average(values, weights=weights), rel=1e-4
    )
