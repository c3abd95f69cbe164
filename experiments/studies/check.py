"""study=check: verify that a store is unchanged, and say what a study would do about damage."""

from pathlib import Path
from typing import Any

from rich.console import Console

from experiments.analysis.result_folder import as_typed
from experiments.runs.sealed_files import DamageError
from experiments.runs.store import Store
from experiments.studies.settings import store_path

FOUND_DAMAGE = 1


def check(resolved: dict[str, Any], console: Console) -> int:
    """Verify every file of a store, and say what a study would do; change nothing.

    Returns
    -------
    int
        0 if every file is as it was written and every planned run has a result, else 1.
    """
    output = Path(str(resolved["output"])).absolute()
    store = Store.for_reading(store_path(resolved, output))

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    lines = [*_damaged_bundles(store), *_different_doubles(store), *_studies(store)]
    for line in lines:
        say(line)
    index = store.index()
    runs = len(index.bundle_of) - len(index.failed)
    say(
        f"{as_typed(store.path)}: {len(index.contents)} bundles with {runs} runs, "
        f"{len(store.studies())} studies: "
        + ("all as written, nothing is missing." if not lines else f"problems: {len(lines)}.")
    )
    return FOUND_DAMAGE if lines else 0


def _damaged_bundles(store: Store) -> list[str]:
    index = store.index()
    lines = []
    for bundle in sorted({*index.contents, *index.damaged}):
        why = store.damage_of(bundle)
        if why is not None:
            contents = index.contents.get(bundle)
            runs = "its runs" if contents is None else f"its {len(contents.runs)} runs"
            lines.append(
                f"Bundle {bundle} is damaged ({why}): study=resume would set it aside and carry "
                f"out {runs} again."
            )
    return lines


def _different_doubles(store: Store) -> list[str]:
    """Return a line for each run that two processes carried out with different final states."""
    doubled = store.index().doubled
    lines = []
    for run, bundles in sorted(doubled.items()):
        try:
            ends = {store.digest(bundle, run) for bundle in bundles}
        except DamageError:
            continue  # reported for the bundle
        if len(ends) > 1:
            lines.append(
                f"Run {run} ended differently in {' and '.join(bundles)}: the first is read. Were "
                "they carried out by different versions (see the table times)?"
            )
    return lines


def _studies(store: Store) -> list[str]:
    index = store.index()
    lines = []
    for name in store.studies():
        try:
            runs = set(store.study(name).plan["run"])
        except DamageError as damage:
            lines.append(
                f"Study {name} is damaged ({damage.why}): repeating its command would set it aside "
                "and record it again; no run is lost."
            )
            continue
        missing, failed = len(runs - index.bundle_of.keys()), len(runs & index.failed)
        if missing or failed:
            parts = [f"{missing} not stored"] * bool(missing) + [f"{failed} failed"] * bool(failed)
            lines.append(
                f"Study {name}: of {len(runs)} runs {' and '.join(parts)}: study=resume would "
                "carry them out."
            )
    return lines
