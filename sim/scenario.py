"""Scenarios: one world, and dated changes of its levers.

A policy scenario is a list of lever changes and nothing else; a shock is a list of changes of
outside conditions (see `sim.levers`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from omegaconf import OmegaConf
from pydantic import ValidationError

from sim.configuration import (
    GROUPS,
    ConfigurationError,
    check_choice,
    check_range,
    choices,
    compose_configuration,
    configuration_folder,
    describe,
    nearest,
    unwrap,
)
from sim.legal_rules import check_law
from sim.levers import LEVERS, SHOCKS, Change, checked_changes
from sim.parameters import World
from sim.tables import Entry
from sim.values import entry_of, exists, raw_value_at, value_at, value_paths, with_resolved

TOP_LEVEL = (
    "city", "regime", "law", "parameters", "scenario", "shock", "study", "executor",
    "seed", "days", "output", "scenarios", "replicates", "confidence",
    "person", "case", "nth", "seen_by", "differs", "factors", "store", "shard", "half_width",
    "outcome", "most_replicates", "design", "vary", "samples", "of", "from", "quantiles",
    "simulate", "beside", "manifest", "policies", "command",
)  # fmt: skip
"""Names a composed configuration consists of."""


@dataclass(frozen=True)
class Scenario:
    """A complete, checked specification of one run.

    Attributes
    ----------
    name, summary : str
        Of the policy scenario.
    world : World
        The world on an unchanged day.
    changes, shocks : tuple of Change
        Dated changes of levers and of outside conditions; days count from the end of burn-in.
    seed, days : int
        Seed of all chance, and the horizon the scenario was written for.
    entries : dict
        Range, unit, tier and source of every number, by path.
    resolved : dict
        The complete configuration as composed, for the manifest.
    """

    name: str
    summary: str
    world: World
    changes: tuple[Change, ...]
    shock: str
    shocks: tuple[Change, ...]
    seed: int
    days: int
    entries: dict[str, Entry] = field(repr=False, compare=False)
    resolved: dict[str, Any] = field(repr=False, compare=False)

    def world_on(self, day: int) -> World:
        """Return the world of a day.

        Parameters
        ----------
        day : int
            Since the end of burn-in; before day 0 nothing changes.
        """
        world = self.world
        if day < 0:
            return world
        for path, value in self.values_on(day).items():
            world = world.with_value(path, value)
        return world

    def values_on(self, day: int) -> dict[str, float | str]:
        """Return the value of everything that some change is about, as it is on a day.

        Parameters
        ----------
        day : int
            Since the end of burn-in.

        Returns
        -------
        dict
            Numbers (and words, for the law) by path.

        Examples
        --------
        >>> scenario = load_scenario("arrival_briefing")
        >>> scenario.values_on(364)
        {'information.briefing_coverage': 0.7}
        """
        values = dict(self._base_values)
        for change in sorted(self.changes + self.shocks, key=lambda one: one.start_day):
            before, progress = values[change.path], change.progress(day)
            if isinstance(before, float) and isinstance(change.value, float):
                values[change.path] = before + progress * (change.value - before)
            elif progress > 0.0:
                values[change.path] = change.value
        return values

    @cached_property
    def _base_values(self) -> dict[str, float | str]:
        return {
            change.path: value_at(self.world, change.path) for change in self.changes + self.shocks
        }

    def with_seed(self, seed: int) -> "Scenario":
        """Return the same scenario under another seed.

        Parameters
        ----------
        seed : int
            At least 0.
        """
        return replace(self, seed=seed, resolved={**self.resolved, "seed": seed})

    def with_policy(self, name: str) -> "Scenario":
        """Return another policy scenario of `conf/scenario/` in the same world and seed.

        Parameters
        ----------
        name : str
            Name of its file, without the ending.

        Raises
        ------
        ConfigurationError
            If there is no such scenario or it is not valid here.
        """
        stored = self.resolved.get("policies", {})
        if name in stored:  # as it was when the study was begun
            return scenario_from({**self.resolved, "scenario": stored[name]})
        check_choice("scenario", name)
        return scenario_from({**self.resolved, "scenario": policy_file(name)})

    def with_policies(self, names: Sequence[str], name: str = "combination") -> "Scenario":
        """Return several policy scenarios together, in the same world and seed.

        Parameters
        ----------
        names : sequence of str
            Names of files of `conf/scenario/`.
        name : str
            What to call them together.

        Raises
        ------
        ConfigurationError
            If there is no such scenario, or two of them move one lever to different values.
        """
        together: dict[str, tuple[str, dict[str, Any]]] = {}
        for policy in names:
            for change in self.with_policy(policy).changes:
                described = change.model_dump()
                first, before = together.setdefault(change.path, (policy, described))
                if before != described:
                    raise ConfigurationError(
                        f"scenarios '{first}' and '{policy}' cannot be combined: "
                        f"both change '{change.path}', to different values or on different days"
                    )
        described = {
            "name": name,
            "summary": " and ".join(names),
            "changes": [one for _, one in together.values()],
        }
        return scenario_from({**self.resolved, "scenario": described})

    def with_values(self, values: Mapping[str, float | str]) -> "Scenario":
        """Return the same scenario in a world where some values are others from the outset.

        Parameters
        ----------
        values : mapping
            By path, e.g. ``{"illness.acute_rate": 1.2, "institutions.hub.capacity": 60}``.

        Raises
        ------
        ConfigurationError
            If there is no such value, or it is out of its range.
        """
        world, resolved = self.world, self.resolved
        for path, value in values.items():
            entry, before = self.entry_at(path), raw_value_at(world, path)
            if (entry is None) != isinstance(value, str):
                wanted = "a word" if entry is None else "a number"
                raise ConfigurationError(f"{path}: {value!r} is not {wanted}")
            if entry is not None:
                check_range(value, entry, path)
                value = type(before)(value) if value == type(before)(value) else value
            world = world.with_value(path, value)
            resolved = with_resolved(resolved, path, value)
        try:
            world = World.model_validate(world.model_dump())
        except ValidationError as error:
            raise ConfigurationError(describe(error, "")) from error
        _check_ceiling(world)
        return replace(self, world=world, resolved=resolved)

    def entry_at(self, path: str) -> Entry | None:
        """Return the entry that a value of the world belongs to (None for a word, like the law).

        Parameters
        ----------
        path : str
            E.g. ``"care_seeking.fear_weight"``.

        Raises
        ------
        ConfigurationError
            If there is no such value.
        """
        if not exists(self.world, path):
            paths = value_paths(self.world.model_dump())
            raise ConfigurationError(f"unknown value '{path}': {nearest(path, paths)}")
        if isinstance(raw_value_at(self.world, path), str):
            return None
        return entry_of(path, self.entries)

    def like(self, path: str, value: float) -> float:
        """Return a number as a value of the world can take it: whole where that one is.

        Parameters
        ----------
        path : str
            Path of the value.
        value : float
            The number wished for, in the unit of its entry.
        """
        return round(value) if isinstance(raw_value_at(self.world, path), int) else value

    def with_levers(self, changes: Sequence[Change]) -> "Scenario":
        """Return the same scenario with some levers set otherwise (checked).

        Parameters
        ----------
        changes : sequence of Change
            A change of a path that the scenario changes already takes the place of it.
        """
        paths = {one.path for one in changes}
        kept = [one for one in self.changes if one.path not in paths]
        policy = {
            "name": self.name,
            "summary": self.summary,
            "changes": [one.model_dump() for one in (*kept, *changes)],
        }
        checked = checked_changes(policy, LEVERS, "lever", self.days, self.world, self.entries)
        return replace(self, changes=checked, resolved={**self.resolved, "scenario": policy})

    def with_changes(self, *changes: Change, name: str = "custom", summary: str = "") -> "Scenario":
        """Return a scenario of the same world with other lever changes (checked).

        Parameters
        ----------
        *changes : Change
            All changes it consists of.
        name, summary : str
            What to call it in reports.
        """
        policy = {
            "name": name,
            "summary": summary,
            "changes": [one.model_dump() for one in changes],
        }
        return scenario_from({**self.resolved, "scenario": policy})


def load_scenario(name: str = "baseline", overrides: Sequence[str] = ()) -> Scenario:
    """Compose and check a scenario.

    Parameters
    ----------
    name : str
        A file of `conf/scenario/`.
    overrides : sequence of str
        Overrides in Hydra's syntax, e.g. ``["city=workshop", "seed=7"]``.

    Raises
    ------
    ConfigurationError
        One line: what is wrong, and the nearest valid name or the allowed range.

    Examples
    --------
    >>> scenario = load_scenario("arrival_briefing", overrides=["city=workshop", "seed=7"])
    >>> scenario.seed, scenario.world.city.population
    (7, 20000)
    >>> scenario.world_on(364).information.briefing_coverage
    0.7
    """
    check_choice("scenario", name)
    if any("scenario" in one.partition("=")[0] for one in overrides):
        return scenario_from(compose_configuration([f"scenario={name}", *overrides]))
    return scenario_from({**compose_configuration(overrides), "scenario": policy_file(name)})


def policy_file(name: str) -> Any:
    """Return a policy scenario as its file describes it."""
    path = configuration_folder() / "scenario" / f"{name}.yaml"
    return OmegaConf.to_container(OmegaConf.load(path))


def scenario_from(resolved: dict[str, Any]) -> Scenario:
    """Build a scenario from a composed configuration.

    Raises
    ------
    ConfigurationError
        If any part of it is not valid.
    """
    check_parts(resolved)
    entries: dict[str, Entry] = {}
    city = dict(resolved["city"])
    institutions, agencies = city.pop("institutions"), city.pop("agencies", {})
    try:
        parts = {
            **unwrap(resolved["parameters"], "", entries),
            "city": unwrap(city, "city", entries),
            "institutions": unwrap(institutions, "institutions", entries),
            "agencies": unwrap(agencies, "agencies", entries),
            "regime": unwrap(resolved["regime"], "regime", entries),
            "law": resolved["law"],
        }
        world = World.model_validate(parts)
    except ValidationError as error:
        raise ConfigurationError(_with_file(describe(error, ""), city)) from error
    except ConfigurationError as error:
        raise ConfigurationError(_with_file(str(error), city)) from error
    seed = _whole_number(resolved, "seed", at_least=0)
    days = _whole_number(resolved, "days", at_least=1)
    policy, shock = resolved["scenario"], resolved["shock"]
    scenario = Scenario(
        name=policy["name"],
        summary=policy["summary"],
        world=world,
        changes=checked_changes(policy, LEVERS, "lever", days, world, entries),
        shock=shock["name"],
        shocks=checked_changes(shock, SHOCKS, "shock", days, world, entries),
        seed=seed,
        days=days,
        entries=entries,
        resolved=resolved,
    )
    _check_ceiling(world)
    for change in scenario.changes:
        if change.path.startswith("law."):
            start = world.city.start_date + timedelta(days=change.start_day)
            mistake = check_law(scenario.world_on(change.start_day).law, world.regime, start)
            if mistake:
                raise ConfigurationError(f"scenario {scenario.name}: {mistake}")
    return scenario


def _with_file(mistake: str, city: dict[str, Any]) -> str:
    """Begin a mistake in an institution's entry or a law book with the file it stands in."""
    words = mistake.lstrip(": ").replace(" ", ".").replace(":", ".").split(".")
    if words[0] == "regime":
        return f"conf/regime/{words[1]}.yaml: {mistake.lstrip(': ').split('.', 2)[2]}"
    if words[0] not in ("institutions", "agencies"):
        return mistake.lstrip(": ") if words[0] == "law" else mistake
    for name in (str(city.get("name")), *choices("city")):
        path = configuration_folder() / "city" / f"{name}.yaml"
        if path.is_file():
            section = OmegaConf.to_container(OmegaConf.load(path))
            if isinstance(section, dict) and words[1] in (section.get(words[0]) or {}):
                return f"conf/city/{name}.yaml: {mistake.lstrip(': ')}"
    return mistake.lstrip(": ")


def check_parts(resolved: dict[str, Any]) -> None:
    """Raise `ConfigurationError` unless a composed configuration has the parts it needs."""
    for name in resolved:
        if name not in TOP_LEVEL:
            raise ConfigurationError(f"unknown name '{name}': {nearest(name, TOP_LEVEL)}")
    for name in ("city", "regime", "law", "parameters", "scenario", "shock", "study", "executor"):
        if not isinstance(resolved.get(name), dict):
            raise ConfigurationError(
                f"no {name} is chosen: name one of conf/{name}"
                if name in GROUPS
                else f"'{name}' is missing"
            )
    for name in ("scenario", "shock"):
        if not isinstance(resolved[name].get("changes"), list):
            raise ConfigurationError(f"{name}.changes must be a list of changes")


def _check_ceiling(world: World) -> None:
    """Make sure the thinned list of candidates can yield the largest inflow anybody asks for."""
    seasonal_inflow = 1.0 + world.demography.arrival_season
    if seasonal_inflow > world.demography.candidate_ceiling:
        raise ConfigurationError(
            "demography.candidate_ceiling is below the seasonal peak of the inflow "
            f"({seasonal_inflow:g})"
        )


def _whole_number(resolved: dict[str, Any], name: str, at_least: int) -> int:
    value = resolved[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ConfigurationError(f"{name} = {value} must be a whole number, at least {at_least}")
    return value
