"""One live bar on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

QUIET_SHARE = 0.25
"""Without a terminal a line is printed each time this share of the work is done."""


@contextmanager
def progress_bar(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that advances the display by so many steps."""
    if not console.is_terminal:
        yield _quiet(console, what, total)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("elapsed"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=total)
        yield lambda steps: progress.advance(task, steps)


def _quiet(console: Console, what: str, total: int) -> Callable[[int], None]:
    done = 0
    next_line = QUIET_SHARE

    def advance(steps: int) -> None:
        nonlocal done, next_line
        done += steps
        if done >= next_line * total:
            console.print(f"{done} of {total} {what}")
            while done >= next_line * total:
                next_line += QUIET_SHARE

    return advance
