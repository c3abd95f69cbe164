"""Following one person through a run, block by block of the day, without changing the model.

A `FollowedModel` simulates the same days as any other model. After each block of the day each of
its followers reads the records of one person and the new entries of the logs, and records what has
changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from experiments.story.weighing import Weighing, weighing
from experiments.story.words import CLINICS, institutions
from sim import vocabulary as words
from sim.agents.episode import State
from sim.agents.task import NOWHERE, Place
from sim.config.scenario import Scenario
from sim.engine.types import Column, Rows
from sim.model import AlmatyModel, ScheduledBlock

LOGS = ("visits", "handovers", "closed_needs", "closed_episodes", "check_ups", "leavers")
"""Logs that name the person."""
HANDS = ""
"""The place of a person who is at no institution, but at home or at work."""
CUSTODY = "custody"
"""The thread of a person who is to be removed from the country."""


@dataclass(frozen=True)
class Event:
    """Something that happened to the person.

    Attributes
    ----------
    day : int
    thread : str
        What it belongs to: an illness, a need, or "" (other events of life).
    kind : str
        Mark in the picture: begins, served, refused, referred, dead end, settled, lost, note.
    place : str
        Institution, or "" if the person is at none.
    text : str
    source, entry : str, int
        Log and number of its record ("" and -1: none; the log "police" identifies no person).
    """

    day: int
    thread: str
    kind: str
    place: str
    text: str
    source: str = ""
    entry: int = -1


@dataclass
class Snapshot:
    """What the model holds about the person at one moment (copies of records)."""

    migrant: np.void | None = None
    row: int = -1
    episodes: dict[int, np.void] = field(default_factory=dict)
    episode_rows: dict[int, int] = field(default_factory=dict)
    tasks: dict[tuple[int, int, bool], np.void] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)


type Teller = Callable[["PersonTracer", str, Snapshot, Snapshot], None]


class PersonTracer:
    """Observes one person after every block of the day, and changes nothing.

    Parameters
    ----------
    person : int
        Identity of the person.
    narrate : callable
        Called with the follower, the block, and the snapshots before and after it.

    Attributes
    ----------
    events : list of Event
    path : list of (day, thread, place)
        Place of each thread, from a day on.
    portrait : list of str
        Description of the person on the first day they were observed.
    weighed : dict
        What the person weighed before today's decisions, by episode.
    """

    def __init__(self, person: int, narrate: Teller) -> None:
        self.person = np.uint64(person)
        self.narrate = narrate
        self.events: list[Event] = []
        self.path: list[tuple[int, str, str]] = []
        self.portrait: list[str] = []
        self.weighed: dict[int, Weighing] = {}
        self._last: Snapshot | None = None
        self._looked: list[bytes] = []
        self._at: dict[str, str] = {}
        self._said: dict[str, str] = {}

    # --- observing ----------------------------------------------------------------------------

    def look(self, model: AlmatyModel, block: str) -> None:
        """Compare the person with the last observation, after a block of the day."""
        self.model = model
        before = self._last or Snapshot(lengths=dict.fromkeys(LOGS, 0))
        lengths = {name: len(getattr(model, name)) for name in LOGS}
        rows = self._find(model)
        looks = [_bytes(table)[place].tobytes() for table, place in self._tables(model, rows)]
        same = looks == self._looked
        if same and not any(self.entries(log, before, lengths) for log in LOGS):
            before.lengths = lengths
            return
        self._last, self._looked = self._take(model, rows, lengths), looks
        self.narrate(self, block, before, self._last)
        self._note_places(self._last)

    def before_deciding(self, model: AlmatyModel) -> None:
        """Record what the person weighs about each episode for which a decision is due."""
        self.weighed = {}
        if self._last is None or self._last.migrant is None:
            return
        for ordinal, row in self._last.episode_rows.items():
            episode = self._last.episodes[ordinal]
            due = min(episode["decides_on"], episode["worn_out_on"]) <= model.day
            if episode["state"] == State.UNDECIDED and due:
                self.weighed[ordinal] = weighing(model, row)

    def _find(self, model: AlmatyModel) -> tuple[Rows, Rows, Rows]:
        """Return the rows of the person, and of their episodes and tasks."""
        people, episodes, tasks = model.migrants, model.episodes, model.tasks
        here = self._last.row if self._last is not None else NOWHERE
        if here >= 0 and people.occupied[here] and people.pid[here] == self.person:
            row = np.array([here])
        else:
            row = people.rows[people.pid[people.rows] == self.person]
        return (
            row,
            episodes.rows[episodes.person[episodes.rows] == self.person],
            tasks.rows[tasks.person[tasks.rows] == self.person],
        )

    def _tables(
        self, model: AlmatyModel, rows: tuple[Rows, Rows, Rows]
    ) -> list[tuple[Column, Rows]]:
        tables = (model.migrants.table, model.episodes.table, model.tasks.table)
        return list(zip(tables, rows, strict=True))

    def _take(
        self, model: AlmatyModel, rows: tuple[Rows, Rows, Rows], lengths: dict[str, int]
    ) -> Snapshot:
        """Copy the person's records."""
        people, episodes, tasks = (
            [table[row].copy() for row in place] for table, place in self._tables(model, rows)
        )
        return Snapshot(
            migrant=people[0] if people else None,
            row=int(rows[0][0]) if people else NOWHERE,
            episodes={int(one["ordinal"]): one for one in episodes},
            episode_rows={
                int(one["ordinal"]): int(row) for one, row in zip(episodes, rows[1], strict=True)
            },
            tasks={
                (int(one["ordinal"]), int(one["need"]), bool(one["second"])): one for one in tasks
            },
            lengths=lengths,
        )

    def entries(self, log: str, before: Snapshot, after: "Snapshot | dict[str, int]") -> list[int]:
        """Return the numbers of the person's records that have been added to a log."""
        lengths = after.lengths if isinstance(after, Snapshot) else after
        start, end = before.lengths[log], lengths[log]
        if start == end:
            return []
        mine = getattr(self.model, log)["person"][start:end] == self.person
        return (start + np.flatnonzero(mine)).tolist()

    # --- recording ----------------------------------------------------------------------------

    def say(
        self,
        thread: str,
        kind: str,
        place: str,
        text: str,
        source: str = "",
        entry: int = -1,
        once: str = "",
    ) -> None:
        """Record an event; with `once`, not if the last event of that name was the same."""
        if once:
            if self._said.get(once) == text:
                return
            self._said[once] = text
        self.events.append(Event(self.model.day, thread, kind, place, text, source, entry))

    def forget(self, once: str) -> None:
        """Allow an event of a name to be recorded again."""
        self._said.pop(once, None)

    def be_at(self, thread: str, place: str) -> None:
        """Record where a thread is from now on."""
        if self._at.get(thread) != place:
            self._at[thread] = place
            self.path.append((self.model.day, thread, place))

    def where(self, thread: str) -> str:
        """Return where a thread is."""
        return self._at.get(thread, HANDS)

    def name(self, number: int) -> str:
        """Return the name of an agency or kind of clinic by its number in the log."""
        return institutions(self.model)[number] if number >= 0 else HANDS

    def clinic(self, unit: int) -> str:
        """Return what kind of clinic a unit is."""
        return CLINICS[self.model.clinics.units[unit].kind]

    def thread_of(self, ordinal: int, snapshot: Snapshot) -> str:
        """Return the name of the thread of an episode."""
        return f"{words.KINDS[int(snapshot.episodes[ordinal]['kind'])]} {ordinal}"

    def _note_places(self, after: Snapshot) -> None:
        """Record where each thread is after a block, and which have ended."""
        for ordinal, episode in after.episodes.items():
            if episode["state"] != State.LATENT:
                at_clinic = episode["state"] in (State.QUEUED, State.IN_BED)
                place = self.clinic(int(episode["unit"])) if at_clinic else HANDS
                self.be_at(self.thread_of(ordinal, after), place)
        going_on = {self.thread_of(ordinal, after) for ordinal in after.episodes}
        for (_, need, second), task in after.tasks.items():
            if task["place"] == Place.CLOSED:
                continue
            thread = need_thread(need, second)
            going_on.add(thread)
            if task["place"] == Place.WITH_MIGRANT:
                self.be_at(thread, HANDS)
            elif task["place"] != Place.IN_TRANSIT:
                self.be_at(thread, self.name(int(task["agency"])))
        if after.migrant is not None and after.migrant["to_be_removed"]:
            going_on.add(CUSTODY)
        for thread in [one for one in self._at if one not in going_on]:
            self.path.append((self.model.day, thread, self._at.pop(thread)))


def _bytes(table: Column) -> Column:
    """Return a table as rows of bytes, which are faster to compare than records."""
    return table.view(np.uint8).reshape(len(table), -1)


def need_thread(need: int, second: bool) -> str:
    """Return the name of the thread of a need."""
    return words.NEEDS[need] + (" (asked twice)" if second else "")


class FollowedModel(AlmatyModel):
    """A branch that followers observe after every block of the day.

    Parameters
    ----------
    scenario : Scenario
        Scenario of the branch; its world and seed are those of the past.
    past : AlmatyModel
        The model it branches off.
    followers : list of PersonTracer
    """

    def __init__(
        self, scenario: Scenario, past: AlmatyModel, followers: list[PersonTracer]
    ) -> None:
        self.followers = followers
        super().__init__(scenario, parent=past)
        for tracer in followers:
            tracer.look(self, "")

    def run_block(self, block: ScheduledBlock) -> None:
        """Run one block of the day, then let the followers observe it."""
        if block.name == "decide":
            for tracer in self.followers:
                tracer.before_deciding(self)
        super().run_block(block)
        for tracer in self.followers:
            tracer.look(self, block.name)
