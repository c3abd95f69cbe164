"""Levels, paired differences and their simulation intervals.

All intervals here are *simulation intervals*: they say how far chance inside the model moves a
result, over replicates with different seeds. They say nothing about uncertain parameters. The
spread over samples of parameters is a *parametric interval*; the spread over assumptions whose
probabilities are unknown is a *scenario range* (see `experiments.studies.sweep`). The three are
never mixed.

`scipy.stats` takes a quarter of a second to import, so only functions that need it import it.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from sim.engine.types import Column, Floats, Integers

if TYPE_CHECKING:
    from pandas.core.groupby import SeriesGroupBy

KEY = ["code", "indicator", "detail", "by", "group", "unit", "better"]
"""Columns that name one outcome."""
RESAMPLES = 1000
"""Resamples of seeds."""
MOST_REPLICATES = 100_000
NOISE = 64 * float(np.finfo(float).eps)
"""Differences this small, relative to the values subtracted, are rounding and count as zero."""
NO_CASES, IDENTICAL = "no cases", "identical"


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
        Scenario to which differences are taken; replicates are paired by seed.
    confidence : float
        Confidence level of the intervals.
    key : list of str
        Columns that name one outcome.
    bootstrap : bool
        Whether to add bootstrap intervals to those by Student's t.

    Returns
    -------
    DataFrame
        One row per outcome and scenario: level, level_low, level_high, reference_level, difference,
        difference_low, difference_high, difference_bootstrap_low, difference_bootstrap_high,
        replicates, pairs, variance_ratio (variance of the difference had the runs not been paired,
        over its variance), verdict.

        For a compared scenario all of these are over the seeds under which both it and the
        reference have a value (`pairs` of them), so that difference = level - reference_level.
        Without any pair (for example if nobody is insured in the reference) the level is over all
        seeds of the scenario (`replicates`), as for the reference. The verdict is "no cases" if
        there was nothing to count under either scenario in any replicate.
    """
    wide = (
        indicators.set_index([*key, "seed", "scenario"])["value"]
        .unstack("scenario", sort=False)
        .replace([np.inf, -np.inf], np.nan)
    )
    cases = cases_of(indicators, key)
    parts = [
        _against(wide[scenario], wide[reference], key, confidence, bootstrap)
        .assign(scenario=scenario, cases=cases[[scenario, reference]].max(axis=1))
        .reset_index()
        for scenario in dict.fromkeys(indicators["scenario"])
    ]
    result = pd.concat(parts, ignore_index=True)
    ends = zip(result["difference_low"], result["difference_high"], result["better"], strict=True)
    result["verdict"] = [verdict(low, high, better) for low, high, better in ends]
    same = result["verdict"].isin([IDENTICAL, "no interval"])
    result.loc[same & (result.pop("cases") == 0), "verdict"] = NO_CASES
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
    difference = difference_of(values, reference)
    if values is not reference and values.name != reference.name:
        paired = difference.notna()
        # Without any pair there is no difference that the level has to agree with.
        alone = ~paired.groupby(key, sort=False).transform("any")
        values, reference = values.where(paired | alone), reference.where(paired)
    level = interval(values.groupby(key, sort=False), confidence)
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
            "reference_level": reference.groupby(key, sort=False).mean(),
            "difference": change["mean"],
            "difference_low": change["low"],
            "difference_high": change["high"],
            "difference_bootstrap_low": boot_low,
            "difference_bootstrap_high": boot_high,
            "replicates": level["count"],
            "pairs": change["count"],
            "variance_ratio": variance_ratio(values, reference, key),
        }
    )


def difference_of[Values: (pd.Series[float], pd.DataFrame)](
    values: Values, reference: Values
) -> Values:
    """Return values minus a reference; a difference that is only rounding is set to 0.

    Examples
    --------
    >>> three = pd.Series([0.1 + 0.2, 1e9 + 1e-7, 1.0])
    >>> difference_of(three, pd.Series([0.3, 1e9, 0.9])).round(3).tolist()
    [0.0, 0.0, 0.1]
    """
    difference = values - reference
    scale = np.maximum(values.abs(), reference.abs())
    return difference.mask(difference.abs() <= NOISE * scale, 0.0)


def cases_of(indicators: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the count behind every outcome under every scenario, in all replicates.

    Returns
    -------
    DataFrame
        One row per outcome, one column per scenario: the numerator, or whether there is a value at
        all if nothing was counted; money never counts as "no cases".
    """
    counted = indicators["value"].notna().astype(float)
    if "numerator" in indicators:
        money = indicators["unit"].astype(str).str.contains("KZT")
        nothing = (indicators["numerator"] == 0) & (indicators["value"] == 0) & ~money
        counted = counted.mask(nothing, 0.0)
    table = indicators[[*key, "scenario"]].assign(counted=counted)
    grouped = table.groupby([*key, "scenario"], sort=False, observed=True)["counted"].sum()
    return grouped.unstack("scenario", sort=False).fillna(0.0)


def variance_ratio(
    values: "pd.Series[float]", reference: "pd.Series[float]", key: list[str]
) -> "pd.Series[float]":
    """Return the variance that unpaired differences would have, over that of the paired ones.

    NaN where differences vary by no more than rounding.
    """
    grouped = [one.groupby(key, sort=False) for one in (values, reference)]
    unpaired = sum(one.var() for one in grouped)
    scale = sum(one.mean().abs() for one in grouped)
    paired = difference_of(values, reference).groupby(key, sort=False).var()
    return unpaired / paired.where(paired > (NOISE * scale) ** 2)


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
        # The quantile falls as the count grows: never step beyond the count it requires now.
        count = max(count + 1, min(needed, math.ceil(1.1 * count)))
    return MOST_REPLICATES


def precision(indicators: pd.DataFrame, reference: str, confidence: float) -> pd.DataFrame:
    """Return how well differences to the reference are known, and what halving would take.

    Returns
    -------
    DataFrame
        One row per outcome and scenario: sd (of paired differences), half_width, replicates (number
        of pairs), variance_ratio (unpaired over paired variance), replicates_to_halve (missing if
        there is only one pair).
    """
    wide = indicators.set_index([*KEY, "seed", "scenario"])["value"].unstack("scenario", sort=False)
    parts = []
    for scenario in wide.columns.drop(reference):
        difference = difference_of(wide[scenario], wide[reference]).groupby(KEY, sort=False)
        known = interval(difference, confidence)
        table = pd.DataFrame(
            {
                "sd": known["sd"],
                "half_width": (known["high"] - known["low"]) / 2,
                "replicates": known["count"],
                "variance_ratio": variance_ratio(wide[scenario], wide[reference], KEY),
            }
        )
        known_so_far = zip(table["sd"], table["half_width"], table["replicates"], strict=True)
        table["replicates_to_halve"] = pd.array(
            [_to_halve(sd, half, count, confidence) for sd, half, count in known_so_far],
            dtype="Int64",
        )
        parts.append(table.assign(scenario=scenario).reset_index())
    return pd.concat(parts, ignore_index=True)


def _to_halve(sd: float, half: float, count: int, confidence: float) -> int | None:
    if np.isnan(half):
        return None
    return required_replicates(sd, half / 2, confidence) if half > 0 else count


def rank_stability(indicators: pd.DataFrame) -> pd.DataFrame:
    """Return how sure the order of scenarios is, by resampling seeds.

    Returns
    -------
    DataFrame
        One row per outcome (with a good and a bad direction) and scenario: rank of the mean (1 is
        best; equal means share a rank), share of resamples in which it has that rank, share in
        which it is best, replicates (seeds with a value under every scenario; only these count),
        and the reason why seeds are left out or there is no rank.
    """
    directed = indicators[indicators["better"] != ""]
    wide = directed.set_index([*KEY, "seed", "scenario"])["value"].unstack("scenario", sort=False)
    asked = directed.groupby(KEY, sort=False)["scenario"].unique()
    table, seeds = wide.to_numpy(), wide.index.get_level_values("seed").to_numpy()
    places = wide.groupby(KEY, sort=False).indices
    rows: list[tuple[Any, ...]] = []
    for key, names in zip(asked.index, asked, strict=True):
        of_key = np.asarray(places[key])
        by_seed = of_key[np.argsort(seeds[of_key])]
        seen = table[np.ix_(by_seed, wide.columns.get_indexer(names))]
        values = seen[np.isfinite(seen).all(axis=1)]
        why = _missing_values(seen, names)
        if len(values) < 2:
            why = f"fewer than two seeds for ranking{f': {why}' if why else ''}"
            rows += [(*key, name, np.nan, np.nan, np.nan, len(values), why) for name in names]
            continue
        if key[KEY.index("better")] == "higher":
            values = -values
        # A separate generator, so that the result does not depend on which other outcomes exist.
        own, stability, best = _ranks(values, np.random.default_rng(1))
        for name, *found in zip(names, own, stability, best, strict=True):
            rows.append((*key, name, *found, len(values), why))
    columns_of_ranks = [*KEY, "scenario", "rank", "rank_stability", "best", "replicates", "why"]
    return pd.DataFrame(rows, columns=columns_of_ranks).astype({"rank": "Int64"})


def _ranks(values: Floats, rng: np.random.Generator) -> tuple[Integers, Floats, Floats]:
    """Return each scenario's rank, and how often resampled seeds give it that or the best rank.

    Parameters
    ----------
    values : array of float, shape (seeds, scenarios)
        Lower is better.
    """
    from scipy import stats

    # Values that differ by rounding alone are equal.
    first = values[:, :1]
    difference = values - first
    scale = np.maximum(np.abs(values), np.abs(first))
    values = first + np.where(np.abs(difference) <= NOISE * scale, 0.0, difference)
    drawn = rng.integers(0, len(values), (RESAMPLES, len(values)))
    ranks = stats.rankdata(values[drawn].mean(axis=1), method="min", axis=1)
    own = stats.rankdata(values.mean(axis=0), method="min").astype(int)
    return own, (ranks == own).mean(axis=0), (ranks == 1).mean(axis=0)


def _missing_values(values: Floats, names: Sequence[str]) -> str:
    """Say under which scenarios values are missing, and for how many seeds; "" if none is."""
    missing = (~np.isfinite(values)).sum(axis=0)
    return "; ".join(
        f"no value under {name} in {count} of {len(values)} seeds"
        for name, count in zip(names, missing, strict=True)
        if count
    )


def interval(grouped: "SeriesGroupBy[Any, Any]", confidence: float) -> pd.DataFrame:
    """Return mean, low, high, count and sd of each group, by Student's t.

    A spread that is only rounding of equal values is set to 0.
    """
    mean, count, spread = grouped.mean(), grouped.count(), grouped.std()
    spread = spread.mask(spread <= NOISE * mean.abs(), 0.0)
    degrees = (count - 1).clip(lower=1)
    quantile = pd.Series(special.stdtrit(degrees, (1 + confidence) / 2), index=mean.index)
    half: pd.Series[float] = (quantile * spread / np.sqrt(count)).where(count > 1)
    return pd.DataFrame(
        {"mean": mean, "low": mean - half, "high": mean + half, "count": count, "sd": spread}
    )


def verdict(low: float, high: float, better: str) -> str:
    """Return in words what an interval of a difference means."""
    if np.isnan(low):
        return "no interval"
    if low == high == 0:
        return IDENTICAL
    if low <= 0 <= high:
        return "no clear change"
    if not better:
        return "more" if low > 0 else "less"
    return "better" if (low > 0) == (better == "higher") else "worse"
