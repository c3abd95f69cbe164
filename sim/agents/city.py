"""The city as rules see it: every table that the rules of a day read and write."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import types
from numba.experimental import structref

from sim import vocabulary as words
from sim.agents.migrant import STRATA
from sim.engine.arrays import Column, Identities, Integers
from sim.engine.compiled import INTERPRETED, compiled, record
from sim.engine.log import OpenLog


class City(NamedTuple):
    """Tables of records, counts and numbers.

    A rule takes what it needs by name: `episode = city.episodes[row]`,
    `illness = city.numbers[0].illness`.

    Attributes
    ----------
    today : int
        Day of the run.
    chance : array
        Keys of draws, for `sim.engine.chance`.
    migrants, employers, episodes, clinics : array of records
        The agents; rows as in the cohorts, units as in `Clinics`.
    work_groups : array of records
        See `sim.agents.migrant.work_groups`.
    counts : array of one record
        See `city_counts`.
    visits, payments, closed_episodes, leavers : OpenLog
        What is written down for the observer.
    nearest : array of int, shape (options, districts, most)
        Units that are nearest to each district, filled up with -1.
    numbers : array of one record
        For each submodel a record of its numbers, as its `prepare` puts them together.
    """

    today: int
    chance: Identities
    migrants: Column
    employers: Column
    episodes: Column
    clinics: Column
    work_groups: Column
    counts: Column
    visits: OpenLog
    payments: OpenLog
    closed_episodes: OpenLog
    leavers: OpenLog
    nearest: Integers
    numbers: Column


if INTERPRETED or TYPE_CHECKING:
    open_city = City
else:
    # For compiled rules the city is one pointer instead of a hundred arguments.

    @structref.register
    class CityType(types.StructRef):
        """What Numba knows of a city."""

        def preprocess_fields(self, fields: Any) -> Any:
            """Forget the value a number had when the city was opened."""
            return tuple((name, types.unliteral(one)) for name, one in fields)

    class CityOfRules(structref.StructRefProxy):
        """A city that compiled rules can take; its fields are those of `City`."""

    structref.define_proxy(CityOfRules, CityType, list(City._fields))

    @compiled
    def open_city(
        today: int,
        chance: Identities,
        migrants: Column,
        employers: Column,
        episodes: Column,
        clinics: Column,
        work_groups: Column,
        counts: Column,
        visits: OpenLog,
        payments: OpenLog,
        closed_episodes: OpenLog,
        leavers: OpenLog,
        nearest: Integers,
        numbers: Column,
    ) -> City:
        """Return a city that compiled rules can take as one argument."""
        return CityOfRules(
            today, chance, migrants, employers, episodes, clinics, work_groups, counts, visits,
            payments, closed_episodes, leavers, nearest, numbers,
        )  # fmt: skip


@compiled
def begin_day(city: City, today: int) -> None:
    """Let a new day begin in a city that is open already."""
    city.today = today  # type: ignore[misc]


def city_counts() -> Column:
    """Return the counts of the city, all 0, as one record.

    It holds the people `present` (by stratum) and `residents` (by district and nationality), how
    many of them know each item (`informed`, `informed_residents`), and the emergencies that have
    begun today (`newly_severe`).
    """
    items = len(words.KNOWLEDGE)
    places = (len(words.DISTRICTS), len(words.NATIONALITIES))
    return record(
        present=np.zeros(STRATA, dtype=np.int64),
        residents=np.zeros(places, dtype=np.int64),
        informed=np.zeros((STRATA, items), dtype=np.int64),
        informed_residents=np.zeros((*places, items), dtype=np.int64),
        newly_severe=0,
    )
