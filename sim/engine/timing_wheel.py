"""Reminders of events that fall due, found without searching all agents.

A wheel of days: every day has a chain of sheets of notes, and a chain serves all days that are a
turn of the wheel apart. A note costs the same however far ahead its day is, and less than sorted
insertion; a sheet is as long as two cache lines, so that reading a day seldom waits for memory.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np

from sim.engine.agentset.row_allocator import StorageGeneration
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import AHEAD, prefetch_head
from sim.engine.types import Integers, Rows

TURN = 1024
"""Number of days in one turn of the wheel."""
NOTES = 15
"""Number of notes on a sheet."""
WRITTEN, FOLLOWING, FIRST_NOTE = range(3)
"""Places on a sheet: how many notes it has, the next sheet of its chain, and the first note. A note
is a day and a row."""
USED, SPARE = range(2)
"""Entries of `Wheel.number`: sheets ever used, and the first spare one among them."""
END = -1
BITS = 8
"""Number of rows marked in one byte."""
FIRST_ROOM = 8


class WheelArrays(NamedTuple):
    """Notes on sheets in chains, one for each day of a turn.

    Attributes
    ----------
    sheets : array of int, shape (sheets, 2 + 2 `NOTES`)
        See `WRITTEN`, `FOLLOWING`, `FIRST_NOTE`.
    first : array of int, shape (`TURN`,)
        First sheet of each chain, -1: none.
    number : array of int, shape (2,)
        See `USED`, `SPARE`.
    """

    sheets: Integers
    first: Integers
    number: Integers


@compiled
def remind(wheel: WheelArrays, day: int, row: int) -> None:
    """Note that a row falls due on a day (there must be room)."""
    chain = day % TURN
    sheet = wheel.first[chain]
    if sheet == END or wheel.sheets[sheet, WRITTEN] == NOTES:
        sheet = take_sheet(wheel)
        wheel.sheets[sheet, WRITTEN] = 0
        wheel.sheets[sheet, FOLLOWING] = wheel.first[chain]
        wheel.first[chain] = sheet
    place = FIRST_NOTE + 2 * wheel.sheets[sheet, WRITTEN]
    wheel.sheets[sheet, place] = day
    wheel.sheets[sheet, place + 1] = row
    wheel.sheets[sheet, WRITTEN] += 1


@compiled
def remind_all(wheel: WheelArrays, days: Integers, rows: Rows) -> None:
    """Note that each of these rows falls due on the day beside it."""
    for i in range(len(rows)):
        sheet = wheel.first[days[min(i + AHEAD, len(rows) - 1)] % TURN]
        if sheet != END:
            prefetch_head(wheel.sheets, sheet)
        remind(wheel, days[i], rows[i])


@compiled
def take_sheet(wheel: WheelArrays) -> int:
    """Return a sheet to write on."""
    number = wheel.number
    sheet = int(number[SPARE])
    if sheet != END:
        number[SPARE] = wheel.sheets[sheet, FOLLOWING]
        return sheet
    sheet = int(number[USED])
    if sheet >= len(wheel.sheets):
        raise IndexError("no room for another reminder")
    number[USED] += 1
    return sheet


@compiled(allocates=True)
def pop_due(wheel: WheelArrays, day: int) -> Rows:
    """Return the rows due on a day, ascending and without repeats; forget earlier ones."""
    chain = day % TURN
    first = wheel.first[chain]
    notes = 0
    sheet = first
    while sheet != END:
        notes += wheel.sheets[sheet, WRITTEN]
        sheet = wheel.sheets[sheet, FOLLOWING]
    rows = np.empty(notes, dtype=np.intp)
    due = 0
    wheel.first[chain] = END
    sheet = first
    while sheet != END:
        following = wheel.sheets[sheet, FOLLOWING]
        kept = 0
        for note in range(wheel.sheets[sheet, WRITTEN]):
            place = FIRST_NOTE + 2 * note
            noted, row = wheel.sheets[sheet, place], wheel.sheets[sheet, place + 1]
            if noted == day:
                rows[due] = row
                due += 1
            elif noted > day:
                place = FIRST_NOTE + 2 * kept
                wheel.sheets[sheet, place] = noted
                wheel.sheets[sheet, place + 1] = row
                kept += 1
        wheel.sheets[sheet, WRITTEN] = kept
        if kept > 0:
            wheel.sheets[sheet, FOLLOWING] = wheel.first[chain]
            wheel.first[chain] = sheet
        else:
            wheel.sheets[sheet, FOLLOWING] = wheel.number[SPARE]
            wheel.number[SPARE] = sheet
        sheet = following
    return sort_unique_inplace(rows[:due])


@compiled(allocates=True)
def sort_unique_inplace(rows: Rows) -> Rows:
    """Return row numbers ascending and without repeats, overwriting the argument.

    They are marked in a list with a bit for every possible row: for such dense numbers that is
    faster than comparing them.

    >>> sort_unique_inplace(np.array([70, 3, 70, 0])).tolist()
    [0, 3, 70]
    """
    last = 0
    for row in rows:
        last = max(last, row)
    ticked = np.zeros(last // BITS + 1, dtype=np.uint8)
    for row in rows:
        ticked[row // BITS] |= 1 << (row % BITS)
    count = 0
    for place in range(len(ticked)):
        if ticked[place]:
            for bit in range(BITS):
                if ticked[place] >> bit & 1:
                    rows[count] = place * BITS + bit
                    count += 1
    return rows[:count]


class TimingWheel:
    """Rows that fall due on a day.

    A reminder is only a hint: the truth is the column in which a row's due day is kept. The caller
    of `pop_due` compares that column with the day and skips rows that have since been postponed or
    belong to another agent. A row is never returned twice for one day.
    """

    def __init__(self) -> None:
        self.wheel = _wheel(FIRST_ROOM)

    def make_room(self, count: int) -> None:
        """Make room for more notes."""
        # At worst each note is the first of its chain, or the next after a full sheet.
        needed = int(self.wheel.number[USED]) + min(count, TURN + count // NOTES + 1)
        if needed > len(self.wheel.sheets):
            self.wheel = self._enlarged(max(needed, 2 * len(self.wheel.sheets)))
            StorageGeneration.count += 1

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self)()
        twin.wheel = self._enlarged(len(self.wheel.sheets))
        return twin

    def arrays(self) -> dict[str, Integers]:
        """Return the whole state as arrays, to be saved in a file."""
        return dict(self.wheel._asdict())

    def restore(self, arrays: Mapping[str, Integers]) -> None:
        """Restore a state returned by `arrays`."""
        self.wheel = WheelArrays(*(arrays[name].copy() for name in WheelArrays._fields))
        StorageGeneration.count += 1

    def _enlarged(self, room: int) -> WheelArrays:
        grown = _wheel(room)
        used = int(self.wheel.number[USED])
        grown.sheets[:used] = self.wheel.sheets[:used]
        grown.first[:] = self.wheel.first
        grown.number[:] = self.wheel.number
        return grown


def _wheel(room: int) -> WheelArrays:
    return WheelArrays(
        np.empty((room, FIRST_NOTE + 2 * NOTES), dtype=np.int32),
        np.full(TURN, END, dtype=np.int32),
        np.array([0, END], dtype=np.int32),
    )
