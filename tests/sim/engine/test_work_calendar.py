"""The calendar of dates, against the standard library."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.calendar import WorkCalendar

repeatable = settings(derandomize=True, deadline=None, max_examples=100)
starts = st.dates(date(1990, 1, 1), date(2090, 12, 31))
days = st.integers(-20_000, 20_000)


@repeatable
@given(start=starts, day=days)
def test_dates_follow_from_ordinal_numbers(start: date, day: int) -> None:
    """Date, weekday and day of the year agree with the proleptic ordinal of the date."""
    calendar = WorkCalendar(start, holidays=[])
    ordinal = start.toordinal() + day
    expected = date.fromordinal(ordinal)
    assert calendar.date_of(day) == expected
    assert calendar.weekday(day) == (ordinal - 1) % 7
    assert calendar.day_of_year(day) == ordinal - date(expected.year, 1, 1).toordinal() + 1


@repeatable
@given(start=starts, day=days, holidays=st.sets(st.dates(date(2000, 1, 1), date(2000, 12, 31))))
def test_holidays_return_every_year(start: date, day: int, holidays: set[date]) -> None:
    """A day is a holiday exactly if its month and day are on the list."""
    calendar = WorkCalendar(start, [f"{one.month:02}-{one.day:02}" for one in holidays])
    today = calendar.date_of(day)
    listed = {(one.month, one.day) for one in holidays}
    assert calendar.is_holiday(day) == ((today.month, today.day) in listed)


@pytest.mark.parametrize(
    ("day", "text", "weekday", "day_of_year", "holiday"),
    [
        (0, "2020-02-28", 4, 59, False),
        (1, "2020-02-29", 5, 60, True),
        (2, "2020-03-01", 6, 61, False),
        (367, "2021-03-01", 0, 60, False),
        (-59, "2019-12-31", 1, 365, False),
        (-58, "2020-01-01", 2, 1, True),
    ],
)
def test_leap_days_and_days_before_the_start(
    day: int, text: str, weekday: int, day_of_year: int, holiday: bool
) -> None:
    """Days written by hand from a paper calendar."""
    calendar = WorkCalendar(date(2020, 2, 28), ["01-01", "02-29"])
    assert calendar.date_of(day).isoformat() == text
    assert calendar.weekday(day) == weekday
    assert calendar.day_of_year(day) == day_of_year
    assert calendar.is_holiday(day) == holiday
