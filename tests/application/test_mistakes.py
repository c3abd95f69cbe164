"""Mistakes in what a user writes: one clear line, exit status 2, nothing on the disk."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import experiments.run
import experiments.study
from sim.__main__ import main
from sim.configuration import configuration_folder

type Command = Callable[..., tuple[int, str]]


class StartedError(BaseException):
    """A mistake was not noticed: the study has begun (no answer to a mistake catches this)."""


def must_not_start(*_: object, **__: object) -> None:
    raise StartedError


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Give a function that runs the command in this process: exit status and error output."""
    monkeypatch.setattr(experiments.study, "carry_out", must_not_start)
    monkeypatch.setattr(experiments.run, "carry_out_one", must_not_start)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        status = main(list(words))
        return status, capfd.readouterr().err

    return run


def assert_one_line(outcome: tuple[int, str], complaint: str) -> None:
    status, errors = outcome
    assert status == 2
    assert errors.startswith("error: ")
    assert complaint in errors
    assert len(errors.splitlines()) == 1


EARLY = [
    ("scenario=mobile_clinic", "did you mean 'mobile_clinics'"),
    ("city=workshp", "did you mean 'workshop'"),
    ("study=compar", "did you mean 'compare'"),
    ("study=resume", "there is no store in"),
    ("study=sweep", "needs something to vary"),
    ("shard=5/4", "must be i/n"),
    ("replicates=auto", "half_width"),
    ("executor=dusk", "did you mean 'dask'"),
    ("executor=lokal", "did you mean 'local'"),
    ("shock=epidemics", "did you mean 'epidemic'"),
    ("parameters.illness.acute_rat=1", "did you mean 'acute_rate'"),
    ("replicate=3", "did you mean 'replicates'"),
    ("seed", "cannot read 'seed'"),
    ("seed=[1", "cannot read"),
    ("scenario=[baseline]", "name a file of conf/scenario"),
    ("parameters=3", "set one of them, e.g. parameters.demography=..."),
    ("regime=7", "set one of them, e.g. regime.as_legislated=..."),
]
LATE = [
    ("scenarios=[baseline,mobile_clinic]", "did you mean 'mobile_clinics'"),
    ("scenarios=[baseline,baseline]", "named twice"),
    ("parameters.illness.acute_rate=99", "outside its range 0.5 to 3.5"),
    ("replicates=-1", "replicates"),
    ("executor.workers=0", "executor.workers"),
    ("days=0", "days"),
    ("+sead=3", "did you mean 'seed'"),
    ("scenario.changes=3", "changes"),
    ("~scenario", "scenario"),
    ("~study", "study"),
    ("~law", "'law' is missing"),
]


@pytest.mark.parametrize(("word", "complaint"), EARLY + LATE, ids=lambda part: str(part))
def test_a_mistake_on_the_command_line_is_one_line(
    command: Command, tmp_path: Path, word: str, complaint: str
) -> None:
    assert_one_line(command(word), complaint)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert_one_line(command(f"output={tmp_path}/file/results"), "output: cannot write to")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("path: illness.acute_rate, value: 1.0, start_day: 0", "not on the whitelist"),
        ("path: institutions.hospital.bedz, value: 1.0, start_day: 0",
         "did you mean 'institutions.hospital.beds'"),
        ("path: information.media_reach, value: 5.0, start_day: 400", "outside the run (0 to 364)"),
        ("path: information.media_reach, value: 5.0, first_day: 4", "unknown name 'first_day'"),
        ("path: information.media_reach, value: -5.0, start_day: 0", "outside its range"),
    ],
)  # fmt: skip
def test_a_wrong_scenario_file_is_one_line(
    command: Command,
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    complaint: str,
) -> None:
    folder = tmp_path_factory.mktemp("settings") / "conf"
    shutil.copytree(configuration_folder(), folder)
    text = f"name: draft\nsummary: a draft\nchanges:\n  - {{{change}}}\n"
    (folder / "scenario" / "draft.yaml").write_text(text)
    monkeypatch.setenv("ALMATY_CONF", str(folder))
    assert_one_line(command("study=run", "scenario=draft"), complaint)
    assert list(tmp_path.iterdir()) == []


def test_a_right_command_would_start(command: Command) -> None:
    """The guard of these tests works: without a mistake the study begins."""
    with pytest.raises(StartedError):
        command(f"output={os.devnull}.folder" if os.name == "nt" else "output=results")
