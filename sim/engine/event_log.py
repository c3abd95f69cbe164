"""Append-only tables: what has happened, for the observer."""

import mmap
import sys
from typing import Any, NamedTuple, Self

import numpy as np

from sim.engine.digest import Digest
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record, for_rules, record_type
from sim.engine.types import Column, Integers


class EventWriter(NamedTuple):
    """A log as compiled rules see it: with room for so many records as were reserved."""

    records: Column
    length: Integers


@compiled
def append_record(log: EventWriter) -> Record:
    """Return the next free record of a log, for a rule to fill in."""
    place = log.length[0]
    if place >= len(log.records):
        raise IndexError("no room reserved in the log")
    log.length[0] += 1
    return log.records[place]


SPARE_ROOM = 4
"""Times what is asked for that a new sheet has room for."""
SMALLEST_SHEET = 256


def empty_sheet(count: int, kind: np.dtype[Any]) -> Column:
    """Return room for so many records, which takes up memory only as far as it is written on.

    An array of NumPy would as well, but it asks for large pages, each of which is cleared as a
    whole for the first record that is written on it.
    """
    if sys.platform == "win32":
        return np.empty(count, kind)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return np.frombuffer(mmap.mmap(-1, count * kind.itemsize, flags=private), kind)


class EventLog:
    """A table to which records are appended and nothing is ever changed.

    It is written on sheets: a full one is put aside and never copied, by branches of a run neither.

    Parameters
    ----------
    **dtypes : numpy dtype
        Columns in order.

    Examples
    --------
    >>> log = EventLog(day=np.int32, price=np.float64)
    >>> log.append(day=np.array([1, 2]), price=5.0)
    >>> len(log), log["price"].tolist()
    (2, [5.0, 5.0])
    """

    def __init__(self, **dtypes: Any) -> None:
        self.dtypes = {name: np.dtype(dtype) for name, dtype in dtypes.items()}
        self._type = record_type({name: (dtype, ()) for name, dtype in self.dtypes.items()})
        self._put_aside: list[Column] = []
        self._records = np.empty(0, self._type)
        self._length = np.zeros(1, dtype=np.int64)

    def __len__(self) -> int:
        return sum(len(sheet) for sheet in self._put_aside) + int(self._length[0])

    def __getitem__(self, name: str) -> Column:
        """Return one column (do not write into it)."""
        if name not in self.dtypes:
            raise KeyError(name)
        return np.concatenate([sheet[name] for sheet in self._sheets()])

    def _sheets(self) -> list[Column]:
        """Return what is written on each sheet."""
        return [*self._put_aside, self._records[: self._length[0]]]

    def append(self, **values: Any) -> None:
        """Append records; every column must be given, as an array or one value for all."""
        count = next(len(value) for value in values.values() if hasattr(value, "__len__"))
        self.make_room(count)
        start = int(self._length[0])
        for name in self.dtypes:
            self._records[name][start : start + count] = values[name]
        self._length[0] += count

    def open(self) -> EventWriter:
        """Return the log for rules, which may append as many records as there is room for."""
        return EventWriter(for_rules(self._records), self._length)

    def make_room(self, room: int) -> bool:
        """Make room for so many more records; tell whether an open log has to be opened anew."""
        if self._length[0] + room <= len(self._records):
            return False
        size = max(SPARE_ROOM * room, len(self), SMALLEST_SHEET)
        if self._length[0]:
            self._put_aside.append(self._records[: self._length[0]])
        self._records = empty_sheet(size, self._type)
        self._length[0] = 0
        return True

    def copy(self) -> Self:
        """Return an independent copy, which shares what is written so far: it never changes."""
        twin = type(self)(**self.dtypes)
        twin._put_aside = [sheet for sheet in self._sheets() if len(sheet)]
        return twin

    def add_to(self, digest: Digest, name: str) -> None:
        """Add everything written down to a digest."""
        for sheet in self._sheets():
            digest.add_records(name, sheet)

    def digest(self) -> str:
        """Return a digest of the whole table, independent of the order within it."""
        digest = Digest()
        self.add_to(digest, type(self).__name__)
        return digest.hexdigest()
