"""The table of indicators."""

from sim.observation.definitions import DEFINITIONS, Better
from sim.words.catalogue import message
from tools.docs.markdown_tables import table

SIGNS = {
    Better.HIGHER: "higher is better", Better.LOWER: "lower is better",
    Better.NEITHER: "neutral",
}  # fmt: skip


def indicators() -> str:
    """Return the indicators: numerator, denominator, window, and which direction is better.

    Raises
    ------
    MissingWordsError
        If the catalogue does not say how one is counted.
    """
    rows = []
    for indicator in DEFINITIONS:
        how = (message(indicator.name, part) for part in ("counted", "over", "window"))
        rows.append(
            (
                indicator.code, f"`{indicator.name}`", *how, indicator.unit,
                SIGNS[indicator.better],
            )
        )  # fmt: skip
    return table(
        ("code", "indicator", "counted", "over", "window and censoring", "unit", "direction"), rows
    )
