"""Frontiers, acceptability and factorial contrasts, against answers known beforehand."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.cost_effectiveness import (
    acceptability,
    cheers,
    cost_effectiveness,
    frontier,
)
from experiments.studies.factorial import JOINED, REFERENCE, cells, factorial_effects
from sim.config.configuration import ConfigurationError
from sim.config.loading import load_scenario
from sim.observation.burden import years_left
from sim.observation.equity import erreygers, fractional_rank, shapley_shares

number = st.integers(-50, 50).map(float)
choices = st.lists(st.tuples(number, number), min_size=2, max_size=7)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(choices, st.floats(0.01, 20.0))
def test_the_best_choice_at_any_threshold_is_on_the_frontier(
    points: list[tuple[float, float]], threshold: float
) -> None:
    cost, effect = (np.array(one) for one in zip(*points, strict=True))
    position, icer = frontier(cost, effect)
    benefit = threshold * effect - cost
    on_frontier = np.array([one == "frontier" for one in position])
    assert benefit[on_frontier].max() == pytest.approx(benefit.max())
    ratios = [icer[one] for one in np.argsort(cost, kind="stable") if not np.isnan(icer[one])]
    assert ratios == sorted(ratios)


def made_up(cost: dict[str, float], daly: dict[str, float], seeds: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for seed, scenario in product(range(seeds), cost):
        luck = rng.normal()
        for name, detail, level in (
            ("societal_cost", "", cost[scenario]), ("daly", "discounted", daly[scenario]),
        ):  # fmt: skip
            rows.append(
                {"indicator": name, "detail": detail, "by": "all", "seed": seed,
                 "scenario": scenario, "value": level + 1e-6 * luck}
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_costs_are_counted_for_a_thousand_person_years_against_the_reference() -> None:
    table = made_up(
        {"now": 10.0, "more": 12.0, "waste": 15.0}, {"now": 50.0, "more": 46.0, "waste": 49.0}
    )
    result = cost_effectiveness(table, "now", 0.95, gdp_per_capita=1000.0)
    rows = result.incremental.set_index("scenario")
    assert rows.loc["more", "cost"] == pytest.approx(2000.0, abs=0.1)
    assert rows.loc["more", "daly_averted"] == pytest.approx(4.0, abs=0.001)
    assert rows.loc["more", "icer"] == pytest.approx(500.0, rel=0.001)
    assert rows["position"].to_dict() == {
        "now": "frontier",
        "more": "frontier",
        "waste": "dominated",
    }
    assert rows.loc["more", "net_benefit_at_1_gdp"] == pytest.approx(2000.0, rel=0.001)
    curve = result.acceptability.pivot(
        index="threshold_in_gdp", columns="scenario", values="probability_best"
    )
    assert curve.sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert curve.loc[0.0, "now"] == 1.0
    assert curve.iloc[-1]["more"] == 1.0


def test_acceptability_is_about_half_where_two_are_alike() -> None:
    rng = np.random.default_rng(1)
    cost = pd.DataFrame({"a": np.zeros(200), "b": rng.normal(size=200)})
    cost["b"] -= cost["b"].mean()
    averted = pd.DataFrame({"a": np.zeros(200), "b": np.zeros(200)})
    first = acceptability(cost, averted, 1000.0).query("threshold_in_gdp == 0")
    assert first["probability_best"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.05)


def test_a_scenario_that_is_not_costed_is_left_out_by_name() -> None:
    """It seems to be free and dominates nobody; without the reference nothing is known."""
    table = made_up(
        {"now": 10.0, "more": 12.0, "free": 10.0}, {"now": 50.0, "more": 46.0, "free": 40.0}
    )
    why = "not costed: lever institutions.hospital.knows"
    result = cost_effectiveness(table, "now", 0.95, 1000.0, {"free": why})
    rows = result.incremental.set_index("scenario")
    assert rows["position"].to_dict() == {"now": "frontier", "more": "frontier", "free": why}
    assert np.isnan(rows.loc["free", ["cost", "daly_averted", "icer"]].astype(float)).all()
    best = result.acceptability.groupby("scenario")["probability_best"].max()
    assert np.isnan(best["free"])
    assert best["more"] == 1.0
    nothing = cost_effectiveness(table, "now", 0.95, 1000.0, {"now": why}).incremental
    assert set(nothing["position"]) == {why}
    assert f"free ({why})" in cheers(["now", "free"], 365, 2, 0.03, 1e6, {"free": why})


def test_what_cheers_asks_for_names_the_scenarios_and_the_rate() -> None:
    text = cheers(["baseline", "hub_large"], 365, 10, 0.03, 3e6)
    assert "baseline, hub_large" in text
    assert "3.0%" in text
    assert all(line.count("|") == 3 for line in text.splitlines() if line.startswith("|"))


def test_contrasts_of_a_factorial_are_those_put_in() -> None:
    """Additive effects, one interaction of two and one of three: each comes back exactly."""
    factors = ["a", "b", "c"]
    effect = {("a",): 3.0, ("b",): -1.0, ("c",): 0.5, ("a", "b"): 2.0, ("a", "b", "c"): 8.0}
    rows = []
    for seed in range(4):
        for setting in product([False, True], repeat=3):
            on = [name for name, chosen in zip(factors, setting, strict=True) if chosen]
            value = 10.0 * seed + sum(
                size for names, size in effect.items() if set(names) <= set(on)
            )
            rows.append(
                {"code": "E1", "indicator": "x", "detail": "", "by": "all", "group": "all",
                 "unit": "", "better": "higher", "seed": seed, "value": value,
                 "scenario": JOINED.join(on) or REFERENCE}
            )  # fmt: skip
    found = factorial_effects(pd.DataFrame(rows), factors, 0.95).set_index(["kind", "term"])["mean"]
    assert found["alone", "a"] == pytest.approx(3.0)
    assert found["interaction", "a x b"] == pytest.approx(2.0)
    assert found["interaction", "a x c"] == pytest.approx(0.0)
    assert found["mean interaction", "a x b"] == pytest.approx(2.0 + 8.0 / 2)
    assert found["main", "a"] == pytest.approx(3.0 + 2.0 / 2 + 8.0 / 4)
    assert found["main", "c"] == pytest.approx(0.5 + 8.0 / 4)


def test_cells_are_all_combinations_and_hold_the_levers_of_each() -> None:
    base = load_scenario("baseline")
    found = cells(base, ["uzbek_consulate", "osms_hoped", "information_saturation"])
    assert found[0].name == REFERENCE
    assert len({one.name for one in found}) == 8
    everything = found[-1].world_on(364)
    assert everything.law.regime == "as_hoped"
    assert everything.information.consulate_activity["uzbekistan"] == 1.0
    assert everything.information.media_reach == 5.0


def test_scenarios_that_contradict_each_other_are_not_combined() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be combined: both change 'law\.as_of'"):
        load_scenario("baseline").with_policies(["osms_legislated", "osms_hoped"])


@pytest.mark.claim("V27")
@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.booleans(), min_size=4, max_size=40))
def test_the_erreygers_index_is_antisymmetric_and_bounded(outcome: list[bool]) -> None:
    values = np.array(outcome, dtype=float)
    rank = fractional_rank(np.arange(len(values), dtype=float))
    index = erreygers(values, rank)
    assert -1.0 <= index <= 1.0
    assert erreygers(values[::-1], rank) == pytest.approx(-index)
    assert erreygers(np.ones(len(values)), rank) == pytest.approx(0.0)


@pytest.mark.claim("V27")
def test_shares_of_blocks_are_those_of_independent_causes() -> None:
    rng = np.random.default_rng(2)
    need, other, enabling = rng.normal(size=(3, 20_000))
    outcome = 3.0 * need + 4.0 * enabling + rng.normal(size=20_000)
    one = np.ones(20_000)
    blocks = {
        "need": np.column_stack([one, need]), "predisposing": np.column_stack([one, other]),
        "enabling": np.column_stack([one, enabling]),
    }  # fmt: skip
    shares = shapley_shares(blocks, outcome)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["need"] == pytest.approx(9 / 25, abs=0.02)
    assert shares["enabling"] == pytest.approx(16 / 25, abs=0.02)


def test_years_left_are_those_of_the_table_and_worth_less_when_discounted() -> None:
    table = {"15": 59.0, "60": 20.0}
    age = np.array([15.0, 37.5, 60.0, 80.0])
    plain = years_left(age, table, 0.0)
    assert plain.tolist() == [59.0, 39.5, 20.0, 20.0]
    days = np.arange(0, 39.5, 1e-4)
    assert years_left(age, table, 0.03)[1] == pytest.approx(
        np.exp(-0.03 * days).sum() * 1e-4, rel=1e-3
    )
