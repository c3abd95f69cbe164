"""Prefetching the records that a loop comes to in a moment.

A loop over scattered records of a large city waits for nearly each of them. These requests do not
wait and change nothing but time. A rule prefetches what a profile shows it waiting for: the head of
a record, where the fields lie that are `hot` looked at, all of it, or its first cache line only.
"""

from sim.engine.jit.backend import prefetcher
from sim.engine.jit.compiled import compiled
from sim.engine.types import Column, Rows

LINES_AT_THE_HEAD = 2
"""Cache lines that hold the fields of a record that are often looked at."""
AHEAD = 16
"""Records between the one that is prefetched and the one that a loop works on."""
SOON, VERY_SOON = AHEAD // 2, AHEAD // 4
"""Fewer records: where one record says which other will be needed."""

prefetch_first_line = prefetcher(1)
prefetch_head = prefetcher(LINES_AT_THE_HEAD)
prefetch_record = prefetcher(None)


@compiled
def row_ahead(rows: Rows, place: int, ahead: int) -> int:
    """Return the row to which a loop comes so many steps later; at the end, the last."""
    return rows[min(place + ahead, len(rows) - 1)]


@compiled
def prefetch_ahead(table: Column, rows: Rows, place: int) -> None:
    """Prefetch the head of the record to which a loop over rows comes in a moment."""
    prefetch_head(table, row_ahead(rows, place, AHEAD))


@compiled
def prefetch_record_ahead(table: Column, rows: Rows, place: int) -> None:
    """Do as `prefetch_ahead` does, where a rule needs more of a record than its head."""
    prefetch_record(table, row_ahead(rows, place, AHEAD))
