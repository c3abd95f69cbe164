"""One tiny store, what is read from it, and whether a command left it right."""

import contextlib
import io
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from experiments import open_store
from tests.fuzz.harness import TINY, TRACE, Outcome, run_here

COMPARISON = (
    "scenarios=[baseline,mobile_clinics]", "replicates=2", "store=store", "output=results", *TINY
)  # fmt: skip
SHOWN = ("summary", "indicators", "curves")
"""Tables of results that have to be the same bytes again."""

TABLES = ("specifications", "indicators", "curves", "flows", "runs", "failures")


@dataclass(frozen=True)
class Undamaged:
    """A folder with a store and results, what its reader reads, and the tables of its results."""

    folder: Path
    read: dict[str, pd.DataFrame]
    results: dict[str, bytes]

    def copy_to(self, folder: Path) -> Path:
        """Copy the store (and no results) into a folder; return it."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.folder / "store", folder / "store")
        return folder


def make(folder: Path) -> Undamaged:
    """Carry out the comparison."""
    done = run_here(COMPARISON, folder)
    assert done.status == 0, (done.err, done.trace, done.out)
    return Undamaged(folder, read_all(folder / "store"), results_in(folder))


def results_in(folder: Path) -> dict[str, bytes]:
    """Return the tables of the results below a folder, by name."""
    return {
        name: path.read_bytes()
        for name in SHOWN
        for path in sorted((folder / "results").glob(f"compare-*/{name}.parquet"))
    }


def read_all(store: Path) -> dict[str, pd.DataFrame]:
    """Read everything that the reader offers."""
    reader = open_store(store)
    read = {name: getattr(reader, name)() for name in TABLES}
    manifests = [reader.manifest(name) for name in reader.studies()]
    return {**read, "manifests": pd.DataFrame({"manifest": [repr(one) for one in manifests]})}


def complaints_about_reading(undamaged: Undamaged, store: Path) -> tuple[list[str], bool]:
    """Read a damaged store; return what is wrong with that, and whether anything was noticed.

    It is right to refuse in one line, to read the same values, or to say what is left out and read
    the rest.
    """
    said = io.StringIO()
    with contextlib.redirect_stderr(said), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            read = read_all(store)
        except (ValueError, OSError) as error:
            words = str(error)
            if type(error).__module__.partition(".")[0] not in ("sim", "experiments"):
                return [
                    f"traceback: open_store ends in {type(error).__name__}: {words[:200]}"
                ], True
            if "\n" in words.strip():
                return [f"too many lines: open_store says {words[:200]!r}"], True
            return [], True
        except Exception as error:
            return [f"traceback: open_store ends in {type(error).__name__}: {error!s:.200}"], True
    told = bool(said.getvalue().strip() or caught)
    if TRACE.search(said.getvalue()):
        return ["traceback: printed by the reader"], told
    found = []
    for name, whole in undamaged.read.items():
        if whole.equals(read[name]):
            continue
        if not is_part(read[name], whole):
            found.append(f"wrong number: other values are read from {name}")
        elif not told:
            found.append(f"wrong number: rows of {name} are missing, and nothing is said")
    return found, told


def is_part(some: pd.DataFrame, whole: pd.DataFrame) -> bool:
    """Return True if every row stands in another table."""
    if some.empty:
        return True
    if list(some.columns) != list(whole.columns):
        return False
    known = set(map(repr, whole.itertuples(index=False, name=None)))
    return all(repr(row) in known for row in some.itertuples(index=False, name=None))


def complaints_about_results(undamaged: Undamaged, outcome: Outcome, folder: Path) -> list[str]:
    """Return what is wrong with the tables of results after a command."""
    results = results_in(folder)
    if outcome.status == 0:
        # A store without its study has nothing to show, and says so.
        different = [name for name in SHOWN if results.get(name) != undamaged.results[name]]
        nothing = not results and bool(outcome.out.strip() or outcome.err.strip())
        if different and not nothing:
            return [f"wrong number: other tables {different}: {outcome.command}"]
    elif not (outcome.out.strip() or outcome.err.strip()):
        return [f"unclear words: status {outcome.status} without a word: {outcome.command}"]
    return []


def own_files_kept(written: dict[Path, bytes]) -> list[str]:
    """Return which files of the user's own are gone or changed."""
    return [
        f"wrong number: a file of the user's own is gone or changed: {path.name}"
        for path, data in written.items()
        if not path.is_file() or path.read_bytes() != data
    ]


def command(study: str, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a command about the store."""
    if study == "again":
        return COMPARISON
    return (f"study={study}", "store=store", "output=results", "executor=serial", *more)
