"""Reminders against a dictionary from days to rows."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.timing_wheel import TURN, pop_due, remind, sort_unique_inplace
from sim.engine.timing_wheel import TimingWheel as Wheels
from sim.engine.types import Integers, Rows

BUNDLE = TURN


class Reminders(Wheels):
    """Reminders as rules use them."""

    def add(self, days: Integers, rows: Rows) -> None:
        """Remember that each of `rows` falls due on the day beside it."""
        self.make_room(len(rows))
        for day, row in zip(days.tolist(), rows.tolist(), strict=True):
            remind(self.wheel, day, row)

    def due(self, day: int) -> Rows:
        """Return the rows due on a day."""
        return pop_due(self.wheel, day)


repeatable = settings(derandomize=True, deadline=None, max_examples=40)

# A round: go on so many days, file reminders (days ahead, row), ask what is due, file some more.
soon_or_late = st.one_of(st.integers(1, 4), st.integers(1, 200))
filings = st.lists(st.tuples(soon_or_late, st.integers(0, 30)), max_size=6)
rounds = st.lists(st.tuples(soon_or_late, filings, filings), max_size=15)
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
        """Compare what is due today."""
        due = self.reminders.due(self.today)
        assert due.tolist() == sorted(self.expected.pop(self.today, set()))
        assert due.dtype == np.intp

    def live(self, steps: list[Round]) -> None:
        """Go through some rounds."""
        for advance, early, late in steps:
            self.today += advance
            self.file([(ahead - 1, row) for ahead, row in early])
            self.ask()
            self.file(late)

    def fork(self) -> "Diary":
        """Return an independent copy."""
        twin = Diary(self.today)
        twin.reminders = self.reminders.copy()
        twin.expected = defaultdict(set, {day: set(rows) for day, rows in self.expected.items()})
        return twin


@repeatable
@given(first_day=st.integers(-500, 500), steps=rounds)
def test_rows_come_back_on_their_day_once_and_in_order(first_day: int, steps: list[Round]) -> None:
    """Whatever is filed, repeated or skipped, before or after asking, a dictionary agrees."""
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
    days=st.lists(st.integers(0, 20), min_size=1, max_size=20),
    start=st.integers(-200, 200),
    step=st.sampled_from([1, BUNDLE - 1, BUNDLE, BUNDLE + 1]),
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


@pytest.mark.parametrize("ahead", [0, 1, 2, 127, BUNDLE - 1, BUNDLE, BUNDLE + 1, 2 * BUNDLE + 1])
def test_a_reminder_comes_however_far_ahead_it_is_filed(ahead: int) -> None:
    """Filed alone, day after day, always as many days ahead."""
    reminders = Reminders()
    found = []
    for day in range(4 * BUNDLE):
        reminders.add(np.array([day + ahead]), np.array([day]))
        found += reminders.due(day).tolist()
    assert found == list(range(4 * BUNDLE - ahead))


def test_a_copy_does_not_hear_of_what_is_filed_for_tomorrow() -> None:
    """Nor does the original of what is filed in the copy, both being amid a bundle."""
    original = Reminders()
    original.add(np.array([0, 1, 2]), np.array([10, 11, 12]))
    assert original.due(0).tolist() == [10]
    twin = original.copy()
    original.add(np.array([1]), np.array([21]))
    twin.add(np.array([1]), np.array([31]))
    assert (original.due(1).tolist(), twin.due(1).tolist()) == ([11, 21], [11, 31])


@pytest.mark.parametrize("ahead", [1, BUNDLE - 1, BUNDLE, BUNDLE + 1, 2 * BUNDLE, 100 * BUNDLE])
def test_the_same_reminder_filed_twice_comes_once(ahead: int) -> None:
    """Repeats are dropped whether they were filed together, apart, or before and after opening."""
    reminders = Reminders()
    day = np.array([ahead, ahead])
    reminders.add(day, np.array([4, 4]))
    reminders.add(day, np.array([9, 4]))
    assert reminders.due(ahead - 1).tolist() == []
    reminders.add(day, np.array([9, 2]))
    assert reminders.due(ahead).tolist() == [2, 4, 9]


def test_reminders_of_days_that_were_skipped_do_not_come_late() -> None:
    """Who passes over a day passes over its reminders, near and far."""
    reminders = Reminders()
    days = np.arange(4 * BUNDLE)
    reminders.add(days, days)
    found = {day: reminders.due(day).tolist() for day in (0, 2, BUNDLE + 3, 3 * BUNDLE)}
    assert found == {day: [day] for day in found}


@given(st.lists(st.integers(0, 3000)))
def test_rows_are_put_in_order_as_by_sorting(rows: list[int]) -> None:
    given_rows = np.array(rows, dtype=np.intp)
    assert sort_unique_inplace(given_rows).tolist() == sorted(set(rows))
