"""`study=story` as a user starts it, and mistakes in what is asked of it."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from experiments.story.study import story_settings
from sim.__main__ import main
from sim.config.configuration import ConfigurationError

SMALL = ("study=story", "city.population=300", "days=8", "scenarios=[baseline,mobile_clinics]")
CHOICE: dict[str, object] = {
    "scenarios": ["baseline"], "case": "acute", "nth": 1, "seen_by": 0, "differs": False,
    "person": None,
}  # fmt: skip


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str]]]:
    """Give a function that runs a story in this process: exit status and error output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
        monkeypatch.setattr(sys, "argv", ["sim", *SMALL, *arguments])
        GlobalHydra.instance().clear()
        return main(), capfd.readouterr().err

    yield run
    GlobalHydra.instance().clear()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("case=document", "unknown case 'document': did you mean 'documents'"),
        ("nth=-1", "nth"),
        ("case=acute nth=100000 seen_by=0 differs=false", "nth = 100000: only "),
        ("person=987654321", "person: 987654321 is not in the city in this run"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    command: Callable[..., tuple[int, str]], tmp_path: Path, arguments: str, complaint: str
) -> None:
    status, errors = command(*arguments.split())
    assert status == 2
    assert errors.startswith("error: ")
    assert complaint in errors
    assert len(errors.splitlines()) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("case", "emergencies", "did you mean 'emergency'"),
        ("scenarios", ["baseline", "hub_medum"], "did you mean 'hub_medium'"),
        ("scenarios", ["baseline", "hub_small", "hub_medium"], "one scenario or two, not 3"),
        ("scenarios", ["baseline", "baseline"], "named twice"),
        ("scenarios", [], "scenarios"),
        ("nth", -1, "nth"),
        ("nth", 0, "nth"),
        ("nth", "first", "nth"),
        ("person", -3, "person"),
        ("seen_by", -1, "seen_by"),
        ("differs", "perhaps", "differs"),
    ],
)
def test_a_wrong_choice_is_named_before_anything_runs(
    name: str, value: object, complaint: str
) -> None:
    assert story_settings(CHOICE).nth == 1
    with pytest.raises(ConfigurationError) as error:
        story_settings({**CHOICE, name: value})
    assert complaint in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_command_tells_a_story_and_says_who_it_is_about(
    command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    status, errors = command("case=acute", "nth=2", "seen_by=0", "differs=false")
    assert (status, errors) == (0, "")
    folder = next((tmp_path / "outputs").iterdir())
    text = (folder / "story.txt").read_text(encoding="utf-8")
    assert "Chosen as number 2 of " in text
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert f"Identity in the model: {manifest['person']}." in text.replace("\n", " ")
    assert set(manifest["digests"]) == {"baseline", "mobile_clinics"}
