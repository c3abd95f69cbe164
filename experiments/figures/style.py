"""What the figures have in common: type, colours, and how they are written."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

import sim
from experiments.analysis.result_folder import NOT_DRAWN

STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.dpi": 130,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "almaty-health-access",
    "pdf.fonttype": 42,
}
COLOURS = ("#555555", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5C00")
"""Reference grey, then the Okabe-Ito palette: told apart by colour-blind readers."""


VERDICT_COLOURS = {
    "better": "#009E73", "worse": "#D55E00", "more": "#0072B2", "less": "#0072B2",
    "synergistic": "#009E73", "antagonistic": "#D55E00",
}  # fmt: skip


def signed(value: float, _place: int) -> str:
    """Return a difference as an axis shows it."""
    return "0" if abs(value) < 1e-12 else f"{value:+,g}"


def draw_changes(
    axis: Axes, rows: list[dict[str, Any]], names: list[str], heading: str, unit: str
) -> None:
    """Draw changes with intervals, a line each, in the colour of what they mean.

    Parameters
    ----------
    axis : Axes
    rows : list of dict
        mean, low, high (in the axis's unit) and verdict, from above.
    names : list of str
        Beside the lines.
    heading, unit : str
    """
    for place, row in enumerate(rows):
        colour = VERDICT_COLOURS.get(row["verdict"], "#888888")
        ends = [row["low"], row["high"]]
        axis.plot(ends, [place, place], color=colour, linewidth=4, solid_capstyle="round")
        axis.plot(row["mean"], place, "o", color=colour, markersize=10)
    axis.axvline(0.0, color=COLOURS[0], linewidth=1.2)
    axis.set_title(heading)
    axis.set_xlabel(unit)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(FuncFormatter(signed))
    axis.margins(x=0.18)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")


def colours(scenarios: list[str]) -> list[str]:
    """Return a colour for each scenario; the first is the reference."""
    return [COLOURS[place % len(COLOURS)] for place in range(len(scenarios))]


def legend_columns(entries: int) -> int:
    """Return in how many columns a legend below a wide figure stands, its rows about even.

    >>> [legend_columns(entries) for entries in (1, 4, 5, 6, 8)]
    [1, 4, 3, 3, 4]
    """
    rows = -(-entries // 4)
    return -(-entries // rows)


def legend_below(figure: Figure, handles: Sequence[Artist], **options: Any) -> None:
    """Put a legend below a figure, in as many columns as there is room for.

    Parameters
    ----------
    figure : Figure
    handles : sequence of Artist
        What it explains, each with its label.
    **options
        Of `Figure.legend`.
    """
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=handles, loc="outside lower center", ncols=columns, **options
        )
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


LETTERS_AN_INCH = 11
"""Letters of the line above a figure that one inch has room for."""


def line_above(figure: Figure, text: str) -> None:
    """Put a note above a figure, from its left edge, on as many lines as it takes."""
    room = int(LETTERS_AN_INCH * figure.get_figwidth())
    figure.suptitle(fill(text, room), fontsize=13, color="#555555", x=0.01, ha="left")


def draw_each(folder: Path, figures: Mapping[str, Callable[[], Figure]]) -> None:
    """Draw and write figures; one that cannot be drawn costs neither the others nor the tables.

    What could not be drawn stands in `not_drawn.txt`, a line each.

    Parameters
    ----------
    folder : Path
    figures : mapping of str to callable
        What makes each figure, by the name of its files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    for name, make in figures.items():
        try:
            with mpl.rc_context(STYLE):
                save(make(), folder, name)
        except OSError:
            raise
        except Exception as error:
            plt.close("all")
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            with (folder / NOT_DRAWN).open("a", encoding="utf-8") as noted:
                noted.write(f"{name}: {why}\n")


class NothingToDrawError(ValueError):
    """A table without what a figure shows."""


FOOTER_INCHES, FOOTER_SIZE = 0.24, 9
"""Height of the strip below a figure that says which version it is of, and size of its letters."""
PLACE_DECIMALS = 6
"""Decimals of the position of axes, in shares of the figure: far below what can be seen."""


def settle(figure: Figure) -> None:
    """Lay a figure out once, to places that do not depend on where its parts lie in memory.

    The solver of the layout adds up in the order of addresses, so that the last bits of a place
    differ from drawing to drawing, and with them names within an SVG.
    """
    layout = figure.get_layout_engine()
    if layout is None or not figure.axes:
        return
    layout.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position().bounds
        axes.set_position(
            (
                round(left, PLACE_DECIMALS),
                round(bottom, PLACE_DECIMALS),
                round(width, PLACE_DECIMALS),
                round(height, PLACE_DECIMALS),
            )
        )


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as PNG and SVG without dates, with the version of the program below it."""
    made_by = f"Almaty Health Access {sim.__version__}"
    layout, strip = figure.get_layout_engine(), FOOTER_INCHES / figure.get_figheight()
    if isinstance(layout, ConstrainedLayoutEngine):
        layout.set(rect=(0.0, strip, 1.0, 1.0 - strip))
    figure.text(
        0.995, 0.06 / figure.get_figheight(), made_by, ha="right", va="bottom", size=FOOTER_SIZE,
        color=COLOURS[0],
    )  # fmt: skip
    settle(figure)
    for legend in figure.legends:  # above the footer; the layout asks for legends without anchor
        legend.set_bbox_to_anchor((0.0, strip, 1.0, 1.0 - strip), transform=figure.transFigure)
    figure.savefig(folder / f"{name}.png", metadata={"Software": made_by})
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": made_by})
    plt.close(figure)
