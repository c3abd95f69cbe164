"""Oracle A3: in a well-mixed city awareness follows the Bass equation with forgetting.

One nationality in one district hears by word of mouth across the district alone. Stays are
exponential, as the turnover term of the equation assumes. The rules change on day 0, and the
whole path from the old equilibrium to the new one is compared with

    da/dt = (p + q a)(1 - a) - delta a + mu (a0 - a).

Fixed seeds. With 48,000 people the sampling error of a share is about 0.002; the weekly grid of
learning adds up to 0.011, hence the tolerance of 0.012.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from sim import vocabulary as words
from sim.config.levers import Change
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import (
    NO_BURN_IN,
    NO_NEWS,
    NO_SEASONS,
    NOBODY_FALLS_ILL,
    keep_only,
    only_of,
)

PEOPLE = 48_000
TOLERANCE = 0.012
WORD_OF_MOUTH = "information.word_of_mouth_in_district.emergency_right"
CHANNEL = "information.channel_hazard.media.emergency_right"


def one_village(mean_stay: float, memory: float) -> dict[str, float]:
    """A world in which everybody can hear from everybody, and nothing else ever happens."""
    return {
        **NOBODY_FALLS_ILL,
        **NO_SEASONS,
        **NO_NEWS,
        **NO_BURN_IN,
        **only_of("demography.nationality_share", words.NATIONALITIES, "uzbekistan"),
        **only_of("city.district_share", words.DISTRICTS, "alatau"),
        **{f"demography.stay_shape.{name}": 1.0 for name in words.STAYS},
        **{f"demography.stay_mean.{name}": mean_stay for name in words.STAYS},
        **{f"information.channel_hazard.media.{name}": 0.0 for name in words.KNOWLEDGE},
        "information.media_reach": 1.0,
        "information.comprehension_without_language": 1.0,
        "information.memory_mean": memory,
        "information.memory_gain": 0.0,
        "information.briefing_content.emergency_right": 1.0,
    }


def awareness(world: Mapping[str, float], changes: tuple[Change, ...], days: int) -> np.ndarray:
    """Share who know the emergency right on days 0 (before any news), 1, ..., days."""
    scenario = replace(city(population=PEOPLE, seed=2, changed=world), changes=changes)
    model = AlmatyModel(scenario)
    keep_only(model, "levers due today", "departures", "arrivals", "news, police, papers")
    shares = []
    for _ in range(days + 1):
        shares.append(model.counts["informed"][0, :, 0].sum() / len(model.migrants))
        model.step()
    return np.array(shares)


def bass_with_forgetting(
    start: float, p: float, q: float, delta: float, mu: float, a0: float, days: int
) -> np.ndarray:
    """The solution of the equation by small Euler steps, on days 0, 1, ..., days."""
    steps_a_day = 50
    a, path = start, [start]
    for _ in range(days):
        for _ in range(steps_a_day):
            a += ((p + q * a) * (1 - a) - delta * a + mu * (a0 - a)) / steps_a_day
        path.append(a)
    return np.array(path)


@pytest.fixture(scope="module")
def spread() -> np.ndarray:
    """Awareness for 500 days after word of mouth sets in among people who had channels only."""
    world = {
        **one_village(mean_stay=240.0, memory=270 / log(2)),
        CHANNEL: 0.002,
        "information.briefing_coverage": 0.1,
    }
    return awareness(world, (Change(path=WORD_OF_MOUTH, value=0.02, start_day=0),), 500)


@pytest.mark.claim("A3")
def test_awareness_starts_at_the_equilibrium_of_channels_alone(spread: np.ndarray) -> None:
    """Without word of mouth a* = (p + mu a0) / (p + delta + mu)."""
    p, delta, mu = 0.002, log(2) / 270, 1 / 240
    assert spread[0] == pytest.approx((p + mu * 0.1) / (p + delta + mu), abs=TOLERANCE)


@pytest.mark.claim("A3")
def test_awareness_follows_the_equation_day_by_day(spread: np.ndarray) -> None:
    """From 0.28 to 0.73 within 0.012 on every day."""
    theory = bass_with_forgetting(
        spread[0], p=0.002, q=0.02, delta=log(2) / 270, mu=1 / 240, a0=0.1, days=500
    )
    assert np.abs(spread - theory).max() <= TOLERANCE


@pytest.mark.claim("A3")
def test_awareness_settles_where_the_equation_does(spread: np.ndarray) -> None:
    """The known equilibrium 0.7290, as a mean over the last hundred days."""
    assert spread[400:].mean() == pytest.approx(0.7290, abs=TOLERANCE)


@pytest.mark.claim("A3")
def test_awareness_without_forgetting_or_turnover_is_the_curve_of_bass() -> None:
    """a(t) = (1 - exp(-(p+q)t)) / (1 + q/p exp(-(p+q)t)), from nobody to almost everybody."""
    p, q, days = 0.004, 0.02, 250
    # In 250 days one in 1,200 leaves: a fifteenth of the tolerance. The model tabulates stays by
    # the day, so that longer ones take long: most of a minute with a mean of 1e7 days.
    world = one_village(mean_stay=3e5, memory=1e9)
    changes = (
        Change(path=CHANNEL, value=p, start_day=0),
        Change(path=WORD_OF_MOUTH, value=q, start_day=0),
    )
    shares = awareness(world, changes, days)
    theory = np.array(
        [(1 - exp(-(p + q) * day)) / (1 + q / p * exp(-(p + q) * day)) for day in range(days + 1)]
    )
    assert shares[0] == 0.0
    assert shares[-1] > 0.97
    assert np.abs(shares - theory).max() <= TOLERANCE
