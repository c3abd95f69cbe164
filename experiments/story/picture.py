"""The picture of a story: the path of one person between institutions, drawn from its tables.

Time runs to the right, institutions are rows, and every illness or need is a line that moves
between them. There is one panel per scenario, with the same rows and days.
"""

from datetime import date, timedelta
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.analysis.console_report import title
from experiments.figures.style import STYLE, save
from experiments.story.tracer import CUSTODY
from experiments.story.words import ILLNESSES, NEEDS
from sim import vocabulary as words

WITH_THE_PERSON = "with the person"
COLOURS = {
    "care": "#444444", "payment": "#D55E00", "documents": "#0072B2", "shelter": "#009E73",
    "information": "#CC79A7", "custody": "#000000",
}  # fmt: skip
"""Colour of the lines: illness grey, needs from the Okabe-Ito palette."""
MARKERS: dict[str, tuple[str, str, str, int]] = {
    "served": ("o", "#FFFFFF", "seen or treated", 10),
    "referred": (">", "#E69F00", "sent on", 11),
    "refused": ("s", "#C00000", "refused, or no help", 10),
    "dead end": ("X", "#000000", "no further address, left or did not go", 12),
    "settled": ("*", "#FFD500", "settled, or recovered", 16),
    "lost": ("v", "#999999", "ended otherwise", 11),
}
"""Marks: shape, fill colour, words, size; later ones are drawn on top."""
APART = 0.17
"""Distance between parallel lines in a row."""
MOST_LINES = 5
SOON = 0.25
"""A departure is drawn to scale if it comes within this share of the time shown."""
COLUMNS = 4
"""Columns of the legend."""


def draw_story(folder: Path, headings: dict[str, str], start: date) -> None:
    """Draw the picture of a story into its folder.

    Parameters
    ----------
    folder : Path
        Folder with `story.parquet` and `path.parquet`.
    headings : dict of str to str
        Scenarios in order, and the heading of each panel.
    start : date
        Date of day 0.
    """
    events = pd.read_parquet(folder / "story.parquet")
    path = pd.read_parquet(folder / "path.parquet")
    with mpl.rc_context(STYLE):
        save(picture(events, path, headings, start), folder, "story")


def picture(
    events: pd.DataFrame, path: pd.DataFrame, headings: dict[str, str], start: date
) -> Figure:
    """Return the picture: one panel per scenario, with shared rows and days."""
    every = events
    path = path[path["thread"].isin(worth_drawing(path))]
    events = events[events["thread"].isin(set(path["thread"]))]
    rows = rows_of(path, events)
    offset = offsets(list(dict.fromkeys(path["thread"])))
    leaving = leaving_days(every)
    first, last = (events["day"].min(), events["day"].max()) if len(events) else (0, 1)
    soon = [day for day in leaving.values() if day - last <= SOON * (last - first)]
    last = max([last, *soon])
    height = 1.6 + len(headings) * (1.1 + 0.72 * len(rows))
    figure, axes = plt.subplots(
        len(headings), 1, figsize=(15, max(height, 6.0)), sharex=True, squeeze=False
    )
    for axis, (scenario, heading) in zip(axes[:, 0], headings.items(), strict=True):
        _panel(
            axis, path[path["scenario"] == scenario], events[events["scenario"] == scenario],
            rows, offset,
        )  # fmt: skip
        if scenario in leaving:
            _leaves(axis, leaving[scenario], last, start)
        axis.set_title(fill(heading, 105))
    _days(axes[-1, 0], first, last, start)
    _legend(figure, path, events)
    return figure


def worth_drawing(path: pd.DataFrame) -> set[str]:
    """Return the threads to draw: those that ever reached an institution, and all needs."""
    visited = set(path.loc[path["place"] != "", "thread"])
    needs = {one for one in path["thread"] if one.split(" ")[0] in words.NEEDS}
    return (visited | needs) or set(path["thread"])


def rows_of(path: pd.DataFrame, events: pd.DataFrame) -> dict[str, int]:
    """Return the rows: the person on top, then institutions in the order of the visits."""
    places = pd.concat([path[["day", "place"]], events[["day", "place"]]])
    places = places.sort_values("day", kind="stable")
    return {place: row for row, place in enumerate(dict.fromkeys(["", *places["place"]]))}


def offsets(threads: list[str]) -> dict[str, float]:
    """Return how far each line lies from the middle of its row.

    >>> offsets(["a", "b", "c"])["b"]
    0.0
    """
    lanes = min(len(threads), MOST_LINES)
    return {
        one: (place % MOST_LINES - (lanes - 1) / 2) * APART for place, one in enumerate(threads)
    }


def colour_of(thread: str) -> str:
    """Return the colour of a thread."""
    return COLOURS.get(thread.split(" ")[0], COLOURS["care"])


def in_words(thread: str) -> str:
    """Return what a thread is about.

    >>> in_words("documents"), in_words("injury 3"), in_words("payment (asked twice)")
    ('papers', 'an injury', 'help with paying (asked twice)')
    """
    name, _, more = thread.partition(" ")
    if name == CUSTODY:
        return "custody"
    if name in NEEDS:
        return NEEDS[name] + (f" {more}" if more else "")
    return ILLNESSES[name]


def _panel(
    axis: Axes,
    path: pd.DataFrame,
    events: pd.DataFrame,
    rows: dict[str, int],
    offset: dict[str, float],
) -> None:
    axis.axhspan(-0.5, 0.5, color="#f2f2f2", linewidth=0, zorder=0)
    for thread in dict.fromkeys(path["thread"]):
        steps = path[path["thread"] == thread]
        height = [rows[place] + offset[thread] for place in steps["place"]]
        axis.step(
            steps["day"], height, where="post", color=colour_of(thread), linewidth=2.6,
            linestyle="--" if "twice" in thread else "-", zorder=2,
            solid_joinstyle="round", alpha=0.9,
        )  # fmt: skip
    for order, (kind, (marker, filling, _, size)) in enumerate(MARKERS.items()):
        chosen = events[events["kind"] == kind]
        height = [
            rows[p] + offset[t] for p, t in zip(chosen["place"], chosen["thread"], strict=True)
        ]
        edges = [colour_of(thread) for thread in chosen["thread"]]
        axis.scatter(
            chosen["day"], height, marker=marker, s=size**2, zorder=3 + order,
            c=filling, edgecolors=edges or "none", linewidths=1.8,
        )  # fmt: skip
    labels = [fill(place or WITH_THE_PERSON, 26) for place in rows]
    axis.set_yticks(range(len(rows)), labels)
    axis.set_ylim(len(rows) - 0.45, -0.55)
    axis.grid(visible=False, axis="x")
    if path.empty:
        axis.text(0.5, 0.5, "nothing happens here", transform=axis.transAxes, ha="center")


def leaving_days(events: pd.DataFrame) -> dict[str, int]:
    """Return the day on which the person leaves the city, by scenario."""
    leaves = events[events["source"] == "leavers"]
    return {
        str(scenario): int(day)
        for scenario, day in zip(leaves["scenario"], leaves["day"], strict=True)
    }


def _leaves(axis: Axes, day: int, last: int, start: date) -> None:
    """Mark the departure, or give its date if it is much later than the rest."""
    where, text = (day, 0.0), "no longer in Almaty"
    if day <= last:
        axis.axvline(day, color="#888888", linestyle=":", linewidth=2, zorder=1)
    else:
        one = start + timedelta(days=day)
        where, text = (last, 0.0), f"in Almaty until {one.day} {one:%b}"
    axis.annotate(
        text, where, xycoords=("data", "axes fraction"), xytext=(5, 8), ha="left", va="bottom",
        textcoords="offset points", fontsize=12, color="#666666", rotation=90,
    )  # fmt: skip


def _days(axis: Axes, first: int, last: int, start: date) -> None:
    room = max(3.0, 0.03 * (last - first))
    axis.set_xlim(first - room, last + room)
    axis.xaxis.set_major_locator(MaxNLocator(9, integer=True))

    def label(day: float, _place: int | None) -> str:
        one = start + timedelta(days=round(day))
        return f"{one.day} {one:%b}\nday {day:.0f}"

    axis.xaxis.set_major_formatter(FuncFormatter(label))


def _legend(figure: Figure, path: pd.DataFrame, events: pd.DataFrame) -> None:
    lines = {in_words(thread): thread for thread in dict.fromkeys(path["thread"])}
    handles: list[Line2D] = [
        Line2D([], [], color=colour_of(thread), linewidth=3, label=label,
               linestyle="--" if "twice" in thread else "-")
        for label, thread in lines.items()
    ]  # fmt: skip
    seen = set(events["kind"])
    handles += [
        Line2D([], [], linestyle="none", marker=marker, markersize=size, label=label,
               markerfacecolor=filling, markeredgecolor="#444444", markeredgewidth=1.5)
        for kind, (marker, filling, label, size) in MARKERS.items()
        if kind in seen
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=COLUMNS, fontsize=12.5)


def headings_of(scenarios: list[tuple[str, str]]) -> dict[str, str]:
    """Return the heading of each scenario's panel.

    >>> headings_of([("hub_medium", "one body for all")])
    {'hub_medium': 'Hub medium: one body for all'}
    """
    return {name: f"{title(name)}: {summary}" for name, summary in scenarios}
