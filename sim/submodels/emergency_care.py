"""Emergency care: ambulances, and hospitals as far as the door of the ward.

Ambulances reach everyone the same day as long as crews are free and take severe patients to the
nearest hospital; others they treat on the spot. Hospitals see the most severe first. The severe are
admitted and wait for a bed (see `beds`) under treatment, the others are walk-ins like at any clinic
(see `services`). Where a treatment in hospital has not taken hold, it is tried again every day.

Parameters: `conf/city/` (crews, capacities, competence). Neutral state: capacities at their upper
bound (nobody waits).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.clinic import ambulance_wait_minutes
from sim.agents.episode import State, join_line
from sim.agents.migrant import NEVER, can_pay
from sim.config.world import World
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record
from sim.engine.types import Integers
from sim.submodels.care_options import AMBULANCE, SEVERE
from sim.submodels.insurance import PATIENT, cover_of
from sim.submodels.ledger_entries import post
from sim.submodels.payment import AMBULANCE_RUN, CARE_PAID_BY, collect
from sim.submodels.services import (
    ADMITTED,
    DELIVERED,
    NOT_HELPED,
    NOWHERE,
    ONLY_AMBULANCES,
    ONLY_HOSPITALS,
    TREATED,
    begin_treatment,
    count_waiting,
    get_in,
    log_visit,
    meet,
    next_in_line,
    note_competent_care,
    send_home_without_help,
    succeeds,
)
from sim.submodels.submodel import Submodel


class EmergencyCare(Submodel):
    """Ambulances and admissions."""

    def prepare(self, world: World) -> None:
        """Learn the way to the nearest hospital, by district."""
        hospitals = self.model.clinics.nearest("hospital")
        self.nearest_hospital = (
            hospitals[:, 0] if hospitals.size else np.full(len(words.DISTRICTS), NOWHERE)
        )

    def send_ambulances(self) -> None:
        """Let ambulances reach those who called, and take severe patients to hospital."""
        calls = send_ambulances(
            self.model.city(), self.nearest_hospital, self.model.services.dispensary
        )
        self._note_ambulance_wait(calls)

    def admit_to_hospital(self) -> None:
        """Let hospitals see emergencies and walk-ins, and find beds for the severely ill."""
        model = self.model
        try_treatment_again(model.city())
        admit(model.city(), model.services.dispensary)
        model.beds.find()
        count_waiting(model.city())

    def _note_ambulance_wait(self, calls: int) -> None:
        """Compute today's mean wait for a crew from the load of the whole city."""
        model, clinics = self.model, self.model.clinics
        for crews, background, minutes in clinics.ambulance_response:
            load = background + calls / model.world.city.scale
            clinics.ambulance_wait_minutes = ambulance_wait_minutes(crews, load, minutes)


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def send_ambulances(city: City, nearest_hospital: Integers, dispensary: int) -> int:
    """Treat on the spot, or take severe patients to the nearest hospital; return the calls."""
    rows = next_in_line(city, ONLY_AMBULANCES)
    for row in rows:
        episode = city.episodes[row]
        meet(city, episode)
        charge_run(city, episode)
        if episode.severity >= SEVERE:
            note_emergency_care(city, episode)
            hospital = nearest_hospital[city.migrants[episode.migrant].district]
            if hospital == NOWHERE:
                send_home_without_help(city, episode)
                continue
            log_visit(city, episode, DELIVERED)
            join_line(episode, hospital, city.today, city.today)
            episode.by_ambulance = True
        elif succeeds(city, episode):
            log_visit(city, episode, TREATED)
            begin_treatment(city, episode, dispensary)
        else:
            log_visit(city, episode, NOT_HELPED)
            episode.refused_by[AMBULANCE] = True
            send_home_without_help(city, episode)
    return len(rows)


@compiled
def charge_run(city: City, episode: Record) -> None:
    """Let the payer that the law names pay for an ambulance; nobody goes without one for money."""
    payment = city.parameters.payment
    migrant = city.migrants[episode.migrant]
    payer = payment.payer_of_service[
        migrant.nationality, migrant.legal_status, cover_of(city, migrant), AMBULANCE_RUN
    ]
    episode.payer = payer
    run = int(payment.ambulance_run)
    if payer != PATIENT:
        post(city, CARE_PAID_BY[payer], run)
        return
    paid_now = min(run, int(np.floor(can_pay(migrant, payment.borrowing_limit))))
    collect(city, episode, paid_now)
    episode.last_price = paid_now
    episode.charged += run - paid_now
    episode.owed += run - paid_now


@compiled(allocates=True)
def admit(city: City, dispensary: int) -> None:
    """See patients at hospitals: the severe are to have a bed, the others are walk-ins."""
    for row in next_in_line(city, ONLY_HOSPITALS):
        episode = city.episodes[row]
        if not get_in(city, episode):
            continue
        success = succeeds(city, episode)
        if episode.severity >= SEVERE:
            note_emergency_care(city, episode)
            log_visit(city, episode, ADMITTED)
            episode.treated = success
            episode.state = State.IN_BED
            episode.boarding = True
            episode.stabilised = False
        elif success:
            log_visit(city, episode, TREATED)
            begin_treatment(city, episode, dispensary)
        else:
            log_visit(city, episode, NOT_HELPED)
            send_home_without_help(city, episode)


@compiled(allocates=True)
def try_treatment_again(city: City) -> None:
    """Try once more to treat patients in bed whose treatment has not taken hold so far."""
    for row in active_rows(city.rows.episodes):
        episode = city.episodes[row]
        if episode.state == State.IN_BED and not episode.treated:
            episode.visits += 1
            episode.treated = succeeds(city, episode)


@compiled
def note_emergency_care(city: City, episode: Record) -> None:
    """Note the day emergency care came to a severe episode, the first time it does."""
    if episode.emergency_care_on <= -NEVER:
        episode.emergency_care_on = city.today
    note_competent_care(city, episode)
