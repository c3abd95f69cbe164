"""Counting by group: numerators over denominators, for everybody and for every group."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import STRATA, STRATA_SHAPE
from sim.engine.types import Booleans, Column
from sim.observation.event_records import Records

if TYPE_CHECKING:
    from sim.observation.definition import Definition
    from sim.observation.window import Window

GROUPINGS = ("nationality", "legal_status", "sex", "sector")
LABELS = (words.NATIONALITIES, words.LEGAL_STATUSES, words.SEXES, words.SECTORS)
GROUPS = (
    ("all", "all"),
    *(
        (grouping, label)
        for grouping, labels in zip(GROUPINGS, LABELS, strict=True)
        for label in labels
    ),
)
"""Everybody and every group: the grouping variable, and the name of the group."""


@dataclass(frozen=True, eq=False)
class Ratio:
    """A numerator over a denominator, by stratum: reported for everybody and for every group.

    Attributes
    ----------
    numerator, denominator : array of shape (strata,)
    detail : str
        What distinguishes several values of one indicator (a gate, an item of knowledge).
    """

    numerator: Column
    denominator: Column
    detail: str = ""

    def by_group(self, per: float = 1.0) -> Iterator[tuple[str, str, float, float, float]]:
        """Return grouping, group, numerator, denominator and value of everybody and each group.

        Parameters
        ----------
        per : float, default 1
            Factor of the unit (1,000 for rates per 1,000).
        """
        for (by, group), up, down in zip(
            GROUPS, added_up(self.numerator), added_up(self.denominator), strict=True
        ):
            value = per * up / down if down > 0 else np.nan
            yield by, group, up, down, value


@dataclass(frozen=True)
class Value:
    """A value that is not a ratio: a median, a mean queue, an index, an amount of money.

    Attributes
    ----------
    value : float
    cases : float
        Number of cases, days or person-years it is based on, shown in the column `denominator`.
    detail : str
    by, group : str
        "all", or the grouping and the group (an institution, a nationality) of the value.
    """

    value: float
    cases: float
    detail: str = ""
    by: str = "all"
    group: str = "all"


class Row(NamedTuple):
    """One row of the table of indicators."""

    code: str
    indicator: str
    detail: str
    by: str
    group: str
    unit: str
    numerator: float
    denominator: float
    value: float
    better: str


def rows_of(definition: "Definition", window: "Window") -> Iterator[Row]:
    """Count one indicator in a window; return its rows."""
    unit, better = definition.unit, definition.better.value
    counts = definition.count(window)
    for one in (counts,) if isinstance(counts, Ratio | Value) else counts:
        begin = (definition.code, definition.name, one.detail)
        if isinstance(one, Ratio):
            for by, group, up, down, value in one.by_group(definition.per):
                yield Row(*begin, by, group, unit, up, down, value, better)
        else:
            value, cases = float(one.value), float(one.cases)
            yield Row(*begin, one.by, one.group, unit, np.nan, cases, value, better)


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as the long table of indicators."""
    listed = list(rows)
    return pd.DataFrame({name: [getattr(row, name) for row in listed] for name in Row._fields})


def added_up(counted: Column) -> list[float]:
    """Return counts by stratum added up for everybody and for every group, as in `GROUPS`."""
    by_axis = counted.reshape(STRATA_SHAPE)
    sums = [float(by_axis.sum())]
    for axis in range(len(STRATA_SHAPE)):
        others = tuple(one for one in range(len(STRATA_SHAPE)) if one != axis)
        sums += by_axis.sum(axis=others, dtype=np.float64).tolist()
    return sums


def groups_of(stratum: Column) -> list[tuple[str, str, Booleans]]:
    """Return, for everybody and for every group, which rows belong to it."""
    members = [np.ones(len(stratum), np.bool_)]
    for labels, codes in zip(LABELS, np.unravel_index(stratum, STRATA_SHAPE), strict=True):
        members += [codes == code for code in range(len(labels))]
    return [(by, group, inside) for (by, group), inside in zip(GROUPS, members, strict=True)]


def by_stratum(table: Records, chosen: Booleans) -> Column:
    """Count the chosen rows of a table by stratum, shape (strata,)."""
    return np.bincount(table["stratum"][chosen], minlength=STRATA)


def share(part: float, whole: float) -> float:
    """Return a part of a whole; NaN where there is no whole.

    >>> share(1, 4), share(0, 0)
    (0.25, nan)
    """
    return float(part / whole) if whole > 0 else float("nan")
