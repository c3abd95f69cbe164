"""Only what moved is prepared: the tables are those that preparing everything makes."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from sim.agents.city import City
from sim.agents.institution import Institution
from sim.config.configuration import ConfigurationError
from sim.config.levers import LEVERS, SHOCKS, lever_paths
from sim.config.loading import load_scenario
from sim.config.paths import raw_value_at
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.agentset.column import BelongsToModel
from sim.engine.daily_cache import DailyCache
from sim.engine.jit.compiled import compiled
from sim.model import AlmatyModel
from sim.preparation import NotedSection, Preparation

NO_TABLES = ("units", "logs", "_announced", "_made_from")
"""Agents, what they did, arrivals that are worked out anew whenever preparing drops them, and what
rows were made from."""
SMALL = ("city.population=200", "city.burn_in_days=60")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", SMALL)


@pytest.fixture(scope="module")
def model(scenario: Scenario) -> AlmatyModel:
    return AlmatyModel(scenario)


def same(one: Any, other: Any) -> bool:
    """Return True if two tables, or anything made of tables, are equal."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool | int | float | str | date | frozenset) or one is None:
        return bool(one == other)
    return same(vars(one), vars(other))


def tables(model: AlmatyModel) -> dict[str, Any]:
    """Return copies of everything that `prepare` makes, and of what rules find of it."""
    parts = {"clinics": model.clinics, "agencies": model.agencies, **model.submodels}
    found = {}
    for name, part in parts.items():
        for attribute, value in vars(part).items():
            # Pure functions of the day that read nothing of the world, and no tables at all.
            if isinstance(value, DailyCache | AlmatyModel) or attribute in NO_TABLES:
                continue
            assert not isinstance(value, BelongsToModel | Institution), (name, attribute)
            found[f"{name}.{attribute}"] = value.copy() if hasattr(value, "copy") else value
    rules = model.legal_rules
    return found | {
        "table": model.parameter_table.copy(),
        "payer": rules.payer,
        "contribution": rules.contribution.model_dump(),
    }


def other_value(scenario: Scenario, path: str) -> float | str | None:
    """Return a legal value of a path that is not the one it has, or None if there is no other."""
    value = raw_value_at(scenario.world, path)
    if path == "law.regime":
        return "universal"
    if path == "law.as_of":
        return "2026-01-01"
    if isinstance(value, str):
        return None
    try:
        entry = scenario.entry_at(path)
    except ConfigurationError:  # a number that this city's file does not have
        return value + 1
    assert entry is not None
    middle = (value + (entry.high if value < entry.high else entry.low)) / 2
    return middle if middle != value else None


def prepare_everything(model: AlmatyModel, world: World) -> None:
    """Prepare everything, whatever has moved."""
    model._clinics._made_from.clear()
    model._agencies._made_from = [(None, ())] * len(model._agencies)
    model._set_world(world, anew=True)


def check(model: AlmatyModel, scenario: Scenario, path: str) -> None:
    """Move one value there and back, and compare with preparing everything."""
    value = other_value(scenario, path)
    if value is None:
        return
    for world in (scenario.world.with_value(path, value), scenario.world):
        model._set_world(world)
        prepared = tables(model)
        prepare_everything(model, world)
        expected = tables(model)
        different = [name for name in expected if not same(prepared[name], expected[name])]
        assert not different, (path, value, different)


def test_every_lever_and_shock_gives_the_tables_of_preparing_everything(
    model: AlmatyModel, scenario: Scenario
) -> None:
    paths = {*lever_paths(scenario.world, LEVERS), *lever_paths(scenario.world, SHOCKS)}
    assert len(paths) > 150
    for path in sorted(paths):
        check(model, scenario, path)


def test_a_forgotten_dependency_would_be_found(
    model: AlmatyModel, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.preparation.Notes.hold_in", lambda notes, world, moved: True)
    with pytest.raises(AssertionError, match="ngo_reach"):
        check(model, scenario, "information.ngo_reach")
    monkeypatch.undo()
    prepare_everything(model, scenario.world)


def test_a_lever_prepares_few_parts(
    model: AlmatyModel, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed: list[set[str]] = []
    renew = Preparation.renew

    def noting(*arguments: Any, **options: Any) -> set[str]:
        renewed.append(renew(*arguments, **options))
        return renewed[-1]

    monkeypatch.setattr(Preparation, "renew", noting)
    model._set_world(scenario.world.with_value("information.ngo_reach", 0.0123))
    assert renewed[-1] == {"information", "funding"}
    model._set_world(scenario.world.with_value("payment.price.bed_day", 20_000.0))
    assert "payment" in renewed[-1]
    assert len(renewed[-1]) < 8
    model._set_world(scenario.world)
    model._set_world(scenario.world.with_value("institutions.polyclinic.capacity", 61.0))
    assert renewed[-1] == {"clinics", "funding"}
    model._set_world(scenario.world)
    model._set_world(scenario.world)
    assert renewed[-1] == set()


@compiled
def intensity(city: City) -> float:
    """Return what rules find of one parameter."""
    value: float = city.parameters.enforcement.intensity
    return value


def test_rules_find_the_new_value(model: AlmatyModel, scenario: Scenario) -> None:
    before = intensity(model.city())
    model._set_world(scenario.world.with_value("enforcement.intensity", 2.0 * before))
    assert intensity(model.city()) == 2.0 * before
    model._set_world(scenario.world)
    assert intensity(model.city()) == before


def test_a_part_of_the_world_cannot_be_kept(scenario: Scenario) -> None:
    class Keeper:
        def prepare(self, world: Any) -> None:
            self.illness = world.illness
            assert world.illness.acute_rate > 0

    keeper = Keeper()
    Preparation().renew({"keeper": keeper}, scenario.world, set(), all_of_them=False)
    assert isinstance(keeper.illness, NotedSection)
    with pytest.raises(AttributeError, match="illness: keep values"):
        _ = keeper.illness.acute_rate
