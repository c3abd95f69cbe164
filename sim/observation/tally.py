"""Counting by group: numerators over denominators, for everybody and for every group."""

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import STRATA, STRATA_SHAPE
from sim.engine.arrays import Booleans, Column
from sim.observation.definitions import DEFINITIONS

GROUPINGS = ("nationality", "legal_status", "sex", "sector")
LABELS = (words.NATIONALITIES, words.LEGAL_STATUSES, words.SEXES, words.SECTORS)


class Tally:
    """Collects indicators as rows of one long table."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str, str, str, float, float, float, str]] = []
        self._definitions = {one.name: one for one in DEFINITIONS}

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
        up, down = numerator.reshape(STRATA_SHAPE), denominator.reshape(STRATA_SHAPE)
        self._row(name, detail, "all", "all", up.sum(), down.sum(), per)
        for axis, grouping in enumerate(GROUPINGS):
            others = tuple(one for one in range(len(STRATA_SHAPE)) if one != axis)
            for label, one_up, one_down in zip(
                LABELS[axis], up.sum(axis=others), down.sum(axis=others), strict=True
            ):
                self._row(name, detail, grouping, label, one_up, one_down, per)

    def single(
        self, name: str, detail: str, by: str, group: str, value: float, count: float
    ) -> None:
        """Add a value that is no ratio; `count` says on how many cases it rests."""
        definition = self._definitions[name]
        self.rows.append(
            (
                definition.code,
                name,
                detail,
                by,
                group,
                definition.unit,
                np.nan,
                count,
                value,
                definition.better,
            )
        )

    def _row(
        self, name: str, detail: str, by: str, group: str, up: float, down: float, per: float
    ) -> None:
        definition = self._definitions[name]
        value = per * up / down if down > 0 else np.nan
        self.rows.append(
            (
                definition.code,
                name,
                detail,
                by,
                group,
                definition.unit,
                float(up),
                float(down),
                value,
                definition.better,
            )
        )

    def table(self) -> pd.DataFrame:
        """Return the long table."""
        columns = [
            "code",
            "indicator",
            "detail",
            "by",
            "group",
            "unit",
            "numerator",
            "denominator",
            "value",
            "better",
        ]
        return pd.DataFrame(self.rows, columns=columns)


def groups_of(stratum: Column) -> list[tuple[str, str, Booleans]]:
    """Return, for everybody and for every group, which rows belong to it."""
    codes = np.unravel_index(stratum, STRATA_SHAPE)
    groups: list[tuple[str, str, Booleans]] = [("all", "all", np.ones(len(stratum), np.bool_))]
    for axis, grouping in enumerate(GROUPINGS):
        groups += [
            (grouping, label, codes[axis] == code) for code, label in enumerate(LABELS[axis])
        ]
    return groups


def by_stratum(table: pd.DataFrame, chosen: "pd.Series[bool] | Booleans") -> Column:
    """Count the chosen rows of a table by stratum, shape (strata,)."""
    return np.bincount(table["stratum"].to_numpy()[np.asarray(chosen)], minlength=STRATA)
