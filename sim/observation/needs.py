"""Tables of needs besides treatment, their hand-overs and the flows between institutions."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.task import Move, Place
from sim.engine.types import Column
from sim.observation.event_records import Records, closed_and_open
from sim.submodels.needs import NEED_RECORD

if TYPE_CHECKING:
    from sim.city_model import CityModel

RESOLUTION_HORIZON = 90
"""Days to which the mean time to full resolution is restricted (indicator U5)."""
MANY_REFERRALS = 3
CASE = ["person", "ordinal"]


def need_records(model: "CityModel", as_of: int | None = None) -> Records:
    """Return all needs besides treatment since day 0, ended and open (days as float).

    Parameters
    ----------
    model : CityModel
    as_of : int, optional
        Return them in their state before this day.

    Returns
    -------
    Records
        The columns of `NEED_RECORD`, `ended_on`, and `ending` (an `Ending`, or `OPEN`). A need
        opened at two institutions is one need.
    """
    tasks = model.tasks
    rows = tasks.rows
    own = ~tasks.second[rows] & ~tasks.redundant[rows] & (tasks.place[rows] != Place.CLOSED)
    needs = closed_and_open(model.closed_needs, tasks, rows[own], NEED_RECORD, "ending", as_of)
    return needs.where(~np.isnan(needs["arose_on"]))


def need_table(model: "CityModel") -> pd.DataFrame:
    """Return `need_records` as a table, one row per need."""
    return need_records(model).frame()


def institution_names(model: "CityModel") -> list[str]:
    """Return the names of the numbered senders in the log of hand-overs."""
    return [*model.agencies.names, *words.INSTITUTION_KINDS]


def handover_records(model: "CityModel") -> Records:
    """Return every move of a need, with institutions by number (-1 is the person)."""
    return Records(**{name: model.handovers[name] for name in model.handovers.dtypes})


def handover_table(model: "CityModel") -> pd.DataFrame:
    """Return every move of a need, with institutions by name ("" is the person)."""
    moves = handover_records(model)
    names = _names_of_places(model)
    named = {end: names[moves[end]] for end in ("origin", "target")}
    return Records(**{**moves.columns, **named}).frame()


def _names_of_places(model: "CityModel") -> Column:
    # The last name is that of -1.
    return np.array([*institution_names(model), ""], dtype=object)


def flow_table(model: "CityModel") -> pd.DataFrame:
    """Count the moves of needs since day 0: from whom, to whom, which need, what happened.

    Returns
    -------
    DataFrame
        Columns origin and target (institutions by name, "" for the person), need, what
        (a value of `WHAT`) and count. The counts add up to the log of hand-overs.
    """
    moves = handover_records(model)
    moves = moves.where(moves["day"] >= 0)
    names = _names_of_places(model)
    counted: Counter[tuple[str, str, str, str]] = Counter()
    codes = np.stack([moves[name] for name in ("origin", "target", "need", "move")], axis=1)
    kinds, times = np.unique(codes, axis=0, return_counts=True)
    for (origin, target, need, move), count in zip(kinds.tolist(), times.tolist(), strict=True):
        counted[names[origin], names[target], words.NEEDS[need], WHAT[Move(move)]] += count
    flows = [(*flow, count) for flow, count in sorted(counted.items())]
    return pd.DataFrame(flows, columns=FLOW_COLUMNS).astype({"count": np.int64})


FLOW_COLUMNS = ["origin", "target", "need", "what", "count"]
"""Columns of the table of flows, which is empty in a city without needs."""

WHAT = {
    Move.WENT_BY_THEMSELVES: "went by themselves",
    Move.REFERRED_RIGHT: "sent on",
    Move.REFERRED_WRONG: "sent on",
    Move.TO_THE_HUB: "sent on",
    Move.DEAD_END: "dead end",
    Move.NO_SHOW: "no-show",
    Move.RECALLED: "brought back",
    Move.ARRIVED: "arrived",
    Move.SERVED: "served",
    Move.FAILED: "turned away or failed",
    Move.TURNED_AWAY: "turned away or failed",
    Move.SERVED_IN_VAIN: "in vain",
    Move.LEFT_THE_LINE: "left the line",
    Move.RESOLVED: "resolved",
    Move.LOST: "lost",
    Move.TAKEN_IN: "taken in",
}
"""Moves in plain words, as counted in flows."""
