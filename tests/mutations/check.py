"""Does anything notice when the model is wrong? Small faults, one at a time, in copies of the tree.

The faults stand in `faults.toml`. Each is put into a fresh copy of the tree, and the tests that
should notice it run there; if they do not, all other fast tests follow, folder by folder. Rules run
as ordinary Python in the first round (small cities, no compilation), compiled in the second.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("faults.toml")
PARTS = (
    *("sim", "experiments", "conf", "docs", "tests", "tools", "benchmarks"),
    *("pyproject.toml", "README.md"),
)
"""What the tests need of the tree."""
TESTS_OF_THIS_CHECK = "mutations"
FOLDERS = (
    *("sim", "experiments", "tools"),
    *sorted(
        f"tests/{one.name}"
        for one in (ROOT / "tests").iterdir()
        if one.is_dir() and one.name != TESTS_OF_THIS_CHECK and any(one.rglob("test_*.py"))
    ),
)
"""The rest of the fast suite, in the order in which it is tried."""
GOES_ON_FOR_EVER = 1800
"""Seconds after which a run of tests is stopped: a fault may well make a loop endless."""
NOT_A_PROOF = "not golden"
"""Runs compared with their own record notice every change, and say nothing about what is right."""
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
PASSED, NO_TESTS = 0, 5


@dataclass(frozen=True)
class Fault:
    """One small fault.

    Attributes
    ----------
    name, matters : str
        What is wrong then, and what it would do to results.
    file, old, new : str
        Where it is put in: `old`, which stands once in the file, becomes `new`.
    tests : tuple of str
        Tests that should notice it, by path or node.
    compiled : bool
        Whether these tests need compiled rules.
    """

    name: str
    file: str
    old: str
    new: str
    matters: str
    tests: tuple[str, ...]
    compiled: bool = False

    def put_into(self, tree: Path) -> None:
        """Put the fault into a copy of the tree."""
        path = tree / self.file
        right = path.read_text(encoding="utf-8")
        if right.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} does not stand once in {self.file}")
        path.write_text(right.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Answer:
    """What became of one fault: the first test that noticed it ("" if none did), and how long."""

    fault: Fault
    caught_by: str
    seconds: float


def all_faults() -> list[Fault]:
    """Return the faults of the list."""
    described = tomllib.loads(LIST.read_text(encoding="utf-8"))["fault"]
    return [Fault(**{**one, "tests": tuple(one["tests"])}) for one in described]


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """Copy what tests need into a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                # Byte code stays valid (it goes by the time and size of its source), rules do not.
                unwanted = shutil.ignore_patterns("rules-*")
                shutil.copytree(source, tree / part, ignore=unwanted)
            else:
                shutil.copy(source, tree / part)
        yield tree


def first_failure(tree: Path, tests: tuple[str, ...], compiled: bool) -> str:
    """Run fast tests in a copy of the tree; return the first that fails, or ""."""
    command = [
        sys.executable, "-m", "pytest", "-n", "0", "-x", "--tb=no", "-rfE",
        "-p", "no:cacheprovider", "-m", "not slow and not long", "-k", NOT_A_PROOF, *tests,
    ]  # fmt: skip
    try:
        run = subprocess.run(
            command,
            cwd=tree,
            env=os.environ | {"NUMBA_DISABLE_JIT": "0" if compiled else "1"},
            capture_output=True,
            text=True,
            timeout=GOES_ON_FOR_EVER,
        )
    except subprocess.TimeoutExpired:
        return "the clock: no end in sight"
    if run.returncode in (PASSED, NO_TESTS):
        return ""
    found = FIRST_FAILURE.search(run.stdout)
    if found is None:
        raise RuntimeError(f"pytest {tests}: {run.stdout}{run.stderr}")
    return found[1].removeprefix("tests/")


def look_for(fault: Fault, thorough: bool) -> Answer:
    """Put one fault into a copy of the tree and see whether a test notices."""
    began = monotonic()
    with copy_of_the_tree() as tree:
        fault.put_into(tree)
        caught_by = first_failure(tree, fault.tests, fault.compiled)
        for folder in FOLDERS if thorough else ():
            caught_by = caught_by or first_failure(tree, (folder,), compiled=True)
    return Answer(fault, caught_by, monotonic() - began)


def what_fails_without_a_fault(faults: list[Fault]) -> str:
    """Return the first of the named tests that fails anyway, or ""."""
    with copy_of_the_tree() as tree:
        for compiled in (False, True):
            named = {test for one in faults if one.compiled is compiled for test in one.tests}
            if named and (failure := first_failure(tree, tuple(sorted(named)), compiled)):
                return failure
    return ""
