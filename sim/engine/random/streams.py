r"""Keyed random numbers: draws that do not depend on the order of events.

Every random number of the model is a pure function

    uniform(seed, purpose, who, occurrence)

where *purpose* names the decision ("onset gap"), *who* is the permanent identity of the person,
employer, institution or day concerned, and *occurrence* counts how often this decision has come up
in the history of that identity. Two scenarios with one seed therefore share people, arrivals,
illnesses and tastes; a new purpose does not shift any other draw; and neither the order of the rows
nor the number of workers can change a result.

The function is a bijective mixer in counter mode: the pair (who, occurrence) is packed into
64 bits, spread by the golden-ratio multiplier, and passed twice through the finaliser of
SplitMix64 (Stafford's variant 13; Steele, Lea and Flood 2014) with two keys derived from
(seed, purpose). Each step is a bijection, so within one purpose no two keys can collide.

Other laws are derived by inversion, hence monotone in the uniform: a larger hazard or a
higher probability always selects a superset of the same people.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np
from scipy import special

from sim.engine.random.scalar import COUNT, FIRST_NOTE, KEYS
from sim.engine.random.splitmix import keyed_bits, keyed_uniforms
from sim.engine.types import Booleans, Column, Floats, Identities, Integers

type Keys = Identities | Integers | int
"""Identities or occurrences: an array, or one whole number for all."""


NOTES_A_DAY = 1 << 14
"""Number of draws of one purpose that can be audited between two checks."""


class KeyReuseError(AssertionError):
    """Raised in audit mode when one (purpose, who, occurrence) is drawn twice."""


class Draws:
    """All random draws of one model run.

    Parameters
    ----------
    seed : int
        Seed of the run. Equal seeds give equal draws, on every machine.
    audit : bool, default False
        Record every key and fail if it is used twice. Slow: for tests.
    purposes : tuple of str, optional
        Purposes that compiled rules draw for, in the order of their numbers.

    Attributes
    ----------
    streams : array of uint64, shape (purposes, 2)
        Keys of the purposes, for `sim.engine.random.scalar`; wider in audit mode, where rules
        record in it what they have drawn.

    Examples
    --------
    >>> draws = Draws(seed=7)
    >>> one_by_one = [draws.uniform("onset", np.array([who]), 0)[0] for who in (3, 1, 2)]
    >>> together = draws.uniform("onset", np.array([3, 1, 2]), 0)
    >>> bool((together == one_by_one).all())
    True
    """

    def __init__(self, seed: int, audit: bool = False, purposes: Sequence[str] = ()) -> None:
        self.seed = seed
        self.used: dict[str, set[tuple[int, int]]] | None = {} if audit else None
        self._stream_keys: dict[str, Identities] = {}
        self._purposes = tuple(purposes)
        width = KEYS if not audit else FIRST_NOTE + 2 * NOTES_A_DAY
        self.streams: Identities = np.zeros((len(purposes), width), dtype=np.uint64)
        for number, purpose in enumerate(purposes):
            self.streams[number, :KEYS] = self.stream_keys(purpose)

    def streams_of(self, purposes: Sequence[str]) -> Identities:
        """Return the rows of `streams` for purposes that are adjacent in the list of all."""
        first = self._purposes.index(purposes[0]) if purposes else 0
        return self.streams[first : first + len(purposes)]

    def stream_keys(self, purpose: str) -> Identities:
        """Return the two 64-bit keys of a purpose under this seed."""
        keys = self._stream_keys.get(purpose)
        if keys is None:
            digest = blake2b(f"{self.seed}\x1f{purpose}".encode(), digest_size=16).digest()
            keys = np.frombuffer(digest, dtype="<u8").astype(np.uint64)
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
            Ordinal in the history of each identity, below 2**24. Identities of shape (n, 1) and
            occurrences of shape (n, k) or (k,) give k draws for each of n at once.

        Returns
        -------
        array of uint64, of the broadcast shape of `who` and `occurrence`.
        """
        return self._draw(keyed_bits, purpose, who, occurrence)

    def uniform(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return uniform numbers strictly between 0 and 1 (see `bits` for the arguments)."""
        return self._draw(keyed_uniforms, purpose, who, occurrence)

    def _draw(
        self,
        kernel: Callable[..., Column],
        purpose: str,
        who: Keys,
        occurrence: Keys,
        audited: bool = True,
    ) -> Column:
        """Pass flat keys to a kernel; in audit mode, record the use of every key."""
        who, occurrence = _as_keys(who), _as_keys(occurrence)
        shape = None
        if who.ndim > 1 or occurrence.ndim > 1:
            shape = np.broadcast_shapes(who.shape, occurrence.shape)
            who = np.broadcast_to(who, shape).ravel()
            occurrence = np.broadcast_to(occurrence, shape).ravel()
        if self.used is not None and audited:
            self._audit(purpose, who, occurrence)
        if len(who) != len(occurrence) and 1 not in (len(who), len(occurrence)):
            raise ValueError(f"{len(who)} identities do not match {len(occurrence)} occurrences")
        drawn = kernel(who, occurrence, self.stream_keys(purpose))
        return drawn if shape is None else drawn.reshape(shape)

    def peek_uniform(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return uniform numbers that are fixed traits and may be looked up again and again."""
        return self._draw(keyed_uniforms, purpose, who, occurrence, audited=False)

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
        self,
        purpose: str,
        who: Keys,
        occurrence: Keys = 0,
        *,
        shape: Floats | float,
        mean: Floats | float,
    ) -> Floats:
        """Return gamma numbers with the given shape and mean."""
        u = self.uniform(purpose, who, occurrence)
        return np.asarray(special.gammaincinv(shape, u) * (mean / np.asarray(shape)))

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
    ) -> Booleans:
        """Return True with the given probability for each key."""
        return np.asarray(self.uniform(purpose, who, occurrence) < probability)

    def _audit(self, purpose: str, who: Identities, occurrence: Identities) -> None:
        assert self.used is not None
        seen = self.used.setdefault(purpose, set())
        for key in zip(*np.broadcast_arrays(who, occurrence), strict=True):
            if key in seen:
                raise KeyReuseError(
                    f"draw used twice: purpose '{purpose}', who {key[0]}, occurrence {key[1]}"
                )
            seen.add(key)

    def audit_rules(self) -> None:
        """In audit mode, check what compiled rules have drawn since the last call."""
        if self.used is None:
            return
        for purpose, line in zip(self._purposes, self.streams, strict=True):
            noted = int(line[COUNT])
            if noted > NOTES_A_DAY:
                raise KeyReuseError(f"too many draws for '{purpose}' to audit them all: {noted}")
            notes = line[FIRST_NOTE : FIRST_NOTE + 2 * noted]
            self._audit(purpose, notes[::2], notes[1::2])
            line[COUNT] = 0


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


def _as_keys(keys: Keys) -> Identities:
    """Return whole numbers as an array of uint64 (copied only if necessary)."""
    if isinstance(keys, int | np.integer):
        return np.array([keys], dtype=np.uint64)
    return keys.astype(np.uint64, copy=False)


def poisson_counts(u: Floats, mean: float) -> Integers:
    """Turn uniforms into Poisson counts by inversion."""
    counts = np.ceil(special.pdtrik(u, mean))
    return np.maximum(counts, 0).astype(np.int64)
