"""Navigation: how a need finds an institution.

A need that is with its owner gathers a hazard of turning to somebody, higher for those who know who
helps. People who know (or guess right) go to the institution that does this best, discounted by the
fear of being reported there; others go to some institution or other (not to one for citizens of
another country: everybody knows whose consulate is theirs). Institutions that close in
working hours need leave from work. A referral names the best institution that has not had the need
yet, if staff know it (`Agencies.knowledge`); else sometimes a wrong one, else nobody ("we do not do
this"), and the need is with its owner again. Some do not follow a referral, the afraid more often;
a registry may bring them back. Now and then the same need is opened at a second institution too.
People without contact data in a registry may be lost sight of.

Score of institution j for a need: competence_j, if j accepts the person and has not had the need,
times exp(-load awareness * days of waiting at j) where the coordinating body routes.

Parameters: `conf/parameters/referral.yaml`, `coordination.yaml`. Neutral state: `navigation=0` and
no referrals followed (`no_show=1`): needs stay where they came up.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.agency import WAITED_IN
from sim.agents.city import City
from sim.agents.migrant import NEVER
from sim.agents.task import (
    DOCUMENTS,
    INFORMATION,
    NOWHERE,
    PAYMENT,
    SHELTER,
    Ending,
    Move,
    Place,
    has_visited,
    move_key,
    note_visited,
    return_to_migrant,
    task_identity,
)
from sim.config.entries import parameter_record
from sim.config.world import World
from sim.engine.agentset.row_allocator import active_rows, allocate_row
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import happens, uniform
from sim.engine.records import Record
from sim.engine.types import Column, Rows
from sim.submodels.care_seeking import leave_probability
from sim.submodels.experience import fear_of
from sim.submodels.information import WHO_HELPS
from sim.submodels.needs import lose, note_move
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

WHERE_TO_TURN = Purpose.WHERE_TO_TURN.row
WHICH_AGENCY = Purpose.WHICH_AGENCY.row
LEAVE_TO_SEE = Purpose.LEAVE_TO_SEE_AN_AGENCY.row
REFERRAL = Purpose.REFERRAL.row
NO_SHOW = Purpose.NO_SHOW.row
RECALL = Purpose.RECALL.row
DUPLICATE = Purpose.DUPLICATE.row
CONSENT = Purpose.CONSENT.row
MATCHED = Purpose.MATCHED.row
LEAVING_LINE = Purpose.LEAVING_THE_LINE_OF_AN_AGENCY.row
AN_ERRAND = words.Severity.MODERATE.value
"""Severity as which an employer takes the wish to see an institution (moderate)."""


class Navigation(Submodel):
    """Needs on their way."""

    def prepare(self, world: World) -> None:
        """Note today's rules, and where the coordinating body is."""
        coordination = world.coordination
        hubs = self.model.agencies.of_kind("coordination")
        self.hub = int(hubs[0]) if len(hubs) else NOWHERE
        works = self.hub != NOWHERE and self.model.agencies.is_at_work(self.hub)
        registry = coordination.matching > 0 or coordination.recall > 0
        self.parameters = parameter_record(
            world.referral,
            hub=self.hub if works else NOWHERE,
            hub_delay=coordination.hub_delay,
            load_awareness=coordination.load_awareness,
            registry=registry,
            shared_registry=registry and coordination.firewall < 1.0,
            matching=coordination.matching,
            recall=coordination.recall,
            recall_days=coordination.recall_days,
            fear_and_consent=coordination.fear_and_consent,
            turned_away_told=coordination.turned_away_told,
            booked_weight=coordination.booked_weight,
            booked_days=coordination.booked_days,
            booked_wait=coordination.booked_wait,
            escort_reassures=coordination.escort_reassures,
        )

    def start(self, tasks: Rows, episodes: Rows) -> None:
        """Let new needs be referred from where they came up."""
        start(self.model.city(), tasks, episodes)

    def advance_needs(self) -> None:
        """Let people arrive where they were sent, and turn to somebody where they were not."""
        model = self.model
        doubled = advance_needs(model.city())
        if len(doubled):
            model.tasks.make_room(len(doubled))
            open_second(model.city(), model.tasks.blank, doubled)


# --- rules: choosing an institution ------------------------------------------------------------


@compiled
def accepts(city: City, number: int, task: Record, migrant: Record) -> bool:
    """Return True if an agency would take up this need of this person."""
    agency = city.agencies[number]
    if not agency.accepts_nationality[migrant.nationality]:
        return False
    if not agency.accepts_status[migrant.legal_status]:
        return False
    if agency.only_referred and not sent_by_partner(city, agency, task):
        return False
    money_help = task.need == PAYMENT or task.need == SHELTER
    return not (agency.refuses_fined and migrant.fined and money_help)


@compiled
def sent_by_partner(city: City, agency: Record, task: Record) -> bool:
    """Return True if an agency that sees only people sent by some others may see this one."""
    sender = int(task.last_agency)
    if sender < 0 or sender >= len(city.agencies):
        return False
    return (agency.accepts_from >> np.uint64(sender)) & np.uint64(1) == np.uint64(1)


@compiled
def best_agency(
    city: City, task: Record, migrant: Record, load_awareness: float, fear: float
) -> int:
    """Return the agency with the highest score for a need, or `NOWHERE`."""
    best, most = NOWHERE, 0.0
    for number in range(len(city.agencies)):
        agency = city.agencies[number]
        score = agency.competence[task.need]
        if score <= 0.0 or has_visited(task, number):
            continue
        line = agency.line_of[task.need]
        if agency.capacity[line] <= 0.0 or not accepts(city, number, task, migrant):
            continue
        score *= np.exp(-load_awareness * agency.wait_days[line])
        score *= 1.0 - fear * agency.believed_reporting
        if score > most:
            best, most = number, score
    return best


@compiled
def some_agency(city: City, task: Record, migrant: Record, u: float) -> int:
    """Return any plausible agency that has not had a need yet, or `NOWHERE`."""
    count = 0
    for number in range(len(city.agencies)):
        count += is_plausible(city, number, task, migrant)
    place = int(u * count)
    for number in range(len(city.agencies)):
        if is_plausible(city, number, task, migrant):
            if place == 0:
                return number
            place -= 1
    return NOWHERE


@compiled
def is_plausible(city: City, number: int, task: Record, migrant: Record) -> bool:
    """Return True if somebody might be tried who helps, or not: not another country's consulate."""
    if has_visited(task, number) or not has_front_desk(city, number):
        return False
    return bool(city.agencies[number].accepts_nationality[migrant.nationality])


@compiled
def has_front_desk(city: City, number: int) -> bool:
    """Return True if people can turn to an agency by themselves."""
    agency = city.agencies[number]
    return not agency.only_referred and agency.capacity[:WAITED_IN].sum() > 0.0


# --- rules: on the way ------------------------------------------------------------------------


@compiled
def start(city: City, tasks: Rows, episodes: Rows) -> None:
    """Let new needs be referred from where they came up, or go where advice is wanted."""
    first_clinic = len(city.agencies)
    for i in range(len(tasks)):
        task, episode = city.tasks[tasks[i]], city.episodes[episodes[i]]
        if task.need == INFORMATION and episode.asks_agency >= 0:
            task.decided_on = city.today
            join_agency(city, task, episode.asks_agency, city.today)
        elif episode.came_up_at >= 0:
            clinic = city.clinics[episode.came_up_at]
            refer(city, task, first_clinic + int(clinic.kind), clinic.member)
    for i in range(len(episodes)):
        city.episodes[episodes[i]].came_up_at = -1
        city.episodes[episodes[i]].asks_agency = NOWHERE


@compiled(allocates=True)
def advance_needs(city: City) -> Rows:
    """Let each need move on by a day; return those that are opened a second time."""
    rows = active_rows(city.rows.tasks)
    navigation = city.parameters.navigation
    doubled = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        task = city.tasks[row]
        if task.place == Place.CLOSED or task.redundant:
            continue
        if not task.registered:
            task.silence += navigation.lost_contact
        if task.silence >= task.silent_at:
            lose(city, task, Ending.LOST_CONTACT)
        elif task.place == Place.IN_TRANSIT:
            if task.ready_on <= city.today and city.agencies[task.agency].open:
                note_move(city, task, Move.ARRIVED, NOWHERE, task.agency, 0)
                join_agency(city, task, task.agency, city.today)
        elif task.place == Place.WITH_MIGRANT and turns_to_somebody(city, task):
            first_time = task.decided_on <= -NEVER
            seek_agency(city, task)
            if first_time and opens_twice(city, task):
                doubled[count] = row
                count += 1
    return doubled[:count]


@compiled
def turns_to_somebody(city: City, task: Record) -> bool:
    """Add a day of the hazard of turning to somebody; nobody does without papers for the way."""
    navigation = city.parameters.navigation
    migrant = city.migrants[task.migrant]
    if migrant.to_be_removed or (task.goes_home and migrant.task_of[DOCUMENTS] >= 0):
        return False
    hazard = navigation.navigation
    if migrant.knows[WHO_HELPS]:
        hazard *= navigation.navigation_when_informed
    task.search += hazard
    return task.search >= task.searched_at


@compiled
def seek_agency(city: City, task: Record) -> None:
    """Choose an institution and go there, if it is open and the employer lets one go."""
    navigation = city.parameters.navigation
    migrant = city.migrants[task.migrant]
    key = move_key(task)
    task.moves += 1
    knows = migrant.knows[WHO_HELPS]
    where = uniform(city.streams, WHERE_TO_TURN, task.person, key)
    target = NOWHERE
    if knows or where < navigation.guesses_right:
        target = best_agency(city, task, migrant, 0.0, fear_of(city, migrant))
    if target == NOWHERE:
        anybody = uniform(city.streams, WHICH_AGENCY, task.person, key)
        target = some_agency(city, task, migrant, anybody)
    if target == NOWHERE:
        lose(city, task, Ending.GIVEN_UP)
        return
    if task.decided_on <= -NEVER:
        task.decided_on = city.today
    if not city.agencies[target].open:
        return
    if not city.agencies[target].open_after_work:
        leave = leave_probability(city, migrant, AN_ERRAND)
        if not happens(city.streams, LEAVE_TO_SEE, task.person, key, leave):
            return
        migrant.absent_days += 1
    note_move(city, task, Move.WENT_BY_THEMSELVES, NOWHERE, target, 0)
    join_agency(city, task, target, city.today)


@compiled
def join_agency(city: City, task: Record, number: int, today: int) -> None:
    """Join the line of an agency; those who have consented are entered in the members' registry."""
    task.place = Place.QUEUED
    task.agency = number
    task.queued_on = today
    task.ready_on = today + 1
    task.moves += 1
    note_visited(task, number)
    if task.decided_on <= -NEVER:
        task.decided_on = today
    if task.arrived_on <= -NEVER:
        task.arrived_on = today
    if city.parameters.navigation.registry and city.agencies[number].member:
        enter_in_registry(city, task)


@compiled
def enter_in_registry(city: City, task: Record) -> None:
    """Enter a need in the common registry, with consent; openings elsewhere may be found."""
    navigation = city.parameters.navigation
    migrant = city.migrants[task.migrant]
    if not task.registered:
        consent = 1.0 - navigation.fear_and_consent * fear_of(city, migrant)
        key = move_key(task)
        task.registered = happens(city.streams, CONSENT, task.person, key, consent)
        if not task.registered:
            return
        if navigation.shared_registry and not migrant.in_shared_registry:
            migrant.in_shared_registry = True
            city.work_groups[migrant.work_group].shared += 1
            city.work_groups[migrant.work_group].changed_on = city.today
    if task.twin >= 0 and city.tasks[task.twin].registered:
        key = move_key(task)
        if happens(city.streams, MATCHED, task.person, key, navigation.matching):
            drop_second(city, task)


@compiled
def drop_second(city: City, task: Record) -> None:
    """Take the second opening of a need out of the lines."""
    other = city.tasks[task.twin]
    second = task if task.second else other
    first = other if task.second else task
    first.twin = NOWHERE
    second.twin = NOWHERE
    second.place = Place.CLOSED


@compiled
def opens_twice(city: City, task: Record) -> bool:
    """Draw whether the same need is opened at a second institution too."""
    if task.second or task.place != Place.QUEUED:
        return False
    probability = city.parameters.navigation.duplication
    return happens(city.streams, DUPLICATE, task.person, move_key(task), probability)


@compiled(allocates=True)
def open_second(city: City, blank: Column, firsts: Rows) -> None:
    """Open needs a second time, at the next best institution."""
    seconds = np.empty(len(firsts), dtype=np.intp)
    for i in range(len(firsts)):
        seconds[i] = allocate_row(city.rows.tasks)
    for i in range(len(firsts)):
        city.tasks[seconds[i]] = blank[0]
        first, second = city.tasks[firsts[i]], city.tasks[seconds[i]]
        second.pid = task_identity(first.person, first.ordinal, first.need, 1)
        second.person = first.person
        second.ordinal = first.ordinal
        second.migrant = first.migrant
        second.stratum = first.stratum
        second.need = first.need
        second.urgency = first.urgency
        second.amount = first.amount
        second.serves_care = first.serves_care
        second.option = first.option
        second.goes_home = first.goes_home
        second.second = True
        second.visited = first.visited
        second.silent_at = np.inf
        second.searched_at = np.inf
        second.gives_up_at = first.gives_up_at
        second.arose_on = first.arose_on
        second.decided_on = city.today
        target = best_agency(city, second, city.migrants[second.migrant], 0.0, 0.0)
        if target == NOWHERE:
            second.place = Place.CLOSED
            continue
        first.twin = seconds[i]
        second.twin = firsts[i]
        note_move(city, second, Move.WENT_BY_THEMSELVES, NOWHERE, target, 0)
        join_agency(city, second, target, city.today)


# --- rules: referral --------------------------------------------------------------------------


@compiled
def refer(city: City, task: Record, sender: int, coordinated: bool) -> None:
    """Send a need on: to the coordinating body, to the right or a wrong institution, or nowhere.

    Parameters
    ----------
    sender : int
        An agency, or (from the number of agencies on) a kind of clinic.
    coordinated : bool
        Whether the sender takes part in coordination.
    """
    navigation = city.parameters.navigation
    migrant = city.migrants[task.migrant]
    task.last_agency = sender
    hub = int(navigation.hub)
    if hub != NOWHERE and sender != hub and coordinated:
        hand_over_to_hub(city, task, hub, sender)
        return
    load_awareness = navigation.load_awareness if sender == hub else 0.0
    target = best_agency(city, task, migrant, load_awareness, 0.0)
    key = move_key(task)
    task.moves += 1
    u = uniform(city.streams, REFERRAL, task.person, key)
    knowledge = city.knowledge[sender, target] if target != NOWHERE else 0.0
    if u >= knowledge:
        target = NOWHERE
        if u < knowledge + (1.0 - knowledge) * navigation.wrong_referral:
            anybody = uniform(city.streams, WHICH_AGENCY, task.person, key)
            target = some_agency(city, task, migrant, anybody)
    if target == NOWHERE:
        task.dead_ends += 1
        note_move(city, task, Move.DEAD_END, sender, NOWHERE, 0)
        return_to_migrant(task)
        return
    task.referrals += 1
    able = city.agencies[target].competence[task.need] > 0.0
    if able and accepts(city, target, task, migrant):
        move = Move.REFERRED_RIGHT
    else:
        task.wrong_referrals += 1
        move = Move.REFERRED_WRONG
    note_move(city, task, move, sender, target, 0)
    send(city, task, migrant, target, key)


@compiled
def hand_over_to_hub(city: City, task: Record, hub: int, sender: int) -> None:
    """Hand a need over to the coordinating body, which takes it up after a delay."""
    note_move(city, task, Move.TO_THE_HUB, sender, hub, 0)
    join_agency(city, task, hub, city.today)
    task.ready_on = city.today + max(int(city.parameters.navigation.hub_delay), 1)
    task.referrals += 1


@compiled
def send(city: City, task: Record, migrant: Record, target: int, key: int) -> None:
    """Send a person to an institution; some do not go, and a registry may bring them back."""
    navigation = city.parameters.navigation
    task.place = Place.IN_TRANSIT
    task.agency = target
    task.ready_on = city.today + int(navigation.transit_days)
    if task.decided_on <= -NEVER:
        task.decided_on = city.today
    afraid = fear_of(city, migrant) > navigation.afraid_above
    probability = navigation.no_show_when_afraid if afraid else navigation.no_show
    if not happens(city.streams, NO_SHOW, task.person, key, probability):
        return
    task.no_shows += 1
    if task.registered and happens(city.streams, RECALL, task.person, key, navigation.recall):
        task.recalls += 1
        task.ready_on = city.today + int(navigation.recall_days)
        note_move(city, task, Move.RECALLED, NOWHERE, target, 0)
    else:
        note_move(city, task, Move.NO_SHOW, NOWHERE, target, 0)
        return_to_migrant(task)
