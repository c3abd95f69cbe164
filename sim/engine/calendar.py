"""Two calendars: dates and working days, and reminders of things that fall due."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from sim.engine.arrays import NOBODY, Integers, Rows


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

    Far days are kept in bundles of `BUNDLE` days and sorted only when their bundle is opened,
    so a reminder costs the same however far ahead it lies.
    """

    BUNDLE = 64

    def __init__(self) -> None:
        self._bundles: dict[int, list[tuple[Integers, Rows]]] = {}
        self._days: dict[int, list[Rows]] = {}
        self._open_bundle: int | None = None

    def add(self, days: Integers, rows: Rows) -> None:
        """Remember that each of `rows` falls due on the day beside it (not before today)."""
        if len(rows) == 0:
            return
        bundles = days // self.BUNDLE
        for bundle in np.unique(bundles).tolist():
            inside = bundles == bundle
            if bundle == self._open_bundle:
                self._file(days[inside], rows[inside])
            else:
                self._bundles.setdefault(bundle, []).append((days[inside], rows[inside]))

    def due(self, day: int) -> Rows:
        """Return the rows due on `day`, ascending and without repeats; days must not go back."""
        bundle = day // self.BUNDLE
        if bundle != self._open_bundle:
            self._open_bundle = bundle
            for days, rows in self._bundles.pop(bundle, []):
                self._file(days, rows)
        found = self._days.pop(day, None)
        return NOBODY if found is None else np.unique(np.concatenate(found))

    def _file(self, days: Integers, rows: Rows) -> None:
        order = np.argsort(days, kind="stable")
        unique_days, starts = np.unique(days[order], return_index=True)
        for one_day, group in zip(unique_days.tolist(), np.split(rows[order], starts[1:]), strict=True):
            self._days.setdefault(one_day, []).append(group)

    def copy(self) -> "Reminders":
        """Return an independent copy."""
        twin = Reminders()
        twin._bundles = {key: list(parts) for key, parts in self._bundles.items()}
        twin._days = {key: list(parts) for key, parts in self._days.items()}
        twin._open_bundle = self._open_bundle
        return twin
