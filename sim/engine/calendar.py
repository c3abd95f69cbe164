"""The calendar: dates, weekdays and public holidays."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from sim.engine.daily_cache import DailyCache
from sim.engine.types import Booleans

DAYS_A_YEAR = 365.0
DAYS_A_MONTH = 30
"""Days from one pay-day to the next; monthly amounts are spread over this many days."""
MONTHS_A_YEAR = 12
DAYS_A_QUARTER = 3 * DAYS_A_MONTH
DAYS_A_WEEK = 7
DAY_OFFSET = 1 << 20
"""Added to day numbers where they serve as keys of draws, since burn-in days are negative."""


class WorkCalendar:
    """Dates of a run: weekday, season and public holidays.

    Parameters
    ----------
    start : date
        Date of day 0. Days before it are negative.
    holidays : iterable of str
        Public holidays as "MM-DD", the same every year.

    Examples
    --------
    >>> calendar = WorkCalendar(date(2018, 1, 1), holidays=["01-01", "01-02"])
    >>> calendar.date_of(31).isoformat(), calendar.weekday(6), calendar.is_holiday(1)
    ('2018-02-01', 6, True)
    """

    def __init__(self, start: date, holidays: Iterable[str]) -> None:
        self.start = start
        self.holidays = frozenset(holidays)
        self._last_asked = (0, start)

    def date_of(self, day: int) -> date:
        """Return the date of a day."""
        if self._last_asked[0] != day:  # most ask for today
            self._last_asked = day, self.start + timedelta(days=day)
        return self._last_asked[1]

    def weekday(self, day: int) -> int:
        """Return the weekday, Monday being 0."""
        return self.date_of(day).weekday()

    def day_of_year(self, day: int) -> int:
        """Return the day of the year, from 1."""
        return self.date_of(day).timetuple().tm_yday

    def works(self, day: int, weekdays: Booleans, holidays: Booleans) -> Booleans:
        """Return which institutions work on a day.

        Parameters
        ----------
        weekdays : array of bool, shape (institutions, 7)
        holidays : array of bool, shape (institutions,)
            Whether they work on public holidays.
        """
        today = weekdays[:, self.weekday(day)]
        return np.asarray(today & (holidays | (not self.is_holiday(day))))

    def open_days(self, weekdays: Booleans, holidays: Booleans) -> DailyCache:
        """Return which institutions work, by day (arguments as in `works`)."""
        return DailyCache(
            lambda days: np.array(
                [self.works(day, weekdays, holidays) for day in days[:, 0].tolist()]
            )
        )

    def is_holiday(self, day: int) -> bool:
        """Return True if the day is a public holiday."""
        date = self.date_of(day)
        return f"{date.month:02}-{date.day:02}" in self.holidays
