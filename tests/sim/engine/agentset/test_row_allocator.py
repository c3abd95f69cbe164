"""Rows that hold a value, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.agentset.row_allocator import rows_with


@settings(derandomize=True, deadline=None)
@given(
    column=st.lists(st.integers(-1, 29) | st.sampled_from([-128, 127]), max_size=70),
    value=st.integers(-1, 29) | st.sampled_from([-128, 127]),
)
def test_rows_with_a_value_are_those_that_numpy_finds(column: list[int], value: int) -> None:
    numbers = np.array(column, dtype=np.int8)
    assert rows_with(numbers, value).tolist() == np.flatnonzero(numbers == value).tolist()


@pytest.mark.parametrize("place", range(24))
def test_a_single_row_is_found_wherever_it_stands(place: int) -> None:
    """Among rows that differ from it by one bit or by one, in every place of a word."""
    for other in (4, 6, 1, 7, -123):
        numbers = np.full(24, other, dtype=np.int8)
        numbers[place] = 5
        assert rows_with(numbers, 5).tolist() == [place]
