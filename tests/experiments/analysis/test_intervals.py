"""Levels, paired differences and their intervals, against scipy and by simulation."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis.statistics import interval, summarise, verdict

CONFIDENCE = 0.95


def results(values: dict[str, list[float]], better: str = "lower") -> pd.DataFrame:
    """Return long results of one outcome: a list of values, one a seed, for each scenario."""
    outcome = {"code": "A1", "indicator": "unmet_need", "detail": "", "by": "all", "group": "all"}
    return pd.DataFrame(
        [
            outcome
            | {"unit": "share", "better": better, "scenario": name, "seed": seed, "value": value}
            for name, series in values.items()
            for seed, value in enumerate(series)
        ]
    )


def pairs(seed: int, count: int) -> tuple[list[float], list[float]]:
    """Return correlated values of a reference and another scenario."""
    chance = np.random.default_rng(seed)
    common = chance.normal(10, 3, count)
    other = common + chance.normal(0.4, 0.5, count)
    return common.tolist(), other.tolist()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_differences_have_the_interval_of_the_paired_t_test(seed: int, confidence: float) -> None:
    reference, other = pairs(seed, 12)
    summary = summarise(results({"now": reference, "plan": other}), "now", confidence)
    row = summary.set_index("scenario").loc["plan"]
    oracle = stats.ttest_rel(other, reference).confidence_interval(confidence)
    assert row["difference"] == pytest.approx(np.mean(other) - np.mean(reference))
    assert row["difference_low"] == pytest.approx(oracle.low)
    assert row["difference_high"] == pytest.approx(oracle.high)
    level = stats.ttest_1samp(other, 0.0).confidence_interval(confidence)
    assert row["level_low"] == pytest.approx(level.low)
    assert row["level_high"] == pytest.approx(level.high)
    assert row["replicates"] == 12


@pytest.mark.parametrize(
    ("better", "expected"), [("lower", "worse"), ("higher", "better"), ("", "more")]
)
def test_a_verdict_is_given_exactly_when_the_paired_t_test_is_significant(
    better: str, expected: str
) -> None:
    studies = {f"study {seed}": pairs(seed, 6) for seed in range(40)}
    table = pd.concat(
        results({"now": reference, "plan": other}, better).assign(group=group)
        for group, (reference, other) in studies.items()
    )
    summary = summarise(table, "now", CONFIDENCE)
    verdicts = summary[summary["scenario"] == "plan"].set_index("group")["verdict"]
    for group, (reference, other) in studies.items():
        significant = stats.ttest_rel(other, reference).pvalue < 1 - CONFIDENCE
        assert (verdicts[group] != "no clear change") == significant
    assert set(verdicts) == {"no clear change", expected}


def test_verdicts_say_what_the_interval_says() -> None:
    assert verdict(0.1, 0.2, "higher") == verdict(-0.2, -0.1, "lower") == "better"
    assert verdict(0.1, 0.2, "lower") == verdict(-0.2, -0.1, "higher") == "worse"
    assert (verdict(0.1, 0.2, ""), verdict(-0.2, -0.1, "")) == ("more", "less")
    assert verdict(-0.1, 0.1, "higher") == verdict(0.0, 0.1, "lower") == "no clear change"
    assert verdict(0.0, 0.0, "higher") == "identical"
    assert verdict(float("nan"), float("nan"), "higher") == "no interval"


def test_the_variance_ratio_tells_what_pairing_saves() -> None:
    reference, other = pairs(3, 25)
    summary = summarise(results({"now": reference, "plan": other}), "now", CONFIDENCE)
    ratio = summary.set_index("scenario")["variance_ratio"]
    paired = np.var(np.subtract(other, reference), ddof=1)
    unpaired = np.var(other, ddof=1) + np.var(reference, ddof=1)
    assert ratio["plan"] == pytest.approx(unpaired / paired)
    assert ratio["plan"] > 5
    assert np.isnan(ratio["now"])


def test_pairs_are_made_by_seed_and_not_by_place() -> None:
    reference, other = pairs(8, 10)
    table = results({"now": reference, "plan": other})
    shuffled = table.sample(frac=1.0, random_state=2)
    expected, found = (
        summarise(one, "now", CONFIDENCE).set_index("scenario").loc["plan", "difference_low"]
        for one in (table, shuffled)
    )
    assert found == pytest.approx(expected)


def test_one_replicate_gives_levels_but_no_interval() -> None:
    summary = summarise(results({"now": [2.0], "plan": [3.0]}), "now", CONFIDENCE)
    row = summary.set_index("scenario").loc["plan"]
    assert (row["level"], row["difference"], row["replicates"]) == (3.0, 1.0, 1)
    ends = row[["level_low", "level_high", "difference_low", "difference_high", "variance_ratio"]]
    assert ends.isna().all()
    assert row["verdict"] == "no interval"


def test_the_reference_differs_from_itself_by_nothing() -> None:
    summary = summarise(results({"now": [2.0, 3.0], "plan": [3.0, 3.5]}), "now", CONFIDENCE)
    row = summary.set_index("scenario").loc["now"]
    assert row["verdict"] == "reference"
    assert row[["difference", "difference_low", "difference_high"]].tolist() == [0.0, 0.0, 0.0]


def test_a_scenario_without_any_effect_reads_as_identical() -> None:
    summary = summarise(results({"now": [2.0, 3.0], "same": [2.0, 3.0]}), "now", CONFIDENCE)
    assert summary.set_index("scenario").loc["same", "verdict"] == "identical"


def test_a_missing_value_costs_its_own_pair_alone() -> None:
    reference, other = pairs(5, 10)
    holed = [*other[:9], float("nan")]
    summary = summarise(results({"now": reference, "plan": holed}), "now", CONFIDENCE)
    row = summary.set_index("scenario").loc["plan"]
    oracle = stats.ttest_rel(other[:9], reference[:9]).confidence_interval(CONFIDENCE)
    assert row["replicates"] == 9
    assert row["difference_low"] == pytest.approx(oracle.low)


def test_the_summary_needs_memory_for_its_outcomes_and_not_for_all_combinations() -> None:
    """Forty outcomes that share no label: every combination of labels would be 64,000."""
    one = results({"now": [1.0, 2.0, 3.0], "plan": [2.0, 4.0, 5.0]})
    labels = [{name: f"{name} {n}" for name in ("code", "indicator", "detail")} for n in range(40)]
    table = pd.concat([one.assign(**label) for label in labels])
    tracemalloc.start()
    try:
        summary = summarise(table, "now", CONFIDENCE)
        megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert len(summary) == 2 * len(labels)
    assert megabytes < 4


def test_infinite_values_count_as_missing() -> None:
    infinite = results({"now": [1.0, 2.0, 3.0], "plan": [2.0, 4.0, float("inf")]})
    row = summarise(infinite, "now", CONFIDENCE).set_index("scenario").loc["plan"]
    assert (row["level"], row["difference"], row["replicates"]) == (3.0, 1.5, 2)


@pytest.mark.parametrize("count", [2, 5, 20])
def test_intervals_cover_the_truth_as_often_as_they_say(count: int) -> None:
    """4,000 sets of replicates; the share covered may miss 95% by four standard errors."""
    sets = 4000
    values = np.random.default_rng(count).normal(7.0, 2.0, (sets, count))
    series = pd.Series(values.ravel(), index=np.repeat(np.arange(sets), count))
    ends = interval(series.groupby(level=0), CONFIDENCE)
    covered = ((ends["low"] <= 7.0) & (ends["high"] >= 7.0)).mean()
    tolerance = 4 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / sets)
    assert covered == pytest.approx(CONFIDENCE, abs=tolerance)
