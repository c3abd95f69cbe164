"""The figure of what stops people: parts add up, numbers can be read, and nothing hides them."""

from itertools import pairwise

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.barriers import BAR, GATES, REASONS, what_stops_people
from experiments.figures.style import STYLE, contrast, ink_on, luminance

READABLE = 3.0
"""Contrast that WCAG 2 asks of large or bold text."""
UNMET = {"baseline": 0.6, "briefing": 0.9}


@pytest.fixture
def figure() -> Figure:
    rows = [
        {"scenario": name, "indicator": "unmet_need_episodes", "detail": "", "level": level,
         "level_high": level + 0.08}
        for name, level in UNMET.items()
    ]  # fmt: skip
    for parts in (GATES, REASONS):
        shares = [0.3, 0.2, 0.2, 0.1, 0.0, 0.15, 0.05]
        rows += [
            {"scenario": name, "indicator": part.indicator, "detail": part.detail, "level": share,
             "level_high": share}
            for name in UNMET
            for part, share in zip(parts, shares, strict=True)
        ]  # fmt: skip
    with mpl.rc_context(STYLE):
        drawn = what_stops_people(pd.DataFrame(rows).assign(by="all"))
        drawn.draw_without_rendering()
    plt.close("all")
    return drawn


def legend_of(axis: Axes) -> list[str]:
    legend = axis.get_legend()
    assert legend is not None
    return [text.get_text().replace("\n", " ") for text in legend.get_texts()]


def test_the_parts_of_a_bar_add_up_to_what_is_unmet(figure: Figure) -> None:
    for axis in figure.axes:
        for place, unmet in enumerate(UNMET.values()):
            width = sum(bars[place].get_width() for bars in axis.containers if len(bars) == 2)
            assert width == pytest.approx(100 * unmet)
        assert len(legend_of(axis)) == len(GATES) - 1, "the part that nobody has is left out"


@pytest.mark.parametrize("colour", sorted({*GATES.values(), *REASONS.values()}))
def test_a_number_can_be_read_on_every_colour(colour: str) -> None:
    pair = sorted([luminance(colour), luminance(ink_on(colour))])
    assert contrast(pair[1], pair[0]) > READABLE


def test_a_reason_has_the_colour_of_the_gate_that_it_is_about() -> None:
    same = {"money": "pay", "effort": "reach", "could_wait": "seek: judged it could wait"}
    for reason, gate in same.items():
        colours = [
            colour
            for part, colour in (GATES | REASONS).items()
            if part.detail in (reason, gate)
        ]  # fmt: skip
        assert len(set(colours)) == 1
    for parts in (GATES, REASONS):
        assert len(set(parts.values())) == len(parts)


def test_nothing_is_written_over_anything_else(figure: Figure) -> None:
    """Intervals lie below the bars; legends, labels and titles are apart from top to bottom."""
    for axis in figure.axes:
        for line in axis.get_lines():
            assert all(abs(y - round(y)) > BAR / 2 for y in line.get_ydata())
    boxes = []
    for axis in figure.axes:
        legend = axis.get_legend()
        assert legend is not None
        parts = [axis.title, axis.xaxis.get_ticklabels()[0], axis.xaxis.label, legend]
        boxes += [part.get_window_extent() for part in parts]
    boxes = [box for box in boxes if box.height > 1.0]
    assert all(lower.y1 < upper.y0 for upper, lower in pairwise(boxes))
