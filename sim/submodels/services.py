"""Services: lines, the desk, and what comes of a visit.

Every unit has whole slots today (fractions are carried over as credit) and serves those waiting by
urgency, then by day of arrival, then by a keyed tie-break; hospitals and ambulances (see
`emergency_care`) serve the most severe first, everybody else first come, first served. A service
succeeds with the unit's competence. Ordinary clinics call an ambulance for some of their severe
patients and treat the others on the spot; tuberculosis found anywhere is sent on to the dispensary.
People who wait long for ordinary care give up. Some of those who are refused at the desk of a
member are handed over to the coordinating body (`turned_away_told`).

Parameters: `conf/city/` (capacities, competence), `conf/parameters/care_seeking.yaml` (patience).
Neutral state: capacities at their upper bound (nobody waits).
"""

from collections.abc import Mapping
from enum import auto
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import (
    Gate,
    State,
    bring_up,
    join_line,
    lose_treatment,
    note_binding_barrier,
    one_each,
    reset_decision,
    try_key,
    visit_key,
)
from sim.agents.migrant import NEVER
from sim.agents.task import INFORMATION
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import prefetch_ahead
from sim.engine.queues import served, whole_slots
from sim.engine.random.scalar import happens, peek_uniform
from sim.engine.records import Record
from sim.engine.types import Booleans, Identities, Integers, Rows
from sim.submodels.care_options import AMBULANCE, SEVERE
from sim.submodels.enforcement import FACILITY_REPORT, may_be_reported
from sim.submodels.experience import has_something_to_fear, tell_group
from sim.submodels.illness import INFECTION, MATERNITY
from sim.submodels.information import teach_by_visit
from sim.submodels.payment import WELCOME, Answer, admit_at_desk, pay_for_course
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose


class VisitResult(words.Category):
    """What came of a visit."""

    TREATED = auto()
    NOT_HELPED = auto()
    REFUSED_NO_MONEY = auto()
    WRONGLY_REFUSED = auto()
    SENT_ON = auto()
    DELIVERED = auto()
    ADMITTED = auto()
    GAVE_UP = auto()
    NO_PAPERS = auto()


VISIT_RESULTS = words.labels(VisitResult)
TREATED = VisitResult.TREATED.value
NOT_HELPED = VisitResult.NOT_HELPED.value
NO_MONEY = VisitResult.REFUSED_NO_MONEY.value
WRONGLY_REFUSED = VisitResult.WRONGLY_REFUSED.value
SENT_ON = VisitResult.SENT_ON.value
DELIVERED = VisitResult.DELIVERED.value
ADMITTED = VisitResult.ADMITTED.value
GAVE_UP = VisitResult.GAVE_UP.value
WITHOUT_PAPERS = VisitResult.NO_PAPERS.value
MET = np.isin(
    np.arange(len(VisitResult)),
    [
        VisitResult.TREATED, VisitResult.NOT_HELPED, VisitResult.SENT_ON, VisitResult.DELIVERED,
        VisitResult.ADMITTED,
    ],
)  # fmt: skip
"""Results of visits at which a person met a provider, and was not turned away before."""
KIND_AMBULANCE = words.InstitutionKind.AMBULANCE.value
KIND_HOSPITAL = words.InstitutionKind.HOSPITAL.value
KIND_PRIVATE = words.InstitutionKind.PRIVATE.value
KIND_DISPENSARY = words.InstitutionKind.TB_DISPENSARY.value
ONLY_AMBULANCES = np.arange(len(words.INSTITUTION_KINDS)) == KIND_AMBULANCE
ONLY_HOSPITALS = np.arange(len(words.INSTITUTION_KINDS)) == KIND_HOSPITAL
ORDINARY_CLINICS = ~(ONLY_AMBULANCES | ONLY_HOSPITALS)
"""Kinds of institutions that see patients together."""
RESULT_OF_ANSWER = np.zeros(len(Answer), dtype=np.int64)
RESULT_OF_ANSWER[Answer.CANNOT_PAY] = NO_MONEY
RESULT_OF_ANSWER[Answer.WRONGLY_REFUSED] = WRONGLY_REFUSED
RESULT_OF_ANSWER[Answer.NO_PAPERS] = WITHOUT_PAPERS
"""Result of a visit that ends at the desk, by the answer there."""
OPTION_OF_KIND = np.array(
    [words.OPTIONS.index(kind) if kind in words.OPTIONS else -1 for kind in words.INSTITUTION_KINDS]
)
"""Option of care that each kind of clinic stands for (-1: people are only sent there)."""
NOWHERE = -1
GIVING_UP = Purpose.GIVING_UP.row
HANDED_TO_THE_HUB = Purpose.HANDED_TO_THE_HUB.row
AMBULANCE_CALLED = Purpose.AMBULANCE_CALLED.row
PLACE_IN_LINE = Purpose.PLACE_IN_THE_LINE.row
SUCCESS = Purpose.SUCCESS_OF_A_SERVICE.row


VISITS_A_DAY = 4
"""Most visits of an episode in a day: a clinic, an ambulance, a hospital, giving up a line."""


class Services(Submodel):
    """Lines and visits."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "visits": LogDeclaration(
            lambda model: VISITS_A_DAY * 2 * model.episodes.capacity,
            person=Declared(np.uint64, "patient"),
            ordinal=Declared(np.int32, "ordinal of the onset in the patient's life"),
            stratum=Declared(np.int16, "group of the patient at onset"),
            kind=Declared(np.int8, "kind of illness", labels=words.KINDS),
            severity=Declared(np.int8, "severity: mild 1, moderate 2, severe 3, critical 4"),
            unit=Declared(np.int16, "clinic"),
            by_ambulance=Declared(np.bool_, "came by ambulance"),
            in_kind=Declared(np.bool_, "paid by the employer in kind"),
            began_on=Declared(np.int32, "day of the onset", unit="day"),
            arrived_on=Declared(np.int32, "day of arrival", unit="day"),
            served_on=Declared(np.int32, "day of the visit", unit="day"),
            result=Declared(np.int8, "what came of it", labels=VISIT_RESULTS),
            paid=Declared(np.int32, "paid by the patient", unit="KZT"),
            payer=Declared(np.int8, "who pays besides", labels=words.PAYERS),
            insured=Declared(np.bool_, "member of the fund"),
        )
    }

    def prepare(self, world: World) -> None:
        """Learn where emergencies and tuberculosis are sent on to."""
        clinics = self.model.clinics
        ambulances, dispensaries = clinics.of_kind("ambulance"), clinics.of_kind("tb_dispensary")
        self.ambulance = int(ambulances[0]) if len(ambulances) else NOWHERE
        self.dispensary = int(dispensaries[0]) if len(dispensaries) else NOWHERE

    # --- schedule -----------------------------------------------------------------------------

    def open_doors(self) -> None:
        """Open the day: slots, credit, and the beds that residents leave free."""
        model = self.model
        open_clinics(model.city(), model.clinics.open_units.on(model.day))
        model.beds.count_free()

    def see_patients(self) -> None:
        """Let all clinics but hospitals see their patients."""
        lying_down = see_patients(self.model.city(), self.ambulance, self.dispensary)
        self.model.beds.lie_down(lying_down)

    def give_up_waiting(self) -> None:
        """Let people who have waited long for ordinary care give up."""
        give_up_waiting(self.model.city())

    def remind_pregnant_women(self) -> None:
        """Let the effect of an antenatal visit end when the next is due; a cue to go again."""
        remind_pregnant_women(self.model.city())


# --- rules: lines ----------------------------------------------------------------------------


@compiled
def open_clinics(city: City, opens: Booleans) -> None:
    """Open the doors and turn capacities into whole slots; fractions are kept as credit."""
    for unit in range(len(city.clinics)):
        clinic = city.clinics[unit]
        clinic.open = opens[unit]
        slots, credit = whole_slots(clinic.capacity if opens[unit] else 0.0, clinic.credit)
        clinic.slots = slots
        clinic.credit = credit
        clinic.served_today = 0
        clinic.diverted_today = 0


@compiled(allocates=True)
def next_in_line(city: City, kinds: Booleans) -> Rows:
    """Return the episodes served today at the units of some kinds, one a person."""
    rows, line, urgency, ready_day, tie_break = who_waits(city, kinds)
    slots = np.empty(len(city.clinics), dtype=np.int64)
    for unit in range(len(city.clinics)):
        slots[unit] = city.clinics[unit].slots
    rows = one_each(city, rows[served(line, urgency, ready_day, tie_break, slots)])
    for row in rows:
        city.clinics[city.episodes[row].unit].served_today += 1
    return rows


@compiled(allocates=True)
def who_waits(city: City, kinds: Booleans) -> tuple[Rows, Integers, Integers, Integers, Identities]:
    """Return who can be served today at some kinds of institutions, and their place in the line.

    Returns
    -------
    rows, line, urgency, ready_day, tie_break : arrays
        What `sim.engine.queues.served` asks for. Hospitals and ambulances serve the most severe
        first, everybody else first come, first served.
    """
    rows = active_rows(city.rows.episodes)
    waiting = np.empty(len(rows), dtype=np.intp)
    line = np.empty(len(rows), dtype=np.int64)
    urgency = np.empty(len(rows), dtype=np.int64)
    ready_day = np.empty(len(rows), dtype=np.int64)
    tie_break = np.empty(len(rows), dtype=np.uint64)
    count = 0
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        row = rows[place]
        episode = city.episodes[row]
        if episode.state != State.QUEUED or episode.ready_on > city.today:
            continue
        kind = city.clinics[episode.unit].kind
        if not kinds[kind]:
            continue
        by_severity = kind in (KIND_HOSPITAL, KIND_AMBULANCE)
        waiting[count] = row
        line[count] = episode.unit
        urgency[count] = episode.severity if by_severity else 0
        ready_day[count] = episode.ready_on
        tie_break[count] = place_in_line(city, episode)
        count += 1
    return waiting[:count], line[:count], urgency[:count], ready_day[:count], tie_break[:count]


@compiled
def place_in_line(city: City, episode: Record) -> np.uint64:
    """Return bits that decide among equals: fixed for a person and an episode."""
    who = episode.pid & np.uint64((1 << 40) - 1)
    return np.uint64(peek_uniform(city.streams, PLACE_IN_LINE, who, 0) * 2.0**64)


@compiled(allocates=True)
def give_up_waiting(city: City) -> None:
    """Let people who have waited long for ordinary care give up."""
    rows = active_rows(city.rows.episodes)
    seeking = city.parameters.care_seeking
    for row in rows:
        episode = city.episodes[row]
        if episode.state != State.QUEUED or episode.severity >= SEVERE:
            continue
        if city.today - episode.queued_on <= seeking.patience:
            continue
        key = try_key(episode)
        episode.tries += 1
        if happens(city.streams, GIVING_UP, episode.person, key, seeking.reneging):
            log_visit(city, episode, GAVE_UP)
            note_binding_barrier(episode, Gate.REACH)
            reset_decision(episode, city.today + 1)


@compiled(allocates=True)
def count_waiting(city: City) -> None:
    """Count how many wait at each unit after today's services."""
    rows = active_rows(city.rows.episodes)
    for unit in range(len(city.clinics)):
        city.clinics[unit].waiting = 0
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        row = rows[place]
        episode = city.episodes[row]
        if episode.state == State.QUEUED or episode.boarding:
            city.clinics[episode.unit].waiting += 1


# --- rules: clinics --------------------------------------------------------------------------


@compiled(allocates=True)
def see_patients(city: City, ambulance: int, dispensary: int) -> Rows:
    """See patients at ordinary clinics; return those who need a bed at the dispensary."""
    rows = next_in_line(city, ORDINARY_CLINICS)
    lying_down = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        episode = city.episodes[row]
        if not get_in(city, episode):
            continue
        if calls_ambulance(city, episode):
            log_visit(city, episode, SENT_ON)
            if ambulance != NOWHERE:
                episode.option = AMBULANCE
                join_line(episode, ambulance, city.today, city.today)
        elif succeeds(city, episode):
            log_visit(city, episode, TREATED)
            if begin_treatment(city, episode, dispensary):
                lying_down[count] = row
                count += 1
        else:
            log_visit(city, episode, NOT_HELPED)
            send_home_without_help(city, episode)
    return lying_down[:count]


@compiled
def calls_ambulance(city: City, episode: Record) -> bool:
    """Return True if a clinic calls an ambulance for a severe patient."""
    probability = city.clinics[episode.unit].refers_emergencies
    return episode.severity >= SEVERE and happens(
        city.streams, AMBULANCE_CALLED, episode.person, visit_key(episode), probability
    )


@compiled
def get_in(city: City, episode: Record) -> bool:
    """Pass the desk and meet the doctor, or be turned away and decide again tomorrow."""
    answer, price = admit_at_desk(city, episode)
    if answer == WELCOME:
        episode.last_price = price
        meet(city, episode)
        return True
    log_visit(city, episode, RESULT_OF_ANSWER[answer])
    tell_group(city, city.migrants[episode.migrant], option_at(city, episode), False)
    if episode.option >= 0:
        episode.refused_by[episode.option] = True
    talk_about_wait(city, episode)
    if answer == Answer.WRONGLY_REFUSED:
        tell_of_the_hub(city, episode)
    reset_decision(episode, city.today + 1)
    return False


@compiled
def tell_of_the_hub(city: City, episode: Record) -> None:
    """Let staff of a member hand a person who has been refused over to the coordinating body."""
    navigation = city.parameters.navigation
    if navigation.hub == NOWHERE or not city.clinics[episode.unit].member:
        return
    key, probability = visit_key(episode), navigation.turned_away_told
    if happens(city.streams, HANDED_TO_THE_HUB, episode.person, key, probability):
        bring_up(episode, INFORMATION, episode.unit, episode.option, 0)


@compiled
def option_at(city: City, episode: Record) -> int:
    """Return the option of care that the unit of an episode stands for."""
    return OPTION_OF_KIND[city.clinics[episode.unit].kind]


@compiled
def meet(city: City, episode: Record) -> None:
    """Note a contact: care has been met, waits are remembered, rights may be learned.

    Staff may report people without valid status; either way the work group hears of it.
    """
    clinic, migrant = city.clinics[episode.unit], city.migrants[episode.migrant]
    option = option_at(city, episode)
    key = visit_key(episode)
    reported = may_be_reported(city, migrant, FACILITY_REPORT, key, clinic.reports)
    tell_group(city, migrant, option, not reported)
    if has_something_to_fear(migrant) and option >= 0:
        group = city.work_groups[migrant.work_group]
        if reported:
            group.reported[option] += 1
        else:
            group.uneventful[option] += 1
    episode.formal_contact = True
    if episode.care_on <= -NEVER:
        episode.care_on = city.today
    talk_about_wait(city, episode)
    if city.clinics[episode.unit].kind != KIND_PRIVATE:
        teach_by_visit(city, episode)


@compiled
def talk_about_wait(city: City, episode: Record) -> None:
    """Let the work group hear how long it took: the longest wait of a day is what is told."""
    option = episode.option
    if option < 0:
        return
    group = city.work_groups[city.migrants[episode.migrant].work_group]
    wait = city.today - episode.queued_on
    if group.heard_on[option] != city.today or wait > group.wait[option]:
        group.wait[option] = wait
    group.heard_on[option] = city.today
    group.changed_on = city.today


@compiled
def succeeds(city: City, episode: Record) -> bool:
    """Draw whether a service takes hold."""
    probability = city.clinics[episode.unit].competence
    return happens(city.streams, SUCCESS, episode.person, visit_key(episode), probability)


@compiled
def send_home_without_help(city: City, episode: Record) -> None:
    """Send home without help; people decide again tomorrow."""
    note_binding_barrier(episode, Gate.ENGAGE)
    reset_decision(episode, city.today + 1)


@compiled
def begin_treatment(city: City, episode: Record, dispensary: int) -> bool:
    """Begin treatment at home; return True if the dispensary should give a bed instead.

    Tuberculosis found anywhere else is sent on to the dispensary, which goes on tomorrow.
    """
    at_dispensary = city.clinics[episode.unit].kind == KIND_DISPENSARY
    if episode.kind == INFECTION and not at_dispensary and dispensary != NOWHERE:
        join_line(episode, dispensary, city.today, city.today + 1)
        return False
    episode.treated = True
    if episode.severe_on > -NEVER:
        note_competent_care(city, episode)
    if at_dispensary:
        return True
    pay_for_course(city, episode)
    treat_at_home(city, episode)
    return False


@compiled
def note_competent_care(city: City, episode: Record) -> None:
    """Note the day care that helps came to an episode that is or was severe, the first time."""
    if episode.competent_care_on <= -NEVER:
        episode.competent_care_on = city.today


@compiled
def treat_at_home(city: City, episode: Record) -> None:
    """Let treatment go on at home; a pregnancy has had one more visit."""
    episode.state = State.TREATED_AT_HOME
    episode.unit = -1
    if episode.kind == MATERNITY and not episode.born:
        episode.antenatal_visits += 1
        episode.next_visit_on = city.today + int(city.parameters.illness.antenatal_interval)


@compiled(allocates=True)
def remind_pregnant_women(city: City) -> None:
    """Let the effect of an antenatal visit end when the next is due; a cue to go again."""
    rows = active_rows(city.rows.episodes)
    for row in rows:
        episode = city.episodes[row]
        if episode.state == State.TREATED_AT_HOME and episode.next_visit_on <= city.today:
            episode.next_visit_on = NEVER
            lose_treatment(episode, city.today)
            reset_decision(episode, city.today)


@compiled
def log_visit(city: City, episode: Record, result: int) -> None:
    """Write one flat record a visit."""
    entry = append_record(city.visits)
    entry.person = episode.person
    entry.ordinal = episode.ordinal
    entry.stratum = episode.stratum
    entry.kind = episode.kind
    entry.severity = episode.severity
    entry.unit = episode.unit
    entry.by_ambulance = episode.by_ambulance
    entry.in_kind = episode.paid_by_employer
    entry.began_on = episode.began_on
    entry.arrived_on = episode.queued_on
    entry.served_on = city.today
    entry.result = result
    entry.paid = episode.last_price
    entry.payer = episode.payer
    entry.insured = episode.migrant >= 0 and city.migrants[episode.migrant].insured
    episode.last_price = 0
