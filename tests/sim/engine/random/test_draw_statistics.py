"""The statistical battery of the draws: everything a keyed draw is used for looks like chance.

Every entry of the battery returns one p-value, two-sided: an output that is *too* even is as
wrong as one that is uneven. Seeds are fixed and the level is 1e-4 for all entries together, so
the verdict never changes by luck. Each entry is also shown to reject a generator that is broken.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from sim.engine.random.streams import Draws, Keys
from sim.engine.types import Floats, Identities

SEED = 20_240_229
MANY = 2**20
SOMEBODY = 123_456_789
STRIDES = (2, 3, 7, 64, 1024, 4096, 65_536)
BITS = (0, 11, 23, 42, 63)

type Generator = type[Draws]
type PValue = Callable[[Generator], float]


def two_sided(below: float, above: float) -> float:
    """Combine the two tail probabilities of a statistic."""
    return min(1.0, 2.0 * min(below, above))


def chi_square(*coordinates: Floats, bins: int) -> float:
    """Uniformity of points in the unit cube of as many dimensions as there are coordinates."""
    cell = np.zeros(len(coordinates[0]), dtype=np.int64)
    for coordinate in coordinates:
        cell = cell * bins + (coordinate * bins).astype(np.int64)
    cells = bins ** len(coordinates)
    counts = np.bincount(cell, minlength=cells)
    expected = len(cell) / cells
    statistic = float(((counts - expected) ** 2).sum() / expected)
    return two_sided(stats.chi2.cdf(statistic, cells - 1), stats.chi2.sf(statistic, cells - 1))


def kolmogorov_smirnov(u: Floats) -> float:
    """Largest distance between the empirical and the uniform distribution function."""
    ordered = np.sort(u)
    steps = np.arange(len(u) + 1) / len(u)
    distance = max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()) * len(u) ** 0.5
    return two_sided(stats.kstwobign.cdf(distance), stats.kstwobign.sf(distance))


def bit_balance(bits: Identities, position: int) -> float:
    """As many ones as zeros at one position of the output."""
    ones = int((bits >> np.uint64(position) & np.uint64(1)).sum())
    return float(2 * stats.norm.sf(abs(ones - len(bits) / 2) / (len(bits) / 4) ** 0.5))


def turning_points(u: Floats) -> float:
    """Two thirds of the inner points of a random series are peaks or troughs."""
    left, middle, right = u[:-2], u[1:-1], u[2:]
    turns = np.count_nonzero((middle > left) == (middle > right))
    n = len(u)
    z = (turns - 2 * (n - 2) / 3) / ((16 * n - 29) / 90) ** 0.5
    return float(2 * stats.norm.sf(abs(z)))


def birthday_spacings(birthdays: Identities) -> float:
    """Equal spacings among 4096 birthdays in a year of 2**32 days: 4 expected, 256 times over."""
    years = np.sort(birthdays.reshape(256, 4096).astype(np.int64), axis=1)
    spacings = np.sort(np.diff(years, axis=1), axis=1)
    repeats = np.count_nonzero(np.diff(spacings, axis=1) == 0)
    expected = 256 * 4096**3 / (4 * 2**32)
    return two_sided(stats.poisson.cdf(repeats, expected), stats.poisson.sf(repeats - 1, expected))


def avalanche(generator: Generator) -> float:
    """Flipping any of the 64 bits of the key flips each of the 64 output bits half of the time.

    The p-value is that of the worst of the 4096 pairs of bits, times 4096.
    """
    draws = generator(SEED)
    packed = np.random.default_rng(4).integers(0, 2**64, 8192, dtype=np.uint64)

    def output(keys: Identities) -> Identities:
        return draws.bits("avalanche", keys >> np.uint64(24), keys & np.uint64(2**24 - 1))

    before = output(packed)
    flips = np.empty((64, 64))
    for position in range(64):
        changed = before ^ output(packed ^ np.uint64(1 << position))
        flips[position] = np.unpackbits(changed.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=0)
    worst = np.abs(flips - len(packed) / 2).max() / (len(packed) / 4) ** 0.5
    return min(1.0, float(2 * stats.norm.sf(worst)) * flips.size)


def along_identity(generator: Generator, step: int = 1) -> Floats:
    """One draw of each of many people."""
    return generator(SEED).uniform("along", np.arange(MANY) * step)


def along_occurrence(generator: Generator) -> Floats:
    """Many draws of one person."""
    return generator(SEED).uniform("along", SOMEBODY, np.arange(MANY))


def neighbours(generator: Generator, step: int) -> float:
    """Pairs of people `step` apart, no person in two pairs."""
    u = along_identity(generator, step)
    return chi_square(u[0::2], u[1::2], bins=64)


def next_occurrences(generator: Generator) -> float:
    """Pairs of successive draws of one person."""
    u = along_occurrence(generator)
    return chi_square(u[0::2], u[1::2], bins=64)


def distant_identities(generator: Generator) -> float:
    """Pairs of people 2**20 apart."""
    far = generator(SEED).uniform("along", np.arange(MANY) + MANY)
    return chi_square(along_identity(generator), far, bins=64)


def two_purposes(generator: Generator) -> float:
    """Two decisions of the same people."""
    draws = generator(SEED)
    who = np.arange(MANY)
    return chi_square(draws.uniform("purpose p", who), draws.uniform("purpose q", who), bins=64)


def two_seeds(generator: Generator) -> float:
    """One decision of the same people under neighbouring seeds."""
    first, second = (generator(seed).uniform("along", np.arange(MANY)) for seed in (SEED, SEED + 1))
    return chi_square(first, second, bins=64)


def diagonal(generator: Generator) -> float:
    """Pair the n-th draws of n-th persons: identity and occurrence move together."""
    u = generator(SEED).uniform("along", np.arange(MANY), np.arange(MANY))
    return chi_square(u[0::2], u[1::2], bins=64)


def triples(u: Floats) -> float:
    """Three successive draws as a point in space."""
    whole = len(u) // 3 * 3
    return chi_square(u[0:whole:3], u[1:whole:3], u[2:whole:3], bins=16)


BATTERY: dict[str, PValue] = {
    "uniform along identity": lambda g: chi_square(along_identity(g), bins=4096),
    "uniform along occurrence": lambda g: chi_square(along_occurrence(g), bins=4096),
    "KS along identity": lambda g: kolmogorov_smirnov(along_identity(g)),
    "KS along occurrence": lambda g: kolmogorov_smirnov(along_occurrence(g)),
    "pairs (pid, pid+1)": lambda g: neighbours(g, 1),
    **{f"pairs of pids {s} apart": lambda g, s=s: neighbours(g, s) for s in STRIDES},  # type: ignore[misc]
    "pairs (pid, pid+2**20)": distant_identities,
    "pairs (occ, occ+1)": next_occurrences,
    "pairs of purposes": two_purposes,
    "pairs of seeds": two_seeds,
    "pairs along the diagonal": diagonal,
    "triples of identities": lambda g: triples(along_identity(g)),
    "triples of occurrences": lambda g: triples(along_occurrence(g)),
    **{
        f"balance of bit {position}": lambda g, position=position: bit_balance(  # type: ignore[misc]
            g(SEED).bits("balance", np.arange(MANY)), position
        )
        for position in BITS
    },
    "turning points along identity": lambda g: turning_points(along_identity(g)),
    "turning points along occurrence": lambda g: turning_points(along_occurrence(g)),
    "birthday spacings of high bits": lambda g: birthday_spacings(
        g(SEED).bits("birthdays", np.arange(MANY)) >> np.uint64(32)
    ),
    "birthday spacings of low bits": lambda g: birthday_spacings(
        g(SEED).bits("birthdays", np.arange(MANY)) & np.uint64(2**32 - 1)
    ),
    "avalanche": avalanche,
}
LEVEL = 1e-4 / len(BATTERY)


class Broken(Draws):
    """A generator whose uniforms are made of its own faulty bits."""

    def uniform(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Floats:
        """Return the upper 53 bits as numbers from 0 to below 1."""
        bits = self.bits(purpose, who, occurrence) >> np.uint64(11)
        return bits.astype(np.float64) * 2.0**-53


class Unmixed(Broken):
    """A broken generator: the counter is spread, but never mixed."""

    def bits(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Identities:
        """Return a Weyl sequence."""
        packed = np.atleast_1d(who).astype(np.uint64) << np.uint64(24)
        packed = packed | np.atleast_1d(occurrence).astype(np.uint64)
        return np.asarray(packed * np.uint64(0x9E3779B97F4A7C15) + self.stream_keys(purpose)[0])


class Biased(Broken):
    """A broken generator: three quarters of the bits are ones."""

    def bits(self, purpose: str, who: Keys, occurrence: Keys = 0) -> Identities:
        """Return the bits, each joined with its neighbour."""
        z = super().bits(purpose, who, occurrence)
        return z | z << np.uint64(1) | z >> np.uint64(63)


@pytest.mark.parametrize("name", BATTERY)
def test_draws_pass(name: str) -> None:
    """The draws cannot be told from chance."""
    assert BATTERY[name](Draws) > LEVEL


@pytest.mark.parametrize("name", BATTERY)
def test_a_broken_generator_fails(name: str) -> None:
    """The same statistic exposes at least one of two broken generators."""
    assert any(BATTERY[name](broken) < LEVEL for broken in (Unmixed, Biased))


def test_four_million_outputs_are_all_different() -> None:
    """A thousand occurrences of each of four thousand people never collide."""
    who, occurrence = np.divmod(np.arange(2**22), 1024)
    outputs = np.sort(Draws(SEED).bits("unique", who * 977, occurrence))
    assert (outputs[1:] != outputs[:-1]).all()
