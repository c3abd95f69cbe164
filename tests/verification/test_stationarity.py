"""V22: burn-in is long enough for six series; what people know settles a year later.

Geweke's comparison for six daily series of a city without seasons, whose rules do not change: the
mean of the first fifth against the mean of the last half. The number present remembers for more
than a year, so no variance can be read off one run; it is that of eight independent runs. Fixed
seeds. Of a city at rest, some of the six series would exceed the bound for one set of seeds in two
hundred (t of 7 degrees of freedom, Bonferroni).

Knowledge is the exception: people start at the equilibrium of news alone, and what clinics,
agencies and employers teach on top of it lasts more than a year, so that awareness goes on rising
by some three points for about 15 months after a burn-in of 180 days. Its series is tested from
there on, and the rise before is held to its size. Pairs of scenarios share the rise; levels of the
first year contain it.

Nothing is tested of other series. Visits to polyclinics, for one, fall by a fifth or more from the
first year to the second (see `docs/verification.md`).
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_SEASONS

SEEDS, PEOPLE, DAYS = range(61, 69), 2_000, 900
SERIES = {
    "present": 0,
    "open_episodes": 0,
    "hidden_unmet_need": 0,
    "open_cases": 0,
    "emergency_contacts": 0,
    "know_emergency_right": 450,
}
"""Daily series, and the day from which each is at rest."""
LARGEST_RISE = 0.06
"""Of the share who know the emergency right, from day 0 to the time at rest."""
BOUND = stats.t.ppf(1 - 0.005 / (2 * len(SERIES)), len(SEEDS) - 1)


def geweke(runs: np.ndarray) -> float:
    """Return t of the first fifth of the days against the last half, shape (runs, days)."""
    days = runs.shape[1]
    change = runs[:, days // 2 :].mean(axis=1) - runs[:, : days // 5].mean(axis=1)
    return float(change.mean() / (change.std(ddof=1) / np.sqrt(len(change))))


@pytest.fixture(scope="module")
def at_rest() -> list[pd.DataFrame]:
    """Curves of two and a half years without seasons and without policies, run by run."""
    scenario = city(population=PEOPLE, days=DAYS, changed=NO_SEASONS)
    curves = []
    for seed in SEEDS:
        model = AlmatyModel(replace(scenario, seed=seed))
        model.run_for(DAYS)
        curves.append(model.curves())
    return curves


@pytest.mark.slow
@pytest.mark.claim("V22")
@pytest.mark.parametrize("name", SERIES)
def test_after_burn_in_nothing_drifts(at_rest: list[pd.DataFrame], name: str) -> None:
    """Six series, each within the bound."""
    runs = np.array([curves[name].to_numpy(dtype=float) for curves in at_rest])
    assert (runs.std(axis=1) > 0).all()
    assert abs(geweke(runs[:, SERIES[name] :])) < BOUND


@pytest.mark.slow
@pytest.mark.claim("V22")
def test_awareness_rises_little_after_burn_in(at_rest: list[pd.DataFrame]) -> None:
    """The exception is no larger than it is said to be."""
    share = np.mean([one["know_emergency_right"] / one["present"] for one in at_rest], axis=0)
    rise = share[SERIES["know_emergency_right"] :].mean() - share[:30].mean()
    assert 0.0 < rise < LARGEST_RISE


def test_the_diagnostic_sees_a_drift() -> None:
    """A rise of a quarter of the daily spread over the run is seen, noise alone is not."""
    noise = np.random.default_rng(4).normal(size=(len(SEEDS), DAYS))
    assert abs(geweke(noise)) < BOUND
    assert geweke(noise + np.linspace(0.0, 0.5, DAYS)) > BOUND
