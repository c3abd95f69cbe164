"""What many tests need: small cities, and worlds changed beyond their plausible ranges."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sim.model import AlmatyModel
from sim.scenario import Scenario, load_scenario


def city(
    population: int = 1000,
    seed: int = 1,
    days: int = 365,
    policy: str = "baseline",
    changed: Mapping[str, float] | None = None,
    overrides: tuple[str, ...] = (),
) -> Scenario:
    """Return the scenario of a small city.

    `overrides` are checked like a user's; `changed` sets numbers of the world by their path
    ("illness.acute_rate", "institutions.hospital.beds") without any check of their range.
    """
    scenario = load_scenario(
        policy, [f"city.population={population}", f"seed={seed}", f"days={days}", *overrides]
    )
    world = scenario.world
    for path, value in (changed or {}).items():
        world = world.with_value(path, value)
    return replace(scenario, world=world)


@pytest.fixture(scope="session")
def year_of_baseline() -> AlmatyModel:
    """A city of 3,000 after a year of unchanged rules. Only look: others look at it too."""
    model = AlmatyModel(city(population=3000))
    model.run_for(365)
    return model
