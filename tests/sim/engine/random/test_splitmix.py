"""The compiled loops agree bit for bit with the whole-array operations they stand for."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.random import splitmix as kernels
from sim.engine.types import Floats, Identities

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
words = st.integers(0, 2**64 - 1)


def some(words_of_keys: list[int]) -> Identities:
    """Return keys as an array."""
    return np.array(words_of_keys, dtype=np.uint64)


def keyed_bits_by_numpy(who: Identities, occurrence: Identities, streams: Identities) -> Identities:
    """Return what `keyed_bits` returns, by whole-array operations."""
    z = ((who << kernels.SHIFT_OCCURRENCE) | occurrence) * kernels.SPREAD + streams[0]
    for key in (streams[1], np.uint64(0)):
        z = (z ^ (z >> kernels.SHIFT_30)) * kernels.MIX_1
        z = (z ^ (z >> kernels.SHIFT_27)) * kernels.MIX_2
        z = (z ^ (z >> kernels.SHIFT_31)) ^ key
    return np.asarray(z)


def keyed_uniforms_by_numpy(who: Identities, occurrence: Identities, streams: Identities) -> Floats:
    """Return what `keyed_uniforms` returns, by whole-array operations."""
    bits = keyed_bits_by_numpy(who, occurrence, streams) >> kernels.SHIFT_11
    return np.minimum((bits.astype(np.float64) + 0.5) * kernels.TO_UNIT, kernels.BELOW_ONE)


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
        expected = keyed_bits_by_numpy(left, right, some([*streams]))
        assert bits.tolist() == expected.tolist()
        expected_uniforms = keyed_uniforms_by_numpy(left, right, some([*streams]))
        assert uniforms.tolist() == expected_uniforms.tolist()
