"""The faults can still be put in: the list cannot rot while the model changes."""

import ast

import pytest

from tests.mutations.check import FOLDERS, PARTS, ROOT, Answer, Fault, all_faults
from tests.mutations.report import page

FAULTS = all_faults()
ENOUGH = 40


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len(FAULTS) >= ENOUGH
    assert len({one.name for one in FAULTS}) == len(FAULTS)


def test_they_are_spread_over_the_whole_model() -> None:
    folders = {one.file.split("/")[1] for one in FAULTS if one.file.count("/") > 1}
    assert folders == {"agents", "config", "engine", "observation", "submodels"}


@pytest.mark.parametrize("fault", FAULTS, ids=[one.name for one in FAULTS])
def test_what_a_fault_changes_stands_once_in_the_source(fault: Fault) -> None:
    """The changed file is still Python, and says something else."""
    right = (ROOT / fault.file).read_text(encoding="utf-8")
    assert right.count(fault.old) == 1
    wrong = right.replace(fault.old, fault.new)
    assert ast.dump(ast.parse(wrong)) != ast.dump(ast.parse(right))
    for test in fault.tests:
        path, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8")


def test_the_whole_fast_suite_is_tried() -> None:
    """Every folder with tests is among those looked through, this one excepted."""
    tests = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]
    found = {"/".join(path.parts[:2]) for path in tests}
    assert found - set(FOLDERS) == {"tests/mutations"}
    assert all((ROOT / part).exists() for part in (*FOLDERS, *PARTS))


def test_the_report_counts_what_was_caught() -> None:
    answers = [Answer(FAULTS[0], "sim/engine/test_timing_wheel.py::test_x", 30.0)]
    answers += [Answer(one, "", 45.0) for one in FAULTS[1:4]]
    text = page(answers)
    assert "**1 of 4 faults caught (25%).**" in text
    assert text.count("**nobody**") == 3
    assert "`sim/engine/test_timing_wheel.py::test_x`" in text
