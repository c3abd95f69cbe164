"""The mixer behind all keyed draws, compiled."""

import numpy as np

from sim.engine.jit.compiled import compiled, inlined
from sim.engine.types import Floats, Identities

SPREAD = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
OCCURRENCE_BITS = 24
SHIFT_OCCURRENCE = np.uint64(OCCURRENCE_BITS)
SHIFT_30, SHIFT_27, SHIFT_31, SHIFT_11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
TO_UNIT = 2.0**-53
BELOW_ONE = 1.0 - TO_UNIT


@inlined
def splitmix64(packed: np.uint64, stream_1: np.uint64, stream_2: np.uint64) -> np.uint64:
    """Return well-mixed bits: two rounds of SplitMix64's finaliser, keyed by two streams."""
    z = packed * SPREAD + stream_1
    z = (z ^ (z >> SHIFT_30)) * MIX_1
    z = (z ^ (z >> SHIFT_27)) * MIX_2
    z = (z ^ (z >> SHIFT_31)) ^ stream_2
    z = (z ^ (z >> SHIFT_30)) * MIX_1
    z = (z ^ (z >> SHIFT_27)) * MIX_2
    return z ^ (z >> SHIFT_31)


@compiled(allocates=True)
def keyed_bits(who: Identities, occurrence: Identities, streams: Identities) -> Identities:
    """Return 64 well-mixed bits for each pair (who, occurrence).

    Parameters
    ----------
    who, occurrence : array of uint64, shape (n,)
        One of them may have length 1: it then applies to all.
    streams : array of uint64, shape (2,)
        Keys of the purpose.
    """
    count = max(len(who), len(occurrence)) if len(who) and len(occurrence) else 0
    step_who, step_occurrence = int(len(who) > 1), int(len(occurrence) > 1)
    result = np.empty(count, dtype=np.uint64)
    for i in range(count):
        packed = (who[i * step_who] << SHIFT_OCCURRENCE) | occurrence[i * step_occurrence]
        result[i] = splitmix64(packed, streams[0], streams[1])
    return result


@compiled(allocates=True)
def keyed_uniforms(who: Identities, occurrence: Identities, streams: Identities) -> Floats:
    """Return uniform numbers strictly between 0 and 1 (arguments as in `keyed_bits`)."""
    count = max(len(who), len(occurrence)) if len(who) and len(occurrence) else 0
    step_who, step_occurrence = int(len(who) > 1), int(len(occurrence) > 1)
    result = np.empty(count, dtype=np.float64)
    for i in range(count):
        packed = (who[i * step_who] << SHIFT_OCCURRENCE) | occurrence[i * step_occurrence]
        z = splitmix64(packed, streams[0], streams[1])
        # The largest of the 2**53 values rounds to 1 and has to stay below it.
        result[i] = min((np.float64(z >> SHIFT_11) + 0.5) * TO_UNIT, BELOW_ONE)
    return result
