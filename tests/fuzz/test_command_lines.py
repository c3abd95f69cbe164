"""Command lines: a wrong one is refused in one line before any run, a right one begins."""

import os
import shlex
from pathlib import Path

import pytest

from tests.fuzz import EVERY, TIMES
from tests.fuzz.cases import REAL, Line, generated, table
from tests.fuzz.conftest import Run
from tests.fuzz.harness import CHECKOUT, Outcome, judged, run_really, settle
from tests.system import faults

pytestmark = pytest.mark.long


def named(lines: list[Line]) -> list[object]:
    """Return lines as parameters of a test, under names that no two share."""
    return [
        pytest.param(line, id=f"{number}-{line.name}".encode("ascii", "replace").decode())
        for number, line in enumerate(lines)
    ]


def place_taken(outcome: Outcome, folder: Path) -> list[str]:
    """Return what is wrong with where a command has put what it wrote."""
    found = []
    for word in outcome.words:
        key, _, value = word.partition("=")
        if key not in ("output", "store") or outcome.status != 0:
            continue
        value = value[1:-1] if value[:1] in "'\"" and value[:1] == value[-1:] else value
        if not (folder / value).is_dir():
            found.append(f"wrong number: nothing was written to {value!r}: {outcome.command}")
    return found


@pytest.mark.parametrize("line", named([*table()[::EVERY], *generated(TIMES)]))
def test_a_command_line_is_refused_in_one_line_or_right(
    here: Run, tmp_path: Path, line: Line
) -> None:
    """What has to be refused is, before anything is run or written; what is right begins."""
    outcome = here(line.words)
    complaints = judged(line.verdict, outcome, line.hint)
    complaints += place_taken(outcome, tmp_path / "here")
    settle(shlex.join(line.words), complaints)


@pytest.mark.parametrize("line", named(list(REAL)))
def test_a_real_command_says_and_ends_the_same(tmp_path: Path, line: Line) -> None:
    """As a process: exit status, streams and files are those of the call in this process.

    Figures, which take longer than all the rest, are drawn by processes of `test_the_command.py`.
    """
    folder = tmp_path / "here"
    folder.mkdir()
    search = os.pathsep.join([faults.plant(tmp_path)["PYTHONPATH"], str(CHECKOUT)])
    outcome = run_really(line.words, folder, PYTHONPATH=search)
    complaints = judged(line.verdict, outcome, line.hint) + place_taken(outcome, folder)
    settle(f"real: {shlex.join(line.words)}", complaints)


def test_there_are_as_many_command_lines_as_promised() -> None:
    """The table and the generators make at least 300 different lines, 20 real ones beside."""
    lines = [*table(), *generated(1)]
    assert len({shlex.join(line.words) for line in lines}) >= 300
    assert len(REAL) >= 20
    assert {line.verdict for line in lines} <= {"refused", "begins", "answers", "sane", "told"}
