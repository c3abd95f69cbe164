"""The index of the runs of a store, read from the sealed contents of its bundles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.runs.sealed_files import DamageError, read_sealed

CONTENTS = "contents.json"
NAME = re.compile("[0-9a-f]{16}")
"""Pattern of the names that plans give to bundles."""


@dataclass(frozen=True)
class Contents:
    """What a bundle holds, as recorded beside its tables.

    Attributes
    ----------
    bundle : str
        Its name.
    model_version : str
        Version of the model of its runs.
    runs : tuple of str
        Ids of its runs, in the order of the plan.
    failed : frozenset of str
        Those that failed.
    files : dict
        Size and hash of every table.
    """

    bundle: str
    model_version: str
    runs: tuple[str, ...]
    failed: frozenset[str]
    files: Mapping[str, Any]


@dataclass(frozen=True)
class Index:
    """Which runs are stored.

    Attributes
    ----------
    contents : dict
        What each bundle holds, by its name.
    bundle_of : dict
        The bundle to read each run from: one in which it has results, the first in the order of
        names; one in which it failed only if it has none anywhere.
    failed : set
        Runs that failed and have no results anywhere.
    doubled : dict
        Bundles of runs with results in several bundles (two processes carried them out at once).
    damaged : dict
        What is wrong with bundles whose contents cannot be read, by name.
    """

    contents: dict[str, Contents] = field(default_factory=dict)
    bundle_of: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    doubled: dict[str, list[str]] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)


def index_of(runs: Path, known: dict[str, tuple[int, Contents]]) -> Index:
    """Return the index of the bundles in a folder.

    Parameters
    ----------
    runs : Path
        Folder of the bundles.
    known : dict
        Contents read before, with the time at which their file was written; updated in place.
    """
    index = Index()
    for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
        if folder.name.startswith(".") or not _is_bundle(folder):
            continue
        if not folder.is_dir():
            index.damaged[folder.name] = "it is a file"
            continue
        try:
            index.contents[folder.name] = _contents(folder, known)
        except DamageError as damage:
            if folder.is_dir():  # and not set aside by another process meanwhile
                index.damaged[folder.name] = damage.why
    for name, contents in index.contents.items():
        for run in contents.runs:
            if run in contents.failed:
                continue
            if index.bundle_of.setdefault(run, name) != name:
                index.doubled.setdefault(run, [index.bundle_of[run]]).append(name)
    for name, contents in index.contents.items():
        for run in contents.failed:
            if run not in index.bundle_of:
                index.failed.add(run)
                index.bundle_of[run] = name
    return index


def _is_bundle(folder: Path) -> bool:
    """Return True if a folder is a bundle: users may keep their own files beside bundles."""
    return NAME.fullmatch(folder.name) is not None or any(
        (folder / name).exists() for name in (CONTENTS, "runs.parquet", "failures.parquet")
    )


def _contents(folder: Path, known: dict[str, tuple[int, Contents]]) -> Contents:
    path = folder / CONTENTS
    try:
        written = path.stat().st_mtime_ns
    except OSError as error:
        raise DamageError(folder.name, f"{CONTENTS} is missing") from error
    before = known.get(folder.name)
    if before is not None and before[0] == written:
        return before[1]
    read = read_sealed(path)
    if read["bundle"] != folder.name:
        raise DamageError(folder.name, f"it holds the bundle {read['bundle']}")
    contents = Contents(
        folder.name, read["model_version"], tuple(read["runs"]), frozenset(read["failed"]),
        read["files"],
    )  # fmt: skip
    known[folder.name] = (written, contents)
    return contents
