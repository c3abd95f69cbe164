"""The bundles of a store: runs that were carried out together and are stored together.

A bundle is a folder `runs/<bundle>/` with one Parquet file per table, the checksums of all of them,
and the ids of its runs. See `experiments.runs.store` for the store as a whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import sim
from experiments.runs.index import Contents, Index, index_of
from experiments.runs.plan import model_version
from experiments.runs.sealed_files import (
    DamageError,
    StoreError,
    checked_bytes,
    fingerprint,
    read_sealed,
    rows_of,
    whole_folder,
    write_parquet,
    write_sealed,
)

FORMAT = 3
TABLES = ("indicators", "curves", "flows", "runs", "failures", "times")
CONTENTS, MACHINE = "contents.json", "machine.json"
BY_THE_MACHINE = ("times",)
"""Tables that differ between machines: their checksums are stored separately from the others."""


class Bundles:
    """The bundles of a store, all of one version of the model.

    Parameters
    ----------
    path : Path
        Folder of the store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[int, Contents]] = {}

    @property
    def _identity(self) -> Path:
        return self.path / "store.json"

    @property
    def model_version(self) -> str:
        """Version of the model whose runs are kept here."""
        return str(read_sealed(self._identity)["model_version"])

    # --- writing ---

    def keep(
        self,
        bundle: str,
        tables: Mapping[str, pd.DataFrame],
        order: Sequence[str] = (),
        replace: bool = False,
    ) -> None:
        """Store the results of a bundle, all or nothing.

        Parameters
        ----------
        bundle : str
            Its name in the plan.
        tables : mapping of str to DataFrame
            One for each of `TABLES`; empty ones are not written.
        order : sequence of str
            Ids of its runs in the order of the plan; if none are given, in that of the tables.
        replace : bool
            Whether to replace an existing bundle of that name; otherwise the existing one stays.

        Raises
        ------
        StoreError
            If the disk is full or the folder is no longer writable.
        """
        with whole_folder(self.path, self.path / "runs" / bundle, replace) as folder:
            for name in TABLES:
                if len(tables[name]):
                    mine = tables[name].assign(bundle=bundle)
                    columns = ["run", "bundle", *tables[name].columns.drop("run")]
                    write_parquet(folder / f"{name}.parquet", mine[columns])
            written = {path.stem: fingerprint(path) for path in folder.iterdir()}
            runs, failed = (_runs_in(tables[name]) for name in ("runs", "failures"))
            contents = {
                "format": FORMAT,
                "model_version": model_version(),
                "digest_rule": sim.DIGEST_RULE,
                "bundle": bundle,
                "runs": list(order) or [*runs, *failed],
                "failed": failed,
                "files": _named(written, (one for one in TABLES if one not in BY_THE_MACHINE)),
            }
            write_sealed(folder / CONTENTS, contents)
            write_sealed(folder / MACHINE, {"files": _named(written, BY_THE_MACHINE)})

    def keep_retried(self, bundle: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """Put new results of runs that failed before into their bundle, replacing the failures.

        The bundle is then as if it had been written at once.

        Parameters
        ----------
        bundle : str
            Where the runs are stored as failed.
        tables : mapping of str to DataFrame
            New results of runs, as for `keep`.
        """
        contents = self.index().contents[bundle]
        again = {run for name in ("runs", "failures") for run in _runs_in(tables[name])}
        place = {run: number for number, run in enumerate(contents.runs)}
        whole = {}
        for name in TABLES:
            old = self._of_bundle(contents, name)
            kept = old[~old["run"].isin(again)] if len(old) else old
            parts = [one for one in (kept, tables[name]) if len(one)]
            table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
            if len(table):
                table = table.iloc[table["run"].map(place).argsort(kind="stable")]
            whole[name] = table
        self.keep(bundle, whole, contents.runs, replace=True)

    def _of_bundle(self, contents: Contents, name: str) -> pd.DataFrame:
        """Return a table of a bundle as it was given to `keep`."""
        table = self._rows(contents, name, None, ())
        if table is None:
            return pd.DataFrame()
        plain = table.drop(["bundle"]).to_pandas()
        words = plain.columns[plain.dtypes == "category"]
        return plain.astype(dict.fromkeys(words, "str"))

    def set_aside(self, place: str, name: str) -> Path:
        """Move a damaged bundle or study out of the way; nothing is deleted.

        Parameters
        ----------
        place : str
            "runs" or "studies".
        name : str
            Name of its folder.

        Returns
        -------
        Path
            Where it is now.
        """
        aside, number = self.path / "set_aside" / name, 1
        try:
            aside.parent.mkdir(exist_ok=True)
            while aside.exists():
                number += 1
                aside = aside.with_name(f"{name}-{number}")
            return (self.path / place / name).rename(aside)
        except OSError as error:
            raise StoreError(
                f"store: cannot set '{name}' aside in '{self.path}' ({error.strerror})"
            ) from error

    # --- reading ---

    def index(self) -> Index:
        """Return which runs are stored, and in which bundle."""
        return index_of(self.path / "runs", self._read)

    def damage_of(self, bundle: str) -> str | None:
        """Return what is wrong with a bundle, or None if it is unchanged.

        Parameters
        ----------
        bundle : str
            Name of its folder.
        """
        index = self.index()
        if bundle in index.damaged:
            return index.damaged[bundle]
        contents = index.contents[bundle]
        if contents.model_version != self.model_version:
            return f"it holds runs of model version {contents.model_version}"
        try:
            read_sealed(self._bundle(bundle) / CONTENTS)
            for name, expected in self._files_of(contents).items():
                checked_bytes(self._bundle(bundle) / name, expected)
        except DamageError as damage:
            return damage.why
        except OSError as error:
            raise StoreError(f"store: cannot read '{error.filename}' ({error.strerror})") from error
        return None

    def digest(self, bundle: str, run: str) -> str:
        """Return the digest that a run has in a bundle."""
        table = self._rows(self.index().contents[bundle], "runs", ["run", "digest"], ())
        assert table is not None
        ends = zip(table["run"].to_pylist(), table["digest"].to_pylist(), strict=True)
        return str(dict(ends)[run])

    def _bundle(self, name: str) -> Path:
        return self.path / "runs" / name

    def _files_of(self, contents: Contents) -> dict[str, Any]:
        by_machine = read_sealed(self._bundle(contents.bundle) / MACHINE)["files"]
        return {**contents.files, **by_machine}

    def _rows(
        self,
        contents: Contents,
        name: str,
        columns: Sequence[str] | None,
        where: Sequence[tuple[str, str, Any]],
    ) -> pa.Table | None:
        """Return the rows of a table of a bundle, None if it has none."""
        file = f"{name}.parquet"
        expected = self._files_of(contents) if name in BY_THE_MACHINE else contents.files
        if file not in expected:
            return None
        content = checked_bytes(self._bundle(contents.bundle) / file, expected[file])
        return rows_of(content, columns, where)

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
            Leave the words of the table as categories, which takes a fraction of the memory.

        Returns
        -------
        DataFrame
            Rows of the table with the id of their run; empty if there are none.

        Raises
        ------
        StoreError
            If a bundle it needs is damaged.
        """
        wanted = None if columns is None else list(dict.fromkeys(["run", *columns]))
        try:
            parts = self._parts(name, None if plan is None else plan["run"], wanted, where)
        except DamageError as damage:
            raise StoreError(self._damage_in_words(damage)) from damage
        except OSError as error:
            raise StoreError(f"store: cannot read '{error.filename}' ({error.strerror})") from error
        if not parts:
            return pd.DataFrame(columns=_columns_of_empty(name, plan, wanted))
        whole = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
        if wanted is None:
            whole = whole.drop(["bundle"])
        table = whole.to_pandas()
        if plan is not None:
            table = _joined(plan.drop(columns="bundle"), table)
        if coded:
            return table
        return table.astype(dict.fromkeys(table.columns[table.dtypes == "category"], "str"))

    def _parts(
        self,
        name: str,
        runs: "pd.Series[str] | None",
        columns: Sequence[str] | None,
        where: Sequence[tuple[str, str, Any]],
    ) -> list[pa.Table]:
        """Return the rows of a table bundle by bundle, of each run those of one bundle."""
        index = self.index()
        needed = index.bundle_of.keys() if runs is None else set(runs)
        if index.damaged and (runs is None or not needed <= index.bundle_of.keys()):
            raise DamageError(*next(iter(index.damaged.items())))
        bundles = {index.bundle_of[run] for run in needed if run in index.bundle_of}
        parts = []
        for bundle in sorted(bundles):
            contents = index.contents[bundle]
            table = self._rows(contents, name, columns, where)
            if table is None:
                continue
            elsewhere = [run for run in contents.runs if index.bundle_of[run] != bundle]
            if elsewhere:
                ids = table["run"].cast(pa.string())
                table = table.filter(pc.invert(pc.is_in(ids, pa.array(elsewhere))))
            parts.append(table)
        return parts

    def _damage_in_words(self, damage: DamageError) -> str:
        return (
            f"store '{self.path}': bundle {damage.place} is damaged ({damage.why}): study=resume "
            "sets it aside and repeats its runs; study=check verifies the whole store"
        )


def _columns_of_empty(
    name: str, plan: pd.DataFrame | None, wanted: Sequence[str] | None
) -> list[str]:
    """Return the columns of a table for which no run has a row: empty tables have columns too."""
    from sim.observation.needs import FLOW_COLUMNS  # loads the model

    known = {"flows": FLOW_COLUMNS, "failures": ["stage", "error", "traceback"]}
    of_plan = ["run"] if plan is None else list(plan.columns.drop("bundle"))
    own = known.get(name, []) if wanted is None else list(wanted)
    return list(dict.fromkeys([*of_plan, *own]))


def _runs_in(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["run"])) if len(table) else []


def _named(written: Mapping[str, Any], tables: Iterable[str]) -> dict[str, Any]:
    return {f"{name}.parquet": written[name] for name in tables if name in written}


def _joined(plan: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Put the plan's columns before the rows of its runs; runs are matched by number, not by id."""
    runs = pd.Index(plan["run"].unique())
    ids = table["run"].cat
    numbered = table.assign(run=runs.get_indexer(ids.categories)[ids.codes])
    joined = plan.assign(run=runs.get_indexer(plan["run"])).merge(numbered, on="run", how="inner")
    return joined.assign(run=pd.Categorical.from_codes(joined["run"], runs))
