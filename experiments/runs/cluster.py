"""Carrying out tasks on a Dask cluster: started here, or joined by the address of its scheduler."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from experiments.runs.executors import Done, WorkerDied, attempt
from experiments.studies.settings import Executor
from sim.config.configuration import ConfigurationError

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
CLOSE_SECONDS = 5
SILENT = ("distributed", "distributed.client", "distributed.core", "distributed.comm")
"""Loggers that would write a trace of many lines when the connection is lost."""


class SchedulerLostError(ConnectionError):
    """The scheduler of a cluster no longer answers."""


class OnDask[Task, Result]:
    """Workers of a Dask cluster: started here, or joined by the address of its scheduler."""

    def __init__(self, executor: Executor, work: Callable[[Task], Result]) -> None:
        self.work = work
        self.address = executor.address or "this machine"
        self.client = _client(executor)
        self.levels = {name: logging.getLogger(name).level for name in SILENT}
        for name in SILENT:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    @property
    def workers(self) -> int:
        """How many tasks can be carried out at once, now."""
        return max(sum(self.client.nthreads().values()), 1)

    def submit(self, task: Task) -> Any:
        """Hand over a task."""
        with self._scheduler_there():
            return self.client.submit(attempt, self.work, task, pure=False)

    def next_done(self, tickets: Sequence[Any]) -> Sequence[Any]:
        """Wait for the first to finish."""
        from distributed import wait as wait_for

        with self._scheduler_there():
            finished = wait_for(list(tickets), return_when="FIRST_COMPLETED").done
        return [ticket for ticket in tickets if ticket in finished]

    def result(self, ticket: Any) -> Done[Task, Result]:
        """Return the outcome of a task."""
        from distributed import KilledWorker

        try:
            with self._scheduler_there():
                done: Done[Task, Result] = ticket.result()
        except KilledWorker as error:
            raise WorkerDied(str(error)) from error
        finally:
            ticket.release()
        return done

    @contextmanager
    def _scheduler_there(self) -> Iterator[None]:
        """Turn the errors caused by a lost scheduler into a single error.

        The client then cancels all tasks; nothing else cancels tasks.
        """
        from distributed import CancelledError
        from distributed.comm.core import CommClosedError

        try:
            yield
        except (CancelledError, CommClosedError, ConnectionError, TimeoutError) as error:
            raise SchedulerLostError(
                f"the Dask scheduler ({self.address}) no longer answers; finished runs are stored: "
                "the same command, or study=resume, continues from there"
            ) from error

    def recover(self) -> None:
        """Do nothing: nannies start new workers."""

    def close(self) -> None:
        """Leave the cluster, and stop it if it was started here."""
        cluster = self.client.cluster
        try:
            with suppress(OSError, TimeoutError):
                self.client.close(timeout=CLOSE_SECONDS)
            if cluster is not None:
                cluster.close()
        finally:
            for name, level in self.levels.items():
                logging.getLogger(name).setLevel(level)


def _client(executor: Executor) -> "Client":
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ConfigurationError(
            "executor=dask needs the package distributed: install almaty-health-access[dask]"
        ) from error
    # A task that kills its worker is not passed to another worker: it is tried alone.
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    if executor.address is None:
        cluster = LocalCluster(
            n_workers=executor.worker_count, threads_per_worker=1, processes=True,
            dashboard_address=None, silence_logs=50,
        )  # fmt: skip
        return Client(cluster)
    known = {"address": executor.address}
    if executor.address.endswith(".json"):
        known = {"scheduler_file": executor.address}
    try:
        return Client(**known, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigurationError(
            f"executor.address: no Dask scheduler answers at '{executor.address}'"
        ) from error
