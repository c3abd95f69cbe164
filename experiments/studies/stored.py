"""study=resume, expand, figures, check and rerun: studies that a store or a manifest already holds.

`resume` finishes studies that were started, and repeats runs that failed. `expand` repeats a study
with more seeds, scenarios or samples; stored runs are not repeated. `figures` rewrites tables and
figures and runs nothing. All of them take the study from the store: if the file of a scenario has
changed since, it is named and not used. `check` verifies a store; `rerun` repeats a study from its
manifest alone.
"""

from pathlib import Path
from typing import Any

from rich.console import Console

from experiments.meanfield import study as meanfield_study
from experiments.runs.provenance import files_of, fingerprints
from experiments.runs.sealed_files import DamageError
from experiments.runs.store import Store, StoredStudy
from experiments.story import study as one_story
from experiments.studies import check as checking
from experiments.studies import compare, curves, factorial, rerun, sweep
from experiments.studies import run as single_run
from experiments.studies.settings import output_folder, store_path
from experiments.studies.study import FAILED, CarriedOut, Results, counted, say_what_is_missing
from sim.config.configuration import ConfigurationError, nearest

STUDIES: dict[str, Any] = {
    "compare": compare, "curves": curves, "factorial": factorial, "sweep": sweep,
    "meanfield": meanfield_study,
}  # fmt: skip
HERE = ("executor", "output", "store", "shard")
"""Settings that a repeated study takes from the command line, not from its first start."""
MAY_GROW = (
    "scenarios", "factors", "replicates", "samples", "vary", "half_width", "most_replicates",
    "confidence", "quantiles",
)  # fmt: skip
"""Settings that `expand` may change: all others would change the runs themselves."""
OF_THE_REPORT = ("confidence", "quantiles")
"""Settings that `figures` may change: how the same runs are summarised."""
REPEATED = {
    **{name: kind.run for name, kind in STUDIES.items()},
    "run": single_run.run, "story": one_story.run,
}  # fmt: skip
"""Studies and runs that `rerun` can repeat."""


def resume(resolved: dict[str, Any], console: Console) -> int:
    """Finish the studies of a store that are not finished, and repeat runs that failed."""
    store = Store.for_reading(_place(resolved))
    studies, statuses = _chosen(store, resolved, console)
    for study in studies:
        if is_whole(store, study):
            runs = study.plan["run"].nunique()
            console.print(f"{study.name}: all {counted(runs, 'run')} are stored.")
            continue
        console.print(f"{study.name}:")
        say_what_changed(study, console)
        statuses.append(_again(study, resolved, {}, store.path, console))
    return max(statuses, default=0)


def is_whole(store: Store, study: StoredStudy) -> bool:
    """Return True if every run of a study has a result, in a bundle that is not damaged."""
    index, runs = store.index(), set(study.plan["run"])
    if not runs <= index.bundle_of.keys() - index.failed:
        return False
    return all(store.damage_of(one) is None for one in {index.bundle_of[run] for run in runs})


def say_what_changed(study: StoredStudy, console: Console) -> None:
    """Print which files have changed since a study was started."""
    then = study.manifest["files"]
    now = fingerprints(files_of(study.manifest["configuration"]))
    changed = sorted(name for name, content in then.items() if now.get(name) != content)
    if changed:
        console.print(
            f"Changed since the study was started, and not used: {', '.join(changed)}. To run the "
            "current files, repeat the study's own command.",
            markup=False, soft_wrap=True,
        )  # fmt: skip


def expand(resolved: dict[str, Any], console: Console) -> int:
    """Repeat a study with more of something."""
    given = resolved.pop("given", [])
    other = sorted(set(given) - {"study", "of", "from", *MAY_GROW, *HERE} - _with_dots(given, HERE))
    if other:
        raise ConfigurationError(
            f"study=expand cannot change '{other[0]}' of a study that was started: "
            f"{nearest(other[0], MAY_GROW)}"
        )
    target = _place(resolved)
    source = target if resolved.get("from") is None else Path(str(resolved["from"])).absolute()
    studies, _ = _chosen(Store.for_reading(source), resolved, console)
    if len(studies) != 1:
        names = ", ".join(study.name for study in studies)
        raise ConfigurationError(f"store '{source}' holds several studies, name one: of={names}")
    more = {name: resolved[name] for name in MAY_GROW if name in given}
    say_what_changed(studies[0], console)
    return _again(studies[0], resolved, more, target, console)


def _with_dots(given: list[str], names: tuple[str, ...]) -> set[str]:
    return {one for one in given if one.split(".")[0] in names}


def figures(resolved: dict[str, Any], console: Console) -> int:
    """Rewrite tables and figures of stored studies, from the store alone."""
    given = resolved.pop("given", [])
    store = Store.for_reading(_place(resolved))
    output = output_folder(resolved)
    studies, statuses = _chosen(store, resolved, console)
    changed = {name: resolved[name] for name in OF_THE_REPORT if name in given}
    for study in studies:
        kind = _kind(study)
        stored = {
            **study.manifest["configuration"], **{name: resolved[name] for name in HERE}, **changed
        }  # fmt: skip
        results = Results(store, study)
        done = CarriedOut(results, output, results.missing, interrupted=False)
        say_what_is_missing(console, done)
        statuses.append(kind.report(done, stored, kind.settings_of(stored), console))
    return max(statuses, default=0)


def check(resolved: dict[str, Any], console: Console) -> int:
    """Verify every file of a store."""
    return checking.check(resolved, console)


def repeat(resolved: dict[str, Any], console: Console) -> int:
    """Repeat a run or a study from its manifest, and compare digests."""
    here = {name: resolved[name] for name in HERE}
    return rerun.rerun(resolved, REPEATED, here, console)


def _place(resolved: dict[str, Any]) -> Path:
    return store_path(resolved, Path(str(resolved["output"])).absolute())


def _chosen(
    store: Store, resolved: dict[str, Any], console: Console
) -> tuple[list[StoredStudy], list[int]]:
    """Return the study that is named, or all studies, and a status for each damaged one.

    Single runs are not studies that can be continued.
    """
    studies, statuses = [], []
    named = resolved.get("of")
    for name in store.studies() if named is None else [str(named)]:
        try:
            studies.append(store.study(name))
        except DamageError as damage:
            console.print(
                f"Study {name} is damaged ({damage.why}): repeating its command sets it aside and "
                "records it again; no run is lost.",
                markup=False, soft_wrap=True,
            )  # fmt: skip
            statuses.append(FAILED)
    if named is not None and studies and studies[0].manifest["study"] not in STUDIES:
        raise ConfigurationError(f"of={named} is a single run: repeat it with study=run")
    found = [study for study in studies if study.manifest["study"] in STUDIES]
    if not found and not statuses:
        raise ConfigurationError(f"store '{store.path}' holds no study yet")
    return found, statuses


def _kind(study: StoredStudy) -> Any:
    return STUDIES[study.manifest["study"]]


def _again(
    study: StoredStudy,
    resolved: dict[str, Any],
    more: dict[str, Any],
    store: Path,
    console: Console,
) -> int:
    configuration = {
        **study.manifest["configuration"],
        **{name: resolved[name] for name in HERE},
        "store": str(store),
        **more,
    }
    status: int = _kind(study).run(configuration, console)
    return status
