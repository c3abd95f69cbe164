"""Run specifications and plans: the runs of a study.

A run is defined by one city: its world, the dated changes of levers and outside conditions, the
horizon, the seed, and the version of the model. Its id is a hash of exactly these. So the same run
is recognised under any name and in any study, and never needs to be carried out twice. Names of
scenarios are only labels of rows: nothing is looked up by them, and the worker that carries out a
run computes its id again from the scenario it actually runs.

Runs that share world and seed share a burn-in; a plan keeps them together in *bundles*, each of
which is carried out by one worker and stored in one step.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

import sim
from sim.config.configuration import ConfigurationError
from sim.config.extensions import fingerprint_of
from sim.config.levers import Change
from sim.config.scenario import Scenario

LEVER = "levers."
"""Prefix of the path of a lever: its value is set on day 0, not in the world of the burn-in."""
BUNDLE_SECONDS, BIGGEST_BUNDLE_SECONDS = 8.0, 60.0
"""Approximate amount of work in a bundle, and its limit if the runs share a burn-in."""
LEAST_BUNDLES = 16
"""Number of bundles of a small study, if it has that many burn-ins, so that no worker is idle."""
SECONDS_A_RUN, AGENT_DAYS_A_SECOND = 0.3, 6e6
"""Approximate cost of a run; only used to cut bundles, so rough numbers are enough."""

NOT_IN_RESULTS = ("__main__.py", "config/help.py", "precompile.py")
"""Modules of `sim` for calling or preparing it, which change no result."""
MAKES_RESULTS = (
    "plan.py", "worker.py", "store.py", "bundles.py", "sealed_files.py", "index.py",
)  # fmt: skip
"""Modules of `experiments.runs` that plan, carry out and store runs. (What a sweep varies is part
of the id of its runs; figures, tables and statistics are made from what is stored.)"""


@dataclass(frozen=True)
class PlannedRun:
    """One run of a plan.

    Attributes
    ----------
    run : str
        Id: a hash of all that the result depends on.
    past : str
        Hash of what the burn-in depends on; equal pasts are simulated once.
    scenario : str
        Name of the policy scenario, as results are labelled.
    base : Scenario
        The policy scenario itself, before values of the sample are set.
    sample : int
        Number of the parameter sample (0 if nothing is varied).
    values : dict
        Values of the sample by path; those that begin with `levers.` apply from day 0 on.
    seed : int
    seconds : float
        Estimated cost.
    """

    run: str
    past: str
    scenario: str
    base: Scenario = field(repr=False, hash=False, compare=False)
    sample: int
    values: Mapping[str, float | str] = field(hash=False)
    seed: int
    seconds: float


@dataclass(frozen=True)
class Bundle:
    """Runs that one worker carries out and that are stored together.

    Attributes
    ----------
    name : str
        Hash of the ids of its runs; for runs that failed before, the bundle they failed in.
    runs : tuple of PlannedRun
        Runs that share a past are adjacent.
    retried : bool
        Whether the runs are stored as failed in the bundle of that name.
    """

    name: str
    runs: tuple[PlannedRun, ...]
    retried: bool = False

    def parts(self) -> list["Bundle"]:
        """Return the bundle as bundles of one run each."""
        return [replace(self, runs=(run,)) for run in self.runs]


@cache
def model_version() -> str:
    """Return the version of the model: its number and a fingerprint of all code that makes results.

    Results of different code are never mixed, even if the number was not raised.
    """
    package, runs = Path(sim.__file__).parent, Path(__file__).parent
    sources = {one.relative_to(package).as_posix(): one for one in package.rglob("*.py")}
    sources |= {f"experiments/runs/{name}": runs / name for name in MAKES_RESULTS}
    fingerprint = blake2b(digest_size=4)
    for name in sorted(sources.keys() - set(NOT_IN_RESULTS)):
        fingerprint.update(name.encode())
        fingerprint.update(sources[name].read_bytes())
    return f"{sim.__version__}-{fingerprint.hexdigest()}"


class Identity(NamedTuple):
    """What identifies a run.

    Attributes
    ----------
    run : str
        Hash of all that the result depends on.
    past : str
        Hash of what the burn-in depends on.
    """

    run: str
    past: str


class Content(NamedTuple):
    """Hashes of a scenario without its seed: of all of it, and of the world alone."""

    whole: str
    world: str

    def identity(self, seed: int) -> Identity:
        """Return the identity of the run under a seed."""
        return Identity(_hash(self.whole, seed), _hash(self.world, seed))


def content_of(scenario: Scenario) -> Content:
    """Return hashes of the content of a scenario, without its name."""
    world = scenario.world.model_dump_json()
    if scenario.submodels:  # part of what the burn-in depends on
        world = _hash(world, [fingerprint_of(kind) for kind in scenario.submodels])
    whole = _hash(
        world, scenario.days,
        [one.model_dump() for one in scenario.changes],
        [one.model_dump() for one in scenario.shocks],
    )  # fmt: skip
    return Content(whole, world)


def identity_of(scenario: Scenario) -> Identity:
    """Return the identity of the run of a scenario under its own seed."""
    return content_of(scenario).identity(scenario.seed)


class IdentityError(Exception):
    """A run is not the one planned: its result would be stored under the id of another run."""


def scenario_to_run(run: PlannedRun) -> Scenario:
    """Return the scenario of a planned run, with its seed and the values of its sample.

    Raises
    ------
    IdentityError
        If its id is not that of the plan.
    """
    scenario = scenario_of(run.base, run.values).with_seed(run.seed)
    found = identity_of(scenario)
    if found != (run.run, run.past):
        raise IdentityError(
            f"planned as run {run.run}, but its scenario is that of run {found.run}"
        )
    return scenario


def scenario_of(base: Scenario, values: Mapping[str, float | str]) -> Scenario:
    """Return a scenario with the values of a sample.

    Raises
    ------
    ConfigurationError
        If a path is unknown, or a value out of its range.
    """
    in_world = {path: value for path, value in values.items() if not path.startswith(LEVER)}
    on_day_0 = [
        Change(path=path.removeprefix(LEVER), value=value, start_day=0)
        for path, value in values.items()
        if path.startswith(LEVER)
    ]
    scenario = base.with_values(in_world) if in_world else base
    if not on_day_0:
        return scenario
    # A lever that is varied replaces the scenario's own change of it.
    return scenario.without_changes([one.path for one in on_day_0]).with_changes(on_day_0)


def plan_runs(
    scenarios: Iterable[Scenario],
    seeds: Iterable[int],
    samples: Iterable[Mapping[str, float | str]] = ({},),
) -> list[PlannedRun]:
    """Return the runs of every scenario under every sample and seed.

    Varied levers do not affect the first scenario if there are others: it is the reference.

    Raises
    ------
    ConfigurationError
        If two scenarios have the same name: their results could not be told apart.
    """
    scenarios, seeds = list(scenarios), list(seeds)
    twice = [name for name, count in Counter(one.name for one in scenarios).items() if count > 1]
    if twice:
        raise ConfigurationError(
            f"two scenarios are called '{twice[0]}': give each a different name"
        )
    runs = []
    for number, values in enumerate(samples):
        for place, base in enumerate(scenarios):
            mine = values if place or len(scenarios) == 1 else _of_world(values)
            scenario = scenario_of(base, mine)
            content = content_of(scenario)
            seconds = SECONDS_A_RUN + (
                scenario.world.city.population * scenario.days / AGENT_DAYS_A_SECOND
            )
            runs += [
                PlannedRun(*content.identity(seed), base.name, base, number, mine, seed, seconds)
                for seed in seeds
            ]
    return _in_order(runs)


def _of_world(values: Mapping[str, float | str]) -> Mapping[str, float | str]:
    return {path: value for path, value in values.items() if not path.startswith(LEVER)}


def _hash(*parts: Any) -> str:
    text = json.dumps([model_version(), *parts], sort_keys=True)
    return blake2b(text.encode(), digest_size=12).hexdigest()


def _in_order(runs: list[PlannedRun]) -> list[PlannedRun]:
    """Return runs grouped by past, with pasts in the order of seeds and samples."""
    first: dict[str, tuple[int, int]] = {}
    for run in runs:
        place = (run.seed, run.sample)
        first[run.past] = min(first.get(run.past, place), place)
    return sorted(runs, key=lambda run: (*first[run.past], run.past))


def bundle_of(runs: Iterable[PlannedRun]) -> Bundle:
    """Return runs as a bundle, named after their ids."""
    members = tuple(runs)
    name = blake2b("".join(run.run for run in members).encode(), digest_size=8).hexdigest()
    return Bundle(name, members)


def bundles_of(runs: list[PlannedRun]) -> list[Bundle]:
    """Cut a plan into bundles; a run that occurs twice (under two names) is carried out once."""
    once = list({run.run: run for run in runs}.values())
    enough = min(BUNDLE_SECONDS, sum(run.seconds for run in once) / LEAST_BUNDLES)
    bundles: list[Bundle] = []
    open_bundle: list[PlannedRun] = []
    seconds = 0.0

    def close() -> None:
        nonlocal seconds
        if open_bundle:
            bundles.append(bundle_of(open_bundle))
            open_bundle.clear()
            seconds = 0.0

    for _, of_past in groupby(once, key=lambda run: run.past):
        for run in of_past:
            if seconds + run.seconds > BIGGEST_BUNDLE_SECONDS:
                close()
            open_bundle.append(run)
            seconds += run.seconds
        if seconds >= enough:
            close()
    close()
    return bundles


def plan_table(
    bundles: list[Bundle], runs: list[PlannedRun], stored: Mapping[str, str]
) -> pd.DataFrame:
    """Return a plan as a table: one row per run, with a column for every value that is varied.

    Parameters
    ----------
    bundles : list of Bundle
        Bundles of the runs that are still to be carried out.
    runs : list of PlannedRun
    stored : mapping
        Bundle of each run that is already in the store, by run.
    """
    bundle_of = {**stored, **{run.run: one.name for one in bundles for run in one.runs}}
    return pd.DataFrame(
        [
            {
                "run": run.run, "bundle": bundle_of[run.run], "scenario": run.scenario,
                "sample": run.sample, "seed": run.seed, **run.values,
            }
            for run in runs
        ]
    )  # fmt: skip
