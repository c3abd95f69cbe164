"""The count of lines of code, in a repository whose counts are known."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import count

MODEL = '''"""What it is about,
in two lines."""

import os  # a comment beside code

# A comment.
SIZE = 3
"""A string that stands alone says what `SIZE` means."""


class Person:
    """Somebody."""

    @property
    def name(self) -> str:
        """Return a name."""

        def inner() -> int:
            return SIZE

        return f"""{inner()}

of two lines"""
'''
CODE, LINES = 9, 23
"""Of `MODEL`: import, assignment, class, decorator, 2 x def, 2 x return, the string's last line."""
BEFORE = {
    "sim/model.py": MODEL,
    "tests/test_model.py": "def test_it() -> None:\n    assert True\n",
    "setup.py": "import os\n",
    "sim/conf/notes.txt": "not = Python\n",
}


def git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)


def write(repository: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    git(tmp_path, "init", "-q")
    write(tmp_path, BEFORE)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "The beginning")
    return tmp_path


def function_of(lines: int) -> str:
    """Return a function that is so many lines long."""
    return "def long() -> None:\n" + "    pass\n" * (lines - 1)


def row(text: str, name: str) -> list[str]:
    """Return the numbers beside a name."""
    (found,) = [line for line in text.splitlines() if line.startswith(f"{name}  ")]
    return found.removeprefix(name).split()


def test_blank_lines_comments_and_strings_that_stand_alone_are_no_code() -> None:
    found = count.count_file(MODEL.encode())
    assert (found.code, found.lines) == (CODE, LINES)
    assert found.functions == {"Person.name": 9, "Person.name.inner": 2}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", 0),
        ("# only a comment", 0),
        ('"""only a docstring"""', 0),
        ('size = "ä"; "alone"\n', 1),
        ('"alone" ; size = 1\n', 1),
        ("sizes = [\n    1,\n    # a comment\n\n    2,\n]\n", 4),
        ("size = 1 + \\\n    2\n", 2),
        ('text = """a\n\n# no comment\n"""\n', 3),
        ('call(\n    """no docstring"""\n)\n', 3),
        ("size = 1\r\n\r\n# a comment\r\n", 1),
        ("# coding: latin-1\nsize = 'ä'\n", 1),
    ],
)
def test_a_line_of_code_holds_code(source: str, code: int) -> None:
    encoding = "latin-1" if "latin-1" in source else "utf-8"
    assert count.count_file(source.encode(encoding)).code == code


def test_tracked_files_are_counted_by_folder(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(repository, {"sim/new.py": "size = 1\n"})  # not tracked
    assert count.main([], repository) == 0
    shown = capsys.readouterr().out
    for name, numbers in (
        ("sim", ["1", str(CODE)]), ("experiments", ["0", "0"]), ("tests", ["1", "2"]),
        ("other", ["1", "1"]), ("all", ["3", str(CODE + 3)]),
        ("all but tests", ["2", str(CODE + 1)]),
    ):  # fmt: skip
        assert row(shown, name) == numbers
    assert shown.count("none") == 2


def test_a_commit_stands_beside_the_working_tree(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when a file is gone from the tree; nothing of the commit is written there."""
    write(repository, {"sim/model.py": "size = 1\n", "tools/one.py": "one = 1\ntwo = 2\n"})
    git(repository, "add", "tools")
    (repository / "setup.py").unlink()
    assert count.main(["HEAD"], repository) == 0
    shown = capsys.readouterr().out
    for name, numbers in (
        ("sim", ["1", str(CODE), "1", "1", str(1 - CODE)]), ("tools", ["0", "0", "1", "2", "+2"]),
        ("other", ["1", "1", "0", "0", "-1"]), ("tests", ["1", "2", "1", "2", "+0"]),
        ("all but tests", ["2", str(CODE + 1), "2", "3", str(3 - CODE - 1)]),
    ):  # fmt: skip
        assert row(shown, name) == numbers
    assert (repository / "sim" / "model.py").read_text(encoding="utf-8") == "size = 1\n"
    assert not (repository / "setup.py").exists()


def test_long_files_and_functions_are_named_outside_tests(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        repository,
        {
            "sim/at_the_limits.py": function_of(50) + "\n" * 300,
            "sim/beyond.py": function_of(51) + "\n" * 300,
            "tests/test_long.py": function_of(400),
        },
    )
    git(repository, "add", ".")
    assert count.main(["HEAD"], repository) == 0
    shown = capsys.readouterr().out
    assert row(shown, "sim/beyond.py") == ["-", "351"]
    assert row(shown, "sim/beyond.py::long") == ["-", "51"]
    assert "at_the_limits" not in shown
    assert "test_long" not in shown


@pytest.mark.parametrize("commit", ["nonsense", "", "HEAD:setup.py", "two\nlines"])
def test_a_wrong_commit_is_one_line(
    commit: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert count.main([commit], repository) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"error: no commit {commit!r}\n"


def test_what_is_no_python_or_no_repository_is_one_line(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    write(repository, {"setup.py": "def\n"})
    assert count.main([], repository) == 2
    assert capsys.readouterr().err.startswith("error: setup.py is not valid Python: ")
    assert count.main(["HEAD"], tmp_path_factory.mktemp("empty")) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: fatal: not a git repository")
    assert shown.count("\n") == 1


def test_the_command_ends_with_its_status() -> None:
    command = [sys.executable, "-m", "tools.count", "nonsense"]
    done = subprocess.run(command, cwd=count.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: ")
