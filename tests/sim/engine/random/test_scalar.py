"""Draws of compiled rules: those of `Draws`, one key at a time, audited like them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.jit.compiled import compiled
from sim.engine.random import scalar as chance
from sim.engine.random.streams import Draws, KeyReuseError, pick
from sim.engine.types import Floats, Identities

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
PURPOSES = ("onset", "taste")
TASTE = PURPOSES.index("taste")
LAST_DIGIT = 8 * np.finfo(np.float64).eps


@compiled(allocates=True)
def draw_each(table: Identities, who: Identities, occurrence: int) -> Floats:
    """Return a uniform, an exponential and a Gumbel number for each identity."""
    drawn = np.empty((len(who), 3))
    for i in range(len(who)):
        drawn[i, 0] = chance.uniform(table, TASTE, who[i], occurrence)
        drawn[i, 1] = chance.exponential(table, TASTE, who[i], occurrence + 1)
        drawn[i, 2] = chance.gumbel(table, TASTE, who[i], occurrence + 2)
    return drawn


@compiled(allocates=True)
def pick_each(u: Floats, shares: Floats) -> Identities:
    """Return a category for each uniform number."""
    picked = np.empty(len(u), dtype=np.uint64)
    for i in range(len(u)):
        picked[i] = chance.pick_one(u[i], shares)
    return picked


@repeatable
@given(
    who=st.lists(st.integers(0, 2**40 - 1), max_size=20),
    occurrence=st.integers(0, 2**24 - 3),
    seed=st.integers(0, 10**6),
)
def test_rules_draw_what_arrays_draw(who: list[int], occurrence: int, seed: int) -> None:
    """Bit for bit where bits are mixed; logarithms of two libraries differ in a last digit."""
    draws = Draws(seed, purposes=PURPOSES)
    people = np.array(who, dtype=np.uint64)
    drawn = draw_each(draws.streams, people, occurrence)
    assert drawn[:, 0].tolist() == draws.uniform("taste", people, occurrence).tolist()
    threshold = draws.exponential("taste", people, occurrence + 1)
    assert drawn[:, 1] == pytest.approx(threshold, rel=LAST_DIGIT)
    shock = draws.gumbel("taste", people, occurrence + 2)
    assert drawn[:, 2] == pytest.approx(shock, rel=LAST_DIGIT, abs=LAST_DIGIT)


@repeatable
@given(
    u=st.lists(st.floats(0, 1, exclude_max=True), max_size=20),
    shares=st.lists(st.floats(0.01, 1), min_size=1, max_size=6),
)
def test_rules_pick_what_arrays_pick(u: list[float], shares: list[float]) -> None:
    numbers, weights = np.array(u), np.array(shares)
    assert pick_each(numbers, weights).tolist() == pick(numbers, weights).tolist()


@pytest.mark.claim("V24")
def test_the_audit_sees_draws_of_rules() -> None:
    """A key used twice is found, within a day or days apart; other keys are no offence."""
    draws = Draws(5, audit=True, purposes=PURPOSES)
    draw_each(draws.streams, np.arange(9, dtype=np.uint64), 0)
    draws.audit_rules()
    draw_each(draws.streams, np.arange(9, dtype=np.uint64), 3)
    draws.audit_rules()
    assert draws.used is not None and len(draws.used["taste"]) == 2 * 9 * 3
    draw_each(draws.streams, np.array([4], dtype=np.uint64), 5)
    with pytest.raises(KeyReuseError, match="'taste', who 4, occurrence 5"):
        draws.audit_rules()


def test_the_audit_says_when_it_could_not_see_everything() -> None:
    draws = Draws(5, audit=True, purposes=PURPOSES)
    draw_each(draws.streams, np.arange(20_000, dtype=np.uint64), 0)
    with pytest.raises(KeyReuseError, match="too many draws for 'taste'"):
        draws.audit_rules()
