"""Tasks: needs of an episode besides treatment, on their way between institutions.

An episode may need somebody to pay, papers, shelter or the journey home, and the knowledge of where
to turn. A task is one such need of one person; it is the only thing that moves between agencies.
The need for treatment travels with the episode itself (`sim.agents.episode`). A task outlives the
illness if the need does: a debt stays a debt.
"""

from enum import IntEnum
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import COHORTS, FIRST_UNIQUE_ID, NEVER
from sim.engine.agentset.cohort import Cohort, Column, RowView
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record
from sim.engine.types import Rows

PAYMENT = words.Need.PAYMENT.value
DOCUMENTS = words.Need.DOCUMENTS.value
SHELTER = words.Need.SHELTER.value
INFORMATION = words.Need.INFORMATION.value
MOVES = 128
"""Number of moves that fit into the occurrence key of one task."""
ORDINAL_BITS = 20
PER_EPISODE = np.uint64(2 * len(words.NEEDS))
"""Number of tasks an episode can have: each need, and its second opening."""
NOWHERE = -1
"""No agency, or no task."""


class Place(IntEnum):
    """Where a task is."""

    WITH_MIGRANT = 0
    IN_TRANSIT = 1
    QUEUED = 2
    IN_PROCESS = 3
    CLOSED = 4


class Ending(IntEnum):
    """How a need ended."""

    RESOLVED = 0
    GIVEN_UP = 1
    LOST_CONTACT = 2
    LEFT = 3
    DIED = 4
    SUPERSEDED = 5
    DUPLICATE = 6


class Move(IntEnum):
    """What happened to a task on a day, as recorded in the log of hand-overs."""

    WENT_BY_THEMSELVES = 0
    REFERRED_RIGHT = 1
    REFERRED_WRONG = 2
    DEAD_END = 3
    NO_SHOW = 4
    RECALLED = 5
    ARRIVED = 6
    SERVED = 7
    FAILED = 8
    TURNED_AWAY = 9
    SERVED_IN_VAIN = 10
    LEFT_THE_LINE = 11
    TO_THE_HUB = 12
    RESOLVED = 13
    LOST = 14
    TAKEN_IN = 15


class Task(RowView):
    """One need on its way, as a Mesa agent."""


class Tasks(Cohort[Task]):
    """All needs that are open, and second openings of the same need."""

    row_view = Task
    unique_ids = (FIRST_UNIQUE_ID + 3, COHORTS)
    settable: ClassVar[dict[str, tuple[float, float]] | None] = {"motivation": (0, 1)}

    def let_go(self, rows: Rows) -> None:
        """Refuse to remove tasks: agencies and their owners wait for them."""
        raise TypeError("a need ends by being settled or lost, in the model")

    person = Column(np.uint64, "identity of the person")
    ordinal = Column(np.int32, "ordinal of the episode that brought the need")
    migrant = Column(np.int32, "row of the person")
    stratum = Column(np.int16, "group of the person at onset")
    need = Column(np.int8, "need", labels=words.NEEDS)
    place = Column(np.int8, "where the task is", labels=tuple(p.name.lower() for p in Place))
    agency = Column(np.int16, "agency it goes to or is at", default=NOWHERE)
    last_agency = Column(np.int16, "agency or kind of clinic that sent it", default=NOWHERE)
    visited = Column(np.uint64, "agencies that have had it, one bit each")
    urgency = Column(np.int8, "severity of the episode when the need arose")
    amount = Column(np.int32, "what has to be paid", unit="KZT")
    serves_care = Column(np.bool_, "blocks treatment")
    option = Column(np.int8, "option of care it blocks", default=-1)
    goes_home = Column(np.bool_, "the person wants to be brought home")
    moves = Column(np.int16, "moves so far (for the keys of draws)")

    search = Column(np.float32, "gathered hazard of turning to somebody", unit="hazard")
    searched_at = Column(np.float32, "threshold of turning to somebody", unit="hazard")
    silence = Column(np.float32, "gathered hazard of being lost sight of", unit="hazard")
    silent_at = Column(np.float32, "threshold of being lost sight of", unit="hazard")
    gives_up_at = Column(np.float32, "motivation below which the person gives up", unit="0-1")
    motivation = Column(np.float32, "motivation", unit="0-1", default=1.0)
    ready_on = Column(np.int32, "day from which the task can be served or arrives", unit="day")
    queued_on = Column(np.int32, "day it joined the line", unit="day")

    twin = Column(np.int32, "row of the same need opened elsewhere, -1: none", default=NOWHERE)
    second = Column(np.bool_, "is the second opening of a need")
    redundant = Column(np.bool_, "the need has been resolved elsewhere")
    registered = Column(np.bool_, "in the common registry, with consent")
    coordinated = Column(np.bool_, "has gone through the coordinating body")

    arose_on = Column(np.int32, "day the need arose", unit="day")
    decided_on = Column(
        np.int32, "day the person first turned to somebody", unit="day", default=-NEVER
    )
    arrived_on = Column(
        np.int32, "day of the first arrival at an agency", unit="day", default=-NEVER
    )
    served_on = Column(np.int32, "day of the first service", unit="day", default=-NEVER)
    bounces = Column(np.int16, "times it left an agency unresolved")
    referrals = Column(np.int16, "referrals")
    wrong_referrals = Column(np.int16, "referrals to an agency that does not do this")
    dead_ends = Column(np.int16, "times nobody named a next agency")
    no_shows = Column(np.int16, "referrals the person did not follow")
    recalls = Column(np.int16, "no-shows brought back by the registry")


# --- rules -----------------------------------------------------------------------------------


@compiled
def task_identity(person: int, ordinal: int, need: int, second: int) -> np.uint64:
    """Return the permanent identity of a need of an episode (or of its second opening)."""
    first = (np.uint64(person) << np.uint64(ORDINAL_BITS)) | np.uint64(ordinal)
    return first * PER_EPISODE + np.uint64(2 * need + second)


@compiled
def move_key(task: Record) -> int:
    """Return the occurrence key of draws made once per move, from the task's own history."""
    slot = (int(task.ordinal) * len(words.NEEDS) + int(task.need)) * 2 + int(task.second)
    return slot * MOVES + min(int(task.moves), MOVES - 1)


@compiled
def has_visited(task: Record, agency: int) -> bool:
    """Return True if an agency has already had a task."""
    return (task.visited >> np.uint64(agency)) & np.uint64(1) == np.uint64(1)


@compiled
def note_visited(task: Record, agency: int) -> None:
    """Record that an agency has had a task."""
    task.visited = task.visited | (np.uint64(1) << np.uint64(agency))


@compiled
def return_to_migrant(task: Record) -> None:
    """Return a task to the person, who has to find somebody again."""
    task.place = Place.WITH_MIGRANT
    task.agency = NOWHERE
    task.search = 0.0
