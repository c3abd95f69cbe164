"""Common parts of all figures: fonts, colours, and how the files are written."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
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
"""Reference grey, then the Okabe-Ito palette, which colour-blind readers can tell apart."""


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
    """Draw changes with intervals, one line each, in the colour of their verdict.

    Parameters
    ----------
    axis : Axes
    rows : list of dict
        mean, low, high (in the axis's unit) and verdict, from top to bottom.
    names : list of str
        Labels of the lines.
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


DARK_INK = "#222222"


def ink_on(colour: str) -> str:
    """Return the colour of text, dark or white, that has more contrast on a colour.

    >>> ink_on("#F0E442"), ink_on("#0072B2")
    ('#222222', 'white')
    """
    dark, here = luminance(DARK_INK), luminance(colour)
    return DARK_INK if contrast(here, dark) > contrast(1.0, here) else "white"


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, from 0 to 1 (WCAG 2)."""
    red, green, blue = (((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def contrast(lighter: float, darker: float) -> float:
    """Return the contrast of two luminances (WCAG 2)."""
    return (lighter + 0.05) / (darker + 0.05)


def legend_columns(entries: int) -> int:
    """Return the number of columns of a legend below a wide figure, with rows about equally full.

    >>> [legend_columns(entries) for entries in (1, 4, 5, 6, 8)]
    [1, 4, 3, 3, 4]
    """
    rows = -(-entries // 4)
    return -(-entries // rows)


def legend_below(figure: Figure, handles: Sequence[Artist], **options: Any) -> None:
    """Put a legend below a figure, in as many columns as fit.

    Parameters
    ----------
    figure : Figure
    handles : sequence of Artist
        Artists to explain, each with its label.
    **options
        Options of `Figure.legend`.
    """
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=handles, loc="outside lower center", ncols=columns, **options
        )
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


LETTERS_AN_INCH = 11
"""Characters per inch in the note above a figure."""


def line_above(figure: Figure, text: str) -> None:
    """Put a note above a figure, from its left edge, on as many lines as it needs."""
    room = int(LETTERS_AN_INCH * figure.get_figwidth())
    figure.suptitle(fill(text, room), fontsize=13, color="#555555", x=0.01, ha="left")


def draw_each(folder: Path, figures: Mapping[str, Callable[[], Figure]]) -> None:
    """Draw and write figures; one that cannot be drawn affects neither the others nor the tables.

    Figures that could not be drawn are listed in `not_drawn.txt`, one per line.

    Parameters
    ----------
    folder : Path
    figures : mapping of str to callable
        Functions that draw the figures, by the name of their files.

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
    """A table has no data for a figure."""


FOOTER_INCHES, FOOTER_SIZE = 0.24, 9
"""Height of the footer of a figure that names the version, and font size of its text."""
PLACE_DECIMALS = 6
"""Decimals of the position of axes, as shares of the figure: far finer than can be seen."""


def settle(figure: Figure) -> None:
    """Lay out a figure once, with positions that do not depend on memory addresses of its parts.

    The layout solver sums in the order of memory addresses. So the last bits of a position differ
    from one drawing to the next, and with them the names inside an SVG file.
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
