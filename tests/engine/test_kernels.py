"""The compiled loops agree bit for bit with the whole-array operations they stand for."""

from collections.abc import Callable
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


# ---------------------------------------------------------------- news

TODAY = 400


def a_neighbourhood(seed: int, people: int, items: int) -> dict[str, Any]:
    """Return random arguments for a week of news: 5 audiences, 7 groups, 4 places, 6 instructors.

    A third of the people are addressed; every second item is nearly learned or nearly forgotten.
    """
    rng = np.random.default_rng(seed)

    def hazards(*shape: int) -> NDArray[np.float32]:
        return rng.exponential(0.01, shape).astype(np.float32)

    return {
        "rows": rng.permutation(people)[: people // 3],
        "today": TODAY,
        "days": np.float32(7),
        "exposure": hazards(people, items),
        "threshold": hazards(people, items) * np.float32(30),
        "knows": rng.random((people, items)) < 0.4,
        "forgets_on": rng.integers(TODAY - 5, TODAY + 5, (people, items)).astype(np.int32),
        "broadcast": hazards(5, items),
        "audience": rng.integers(0, 5, people).astype(np.int8),
        "attention": np.array([0.3, 1.0], dtype=np.float32),
        "attentive": rng.random(people) < 0.5,
        "group": rng.integers(0, 7, people).astype(np.int32),
        "informed_in_group": rng.integers(0, 30, (7, items)),
        "group_members": rng.integers(30, 60, 7),
        "by_group": hazards(items),
        "nearby": hazards(4, 5, items),
        "place": rng.integers(0, 4, people).astype(np.int8),
        "instructed": rng.random(6) < 0.5,
        "instructor": rng.integers(0, 6, people).astype(np.int32),
        "instruction": hazards(items),
    }


def spread(loop: Callable[..., Any], arguments: dict[str, Any]) -> tuple[list[list[int]], bytes]:
    """Return who learns and forgets what, and the bits of the exposure afterwards."""
    exposure = arguments["exposure"].copy()
    changes = loop(*(arguments | {"exposure": exposure}).values())
    return [part.tolist() for pair in changes for part in pair], exposure.tobytes()


@pytest.mark.parametrize(("people", "items"), [(0, 3), (5, 1), (200, 3), (5_000, 8)])
def test_compiled_news_equal_those_of_numpy(people: int, items: int) -> None:
    """The same learners and forgetters in the same order, and the same bits of exposure."""
    arguments = a_neighbourhood(21, people, items)
    compiled = spread(kernels.spread_news, arguments)
    assert compiled == spread(kernels.spread_news_by_numpy, arguments)
    assert all(compiled[0]) == (people >= 200)


def test_news_reach_those_addressed_who_do_not_know() -> None:
    """Exposure grows in exactly these cells; learners have passed their threshold."""
    arguments = a_neighbourhood(22, 2_000, 4)
    before, knows, rows = arguments["exposure"].copy(), arguments["knows"], arguments["rows"]
    learned, forgotten = kernels.spread_news(*arguments.values())
    addressed = np.zeros((2_000, 4), dtype=bool)
    addressed[rows] = True
    exposure, found = arguments["exposure"], np.zeros((2_000, 4), dtype=bool)
    assert ((exposure > before) == (addressed & ~knows)).all()
    found[learned] = True
    assert (found == (addressed & ~knows & (exposure >= arguments["threshold"]))).all()
    found[:] = False
    found[forgotten] = True
    assert (found == (addressed & knows & (arguments["forgets_on"] <= TODAY))).all()


@pytest.mark.parametrize("loop", [kernels.spread_news, kernels.spread_news_by_numpy])
@pytest.mark.parametrize(("threshold", "learns"), [(6.75, True), (6.76, False)])
def test_exposure_is_the_sum_of_its_four_sources(
    loop: Callable[..., Any], threshold: float, learns: bool
) -> None:
    """One person, one item, by hand: broadcast, group, neighbours and instruction."""
    arguments: dict[str, Any] = {
        "rows": np.array([1]),
        "today": TODAY,
        "days": np.float32(2),
        "exposure": np.full((2, 1), 0.5, dtype=np.float32),
        "threshold": np.full((2, 1), threshold, dtype=np.float32),
        "knows": np.zeros((2, 1), dtype=bool),
        "forgets_on": np.zeros((2, 1), dtype=np.int32),
        "broadcast": np.array([[9], [0.5]], dtype=np.float32),
        "audience": np.array([0, 1], dtype=np.int8),
        "attention": np.array([9, 0.5], dtype=np.float32),
        "attentive": np.array([False, True]),
        "group": np.array([0, 1], dtype=np.int32),
        "informed_in_group": np.array([[9], [3]]),
        "group_members": np.array([9, 12]),
        "by_group": np.array([0.5], dtype=np.float32),
        "nearby": np.array([[[9], [9]], [[9], [0.75]]], dtype=np.float32),
        "place": np.array([0, 1], dtype=np.int8),
        "instructed": np.array([False, False, True]),
        "instructor": np.array([0, 2], dtype=np.int32),
        "instruction": np.array([2.0], dtype=np.float32),
    }
    learned, forgotten = loop(*arguments.values())
    gathered = 2 * (0.5 * 0.5 + 3 / 12 * 0.5 + 0.75 + 2.0)
    assert arguments["exposure"].tolist() == [[0.5], [0.5 + gathered]]
    assert [part.tolist() for part in learned] == ([[1], [0]] if learns else [[], []])
    assert [part.tolist() for part in forgotten] == [[], []]
