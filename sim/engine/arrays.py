"""Names for the array types that travel through the model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating[Any]]
type Integers = NDArray[np.integer[Any]]
type Identities = NDArray[np.integer[Any]]
"""Permanent identities and keys of draws: whole numbers from 0 to 2**64 - 1."""
type Booleans = NDArray[np.bool_]
type Rows = NDArray[np.integer[Any]]
"""Row numbers of a cohort."""
type Column = NDArray[Any]
"""Values of one column, in the column's own dtype."""


def distinct(values: Column) -> Column:
    """Return the values sorted and without repeats (quicker than `numpy.unique` for few).

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    values = np.sort(values)
    if len(values) < 2:
        return values
    return values[np.concatenate([[True], values[1:] != values[:-1]])]


NOBODY: Rows = np.empty(0, dtype=np.intp)
"""No row at all."""
