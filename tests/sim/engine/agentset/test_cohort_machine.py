"""A cohort against a plain dictionary, through any sequence of comings, goings and changes."""

from dataclasses import astuple, dataclass, field
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sim.engine.agentset.cohort import Cohort, CohortSubset, Column, RowView


class Person(RowView):
    """One person."""


class Persons(Cohort[Person]):
    """People with a number, a label and a vector."""

    row_view = Person
    wage = Column(np.int32, "wage", default=5)
    sex = Column(np.int8, "sex", labels=("man", "woman"))
    marks = Column(np.int16, "two marks", width=2)


@dataclass
class Record:
    """What the dictionary knows of a person."""

    wage: int = 5
    sex: str = "man"
    marks: list[int] = field(default_factory=lambda: [0, 0])


NAMES = ["wage", "sex", "marks"]
wages = st.integers(-(2**31), 2**31 - 1)
sexes = st.sampled_from(["man", "woman"])
marks = st.lists(st.integers(-99, 99), min_size=2, max_size=2)


class CohortMachine(RuleBasedStateMachine):
    """Every change is made twice: in the cohort and in the dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[int, Record] = {}
        self.next_pid = 1
        self.selections: list[tuple[CohortSubset[Person], list[int]]] = []
        self.left: list[Person] = []

    @initialize(capacity=st.integers(0, 5))
    def start(self, capacity: int) -> None:
        """Begin with nobody."""
        self.people = Persons(mesa.Model(rng=1), capacity)

    def row_of(self, pid: int) -> int:
        """Find a person's row by searching everybody."""
        rows: list[int] = self.people.rows.tolist()
        return next(row for row in rows if self.people.pid[row] == pid)

    def some_pids(self, data: st.DataObject) -> list[int]:
        """Choose some of those present, in any order."""
        return data.draw(st.lists(st.sampled_from(sorted(self.expected)), unique=True, min_size=1))

    @rule(people=st.lists(st.tuples(wages, marks), max_size=6), sex=sexes)
    def arrive(self, people: list[tuple[int, list[int]]], sex: str) -> None:
        """Add people with a wage and marks of their own and one sex for all."""
        pids = list(range(self.next_pid, self.next_pid + len(people)))
        rows = self.people.add_rows(
            np.array(pids, dtype=np.uint64),
            wage=np.array([wage for wage, _ in people], dtype=np.int64),
            marks=np.array([mark for _, mark in people], dtype=np.int64).reshape(-1, 2),
            sex=("man", "woman").index(sex),
        )
        assert self.people.pid[rows].tolist() == pids
        self.next_pid += len(people)
        for pid, (wage, mark) in zip(pids, people, strict=True):
            self.expected[pid] = Record(wage, sex, list(mark))

    @rule(count=st.integers(1, 3))
    def arrive_with_nothing(self, count: int) -> None:
        """Add people who start at the defaults."""
        pids = list(range(self.next_pid, self.next_pid + count))
        self.people.add_rows(np.array(pids))
        self.next_pid += count
        self.expected |= {pid: Record() for pid in pids}

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Take some rows out at once."""
        pids = self.some_pids(data)
        rows = np.array([self.row_of(pid) for pid in pids])
        self.left += [self.people.view(row) for row in rows.tolist()]
        self.people.remove_rows(rows)
        for pid in pids:
            del self.expected[pid]

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), way=st.sampled_from(["remove", "discard", "set.remove"]))
    def leave_by_view(self, data: st.DataObject, way: str) -> None:
        """Take one agent out in one of the ways of Mesa."""
        pid = data.draw(st.sampled_from(sorted(self.expected)))
        person = self.people.view(self.row_of(pid))
        if way == "remove":
            person.remove()
        elif way == "discard":
            self.people.discard(person)
        else:
            self.people.remove(person)
        self.left.append(person)
        del self.expected[pid]

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), wage=wages, sex=sexes, mark=marks)
    def change_one(self, data: st.DataObject, wage: int, sex: str, mark: list[int]) -> None:
        """Change one agent through its view."""
        pid = data.draw(st.sampled_from(sorted(self.expected)))
        person = self.people.view(self.row_of(pid))
        person.wage, person.sex, person.marks = wage, sex, mark
        self.expected[pid] = Record(wage, sex, list(mark))

    @rule(limit=wages, sex=sexes)
    def change_some(self, limit: int, sex: str) -> None:
        """Change everybody below a wage through a selection."""
        self.people.select(lambda person: person.wage < limit).set("sex", sex)
        for record in self.expected.values():
            if record.wage < limit:
                record.sex = sex

    @rule()
    def change_columns(self) -> None:
        """Change everybody through the arrays."""
        rows = self.people.rows
        self.people.marks[rows, 1] = -self.people.marks[rows, 0]
        for record in self.expected.values():
            record.marks[1] = -record.marks[0]

    @rule(sex=sexes)
    def choose(self, sex: str) -> None:
        """Keep a selection, to be looked at later."""
        chosen = self.people.select(lambda person: person.sex == sex)
        pids = chosen.get("pid")
        assert sorted(pids) == [p for p, one in sorted(self.expected.items()) if one.sex == sex]
        self.selections.append((chosen, pids))

    @rule()
    def branch(self) -> None:
        """Go on in a copy; the original is wiped."""
        original = self.people
        self.people = original.copy_for(mesa.Model(rng=1))
        original.set("wage", 0)
        original.clear()
        self.selections, self.left = [], []

    @invariant()
    def everybody_is_as_expected(self) -> None:
        """Check that identities and values are those of the dictionary."""
        found: dict[int, list[Any]] = dict(
            zip(self.people.get("pid"), self.people.get(NAMES), strict=True)
        )
        assert found == {pid: list(astuple(record)) for pid, record in self.expected.items()}
        assert len(self.people) == len(self.expected)
        assert self.people.capacity >= len(self.expected)

    @invariant()
    def views_tell_what_the_columns_hold(self) -> None:
        """Check that iteration gives agents with their own values."""
        for person in self.people:
            record = self.expected[person.pid]
            assert [person.wage, person.sex, person.marks] == list(astuple(record))
            assert person in self.people

    @invariant()
    def those_who_left_are_silent(self) -> None:
        """Check that no view of a leaver ever speaks again, whoever has the row now."""
        for person in self.left:
            assert person not in self.people
            with pytest.raises(LookupError):
                _ = person.wage

    @invariant()
    def selections_keep_those_who_stayed(self) -> None:
        """Check that old selections hold their members in order, less those who have left."""
        for chosen, pids in self.selections:
            assert chosen.get("pid") == [pid for pid in pids if pid in self.expected]
            assert len(chosen) == len(list(chosen))

    @invariant()
    def the_digest_is_that_of_a_fresh_cohort(self) -> None:
        """Check that history leaves no trace in the digest."""
        fresh = Persons(None)
        for pid, record in self.expected.items():
            row = fresh.add_rows(np.array([pid]))
            fresh.view(row[0]).wage = record.wage
            fresh.view(row[0]).sex = record.sex
            fresh.view(row[0]).marks = record.marks
        assert fresh.digest() == self.people.digest()


CohortMachine.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=25
)
TestCohortAgainstADictionary = CohortMachine.TestCase
