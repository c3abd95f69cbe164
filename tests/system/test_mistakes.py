"""Mistakes in what a user writes: one clear line, exit status 2, nothing on the disk."""

import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra.core.global_hydra import GlobalHydra

import experiments.studies.run
import experiments.studies.study
from sim.__main__ import main
from sim.config.configuration import choices, configuration_folder
from sim.config.files import study_settings

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
    monkeypatch.setattr(experiments.studies.study, "run_tasks", must_not_start)
    monkeypatch.setattr(experiments.studies.run, "carry_out_one", must_not_start)
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
    ("regime=[1]", "set one of them, e.g. regime.as_legislated=..."),
    ("parameters=null", "set one of them, e.g. parameters.demography=..."),
    ("scenarios={a: 1}", "'scenarios' is not a mapping"),
    ("population=5000", "did you mean 'city.population'?"),
    ("find=beds", "it belongs to study=levers"),
    ("seed=1,2", "several values need -m"),
    ("city@x=almaty", "leave out the '@...'"),
    ("--hlep", "unknown option '--hlep': did you mean '--help'?"),
    ("--cfg", "expected one argument"),
    ("--config-dir=nowhere", "there is no folder 'nowhere'"),
    ("hydra.searchpath=[nowhere]", "there is no folder 'nowhere'"),
    ("parameters.illness.acute_rate.high=1000", "cannot be set: range and source belong to"),
    ("++parameters.illness.acute_rate.high=1000", "cannot be set"),
    ("parameters.illness={acute_rate: {low: 0}}", "'parameters.illness.acute_rate.low' cannot be"),
    ("~parameters.illness.acute_rate.tier", "'parameters.illness.acute_rate.tier' cannot be set"),
    ("city.institutions.hospital.beds.high=9999", "cannot be set"),
    ("+parameters.illness.acute_rate.value=2", "already at"),
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
    ("~output", "output = None must be the name of a folder"),
    ("~city.institutions", "institutions: a city needs them"),
    ("~parameters.illness.acute_rate", "value missing"),
    ("++parameters.illness.acute_rate=99", "outside its range 0.5 to 3.5"),
    ("parameters.illness={acute_rate: 99}", "outside its range 0.5 to 3.5"),
    ("++parameters.illness={acute_rate: {value: 99}}", "outside its range 0.5 to 3.5"),
    ("++parameters.illness.acute_rate.value=99", "outside its range 0.5 to 3.5"),
    ("++city.institutions.hospital.beds=99999", "outside its range 0 to 2000"),
    ("++regime.as_hoped.contributions.from_2019.employer_rate=9", "outside its range 0 to 1"),
    ("scenarios=baseline", "write scenarios=[baseline]"),
    ("scenarios=[1.5]", "must be a list of names"),
    ("scenarios=[1]", "unknown scenario '1'"),
    ("replicates=ten", "replicates = ten must be a whole number from 1 to 100,000, or auto"),
    ("replicates=true", "replicates = True must be a whole number"),
    ("confidence=true", "a number above 0.5 and below 1"),
    ("executor.workers=true", "executor.workers = True must be a whole number"),
    ("days=true", "days = True must be a whole number from 1 to 36,500"),
    ("days=36501", "from 1 to 36,500"),
    ("seed=999999999999999999999", "from 0 to 1,000,000,000,000,000,000"),
    ("city.start_date=0001-01-01", "0001-01-01 is outside 1900-01-01 to 2200-12-31"),
    ("city.start_date=0", "is not a date"),
    ("city.holidays=[abc]", "'abc' is not a day of the year"),
    ("city.holidays=['02-30']", "'02-30' is not a day of the year"),
    ("scenario=mobile_clinics", "study=compare takes scenarios=[...], not scenario="),
    ("outcome=deaths", "'outcome' has an effect only with replicates=auto"),
    ("half_width=0.1", "'half_width' has an effect only with replicates=auto"),
    ("+samples=3", "study=compare does not read 'samples'"),
    ("+quantiles=[0.5]", "study=compare does not read 'quantiles'"),
    ("+person=3", "study=compare does not read 'person'"),
    ("+case=injury", "study=compare does not read 'case'"),
    ("study.name=run", "choose a study by study=NAME"),
]
OF_A_STUDY = [
    (["study=sweep", "vary={illness.acute_rate: [null]}"], "nothing (null) cannot be its value"),
    (["study=sweep", "vary={illness.acute_rate: [[1,2]]}"], "a list cannot be its value"),
    (["study=sweep", "vary={illness.acute_rate: [true]}"], "true cannot be its value"),
    (["study=sweep", "vary={illness.acute_rate: [nan]}"], "cannot be its value"),
    (["study=sweep", "vary={illness.acute_rate: 2}"], "must be a list, e.g. [2]"),
    (["study=sweep", "vary={illness.acute_rate: [1], parameters.illness.acute_rate: [2]}"],
     "are one path: name it once"),
    (["study=sweep", "vary={illness.acute_rate: [1]}", "samples=8"], "only with a design that"),
    (["study=curves", "+half_width=3"], "study=curves does not read 'half_width'"),
    (["study=curves", "quantiles=[true]"], "each a number above 0 and below 1"),
    (["study=run", "shard=1/2"], "study=run does not read 'shard'"),
    (["study=run", "replicates=3"], "unknown name 'replicates': it belongs to study=compare"),
    (["study=resume", "seed=3"], "study=resume does not read 'seed'"),
    (["study=figures", "city=almaty"], "study=figures does not read 'city'"),
    (["study=story", "person=3", "nth=2"], "'nth' has an effect only with no person="),
    (["study=story", "nth=true"], "nth = True must be a whole number at least 1"),
    (["study=story", "store=x"], "study=story does not read 'store'"),
    (["study=meanfield", "replicates=4"], "'replicates' has an effect only with simulate=true"),
    (["study=meanfield", "beside=a (1)/дом"], "beside = a (1)/дом: not a folder of results"),
    (["study=levers", "find=xyzzy"], "no lever has that in its path, unit or source"),
    (["-m", "study=run", "seed=1,x"], "seed = x must be a whole number"),
    (["-m", "study=run", "scenario=glob(zz*)"], "it matches no file of conf/"),
    (["-m", "--cfg", "job"], "choose one of them"),
    (["--cfg", "job", "--package", "nope"], "package 'nope' not found"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "complaint"), EARLY + LATE, ids=lambda part: str(part))
def test_a_mistake_on_the_command_line_is_one_line(
    command: Command, tmp_path: Path, word: str, complaint: str
) -> None:
    assert_one_line(command(word), complaint)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "complaint"), OF_A_STUDY, ids=lambda part: str(part))
def test_a_mistake_in_what_a_study_is_given_is_one_line(
    command: Command, tmp_path: Path, words: list[str], complaint: str
) -> None:
    """What a study does not read is refused, not ignored."""
    assert_one_line(command(*words), complaint)
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_program_is_one_line_too(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault\nwith two lines")

    monkeypatch.setattr(experiments.studies.run, "carry_out_one", fail)
    status, errors = command("study=run")
    assert status == 70
    assert errors == (
        "error: internal error: ZeroDivisionError: a fault; HYDRA_FULL_ERROR=1 shows it\n"
    )


def test_a_command_leaves_its_process_as_it_was(
    command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    """The harness of the fuzz test, for one, calls it a thousand times."""
    before = dict(os.environ), list(sys.argv), logging.getLogger("MESA").level
    for words in (["seed=x"], ["--cfg", "job"], ["--help"], ["--version"], ["study=levers"]):
        command(*words)
    assert (dict(os.environ), list(sys.argv), logging.getLogger("MESA").level) == before
    assert not GlobalHydra.instance().is_initialized()


AS_TYPED = ("папка", "a b", "~", "50%", "k=v", "(1)", "[x]", "{y}", "a,b", "d'or", 'q"q', "back\\",
            "$HOME", "a#b", "*", "123", "true")  # fmt: skip


def test_a_folder_is_taken_as_it_is_typed(command: Command, tmp_path: Path) -> None:
    for name in AS_TYPED:
        with pytest.raises(StartedError):
            command("study=run", f"output=out/{name}", f"store=stores/{name}")
    for folder in ("out", "stores"):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == sorted(AS_TYPED)


@pytest.mark.parametrize(
    "options", [["--cfg", "job"], ["--cfg=job"], ["-c", "job"], ["-c", "job", "-p", "city"]]
)
def test_options_of_hydra_take_their_value_after_a_space_too(
    command: Command, capfd: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main([*options, "city.population=777", "parameters.illness.acute_rate=1.7"]) == 0
    said = capfd.readouterr().out
    assert "value: 777" in said
    assert ("value: 1.7" in said) == ("-p" not in options)


def test_every_combination_of_a_multirun_is_checked_before_the_first_begins(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, int]] = []

    def note(resolved: dict[str, Any], console: object) -> int:
        begun.append((resolved["scenario"]["name"], resolved["seed"]))
        return len(begun) % 2

    monkeypatch.setattr(experiments.studies.run, "run", note)
    words = ("-m", "study=run", "scenario=glob(hub_m*)", "seed=range(1,3)")
    assert command(*words) == (1, "")
    assert begun == [(name, seed) for name in ("hub_medium", "hub_medium_blind") for seed in (1, 2)]
    begun.clear()
    assert_one_line(command("-m", "study=run", "days=10,0"), "days = 0 must be")
    assert begun == []


def test_the_help_of_a_study_says_what_each_setting_may_be(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in choices("study"):
        assert main([f"study={name}", "--help"]) == 0
        said = capfd.readouterr().out
        assert all(len(line) <= 80 for line in said.splitlines())
        assert f"study={name}:" in said
        settings = [line.partition("=")[0] for line in said.splitlines() if line[:1].isalpha()]
        assert set(study_settings()[name]) <= set(settings)
    main(["study=sweep", "--help"])
    said = capfd.readouterr().out
    meaning = "a whole number from 1 to 1,000,000; number of samples, for designs that draw"
    assert f"samples=64\n    {meaning}\n    samples\n" in said


def test_levers_are_listed_with_value_range_and_unit(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["study=levers", "city.institutions.hospital.beds=300"]) == 0
    said = capfd.readouterr().out
    assert "\ninstitutions.hospital.beds = 300 (0 to 2000)\n    beds a hospital;" in said
    assert "\nlaw.regime = as_legislated\n" in said
    assert all(len(line) <= 80 for line in said.splitlines())
    main(["study=levers", "find=POLYCLINIC"])
    found = capfd.readouterr().out
    paths = [line.split()[0] for line in found.splitlines() if line[:1].isalpha()][:-1]
    assert paths
    assert all(path in said for path in paths)
    assert "institutions.hospital.beds" not in paths


def test_a_ramp_longer_than_the_run_is_said(
    command: Command, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments.studies.run, "run", lambda *_: 0)
    for days, said in ((20, True), (59, True), (60, False)):
        assert main(["study=run", "scenario=mobile_clinics", f"days={days}"]) == 0
        out = capfd.readouterr().out
        assert ("Not fully in force in this run: scenario mobile_clinics" in out) == said


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
