"""The queue engine: who is served, and how fractions of a slot are carried over."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.queues import MOST_URGENT, served, whole_slots
from sim.engine.random.streams import Draws
from sim.engine.types import Booleans

repeatable = settings(derandomize=True, deadline=None, max_examples=80)


@dataclass(frozen=True)
class Task:
    """One waiting task; the smaller lot goes first among equals."""

    line: int
    urgency: int
    ready_day: int
    lot: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sort key within the line: most urgent, longest ready, smallest lot."""
        return -self.urgency, self.ready_day, self.lot


def ask(tasks: list[Task], slots: list[int]) -> Booleans:
    """Call `served` with the tasks as columns; lots are the well-mixed high bits."""
    line, urgency, ready_day = (
        np.array([getattr(task, name) for task in tasks], dtype=np.int64)
        for name in ("line", "urgency", "ready_day")
    )
    lots = np.array([task.lot << 34 for task in tasks], dtype=np.uint64)
    return served(line, urgency, ready_day, lots, np.array(slots, dtype=np.int64))


def brute_force(tasks: list[Task], slots: list[int]) -> list[bool]:
    """Take, slot by slot, the first of each line among those not yet taken."""
    taken: set[int] = set()
    for line, free in enumerate(slots):
        for _ in range(free):
            waiting = [i for i, t in enumerate(tasks) if t.line == line and i not in taken]
            if waiting:
                taken.add(min(waiting, key=lambda i: tasks[i].rank))
    return [index in taken for index in range(len(tasks))]


LINES = 4
waiting = st.lists(
    st.builds(
        Task,
        line=st.integers(0, LINES - 1),
        urgency=st.sampled_from([0, 1, 2, MOST_URGENT]),
        ready_day=st.one_of(st.integers(-3, 3), st.sampled_from([-(2**15), 2**15 - 1])),
        lot=st.integers(0, 2**30 - 1),
    ),
    max_size=20,
    unique_by=lambda task: task.lot,
)
crowd = st.lists(
    st.builds(
        Task,
        line=st.just(0),
        urgency=st.just(1),
        ready_day=st.just(0),
        lot=st.integers(0, 2**30 - 1),
    ),
    min_size=4,
    max_size=12,
    unique_by=lambda task: task.lot,
)
"""Equals in one line: their lots alone decide."""
free_slots = st.lists(st.integers(0, 8), min_size=LINES, max_size=LINES)


@repeatable
@given(tasks=waiting, slots=free_slots)
def test_served_takes_the_first_of_each_line(tasks: list[Task], slots: list[int]) -> None:
    """The same tasks as a search slot by slot."""
    assert ask(tasks, slots).tolist() == brute_force(tasks, slots)


@pytest.mark.claim("V10")
@repeatable
@given(tasks=waiting, slots=free_slots)
def test_slots_are_never_exceeded_and_never_wasted(tasks: list[Task], slots: list[int]) -> None:
    """Each line serves as many as have come, or as many as it has slots."""
    result = ask(tasks, slots)
    for line, free in enumerate(slots):
        here = np.array([task.line == line for task in tasks], dtype=bool)
        assert result[here].sum() == min(free, here.sum())


@pytest.mark.claim("V19")
@repeatable
@given(tasks=waiting, slots=free_slots)
def test_nobody_is_overtaken(tasks: list[Task], slots: list[int]) -> None:
    """In each line everyone served ranks before everyone left waiting."""
    ranks: dict[tuple[int, bool], list[tuple[int, int, int]]] = defaultdict(list)
    for task, is_served in zip(tasks, ask(tasks, slots).tolist(), strict=True):
        ranks[task.line, is_served].append(task.rank)
    for line in range(LINES):
        if ranks[line, True] and ranks[line, False]:
            assert max(ranks[line, True]) < min(ranks[line, False])


@pytest.mark.claim("V6")
@repeatable
@given(st.data())
def test_the_order_of_the_rows_does_not_matter(data: st.DataObject) -> None:
    """Permuted tasks are served alike, equals in one line too."""
    tasks, slots = data.draw(waiting | crowd), data.draw(free_slots)
    order = data.draw(st.permutations(range(len(tasks))))
    shuffled = ask([tasks[index] for index in order], slots)
    assert shuffled.tolist() == ask(tasks, slots)[list(order)].tolist()


@pytest.mark.claim("V19")
@repeatable
@given(tasks=waiting, slots=free_slots, line=st.integers(0, LINES - 1))
def test_one_slot_more_serves_one_task_more(tasks: list[Task], slots: list[int], line: int) -> None:
    """A larger capacity adds the next in line and changes nothing for anybody else."""
    more = slots.copy()
    more[line] += 1
    before, after = ask(tasks, slots), ask(tasks, more)
    assert (before <= after).all()
    left_over = sum(task.line == line for task in tasks) > slots[line]
    assert after.sum() - before.sum() == left_over


def test_the_key_holds_the_extremes_of_every_field() -> None:
    """The last line, the largest urgency and the earliest day do not spill over."""
    last = 2**14 - 1
    tasks = [
        Task(last, MOST_URGENT, 2**15 - 1, 2**30 - 1),
        Task(last, MOST_URGENT - 1, -(2**15), 0),
        Task(last - 1, 0, 2**15 - 1, 2**30 - 1),
        Task(0, 0, -(2**15), 2**30 - 1),
        Task(0, 0, -(2**15) + 1, 0),
    ]
    slots = [1] * (last + 1)
    assert ask(tasks, slots).tolist() == [True, False, True, True, False]


def test_ties_are_broken_without_favour() -> None:
    """With keyed bits each of ten equal tasks is served in about a tenth of the cases."""
    draws, lines = Draws(9), 10_000
    line, person = np.divmod(np.arange(10 * lines), 10)
    same = np.zeros(10 * lines, dtype=np.int64)
    bits = draws.bits("tie-break", person, line)
    result = served(line, same, same, bits, np.ones(lines, dtype=np.int64))
    wins = np.bincount(person[result], minlength=10)
    assert wins.sum() == lines
    assert (np.abs(wins - lines / 10) < 5 * (lines * 0.09) ** 0.5).all()


def test_no_task_needs_no_answer() -> None:
    """Empty queues are allowed."""
    assert ask([], [3, 0, 1]).tolist() == []


# ---------------------------------------------------------------- fractions of a slot


@repeatable
@given(numerator=st.integers(0, 50), denominator=st.integers(1, 40))
def test_credit_makes_exactly_the_whole_slots_of_a_steady_capacity(
    numerator: int, denominator: int
) -> None:
    """After n days of k/m slots a day, floor(n k / m) slots have been given, every day n."""
    so_far, given_so_far, credit = 0, [], 0.0
    for _ in range(400):
        slots, credit = whole_slots(numerator / denominator, credit)
        so_far += slots
        given_so_far.append(so_far)
    assert given_so_far == [day * numerator // denominator for day in range(1, 401)]


@repeatable
@given(st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_credit_is_the_fraction_not_yet_given(capacities: list[float]) -> None:
    """Slots and credit together are the capacity so far, and credit is below 1."""
    credit, given_so_far, total = 0.0, 0, Fraction(0)
    for today in capacities:
        slots, credit = whole_slots(today, credit)
        assert slots >= 0
        assert 0.0 <= credit < 1.0
        given_so_far += slots
        total += Fraction(today)
        assert given_so_far + credit == pytest.approx(float(total), abs=1e-6)


@pytest.mark.parametrize(
    ("capacity", "credit", "slots", "left"),
    [
        (0.0, 0.75, 0, 0.75), (0.25, 0.75, 1, 0.0), (0.25, 0.5, 0, 0.75), (0.5, -2.0, 0, -1.5),
        (2.0, -0.5, 1, 0.5),
    ],
)  # fmt: skip
def test_a_line_keeps_its_credit_and_its_debt(
    capacity: float, credit: float, slots: int, left: float
) -> None:
    """Days without capacity give no slot and take no credit; time owed is paid back first."""
    assert whole_slots(capacity, credit) == (slots, left)


def test_unused_whole_slots_are_lost() -> None:
    """A line that had nothing to do yesterday has no more slots today."""
    credit, every_day = 0.0, []
    for _ in range(4):
        slots, credit = whole_slots(2.5, credit)
        every_day.append(slots)
    assert every_day == [2, 3, 2, 3]


def test_a_line_of_a_third_serves_every_third_day() -> None:
    """`whole_slots` and `served` together: twelve tasks, one third of a slot a day."""
    credit, days_of_service = 0.0, []
    left = list(range(12))
    for day in range(36):
        tasks = [Task(line=0, urgency=0, ready_day=0, lot=lot) for lot in left]
        slots, credit = whole_slots(1 / 3, credit)
        result = ask(tasks, [slots])
        days_of_service += [day] * int(result.sum())
        left = [lot for lot, is_served in zip(left, result, strict=True) if not is_served]
    assert left == []
    assert {later - earlier for earlier, later in pairwise(days_of_service)} == {3}
