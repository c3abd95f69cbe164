"""study=sweep: scenarios under many values of parameters, levers, city or law.

Every scenario is run under every sample and seed. Within a sample, differences are paired by seed
and have simulation intervals. Over samples there are two other kinds of spread, named as such: over
values drawn from ranges a *parametric interval* (quantiles of what samples expect), over values
somebody has listed a *scenario range* (lowest to highest).
"""

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy import special

from experiments.report import change, number, title
from experiments.results import as_typed, renewed_folder, write_table
from experiments.samples import DESIGNS, DRAWN, samples_of
from experiments.settings import SweepSettings, named_scenarios, sweep_settings
from experiments.specifications import plan_runs
from experiments.statistics import KEY, summarise
from experiments.study import CarriedOut, carry_out_study

SHOWN = (
    ("emergency_uptake_24h", "", "emergency care within 24 h", "%"),
    ("unmet_need_episodes", "", "episodes of need that no provider saw", "%"),
    ("unresolved_needs", "", "other needs lost or open for 30 days", "%"),
    ("total_unresolved", "", "unresolved in all, per 1,000 present", ""),
    ("deaths", "", "deaths per 100,000 person-years", ""),
    ("societal_cost", "", "cost to society, KZT a person-year", "0"),
)
"""Outcomes of the printed table and the figures: indicator, detail, words, format."""
PARAMETRIC, RANGE = "parametric interval", "scenario range"


def settings_of(resolved: dict[str, Any]) -> SweepSettings:
    """Return the checked settings of a composed configuration."""
    return sweep_settings(resolved, DESIGNS)


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run the sweep of a composed configuration; return the exit status."""
    settings = settings_of(resolved)
    scenarios = named_scenarios(resolved, settings.scenarios)
    first = scenarios[0].seed
    samples = samples_of(settings.design, settings.vary, settings.samples, first, scenarios[0])
    runs = plan_runs(scenarios, range(first, first + settings.replicates), samples)
    done = carry_out_study("sweep", resolved, runs, console)
    return report(done, resolved, settings, console)


def report(
    done: CarriedOut, resolved: dict[str, Any], settings: SweepSettings, console: Console
) -> int:
    """Write tables and figures of what is stored, and print the spread over samples."""
    from experiments.figures_sweep import draw_sweep

    if done.left_to_others:
        return done.status
    results = done.results
    # Of ten thousand runs there are millions of rows.
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
        # The row of the reference scenario lacks levers, which are varied in the others alone.
        others = results.study.plan[results.study.plan["scenario"] != reference]
        samples = others.drop_duplicates("sample")[["sample", *results.varied]]
    summary = summary.merge(samples, on="sample")
    spread = spread_over_samples(summary, settings)
    final = done.output / results.study.name
    with renewed_folder(final) as folder:
        write_table(folder, "samples", samples)
        write_table(folder, "summary", summary)
        write_table(folder, "spread", spread)
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
    print_spread(console, spread, settings)
    console.print(f"Tables, figures and manifest: {as_typed(final)}", markup=False)
    return done.status


def spread_over_samples(summary: pd.DataFrame, settings: SweepSettings) -> pd.DataFrame:
    """Return how far levels and differences move over samples, and what that spread is called.

    Returns
    -------
    DataFrame
        One row an outcome and scenario: level and difference (median over samples), each with low
        and high, kind of the interval, samples.
    """
    drawn = settings.design in DRAWN
    tail = (1.0 - settings.confidence) / 2 if drawn else 0.0
    grouped = summary.groupby([*KEY, "scenario"], sort=False)
    parts = {}
    for name in ("level", "difference"):
        parts[name] = grouped[name].median()
        parts[f"{name}_low"] = grouped[name].quantile(tail)
        parts[f"{name}_high"] = grouped[name].quantile(1.0 - tail)
    table = pd.DataFrame(parts)
    table["interval"] = PARAMETRIC if drawn else RANGE
    table["samples"] = grouped["level"].count()
    return table.reset_index()


def influence(summary: pd.DataFrame, varied: list[str], settings: SweepSettings) -> pd.DataFrame:
    """Return the rank correlation of outcomes with what is varied, over samples.

    Returns
    -------
    DataFrame
        One row an outcome, scenario, quantity ("level" or "difference") and path: correlation
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
    """Print how far the outcomes shown move over samples."""
    kind = spread["interval"].iloc[0]
    table = Table(
        title=f"Spread over {spread['samples'].max()} samples ({kind})",
        title_justify="left", header_style="bold",
    )  # fmt: skip
    for heading in ("", "level", kind, "difference", kind):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, detail, words, form in SHOWN:
        table.add_section()
        table.add_row(f"[bold]{words}[/]")
        rows = spread[(spread["indicator"] == name) & (spread["detail"] == detail)]
        for row in rows.to_dict("records"):
            levels = [number(row[one], form) for one in ("level", "level_low", "level_high")]
            moved = ("", "")
            if row["scenario"] != settings.scenarios[0]:
                moved = change(
                    row["difference"], row["difference_low"], row["difference_high"], form
                )
            table.add_row(
                f"  {title(row['scenario'])}", levels[0], f"{levels[1]} to {levels[2]}", *moved
            )
    console.print(table)
