"""One queue engine for every service line, and the mathematics of waiting.

All waiting tasks of all service lines are served by one sort of a packed 64-bit key

    line | urgency (most urgent first) | day the task became ready | tie-break

so there is no loop over institutions. Capacity may be fractional: a line that can serve one
task in three days gathers *credit* until a whole slot is there. What is left of a slot is
carried over; unused whole slots are lost.
"""

import numpy as np

from sim.engine.jit.compiled import compiled
from sim.engine.types import Booleans, Identities, Integers

MOST_URGENT = 15
"""Largest urgency that fits into the key."""
_DAY_OFFSET = 1 << 15
_LINE_SHIFT, _URGENCY_SHIFT, _DAY_SHIFT, _TIE_SHIFT = (np.uint64(b) for b in (50, 46, 30, 34))


@compiled(allocates=True)
def served(
    line: Integers, urgency: Integers, ready_day: Integers, tie_break: Identities, slots: Integers
) -> Booleans:
    """Return which waiting tasks are served today.

    Parameters
    ----------
    line : array of int, shape (n,)
        Service line each task waits at, 0 to 16383.
    urgency : array of int, shape (n,)
        0 to `MOST_URGENT`; within a line the more urgent are served first.
    ready_day : array of int, shape (n,)
        Day the task joined the line; within an urgency the earlier are served first.
    tie_break : array of uint64, shape (n,)
        Well-mixed bits that decide among tasks equal so far.
    slots : array of int, shape (lines,)
        Whole slots each line has today.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> served(
    ...     line=np.array([0, 0, 1]), urgency=np.array([0, 3, 0]), ready_day=np.array([1, 2, 2]),
    ...     tie_break=np.array([5, 5, 5], dtype=np.uint64), slots=np.array([1, 1]),
    ... ).tolist()
    [False, True, True]
    """
    key = np.empty(len(line), dtype=np.uint64)
    for task in range(len(line)):
        key[task] = (
            (np.uint64(line[task]) << _LINE_SHIFT)
            | (np.uint64(MOST_URGENT - urgency[task]) << _URGENCY_SHIFT)
            | (np.uint64(ready_day[task] + _DAY_OFFSET) << _DAY_SHIFT)
            | (np.uint64(tie_break[task]) >> _TIE_SHIFT)
        )
    result = np.zeros(len(line), dtype=np.bool_)
    taken = np.zeros(len(slots), dtype=np.int64)
    # A stable sort: equal keys are served in the order they came in.
    for place in np.argsort(key, kind="mergesort"):
        task = int(place)
        if taken[line[task]] < slots[line[task]]:
            taken[line[task]] += 1
            result[task] = True
    return result


@compiled
def whole_slots(capacity: float, credit: float) -> tuple[int, float]:
    """Return today's whole slots of a line, and the fraction to carry over.

    Parameters
    ----------
    capacity : float
        Services a day, 0 where the line is closed today.
    credit : float
        Fraction of a slot gathered so far, below 1; negative where work is owed.

    Examples
    --------
    >>> whole_slots(0.75, 0.5)
    (1, 0.25)
    """
    gathered = capacity + credit
    if gathered < 0.0:  # time owed
        return 0, gathered
    # Ten times 0.1 must make one slot, so rounding noise is forgiven.
    slots = np.floor(gathered + 1e-9)
    return int(slots), max(gathered - slots, 0.0)


@compiled
def erlang_c(servers: int, offered_load: float) -> float:
    """Return the probability that a customer of an M/M/c queue has to wait (Erlang C).

    Parameters
    ----------
    servers : int
        Number of servers c, at least 1.
    offered_load : float
        Arrival rate times mean service time, in servers kept busy.

    Returns
    -------
    float
        1.0 when the load reaches or exceeds the servers.

    Examples
    --------
    >>> round(erlang_c(2, 1.0), 6)
    0.333333
    """
    if offered_load >= servers:
        return 1.0
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = offered_load * blocking / (server + offered_load * blocking)
    return blocking / (1.0 - offered_load / servers * (1.0 - blocking))


@compiled
def erlang_c_wait(servers: int, offered_load: float, mean_service: float) -> float:
    """Return the mean wait before service in an M/M/c queue, in the unit of `mean_service`.

    Infinite when the load reaches the servers.
    """
    if offered_load >= servers:
        return np.inf
    return erlang_c(servers, offered_load) * mean_service / (servers - offered_load)
