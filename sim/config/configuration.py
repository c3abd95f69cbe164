"""Checking a composed configuration: every number against its range, every mistake in one line.

`sim.config.files` finds files, and `sim.config.composition` composes them.
"""

from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from sim.config.composition import as_dict, compose_configuration, normalise_overrides, one_line
from sim.config.entries import Entry
from sim.config.files import (
    GROUPS,
    check_choice,
    choices,
    configuration_files,
    configuration_folder,
    file_of,
)
from sim.config.mistakes import ConfigurationError, nearest
from sim.config.overrides import is_entry

__all__ = [
    "GROUPS",
    "ConfigurationError",
    "as_dict",
    "check_choice",
    "check_range",
    "choices",
    "compose_configuration",
    "configuration_files",
    "configuration_folder",
    "describe",
    "file_of",
    "nearest",
    "normalise_overrides",
    "one_line",
    "unwrap",
]


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
    if is_entry(node):
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
    # An unknown name is reported first: it usually explains a missing one (a misspelling).
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
