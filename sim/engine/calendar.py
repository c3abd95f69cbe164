"""Two calendars: dates and working days, and reminders of things that fall due."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from sim.engine.arrays import NOBODY, Integers, Rows, distinct

DAYS_A_YEAR = 365.0
DAYS_A_MONTH = 30
"""Days from one pay-day to the next; sums quoted by the month are spread over as many."""
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

    def date_of(self, day: int) -> date:
        """Return the date of a day."""
        return self.start + timedelta(days=day)

    def weekday(self, day: int) -> int:
        """Return the weekday, Monday being 0."""
        return self.date_of(day).weekday()

    def day_of_year(self, day: int) -> int:
        """Return the day of the year, from 1."""
        return self.date_of(day).timetuple().tm_yday

    def is_holiday(self, day: int) -> bool:
        """Return whether the day is a public holiday."""
        return self.date_of(day).strftime("%m-%d") in self.holidays


class Reminders:
    """Rows that fall due on a day, found without searching everybody.

    A reminder is only a hint: the truth is the column in which a row's due day is kept. Who
    asks `due(day)` compares that column with the day and passes over rows that have since
    been postponed or have changed hands. A row is never returned twice for one day.

    Reminders are taken in unsorted. Every `BUNDLE` days those of the next bundle are picked out
    and sorted, so a reminder costs the same however far ahead it lies.
    """

    BUNDLE = 16

    def __init__(self) -> None:
        self._far: list[tuple[Integers, Rows]] = []
        self._near: list[tuple[Integers, Rows]] = []
        self._bundle_end: int | None = None

    def add(self, days: Integers, rows: Rows) -> None:
        """Remember that each of `rows` falls due on the day beside it (not before today)."""
        if len(rows) == 0:
            return
        days, rows = days.copy(), rows.copy()
        self._far.append((days, rows))
        if self._bundle_end is not None and days.min() < self._bundle_end:
            self._near.append((days, rows))

    def due(self, day: int) -> Rows:
        """Return the rows due on `day`, ascending and without repeats; days must not go back."""
        if self._bundle_end is None or day >= self._bundle_end:
            self._open_bundle(day)
        if not self._near:
            return NOBODY
        if len(self._near) > 1:
            days, rows = (np.concatenate(parts) for parts in zip(*self._near, strict=True))
            self._near = [(days, rows)]
        days, rows = self._near[0]
        return distinct(rows[days == day])

    def _open_bundle(self, day: int) -> None:
        """Pick the reminders of the next days out of the far ones; forget those of the past."""
        self._bundle_end = day + self.BUNDLE
        self._near = []
        if not self._far:
            return
        days = np.concatenate([part for part, _ in self._far])
        rows = np.concatenate([part for _, part in self._far])
        near = (days >= day) & (days < self._bundle_end)
        later = days >= self._bundle_end
        self._near.append((days[near], rows[near]))
        self._far = [(days[later], rows[later])]

    def copy(self) -> "Reminders":
        """Return an independent copy (the arrays are shared: they never change)."""
        twin = Reminders()
        twin._far = self._far.copy()
        twin._near = self._near.copy()
        twin._bundle_end = self._bundle_end
        return twin
