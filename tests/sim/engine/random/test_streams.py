"""Keyed draws: the construction, its independence of order, the audit and the derived laws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.engine.random.streams import Draws, KeyReuseError, pick, poisson_counts

MASK = 2**64 - 1
SPREAD = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB

repeatable = settings(derandomize=True, deadline=None, max_examples=100)
seeds = st.integers(-(2**70), 2**70)
purposes = st.text("abz 019.-\x1f\u00e9\u04d9", max_size=12)
identities = st.integers(0, 2**40 - 1)
occurrences = st.integers(0, 2**24 - 1)
words = st.integers(0, MASK)


# ---------------------------------------------------------------- an oracle in Python's integers


def mix13(z: int) -> int:
    """Apply Stafford's variant 13 to a whole number."""
    z ^= z >> 30
    z = z * MIX_1 & MASK
    z ^= z >> 27
    z = z * MIX_2 & MASK
    return z ^ z >> 31


def unshift(z: int, shift: int) -> int:
    """Undo `z ^= z >> shift`."""
    original = z
    for _ in range(64 // shift):
        original = z ^ original >> shift
    return original


def unmix13(z: int) -> int:
    """Undo `mix13`."""
    z = unshift(z, 31) * pow(MIX_2, -1, 2**64) & MASK
    z = unshift(z, 27) * pow(MIX_1, -1, 2**64) & MASK
    return unshift(z, 30)


def oracle_bits(keys: tuple[int, int], who: int, occurrence: int) -> int:
    """Follow the specified construction word for word."""
    z = ((who << 24 | occurrence) * SPREAD + keys[0]) & MASK
    return mix13(mix13(z) ^ keys[1])


def oracle_uniform(keys: tuple[int, int], who: int, occurrence: int) -> float:
    """Return the number in (0, 1) that the specification derives from the bits."""
    u = ((oracle_bits(keys, who, occurrence) >> 11) + 0.5) * 2**-53
    return min(u, 1 - 2**-53)


def keys_of(draws: Draws, purpose: str) -> tuple[int, int]:
    """Return the stream keys of a purpose as Python integers."""
    first, second = draws.stream_keys(purpose)
    return int(first), int(second)


def key_for(draws: Draws, purpose: str, wanted_bits: int) -> tuple[int, int]:
    """Return the identity and occurrence whose bits are the wanted ones."""
    first, second = keys_of(draws, purpose)
    z = unmix13(unmix13(wanted_bits) ^ second)
    packed = (z - first) * pow(SPREAD, -1, 2**64) & MASK
    return divmod(packed, 2**24)


# ---------------------------------------------------------------- construction


@repeatable
@given(seed=seeds, purpose=purposes, who=identities, occurrence=occurrences)
def test_bits_and_uniforms_equal_the_oracle(
    seed: int, purpose: str, who: int, occurrence: int
) -> None:
    """One key at a time, arrays and plain numbers give what the specification says."""
    draws = Draws(seed)
    keys = keys_of(draws, purpose)
    whos = np.array([who], dtype=np.uint64)
    occurrence_array = np.array([occurrence], dtype=np.int64)
    assert draws.bits(purpose, who, occurrence).tolist() == [oracle_bits(keys, who, occurrence)]
    assert draws.bits(purpose, whos, occurrence_array).tolist() == [
        oracle_bits(keys, who, occurrence)
    ]
    assert draws.uniform(purpose, whos, occurrence).tolist() == [
        oracle_uniform(keys, who, occurrence)
    ]


def test_many_bits_and_uniforms_equal_the_oracle() -> None:
    """Arrays of keys over the whole range give what the specification says."""
    rng = np.random.default_rng(1)
    who = rng.integers(0, 2**40, 2_000, dtype=np.uint64)
    occurrence = rng.integers(0, 2**24, 2_000)
    draws = Draws(2024)
    keys = keys_of(draws, "onset gap")
    pairs = list(zip(who.tolist(), occurrence.tolist(), strict=True))
    assert draws.bits("onset gap", who, occurrence).tolist() == [
        oracle_bits(keys, *pair) for pair in pairs
    ]
    assert draws.uniform("onset gap", who, occurrence).tolist() == [
        oracle_uniform(keys, *pair) for pair in pairs
    ]


def test_the_values_of_today_are_the_values_of_ever() -> None:
    """Pinned numbers: published results can be repeated on every machine and version."""
    draws = Draws(7)
    assert keys_of(draws, "onset") == (0x11F54315C526FA94, 0x870190D72D3A27FC)
    assert draws.bits("onset", np.arange(4), 3).tolist() == [
        0xF666F2BACE854DCB,
        0x4DF729F6BF62713C,
        0x32B819E40279F68E,
        0x99BF5C08705A4AF9,
    ]


@repeatable
@given(seed=seeds, purpose=purposes, wanted=words)
def test_every_output_has_exactly_the_key_that_inversion_finds(
    seed: int, purpose: str, wanted: int
) -> None:
    """Each step can be undone, so the map from keys to bits is a bijection."""
    draws = Draws(seed)
    who, occurrence = key_for(draws, purpose, wanted)
    assert draws.bits(purpose, who, occurrence).tolist() == [wanted]


@pytest.mark.parametrize(
    ("wanted", "expected"), [(0, 2.0**-54), (2**11 - 1, 2.0**-54), (MASK, 1 - 2.0**-53)]
)
def test_uniforms_never_reach_0_or_1(wanted: int, expected: float) -> None:
    """The smallest and the largest output stay inside the open interval."""
    draws = Draws(3)
    u = draws.uniform("edge", *key_for(draws, "edge", wanted))
    assert u.tolist() == [expected]


@repeatable
@given(st.lists(st.tuples(seeds, purposes), min_size=2, max_size=2, unique=True))
def test_different_seeds_or_purposes_have_different_streams(pairs: list[tuple[int, str]]) -> None:
    """Neither a seed nor a purpose can be mistaken for part of the other."""
    first, second = (keys_of(Draws(seed), purpose) for seed, purpose in pairs)
    assert first != second


@pytest.mark.parametrize(
    "pair", [((1, "2a"), (12, "a")), ((-1, "a"), (1, "a")), ((1, ""), (1, "0"))]
)
def test_look_alike_seeds_and_purposes_have_different_streams(
    pair: tuple[tuple[int, str], tuple[int, str]],
) -> None:
    """The joints between seed and purpose are kept."""
    first, second = (keys_of(Draws(seed), purpose) for seed, purpose in pair)
    assert first != second


# ---------------------------------------------------------------- order, chunks, types


@pytest.mark.claim("V4")
@repeatable
@given(st.data())
def test_order_and_chunks_of_the_keys_do_not_matter(data: st.DataObject) -> None:
    """The same key gives the same number in whatever company it is asked for."""
    who = np.array(data.draw(st.lists(identities, min_size=1, max_size=40)), dtype=np.uint64)
    occurrence = np.array(data.draw(st.lists(occurrences, min_size=len(who), max_size=len(who))))
    order = np.array(data.draw(st.permutations(range(len(who)))))
    cut = data.draw(st.integers(0, len(who)))
    draws = Draws(5)
    whole = draws.uniform("tie", who, occurrence)
    shuffled = draws.uniform("tie", who[order], occurrence[order])
    start = draws.uniform("tie", who[:cut], occurrence[:cut])
    end = draws.uniform("tie", who[cut:], occurrence[cut:])
    assert shuffled.tolist() == whole[order].tolist()
    assert start.tolist() + end.tolist() == whole.tolist()


def test_what_was_drawn_before_does_not_matter() -> None:
    """A new purpose, and more draws of an old one, shift no other draw."""
    who = np.arange(50)
    fresh, busy = Draws(5), Draws(5)
    busy.uniform("something new", who)
    busy.uniform("taste", who, 1)
    assert busy.uniform("taste", who, 2).tolist() == fresh.uniform("taste", who, 2).tolist()


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32, np.uint64])
def test_the_integer_type_of_the_keys_does_not_matter(dtype: type[np.integer[Any]]) -> None:
    """Equal whole numbers are equal keys."""
    numbers = [0, 1, 77, 2**23]
    draws = Draws(5)
    expected = [draws.bits("tie", number, number).tolist()[0] for number in numbers]
    keys = np.array(numbers, dtype=dtype)
    assert draws.bits("tie", keys, keys).tolist() == expected


@pytest.mark.parametrize("nine", [9, np.int64(9), np.uint64(9), np.array([9])], ids=repr)
def test_one_number_stands_for_all(nine: Any) -> None:
    """One identity or occurrence is combined with each element of the other."""
    draws = Draws(5)
    ordinals = np.arange(6)
    same = np.full(6, 9)
    expected_by_occurrence = draws.bits("tie", same, ordinals).tolist()
    expected_by_identity = draws.bits("tie", ordinals, same).tolist()
    assert draws.bits("tie", nine, ordinals).tolist() == expected_by_occurrence
    assert draws.bits("tie", ordinals, nine).tolist() == expected_by_identity


@pytest.mark.parametrize(("people", "ordinals"), [(2, 3), (3, 2), (2, 1_000), (0, 2)])
def test_identities_and_occurrences_that_do_not_match_are_refused(
    people: int, ordinals: int
) -> None:
    """Nothing is drawn, least of all from beyond the end of the shorter array."""
    with pytest.raises(ValueError):
        Draws(5).bits("tie", np.arange(people), np.arange(ordinals))
    with pytest.raises(ValueError):
        Draws(5).uniform("tie", np.arange(people), np.arange(ordinals))


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("people", [0, 1, 3])
def test_identities_and_occurrences_broadcast_to_a_table(people: int, audit: bool) -> None:
    """A column of identities and a row of occurrences give a table, audited or not."""
    who, occurrence = np.arange(people)[:, None], np.arange(4)[None, :]
    table = Draws(5, audit=audit).bits("tie", who, occurrence)
    draws = Draws(5)
    rows = [draws.bits("tie", one, np.arange(4)).tolist() for one in range(people)]
    assert (table.shape, table.tolist()) == ((people, 4), rows)


def test_each_of_some_people_may_have_occurrences_of_its_own() -> None:
    """A column of identities and a table of occurrences give one draw a cell, in every law."""
    who, occurrence = np.arange(3)[:, None], np.arange(12).reshape(3, 4) ** 2
    draws = Draws(5)
    for law in LAWS[:-2]:
        table = law.sample(draws, who, occurrence)
        assert table.tolist() == [
            law.sample(draws, one, occurrence[one]).tolist() for one in range(3)
        ]


def test_the_callers_arrays_are_left_alone() -> None:
    """Mixing happens in a copy, also where no conversion of type is needed."""
    who, occurrence = np.arange(5, dtype=np.uint64), np.arange(5, dtype=np.uint64)
    Draws(5).exponential("tie", who, occurrence)
    assert who.tolist() == occurrence.tolist() == [0, 1, 2, 3, 4]


def test_nobody_draws_nothing() -> None:
    """Empty arrays of keys are allowed in every law."""
    draws, nobody = Draws(5, audit=True), np.empty(0, dtype=np.uint64)
    assert [law.sample(draws, nobody, nobody).shape for law in LAWS] == [(0,)] * len(LAWS)


# ---------------------------------------------------------------- audit


@pytest.mark.claim("V24")
@repeatable
@given(keys=st.lists(st.tuples(identities, occurrences), min_size=1, max_size=20, unique=True))
def test_the_audit_raises_exactly_when_a_key_comes_again(keys: list[tuple[int, int]]) -> None:
    """Distinct keys pass; the first of them, asked for again, is named in the error."""
    draws = Draws(5, audit=True)
    who, occurrence = (np.array(column, dtype=np.uint64) for column in zip(*keys, strict=True))
    unaudited = Draws(5).bits("tie", who, occurrence)
    assert draws.bits("tie", who, occurrence).tolist() == unaudited.tolist()
    message = rf"purpose 'tie', who {keys[0][0]}, occurrence {keys[0][1]}$"
    with pytest.raises(KeyReuseError, match=message):
        draws.bits("tie", keys[0][0], keys[0][1])


def test_the_audit_raises_on_a_key_repeated_within_one_call() -> None:
    """Two rows with one identity and one occurrence are a mistake of the caller."""
    with pytest.raises(KeyReuseError, match="who 4, occurrence 2"):
        Draws(5, audit=True).uniform("tie", np.array([4, 3, 4]), 2)


def test_the_audit_tells_purposes_identities_and_occurrences_apart() -> None:
    """A key is the whole triple."""
    draws = Draws(5, audit=True)
    draws.uniform("a", 1, 0)
    draws.uniform("b", 1, 0)
    draws.uniform("a", 0, 1)
    draws.uniform("a", 1, 1)
    assert draws.used is not None
    assert {purpose: len(keys) for purpose, keys in draws.used.items()} == {"a": 3, "b": 1}


def test_without_audit_keys_may_be_used_again() -> None:
    """Reading the same number twice gives the same number."""
    draws = Draws(5)
    assert draws.uniform("tie", 4, 2).tolist() == draws.uniform("tie", 4, 2).tolist()


def test_a_trait_may_be_looked_up_again_and_again() -> None:
    """A trait is the uniform of occurrence 0, and its use is not noted."""
    draws, who = Draws(5, audit=True), np.arange(30)
    first = draws.peek_uniform("taste", who)
    assert draws.peek_uniform("taste", who).tolist() == first.tolist()
    assert draws.uniform("taste", who, 0).tolist() == first.tolist()
    assert draws.peek_uniform("taste", 7).tolist() == first[7:8].tolist()


# ---------------------------------------------------------------- laws

SHARES = [0.2, 0.0, 1.5, 0.3, 0.0]


@dataclass(frozen=True)
class Law:
    """One derived law: how to draw it, and the same law in scipy."""

    name: str
    sample: Callable[[Draws, Any, Any], NDArray[Any]]
    known: Any
    falls: bool = False
    """Whether the value falls as the uniform rises."""

    def __str__(self) -> str:
        return self.name


CONTINUOUS = [
    Law("exponential", lambda d, w, o: d.exponential("law", w, o), stats.expon(), falls=True),
    Law("gumbel", lambda d, w, o: d.gumbel("law", w, o), stats.gumbel_r()),
    Law("normal", lambda d, w, o: d.normal("law", w, o), stats.norm()),
    Law(
        "lognormal",
        lambda d, w, o: d.lognormal("law", w, o, median=3.0, sigma=0.8),
        stats.lognorm(0.8, scale=3.0),
    ),
    Law(
        "gamma",
        lambda d, w, o: d.gamma("law", w, o, shape=2.5, mean=4.0),
        stats.gamma(2.5, scale=1.6),
    ),
    Law(
        "gamma of small shape",
        lambda d, w, o: d.gamma("law", w, o, shape=0.5, mean=1.0),
        stats.gamma(0.5, scale=2.0),
    ),
]
DISCRETE = [
    Law(
        "rare poisson",
        lambda d, w, o: poisson_counts(d.uniform("law", w, o), 0.05),
        stats.poisson(0.05),
    ),
    Law(
        "poisson",
        lambda d, w, o: poisson_counts(d.uniform("law", w, o), 3.7),
        stats.poisson(3.7),
    ),
    Law(
        "large poisson",
        lambda d, w, o: poisson_counts(d.uniform("law", w, o), 900.0),
        stats.poisson(900.0),
    ),
    Law(
        "categorical",
        lambda d, w, o: d.categorical("law", w, o, shares=SHARES),
        stats.rv_discrete(values=(range(5), [0.1, 0.0, 0.75, 0.15, 0.0])),
    ),
    Law(
        "happens",
        lambda d, w, o: d.happens("law", w, o, probability=0.3).astype(np.int64),
        stats.bernoulli(0.3),
        falls=True,
    ),
]
LAWS = [*CONTINUOUS, *DISCRETE]
WHO = np.arange(50_000)


@pytest.mark.parametrize("law", CONTINUOUS, ids=str)
def test_continuous_laws_invert_the_distribution_function(law: Law) -> None:
    """The distribution function of the value gives the uniform back."""
    draws = Draws(8)
    u = draws.uniform("law", WHO)
    values = law.sample(draws, WHO, 0)
    back = law.known.sf(values) if law.falls else law.known.cdf(values)
    np.testing.assert_allclose(back, u, rtol=0, atol=1e-12)


@pytest.mark.parametrize("law", DISCRETE, ids=str)
def test_discrete_laws_invert_the_distribution_function(law: Law) -> None:
    """The value is the smallest whose cumulated probability exceeds the uniform."""
    draws = Draws(8)
    u = draws.uniform("law", WHO)
    values = law.sample(draws, WHO, 0)
    if law.falls:
        u = 1.0 - u
    assert (law.known.cdf(values - 1) <= u).all()
    assert (u <= law.known.cdf(values)).all()


@pytest.mark.parametrize("law", CONTINUOUS, ids=str)
def test_continuous_laws_have_the_distribution_of_scipy(law: Law) -> None:
    """Kolmogorov-Smirnov distance below its one-in-a-million quantile."""
    values = np.sort(law.sample(Draws(8), WHO, 0))
    steps = np.arange(len(values) + 1) / len(values)
    expected = law.known.cdf(values)
    distance = max((steps[1:] - expected).max(), (expected - steps[:-1]).max())
    assert distance * len(values) ** 0.5 < stats.kstwobign.isf(1e-6)


@pytest.mark.parametrize("law", DISCRETE, ids=str)
def test_discrete_laws_have_the_distribution_of_scipy(law: Law) -> None:
    """Chi-square over the values that are expected at least 20 times, above one in a million."""
    values = law.sample(Draws(8), WHO, 0)
    support = np.arange(values.max() + 1)
    expected = law.known.pmf(support) * len(values)
    frequent = expected >= 20
    observed = np.bincount(values, minlength=len(support))
    rest_expected, rest_observed = len(values) - expected[frequent].sum(), (~frequent)[values].sum()
    chi_square = ((observed - expected)[frequent] ** 2 / expected[frequent]).sum()
    chi_square += (rest_observed - rest_expected) ** 2 / max(rest_expected, 1.0)
    assert stats.chi2.sf(chi_square, frequent.sum()) > 1e-6


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_laws_are_monotone_in_the_uniform(law: Law) -> None:
    """Sorted by their uniforms, the values never turn back."""
    draws = Draws(8)
    order = np.argsort(draws.uniform("law", WHO))
    steps = np.diff(law.sample(draws, WHO, 0)[order])
    assert (steps <= 0).all() if law.falls else (steps >= 0).all()
    assert steps.any()


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_laws_are_finite_and_in_order_at_the_edges(law: Law) -> None:
    """The smallest and the largest uniform give finite values on the right sides."""
    draws = Draws(8)
    low, middle, high = (
        law.sample(draws, *key_for(draws, "law", bits))[0] for bits in (0, MASK // 2, MASK)
    )
    assert np.isfinite([low, middle, high]).all()
    if law.falls:
        low, high = high, low
    assert low <= middle <= high
    assert low < high


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_certain_events_are_certain_for_every_uniform(probability: float) -> None:
    """Probability 0 never happens and probability 1 always does, at the edges too."""
    draws = Draws(8)
    for bits in (0, MASK // 2, MASK):
        happened = draws.happens("law", *key_for(draws, "law", bits), probability=probability)
        assert happened.tolist() == [probability == 1.0]


def test_a_higher_probability_selects_a_superset() -> None:
    """Who is chosen at a low probability is chosen at every higher one."""
    draws = Draws(8)
    chosen = [draws.happens("law", WHO, probability=p) for p in (0.05, 0.3, 0.31, 0.9)]
    for few, many in pairwise(chosen):
        assert (few <= many).all()
        assert few.sum() < many.sum()


def test_a_larger_poisson_mean_never_lowers_a_count() -> None:
    """Counts of one key rise with the mean."""
    draws = Draws(8)
    uniforms = draws.uniform("law", WHO[:20_000])
    counts = [poisson_counts(uniforms, mean) for mean in (0.0, 0.4, 2.0, 40.0)]
    assert counts[0].max() == 0
    for few, many in pairwise(counts):
        assert (few <= many).all()
        assert few.sum() < many.sum()


def test_parameters_may_differ_from_key_to_key() -> None:
    """An array of parameters gives each key what its own parameter alone would give."""
    draws = Draws(8)
    who = np.arange(5)
    median, shape = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0.5, 1.0, 2.0, 4.0, 8.0])
    probability = np.array([0.0, 0.2, 0.5, 0.8, 1.0])
    lognormal = draws.lognormal("law", who, median=median, sigma=0.5)
    gamma = draws.gamma("law", who, shape=shape, mean=median)
    happened = draws.happens("law", who, probability=probability)
    for one in who.tolist():
        assert lognormal[one] == draws.lognormal("law", one, median=median[one], sigma=0.5)[0]
        assert gamma[one] == draws.gamma("law", one, shape=shape[one], mean=median[one])[0]
        assert happened[one] == draws.happens("law", one, probability=probability[one])[0]


# ---------------------------------------------------------------- categories

weights = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=6).filter(lambda row: sum(row) > 1e-3)
three_weights = st.lists(st.floats(0.01, 5.0), min_size=3, max_size=3)
units = st.floats(2.0**-54, 1 - 2.0**-53)


def first_beyond(u: float, shares: Sequence[float]) -> int:
    """Walk along the cumulated shares until one exceeds the uniform."""
    cumulated = list(accumulate(shares))
    return next(code for code, upto in enumerate(cumulated) if u * cumulated[-1] < upto)


@repeatable
@given(u=st.lists(units, min_size=1, max_size=20), shares=weights)
def test_pick_walks_along_the_cumulated_shares(u: list[float], shares: list[float]) -> None:
    """One row of shares for all, and the same row for each, give the oracle's code."""
    expected = [first_beyond(one, shares) for one in u]
    assert pick(np.array(u), np.array(shares)).tolist() == expected
    assert pick(np.array(u), np.tile(shares, (len(u), 1))).tolist() == expected


@repeatable
@given(st.lists(st.tuples(units, three_weights), min_size=1))
def test_each_key_may_have_its_own_shares(cases: list[tuple[float, list[float]]]) -> None:
    """Row by row, the shares of the row decide."""
    u, shares = (np.array(part) for part in zip(*cases, strict=True))
    assert pick(u, shares).tolist() == [first_beyond(*case) for case in cases]


@repeatable
@given(u=units, shares=weights)
def test_a_category_without_share_is_never_picked(u: float, shares: list[float]) -> None:
    """Zero shares at the start, between others and at the end stay empty."""
    padded = [0.0, *(part for share in shares for part in (share, 0.0))]
    assert padded[int(pick(np.array([u]), np.array(padded))[0])] > 0.0


def test_categorical_uses_the_uniform_of_its_key() -> None:
    """`categorical` is `pick` applied to `uniform`, with shared or individual shares."""
    draws, who = Draws(8), np.arange(300)
    u = draws.uniform("law", who, 4)
    rows = np.random.default_rng(2).random((300, 5))
    shared = draws.categorical("law", who, 4, shares=SHARES)
    individual = draws.categorical("law", who, 4, shares=rows)
    assert shared.tolist() == pick(u, np.array(SHARES)).tolist()
    assert individual.tolist() == pick(u, rows).tolist()
