"""Parts of a composed configuration: required contents, and checks for visible mistakes."""

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from os import PathLike, fspath, sep
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.config.configuration import describe, unwrap
from sim.config.described import check_changes, check_described, check_summary
from sim.config.entries import Entry
from sim.config.extensions import KEY, kinds_of, world_type
from sim.config.files import GROUPS, Sources, check_name, looking_in, read_choice
from sim.config.legal_rules import check_law
from sim.config.mistakes import ConfigurationError, nearest, shortened
from sim.config.origin import where_of_change, with_file
from sim.config.strict_yaml import Document
from sim.config.world import World

if TYPE_CHECKING:
    from sim.config.scenario import Scenario

TOP_LEVEL = (
    "city", "regime", "law", "parameters", "scenario", "shock", "study", "executor",
    "seed", "days", "output", "scenarios", "replicates", "confidence",
    "person", "case", "nth", "seen_by", "differs", "factors", "store", "shard", "half_width",
    "outcome", "most_replicates", "design", "vary", "samples", "of", "from", "quantiles",
    "simulate", "beside", "find", "manifest", "policies", "command", "detail", "submodels",
)  # fmt: skip
"""Top-level names of a composed configuration."""
MOST_DAYS = 36_500
"""Longest run, in days: a hundred years."""
LARGEST_SEED = 10**18
"""Seeds of later replicates count up from the first, and have to fit into 64 bits."""
TOGETHER = " + "
"""Between the names of scenarios that are combined."""


_PART_OF_A_PATH = re.compile(r"\w[\w-]*")


def policy_of(
    name: str | PathLike[str] | Mapping[str, Any], used: Sources
) -> tuple[dict[str, Any], Sources]:
    """Return the description of a policy scenario, and the sources to find others beside it.

    Parameters
    ----------
    name : str, path or mapping
        As in `load_scenario`.
    used : Sources
        Where to look for a name.
    """
    if isinstance(name, Mapping):
        described = deepcopy(dict(name))
        stem = described.get("name")
        stem = checked_name("scenario", stem) if isinstance(stem, str) else "..."
        check_described("scenario", Document("scenario", described), stem, {})
        return described, used
    text = fspath(name)
    if isinstance(name, PathLike) or text.endswith((".yaml", ".yml")) or set(text) & {"/", sep}:
        path = Path(text)
        if not path.is_file():
            raise ConfigurationError(f"there is no file '{shortened(text)}'")
        if path.suffix != ".yaml":
            raise ConfigurationError(f"{text}: call it {path.stem}.yaml")
        in_conf = path.absolute().parent.name == "scenario"
        folder = path.absolute().parent.parent if in_conf else path.absolute().parent
        used, text = used.with_folder(folder, text, scenarios_only=not in_conf), path.stem
    with looking_in(used):
        return deepcopy(read_choice("scenario", text).value), used


def checked_name(group: str, name: object) -> str:
    """Return the name of a scenario, or of several combined, if it is valid."""
    for part in name.split(TOGETHER) if isinstance(name, str) else [name]:
        check_name(group, part)
    return str(name)


def check_institution_names(parts: dict[str, Any]) -> None:
    """Refuse names that cannot be part of a dotted path, as used by levers."""
    for section in ("institutions", "agencies"):
        for name in parts[section] if isinstance(parts[section], dict) else ():
            if not _PART_OF_A_PATH.fullmatch(str(name)):
                raise ConfigurationError(
                    f"{section}: '{shortened(name)}' cannot be a name: letters, digits, '_', '-'"
                )


def check_law_changes(scenario: "Scenario") -> None:
    """Make sure that every change of the law is to one that some law book contains."""
    world = scenario.world
    for number, change in enumerate(scenario.changes):
        if change.path.startswith("law."):
            start = world.city.start_date + timedelta(days=change.start_day)
            mistake = check_law(scenario.world_on(change.start_day).law, world.regime, start)
            if mistake:
                where = where_of_change("scenario", scenario.resolved["scenario"], number)
                raise ConfigurationError(f"{where}: {mistake}")


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
        described = resolved[name]
        document = Document(f"{name} {described.get('name')}", described)
        checked_name(name, described.get("name"))
        check_summary(document, described.get("summary") or described.get("name"), ("summary",))
        check_changes(document)
    checked_name("city", resolved["city"].get("name"))


def check_ceiling(world: World) -> None:
    """Make sure the thinned list of candidates can yield the largest inflow of any change."""
    seasonal_inflow = 1.0 + world.demography.arrival_season
    if seasonal_inflow > world.demography.candidate_ceiling:
        raise ConfigurationError(
            "demography.candidate_ceiling is below the seasonal peak of the inflow "
            f"({seasonal_inflow:g})"
        )


def world_of(resolved: dict[str, Any]) -> tuple[World, tuple[Any, ...], dict[str, Entry]]:
    """Return the world of a composed configuration.

    Returns
    -------
    world : World
    submodels : tuple of type
        User-defined submodels, whose parameters are part of the world.
    entries : dict
        Range, unit, tier and source of every number, by path.

    Raises
    ------
    ConfigurationError
        If any part of it is not valid.
    """
    entries: dict[str, Entry] = {}
    city = dict(resolved["city"])
    if not isinstance(city.get("institutions"), dict):
        mistake = "institutions: a city needs them: write them, or defaults: [almaty, _self_]"
        raise ConfigurationError(with_file(mistake, resolved))
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
        check_institution_names(parts)
        kinds = kinds_of(resolved.get(KEY))
        world = world_type(kinds).model_validate(parts)
    except ValidationError as error:
        raise ConfigurationError(with_file(describe(error, ""), resolved)) from error
    except ConfigurationError as error:
        raise ConfigurationError(with_file(str(error), resolved)) from error
    return world, kinds, entries


def whole_number(resolved: dict[str, Any], name: str, at_least: int, at_most: int) -> int:
    """Return a whole number of a configuration, if it lies within its limits."""
    value = resolved.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
        raise ConfigurationError(
            f"{name} = {shortened(value)} must be a whole number from {at_least} to {at_most:,}"
        )
    return value
