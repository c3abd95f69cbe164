"""Episodes of illness or injury: the cases that travel through the city.

An episode makes no decisions, but it has state, so it is kept as a cohort. Its identity is derived
from its owner's identity and the ordinal of the onset in the owner's life, so it is the same
episode in every scenario.
"""

from enum import IntEnum, auto
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.migrant import COHORTS, FIRST_UNIQUE_ID, NEVER
from sim.engine.agentset.cohort import Cohort, Column, RowView
from sim.engine.jit.compiled import compiled
from sim.engine.random.splitmix import OCCURRENCE_BITS
from sim.engine.records import Record
from sim.engine.types import Rows

STEPS = 64
"""Number of severity steps that fit into the occurrence key of one episode."""
DECISIONS = 4096
"""Number of decisions, tries and visits that fit into the occurrence key of one episode."""
WAIT = -1
"""Choice of doing nothing for now."""


class State(IntEnum):
    """Where an episode is on its way to care."""

    LATENT = 0
    UNDECIDED = 1
    UNDER_WAY = 2
    QUEUED = 3
    IN_BED = 4
    TREATED_AT_HOME = 5
    GONE = 6


class Outcome(IntEnum):
    """How an episode ended."""

    RECOVERED = 0
    DIED = 1
    LEFT = 2
    OWNER_DIED = 3


class Gate(words.Category):
    """The first of Levesque's gates that stopped an episode (0: none so far).

    The seek gate has two codes: held back by fear or language, or only by the person's own
    judgement that it can wait.
    """

    NONE = auto()
    PERCEIVE = auto()
    SEEK = auto()
    REACH = auto()
    PAY = auto()
    ENGAGE = auto()
    SELF_CARE = auto()
    TOGETHER = auto()


class Felt(words.Category):
    """What somebody who saw no doctor would name as the reason, asked at their last decision."""

    NONE = auto()
    MONEY = auto()
    FEAR = auto()
    LANGUAGE = auto()
    EFFORT = auto()
    TURNED_AWAY = auto()
    TREATED_ONESELF = auto()
    COULD_WAIT = auto()


FELT = words.labels(Felt)
GATES = words.labels((Gate.PERCEIVE, Gate.SEEK, Gate.REACH, Gate.PAY, Gate.ENGAGE))
"""Levesque's five steps of access, in order."""


class Episode(RowView):
    """One open episode, as a Mesa agent."""


class Episodes(Cohort[Episode]):
    """All open episodes, and those of people who left ill and are still followed."""

    row_view = Episode
    unique_ids = (FIRST_UNIQUE_ID + 2, COHORTS)
    settable: ClassVar[dict[str, tuple[float, float]] | None] = {}

    def let_go(self, rows: Rows) -> None:
        """Refuse to remove episodes: illness, waiting and treatment depend on them."""
        raise TypeError("an episode ends by recovery, departure or death, in the model")

    person = Column(np.uint64, "identity of the owner")
    ordinal = Column(np.int32, "ordinal of the onset in the owner's life")
    migrant = Column(
        np.int32, "row of the owner, -1 after the owner has left", default=-1, hot=True
    )
    stratum = Column(np.int16, "group of the owner at onset", hot=True)
    kind = Column(np.int8, "kind of illness", labels=words.KINDS, hot=True)
    severity = Column(np.int8, "severity: mild 1, moderate 2, severe 3, critical 4", hot=True)
    steps = Column(np.int16, "changes of severity so far")
    state = Column(
        np.int8, "where the episode is", labels=tuple(s.name.lower() for s in State), hot=True
    )

    worsening = Column(np.float32, "gathered hazard of worsening", hot=True, unit="hazard")
    worsens_at = Column(np.float32, "threshold of worsening", hot=True, unit="hazard")
    recovery = Column(np.float32, "gathered hazard of recovery", hot=True, unit="hazard")
    recovers_at = Column(np.float32, "threshold of recovery", hot=True, unit="hazard")
    death = Column(np.float32, "gathered hazard of death", hot=True, unit="hazard")
    dies_at = Column(np.float32, "threshold of death", hot=True, unit="hazard")
    perception = Column(
        np.float32, "gathered hazard of perceiving the need", hot=True, unit="hazard"
    )
    perceived_at = Column(np.float32, "threshold of perceiving the need", hot=True, unit="hazard")
    abandonment = Column(
        np.float32, "gathered hazard of abandoning treatment", hot=True, unit="hazard"
    )
    abandoned_at = Column(np.float32, "threshold of abandoning treatment", hot=True, unit="hazard")

    treated = Column(np.bool_, "under treatment", hot=True)
    boarding = Column(np.bool_, "admitted, but waiting for a bed", hot=True)
    relapse_until = Column(
        np.int32,
        "last day of raised hazard after early discharge",
        default=-NEVER,
        hot=True,
        unit="day",
    )
    birth_on = Column(np.int32, "day of birth (pregnancies)", unit="day", default=NEVER, hot=True)
    born = Column(np.bool_, "the birth is over (pregnancies)", hot=True)
    antenatal_visits = Column(np.int8, "antenatal visits so far", hot=True)
    next_visit_on = Column(
        np.int32, "day the next antenatal visit is due", default=NEVER, hot=True, unit="day"
    )

    taste = Column(
        np.float32,
        "taste shocks of the options and of waiting",
        width=len(words.OPTIONS) + 1,
        unit="utility",
    )
    refused_by = Column(
        np.bool_, "options that have turned the person away", width=len(words.OPTIONS)
    )
    option = Column(np.int8, "option chosen", default=WAIT, labels=words.OPTIONS, hot=True)
    decides_on = Column(np.int32, "day of the next decision", default=NEVER, hot=True, unit="day")
    worn_out_on = Column(
        np.int32, "day on which patience with waiting ends, all else equal", default=NEVER,
        hot=True, unit="day",
    )  # fmt: skip
    self_care_until = Column(
        np.int32, "day on which drugs or home remedies are used up", default=-NEVER, hot=True,
        unit="day",
    )  # fmt: skip
    compared_on = Column(
        np.int32, "last day the options were compared", default=-NEVER, hot=True, unit="day"
    )
    decisions = Column(np.int16, "decisions so far")
    tries = Column(np.int16, "tries to reach care so far (for the keys of draws)")
    tries_now = Column(np.int8, "tries since the present decision")
    visits = Column(np.int16, "contacts with institutions so far")
    unit = Column(
        np.int16,
        "institution the person is going to, waiting at or treated by",
        default=-1,
        hot=True,
    )
    queued_on = Column(np.int32, "day of arrival at that institution", unit="day", hot=True)
    ready_on = Column(
        np.int32, "day from which the present task can be served", unit="day", hot=True
    )
    by_ambulance = Column(np.bool_, "brought by ambulance")
    worst = Column(np.int8, "highest severity so far")
    age = Column(np.int8, "age of the owner at onset", unit="years")
    wage = Column(np.int32, "wage of the owner at onset", unit="KZT")
    manages_language = Column(np.bool_, "the owner manages Russian or Kazakh")
    contract = Column(np.bool_, "the owner has a contract at onset")
    can_afford = Column(np.bool_, "the owner could pay a polyclinic visit from savings at onset")
    borrowed = Column(np.int32, "borrowed for care so far", unit="KZT")
    payer = Column(np.int8, "who pays for the present visit", labels=words.PAYERS)
    last_price = Column(np.int32, "paid at the present visit", unit="KZT")
    paid_by_employer = Column(np.bool_, "the employer pays in kind and asks for silence")
    leaves_bed_on = Column(
        np.int32, "day on which the stay in bed is over", default=NEVER, hot=True, unit="day"
    )
    stabilised = Column(
        np.bool_, "the threat to life is over and the bill has been made out", hot=True
    )
    disabled_days = Column(np.int16, "days unable to work so far", unit="days")
    arising = Column(
        np.bool_,
        "needs besides treatment that have come up today",
        width=len(words.NEEDS),
        hot=True,
    )
    had = Column(np.bool_, "needs that have come up so far", width=len(words.NEEDS), hot=True)
    came_up_at = Column(np.int16, "clinic where a need came up, -1: elsewhere", default=-1)
    stands_before = Column(
        np.int8, "option of care that a need blocks", default=WAIT,
        width=len(words.NEEDS),
    )  # fmt: skip
    need_amount = Column(np.int32, "what has to be paid", unit="KZT")
    wants_home = Column(np.bool_, "the owner wants to go home and cannot pay for the journey")
    asks_agency = Column(np.int16, "agency asked for advice, -1: none", default=-1)
    covered = Column(np.int32, "promised by others for the next visit", unit="KZT")
    advocated = Column(np.bool_, "an institution speaks for the person at the desk", hot=True)
    escorted = Column(np.bool_, "the coordinating body sends an escort or interpreter", hot=True)
    guaranteed = Column(np.bool_, "the coordinating body has given a guarantee letter", hot=True)
    booked_until = Column(
        np.int32, "last day of a visit that has been booked", default=-NEVER, hot=True, unit="day"
    )
    untreated_since = Column(
        np.int32, "day from which treatment is needed", default=-NEVER, hot=True, unit="day"
    )

    care_at_home_on = Column(
        np.int32, "day care begins at home after leaving", default=NEVER, hot=True, unit="day"
    )
    followed_until = Column(
        np.int32, "last day of follow-up after leaving", default=NEVER, hot=True, unit="day"
    )

    began_on = Column(np.int32, "day of onset", unit="day")
    perceived_on = Column(
        np.int32, "day the need was perceived", default=-NEVER, hot=True, unit="day"
    )
    decided_on = Column(
        np.int32, "day of the first decision to seek care", default=-NEVER, unit="day"
    )
    arrived_on = Column(
        np.int32, "day of the first arrival at a provider", default=-NEVER, unit="day"
    )
    care_on = Column(np.int32, "day care began", default=-NEVER, unit="day")
    severe_on = Column(
        np.int32, "day of the first entry into severity 3", default=-NEVER, unit="day"
    )
    emergency_care_on = Column(
        np.int32, "day emergency care came, once severe", default=-NEVER, unit="day"
    )
    competent_care_on = Column(
        np.int32, "day of care that helps, by any provider, once severe", default=-NEVER, unit="day"
    )
    perceived_moderate = Column(np.bool_, "has been perceived at severity 2 or more", hot=True)
    moderate_days = Column(
        np.int16, "days perceived at severity 2 and untreated", unit="days", hot=True
    )
    avoidable = Column(np.bool_, "became severe after three such days")
    self_treated = Column(np.bool_, "treated with drugs or home remedies without a doctor")
    formal_contact = Column(np.bool_, "seen by a provider at least once", hot=True)
    sequelae_on = Column(np.int32, "day it left permanent consequences", default=-NEVER, unit="day")
    binding_barrier = Column(np.int8, "first gate that stopped the episode")
    felt_barrier = Column(
        np.int8, "reason felt for seeing no doctor, at the last decision", labels=FELT
    )
    charged = Column(np.int32, "charged to the patient so far", unit="KZT")
    paid = Column(np.int32, "paid by the patient so far", unit="KZT")
    owed = Column(np.int32, "owed to facilities", unit="KZT")
    relieved = Column(np.int32, "owed and then paid by others", unit="KZT")


# --- rules -----------------------------------------------------------------------------------


@compiled
def episode_identity(person: int, ordinal: int) -> np.uint64:
    """Return the permanent identity of the n-th episode of a person."""
    return (np.uint64(person) << np.uint64(OCCURRENCE_BITS)) | np.uint64(ordinal)


@compiled(allocates=True)
def one_each(city: City, rows: Rows) -> Rows:
    """Keep one episode (the first) for each person: nobody is in two places at once."""
    person = np.empty(len(rows), dtype=np.uint64)
    for i in range(len(rows)):
        person[i] = city.episodes[rows[i]].person
    together = np.argsort(person, kind="mergesort")
    first = np.ones(len(rows), dtype=np.bool_)
    for place in range(1, len(rows)):
        if person[together[place]] == person[together[place - 1]]:
            first[together[place]] = False
    return rows[first]


# --- rules: what happens to one episode ------------------------------------------------------


@compiled
def reset_decision(episode: Record, day: int) -> None:
    """Return an episode to its owner's decision, on a given day."""
    episode.state = State.UNDECIDED
    episode.option = WAIT
    episode.compared_on = -NEVER
    episode.unit = -1
    episode.tries_now = 0
    episode.by_ambulance = False
    episode.decides_on = day


@compiled
def join_line(episode: Record, unit: int, arrived: int, ready: int) -> None:
    """Put an episode into the line of a unit (a new visit), to be served from a given day on."""
    episode.state = State.QUEUED
    episode.unit = unit
    episode.queued_on = arrived
    episode.ready_on = ready
    episode.by_ambulance = False
    episode.visits += 1


@compiled
def lose_treatment(episode: Record, today: int) -> None:
    """Stop a treatment: from today on it is needed again."""
    episode.treated = False
    episode.untreated_since = today


@compiled
def bring_up(episode: Record, need: int, clinic: int, option: int, amount: int) -> None:
    """Let a need come up, once per episode: where (a clinic or -1), and what it blocks."""
    if not episode.had[need]:
        episode.had[need] = True
        episode.arising[need] = True
        episode.came_up_at = clinic
        episode.stands_before[need] = option
        if amount > 0:
            episode.need_amount = amount


@compiled
def note_binding_barrier(episode: Record, gate: int) -> None:
    """Record the gate that stopped an episode, unless one is already recorded."""
    if episode.binding_barrier == Gate.NONE:
        episode.binding_barrier = gate


@compiled
def step_key(episode: Record) -> int:
    """Return the occurrence key of draws made once per step of severity."""
    return int(episode.ordinal) * STEPS + int(episode.steps)


@compiled
def decision_key(episode: Record) -> int:
    """Return the occurrence key of draws made once per decision."""
    return int(episode.ordinal) * DECISIONS + int(episode.decisions)


@compiled
def try_key(episode: Record) -> int:
    """Return the occurrence key of draws made once per try to reach care."""
    return int(episode.ordinal) * DECISIONS + int(episode.tries)


@compiled
def visit_key(episode: Record) -> int:
    """Return the occurrence key of draws made once per contact with an institution."""
    return int(episode.ordinal) * DECISIONS + int(episode.visits)
