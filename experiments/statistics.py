"""Levels, paired differences and their simulation intervals.

All intervals here are *simulation intervals*: they say how far chance inside the model moves a
result, over replicates with different seeds. They say nothing about uncertain parameters.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

if TYPE_CHECKING:
    from pandas.core.groupby import SeriesGroupBy

KEY = ["code", "indicator", "detail", "by", "group", "unit", "better"]
"""Columns that name one outcome."""


def summarise(indicators: pd.DataFrame, reference: str, confidence: float) -> pd.DataFrame:
    """Return level, paired difference and intervals of every outcome under every scenario.

    Parameters
    ----------
    indicators : DataFrame
        Long results of all replicates: the columns of `model.indicators()`, scenario and seed.
    reference : str
        Scenario that differences are taken to; replicates are paired by seed.
    confidence : float
        Confidence level of the t intervals.

    Returns
    -------
    DataFrame
        One row an outcome and scenario: level, level_low, level_high, difference, difference_low,
        difference_high, replicates, variance_ratio (variance of the difference had the runs not
        been paired, over its variance), verdict.
    """
    wide = (
        indicators.set_index([*KEY, "seed", "scenario"])["value"]
        .unstack("scenario", sort=False)
        .replace([np.inf, -np.inf], np.nan)
    )
    scenarios = list(dict.fromkeys(indicators["scenario"]))
    parts = []
    for scenario in scenarios:
        level = interval(wide[scenario].groupby(KEY, sort=False), confidence)
        difference = (wide[scenario] - wide[reference]).groupby(KEY, sort=False)
        change = interval(difference, confidence)
        unpaired = wide.groupby(KEY, sort=False)[[scenario, reference]].var().sum(axis=1)
        table = pd.DataFrame(
            {
                "level": level["mean"],
                "level_low": level["low"],
                "level_high": level["high"],
                "difference": change["mean"],
                "difference_low": change["low"],
                "difference_high": change["high"],
                "replicates": level["count"],
                "variance_ratio": unpaired / difference.var().replace(0.0, np.nan),
            }
        )
        parts.append(table.assign(scenario=scenario).reset_index())
    result = pd.concat(parts, ignore_index=True)
    result["verdict"] = [
        "reference" if scenario == reference else verdict(low, high, better)
        for scenario, low, high, better in zip(
            result["scenario"],
            result["difference_low"],
            result["difference_high"],
            result["better"],
            strict=True,
        )
    ]
    return result[["scenario", *[name for name in result.columns if name != "scenario"]]]


def interval(grouped: "SeriesGroupBy[Any, Any]", confidence: float) -> pd.DataFrame:
    """Return mean, low, high and count of each group, by Student's t."""
    mean, count, spread = grouped.mean(), grouped.count(), grouped.std()
    degrees = (count - 1).clip(lower=1)
    quantile = pd.Series(stats.t.ppf((1 + confidence) / 2, degrees), index=mean.index)
    half: pd.Series[float] = (quantile * spread / np.sqrt(count)).where(count > 1)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half, "count": count})


def verdict(low: float, high: float, better: str) -> str:
    """Say in a word what an interval of a difference means."""
    if np.isnan(low):
        return "no interval"
    if low == high == 0:
        return "identical"
    if low <= 0 <= high:
        return "no clear change"
    if not better:
        return "more" if low > 0 else "less"
    return "better" if (low > 0) == (better == "higher") else "worse"
