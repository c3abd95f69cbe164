"""Figures over time: outcomes and load, with bands over replicates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from experiments.analysis.console_report import title
from experiments.analysis.outcomes import Definitions, Outcome, Shown, sentence, shown
from experiments.analysis.statistics import interval
from experiments.figures.style import COLOURS, colours, legend_columns
from sim.observation.definitions import DEFINITIONS, Format
from sim.words import catalogue

ROLLING_DAYS = 30
"""Length in days of the trailing window over which daily shares are averaged."""


CURVES = (
    Outcome("emergency_uptake_24h"), Outcome("unmet_need_episodes"), Outcome("hidden_unmet_need"),
)  # fmt: skip
"""Outcomes drawn over time, one panel each."""


@dataclass(frozen=True)
class Panel:
    """A panel of a figure over time.

    Attributes
    ----------
    heading : str
    series : callable
        Takes the curves of one run, returns the series to draw.
    is_share : bool
    """

    heading: str
    series: Callable[[pd.DataFrame], "pd.Series[float]"]
    is_share: bool


def panels_of(outcomes: Iterable[Outcome], definitions: Definitions = DEFINITIONS) -> list[Panel]:
    """Return panels of the daily curves of outcomes.

    Shares are taken over the last `ROLLING_DAYS` days: a single day has few cases.
    """
    return [_panel(one) for one in shown(outcomes, definitions)]


def _panel(outcome: Shown) -> Panel:
    definition = outcome.definition
    if definition.curve is None:
        raise LookupError(f"indicator '{definition.name}' has no daily curve")
    part, whole = definition.name, definition.curve.over
    heading = sentence(catalogue.short(definition))
    if outcome.format is Format.PERCENT:
        heading = f"{heading}\n(last {ROLLING_DAYS} days)"
        return Panel(heading, lambda run: _rolling_share(run, part, whole), True)
    heading = f"{heading},\n{definition.unit}"
    return Panel(heading, lambda run: _rate(run, part, whole, definition.per), False)


def _rolling_share(run: pd.DataFrame, part: str, whole: str) -> "pd.Series[float]":
    sums = run[[part, whole]].rolling(ROLLING_DAYS, min_periods=ROLLING_DAYS).sum()
    return sums[part] / sums[whole].where(sums[whole] > 0)


def _rate(run: pd.DataFrame, part: str, whole: str, per: float) -> "pd.Series[float]":
    return per * run[part] / run[whole] if whole else run[part].astype(float)


def outcome_curves(curves: pd.DataFrame, confidence: float) -> Figure:
    """Draw levels over time, and paired differences to the first scenario below them.

    Parameters
    ----------
    curves : DataFrame
        `model.curves()` of all runs, with scenario and seed.
    confidence : float
        Confidence level of the simulation intervals drawn as bands.
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
    for column, panel in enumerate(panels_of(CURVES)):
        is_share = panel.is_share
        series = {
            key: panel.series(run.set_index("day"))
            for key, run in curves.groupby(["scenario", "seed"], sort=False)
        }
        levels = pd.DataFrame(series)
        levels.columns.names = ["scenario", "seed"]
        axis = axes[0, column]
        axis.set_title(panel.heading)
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


LOAD: tuple[tuple[str, str], ...] = (
    ("visits_ambulance", "Ambulance runs a day"),
    ("visits_polyclinic", "Visits to polyclinics\na day"),
    ("waiting", "People waiting\nfor a slot or a bed"),
    ("in_bed", "People in hospital beds"),
)
"""Panels of load over time: daily series, heading; per 1,000 migrants present, last 30 days."""


def quantile_curves(curves: pd.DataFrame, quantiles: list[float]) -> Figure:
    """Draw outcomes over time, one row per scenario.

    Parameters
    ----------
    curves : DataFrame
        `model.curves()` of all runs, with scenario and seed.
    quantiles : list of float
        The outermost two are the limits of the band.
    """
    return _bands_by_scenario(curves, quantiles, panels_of(CURVES))


def load_over_time(curves: pd.DataFrame, quantiles: list[float]) -> Figure:
    """Draw the load on institutions over time, one row per scenario."""
    panels = [Panel(heading, _rolling_rate(name), is_share=False) for name, heading in LOAD]
    figure = _bands_by_scenario(curves, quantiles, panels)
    figure.supylabel(
        f"per 1,000 migrants present, mean of the last {ROLLING_DAYS} days", fontsize=12,
        color="#555555",
    )  # fmt: skip
    return figure


def _rolling_rate(name: str) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    def rate(run: pd.DataFrame) -> "pd.Series[float]":
        per_thousand = 1000 * run[name] / run["present"]
        return per_thousand.rolling(ROLLING_DAYS, min_periods=ROLLING_DAYS).mean()

    return rate


def _bands_by_scenario(
    curves: pd.DataFrame,
    quantiles: list[float],
    panels: Sequence[Panel],
) -> Figure:
    """Draw medians with bands between quantiles over seeds: rows are scenarios, columns panels."""
    scenarios = list(dict.fromkeys(curves["scenario"]))
    low, high = min(quantiles), max(quantiles)
    figure, axes = plt.subplots(
        len(scenarios), len(panels), figsize=(1 + 5 * len(panels), 1.2 + 3.8 * len(scenarios)),
        squeeze=False, sharex=True, sharey="col",
    )  # fmt: skip
    for row, (colour, scenario) in enumerate(zip(colours(scenarios), scenarios, strict=True)):
        mine = curves[curves["scenario"] == scenario]
        for column, panel in enumerate(panels):
            axis = axes[row, column]
            runs = pd.DataFrame(
                {seed: panel.series(run.set_index("day")) for seed, run in mine.groupby("seed")}
            )
            found = runs.quantile(sorted({low, 0.5, high}), axis=1).T
            axis.fill_between(
                found.index, found[low], found[high], color=colour, alpha=0.25, linewidth=0
            )
            axis.plot(found.index, found[0.5], color=colour, linewidth=2.2)
            if row == 0:
                axis.set_title(panel.heading)
            if column == 0:
                axis.set_ylabel(title(scenario))
            if panel.is_share:
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
