"""Reading a result store in a few lines.

    from experiments import open_store

    store = open_store("outputs/store-0.3.0-1a2b3c4d")
    store.indicators(where=[("indicator", "==", "emergency_uptake_24h"), ("by", "==", "all")])

A store may be read while it grows: everything in it is complete.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.runs.store import Store

type Conditions = Sequence[tuple[str, str, Any]]
"""As in `pyarrow.parquet.read_table`: (column, operator, value), all of which must hold."""


class StoreReader:
    """Tables of a result store.

    Each method takes the name of a study (see `studies`). Without it, it returns all runs of the
    store, each once, under the scenario name it first had. Tables are long and begin with run,
    scenario, sample (number of the parameter sample), seed, and a column for every varied value.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def studies(self) -> list[str]:
        """Return the names of the studies, in the order they were begun."""
        return self._store.studies()

    def manifest(self, study: str) -> dict[str, Any]:
        """Return how a study was carried out: configuration, settings, code, packages.

        Parameters
        ----------
        study : str
            One of `studies`.

        Returns
        -------
        dict
            As in its `manifest.json`.
        """
        return dict(self._store.study(study).manifest)

    def specifications(self, study: str | None = None) -> pd.DataFrame:
        """Return the runs planned.

        Parameters
        ----------
        study : str, optional
            Only runs of this study.

        Returns
        -------
        DataFrame
            One row per run: run (its id), bundle (where it is or will be stored), scenario, sample,
            seed, and the varied values.
        """
        plans = [
            self._store.study(name).plan for name in (self.studies() if study is None else [study])
        ]
        if not plans:
            return pd.DataFrame(columns=["run", "bundle", "scenario", "sample", "seed"])
        plan = pd.concat(plans, ignore_index=True)
        if study is None:
            plan = plan.drop_duplicates("run", ignore_index=True)
        stored = self._store.index().bundle_of
        planned = zip(plan["run"], plan["bundle"], strict=True)
        return plan.assign(bundle=[stored.get(run, bundle) for run, bundle in planned])

    def indicators(self, study: str | None = None, where: Conditions = ()) -> pd.DataFrame:
        """Return the indicators of runs.

        Parameters
        ----------
        study : str, optional
            Only runs of this study.
        where : sequence of (column, operator, value)
            Only rows for which all of these hold, e.g. ``[("by", "==", "all")]``.

        Returns
        -------
        DataFrame
            Long: code, indicator, detail, by, group, unit, numerator, denominator, value, better.
        """
        return self._table("indicators", study, where)

    def curves(self, study: str | None = None, where: Conditions = ()) -> pd.DataFrame:
        """Return daily series.

        Parameters
        ----------
        study : str, optional
            Only runs of this study.
        where : sequence of (column, operator, value)
            Only rows for which all of these hold, e.g. ``[("by", "==", "all")]``.

        Returns
        -------
        DataFrame
            One row per run and day; columns as in `sim.observation.curves.curves`.
        """
        return self._table("curves", study, where)

    def flows(self, study: str | None = None, where: Conditions = ()) -> pd.DataFrame:
        """Return needs sent between institutions, and their outcomes.

        Parameters
        ----------
        study : str, optional
            Only runs of this study.
        where : sequence of (column, operator, value)
            Only rows for which all of these hold, e.g. ``[("by", "==", "all")]``.

        Returns
        -------
        DataFrame
            origin, target, need, what, count: see `sim.observation.needs.flow_table`.
        """
        return self._table("flows", study, where)

    def runs(self, study: str | None = None) -> pd.DataFrame:
        """Return the runs that are stored.

        Parameters
        ----------
        study : str, optional
            Only runs of this study.

        Returns
        -------
        DataFrame
            One row per run: digest of its final state, seconds of work, when it ended, and the
            versions of Python, NumPy and Numba that computed it.
        """
        runs, times = self._table("runs", study), self._table("times", study)
        if runs.empty:
            return runs
        return runs.merge(times[["run", *times.columns.difference(runs.columns)]], on="run")

    def failures(self, study: str | None = None) -> pd.DataFrame:
        """Return the runs that failed.

        Parameters
        ----------
        study : str, optional
            Only runs of this study.

        Returns
        -------
        DataFrame
            One row per run: stage, error, traceback.
        """
        return self._table("failures", study)

    def _table(self, name: str, study: str | None, where: Conditions = ()) -> pd.DataFrame:
        return self._store.read(name, self.specifications(study), where=where)


def open_store(path: str | Path) -> StoreReader:
    """Open a result store for reading.

    Parameters
    ----------
    path : str or Path
        The folder with `store.json`.

    Raises
    ------
    ConfigurationError
        If there is no store.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Store.for_writing(Path(folder))
    ...     open_store(folder).runs().empty
    True
    """
    return StoreReader(Store.for_reading(Path(path)))
