"""The result store: Parquet files that are complete or absent, and unchanged or refused.

    store/
      store.json                      format, and the version of the model of all its runs
      studies/<study>/manifest.json   configuration, every scenario in full, code and packages
      studies/<study>/plan.parquet    row per run: id, bundle, scenario, sample, seed, varied values
      studies/<study>/machine.json    when, where and by which command it was begun
      studies/<study>/contents.json   checksums
      runs/<bundle>/<table>.parquet   indicators, curves, flows, runs, failures
      runs/<bundle>/times.parquet     seconds, when it ended, and the versions that computed it
      runs/<bundle>/contents.json     runs in it, those that failed, and checksums
      runs/<bundle>/machine.json      checksum of the times
      set_aside/                      damaged bundles and studies

Everything is written to a folder with a temporary name and renamed once. So a store can be read,
copied or added to at any time by any number of processes; even if a writer is killed, everything in
the store is complete. Two processes may carry out the same run at once: then it is in two bundles,
and every reader takes it from the first in the order of names. Apart from `times.parquet` and
`machine.json` the same study ends with the same bytes, however often it was interrupted and
wherever it ran.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.runs.bundles import CONTENTS, FORMAT, MACHINE, TABLES, Bundles
from experiments.runs.plan import model_version
from experiments.runs.sealed_files import (
    UNFINISHED,
    DamageError,
    as_json,
    checked_bytes,
    fingerprint,
    read_sealed,
    rows_of,
    unfinished,
    whole_folder,
    write_once,
    write_parquet,
    write_sealed,
    writer_is_gone,
)
from sim.config.configuration import ConfigurationError, nearest

__all__ = ["TABLES", "Store", "StoredStudy", "as_typed"]
MANIFEST, PLAN = "manifest.json", "plan.parquet"
STUDY = re.compile("[a-z_]+-[0-9a-f]{8}")
"""Pattern of the names of studies: a kind and a hash."""
WHY_UNTRUSTED = {
    1: "a run was identified by its scenario's name, so files of one name could be mixed up",
    2: "its digests follow another rule, so its runs cannot be checked",
}
"""Why stores of earlier formats are not read."""
UNTRUSTED = "store '{path}' has format {found}: {why}; its numbers are not read: name another store"


@dataclass(frozen=True)
class StoredStudy:
    """A study as recorded in a store."""

    name: str
    manifest: Mapping[str, Any]
    plan: pd.DataFrame
    machine: Mapping[str, Any]


class Store(Bundles):
    """A folder of runs and the studies they belong to.

    Parameters
    ----------
    path : Path
        The folder.
    """

    # --- opening ---

    @classmethod
    def for_writing(cls, path: Path) -> "Store":
        """Open or create a store to add runs of this version of the model.

        Raises
        ------
        ConfigurationError
            If it cannot be written to, is not a store, or holds runs of another version.
        """
        store = cls(path)
        try:
            (path / "studies").mkdir(parents=True, exist_ok=True)
            (path / "runs").mkdir(exist_ok=True)
            if not store._identity.is_file():
                store._identify()
            probe = path / unfinished()
            probe.mkdir()
            probe.rmdir()
            store._sweep()
        except DamageError:
            raise
        except OSError as error:
            raise ConfigurationError(
                f"store: cannot write to '{path}' ({error.strerror})"
            ) from error
        store._check_format()
        if store.model_version != model_version():
            raise ConfigurationError(
                f"store '{path}' holds runs of model version {store.model_version}, this is "
                f"{model_version()}: name another store, or repeat its study with this version: "
                f"study=expand from={path} store=NEW"
            )
        return store

    @classmethod
    def for_reading(cls, path: Path) -> "Store":
        """Open an existing store of any version of the model.

        Raises
        ------
        ConfigurationError
            If there is none.
        """
        store = cls(path)
        if not store._identity.is_file():
            raise ConfigurationError(f"store: there is no store in '{path}'{_beside(path)}")
        store._check_format()
        for name in ("runs", "studies"):
            if not (path / name).is_dir():
                raise ConfigurationError(f"store: '{path / name}' is missing or not a folder")
        return store

    def _identify(self) -> None:
        """Record the version of the model, unless the store holds runs of another version."""
        index = self.index()
        versions = {one.model_version for one in index.contents.values()}
        if index.damaged or versions - {model_version()}:
            raise ConfigurationError(f"store: '{self.path}' holds files but is not a store")
        identity = {"format": FORMAT, "model_version": model_version()}
        write_once(self._identity, lambda path: write_sealed(path, identity))

    def _check_format(self) -> None:
        try:
            found = json.loads(self._identity.read_bytes().decode("utf-8"))["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(self._damaged_identity) from error
        if isinstance(found, int) and found < FORMAT:
            why = WHY_UNTRUSTED[min(max(found, 1), FORMAT - 1)]
            raise ConfigurationError(UNTRUSTED.format(path=self.path, found=found, why=why))
        if found != FORMAT:
            raise ConfigurationError(
                f"store '{self.path}' has format {found}, this program reads format {FORMAT}"
            )
        try:
            read_sealed(self._identity)
        except DamageError as error:
            raise ConfigurationError(self._damaged_identity) from error

    @property
    def _damaged_identity(self) -> str:
        return (
            f"store: '{self._identity}' is damaged: remove it, and the next study writes it "
            "again from the stored runs"
        )

    def _sweep(self) -> None:
        """Remove unfinished folders of killed processes; keep those of processes maybe alive."""
        for place in (self.path, self.path / "runs", self.path / "studies"):
            for left in place.glob(f"{UNFINISHED}*"):
                if not writer_is_gone(left):
                    continue
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)

    # --- writing ---

    def begin_study(
        self, name: str, manifest: Mapping[str, Any], plan: pd.DataFrame, machine: Mapping[str, Any]
    ) -> StoredStudy:
        """Record a study before any of its runs, or return it if it is already recorded.

        Parameters
        ----------
        name : str
            Name of the study, unique in the store.
        manifest : mapping
            How it is carried out: configuration, settings, code and packages.
        plan : DataFrame
            One row per run: run (its id), bundle, scenario, sample, seed, and a column for every
            varied value.
        machine : mapping
            When, where and by which command it was started.
        """
        place = self.path / "studies" / name
        if not place.is_dir():
            with whole_folder(self.path, place) as folder:
                (folder / MANIFEST).write_text(as_json(manifest), encoding="utf-8")
                write_parquet(folder / PLAN, plan)
                write_sealed(folder / MACHINE, machine)
                files = {one: fingerprint(folder / one) for one in (MANIFEST, PLAN)}
                write_sealed(folder / CONTENTS, {"study": name, "files": files})
        return self.study(name)

    # --- reading ---

    def studies(self) -> list[str]:
        """Return the names of the studies, in the order they were begun."""
        found = [
            one
            for one in (self.path / "studies").iterdir()
            if not one.name.startswith(".")
            and (
                STUDY.fullmatch(one.name)
                or any((one / file).exists() for file in (PLAN, MANIFEST, CONTENTS))
            )
        ]
        return [one.name for one in sorted(found, key=_begun)]

    def study(self, name: str) -> StoredStudy:
        """Return a study by its name.

        Parameters
        ----------
        name : str
            One of `studies`.

        Raises
        ------
        ConfigurationError
            If there is none of that name.
        DamageError
            If it has changed since it was written.
        """
        known = self.studies()
        if name not in known:
            hint = nearest(name, known) if known else "it holds no study yet"
            raise ConfigurationError(f"store '{self.path}': unknown study '{name}': {hint}")
        place = self.path / "studies" / name
        contents = read_sealed(place / CONTENTS)
        if contents.get("study") != name:
            raise DamageError(name, f"it holds the study '{contents.get('study')}'")
        read = {one: checked_bytes(place / one, at) for one, at in contents["files"].items()}
        plan = rows_of(read[PLAN], None, ()).to_pandas()
        words = plan.columns[plan.dtypes == "category"]
        try:
            machine = read_sealed(place / MACHINE)
        except DamageError:  # only says when and where: no result depends on it
            machine = {}
        manifest = json.loads(read[MANIFEST].decode("utf-8"))
        return StoredStudy(name, manifest, plan.astype(dict.fromkeys(words, "str")), machine)


def _begun(study: Path) -> tuple[str, float]:
    """Return when a study was started; copies of a store keep this, but not the times of files."""
    try:
        return str(read_sealed(study / MACHINE)["begun"]), 0.0
    except (DamageError, KeyError):
        return "", study.stat().st_mtime


def _beside(path: Path) -> str:
    """Return a hint that names stores near a place without one."""
    near = {one.parent for one in path.parent.glob("*/store.json")}
    near |= {one.parent for one in Path.cwd().glob("*/store*/store.json")}
    if not near:
        return ": name it by store=FOLDER, or use the output=FOLDER of its study"
    names = [one.name if one.parent == path.parent else as_typed(one) for one in sorted(near)]
    return f"; beside it: {', '.join(names)}"


def as_typed(folder: Path) -> str:
    """Return a path as the user would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
