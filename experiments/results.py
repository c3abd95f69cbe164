"""Result folders: tables, manifest and figures, written all or not at all."""

import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

import pandas as pd

import sim
from experiments.specifications import model_version

PACKAGES = ("mesa", "numpy", "scipy", "pandas", "pyarrow", "pydantic", "hydra-core", "omegaconf")


@contextmanager
def new_folder(output: Path, name: str) -> Iterator[Path]:
    """Give a folder to write into that gets its final name only when everything is written.

    On an error nothing is left behind. Inside, write into the folder given; afterwards
    find it as `output / <date>_<time>_<name>`, with a number appended if that exists.
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
    """Give a folder to write into that takes the place of an earlier one when all is written.

    On an error the earlier one stays as it was.
    """
    temporary = folder.with_name(f".{folder.name}.unfinished-{uuid4().hex}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if folder.exists():
            before = folder.with_name(f".{folder.name}.before-{uuid4().hex}")
            folder.rename(before)
            temporary.rename(folder)
            rmtree(before, ignore_errors=True)
        else:
            temporary.rename(folder)
    except BaseException:
        rmtree(temporary, ignore_errors=True)
        raise


def as_typed(folder: Path) -> str:
    """Return a path as the reader would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def final_name(temporary: Path) -> Path:
    """Return the name a folder from `new_folder` will have when it is finished."""
    return temporary.with_name(temporary.name.removeprefix(".").removesuffix(".unfinished"))


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a table as Parquet and as CSV."""
    table = table.reset_index(drop=True)
    table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    table.to_csv(folder / f"{name}.csv", index=False)


def code_and_packages() -> dict[str, Any]:
    """Return the state of the code and the versions of what it rests on."""
    return {
        "git": git_state(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def write_manifest(folder: Path, resolved: dict[str, Any], **facts: Any) -> None:
    """Write what is needed to repeat the study: code version, packages, configuration, seeds."""
    manifest = {
        "model_version": model_version(),
        **code_and_packages(),
        "finished": f"{datetime.now().astimezone().isoformat(timespec='seconds')}",
        **facts,
        "configuration": resolved,
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False, default=str)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def git_state() -> dict[str, str | bool | None]:
    """Return the commit of the checkout, and whether it had changes that were not committed."""
    root = Path(sim.__file__).resolve().parent.parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "uncommitted_changes": bool(git("status", "--porcelain")),
        }
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "uncommitted_changes": None}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
