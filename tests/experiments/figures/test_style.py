"""Notes and legends stay inside their figure, and clear of its footer."""

from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from experiments.figures.style import FOOTER_INCHES, STYLE, legend_below, line_above, save

LONG = "a label that explains at length what a line of the figure means"


@pytest.mark.parametrize(("width", "rows"), [(4.0, 4), (30.0, 1)])
def test_a_legend_and_a_note_have_room(width: float, rows: int, tmp_path: Path) -> None:
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(width, 4.0))
        axes.set_xlabel("day")
        legend_below(figure, [Line2D([], [], label=LONG) for _ in range(4)], fontsize=8)
        line_above(figure, f"{LONG}. {LONG}.")
        (legend,) = figure.legends
        save(figure, tmp_path, "figure")
        box = legend.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y0 >= FOOTER_INCHES * figure.dpi
        assert box.y1 <= axes.xaxis.get_tightbbox().y0
        assert len({round(text.get_window_extent().y0) for text in legend.get_texts()}) == rows
        (note,) = [text for text in figure.texts if text.get_text().startswith("a label")]
        assert note.get_window_extent().x1 <= figure.bbox.width
        footer = next(text for text in figure.texts if text.get_text().startswith("Almaty"))
        assert footer.get_window_extent().y1 <= box.y0
