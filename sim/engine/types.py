"""Names for the array types used in the model."""

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


NOBODY: Rows = np.empty(0, dtype=np.intp)
"""No row at all."""
