"""The city as seen by rules: every table that the rules of a day read and write."""

import weakref
from collections.abc import Mapping
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import types
from numba.experimental import structref

from sim import vocabulary as words
from sim.agents.accounts import FLOWS
from sim.agents.migrant import NEVER, STRATA
from sim.engine.agentset.column import Column as Declared
from sim.engine.agentset.row_allocator import RowAllocator, StorageGeneration
from sim.engine.agentset.table import new_records
from sim.engine.event_log import EventWriter
from sim.engine.jit.backend import borrowed_struct
from sim.engine.jit.compiled import compiled
from sim.engine.jit.settings import INTERPRETED
from sim.engine.records import Record, for_rules
from sim.engine.timing_wheel import WheelArrays
from sim.engine.types import Column, Floats, Identities, Integers


class RowAllocators(NamedTuple):
    """Rows in use in each table of agents that come and go.

    Attributes
    ----------
    migrants, episodes, tasks : RowAllocator
    """

    migrants: RowAllocator
    episodes: RowAllocator
    tasks: RowAllocator


class City(NamedTuple):
    """Tables of records, counts and parameters.

    A rule accesses what it needs by name: `episode = city.episodes[row]`,
    `illness = city.parameters.illness`.

    Attributes
    ----------
    today : int
        Day of the run.
    streams : array
        Keys of draws, for `sim.engine.random.scalar`.
    migrants, employers, episodes, clinics : array of records
        The agents; rows as in the cohorts, units as in `Clinics`.
    work_groups : array of records
        See `sim.agents.migrant.work_groups`.
    agencies, tasks : array of records
        See `sim.agents.agency` and `sim.agents.task`.
    knowledge : array of float, shape (agencies + kinds of clinics, agencies)
    closed_together : array of int, same shape
        See `sim.agents.agency.Agencies`.
    counts : array of one record
        See `city_counts`.
    handovers, closed_needs, police, visits, payments, check_ups : EventWriter
    closed_episodes, leavers, deaths, policy_costs : EventWriter
        Records written for the observer.
    rows : RowAllocators
        Rows of migrants, episodes and tasks in use.
    week_slice, month_slice : array of int
        Columns of migrants that are stored separately.
    departures, onsets : Wheel
        Reminders of planned departures and of candidate onsets, for rows of migrants.
    nearest : array of int, shape (options, districts, most)
        Units nearest to each district, padded with -1.
    parameters : record
        For each submodel a record of its parameters, as assembled by its `prepare`.
    """

    today: int
    streams: Identities
    migrants: Column
    employers: Column
    episodes: Column
    clinics: Column
    work_groups: Column
    agencies: Column
    tasks: Column
    knowledge: Floats
    closed_together: Integers
    counts: Column
    handovers: EventWriter
    closed_needs: EventWriter
    police: EventWriter
    visits: EventWriter
    payments: EventWriter
    check_ups: EventWriter
    closed_episodes: EventWriter
    leavers: EventWriter
    deaths: EventWriter
    policy_costs: EventWriter
    rows: RowAllocators
    week_slice: Integers
    month_slice: Integers
    departures: WheelArrays
    onsets: WheelArrays
    nearest: Integers
    parameters: Record


LOGS_OF_THE_CITY = tuple(name for name, kind in City.__annotations__.items() if kind is EventWriter)
"""Logs that rules of several submodels write to."""

if INTERPRETED or TYPE_CHECKING:

    def open_city(tables: City) -> City:
        """Return a city in the form that rules accept."""
        return tables
else:
    # For compiled rules the city is one pointer instead of a hundred arguments.

    @borrowed_struct
    class CityType(types.StructRef):
        """The Numba type of a city."""

        def preprocess_fields(self, fields: Any) -> Any:
            """Drop the values that integers had when the city was opened from their types."""
            return tuple((name, types.unliteral(one)) for name, one in fields)

        @cached_property
        def mangling_args(self) -> tuple[str, tuple[()]]:
            """Return a short word for the city in the names of compiled functions.

            By default all fields of all records are spelled out. This puts 100 kB into the name of
            every function that is called, which was nearly everything there was to compile, load
            and keep.
            """
            return f"City{blake2b(self.name.encode(), digest_size=8).hexdigest()}", ()

    class CityOfRules(structref.StructRefProxy):
        """A city that compiled rules accept; its fields are those of `City`."""

    structref.define_proxy(CityOfRules, CityType, list(City._fields))

    @compiled(allocates=True)
    def open_city(tables: City) -> City:
        """Return a city that compiled rules accept as one argument."""
        return CityOfRules(*tables)


@compiled
def begin_day(city: City, today: int) -> None:
    """Set a new day in a city that is already open."""
    city.today = today  # type: ignore[misc]


ITEMS = len(words.KNOWLEDGE)
PLACES = (len(words.DISTRICTS), len(words.NATIONALITIES))
COUNTS: Mapping[str, Declared] = {
    "present": Declared(np.int64, "people present, by group", width=STRATA),
    "residents": Declared(np.int64, "people, by district and nationality", shape=PLACES),
    "informed": Declared(np.int64, "people who know each item, by group", shape=(STRATA, ITEMS)),
    "informed_residents": Declared(
        np.int64, "the same, by district and nationality", shape=(*PLACES, ITEMS)
    ),
    "newly_severe": Declared(np.int64, "episodes that became severe today"),
    "learned": Declared(
        np.int64, "items learned so far, by source", shape=(len(words.SOURCES), ITEMS)
    ),
    "alarm": Declared(
        np.float64, "fear left by raids, by district", unit="0-1", width=len(words.DISTRICTS)
    ),
    "alarmed_on": Declared(
        np.int64,
        "day on which the fear last rose, or was seen to have faded, by district",
        unit="day",
        width=len(words.DISTRICTS),
        default=-NEVER,
    ),
    "faded": Declared(
        np.float64,
        "fading of that fear since it was last noticed, by district",
        unit="0-1",
        width=len(words.DISTRICTS),
    ),
    "pressure": Declared(
        np.float64,
        "pressure of the police on the last seven days, by district",
        unit="ordinary days",
        shape=(7, len(words.DISTRICTS)),
    ),
    "trust": Declared(
        np.float64,
        "mean trust of compatriots in each option",
        unit="0-1",
        shape=(len(words.NATIONALITIES), len(words.OPTIONS)),
    ),
    "insured": Declared(np.int64, "members of the fund, by group", width=STRATA),
    "could_be_enrolled": Declared(
        np.int64, "workers with contracts this month, by sector", width=len(words.SECTORS)
    ),
    "enrolled": Declared(np.int64, "of these, enrolled", width=len(words.SECTORS)),
    "enrolled_share": Declared(
        np.float64, "share enrolled as last seen, by sector", unit="0-1", width=len(words.SECTORS)
    ),
    "formal_share": Declared(
        np.float64,
        "share of workers whose employer gives contracts, as last seen, by sector",
        unit="0-1",
        width=len(words.SECTORS),
    ),
    "ledger": Declared(np.int64, "sum of every flow of money", unit="KZT", width=FLOWS),
    "lost_work": Declared(np.int64, "wages of days too ill to work", unit="KZT"),
    "jobless": Declared(np.int64, "people who have lost their work"),
    "with_contracts": Declared(
        np.int64, "people in work groups of employers who give contracts", derived=True
    ),
    "health_lost": Declared(
        np.int64, "health lost to illness, by group", unit="thousandths of a day", width=STRATA
    ),
}
"""Counts of the city; a group is a stratum (`sim.agents.migrant`)."""
WORKED_OUT = tuple(name for name, count in COUNTS.items() if count.derived)
"""Counts that follow from the rest of the state and are not part of it."""


def city_counts() -> Column:
    """Return the counts of the city at the beginning, as one record."""
    return new_records(COUNTS, 1)


class CityHandle:
    """The city of a model, opened for rules and kept open as long as no table moves.

    Parameters
    ----------
    model : AlmatyModel
        The model whose tables, logs and numbers the city gives access to.
    """

    def __init__(self, model: Any) -> None:
        self._model_itself = weakref.ref(model)
        self.close()

    def close(self) -> None:
        """Have the city reopened, because numbers or logs have been replaced."""
        self._city: City | None = None
        self._kept: City | None = None
        self._generation = StorageGeneration.count
        self._day: int | None = None

    def current(self) -> City:
        """Return the city, with as much space in the logs as a day may need."""
        model: Any = self._model_itself()
        if self._generation != StorageGeneration.count:
            self.close()
        if self._day != model.day:
            self._make_room_in_logs()
        if self._city is None:
            self._city = self._open()
        return self._city

    def close_if_moved(self) -> None:
        """Have the city reopened if a table that it was opened with has been replaced."""
        model: Any = self._model_itself()
        if self._kept is not None and self._kept.nearest is not model.care_seeking.nearest:
            self.close()

    def _make_room_in_logs(self) -> None:
        """Reserve space for a day in which every row of the tables is freed and used again."""
        model: Any = self._model_itself()
        moved = [log.make_room(most_a_day(model)) for log, most_a_day in model.rooms]
        if INTERPRETED or any(moved):
            self._city = None
        if self._city is not None:
            begin_day(self._city, model.day)
        self._day = model.day

    def _open(self) -> City:
        model: Any = self._model_itself()
        named = ("migrants", "employers", "episodes", "clinics", "agencies", "tasks")
        agents: Any = {name: for_rules(getattr(model, name).table) for name in named}
        logs: Any = {name: model.logs[name].open() for name in LOGS_OF_THE_CITY}
        tables = City(
            today=model.day,
            streams=model.draws.streams,
            **agents,
            work_groups=for_rules(model.work_groups),
            counts=for_rules(model.counts),
            knowledge=model.agencies.knowledge,
            closed_together=model.agencies.closed_together,
            **logs,
            rows=RowAllocators(
                *(getattr(model, name).row_allocator for name in RowAllocators._fields)
            ),
            week_slice=model.migrants.week_slice,
            month_slice=model.migrants.month_slice,
            departures=model.departures.wheel,
            onsets=model.onset_reminders.wheel,
            nearest=model.care_seeking.nearest,
            parameters=for_rules(model.parameter_table)[0],
        )
        # The city does not own these tables: they must live as long as it does.
        self._kept = tables
        return open_city(tables)
