"""The result store: Parquet files that are whole or absent, and what was written or refused.

    store/
      store.json                      format, and the version of the model all runs in it are of
      studies/<study>/manifest.json   configuration, every scenario in full, code and packages
      studies/<study>/plan.parquet    a row a run: id, bundle, scenario, sample, seed, values varied
      studies/<study>/machine.json    when, where and by which command it was begun
      studies/<study>/contents.json   checksums
      runs/<bundle>/<table>.parquet   indicators, curves, flows, runs, failures
      runs/<bundle>/times.parquet     seconds, when it ended, and the versions that made the numbers
      runs/<bundle>/contents.json     runs in it, those that failed, and checksums
      runs/<bundle>/machine.json      checksum of the times
      set_aside/                      what was damaged and has been run again

Everything is written to a folder of another name and renamed once. So a store can be read, copied
or added to at any time by any number of processes; whatever kills a writer, what is there is whole.
Two processes may carry out the same run at once: then it lies in two bundles, and every reader
takes it from the first in the order of names. Apart from `times.parquet` and `machine.json` the
same study ends with the same bytes, however often it was interrupted and wherever it ran.
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
"""Names of studies: a kind and a hash."""
WHY_UNTRUSTED = {
    1: "a run hung on the name of its scenario, so two files of one name could be mixed up",
    2: "its digests follow another rule, so no run of it could be checked",
}
"""Why stores of earlier formats are not read."""
UNTRUSTED = "store '{path}' has format {found}: {why}; its numbers are not read: name another store"


@dataclass(frozen=True)
class StoredStudy:
    """A study as it stands in a store."""

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
        """Open a store, or make one, to add runs of this version of the model.

        Raises
        ------
        ConfigurationError
            If it cannot be written to, is no store, or holds runs of another version.
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
        """Open a store that exists, of whatever version of the model.

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
                raise ConfigurationError(f"store: '{path / name}' is missing, or is no folder")
        return store

    def _identify(self) -> None:
        """Write down which version of the model the runs are of, unless others are there."""
        index = self.index()
        versions = {one.model_version for one in index.contents.values()}
        if index.damaged or versions - {model_version()}:
            raise ConfigurationError(f"store: '{self.path}' holds files that are no store")
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
            f"store: '{self._identity}' is damaged: take it away, and the next study writes it "
            "anew from the runs that are there"
        )

    def _sweep(self) -> None:
        """Remove what killed processes left unfinished; those that may be alive keep theirs."""
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
        """Write a study down before any of its runs, or return it if it is there already.

        Parameters
        ----------
        name : str
            Name of the study, unique in the store.
        manifest : mapping
            How it is made: configuration, settings, code and packages.
        plan : DataFrame
            A row a run: run (its id), bundle, scenario, sample, seed, and a column a value varied.
        machine : mapping
            When, where and by which command it was begun.
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
            If it is not what was written.
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
        except DamageError:  # says when and where: no number hangs on it
            machine = {}
        manifest = json.loads(read[MANIFEST].decode("utf-8"))
        return StoredStudy(name, manifest, plan.astype(dict.fromkeys(words, "str")), machine)


def _begun(study: Path) -> tuple[str, float]:
    """Return when a study was begun; a copy of a store keeps that, but not the times of files."""
    try:
        return str(read_sealed(study / MACHINE)["begun"]), 0.0
    except (DamageError, KeyError):
        return "", study.stat().st_mtime


def _beside(path: Path) -> str:
    """Name stores near a place where there is none."""
    near = {one.parent for one in path.parent.glob("*/store.json")}
    near |= {one.parent for one in Path.cwd().glob("*/store*/store.json")}
    if not near:
        return ": name it by store=FOLDER, or by output=FOLDER as its study was given"
    names = [one.name if one.parent == path.parent else as_typed(one) for one in sorted(near)]
    return f"; beside it: {', '.join(names)}"


def as_typed(folder: Path) -> str:
    """Return a path as the reader would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
