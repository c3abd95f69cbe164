"""study=factorial: every combination of some scenarios, with main effects and interactions.

With k factors there are 2^k cells, all with the same people and luck. Per replicate

    effect alone of A      = Y_A - Y_0
    main effect of A       = mean over all settings of the others of (Y with A - Y without A)
    interaction of A and B = Y_AB - Y_A - Y_B + Y_0      (at the reference)
    mean interaction       = the same, mean over all settings of the others,

and then mean and interval over replicates.
"""

from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from experiments.analysis.console_report import change, title
from experiments.analysis.outcomes import Outcome, shown
from experiments.analysis.result_folder import (
    as_typed,
    renewed_folder,
    say_what_is_not_drawn,
    write_table,
)
from experiments.analysis.statistics import KEY, NOISE, interval, summarise, verdict
from experiments.runs.plan import plan_runs
from experiments.studies.settings import FactorialSettings, factorial_settings
from experiments.studies.study import CarriedOut, carry_out_study
from sim.config.scenario import Scenario, scenario_from

REFERENCE = "baseline"
JOINED = " + "
OF_TWO = {
    "better": "synergistic", "worse": "antagonistic", "no clear change": "no clear interaction",
    "identical": "none",
}  # fmt: skip
"""Verdicts on an interaction: more or less than the sum of both effects alone."""
OUTCOMES = (
    Outcome("emergency_uptake_24h"), Outcome("unmet_need_episodes"), Outcome("unresolved_needs"),
    Outcome("total_unresolved"), Outcome("insured_visits"), Outcome("societal_cost"),
)  # fmt: skip
"""Outcomes of the printed table and of the figure."""


def settings_of(resolved: dict[str, Any]) -> FactorialSettings:
    """Return the checked settings of a composed configuration."""
    return factorial_settings(resolved)


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run the factorial of a composed configuration; return the exit status."""
    settings = settings_of(resolved)
    scenarios = cells(scenario_from(resolved), settings.factors)
    first = scenarios[0].seed
    runs = plan_runs(scenarios, range(first, first + settings.replicates))
    done = carry_out_study("factorial", resolved, runs, console)
    return report(done, resolved, settings, console)


def report(
    done: CarriedOut, resolved: dict[str, Any], settings: FactorialSettings, console: Console
) -> int:
    """Write tables and the figure from the stored results, and print effects."""
    if done.left_to_others:
        return done.status
    results = done.results
    combinations_of_all = 2 ** len(settings.factors)
    done.say_what_is_left_out(combinations_of_all, console)
    whole = results.whole_seeds(combinations_of_all)
    if not whole:
        console.print("No seed has results under every combination: there are no effects.")
        return done.status
    indicators = results.table("indicators", [("by", "==", "all")])
    indicators = indicators[indicators["seed"].isin(whole)].drop(columns="sample")
    effects = factorial_effects(indicators, settings.factors, settings.confidence)
    final = done.output / results.study.name
    with renewed_folder(final) as folder:
        write_all(folder, indicators, effects, settings.confidence)
        write_table(folder, "runs", results.table("runs").drop(columns="sample"))
        write_table(folder, "failures", results.failures)
        done.write_manifest(
            folder, resolved, settings=settings.model_dump(), factors=settings.factors,
            scenarios=results.study.manifest["scenarios"], reference=REFERENCE, seeds=whole,
        )  # fmt: skip
    print_effects(console, effects, settings.confidence)
    say_what_is_not_drawn(final, console)
    console.print(f"Tables, figure and manifest: {as_typed(final)}", markup=False)
    return done.status


def cells(base: Scenario, factors: list[str]) -> list[Scenario]:
    """Return every combination of the factors, the reference first."""
    return [
        base.with_policies(chosen, name=JOINED.join(chosen) or REFERENCE)
        for size in range(len(factors) + 1)
        for chosen in combinations(factors, size)
    ]


def factorial_effects(
    indicators: pd.DataFrame, factors: list[str], confidence: float
) -> pd.DataFrame:
    """Return effects alone, main effects and interactions of every outcome.

    Returns
    -------
    DataFrame
        One row per outcome and term: kind ("alone", "main", "interaction", "mean interaction"),
        term (one factor, or two), mean, low, high, replicates, verdict.
    """
    wide = indicators.set_index([*KEY, "seed", "scenario"])["value"].unstack("scenario", sort=False)
    parts = []
    for size, at_reference, averaged in (
        (1, "alone", "main"),
        (2, "interaction", "mean interaction"),
    ):
        for chosen in combinations(factors, size):
            others = [name for name in factors if name not in chosen]
            contrasts = [
                contrast(wide, chosen, background, factors)
                for count in range(len(others) + 1)
                for background in combinations(others, count)
            ]
            mean = sum(contrasts[1:], contrasts[0]) / len(contrasts)
            for kind, values in ((at_reference, contrasts[0]), (averaged, mean)):
                table = interval(values.groupby(KEY, sort=False), confidence)
                table["kind"], table["term"] = kind, " x ".join(chosen)
                table = table.drop(columns="sd").rename(columns={"count": "replicates"})
                parts.append(table.reset_index())
    result = pd.concat(parts, ignore_index=True)
    result["verdict"] = [
        verdict(low, high, better)
        for low, high, better in zip(result["low"], result["high"], result["better"], strict=True)
    ]
    of_two = result["kind"].isin(["interaction", "mean interaction"])
    result.loc[of_two, "verdict"] = result.loc[of_two, "verdict"].replace(OF_TWO)
    return result


def contrast(
    wide: pd.DataFrame, chosen: tuple[str, ...], background: tuple[str, ...], factors: list[str]
) -> "pd.Series[float]":
    """Return the alternating sum over the chosen factors, with the others as in the background.

    A sum that is only rounding of its terms is set to 0.
    """
    total = 0.0 * wide[REFERENCE]
    scale = total
    for size in range(len(chosen) + 1):
        for present in combinations(chosen, size):
            name = JOINED.join(one for one in factors if one in (*present, *background))
            term = wide[name or REFERENCE]
            total = total + (-1) ** (len(chosen) - size) * term
            scale = scale.where(scale > term.abs(), term.abs())
    return total.mask(total.abs() <= NOISE * scale, 0.0)


def write_all(
    folder: Path, indicators: pd.DataFrame, effects: pd.DataFrame, confidence: float
) -> None:
    """Write tables and the figure of a factorial."""
    from experiments.figures.money import draw_factorial

    write_table(folder, "indicators", indicators)
    write_table(folder, "summary", summarise(indicators, REFERENCE, confidence))
    write_table(folder, "effects", effects)
    draw_factorial(folder, OUTCOMES, confidence)


def print_effects(console: Console, effects: pd.DataFrame, confidence: float) -> None:
    """Print main effects and interactions of the outcomes shown."""
    table = Table(
        title=f"Main effects and interactions ({confidence:.0%} simulation intervals)",
        title_justify="left", header_style="bold",
    )  # fmt: skip
    for heading in ("", "kind", "effect", "interval", "verdict"):
        table.add_column(heading, justify="right" if heading in ("effect", "interval") else "left")
    for outcome in shown(OUTCOMES):
        table.add_section()
        table.add_row(f"[bold]{outcome.heading}[/]")
        rows = outcome.rows(effects)
        for row in rows[rows["kind"].isin(["main", "interaction"])].to_dict("records"):
            term = " x ".join(title(one) for one in row["term"].split(" x "))
            mean, spread = change(row["mean"], row["low"], row["high"], outcome.format)
            table.add_row(f"  {term}", row["kind"], mean, spread, row["verdict"])
    console.print(table)
