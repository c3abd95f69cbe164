"""Declaration of an indicator: its name, unit, format, direction, rule and curve.

The indicators of the model are in `sim.observation.definitions`; an indicator of another project is
a `Definition` in a separate file, with its words given directly.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sim.engine.types import Column

if TYPE_CHECKING:
    from sim.observation.tally import Ratio, Value
    from sim.observation.window import Window

    type Counts = Ratio | Value | Iterable[Ratio | Value]

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Better(StrEnum):
    """The direction of an indicator that is better for people."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = ""


class Format(StrEnum):
    """How a value is printed."""

    PERCENT = "%"
    """A share, in per cent with one decimal; its changes are in percentage points."""
    DECIMAL = "0.1"
    """A number with one decimal."""
    WHOLE = "0"
    """A number without decimals, such as money."""

    @property
    def factor(self) -> float:
        """Factor by which a value is multiplied for printing."""
        return 100.0 if self is Format.PERCENT else 1.0


@dataclass(frozen=True)
class Curve:
    """The daily series of an indicator: the column of `model.curves()` that has its name.

    Attributes
    ----------
    count : callable
        Takes the window of all simulated days; returns one number per day, the count of that day.
    over : str
        Column of `model.curves()` that is the denominator of the series; "" for an amount without a
        denominator.
    """

    count: "Callable[[Window], Column]"
    over: str = ""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An indicator.

    Attributes
    ----------
    name : str
        Identifier in snake case: in result tables, of the words in `sim/words/en.ftl`, and of the
        column of the daily curve.
    code : str
        Code of the block, e.g. "E1". Indicators that belong together may share it.
    unit : str
        As in result tables.
    format : Format
    better : Better
    count : callable
        Takes a `Window`; returns a `Ratio`, a `Value`, or several of them, each with a different
        `detail`.
    per : float, default 1
        Factor of the unit: 1,000 for rates per 1,000.
    curve : Curve, optional
    label, short, explanation : str, optional
        Words of an indicator of another project; those of the model's own are in
        `sim/words/en.ftl`. Without `short` the label is used.

    Raises
    ------
    TypeError
        If a field is left out.
    ValueError
        If the name is not in snake case, or format or direction are unknown.

    Examples
    --------
    >>> from sim.observation.tally import Ratio
    >>> Definition(
    ...     name="person_days", code="X1", unit="share", format=Format.PERCENT,
    ...     better=Better.NEITHER, label="days that are days",
    ...     count=lambda window: Ratio(window.person_days, window.person_days),
    ... ).label
    'days that are days'
    """

    name: str
    code: str
    unit: str
    format: Format
    better: Better
    count: "Callable[[Window], Counts]"
    per: float = 1.0
    curve: Curve | None = None
    label: str = ""
    short: str = ""
    explanation: str = ""

    def __post_init__(self) -> None:
        if not SNAKE_CASE.fullmatch(self.name):
            raise ValueError(f"an indicator name must be in snake case, unlike {self.name!r}")
        # A text from another project's file becomes the enum member it names.
        object.__setattr__(self, "format", Format(self.format))
        object.__setattr__(self, "better", Better(self.better))
