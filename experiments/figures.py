"""Figures of a finished study, drawn from its result tables alone.

Written for a projector: large type, plain words, one message a panel. The files are byte-identical
when drawn again from the same tables.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from experiments import figures_institutions as institutions
from experiments.figures_groups import group_effects
from experiments.figures_money import draw_costs
from experiments.report import title
from experiments.statistics import interval
from experiments.style import (
    COLOURS,
    STYLE,
    VERDICT_COLOURS,
    colours,
    legend_columns,
    save,
    signed,
)

ROLLING_DAYS = 30
"""Days over which daily shares are averaged backwards."""
GATES: tuple[tuple[str, str, str], ...] = (
    ("perceive", "did not know that\nemergency care is free", "#56B4E9"),
    ("seek: fear or language", "fear or\nlanguage", "#D55E00"),
    ("seek: judged it could wait", "judged that\nit could wait", "#0072B2"),
    ("reach", "leave, distance\nor queue", "#E69F00"),
    ("pay", "price, or refused\nat the desk", "#009E73"),
    ("engage", "care failed or\nwas given up", "#CC79A7"),
)
"""Gates as the indicator names them, in words, and their colours."""


def draw_comparison(folder: Path, confidence: float) -> None:
    """Draw all figures of a comparison into its folder."""
    summary = pd.read_parquet(folder / "summary.parquet")
    curves = pd.read_parquet(folder / "curves.parquet")
    flows = pd.read_parquet(folder / "flows.parquet")
    with mpl.rc_context(STYLE):
        save(outcome_curves(curves, confidence), folder, "curves")
        if (summary["verdict"] != "reference").any():
            save(effect_plot(summary, confidence), folder, "effects")
            save(group_effects(summary, confidence), folder, "groups")
        save(gate_decomposition(summary), folder, "gates")
        save(institution_load(summary), folder, "load")
        save(institutions.institution_flows(flows, curves["day"].nunique()), folder, "flows")
        save(institutions.unresolved_stock(curves, confidence), folder, "unresolved")
    if (summary["verdict"] != "reference").any():
        draw_costs(folder, confidence)


def draw_curves(folder: Path, quantiles: list[float]) -> None:
    """Draw the figure of `study=curves` into its folder."""
    curves = pd.read_parquet(folder / "curves.parquet")
    with mpl.rc_context(STYLE):
        save(quantile_curves(curves, quantiles), folder, "curves")


def draw_run(folder: Path) -> None:
    """Draw the figure of a single run into its folder."""
    curves = pd.read_parquet(folder / "curves.parquet")
    with mpl.rc_context(STYLE):
        save(outcome_curves(curves, confidence=0.95), folder, "curves")


# --- outcome curves ---------------------------------------------------------------------------


def _rolling_share(part: str, whole: str) -> Callable[[pd.DataFrame], pd.Series]:
    def share(run: pd.DataFrame) -> pd.Series:
        sums = run[[part, whole]].rolling(ROLLING_DAYS, min_periods=ROLLING_DAYS).sum()
        return sums[part] / sums[whole].where(sums[whole] > 0)

    return share


CURVES: tuple[tuple[str, Callable[[pd.DataFrame], pd.Series], bool], ...] = (
    (
        f"Emergencies with care within 24 h\n(last {ROLLING_DAYS} days)",
        _rolling_share("timely_emergency_care", "newly_severe"),
        True,
    ),
    (
        f"Needs that ended unseen by any provider\n(last {ROLLING_DAYS} days)",
        _rolling_share("unmet_episodes", "met_and_unmet_episodes"),
        True,
    ),
    (
        "Open episodes unseen by any provider,\nper 1,000 present",
        lambda run: 1000 * run["hidden_need"] / run["present"],
        False,
    ),
)
"""Panels of the outcome curves: heading, series of one run, whether it is a share."""


def outcome_curves(curves: pd.DataFrame, confidence: float) -> Figure:
    """Draw levels over time, and paired differences to the first scenario below them.

    Parameters
    ----------
    curves : DataFrame
        `model.curves()` of all runs, with scenario and seed.
    confidence : float
        Of the simulation intervals drawn as bands.
    """
    scenarios = list(dict.fromkeys(curves["scenario"]))
    seeds = curves["seed"].nunique()
    paired = len(scenarios) > 1
    figure, axes = plt.subplots(
        2 if paired else 1,
        len(CURVES),
        figsize=(16, 9 if paired else 5.2),
        squeeze=False,
        sharex=True,
    )
    for column, (heading, series_of, is_share) in enumerate(CURVES):
        series = {
            key: series_of(run.set_index("day"))
            for key, run in curves.groupby(["scenario", "seed"], sort=False)
        }
        levels = pd.DataFrame(series)
        levels.columns.names = ["scenario", "seed"]
        axis = axes[0, column]
        axis.set_title(heading)
        for colour, scenario in zip(colours(scenarios), scenarios, strict=True):
            is_reference = paired and scenario == scenarios[0]
            _band(axis, levels[scenario], confidence, colour, title(scenario), is_reference)
        _limits(axis, is_share)
        if paired:
            below = axes[1, column]
            for colour, scenario in zip(colours(scenarios)[1:], scenarios[1:], strict=True):
                difference = levels[scenario] - levels[scenarios[0]]
                _band(below, 100 * difference if is_share else difference, confidence, colour)
            below.axhline(0.0, color=COLOURS[0], linewidth=1.2)
            below.set_ylabel("percentage points" if is_share else "per 1,000 present")
            below.set_title(f"Difference to {title(scenarios[0]).lower()}")
        axes[-1, column].set_xlabel("day of the policy" if paired else "day")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(len(scenarios)))
    if seeds > 1:
        note = f"Bands: {confidence:.0%} simulation intervals over {seeds} paired replicates"
    else:
        note = "One replicate: no intervals"
    figure.suptitle(note, fontsize=12, color="#555555", x=0.99, ha="right")
    return figure


def quantile_curves(curves: pd.DataFrame, quantiles: list[float]) -> Figure:
    """Draw medians over time with bands between quantiles over seeds, a scenario a row.

    Parameters
    ----------
    curves : DataFrame
        `model.curves()` of all runs, with scenario and seed.
    quantiles : list of float
        The outermost are the band.
    """
    scenarios = list(dict.fromkeys(curves["scenario"]))
    low, high = min(quantiles), max(quantiles)
    figure, axes = plt.subplots(
        len(scenarios), len(CURVES), figsize=(16, 1.2 + 3.8 * len(scenarios)), squeeze=False,
        sharex=True, sharey="col",
    )  # fmt: skip
    for row, (colour, scenario) in enumerate(zip(colours(scenarios), scenarios, strict=True)):
        mine = curves[curves["scenario"] == scenario]
        for column, (heading, series_of, is_share) in enumerate(CURVES):
            axis = axes[row, column]
            runs = pd.DataFrame(
                {seed: series_of(run.set_index("day")) for seed, run in mine.groupby("seed")}
            )
            found = runs.quantile([low, 0.5, high], axis=1).T
            axis.fill_between(
                found.index, found[low], found[high], color=colour, alpha=0.25, linewidth=0
            )
            axis.plot(found.index, found[0.5], color=colour, linewidth=2.2)
            if row == 0:
                axis.set_title(heading)
            if column == 0:
                axis.set_ylabel(title(scenario))
            if is_share:
                axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            if row == len(scenarios) - 1:
                axis.set_xlabel("day")
    figure.suptitle(
        f"Lines: median; bands: {low:.0%} to {high:.0%} of {curves['seed'].nunique()} replicates "
        "(where single runs lie, not how well the mean is known)",
        fontsize=12, color="#555555",
    )  # fmt: skip
    return figure


def _band(
    axis: Axes,
    values: pd.DataFrame,
    confidence: float,
    colour: str,
    label: str = "",
    is_reference: bool = False,
) -> None:
    """Draw the mean over replicates with its interval; the reference is dashed, on top."""
    long: pd.Series[float] = values.stack()  # type: ignore[assignment]
    summary = interval(long.groupby(level=0), confidence)
    day = summary.index.to_numpy()
    axis.plot(day, summary["mean"], color=colour, linewidth=2.2, label=label or None,
              linestyle="--" if is_reference else "-", zorder=3 if is_reference else 2)  # fmt: skip
    if values.shape[1] > 1:
        axis.fill_between(
            day, summary["low"], summary["high"], color=colour, alpha=0.18, linewidth=0
        )


def _limits(axis: Axes, is_share: bool) -> None:
    low, high = axis.get_ylim()
    room = 0.25 * (high - low)
    low, high = max(0.0, low - room), high + room
    axis.set_ylim(low, min(high, 1.0) if is_share else high)
    if is_share:
        axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


# --- effects ----------------------------------------------------------------------------------

EFFECTS = (
    ("emergency_uptake_24h", "", "Emergency care\nwithin 24 h", "percentage points", 100.0),
    ("emergency_need", "", "Emergencies", "per 1,000 person-years", 1.0),
    (
        "emergency_contacts",
        "",
        "Ambulance runs and\nhospital walk-ins",
        "per 1,000 person-years",
        1.0,
    ),
    ("low_acuity_share", "", "Mild needs among these", "percentage points", 100.0),
    ("unmet_need_episodes", "", "Needs unseen by\nany provider", "percentage points", 100.0),
    ("unmet_need_persons", "", "People with such a need\nin a year", "percentage points", 100.0),
    ("unresolved_needs", "", "Other needs lost\nor still open", "percentage points", 100.0),
    ("unresolved_stock", "", "Known cases open\nfor over 30 days", "per 1,000 present", 1.0),
    ("total_unresolved", "", "Unresolved in all,\nknown and hidden", "per 1,000 present", 1.0),
    ("deaths", "", "Deaths", "per 100,000 person-years", 1.0),
    ("out_of_pocket", "", "Paid by migrants\nfor care", "KZT per person-year", 1.0),
    ("policy_cost", "", "Cost of the policy", "KZT per person-year", 1.0),
)


def effect_plot(summary: pd.DataFrame, confidence: float) -> Figure:
    """Draw paired differences with intervals: one panel an outcome, one line a scenario."""
    overall = summary[(summary["by"] == "all") & (summary["verdict"] != "reference")]
    scenarios = list(dict.fromkeys(overall["scenario"]))
    figure, axes = plt.subplots(3, 4, figsize=(17, 5.0 + 1.3 * max(len(scenarios), 2)), sharey=True)
    for axis, (name, detail, heading, unit, factor) in zip(axes.flat, EFFECTS, strict=True):
        rows = overall[(overall["indicator"] == name) & (overall["detail"] == detail)].set_index(
            "scenario"
        )
        for place, scenario in enumerate(scenarios):
            row = rows.loc[scenario]
            colour = VERDICT_COLOURS.get(row["verdict"], "#888888")
            ends = [factor * row["difference_low"], factor * row["difference_high"]]
            axis.plot(ends, [place, place], color=colour, linewidth=4, solid_capstyle="round")
            axis.plot(factor * row["difference"], place, "o", color=colour, markersize=10)
        axis.axvline(0.0, color=COLOURS[0], linewidth=1.2)
        axis.set_title(heading)
        axis.set_xlabel(unit)
        axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.xaxis.set_major_formatter(FuncFormatter(signed))
        axis.margins(x=0.18)
        axis.set_yticks(range(len(scenarios)), [title(one) for one in scenarios])
        axis.set_ylim(len(scenarios) - 0.5, -0.5)
        axis.grid(visible=False, axis="y")
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


# --- gates ------------------------------------------------------------------------------------


def gate_decomposition(summary: pd.DataFrame) -> Figure:
    """Draw, of 100 needs, how many no provider saw, by the gate that stopped them."""
    overall = summary[summary["by"] == "all"]
    scenarios = list(dict.fromkeys(overall["scenario"]))
    unmet = overall[overall["indicator"] == "unmet_need_episodes"].set_index("scenario")
    gates = overall[overall["indicator"] == "unmet_need_by_gate"].set_index(["scenario", "detail"])
    figure, axis = plt.subplots(figsize=(15, 2.6 + 0.95 * len(scenarios)))
    for place, scenario in enumerate(scenarios):
        start = 0.0
        for gate, meaning, colour in GATES:
            width = 100 * unmet.loc[scenario, "level"] * gates.loc[(scenario, gate), "level"]
            axis.barh(place, width, left=start, color=colour, height=0.62,
                      label=meaning if place == 0 else None)  # fmt: skip
            if width >= 1.5:
                axis.text(start + width / 2, place, f"{width:.0f}", ha="center", va="center",
                          color="white", fontsize=13, fontweight="bold")  # fmt: skip
            start += width
        row = unmet.loc[scenario]
        error = 100 * (row["level_high"] - row["level"])
        room = 0.0 if np.isnan(error) else error
        interval_words = "" if np.isnan(error) else f" ±{error:.1f}"
        axis.errorbar(start, place, xerr=room, color="#222222", capsize=5)
        axis.text(start + 1.2 + room, place, f"{start:.1f}{interval_words} of 100 unseen",
                  va="center", fontsize=13)  # fmt: skip
    axis.set_yticks(range(len(scenarios)), [title(one) for one in scenarios])
    axis.set_ylim(len(scenarios) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xlabel(
        "of 100 episodes perceived as moderate or graver (the rest was seen by a provider)"
    )
    axis.set_title("What stops people: first gate that failed")
    axis.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=len(GATES), fontsize=11.5)
    return figure


# --- load -------------------------------------------------------------------------------------

LOAD_WORDS = {
    "ambulance": "ambulance", "hospital": "hospitals", "polyclinic": "polyclinics",
    "mobile_clinic": "mobile clinics", "private": "private doctors",
    "tb_dispensary": "TB dispensary",
}  # fmt: skip


def institution_load(summary: pd.DataFrame) -> Figure:
    """Draw contacts, use of capacity and queues by kind of institution."""
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
            level = table[table["scenario"] == scenario].set_index(key)["level"]
            # Private doctors have no limit, so a share of it means nothing.
            values = [
                np.nan if is_share and kind == "private" else level.get(kind, np.nan)
                for kind in kinds
            ]
            places = np.arange(len(kinds)) + (offset - (len(scenarios) - 1) / 2) * height
            axis.barh(places, values, height=height * 0.92, color=colour, label=title(scenario))
        axis.set_title(heading)
        axis.set_yticks(range(len(kinds)), [LOAD_WORDS[kind] for kind in kinds])
        axis.set_ylim(len(kinds) - 0.5, -0.5)
        axis.grid(visible=False, axis="y")
        if is_share:
            axis.xaxis.set_major_formatter(PercentFormatter(1.0))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=legend_columns(len(scenarios)))
    return figure
