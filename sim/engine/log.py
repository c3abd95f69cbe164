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
        self._arrays = {name: np.empty(256, dtype) for name, dtype in self.dtypes.items()}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Column:
        """Return one column (a view: do not write into it)."""
        return self._arrays[name][: self._length]

    def append(self, **values: Any) -> None:
        """Append rows; every column must be given, as an array or one value for all rows."""
        count = max(len(value) for value in values.values() if np.ndim(value))
        end = self._length + count
        for name, dtype in self.dtypes.items():
            array = self._arrays[name]
            if end > len(array):
                grown = np.empty(max(end, 2 * len(array)), dtype)
                grown[: self._length] = array[: self._length]
                self._arrays[name] = array = grown
            array[self._length : end] = values[name]
        self._length = end

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self)(**self.dtypes)
        twin._arrays = {name: array[: self._length].copy() for name, array in self._arrays.items()}
        twin._length = self._length
        return twin

    def digest(self) -> bytes:
        """Return a digest of the whole table."""
        summary = blake2b(digest_size=16)
        for name in self.dtypes:
            summary.update(self[name].tobytes())
        return summary.digest()
