"""Reaching: from the decision to the door.

Going to a clinic needs leave from the employer (more likely the graver the illness and the more
tolerant the employer) and an open door; people go to the nearest unit, each to one among equally
near ones. Hospitals serve the same day, other clinics from the next day on. After some days of
trying in vain the person decides anew. An ambulance comes to the person. Informal employers may
pay private treatment of an injury in kind and ask for silence. Returning home ends the stay; the
illness is followed (see `follow_up`).

Parameters: `conf/parameters/employment.yaml`, `care_seeking.tries`, opening days in `conf/city/`.
Neutral state: permission 1 for every severity and all doors open every day.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import Gate, State
from sim.agents.migrant import NEVER
from sim.engine.arrays import Integers, Rows
from sim.submodels.care_seeking import (
    AMBULANCE,
    EMPLOYER,
    HOME,
    HOSPITAL,
    MOBILE_CLINIC,
    POLYCLINIC,
    PRIVATE,
)
from sim.submodels.submodel import Submodel, one_each


class Reaching(Submodel):
    """Setting out for what has been chosen."""

    def set_out(self) -> None:
        """Let those who have decided try to reach what they have chosen."""
        episodes = self.model.episodes
        rows = episodes.in_state(State.UNDER_WAY)
        option = episodes.option[rows]
        self._call_ambulance(rows[option == AMBULANCE])
        self._ask_employer(rows[option == EMPLOYER])
        for one in (HOSPITAL, POLYCLINIC, MOBILE_CLINIC, PRIVATE):
            self._go_to_clinic(rows[option == one], one)
        self._return_home(rows[option == HOME])

    def _call_ambulance(self, rows: Rows) -> None:
        model, episodes = self.model, self.model.episodes
        if len(rows):
            unit = self._unit_for(rows, AMBULANCE)
            episodes.queue_at(rows, unit, arrived=model.day, ready=model.day)
            self._note_arrival(rows)

    def _go_to_clinic(self, rows: Rows, option: int) -> None:
        """Ask for leave and find the door open; same-day service only at hospitals."""
        if len(rows) == 0:
            return
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        unit = self._unit_for(rows, option)
        people = episodes.migrant[rows]
        reached = model.open_units[unit]
        if option != MOBILE_CLINIC:
            reached &= model.draws.happens(
                "leave from work",
                episodes.person[rows],
                episodes.try_key(rows),
                probability=model.care_seeking.leave_probability(people, episodes.severity[rows]),
            )
        episodes.tries[rows] += 1
        episodes.tries_now[rows] += 1
        arrived = rows[reached]
        ready = model.day if option == HOSPITAL else model.day + 1
        episodes.queue_at(arrived, unit[reached], arrived=model.day, ready=ready)
        migrants.absent_days[people[reached]] += 1
        self._note_arrival(arrived)
        stuck = rows[~reached]
        stuck = stuck[episodes.tries_now[stuck] >= model.world.care_seeking.tries]
        episodes.stopped_at(stuck, Gate.REACH)
        episodes.decide_anew(stuck, model.day + 1)

    def _ask_employer(self, rows: Rows) -> None:
        """Ask the employer to pay private treatment; some do, in exchange for silence."""
        if len(rows) == 0:
            return
        model, episodes = self.model, self.model.episodes
        employer = model.migrants.employer[episodes.migrant[rows]]
        pays = model.employers.pays_in_kind[employer] < model.world.employment.pays_in_kind
        pays &= ~model.employers.formal[employer]
        treated = rows[pays]
        if model.care_seeking.offered[PRIVATE] and len(treated):
            unit = self._unit_for(treated, PRIVATE)
            episodes.paid_by_employer[treated] = True
            episodes.queue_at(treated, unit, arrived=model.day, ready=model.day + 1)
            self._note_arrival(treated)
        episodes.refused_by[rows[~pays], EMPLOYER] = True
        episodes.decide_anew(rows[~pays], model.day + 1)

    def _return_home(self, rows: Rows) -> None:
        if len(rows) == 0:
            return
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        rows = one_each(rows, episodes.person)
        people = episodes.migrant[rows].astype(np.intp)
        can_pay = migrants.can_pay(people, model.world.money.borrowing_limit)
        fare = np.minimum(model.world.payment.price["bus_home"], np.floor(can_pay))
        model.payment.collect(rows, fare.astype(np.int64))
        model.demography.leave(people)

    def _note_arrival(self, rows: Rows) -> None:
        episodes = self.model.episodes
        first = rows[episodes.arrived_on[rows] <= -NEVER]
        episodes.arrived_on[first] = self.model.day

    def _unit_for(self, rows: Rows, option: int) -> Integers:
        """Return the nearest unit of the chosen kind; everybody has one among equally near ones."""
        model, episodes = self.model, self.model.episodes
        district = model.migrants.district[episodes.migrant[rows]]
        u = model.draws.trait(f"which {words.OPTIONS[option]}", episodes.person[rows])
        place = np.floor(u * model.care_seeking.nearest_count[option][district]).astype(np.int64)
        return np.asarray(model.care_seeking.nearest_units[option][district, place])
