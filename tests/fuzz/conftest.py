"""What the areas of the harness share."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import experiments.run
import experiments.story
import experiments.study
from tests.fuzz.harness import Outcome, StartedError, run_here

type Run = Callable[[Sequence[str]], Outcome]


def _start(*_: object, **__: object) -> None:
    raise StartedError


@pytest.fixture
def intercepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run begins: where one would, `StartedError` is raised."""
    monkeypatch.setattr(experiments.study, "carry_out", _start)
    monkeypatch.setattr(experiments.run, "carry_out_one", _start)
    monkeypatch.setattr(experiments.story, "AlmatyModel", _start)
    monkeypatch.setattr(experiments.study, "compile_rules_once", lambda: None)


@pytest.fixture
def here(intercepted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Give a function that runs the command in an empty folder, up to its first run."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    folder = tmp_path / "here"
    folder.mkdir()
    yield lambda words: run_here(words, folder)
