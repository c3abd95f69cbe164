"""Common parts of all studies: plan, carry out runs that are not stored yet, report from the store.

A study is recorded in the store before its first run and is named after its runs. The same command
(or `study=resume`) continues where it was stopped, whatever the cause. Results come from the store
alone, so they are the same whether or not anything was interrupted.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from experiments.analysis.result_folder import as_typed, write_manifest
from experiments.runs.executors import run_tasks
from experiments.runs.plan import (
    Bundle,
    PlannedRun,
    bundle_of,
    bundles_of,
    plan_table,
)
from experiments.runs.progress import progress_display
from experiments.runs.provenance import (
    code_and_packages,
    configuration_of,
    digests_of,
    files_of,
    fingerprints,
    system,
)
from experiments.runs.sealed_files import DamageError
from experiments.runs.store import Store, StoredStudy
from experiments.runs.worker import MACHINE_COLUMNS, BundleResult, carry_out_bundle, failed, joined
from experiments.studies.settings import executor_of, output_folder, shard_of, store_path
from sim.config.configuration import ConfigurationError
from sim.precompile import compile_rules_once

if TYPE_CHECKING:
    from matplotlib.figure import Figure

type FigureMakers = Mapping[str, Callable[[], "Figure"]]
"""The functions that draw the figures of a folder of results, by name."""
INTERRUPTED, FAILED = 130, 1
SHOWN_FAILURES = 5


@dataclass(frozen=True)
class Results:
    """The stored results of a study."""

    store: Store
    study: StoredStudy

    def table(self, name: str, where: Any = (), **which: Any) -> pd.DataFrame:
        """Return a result table that begins with scenario, sample, seed and the varied values.

        Parameters
        ----------
        name, where, **which
            See `Store.read`.
        """
        return self.store.read(name, self.study.plan, where=where, **which)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Return the runs that failed and have no result: stage, error and traceback."""
        return self.table("failures")

    @property
    def failed_seeds(self) -> list[int]:
        """Return the seeds of runs that failed."""
        return sorted(self.failures["seed"].unique().tolist()) if len(self.failures) else []

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU seconds of all runs together."""
        times = self.table("times")
        if times.empty:
            return 0.0
        return round(float(times[["cpu_seconds", "burn_in_cpu_seconds"]].to_numpy().sum()), 1)

    @property
    def digests(self) -> dict[str, Any]:
        """Return the digests of all runs, as a manifest holds them."""
        runs = self.table("runs")
        return digests_of(runs) if len(runs) else {}

    @property
    def residual_drift(self) -> float:
        """Return the largest residual drift of any run (see `sim.observation.residual_drift`)."""
        return largest_drift(self.table("runs"))

    @property
    def missing(self) -> int:
        """Return the number of runs of the plan that are not stored, not even as failed."""
        return len(set(self.study.plan["run"]) - self.store.index().bundle_of.keys())

    @property
    def machines(self) -> list[dict[str, Any]]:
        """Return the different versions and processors that computed the results."""
        times = self.table("times")
        if times.empty:
            return []
        different = times[list(MACHINE_COLUMNS)].drop_duplicates()
        return [{str(key): one[key] for key in one} for one in different.to_dict("records")]

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
        """Return the paths of the varied values."""
        fixed = ("run", "bundle", "scenario", "sample", "seed")
        return [name for name in self.study.plan.columns if name not in fixed]


@dataclass(frozen=True)
class CarriedOut:
    """State of a study: results so far, whether it was interrupted or is left to other shards."""

    results: Results
    output: Path
    missing: int
    interrupted: bool
    shared_out: bool = False

    @property
    def status(self) -> int:
        """Return the exit status."""
        if self.interrupted:
            return INTERRUPTED
        if self.missing and not self.shared_out:
            return FAILED
        return FAILED if len(self.results.failures) else 0

    @property
    def left_to_others(self) -> bool:
        """Return True if other shards have to finish before results can be reported."""
        return self.missing > 0 and self.shared_out and not self.interrupted

    def say_what_is_left_out(self, scenarios: int, console: Console) -> None:
        """Print which seeds cannot be compared because some scenario has no result under them."""
        planned = set(self.results.study.plan["seed"])
        left = sorted(planned - set(self.results.whole_seeds(scenarios)))
        if left:
            console.print(
                f"Left out, because not every scenario has a result: {listed_seeds(left)}."
            )

    def write_manifest(self, folder: Path, resolved: dict[str, Any], **facts: Any) -> None:
        """Write the manifest of a folder of results.

        Parameters
        ----------
        folder : Path
        resolved : dict
            The configuration of this report: its settings may differ from those at the start.
        **facts
            `settings` (with which the tables were made), and further facts.
        """
        results = self.results
        study = results.study
        begun: dict[str, Any] = dict(study.manifest["configuration"])
        now = {name: resolved[name] for name in begun if name in resolved}
        write_manifest(
            folder, {**begun, **now},
            study=study.manifest["study"], name=study.name, store=as_typed(results.store.path),
            command=study.machine.get("command"), files=study.manifest["files"],
            failed_seeds=results.failed_seeds, cpu_seconds=results.cpu_seconds,
            machines=results.machines, digests=results.digests,
            residual_drift=results.residual_drift, **facts,
        )  # fmt: skip


def listed_seeds(seeds: list[int], most: int = 8) -> str:
    """Return seeds in words, naming at most `most` of them.

    >>> listed_seeds([3]), listed_seeds([3, 5]), listed_seeds([1, 2, 3, 4], most=2)
    ('seed 3', 'seeds 3, 5', 'seeds 1, 2 and 2 more')
    """
    named = ", ".join(str(seed) for seed in seeds[:most])
    more = f" and {len(seeds) - most} more" if len(seeds) > most else ""
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {named}{more}"


def carry_out_study(
    kind: str, resolved: dict[str, Any], runs: list[PlannedRun], console: Console
) -> CarriedOut:
    """Carry out the runs of a plan that the store does not hold, and those that failed.

    Parameters
    ----------
    kind : str
        Name of the study.
    resolved : dict
        The composed configuration.
    runs : list of PlannedRun
    """
    executor, shard = executor_of(resolved), shard_of(resolved)
    output, store = places_of(resolved)
    set_damage_aside(store, runs, console)
    study = write_down(store, kind, resolved, runs, console)
    waiting = waiting_bundles(store, study, runs)
    _say_what_is_there(console, study, waiting)
    mine = waiting if shard is None else waiting_of_shard(study, waiting, shard)
    interrupted = False
    total = sum(len(bundle.runs) for bundle in mine)
    if total:
        with progress_display(console, total) as advance:
            try:
                for bundle, result in _bundle_by_bundle(executor, mine):
                    _keep(store, bundle, result)
                    advance(len(bundle.runs), len(result.tables["failures"]))
            except KeyboardInterrupt:
                interrupted = True
    results = Results(store, study)
    done = CarriedOut(results, output, results.missing, interrupted, shard is not None)
    say_what_is_missing(console, done)
    say_residual_drift(console, results.residual_drift)
    return done


def places_of(resolved: dict[str, Any]) -> tuple[Path, Store]:
    """Return the output folder and the store of a configuration; create both, or neither.

    Raises
    ------
    ConfigurationError
        If one of them cannot be written to.
    """
    path = Path(str(resolved["output"])).absolute()
    missing = [one for one in (path, *path.parents) if not _is_there(one)]
    output = output_folder(resolved)
    try:
        return output, Store.for_writing(store_path(resolved, output))
    except ConfigurationError:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()  # removes only empty folders
        raise


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no folder can have
        return False


def _keep(store: Store, bundle: Bundle, result: BundleResult) -> None:
    if bundle.retried:
        store.keep_retried(bundle.name, result.tables)
    else:
        store.keep(bundle.name, result.tables, [run.run for run in bundle.runs])


def set_damage_aside(store: Store, runs: Iterable[PlannedRun], console: Console) -> None:
    """Set aside damaged bundles that hold runs of a plan or whose runs cannot be told."""
    index = store.index()
    mine = {index.bundle_of[run.run] for run in runs if run.run in index.bundle_of}
    for bundle in [*index.damaged, *sorted(mine)]:
        why = store.damage_of(bundle)
        if why is not None:
            aside = store.set_aside("runs", bundle)
            console.print(
                f"Bundle {bundle} is damaged ({why}): set aside in {as_typed(aside)}; its runs are "
                "carried out again.",
                markup=False, soft_wrap=True,
            )  # fmt: skip


def write_down(
    store: Store, kind: str, resolved: dict[str, Any], runs: list[PlannedRun], console: Console
) -> StoredStudy:
    """Return the study of a plan from a store; record it if it is new."""
    labelled = "".join(f"{run.run}{run.scenario}{run.sample}" for run in runs)
    name = f"{kind}-{blake2b(labelled.encode(), digest_size=4).hexdigest()}"
    if name in store.studies():
        try:
            return store.study(name)
        except DamageError as damage:
            aside = store.set_aside("studies", name)
            console.print(
                f"Study {name} is damaged ({damage.why}): set aside in {as_typed(aside)}, and "
                "recorded again.",
                markup=False, soft_wrap=True,
            )  # fmt: skip
    stored = store.index().bundle_of
    bundles = bundles_of([run for run in runs if run.run not in stored])
    plan = plan_table(bundles, runs, stored)
    manifest = {
        "study": kind,
        "name": name,
        **code_and_packages(),
        "scenarios": list(dict.fromkeys(run.scenario for run in runs)),
        "runs": len(plan),
        "seeds": sorted({run.seed for run in runs}),
        "files": fingerprints(files_of(resolved)),
        "configuration": configuration_of(
            resolved, {run.base.name: run.base for run in runs}.values()
        ),
    }
    machine = {
        "begun": datetime.now(UTC).isoformat(),
        "command": resolved.get("command"),
        "system": system(),
    }
    return store.begin_study(name, manifest, plan, machine)


def waiting_bundles(store: Store, study: StoredStudy, runs: list[PlannedRun]) -> list[Bundle]:
    """Return the runs of a plan that have no result, in bundles, in the order of the plan.

    A bundle of the plan keeps only the runs that no other study has carried out meanwhile. Runs
    that failed stay in the bundle in which they are stored as failed.
    """
    index = store.index()
    planned = dict(zip(study.plan["run"], study.plan["bundle"], strict=True))
    groups: dict[tuple[str, str | None], list[PlannedRun]] = {}
    for run in {one.run: one for one in runs}.values():
        stored = index.bundle_of.get(run.run)
        if stored is None or run.run in index.failed:
            groups.setdefault((planned[run.run], stored), []).append(run)
    return [
        bundle_of(members) if failed_in is None else Bundle(failed_in, tuple(members), True)
        for (_, failed_in), members in groups.items()
    ]


def waiting_of_shard(study: StoredStudy, waiting: list[Bundle], shard: Any) -> list[Bundle]:
    """Return the bundles of a shard; the choice does not depend on what is already stored."""
    names = list(study.plan["bundle"].drop_duplicates())
    mine = set(names[shard.number - 1 :: shard.of])
    planned = dict(zip(study.plan["run"], study.plan["bundle"], strict=True))
    return [bundle for bundle in waiting if planned[bundle.runs[0].run] in mine]


def _bundle_by_bundle(executor: Any, bundles: list[Bundle]) -> Any:
    """Yield each bundle with its results once all its parts are back."""
    whole = {bundle.name: bundle for bundle in bundles}
    parts: dict[str, list[BundleResult]] = {}
    counted: dict[str, int] = {}
    if bundles and executor.address is None:
        compile_rules_once()  # here, otherwise every worker would compile them
    for done in run_tasks(executor, carry_out_bundle, bundles, Bundle.parts):
        result = done.result
        if result is None:
            result = failed(done.task.runs, "worker", str(done.error), str(done.details))
        name = done.task.name
        parts.setdefault(name, []).append(result)
        counted[name] = counted.get(name, 0) + len(done.task.runs)
        if counted[name] == len(whole[name].runs):
            yield whole[name], joined(parts.pop(name))


def _say_what_is_there(console: Console, study: StoredStudy, waiting: list[Bundle]) -> None:
    """Print how many runs are already stored, and how many are tried again."""
    different = study.plan["run"].nunique()
    stored = different - sum(len(bundle.runs) for bundle in waiting)
    if stored:
        console.print(f"{stored} of {different} runs are already in the store.")
    again = sum(len(bundle.runs) for bundle in waiting if bundle.retried)
    if again:
        console.print(f"{counted(again, 'run')} that failed before: tried again.")


def counted(number: int, what: str) -> str:
    """Return a number of things in words.

    >>> counted(1, "run"), counted(3, "run")
    ('1 run', '3 runs')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def largest_drift(runs: pd.DataFrame) -> float:
    """Return the largest residual drift in a table of runs, 0 if all start from rest."""
    return float(runs["residual_drift"].max()) if len(runs) else 0.0


def say_residual_drift(console: Console, drift: float) -> None:
    """Print how far from rest runs with parameters of their own were at the end of burn-in."""
    if drift != 0.0:
        console.print(
            "Parameters, law or city are not those of a committed rest state: in the last quarter "
            f"of burn-in, status and knowledge still moved by up to {drift:.1%}.",
            soft_wrap=True,
        )


def say_what_is_missing(console: Console, done: CarriedOut) -> None:
    """Print in a few lines what failed, what is still to be done, and any mix of versions."""
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
            "or study=resume, continues from there."
        )
    elif done.left_to_others:
        console.print(f"{done.missing} of {total} runs are left to other shards.")
    elif done.missing:
        console.print(
            f"{done.missing} of {total} runs are not stored: study=resume carries them out."
        )
    if len(failures) and not done.interrupted:
        console.print(
            f"{counted(len(failures), 'run')} of {total} failed: the same command, or "
            "study=resume, tries them again."
        )
    if len(done.results.machines) > 1:
        mixed = "; ".join(
            ", ".join(f"{name} {value}" for name, value in one.items())
            for one in done.results.machines
        )
        console.print(f"Carried out by different versions or processors: {mixed}.", markup=False)
