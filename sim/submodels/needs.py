"""Needs: what an episode brings besides illness, and how such a need ends.

Needs are derived from state, never drawn as labels. Somebody to *pay* is needed when care was
refused for lack of money or a bill after an emergency could not be paid; *documents* when a
hospital asked for papers and they are not in order, or the way home needs them; *shelter* (or the
way home) when somebody has been unable to work for long, has nowhere to stay after hospital, or
cannot pay the ticket; *information* when one of these came up and the person does not know who
helps or has no common language, or has decided to ask for advice. Each comes up once an episode at
most, and a person has one open need of a kind at a time.

A need ends when it is settled; when the person gives up, is lost sight of, leaves or dies; or when
nothing is left that it would be good for (superseded: the illness has passed). What is settled has
effects: papers are in order for a while, a promise to pay opens the desk, a debt is paid by others,
information is learned, a person who wanted to go home goes home.

Parameters: `conf/parameters/referral.yaml`. Neutral state: `papers_asked=0`, `lodging_lost` 0
(documents and shelter hardly come up); `returns_to_care=0` cuts the path from needs back to care.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import State
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
    Tasks,
    move_key,
    task_identity,
)
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.agentset.row_allocator import active_rows, allocate_row, release_row
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import prefetch_ahead
from sim.engine.jit.shared_fields import copy_shared_fields
from sim.engine.random.scalar import exponential, happens, uniform
from sim.engine.records import Record
from sim.engine.types import Column, Integers, Rows
from sim.submodels.information import AGENCY_SOURCE, WHO_HELPS, learn
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

NEEDS = len(words.NEEDS)
STATUS_IN_ORDER = np.array(
    [
        status not in (words.LegalStatus.REGISTERED, words.LegalStatus.IRREGULAR)
        for status in words.LegalStatus
    ]
)
"""Whether a legal status comes with papers that an institution accepts."""
TODAY = NOWHERE - 1
"""From here down, `task_of` is the place of a need on the list of those that have come up today."""
GIVING_UP_A_NEED = Purpose.GIVING_UP_A_NEED.row
LOSING_CONTACT = Purpose.LOSING_CONTACT.row
NAVIGATION = Purpose.NAVIGATION.row
RETURN_TO_CARE = Purpose.RETURN_TO_CARE.row


NEED_RECORD = (
    "person", "ordinal", "stratum", "need", "agency", "coordinated", "arose_on", "decided_on",
    "arrived_on", "served_on", "bounces", "referrals", "wrong_referrals", "dead_ends", "no_shows",
    "recalls",
)  # fmt: skip
"""Columns of a need that outlive it."""
HANDOVERS_A_DAY = 8
"""Most moves of a need in a day that the log has room for."""


class Needs(Submodel):
    """Needs that come up, and their ends."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "handovers": LogDeclaration(
            lambda model: HANDOVERS_A_DAY * 2 * model.tasks.capacity,
            day=Declared(np.int32, "day of the move", unit="day"),
            person=Declared(np.uint64, "whose need it is"),
            ordinal=Declared(np.int32, "ordinal of the episode, -1 for none"),
            stratum=Declared(np.int16, "group of the person at onset"),
            need=Declared(np.int8, "need", labels=words.NEEDS),
            second=Declared(np.bool_, "the same need, opened a second time"),
            move=Declared(np.int8, "what happened", labels=words.names_of(Move)),
            origin=Declared(np.int16, "agency or kind of clinic it comes from, -1 for none"),
            target=Declared(np.int16, "agency it goes to, -1 for none"),
            waited=Declared(np.int32, "time since the last move", unit="day"),
        ),
        "closed_needs": LogDeclaration(
            lambda model: 2 * model.tasks.capacity,
            ended_on=Declared(np.int32, "day it ended", unit="day"),
            ending=Declared(np.int8, "how it ended", labels=words.names_of(Ending)),
            **{name: Tasks.columns[name] for name in NEED_RECORD},
        ),
    }

    def prepare(self, world: World) -> None:
        """Note today's rules."""
        self.parameters = parameter_record(
            world.referral, lodging_lost_in=by(words.SECTORS, world.referral.lodging_lost)
        )

    def come_up(self) -> None:
        """Open a task for every need that has come up today."""
        model = self.model
        episodes, needs = what_came_up(model.city())
        if len(episodes) == 0:
            return
        model.tasks.make_room(len(episodes))
        tasks = open_tasks(model.city(), model.tasks.blank, episodes, needs)
        model.navigation.start(tasks, episodes)


# --- rules: needs come up ----------------------------------------------------------------------


@compiled
def papers_in_order(city: City, migrant: Record) -> bool:
    """Return True if a person has the papers that an institution asks for."""
    in_order = STATUS_IN_ORDER[migrant.legal_status] and not migrant.passport_held
    return in_order or migrant.papers_until >= city.today


@compiled(allocates=True)
def what_came_up(city: City) -> tuple[Rows, Integers]:
    """Return the needs that have come up today: rows of episodes, and the need beside each.

    Who needs something and does not know who helps, or cannot make themselves understood, needs
    information too; who wants home without papers needs documents.
    """
    rows = active_rows(city.rows.episodes)
    episodes = np.empty(len(rows) * NEEDS, dtype=np.intp)
    needs = np.empty(len(rows) * NEEDS, dtype=np.int64)
    count = 0
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        row = rows[place]
        episode = city.episodes[row]
        anything = False
        for need in range(NEEDS):
            anything = anything or episode.arising[need]
        if not anything:
            continue
        if episode.migrant >= 0:
            migrant = city.migrants[episode.migrant]
            lost = not migrant.knows[WHO_HELPS] or not migrant.manages_language
            if lost and not episode.had[INFORMATION]:
                episode.had[INFORMATION] = True
                episode.arising[INFORMATION] = True
            way_home = episode.arising[SHELTER] and episode.wants_home
            if way_home and not episode.had[DOCUMENTS] and not papers_in_order(city, migrant):
                episode.had[DOCUMENTS] = True
                episode.arising[DOCUMENTS] = True
            for need in range(NEEDS):
                if episode.arising[need] and not merges(city, episode, migrant, need, episodes):
                    episodes[count], needs[count] = row, need
                    migrant.task_of[need] = TODAY - count
                    count += 1
        episode.arising[:] = False
    return episodes[:count], needs[:count]


@compiled
def merges(city: City, episode: Record, migrant: Record, need: int, today: Rows) -> bool:
    """Return True if a person has such a need already; a new debt then adds to the old one.

    `today` lists the episodes whose needs have come up today and have no task yet (see `TODAY`).
    """
    task = int(migrant.task_of[need])
    if task == NOWHERE:
        return False
    if need == PAYMENT:
        if task > NOWHERE:
            city.tasks[task].amount += episode.need_amount
        else:
            city.episodes[today[TODAY - task]].need_amount += episode.need_amount
    return True


@compiled(allocates=True)
def open_tasks(city: City, blank: Column, episodes: Rows, needs: Integers) -> Rows:
    """Open a task for each need that an episode brings."""
    tasks = np.empty(len(needs), dtype=np.intp)
    for i in range(len(tasks)):
        tasks[i] = allocate_row(city.rows.tasks)
        city.tasks[tasks[i]] = blank[0]
        task, episode, need = city.tasks[tasks[i]], city.episodes[episodes[i]], int(needs[i])
        task.pid = task_identity(episode.person, episode.ordinal, need, 0)
        task.person = episode.person
        task.ordinal = episode.ordinal
        task.migrant = episode.migrant
        task.stratum = episode.stratum
        task.need = need
        task.urgency = episode.severity
        task.option = episode.stands_before[need]
        task.serves_care = task.option >= 0
        if need == PAYMENT:
            task.amount = episode.need_amount
        task.goes_home = need == SHELTER and episode.wants_home
        task.arose_on = city.today
        begin_search(city, task)
        city.migrants[task.migrant].task_of[need] = tasks[i]
    return tasks


@compiled
def begin_search(city: City, task: Record) -> None:
    """Draw how soon a person turns to somebody, is lost sight of, and gives up."""
    key = move_key(task)
    task.searched_at = exponential(city.streams, NAVIGATION, task.person, key)
    task.silent_at = exponential(city.streams, LOSING_CONTACT, task.person, key)
    task.gives_up_at = uniform(city.streams, GIVING_UP_A_NEED, task.person, key)


# --- rules: needs end --------------------------------------------------------------------------


@compiled
def note_move(city: City, task: Record, move: int, origin: int, target: int, waited: int) -> None:
    """Write a hand-over, a service or another move of a task into the log."""
    entry = append_record(city.handovers)
    entry.day = city.today
    entry.person = task.person
    entry.ordinal = task.ordinal
    entry.stratum = task.stratum
    entry.need = task.need
    entry.second = task.second
    entry.move = move
    entry.origin = origin
    entry.target = target
    entry.waited = waited


@compiled
def end_need(city: City, task: Record, ending: int) -> None:
    """End the need of a task: write it down, and let the person be rid of it."""
    task.place = Place.CLOSED
    if task.second or task.redundant:
        return
    city.migrants[task.migrant].task_of[task.need] = NOWHERE
    if ending != Ending.RESOLVED and ending != Ending.SUPERSEDED:
        note_move(city, task, Move.LOST, task.agency, NOWHERE, 0)
    entry = append_record(city.closed_needs)
    entry.ended_on = city.today
    entry.ending = ending
    copy_shared_fields(entry, task)


@compiled
def drop_twin(city: City, task: Record, resolved: bool) -> None:
    """Deal with the same need opened elsewhere: who waits there keeps on waiting in vain."""
    if task.twin < 0:
        return
    other = city.tasks[task.twin]
    other.twin = NOWHERE
    task.twin = NOWHERE
    waits_on = resolved and other.place == Place.QUEUED
    if not other.second:
        # The person's own record of the need ends with the second opening.
        end_need(city, other, Ending.RESOLVED)
    other.redundant = True
    other.place = Place.QUEUED if waits_on else Place.CLOSED


@compiled(allocates=True)
def forget_closed_tasks(city: City) -> None:
    """Forget tasks that are over; their ends are in the log."""
    for row in active_rows(city.rows.tasks):
        if city.tasks[row].place == Place.CLOSED:
            release_row(city.rows.tasks, row)


@compiled
def lose(city: City, task: Record, ending: int) -> None:
    """End a need without a solution."""
    if not task.second:
        drop_twin(city, task, False)
    elif task.twin >= 0:
        city.tasks[task.twin].twin = NOWHERE
    end_need(city, task, ending)


@compiled
def end_needs_of(city: City, migrant: Record, ending: int) -> None:
    """End all needs of somebody who leaves or dies."""
    for need in range(NEEDS):
        if migrant.task_of[need] >= 0:
            lose(city, city.tasks[migrant.task_of[need]], ending)


@compiled
def supersede(city: City, episode: Record) -> None:
    """End needs that nothing is left for once an illness has passed: care, lodging, advice."""
    migrant = city.migrants[episode.migrant]
    others_open = False
    for need in (PAYMENT, DOCUMENTS, SHELTER):
        row = migrant.task_of[need]
        if row < 0:
            continue
        task = city.tasks[row]
        mine = task.ordinal == episode.ordinal
        if mine and (need == SHELTER or (need == PAYMENT and task.serves_care)):
            lose(city, task, Ending.SUPERSEDED)
        else:
            others_open = True
    row = migrant.task_of[INFORMATION]
    if row >= 0 and not others_open and city.tasks[row].ordinal == episode.ordinal:
        lose(city, city.tasks[row], Ending.SUPERSEDED)


@compiled
def settle(city: City, task: Record) -> bool:
    """Settle a need and let its effects happen; return True if the person now goes home."""
    migrant = city.migrants[task.migrant]
    if task.need == INFORMATION and not migrant.knows[WHO_HELPS]:
        learn(city, migrant, WHO_HELPS, AGENCY_SOURCE)
    if task.need == DOCUMENTS:
        migrant.papers_until = city.today + int(city.parameters.needs.papers_valid_days)
    episode_row = episode_of(city, task, migrant)
    if episode_row >= 0:
        episode = city.episodes[episode_row]
        if task.need == PAYMENT:
            relieve(episode, task)
        episode.advocated = True
        if task.serves_care:
            go_back_to_care(city, task, episode)
    note_move(city, task, Move.RESOLVED, task.agency, NOWHERE, 0)
    goes_home = bool(task.goes_home)
    drop_twin(city, task, True)
    end_need(city, task, Ending.RESOLVED)
    return goes_home


@compiled
def episode_of(city: City, task: Record, migrant: Record) -> int:
    """Return the row of the episode that brought a task, or -1 if it is over."""
    for kind in range(len(migrant.episode_of)):
        row = migrant.episode_of[kind]
        if row >= 0 and city.episodes[row].ordinal == task.ordinal:
            return int(row)
    return NOWHERE


@compiled
def relieve(episode: Record, task: Record) -> None:
    """Let others pay: the debt to a facility, or the next visit."""
    if task.serves_care:
        episode.covered += task.amount
        return
    paid = min(int(task.amount), int(episode.owed))
    episode.owed -= paid
    episode.relieved += paid


@compiled
def go_back_to_care(city: City, task: Record, episode: Record) -> None:
    """Let a person think of the care again that was refused."""
    probability = city.parameters.needs.returns_to_care
    if not happens(city.streams, RETURN_TO_CARE, task.person, move_key(task), probability):
        return
    episode.refused_by[task.option] = False
    if episode.state == State.UNDECIDED:
        episode.compared_on = -NEVER
        episode.decides_on = min(int(episode.decides_on), city.today + 1)
