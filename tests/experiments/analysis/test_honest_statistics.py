"""What tables say when values are missing, equal but for rounding, or of single seeds."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from experiments.analysis.console_report import print_comparison
from experiments.analysis.cost_effectiveness import (
    UNKNOWN,
    acceptability,
    cost_effectiveness,
    frontier,
)
from experiments.analysis.statistics import (
    IDENTICAL,
    KEY,
    NO_CASES,
    difference_of,
    precision,
    rank_stability,
    summarise,
)
from experiments.studies.factorial import contrast, factorial_effects
from experiments.studies.settings import SweepSettings
from experiments.studies.sweep import PARAMETRIC, response, spread_over_samples
from tests.experiments.analysis.test_intervals import results

NAN = float("nan")


def with_cases(table: pd.DataFrame, numerators: dict[str, list[float]]) -> pd.DataFrame:
    counted = [number for series in numerators.values() for number in series]
    return table.assign(numerator=counted, denominator=10.0)


# --- level and difference over the same seeds -----------------------------------------------------


def test_level_and_difference_of_a_scenario_are_over_the_same_seeds() -> None:
    """The found case: levels 0.394 -> 0.476 with a difference of -0.049."""
    table = results({"now": [0.2, 0.3, 0.682], "plan": [0.5, 0.452, NAN]})
    found = summarise(table, "now", 0.95).set_index("scenario")
    plan = found.loc["plan"]
    assert plan["difference"] == pytest.approx(plan["level"] - plan["reference_level"])
    assert (plan["pairs"], plan["replicates"]) == (2, 2)
    assert plan["reference_level"] == pytest.approx(0.25)
    now = found.loc["now"]
    assert (now["level"], now["replicates"]) == (pytest.approx(0.394), 3)


def test_without_any_pair_the_level_is_over_the_own_seeds() -> None:
    """What insured people get is known under a policy alone if nobody is insured without it."""
    table = results({"now": [NAN, NAN], "plan": [0.5, 0.7]})
    plan = summarise(table, "now", 0.95).set_index("scenario").loc["plan"]
    assert (plan["level"], plan["replicates"], plan["pairs"]) == (pytest.approx(0.6), 2, 0)
    assert np.isnan(plan["difference"]) and np.isnan(plan["reference_level"])


@given(
    values=st.lists(
        st.tuples(*[st.one_of(st.just(NAN), st.floats(-1e6, 1e6))] * 2), min_size=1, max_size=8
    )
)
@settings(max_examples=40, deadline=None)
def test_a_difference_is_the_difference_of_its_levels(
    values: list[tuple[float, float]],
) -> None:
    now, plan = (list(one) for one in zip(*values, strict=True))
    row = summarise(results({"now": now, "plan": plan}), "now", 0.9, bootstrap=False)
    plan_row = row[row["scenario"] == "plan"].iloc[0]
    pairs = sum(np.isfinite(now) & np.isfinite(plan))
    assert plan_row["pairs"] == pairs
    if pairs:
        assert plan_row["difference"] == pytest.approx(
            plan_row["level"] - plan_row["reference_level"], abs=1e-6
        )
    else:
        assert np.isnan(plan_row["difference"])


def test_ranks_say_why_seeds_or_an_outcome_are_left_out() -> None:
    table = results({"now": [1.0, 2.0, 3.0, 4.0], "plan": [0.5, NAN, 2.0, 3.0]}, "lower")
    ranks = rank_stability(table).set_index("scenario")
    assert ranks["rank"].tolist() == [2, 1]
    assert set(ranks["replicates"]) == {3}
    assert set(ranks["why"]) == {"no value under plan in 1 of 4 seeds"}
    none = rank_stability(results({"now": [1.0, 2.0], "plan": [NAN, 1.0]}, "lower"))
    assert none["rank"].isna().all()
    assert none["why"].str.startswith("fewer than two seeds for ranking").all()
    assert rank_stability(results({"now": [1.0, 2.0], "plan": [0.0, 1.0]}))["why"].eq("").all()


# --- rounding is no information -------------------------------------------------------------------

ONE = 0.1 + 0.2
OTHER = 0.3
assert ONE != OTHER


def test_rounding_is_no_difference_and_no_variance() -> None:
    table = results({"now": [OTHER, ONE, 0.7], "plan": [ONE, OTHER, 0.7]})
    row = summarise(table, "now", 0.95).set_index("scenario").loc["plan"]
    assert (row["difference_low"], row["difference_high"]) == (0.0, 0.0)
    assert row["verdict"] == IDENTICAL
    assert np.isnan(row["variance_ratio"])
    # A constant difference has no variance to be compared with, but for rounding.
    shifted = results({"now": [0.1, 0.2, 0.3], "plan": [0.1 + 0.4, 0.2 + 0.4, 0.3 + 0.4]})
    row = summarise(shifted, "now", 0.95).set_index("scenario").loc["plan"]
    assert np.isnan(row["variance_ratio"])
    assert row["difference"] == pytest.approx(0.4)
    assert row["verdict"] == "worse"


@given(value=st.floats(1e-9, 1e12), ulps=st.integers(0, 20), real=st.floats(1e-6, 1.0))
def test_a_few_units_in_the_last_place_are_equal_and_more_is_not(
    value: float, ulps: int, real: float
) -> None:
    near = value
    for _ in range(ulps):
        near = float(np.nextafter(near, np.inf))
    found = difference_of(pd.Series([near, value * (1 + real)]), pd.Series([value, value]))
    assert found[0] == 0.0
    assert found[1] > 0.0


def test_what_halving_would_take_is_unknown_with_one_pair() -> None:
    one = precision(results({"now": [1.0], "plan": [2.0]}), "now", 0.95)
    assert one["replicates_to_halve"].isna().all()
    several = precision(results({"now": [1.0, 2.0, 3.0], "plan": [2.0, 2.5, 4.5]}), "now", 0.95)
    assert several["replicates_to_halve"].item() > 3
    exact = precision(results({"now": [1.0, 2.0], "plan": [2.0, 3.0]}), "now", 0.95)
    assert exact["replicates_to_halve"].item() == 2


def test_scenarios_equal_but_for_rounding_share_a_rank() -> None:
    table = results({"now": [OTHER, 0.5], "plan": [ONE, 0.5], "worse": [0.9, 0.9]}, "lower")
    ranks = rank_stability(table).set_index("scenario")
    assert ranks["rank"].tolist() == [1, 1, 3]
    assert ranks["best"].tolist() == [1.0, 1.0, 0.0]


def test_an_interaction_that_is_rounding_is_none() -> None:
    wide = pd.DataFrame({"baseline": [0.1], "a": [0.3], "b": [0.4], "a + b": [0.3 + 0.4 - 0.1]})
    assert 0.3 + 0.4 - 0.1 - 0.3 - 0.4 + 0.1 != 0.0
    assert contrast(wide, ("a", "b"), (), ["a", "b"]).tolist() == [0.0]
    table = results({"baseline": [1.0, 2.0], "a": [2.0, 3.0], "b": [1.5, 2.0], "a + b": [4.0, 4.5]})
    effects = factorial_effects(table, ["a", "b"], 0.95).set_index(["kind", "term"])
    assert effects.loc[("interaction", "a x b"), "mean"] == pytest.approx(1.5)


# --- no cases ---


def test_where_nothing_happened_under_either_the_verdict_is_no_cases() -> None:
    nothing = with_cases(
        results({"now": [0.0, 0.0], "plan": [0.0, 0.0]}), {"now": [0, 0], "plan": [0, 0]}
    )
    same = with_cases(
        results({"now": [0.2, 0.4], "plan": [0.2, 0.4]}), {"now": [2, 4], "plan": [2, 4]}
    )
    unknown = results({"now": [NAN, NAN], "plan": [NAN, NAN]})
    free = nothing.assign(unit="KZT per person-year")
    verdicts = [
        summarise(one, "now", 0.95).set_index("scenario").loc["plan", "verdict"]
        for one in (nothing, same, unknown, free)
    ]
    assert verdicts == [NO_CASES, IDENTICAL, NO_CASES, IDENTICAL]
    single = results({"now": [0.2], "plan": [0.3]})
    assert summarise(single, "now", 0.95)["verdict"].tolist() == ["reference", "no interval"]


def test_no_cases_are_printed_as_such() -> None:
    table = with_cases(
        results({"now": [0.0, 0.0], "plan": [0.0, 0.0]}), {"now": [0, 0], "plan": [0, 0]}
    ).assign(indicator="deaths")
    said = StringIO()
    print_comparison(Console(file=said, width=100), summarise(table, "now", 0.95), 0.95)
    assert "no cases" in said.getvalue()
    assert "+0.0" not in said.getvalue()


# --- cost-effectiveness ---


def test_equal_scenarios_share_their_place_and_their_chances() -> None:
    cost, effect = np.array([0.0, 10.0, 10.0]), np.array([0.0, ONE, OTHER])
    place, ratio = frontier(cost, effect)
    assert place == ["frontier"] * 3
    assert ratio[1] == ratio[2] == pytest.approx(10 / 0.3)
    costs = pd.DataFrame({"now": [0.0, 0.0], "a": [-5.0, -6.0], "b": [-5.0, -6.0]})
    averted = pd.DataFrame({"now": [0.0, 0.0], "a": [1.0, 1.0], "b": [1.0, 1.0]})
    found = acceptability(costs, averted, 1e6).groupby("scenario")["probability_best"].unique()
    assert [found[name].tolist() for name in ("now", "a", "b")] == [[0.0], [0.5], [0.5]]


def test_a_scenario_without_known_cost_has_no_place_and_no_probability() -> None:
    assert frontier(np.array([0.0, NAN, 5.0]), np.array([0.0, 1.0, 2.0]))[0] == [
        "frontier", UNKNOWN, "frontier",
    ]  # fmt: skip
    costs = {"now": [1.0, 1.0], "a": [NAN, NAN], "b": [0.5, 0.6]}
    parts = [
        results(values, "").assign(indicator=name, detail=detail)
        for name, detail, values in (
            ("societal_cost", "", costs),
            ("daly", "discounted", {"now": [3.0, 3.0], "a": [2.0, 2.0], "b": [1.0, 1.0]}),
        )
    ]
    found = cost_effectiveness(pd.concat(parts), "now", 0.95, 1e6)
    table = found.incremental.set_index("scenario")
    assert table["position"].tolist() == ["dominated", UNKNOWN, "frontier"]
    assert table["pairs"].tolist() == [2, 0, 2]
    best = found.acceptability.groupby("scenario")["probability_best"]
    assert best.count().to_dict() == {"a": 0, "b": 41, "now": 41}
    assert best.max()["b"] == 1.0


# --- sweeps ---


def sweep_settings(design: str, replicates: int) -> SweepSettings:
    return SweepSettings(
        scenarios=["now", "plan"], replicates=replicates, confidence=0.9, design=design,
        vary={"x": None}, samples=1,
    )  # fmt: skip


def a_sweep(effects: list[float], noise: float, replicates: int, seed: int) -> pd.DataFrame:
    """Return made-up indicators: the effect of a plan is that of its sample, plus chance."""
    chance = np.random.default_rng(seed)
    parts = []
    for sample, effect in enumerate(effects):
        now = chance.normal(10, 1, replicates)
        plan = now + effect + chance.normal(0, noise, replicates)
        parts.append(results({"now": now.tolist(), "plan": plan.tolist()}).assign(sample=sample))
    return pd.concat(parts, ignore_index=True)


def spread_of(table: pd.DataFrame, replicates: int) -> "pd.Series[float]":
    summary = summarise(table, "now", 0.9, key=[*KEY, "sample"], bootstrap=False)
    spread = spread_over_samples(summary, sweep_settings("latin_hypercube", replicates))
    return spread.set_index("scenario").loc["plan"]


def test_chance_is_no_parametric_spread() -> None:
    """200 samples whose true effects are equal: the means differ, the interval nearly vanishes."""
    row = spread_of(a_sweep([1.0] * 200, noise=2.0, replicates=4, seed=1), 4)
    assert row["interval"] == PARAMETRIC
    assert row["difference_sd_chance"] == pytest.approx(1.0, rel=0.15)
    assert row["difference_sd_between"] < 0.35
    assert row["difference_high"] - row["difference_low"] < 1.1, "raw means would say 3.3"


@pytest.mark.parametrize("noise", [0.1, 1.0, 3.0])
def test_the_spread_of_true_effects_is_found_whatever_the_noise(noise: float) -> None:
    true = np.random.default_rng(5).normal(3.0, 2.0, 400)
    row = spread_of(a_sweep(true.tolist(), noise, replicates=4, seed=2), 4)
    assert row["difference_sd_between"] == pytest.approx(2.0, rel=0.12)
    low, high = np.quantile(true, [0.05, 0.95])
    assert row["difference_low"] == pytest.approx(low, abs=0.5)
    assert row["difference_high"] == pytest.approx(high, abs=0.5)


def test_one_seed_a_sample_gives_no_parametric_interval() -> None:
    row = spread_of(a_sweep([1.0, 2.0, 3.0], noise=1.0, replicates=1, seed=3), 1)
    assert np.isnan(row["difference_low"])
    assert np.isnan(row["difference_high"])
    assert np.isfinite(row["difference"])


def test_samples_without_any_difference_have_an_interval_of_nothing() -> None:
    row = spread_of(a_sweep([0.0] * 5, noise=0.0, replicates=3, seed=4), 3)
    assert (row["difference_low"], row["difference_high"]) == (0.0, 0.0)


def test_the_response_at_a_value_is_the_paired_difference_there() -> None:
    """On a grid of two paths: seed by seed the mean over the samples that have the value."""
    table = a_sweep([1.0, 2.0, 5.0, 6.0], noise=0.5, replicates=6, seed=6)
    samples = pd.DataFrame({"sample": range(4), "x": [1.0, 1.0, 2.0, 2.0], "y": [0.0, 1.0] * 2})
    found = response(table, samples, sweep_settings("grid", 6))
    wide = table.pivot(index=["sample", "seed"], columns="scenario", values="value")
    mean = (wide["plan"] - wide["now"]).unstack("sample")
    rows = found[found["scenario"] == "plan"].set_index(["path", "at"])
    assert rows.loc[("x", "1.0"), "difference"] == pytest.approx(mean[[0, 1]].mean(axis=1).mean())
    assert rows.loc[("y", "1.0"), "difference"] == pytest.approx(mean[[1, 3]].mean(axis=1).mean())
    half = rows["difference_high"] - rows["difference_low"]
    assert (half > 0).all()
    assert (rows["pairs"] == 6).all()
