"""Oracles A5 and A11: Little's law over three years, and cities of different size."""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_SEASONS

YEARS_OF_LITTLE = 3
DAYS = 365 * YEARS_OF_LITTLE


class ThreeYears:
    """Open episodes counted every evening, by kind, and the log of all episodes."""

    def __init__(self) -> None:
        # Nobody is followed after leaving, so a case ends where the observer sees it end.
        world = {
            **NO_SEASONS,
            "city.burn_in_days": 90,
            "illness.followed_after_leaving": 0,
            "illness.pregnancy_days": 60,
            "illness.maternity_rate": 0.5,
        }
        self.model = AlmatyModel(city(population=800, seed=5, changed=world))
        kinds = len(words.KINDS)
        self.open = np.zeros((DAYS, kinds), dtype=np.int64)
        for day in range(DAYS):
            self.model.step()
            episodes = self.model.episodes
            self.open[day] = np.bincount(episodes.kind[episodes.rows], minlength=kinds)


@pytest.fixture(scope="module")
def three_years() -> ThreeYears:
    """A city of 800 without seasons."""
    return ThreeYears()


@pytest.mark.claim("A5")
def test_open_cases_are_opening_rate_times_mean_sojourn(three_years: ThreeYears) -> None:
    """Little's law for all episodes and for each frequent kind.

    Rate and sojourn come from the log of episodes, the stock from daily counts. Fixed seed; the
    two ends of three years matter as sojourn over time, below 3 % for injuries and acute illness
    and below 6 % for long pregnancies.
    """
    closed = three_years.model.closed_episodes
    sojourn = closed["ended_on"] - closed["began_on"]
    for kind, tolerance in (("injury", 0.03), ("acute", 0.03), ("maternity", 0.06), (None, 0.03)):
        code = None if kind is None else words.KINDS.index(kind)
        chosen = np.ones(len(closed), np.bool_) if code is None else closed["kind"] == code
        stock = three_years.open.sum(axis=1) if code is None else three_years.open[:, code]
        assert np.count_nonzero(chosen) > 60
        rate = np.count_nonzero(chosen) / DAYS
        assert stock.mean() == pytest.approx(rate * sojourn[chosen].mean(), rel=tolerance), kind


@pytest.mark.claim("A5")
def test_days_spent_ill_are_counted_twice_alike(three_years: ThreeYears) -> None:
    """Little's law as an identity: evenings with an open case = days between its two dates."""
    model = three_years.model
    closed, episodes = model.closed_episodes, model.episodes
    rows = episodes.rows
    began = np.concatenate([closed["began_on"], episodes.began_on[rows]])
    ended = np.concatenate([closed["ended_on"], np.full(len(rows), DAYS)])
    kind = np.concatenate([closed["kind"], episodes.kind[rows]])
    days_ill = np.clip(ended, 0, DAYS) - np.clip(began, 0, DAYS)
    by_kind = np.bincount(kind, weights=days_ill, minlength=len(words.KINDS))
    assert three_years.open.sum(axis=0).tolist() == by_kind.tolist()


SEEDS, WINDOW = range(11, 23), 140
INTENSIVE = (
    ("emergency_uptake_ever", ""),
    ("emergency_need", ""),
    ("emergency_contacts", ""),
    ("unmet_need_episodes", ""),
    ("hidden_unmet_need", ""),
    ("out_of_pocket", ""),
    ("awareness", "emergency_right"),
    ("contacts", "polyclinic"),
    ("contacts", "private"),
)


PLACES = (
    "alatau", "zhetysu", "turksib", "auezov", "almaly", "medeu", "nauryzbay", "bostandyk",
)  # fmt: skip


def intensive_indicators(population: int, seed: int) -> list[float]:
    """Indicators a person, and the use of polyclinics, of a city whose capacities scale along."""
    world = {
        "city.burn_in_days": 30,
        # All slots at one place: in many small places half a slot is long in coming.
        **{f"institutions.polyclinic.units.{name}": 0 for name in PLACES},
        "institutions.polyclinic.units.almaly": 1,
        "institutions.polyclinic.capacity": 240,
        # More emergencies than in reality: with the real number there is little to compare.
        "illness.onset_severity.acute.mild": 0.42,
        "illness.onset_severity.acute.severe": 0.1065,
    }
    model = AlmatyModel(city(population=population, seed=seed, changed=world))
    model.run_for(WINDOW)
    table = model.indicators(20).query("by == 'all'").set_index(["indicator", "detail"])["value"]
    polyclinics = model.clinics.of_kind("polyclinic")
    served = model.diary.by_unit("served_today")[:, polyclinics].sum()
    slots = model.diary.by_unit("slots")[:, polyclinics].sum()
    return [float(table.loc[key]) for key in INTENSIVE] + [served / slots]


@pytest.mark.claim("A11")
@pytest.mark.slow
def test_half_the_city_has_the_same_intensive_indicators() -> None:
    """A11: half the people and half of every capacity change no mean by more than 2 sd of a run.

    Fixed seeds, twelve runs a size; two standard deviations of one run are almost five standard
    errors of the difference, so that only an effect of size breaks the bound.
    """
    whole = np.array([intensive_indicators(1_600, seed) for seed in SEEDS])
    half = np.array([intensive_indicators(800, seed) for seed in SEEDS])
    spread = np.sqrt((whole.var(axis=0, ddof=1) + half.var(axis=0, ddof=1)) / 2)
    difference = np.abs(whole.mean(axis=0) - half.mean(axis=0)) / spread
    names = [*(f"{name} {detail}" for name, detail in INTENSIVE), "use of polyclinics"]
    assert (difference <= 2.0).all(), dict(zip(names, difference.round(2), strict=True))
