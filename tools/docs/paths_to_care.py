"""The paths by which policies can change care, from `docs/data/paths_to_care.yaml`."""

from functools import cache
from typing import TypedDict

import yaml

from tools.docs import DATA
from tools.docs.markdown_tables import number, table

PATHS = DATA / "paths_to_care.yaml"


class PathToCare(TypedDict):
    """One path: in plain words, and the values at which nothing passes."""

    through: str
    cut: dict[str, float]


@cache
def paths_to_care() -> dict[str, list[PathToCare]]:
    """Return the paths of each policy, in the order of the file."""
    found: dict[str, list[PathToCare]] = yaml.safe_load(PATHS.read_text(encoding="utf-8"))
    return found


def all_cut(policy: str) -> dict[str, float]:
    """Return the values at which all paths of a policy are cut, by path."""
    return {path: value for one in paths_to_care()[policy] for path, value in one["cut"].items()}


def listed() -> str:
    """Return a table of the paths of all policies and what cuts them.

    Policies that have the same paths share their rows.
    """
    policies: dict[str, list[str]] = {}
    for policy, paths in paths_to_care().items():
        policies.setdefault(repr(paths), []).append(policy)
    rows = []
    for names in policies.values():
        for place, one in enumerate(paths_to_care()[names[0]]):
            whose = ", ".join(f"`{name}`" for name in names) if place == 0 else ""
            cut = "; ".join(f"`{path}` {number(value)}" for path, value in one["cut"].items())
            rows.append((whose, one["through"], cut))
    return table(("scenario", "it can change care because", "nothing passes with"), rows)
