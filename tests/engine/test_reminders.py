"""Reminders against a dictionary from days to rows."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.calendar import Reminders

repeatable = settings(derandomize=True, deadline=None, max_examples=60)

# A round: advance so many days, file reminders (days ahead, row), ask, file and ask once more.
filings = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=6)
rounds = st.lists(st.tuples(st.integers(0, 150), filings, filings), max_size=15)
type Round = tuple[int, list[tuple[int, int]], list[tuple[int, int]]]


class Diary:
    """The oracle: a dictionary, and the reminders that have to agree with it."""

    def __init__(self, first_day: int) -> None:
        self.today = first_day
        self.reminders = Reminders()
        self.expected: dict[int, set[int]] = defaultdict(set)

    def file(self, filing: list[tuple[int, int]]) -> None:
        """Remember rows in both."""
        days = np.array([self.today + ahead for ahead, _ in filing], dtype=np.int64)
        rows = np.array([row for _, row in filing], dtype=np.intp)
        self.reminders.add(days, rows)
        for ahead, row in filing:
            self.expected[self.today + ahead].add(row)

    def ask(self) -> None:
        """What is due today is the same in both, and is forgotten."""
        due = self.reminders.due(self.today)
        assert due.tolist() == sorted(self.expected.pop(self.today, set()))
        assert due.dtype == np.intp

    def live(self, steps: list[Round]) -> None:
        """Go through some rounds."""
        for advance, early, late in steps:
            self.today += advance
            self.file(early)
            self.ask()
            self.file(late)
            self.ask()

    def fork(self) -> "Diary":
        """Return an independent copy."""
        twin = Diary(self.today)
        twin.reminders = self.reminders.copy()
        twin.expected = defaultdict(set, {day: set(rows) for day, rows in self.expected.items()})
        return twin


@repeatable
@given(first_day=st.integers(-500, 500), steps=rounds)
def test_rows_come_back_on_their_day_once_and_in_order(first_day: int, steps: list[Round]) -> None:
    """Whatever is filed, skipped, repeated or asked twice, reminders agree with a dictionary."""
    Diary(first_day).live(steps)


@repeatable
@given(before=rounds, one_way=rounds, other_way=rounds)
def test_a_copy_and_its_original_do_not_disturb_each_other(
    before: list[Round], one_way: list[Round], other_way: list[Round]
) -> None:
    """After a fork both lives go on by themselves."""
    original = Diary(0)
    original.live(before)
    twin = original.fork()
    original.live(one_way)
    twin.live(other_way)


@repeatable
@given(
    days=st.lists(st.integers(0, 300), min_size=1, max_size=40),
    start=st.integers(-200, 200),
    step=st.sampled_from([1, 63, 64, 65]),
)
def test_day_by_day_every_reminder_comes_exactly_once(
    days: list[int], start: int, step: int
) -> None:
    """Nothing is lost or doubled at the borders of the bundles, however far ahead it lay."""
    due_days = start + step * np.array(days)
    reminders = Reminders()
    reminders.add(due_days, np.arange(len(days)))
    found = {
        row: day
        for day in range(start, int(due_days.max()) + 1)
        for row in reminders.due(day).tolist()
    }
    assert found == dict(enumerate(due_days.tolist()))


@pytest.mark.parametrize("ahead", [0, 1, 63, 64, 65, 128, 5000])
def test_the_same_reminder_filed_twice_comes_once(ahead: int) -> None:
    """Repeats are dropped whether they were filed together, apart, or before and after opening."""
    reminders = Reminders()
    day = np.array([ahead, ahead])
    reminders.add(day, np.array([4, 4]))
    reminders.add(day, np.array([9, 4]))
    assert reminders.due(max(ahead - 1, 0)).tolist() == ([4, 9] if ahead == 0 else [])
    reminders.add(day, np.array([9, 2]))
    assert reminders.due(ahead).tolist() == ([2, 9] if ahead == 0 else [2, 4, 9])


def test_the_callers_arrays_may_be_used_again() -> None:
    """Filing copies what it needs."""
    reminders = Reminders()
    days, rows = np.array([3, 100]), np.array([5, 6])
    reminders.add(days, rows)
    reminders.due(0)
    reminders.add(days, rows + 2)
    days[:], rows[:] = 50, 1
    due = {day: reminders.due(day).tolist() for day in (3, 50, 100)}
    assert due == {3: [5, 7], 50: [], 100: [6, 8]}
