"""Small cities for tests, and worlds changed beyond their plausible ranges."""

from collections.abc import Mapping
from dataclasses import replace

from sim.config.loading import load_scenario
from sim.config.scenario import Scenario
from sim.config.world import NO_REST_STATE

BURN_IN_DAYS = 180
"""Days that a changed world burns in."""


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
    ("illness.acute_rate", "institutions.hospital.beds") without any check of their range. A changed
    world starts from stationary laws, since the rest state of the city is not its own, and burns in
    for half a year, unless they say otherwise.
    """
    scenario = load_scenario(
        policy, [f"city.population={population}", f"seed={seed}", f"days={days}", *overrides]
    )
    world = scenario.world
    if changed:
        world = world.with_value("city.rest_state", NO_REST_STATE)
        world = world.with_value("city.burn_in_days", BURN_IN_DAYS)
    for path, value in (changed or {}).items():
        world = world.with_value(path, value)
    return replace(scenario, world=world)
