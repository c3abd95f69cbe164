"""Levels, paired differences and their simulation intervals.

All intervals here are *simulation intervals*: they say how far chance inside the model moves a
result, over replicates with different seeds. They say nothing about uncertain parameters: the
spread over samples of parameters is a *parametric interval*, that over assumptions nobody can
weigh a *scenario range* (see `experiments.sweep`); the three are never mixed.

`scipy.stats` takes a quarter of a second to import, so only functions that need it do.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from sim.engine.arrays import Column, Floats

if TYPE_CHECKING:
    from pandas.core.groupby import SeriesGroupBy

KEY = ["code", "indicator", "detail", "by", "group", "unit", "better"]
"""Columns that name one outcome."""
RESAMPLES = 1000
"""Resamples of seeds."""
MOST_REPLICATES = 100_000


def summarise(
    indicators: pd.DataFrame,
    reference: str,
    confidence: float,
    key: list[str] = KEY,
    bootstrap: bool = True,
) -> pd.DataFrame:
    """Return level, paired difference and intervals of every outcome under every scenario.

    Parameters
    ----------
    indicators : DataFrame
        Long results of all replicates: the columns of `model.indicators()`, scenario and seed.
    reference : str
        Scenario that differences are taken to; replicates are paired by seed.
    confidence : float
        Confidence level of the intervals.
    key : list of str
        Columns that name one outcome.
    bootstrap : bool
        Whether to add bootstrap intervals to those by Student's t.

    Returns
    -------
    DataFrame
        One row an outcome and scenario: level, level_low, level_high, difference, difference_low,
        difference_high, difference_bootstrap_low, difference_bootstrap_high, replicates,
        variance_ratio (variance of the difference had the runs not been paired, over its
        variance), verdict.
    """
    wide = (
        indicators.set_index([*key, "seed", "scenario"])["value"]
        .unstack("scenario", sort=False)
        .replace([np.inf, -np.inf], np.nan)
    )
    parts = [
        _against(wide[scenario], wide[reference], key, confidence, bootstrap)
        .assign(scenario=scenario)
        .reset_index()
        for scenario in dict.fromkeys(indicators["scenario"])
    ]
    result = pd.concat(parts, ignore_index=True)
    ends = zip(result["difference_low"], result["difference_high"], result["better"], strict=True)
    result["verdict"] = [verdict(low, high, better) for low, high, better in ends]
    result.loc[result["scenario"] == reference, "verdict"] = "reference"
    return result[["scenario", *[name for name in result.columns if name != "scenario"]]]


def _against(
    values: "pd.Series[float]",
    reference: "pd.Series[float]",
    key: list[str],
    confidence: float,
    bootstrap: bool,
) -> pd.DataFrame:
    """Return level and paired difference to the reference of every outcome, with intervals."""
    level = interval(values.groupby(key, sort=False), confidence)
    difference = values - reference
    change = interval(difference.groupby(key, sort=False), confidence)
    boot_low = boot_high = np.full(len(level), np.nan)
    if bootstrap:
        per_seed = difference.unstack("seed").reindex(level.index)
        boot_low, boot_high = bootstrap_interval(per_seed.to_numpy(), confidence)
    return pd.DataFrame(
        {
            "level": level["mean"],
            "level_low": level["low"],
            "level_high": level["high"],
            "difference": change["mean"],
            "difference_low": change["low"],
            "difference_high": change["high"],
            "difference_bootstrap_low": boot_low,
            "difference_bootstrap_high": boot_high,
            "replicates": level["count"],
            "variance_ratio": variance_ratio(values, reference, key),
        }
    )


def variance_ratio(
    values: "pd.Series[float]", reference: "pd.Series[float]", key: list[str]
) -> "pd.Series[float]":
    """Return the variance that differences would have unpaired, over that which they have."""
    unpaired = sum(one.groupby(key, sort=False).var() for one in (values, reference))
    paired = (values - reference).groupby(key, sort=False).var()
    return unpaired / paired.replace(0.0, np.nan)


def bootstrap_interval(values: Column, confidence: float) -> tuple[Floats, Floats]:
    """Return the bootstrap interval of the mean of each row (percentiles over resampled seeds).

    Parameters
    ----------
    values : array of float, shape (outcomes, replicates)
        Rows with a missing value, and single replicates, have no interval.
    confidence : float
    """
    from scipy import stats

    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    whole = np.isfinite(values).all(axis=1)
    if values.shape[1] > 1 and whole.any():
        found = stats.bootstrap(
            (values[whole],), np.mean, axis=-1, n_resamples=RESAMPLES, batch=50,
            confidence_level=confidence, method="percentile", rng=np.random.default_rng(1),
        ).confidence_interval  # fmt: skip
        low[whole], high[whole] = found.low, found.high
    return low, high


def required_replicates(spread: float, half_width: float, confidence: float) -> int:
    """Return how many replicates it takes to know a mean to within a half-width.

    Parameters
    ----------
    spread : float
        Standard deviation over replicates.
    half_width, confidence : float

    Examples
    --------
    >>> required_replicates(1.0, 0.5, 0.95)  # normal quantiles would say 16
    18
    """
    count = 2
    while count < MOST_REPLICATES:
        quantile = special.stdtrit(count - 1, (1 + confidence) / 2)
        needed = math.ceil((quantile * spread / half_width) ** 2)
        if needed <= count:
            return count
        # The quantile falls with the count: never step beyond what it asks for now.
        count = max(count + 1, min(needed, math.ceil(1.1 * count)))
    return MOST_REPLICATES


def precision(indicators: pd.DataFrame, reference: str, confidence: float) -> pd.DataFrame:
    """Return how well differences to the reference are known, and what halving would take.

    Returns
    -------
    DataFrame
        One row an outcome and scenario: sd (of paired differences), half_width, replicates,
        variance_ratio (unpaired over paired variance), replicates_to_halve.
    """
    wide = indicators.set_index([*KEY, "seed", "scenario"])["value"].unstack("scenario", sort=False)
    parts = []
    for scenario in wide.columns.drop(reference):
        difference = (wide[scenario] - wide[reference]).groupby(KEY, sort=False)
        known = interval(difference, confidence)
        table = pd.DataFrame(
            {
                "sd": difference.std(),
                "half_width": (known["high"] - known["low"]) / 2,
                "replicates": known["count"],
                "variance_ratio": variance_ratio(wide[scenario], wide[reference], KEY),
            }
        )
        table["replicates_to_halve"] = [
            required_replicates(sd, half / 2, confidence) if half > 0 else count
            for sd, half, count in zip(
                table["sd"], table["half_width"], table["replicates"], strict=True
            )
        ]
        parts.append(table.assign(scenario=scenario).reset_index())
    return pd.concat(parts, ignore_index=True)


def rank_stability(indicators: pd.DataFrame) -> pd.DataFrame:
    """Return how sure the order of scenarios is, by resampling seeds.

    Returns
    -------
    DataFrame
        One row an outcome (with a good and a bad direction) and scenario: rank of the mean (1 is
        best), share of resamples in which it has that rank, share in which it is best.
    """
    from scipy import stats

    directed = indicators[indicators["better"] != ""]
    rows = []
    rng = np.random.default_rng(1)
    for key, outcome in directed.groupby(KEY, sort=False):
        wide = outcome.pivot(index="seed", columns="scenario", values="value")
        wide = wide[list(dict.fromkeys(outcome["scenario"]))]
        values = wide.to_numpy()
        if len(values) < 2 or not np.isfinite(values).all():
            continue
        if key[KEY.index("better")] == "higher":
            values = -values
        drawn = rng.integers(0, len(values), (RESAMPLES, len(values)))
        ranks = stats.rankdata(values[drawn].mean(axis=1), method="min", axis=1)
        own = stats.rankdata(values.mean(axis=0), method="min").astype(int)
        for place, scenario in enumerate(wide.columns):
            rows.append(
                (*key, scenario, own[place], (ranks[:, place] == own[place]).mean(),
                 (ranks[:, place] == 1).mean())
            )  # fmt: skip
    return pd.DataFrame(rows, columns=[*KEY, "scenario", "rank", "rank_stability", "best"])


def interval(grouped: "SeriesGroupBy[Any, Any]", confidence: float) -> pd.DataFrame:
    """Return mean, low, high and count of each group, by Student's t."""
    mean, count, spread = grouped.mean(), grouped.count(), grouped.std()
    degrees = (count - 1).clip(lower=1)
    quantile = pd.Series(special.stdtrit(degrees, (1 + confidence) / 2), index=mean.index)
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
