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
VISITS_A_DAY = 4
"""Most visits of an episode in a day: a clinic, an ambulance, a hospital, giving up a line."""


HANDOVERS_A_DAY = 8
"""Most moves of a need in a day that the log has room for."""


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
        self._kept: tuple[Any, ...] = ()
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

    def _make_room_in_logs(self) -> None:
        """Make room for a day in which every row of the tables is given up and taken again."""
        model: Any = self._model_itself()
        people = model.migrants.capacity
        episodes, tasks = 2 * model.episodes.capacity, 2 * model.tasks.capacity
        moved = [
            model.visits.make_room(VISITS_A_DAY * episodes),
            model.payments.make_room(VISITS_A_DAY * episodes),
            model.closed_episodes.make_room(episodes),
            model.leavers.make_room(people),
            model.deaths.make_room(episodes),
            model.policy_costs.make_room(1),
            model.handovers.make_room(HANDOVERS_A_DAY * tasks),
            model.closed_needs.make_room(tasks),
            model.police.make_room(people),
        ]
        if INTERPRETED or any(moved):
            self._city = None
        if self._city is not None:
            begin_day(self._city, model.day)
        self._day = model.day

    def _open(self) -> City:
        model: Any = self._model_itself()
        tables = City(
            model.day,
            model.draws.streams,
            for_rules(model.migrants.table),
            for_rules(model.employers.table),
            for_rules(model.episodes.table),
            for_rules(model.clinics.table),
            for_rules(model.work_groups),
            for_rules(model.agencies.table),
            for_rules(model.tasks.table),
            model.agencies.knowledge,
            model.agencies.closed_together,
            for_rules(model.counts),
            model.handovers.open(),
            model.closed_needs.open(),
            model.police.open(),
            model.visits.open(),
            model.payments.open(),
            model.closed_episodes.open(),
            model.leavers.open(),
            model.deaths.open(),
            model.policy_costs.open(),
            RowAllocators(
                model.migrants.row_allocator,
                model.episodes.row_allocator,
                model.tasks.row_allocator,
            ),
            model.migrants.week_slice,
            model.migrants.month_slice,
            model.departures.wheel,
            model.onset_reminders.wheel,
            model.care_seeking.nearest,
            for_rules(model.parameter_table)[0],
        )
        # The city does not own them: they have to live as long as it does.
        self._kept = tables
        return open_city(tables)
