"""Reminders of things that fall due, found without searching everybody.

A wheel of days: every day has a chain of notes, and a chain serves all days that lie a turn of the
wheel apart. A note costs the same however far ahead its day is, and less than sorting it in.
"""

from typing import NamedTuple

import numpy as np

from sim.engine.arrays import Integers, Rows
from sim.engine.compiled import compiled

TURN = 128
"""Days of one turn of the wheel."""
USED, SPARE = range(2)
"""Entries of `Wheel.number`: notes ever used, and the first spare one among them."""
END = -1
FIRST_ROOM = 64


class Wheel(NamedTuple):
    """Notes in chains, one for each day of a turn.

    Attributes
    ----------
    day, row, following : array of int, shape (notes,)
        What each note says, and the next note of its chain (-1: none).
    first : array of int, shape (`TURN`,)
        First note of each chain.
    number : array of int, shape (2,)
        See `USED`, `SPARE`.
    """

    day: Integers
    row: Integers
    following: Integers
    first: Integers
    number: Integers


@compiled
def remind(wheel: Wheel, day: int, row: int) -> None:
    """Note that a row falls due on a day (there has to be room)."""
    number = wheel.number
    note = number[SPARE]
    if note != END:
        number[SPARE] = wheel.following[note]
    else:
        note = number[USED]
        if note >= len(wheel.day):
            raise IndexError("no room for another reminder")
        number[USED] += 1
    wheel.day[note] = day
    wheel.row[note] = row
    wheel.following[note] = wheel.first[day % TURN]
    wheel.first[day % TURN] = note


@compiled
def due_rows(wheel: Wheel, day: int) -> Rows:
    """Return the rows due on a day, ascending and without repeats; forget earlier ones."""
    chain = day % TURN
    note = wheel.first[chain]
    wheel.first[chain] = END
    due = 0
    found = END
    while note != END:
        following = wheel.following[note]
        if wheel.day[note] > day:
            wheel.following[note] = wheel.first[chain]
            wheel.first[chain] = note
        elif wheel.day[note] == day:
            wheel.following[note] = found
            found = note
            due += 1
        else:
            spare(wheel, note)
        note = following
    rows = np.empty(due, dtype=np.intp)
    for place in range(due):
        rows[place] = wheel.row[found]
        following = wheel.following[found]
        spare(wheel, found)
        found = following
    rows.sort()
    count = 0
    for place in range(due):
        if place == 0 or rows[place] != rows[place - 1]:
            rows[count] = rows[place]
            count += 1
    return rows[:count]


@compiled
def spare(wheel: Wheel, note: int) -> None:
    """Let a note be written anew."""
    wheel.following[note] = wheel.number[SPARE]
    wheel.number[SPARE] = note


@compiled
def remind_all(wheel: Wheel, days: Integers, rows: Rows) -> None:
    """Note that each of these rows falls due on the day beside it."""
    for i in range(len(rows)):
        remind(wheel, days[i], rows[i])


class Reminders:
    """Rows that fall due on a day.

    A reminder is only a hint: the truth is the column in which a row's due day is kept. Who
    asks `due(day)` compares that column with the day and passes over rows that have since
    been postponed or have changed hands. A row is never returned twice for one day.
    """

    BUNDLE = TURN

    def __init__(self) -> None:
        self.wheel = _wheel(FIRST_ROOM)

    def add(self, days: Integers, rows: Rows) -> None:
        """Remember that each of `rows` falls due on the day beside it (not before today)."""
        if len(rows):
            self.make_room(len(rows))
            remind_all(self.wheel, days.astype(np.int64), rows.astype(np.intp))

    def due(self, day: int) -> Rows:
        """Return the rows due on `day`, ascending and without repeats; days must not go back."""
        return due_rows(self.wheel, day)

    def make_room(self, count: int) -> None:
        """Make room for so many more."""
        needed = int(self.wheel.number[USED]) + count
        if needed > len(self.wheel.day):
            self.wheel = self._enlarged(max(needed, 2 * len(self.wheel.day)))

    def copy(self) -> "Reminders":
        """Return an independent copy."""
        twin = Reminders()
        twin.wheel = self._enlarged(len(self.wheel.day))
        return twin

    def _enlarged(self, room: int) -> Wheel:
        grown = _wheel(room)
        used = int(self.wheel.number[USED])
        grown.day[:used] = self.wheel.day[:used]
        grown.row[:used] = self.wheel.row[:used]
        grown.following[:used] = self.wheel.following[:used]
        grown.first[:] = self.wheel.first
        grown.number[:] = self.wheel.number
        return grown


def _wheel(room: int) -> Wheel:
    return Wheel(
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.int32),
        np.full(TURN, END, dtype=np.int32),
        np.array([0, END], dtype=np.int32),
    )
