"""The compiled loops agree bit for bit with the whole-array operations they stand for."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.engine import kernels
from sim.engine.arrays import Identities

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
words = st.integers(0, 2**64 - 1)


def some(words_of_keys: list[int]) -> Identities:
    """Return keys as an array."""
    return np.array(words_of_keys, dtype=np.uint64)


@repeatable
@given(
    keys=st.lists(st.tuples(st.integers(0, 2**40 - 1), st.integers(0, 2**24 - 1)), max_size=20),
    one=st.integers(0, 2**24 - 1),
    streams=st.tuples(words, words),
)
def test_compiled_draws_equal_those_of_numpy(
    keys: list[tuple[int, int]], one: int, streams: tuple[int, int]
) -> None:
    """Key by key, and with one identity or one occurrence for all."""
    who, occurrence = some([who for who, _ in keys]), some([occurrence for _, occurrence in keys])
    pairs = [(who, occurrence), (who, some([one])), (some([one]), occurrence)]
    for left, right in pairs:
        bits = kernels.keyed_bits(left, right, some([*streams]))
        uniforms = kernels.keyed_uniforms(left, right, some([*streams]))
        assert (bits.dtype, uniforms.dtype) == (np.dtype(np.uint64), np.dtype(np.float64))
        expected = kernels.keyed_bits_by_numpy(left, right, some([*streams]))
        assert bits.tolist() == expected.tolist()
        expected_uniforms = kernels.keyed_uniforms_by_numpy(left, right, some([*streams]))
        assert uniforms.tolist() == expected_uniforms.tolist()


def a_neighbourhood(seed: int, people: int, items: int) -> dict[str, Any]:
    """Return random arguments for a week of news: 5 audiences, 7 groups and 4 places."""
    rng = np.random.default_rng(seed)

    def hazards(*shape: int) -> NDArray[np.float32]:
        return rng.exponential(0.01, shape).astype(np.float32)

    rows = rng.permutation(people)[: people // 2]
    return {
        "rows": rows,
        "days": np.float32(7),
        "exposure": hazards(people, items),
        "knows": rng.random((people, items)) < 0.4,
        "broadcast": hazards(5, items),
        "audience": rng.integers(0, 5, people).astype(np.int8),
        "attention": rng.random(len(rows)).astype(np.float32),
        "group": rng.integers(0, 7, people).astype(np.int32),
        "informed_in_group": rng.integers(0, 30, (7, items)),
        "group_members": rng.integers(30, 60, 7),
        "by_group": hazards(items),
        "nearby": hazards(4, 5, items),
        "place": rng.integers(0, 4, people).astype(np.int8),
        "instructed": rng.random(len(rows)) < 0.5,
        "instruction": hazards(items),
    }


@pytest.mark.parametrize(("people", "items"), [(0, 3), (2, 1), (200, 3), (5_000, 8)])
def test_compiled_exposure_equals_that_of_numpy(people: int, items: int) -> None:
    """The same bits in every cell, and those not addressed or already knowing are left alone."""
    arguments = a_neighbourhood(21, people, items)
    before = arguments["exposure"].copy()
    kernels.gather_exposure(**arguments)
    compiled = arguments["exposure"].copy()
    arguments["exposure"][:] = before
    kernels.gather_exposure_by_numpy(**arguments)
    assert compiled.tobytes() == arguments["exposure"].tobytes()
    learns = np.zeros((people, items), dtype=bool)
    learns[arguments["rows"]] = ~arguments["knows"][arguments["rows"]]
    assert ((compiled > before) == learns).all()


def test_exposure_is_the_sum_of_its_four_sources() -> None:
    """One person, one item, by hand: broadcast, group, neighbours and instruction."""
    arguments: dict[str, Any] = {
        "rows": np.array([1]),
        "days": np.float32(2),
        "exposure": np.full((2, 1), 0.5, dtype=np.float32),
        "knows": np.zeros((2, 1), dtype=bool),
        "broadcast": np.array([[9], [0.5]], dtype=np.float32),
        "audience": np.array([0, 1], dtype=np.int8),
        "attention": np.array([0.25], dtype=np.float32),
        "group": np.array([0, 1], dtype=np.int32),
        "informed_in_group": np.array([[9], [3]]),
        "group_members": np.array([9, 12]),
        "by_group": np.array([0.5], dtype=np.float32),
        "nearby": np.array([[[9], [9]], [[9], [0.75]]], dtype=np.float32),
        "place": np.array([0, 1], dtype=np.int8),
        "instructed": np.array([True]),
        "instruction": np.array([2.0], dtype=np.float32),
    }
    kernels.gather_exposure(**arguments)
    gathered = 2 * (0.25 * 0.5 + 3 / 12 * 0.5 + 0.75 + 2.0)
    assert arguments["exposure"].tolist() == [[0.5], [0.5 + gathered]]
