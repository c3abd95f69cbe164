"""Residual drift: how much slow shares still move at the end of a burn-in.

Legal status and knowledge are the slowest shares of a city. Where a run starts from another state
than the rest state of its own parameters, they have not settled when burn-in ends; what is left is
the relative change from the last quarter but one of burn-in to the last. (Series of a day such as
visits are left out: they follow these shares and the seasons.)
"""

from typing import TYPE_CHECKING

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.engine.calendar import DAYS_A_QUARTER

if TYPE_CHECKING:
    from sim.engine.types import Column
    from sim.observation.daily_counts import DailyCounts


def residual_drift(diary: "DailyCounts") -> float:
    """Return the largest relative change of a slow share over the last quarter of a diary.

    Parameters
    ----------
    diary : DailyCounts
        Of a burn-in.

    Returns
    -------
    float
        Of the shares without valid status and of those who know each item. Of a burn-in shorter
        than two quarters, its halves are compared; of one of less than two days, 0.
    """
    present = diary.present.sum(axis=1)
    quarter = min(int(DAYS_A_QUARTER), len(present) // 2)
    if quarter == 0:
        return 0.0
    by_status = diary.present.reshape(len(present), *STRATA_SHAPE).sum(axis=(1, 3, 4))
    irregular = by_status[:, words.LegalStatus.IRREGULAR]
    informed = diary.informed.sum(axis=1)
    shares = np.column_stack([irregular, informed]) / np.maximum(present, 1)[:, None]
    before, after = shares[-2 * quarter : -quarter].mean(axis=0), shares[-quarter:].mean(axis=0)
    return largest_change(before, after)


def largest_change(before: "Column", after: "Column") -> float:
    """Return the largest relative change; a share that is 0 before and after has not changed.

    Examples
    --------
    >>> round(largest_change(np.array([0.4, 0.0]), np.array([0.5, 0.0])), 6)
    0.25
    """
    return float((np.abs(after - before) / np.maximum(before, 1e-9)).max())
