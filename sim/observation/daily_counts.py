"""The diary: counts taken at the end of every day since day 0."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import FLOWS
from sim.agents.city import City
from sim.agents.episode import State
from sim.agents.migrant import NEVER, STRATA
from sim.agents.task import ORDINAL_BITS
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import prefetch_ahead
from sim.engine.random.splitmix import splitmix64
from sim.engine.types import Booleans, Column, Identities, Integers

if TYPE_CHECKING:
    from sim.city_model import CityModel

LONG_OPEN_DAYS = 30
"""Days after which a need that is still open counts as unresolved (indicators U1 and U2)."""
COUNTS = (
    "day", "open_episodes", "newly_severe", "in_bed", "boarding", "waiting", "ambulance_wait",
    "jobless", "with_contracts",
)  # fmt: skip
(
    DAY, OPEN_EPISODES, NEWLY_SEVERE, PATIENTS, BOARDING, WAITING, AMBULANCE_WAIT, JOBLESS,
    WITH_CONTRACTS,
) = range(len(COUNTS))  # fmt: skip
BY_STRATUM = ("present", "hidden", "open_cases", "unresolved", "insured", "eligible")
PRESENT, HIDDEN, OPEN_CASES, UNRESOLVED, INSURED, ELIGIBLE = range(len(BY_STRATUM))
BY_UNIT = ("slots", "served_today", "waiting", "diverted_today", "in_bed")
BY_AGENCY = ("slots", "served_today", "waiting")
SLOTS, SERVED, IN_LINE, DIVERTED, IN_BED = range(len(BY_UNIT))
"""Places in `BY_UNIT`; the first three in `BY_AGENCY` too."""
ITEMS = len(words.KNOWLEDGE)
FIRST_ROOM = 32
"""Number of days for which there is room at first."""


class DailyArrays(NamedTuple):
    """The recorded counts, one page per day (or a single page).

    Attributes
    ----------
    counts : array of float, shape (days, `COUNTS`)
    strata : array of int, shape (days, `BY_STRATUM`, strata)
    informed : array of int, shape (days, strata, items)
        People present who know each item.
    units : array of int, shape (days, `BY_UNIT`, units)
    agencies : array of int, shape (days, `BY_AGENCY`, agencies, lines)
    ledger : array of int, shape (days, flows)
        Every flow of money since the beginning, in KZT (see `sim.agents.accounts`).
    health_lost : array of int, shape (days, strata)
        Thousandths of a day since the beginning.
    learned : array of int, shape (days, sources, items)
        How often each item was learned from each source since day 0.
    lost_work : array of int, shape (days, 1)
        Wages of working days lost to illness since the beginning, in KZT.
    """

    counts: Column
    strata: Column
    informed: Column
    units: Column
    agencies: Column
    ledger: Column
    health_lost: Column
    learned: Column
    lost_work: Column


class DailyCounts:
    """Daily counts."""

    def __init__(self, model: "CityModel") -> None:
        units, agencies = len(model.clinics.units), len(model.agencies)
        small, large = np.int32, np.int64
        self._pages = DailyArrays(
            counts=np.empty((FIRST_ROOM, len(COUNTS))),
            strata=np.empty((FIRST_ROOM, len(BY_STRATUM), STRATA), small),
            informed=np.empty((FIRST_ROOM, STRATA, ITEMS), small),
            units=np.empty((FIRST_ROOM, len(BY_UNIT), units), small),
            agencies=np.empty((FIRST_ROOM, len(BY_AGENCY), agencies, len(words.LINES)), small),
            ledger=np.empty((FIRST_ROOM, FLOWS), large),
            health_lost=np.empty((FIRST_ROOM, STRATA), large),
            learned=np.empty((FIRST_ROOM, len(words.SOURCES), ITEMS), large),
            lost_work=np.empty((FIRST_ROOM, 1), large),
        )
        self._days = 0
        self.at_start: Column = model.counts["ledger"][0].copy()
        self.lost_at_start = int(model.counts["lost_work"][0])
        self.health_at_start: Column = model.counts["health_lost"][0].copy()

    def record(self, model: "CityModel") -> None:
        """Record the end of a day."""
        if self._days == len(self._pages.counts):
            self._pages = self._enlarged(2 * self._days)
        page = DailyArrays(*(table[self._days] for table in self._pages))
        record_day(model.city(), page, model.clinics.ambulance_wait_minutes)
        self._days += 1

    def _enlarged(self, room: int) -> DailyArrays:
        grown = DailyArrays(
            *(np.empty((room, *table.shape[1:]), table.dtype) for table in self._pages)
        )
        for table, old in zip(grown, self._pages, strict=True):
            table[: self._days] = old[: self._days]
        return grown

    def _of_strata(self, number: int) -> Column:
        return np.asarray(self._pages.strata[: self._days, number], dtype=np.int64)

    @property
    def counts(self) -> dict[str, Column]:
        """Daily series of the whole city, by name: see `COUNTS`."""
        series = self._pages.counts[: self._days].T
        return dict(zip(COUNTS, series, strict=True))

    @property
    def open_cases(self) -> Column:
        """Known cases with an open need at the end of each day, shape (days, strata)."""
        return self._of_strata(OPEN_CASES)

    @property
    def unresolved(self) -> Column:
        """Known cases with a need open for more than 30 days, shape (days, strata)."""
        return self._of_strata(UNRESOLVED)

    def learned(self, start: int, end: int) -> Column:
        """Return how often each item was learned from each source in a window."""
        nothing = np.zeros((len(words.SOURCES), ITEMS), dtype=np.int64)
        return self._since(self._pages.learned, nothing, start, end)

    @property
    def insured(self) -> Column:
        """Members of the insurance fund at the end of each day, shape (days, strata)."""
        return self._of_strata(INSURED)

    @property
    def eligible(self) -> Column:
        """People present who may join the insurance fund, by day, shape (days, strata)."""
        return self._of_strata(ELIGIBLE)

    def lost_work(self, start: int, end: int) -> int:
        """Return the wages of working days lost to illness in a window, in KZT."""
        return int(self._since(self._pages.lost_work, self.lost_at_start, start, end)[0])

    def health_lost(self, start: int, end: int) -> Column:
        """Return the health lost to illness in a window, thousandths of a day, shape (strata,)."""
        return self._since(self._pages.health_lost, self.health_at_start, start, end)

    def flows(self, start: int, end: int) -> Column:
        """Return the sum of every flow of money in a window, in KZT (see `sim.agents.accounts`)."""
        return self._since(self._pages.ledger, self.at_start, start, end)

    def _since(self, sums: Column, at_start: Column | int, start: int, end: int) -> Column:
        """Return the increase of a sum in a window."""
        last = min(end, self._days)
        if start >= last:
            return np.zeros(sums.shape[1:], dtype=np.int64)
        return np.asarray(sums[last - 1] - (sums[start - 1] if start > 0 else at_start))

    def by_agency(self, name: str) -> Column:
        """Return a daily series of every agency's lines, shape (days, agencies, lines)."""
        series = self._pages.agencies[: self._days, BY_AGENCY.index(name)]
        return np.asarray(series, dtype=np.int64)

    @property
    def present(self) -> Column:
        """People present at the end of each day, shape (days, strata)."""
        return self._of_strata(PRESENT)

    @property
    def hidden(self) -> Column:
        """Open episodes of people present that no provider has seen, shape (days, strata)."""
        return self._of_strata(HIDDEN)

    @property
    def informed(self) -> Column:
        """People present who know each item, shape (days, strata, items)."""
        return np.asarray(self._pages.informed[: self._days], dtype=np.int64)

    def by_unit(self, name: str) -> Column:
        """Return a daily series of every unit, shape (days, units): see `BY_UNIT`."""
        series = self._pages.units[: self._days, BY_UNIT.index(name)]
        return np.asarray(series, dtype=np.int64)

    def arrays(self) -> dict[str, Column]:
        """Return all counts as arrays, to be saved in a file."""
        pages = {name: page[: self._days] for name, page in self._pages._asdict().items()}
        return {
            **pages, "at_start": self.at_start, "health_at_start": self.health_at_start,
            "lost_at_start": np.array([self.lost_at_start]),
        }  # fmt: skip

    def restore(self, arrays: Mapping[str, Column]) -> None:
        """Restore the counts returned by `arrays`."""
        self._pages = DailyArrays(*(arrays[name] for name in DailyArrays._fields))
        self._days = len(self._pages.counts)
        self._pages = self._enlarged(max(2 * self._days, FIRST_ROOM))
        self.at_start, self.health_at_start = arrays["at_start"], arrays["health_at_start"]
        self.lost_at_start = int(arrays["lost_at_start"][0])

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin._pages = self._enlarged(len(self._pages.counts))
        return twin


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def record_day(city: City, page: DailyArrays, ambulance_wait: float) -> None:
    """Write the page of a day."""
    look_at_cases(city, page)
    counts = city.counts[0]
    page.counts[DAY] = city.today
    page.counts[NEWLY_SEVERE] = counts.newly_severe
    page.counts[AMBULANCE_WAIT] = ambulance_wait
    page.counts[JOBLESS] = counts.jobless
    page.counts[WITH_CONTRACTS] = counts.with_contracts
    look_at_people(city, page)
    look_at_institutions(city, page)
    page.ledger[:] = counts.ledger
    page.health_lost[:] = counts.health_lost
    page.learned[:] = counts.learned
    page.lost_work[0] = counts.lost_work


@compiled
def look_at_people(city: City, page: DailyArrays) -> None:
    """Count people present by stratum: all, insured, eligible for insurance, and informed."""
    counts, may_join = city.counts[0], city.parameters.insurance.may_join
    strata_a_status = STRATA // (may_join.shape[0] * may_join.shape[1])
    for stratum in range(STRATA):
        standing = stratum // strata_a_status
        nationality, status = standing // may_join.shape[1], standing % may_join.shape[1]
        present = counts.present[stratum]
        page.strata[PRESENT, stratum] = present
        page.strata[INSURED, stratum] = counts.insured[stratum]
        page.strata[ELIGIBLE, stratum] = present if may_join[nationality, status] else 0
        for item in range(ITEMS):
            page.informed[stratum, item] = counts.informed[stratum, item]


@compiled(allocates=True)
def look_at_institutions(city: City, page: DailyArrays) -> None:
    """Count slots, services and people in line at clinics and agencies."""
    patients = waiting = 0
    for unit in range(len(city.clinics)):
        clinic = city.clinics[unit]
        patients += clinic.in_bed
        waiting += clinic.waiting
        page.units[SLOTS, unit] = clinic.slots
        page.units[SERVED, unit] = clinic.served_today
        page.units[IN_LINE, unit] = clinic.waiting
        page.units[DIVERTED, unit] = clinic.diverted_today
        page.units[IN_BED, unit] = clinic.in_bed
    page.counts[PATIENTS] = patients
    page.counts[WAITING] = waiting
    for number in range(len(city.agencies)):
        agency = city.agencies[number]
        page.agencies[SLOTS, number] = agency.slots
        page.agencies[SERVED, number] = agency.served_today
        page.agencies[IN_LINE, number] = agency.waiting


@compiled(allocates=True)
def look_at_cases(city: City, page: DailyArrays) -> None:
    """Count open episodes and needs at the end of the day.

    Hidden episodes are those no institution knows of: no provider has seen them, and no other need
    has come up. A known case is an episode with its needs; treatment is needed from perception on,
    or from the day it was lost.
    """
    episodes, tasks = active_rows(city.rows.episodes), active_rows(city.rows.tasks)
    most = len(episodes) + len(tasks)
    case, stratum = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.int64)
    is_long, needs = np.empty(most, dtype=np.bool_), 0
    hidden = page.strata[HIDDEN]
    hidden[:] = 0
    open_episodes = boarding = 0
    for place in range(len(episodes)):
        prefetch_ahead(city.episodes, episodes, place)
        episode = city.episodes[episodes[place]]
        boarding += int(episode.boarding)
        if episode.state == State.GONE:
            continue
        open_episodes += 1
        if not episode.formal_contact and not episode.had.any():
            hidden[episode.stratum] += 1
        elif not episode.treated and episode.untreated_since > -NEVER:
            case[needs] = case_number(episode.person, episode.ordinal)
            is_long[needs] = episode.untreated_since < city.today - LONG_OPEN_DAYS
            stratum[needs] = episode.stratum
            needs += 1
    for row in tasks:
        task = city.tasks[row]
        if not (task.second or task.redundant):
            case[needs] = case_number(task.person, task.ordinal)
            is_long[needs] = task.arose_on < city.today - LONG_OPEN_DAYS
            stratum[needs] = task.stratum
            needs += 1
    count_cases(case[:needs], is_long[:needs], stratum[:needs], page)
    page.counts[OPEN_EPISODES] = open_episodes
    page.counts[BOARDING] = boarding


@compiled(allocates=True)
def count_cases(case: Identities, is_long: Booleans, stratum: Integers, page: DailyArrays) -> None:
    """Count cases by stratum from their needs, each once as open and once as long open."""
    counted = no_cases(len(case))
    open_cases, unresolved = page.strata[OPEN_CASES], page.strata[UNRESOLVED]
    open_cases[:] = 0
    unresolved[:] = 0
    for need in range(len(case)):
        count_case(counted, case[need], is_long[need], stratum[need], open_cases, unresolved)


@compiled(allocates=True)
def no_cases(count: int) -> Identities:
    """Return an empty lookup table for a number of cases, shape (places, 2)."""
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
    """Count a need of a case: the case once as open, and once as long open."""
    mask = np.uint64(len(cases) - 1)
    # The value of each case is 1, or 2 once it counts as long open.
    place = splitmix64(case, np.uint64(0), np.uint64(0)) & mask
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
    """Return the number of a case, derived from a person and the ordinal of an episode."""
    return (np.uint64(person) << np.uint64(ORDINAL_BITS)) | np.uint64(ordinal)
