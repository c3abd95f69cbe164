"""A city at rest: whether any daily series drifts over four years without policies and seasons.

    python -m tools.docs.at_rest                  # Almaty, ten seeds; writes docs/data/at_rest.csv
    python -m tools.docs.at_rest city=workshop    # another city; prints what fails

Tested is every column of the curves and every daily count: by nationality and by legal status what
is counted by stratum, by kind what is counted by clinic, by institution what is counted by agency,
and the increments of what is summed up (flows of money, health lost, items learned). What agencies
serve is corrected for the number of their open days in the year.

- *Trend*: the linear contrast of the means of the four years, over the seeds (t); Holm's procedure
  over all series at 1 %.
- *Size*: where the standard error of the change from the first year to the last is below 0.7 % of
  the mean, the change is below 2 % of it.

Series of rare events, fewer than 100 a year in all seeds together, are left out. `V22` of the
verification tests runs the small city under three seeds.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from sim import AlmatyModel, load_scenario
from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.migrant import STRATA_SHAPE
from sim.config.scenario import Scenario
from sim.engine.types import Column, Floats
from sim.observation.daily_counts import BY_AGENCY, BY_STRATUM, BY_UNIT
from tools.docs import DATA

RESULT = DATA / "at_rest.csv"
YEARS, DAYS = 4, 365
SEEDS = range(101, 111)
LEVEL, PRECISE, MOST = 0.01, 0.007, 0.02
"""Level of the test of trends; relative standard error from which on a change is held to a size,
and that size."""
ROUNDING = 1e-9
"""Relative difference between seeds below which a series is the same under all of them."""
FEWEST = 100
"""Events a year in all seeds together, below which a series is left out."""
NO_SEASONS = ("demography.arrival_season", "illness.acute_season")
CONTRASTS = np.array([[-3, -1, 1, 3], [1, -1, -1, 1], [-1, 3, -3, 1]]) / np.sqrt(
    [[20.0], [4.0], [20.0]]
)
"""Linear, quadratic and cubic contrast of four years, orthonormal."""

type Series = Mapping[str, Column]
type Years = dict[str, list[Floats]]


def at_rest(scenario: Scenario, seeds: Iterable[int]) -> Years:
    """Return the yearly means of every series, seed by seed, of a city without seasons."""
    world = scenario.world
    for path in NO_SEASONS:
        world = world.with_value(path, 0.0)
    found: Years = {}
    for seed in seeds:
        model = AlmatyModel(replace(scenario.with_seed(seed), world=world))
        model.run_for(YEARS * DAYS)
        for name, series in daily_series(model).items():
            found.setdefault(name, []).append(series.reshape(YEARS, DAYS).mean(axis=1))
    return found


def daily_series(model: AlmatyModel) -> Series:
    """Return all daily series of a run, by name."""
    return {
        **{
            str(name): column.to_numpy(dtype=float)
            for name, column in model.curves().items()
            if name not in ("day", "date")
        },
        **_by_group(model), **_by_institution(model), **_increments(model),
    }  # fmt: skip


def _by_group(model: AlmatyModel) -> dict[str, Column]:
    """Return daily counts of people and cases by nationality and by legal status."""
    diary, found = model.diary, {}
    counts = {name: diary._of_strata(number) for number, name in enumerate(BY_STRATUM)}
    counts |= {
        f"know_{item}": diary.informed[:, :, number] for number, item in enumerate(words.KNOWLEDGE)
    }
    counts["health_lost"] = _daily(diary._pages.health_lost[: diary._days])
    for name, count in counts.items():
        groups = count.reshape(len(count), *STRATA_SHAPE)
        for labels, others in ((words.NATIONALITIES, (2, 3, 4)), (words.LEGAL_STATUSES, (1, 3, 4))):
            for label, series in zip(labels, groups.sum(axis=others).T, strict=True):
                found[f"{name}, {label}"] = series.astype(float)
    return found


def _by_institution(model: AlmatyModel) -> dict[str, Column]:
    """Return daily counts of the whole city, by kind of clinic, and by agency."""
    diary = model.diary
    found = {f"city: {name}": series for name, series in diary.counts.items() if name != "day"}
    for name in BY_UNIT[1:]:
        by_unit = diary.by_unit(name)
        for code, kind in enumerate(words.INSTITUTION_KINDS):
            rows = model.clinics.kind == code
            found[f"{name}, {kind}"] = by_unit[:, rows].sum(axis=1).astype(float)
    for name in BY_AGENCY[1:]:
        by_agency = diary.by_agency(name).sum(axis=2)
        for number, agency in enumerate(model.agencies.names):
            found[f"{name}, {agency}"] = by_agency[:, number].astype(float)
    for agency, factor in zip(
        model.agencies.names, _open_days_of_the_mean_year(model), strict=True
    ):
        found[f"served_today, {agency}"] *= factor
    return found


def _open_days_of_the_mean_year(model: AlmatyModel) -> Floats:
    """Return, by agency and day, the open days of the mean year over those of the year.

    Agencies with work for every slot serve as many as they have open days, which differ by year.
    """
    agencies, days = model.agencies, range(YEARS * DAYS)
    opens = np.array(
        [model.calendar.works(day, agencies.works_on, agencies.works_on_holidays) for day in days]
    )
    by_year = opens.reshape(YEARS, DAYS, -1).sum(axis=1)
    factor = by_year.mean(axis=0) / np.maximum(by_year, 1)
    return np.asarray(np.repeat(factor, DAYS, axis=0).T)


def _increments(model: AlmatyModel) -> dict[str, Column]:
    """Return the daily increments of sums: flows of money, work lost, items learned by source."""
    pages, days = model.diary._pages, model.diary._days
    named = {
        "flow: ": (CHART.flows, _daily(pages.ledger[:days]).T),
        "learned, ": (words.SOURCES, _daily(pages.learned[:days]).sum(axis=2).T),
        "work lost": (("",), _daily(pages.lost_work[:days]).T),
    }
    return {
        f"{kind}{name}": series
        for kind, (names, table) in named.items()
        for name, series in zip(names, table, strict=True)
    }


def _daily(sums: Column) -> Column:
    """Return daily increments; the first, whose start is not at hand, is that of the second day."""
    steps = np.diff(sums.astype(float), axis=0)
    return np.concatenate([steps[:1], steps])


def tested(years: Years, pooled: bool = False) -> pd.DataFrame:
    """Return a row for each series: means, change, and whether it passes.

    Parameters
    ----------
    years : dict
        As `at_rest` returns them.
    pooled : bool, default False
        Take errors from all contrasts of the years instead of the trend and the change alone: for
        few seeds, on the assumption that errors have no memory of years.

    Returns
    -------
    DataFrame
        Columns series, year_1 ... year_4, change (of the mean, first year to last), error (its
        standard error over the seeds, of the mean), p (of the trend), trend and size (whether the
        series fails), in the order of p.
    """
    rows = []
    for name, runs in years.items():
        means = np.array(runs)
        level = abs(means.mean())
        by_chance = means.std(axis=0).max() > ROUNDING * level
        if level * DAYS * len(means) < FEWEST or not by_chance:
            continue
        change = (means[:, -1] - means[:, 0]).mean() / level
        error, p = error_and_p(means, pooled)
        rows.append((name, *means.mean(axis=0), change, error / level, p))
    columns = ["series", *(f"year_{one}" for one in range(1, YEARS + 1)), "change", "error", "p"]
    table = pd.DataFrame(rows, columns=columns).sort_values("p", kind="stable", ignore_index=True)
    bound = LEVEL / (len(table) - np.arange(len(table)))
    table["trend"] = np.logical_and.accumulate(table["p"] < bound)
    table["size"] = (table["error"] < PRECISE) & (table["change"].abs() > MOST)
    return table


def error_and_p(means: Floats, pooled: bool) -> tuple[float, float]:
    """Return the standard error of the change over the years, and the two-sided p of a trend.

    Parameters
    ----------
    means : array of float, shape (seeds, years)
    pooled : bool
        See `tested`.
    """
    seeds = len(means)
    contrasts = CONTRASTS @ means.T
    spread = contrasts.var(axis=1, ddof=1)
    of_trend, of_change = spread[0], (means[:, -1] - means[:, 0]).var(ddof=1)
    freedom = seeds - 1
    if pooled:
        of_trend, of_change = spread.mean(), 2.0 * spread.mean()
        freedom *= len(CONTRASTS)
    t = contrasts[0].mean() / np.sqrt(max(of_trend, 1e-300) / seeds)
    return float(np.sqrt(of_change / seeds)), float(2.0 * stats.t.sf(abs(t), freedom))


def main(arguments: Sequence[str]) -> int:
    """Test a city and print what fails; return the exit status."""
    scenario = load_scenario("baseline", arguments or ["city=almaty"])
    table = tested(at_rest(scenario, SEEDS))
    failing = table[table["trend"] | table["size"]]
    precise = int((table["error"] < PRECISE).sum())
    print(f"{len(table)} series, {precise} of them precise; {len(failing)} fail")
    print(failing.to_string())
    if not arguments:
        table.to_csv(RESULT, index=False, float_format="%.5g", lineterminator="\n")
    return 1 if len(failing) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
