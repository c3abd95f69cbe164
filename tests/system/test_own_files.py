"""Scenarios, shocks, cities and studies of one's own: found, listed, usable where a name is."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.config.configuration import (
    ConfigurationError,
    compose_configuration,
    configuration_files,
    configuration_folder,
    file_of,
)
from sim.config.levers import Change
from sim.config.loading import load_scenario

ROOT = Path(__file__).parents[2]
PATH = "information.ngo_reach"
SMALL = (
    "city=hamlet", "shock=flood", "days=5", "executor=serial", "replicates=2", "output=results",
)  # fmt: skip


def scenario(name: str, value: float = 0.5) -> str:
    return (
        f"name: {name}\nsummary: a trial\nchanges:\n"
        f"  - {{path: {PATH}, value: {value}, start_day: 2}}\n"
    )


FILES = {
    "scenario/идея-1.yaml": scenario("идея-1"),
    "scenario/second.yaml": scenario("second", 2.0),
    "shock/flood.yaml": "name: flood\nsummary: a flood\nchanges:\n"
    "  - {path: illness.acute_factor, value: 2.0, start_day: 1}\n",
    "city/hamlet.yaml": "defaults: [workshop, _self_]\nname: hamlet\nsummary: very small\n"
    "population: {value: 150}\nburn_in_days: {value: 60}\n",
    "study/ours.yaml": "# @package _global_\nstudy: {name: compare, summary: our comparison}\n"
    "scenarios: [baseline, second]\nreplicates: 2\nconfidence: 0.9\nhalf_width: null\n"
    "outcome: emergency_uptake_24h\nmost_replicates: 200\nseed: 7\n",
}


def write(folder: Path) -> None:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that has nothing to do with the program, with files of one's own in it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "conf")
    return tmp_path


def test_own_files_of_the_working_directory_are_usable_where_a_name_is(elsewhere: Path) -> None:
    """Command line, lists of scenarios, sweeps; what ran is in the manifest in full."""
    assert main(["study=curves", "scenarios=[baseline,идея-1,second]", *SMALL]) == 0
    (manifest,) = (elsewhere / "results").glob("curves-*/manifest.json")
    written = json.loads(manifest.read_text(encoding="utf-8"))
    assert written["scenarios"] == ["baseline", "идея-1", "second"]
    configuration = written["configuration"]
    assert configuration["city"]["population"]["value"] == 150
    assert configuration["shock"]["changes"][0]["path"] == "illness.acute_factor"


def test_own_files_take_part_in_a_composition_and_are_named(elsewhere: Path) -> None:
    resolved = compose_configuration(["study=ours", "city=hamlet", "shock=flood"])
    assert resolved["seed"] == 7
    assert resolved["study"] == {
        "name": "compare", "summary": "our comparison", "file": "ours"
    }  # fmt: skip
    files = configuration_files(resolved)
    assert files["city/hamlet"] == elsewhere / "conf/city/hamlet.yaml"
    assert files["study/ours"] == elsewhere / "conf/study/ours.yaml"
    program = configuration_folder()
    for part in ("city/almaty", "city/workshop", "scenario/baseline", "parameters/illness"):
        assert files[part] == program / f"{part}.yaml"
    assert files["config"] == program / "config.yaml"
    assert file_of("scenario", "second") == elsewhere / "conf/scenario/second.yaml"


@pytest.mark.parametrize(
    "words",
    [
        ["--config-dir", "away"],
        ["--config-dir=away"],
        ["-cd", "away"],
        ["hydra.searchpath=[away]"],
        ["hydra.searchpath=[file://away]"],
    ],
)
def test_a_folder_named_on_the_command_line_is_looked_in(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "away")
    assert main([*words, "--help"]) == 0
    said = capfd.readouterr().out
    for line in ("second                   a trial", "flood                    a flood"):
        assert f"  {line} [away/" in said
    assert main(["study=levers", "find=ngo_reach", "city=hamlet", *words]) == 0
    assert main(["study=levers", "city=hamlet"]) == 2  # not looked in any longer


def test_an_own_file_becomes_part_of_the_scenario(elsewhere: Path) -> None:
    """Workers may not see the file: the scenario holds all of it."""
    mine = load_scenario("second", ["city=hamlet", "shock=flood", "days=5"])
    again = pickle.loads(pickle.dumps(mine))
    for name in FILES:
        (elsewhere / "conf" / name).unlink()
    assert again.values_on(4) == {PATH: 2.0, "illness.acute_factor": 2.0}
    assert again.resolved["scenario"]["changes"][0]["value"] == 2.0
    assert again.resolved["city"]["population"]["value"] == 150


def test_a_file_changed_between_two_calls_is_read_anew(elsewhere: Path) -> None:
    before = load_scenario("second")
    (elsewhere / "conf/scenario/second.yaml").write_text(scenario("second", 3.0))
    (elsewhere / "conf/city/hamlet.yaml").write_text(
        FILES["city/hamlet.yaml"].replace("150", "200")
    )
    after = load_scenario("second", ["city=hamlet"])
    assert (before.changes[0].value, after.changes[0].value) == (2.0, 3.0)
    assert after.world.city.population == 200


def test_load_scenario_takes_a_path_and_looks_beside_it(tmp_path: Path) -> None:
    for folder in (tmp_path / "scenario", tmp_path / "plain"):
        folder.mkdir()
        for name in ("first", "other"):
            (folder / f"{name}.yaml").write_text(scenario(name))
        for path in (folder / "first.yaml", str(folder / "first.yaml")):
            loaded = load_scenario(path, ["seed=4"])
            assert (loaded.name, loaded.seed) == ("first", 4)
            assert loaded.with_policy("other").name == "other"
    with pytest.raises(ConfigurationError, match="there is no file"):
        load_scenario(tmp_path / "none.yaml")


def test_load_scenario_takes_a_mapping() -> None:
    change = {"path": PATH, "value": 0.5, "start_day": 3}
    described = {"name": "mine", "summary": "a trial", "changes": [change]}
    loaded = load_scenario(described, ["days=10"])
    assert loaded.changes == (Change(path=PATH, value=0.5, start_day=3),)
    assert loaded.resolved["scenario"] == described
    for wrong, complaint in (
        ({"name": "../x"}, "cannot be a name"),
        ({"changes": [{**change, "until": 3}]}, "unknown name 'until' of a change"),
        ({"summary": None}, "has no summary"),
        ({"extra": 1}, "unknown name 'extra'"),
    ):
        with pytest.raises(ConfigurationError, match=complaint):
            load_scenario({**described, **wrong})


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [(["scenario=hub_small"], "named already"), (["scenario=baseline"], "named already")],
)
def test_load_scenario_does_not_return_another_scenario(
    overrides: list[str], complaint: str
) -> None:
    """`load_scenario("baseline", ["scenario=x"])` returned x (F1.10)."""
    with pytest.raises(ConfigurationError, match=complaint):
        load_scenario("baseline", overrides)
    with pytest.raises(TypeError, match="list of texts"):
        load_scenario("baseline", "seed=3")


def test_with_changes_adds_and_keeps_what_is_there() -> None:
    first = load_scenario("hub_medium").with_changes(
        [{"path": PATH, "value": 2.0, "start_day": 10}]
    )
    assert first.name == "hub_medium"
    second = first.with_changes([Change(path=PATH, value=3.0, start_day=20)], name="mine")
    assert second.name == "mine"
    assert second.changes[:-2] == load_scenario("hub_medium").changes
    assert [second.values_on(day)[PATH] for day in (9, 15, 25)] == [1.0, 2.0, 3.0]
    assert load_scenario(second.resolved["scenario"]).changes == second.changes
    with pytest.raises(ConfigurationError, match="is changed twice on day 20"):
        second.with_changes([Change(path=PATH, value=4.0, start_day=20)])
    with pytest.raises(ConfigurationError, match="cannot be a name"):
        second.with_changes([], name="../x")
    with pytest.raises(TypeError, match="give a list"):
        second.with_changes(Change(path=PATH, value=4.0, start_day=30))  # type: ignore[arg-type]
    assert second.without_changes([PATH]).changes == load_scenario("hub_medium").changes


INSTALLED = """
import sys
from pathlib import Path
import sim
assert Path(sim.__file__).is_relative_to(sys.argv[1]), sim.__file__
from sim.__main__ import main
assert main(["study=levers", "find=ngo_reach", "city=hamlet"]) == 0
assert main(["--help"]) == 0
from sim import load_scenario
mine = load_scenario("second", ["city=hamlet"])
assert mine.values_on(3) == {"information.ngo_reach": 2.0}
assert mine.with_policy("hub_small").name == "hub_small"
"""


def install(place: Path) -> None:
    """Lay out what a wheel holds as an installation does (building one needs a network)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    parts = {name: name for name in wheel["packages"]} | wheel["force-include"]
    for source, target in parts.items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source, place / target, ignore=ignored)


@pytest.mark.slow
def test_own_files_are_found_by_an_installation(
    elsewhere: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not only from the checkout, where conf/ lies beside the program."""
    place = tmp_path_factory.mktemp("installed")
    install(place)
    done = subprocess.run(
        [sys.executable, "-c", INSTALLED, place],
        cwd=elsewhere, env=os.environ | {"PYTHONPATH": str(place)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "  second                   a trial [conf/scenario]\n" in done.stdout
