"""Scenarios: one world, and dated changes of its levers.

A policy scenario is a list of lever changes and nothing else; a shock is a list of changes of
outside conditions (see `sim.config.levers`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from pydantic import ValidationError

from sim.config.configuration import check_range, describe
from sim.config.described import check_changes
from sim.config.entries import Entry
from sim.config.files import COUNTERFACTUAL, Sources, looking_in, sources
from sim.config.levers import (
    BARRIER,
    COUNTERFACTUALS,
    Change,
    checked_changes,
    levers_with,
    shocks_with,
)
from sim.config.mistakes import ConfigurationError, nearest
from sim.config.parts import (
    LARGEST_SEED,
    MOST_DAYS,
    check_ceiling,
    check_law_changes,
    check_parts,
    checked_name,
    policy_of,
    whole_number,
    world_of,
)
from sim.config.paths import entry_of, exists, raw_value_at, value_at, value_paths, with_resolved
from sim.config.strict_yaml import Document
from sim.config.world import World


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
        Seed of all random draws, and the horizon the scenario was written for.
    entries : dict
        Range, unit, tier and source of every number, by path.
    resolved : dict
        The complete configuration as composed, for the manifest.
    sources : Sources
        Where to look for other scenarios by name.
    submodels : tuple of type
        User-defined submodels.
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
    sources: Sources = field(repr=False, compare=False)
    submodels: tuple[Any, ...] = ()

    def world_on(self, day: int) -> World:
        """Return the world of a day.

        Parameters
        ----------
        day : int
            Since the end of burn-in; before day 0 nothing changes.
        """
        return self.world if day < 0 else self.world_with(self.values_on(day))

    def world_with(self, values: Mapping[str, float | str]) -> World:
        """Return the world with changed values, e.g. those of a day.

        Parameters
        ----------
        values : mapping
            By path, as returned by `values_on`.
        """
        world = self.world
        for path, value in values.items():
            world = world.with_value(path, value)
        return world

    def values_on(self, day: int) -> dict[str, float | str]:
        """Return the value that each changed path has on a day.

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
        >>> from sim import load_scenario
        >>> scenario = load_scenario("arrival_briefing")
        >>> scenario.values_on(364)
        {'information.briefing_coverage': 0.7}
        """
        values = dict(self._base_values)
        for change in self._changes_by_day:
            before, progress = values[change.path], change.progress(day)
            if isinstance(before, float) and isinstance(change.value, float):
                values[change.path] = before + progress * (change.value - before)
            elif progress > 0.0:
                values[change.path] = change.value
        return values

    @cached_property
    def _changes_by_day(self) -> list[Change]:
        return sorted(self.changes + self.shocks, key=lambda one: one.start_day)

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

        Raises
        ------
        ConfigurationError
            If it is not such a number.
        """
        given: Any = seed
        given = int(given) if isinstance(given, np.integer) else given
        whole = whole_number({"seed": given}, "seed", 0, LARGEST_SEED)
        return replace(self, seed=whole, resolved={**self.resolved, "seed": whole})

    def with_policy(self, name: str | PathLike[str] | Mapping[str, Any]) -> "Scenario":
        """Return another policy scenario in the same world and seed.

        Parameters
        ----------
        name : str, path or mapping
            As in `load_scenario`; names are looked up where this scenario was found.

        Raises
        ------
        ConfigurationError
            If there is no such scenario or it is not valid here.
        """
        stored = self.resolved.get("policies", {})
        if name in stored:  # as it was when the study started
            return scenario_from({**self.resolved, "scenario": stored[name]})
        described, used = policy_of(name, self.sources)
        with looking_in(used):
            return scenario_from({**self.resolved, "scenario": described})

    def with_policies(self, names: Sequence[str], name: str = "combination") -> "Scenario":
        """Return several policy scenarios together, in the same world and seed.

        Parameters
        ----------
        names : sequence of str
            Names of files of `conf/scenario/`.
        name : str
            Name of the combination.

        Raises
        ------
        ConfigurationError
            If there is no such scenario, one is a counterfactual, or two of them change one lever
            to different values.
        """
        together: dict[str, tuple[str, dict[str, Any]]] = {}
        for policy in names:
            scenario = self.with_policy(policy)
            if scenario.resolved["scenario"].get(COUNTERFACTUAL):
                raise ConfigurationError(
                    f"'{policy}' is a counterfactual, which is not combined with policies"
                )
            for change in scenario.changes:
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
        """Return the same scenario in a world where some values differ from the outset.

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
            world = type(world).model_validate(world.model_dump())
        except ValidationError as error:
            raise ConfigurationError(describe(error, "")) from error
        check_ceiling(world)
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
        """Return a number in the type of a value of the world: whole if that value is whole.

        Parameters
        ----------
        path : str
            Path of the value.
        value : float
            The desired number, in the unit of its entry.
        """
        return round(value) if isinstance(raw_value_at(self.world, path), int) else value

    def with_changes(
        self, changes: Sequence[Change | Mapping[str, Any]], name: str | None = None
    ) -> "Scenario":
        """Return the same scenario with more lever changes (checked).

        Existing changes stay: changes of other paths, and of the same path on other days (a later
        change begins from the value that the earlier one has reached). To replace changes, remove
        them first: ``scenario.without_changes([path])``.

        Parameters
        ----------
        changes : sequence of Change, or of mappings with its fields
            E.g. ``[{"path": "information.ngo_reach", "value": 0.5, "start_day": 0}]``.
        name : str, optional
            Name for reports; by default the name stays the same.

        Raises
        ------
        ConfigurationError
            If a change is not valid, or there is already one of the same path on the same day.
        TypeError
            If `changes` is not a sequence of changes.
        """
        if isinstance(changes, Change | Mapping | str):
            raise TypeError("changes: give a list of changes, e.g. with_changes([change])")
        added = [one.model_dump() if isinstance(one, Change) else dict(one) for one in changes]
        return self._with_only([*(one.model_dump() for one in self.changes), *added], name)

    def without_changes(self, paths: Collection[str]) -> "Scenario":
        """Return the same scenario without its changes of some levers.

        Parameters
        ----------
        paths : collection of str
            Paths of levers, e.g. ``["information.ngo_reach"]``.
        """
        return self._with_only(
            [one.model_dump() for one in self.changes if one.path not in paths], None
        )

    def _with_only(self, changes: list[dict[str, Any]], name: str | None) -> "Scenario":
        policy = {
            "name": self.name if name is None else checked_name("scenario", name),
            "summary": self.summary,
            "changes": changes,
        }
        check_changes(Document(f"scenario {policy['name']}", policy))
        with looking_in(self.sources):
            checked = checked_changes(
                policy, levers_with(self.submodels), "lever", self.days, self.world, self.entries
            )
        changed = replace(
            self, name=str(policy["name"]), changes=checked,
            resolved={**self.resolved, "scenario": policy},
        )  # fmt: skip
        check_law_changes(changed)
        return changed


def scenario_from(resolved: dict[str, Any]) -> Scenario:
    """Build a scenario from a composed configuration.

    Raises
    ------
    ConfigurationError
        If any part of it is not valid.
    """
    check_parts(resolved)
    world, kinds, entries = world_of(resolved)
    seed = whole_number(resolved, "seed", 0, LARGEST_SEED)
    days = whole_number(resolved, "days", 1, MOST_DAYS)
    policy, shock = resolved["scenario"], resolved["shock"]
    kind, whitelist = "lever", levers_with(kinds)
    if policy.get(COUNTERFACTUAL):
        kind, whitelist = BARRIER, COUNTERFACTUALS
    scenario = Scenario(
        name=policy["name"],
        summary=policy["summary"],
        world=world,
        changes=checked_changes(policy, whitelist, kind, days, world, entries),
        shock=shock["name"],
        shocks=checked_changes(shock, shocks_with(kinds), "shock", days, world, entries),
        seed=seed,
        days=days,
        entries=entries,
        resolved=resolved,
        sources=sources(),
        submodels=kinds,
    )
    check_ceiling(world)
    check_law_changes(scenario)
    return scenario
