"""Carrying out the runs of a bundle, each on a branch of the burn-in it shares with others."""

import platform
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from time import perf_counter, process_time

import numba
import numpy as np
import pandas as pd

from experiments.runs.plan import Bundle, PlannedRun, identity_of, scenario_to_run
from sim.config.scenario import Scenario
from sim.model import AlmatyModel
from sim.observation.needs import flow_table

FAILURE_COLUMNS = ["run", "stage", "error", "traceback"]
MACHINE_COLUMNS = ("python", "numpy", "numba", "processor")
"""Columns of the table times: the versions and the processor that computed a run."""


@dataclass(frozen=True)
class BundleResult:
    """Result tables of some runs, long, with the column run."""

    tables: Mapping[str, pd.DataFrame]


class BurnInCache:
    """The last burn-in simulated, kept for the next run that shares it."""

    def __init__(self) -> None:
        self.name = ""
        self.model: AlmatyModel | None = None

    def of(self, scenario: Scenario) -> AlmatyModel:
        """Return the model at the end of a scenario's burn-in."""
        past = identity_of(scenario).past
        if self.name != past or self.model is None:
            self.name, self.model = "", None  # one burn-in in memory at a time
            self.model = AlmatyModel(scenario)
            self.name = past
        return self.model


_past = BurnInCache()


def carry_out_bundle(bundle: Bundle) -> BundleResult:
    """Carry out the runs of a bundle; a run that fails does not affect the others."""
    return joined([_carry_out(run)[1] for run in bundle.runs])


def carry_out_one(bundle: Bundle) -> tuple[AlmatyModel | None, BundleResult]:
    """Carry out the only run of a bundle; return its model too, None if it failed."""
    (run,) = bundle.runs
    return _carry_out(run, branch=False)


class Clock:
    """CPU and wall-clock seconds since it was created."""

    def __init__(self) -> None:
        self.cpu_start, self.wall_start = process_time(), perf_counter()

    @property
    def cpu(self) -> float:
        """CPU seconds of this process."""
        return process_time() - self.cpu_start

    @property
    def wall(self) -> float:
        """Wall-clock seconds."""
        return perf_counter() - self.wall_start


@cache
def machine() -> dict[str, str]:
    """Return the versions of the packages used for computing, and the kind of processor."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "processor": platform.machine(),
    }


def _scenario(run: PlannedRun) -> Scenario:
    return scenario_to_run(run)


def _carry_out(run: PlannedRun, branch: bool = True) -> tuple[AlmatyModel | None, BundleResult]:
    """Carry out a run, on a branch of a shared burn-in or in a separate city."""
    stage, clock = "set-up", Clock()
    try:
        scenario = _scenario(run)
        stage = "burn-in"
        model = _past.of(scenario).fork(scenario) if branch else AlmatyModel(scenario)
        burn_in = clock.cpu
        stage = "days"
        model.run_for(scenario.days)
        stage = "results"
        return model, _results_of(run, model, clock, burn_in)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return None, failed([run], stage, said, traceback.format_exc())


def _results_of(run: PlannedRun, model: AlmatyModel, clock: Clock, burn_in: float) -> BundleResult:
    tables = {
        "indicators": model.indicators(), "curves": model.curves(), "flows": flow_table(model),
        "runs": pd.DataFrame(
            {"digest": [model.digest()], "residual_drift": [model.residual_drift]}
        ),
        "times": pd.DataFrame(
            {
                "burn_in_cpu_seconds": [burn_in],
                "cpu_seconds": [clock.cpu - burn_in],
                "wall_seconds": [clock.wall],
                "ended": [datetime.now(UTC).isoformat(timespec="seconds")],
                **{name: [machine()[name]] for name in MACHINE_COLUMNS},
            }
        ),
    }  # fmt: skip
    for table in tables.values():
        table.insert(0, "run", run.run)
    return BundleResult({**tables, "failures": pd.DataFrame(columns=FAILURE_COLUMNS)})


def failed(runs: Sequence[PlannedRun], stage: str, error: str, details: str) -> BundleResult:
    """Return the results of runs that failed: one row each that says where and why."""
    rows = [(run.run, stage, error, details) for run in runs]
    empty = {name: pd.DataFrame() for name in ("indicators", "curves", "flows", "runs", "times")}
    return BundleResult({**empty, "failures": pd.DataFrame(rows, columns=FAILURE_COLUMNS)})


def joined(results: Sequence[BundleResult]) -> BundleResult:
    """Return the results of several runs as one."""
    tables = {}
    for name in results[0].tables:
        parts = [one.tables[name] for one in results if len(one.tables[name])]
        tables[name] = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return BundleResult(tables)
