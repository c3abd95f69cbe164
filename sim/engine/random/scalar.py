"""Keyed random numbers for compiled rules: what `Draws` gives arrays, for one key at a time.

A rule receives the table `streams` of `Draws` and names a purpose by its number in the list of
purposes; the random numbers are the same as those `Draws` returns for the same key.
"""

from math import log

import numpy as np

from sim.engine.jit.compiled import compiled
from sim.engine.random.splitmix import BELOW_ONE, SHIFT_11, SHIFT_OCCURRENCE, TO_UNIT, splitmix64
from sim.engine.types import Floats, Identities

KEYS = 2
"""Columns of `streams` that hold the keys of a purpose; audit mode adds more columns."""
COUNT, FIRST_NOTE = KEYS, KEYS + 1
"""In audit mode: the number of notes, and where the first of them begins."""


@compiled
def peek_uniform(streams: Identities, purpose: int, who: int, occurrence: int) -> float:
    """Return a uniform number strictly between 0 and 1 that may be looked up again."""
    packed = (np.uint64(who) << SHIFT_OCCURRENCE) | np.uint64(occurrence)
    bits = splitmix64(packed, streams[purpose, 0], streams[purpose, 1])
    return min((np.float64(bits >> SHIFT_11) + 0.5) * TO_UNIT, BELOW_ONE)


@compiled
def uniform(streams: Identities, purpose: int, who: int, occurrence: int) -> float:
    """Return a uniform number strictly between 0 and 1; in audit mode, note the use of its key."""
    if streams.shape[1] > KEYS:
        place = FIRST_NOTE + 2 * int(streams[purpose, COUNT])
        if place + 1 < streams.shape[1]:
            streams[purpose, place] = np.uint64(who)
            streams[purpose, place + 1] = np.uint64(occurrence)
        streams[purpose, COUNT] += np.uint64(1)
    return peek_uniform(streams, purpose, who, occurrence)


@compiled
def happens(
    streams: Identities, purpose: int, who: int, occurrence: int, probability: float
) -> bool:
    """Return True with the given probability."""
    return uniform(streams, purpose, who, occurrence) < probability


@compiled
def exponential(streams: Identities, purpose: int, who: int, occurrence: int) -> float:
    """Return a unit-mean exponential number: the threshold of an integrated hazard."""
    return -log(uniform(streams, purpose, who, occurrence))


@compiled
def gumbel(streams: Identities, purpose: int, who: int, occurrence: int) -> float:
    """Return a standard Gumbel number: the taste shock of a discrete choice."""
    return -log(exponential(streams, purpose, who, occurrence))


@compiled
def pick_one(u: float, shares: Floats) -> int:
    """Turn a uniform number into a category code by cumulated shares (which need not add to 1).

    >>> pick_one(0.6, np.array([0.5, 0.4, 0.1]))
    1
    """
    total = 0.0
    for share in shares:
        total += share
    cumulated = 0.0
    for code in range(len(shares) - 1):
        cumulated += shares[code]
        if u * total < cumulated:
            return code
    return len(shares) - 1
