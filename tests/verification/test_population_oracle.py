"""Oracle A6: the number, the stays and the ages in the city of the people present.

Illness is switched off, so people leave on their planned day only. Fixed seeds; with 60,000
people the standard errors are 0.4 % of the number and 0.5 % of the mean age.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sim import vocabulary as words
from sim.engine.random.splitmix import BELOW_ONE
from sim.model import AlmatyModel
from sim.submodels.demography import at_most_days
from tests.cities import city
from tests.verification.worlds import NO_BURN_IN, NO_NEWS, NOBODY_FALLS_ILL, keep_only

PEOPLE, DAYS = 60_000, 730


class Turnover:
    """Two years of coming and going."""

    def __init__(self, season: float) -> None:
        world = {
            **NOBODY_FALLS_ILL,
            **NO_NEWS,
            **NO_BURN_IN,
            "demography.arrival_season": season,
        }
        self.model = AlmatyModel(city(population=PEOPLE, seed=4, changed=world))
        keep_only(self.model, "departures", "arrivals")
        self.present = [len(self.model.migrants)]
        self.stays = [self.stays_of_residents()]
        self.ages = [self.mean_age()]
        for _ in range(DAYS):
            self.model.step()
            self.present.append(len(self.model.migrants))
        self.stays.append(self.stays_of_residents())
        self.ages.append(self.mean_age())

    def stays_of_residents(self) -> np.ndarray:
        """Whole stays of those present."""
        migrants, rows = self.model.migrants, self.model.migrants.rows
        return migrants.leaves_on[rows] - migrants.entered_on[rows]

    def mean_age(self) -> float:
        """Days spent in the city by those present, on the evening of the last day lived."""
        migrants, rows = self.model.migrants, self.model.migrants.rows
        return float((self.model.day - 1 - migrants.entered_on[rows]).mean())

    def arrivals_a_day(self) -> float:
        """Mean inflow over the run."""
        model = self.model
        entered = np.concatenate(
            [model.leavers["entered_on"], model.migrants.entered_on[model.migrants.rows]]
        )
        return float((entered >= 0).sum() / DAYS)


@pytest.fixture(scope="module")
def steady() -> Turnover:
    """Without a season."""
    return Turnover(season=0.0)


def mixture() -> list[tuple[float, float, float]]:
    """Share of arrivals, gamma shape and mean of every kind of stay."""
    demography = city(population=300).world.demography
    return [
        (demography.stay_share[one], demography.stay_shape[one], demography.stay_mean[one])
        for one in words.STAYS
    ]


def moments() -> tuple[float, float]:
    """E[stay] and E[stay squared] of arrivals."""
    first = sum(share * mean for share, _, mean in mixture())
    second = sum(share * mean**2 * (1 + 1 / shape) for share, shape, mean in mixture())
    return first, second


@pytest.mark.claim("A6")
def test_inflow_times_mean_stay_is_the_population(steady: Turnover) -> None:
    """N = lambda L: both sides within 1 % of the population asked for, on the first day too."""
    mean_stay, _ = moments()
    assert steady.present[0] == pytest.approx(PEOPLE, rel=0.01)
    assert np.mean(steady.present) == pytest.approx(PEOPLE, rel=0.01)
    assert steady.present[-1] == pytest.approx(PEOPLE, rel=0.015)
    assert steady.arrivals_a_day() * mean_stay == pytest.approx(PEOPLE, rel=0.01)


@pytest.mark.claim("A6")
@pytest.mark.parametrize("when", [0, 1], ids=["first residents", "two years later"])
def test_stays_of_residents_are_length_biased(steady: Turnover, when: int) -> None:
    """Gamma stays of shape a become shape a + 1, kinds weighted by share times mean (KS, 1 %)."""
    weights = np.array([share * mean for share, _, mean in mixture()])
    weights /= weights.sum()

    def length_biased(days: np.ndarray) -> np.ndarray:
        # Planned stays are rounded to whole days.
        return sum(
            weight * stats.gamma.cdf(days + 0.5, shape + 1, scale=mean / shape)
            for weight, (_, shape, mean) in zip(weights, mixture(), strict=True)
        )

    def of_arrivals(days: np.ndarray) -> np.ndarray:
        return sum(
            share * stats.gamma.cdf(days + 0.5, shape, scale=mean / shape)
            for share, shape, mean in mixture()
        )

    stays = np.sort(steady.stays[when])
    days = np.arange(stays.max() + 1)
    empirical = np.searchsorted(stays, days, side="right") / len(stays)
    critical = 1.63 / np.sqrt(len(stays))
    assert np.abs(empirical - length_biased(days)).max() < critical
    assert np.abs(empirical - of_arrivals(days)).max() > 20 * critical


@pytest.mark.claim("A6")
@pytest.mark.parametrize("when", [0, 1], ids=["first residents", "two years later"])
def test_mean_age_in_the_city_is_that_of_renewal_theory(steady: Turnover, when: int) -> None:
    """E[stay squared] / (2 E[stay]), less half a day for the daily grid, within 1.5 %."""
    first, second = moments()
    expected = second / (2 * first) - 0.5
    assert expected == pytest.approx(360.0, abs=1.0)
    assert steady.ages[when] == pytest.approx(expected, rel=0.015)


def test_the_season_moves_people_within_the_year_but_not_their_mean_number() -> None:
    """Over two whole years the mean is the population asked for, and summer is fuller."""
    seasonal = Turnover(season=0.35)
    assert np.mean(seasonal.present[1:]) == pytest.approx(PEOPLE, rel=0.01)
    first_year = np.array(seasonal.present[1:366])
    second_year = np.array(seasonal.present[366:731])
    assert 180 < first_year.argmax() < 330
    assert (first_year.max() - first_year.min()) / PEOPLE > 0.1
    # The population starts where the season would have left it: both years look the same.
    assert np.abs(first_year - second_year).max() / PEOPLE < 0.025


@given(
    shape=st.floats(0.5, 10.0),
    mean=st.floats(30.0, 2000.0),
    u=st.lists(st.floats(1e-9, BELOW_ONE), min_size=1, max_size=50),
)
@settings(max_examples=40, deadline=None)
def test_stays_looked_up_are_the_inverted_law_in_whole_days(
    shape: float, mean: float, u: list[float]
) -> None:
    """But for draws so near to a bound that the inversion itself cannot tell."""
    looked_up = 1 + np.searchsorted(at_most_days(shape, mean), u)
    days = mean / shape * special.gammaincinv(shape, u)
    near_a_bound = abs(days - np.floor(days) - 0.5) < 1e-6 * np.maximum(days, 1.0)
    # Where the law is flat, neighbouring numbers mean stays that are far apart.
    far_out = np.array(u) > 1.0 - 1e-9
    expected = np.maximum(np.rint(days), 1)
    assert ((looked_up == expected) | near_a_bound | far_out).all()
