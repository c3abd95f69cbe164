"""The table of what is observed."""

from sim.observation.counting import COUNTING
from sim.observation.definitions import DEFINITIONS
from tools.docs.markdown_tables import table

SIGNS = {"higher": "up is good", "lower": "down is good", "": "no sign of its own"}


def indicators() -> str:
    """Return the indicators: what is counted over what, in which window, and which way is good."""
    if set(COUNTING) != {one.name for one in DEFINITIONS}:
        raise ValueError("sim/observation/counting.py and definitions.py name other indicators")
    rows = []
    for one in DEFINITIONS:
        how = COUNTING[one.name]
        rows.append(
            (
                one.code, f"`{one.name}`", how.numerator, how.denominator, how.window, one.unit,
                SIGNS[one.better],
            )
        )  # fmt: skip
    return table(
        ("code", "indicator", "counted", "over", "window and censoring", "unit", "direction"), rows
    )
