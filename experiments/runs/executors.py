"""One interface for carrying out tasks: in this process, in a pool of processes, or on a cluster.

`run_tasks` yields the outcome of each task as it finishes; an error in a task is an outcome too. If
a worker process dies, all tasks that may have caused this are tried again one at a time, to find
the task responsible. A task that kills its worker `TRIES` times is given up. A task that can be
split is split first, so that only the part responsible is lost.
"""

import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import sleep
from typing import Any, Protocol

from experiments.studies.settings import Executor

TASKS_AHEAD = 2
"""Tasks queued for each worker, so that none waits for the driver."""
TRIES = 3
"""How often a task may kill its worker."""
LOOK_SECONDS = 1.0
"""How often a worker checks whether its driver is still alive."""


@dataclass(frozen=True)
class Done[Task, Result]:
    """The outcome of a task: a result, or the error that ended it."""

    task: Task
    result: Result | None
    error: str | None = None
    details: str | None = None


class WorkerDied(Exception):
    """The process that carried out a task has ended."""


class Backend[Task, Result](Protocol):
    """Carries out tasks in other processes."""

    @property
    def workers(self) -> int:
        """How many tasks it can carry out at once."""
        ...

    def submit(self, task: Task) -> Any:
        """Submit a task; return a ticket."""
        ...

    def next_done(self, tickets: Sequence[Any]) -> Sequence[Any]:
        """Wait until some of the tickets are done; return those."""
        ...

    def result(self, ticket: Any) -> Done[Task, Result]:
        """Return the outcome of a task, or raise `WorkerDied`."""
        ...

    def recover(self) -> None:
        """Make the workers usable again after one has died."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


def run_tasks[Task, Result](
    executor: Executor,
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    parts_of: Callable[[Task], list[Task]] = lambda task: [task],
) -> Iterator[Done[Task, Result]]:
    """Carry out tasks and yield the outcome of each, in the order they finish.

    Parameters
    ----------
    executor : Executor
        Where to run, and with how many processes.
    work : callable
        A module-level function that takes one task.
    tasks : sequence
        Picklable descriptions of the tasks.
    parts_of : callable
        Splits a task into smaller ones. If a task has killed its worker, its parts are carried out
        and yielded one by one.

    Raises
    ------
    ConfigurationError
        If the cluster cannot be reached.
    """
    if not tasks:
        return
    if executor.name == "dask":
        from experiments.runs.cluster import OnDask

        yield from _by_a_crew(OnDask(executor, work), tasks, parts_of)
    elif executor.worker_count > 1 and len(tasks) > 1:
        workers = min(executor.worker_count, len(tasks))
        yield from _by_a_crew(InAPool(workers, work), tasks, parts_of)
    elif executor.name == "local":
        # A separate process, so that its death does not end this one.
        yield from _by_a_crew(InAPool(1, work), tasks, parts_of)
    else:
        for task in tasks:
            yield attempt(work, task)


def _by_a_crew[Task, Result](
    crew: Backend[Task, Result], tasks: Sequence[Task], parts_of: Callable[[Task], list[Task]]
) -> Iterator[Done[Task, Result]]:
    waiting = deque(tasks)
    suspects: deque[tuple[Task, int]] = deque()
    running: dict[Any, Task] = {}
    try:
        while waiting or running or suspects:
            while waiting and not suspects and len(running) < crew.workers * TASKS_AHEAD:
                task = waiting.popleft()
                running[crew.submit(task)] = task
            if not running:
                yield from _alone(crew, *suspects.popleft(), suspects, parts_of)
                continue
            died = False
            for ticket in crew.next_done(list(running)):
                task = running.pop(ticket)
                try:
                    yield crew.result(ticket)
                except WorkerDied:
                    died = True
                    suspects.append((task, 0))
            if died:
                crew.recover()
    finally:
        crew.close()


def _alone[Task, Result](
    crew: Backend[Task, Result],
    task: Task,
    ended: int,
    suspects: deque[tuple[Task, int]],
    parts_of: Callable[[Task], list[Task]],
) -> Iterator[Done[Task, Result]]:
    """Carry out a task while no other runs: if its worker dies, this task is the cause."""
    ticket = crew.submit(task)
    crew.next_done([ticket])
    try:
        yield crew.result(ticket)
    except WorkerDied:
        crew.recover()
        parts = parts_of(task)
        if len(parts) > 1:
            suspects.extend((part, 0) for part in parts)
        elif ended + 1 < TRIES:
            suspects.appendleft((task, ended + 1))
        else:
            yield Done(
                task, None, f"ended its worker process {TRIES} times", "no trace: the process died"
            )


def attempt[Task, Result](work: Callable[[Task], Result], task: Task) -> Done[Task, Result]:
    """Carry out a task; an error in it is an outcome too."""
    try:
        return Done(task, work(task))
    except Exception as error:
        # One failed task must not affect the others: the error is returned as an outcome.
        return Done(task, None, f"{type(error).__name__}: {error}", traceback.format_exc())


# --- processes of this machine ----------------------------------------------------------------


ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Environment of the workers: parallelism comes from processes, not from threads inside them."""


class InAPool[Task, Result]:
    """A pool of loky processes: it detects the death of a worker and can be rebuilt."""

    def __init__(self, workers: int, work: Callable[[Task], Result]) -> None:
        self.workers = workers
        self.work = work
        self.pool = self._new_pool()

    def submit(self, task: Task) -> Future[Done[Task, Result]]:
        """Hand over a task."""
        from loky.process_executor import BrokenProcessPool, ShutdownExecutorError

        try:
            with _deaf_to_interrupts():
                future: Future[Done[Task, Result]] = self.pool.submit(attempt, self.work, task)
        except (BrokenProcessPool, ShutdownExecutorError) as error:
            future = Future()
            future.set_exception(error)
        return future

    def next_done(
        self, tickets: Sequence[Future[Done[Task, Result]]]
    ) -> Sequence[Future[Done[Task, Result]]]:
        """Wait for the first to finish."""
        finished, _ = wait(tickets, return_when=FIRST_COMPLETED)
        return [ticket for ticket in tickets if ticket in finished]

    def result(self, ticket: Future[Done[Task, Result]]) -> Done[Task, Result]:
        """Return the outcome of a task."""
        error = ticket.exception()
        if error is not None:
            raise WorkerDied(str(error)) from error
        return ticket.result()

    def recover(self) -> None:
        """Rebuild the pool."""
        self.close()
        self.pool = self._new_pool()

    def _new_pool(self) -> Any:
        from loky import ProcessPoolExecutor

        return ProcessPoolExecutor(
            max_workers=self.workers, env=ONE_THREAD, initializer=_begin_worker,
            initargs=(os.getpid(),),
        )  # fmt: skip

    def close(self) -> None:
        """Let the workers go."""
        self.pool.shutdown(wait=False, kill_workers=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Make processes started in this context ignore Ctrl-C, which the driver handles.

    A terminal sends the signal to the workers too, and each would print its own traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Blocked, not ignored: a signal that arrives meanwhile reaches the driver afterwards.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker(driver: int) -> None:
    """Make a worker ignore Ctrl-C (even if it was started without that) and end with its driver.

    A driver that is killed cannot notify its workers, which would otherwise wait for it forever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(driver,), daemon=True).start()


def _end_with(driver: int) -> None:
    while os.getppid() == driver:
        sleep(LOOK_SECONDS)
    os._exit(1)
