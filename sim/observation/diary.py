"""The diary: what is counted at the end of every day, since day 0."""

from typing import TYPE_CHECKING, Self

import numpy as np

from sim import vocabulary as words
from sim.accounts import FLOWS
from sim.agents.city import City
from sim.agents.episode import State
from sim.agents.migrant import NEVER, STRATA, STRATA_SHAPE
from sim.agents.task import ORDINAL_BITS
from sim.engine.arrays import Column, Identities, Integers, Rows
from sim.engine.compiled import compiled, look_ahead
from sim.engine.kernels import mix_twice
from sim.engine.log import Log

if TYPE_CHECKING:
    from sim.model import AlmatyModel

LONG_OPEN_DAYS = 30
"""Days after which a need that is still open counts as unresolved (indicators U1 and U2)."""
COUNTS = (
    "day", "open_episodes", "newly_severe", "in_bed", "boarding", "waiting", "ambulance_wait",
    "jobless", "with_contracts",
)  # fmt: skip
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
        self._insured: list[Column] = []
        self._ledger: list[Column] = []
        self._eligible: list[Column] = []
        self._lost_work: list[int] = []
        self._health_lost: list[Column] = []
        self._units, self._agencies = len(model.clinics.units), len(model.agencies)
        self.at_start: Column = model.counts["ledger"][0].copy()
        self.lost_at_start = int(model.counts["lost_work"][0])
        self.health_at_start: Column = model.counts["health_lost"][0].copy()

    def record(self, model: "AlmatyModel") -> None:
        """Write down the end of a day."""
        clinics = model.clinics
        look = look_at_cases(model.city(), model.episodes.rows, model.tasks.rows)
        open_episodes, boarding, with_contracts, hidden, open_cases, unresolved = look
        self.counts.append(
            day=np.array([model.day]),
            open_episodes=open_episodes,
            newly_severe=model.counts["newly_severe"][0],
            in_bed=clinics.in_bed.sum(),
            boarding=boarding,
            waiting=clinics.waiting.sum(),
            ambulance_wait=clinics.ambulance_wait_minutes,
            jobless=model.counts["jobless"][0],
            with_contracts=with_contracts,
        )
        self._present.append(model.counts["present"][0].astype(np.int32))
        self._hidden.append(hidden)
        self._open_cases.append(open_cases)
        self._unresolved.append(unresolved)
        self._informed.append(model.counts["informed"][0].astype(np.int32))
        for name in BY_UNIT:
            self._by_unit[name].append(getattr(clinics, name).astype(np.int32))
        for name in BY_AGENCY:
            self._by_agency[name].append(model.agencies.table[name].astype(np.int32))
        self._learned.append(model.counts["learned"][0].copy())
        self._insured.append(model.counts["insured"][0].astype(np.int32))
        self._ledger.append(model.counts["ledger"][0].copy())
        may_join = eligible_strata(model.insurance.numbers[0]["may_join"])
        self._eligible.append(self._present[-1] * may_join)
        self._lost_work.append(int(model.counts["lost_work"][0]))
        self._health_lost.append(model.counts["health_lost"][0].copy())

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

    @property
    def insured(self) -> Column:
        """Members of the insurance fund at the end of each day, shape (days, strata)."""
        return np.array(self._insured, dtype=np.int64).reshape(-1, STRATA)

    @property
    def eligible(self) -> Column:
        """People present who may join the insurance fund, each day, shape (days, strata)."""
        return np.array(self._eligible, dtype=np.int64).reshape(-1, STRATA)

    def lost_work(self, start: int, end: int) -> int:
        """Return the wages of working days lost to illness in a window, in KZT."""
        if start >= min(end, len(self._lost_work)):
            return 0
        before = self._lost_work[start - 1] if start > 0 else self.lost_at_start
        return self._lost_work[min(end, len(self._lost_work)) - 1] - before

    def health_lost(self, start: int, end: int) -> Column:
        """Return the health lost to illness in a window, thousandths of a day, shape (strata,)."""
        if start >= min(end, len(self._health_lost)):
            return np.zeros(STRATA, dtype=np.int64)
        until = self._health_lost[min(end, len(self._health_lost)) - 1]
        before = self._health_lost[start - 1] if start > 0 else self.health_at_start
        return np.asarray(until - before)

    def flows(self, start: int, end: int) -> Column:
        """Return the sum of every flow of money in a window, in KZT (see `sim.accounts`)."""
        if start >= min(end, len(self._ledger)):
            return np.zeros(FLOWS, dtype=np.int64)
        until = self._ledger[min(end, len(self._ledger)) - 1]
        before = self._ledger[start - 1] if start > 0 else self.at_start
        return np.asarray(until - before)

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
        twin._insured = self._insured.copy()
        twin._ledger = self._ledger.copy()
        twin._eligible = self._eligible.copy()
        twin._lost_work = self._lost_work.copy()
        twin._health_lost = self._health_lost.copy()
        twin._units, twin._agencies = self._units, self._agencies
        twin.at_start, twin.lost_at_start = self.at_start, self.lost_at_start
        twin.health_at_start = self.health_at_start
        return twin


def eligible_strata(may_join: Column) -> Column:
    """Return in which strata people may join the insurance fund.

    Parameters
    ----------
    may_join : array of bool, shape (nationalities, legal statuses)
    """
    return np.broadcast_to(may_join[:, :, None, None], STRATA_SHAPE).reshape(-1)


@compiled
def look_at_cases(
    city: City, episodes: Rows, tasks: Rows
) -> tuple[int, int, int, Integers, Integers, Integers]:
    """Count what is open this evening.

    Returns
    -------
    open_episodes, boarding, with_contracts : int
        Episodes of people present, those waiting in a hospital for a bed, and people in work
        groups of employers who give contracts.
    hidden, open_cases, unresolved : array of int, shape (strata,)
        Episodes no institution knows of: no provider has seen them, and no other need has come up.
        Known cases with an open need, and those with a need open for long. A case is an episode
        with its needs; treatment is needed from perception on, or from the day it was lost.
    """
    hidden = np.zeros(STRATA, dtype=np.int32)
    cases = no_cases(len(episodes) + len(tasks))
    open_cases = np.zeros(STRATA, dtype=np.int32)
    unresolved = np.zeros(STRATA, dtype=np.int32)
    open_episodes = boarding = 0
    for place in range(len(episodes)):
        look_ahead(city.episodes, episodes, place)
        episode = city.episodes[episodes[place]]
        boarding += episode.boarding
        if episode.state == State.GONE:
            continue
        open_episodes += 1
        if not episode.formal_contact and not episode.had.any():
            hidden[episode.stratum] += 1
        elif not episode.treated and episode.untreated_since > -NEVER:
            case = case_number(episode.person, episode.ordinal)
            is_long = episode.untreated_since < city.today - LONG_OPEN_DAYS
            count_case(cases, case, is_long, episode.stratum, open_cases, unresolved)
    for row in tasks:
        task = city.tasks[row]
        if task.second or task.redundant:
            continue
        case = case_number(task.person, task.ordinal)
        is_long = task.arose_on < city.today - LONG_OPEN_DAYS
        count_case(cases, case, is_long, task.stratum, open_cases, unresolved)
    with_contracts = 0
    for number in range(len(city.work_groups)):
        if city.work_groups[number].formal:
            with_contracts += city.work_groups[number].members
    return open_episodes, boarding, with_contracts, hidden, open_cases, unresolved


@compiled
def no_cases(count: int) -> Identities:
    """Return a table with room to look up so many cases, shape (places, 2), empty."""
    room = 4
    while room < 2 * count:
        room *= 2
    return np.zeros((room, 2), dtype=np.uint64)


@compiled
def count_case(
    cases: Identities,
    case: np.uint64,
    is_long: bool,
    stratum: int,
    open_cases: Integers,
    unresolved: Integers,
) -> None:
    """Count a need of a case: the case once as open, and once as open for long."""
    mask = np.uint64(len(cases) - 1)
    # Beside each case stands 1, or 2 once it counts as open for long.
    place = mix_twice(case, np.uint64(0), np.uint64(0)) & mask
    while cases[place, 1] != np.uint64(0) and cases[place, 0] != case:
        place = (place + np.uint64(1)) & mask
    if cases[place, 1] == np.uint64(0):
        cases[place, 0] = case
        cases[place, 1] = np.uint64(1)
        open_cases[stratum] += 1
    if is_long and cases[place, 1] == np.uint64(1):
        cases[place, 1] = np.uint64(2)
        unresolved[stratum] += 1


@compiled
def case_number(person: int, ordinal: int) -> np.uint64:
    """Return the number of a case: of a person and the ordinal of an episode."""
    return (np.uint64(person) << np.uint64(ORDINAL_BITS)) | np.uint64(ordinal)
