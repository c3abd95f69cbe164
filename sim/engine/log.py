"""Append-only tables: what has happened, for the observer."""

from hashlib import blake2b
from typing import Any, NamedTuple, Self

import numpy as np

from sim.engine.arrays import Column, Integers
from sim.engine.compiled import Record, compiled, for_rules, record_type


class OpenLog(NamedTuple):
    """A log as compiled rules see it: with room for so many records as were reserved."""

    records: Column
    length: Integers


@compiled
def next_record(log: OpenLog) -> Record:
    """Return the next free record of a log, for a rule to fill in."""
    place = log.length[0]
    if place >= len(log.records):
        raise IndexError("no room reserved in the log")
    log.length[0] += 1
    return log.records[place]


class Log:
    """A table to which records are appended and nothing is ever changed.

    Parameters
    ----------
    **dtypes : numpy dtype
        Columns in order.

    Examples
    --------
    >>> log = Log(day=np.int32, price=np.float64)
    >>> log.append(day=np.array([1, 2]), price=5.0)
    >>> len(log), log["price"].tolist()
    (2, [5.0, 5.0])
    """

    def __init__(self, **dtypes: Any) -> None:
        self.dtypes = {name: np.dtype(dtype) for name, dtype in dtypes.items()}
        self._type = record_type({name: (dtype, ()) for name, dtype in self.dtypes.items()})
        self._records = np.empty(0, self._type)
        self._length = np.zeros(1, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._length[0])

    def __getitem__(self, name: str) -> Column:
        """Return one column (a view: do not write into it)."""
        if name not in self.dtypes:
            raise KeyError(name)
        return self._records[name][: len(self)]

    def append(self, **values: Any) -> None:
        """Append records; every column must be given, as an array or one value for all."""
        count = next(len(value) for value in values.values() if hasattr(value, "__len__"))
        start, end = len(self), len(self) + count
        self.make_room(count)
        for name in self.dtypes:
            self._records[name][start:end] = values[name]
        self._length[0] = end

    def open(self) -> OpenLog:
        """Return the log for rules, which may append as many records as there is room for."""
        return OpenLog(for_rules(self._records), self._length)

    def make_room(self, room: int) -> bool:
        """Make room for so many more records; tell whether an open log has to be opened anew."""
        needed = len(self) + room
        if needed <= len(self._records):
            return False
        grown = np.empty(max(needed, 2 * len(self._records), 256), self._type)
        grown[: len(self)] = self._records[: len(self)]
        self._records = grown
        return True

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self)(**self.dtypes)
        twin._records = self._records[: len(self)].copy()
        twin._length = self._length.copy()
        return twin

    def digest(self) -> bytes:
        """Return a digest of the whole table, independent of the order within it."""
        columns = [self[name] for name in self.dtypes]
        order = np.lexsort(columns[::-1])
        summary = blake2b(digest_size=16)
        for column in columns:
            summary.update(column[order].tobytes())
        return summary.digest()
