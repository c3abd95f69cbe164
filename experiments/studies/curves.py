"""study=curves: long time series of scenarios, with quantile bands over replicates.

The bands show where single runs lie (a given percentage of seeds), not how well a mean is known, so
they do not shrink with more replicates.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from experiments.analysis.result_folder import (
    as_typed,
    renewed_folder,
    say_what_is_not_drawn,
    write_table,
)
from experiments.studies.compare import complete_replicates, replicate
from experiments.studies.settings import CompareSettings, compare_settings, named_scenarios
from experiments.studies.study import CarriedOut, FigureMakers
from sim.config.configuration import ConfigurationError

LABELS = ("run", "scenario", "seed", "day", "date")


def settings_of(resolved: dict[str, Any]) -> CompareSettings:
    """Return the checked settings of a composed configuration."""
    settings = compare_settings(resolved)
    if settings.replicates == "auto":
        raise ConfigurationError("study=curves takes a number of replicates, not auto")
    return settings


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run the scenarios of a composed configuration; return the exit status."""
    settings = settings_of(resolved)
    return report(carry_out(resolved, settings, console), resolved, settings, console)


def carry_out(resolved: dict[str, Any], settings: CompareSettings, console: Console) -> CarriedOut:
    """Carry out the runs that are not stored yet."""
    assert settings.replicates != "auto"
    scenarios = named_scenarios(resolved, settings.scenarios)
    return replicate(resolved, scenarios, settings.replicates, console)


def figures_of(folder: Path, settings: CompareSettings) -> FigureMakers:
    """Return the functions that draw the figures of a folder of results, by name."""
    from experiments.figures.comparison import figures_of_curves

    return figures_of_curves(folder, settings.quantiles)


def report(
    done: CarriedOut, resolved: dict[str, Any], settings: CompareSettings, console: Console
) -> int:
    """Write curves, their quantiles and the figures from the stored results."""
    from experiments.figures.comparison import draw_curves

    if done.left_to_others:
        return done.status
    results = done.results
    done.say_what_is_left_out(len(settings.scenarios), console)
    curves = complete_replicates(results, settings.scenarios, "curves")
    if curves.empty:
        console.print("No seed has results under every scenario: there is nothing to draw.")
        return done.status
    final = done.output / results.study.name
    with renewed_folder(final) as folder:
        write_table(folder, "curves", curves.drop(columns="run"))
        write_table(folder, "quantiles", quantiles(curves, settings.quantiles))
        write_table(folder, "failures", results.failures)
        done.write_manifest(
            folder, resolved, settings=settings.model_dump(), scenarios=settings.scenarios,
            seeds=sorted(curves["seed"].unique().tolist()),
        )  # fmt: skip
        draw_curves(folder, settings.quantiles)
    say_what_is_not_drawn(final, console)
    console.print(f"Tables, figures and manifest: {as_typed(final)}", markup=False)
    return done.status


def quantiles(curves: pd.DataFrame, levels: list[float]) -> pd.DataFrame:
    """Return quantiles over seeds of every series on every day.

    Returns
    -------
    DataFrame
        Long: scenario, day, series, quantile, value.
    """
    series = [name for name in curves.columns if name not in LABELS]
    long = curves.melt(["scenario", "day"], series, "series")
    grouped = long.groupby(["scenario", "day", "series"], sort=False)["value"]
    parts = [grouped.quantile(level).reset_index().assign(quantile=level) for level in levels]
    return pd.concat(parts, ignore_index=True)
