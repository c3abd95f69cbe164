"""Clinics of every kind: institutions as data.

Each unit (one polyclinic, one hospital, ...) is a `mesa.Agent`. Their daily numbers (slots,
credit, beds) are kept side by side in `Clinics`, so that one queue engine serves them all.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim import vocabulary as words
from sim.agents.institution import Institution
from sim.config.institutions import InstitutionSpecification
from sim.config.world import World
from sim.engine.calendar import WorkCalendar
from sim.engine.queues import erlang_c_wait
from sim.engine.records import records
from sim.engine.types import Booleans, Column, Floats, Integers

MINUTES_A_DAY = 24 * 60


class Clinic(Institution):
    """One unit of an institution.

    Attributes
    ----------
    name : str
        E.g. "polyclinic 3".
    institution : str
        Name of its entry in `conf/city/`.
    kind, district : str
        See `sim.vocabulary`.
    number : int
        Its place in the arrays of `Clinics`.
    """

    def __init__(
        self, model: Any, number: int, name: str, institution: str, kind: str, district: str
    ) -> None:
        super().__init__(model)
        self.number = number
        self.name = name
        self.institution = institution
        self.kind = kind
        self.district = district

    @property
    def waiting(self) -> int:
        """People in the queue at the end of yesterday."""
        return int(self.model.clinics.waiting[self.number])

    @property
    def served_today(self) -> int:
        """Services given today."""
        return int(self.model.clinics.served_today[self.number])


class Clinics:
    """All units side by side: today's slots, credit and beds.

    Parameters
    ----------
    model : AlmatyModel
        The model the units are registered with as Mesa agents.
    world : World
        Institutions and districts.
    """

    def __init__(self, model: Any, world: World) -> None:
        self.calendar: WorkCalendar = model.calendar
        self.units: list[Clinic] = []
        for institution, described in world.institutions.items():
            number_of_kind = 0
            for district in words.DISTRICTS:
                for _ in range(round(described.units.get(district, 0))):
                    number_of_kind += 1
                    self.units.append(
                        Clinic(
                            model,
                            number=len(self.units),
                            name=f"{institution} {number_of_kind}",
                            institution=institution,
                            kind=described.kind,
                            district=district,
                        )
                    )
        count = len(self.units)
        kinds = [words.INSTITUTION_KINDS.index(unit.kind) for unit in self.units]
        districts = [words.DISTRICTS.index(unit.district) for unit in self.units]
        whole, real = np.zeros(count, dtype=np.int64), np.zeros(count)
        self.table: Column = records(
            count,
            kind=np.array(kinds, dtype=np.int8),
            district=np.array(districts, dtype=np.int64),
            open=np.zeros(count, dtype=np.bool_),
            member=np.zeros(count, dtype=np.bool_),
            **dict.fromkeys(self.COUNTS, whole),
            **dict.fromkeys(("credit", *self.FACTS), real),
            mean_stay=np.zeros((count, len(words.KINDS))),
        )
        for name in self.table.dtype.names or ():
            setattr(self, name, self.table[name])
        self.ambulance_wait_minutes = 0.0
        self.prepare(world)

    COUNTS = ("in_bed", "slots", "free_beds", "served_today", "waiting", "diverted_today")
    STATE = ("open", "credit", *COUNTS)
    """Fields of the table that change from day to day; the others follow from the world."""
    FACTS = (
        "capacity", "beds", "background_occupancy", "background_spread", "competence",
        "refers_emergencies", "stay_sigma", "reports",
    )  # fmt: skip

    kind: Integers
    district: Integers
    open: Booleans
    member: Booleans
    credit: Floats
    in_bed: Integers
    slots: Integers
    free_beds: Integers
    served_today: Integers
    waiting: Integers
    diverted_today: Integers
    capacity: Floats
    beds: Floats
    background_occupancy: Floats
    background_spread: Floats
    competence: Floats
    refers_emergencies: Floats
    stay_sigma: Floats
    reports: Floats
    mean_stay: Floats

    def prepare(self, world: World) -> None:
        """Take over today's capacities, beds and opening days from the world."""
        specifications = [world.institutions[unit.institution] for unit in self.units]
        scale = world.city.scale
        self.capacity[:] = np.array([daily_capacity(one) for one in specifications]) * scale
        self.beds[:] = np.array([one.beds for one in specifications]) * scale
        self.background_occupancy[:] = [one.background_occupancy for one in specifications]
        self.background_spread[:] = [one.background_occupancy_sd for one in specifications]
        self.competence[:] = [one.competence for one in specifications]
        self.refers_emergencies[:] = [one.refers_emergencies for one in specifications]
        self.reports[:] = [one.reports for one in specifications]
        self.stay_sigma[:] = [one.stay_sigma for one in specifications]
        self.mean_stay[:] = [
            [one.stay_days[kind] if one.stay_days else 0.0 for kind in words.KINDS]
            for one in specifications
        ]
        self.works_on = np.array(
            [[day in one.opens.weekdays for day in words.WEEKDAYS] for one in specifications]
        )
        self.works_on_holidays = np.array([one.opens.holidays for one in specifications])
        self.open_units = self.calendar.open_days(self.works_on, self.works_on_holidays)
        self.travel = world.city.travel_days()
        self.ambulance_response = [
            (one.crews or 0.0, one.background_calls or 0.0, one.minutes_a_call or 0.0)
            for one in specifications
            if one.kind == "ambulance"
        ]

    def arrays(self) -> dict[str, Column]:
        """Return the state as arrays."""
        return {
            **{name: self.table[name] for name in self.STATE},
            "ambulance_wait_minutes": np.array([self.ambulance_wait_minutes]),
        }

    def restore(self, arrays: Mapping[str, Column]) -> None:
        """Take over a state that `arrays` returned."""
        for name in self.STATE:
            self.table[name] = arrays[name]
        self.ambulance_wait_minutes = float(arrays["ambulance_wait_minutes"][0])

    def of_kind(self, kind: str) -> Integers:
        """Return the numbers of the units of one kind."""
        return np.flatnonzero(self.kind == words.INSTITUTION_KINDS.index(kind))

    def nearest(self, kind: str) -> Integers:
        """Return, for each district, the units of a kind from the nearest to the farthest.

        Returns
        -------
        array of int, shape (districts, units of the kind)
        """
        units = self.of_kind(kind)
        order = np.argsort(self.travel[:, self.district[units]], axis=1, kind="stable")
        return np.asarray(units[order])


def daily_capacity(described: InstitutionSpecification) -> float:
    """Return the services a unit can give on an open day.

    An ambulance service can answer what its crews have time for beyond the residents' calls.
    """
    if described.kind == "ambulance":
        crews, calls, minutes = (
            described.crews or 0.0,
            described.background_calls or 0.0,
            described.minutes_a_call or 1.0,
        )
        return max(crews * MINUTES_A_DAY / minutes - calls, 0.0)
    return described.capacity or 0.0


def ambulance_wait_minutes(crews: float, calls_a_day: float, minutes_a_call: float) -> float:
    """Return the mean wait for a free crew by Erlang's formula, in minutes."""
    offered_load = calls_a_day * minutes_a_call / MINUTES_A_DAY
    return erlang_c_wait(round(crews), offered_load, minutes_a_call)
