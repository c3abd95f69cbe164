"""Figures of a finished study, drawn from its result tables alone.

Designed for a projector: large type, plain words, one message per panel. The files are
byte-identical when drawn again from the same tables.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from experiments.analysis.console_report import title
from experiments.analysis.outcomes import Outcome, shown
from experiments.figures import institutions
from experiments.figures.barriers import what_stops_people
from experiments.figures.groups import group_effects
from experiments.figures.money import figures_of_costs
from experiments.figures.style import colours, draw_changes, draw_each, legend_columns
from experiments.figures.time import load_over_time, outcome_curves, quantile_curves


def draw_comparison(folder: Path, confidence: float) -> None:
    """Draw all figures of a comparison into its folder."""
    draw_each(folder, figures_of_comparison(folder, confidence))


def figures_of_comparison(folder: Path, confidence: float) -> dict[str, Callable[[], Figure]]:
    """Return the functions that draw the figures of a comparison, by name."""
    summary = pd.read_parquet(folder / "summary.parquet")
    curves = pd.read_parquet(folder / "curves.parquet")
    flows = pd.read_parquet(folder / "flows.parquet")
    compared = {
        "effects": lambda: effect_plot(summary, confidence),
        "groups": lambda: group_effects(summary, confidence),
    }
    several = (summary["verdict"] != "reference").any()
    return {
        "curves": lambda: outcome_curves(curves, confidence),
        **(compared if several else {}),
        "gates": lambda: what_stops_people(summary),
        "load": lambda: institution_load(summary, confidence),
        "flows": lambda: institutions.institution_flows(flows, curves["day"].nunique()),
        "unresolved": lambda: institutions.unresolved_stock(curves, confidence),
        **(figures_of_costs(folder, confidence) if several else {}),
    }


def draw_curves(folder: Path, quantiles: list[float]) -> None:
    """Draw the figures of `study=curves` into its folder."""
    draw_each(folder, figures_of_curves(folder, quantiles))


def figures_of_curves(folder: Path, quantiles: list[float]) -> dict[str, Callable[[], Figure]]:
    """Return the functions that draw the figures of `study=curves`, by name."""
    curves = pd.read_parquet(folder / "curves.parquet")
    return {
        "curves": lambda: quantile_curves(curves, quantiles),
        "load_over_time": lambda: load_over_time(curves, quantiles),
    }


def draw_run(folder: Path) -> None:
    """Draw the figure of a single run into its folder."""
    curves = pd.read_parquet(folder / "curves.parquet")
    draw_each(folder, {"curves": lambda: outcome_curves(curves, confidence=0.95)})


# --- effects ----------------------------------------------------------------------------------

EFFECTS = (
    Outcome("emergency_uptake_24h"), Outcome("emergency_need"), Outcome("emergency_contacts"),
    Outcome("low_acuity_share"), Outcome("unmet_need_episodes"), Outcome("unmet_need_persons"),
    Outcome("unresolved_needs"), Outcome("unresolved_stock"), Outcome("total_unresolved"),
    Outcome("deaths"), Outcome("out_of_pocket"), Outcome("policy_cost"),
)  # fmt: skip
"""Outcomes, one panel each."""


def effect_plot(summary: pd.DataFrame, confidence: float) -> Figure:
    """Draw paired differences with intervals: one panel per outcome, one line per scenario."""
    overall = summary[(summary["by"] == "all") & (summary["verdict"] != "reference")]
    scenarios = list(dict.fromkeys(overall["scenario"]))
    figure, axes = plt.subplots(3, 4, figsize=(17, 5.0 + 1.3 * max(len(scenarios), 2)), sharey=True)
    for axis, panel in zip(axes.flat, shown(EFFECTS), strict=True):
        factor = panel.factor
        rows = panel.rows(overall).set_index("scenario").loc[scenarios]
        changes = [
            {
                "mean": factor * row["difference"], "low": factor * row["difference_low"],
                "high": factor * row["difference_high"], "verdict": row["verdict"],
            }
            for row in rows.to_dict("records")
        ]  # fmt: skip
        names = [title(scenario) for scenario in scenarios]
        draw_changes(axis, changes, names, panel.panel, panel.unit_of_change)
    reference = summary.loc[summary["verdict"] == "reference", "scenario"].iloc[0]
    replicates = int(summary["replicates"].max())
    figure.suptitle(
        f"Change against {title(reference).lower()}: {confidence:.0%} simulation intervals, "
        f"{replicates} paired replicates.  Green: better, orange: worse, "
        "blue: no good or bad direction, grey: no clear change",
        fontsize=12,
        color="#555555",
    )
    return figure


# --- load -------------------------------------------------------------------------------------

LOAD_WORDS = {
    "ambulance": "ambulance", "hospital": "hospitals", "polyclinic": "polyclinics",
    "mobile_clinic": "mobile clinics", "private": "private doctors",
    "tb_dispensary": "TB dispensary",
}  # fmt: skip


def institution_load(summary: pd.DataFrame, confidence: float) -> Figure:
    """Draw contacts, use of capacity and queues by kind of institution, with intervals."""
    scenarios = list(dict.fromkeys(summary["scenario"]))
    contacts = summary[(summary["indicator"] == "contacts") & (summary["by"] == "all")]
    load = summary[summary["indicator"] == "load"]
    panels: tuple[tuple[str, pd.DataFrame, str, bool], ...] = (
        ("Visits per 1,000 person-years", contacts, "detail", False),
        (
            "Migrants' share of slots used",
            load[load["detail"] == "services / capacity"],
            "group",
            True,
        ),
        (
            "Waiting at the end of a day (mean)",
            load[load["detail"] == "mean queue"],
            "group",
            False,
        ),
    )
    kinds = [
        kind for kind in LOAD_WORDS if contacts.loc[contacts["detail"] == kind, "level"].max() > 0
    ]
    figure, axes = plt.subplots(
        1, len(panels), figsize=(17, 2.0 + 0.2 * len(kinds) * (len(scenarios) + 1)), sharey=True
    )
    height = 0.8 / len(scenarios)
    for axis, (heading, table, key, is_share) in zip(axes, panels, strict=True):
        for offset, (colour, scenario) in enumerate(
            zip(colours(scenarios), scenarios, strict=True)
        ):
            found = table[table["scenario"] == scenario].set_index(key).reindex(kinds)
            if is_share and "private" in kinds:
                # Private doctors have no capacity limit, so there is no share of it.
                found.loc["private", "level"] = np.nan
            value = found["level"].to_numpy()
            room = (found["level_high"] - found["level"]).fillna(0.0).to_numpy()
            places = np.arange(len(kinds)) + (offset - (len(scenarios) - 1) / 2) * height
            axis.barh(places, value, height=height * 0.92, color=colour, label=title(scenario))
            axis.errorbar(
                value, places, xerr=room, fmt="none", ecolor="#222222", elinewidth=1.2, capsize=2
            )
        axis.set_title(heading)
        axis.set_yticks(range(len(kinds)), [LOAD_WORDS[kind] for kind in kinds])
        axis.set_ylim(len(kinds) - 0.5, -0.5)
        axis.grid(visible=False, axis="y")
        if is_share:
            axis.xaxis.set_major_formatter(PercentFormatter(1.0))
        axis.set_xlim(left=0)
    replicates = int(summary["replicates"].max())
    if replicates > 1:
        figure.suptitle(
            f"Lines: {confidence:.0%} simulation intervals, {replicates} replicates",
            fontsize=12,
            color="#555555",
        )
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(len(scenarios)))
    return figure
