"""Small multiples by group: who gains, by nationality and legal status."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.analysis.console_report import title
from experiments.analysis.outcomes import Outcome, shown
from experiments.figures.style import COLOURS, colours, legend_columns, signed

GROUPED = (
    Outcome("emergency_uptake_24h"), Outcome("unmet_need_episodes"), Outcome("unresolved_needs"),
)  # fmt: skip
"""Outcomes, one column each; all of them are shares."""
KINDS_OF_GROUPS = (("nationality", "by nationality"), ("legal_status", "by legal status"))


def group_effects(summary: pd.DataFrame, confidence: float) -> Figure:
    """Draw paired differences with intervals by group: one panel per outcome and kind of group."""
    changed = summary[(summary["verdict"] != "reference") & (summary["detail"] == "")]
    scenarios = list(dict.fromkeys(changed["scenario"]))
    shades = colours(["", *scenarios])[1:]
    height = 0.8 / len(scenarios)
    figure, axes = plt.subplots(
        len(KINDS_OF_GROUPS), len(GROUPED), figsize=(17, 4.0 + 1.5 * len(scenarios)),
        sharey="row", sharex="col",
    )  # fmt: skip
    for row, (by, words) in enumerate(KINDS_OF_GROUPS):
        for column, panel in enumerate(shown(GROUPED)):
            axis = axes[row, column]
            rows = panel.rows(changed[changed["by"] == by])
            groups = list(dict.fromkeys(rows["group"]))
            for number, (scenario, colour) in enumerate(zip(scenarios, shades, strict=True)):
                mine = rows[rows["scenario"] == scenario].set_index("group").loc[groups]
                places = np.arange(len(groups)) + (number - (len(scenarios) - 1) / 2) * height
                axis.hlines(
                    places, 100 * mine["difference_low"], 100 * mine["difference_high"],
                    color=colour, linewidth=2.5,
                )  # fmt: skip
                axis.plot(
                    100 * mine["difference"], places, "o", color=colour, markersize=6,
                    label=title(scenario),
                )  # fmt: skip
            axis.axvline(0.0, color=COLOURS[0], linewidth=1.2)
            names = [title(one).replace("Eaeu", "EAEU") for one in groups]
            axis.set_yticks(range(len(groups)), names)
            axis.set_ylim(len(groups) - 0.5, -0.5)
            axis.set_title(f"{panel.panel}\n{words}" if row == 0 else words)
            axis.xaxis.set_major_locator(MaxNLocator(5))
            axis.xaxis.set_major_formatter(FuncFormatter(signed))
            axis.grid(visible=False, axis="y")
    for axis in axes[-1]:
        axis.set_xlabel("percentage points")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(len(labels)))
    reference = summary.loc[summary["verdict"] == "reference", "scenario"].iloc[0]
    figure.suptitle(
        f"Change against {title(reference).lower()} in each group: {confidence:.0%} simulation "
        f"intervals, {int(summary['replicates'].max())} paired replicates",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure
