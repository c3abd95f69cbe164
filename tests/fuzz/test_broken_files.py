"""Broken files in `conf/` of the working folder: one line that names the file; nobody else hurt."""

from pathlib import Path

import pytest

from tests.fuzz import EVERY, LONG
from tests.fuzz.broken_files import RIGHT, USE, Broken, bomb, every
from tests.fuzz.conftest import Run
from tests.fuzz.harness import answers, begins, judged, run_really, settle

pytestmark = pytest.mark.long
MEMORY = 4 * 2**30
"""Bytes a process may take that reads a file which unfolds."""

SYNTAX = (
    "a quote left open", "a bracket left open", "bad indentation", "an unknown tag",
    "an alias of nothing", "a key twice", "a tab", "a control character",
)  # fmt: skip
"""Mistakes of YAML itself: the line has its number."""


def put(folder: Path, broken: Broken) -> None:
    """Write a file of the user's own."""
    place = folder / "conf" / broken.group
    place.mkdir(parents=True, exist_ok=True)
    (place / broken.file).write_bytes(broken.data)


@pytest.mark.parametrize(
    "broken", [pytest.param(one, id=f"{one.group}: {one.name}") for one in every()[::EVERY]]
)
def test_a_broken_file_is_one_line(here: Run, tmp_path: Path, broken: Broken) -> None:
    """Whatever is wrong with a file: one line, status 2, nothing written; a right one begins."""
    put(tmp_path / "here", broken)
    outcome = here(USE[broken.group])
    found = judged(broken.verdict, outcome, broken.hint)
    if not found and broken.name in SYNTAX and "line " not in outcome.err:
        found.append(f"unclear words: no number of the line in {outcome.err.strip()[:200]!r}")
    settle(f"{broken.group}: {broken.name}", found)


UNUSED = [one for one in every() if one.verdict == "refused"]


@pytest.mark.parametrize("part", range(10))
def test_a_broken_file_disturbs_nobody_who_does_not_use_it(
    here: Run, tmp_path: Path, part: int
) -> None:
    """`--help` and a study that does not use the broken files beside it are as without them."""
    folder = tmp_path / "here"
    for number, broken in enumerate(UNUSED[part::10]):
        place = folder / "conf" / broken.group
        place.mkdir(parents=True, exist_ok=True)
        (place / f"broken_{number}{Path(broken.file).suffix}").write_bytes(broken.data)
    found = answers(here(("--help",))) + begins(here(("study=run", "scenario=mobile_clinics")))
    if LONG:
        found += begins(here(())) + answers(here(("study=meanfield",)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("group", ["scenario", "city", "shock", "study"])
def test_a_file_that_unfolds_takes_no_memory(tmp_path: Path, group: str) -> None:
    """A few lines that mean 10^9 words are refused, and disturb nobody who does not use them."""
    folder = tmp_path / "conf" / group
    folder.mkdir(parents=True)
    unfolding = bomb().removeprefix(RIGHT["scenario"])
    (folder / "mine.yaml").write_text(RIGHT[group] + unfolding, encoding="utf-8")
    found = judged("refused", run_really(USE[group], tmp_path, MEMORY), "mine")
    if group == "scenario":
        found += answers(run_really(("--help",), tmp_path, MEMORY))
    assert not found, "\n".join(found)


def test_there_are_as_many_broken_files_as_promised() -> None:
    """At least 100 different broken files, of each of the four kinds."""
    contents = {(one.group, one.data, one.file) for one in every() if one.verdict == "refused"}
    assert len(contents) >= 100
    assert {one.group for one in every()} == USE.keys()


@pytest.mark.parametrize("name", ["мой_сценарий", "a-b", "v1.2", "қазақ", "_draft", "2024"])
def test_a_file_may_have_a_name_of_any_letters(here: Run, tmp_path: Path, name: str) -> None:
    """Letters of any alphabet, digits, `_`, `-` and `.` are a name."""
    place = tmp_path / "here" / "conf" / "scenario"
    place.mkdir(parents=True)
    text = RIGHT["scenario"].replace("name: mine", f'name: "{name}"')
    (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = begins(here(("study=run", f"scenario={name}")))
    found += begins(here((f"scenarios=[baseline,{name}]",)))
    settle(f"scenario named {name}", found)


@pytest.mark.parametrize(
    "name", ["a b", "a(1)", "a=b", "a,b", "a~", "x" * 81, "-a", ".a", "a:b", "a%"]
)
def test_a_file_of_an_impossible_name_is_one_line(here: Run, tmp_path: Path, name: str) -> None:
    """Other names are refused when used, and disturb nobody else."""
    place = tmp_path / "here" / "conf" / "scenario"
    place.mkdir(parents=True)
    text = RIGHT["scenario"].replace("name: mine", f'name: "{name}"')
    (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = judged("refused", here(("study=run", f"scenario='{name}'")))
    found += begins(here(("study=run",)))
    assert not found, "\n".join(found)
