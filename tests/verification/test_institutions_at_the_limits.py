"""Every institution without capacity and with endless capacity: the books hold, lines behave."""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.task import Move, Place
from sim.config.loading import load_scenario
from sim.model import AlmatyModel
from sim.submodels.services import GAVE_UP
from tests.cities import city
from tests.verification.invariants import Watch

AGENCIES = {
    name: agency
    for name, agency in load_scenario("baseline").world.agencies.items()
    if agency.kind != "coordination"
}
CLINIC_CAPACITY = {
    "ambulance": "crews", "hospital": "capacity", "polyclinic": "capacity",
    "mobile_clinic": "capacity", "private": "capacity", "tb_dispensary": "capacity",
}  # fmt: skip
CUSTODY = "reception_centre"
DAYS = 100
POPULATION = {name: 800 for name in AGENCIES} | {
    "diaspora_tajikistan": 2500,
    "consulate_tajikistan": 2500,
}
"""People enough for somebody to turn to each of them."""
BUSY = {
    "city.burn_in_days": 30,
    "illness.injury_rate": 1.5,
    "illness.infection_rate.uzbekistan": 0.05,
    "referral.navigation": 0.5,
    "referral.papers_asked": 1.0,
    "institutions.hospital.knows": 0.9,
    "enforcement.intensity": 3.0,
}
"""More illness, papers and police, so that a small city needs every institution."""


def watch(changed: dict[str, float]) -> AlmatyModel:
    """Live through some months and check the books every evening."""
    scenario = city(population=800, seed=6, days=DAYS, changed={**BUSY, **changed})
    return Watch(AlmatyModel(scenario)).live(DAYS).model


def capacity_of(name: str, value: float) -> dict[str, float]:
    """Return the changes that give every line of an agency this capacity."""
    return {f"agencies.{name}.capacity.{line}": value for line in AGENCIES[name].capacity}


@pytest.mark.parametrize("name", AGENCIES)
def test_an_agency_without_capacity_serves_nobody_and_holds_nobody_for_ever(name: str) -> None:
    model = watch({**capacity_of(name, 0.0), f"agencies.{name}.beds": 0.0, "referral.patience": 7})
    number = model.agencies.names.index(name)
    log = model.handovers
    served = np.isin(log["move"], [Move.SERVED, Move.SERVED_IN_VAIN, Move.TAKEN_IN])
    assert not (served & (log["target"] == number)).any()
    assert served.any()
    # Nobody turns to a closed counter, and nobody is left standing at one.
    tasks = model.tasks
    standing = tasks.rows[(tasks.agency[tasks.rows] == number)]
    assert (tasks.place[standing] != Place.IN_PROCESS).all()
    assert len(standing[tasks.place[standing] == Place.QUEUED]) == 0


@pytest.mark.claim("V15")
@pytest.mark.parametrize("name", AGENCIES)
def test_an_agency_with_endless_capacity_has_no_line(name: str) -> None:
    """Who is there when the doors are open is seen; in the evening nobody is left."""
    changed = {**BUSY, **capacity_of(name, 1e6)}
    model = AlmatyModel(city(population=POPULATION[name], seed=6, days=DAYS, changed=changed))
    watch, tasks = Watch(model), model.tasks
    number = model.agencies.names.index(name)
    seen = 0
    for _ in range(DAYS):
        watch.live(1)
        seen += int(model.agencies.table["served_today"][number].sum())
        if model.agencies.table["open"][number]:
            here = tasks.rows[tasks.agency[tasks.rows] == number]
            waits = (tasks.place[here] == Place.QUEUED) & (tasks.ready_on[here] < model.day)
            assert not waits.any()
    # Those the police bring need no service: places are what limits the reception centre.
    seen += np.count_nonzero(model.handovers["move"] == Move.TAKEN_IN) * (name == CUSTODY)
    assert seen > 0


@pytest.mark.parametrize("kind", CLINIC_CAPACITY)
def test_a_clinic_without_capacity_sees_nobody(kind: str) -> None:
    model = watch({f"institutions.{kind}.{CLINIC_CAPACITY[kind]}": 0.0})
    visits = model.visits
    here = model.clinics.kind[visits["unit"]] == words.INSTITUTION_KINDS.index(kind)
    since = visits["served_on"] >= 0
    assert (visits["result"][here & since] == GAVE_UP).all()
    assert (since & ~here).sum() > 100


@pytest.mark.claim("V15")
@pytest.mark.parametrize("kind", CLINIC_CAPACITY)
def test_a_clinic_with_endless_capacity_has_no_line(kind: str) -> None:
    model = watch({f"institutions.{kind}.{CLINIC_CAPACITY[kind]}": 1e4})
    visits = model.visits
    here = model.clinics.kind[visits["unit"]] == words.INSTITUTION_KINDS.index(kind)
    since = visits["arrived_on"] >= 0
    waited = (visits["served_on"] - visits["arrived_on"])[here & since]
    # The dispensary is closed on weekends and holidays; nobody waits longer than that.
    assert waited.max(initial=0) <= 4
    assert not (visits["result"][here & since] == GAVE_UP).any()
