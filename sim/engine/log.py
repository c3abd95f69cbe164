"""Append-only tables in columns: what has happened, for the observer."""

from hashlib import blake2b
from typing import Any, Self

import numpy as np

from sim.engine.arrays import Column


class Log:
    """A table to which blocks of rows are appended and nothing is ever changed.

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
        self._capacity = 256
        self._arrays = {
            name: np.empty(self._capacity, dtype) for name, dtype in self.dtypes.items()
        }
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Column:
        """Return one column (a view: do not write into it)."""
        return self._arrays[name][: self._length]

    def append(self, **values: Any) -> None:
        """Append rows; every column must be given, as an array or one value for all rows."""
        count = next(len(value) for value in values.values() if hasattr(value, "__len__"))
        start, end = self._length, self._length + count
        if end > self._capacity:
            self._grow(end)
        for name, array in self._arrays.items():
            array[start:end] = values[name]
        self._length = end

    def _grow(self, needed: int) -> None:
        self._capacity = max(needed, 2 * self._capacity, 256)
        for name, array in self._arrays.items():
            grown = np.empty(self._capacity, array.dtype)
            grown[: self._length] = array[: self._length]
            self._arrays[name] = grown

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self)(**self.dtypes)
        twin._arrays = {name: array[: self._length].copy() for name, array in self._arrays.items()}
        twin._length = twin._capacity = self._length
        return twin

    def digest(self) -> bytes:
        """Return a digest of the whole table."""
        summary = blake2b(digest_size=16)
        for name in self.dtypes:
            summary.update(self[name].tobytes())
        return summary.digest()
