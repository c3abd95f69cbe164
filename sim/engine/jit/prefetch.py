"""Prefetching the records that a loop will reach soon.

A loop over scattered records of a large city waits for nearly each of them. Prefetch requests do
not wait and change only the running time. A rule prefetches what, according to a profile, it waits
for: the head of a record, which contains its `hot` fields, the whole record, or only its first
cache line.
"""

from sim.engine.jit.backend import prefetcher
from sim.engine.jit.compiled import compiled
from sim.engine.types import Column, Rows

LINES_AT_THE_HEAD = 2
"""Number of cache lines that hold the frequently read fields of a record."""
AHEAD = 16
"""Number of records between the prefetched one and the one that a loop works on."""
SOON, VERY_SOON = AHEAD // 2, AHEAD // 4
"""A shorter distance: where one record says which other will be needed."""

prefetch_first_line = prefetcher(1)
prefetch_head = prefetcher(LINES_AT_THE_HEAD)
prefetch_record = prefetcher(None)


@compiled
def row_ahead(rows: Rows, place: int, ahead: int) -> int:
    """Return the row that a loop reaches a number of steps later; at the end, the last row."""
    return rows[min(place + ahead, len(rows) - 1)]


@compiled
def prefetch_ahead(table: Column, rows: Rows, place: int) -> None:
    """Prefetch the head of the record that a loop over rows will reach soon."""
    prefetch_head(table, row_ahead(rows, place, AHEAD))


@compiled
def prefetch_record_ahead(table: Column, rows: Rows, place: int) -> None:
    """Like `prefetch_ahead`, for rules that need more of a record than its head."""
    prefetch_record(table, row_ahead(rows, place, AHEAD))
