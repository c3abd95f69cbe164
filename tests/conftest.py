"""What many tests share."""

import pytest

from sim.engine.compiled import INTERPRETED
from sim.model import AlmatyModel
from tests.cities import city


def pytest_configure(config: pytest.Config) -> None:
    """Let interpreted rules overflow as silently as compiled ones do."""
    if INTERPRETED:
        config.addinivalue_line("filterwarnings", "ignore:overflow encountered:RuntimeWarning")


@pytest.fixture(scope="session")
def year_of_baseline() -> AlmatyModel:
    """A city of 3,000 after a year of unchanged rules. Only look: others look at it too."""
    model = AlmatyModel(city(population=3000))
    model.run_for(365)
    return model
