"""Append-only tables of events, for the observer."""

import mmap
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from sim.engine.agentset.column import Column as Declared
from sim.engine.digest import Digest
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record, for_rules, record_type
from sim.engine.types import Column, Integers


class EventWriter(NamedTuple):
    """A log in the form that compiled rules use, with room for the reserved number of records."""

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
"""Size of a new chunk as a multiple of the requested room."""
SMALLEST_CHUNK = 256


class LogDeclaration:
    """Declaration of a log: its columns, and how much may be written in a day.

    Parameters
    ----------
    most_a_day : callable
        Returns the largest number of records of one day, given the model. Room is made for them
        every morning, because a rule cannot make any.
    **columns : Column
        In order, each with type, meaning and unit.

    Examples
    --------
    >>> raids = LogDeclaration(lambda model: 5, day=Declared(np.int32, "day", unit="day"))
    >>> len(raids.new())
    0
    """

    def __init__(self, most_a_day: Callable[[Any], int], **columns: Declared) -> None:
        self.most_a_day = most_a_day
        self.columns = columns

    def new(self) -> "EventLog":
        """Return an empty log."""
        return EventLog(**{name: column.dtype for name, column in self.columns.items()})


def empty_chunk(count: int, kind: np.dtype[Any]) -> Column:
    """Return room for a number of records, which takes up memory only as far as it is written to.

    A NumPy array would too, but it requests large pages, each of which is cleared as a whole when
    the first record is written to it.
    """
    if sys.platform == "win32":
        return np.empty(count, kind)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return np.frombuffer(mmap.mmap(-1, count * kind.itemsize, flags=private), kind)


class EventLog:
    """A table to which records are appended and nothing is ever changed.

    It is written in chunks. A full chunk is set aside and never copied, not even by branches.

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
        return sum(len(chunk) for chunk in self._put_aside) + int(self._length[0])

    def __getitem__(self, name: str) -> Column:
        """Return one column (do not write into it)."""
        if name not in self.dtypes:
            raise KeyError(name)
        return np.concatenate([chunk[name] for chunk in self._chunks()])

    def _chunks(self) -> list[Column]:
        """Return the written part of each chunk."""
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
        """Make room for more records; return True if an open log has to be reopened."""
        if self._length[0] + room <= len(self._records):
            return False
        size = max(SPARE_ROOM * room, len(self), SMALLEST_CHUNK)
        if self._length[0]:
            self._put_aside.append(self._records[: self._length[0]])
        self._records = empty_chunk(size, self._type)
        self._length[0] = 0
        return True

    def copy(self) -> Self:
        """Return an independent copy, which shares the existing records: they never change."""
        twin = type(self)(**self.dtypes)
        twin._put_aside = [chunk for chunk in self._chunks() if len(chunk)]
        return twin

    def arrays(self) -> dict[str, Column]:
        """Return all records as arrays, to be saved in a file."""
        return {"records": np.concatenate([chunk.view(np.uint8) for chunk in self._chunks()])}

    def restore(self, arrays: Mapping[str, Column]) -> None:
        """Restore the records returned by `arrays`."""
        self._put_aside = [arrays["records"].view(self._type)]
        self._records = np.empty(0, self._type)
        self._length[0] = 0

    def add_to(self, digest: Digest, name: str) -> None:
        """Add all records to a digest."""
        for chunk in self._chunks():
            digest.add_records(name, chunk)

    def digest(self) -> str:
        """Return a digest of the whole table, independent of the order within it."""
        digest = Digest()
        self.add_to(digest, type(self).__name__)
        return digest.hexdigest()
