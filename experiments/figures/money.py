"""Figures of costs and of factorials, drawn from result tables alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from experiments.analysis.console_report import title
from experiments.analysis.outcomes import Outcome, shown
from experiments.figures.style import colours, draw_changes, draw_each


def draw_factorial(folder: Path, outcomes: Sequence[Outcome], confidence: float) -> None:
    """Draw main effects and interactions into the folder of a factorial."""
    effects = pd.read_parquet(folder / "effects.parquet")
    draw_each(folder, {"effects": lambda: interaction_plot(effects, outcomes, confidence)})


def figures_of_costs(folder: Path, confidence: float) -> dict[str, Callable[[], Figure]]:
    """Return the functions that draw the cost-effectiveness plane and acceptability curves."""
    incremental = pd.read_parquet(folder / "cost_effectiveness.parquet")
    acceptability = pd.read_parquet(folder / "acceptability.parquet")
    return {"costs": lambda: cost_plane(incremental, acceptability, confidence)}


def interaction_plot(
    effects: pd.DataFrame, outcomes: Sequence[Outcome], confidence: float
) -> Figure:
    """Draw main effects above, interactions below: one panel for each of six outcomes."""
    drawn = effects[effects["kind"].isin(["main", "interaction"])]
    terms = list(dict.fromkeys(drawn["term"]))
    mains = sum(" x " not in term for term in terms)
    figure, axes = plt.subplots(2, 3, figsize=(17, 2.5 + 0.9 * len(terms)), sharey=True)
    for axis, panel in zip(axes.flat, shown(outcomes), strict=True):
        rows = panel.rows(drawn).set_index("term").loc[terms]
        changes = [
            {**row, **{end: panel.factor * row[end] for end in ("mean", "low", "high")}}
            for row in rows.to_dict("records")
        ]
        names = [" x ".join(title(one) for one in term.split(" x ")) for term in terms]
        draw_changes(axis, changes, names, panel.panel, panel.unit_of_change)
        axis.axhline(mains - 0.5, color="#bbbbbb", linewidth=1.0, linestyle=":")
    replicates = int(drawn["replicates"].max())
    figure.suptitle(
        "Above the dotted line: main effects (mean over the settings of the others); below: "
        f"interactions of two at the reference.\n"
        f"Green: better, or synergistic; orange: worse, or antagonistic; grey: not clear. "
        f"{confidence:.0%} simulation intervals, {replicates} paired replicates.",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure


def cost_plane(incremental: pd.DataFrame, acceptability: pd.DataFrame, confidence: float) -> Figure:
    """Draw cost against DALYs averted with the frontier, and acceptability curves beside it."""
    figure, (plane, curves) = plt.subplots(1, 2, figsize=(16, 7))
    scenarios = list(incremental["scenario"])
    for colour, row in zip(colours(scenarios), incremental.to_dict("records"), strict=True):
        if np.isnan(row["cost"]):
            continue
        x, y = row["daly_averted"], row["cost"] / 1e6
        if not np.isnan(row["cost_low"]):
            plane.plot(
                [row["daly_averted_low"], row["daly_averted_high"]], [y, y], color=colour, lw=2
            )
            plane.plot([x, x], [row["cost_low"] / 1e6, row["cost_high"] / 1e6], color=colour, lw=2)
        plane.plot(x, y, "o", color=colour, markersize=11, label=title(row["scenario"]), zorder=3)
    front = incremental[incremental["position"] == "frontier"].sort_values("cost")
    plane.plot(
        front["daly_averted"], front["cost"] / 1e6, color="#222222", lw=1.2, ls="--", zorder=1
    )
    plane.axhline(0.0, color="#999999", lw=0.8)
    plane.axvline(0.0, color="#999999", lw=0.8)
    plane.set_title("Cost and health gained (dashed: frontier)")
    plane.set_xlabel("DALYs averted per 1,000 person-years")
    plane.set_ylabel("added cost to society,\nmillion KZT per 1,000 person-years")
    for colour, scenario in zip(colours(scenarios), scenarios, strict=True):
        mine = acceptability[acceptability["scenario"] == scenario]
        curves.plot(mine["threshold_in_gdp"], mine["probability_best"], color=colour, lw=2.4)
    curves.set_title("How often each has the largest net benefit")
    curves.set_xlabel("value of a DALY averted, in GDP per head")
    curves.set_ylim(-0.02, 1.02)
    curves.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside lower center", ncols=min(len(scenarios), 3))
    figure.suptitle(
        f"{confidence:.0%} simulation intervals over replicates: chance inside the model only, "
        "not uncertainty of prices and parameters",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure
