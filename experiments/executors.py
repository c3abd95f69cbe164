"""One seam for carrying out tasks: in this process, or in a pool of processes.

`carry_out` yields results as they come; a task that fails is a result too. A pool of loky workers
survives nothing less than its own driver: a killed worker ends in failed tasks, not in a hang.
"""

import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass

from experiments.settings import Executor

TASKS_AHEAD = 2
"""Tasks handed to the pool for each worker, so that none waits for the driver."""


@dataclass(frozen=True)
class Done[Task, Result]:
    """What became of a task: a result, or the error that ended it."""

    task: Task
    result: Result | None
    error: str | None = None
    details: str | None = None


def carry_out[Task, Result](
    executor: Executor, work: Callable[[Task], Result], tasks: Sequence[Task]
) -> Iterator[Done[Task, Result]]:
    """Carry out tasks and yield what became of each, in the order they finish.

    Parameters
    ----------
    executor : Executor
        How many processes.
    work : callable
        A module-level function of one task.
    tasks : sequence
        Picklable descriptions of the tasks.
    """
    workers = min(executor.worker_count, len(tasks))
    if workers <= 1:
        for task in tasks:
            yield _attempt(work, task)
        return
    yield from _in_a_pool(workers, work, tasks)


def _in_a_pool[Task, Result](
    workers: int, work: Callable[[Task], Result], tasks: Sequence[Task]
) -> Iterator[Done[Task, Result]]:
    from loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(max_workers=workers, env=ONE_THREAD, initializer=_ignore_interrupts)
    waiting = list(reversed(tasks))
    running: dict[Future[Done[Task, Result]], Task] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers * TASKS_AHEAD:
                task = waiting.pop()
                with _deaf_to_interrupts():
                    running[pool.submit(_attempt, work, task)] = task
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                else:
                    yield Done(task, None, "a worker process ended unexpectedly", str(error))
    finally:
        pool.shutdown(wait=False, kill_workers=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes started meanwhile ignore Ctrl-C: it is the driver's to answer.

    A terminal sends the signal to the workers too, and each would print a trace of its own.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Held back, not ignored: a signal that comes meanwhile reaches the driver afterwards.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupts() -> None:
    """Let a worker ignore Ctrl-C once it has started (its starters may have let it through)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Environment of the workers: processes are the parallelism, not threads inside them."""


def _attempt[Task, Result](work: Callable[[Task], Result], task: Task) -> Done[Task, Result]:
    try:
        return Done(task, work(task))
    except Exception as error:
        # One failed run must not cost the others: the error travels as a result.
        return Done(task, None, f"{type(error).__name__}: {error}", traceback.format_exc())
