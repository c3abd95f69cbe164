"""Samples of sweeps: sizes, ranges, evenness, and mistakes in one line."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.runs.designs import samples_of
from experiments.runs.plan import bundles_of, plan_runs, scenario_of
from sim.config.configuration import ConfigurationError
from sim.config.loading import load_scenario
from sim.config.paths import raw_value_at, value_paths
from sim.config.scenario import scenario_from

BASE = load_scenario("baseline", ["city.population=200", "days=20"])
FEAR, PRICE = "care_seeking.fear_weight", "payment.price.bed_day"
CASEWORK = "levers.agencies.coordinating_body.capacity.casework"


def test_a_grid_is_every_combination_and_a_list_is_not() -> None:
    vary = {f"parameters.{FEAR}.value": [1, 2, 3], PRICE: [10_000, 20_000, 30_000]}
    grid = samples_of("grid", vary, 0, 1, BASE)
    assert len(grid) == 9
    assert {(one[FEAR], one[PRICE]) for one in grid} == {
        (fear, price) for fear in (1, 2, 3) for price in (10_000, 20_000, 30_000)
    }
    beside = samples_of("list", vary, 0, 1, BASE)
    assert [(one[FEAR], one[PRICE]) for one in beside] == [(1, 1e4), (2, 2e4), (3, 3e4)]


def test_one_at_a_time_begins_with_nothing_varied() -> None:
    vary = {FEAR: None, PRICE: {"low": 12_000, "high": 18_000}}
    entry = BASE.entries[FEAR]
    assert samples_of("one_at_a_time", vary, 0, 1, BASE) == [
        {}, {FEAR: entry.low}, {FEAR: entry.high}, {PRICE: 12_000}, {PRICE: 18_000},
    ]  # fmt: skip


@given(power=st.integers(1, 6), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_latin_hypercube_has_one_value_in_every_slice(power: int, seed: int) -> None:
    count = 2**power
    vary = {FEAR: {"low": 1.0, "high": 3.0}, "city.population": {"low": 500, "high": 5000}}
    samples = samples_of("latin_hypercube", vary, count, seed, BASE)
    values = np.array([one[FEAR] for one in samples])
    slices = np.floor((values - 1.0) / 2.0 * count)
    assert sorted(slices) == list(range(count))
    assert all(isinstance(one["city.population"], int) for one in samples)
    assert samples == samples_of("latin_hypercube", vary, count, seed, BASE)


@given(few=st.integers(1, 40), more=st.integers(0, 40), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_longer_design_begins_with_a_shorter_one(few: int, more: int, seed: int) -> None:
    """So study=expand with more samples runs the new ones alone."""
    people = {"low": 500, "high": 100_000}
    vary = {FEAR: {"low": 1.0, "high": 3.0}, PRICE: None, "city.population": people}
    for design in ("latin_hypercube", "sobol"):
        longer = samples_of(design, vary, few + more, seed, BASE)
        assert longer[:few] == samples_of(design, vary, few, seed, BASE)
        assert len({tuple(one.values()) for one in longer}) == few + more


def test_a_sobol_sequence_is_even() -> None:
    samples = samples_of("sobol", {FEAR: {"low": 0.0, "high": 4.0}, PRICE: None}, 64, 3, BASE)
    values = np.array([one[FEAR] for one in samples])
    assert np.histogram(values, bins=4, range=(0, 4))[0].tolist() == [16] * 4


@pytest.mark.parametrize(
    ("design", "vary", "message"),
    [
        ("grid", {"care_seeking.fear_wieght": [1]}, "did you mean 'care_seeking.fear_weight'?"),
        ("grid", {FEAR: []}, "vary.care_seeking.fear_weight: the list is empty"),
        ("sobol", {FEAR: [1, 2]}, "draws from a range, not a list"),
        ("sobol", {FEAR: {"low": 2, "high": 1}}, "must be a list, a range"),
        ("sobol", {"law.regime": None}, "vary.law.regime: has no range, give a list"),
        ("list", {FEAR: [1, 2], PRICE: [10_000]}, "must be equally long"),
    ],
)
def test_a_mistake_is_one_line(design: str, vary: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        samples_of(design, vary, 8, 1, BASE)
    assert "\n" not in str(caught.value)


def test_every_value_of_the_world_can_be_varied_and_the_configuration_follows() -> None:
    """A value set to itself changes nothing; set to another it stands in what is composed."""
    paths = [one for one in value_paths(BASE.world.model_dump()) if _has_entry(one)]
    assert len(paths) > 400
    for path in paths[::7]:
        same = BASE.with_values({path: raw_value_at(BASE.world, path)})
        assert same.world == BASE.world, path
        assert same.resolved == BASE.resolved, path
    other = BASE.with_values({FEAR: 2.5, PRICE: 20_000.0, "law.as_of": "2023-08-14"})
    assert scenario_from(other.resolved).world == other.world != BASE.world


def _has_entry(path: str) -> bool:
    try:
        BASE.entry_at(path)
    except ConfigurationError:
        return False
    return True


def test_a_value_out_of_its_range_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="outside its range"):
        scenario_of(BASE, {FEAR: 1e6})
    with pytest.raises(ConfigurationError, match="not on the whitelist"):
        scenario_of(BASE, {f"levers.{FEAR}": 1.0})


# --- plans ---


def test_the_same_run_has_the_same_id_under_any_name() -> None:
    hub = load_scenario("hub_small", ["city.population=200", "days=200"])
    base = hub.with_policy("baseline")
    as_sample = plan_runs([base], [1], [{FEAR: 2.0}])[0]
    as_override = load_scenario(
        "baseline", ["city.population=200", "days=200", f"parameters.{FEAR}=2.0"]
    )
    assert plan_runs([as_override], [1])[0].run == as_sample.run
    assert plan_runs([base], [1])[0].run != as_sample.run
    assert plan_runs([base], [2], [{FEAR: 2.0}])[0].run != as_sample.run
    assert plan_runs([hub], [1], [{FEAR: 2.0}])[0].run != as_sample.run
    assert plan_runs([hub], [1], [{FEAR: 2.0}])[0].past == as_sample.past


def test_levers_leave_the_reference_alone_and_share_its_burn_in() -> None:
    hub = load_scenario("hub_small", ["city.population=200", "days=200"])
    base = hub.with_policy("baseline")
    runs = plan_runs([base, hub], [1, 2], [{CASEWORK: 2.0}, {CASEWORK: 20.0}])
    reference = {run.run for run in runs if run.scenario == "baseline"}
    assert len(reference) == 2, "one a seed, whatever the lever"
    assert len({run.run for run in runs if run.scenario == "hub_small"}) == 4
    assert len({run.past for run in runs}) == 2
    bundles = bundles_of(runs)
    carried_out = [run.run for bundle in bundles for run in bundle.runs]
    assert len(carried_out) == len(set(carried_out)) == 6
    for bundle in bundles:
        pasts = [run.past for run in bundle.runs]
        assert pasts == sorted(pasts, key=pasts.index), "runs of a past stand together"


@given(seeds=st.integers(1, 40), samples=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_bundles_are_a_partition_that_does_not_depend_on_the_day(seeds: int, samples: int) -> None:
    runs = plan_runs([BASE], range(seeds), [{FEAR: 1.0 + one} for one in range(samples)])
    bundles = bundles_of(runs)
    assert [run for bundle in bundles for run in bundle.runs] == runs
    assert [one.name for one in bundles] == [one.name for one in bundles_of(runs)]
    assert len(bundles) >= min(16, seeds * samples) / 2
