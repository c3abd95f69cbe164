"""The diary: what is counted at the end of every day, since day 0."""

from typing import TYPE_CHECKING, Self

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import State
from sim.agents.migrant import NEVER, STRATA
from sim.agents.task import ORDINAL_BITS
from sim.engine.arrays import Column, Rows
from sim.engine.log import Log

if TYPE_CHECKING:
    from sim.model import AlmatyModel

LONG_OPEN_DAYS = 30
"""Days after which a need that is still open counts as unresolved (indicators U1 and U2)."""
COUNTS = ("day", "open_episodes", "newly_severe", "in_bed", "boarding", "waiting", "ambulance_wait")
BY_UNIT = ("slots", "served_today", "waiting", "diverted_today", "in_bed")
BY_AGENCY = ("slots", "served_today", "waiting")


class Diary:
    """Daily counts.

    Attributes
    ----------
    counts : Log
        One row a day; see `COUNTS`.
    """

    def __init__(self, model: "AlmatyModel") -> None:
        self.counts = Log(**dict.fromkeys(COUNTS, np.float64))
        self._present: list[Column] = []
        self._hidden: list[Column] = []
        self._informed: list[Column] = []
        self._by_unit: dict[str, list[Column]] = {name: [] for name in BY_UNIT}
        self._by_agency: dict[str, list[Column]] = {name: [] for name in BY_AGENCY}
        self._unresolved: list[Column] = []
        self._open_cases: list[Column] = []
        self._learned: list[Column] = []
        self._units, self._agencies = len(model.clinics.units), len(model.agencies)

    def record(self, model: "AlmatyModel") -> None:
        """Write down the end of a day."""
        episodes, clinics = model.episodes, model.clinics
        rows = episodes.rows
        here = episodes.state[rows] != State.GONE
        self.counts.append(
            day=np.array([model.day]),
            open_episodes=np.count_nonzero(here),
            newly_severe=model.counts["newly_severe"][0],
            in_bed=clinics.in_bed.sum(),
            boarding=np.count_nonzero(episodes.boarding[rows]),
            waiting=clinics.waiting.sum(),
            ambulance_wait=clinics.ambulance_wait_minutes,
        )
        # What no institution knows of: no provider has seen it, and no other need has come up.
        unknown = ~episodes.formal_contact[rows] & ~episodes.had[rows].any(axis=1)
        hidden = rows[here & unknown]
        self._present.append(model.counts["present"][0].astype(np.int32))
        self._hidden.append(
            np.bincount(episodes.stratum[hidden], minlength=STRATA).astype(np.int32)
        )
        self._informed.append(model.counts["informed"][0].astype(np.int32))
        for name in BY_UNIT:
            self._by_unit[name].append(getattr(clinics, name).astype(np.int32))

        for name in BY_AGENCY:
            self._by_agency[name].append(model.agencies.table[name].astype(np.int32))
        self._learned.append(model.counts["learned"][0].copy())
        self._count_open_cases(model, rows[here & ~unknown])

    def _count_open_cases(self, model: "AlmatyModel", known: Rows) -> None:
        """Count cases with an open need, and those with one open for long, by stratum.

        A case is an episode with its needs; treatment is needed from perception on, or from the
        day a treatment was lost.
        """
        episodes, tasks = model.episodes, model.tasks
        untreated = known[~episodes.treated[known] & (episodes.untreated_since[known] > -NEVER)]
        rows = tasks.rows
        rows = rows[~tasks.second[rows] & ~tasks.redundant[rows]]
        person = np.concatenate([episodes.person[untreated], tasks.person[rows]])
        ordinal = np.concatenate([episodes.ordinal[untreated], tasks.ordinal[rows]])
        stratum = np.concatenate([episodes.stratum[untreated], tasks.stratum[rows]])
        since = np.concatenate([episodes.untreated_since[untreated], tasks.arose_on[rows]])
        case = (person << np.uint64(ORDINAL_BITS)) | ordinal.astype(np.uint64)
        for chosen, series in (
            (np.ones(len(case), dtype=np.bool_), self._open_cases),
            (since < model.day - LONG_OPEN_DAYS, self._unresolved),
        ):
            _, first = np.unique(case[chosen], return_index=True)
            series.append(np.bincount(stratum[chosen][first], minlength=STRATA).astype(np.int32))

    @property
    def open_cases(self) -> Column:
        """Known cases with an open need at the end of each day, shape (days, strata)."""
        return np.array(self._open_cases, dtype=np.int64).reshape(-1, STRATA)

    @property
    def unresolved(self) -> Column:
        """Known cases with a need open for more than 30 days, shape (days, strata)."""
        return np.array(self._unresolved, dtype=np.int64).reshape(-1, STRATA)

    def learned(self, start: int, end: int) -> Column:
        """Return how often each item was learned from each source in a window."""
        if start >= min(end, len(self._learned)):
            return np.zeros((len(words.SOURCES), len(words.KNOWLEDGE)), dtype=np.int64)
        until = self._learned[min(end, len(self._learned)) - 1]
        return np.asarray(until - (self._learned[start - 1] if start > 0 else 0))

    def by_agency(self, name: str) -> Column:
        """Return a daily series of every agency's lines, shape (days, agencies, lines)."""
        series = np.array(self._by_agency[name], dtype=np.int64)
        return series.reshape(-1, self._agencies, len(words.LINES))

    @property
    def present(self) -> Column:
        """People present at the end of each day, shape (days, strata)."""
        return np.array(self._present, dtype=np.int64).reshape(-1, STRATA)

    @property
    def hidden(self) -> Column:
        """Open episodes of people present that no provider has seen, shape (days, strata)."""
        return np.array(self._hidden, dtype=np.int64).reshape(-1, STRATA)

    @property
    def informed(self) -> Column:
        """People present who know each item, shape (days, strata, items)."""
        return np.array(self._informed, dtype=np.int64).reshape(-1, STRATA, len(words.KNOWLEDGE))

    def by_unit(self, name: str) -> Column:
        """Return a daily series of every unit, shape (days, units): see `BY_UNIT`."""
        return np.array(self._by_unit[name], dtype=np.int64).reshape(-1, self._units)

    def copy(self) -> Self:
        """Return an independent copy (arrays of past days are shared: they never change)."""
        twin = object.__new__(type(self))
        twin.counts = self.counts.copy()
        twin._present = self._present.copy()
        twin._hidden = self._hidden.copy()
        twin._informed = self._informed.copy()
        twin._by_unit = {name: series.copy() for name, series in self._by_unit.items()}
        twin._by_agency = {name: series.copy() for name, series in self._by_agency.items()}
        twin._unresolved = self._unresolved.copy()
        twin._open_cases = self._open_cases.copy()
        twin._learned = self._learned.copy()
        twin._units, twin._agencies = self._units, self._agencies
        return twin
