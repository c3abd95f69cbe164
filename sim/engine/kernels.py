"""The few loops that are compiled, each with the NumPy path it must agree with bit for bit.

Compiled code is kept on disk by Numba, so only the first run on a machine waits for it. Nothing
here uses a transcendental function, fused multiplication or threads: the results are those of the
NumPy functions named `..._by_numpy`, which the tests compare with.
"""

import numpy as np
from numba import njit

from sim.engine.arrays import Booleans, Column, Floats, Identities, Integers, Rows

type Pairs = tuple[Rows, Rows]
"""Rows, and what concerns each of them."""

SPREAD = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
OCCURRENCE_BITS = 24
SHIFT_OCCURRENCE = np.uint64(OCCURRENCE_BITS)
SHIFT_30, SHIFT_27, SHIFT_31, SHIFT_11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
TO_UNIT = 2.0**-53
BELOW_ONE = 1.0 - TO_UNIT


@njit(inline="always")
def _mix_twice(packed: np.uint64, stream_1: np.uint64, stream_2: np.uint64) -> np.uint64:
    z = packed * SPREAD + stream_1
    z = (z ^ (z >> SHIFT_30)) * MIX_1
    z = (z ^ (z >> SHIFT_27)) * MIX_2
    z = (z ^ (z >> SHIFT_31)) ^ stream_2
    z = (z ^ (z >> SHIFT_30)) * MIX_1
    z = (z ^ (z >> SHIFT_27)) * MIX_2
    return z ^ (z >> SHIFT_31)


@njit(cache=True)
def keyed_bits(who: Identities, occurrence: Identities, streams: Identities) -> Identities:
    """Return 64 well-mixed bits for each pair (who, occurrence).

    Parameters
    ----------
    who, occurrence : array of uint64, shape (n,)
        One of them may have length 1: it then belongs to all.
    streams : array of uint64, shape (2,)
        Keys of the purpose.
    """
    count = max(len(who), len(occurrence)) if len(who) and len(occurrence) else 0
    step_who, step_occurrence = int(len(who) > 1), int(len(occurrence) > 1)
    result = np.empty(count, dtype=np.uint64)
    for i in range(count):
        packed = (who[i * step_who] << SHIFT_OCCURRENCE) | occurrence[i * step_occurrence]
        result[i] = _mix_twice(packed, streams[0], streams[1])
    return result


@njit(cache=True)
def keyed_uniforms(who: Identities, occurrence: Identities, streams: Identities) -> Floats:
    """Return uniform numbers strictly between 0 and 1 (arguments as in `keyed_bits`)."""
    count = max(len(who), len(occurrence)) if len(who) and len(occurrence) else 0
    step_who, step_occurrence = int(len(who) > 1), int(len(occurrence) > 1)
    result = np.empty(count, dtype=np.float64)
    for i in range(count):
        packed = (who[i * step_who] << SHIFT_OCCURRENCE) | occurrence[i * step_occurrence]
        z = _mix_twice(packed, streams[0], streams[1])
        # The largest of the 2**53 values rounds to 1 and has to stay below it.
        result[i] = min((np.float64(z >> SHIFT_11) + 0.5) * TO_UNIT, BELOW_ONE)
    return result


def keyed_bits_by_numpy(who: Identities, occurrence: Identities, streams: Identities) -> Identities:
    """Return what `keyed_bits` returns, by whole-array operations."""
    z = ((who << SHIFT_OCCURRENCE) | occurrence) * SPREAD + streams[0]
    for key in (streams[1], np.uint64(0)):
        z = (z ^ (z >> SHIFT_30)) * MIX_1
        z = (z ^ (z >> SHIFT_27)) * MIX_2
        z = (z ^ (z >> SHIFT_31)) ^ key
    return np.asarray(z)


def keyed_uniforms_by_numpy(who: Identities, occurrence: Identities, streams: Identities) -> Floats:
    """Return what `keyed_uniforms` returns, by whole-array operations."""
    bits = keyed_bits_by_numpy(who, occurrence, streams) >> SHIFT_11
    return np.minimum((bits.astype(np.float64) + 0.5) * TO_UNIT, BELOW_ONE)


@njit(cache=True)
def spread_news(
    rows: Rows,
    today: int,
    days: np.float32,
    exposure: Column,
    threshold: Column,
    knows: Column,
    forgets_on: Column,
    broadcast: Floats,
    audience: Column,
    attention: Floats,
    attentive: Column,
    group: Column,
    informed_in_group: Integers,
    group_members: Integers,
    by_group: Floats,
    nearby: Floats,
    place: Column,
    instructed: Booleans,
    instructor: Column,
    instruction: Floats,
) -> tuple[Pairs, Pairs]:
    """Expose people to some days of news, and find who learns and who forgets what.

    The hazard of hearing item k, for people who do not know it, is

        attention * broadcast[audience, k] + by_group[k] * informed share of the group
        + nearby[place, audience, k] + instruction[k] (where the instructor instructs).

    Parameters
    ----------
    rows : array of int, shape (n,)
        People to expose. `exposure` (gathered hazard, changed in place), `threshold`, `knows` and
        `forgets_on` are columns of shape (rows, items); `audience`, `attentive`, `group`,
        `place` and `instructor` columns of shape (rows,).
    today : int
        People forget what they know when `forgets_on` has come.
    days : float
        Days of exposure.
    attention : array of float, shape (2,)
        Of people who are not attentive, and of those who are.

    Returns
    -------
    learned, forgotten : pair of arrays
        Rows and items, in the order of `rows`.
    """
    items = exposure.shape[1]
    most = len(rows) * items
    learned_row, learned_item = np.empty(most, np.intp), np.empty(most, np.intp)
    forgotten_row, forgotten_item = np.empty(most, np.intp), np.empty(most, np.intp)
    learned = forgotten = 0
    for row in rows:
        who, where, group_of_row = audience[row], place[row], group[row]
        heed = attention[int(attentive[row])]
        members = np.float32(group_members[group_of_row])
        taught = instructed[instructor[row]]
        for k in range(items):
            if knows[row, k]:
                if forgets_on[row, k] <= today:
                    forgotten_row[forgotten], forgotten_item[forgotten] = row, k
                    forgotten += 1
                continue
            hazard = broadcast[who, k] * heed
            hazard += (np.float32(informed_in_group[group_of_row, k]) / members) * by_group[k]
            hazard += nearby[where, who, k]
            if taught:
                hazard += instruction[k]
            exposure[row, k] += days * hazard
            if exposure[row, k] >= threshold[row, k]:
                learned_row[learned], learned_item[learned] = row, k
                learned += 1
    return (
        (learned_row[:learned].copy(), learned_item[:learned].copy()),
        (forgotten_row[:forgotten].copy(), forgotten_item[:forgotten].copy()),
    )


def spread_news_by_numpy(
    rows: Rows,
    today: int,
    days: np.float32,
    exposure: Column,
    threshold: Column,
    knows: Column,
    forgets_on: Column,
    broadcast: Floats,
    audience: Column,
    attention: Floats,
    attentive: Column,
    group: Column,
    informed_in_group: Integers,
    group_members: Integers,
    by_group: Floats,
    nearby: Floats,
    place: Column,
    instructed: Booleans,
    instructor: Column,
    instruction: Floats,
) -> tuple[Pairs, Pairs]:
    """Do what `spread_news` does, by whole-array operations."""
    who, where, groups = audience[rows], place[rows], group[rows]
    hazard = broadcast[who] * attention[attentive[rows].astype(np.intp)][:, None]
    informed = informed_in_group[groups].astype(np.float32)
    hazard += informed / group_members[groups].astype(np.float32)[:, None] * by_group
    hazard += nearby[where, who]
    hazard[instructed[instructor[rows]]] += instruction
    known = knows[rows]
    exposure[rows] += np.where(known, np.float32(0), days * hazard)
    learner, learned = np.nonzero(~known & (exposure[rows] >= threshold[rows]))
    forgetter, forgotten = np.nonzero(known & (forgets_on[rows] <= today))
    return (rows[learner], learned), (rows[forgetter], forgotten)


@njit(cache=True)
def competing_hazards(
    rows: Rows,
    hazards: Column,
    code_1: Column,
    code_2: Column,
    code_3: Column,
    factor_first: Floats,
    factor_third: Floats,
    sum_first: Column,
    sum_second: Column,
    sum_third: Column,
    threshold_first: Column,
    threshold_second: Column,
    threshold_third: Column,
) -> Column:
    """Add a day of three competing hazards and tell whose threshold has been reached.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Rows of the columns that follow.
    hazards : array of float32, shape (codes 1, codes 2, codes 3, 3)
        Hazards a day of the first, second and third event.
    code_1, code_2, code_3 : columns
        Where each row finds its hazards.
    factor_first, factor_third : array of float32, shape (n,)
        Multipliers of the first and the third hazard.
    sum_first ... threshold_third : columns of float32
        Gathered hazards (changed in place) and the thresholds drawn for them.

    Returns
    -------
    array of int8, shape (n,)
        0 for nothing, else the number of the event; the third goes before the second, and the
        second before the first.
    """
    event = np.zeros(len(rows), dtype=np.int8)
    for i in range(len(rows)):
        row = rows[i]
        hazard = hazards[code_1[row], code_2[row], int(code_3[row])]
        sum_first[row] += hazard[0] * factor_first[i]
        sum_second[row] += hazard[1]
        sum_third[row] += hazard[2] * factor_third[i]
        if sum_third[row] >= threshold_third[row]:
            event[i] = 3
        elif sum_second[row] >= threshold_second[row]:
            event[i] = 2
        elif sum_first[row] >= threshold_first[row]:
            event[i] = 1
    return event


def competing_hazards_by_numpy(
    rows: Rows,
    hazards: Column,
    code_1: Column,
    code_2: Column,
    code_3: Column,
    factor_first: Floats,
    factor_third: Floats,
    sum_first: Column,
    sum_second: Column,
    sum_third: Column,
    threshold_first: Column,
    threshold_second: Column,
    threshold_third: Column,
) -> Column:
    """Do what `competing_hazards` does, by whole-array operations."""
    hazard = hazards[code_1[rows], code_2[rows], code_3[rows].astype(np.intp)]
    sum_first[rows] += hazard[:, 0] * factor_first
    sum_second[rows] += hazard[:, 1]
    sum_third[rows] += hazard[:, 2] * factor_third
    reached = [
        sum_third[rows] >= threshold_third[rows],
        sum_second[rows] >= threshold_second[rows],
        sum_first[rows] >= threshold_first[rows],
    ]
    return np.select(reached, [3, 2, 1], default=0).astype(np.int8)


@njit(cache=True)
def add_at(counts: Column, places: Integers, change: int) -> None:
    """Add `change` to `counts` at each of the places, as often as a place is named."""
    for place in places:
        counts[place] += change


@njit(cache=True)
def add_at_pairs(counts: Column, first: Integers, second: Integers, change: int) -> None:
    """Do what `add_at` does for a table, at each pair of places."""
    for i in range(len(first)):
        counts[first[i], second[i]] += change
