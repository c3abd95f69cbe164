"""What all studies have in common: plan, carry out what is not stored yet, report from the store.

A study is written down in the store before its first run and is named after its runs. The same
command (or `study=resume`) goes on where it was stopped, by whatever; results come from the store
alone, so they are the same whether or not anything was interrupted.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from experiments.executors import carry_out
from experiments.progress import progress_display
from experiments.results import code_and_packages
from experiments.runs import BundleResult, carry_out_bundle, failed, joined
from experiments.settings import executor_of, output_folder, shard_of, store_path
from experiments.specifications import (
    Bundle,
    PlannedRun,
    bundles_of,
    model_version,
    plan_table,
)
from experiments.store import Store, StoredStudy
from sim.compile_ahead import compile_rules_once
from sim.scenario import Scenario

INTERRUPTED, FAILED = 130, 1
SHOWN_FAILURES = 5


@dataclass(frozen=True)
class Results:
    """What a store holds of a study."""

    store: Store
    study: StoredStudy

    def table(self, name: str, where: Any = (), **which: Any) -> pd.DataFrame:
        """Return a result table with scenario, sample, seed and what was varied in front.

        Parameters
        ----------
        name, where, **which
            As of `Store.read`.
        """
        return self.store.read(name, self.study.plan, where=where, **which)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Return the runs that failed: stage, error and traceback."""
        return self.table("failures")

    @property
    def failed_seeds(self) -> list[int]:
        """Return the seeds of runs that failed."""
        return sorted(self.failures["seed"].unique().tolist()) if len(self.failures) else []

    @property
    def cpu_seconds(self) -> float:
        """Return what all runs together cost."""
        times = self.table("times")
        if times.empty:
            return 0.0
        return round(float(times[["cpu_seconds", "burn_in_cpu_seconds"]].to_numpy().sum()), 1)

    def whole_seeds(self, scenarios: int) -> list[int]:
        """Return the seeds under which every scenario has a result, under every sample."""
        runs = self.table("runs")
        if runs.empty:
            return []
        samples = self.study.plan["sample"].nunique()
        found = runs.groupby("seed").size()
        return [int(seed) for seed in found.index[found == scenarios * samples]]

    @property
    def varied(self) -> list[str]:
        """Return the paths of what was varied."""
        fixed = ("run", "bundle", "scenario", "sample", "seed")
        return [name for name in self.study.plan.columns if name not in fixed]


@dataclass(frozen=True)
class CarriedOut:
    """How it went: results so far, and whether it was interrupted or belongs to other shards."""

    results: Results
    output: Path
    missing: int
    interrupted: bool

    @property
    def status(self) -> int:
        """Return the exit status."""
        if self.interrupted:
            return INTERRUPTED
        return FAILED if len(self.results.failures) else 0

    @property
    def left_to_others(self) -> bool:
        """Return whether other shards have to finish before there is something to report."""
        return self.missing > 0 and not self.interrupted


def carry_out_study(
    kind: str,
    resolved: dict[str, Any],
    scenarios: list[Scenario],
    runs: list[PlannedRun],
    console: Console,
) -> CarriedOut:
    """Carry out those runs of a plan that the store does not hold.

    Parameters
    ----------
    kind : str
        Name of the study.
    resolved : dict
        The composed configuration.
    scenarios : list of Scenario
        Policy scenarios of the plan.
    runs : list of PlannedRun
    """
    executor, shard = executor_of(resolved), shard_of(resolved)
    output = output_folder(resolved)
    store = Store.for_writing(store_path(resolved, output))
    study = write_down(store, kind, resolved, scenarios, runs)
    by_name = {one.name: one for one in scenarios}
    waiting = _waiting(store, study, by_name, runs)
    different = study.plan["run"].nunique()
    stored = different - sum(len(bundle.runs) for bundle in waiting)
    if stored:
        console.print(f"{stored} of {different} runs are in the store already.")
    mine = waiting if shard is None else waiting_of_shard(store, study, waiting, shard)
    interrupted = False
    total = sum(len(bundle.runs) for bundle in mine)
    if total:
        with progress_display(console, total) as advance:
            try:
                for bundle, result in _bundle_by_bundle(executor, mine):
                    store.keep(bundle.name, result.tables)
                    advance(len(bundle.runs), len(result.tables["failures"]))
            except KeyboardInterrupt:
                interrupted = True
    left = [bundle for bundle in waiting if not store.has(bundle.name)]
    missing = sum(len(bundle.runs) for bundle in left)
    done = CarriedOut(Results(store, study), output, missing, interrupted)
    _say_what_is_missing(console, done)
    return done


def write_down(
    store: Store,
    kind: str,
    resolved: dict[str, Any],
    scenarios: list[Scenario],
    runs: list[PlannedRun],
) -> StoredStudy:
    """Return the study of a plan as it stands in a store; write it down if it is new."""
    labelled = "".join(f"{run.run}{run.scenario}{run.sample}" for run in runs)
    name = f"{kind}-{blake2b(labelled.encode(), digest_size=4).hexdigest()}"
    if name in store.studies():
        return store.study(name)
    stored = store.bundle_of_runs()
    bundles = bundles_of(
        [run for run in runs if run.run not in stored], {one.name: one for one in scenarios}
    )
    plan = plan_table(bundles, runs, stored)
    manifest = {
        "study": kind,
        "name": name,
        "model_version": model_version(),
        **code_and_packages(),
        "scenarios": [one.name for one in scenarios],
        "runs": len(plan),
        "seeds": sorted({run.seed for run in runs}),
        "configuration": {
            key: value
            for key, value in resolved.items()
            if key not in ("executor", "output", "store", "shard", "of", "from")
        },
    }
    machine = {
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
    }
    return store.begin_study(name, manifest, plan, machine)


def _waiting(
    store: Store, study: StoredStudy, scenarios: Mapping[str, Scenario], runs: list[PlannedRun]
) -> list[Bundle]:
    """Return the bundles of a plan that are not stored, in the order of the plan."""
    planned = {run.run: run for run in runs}
    once = study.plan.drop_duplicates("run")
    waiting = []
    for name, rows in once.groupby("bundle", sort=False):
        if not store.has(str(name)):
            members = tuple(planned[run] for run in rows["run"])
            used = {run.scenario: scenarios[run.scenario] for run in members}
            waiting.append(Bundle(str(name), used, members))
    return waiting


def waiting_of_shard(
    store: Store, study: StoredStudy, waiting: list[Bundle], shard: Any
) -> list[Bundle]:
    """Return the bundles that fall to a shard: the same whatever is stored already."""
    names = list(study.plan["bundle"].drop_duplicates())
    mine = set(names[shard.number - 1 :: shard.of])
    return [bundle for bundle in waiting if bundle.name in mine]


def _bundle_by_bundle(executor: Any, bundles: list[Bundle]) -> Any:
    """Yield each bundle with its results once all its parts are back."""
    whole = {bundle.name: bundle for bundle in bundles}
    parts: dict[str, list[BundleResult]] = {}
    counted: dict[str, int] = {}
    if bundles and executor.address is None:
        compile_rules_once()  # here, or every worker would compile the same
    for done in carry_out(executor, carry_out_bundle, bundles, Bundle.parts):
        result = done.result
        if result is None:
            result = failed(done.task.runs, "worker", str(done.error), str(done.details))
        name = done.task.name
        parts.setdefault(name, []).append(result)
        counted[name] = counted.get(name, 0) + len(done.task.runs)
        if counted[name] == len(whole[name].runs):
            yield whole[name], joined(parts.pop(name))


def _say_what_is_missing(console: Console, done: CarriedOut) -> None:
    """Say in few lines what failed or is still to be done."""
    failures = done.results.failures
    for row in failures.head(SHOWN_FAILURES).to_dict("records"):
        sample = f", sample {row['sample']}" if done.results.varied else ""
        console.print(
            f"Failed: {row['scenario']}, seed {row['seed']}{sample} ({row['stage']}): "
            f"{row['error']}",
            markup=False,
        )
    if len(failures) > SHOWN_FAILURES:
        console.print(f"... and {len(failures) - SHOWN_FAILURES} more, see the table failures.")
    total = len(done.results.study.plan)
    if done.interrupted:
        console.print(
            f"Interrupted: {total - done.missing} of {total} runs are stored; the same command, "
            "or study=resume, goes on from there."
        )
    elif done.missing:
        console.print(f"{done.missing} of {total} runs are left to other shards.")
