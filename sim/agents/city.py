"""The city as rules see it: every table that the rules of a day read and write."""

import weakref
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import types
from numba.experimental import structref

from sim import vocabulary as words
from sim.agents.accounts import FLOWS
from sim.agents.migrant import NEVER, STRATA
from sim.engine.agentset.row_allocator import RowAllocator, StorageGeneration
from sim.engine.event_log import EventWriter
from sim.engine.jit.backend import borrowed_struct
from sim.engine.jit.compiled import compiled
from sim.engine.jit.settings import INTERPRETED
from sim.engine.records import Record, for_rules, record
from sim.engine.timing_wheel import WheelArrays
from sim.engine.types import Column, Floats, Identities, Integers


class RowAllocators(NamedTuple):
    """Which rows of each table of agents that come and go are taken.

    Attributes
    ----------
    migrants, episodes, tasks : RowAllocator
    """

    migrants: RowAllocator
    episodes: RowAllocator
    tasks: RowAllocator


class City(NamedTuple):
    """Tables of records, counts and parameters.

    A rule takes what it needs by name: `episode = city.episodes[row]`,
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
    handovers, closed_needs, police, visits, payments, closed_episodes : EventWriter
    leavers, deaths, policy_costs : EventWriter
        What is written down for the observer.
    rows : RowAllocators
        Which rows of migrants, episodes and tasks are taken.
    week_slice, month_slice : array of int
        Columns of migrants that are kept apart.
    departures, onsets : Wheel
        Reminders of planned departures and of candidate onsets, for rows of migrants.
    nearest : array of int, shape (options, districts, most)
        Units that are nearest to each district, filled up with -1.
    parameters : record
        For each submodel a record of its parameters, as its `prepare` puts them together.
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
        """Return a city as rules take it."""
        return tables
else:
    # For compiled rules the city is one pointer instead of a hundred arguments.

    @borrowed_struct
    class CityType(types.StructRef):
        """What Numba knows of a city."""

        def preprocess_fields(self, fields: Any) -> Any:
            """Forget the value a number had when the city was opened."""
            return tuple((name, types.unliteral(one)) for name, one in fields)

        @cached_property
        def mangling_args(self) -> tuple[str, tuple[()]]:
            """Return a short word for the city in the names of compiled functions.

            By default all fields of all records are spelled out, 100 kB in the name of every
            function that is called: nearly all that there was to compile, load and keep.
            """
            return f"City{blake2b(self.name.encode(), digest_size=8).hexdigest()}", ()

    class CityOfRules(structref.StructRefProxy):
        """A city that compiled rules can take; its fields are those of `City`."""

    structref.define_proxy(CityOfRules, CityType, list(City._fields))

    @compiled(allocates=True)
    def open_city(tables: City) -> City:
        """Return a city that compiled rules can take as one argument."""
        return CityOfRules(*tables)


@compiled
def begin_day(city: City, today: int) -> None:
    """Let a new day begin in a city that is open already."""
    city.today = today  # type: ignore[misc]


def city_counts() -> Column:
    """Return the counts of the city, all 0, as one record.

    It holds the people `present` (by stratum) and `residents` (by district and nationality), how
    many of them know each item (`informed`, `informed_residents`), and the emergencies that have
    begun today (`newly_severe`); `learned` counts items by where they were learned. `alarm` is the
    fear that raids have left in each district and `alarmed_on` the day of the last one, `pressure`
    that of the police there on the last seven days (see `enforcement`); `trust` is what compatriots
    think on average of each option of care. `insured` counts members of the fund by stratum;
    `could_be_enrolled` and `enrolled` count workers with contracts by sector this month, and
    `enrolled_share` and `formal_share` are the shares of workers enrolled and of those whose
    employer gives contracts, as last seen. `ledger` sums every flow of `sim.agents.accounts`, in
    KZT; `lost_work` sums the wages of days on which people were too ill to work, `health_lost`
    the health lost to illness by stratum, in thousandths of a day; `jobless` counts people who
    have lost their work, `with_contracts` those in work groups of employers who give contracts.
    """
    items = len(words.KNOWLEDGE)
    places = (len(words.DISTRICTS), len(words.NATIONALITIES))
    return record(
        present=np.zeros(STRATA, dtype=np.int64),
        residents=np.zeros(places, dtype=np.int64),
        informed=np.zeros((STRATA, items), dtype=np.int64),
        informed_residents=np.zeros((*places, items), dtype=np.int64),
        newly_severe=0,
        learned=np.zeros((len(words.SOURCES), items), dtype=np.int64),
        alarm=np.zeros(len(words.DISTRICTS)),
        alarmed_on=np.full(len(words.DISTRICTS), -NEVER),
        pressure=np.zeros((7, len(words.DISTRICTS))),
        trust=np.zeros((len(words.NATIONALITIES), len(words.OPTIONS))),
        insured=np.zeros(STRATA, dtype=np.int64),
        could_be_enrolled=np.zeros(len(words.SECTORS), dtype=np.int64),
        enrolled=np.zeros(len(words.SECTORS), dtype=np.int64),
        enrolled_share=np.zeros(len(words.SECTORS)),
        formal_share=np.zeros(len(words.SECTORS)),
        ledger=np.zeros(FLOWS, dtype=np.int64),
        lost_work=0,
        jobless=0,
        with_contracts=0,
        health_lost=np.zeros(STRATA, dtype=np.int64),
    )


WORKED_OUT = ("with_contracts",)
"""Counts that follow from the rest of the state and are no part of it."""


class CityHandle:
    """The city of a model, opened for rules and kept open as long as no table moves.

    Parameters
    ----------
    model : AlmatyModel
        Whose tables, logs and numbers to hand out.
    """

    def __init__(self, model: Any) -> None:
        self._model_itself = weakref.ref(model)
        self.close()

    def close(self) -> None:
        """Let the city be opened anew: numbers or logs are others now."""
        self._city: City | None = None
        self._kept: City | None = None
        self._generation = StorageGeneration.count
        self._day: int | None = None

    def current(self) -> City:
        """Return the city, with the room in logs that a day may need."""
        model: Any = self._model_itself()
        if self._generation != StorageGeneration.count:
            self.close()
        if self._day != model.day:
            self._make_room_in_logs()
        if self._city is None:
            self._city = self._open()
        return self._city

    def close_if_moved(self) -> None:
        """Let the city be opened anew if a table that it was opened with is another now."""
        model: Any = self._model_itself()
        if self._kept is not None and self._kept.nearest is not model.care_seeking.nearest:
            self.close()

    def _make_room_in_logs(self) -> None:
        """Make room for a day in which every row of the tables is given up and taken again."""
        model: Any = self._model_itself()
        moved = [
            submodel.logs[name].make_room(declared.most_a_day(model))
            for submodel in model.submodels.values()
            for name, declared in submodel.events.items()
        ]
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
        # The city does not own them: they have to live as long as it does.
        self._kept = tables
        return open_city(tables)
