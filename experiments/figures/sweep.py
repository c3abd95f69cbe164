"""Figures of sweeps: response curves, heat maps, tornados."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.analysis.console_report import path_in_words, title
from experiments.analysis.outcomes import Outcome, Shown, shown, two_lines
from experiments.figures.style import COLOURS, colours, draw_each, legend_columns, signed
from sim.observation.definitions import Better

if TYPE_CHECKING:
    from experiments.studies.settings import SweepSettings

PANELS = (
    Outcome("emergency_uptake_24h"), Outcome("unmet_need_episodes"), Outcome("unresolved_needs"),
    Outcome("societal_cost"),
)  # fmt: skip
"""Outcomes, one panel each."""
LONGEST_NAME = 34
BETTER_IS_GREEN = {Better.HIGHER: "BrBG", Better.LOWER: "BrBG_r", Better.NEITHER: "PuOr"}
"""Colours of a difference, by which direction is better."""


def draw_sweep(folder: Path, settings: "SweepSettings", varied: list[str]) -> None:
    """Draw the figures that fit the design of a sweep into its folder."""
    draw_each(folder, figures_of_sweep(folder, settings, varied))


def figures_of_sweep(
    folder: Path, settings: "SweepSettings", varied: list[str]
) -> dict[str, Callable[[], Figure]]:
    """Return the functions that draw the figures for the design of a sweep, by name."""
    summary = pd.read_parquet(folder / "summary.parquet")
    numeric = [path for path in varied if pd.api.types.is_numeric_dtype(summary[path])]
    drawn: dict[str, Callable[[], Figure]] = {}
    if settings.design == "one_at_a_time":
        drawn["tornado"] = lambda: tornado_of_values(summary, varied, settings)
    elif (folder / "influence.parquet").is_file():
        found = pd.read_parquet(folder / "influence.parquet")
        drawn["tornado"] = lambda: tornado_of_correlations(found, varied, settings)
    elif len(varied) == 1 and numeric:
        drawn["response"] = lambda: response_curves(summary, varied[0], settings)
    elif len(varied) == 2 and len(numeric) == 2:
        drawn["heatmap"] = lambda: heat_maps(summary, varied, settings)
        drawn["interaction"] = lambda: interaction_curves(summary, varied, settings)
    return drawn


def _broken(name: str) -> str:
    """Return a long name of a path on two lines."""
    return two_lines(name, LONGEST_NAME)


def _drawn(settings: "SweepSettings") -> tuple[str, str, str]:
    """Return the scenario and the quantity that are drawn, and their description in words."""
    if len(settings.scenarios) == 1:
        return settings.scenarios[0], "level", f"level, {title(settings.scenarios[0])}"
    scenario = settings.scenarios[-1]
    return (
        scenario, "difference",
        f"change by {title(scenario)} against {title(settings.scenarios[0])}",
    )  # fmt: skip


def _rows(summary: pd.DataFrame, panel: Shown, scenario: str) -> pd.DataFrame:
    rows = panel.rows(summary)
    return rows[rows["scenario"] == scenario]


def _unit(panel: Shown, quantity: str) -> str:
    """Return the unit of a level, or of a difference."""
    return panel.unit_of_change if quantity == "difference" else panel.unit


def _finish_tornado(axis: Axes, paths: list[str], heading: str, unit: str) -> None:
    """Label the bars of a tornado, from bottom to top, and its axis."""
    axis.set_yticks(range(len(paths)), [_broken(path_in_words(path)) for path in paths])
    axis.tick_params(axis="y", labelsize=10)
    axis.set_title(heading)
    axis.set_xlabel(unit)
    axis.grid(visible=False, axis="y")


def response_curves(summary: pd.DataFrame, path: str, settings: "SweepSettings") -> Figure:
    """Draw levels of every scenario against the value that is varied, with simulation bands."""
    figure, axes = plt.subplots(1, len(PANELS), figsize=(18, 5.5))
    for axis, panel in zip(axes, shown(PANELS), strict=True):
        factor = panel.factor
        for colour, scenario in zip(colours(settings.scenarios), settings.scenarios, strict=True):
            rows = _rows(summary, panel, scenario).sort_values(path)
            axis.plot(rows[path], factor * rows["level"], "o-", color=colour, label=title(scenario))
            axis.fill_between(
                rows[path], factor * rows["level_low"], factor * rows["level_high"],
                color=colour, alpha=0.18, linewidth=0,
            )  # fmt: skip
        axis.set_title(panel.panel)
        axis.set_ylabel(panel.unit)
        axis.set_xlabel(_broken(path_in_words(path)))
        axis.xaxis.set_major_locator(MaxNLocator(5))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(len(labels)))
    figure.suptitle(
        f"Bands: {settings.confidence:.0%} simulation intervals over {settings.replicates} "
        "paired replicates",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure


def heat_maps(summary: pd.DataFrame, varied: list[str], settings: "SweepSettings") -> Figure:
    """Draw one quantity over two values that are varied, one panel per outcome."""
    scenario, quantity, words = _drawn(settings)
    across, up = varied
    figure, axes = plt.subplots(2, 2, figsize=(15, 11))
    for axis, panel in zip(axes.flat, shown(PANELS), strict=True):
        factor = panel.factor
        rows = _rows(summary, panel, scenario)
        table = factor * rows.pivot(index=up, columns=across, values=quantity)
        values = table.to_numpy()
        largest = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 1.0
        limits = (
            {
                "vmin": -largest,
                "vmax": largest,
                "cmap": BETTER_IS_GREEN[panel.better],
            }
            if quantity == "difference"
            else {"cmap": "viridis"}
        )
        image = axis.imshow(values, origin="lower", aspect="auto", **limits)
        for row, column in np.ndindex(values.shape):
            number = f"{values[row, column]:,.{0 if largest >= 100 else 1}f}"
            axis.text(
                column, row, number, ha="center", va="center", fontsize=11,
                bbox={"facecolor": "white", "alpha": 0.65, "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
        axis.set_xticks(range(len(table.columns)), [f"{one:g}" for one in table.columns])
        axis.set_yticks(range(len(table.index)), [f"{one:g}" for one in table.index])
        axis.set_xlabel(_broken(path_in_words(across)))
        axis.set_ylabel(_broken(path_in_words(up)))
        axis.set_title(panel.panel)
        axis.grid(visible=False)
        figure.colorbar(image, ax=axis, label=_unit(panel, quantity))
    figure.suptitle(
        f"Mean {words}, {settings.replicates} paired replicates per point"
        + (" (green: better, brown: worse)" if quantity == "difference" else ""),
        fontsize=12,
        color="#555555",
    )  # fmt: skip
    return figure


def interaction_curves(
    summary: pd.DataFrame, varied: list[str], settings: "SweepSettings"
) -> Figure:
    """Draw one quantity against the first value, with one line per second value.

    Lines that are not parallel show that the two values interact.
    """
    scenario, quantity, words = _drawn(settings)
    across, beside = varied
    figure, axes = plt.subplots(1, len(PANELS), figsize=(18, 5.5))
    for axis, panel in zip(axes, shown(PANELS), strict=True):
        factor = panel.factor
        rows = _rows(summary, panel, scenario)
        seconds = sorted(rows[beside].unique())
        shades = mpl.colormaps["viridis"](np.linspace(0.0, 0.85, len(seconds)))
        for value, colour in zip(seconds, shades, strict=True):
            mine = rows[rows[beside] == value].sort_values(across)
            axis.plot(mine[across], factor * mine[quantity], "o-", color=colour, label=f"{value:g}")
            axis.fill_between(
                mine[across], factor * mine[f"{quantity}_low"], factor * mine[f"{quantity}_high"],
                color=colour, alpha=0.15, linewidth=0,
            )  # fmt: skip
        axis.set_title(panel.panel)
        axis.set_ylabel(_unit(panel, quantity))
        axis.set_xlabel(_broken(path_in_words(across)))
        axis.xaxis.set_major_locator(MaxNLocator(5))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=legend_columns(len(labels)),
        title=path_in_words(beside),
    )  # fmt: skip
    figure.suptitle(
        f"Mean {words}; bands: {settings.confidence:.0%} simulation intervals over "
        f"{settings.replicates} paired replicates. Lines that are not parallel: the values "
        "interact",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure


def tornado_of_values(
    summary: pd.DataFrame, varied: list[str], settings: "SweepSettings"
) -> Figure:
    """Draw how far each value on its own moves outcomes, the widest range first."""
    scenario, quantity, words = _drawn(settings)
    figure, axes = plt.subplots(1, len(PANELS), figsize=(20, 2.5 + 0.6 * len(varied)))
    for axis, panel in zip(axes, shown(PANELS), strict=True):
        factor = panel.factor
        rows = _rows(summary, panel, scenario)
        untouched = factor * float(rows.loc[rows["sample"] == 0, quantity].iloc[0])
        ends = {}
        for path in varied:
            mine = rows[rows[path].notna()]
            ends[path] = (factor * mine[quantity].min(), factor * mine[quantity].max())
        order = sorted(varied, key=lambda path: ends[path][1] - ends[path][0])
        for place, path in enumerate(order):
            low, high = ends[path]
            axis.barh(place, high - low, left=low, color=COLOURS[1], height=0.6)
        axis.axvline(untouched, color=COLOURS[0], linewidth=1.4)
        _finish_tornado(axis, order, panel.panel, _unit(panel, quantity))
        axis.xaxis.set_major_locator(MaxNLocator(4))
    figure.suptitle(
        f"Scenario ranges of the mean {words}: each value varied alone, from one end of its list "
        "to the other; line: nothing varied",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure


def tornado_of_correlations(
    influence: pd.DataFrame, varied: list[str], settings: "SweepSettings"
) -> Figure:
    """Draw rank correlations of outcomes with the sampled values, the strongest first."""
    scenario, quantity, words = _drawn(settings)
    figure, axes = plt.subplots(1, len(PANELS), figsize=(20, 2.5 + 0.6 * len(varied)))
    samples = int(influence["samples"].max()) if len(influence) else 0
    for axis, panel in zip(axes, shown(PANELS), strict=True):
        rows = _rows(influence, panel, scenario)
        rows = rows[rows["quantity"] == quantity].sort_values("correlation", key=abs)
        for place, row in enumerate(rows.to_dict("records")):
            clear = row["low"] > 0 or row["high"] < 0
            axis.barh(
                place, row["correlation"], color=COLOURS[1] if clear else "#bbbbbb", height=0.6
            )
            axis.plot([row["low"], row["high"]], [place, place], color="#222222", linewidth=1.5)
        if rows.empty:
            axis.text(0.0, 0.0, "the same in every sample", ha="center", color="#555555")
        axis.axvline(0.0, color=COLOURS[0], linewidth=1.4, zorder=0)
        _finish_tornado(axis, list(rows["path"]), panel.panel, "rank correlation")
        axis.set_xlim(-1.05, 1.05)
        axis.xaxis.set_major_formatter(FuncFormatter(signed))
    figure.suptitle(
        f"Rank correlation over {samples} samples with {words}; lines: {settings.confidence:.0%} "
        "confidence intervals over samples; grey: not clear",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure
