"""Names for the array types that travel through the model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
type Identities = NDArray[np.uint64]
type Booleans = NDArray[np.bool_]
type Rows = NDArray[np.intp]
"""Row numbers of a cohort."""
type Column = NDArray[Any]
"""Values of one column, in the column's own dtype."""

NOBODY: Rows = np.empty(0, dtype=np.intp)
"""No row at all."""
