"""Indicators of health: deaths, disability-adjusted and quality-adjusted life years.

YLD: days ill times the disability weight of the illness at its severity, and permanent consequences
for the rest of life; YLL: remaining years of life at the age of death. People who leave ill are
followed for some weeks and count, so a departure is no gain. Both are given with future years
discounted and not.
"""

from typing import TYPE_CHECKING

import numpy as np

from sim.agents.migrant import STRATA
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Column, Floats
from sim.observation.event_records import Records
from sim.observation.tally import Tally, by_stratum
from sim.submodels.illness import THOUSANDTHS

if TYPE_CHECKING:
    from sim.city_model import CityModel


def count_burden(
    tally: Tally,
    model: "CityModel",
    episodes: Records,
    person_years: Floats,
    start: int,
    end: int,
) -> None:
    """Add H1 and H2 of the window."""
    illness, rate = model.world.illness, model.world.costs.discount_rate
    deaths = model.deaths
    inside = (deaths["day"] >= start) & (deaths["day"] < end)
    dead = np.bincount(deaths["stratum"][inside], minlength=STRATA)
    tally.ratio("deaths", dead, person_years, per=100_000)
    marked = (episodes["sequelae_on"] >= start) & (episodes["sequelae_on"] < end)
    tally.ratio("permanent_consequences", by_stratum(episodes, marked), person_years, per=100_000)
    ill = model.diary.health_lost(start, end) / (THOUSANDTHS * DAYS_A_YEAR)
    still = person_years - ill
    tally.ratio("qaly", still, person_years)
    for detail, discount in (("discounted", rate), ("undiscounted", 0.0)):
        left_at_death = years_left(
            deaths["age"][inside].astype(float), illness.years_left, discount
        )
        lost = np.bincount(deaths["stratum"][inside], weights=left_at_death, minlength=STRATA)
        left = years_left(episodes["age"].astype(float), illness.years_left, discount)
        disabled = _weighted(episodes, marked, illness.sequelae_weight * left)
        tally.ratio("daly", lost + ill + disabled, person_years, per=1000, detail=detail)
        tally.ratio("years_of_life_lost", lost, person_years, per=1000, detail=detail)
        tally.ratio("years_with_disability", ill + disabled, person_years, per=1000, detail=detail)


def _weighted(episodes: Records, chosen: Column, weight: Floats) -> Floats:
    stratum = episodes["stratum"][chosen]
    return np.bincount(stratum, weights=weight[chosen], minlength=STRATA)


def years_left(age: Floats, table: dict[str, float], discount: float) -> Floats:
    """Return the years of life left at an age, each worth less by the discount rate.

    Parameters
    ----------
    age : array of float
    table : dict
        Remaining years at some ages.
    discount : float
        A year; 0 for none.

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
