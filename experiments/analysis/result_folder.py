"""Result folders: tables, manifest and figures, written completely or not at all."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

import pandas as pd
from rich.console import Console

import sim
from experiments.runs.provenance import code_and_packages, system
from experiments.runs.sealed_files import as_json
from experiments.runs.store import as_typed

__all__ = [
    "as_typed", "final_name", "new_folder", "renewed_folder", "say_what_is_not_drawn",
    "write_manifest", "write_table",
]  # fmt: skip
MANIFEST = "manifest.json"
NOT_DRAWN = "not_drawn.txt"
"""File of a result folder that lists figures with nothing to draw, and figures that failed."""
WRITTEN = "written"
"""Name in a manifest of the list of files that the program wrote into the folder."""


@contextmanager
def new_folder(output: Path, name: str) -> Iterator[Path]:
    """Yield a folder to write into that gets its final name only when everything is written.

    On an error nothing is left behind. Write into the folder that is yielded; afterwards it is
    `output / <date>_<time>_<name>`, with a number appended if that exists.
    """
    stamp = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{name}"
    final = output / stamp
    number = 1
    while True:
        temporary = final.with_name(f".{final.name}.unfinished")
        try:
            if final.exists():
                raise FileExistsError
            temporary.mkdir()
            break
        except FileExistsError:
            number += 1
            final = output / f"{stamp}-{number}"
    try:
        yield temporary
        temporary.rename(final)
    except BaseException:
        rmtree(temporary, ignore_errors=True)
        raise


@contextmanager
def renewed_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder to write into that replaces an earlier one when everything is written.

    On an error the earlier one stays as it was. The user's own files in it are kept, that is, all
    files that the program has not written there itself.
    """
    temporary = folder.with_name(f".{folder.name}.unfinished-{uuid4().hex}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _note_files(temporary)
        if folder.exists():
            before = folder.with_name(f".{folder.name}.before-{uuid4().hex}")
            folder.rename(before)
            temporary.rename(folder)
            _hand_on(before, folder)
            rmtree(before, ignore_errors=True)
        else:
            temporary.rename(folder)
    except BaseException:
        rmtree(temporary, ignore_errors=True)
        raise


def _note_files(folder: Path) -> None:
    """Record in the manifest of a folder which files the program has written there."""
    path = folder / MANIFEST
    if path.is_file():
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest[WRITTEN] = sorted(one.name for one in folder.iterdir())
        path.write_text(as_json(manifest), encoding="utf-8")


def _hand_on(before: Path, folder: Path) -> None:
    """Move files that the program has not written from the earlier folder into the new one."""
    try:
        ours = set(json.loads((before / MANIFEST).read_text(encoding="utf-8"))[WRITTEN])
    except (OSError, ValueError, KeyError, TypeError):
        ours = {one.name for one in folder.iterdir()}
    for kept in before.iterdir():
        if kept.name in ours:
            continue
        target = folder / kept.name
        while target.exists():  # the program now writes a file of this name itself
            target = target.with_name(f"{target.name}.before")
        kept.rename(target)


def final_name(temporary: Path) -> Path:
    """Return the name a folder from `new_folder` will have when it is finished."""
    return temporary.with_name(temporary.name.removeprefix(".").removesuffix(".unfinished"))


def say_what_is_not_drawn(folder: Path, console: Console) -> None:
    """Say which figures of a result folder could not be drawn."""
    path = folder / NOT_DRAWN
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            console.print(f"Figure not drawn: {line}. The tables are complete.", markup=False)


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a table as Parquet and as CSV."""
    table = table.reset_index(drop=True)
    table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    table.to_csv(folder / f"{name}.csv", index=False)


def write_manifest(folder: Path, configuration: Mapping[str, Any], **facts: Any) -> None:
    """Write all that is needed to repeat a study: code, packages, machine, configuration, digests.

    Parameters
    ----------
    folder : Path
    configuration : mapping
        As `experiments.runs.provenance.configuration_of` returns it.
    **facts
        Further facts, above all `command`, `settings` (with which the tables were made) and
        `digests` (of the final state of each run).
    """
    manifest = {
        **code_and_packages(),
        "system": system(),
        "digest_rule": sim.DIGEST_RULE,
        "finished": f"{datetime.now().astimezone().isoformat(timespec='seconds')}",
        **facts,
        "configuration": configuration,
    }
    (folder / MANIFEST).write_text(as_json(manifest), encoding="utf-8")
