r"""Keyed random numbers: chance that does not depend on the order of events.

Every random number of the model is a pure function

    uniform(seed, purpose, who, occurrence)

where *purpose* names the decision ("onset gap"), *who* is the permanent identity of the
person, employer, institution or day concerned, and *occurrence* counts how often this
decision has come up in that one's own history. Two scenarios with one seed therefore share
people, arrivals, illnesses and tastes; a new purpose shifts no other draw; and neither the
order of the rows nor the number of workers can change a result.

The function is a bijective mixer in counter mode: the pair (who, occurrence) is packed into
64 bits, spread by the golden-ratio multiplier, and passed twice through the finaliser of
SplitMix64 (Stafford's variant 13; Steele, Lea and Flood 2014) with two keys derived from
(seed, purpose). Each step is a bijection, so within one purpose no two keys can collide.

Other laws are derived by inversion, hence monotone in the uniform: a larger hazard or a
higher probability always selects a superset of the same people.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from scipy import special

from sim.engine.arrays import Floats, Identities, Integers

OCCURRENCE_BITS = 24
"""Bits of the packed key that hold the occurrence; the other 40 hold the identity."""

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53
_SHIFT_OCCURRENCE, _SHIFT_30, _SHIFT_27, _SHIFT_31, _SHIFT_11 = (
    np.uint64(bits) for bits in (OCCURRENCE_BITS, 30, 27, 31, 11)
)

type Keys = Identities | Integers | int
"""Identities or occurrences: an array, or one whole number for all."""


class KeyReuseError(AssertionError):
    """Raised in audit mode when one (purpose, who, occurrence) is drawn twice."""


class Draws:
    """All chance of one model run.

    Parameters
    ----------
    seed : int
        Seed of the run. Equal seeds give equal draws, on every machine.
    audit : bool, default False
        Remember every key and fail on a second use of it. Slow: for tests.

    Examples
    --------
    >>> draws = Draws(seed=7)
    >>> one_by_one = [draws.uniform("onset", np.array([who]), 0)[0] for who in (3, 1, 2)]
    >>> together = draws.uniform("onset", np.array([3, 1, 2]), 0)
    >>> bool((together == one_by_one).all())
    True
    """

    def __init__(self, seed: int, audit: bool = False) -> None:
        self.seed = seed
        self.used: dict[str, set[int]] | None = {} if audit else None
        self._stream_keys: dict[str, tuple[np.uint64, np.uint64]] = {}

    def stream_keys(self, purpose: str) -> tuple[np.uint64, np.uint64]:
        """Return the two 64-bit keys of a purpose under this seed."""
        keys = self._stream_keys.get(purpose)
        if keys is None:
            digest = blake2b(f"{self.seed}\x1f{purpose}".encode(), digest_size=16).digest()
            keys = (
                np.uint64(int.from_bytes(digest[:8], "little")),
                np.uint64(int.from_bytes(digest[8:], "little")),
            )
            self._stream_keys[purpose] = keys
        return keys

    def bits(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Identities:
        """Return 64 well-mixed bits for each key.

        Parameters
        ----------
        purpose : str
            Name of the decision.
        who : int or array of int
            Permanent identities, below 2**40.
        occurrence : int or array of int, default 0
            Ordinal in each one's own history, below 2**24. Identities of shape (n, 1) and
            occurrences of shape (n, k) or (k,) give k draws for each of n at once.

        Returns
        -------
        array of uint64, of the broadcast shape of `who` and `occurrence`.
        """
        z = _packed(who)
        if isinstance(occurrence, int):
            z |= np.uint64(occurrence)
        else:
            z = z | occurrence.astype(np.uint64)
        if self.used is not None:
            self._audit(purpose, z)
        return self._scramble(purpose, z)

    def _scramble(self, purpose: str, z: Identities) -> Identities:
        """Turn packed keys into well-mixed bits, in place."""
        stream_1, stream_2 = self.stream_keys(purpose)
        z *= _SPREAD
        z += stream_1
        _mix(z)
        z ^= stream_2
        _mix(z)
        return z

    def uniform(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return uniform numbers strictly between 0 and 1 (see `bits` for the arguments)."""
        return _to_unit(self.bits(purpose, who, occurrence))

    def trait(self, purpose: str, who: Keys) -> Floats:
        """Return uniform numbers that are fixed traits and may be looked up again and again."""
        return _to_unit(self._scramble(purpose, _packed(who)))

    def exponential(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return unit-mean exponential numbers: the thresholds of integrated hazards."""
        u = self.uniform(purpose, who, occurrence)
        return np.negative(np.log(u, out=u), out=u)

    def gumbel(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return standard Gumbel numbers: taste shocks of a discrete choice."""
        threshold = self.exponential(purpose, who, occurrence)
        return np.negative(np.log(threshold, out=threshold), out=threshold)

    def normal(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return standard normal numbers."""
        return np.asarray(special.ndtri(self.uniform(purpose, who, occurrence)))

    def lognormal(
        self, purpose: str, who: Keys, occurrence: Keys = 0, *, median: Floats | float, sigma: float
    ) -> Floats:
        """Return lognormal numbers with the given median and log standard deviation."""
        return median * np.exp(sigma * self.normal(purpose, who, occurrence))

    def gamma(
        self, purpose: str, who: Keys, occurrence: Keys = 0, *, shape: Floats | float, mean: Floats | float
    ) -> Floats:
        """Return gamma numbers with the given shape and mean."""
        u = self.uniform(purpose, who, occurrence)
        return np.asarray(special.gammaincinv(shape, u) * (mean / np.asarray(shape)))

    def poisson(self, purpose: str, who: Keys, occurrence: Keys = 0, *, mean: float) -> Integers:
        """Return Poisson counts by inversion."""
        return poisson_counts(self.uniform(purpose, who, occurrence), mean)

    def categorical(
        self, purpose: str, who: Keys, occurrence: Keys = 0, *, shares: Floats | Sequence[float]
    ) -> Integers:
        """Return category codes.

        Parameters
        ----------
        shares : array of shape (categories,) or (n, categories)
            Non-negative weights, the same for all or one row for each key; they are
            normalised to sum to 1.
        """
        return pick(self.uniform(purpose, who, occurrence), np.asarray(shares, dtype=np.float64))

    def happens(
        self, purpose: str, who: Keys, occurrence: Keys = 0, *, probability: Floats | float
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return True with the given probability for each key."""
        return np.asarray(self.uniform(purpose, who, occurrence) < probability)

    def _audit(self, purpose: str, packed: Identities) -> None:
        assert self.used is not None
        seen = self.used.setdefault(purpose, set())
        for key in packed.ravel().tolist():
            if key in seen:
                who, occurrence = divmod(key, 1 << OCCURRENCE_BITS)
                raise KeyReuseError(
                    f"draw used twice: purpose {purpose!r}, who {who}, occurrence {occurrence}"
                )
            seen.add(key)


def pick(u: Floats, shares: Floats) -> Integers:
    """Turn uniforms into category codes by cumulated shares.

    Parameters
    ----------
    u : array of shape (n,)
        Uniform numbers.
    shares : array of shape (categories,) or (n, categories)
        Non-negative weights.

    Examples
    --------
    >>> pick(np.array([0.1, 0.6, 0.95]), np.array([0.5, 0.4, 0.1])).tolist()
    [0, 1, 2]
    """
    cumulated = np.cumsum(shares, axis=-1)
    if cumulated.ndim == 1:
        return np.searchsorted(cumulated[:-1], u * cumulated[-1], side="right").astype(np.int64)
    return (cumulated[:, :-1] <= (u * cumulated[:, -1])[:, None]).sum(axis=1)


def _packed(who: Keys) -> Identities:
    """Return fresh keys with the identity in the upper bits and occurrence 0."""
    identity = np.array([who]) if isinstance(who, int) else who
    return identity.astype(np.uint64) << _SHIFT_OCCURRENCE


def _to_unit(z: Identities) -> Floats:
    """Turn 64 bits into a number strictly between 0 and 1 (the bits are used up)."""
    z >>= _SHIFT_11
    u = z.astype(np.float64)
    u += 0.5
    u *= _TO_UNIT
    # The largest of the 2**53 values rounds to 1 and has to stay below it.
    return np.minimum(u, 1.0 - _TO_UNIT, out=u)


def poisson_counts(u: Floats, mean: float) -> Integers:
    """Turn uniforms into Poisson counts by inversion."""
    counts = np.ceil(special.pdtrik(u, mean))
    return np.maximum(counts, 0).astype(np.int64)


def _mix(z: Identities) -> None:
    """Apply the SplitMix64 finaliser in place."""
    z ^= z >> _SHIFT_30
    z *= _MIX_1
    z ^= z >> _SHIFT_27
    z *= _MIX_2
    z ^= z >> _SHIFT_31
