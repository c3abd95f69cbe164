"""The append-only log, against lists."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.event_log import EventLog

repeatable = settings(derandomize=True, deadline=None, max_examples=60)

# A block: how many rows, the first of its days, a price, and whether every row has its own.
blocks = st.tuples(st.integers(0, 400), st.integers(-999, 999), st.floats(-1e9, 1e9), st.booleans())
type Block = tuple[int, int, float, bool]


def a_log() -> EventLog:
    """Return an empty log of two columns."""
    return EventLog(day=np.int32, price=np.float64)


def columns_of(block: Block) -> tuple[list[int], list[float]]:
    """Return the two columns of a block as lists."""
    rows, day, price, own_prices = block
    return list(range(day, day + rows)), [price + row * own_prices for row in range(rows)]


@repeatable
@given(st.lists(blocks, max_size=12))
def test_the_log_holds_what_was_appended_in_order(parts: list[Block]) -> None:
    """Through all growth, columns equal lists that were extended block by block."""
    log = a_log()
    expected_days: list[int] = []
    expected_prices: list[float] = []
    for block in parts:
        days, prices = columns_of(block)
        price = np.array(prices) if block[3] else block[2]
        log.append(day=np.array(days, dtype=np.int64), price=price)
        expected_days += days
        expected_prices += prices
        assert len(log) == len(expected_days)
    assert (log["day"].tolist(), log["price"].tolist()) == (expected_days, expected_prices)
    assert (log["day"].dtype, log["price"].dtype) == (np.dtype(np.int32), np.dtype(np.float64))


@repeatable
@given(days=st.lists(st.integers(-99, 99), min_size=1, max_size=40), data=st.data())
def test_the_digest_depends_on_the_rows_and_not_on_the_blocks(
    days: list[int], data: st.DataObject
) -> None:
    """Appended at once, in two blocks or row by row: one table, one digest."""
    cut = data.draw(st.integers(0, len(days)))
    whole, halves, rows = a_log(), a_log(), a_log()
    whole.append(day=np.array(days), price=1.5)
    for part in (days[:cut], days[cut:]):
        halves.append(day=np.array(part, dtype=np.int64), price=1.5)
    for day in days:
        rows.append(day=np.array([day]), price=1.5)
    assert whole.digest() == halves.digest() == rows.digest()


@pytest.mark.parametrize(
    ("days", "price"),
    [([1, 2, 4], 5.0), ([1, 2, 3], 6.0), ([1, 2], 5.0)],
)
def test_the_digest_sees_every_difference(days: list[int], price: float) -> None:
    """Another value in either column, or a row less (the order within a log does not matter)."""
    log, other = a_log(), a_log()
    log.append(day=np.array([1, 2, 3]), price=5.0)
    other.append(day=np.array(days), price=price)
    assert other.digest() != log.digest()


@pytest.mark.parametrize("rows", [0, 1, 256, 1000])
def test_a_copy_is_equal_and_independent(rows: int) -> None:
    """Both go on by themselves; neither sees the other's rows."""
    log = a_log()
    log.append(day=np.arange(rows), price=1.0)
    twin = log.copy()
    assert (len(twin), twin.digest()) == (rows, log.digest())
    twin.append(day=np.array([7, 8]), price=2.0)
    log.append(day=np.array([9]), price=3.0)
    assert log["day"].tolist() == [*range(rows), 9]
    assert twin["day"].tolist() == [*range(rows), 7, 8]
    assert twin["price"].tolist() == [1.0] * rows + [2.0, 2.0]


def test_a_column_taken_earlier_keeps_its_rows() -> None:
    """Later blocks neither lengthen nor change what an observer holds."""
    log = a_log()
    log.append(day=np.array([1, 2]), price=5.0)
    earlier = log["day"]
    for _ in range(10):
        log.append(day=np.arange(100), price=0.0)
    assert earlier.tolist() == [1, 2]


def test_the_callers_arrays_may_be_used_again() -> None:
    """Appending copies the values."""
    log, days = a_log(), np.array([1, 2])
    log.append(day=days, price=5.0)
    days[:] = 9
    assert log["day"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"day": np.array([3, 4])}, KeyError),
        ({"day": np.array([3, 4]), "price": np.array([1.0, 2.0, 3.0])}, ValueError),
    ],
)
def test_a_malformed_block_changes_nothing(values: dict[str, Any], error: type[Exception]) -> None:
    """A missing or short column is an error, and the log is as before."""
    log = a_log()
    log.append(day=np.array([1, 2]), price=5.0)
    before = log.digest()
    with pytest.raises(error):
        log.append(**values)
    assert (len(log), log.digest()) == (2, before)


def test_an_unknown_column_is_an_error() -> None:
    """Asking for what is not recorded fails."""
    with pytest.raises(KeyError):
        a_log()["prize"]
