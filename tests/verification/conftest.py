"""Cities that several verification tests look at."""

import pytest

from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.invariants import Watch


@pytest.fixture(scope="session")
def watched() -> Watch:
    """A city of 1,200 whose books have been checked every evening of a year. Only look.

    Beds, slots and credit are short, so lines, diversion, boarding and refusals are real.
    """
    scarce = {
        "city.burn_in_days": 40,
        "institutions.polyclinic.capacity": 3,
        "institutions.hospital.beds": 60,
        "money.borrowing_limit": 0.1,
        "payment.price.private_visit": 60_000,
        "care_seeking.price_weight": 0.4,
        "illness.onset_severity.acute.mild": 0.42,
        "illness.onset_severity.acute.severe": 0.1065,
    }
    return Watch(AlmatyModel(city(population=1200, seed=3, changed=scarce))).live(365)
