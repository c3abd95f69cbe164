"""The result store: Parquet files that are whole or absent.

    store/
      store.json                      format, and the version of the model all runs in it are of
      studies/<study>/manifest.json   configuration, settings, code and packages
      studies/<study>/plan.parquet    a row a run: id, bundle, scenario, sample, seed, values varied
      studies/<study>/machine.json    when and where it was begun
      runs/<bundle>/<table>.parquet   indicators, curves, flows, runs, failures
      runs/<bundle>/times.parquet     seconds, and when it ended

Everything is written to a folder of another name and renamed once. So a store can be read, copied
or added to at any time by any number of processes; whatever kills a writer, what is there is whole.
Apart from `times.parquet` and `machine.json` the same study ends with the same bytes, however often
it was interrupted and wherever it ran.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.specifications import model_version
from sim.configuration import ConfigurationError, nearest

FORMAT = 1
TABLES = ("indicators", "curves", "flows", "runs", "failures", "times")
UNFINISHED = ".unfinished-"
FORGOTTEN_AFTER = 3600.0
"""Seconds after which what another machine left unfinished cannot belong to a living process."""


class StoreError(OSError):
    """A store that cannot be written: full disk, lost permission."""


@dataclass(frozen=True)
class StoredStudy:
    """A study as it stands in a store."""

    name: str
    manifest: Mapping[str, Any]
    plan: pd.DataFrame


class Store:
    """A folder of runs and the studies they belong to.

    Parameters
    ----------
    path : Path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

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
                if any((path / "runs").iterdir()):
                    raise ConfigurationError(f"store: '{path}' holds files that are no store")
                store._write_once(
                    store._identity,
                    _as_json({"format": FORMAT, "model_version": model_version()}),
                )
            probe = path / _unfinished()
            probe.mkdir()
            probe.rmdir()
            store._sweep()
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
            others = [one.parent.name for one in path.parent.glob("*/store.json")]
            beside = f"; beside it: {', '.join(sorted(others))}" if others else ""
            raise ConfigurationError(f"store: there is no store in '{path}'{beside}")
        store._check_format()
        return store

    @property
    def _identity(self) -> Path:
        return self.path / "store.json"

    @property
    def model_version(self) -> str:
        """Version of the model whose runs are kept here."""
        return str(json.loads(self._identity.read_text(encoding="utf-8"))["model_version"])

    def _check_format(self) -> None:
        try:
            found = json.loads(self._identity.read_text(encoding="utf-8"))["format"]
        except (ValueError, KeyError) as error:
            raise ConfigurationError(f"store: '{self._identity}' is damaged") from error
        if found != FORMAT:
            raise ConfigurationError(
                f"store '{self.path}' has format {found}, this program reads format {FORMAT}"
            )

    def _sweep(self) -> None:
        """Remove what killed processes left unfinished; those that may be alive keep theirs."""
        for place in (self.path, self.path / "runs", self.path / "studies"):
            for left in place.glob(f"{UNFINISHED}*"):
                if _writer_is_gone(left):
                    shutil.rmtree(left, ignore_errors=True)

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
            When and where it was begun.
        """
        place = self.path / "studies" / name
        if not place.is_dir():
            with self._whole_folder(place) as folder:
                (folder / "manifest.json").write_text(_as_json(manifest), encoding="utf-8")
                (folder / "machine.json").write_text(_as_json(machine), encoding="utf-8")
                _write(folder / "plan.parquet", plan)
        return self.study(name)

    def keep(self, bundle: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """Store the results of a bundle, all or nothing.

        Parameters
        ----------
        bundle : str
            Its name in the plan.
        tables : mapping of str to DataFrame
            One for each of `TABLES`; empty ones are not written.

        Raises
        ------
        StoreError
            If the disk is full or the folder may not be written to any more.
        """
        with self._whole_folder(self.path / "runs" / bundle) as folder:
            for name in TABLES:
                if len(tables[name]):
                    _write(folder / f"{name}.parquet", tables[name])

    @contextmanager
    def _whole_folder(self, place: Path) -> Iterator[Path]:
        folder = place.with_name(_unfinished())
        try:
            folder.mkdir()
            yield folder
            for written in folder.iterdir():
                _to_disk(written)
            try:
                folder.rename(place)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                # Somebody else has stored the same; it is as good as ours.
                shutil.rmtree(folder, ignore_errors=True)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            reason = error.strerror or str(error)
            raise StoreError(f"store: cannot write to '{self.path}' ({reason})") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _write_once(self, path: Path, text: str) -> None:
        temporary = path.with_name(_unfinished())
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)

    # --- reading ---

    def studies(self) -> list[str]:
        """Return the names of the studies, in the order they were begun."""
        found = [
            one for one in (self.path / "studies").iterdir() if (one / "plan.parquet").is_file()
        ]
        return [one.name for one in sorted(found, key=lambda one: one.stat().st_mtime)]

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
        """
        place = self.path / "studies" / name
        if not (place / "plan.parquet").is_file():
            known = self.studies()
            hint = nearest(name, known) if known else "it holds no study yet"
            raise ConfigurationError(f"store '{self.path}': unknown study '{name}': {hint}")
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        return StoredStudy(name, manifest, pd.read_parquet(place / "plan.parquet"))

    def has(self, bundle: str) -> bool:
        """Return whether the results of a bundle are stored.

        Parameters
        ----------
        bundle : str
            Its name in the plan.
        """
        return (self.path / "runs" / bundle).is_dir()

    def bundle_of_runs(self) -> dict[str, str]:
        """Return in which bundle each stored run is, failed ones included.

        Returns
        -------
        dict
            Name of the bundle by id of the run.
        """
        found: dict[str, str] = {}
        for path in self._files("runs") + self._files("failures"):
            ids = pq.read_table(path, columns=["run"], partitioning=None)["run"].to_pylist()
            found |= dict.fromkeys(ids, path.parent.name)
        return found

    def _files(self, name: str, bundles: Iterable[str] | None = None) -> list[Path]:
        if bundles is None:
            bundles = (one.name for one in (self.path / "runs").iterdir())
        paths = (self.path / "runs" / bundle / f"{name}.parquet" for bundle in sorted(bundles))
        return [
            path for path in paths if not path.parent.name.startswith(UNFINISHED) and path.is_file()
        ]

    def read(
        self,
        name: str,
        plan: pd.DataFrame | None = None,
        columns: Sequence[str] | None = None,
        where: Sequence[tuple[str, str, Any]] = (),
        coded: bool = False,
    ) -> pd.DataFrame:
        """Return one of the tables of all bundles, each run once.

        Parameters
        ----------
        name : str
            One of `TABLES`.
        plan : DataFrame, optional
            Only runs of this plan, in its order; its other columns are put before those of the
            table.
        columns : sequence of str, optional
            Only these of the table.
        where : sequence of (column, operator, value)
            As in `pyarrow.parquet.read_table`, e.g. ``[("by", "==", "all")]``.
        coded : bool
            Leave the words of the table as categories: a fraction of the memory.

        Returns
        -------
        DataFrame
            Rows of the table with the id of their run; empty if there are none.
        """
        wanted = None if columns is None else list(dict.fromkeys(["run", *columns]))
        parts = [
            _rows(path, wanted, where)
            for path in self._files(name, None if plan is None else plan["bundle"].unique())
        ]
        if not parts:
            return pd.DataFrame(columns=wanted or ["run"])
        whole = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
        table = whole.to_pandas()
        if plan is not None:
            table = _beside(plan.drop(columns="bundle"), table)
        if coded:
            return table
        return table.astype(dict.fromkeys(table.columns[table.dtypes == "category"], "str"))


def _rows(
    path: Path, columns: Sequence[str] | None, where: Sequence[tuple[str, str, Any]]
) -> pa.Table:
    """Return the rows of a file that meet conditions, with words as numbers of a dictionary.

    Words repeat from row to row: reading and comparing them spelt out takes twice as long.
    """
    words = [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type)]
    return pq.read_table(
        path, columns=columns, filters=list(where) or None, partitioning=None, use_threads=False,
        read_dictionary=words,
    )  # fmt: skip


def _beside(plan: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Put a plan before the rows of its runs; runs are compared by number, their ids are long."""
    runs = pd.Index(plan["run"].unique())
    ids = table["run"].cat
    numbered = table.assign(run=runs.get_indexer(ids.categories)[ids.codes])
    joined = plan.assign(run=runs.get_indexer(plan["run"])).merge(numbered, on="run", how="inner")
    return joined.assign(run=pd.Categorical.from_codes(joined["run"], runs))


def _unfinished() -> str:
    """Return a name for what this process has not finished."""
    return f"{UNFINISHED}{gethostname()}-{os.getpid()}-{uuid4().hex}"


def _writer_is_gone(left: Path) -> bool:
    """Tell whether the process that began a folder has ended; of other machines, guess by age."""
    try:
        age = time.time() - left.stat().st_mtime
    except FileNotFoundError:
        return False  # finished meanwhile
    host, _, process = left.name.removeprefix(UNFINISHED).rpartition("-")[0].rpartition("-")
    if host == gethostname() and process.isdecimal() and os.name != "nt":
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
    return age > FORGOTTEN_AFTER


def _write(path: Path, table: pd.DataFrame) -> None:
    pq.write_table(
        pa.Table.from_pandas(table, preserve_index=False), path, compression="zstd",
        store_schema=False,
    )  # fmt: skip


def _to_disk(path: Path) -> None:
    """Make sure a file is on the disk before its folder gets its name."""
    with path.open("rb") as opened:
        os.fsync(opened.fileno())


def _as_json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
