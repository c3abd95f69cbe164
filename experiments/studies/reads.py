"""The settings that each kind of study reads; setting any other is an error, not ignored."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console

from experiments.runs.designs import DRAWN
from sim.config.files import read_choice, study_settings
from sim.config.levers import is_of_a_later_year, unfinished_ramps
from sim.config.mistakes import ConfigurationError, nearest
from sim.config.scenario import Scenario, scenario_from

WORLD = frozenset({"city", "regime", "law", "parameters", "shock", "seed", "days", "submodels"})
EVERYWHERE = frozenset({"study", "executor", "output"})
RUNS = WORLD | EVERYWHERE | {"store", "shard"}
OF_A_STORE = EVERYWHERE | {"store"}
READS = {
    "compare": RUNS, "curves": RUNS, "factorial": RUNS, "sweep": RUNS,
    "meanfield": RUNS - {"submodels"},
    "run": RUNS - {"shard"} | {"scenario"},
    "story": RUNS - {"shard", "store"},
    "resume": OF_A_STORE | {"shard"},
    "expand": OF_A_STORE | {"shard"},
    "figures": OF_A_STORE,
    "check": OF_A_STORE,
    "rerun": OF_A_STORE | {"shard"},
    "levers": WORLD | EVERYWHERE,
}  # fmt: skip
"""What a kind of study reads in addition to the settings that its file in `conf/study` lists.

`executor` and `output` may always be given: they are often set once for many commands.
"""
FIXED = ("scenario.name", "shock.name", "city.name", "executor.name")
"""Names that are determined by files."""
SHOWN_RAMPS = 2


def read_by(kind: str) -> list[str]:
    """Return the names of the settings that a kind of study reads."""
    return sorted({*READS.get(kind, RUNS), *study_settings().get(kind, [])})


def check_given(kind: str, resolved: Mapping[str, Any], given: Sequence[str]) -> None:
    """Raise `ConfigurationError` if something was set that the study does not read.

    Parameters
    ----------
    kind : str
        Kind of study.
    resolved : mapping
        The composed configuration.
    given : sequence of str
        Names of the settings given on the command line.
    """
    known = read_by(kind)
    for path in given:
        if path in FIXED:
            raise ConfigurationError(f"'{path}' cannot be set: it is the name of the file")
        if path.startswith("study."):
            raise ConfigurationError(f"'{path}' cannot be set: choose a study by study=NAME")
        name = path.partition(".")[0].partition("@")[0]
        if name.startswith("hydra") or name in known or kind == "expand":
            continue
        if name == "scenario" and "scenarios" in known:
            raise ConfigurationError(f"study={kind} takes scenarios=[...], not scenario=")
        raise ConfigurationError(f"study={kind} does not read '{name}': {nearest(name, known)}")
    for name, condition in _idle(kind, resolved).items():
        if name in given:
            raise ConfigurationError(f"'{name}' has an effect only with {condition}")


def check_output(resolved: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` unless the output is the name of a folder."""
    output = resolved.get("output")
    if not isinstance(output, str) or not output:
        raise ConfigurationError(f"output = {output!r} must be the name of a folder")


def _idle(kind: str, resolved: Mapping[str, Any]) -> dict[str, str]:
    """Return settings without effect given the others, each with the condition it needs."""
    if kind in ("compare", "curves") and resolved.get("replicates") != "auto":
        return dict.fromkeys(("half_width", "outcome", "most_replicates"), "replicates=auto")
    if kind == "sweep" and resolved.get("design") not in DRAWN:
        return {"samples": f"a design that draws (design={' or '.join(DRAWN)})"}
    if kind == "meanfield" and resolved.get("simulate") is not True:
        names = ("replicates", "confidence", "shard", "store")
        return dict.fromkeys(names, "simulate=true")
    if kind == "story":
        alone = {} if len(resolved.get("scenarios") or []) > 1 else {"differs": "two scenarios"}
        if resolved.get("person") is None:
            return alone
        names = ("case", "nth", "seen_by", "differs")
        return dict.fromkeys(names, "no person= (a person is chosen already)")
    return {}


def unfinished(kind: str, resolved: Mapping[str, Any]) -> list[str]:
    """Return a line for every scenario (and the shock) with ramps that outlast the run."""
    if not READS.get(kind, RUNS) >= WORLD or not isinstance(resolved.get("days"), int):
        return []
    described = [("shock", resolved["shock"])]
    if kind == "run":
        described.append(("scenario", resolved["scenario"]))
    names = [*(resolved.get("scenarios") or []), *(resolved.get("factors") or [])]
    described += [("scenario", _described(str(name), resolved)) for name in names]
    lines = []
    for group, one in described:
        late = unfinished_ramps(one.get("changes", []), resolved["days"])
        if late:
            others = len(late) - SHOWN_RAMPS
            more = f" and {others} more" if others > 0 else ""
            lines.append(f"{group} {one['name']}: {'; '.join(late[:SHOWN_RAMPS])}{more}")
    return lines


def _described(name: str, resolved: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = resolved.get("policies") or {}
    if name in kept:
        return kept[name]
    try:
        return read_choice("scenario", name).value
    except ConfigurationError:
        return {}


def leave_out_law_in_force(resolved: dict[str, Any], console: Console) -> None:
    """Leave out scenarios that are the law in force already, and say what a later law rests on.

    Under the law of another day (`law=today`) a scenario that only introduces that law, or an
    earlier one, is the reference itself.
    """
    names = resolved.get("scenarios")
    if not isinstance(names, list) or not _is_a_later_law(resolved):
        return
    base = scenario_from(resolved)
    in_force = [name for name in names[1:] if _says_nothing(base, str(name), resolved)]
    resolved["scenarios"] = [name for name in names if name not in in_force]
    for name in in_force:
        console.print(
            f"Left out: {name} (its rules are in force already).", markup=False, highlight=False
        )
    console.print(
        f"Law as of {resolved['law']['as_of']}; prices, wages, shares and habits are those of "
        "2018: no survey shows what the new rules have changed in them.",
        markup=False, highlight=False,
    )  # fmt: skip


def _is_a_later_law(resolved: Mapping[str, Any]) -> bool:
    law, city = resolved.get("law"), resolved.get("city")
    if not isinstance(law, dict) or not isinstance(city, dict):
        return False
    try:
        in_force = date.fromisoformat(str(law.get("as_of")))
        return is_of_a_later_year(in_force, date.fromisoformat(str(city.get("start_date"))))
    except ValueError:
        return False


def _says_nothing(base: Scenario, name: str, resolved: Mapping[str, Any]) -> bool:
    """Return True if all changes that a scenario describes are in force already."""
    described = _described(name, resolved).get("changes")
    try:
        return bool(described) and not base.with_policy(name).changes
    except ConfigurationError:  # reported where the study looks it up
        return False


def say_unfinished_ramps(kind: str, resolved: Mapping[str, Any], console: Console) -> None:
    """Print a line about every policy that is not fully in force before the run ends."""
    for line in unfinished(kind, resolved):
        console.print(f"Not fully in force in this run: {line}.", markup=False, highlight=False)
