"""Clinics of every kind: institutions as data.

Each unit (one polyclinic, one hospital, ...) is a `mesa.Agent`. Their daily numbers (slots,
credit, beds) are kept side by side in `Clinics`, so that one queue engine serves them all.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.institution import Institution
from sim.config.institutions import InstitutionSpecification
from sim.config.world import World
from sim.engine.agentset.column import Column
from sim.engine.agentset.table import Table
from sim.engine.calendar import WorkCalendar
from sim.engine.queues import erlang_c_wait
from sim.engine.types import Booleans, Integers
from sim.engine.types import Column as Values

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


SAME_NAME = (
    "background_occupancy", "competence", "refers_emergencies", "reports", "stay_sigma",
)  # fmt: skip
"""Facts of a unit that have the same name in its description."""


class Clinics(Table):
    """All units side by side: today's slots, credit and beds.

    Parameters
    ----------
    model : AlmatyModel
        The model the units are registered with as Mesa agents.
    world : World
        Institutions and districts.
    """

    FIXED: ClassVar[tuple[str, ...]] = ("units", "kind", "district", "of_kind")
    """Attributes that no lever changes (see `sim.preparation`)."""

    open = Column(np.bool_, "is open today")
    credit = Column(np.float64, "fraction of a slot carried over", unit="slots")
    in_bed = Column(np.int64, "migrants in bed")
    slots = Column(np.int64, "whole services it can give today")
    free_beds = Column(np.int64, "beds left by residents and migrants today")
    served_today = Column(np.int64, "services given today")
    waiting = Column(np.int64, "people in line this evening")
    diverted_today = Column(np.int64, "patients sent to another hospital today")

    kind = Column(np.int8, "kind of institution", labels=words.INSTITUTION_KINDS, derived=True)
    district = Column(np.int64, "district", labels=words.DISTRICTS, derived=True)
    member = Column(np.bool_, "has joined the coordination", derived=True)
    capacity = Column(np.float64, "services on an open day", unit="a day", derived=True)
    beds = Column(np.float64, "beds", unit="beds", derived=True)
    background_occupancy = Column(
        np.float64, "mean share of beds taken by residents", unit="0-1", derived=True
    )
    background_spread = Column(
        np.float64, "its standard deviation from day to day", unit="0-1", derived=True
    )
    competence = Column(np.float64, "probability that treatment helps", unit="0-1", derived=True)
    refers_emergencies = Column(
        np.float64, "probability that an emergency is sent on", unit="0-1", derived=True
    )
    stay_sigma = Column(
        np.float64, "log standard deviation of a stay in bed", unit="log days", derived=True
    )
    reports = Column(
        np.float64, "probability that a contact without valid status is reported", unit="0-1",
        derived=True,
    )  # fmt: skip
    mean_stay = Column(
        np.float64, "mean stay in bed, by kind of illness", unit="days", width=len(words.KINDS),
        derived=True,
    )  # fmt: skip

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
        super().__init__(len(self.units))
        self.kind[:] = [words.INSTITUTION_KINDS.index(unit.kind) for unit in self.units]
        self.district[:] = [words.DISTRICTS.index(unit.district) for unit in self.units]
        self._of_kind = {
            name: np.flatnonzero(self.kind == code)
            for code, name in enumerate(words.INSTITUTION_KINDS)
        }
        self.ambulance_wait_minutes = 0.0
        institutions = np.array([unit.institution for unit in self.units])
        self._rows_of = {name: np.flatnonzero(institutions == name) for name in world.institutions}
        # The entry that the rows of an institution were built from.
        self._made_from: dict[str, tuple[InstitutionSpecification, float]] = {}
        self.works_on = np.zeros((len(self.units), len(words.WEEKDAYS)), dtype=np.bool_)
        self.works_on_holidays = np.zeros(len(self.units), dtype=np.bool_)
        self.prepare(world)

    def prepare(self, world: World) -> None:
        """Update capacities, beds and opening days from the world of the day."""
        scale, moved = world.city.scale, False
        institutions = world.institutions
        for name, described in institutions.items():
            before, before_scale = self._made_from.get(name, (None, scale))
            if before is not described or before_scale != scale:
                self._take_over(name, described, scale)
                self._made_from[name] = (described, scale)
                moved = True
        self.travel = world.city.travel_days()
        if not moved:
            return
        self.open_units = self.calendar.open_days(self.works_on, self.works_on_holidays)
        self.ambulance_response = [
            (one.crews or 0.0, one.background_calls or 0.0, one.minutes_a_call or 0.0)
            for one in (institutions[unit.institution] for unit in self.units)
            if one.kind == "ambulance"
        ]

    def _take_over(self, name: str, described: InstitutionSpecification, scale: float) -> None:
        """Update the capabilities of the units of one institution."""
        rows, table = self._rows_of[name], self.table
        table["capacity"][rows] = daily_capacity(described) * scale
        table["beds"][rows] = described.beds * scale
        table["background_spread"][rows] = described.background_occupancy_sd
        for fact in SAME_NAME:
            table[fact][rows] = getattr(described, fact)
        stays = described.stay_days
        table["mean_stay"][rows] = [stays[kind] if stays else 0.0 for kind in words.KINDS]
        self.works_on[rows] = [day in described.opens.weekdays for day in words.WEEKDAYS]
        self.works_on_holidays[rows] = described.opens.holidays

    def offers(self, kind: str) -> bool:
        """Return True if some unit of a kind of institution can serve anybody."""
        return bool((self.capacity[self.of_kind(kind)] > 0).any())

    def set_members(self, joined: Booleans) -> None:
        """Record which units take part in coordination."""
        self.member[:] = joined

    def arrays(self) -> dict[str, Values]:
        """Return the state as arrays."""
        return {
            **{name: self.table[name] for name in self.STATE},
            "ambulance_wait_minutes": np.array([self.ambulance_wait_minutes]),
        }

    def restore(self, arrays: Mapping[str, Values]) -> None:
        """Restore a state returned by `arrays`."""
        for name in self.STATE:
            self.table[name] = arrays[name]
        self.ambulance_wait_minutes = float(arrays["ambulance_wait_minutes"][0])

    def of_kind(self, kind: str) -> Integers:
        """Return the numbers of the units of one kind."""
        return self._of_kind[kind]

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

    An ambulance service can answer the calls that its crews have time for besides those of
    residents.
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
