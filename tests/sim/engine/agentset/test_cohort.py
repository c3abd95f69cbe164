"""Cohorts as columns: declarations, labels, vectors, growth, recycled rows, identity, copies."""

import contextlib
import copy
import pickle
from collections.abc import Callable

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesa.agentset import AbstractAgentSet

from sim.engine.agentset.cohort import Cohort, Column, RowView
from sim.engine.types import Identities

repeatable = settings(derandomize=True, deadline=None, max_examples=60)


class Person(RowView):
    """One person."""


class Persons(Cohort[Person]):
    """People with a column of every kind."""

    row_view = Person
    wage = Column(np.int32, "monthly wage", unit="KZT", default=70_000)
    trust = Column(np.float64, "trust in offices", default=0.5)
    insured = Column(np.bool_, "has insurance", default=False)
    sex = Column(np.int8, "sex", labels=("man", "woman"))
    origin = Column(np.int8, "origin", default=-1, labels=("near", "far"))
    beliefs = Column(np.int16, "what is believed of three offices", default=-1, width=3)


class Migrants(Persons):
    """People with one column more."""

    months = Column(np.int16, "months since arrival")


def identities(*span: int) -> Identities:
    """Return consecutive identities, like `range`."""
    return np.arange(*span, dtype=np.uint64)


@pytest.fixture
def people() -> Persons:
    """Three people with identities 11, 12 and 13."""
    cohort = Persons(None, capacity=4)
    cohort.add_rows(
        np.array([11, 12, 13]), wage=np.array([1, 2, 3]), sex=np.array([0, 1, 1]), origin=1
    )
    return cohort


# ---------------------------------------------------------------- declarations


def test_a_cohort_is_a_mesa_agent_set_of_mesa_agents(people: Persons) -> None:
    """Types, not only behaviour, are Mesa's."""
    assert isinstance(people, AbstractAgentSet)
    assert isinstance(people.select(), AbstractAgentSet)
    assert all(type(agent) is Person and isinstance(agent, mesa.Agent) for agent in people)


def test_declarations_are_inherited_and_kept_apart() -> None:
    """A subclass has the columns of its bases and its own; the base does not gain any."""
    own = ["pid", "wage", "trust", "insured", "sex", "origin", "beliefs"]
    assert list(Persons.columns) == own
    assert list(Migrants.columns) == [*own, "months"]
    assert list(Cohort.columns) == []


def test_a_declaration_carries_its_documentation() -> None:
    """The table of state variables can be made from the class alone."""
    assert (Persons.wage.name, Persons.wage.meaning, Persons.wage.unit, Persons.wage.dtype) == (
        "wage",
        "monthly wage",
        "KZT",
        np.dtype(np.int32),
    )
    assert (Persons.sex.labels, Persons.beliefs.width) == (("man", "woman"), 3)


def test_new_rows_start_at_their_defaults() -> None:
    """Columns that are given no value take the declared one, in the declared type."""
    people = Persons(None)
    row = people.add_rows(np.array([5]))
    start = [people.wage[row].item(), people.trust[row].item(), people.insured[row].item()]
    assert start == [70_000, 0.5, False]
    assert people.beliefs[row].tolist() == [[-1, -1, -1]]
    assert {name: people.__dict__[name].dtype for name in Persons.columns} == {
        name: column.dtype for name, column in Persons.columns.items()
    }


def test_bytes_per_row_counts_every_column(people: Persons) -> None:
    """8 + 4 + 8 + 1 + 1 + 1 + 3 * 2 bytes, rounded up to whole words."""
    assert people.bytes_per_row == 32


# ---------------------------------------------------------------- reading and writing


def test_views_and_columns_are_two_sides_of_one_value(people: Persons) -> None:
    """What is written on one side is read on the other."""
    person = people.view(1)
    person.wage += 10
    assert people.wage[1] == 12
    people.trust[1] = 0.25
    assert person.trust == 0.25


def test_views_speak_plain_python(people: Persons) -> None:
    """Values read from a view are ordinary Python objects."""
    person = people.view(0)
    values = [person.pid, person.wage, person.trust, person.insured, person.sex, person.beliefs]
    assert [type(value) for value in values] == [int, int, float, bool, str, list]
    assert (person.unique_id, person.row, person.model) == (11, 0, None)


def test_labels_are_read_and_written_as_words(people: Persons) -> None:
    """Codes stay inside the arrays; a code may still be assigned as such."""
    person = people.view(0)
    assert (person.sex, people.get("sex")) == ("man", ["man", "woman", "woman"])
    person.sex = "woman"
    assert people.sex[0] == 1
    person.sex = 0
    assert person.sex == "man"
    people.set("sex", "woman")
    assert people.sex[people.rows].tolist() == [1, 1, 1]


def test_an_unset_code_has_no_label() -> None:
    """The code -1 reads as None."""
    people = Persons(None)
    people.add_rows(np.array([1, 2]), origin=np.array([-1, 1]))
    assert people.get("origin") == [None, "far"]
    assert [person.origin for person in people] == [None, "far"]


def test_an_unknown_label_is_refused(people: Persons) -> None:
    """A misspelt label changes nothing."""
    with pytest.raises(ValueError):
        people.view(0).sex = "wooman"
    with pytest.raises(ValueError):
        people.set("sex", "wooman")
    assert people.get("sex") == ["man", "woman", "woman"]


def test_vector_columns_hold_several_values_a_row(people: Persons) -> None:
    """Vectors are assigned as a whole, by row, or to everybody."""
    people.view(0).beliefs = [4, 5, 6]
    people.beliefs[1, 2] = 9
    assert people.get("beliefs") == [[4, 5, 6], [-1, -1, 9], [-1, -1, -1]]
    people.set("beliefs", [7, 8, 9])
    assert people.beliefs[people.rows].tolist() == [[7, 8, 9]] * 3
    rows = people.add_rows(np.array([14, 15]), beliefs=np.array([[1, 1, 1], [2, 2, 2]]))
    assert people.beliefs[rows].tolist() == [[1, 1, 1], [2, 2, 2]]


def test_a_vector_of_labels_reads_as_a_list_of_words() -> None:
    """`labels` and `width` may be declared together."""

    class Offices(Cohort[RowView]):
        """Offices with two open or closed counters."""

        counters = Column(np.int8, "state of two counters", labels=("closed", "open"), width=2)

    offices = Offices(None)
    offices.add_rows(np.array([1]), counters=np.array([[0, 1]]))
    assert offices.get("counters") == [["closed", "open"]]
    assert offices.view(0).counters == ["closed", "open"]


@pytest.mark.parametrize("name", ["wagee", "pid", "row", "model", "unique_id"])
def test_only_columns_can_be_assigned(people: Persons, name: str) -> None:
    """Identity, place and misspelt names are refused by views and by `set`."""
    with pytest.raises(AttributeError):
        setattr(people.view(0), name, 1)
    with pytest.raises(AttributeError):
        people.set(name, 1)
    assert people.get("pid") == [11, 12, 13]


def test_an_unknown_attribute_is_an_attribute_error(people: Persons) -> None:
    """`hasattr` and `getattr` with a default work as usual."""
    person = people.view(0)
    with pytest.raises(AttributeError, match=r"'Person' has no attribute 'wagee'"):
        _ = person.wagee
    assert hasattr(person, "wage")
    assert getattr(person, "wagee", "nothing") == "nothing"


def double_in_place(people: Persons) -> None:
    """Change the array."""
    people.wage *= 2


def double_by_assignment(people: Persons) -> None:
    """Put another array in its place."""
    people.wage = people.wage * 2


@pytest.mark.parametrize("double", [double_in_place, double_by_assignment])
def test_a_column_assigned_as_a_whole_is_refused_or_kept(
    people: Persons, double: Callable[[Persons], None]
) -> None:
    """What views show after such an assignment survives growth, and copies have it too."""
    with contextlib.suppress(AttributeError):
        double(people)
    shown = people.get("wage")
    assert people.copy_for(None).get("wage") == shown
    rows = people.add_rows(identities(20, 30), wage=5)
    assert people.get("wage") == [*shown, *[5] * 10]
    assert people.wage[rows].tolist() == [5] * 10


# ---------------------------------------------------------------- growth and recycling


def test_capacity_doubles_until_everybody_fits() -> None:
    """Rows keep their numbers and values while the arrays grow."""
    people = Persons(None, capacity=3)
    first = people.add_rows(identities(3), wage=np.array([10, 11, 12]))
    people.beliefs[first] = 8
    assert people.capacity == 3
    people.add_rows(identities(3, 11), wage=1)
    assert people.capacity == 12
    assert people.wage[first].tolist() == [10, 11, 12]
    assert people.beliefs[first].tolist() == [[8, 8, 8]] * 3
    assert {len(getattr(people, name)) for name in people.columns} == {12}
    assert people.rows.tolist() == list(range(11))


def test_a_cohort_may_start_without_room() -> None:
    """Doubling nothing still makes room."""
    people = Persons(None, capacity=0)
    people.add_rows(identities(5))
    assert (len(people), people.capacity, people.bytes_per_row) == (5, 8, 32)


def test_old_views_follow_the_arrays_when_they_grow(people: Persons) -> None:
    """A view taken before growth writes into the arrays of after."""
    person = people.view(2)
    people.add_rows(identities(20, 40))
    person.wage = 99
    assert people.wage[2] == 99


def test_rows_of_those_who_left_are_used_again_the_latest_first(people: Persons) -> None:
    """No row is left empty while new rows are opened."""
    people.remove_rows(np.array([0]))
    people.remove_rows(np.array([2]))
    assert people.rows.tolist() == [1]
    assert people.add_rows(np.array([14, 15, 16])).tolist() == [2, 0, 3]
    assert people.get("pid") == [15, 12, 14, 16]


def test_nothing_of_the_former_owner_stays_in_a_recycled_row(people: Persons) -> None:
    """All columns are back at their defaults before the new values are written."""
    people.set("beliefs", [1, 2, 3])
    people.set("insured", True)
    people.remove_rows(np.array([1]))
    row = people.add_rows(np.array([14]), trust=0.9)
    assert row.tolist() == [1]
    fresh = Persons(None)
    fresh.add_rows(np.array([14]), trust=0.9)
    names = list(Persons.columns)
    newcomer = people.select(lambda person: person.pid == 14)
    assert newcomer.get(names) == fresh.get(names)


def test_adding_or_removing_nobody_changes_nothing(people: Persons) -> None:
    """Empty arrays are allowed."""
    before = people.digest()
    assert people.add_rows(np.array([], dtype=np.uint64)).tolist() == []
    people.remove_rows(np.array([], dtype=np.intp))
    assert (len(people), people.digest()) == (3, before)


# ---------------------------------------------------------------- identity


def test_a_view_refuses_to_speak_for_a_row_that_is_free(people: Persons) -> None:
    """Reading, writing and removing through a stale view raise LookupError."""
    person = people.view(1)
    people.remove_rows(np.array([1]))
    with pytest.raises(LookupError, match="Person 12 is no longer in the model"):
        _ = person.wage
    with pytest.raises(LookupError):
        person.wage = 5
    with pytest.raises(LookupError):
        person.remove()
    assert person.unique_id == 12
    assert person not in people
    assert len(people) == 2


def test_a_view_refuses_to_speak_for_a_row_that_has_changed_hands(people: Persons) -> None:
    """The newcomer in the row is neither read nor written by the view of the one before."""
    before = people.view(1)
    before.remove()
    row = people.add_rows(np.array([14]), wage=44)
    assert row.tolist() == [1]
    with pytest.raises(LookupError):
        _ = before.wage
    with pytest.raises(LookupError):
        before.wage = 5
    assert people.view(1).wage == 44
    assert before not in people
    assert before != people.view(1)


def test_views_of_one_agent_are_equal_and_hash_alike(people: Persons) -> None:
    """Equality is identity within one cohort."""
    assert people.view(0) == people.view(0)
    assert len({people.view(0), people.view(0), people.view(1)}) == 2
    assert people.view(0) != people.view(1)
    assert people.view(0) != 11


def test_equal_identities_in_two_cohorts_are_two_agents(people: Persons) -> None:
    """Identity is unique within one cohort only."""
    others = Persons(None)
    others.add_rows(np.array([11]))
    assert others.view(0) != people.view(0)
    assert others.view(0) not in people
    assert others.view(0) not in people.select()


def test_sets_forget_those_who_left(people: Persons) -> None:
    """A selection made earlier loses the leavers and never adopts who takes their rows."""
    chosen = people.select()
    people.view(1).remove()
    people.add_rows(np.array([14]))
    assert people.view(1).pid == 14
    assert (chosen.get("pid"), len(chosen), chosen.rows.tolist()) == ([11, 13], 2, [0, 2])


def test_a_copied_view_is_the_same_agent(people: Persons) -> None:
    """Copying a view does not copy the agent."""
    twin = copy.copy(people.view(0))
    twin.wage = 77
    assert twin == people.view(0)
    assert people.view(0).wage == 77


def pickled(people: Persons) -> Persons:
    """Send a cohort through a pickle, as between processes."""
    twin: Persons = pickle.loads(pickle.dumps(people))
    return twin


@pytest.mark.parametrize("duplicate", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])
def test_a_duplicate_made_by_python_goes_on_like_the_original(
    people: Persons, duplicate: Callable[[Persons], Persons]
) -> None:
    """Changes, recycled rows and growth after a pickle or a deep copy are as without it."""
    twin = duplicate(people)
    for cohort in (people, twin):
        cohort.set("wage", 8)
        cohort.view(1).remove()
        cohort.add_rows(np.array([14]))
        cohort.add_rows(identities(20, 40))
    assert twin.get(list(Persons.columns)) == people.get(list(Persons.columns))
    assert twin.digest() == people.digest()


def test_a_view_names_itself(people: Persons) -> None:
    """The text of a view has its type and identity."""
    assert repr(people.view(0)) == "<Person 11>"


# ---------------------------------------------------------------- copies and digests


def test_a_copy_is_equal_and_independent(people: Persons) -> None:
    """Neither values, nor comings and goings, nor later rows are shared."""
    people.view(1).remove()
    model = mesa.Model(rng=1)
    twin = people.copy_for(model)
    assert type(twin) is Persons
    assert twin.model is model
    assert people.model is None
    assert (twin.digest(), twin.rows.tolist()) == (people.digest(), [0, 2])
    before = people.digest()
    twin.wage[:] = 5
    twin.beliefs[:] = 5
    twin.view(0).remove()
    twin.add_rows(identities(50, 60))
    assert (people.digest(), people.rows.tolist(), people.capacity) == (before, [0, 2], 4)


def test_a_copy_goes_on_like_the_original(people: Persons) -> None:
    """The same comings and goings lead to the same rows and state."""
    people.remove_rows(np.array([2, 0]))
    twin = people.copy_for(None)
    for cohort in (people, twin):
        cohort.add_rows(identities(20, 30), wage=np.arange(10))
    assert twin.rows.tolist() == people.rows.tolist()
    assert twin.pid[twin.rows].tolist() == people.pid[people.rows].tolist()
    assert twin.digest() == people.digest()


@repeatable
@given(order=st.permutations(range(6)), leavers=st.sets(st.integers(100, 110), max_size=5))
def test_the_digest_does_not_depend_on_rows(order: list[int], leavers: set[int]) -> None:
    """The same people in other rows of larger arrays have the same digest."""
    wages = np.arange(6) * 100
    beliefs = np.arange(18).reshape(6, 3)
    plain = Persons(None)
    plain.add_rows(identities(6), wage=wages, beliefs=beliefs)
    mixed = Persons(None, capacity=1)
    rows = mixed.add_rows(np.array(sorted(leavers), dtype=np.uint64), wage=-1)
    mixed.remove_rows(rows)
    mixed.add_rows(np.array(order), wage=wages[order], beliefs=beliefs[order])
    assert mixed.digest() == plain.digest()


@pytest.mark.parametrize("name", ["pid", "wage", "trust", "insured", "sex", "origin", "beliefs"])
def test_the_digest_sees_every_column(people: Persons, name: str) -> None:
    """A change of one value of one person shows."""
    before = people.digest()
    array = people.__dict__[name]
    array[1] = array[1] == 0 if name == "insured" else array[1] + 1
    assert people.digest() != before


def test_the_digest_sees_comings_and_goings(people: Persons) -> None:
    """One person more or less shows, and the former state has the former digest."""
    before = people.digest()
    row = people.add_rows(np.array([14]))
    assert people.digest() != before
    people.remove_rows(row)
    assert people.digest() == before
    people.remove_rows(np.array([0]))
    assert people.digest() != before
