"""Which rows of a table are in use, in the form that compiled rules read.

Rows of agents who have left are reused first, the latest first.
"""

from typing import NamedTuple

import numpy as np

from sim.engine.jit.compiled import compiled
from sim.engine.types import Booleans, Column, Identities, Integers, Rows

PRESENT, TOUCHED, FREE, LISTED = range(4)
"""Entries of `RowAllocator.number`: agents present, rows used so far, free rows among them, and the
length of the list of rows."""
UNKNOWN = -1
"""Length that marks a list of rows that has to be rebuilt."""


class StorageGeneration:
    """How often tables have moved to a larger place, over all models of the process.

    Code that has stored the address of a table looks it up again when this count has changed.
    """

    count = 0


class RowAllocator(NamedTuple):
    """Which rows are in use, and which are free.

    Attributes
    ----------
    occupied : array of bool, shape (rows,)
    free : array of int, shape (rows,)
        Rows of agents who have left, the latest last, as many as `number[FREE]` says.
    listed : array of int, shape (rows,)
        Rows of everybody present, ascending, as many as `number[LISTED]` says.
    number : array of int, shape (4,)
        See `PRESENT`, `TOUCHED`, `FREE`, `LISTED`.
    """

    occupied: Booleans
    free: Rows
    listed: Rows
    number: Integers


def row_allocator(capacity: int) -> RowAllocator:
    """Return an allocator of the given number of rows, all of them free."""
    return RowAllocator(
        np.zeros(capacity, dtype=np.bool_),
        np.empty(capacity, dtype=np.intp),
        np.empty(capacity, dtype=np.intp),
        np.array([0, 0, 0, UNKNOWN], dtype=np.int64),
    )


def enlarged(old: RowAllocator, capacity: int) -> RowAllocator:
    """Return a copy with room for the given number of rows."""
    new = row_allocator(capacity)
    touched, free = int(old.number[TOUCHED]), int(old.number[FREE])
    new.occupied[:touched] = old.occupied[:touched]
    new.free[:free] = old.free[:free]
    new.number[:] = old.number
    new.number[LISTED] = UNKNOWN
    return new


@compiled(allocates=True)
def active_rows(taken: RowAllocator) -> Rows:
    """Return the rows of everybody present, ascending. Do not write into them.

    They are valid until an agent is added or removed: a rule that adds or removes agents in a loop
    over the rows may finish the loop, but must not ask for the rows again before.
    """
    number = taken.number
    if number[LISTED] == UNKNOWN:
        count = 0
        for row in range(number[TOUCHED]):
            taken.listed[count] = row
            count += int(taken.occupied[row])
        number[LISTED] = count
    return taken.listed[: number[LISTED]]


@compiled(allocates=True)
def rows_with(column: Integers, value: int) -> Rows:
    """Return the rows of a column that hold a value, ascending.

    >>> rows_with(np.array([3, 1, 3], dtype=np.int8), 3).tolist()
    [0, 2]
    """
    rows = np.empty(len(column), dtype=np.intp)
    count = 0
    for row in range(len(column)):
        # Written in any case: faster than a branch, which the processor cannot predict.
        rows[count] = row
        count += int(column[row] == value)
    return rows[:count]


@compiled
def allocate_row(taken: RowAllocator) -> int:
    """Return a free row, which is now in use."""
    number = taken.number
    if number[FREE] > 0:
        number[FREE] -= 1
        row = taken.free[number[FREE]]
    else:
        row = number[TOUCHED]
        if row >= len(taken.occupied):
            raise IndexError("no room for another agent")
        number[TOUCHED] += 1
    taken.occupied[row] = True
    number[PRESENT] += 1
    number[LISTED] = UNKNOWN
    return int(row)


@compiled
def release_row(taken: RowAllocator, row: int) -> None:
    """Free a row for another agent."""
    number = taken.number
    taken.free[number[FREE]] = row
    number[FREE] += 1
    taken.occupied[row] = False
    number[PRESENT] -= 1
    number[LISTED] = UNKNOWN


@compiled(allocates=True)
def allocate_rows(taken: RowAllocator, table: Column, blank: Column, pids: Identities) -> Rows:
    """Allocate a row for each identity; its record is `blank` except for the identity."""
    rows = np.empty(len(pids), dtype=np.intp)
    for i in range(len(pids)):
        rows[i] = allocate_row(taken)
        table[rows[i]] = blank[0]
        table[rows[i]].pid = pids[i]
    return rows


@compiled
def release_rows(taken: RowAllocator, rows: Rows) -> None:
    """Free rows for other agents."""
    for row in rows:
        release_row(taken, row)
