"""The walk-throughs of docs/extend.md: files and changes are made, and do what is said."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.shown import commands, in_sentences, is_sim, made_small

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.long
NEEDED = (
    "sim", "experiments", "conf", "tests", "docs", "tools", "benchmarks", "README.md",
    "pyproject.toml",
)  # fmt: skip
ONLY_YAML = ("A scenario", "An institution")
OF_ONES_OWN = "A submodel of your own"
WITH_CODE = ("An indicator",)


WITHOUT_FIGURES = """
import experiments.figures.comparison, sys
from sim.__main__ import main
experiments.figures.comparison.draw_comparison = lambda *_: None
sys.exit(main())
"""
"""`python -m sim` without its figures, which take longer than everything else."""


class Block(NamedTuple):
    """A fenced block: its language, "file=..." or "run", and its text."""

    # "run": Python as it stands, or commands, of which those of the model get a small city.

    language: str
    what: str
    text: str


def blocks(section: str) -> list[Block]:
    """Return the blocks of a section that are to be carried out, in their order."""
    body = TEXT.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return [Block(*one) for one in re.findall(r"^```(\w+) (\S+)\n(.*?)^```$", body, re.M | re.S)]


def apply(block: Block, root: Path) -> None:
    """Write a file, or change one: context and removed lines must stand there, once."""
    path = root / block.what.removeprefix("file=")
    path.parent.mkdir(parents=True, exist_ok=True)
    if block.language != "diff":
        assert not path.exists(), f"{path} exists already"
        path.write_text(block.text, encoding="utf-8")
        return
    lines = block.text.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] != "+")
    after = "\n".join(line[1:] for line in lines if line[:1] != "-")
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{block.what}: {before!r} stands there {text.count(before)}x"
    path.write_text(text.replace(before, after), encoding="utf-8")


def processes(block: Block, output: Path) -> list[list[str]]:
    """Return what a block that is run makes Python do, process by process."""
    if block.language == "python":
        return [["-c", block.text]]
    assert block.language == "bash"
    found = []
    for words in commands(block.text):
        assert words[0] == "python", f"{words}: only commands of Python are run"
        if is_sim(words) and "--help" not in words:
            words = ["python", "-c", WITHOUT_FIGURES, *made_small(words), f"output={output}"]
        found.append(words[1:])
    return found


def carry_out(section: str, root: Path, cwd: Path, **environment: str) -> None:
    """Make the changes of a section below `root`, and run what it says in `cwd`."""
    steps = blocks(section)
    assert steps[-1].what == "run"
    for step in steps:
        if step.what != "run":
            apply(step, root)
            continue
        for words in processes(step, root / "outputs"):
            done = subprocess.run(
                [sys.executable, *words],
                cwd=cwd,
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("section", ONLY_YAML)
def test_a_walk_through_without_python_works(section: str, tmp_path: Path) -> None:
    """The code is that of the checkout; only the configuration is a copy."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    assert all(one.language == "yaml" for one in blocks(section) if one.what != "run")
    carry_out(section, tmp_path, ROOT, ALMATY_CONF=str(tmp_path / "conf"))


@pytest.mark.slow
@pytest.mark.parametrize("section", WITH_CODE)
def test_a_walk_through_with_python_works(section: str, tmp_path: Path) -> None:
    """In a copy of the checkout; rules run as ordinary Python, since compiling takes longer.

    Bytecode is copied, and holds for modules that are not changed; machine code is not.
    """
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("*.nbi", "*.nbc")
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(source, tmp_path / name)
    environment = {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(tmp_path),
        # Ordinary Python warns of the overflow that mixing bits relies on.
        "PYTHONWARNINGS": "ignore::RuntimeWarning",
        "PYTEST_ADDOPTS": "-W ignore::RuntimeWarning",
    }
    carry_out(section, tmp_path, tmp_path, **environment)


@pytest.mark.slow
def test_a_submodel_of_ones_own_works_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """Compiled, with the package as it is installed; no file of the repository is touched."""
    carry_out(OF_ONES_OWN, tmp_path, tmp_path, MPLBACKEND="agg")
    assert (tmp_path / "heat.png").stat().st_size > 5_000
    written = {one.name for one in tmp_path.iterdir() if one.is_file()}
    assert written == {"heat.py", "test_heat.py", "heat.png"}


def test_a_reader_meets_nine_things_at_most() -> None:
    body = TEXT.split(f"\n## {OF_ONES_OWN}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\w+) \| .* \|$", body, re.M)
    assert 5 < len(rows) <= 9


def test_every_section_is_carried_out() -> None:
    sections = (*ONLY_YAML, OF_ONES_OWN, *WITH_CODE)
    assert set(re.findall(r"^## (.*)$", TEXT, re.M)) == set(sections)
    fenced = len(re.findall(r"^```\w", TEXT, re.M))
    assert sum(len(blocks(one)) for one in sections) == fenced
    left = {"python -m tests.approved"}  # it approves values: test_golden_run.py
    assert set(in_sentences(ROOT / "docs" / "extend.md")) == left
