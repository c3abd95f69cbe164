"""study=sweep: scenarios under many values of parameters, levers, city or law.

Every scenario is run under every sample and seed. Within a sample, differences are paired by seed
and have simulation intervals. Over samples there are two other kinds of spread, named as such: a
*parametric interval* over values drawn from ranges, and a *scenario range* (lowest to highest) over
values given in a list.

The mean of a sample over a few seeds is itself uncertain, so the means of samples lie further apart
than their expected values. The parametric interval removes this (one-way random effects): with S2
the variance of the means of samples and W2 the mean over samples of (variance over seeds / seeds),

    between = max(0, S2 - W2),   interval = quantiles of  m + sqrt(between / S2) (x - m)

over the means x of samples, with m their mean. With one seed per sample W2 is unknown, so no
interval is given.

For listed values there is also the *response*: outcomes at each value of each path, over the
samples that have it, with simulation intervals over seeds.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy import special

from experiments.analysis.console_report import change, number, path_in_words, row_cells, title
from experiments.analysis.outcomes import Outcome, shown
from experiments.analysis.result_folder import (
    as_typed,
    renewed_folder,
    say_what_is_not_drawn,
    write_table,
)
from experiments.analysis.statistics import KEY, summarise
from experiments.runs.designs import DESIGNS, DRAWN, samples_of
from experiments.runs.plan import LEVER, plan_runs
from experiments.studies.settings import SweepSettings, named_scenarios, sweep_settings
from experiments.studies.study import CarriedOut, FigureMakers, carry_out_study
from sim.config.paths import raw_value_at
from sim.config.scenario import scenario_from

OUTCOMES = (
    Outcome("emergency_uptake_24h"), Outcome("unmet_need_episodes"), Outcome("unresolved_needs"),
    Outcome("total_unresolved"), Outcome("deaths"), Outcome("societal_cost"),
)  # fmt: skip
"""Outcomes of the printed tables."""
PARAMETRIC, RANGE = "parametric interval", "scenario range"
ONE_SEED = (
    "One seed per sample: the spread over samples includes chance, so there is no parametric "
    "interval (set replicates=2 or more to get one)."
)
MOST_VALUES = 12
"""Most values of a path whose response is printed."""


def settings_of(resolved: dict[str, Any]) -> SweepSettings:
    """Return the checked settings of a composed configuration."""
    return sweep_settings(resolved, DESIGNS)


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run the sweep of a composed configuration; return the exit status."""
    settings = settings_of(resolved)
    return report(carry_out(resolved, settings, console), resolved, settings, console)


def carry_out(resolved: dict[str, Any], settings: SweepSettings, console: Console) -> CarriedOut:
    """Carry out the runs of a sweep that are not stored yet."""
    scenarios = named_scenarios(resolved, settings.scenarios)
    first = scenarios[0].seed
    samples = samples_of(settings.design, settings.vary, settings.samples, first, scenarios[0])
    runs = plan_runs(scenarios, range(first, first + settings.replicates), samples)
    return carry_out_study("sweep", resolved, runs, console)


def figures_of(folder: Path, settings: SweepSettings) -> FigureMakers:
    """Return the functions that draw the figures of a folder of results, by name."""
    from experiments.figures.sweep import figures_of_sweep

    samples = pd.read_parquet(folder / "samples.parquet")
    return figures_of_sweep(folder, settings, list(samples.columns.drop("sample")))


def report(
    done: CarriedOut, resolved: dict[str, Any], settings: SweepSettings, console: Console
) -> int:
    """Write tables and figures from the stored results, and print the spread over samples."""
    from experiments.figures.sweep import draw_sweep

    if done.left_to_others:
        return done.status
    results = done.results
    # Ten thousand runs have millions of rows.
    indicators = results.table(
        "indicators", [("by", "==", "all")], columns=[*KEY, "value"], coded=True
    )
    if indicators.empty:
        console.print("No run has results: there is nothing to report.")
        return done.status
    reference = settings.scenarios[0]
    summary = summarise(
        indicators, reference, settings.confidence, key=[*KEY, "sample"], bootstrap=False
    ).astype(dict.fromkeys(KEY, "str"))
    samples = results.study.plan.drop_duplicates("sample")[["sample", *results.varied]]
    if len(settings.scenarios) > 1:
        # The row of the reference scenario has no levers: they are varied only in the others.
        others = results.study.plan[results.study.plan["scenario"] != reference]
        samples = others.drop_duplicates("sample")[["sample", *results.varied]]
    summary = summary.merge(samples, on="sample")
    spread = spread_over_samples(summary, settings)
    answered = response(indicators, samples, settings)
    final = done.output / results.study.name
    with renewed_folder(final) as folder:
        write_table(folder, "samples", samples)
        write_table(folder, "summary", summary)
        write_table(folder, "spread", spread)
        if settings.design not in DRAWN:
            write_table(folder, "response", answered)
        if settings.design in DRAWN:
            write_table(folder, "influence", influence(summary, results.varied, settings))
        write_table(folder, "runs", results.table("runs"))
        write_table(folder, "failures", results.failures)
        done.write_manifest(
            folder, resolved, settings=settings.model_dump(), scenarios=settings.scenarios,
            reference=reference, samples=len(samples), varied=results.varied,
            seeds=sorted(indicators["seed"].unique().tolist()),
        )  # fmt: skip
        draw_sweep(folder, settings, results.varied)
    print_response(console, answered, resolved, settings)
    print_spread(console, spread, settings)
    say_what_is_not_drawn(final, console)
    console.print(f"Tables, figures and manifest: {as_typed(final)}", markup=False)
    return done.status


def spread_over_samples(summary: pd.DataFrame, settings: SweepSettings) -> pd.DataFrame:
    """Return the spread of levels and differences over samples, and the name of its kind.

    Returns
    -------
    DataFrame
        One row per outcome and scenario: level and difference (median over samples), each with low
        and high, and for drawn values `_sd_between` (over samples, chance removed) and
        `_sd_chance` (of the mean of a sample, over seeds); kind of the interval, samples.
    """
    drawn = settings.design in DRAWN
    by = [*KEY, "scenario"]
    parts = {}
    for name in ("level", "difference"):
        table = summary.assign(at=summary[name])
        if drawn:
            table, parts[f"{name}_sd_between"], parts[f"{name}_sd_chance"] = without_chance(
                table, name, by, settings
            )
        values = table.groupby(by, sort=False)["at"]
        tail = (1.0 - settings.confidence) / 2 if drawn else 0.0
        parts[name] = summary.groupby(by, sort=False)[name].median()
        parts[f"{name}_low"] = values.quantile(tail)
        parts[f"{name}_high"] = values.quantile(1.0 - tail)
    grouped = summary.groupby(by, sort=False)
    table = pd.DataFrame(parts)
    table["interval"] = PARAMETRIC if drawn else RANGE
    table["samples"] = grouped["level"].count()
    return table.reset_index()


def without_chance(
    table: pd.DataFrame, name: str, by: list[str], settings: SweepSettings
) -> tuple[pd.DataFrame, "pd.Series[float]", "pd.Series[float]"]:
    """Shrink the means of samples towards their mean by the part of the spread due to chance.

    Parameters
    ----------
    table : DataFrame
        From `summarise`, one row per sample, with the means in the column `at`.
    name : str
        "level" or "difference": the quantity whose interval gives the uncertainty of each mean.
    by : list of str
        Columns that name an outcome and scenario.
    settings : SweepSettings

    Returns
    -------
    DataFrame
        The table, with `at` shrunk; NaN where the seeds give no information about chance.
    Series
        Standard deviation between samples, by outcome and scenario.
    Series
        Standard deviation of the mean of a sample.
    """
    count = table["pairs"] if name == "difference" else table["replicates"]
    quantile = special.stdtrit((count - 1).clip(lower=1), (1 + settings.confidence) / 2)
    error = (table[f"{name}_high"] - table[f"{name}_low"]) / 2 / quantile
    table = table.assign(error=error**2)
    grouped = table.groupby(by, sort=False)
    chance, total = grouped["error"].mean(), grouped["at"].var()
    between = (total - chance).clip(lower=0.0)
    # Equal means need no shrinking.
    share = np.sqrt((between / total.where(total > 0)).where(total > 0, 1.0)).where(chance.notna())
    middle = grouped["at"].transform("mean")
    shares = table[by].merge(share.rename("share").reset_index(), on=by, how="left")["share"]
    table["at"] = middle + shares.to_numpy() * (table["at"] - middle)
    return table, between.pow(0.5), chance.pow(0.5)


def response(
    indicators: pd.DataFrame, samples: pd.DataFrame, settings: SweepSettings
) -> pd.DataFrame:
    """Return outcomes at each listed value of each path, with intervals over seeds.

    Returns
    -------
    DataFrame
        One row per outcome, scenario, path and value, with the columns of `summarise`. With several
        paths the outcome at a value is, for each seed, the mean over the samples with this value.
    """
    varied = [name for name in samples.columns if name != "sample"]
    parts = []
    for path in varied:
        at = samples[["sample", path]].dropna().rename(columns={path: "at"})
        key = [*KEY, "at"]
        rows = indicators[[*KEY, "scenario", "seed", "sample", "value"]].merge(at, on="sample")
        rows = rows.astype(dict.fromkeys([*KEY, "scenario"], "str"))
        mean = rows.groupby([*key, "scenario", "seed"], sort=False)["value"].mean().reset_index()
        if mean.empty:
            continue
        found = summarise(
            mean, settings.scenarios[0], settings.confidence, key=key, bootstrap=False
        )
        parts.append(found.assign(path=path, at=found["at"].astype(str)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def print_response(
    console: Console, answered: pd.DataFrame, resolved: dict[str, Any], settings: SweepSettings
) -> None:
    """Print outcomes at each listed value; the value of `conf/` is marked."""
    if answered.empty or settings.design in DRAWN:
        return
    base = scenario_from(resolved)
    for path in answered["path"].unique():
        mine = answered[answered["path"] == path]
        values = list(dict.fromkeys(mine["at"]))
        if len(values) > MOST_VALUES:
            continue
        usual = raw_value_at(base.world, path.removeprefix(LEVER))
        table = Table(
            title=f"{path_in_words(path)} ({settings.confidence:.0%} simulation intervals)",
            title_justify="left", header_style="bold",
        )  # fmt: skip
        for heading in ("", "value", "level", "difference", "interval", "verdict"):
            table.add_column(heading, justify="left" if heading in ("", "verdict") else "right")
        for one in shown(OUTCOMES):
            table.add_section()
            table.add_row(f"[bold]{one.heading}[/]")
            for row in one.rows(mine).to_dict("records"):
                mark = " (default)" if is_usual(row["at"], usual) else ""
                scenario, *cells = row_cells(row, one.format)
                table.add_row(scenario, f"{row['at']}{mark}", *cells)
        console.print(table)


def is_usual(value: str, usual: float | str) -> bool:
    """Return True if a value of a sweep is the one in `conf/`.

    >>> is_usual("6.0", 6), is_usual("3.0", 6), is_usual("calendar", "calendar")
    (True, False, True)
    """
    if isinstance(usual, str):
        return value == usual
    return float(value) == float(usual)


def influence(summary: pd.DataFrame, varied: list[str], settings: SweepSettings) -> pd.DataFrame:
    """Return the rank correlation of outcomes with the varied values, over samples.

    Returns
    -------
    DataFrame
        One row per outcome, scenario, quantity ("level" or "difference") and path: correlation
        (Spearman's), low, high (by Fisher's transformation), samples.
    """
    from scipy import stats

    rows = []
    quantile = special.ndtri((1 + settings.confidence) / 2)
    for key, mine in summary.groupby([*KEY, "scenario"], sort=False):
        for quantity in ("level", "difference"):
            known = mine[mine[quantity].notna()]
            if len(known) < 4 or known[quantity].nunique() < 2:
                continue
            for path in varied:
                rho = float(stats.spearmanr(known[path], known[quantity]).statistic)
                half = quantile / np.sqrt(len(known) - 3)
                middle = np.arctanh(np.clip(rho, -0.999999, 0.999999))
                low, high = np.tanh([middle - half, middle + half])
                rows.append((*key, quantity, path, rho, low, high, len(known)))
    columns = [*KEY, "scenario", "quantity", "path", "correlation", "low", "high", "samples"]
    return pd.DataFrame(rows, columns=columns)


def print_spread(console: Console, spread: pd.DataFrame, settings: SweepSettings) -> None:
    """Print the spread over samples of the outcomes shown."""
    kind = spread["interval"].iloc[0]
    if kind == PARAMETRIC and spread["level_low"].isna().all():
        console.print(ONE_SEED)
    table = Table(
        title=f"Spread over {spread['samples'].max()} samples ({kind})",
        title_justify="left", header_style="bold",
    )  # fmt: skip
    for heading in ("", "level", kind, "difference", kind):
        table.add_column(heading, justify="left" if not heading else "right")
    for one in shown(OUTCOMES):
        table.add_section()
        table.add_row(f"[bold]{one.heading}[/]")
        for row in one.rows(spread).to_dict("records"):
            ends = ("level", "level_low", "level_high")
            levels = [number(row[end], one.format) for end in ends]
            moved = ("", "")
            if row["scenario"] != settings.scenarios[0]:
                moved = change(
                    row["difference"], row["difference_low"], row["difference_high"], one.format
                )
            spanned = "" if np.isnan(row["level_low"]) else f"{levels[1]} to {levels[2]}"
            table.add_row(f"  {title(row['scenario'])}", levels[0], spanned, *moved)
    console.print(table)
