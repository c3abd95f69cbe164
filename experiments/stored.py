"""study=resume, study=expand and study=figures: studies that a store holds already.

`resume` finishes what was begun. `expand` repeats a study with more seeds, scenarios or samples;
what is stored is not run again. `figures` writes tables and figures anew and runs nothing.
"""

from pathlib import Path
from typing import Any

from rich.console import Console

from experiments import compare, curves, factorial, meanfield_study, sweep
from experiments.settings import output_folder, store_path
from experiments.store import Store, StoredStudy
from experiments.study import CarriedOut, Results
from sim.configuration import ConfigurationError, nearest

KINDS: dict[str, Any] = {
    "compare": compare, "curves": curves, "factorial": factorial, "sweep": sweep,
    "meanfield": meanfield_study,
}  # fmt: skip
HERE = ("executor", "output", "store", "shard")
"""What a repeated study takes from the command line, and not from its first beginning."""
MAY_GROW = (
    "scenarios", "factors", "replicates", "samples", "vary", "half_width", "most_replicates",
    "confidence", "quantiles",
)  # fmt: skip
"""What `expand` may change: everything else would make other runs of it."""


def resume(resolved: dict[str, Any], console: Console) -> int:
    """Finish the studies of a store that are not finished."""
    store = Store.for_reading(_place(resolved))
    statuses = []
    for study in _chosen(store, resolved):
        if all(store.has(bundle) for bundle in study.plan["bundle"].unique()):
            console.print(f"{study.name}: all {len(study.plan)} runs are stored.")
            continue
        console.print(f"{study.name}:")
        statuses.append(_again(study, resolved, {}, store.path, console))
    return max(statuses, default=0)


def expand(resolved: dict[str, Any], console: Console) -> int:
    """Repeat a study with more of something."""
    given = resolved.pop("given", [])
    other = sorted(set(given) - {"study", "of", "from", *MAY_GROW, *HERE} - _with_dots(given, HERE))
    if other:
        raise ConfigurationError(
            f"study=expand cannot change '{other[0]}' of a study that has begun: "
            f"{nearest(other[0], MAY_GROW)}"
        )
    target = _place(resolved)
    source = target if resolved.get("from") is None else Path(str(resolved["from"])).absolute()
    studies = _chosen(Store.for_reading(source), resolved)
    if len(studies) != 1:
        names = ", ".join(study.name for study in studies)
        raise ConfigurationError(f"store '{source}' holds several studies, name one: of={names}")
    more = {name: resolved[name] for name in MAY_GROW if name in given}
    return _again(studies[0], resolved, more, target, console)


def _with_dots(given: list[str], names: tuple[str, ...]) -> set[str]:
    return {one for one in given if one.split(".")[0] in names}


def figures(resolved: dict[str, Any], console: Console) -> int:
    """Write tables and figures of stored studies anew, from the store alone."""
    store = Store.for_reading(_place(resolved))
    output = output_folder(resolved)
    for study in _chosen(store, resolved):
        kind = _kind(study)
        stored = study.manifest["configuration"] | {name: resolved[name] for name in HERE}
        done = CarriedOut(Results(store, study), output, missing=0, interrupted=False)
        kind.report(done, stored, kind.settings_of(stored), console)
    return 0


def _place(resolved: dict[str, Any]) -> Path:
    return store_path(resolved, Path(str(resolved["output"])).absolute())


def _chosen(store: Store, resolved: dict[str, Any]) -> list[StoredStudy]:
    """Return the study that is named, or all of them; single runs are no studies to go on with."""
    if resolved.get("of") is not None:
        study = store.study(str(resolved["of"]))
        if study.manifest["study"] not in KINDS:
            raise ConfigurationError(f"of={study.name} is a single run: repeat it with study=run")
        return [study]
    studies = [store.study(name) for name in store.studies()]
    found = [study for study in studies if study.manifest["study"] in KINDS]
    if not found:
        raise ConfigurationError(f"store '{store.path}' holds no study yet")
    return found


def _kind(study: StoredStudy) -> Any:
    return KINDS[study.manifest["study"]]


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
