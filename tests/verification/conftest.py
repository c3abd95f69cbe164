"""Cities that several verification tests look at."""

import pytest

from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.invariants import Watch
from tests.verification.worlds import agencies_times

SCARCE = {
    "city.burn_in_days": 40,
    "institutions.polyclinic.capacity": 3,
    "institutions.hospital.beds": 60,
    "money.borrowing_limit": 0.1,
    "payment.price.private_visit": 60_000,
    "care_seeking.price_weight": 0.4,
    "illness.onset_severity.acute.mild": 0.42,
    "illness.onset_severity.acute.severe": 0.1065,
    # As scarce as in 2018, agencies of a small city would settle three needs a year.
    **agencies_times(capacity=20, money=2),
    "referral.wrong_referral": 0.5,
}
"""Beds, slots, credit and grants are short, so lines, diversion, boarding and refusals are real."""


@pytest.fixture(scope="session")
def watched() -> Watch:
    """A city of 1,200 whose books have been checked every evening of a year. Only look."""
    return Watch(AlmatyModel(city(population=1200, seed=4, changed=SCARCE))).live(365)


@pytest.fixture(scope="session")
def watched_coordination() -> Watch:
    """A city of 1,000 with hub, registry, directory and joint fund, checked for nine months."""
    world = {
        **SCARCE,
        "coordination.matching": 0.9,
        "coordination.recall": 0.8,
        "coordination.directory": 0.95,
        "coordination.firewall": 0.5,
        "referral.reneging": 0.3,
    }
    scenario = city(population=1000, seed=4, days=270, policy="hub_joint_fund", changed=world)
    return Watch(AlmatyModel(scenario)).live(270)
