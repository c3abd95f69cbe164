"""A digest knows values by table, column and row, and nothing of where they lie."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.agentset.cohort import Cohort, Column, RowView
from sim.engine.digest import Digest, bits_of
from sim.engine.records import records
from sim.engine.types import Column as Values

COLUMNS: dict[str, Any] = {
    "pid": np.uint64, "wage": np.float64, "price": np.float32, "age": np.int16, "sex": np.int8,
    "ill": np.bool_, "day": np.int32, "amount": np.int64, "code": np.uint8,
}  # fmt: skip


def made_up(rows: int, seed: int = 0) -> dict[str, Values]:
    """Return a table of random values of every type, some of them negative, and a vector."""
    rng = np.random.default_rng(seed)
    table: dict[str, Values] = {
        name: rng.integers(0 if np.dtype(kind).kind in "ub" else -100, 100, rows).astype(kind)
        for name, kind in COLUMNS.items()
    }
    table["pid"] = np.arange(rows, dtype=np.uint64) + np.uint64(2**63)
    table["vector"] = rng.normal(size=(rows, 3))
    return table


def by_columns(table: dict[str, Values], name: str = "people") -> str:
    digest = Digest()
    digest.add(name, table)
    return digest.hexdigest()


def by_records(table: dict[str, Values], name: str = "people", **more: Any) -> str:
    digest = Digest()
    digest.add_records(name, records(len(table["pid"]), **table), **more)
    return digest.hexdigest()


def reordered(table: dict[str, Values], seed: int) -> dict[str, Values]:
    order = np.random.default_rng(seed).permutation(len(table["pid"]))
    return {name: table[name][order] for name in reversed(table)}


WAYS: list[Callable[..., str]] = [by_columns, by_records]


@pytest.mark.parametrize("way", WAYS)
@given(rows=st.integers(0, 40), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_neither_rows_nor_columns_have_an_order(
    way: Callable[..., str], rows: int, seed: int
) -> None:
    table = made_up(rows, seed)
    assert way(reordered(table, seed)) == way(table)


def test_records_and_columns_say_the_same_whatever_the_layout() -> None:
    """Fields at the head, packed records of an odd length, a column apart, some rows only."""
    table = made_up(25)
    expected = by_columns(table)
    assert by_records(table) == expected
    head, digest = records(25, hot=("ill", "wage"), **table), Digest()
    digest.add_records("people", head)
    assert digest.hexdigest() == expected
    packed: Any = np.zeros(25, [(name, one.dtype, one.shape[1:]) for name, one in table.items()])
    for name, values in table.items():
        packed[name] = values
    assert packed.itemsize % 8
    digest = Digest()
    digest.add_records("people", packed)
    assert digest.hexdigest() == expected
    without = {name: values for name, values in table.items() if name != "wage"}
    assert by_records(without, apart={"wage": table["wage"]}) == expected
    twice = {name: np.concatenate([values, values]) for name, values in table.items()}
    assert by_records(twice, rows=np.arange(25) + 25) == expected


def test_an_integer_counts_by_its_value_and_not_by_its_width() -> None:
    table = made_up(25)
    wider = {**table, "age": table["age"].astype(np.int64), "code": table["code"].astype(np.int32)}
    assert by_columns(wider) == by_columns(table) == by_records(wider)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("column", [*COLUMNS, "vector"])
def test_every_value_of_every_column_counts(way: Callable[..., str], column: str) -> None:
    table = made_up(25)
    changed = {name: values.copy() for name, values in table.items()}
    place = (7, 1) if column == "vector" else 7
    old = changed[column][place]
    changed[column][place] = not old if column == "ill" else old + 1
    assert way(changed) != way(table)


@pytest.mark.parametrize("way", WAYS)
def test_what_belongs_together_counts(way: Callable[..., str]) -> None:
    """Two people who exchange one value, two columns their names, a table its name, a row more."""
    table = made_up(25)
    swapped = {**table, "wage": table["wage"].copy()}
    swapped["wage"][[3, 4]] = table["wage"][[4, 3]]
    renamed = {**table, "wage": table["vector"][:, 0], "amount": table["amount"]}
    fewer = {name: values[:-1] for name, values in table.items()}
    exchanged = {**table, "sex": table["code"].astype(np.int8), "code": table["sex"].view(np.uint8)}
    found = {way(one) for one in (table, swapped, renamed, fewer, exchanged)}
    found |= {way(table, name="others"), way({**table, "vector": table["vector"][:, ::-1].copy()})}
    assert len(found) == 7


def test_rows_of_a_log_that_are_alike_count_each() -> None:
    one, three = {"day": np.array([4])}, {"day": np.array([4, 4, 4])}
    digests = {by_columns(one), by_columns(three), by_columns({"day": np.array([4, 4])})}
    assert len(digests) == 3


def test_units_are_known_by_their_place() -> None:
    """Two beds that are exchanged between clinics are another state."""
    one, other = Digest(), Digest()
    one.add_numbered("clinics", {"in_bed": np.array([1, 2])})
    other.add_numbered("clinics", {"in_bed": np.array([2, 1])})
    assert one.hexdigest() != other.hexdigest()


def test_bits_are_those_of_the_value() -> None:
    assert bits_of(np.array([-1], np.int8))[0, 0] == np.uint64(2**64 - 1)
    assert bits_of(np.array([True]))[0, 0] == 1
    assert bits_of(np.array([-0.0]))[0, 0] != bits_of(np.array([0.0]))[0, 0]


def test_who_sits_in_which_row_is_no_part_of_a_cohort() -> None:
    class Person(RowView):
        """One person."""

    class People(Cohort[Person]):
        """People."""

        row_view = Person
        wage = Column(np.int32, "wage", hot=True)
        ill = Column(np.bool_, "whether ill", separate=True)

    def filled(first: list[int], gone: int | None) -> str:
        people = People(model=None)
        rows = people.add_rows(np.array(first), wage=np.array(first) * 10, ill=True)
        if gone is not None:
            people.remove_rows(rows[first.index(gone)][None])
        return people.digest()

    assert filled([3, 4, 5], 4) == filled([5, 3], None) != filled([3, 4], None)
