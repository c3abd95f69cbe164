"""What the areas of the harness share."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import experiments.figures.comparison
import experiments.story.study
import experiments.studies.run
import experiments.studies.study
from tests.fuzz.harness import Outcome, StartedError, run_here
from tests.fuzz.stores import Undamaged, make

type Run = Callable[[Sequence[str]], Outcome]


def _start(*_: object, **__: object) -> None:
    raise StartedError


@pytest.fixture
def intercepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run begins: where one would, `StartedError` is raised."""
    monkeypatch.setattr(experiments.studies.study, "run_tasks", _start)
    monkeypatch.setattr(experiments.studies.run, "carry_out_one", _start)
    monkeypatch.setattr(experiments.story.study, "AlmatyModel", _start)
    monkeypatch.setattr(experiments.studies.study, "compile_rules_once", lambda: None)


@pytest.fixture
def here(intercepted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Give a function that runs the command in an empty folder, up to its first run."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    folder = tmp_path / "here"
    folder.mkdir()
    yield lambda words: run_here(words, folder)


def _draw_nothing(*_: object, **__: object) -> None:
    """Figures are drawn elsewhere, and slowly."""


@pytest.fixture(scope="session")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> Undamaged:
    """A comparison of two scenarios under two seeds, carried out once a session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments.figures.comparison, "draw_comparison", _draw_nothing)
        return make(tmp_path_factory.mktemp("undamaged"))


@pytest.fixture
def copy(undamaged: Undamaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the store, in which figures are not drawn."""
    monkeypatch.setattr(experiments.figures.comparison, "draw_comparison", _draw_nothing)
    return undamaged.copy_to(tmp_path / "here")
