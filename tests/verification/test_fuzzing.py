"""V24 and V30: no draw is used twice in a year, and no corner of the ranges breaks the books."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim.config.entries import Entry
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario, scenario_from
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.invariants import Watch, check_indicators, check_money_of_cases, check_times

SIZE_OF_THE_RUN = (
    "city.population", "city.reference_population", "city.burn_in_days",
    "demography.candidate_ceiling",
)  # fmt: skip
"""Entries left alone: they say how much is simulated; the ceiling must lie above the season."""


@pytest.mark.claim("V24")
def test_a_year_uses_no_random_number_twice() -> None:
    """V24: the audit raises at the second use of a (purpose, who, occurrence)."""
    model = AlmatyModel(city(population=300, seed=15), audit=True)
    model.run_for(365)
    assert model.draws.used is not None
    purposes = {purpose: len(keys) for purpose, keys in model.draws.used.items()}
    assert purposes["onset gap"] > 1_000
    assert {"taste", "success of a service", "leave from work", "memory", "wrongful refusal"} <= (
        purposes.keys()
    )


@cache
def plain() -> Scenario:
    """The scenario every example varies: 300 people for 60 days."""
    return load_scenario(overrides=["city.population=300", "days=60", "city.burn_in_days=60"])


def node_of(resolved: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the entry of a path inside a composed configuration."""
    root, *names = path.split(".")
    node = {
        "city": resolved["city"],
        "institutions": resolved["city"].get("institutions"),
        "agencies": resolved["city"].get("agencies"),
        "regime": resolved["regime"],
        **{one: resolved["parameters"].get(one) for one in resolved["parameters"]},
    }[root]
    for name in names:
        node = node[name]
    assert isinstance(node, dict)
    return node


def within(entry: Entry, value: Any, rng: np.random.Generator) -> Any:
    """Return a value of the same form, every number anew in the entry's range.

    Tables of shares keep adding up to 1.
    """
    if not isinstance(value, dict):
        return float(rng.uniform(entry.low, entry.high))
    table = {name: within(entry, child, rng) for name, child in value.items()}
    numbers = [child for child in value.values() if not isinstance(child, dict)]
    if numbers and abs(sum(numbers) - 1.0) < 1e-9 and entry.unit.startswith("share"):
        # What is no case at all stays none: nobody else is a contract worker of the EAEU.
        table = {name: child if value[name] else 0.0 for name, child in table.items()}
        total = sum(table.values())
        return {name: child / total for name, child in table.items()}
    return table


def somewhere_else(paths: list[str], seed: int) -> Scenario:
    """Return a checked scenario in which the entries of these paths are drawn anew."""
    base, rng = plain(), np.random.default_rng(seed)
    resolved = deepcopy(base.resolved)
    resolved["seed"] = seed
    for path in paths:
        entry = base.entries[path]
        node_of(resolved, path)["value"] = within(entry, entry.value, rng)
    scenario = scenario_from(resolved)
    return replace(scenario, world=scenario.world.with_value("city.burn_in_days", 10))


ENTRIES = sorted(path for path in plain().entries if path not in SIZE_OF_THE_RUN)


def set_of_entries(number: int) -> tuple[list[str], int]:
    """Return which entries are drawn anew, and a seed: all of them, or some, in turn.

    Sets are numbered and not left to Hypothesis, whose examples depend on what else a session has
    imported.
    """
    rng = np.random.default_rng(number)
    some = rng.choice(ENTRIES, size=rng.integers(20, 81), replace=False).tolist()
    return (some if number % 2 else ENTRIES), int(rng.integers(0, 10**6))


@pytest.mark.claim("V30")
@pytest.mark.parametrize("number", range(15))
def test_no_corner_of_the_ranges_breaks_the_books(number: int) -> None:
    """V30: every entry somewhere in its range; V7 to V12 hold each evening of a month."""
    check_the_books(*set_of_entries(number), 30)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.claim("V30")
def test_none_of_200_sets_of_numbers_breaks_the_books_in_60_days() -> None:
    """V30: the same, longer, 200 times."""
    for number in range(200):
        check_the_books(*set_of_entries(number), 60)


def check_the_books(paths: list[str], seed: int, days: int) -> None:
    """Live some days with the entries of these paths drawn anew, checking every evening."""
    watch = Watch(AlmatyModel(somewhere_else(paths, seed))).live(days)
    watch.check_identity_of_cases()
    watch.check_identity_of_people()
    check_times(watch.model)
    check_money_of_cases(watch.model)
    check_indicators(watch.model.indicators())
