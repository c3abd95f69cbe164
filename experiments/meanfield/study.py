"""study=meanfield: predictions of scenarios by closed forms, compared with simulations.

With `simulate=true` the same scenarios are run in paired replicates; with `beside=FOLDER` the
results are read from a folder of study=compare instead.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from rich.console import Console
from rich.table import Table

from experiments.analysis.console_report import HEADLINE, change, number, title
from experiments.analysis.outcomes import Outcome, shown
from experiments.analysis.result_folder import as_typed, renewed_folder, write_manifest, write_table
from experiments.analysis.statistics import summarise
from experiments.meanfield.model import Prediction, not_read, predict
from experiments.runs.provenance import configuration_of
from experiments.studies.compare import complete_replicates, replicate
from experiments.studies.settings import checked, named_scenarios, output_folder
from experiments.studies.study import CarriedOut
from sim.config.configuration import ConfigurationError, check_choice
from sim.config.entries import Frozen
from sim.config.scenario import Scenario
from sim.observation.definitions import DEFINITIONS, Better, Definition, Format

SEVERE_SHARE = Definition(
    name="severe_share", code="", unit="share", format=Format.PERCENT, better=Better.NEITHER,
    label="episodes that become severe",
    count=lambda window: (),  # exists only in closed form: nothing is counted in a run
)  # fmt: skip
PREDICTED = (
    Outcome("awareness", "emergency_right"), Outcome("awareness", "who_helps"),
    Outcome("awareness", "insurance"), Outcome("awareness", "registration"),
    Outcome("severe_share"), Outcome("emergency_need"), Outcome("emergency_uptake_24h"),
    Outcome("unmet_need_episodes"), Outcome("unresolved_needs"),
    Outcome("unresolved_needs", "documents"), Outcome("unresolved_needs", "information"),
    Outcome("unresolved_needs", "shelter"),
)  # fmt: skip
"""Outcomes that are predicted."""
NOTHING = 1e-6
"""A predicted change smaller than this counts as none."""
NO_PREDICTION, NO_CHANGE, UNCLEAR = "no prediction", "none", "not clear"


class MeanFieldSettings(Frozen):
    """Settings of `study=meanfield`."""

    scenarios: list[str] = Field(min_length=1)
    simulate: bool
    beside: str | None
    replicates: int = Field(ge=2, le=100_000)
    confidence: float = Field(gt=0.5, lt=1.0)


def settings_of(resolved: dict[str, Any]) -> MeanFieldSettings:
    """Return the checked settings of a composed configuration."""
    settings = checked(MeanFieldSettings, resolved)
    for name in settings.scenarios:
        if name not in resolved.get("policies", {}):
            check_choice("scenario", name)
    if len(set(settings.scenarios)) < len(settings.scenarios):
        raise ConfigurationError("scenarios: one is named twice")
    if settings.beside is not None:
        if settings.simulate:
            raise ConfigurationError("beside and simulate=true: choose one of them")
        if not (Path(settings.beside) / "summary.parquet").is_file():
            raise ConfigurationError(
                f"beside = {settings.beside}: not a folder of results of study=compare"
            )
    return settings


def run(resolved: dict[str, Any], console: Console) -> int:
    """Predict, compare with simulation if requested, and report; return the exit status."""
    settings = settings_of(resolved)
    scenarios = named_scenarios(resolved, settings.scenarios)
    if settings.simulate:
        done = replicate(resolved, scenarios, settings.replicates, console)
        return report(done, resolved, settings, console)
    summary = None
    if settings.beside is not None:
        summary = pd.read_parquet(Path(settings.beside) / "summary.parquet")
        _check_beside(summary, settings)
    _write_and_print(resolved, settings, summary, None, console)
    return 0


def report(
    done: CarriedOut, resolved: dict[str, Any], settings: MeanFieldSettings, console: Console
) -> int:
    """Report predictions together with stored results."""
    if done.left_to_others:
        return done.status
    done.say_what_is_left_out(len(settings.scenarios), console)
    if not done.results.whole_seeds(len(settings.scenarios)):
        console.print("No seed has results under every scenario: there is nothing to compare.")
        return done.status
    indicators = complete_replicates(done.results, settings.scenarios, "indicators")
    summary = summarise(indicators, settings.scenarios[0], settings.confidence, bootstrap=False)
    _write_and_print(resolved, settings, summary, done, console)
    return done.status


def _check_beside(summary: pd.DataFrame, settings: MeanFieldSettings) -> None:
    """Refuse results that lack the scenarios, or have another reference."""
    there = set(summary["scenario"])
    for name in settings.scenarios:
        if name not in there:
            raise ConfigurationError(
                f"beside: '{name}' is not among its scenarios ({', '.join(sorted(there))})"
            )
    reference = summary.loc[summary["verdict"] == "reference", "scenario"].iloc[0]
    if reference != settings.scenarios[0]:
        raise ConfigurationError(f"beside: its reference is '{reference}': list that one first")


def comparison(scenarios: list[Scenario], summary: pd.DataFrame | None) -> pd.DataFrame:
    """Return predicted and simulated values, one row per outcome and scenario.

    Parameters
    ----------
    scenarios : list of Scenario
        The first is the reference.
    summary : DataFrame, optional
        As `experiments.analysis.statistics.summarise` returns it.

    Returns
    -------
    DataFrame
        scenario, indicator, detail, predicted, predicted_change, and simulated, simulated_change,
        low, high, agrees ("yes", "no", "not clear", "" where there is nothing to compare). A
        change is NaN where the scenario moves something the mean field does not read.
    """
    reference = predict(scenarios[0])
    rows = []
    for scenario in scenarios:
        known = not not_read(scenario) and not not_read(scenarios[0])
        predicted: Prediction = predict(scenario)
        for key in PREDICTED:
            level = predicted[key] if known else float("nan")
            rows.append(
                {
                    "scenario": scenario.name, "indicator": key[0], "detail": key[1],
                    "predicted": level, "predicted_change": level - reference[key],
                }
            )  # fmt: skip
    table = pd.DataFrame(rows)
    if summary is None:
        return table
    overall = summary[summary["by"] == "all"].rename(
        columns={"level": "simulated", "difference": "simulated_change", "difference_low": "low",
                 "difference_high": "high"}
    )  # fmt: skip
    keys = ["scenario", "indicator", "detail"]
    simulated = overall[[*keys, "simulated", "simulated_change", "low", "high"]]
    table = table.merge(simulated, on=keys, how="left")
    is_reference = table["scenario"] == scenarios[0].name
    columns = ("predicted_change", "low", "high")
    table["agrees"] = [agreement(*one) for one in zip(*(table[c] for c in columns), strict=True)]
    table.loc[is_reference, "agrees"] = ""
    return table


def agreement(predicted: float, low: float, high: float) -> Literal["yes", "no", "not clear", ""]:
    """Say whether a predicted change has the sign that an interval of differences shows.

    >>> agreement(0.1, 0.02, 0.3), agreement(-0.1, 0.02, 0.3), agreement(0.1, -0.02, 0.3)
    ('yes', 'no', 'not clear')
    """
    if np.isnan([predicted, low, high]).any():
        return ""
    if abs(predicted) < NOTHING:
        return "yes" if low <= 0.0 <= high else "no"
    if low <= 0.0 <= high:
        return "not clear"
    return "yes" if np.sign(predicted) == np.sign(low) else "no"


def _write_and_print(
    resolved: dict[str, Any],
    settings: MeanFieldSettings,
    summary: pd.DataFrame | None,
    done: CarriedOut | None,
    console: Console,
) -> None:
    scenarios = named_scenarios(resolved, settings.scenarios)
    table = comparison(scenarios, summary)
    output = output_folder(resolved) if done is None else done.output
    final = output / ("meanfield" if done is None else done.results.study.name)
    with renewed_folder(final) as folder:
        write_table(folder, "meanfield", table)
        if done is not None:
            done.write_manifest(folder, resolved, settings=settings.model_dump())
        else:
            write_manifest(
                folder, configuration_of(resolved), study="meanfield", name="meanfield",
                command=resolved.get("command"), settings=settings.model_dump(),
            )  # fmt: skip
    print_comparison(console, table, scenarios)
    console.print(f"Table and manifest: {as_typed(final)}", markup=False)


def print_comparison(console: Console, table: pd.DataFrame, scenarios: list[Scenario]) -> None:
    """Print predictions, and the simulation beside them if there is one."""
    simulated = "simulated" in table
    printed = Table(title="Mean field (closed forms, nothing fitted)", title_justify="left",
                  header_style="bold")  # fmt: skip
    printed.add_column("")
    for heading in ("predicted", "change"):
        printed.add_column(heading, justify="right", no_wrap=True)
    for heading in ("simulated", "change", "interval", "same sign") if simulated else ():
        printed.add_column(heading, justify="right")
    for outcome in shown(PREDICTED, (*DEFINITIONS, SEVERE_SHARE)):
        printed.add_section()
        printed.add_row(f"[bold]{outcome.heading}[/]")
        for row in outcome.rows(table).to_dict("records"):
            reference = row["scenario"] == scenarios[0].name
            printed.add_row(*_cells(row, outcome.format, reference, simulated))
    console.print(printed)
    for scenario in scenarios:
        unread = not_read(scenario)
        if unread:
            others = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
            console.print(
                f"{NO_PREDICTION} for {title(scenario.name)}: it changes {unread[0]}{others}, "
                "which the mean field does not read.",
                style="dim",
            )
    said = {outcome.indicator for outcome in PREDICTED}
    silent = [
        outcome for block in HEADLINE for outcome in block.outcomes if outcome.indicator not in said
    ]
    labels = "; ".join(outcome.label for outcome in shown(silent))
    console.print(f"{NO_PREDICTION} for: {labels}.", style="dim")


def _cells(row: dict[Any, Any], form: Format, reference: bool, simulated: bool) -> list[str]:
    predicted = row["predicted"]
    if np.isnan(predicted):
        cells = ["  " + title(row["scenario"]), "-", NO_PREDICTION]
    else:
        moved = change(row["predicted_change"], float("nan"), float("nan"), form)[0]
        moved = NO_CHANGE if abs(row["predicted_change"]) < NOTHING else moved
        level = number(predicted, form)
        cells = ["  " + title(row["scenario"]), level, "reference" if reference else moved]
    if not simulated:
        return cells
    if np.isnan(row["simulated"]):
        return [*cells, "-", "", "", ""]
    moved, spread = change(row["simulated_change"], row["low"], row["high"], form)
    level = number(row["simulated"], form)
    return [*cells, level, *(("", "") if reference else (moved, spread)), row["agrees"]]
