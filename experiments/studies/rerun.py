"""study=rerun: repeat a run or a study from its manifest alone, and compare digests.

The manifest holds every scenario in full, so later changes of their files do not matter. Everything
is carried out again in a separate store below `output`. Digests that follow another rule than the
current one (`sim.engine.digest`) cannot be compared; then the tables beside the manifest are
compared instead.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

import sim
from experiments.analysis.result_folder import MANIFEST, as_typed
from experiments.runs.provenance import code_and_packages, flat, versions_apart
from experiments.runs.store import Store
from sim.config.configuration import ConfigurationError, nearest

DIFFERENT = 1
FIRST_RULE = 1
"""Rule of the digests in manifests that do not name one."""
COMPARED_TABLES = ("indicators", "curves", "flows")
"""Tables that hold the results of each run unchanged."""
SHOWN = 5
"""Largest number of runs with different digests that are named."""
PREFIX = "rerun-"


def rerun(resolved: dict[str, Any], kinds: dict[str, Any], here: dict[str, Any],
          console: Console) -> int:  # fmt: skip
    """Repeat the study or run that a manifest describes; return the exit status.

    Parameters
    ----------
    resolved : dict
        The composed configuration, which names the manifest.
    kinds : dict
        The function that carries out each kind of study, by name.
    here : dict
        Settings for where and how it is carried out this time.

    Raises
    ------
    ConfigurationError
        If the manifest cannot be read, or is incomplete.
    """
    path, manifest = read_manifest(resolved.get("manifest"))
    kind = manifest["study"]
    if kind not in kinds:
        raise ConfigurationError(f"manifest: unknown study '{kind}': {nearest(str(kind), kinds)}")
    expected = flat(manifest.get("digests") or _digests_beside(path, manifest))
    folder = Path(str(resolved["output"])).absolute() / f"{PREFIX}{manifest.get('name') or kind}"
    console.print(f"Repeating {kind} of {as_typed(path)} in {as_typed(folder)}.", markup=False)
    for line in versions_apart(manifest, code_and_packages()):
        console.print(f"Changed since then: {line}.", markup=False)
    configuration = {
        **manifest["configuration"], **here,
        "output": str(folder), "store": str(folder / "store"), "command": manifest.get("command"),
    }  # fmt: skip
    status: int = kinds[kind](configuration, console)
    rule = manifest.get("digest_rule", FIRST_RULE)
    if manifest.get("digests") and rule != sim.DIGEST_RULE:
        console.print(
            f"The digests of the manifest follow rule {rule}, this version uses rule "
            f"{sim.DIGEST_RULE}: tables are compared instead."
        )
        return compare_tables(path.parent, _newest_result(folder), status, console)
    return compare(expected, _digests_in(folder), status, console)


def read_manifest(name: Any) -> tuple[Path, dict[str, Any]]:
    """Return a manifest and its path.

    Parameters
    ----------
    name : str
        Its file, or the folder that contains it.

    Raises
    ------
    ConfigurationError
        If there is none, or it does not hold its scenarios in full.
    """
    if not isinstance(name, str) or not name:
        raise ConfigurationError("study=rerun needs a manifest: manifest=FOLDER/manifest.json")
    path = Path(name).absolute()
    path = path / MANIFEST if path.is_dir() else path
    try:
        manifest = json.loads(path.read_bytes().decode("utf-8"))
        configuration = manifest["configuration"]
        known = isinstance(configuration, dict) and isinstance(manifest["study"], str)
    except OSError as error:
        raise ConfigurationError(f"manifest: cannot read '{name}' ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigurationError(f"manifest: '{name}' is not the manifest of a study") from error
    if not known or "policies" not in configuration:
        raise ConfigurationError(
            f"manifest: '{name}' does not hold its scenarios in full, so what was run cannot be "
            "repeated from it: it was written before version 0.2.0"
        )
    return path, manifest


def _digests_beside(path: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the digests of a study whose manifest is in its store."""
    from experiments.studies.study import Results

    if not (path.parents[2] / "store.json").is_file():
        return {}
    store = Store.for_reading(path.parents[2])
    return Results(store, store.study(str(manifest["name"]))).digests


def _newest_result(folder: Path) -> Path | None:
    """Return the result folder that was written last."""
    found = sorted(folder.glob(f"*/{MANIFEST}"), key=lambda one: one.stat().st_mtime)
    return found[-1].parent if found else None


def _digests_in(folder: Path) -> dict[tuple[str, str, str], str]:
    """Return the digests that the manifest of the newest result folder holds."""
    newest = _newest_result(folder)
    if newest is None:
        return {}
    manifest = json.loads((newest / MANIFEST).read_text(encoding="utf-8"))
    return flat(manifest.get("digests") or {})


def compare_tables(before: Path, now: Path | None, status: int, console: Console) -> int:
    """Print whether the tables of results are unchanged; return the exit status.

    Parameters
    ----------
    before, now : Path
        Result folders; None if the repetition has no results.
    status : int
        Exit status of the repetition.
    console : Console
    """
    names = [name for name in COMPARED_TABLES if (before / f"{name}.parquet").is_file()]
    if not names or now is None:
        console.print("There are no tables beside the manifest: nothing can be compared.")
        return status or DIFFERENT
    different = False
    for name in names:
        old, new = (_table(one / f"{name}.parquet") for one in (before, now))
        equal = new is not None and old is not None and old.equals(new)
        rows = 0 if old is None else len(old)
        console.print(f"{name}: {'equal' if equal else 'different'}, {rows:,} rows.")
        different |= not equal
    return (status or DIFFERENT) if different else status


def _table(path: Path) -> pd.DataFrame | None:
    """Return a table of results, or None if it cannot be read."""
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):
        return None


def compare(
    expected: dict[tuple[str, str, str], str],
    found: dict[tuple[str, str, str], str],
    status: int,
    console: Console,
) -> int:
    """Print whether every digest is unchanged, and return the exit status."""
    if not expected:
        console.print("The manifest holds no digests: there is nothing to compare with.")
        return status
    different = [key for key, digest in expected.items() if found.get(key) != digest]
    for scenario, sample, seed in different[:SHOWN]:
        what = "differs" if (scenario, sample, seed) in found else "has no result"
        varied = f", sample {sample}" if sample != "0" else ""
        console.print(f"{scenario}, seed {seed}{varied}: {what}.", markup=False)
    if len(different) > SHOWN:
        console.print(f"... and {len(different) - SHOWN} more.")
    equal = len(expected) - len(different)
    console.print(f"{equal} of {len(expected)} digests are equal.")
    return (status or DIFFERENT) if different else status
