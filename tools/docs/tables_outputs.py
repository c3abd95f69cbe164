"""The table of what is observed."""

from sim.observation.definitions import DEFINITIONS, Better
from sim.words.catalogue import message
from tools.docs.markdown_tables import table

SIGNS = {
    Better.HIGHER: "up is good", Better.LOWER: "down is good",
    Better.NEITHER: "no sign of its own",
}  # fmt: skip


def indicators() -> str:
    """Return the indicators: what is counted over what, in which window, and which way is good.

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
