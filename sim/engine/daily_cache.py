"""Numbers of a day, calculated for a month of days together.

Whole-array draws for a few institutions cost nearly the same for a month of days as for one day.
"""

from collections.abc import Callable

import numpy as np

from sim.engine.types import Column, Integers

DAYS_TOGETHER = 32


class DailyCache:
    """A pure function of the day, such as a draw that nothing in the city can change.

    Parameters
    ----------
    work_out : callable
        Returns the numbers of several days, given as an array of shape (days, 1): an array whose
        first axis has that length.

    Examples
    --------
    >>> squares = DailyCache(lambda days: days**2)
    >>> squares.on(3).tolist(), squares.on(-4).tolist()
    ([9], [16])
    """

    def __init__(self, work_out: Callable[[Integers], Column]) -> None:
        self._work_out = work_out
        self._first = 0
        self._numbers: Column = np.empty(0)

    def on(self, day: int) -> Column:
        """Return the numbers of a day."""
        if not self._first <= day < self._first + len(self._numbers):
            self._first = day
            self._numbers = self._work_out(day + np.arange(DAYS_TOGETHER)[:, None])
        return self._numbers[day - self._first]
