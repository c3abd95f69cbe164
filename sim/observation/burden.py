"""Indicators of health (H block): deaths, disability-adjusted and quality-adjusted life years.

YLD: days ill times the disability weight of the illness at its severity, and permanent consequences
for the rest of life; YLL: remaining years of life at the age of death. People who leave ill are
followed for some weeks and count, so a departure is not a gain. Both are given with and without
discounting of future years.
"""

from collections.abc import Iterator

import numpy as np

from sim.agents.migrant import STRATA
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Booleans, Floats
from sim.observation.definition import Better, Curve, Definition, Format
from sim.observation.tally import Ratio, by_stratum
from sim.observation.window import Window
from sim.submodels.illness import THOUSANDTHS


def deaths(window: Window) -> Ratio:
    """Return deaths over person-years."""
    log = window.model.deaths
    dead = np.bincount(log["stratum"][window.has(log["day"])], minlength=STRATA)
    return Ratio(dead, window.person_years)


def left_consequences(window: Window) -> Booleans:
    """Return which episodes left permanent consequences in the window."""
    return window.has(window.episodes["sequelae_on"])


def years_ill(window: Window) -> Floats:
    """Return days ill times the disability weight, in years, by stratum."""
    lost = window.model.diary.health_lost(window.start, window.end)
    return np.asarray(lost / (THOUSANDTHS * DAYS_A_YEAR))


def years_lost(window: Window, discount: float) -> Floats:
    """Return the remaining years of those who died, by stratum."""
    log, table = window.model.deaths, window.model.world.illness.years_left
    inside = window.has(log["day"])
    left = years_left(log["age"][inside].astype(float), table, discount)
    return np.bincount(log["stratum"][inside], weights=left, minlength=STRATA)


def years_marked(window: Window, discount: float) -> Floats:
    """Return the loss from permanent consequences over the rest of life, in years, by stratum."""
    illness, episodes = window.model.world.illness, window.episodes
    marked = left_consequences(window)
    left = years_left(episodes["age"].astype(float), illness.years_left, discount)
    weight = (illness.sequelae_weight * left)[marked]
    return np.bincount(episodes["stratum"][marked], weights=weight, minlength=STRATA)


def discounts(window: Window) -> tuple[tuple[str, float], ...]:
    """Return the discount rates by which years are reported, by name."""
    return ("discounted", window.model.world.costs.discount_rate), ("undiscounted", 0.0)


def life_years_lost(window: Window) -> Iterator[Ratio]:
    """Yield years lost to death over person-years."""
    for detail, rate in discounts(window):
        yield Ratio(years_lost(window, rate), window.person_years, detail)


def disability_years(window: Window) -> Iterator[Ratio]:
    """Yield years lost to illness and its consequences over person-years."""
    for detail, rate in discounts(window):
        yield Ratio(years_ill(window) + years_marked(window, rate), window.person_years, detail)


def adjusted_years(window: Window) -> Iterator[Ratio]:
    """Yield years lost to death, illness and its consequences over person-years."""
    for detail, rate in discounts(window):
        lost = years_lost(window, rate) + years_ill(window) + years_marked(window, rate)
        yield Ratio(lost, window.person_years, detail)


def years_left(age: Floats, table: dict[str, float], discount: float) -> Floats:
    """Return the years of life left at an age, each worth less by the discount rate.

    Parameters
    ----------
    age : array of float
    table : dict
        Remaining years at some ages.
    discount : float
        Per year; 0 for none.

    Examples
    --------
    >>> table = {"20": 50.0, "60": 20.0}
    >>> years_left(np.array([20.0, 40.0]), table, 0.0).tolist()
    [50.0, 35.0]
    >>> years_left(np.array([20.0]), table, 0.03).round(2).tolist()
    [25.9]
    """
    ages = np.array([float(one) for one in table])
    left = np.interp(age, ages, np.array(list(table.values())))
    if discount <= 0.0:
        return np.asarray(left)
    return np.asarray((1.0 - np.exp(-discount * left)) / discount)


DEFINITIONS = (
    Definition(
        name="deaths", code="H1", unit="per 100,000 person-years", per=100_000,
        format=Format.DECIMAL, better=Better.LOWER, count=deaths,
        curve=Curve(lambda window: window.per_day(window.model.deaths["day"])),
    ),
    Definition(
        name="permanent_consequences", code="H1", unit="per 100,000 person-years", per=100_000,
        format=Format.DECIMAL, better=Better.LOWER,
        count=lambda window: Ratio(
            by_stratum(window.episodes, left_consequences(window)), window.person_years
        ),
    ),
    Definition(
        name="daly", code="H2", unit="years per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.LOWER, count=adjusted_years,
    ),
    Definition(
        name="years_of_life_lost", code="H2", unit="years per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.LOWER, count=life_years_lost,
    ),
    Definition(
        name="years_with_disability", code="H2", unit="years per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.LOWER, count=disability_years,
    ),
    Definition(
        name="qaly", code="H2", unit="years per person-year", format=Format.DECIMAL,
        better=Better.HIGHER,
        count=lambda window: Ratio(window.person_years - years_ill(window), window.person_years),
    ),
)  # fmt: skip
"""Indicators of health."""
