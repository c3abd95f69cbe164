"""The diary: what is counted at the end of every day, since day 0."""

from typing import TYPE_CHECKING, Self

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import State
from sim.agents.migrant import STRATA
from sim.engine.arrays import Column
from sim.engine.log import Log

if TYPE_CHECKING:
    from sim.model import AlmatyModel

COUNTS = ("day", "open_episodes", "newly_severe", "in_bed", "boarding", "waiting", "ambulance_wait")
BY_UNIT = ("slots", "served_today", "waiting", "diverted_today")


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
        self._units = len(model.clinics.units)

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
        hidden = rows[here & ~episodes.formal_contact[rows]]
        self._present.append(model.counts["present"][0].astype(np.int32))
        self._hidden.append(
            np.bincount(episodes.stratum[hidden], minlength=STRATA).astype(np.int32)
        )
        self._informed.append(model.counts["informed"][0].astype(np.int32))
        for name in BY_UNIT:
            self._by_unit[name].append(getattr(clinics, name).astype(np.int32))

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
        twin._units = self._units
        return twin
