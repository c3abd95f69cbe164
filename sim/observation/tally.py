"""Counting by group: numerators over denominators, for everybody and for every group."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import STRATA, STRATA_SHAPE
from sim.engine.types import Booleans, Column
from sim.observation.definitions import DEFINITIONS
from sim.observation.event_records import Records

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
"""Everybody and every group: what it is grouped by, and its name."""
MEANING = {one.name: (one.code, one.unit, one.better) for one in DEFINITIONS}


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


class Tally:
    """Collects indicators as rows of one long table."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def ratio(
        self, name: str, numerator: Column, denominator: Column, per: float = 1.0, detail: str = ""
    ) -> None:
        """Add an indicator counted by stratum, for everybody and for every group.

        Parameters
        ----------
        name : str
            Name of a definition.
        numerator, denominator : array of shape (strata,)
        per : float, default 1
            Factor of the unit (1,000 for rates per 1,000).
        detail : str
            What distinguishes several values of one indicator (a gate, an item of knowledge).
        """
        for (by, group), up, down in zip(
            GROUPS, added_up(numerator), added_up(denominator), strict=True
        ):
            value = per * up / down if down > 0 else np.nan
            self._row(name, detail, by, group, up, down, value)

    def single(
        self, name: str, detail: str, by: str, group: str, value: float, count: float
    ) -> None:
        """Add a value that is no ratio; `count` says on how many cases it rests."""
        self._row(name, detail, by, group, np.nan, count, value)

    def _row(
        self, name: str, detail: str, by: str, group: str, up: float, down: float, value: float
    ) -> None:
        code, unit, better = MEANING[name]
        self.rows.append(Row(code, name, detail, by, group, unit, up, down, value, better))

    def table(self) -> pd.DataFrame:
        """Return the long table."""
        columns = zip(*self.rows, strict=True)
        return pd.DataFrame(dict(zip(Row._fields, map(list, columns), strict=True)))


def added_up(counted: Column) -> list[float]:
    """Return what is counted by stratum for everybody and for every group, as in `GROUPS`."""
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
