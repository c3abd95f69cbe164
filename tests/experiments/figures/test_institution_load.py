"""The figure of institutions: every bar has its interval."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from experiments.figures.comparison import institution_load
from experiments.figures.style import STYLE

KINDS = ("hospital", "private")
LEVELS = {"baseline": 4.0, "hub_medium": 6.0}
HALF_WIDTH = 0.5


def drawn(replicates: int) -> Figure:
    """Return the figure of two scenarios, of known levels."""
    room = HALF_WIDTH if replicates > 1 else np.nan
    rows = [
        {"scenario": scenario, "indicator": indicator, "detail": kind if by == "all" else detail,
         "by": by, "group": kind, "level": level, "level_low": level - room,
         "level_high": level + room, "replicates": replicates}
        for scenario, level in LEVELS.items()
        for kind in KINDS
        for indicator, detail, by in (
            ("contacts", "", "all"), ("load", "services / capacity", "institution"),
            ("load", "mean queue", "institution"),
        )
    ]  # fmt: skip
    with mpl.rc_context(STYLE):
        return institution_load(pd.DataFrame(rows), 0.95)


def half_widths(figure: Figure, panel: int) -> list[float]:
    """Return half the length of each line of one panel."""
    bars = [one for one in figure.axes[panel].containers if isinstance(one, ErrorbarContainer)]
    lines = [line for bar in bars for line in bar.lines[2][0].get_segments() if len(line)]
    return [float(line[-1][0] - line[0][0]) / 2.0 for line in lines]


def test_every_bar_has_its_interval() -> None:
    figure = drawn(10)
    for panel in (0, 2):
        assert half_widths(figure, panel) == [HALF_WIDTH] * len(LEVELS) * len(KINDS)
    # A share of what has no limit is not drawn.
    assert half_widths(figure, 1) == [HALF_WIDTH] * len(LEVELS)
    assert "95% simulation intervals, 10 replicates" in str(figure.get_suptitle())


def test_one_replicate_has_no_interval() -> None:
    figure = drawn(1)
    assert half_widths(figure, 0) == [0.0] * len(LEVELS) * len(KINDS)
    assert not figure.get_suptitle()
