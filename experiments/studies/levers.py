"""study=levers: list what a scenario may change, with meaning, value and range; run nothing."""

from textwrap import wrap
from typing import Any

from rich.console import Console

from sim.config.configuration import ConfigurationError, nearest
from sim.config.lever_costs import cost_of_lever
from sim.config.levers import lever_paths, levers_with
from sim.config.mistakes import shortened
from sim.config.paths import value_at
from sim.config.scenario import Scenario, scenario_from

WIDTH = 80
INDENT = "    "


def run(resolved: dict[str, Any], console: Console) -> int:
    """Print the levers of a configuration (all, or those that match a word); return the status."""
    scenario = scenario_from(resolved)
    word = resolved.get("find")
    lines = described_levers(scenario, None if word is None else str(word))
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    return 0


def described_levers(scenario: Scenario, word: str | None = None) -> list[str]:
    """Return a description of each lever, in lines of at most 80 characters.

    Parameters
    ----------
    scenario : Scenario
        Its world holds the current values of the levers.
    word : str, optional
        Only levers with this word in their path, unit or source.

    Raises
    ------
    ConfigurationError
        If no lever matches the word.
    """
    lines, found = [], 0
    paths = [
        path
        for path in lever_paths(scenario.world, levers_with(scenario.submodels))
        if _may_change(path, scenario)
    ]
    for path in paths:
        entry = scenario.entry_at(path) if not path.startswith("law.") else None
        unit = "a law book or a date" if entry is None else entry.unit
        source = "" if entry is None else entry.source
        text = f"{path} {unit} {source} {_institution(path, scenario)}"
        if word is not None and word.casefold() not in text.casefold():
            continue
        found += 1
        today = value_at(scenario.world, path)
        value = f"{today:g}" if isinstance(today, float) else today
        between = "" if entry is None else f" ({entry.low:g} to {entry.high:g})"
        about = "; ".join(
            one for one in (unit, _institution(path, scenario), f"source: {source}") if one
        )
        cost = cost_of_lever(path, scenario.world, scenario.submodels)
        lines += [*_wrapped(f"{path} = {value}{between}", ""), *_wrapped(about, INDENT)]
        lines += _wrapped(f"{'' if cost.not_costed else 'cost: '}{cost}".replace("`", ""), INDENT)
    if not found:
        raise ConfigurationError(
            f"find = {shortened(word)}: no lever has that in its path, unit or source: "
            f"{nearest(str(word), paths)}"
        )
    total = f"{found} levers" if word is None else f"{found} of {len(paths)} levers"
    return [*lines, f"{total}; a scenario changes them by path, from a day on (docs/extend.md)."]


def _may_change(path: str, scenario: Scenario) -> bool:
    """Return True if a lever has a range in the file of this city, so that it can be changed."""
    try:
        return path.startswith("law.") or scenario.entry_at(path) is not None
    except ConfigurationError:
        return False


def _institution(path: str, scenario: Scenario) -> str:
    """Return the description of the institution that a lever belongs to."""
    section, _, rest = path.partition(".")
    name = rest.partition(".")[0]
    if section == "institutions":
        return scenario.world.institutions[name].summary
    return scenario.world.agencies[name].summary if section == "agencies" else ""


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + INDENT)
