"""Casework: what agencies do with the needs that reach them.

Every line of every agency has whole slots today (fractions are carried over as credit) and serves
those waiting first come, first served, or by severity or vulnerability where the partners have
agreed on it. A service settles the need with the agency's competence for it, if the agency accepts
the person and has the money or the bed; papers take some days more. If it does not, motivation
falls, the person may give up, and else is referred on (see `navigation`). Every contact teaches,
and an agency that reports people without valid status may do so. People who wait long leave the
line. A second opening of a need that is settled already is served in vain. A coordinated need costs
its partner some time besides.

The coordinating body takes up all open needs of a person at once: it answers questions, pays from
the joint fund, and sends every other need to the best institution, by its own knowledge of them.
It also has instruments that work on the illness behind the need, as long as today's number of them
lasts: it books a visit, gives a guarantee letter (no refusal, no papers asked for, the true price),
and sends an escort or interpreter to those who are afraid or lack a common language (for what they
do see `care_seeking` and `payment`). People with a need that was settled have an advocate at the
desk.

Parameters: `conf/city/` (agencies), `conf/parameters/referral.yaml`. Neutral state: all capacities
0 (nothing is settled), or at their upper bound (nobody waits).
"""

from typing import TYPE_CHECKING

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.agency import BED_DAYS, LINES, LONGEST_WAIT
from sim.agents.city import City
from sim.agents.episode import State
from sim.agents.migrant import NEVER
from sim.agents.task import (
    INFORMATION,
    NOWHERE,
    PAYMENT,
    SHELTER,
    Ending,
    Move,
    Place,
    move_key,
    return_to_migrant,
)
from sim.config.entries import parameter_record
from sim.config.world import World
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.daily_cache import DailyCache
from sim.engine.jit.compiled import compiled
from sim.engine.queues import served, whole_slots
from sim.engine.random.scalar import happens, peek_uniform, uniform
from sim.engine.records import Record
from sim.engine.types import Booleans, Floats, Identities, Integers, Rows
from sim.submodels.care_options import CONSULATE, NGO, booked_option
from sim.submodels.demography import move_out
from sim.submodels.enforcement import REPORT_BY_AGENCY, may_be_reported, take_bed
from sim.submodels.experience import fear_of, tell_group
from sim.submodels.information import AGENCY_SOURCE, ITEMS, learn
from sim.submodels.ledger_entries import post
from sim.submodels.navigation import LEAVING_LINE, accepts, refer
from sim.submodels.needs import end_need, episode_of, forget_closed_tasks, lose, note_move, settle
from sim.submodels.services import PLACE_IN_LINE
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

if TYPE_CHECKING:
    from sim.city_model import CityModel

SUCCESS = Purpose.SUCCESS_AT_AN_AGENCY.row
PROCESSING = Purpose.PROCESSING_TIME.row
TAUGHT = Purpose.TAUGHT_BY_AN_AGENCY.row
OPTION_OF_KIND = np.array(
    [
        {words.AgencyKind.NGO: NGO, words.AgencyKind.CONSULATE: CONSULATE}.get(kind, -1)
        for kind in words.AgencyKind
    ]
)
"""Option of care-seeking that an agency belongs to, for what is told about it."""
CARE_PAID_FROM = np.array(
    [CHART.number(f"care paid by {name}") for name in ("NGOs", "IOM", "the joint fund")]
)
"""Flow of the ledger when an agency pays for care, by its account."""
WORK_PAID_FROM = np.array(
    [CHART.number("work of NGOs"), CHART.number("work of IOM"), CHART.number("work of NGOs")]
)
BOOKINGS = words.Line.BOOKINGS.value
LETTERS = words.Line.LETTERS.value
ESCORTS = words.Line.ESCORTS.value
SEVERE = words.SEVERE
WOMAN = words.Sex.WOMAN.value


class Casework(Submodel):
    """Agencies at work."""

    def __init__(self, model: "CityModel") -> None:
        super().__init__(model)
        self.fraction = DailyCache(
            lambda days: model.draws.peek_uniform(
                Purpose.FRACTION_OF_A_PLACE, model.funding.days_and_agencies(days)
            )
        )

    def prepare(self, world: World) -> None:
        """Note today's rules."""
        coordination = world.coordination
        self.parameters = parameter_record(
            world.referral,
            severity_first=coordination.severity_first,
            vulnerability_first=coordination.vulnerability_first,
            overhead=coordination.overhead,
        )

    def open_doors(self) -> None:
        """Open the day at the agencies."""
        model = self.model
        opens = model.agencies.open_agencies.on(model.day)
        open_agencies(model.city(), opens, self.fraction.on(model.day))

    def work(self) -> None:
        """Let agencies finish what they have processed, and see those next in line."""
        work(self.model.city())


# --- rules: the day ---------------------------------------------------------------------------


@compiled
def open_agencies(city: City, opens: Booleans, fraction: Floats) -> None:
    """Open the doors, turn capacities into whole slots, and count the places that are free.

    Parameters
    ----------
    fraction : array of float, shape (agencies,)
        Uniform numbers: fractions of a place are whole places on so many days.
    """
    for number in range(len(city.agencies)):
        agency = city.agencies[number]
        agency.open = opens[number]
        works = opens[number] and not (agency.money and agency.budget <= 0)
        for line in range(LINES):
            capacity = agency.capacity[line]
            a_day = max(capacity * agency.share_of_days, 1.0 / LONGEST_WAIT)
            agency.wait_days[line] = min(agency.waiting[line] / a_day, LONGEST_WAIT)
            slots, credit = whole_slots(capacity if works else 0.0, agency.credit[line])
            agency.slots[line] = slots
            agency.credit[line] = credit
            agency.served_today[line] = 0
        agency.in_bed -= agency.releases[city.today % BED_DAYS]
        agency.releases[city.today % BED_DAYS] = 0
        agency.free_beds = max(int(np.floor(agency.beds + fraction[number])) - agency.in_bed, 0)


@compiled(allocates=True)
def work(city: City) -> None:
    """Finish what has been processed, and see those next in line; some go home with that."""
    done = finish(city)
    helped = serve(city, next_at_agencies(city))
    leave_lines(city)
    forget_closed_tasks(city)
    home = np.unique(np.concatenate((done, helped)))
    move_out(city, home[city.rows.migrants.occupied[home]], Ending.LEFT)
    count_waiting_at_agencies(city)


# --- rules: lines -----------------------------------------------------------------------------


@compiled(allocates=True)
def next_at_agencies(city: City) -> Rows:
    """Return the tasks that are served today, in an order that does not depend on rows."""
    rows, line, urgency, ready_day, tie_break = who_waits_at_agencies(city)
    slots = np.empty(len(city.agencies) * LINES, dtype=np.int64)
    for number in range(len(city.agencies)):
        slots[number * LINES : (number + 1) * LINES] = city.agencies[number].slots
    rows = rows[served(line, urgency, ready_day, tie_break, slots)]
    # Money and places go to who was ready first, and among equals by identity.
    pid, ready_on = np.empty(len(rows), dtype=np.uint64), np.empty(len(rows), dtype=np.int64)
    for i in range(len(rows)):
        pid[i] = city.tasks[rows[i]].pid
        ready_on[i] = city.tasks[rows[i]].ready_on
    by_identity = np.argsort(pid, kind="mergesort")
    return rows[by_identity][np.argsort(ready_on[by_identity], kind="mergesort")]


@compiled(allocates=True)
def who_waits_at_agencies(city: City) -> tuple[Rows, Integers, Integers, Integers, Identities]:
    """Return who can be served today, and their place in the lines (see `services.who_waits`)."""
    rows = active_rows(city.rows.tasks)
    casework = city.parameters.casework
    waiting = np.empty(len(rows), dtype=np.intp)
    line = np.empty(len(rows), dtype=np.int64)
    urgency = np.empty(len(rows), dtype=np.int64)
    ready_day = np.empty(len(rows), dtype=np.int64)
    tie_break = np.empty(len(rows), dtype=np.uint64)
    count = 0
    for row in rows:
        task = city.tasks[row]
        if task.place != Place.QUEUED or task.ready_on > city.today:
            continue
        agency = city.agencies[task.agency]
        if not agency.open:
            continue
        waiting[count] = row
        line[count] = int(task.agency) * LINES + agency.line_of[task.need]
        urgency[count] = 0
        if casework.severity_first > 0.0:
            urgency[count] = int(task.urgency)
        if casework.vulnerability_first > 0.0 and not task.redundant:
            urgency[count] += vulnerability(city.migrants[task.migrant])
        ready_day[count] = task.ready_on
        # Fixed for a person and a need, and other than in other lines.
        who = task.pid & np.uint64((1 << 40) - 1)
        tie_break[count] = np.uint64(peek_uniform(city.streams, PLACE_IN_LINE, who, 1) * 2.0**64)
        count += 1
    return waiting[:count], line[:count], urgency[:count], ready_day[:count], tie_break[:count]


@compiled
def vulnerability(migrant: Record) -> int:
    """Return how vulnerable a person counts as, 0 to 3: women, no valid status, no language."""
    no_status = migrant.legal_status >= REGISTERED_STATUS
    return int(migrant.sex == WOMAN) + int(no_status) + int(not migrant.manages_language)


REGISTERED_STATUS = words.LegalStatus.REGISTERED.value
"""From this legal status on there is no right to work."""


@compiled(allocates=True)
def leave_lines(city: City) -> None:
    """Let people who have waited long leave a line, and try elsewhere or give up."""
    casework = city.parameters.casework
    for row in active_rows(city.rows.tasks):
        task = city.tasks[row]
        if task.place != Place.QUEUED or task.redundant or task.second:
            continue
        waited = city.today - int(task.queued_on)
        if waited <= casework.patience or task.urgency >= SEVERE:
            continue
        u = peek_uniform(city.streams, LEAVING_LINE, task.person, move_key(task))
        extra = 0.0
        if casework.reneging < 1.0:
            extra = np.log(u) / np.log1p(-max(casework.reneging, 1e-12))
        if waited > casework.patience + extra:
            note_move(city, task, Move.LEFT_THE_LINE, task.agency, NOWHERE, waited)
            task.moves += 1
            lose_motivation(city, task)
            if task.place != Place.CLOSED:
                return_to_migrant(task)


@compiled(allocates=True)
def count_waiting_at_agencies(city: City) -> None:
    """Count how many wait in each line after today's services."""
    for number in range(len(city.agencies)):
        city.agencies[number].waiting[:] = 0
    for row in active_rows(city.rows.tasks):
        task = city.tasks[row]
        if task.place == Place.QUEUED:
            agency = city.agencies[task.agency]
            agency.waiting[agency.line_of[task.need]] += 1


# --- rules: services --------------------------------------------------------------------------


@compiled(allocates=True)
def serve(city: City, rows: Rows) -> Rows:
    """Serve needs; return the rows of people who now go home."""
    going_home = np.empty(len(rows), dtype=np.intp)
    count = 0
    hub = int(city.parameters.navigation.hub)
    for row in rows:
        task = city.tasks[row]
        if task.place != Place.QUEUED:
            # Settled a moment ago together with another need, or by its twin.
            continue
        number = int(task.agency)
        agency = city.agencies[number]
        line = agency.line_of[task.need]
        agency.served_today[line] += 1
        waited = city.today - int(task.queued_on)
        if task.redundant:
            note_move(city, task, Move.SERVED_IN_VAIN, NOWHERE, number, waited)
            task.place = Place.CLOSED
            continue
        migrant = int(task.migrant)
        if number == hub:
            home = coordinate(city, task)
        else:
            if task.coordinated:
                agency.credit[line] -= city.parameters.casework.overhead
            home = see(city, task, number, waited)
        if home:
            going_home[count] = migrant
            count += 1
    return going_home[:count]


@compiled
def see(city: City, task: Record, number: int, waited: int) -> bool:
    """See a person about a need; return True if the person now goes home."""
    agency, migrant = city.agencies[number], city.migrants[task.migrant]
    note_move(city, task, Move.SERVED, NOWHERE, number, waited)
    meet_agency(city, task, number)
    if not accepts(city, number, task, migrant):
        note_move(city, task, Move.TURNED_AWAY, number, NOWHERE, 0)
        tell_group(city, migrant, OPTION_OF_KIND[agency.kind], False)
        fail(city, task, number)
        return False
    success = happens(
        city.streams, SUCCESS, task.person, move_key(task), agency.competence[task.need]
    )
    if not (success and has_means(city, task, number)):
        note_move(city, task, Move.FAILED, number, NOWHERE, 0)
        fail(city, task, number)
        return False
    spend(city, task, agency)
    tell_group(city, migrant, OPTION_OF_KIND[agency.kind], True)
    if agency.processing[task.need] > 0.0:
        begin_processing(city, task, agency)
        return False
    return settle_at(city, task, number)


@compiled
def meet_agency(city: City, task: Record, number: int) -> None:
    """Let a contact with an agency teach, and be reported by those who do."""
    agency, migrant = city.agencies[number], city.migrants[task.migrant]
    if task.served_on <= -NEVER:
        task.served_on = city.today
    task.moves += 1
    key = move_key(task)
    for item in range(ITEMS):
        if migrant.knows[item] or agency.teaches[item] <= 0.0:
            continue
        # The items of one contact share one draw: the better known are learned first.
        if peek_uniform(city.streams, TAUGHT, task.person, key) < agency.teaches[item]:
            learn(city, migrant, item, AGENCY_SOURCE)
    may_be_reported(city, migrant, REPORT_BY_AGENCY, key, agency.reports)


@compiled
def has_means(city: City, task: Record, number: int) -> bool:
    """Return True if an agency has the money or the bed that a need asks for."""
    agency = city.agencies[number]
    if agency.money and agency.budget < cost_of(task, agency):
        return False
    return task.need != SHELTER or task.goes_home or agency.beds <= 0.0 or agency.free_beds > 0


@compiled
def cost_of(task: Record, agency: Record) -> int:
    """Return what settling a need costs an agency that has a budget, in whole tenge."""
    if task.need == INFORMATION:
        return 0
    return int(agency.cost_per_case) + (int(task.amount) if task.need == PAYMENT else 0)


@compiled
def spend(city: City, task: Record, agency: Record) -> None:
    """Pay for settling a need, from the budget of an agency that has one."""
    if agency.money:
        cost = cost_of(task, agency)
        agency.budget -= cost
        agency.spent += cost
        for_care = int(task.amount) if task.need == PAYMENT else 0
        post(city, CARE_PAID_FROM[agency.payer], for_care)
        post(city, WORK_PAID_FROM[agency.payer], cost - for_care)
    if task.need != INFORMATION:
        agency.resolved_this_quarter += 1


@compiled
def begin_processing(city: City, task: Record, agency: Record) -> None:
    """Let papers be made, which takes days around the mean."""
    spread = city.parameters.casework.processing_spread
    u = uniform(city.streams, PROCESSING, task.person, move_key(task))
    days = agency.processing[task.need] * (1.0 + spread * (2.0 * u - 1.0))
    task.place = Place.IN_PROCESS
    task.ready_on = city.today + max(int(np.rint(days)), 1)


@compiled(allocates=True)
def finish(city: City) -> Rows:
    """Settle needs whose processing is over; return the rows of people who now go home."""
    rows = active_rows(city.rows.tasks)
    going_home = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        task = city.tasks[row]
        if task.place == Place.IN_PROCESS and task.ready_on <= city.today:
            migrant = int(task.migrant)
            if settle_at(city, task, int(task.agency)):
                going_home[count] = migrant
                count += 1
    return going_home[:count]


@compiled
def settle_at(city: City, task: Record, number: int) -> bool:
    """Settle a need at an agency: partners learn from it, and shelter takes a bed."""
    agency = city.agencies[number]
    if task.last_agency >= 0:
        city.closed_together[task.last_agency, number] += 1
    if task.need == SHELTER and not task.goes_home and agency.beds > 0.0:
        agency.free_beds -= 1
        take_bed(city, number, max(int(agency.stay_days), 1))
    return settle(city, task)


@compiled
def fail(city: City, task: Record, number: int) -> None:
    """Let a person whose need was not settled give up, or be referred on."""
    if task.second:
        # The second opening was only a try.
        city.tasks[task.twin].twin = NOWHERE
        end_need(city, task, Ending.DUPLICATE)
        return
    lose_motivation(city, task)
    if task.place != Place.CLOSED:
        refer(city, task, number, city.agencies[number].member)


@compiled
def lose_motivation(city: City, task: Record) -> None:
    """Count a bounce; a person who has lost too much motivation gives up."""
    task.bounces += 1
    task.motivation *= city.parameters.casework.motivation_kept
    if task.motivation < task.gives_up_at:
        lose(city, task, Ending.GIVEN_UP)


# --- rules: the coordinating body -------------------------------------------------------------


@compiled
def coordinate(city: City, task: Record) -> bool:
    """Take up all needs of a person that wait at the coordinating body; one slot does for all.

    Returns
    -------
    bool
        Whether the person now goes home.
    """
    hub = int(task.agency)
    migrant = city.migrants[task.migrant]
    goes_home = False
    for need in range(len(words.NEEDS)):
        row = migrant.task_of[need]
        if row < 0:
            continue
        one = city.tasks[row]
        if one.place == Place.QUEUED and one.agency == hub and one.ready_on <= city.today:
            one.coordinated = True
            if dispatch(city, one, hub):
                goes_home = True
    return goes_home


@compiled
def dispatch(city: City, task: Record, hub: int) -> bool:
    """Answer, pay from the joint fund, or send a need on; return True if the person goes home."""
    agency = city.agencies[hub]
    note_move(city, task, Move.SERVED, NOWHERE, hub, city.today - int(task.queued_on))
    meet_agency(city, task, hub)
    help_to_care(city, task, hub)
    paid = task.need == PAYMENT and agency.budget >= task.amount and task.amount > 0
    if paid:
        agency.budget -= task.amount
        agency.spent += task.amount
        post(city, CARE_PAID_FROM[agency.payer], int(task.amount))
    success = paid or happens(
        city.streams, SUCCESS, task.person, move_key(task), agency.competence[task.need]
    )
    if success:
        return settle_at(city, task, hub)
    refer(city, task, hub, True)
    return False


# --- rules: the coordinating body and care ----------------------------------------------------


@compiled
def help_to_care(city: City, task: Record, hub: int) -> None:
    """Give what there is of letters, escorts and bookings to a person who is still ill."""
    migrant = city.migrants[task.migrant]
    row = episode_of(city, task, migrant)
    if row < 0:
        return
    episode = city.episodes[row]
    if episode.treated or episode.perceived_on < episode.began_on:
        return
    agency, helped = city.agencies[hub], False
    if not episode.guaranteed and take_one(agency, LETTERS):
        episode.guaranteed = helped = True
    in_need = not migrant.manages_language or fear_of(city, migrant) > (
        city.parameters.navigation.afraid_above
    )
    if in_need and not episode.escorted and take_one(agency, ESCORTS):
        episode.escorted = helped = True
    if episode.state != State.UNDECIDED:
        return
    if episode.booked_until < city.today and take_one(agency, BOOKINGS):
        episode.booked_until = city.today + int(city.parameters.navigation.booked_days)
        episode.refused_by[booked_option(episode.severity)] = False
        helped = True
    if helped:
        episode.compared_on = -NEVER
        episode.decides_on = min(int(episode.decides_on), city.today + 1)


@compiled
def take_one(agency: Record, line: int) -> bool:
    """Take one of today's instruments of an agency, if there is one left."""
    if agency.served_today[line] >= agency.slots[line]:
        return False
    agency.served_today[line] += 1
    return True
