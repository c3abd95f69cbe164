"""Values of a world by path: the paths, the values, and the entry of each."""

from typing import Any

from sim.config.configuration import ConfigurationError
from sim.config.entries import Entry, Frozen
from sim.config.world import World


def value_paths(node: Any, path: str = "") -> list[str]:
    """Return the paths of all numbers and words below a node (a dumped world)."""
    if isinstance(node, dict):
        return [
            found
            for name, child in node.items()
            for found in value_paths(child, f"{path}.{name}" if path else name)
        ]
    is_value = isinstance(node, int | float | str) and not isinstance(node, bool)
    return [path] if is_value else []


def value_at(world: World, path: str) -> float | str:
    """Return a value; numbers as float."""
    value = raw_value_at(world, path)
    return value if isinstance(value, str) else float(value)


def raw_value_at(world: World, path: str) -> int | float | str:
    """Return a value as stored in the world."""
    node: Any = world
    for name in path.split("."):
        node = node[name] if isinstance(node, dict) else getattr(node, name)
    assert isinstance(node, int | float | str)
    return node


def exists(world: World, path: str) -> bool:
    """Return True if there is a number or word of that path."""
    node: Any = world
    for name in path.split("."):
        if isinstance(node, dict):
            node = node.get(name)
        else:
            node = getattr(node, name, None) if isinstance(node, Frozen) else None
    return isinstance(node, int | float | str) and not isinstance(node, bool)


def entry_of(path: str, entries: dict[str, Entry]) -> Entry:
    """Return the entry that a value, named by its path in the world, belongs to."""
    owners = [one for one in entries if f"{path}.".startswith(f"{one}.")]
    if not owners:
        raise ConfigurationError(f"{path} has no entry in this city's file: give it one first")
    return entries[max(owners, key=len)]


def with_resolved(resolved: dict[str, Any], path: str, value: float | str) -> dict[str, Any]:
    """Return a composed configuration in which a value of the world is replaced."""
    names = path.split(".")
    section = {"institutions": ["city"], "agencies": ["city"], "city": [], "regime": [], "law": []}
    names = [*section.get(names[0], ["parameters"]), *names]
    whole = dict(resolved)
    node: Any = whole
    for name in names[:-1]:
        if "value" in node and name not in node:  # an entry, whose value is a table
            node["value"] = dict(node["value"])
            node = node["value"]
        node[name] = dict(node[name])
        node = node[name]
    if "value" in node and names[-1] not in node:
        node["value"] = {**node["value"], names[-1]: value}
    elif isinstance(node[names[-1]], dict):
        node[names[-1]] = {**node[names[-1]], "value": value}
    else:
        node[names[-1]] = value
    return whole
