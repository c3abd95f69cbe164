"""Records of episodes and visits, from which indicators and curves are computed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import NEVER
from sim.engine.agentset.cohort import Cohort
from sim.engine.event_log import EventLog
from sim.engine.types import Booleans, Column, Rows
from sim.submodels.episode_end import EPISODE_RECORD
from sim.submodels.services import GAVE_UP

if TYPE_CHECKING:
    from sim.city_model import CityModel

OPEN = -1
"""Outcome of an episode that has not ended."""


class Records:
    """Records of one kind: columns of equal length, by name.

    Indicators compare columns several hundred times. On the few rows of a small city nearly all of
    that time would be the overhead of a DataFrame.

    Parameters
    ----------
    **columns : array
        Columns in order.

    Examples
    --------
    >>> visits = Records(day=np.array([3, 5]), paid=np.array([0, 900]))
    >>> paid = visits.where(visits["paid"] > 0)
    >>> len(visits), len(paid), paid["day"].tolist()
    (2, 1, [5])
    """

    def __init__(self, **columns: Column) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Column:
        """Return one column."""
        return self.columns[name]

    def where(self, chosen: Booleans) -> "Records":
        """Return the chosen records."""
        return Records(**{name: column[chosen] for name, column in self.columns.items()})

    def frame(self) -> pd.DataFrame:
        """Return the records as a DataFrame."""
        return pd.DataFrame(self.columns)


def episode_records(model: "CityModel", as_of: int | None = None) -> Records:
    """Return all episodes since day 0, ended and open, with days as float (NaN: not yet).

    Parameters
    ----------
    model : CityModel
    as_of : int, optional
        Return them in their state before this day, without later events.

    Returns
    -------
    Records
        The columns of `EPISODE_RECORD`, `ended_on` and `outcome`.
    """
    episodes = model.episodes
    return closed_and_open(
        model.closed_episodes, episodes, episodes.rows, EPISODE_RECORD, "outcome", as_of
    )


def closed_and_open(
    closed: EventLog,
    cohort: Cohort[Any],
    rows: Rows,
    names: Iterable[str],
    end: str,
    as_of: int | None,
) -> Records:
    """Return records of ended cases from a log, and of cases still open, as of a day.

    Parameters
    ----------
    closed : Log
    cohort : Cohort
    rows : array of int
        Rows that are open.
    names : iterable of str
        Columns of both the log and the cohort; those ending in `_on` are days.
    end : str
        Column that says how a case ended; `OPEN` before that.
    as_of : int or None
        Day before which the state is taken.
    """
    columns = {name: np.concatenate([closed[name], getattr(cohort, name)[rows]]) for name in names}
    columns["ended_on"] = np.concatenate([closed["ended_on"], np.full(len(rows), NEVER)])
    columns[end] = np.concatenate([closed[end], np.full(len(rows), OPEN)])
    latest = NEVER if as_of is None else as_of
    for name, days in columns.items():
        if name.endswith("_on"):
            columns[name] = np.where((days > -NEVER) & (days < latest), days, np.nan)
    columns[end][np.isnan(columns["ended_on"])] = OPEN
    return Records(**columns)


def visit_records(model: "CityModel") -> Records:
    """Return all visits since day 0, with the kind of institution and whether it was an
    emergency contact: an ambulance run, or a hospital walk-in.
    """
    table = {name: model.visits[name] for name in model.visits.dtypes}
    institution = model.clinics.kind[table["unit"]]
    seen = table["result"] != GAVE_UP
    ambulance = institution == words.InstitutionKind.AMBULANCE.value
    walk_in = (institution == words.InstitutionKind.HOSPITAL.value) & ~table["by_ambulance"]
    return Records(
        **table,
        institution=institution,
        emergency_contact=seen & (ambulance | walk_in),
    )


def episode_table(model: "CityModel") -> pd.DataFrame:
    """Return `episode_records` as a table, one row per episode."""
    return episode_records(model).frame()


def visit_table(model: "CityModel") -> pd.DataFrame:
    """Return `visit_records` as a table, one row per visit."""
    return visit_records(model).frame()
