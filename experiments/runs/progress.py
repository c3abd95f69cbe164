"""Progress: one live display on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

QUIET_SHARE, QUIET_SECONDS = 0.25, 300.0
"""Without a terminal: share of the work, and longest silence, after which a line is printed."""

type Advance = Callable[[int, int], None]
"""Takes the number of runs that have ended, and how many of them failed."""


class Tally:
    """Runs done and failed, their rate, and the time left at this rate.

    The clock starts with the first results: until then workers start and compile.
    """

    def __init__(self, total: int) -> None:
        self.total, self.done, self.failed = total, 0, 0
        self.before_rate = 0
        self.started: float | None = None

    def add(self, ended: int, failed: int) -> None:
        """Count runs that have ended."""
        self.done += ended
        self.failed += failed
        if self.started is None:
            self.started, self.before_rate = monotonic(), self.done

    @property
    def words(self) -> str:
        """Return failures, rate and time left in words."""
        said = [f"{self.failed} failed"] if self.failed else []
        elapsed = monotonic() - (self.started or monotonic())
        if elapsed > 0 and self.done > self.before_rate:
            rate = (self.done - self.before_rate) / elapsed
            said.append(f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.1f} a minute")
            if self.done < self.total:
                said.append(f"{_duration((self.total - self.done) / rate)} left")
        return ", ".join(said)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def progress_display(console: Console, total: int) -> Iterator[Advance]:
    """Yield a function that takes the number of runs that have ended and of those that failed."""
    tally = Tally(total)
    if not console.is_terminal:
        yield _quiet(console, tally)
        return
    columns = (
        TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("runs", total=total, words="")

        def advance(ended: int, failed: int) -> None:
            tally.add(ended, failed)
            progress.update(task, completed=tally.done, words=tally.words)

        yield advance


def _quiet(console: Console, tally: Tally) -> Advance:
    next_line, last_said = QUIET_SHARE, monotonic()

    def advance(ended: int, failed: int) -> None:
        nonlocal next_line, last_said
        tally.add(ended, failed)
        if tally.done >= next_line * tally.total or monotonic() - last_said > QUIET_SECONDS:
            words = f" ({tally.words})" if tally.words else ""
            console.print(f"{tally.done} of {tally.total} runs{words}")
            last_said = monotonic()
            while tally.done >= next_line * tally.total:
                next_line += QUIET_SHARE

    return advance
