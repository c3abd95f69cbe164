"""Figure of what stops people: needs no provider saw, by the gate and by the reason felt."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.analysis.console_report import title
from experiments.analysis.outcomes import Outcome, shown, two_lines
from experiments.figures.style import ink_on

GATES = {
    Outcome("unmet_need_by_gate", "perceive"): "#56B4E9",
    Outcome("unmet_need_by_gate", "seek: fear or language"): "#D55E00",
    Outcome("unmet_need_by_gate", "reach"): "#E69F00",
    Outcome("unmet_need_by_gate", "pay"): "#009E73",
    Outcome("unmet_need_by_gate", "engage"): "#CC79A7",
    Outcome("unmet_need_by_gate", "seek: several barriers together"): "#F0E442",
    Outcome("unmet_need_by_gate", "seek: judged it could wait"): "#0072B2",
}
"""Gates as the indicator distinguishes them, and their colours."""
REASONS = {
    Outcome("unmet_need_by_reason", "money"): "#009E73",
    Outcome("unmet_need_by_reason", "fear"): "#D55E00",
    Outcome("unmet_need_by_reason", "language"): "#7A5C00",
    Outcome("unmet_need_by_reason", "effort"): "#E69F00",
    Outcome("unmet_need_by_reason", "turned_away"): "#CC79A7",
    Outcome("unmet_need_by_reason", "treated_oneself"): "#56B4E9",
    Outcome("unmet_need_by_reason", "could_wait"): "#0072B2",
}
"""Reasons felt, and their colours: those of the gates where they are about the same."""
LEGEND_LINE = 16
"""Characters in a line of a legend."""
BAR, WHISKER = 0.56, 0.40
"""Height of a bar, and how far below its middle the interval is drawn, so that it hides nothing."""
BELOW_TICKS, BELOW_LABEL = 2.3, 4.2
"""How far below its panel a legend is, in its font sizes: below numbers, and the axis's label."""
LEAST_WRITTEN = 1.5
"""Width of a part, in episodes of 100, from which its number fits in."""
LEAST_SHOWN = 0.05
"""Width of a part below which it is not seen, and left out of the legend."""


def what_stops_people(summary: pd.DataFrame) -> Figure:
    """Draw how many of 100 needs no provider saw, by what stopped them and by what people say."""
    overall = summary[summary["by"] == "all"]
    scenarios = list(dict.fromkeys(overall["scenario"]))
    figure, axes = plt.subplots(2, 1, figsize=(15, 4.2 + 1.7 * len(scenarios)), sharex=True)
    _bars(axes[0], overall, GATES)
    axes[0].set_title("What stops people: the first obstacle that alone makes the difference")
    _bars(axes[1], overall, REASONS)
    axes[1].set_title("What people would say themselves: the reason felt at the last decision")
    axes[1].set_xlabel(
        "of 100 episodes perceived as moderate or worse (the rest were seen by a provider)"
    )
    for axis in axes:
        axis.set_yticks(range(len(scenarios)), [title(one) for one in scenarios])
        axis.set_ylim(len(scenarios) - 0.4, -0.5)
        axis.set_xlim(0, 100)
        axis.grid(visible=False, axis="y")
        axis.tick_params(labelbottom=True)
        pad = BELOW_TICKS if axis is axes[0] else BELOW_LABEL
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(GATES), fontsize=11.5,
                    borderaxespad=pad)  # fmt: skip
    return figure


def _bars(axis: Axes, overall: pd.DataFrame, parts: Mapping[Outcome, str]) -> None:
    """Draw one bar for each scenario, divided into parts; those that are seen have a label."""
    unmet = overall[overall["indicator"] == "unmet_need_episodes"].set_index("scenario")
    (indicator,) = {outcome.indicator for outcome in parts}
    shares = overall[overall["indicator"] == indicator].set_index(["scenario", "detail"])["level"]
    places = np.arange(len(unmet))
    start = np.zeros(len(unmet))
    for part, colour in zip(shown(parts), parts.values(), strict=True):
        among = shares.xs(part.outcome.detail, level="detail").reindex(unmet.index)
        width = 100 * (unmet["level"] * among).to_numpy()
        seen = width[width > LEAST_SHOWN].size > 0
        axis.barh(
            places, width, left=start, color=colour, height=BAR, edgecolor="white", linewidth=0.8,
            label=two_lines(part.label, LEGEND_LINE) if seen else None,
        )  # fmt: skip
        for place in places[width >= LEAST_WRITTEN]:
            axis.text(
                start[place] + width[place] / 2, place, f"{width[place]:.0f}", ha="center",
                va="center", color=ink_on(colour), fontsize=13, fontweight="bold",
            )  # fmt: skip
        start = start + width
    for place, (total, row) in enumerate(zip(start, unmet.to_dict("records"), strict=True)):
        error = 100 * (row["level_high"] - row["level"])
        room = 0.0 if np.isnan(error) else error
        words = "" if np.isnan(error) else f" \N{PLUS-MINUS SIGN}{error:.1f}"
        axis.errorbar(total, place + WHISKER, xerr=room, color="#222222", capsize=4)
        axis.text(total + 1.0, place, f"{total:.1f}{words} of 100 unseen", va="center", fontsize=13)
