"""What many tests share."""

import pytest

from sim.model import AlmatyModel
from tests.cities import city


@pytest.fixture(scope="session")
def year_of_baseline() -> AlmatyModel:
    """A city of 3,000 after a year of unchanged rules. Only look: others look at it too."""
    model = AlmatyModel(city(population=3000))
    model.run_for(365)
    return model
