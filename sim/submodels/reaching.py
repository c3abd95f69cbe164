"""Reaching: from the decision to the door.

Going to a clinic needs leave from the employer (more likely the graver the illness and the more
tolerant the employer) and an open door; people go to the nearest unit, each to one among equally
near ones. Hospitals serve the same day, other clinics from the next day on, unless they see
severely ill people at once (`same_day_triage`). A contract secures leave (`formal_leave`). After
some days of trying in vain the person decides again. An ambulance comes to the person. Informal
employers may pay private treatment of an injury in kind and ask for silence. Returning home ends
the stay; the illness is followed (see `follow_up`).

Parameters: `conf/parameters/employment.yaml`, `care_seeking.tries`, opening days in `conf/city/`.
Neutral state: permission 1 for every severity and all doors open every day; `same_day_triage` and
`formal_leave` at 0.
"""

import numpy as np

from sim.agents.city import City
from sim.agents.episode import (
    Gate,
    State,
    bring_up,
    join_line,
    note_binding_barrier,
    one_each,
    reset_decision,
    try_key,
)
from sim.agents.migrant import NEVER, can_pay
from sim.agents.task import INFORMATION, SHELTER, Ending
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import prefetch_ahead
from sim.engine.random.scalar import happens, peek_uniform
from sim.engine.records import Record
from sim.engine.types import Rows
from sim.submodels.care_options import (
    AMBULANCE,
    CONSULATE,
    EMPLOYER,
    HOME,
    HOSPITAL,
    MOBILE_CLINIC,
    NGO,
    PRIVATE,
    SEVERE,
)
from sim.submodels.care_seeking import leave_probability
from sim.submodels.demography import move_out
from sim.submodels.payment import TICKETS, collect
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

WHICH_UNIT = Purpose.WHICH_AMBULANCE.row
"""The first of the purposes that choose among equally near units, in the order of the options."""
LEAVE_FROM_WORK = Purpose.LEAVE_FROM_WORK.row
TRIAGE = Purpose.TRIAGE.row


class Reaching(Submodel):
    """Setting out for what has been chosen."""

    def set_out(self) -> None:
        """Let those who have decided try to reach what they have chosen."""
        set_out(self.model.city())


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def set_out(city: City) -> None:
    """Let those who have decided try to reach what they have chosen."""
    rows = active_rows(city.rows.episodes)
    going_home = np.empty(len(rows), dtype=np.intp)
    count = 0
    borrowing = city.parameters.payment.borrowing_limit
    bus_home = city.parameters.payment.bus_home
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        row = rows[place]
        episode = city.episodes[row]
        if episode.state != State.UNDER_WAY:
            continue
        if episode.option == AMBULANCE:
            arrive(city, episode, unit_for(city, episode, AMBULANCE), city.today)
        elif episode.option == EMPLOYER:
            ask_employer(city, episode)
        elif episode.option == HOME:
            if can_pay(migrant_of(city, episode), borrowing) >= bus_home:
                going_home[count] = row
                count += 1
            else:
                ask_for_the_way_home(city, episode)
        elif episode.option in (NGO, CONSULATE):
            ask_for_advice(city, episode)
        else:
            go_to_clinic(city, episode)
    if count > 0:
        return_home(city, one_each(city, going_home[:count]))


@compiled
def migrant_of(city: City, episode: Record) -> Record:
    """Return the owner of an episode."""
    return city.migrants[episode.migrant]


@compiled
def ask_for_the_way_home(city: City, episode: Record) -> None:
    """Let somebody who wants home and cannot pay the ticket need help with it."""
    episode.wants_home = True
    episode.refused_by[HOME] = True
    bring_up(episode, SHELTER, -1, -1, 0)
    reset_decision(episode, city.today + 1)


@compiled
def ask_for_advice(city: City, episode: Record) -> None:
    """Ask an NGO or the consulate for advice; meanwhile go on thinking what to do."""
    nationality = city.migrants[episode.migrant].nationality
    episode.asks_agency = city.parameters.care_seeking.advisers[episode.option - NGO, nationality]
    episode.refused_by[episode.option] = True
    bring_up(episode, INFORMATION, -1, -1, 0)
    reset_decision(episode, city.today + 1)


@compiled
def go_to_clinic(city: City, episode: Record) -> None:
    """Ask for leave and find the door open; same-day service only at hospitals."""
    migrant = city.migrants[episode.migrant]
    option = episode.option
    unit = unit_for(city, episode, option)
    reached = city.clinics[unit].open
    key = try_key(episode)
    if option != MOBILE_CLINIC:
        probability = leave_probability(city, migrant, episode.severity)
        has_leave = happens(city.streams, LEAVE_FROM_WORK, episode.person, key, probability)
        reached = reached and has_leave
    episode.tries += 1
    episode.tries_now += 1
    if reached:
        triage = city.parameters.care_seeking.same_day_triage
        at_once = option == HOSPITAL or (
            episode.severity >= SEVERE
            and happens(city.streams, TRIAGE, episode.person, key, triage)
        )
        arrive(city, episode, unit, city.today if at_once else city.today + 1)
        migrant.absent_days += 1
    elif episode.tries_now >= city.parameters.care_seeking.tries:
        note_binding_barrier(episode, Gate.REACH)
        reset_decision(episode, city.today + 1)


@compiled
def ask_employer(city: City, episode: Record) -> None:
    """Ask the employer to pay private treatment; some do, in exchange for silence."""
    employer = city.employers[city.migrants[episode.migrant].employer]
    if employer.formal or employer.pays_in_kind >= city.parameters.payment.pays_in_kind:
        episode.refused_by[EMPLOYER] = True
        reset_decision(episode, city.today + 1)
    elif city.parameters.care_seeking.offered[PRIVATE]:
        episode.paid_by_employer = True
        arrive(city, episode, unit_for(city, episode, PRIVATE), city.today + 1)


@compiled
def arrive(city: City, episode: Record, unit: int, ready: int) -> None:
    """Join the line of a unit."""
    join_line(episode, unit, city.today, ready)
    if episode.arrived_on <= -NEVER:
        episode.arrived_on = city.today


@compiled
def unit_for(city: City, episode: Record, option: int) -> int:
    """Return the nearest unit of the chosen kind; everybody has one among equally near ones."""
    seeking = city.parameters.care_seeking
    district = city.migrants[episode.migrant].district
    u = peek_uniform(city.streams, WHICH_UNIT + option, episode.person, 0)
    return city.nearest[option, district, int(u * seeking.nearest_count[option, district])]


@compiled(allocates=True)
def return_home(city: City, rows: Rows) -> None:
    """Let people pay for the way home, as far as they can, and leave with their illness."""
    payment = city.parameters.payment
    leaving = np.empty(len(rows), dtype=np.intp)
    for i in range(len(rows)):
        episode = city.episodes[rows[i]]
        leaving[i] = episode.migrant
        means = can_pay(city.migrants[episode.migrant], payment.borrowing_limit)
        collect(city, episode, int(min(payment.bus_home, np.floor(means))), TICKETS)
    move_out(city, leaving, Ending.LEFT)
