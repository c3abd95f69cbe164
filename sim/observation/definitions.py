"""All indicators of the model, in the order of reports.

An indicator is one `Definition` in the file of its block; its words are in `sim/words/en.ftl`.
"""

from collections.abc import Iterable
from typing import Any

from sim.observation import (
    burden,
    delays,
    emergencies,
    fairness,
    finance,
    knowledge,
    load,
    population,
    unmet_need,
    unresolved,
)
from sim.observation.definition import Better, Curve, Definition, Format
from sim.observation.tally import Ratio, Value
from sim.observation.window import Window

__all__ = [
    "DEFINITIONS", "Better", "Curve", "Definition", "Format", "Ratio", "Value", "Window", "by_name",
    "with_own",
]  # fmt: skip

BLOCKS = (
    emergencies, unmet_need, delays, unresolved, knowledge, load, burden, finance, fairness,
    population,
)  # fmt: skip
DEFINITIONS: tuple[Definition, ...] = tuple(
    definition for block in BLOCKS for definition in block.DEFINITIONS
)
"""All indicators, in the order of reports."""


def by_name(definitions: Iterable[Definition]) -> dict[str, Definition]:
    """Return definitions by their names.

    Raises
    ------
    ValueError
        If two have the same name.
    """
    named: dict[str, Definition] = {}
    for definition in definitions:
        if named.setdefault(definition.name, definition) is not definition:
            raise ValueError(f"two indicators have the name '{definition.name}'")
    return named


def with_own(submodels: Iterable[Any]) -> tuple[Definition, ...]:
    """Return all indicators of the model, and those that user-defined submodels declare."""
    return (*DEFINITIONS, *(one for kind in submodels for one in kind.indicators))


by_name(DEFINITIONS)  # a duplicate name makes the import fail
