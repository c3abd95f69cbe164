"""From files and command-line words to a checked configuration, or one clear line.

Hydra composes `conf/`; this module finds the folder, lets an override name a parameter with or
without its `.value`, and turns every mistake into a `ConfigurationError` that says what is
wrong and what the nearest valid name or the allowed range is.
"""

import os
from collections.abc import Iterable, Sequence
from copy import deepcopy
from difflib import get_close_matches
from functools import lru_cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ValidationError

from sim.tables import Entry

GROUPS = ("city", "scenario", "shock", "study", "executor")
"""Folders of `conf/` from which one file is chosen by name."""

MOST_NAMES = 12
"""Longest list of names shown in a message."""

_METADATA = set(Entry.model_fields)


class ConfigurationError(ValueError):
    """A mistake in the configuration, worded for the person who made it."""


def configuration_folder() -> Path:
    """Return the folder with the configuration files.

    The environment variable `ALMATY_CONF` wins, then the checkout's `conf/`, then the copy
    inside an installed package.
    """
    chosen = os.environ.get("ALMATY_CONF")
    if chosen:
        folder = Path(chosen).resolve()
        if not (folder / "config.yaml").is_file():
            raise ConfigurationError(f"ALMATY_CONF: no config.yaml in {chosen}")
        return folder
    package = Path(__file__).resolve().parent
    checkout = package.parent / "conf"
    return checkout if (checkout / "config.yaml").is_file() else package / "conf"


def choices(group: str) -> dict[str, str]:
    """Return the files of a group with the one-line summary of each, by name."""
    found = {}
    for path in sorted((configuration_folder() / group).glob("*.yaml")):
        content = OmegaConf.load(path)
        assert isinstance(content, DictConfig)
        summary = content.get("summary") or content.get("study", {}).get("summary", "")
        found[path.stem] = str(summary)
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest valid name, or all of them when none is near."""
    names = sorted(known)
    # A long list helps nobody: then rather a distant name.
    cutoff = 0.5 if len(names) <= MOST_NAMES else 0.2
    close = get_close_matches(name, names, n=1, cutoff=cutoff)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(names)}"


def check_choice(group: str, name: str) -> None:
    """Raise `ConfigurationError` unless a group has a file of that name."""
    known = [path.stem for path in (configuration_folder() / group).glob("*.yaml")]
    if name not in known:
        raise ConfigurationError(f"unknown {group} '{name}': {nearest(name, known)}")


class Composed(NamedTuple):
    """A composed configuration: its parts, and whether some refer to others."""

    parts: dict[str, Any]
    has_references: bool


def compose_configuration(overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Compose `conf/config.yaml` with overrides in Hydra's syntax.

    Returns
    -------
    dict
        Plain nested dictionaries, without Hydra's own part.

    Raises
    ------
    ConfigurationError
        If a file, name or value is not valid.
    """
    normalised = normalise_overrides(overrides)
    parsed = OverridesParser.create().parse_overrides(normalised)
    selections = [str(one.input_line) for one in parsed if one.key_or_group in GROUPS]
    changes = [one for one in parsed if one.key_or_group not in GROUPS]
    composed = _compose(selections)
    if composed.has_references or not all(_is_plain(one, composed.parts) for one in changes):
        return deepcopy(_compose(normalised).parts)
    # Hydra takes half a second, so values are put into what it has composed before.
    parts = deepcopy(composed.parts)
    for one in changes:
        *names, last = one.key_or_group.split(".")
        reduce(getitem, names, parts)[last] = one.value()
    return parts


def _is_plain(change: Override, parts: dict[str, Any]) -> bool:
    """Return whether an override does no more than put a value in the place of another."""
    text = str(change.input_line)
    if text.startswith(("+", "~")) or change.package or change.is_sweep_override():
        return False
    if "${" in text or "???" in text:  # refers to another value, or to none
        return False
    node: Any = parts
    for name in change.key_or_group.split("."):
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    # Dictionaries would be merged.
    return not isinstance(node, dict) and isinstance(node, list) <= isinstance(change.value(), list)


def normalise_overrides(overrides: Sequence[str]) -> list[str]:
    """Check the names in overrides and let parameters be named without `.value`.

    `parameters.illness.acute_rate=1.2` becomes `parameters.illness.acute_rate.value=1.2`.

    Raises
    ------
    ConfigurationError
        If an override is malformed or names something that does not exist.
    """
    parser = OverridesParser.create()
    selections: list[str] = []
    parsed = []
    for text in overrides:
        try:
            override = parser.parse_override(text)
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigurationError(
                f"cannot read '{text}': write name=value, e.g. seed=3"
            ) from error
        key = override.key_or_group
        parsed.append((text, key, override.value()))
        if key in GROUPS and not override.is_delete():
            value = override.value()
            if isinstance(value, str):
                check_choice(key, value)
                selections.append(text)
            elif override.is_sweep_override():
                names = [str(one) for one in override.sweep_iterator()]
                for name in names:
                    check_choice(key, name)
                selections.append(f"{key}={names[0]}")
            else:
                raise ConfigurationError(f"'{text}': name a file of conf/{key}")
    base = _compose(selections).parts
    return [_normalise(text, key, value, base) for text, key, value in parsed]


def _compose(overrides: Sequence[str]) -> Composed:
    return _composed(configuration_folder(), tuple(overrides))


@lru_cache(maxsize=64)
def _composed(folder: Path, overrides: tuple[str, ...]) -> Composed:
    # A running Hydra application must not lose its own state.
    outer = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(folder), version_base="1.3"):
            configuration = compose("config", overrides=list(overrides))
        parts = as_dict(configuration)
        return Composed(parts, parts != OmegaConf.to_container(configuration))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(one_line(error)) from error
    finally:
        GlobalHydra.instance().clear()
        if outer is not None:
            GlobalHydra.instance().initialize(outer)


def as_dict(configuration: DictConfig) -> dict[str, Any]:
    """Return a configuration composed by Hydra as plain dictionaries, without its own part."""
    plain = OmegaConf.to_container(configuration, resolve=True)
    assert isinstance(plain, dict)
    plain.pop("hydra", None)
    return {str(name): value for name, value in plain.items()}


def _normalise(text: str, key: str, value: Any, base: dict[str, Any]) -> str:
    if key in GROUPS or key.startswith("hydra") or text.startswith(("+", "~")):
        return text
    node: Any = base
    names = key.split(".")
    for position, name in enumerate(names):
        if _is_entry(node):
            if name in _METADATA:
                return text
            return text.replace(key, ".".join([*names[:position], "value", *names[position:]]), 1)
        if not isinstance(node, dict) or name not in node:
            where = ".".join(names[:position])
            place = f" in {where}" if where else ""
            known = list(node) if isinstance(node, dict) else []
            if not known:
                raise ConfigurationError(f"'{where}' is a single value: it has no '{name}'")
            raise ConfigurationError(f"unknown name '{name}'{place}: {nearest(name, known)}")
        node = node[name]
    if _is_entry(node):
        return text.replace(key, f"{key}.value", 1)
    if isinstance(node, dict) and isinstance(value, int | float):
        first = next(iter(node))
        raise ConfigurationError(
            f"'{text}': '{key}' has values of its own: set one of them, e.g. {key}.{first}=..."
        )
    return text


def _is_entry(node: Any) -> bool:
    return isinstance(node, dict) and "value" in node and "tier" in node


def unwrap(node: Any, path: str, entries: dict[str, Entry]) -> Any:
    """Replace every entry below a configuration node by its value.

    Parameters
    ----------
    node : nested dict
        A part of the composed configuration.
    path : str
        Dotted path of the node, for messages and for `entries`.
    entries : dict
        Receives each entry under its path.

    Raises
    ------
    ConfigurationError
        If an entry is incomplete or a value lies outside its range.
    """
    if _is_entry(node):
        try:
            entry = Entry.model_validate(node)
        except ValidationError as error:
            raise ConfigurationError(describe(error, path)) from error
        check_range(entry.value, entry, path)
        entries[path] = entry
        return entry.value
    if isinstance(node, dict):
        return {
            name: unwrap(child, f"{path}.{name}" if path else str(name), entries)
            for name, child in node.items()
        }
    return node


def check_range(value: Any, entry: Entry, path: str) -> None:
    """Raise `ConfigurationError` unless every number in `value` lies in the entry's range."""
    if isinstance(value, dict):
        for name, child in value.items():
            check_range(child, entry, f"{path}.{name}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{path}: {value!r} is not a number")
    elif not entry.low <= value <= entry.high:
        raise ConfigurationError(
            f"{path} = {value:g} is outside its range {entry.low:g} to {entry.high:g} "
            f"({entry.unit})"
        )


def describe(error: ValidationError, path: str) -> str:
    """Return the first mistake of a validation error as one line."""
    mistakes = error.errors()
    # An unknown name explains a missing one better than the other way round.
    first = min(mistakes, key=lambda one: one["type"] != "extra_forbidden")
    where = ".".join([path, *(str(part) for part in first["loc"])]).strip(".")
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        missing = [str(one["loc"][-1]) for one in mistakes if one["type"] == "missing"]
        close = get_close_matches(str(first["loc"][-1]), missing, n=1, cutoff=0.5)
        message = "unknown name" + (f": did you mean '{close[0]}'?" if close else "")
    elif first["type"] == "missing":
        message = "value missing"
    return f"{where}: {message}"


def one_line(error: Exception) -> str:
    """Return the first sentence of a library's message, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
