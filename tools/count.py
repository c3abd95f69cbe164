"""Count lines of code by folder, and name long files and long functions.

    python -m tools.count             # the working tree
    python -m tools.count COMMIT      # a commit, the working tree, and the difference

The count covers the Python files that git tracks. A line of code is a line with more than space,
comments and docstrings; any string that is a statement by itself is a docstring. The length of a
file or function includes all its lines, from the first to the last; only files outside the tests
are named as long. Nothing is checked out: a commit is read from git's own store. The exit status
is 2 if there is no such commit, or if a file is not valid Python.
"""

import argparse
import ast
import io
import subprocess
import sys
import tarfile
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TESTS, OTHER = "tests", "other"
FOLDERS = ("sim", "experiments", "tools", "benchmarks", TESTS, OTHER)
LONGEST_FILE, LONGEST_FUNCTION = 350, 50
"""Numbers of lines above which a file, and a function, is long."""
NO_CODE = (
    tokenize.ENCODING, tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT,
    tokenize.DEDENT, tokenize.ENDMARKER,
)  # fmt: skip


class CountError(Exception):
    """The files to count cannot be read."""


class FileCount(NamedTuple):
    """The size of one file.

    Attributes
    ----------
    code : int
        Lines of code.
    lines : int
        All lines.
    functions : mapping of str to int
        All lines of each function and method, by its name within the file.
    """

    code: int
    lines: int
    functions: Mapping[str, int]


type Counts = Mapping[str, FileCount]
"""By path from the root of the repository."""


def count_file(source: bytes) -> FileCount:
    r"""Return the size of a Python file.

    Parameters
    ----------
    source : bytes
        Its content.

    Raises
    ------
    SyntaxError
        If it is not valid Python, or its encoding is not the one it declares.

    Examples
    --------
    >>> count_file(b'"A docstring."\n\n# A comment.\ndef one():\n    return 1\n')
    FileCount(code=2, lines=5, functions={'one': 2})
    """
    try:
        tree = ast.parse(source)
    except ValueError as problem:  # a null byte
        raise SyntaxError(str(problem)) from problem
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    lines = io.TextIOWrapper(io.BytesIO(source), encoding).readlines()
    held: set[int] = set()
    alone = _strings_alone(tree)
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type not in NO_CODE and _place_in_bytes(token) not in alone:
            held.update(range(token.start[0], token.end[0] + 1))
    code = sum(bool(lines[number - 1].strip()) for number in held)
    functions: dict[str, int] = {}
    for name, length in _functions(tree, ""):
        functions[name] = max(length, functions.get(name, 0))
    return FileCount(code, len(lines), functions)


def _strings_alone(tree: ast.Module) -> set[tuple[int, int]]:
    """Return line and column, in bytes, of every string that is a statement by itself."""
    statements = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return {
        (value.lineno, value.col_offset)
        for value in statements
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _place_in_bytes(token: tokenize.TokenInfo) -> tuple[int, int]:
    """Return line and column of a token as in the syntax tree, with the column in bytes."""
    line, column = token.start
    return line, len(token.line[:column].encode())


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield qualified name and number of lines of the functions within a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield name, (child.end_lineno or child.lineno) - child.lineno + 1
            yield from _functions(child, f"{name}.")
        else:
            yield from _functions(child, prefix)


def folder_of(path: str) -> str:
    """Return the folder under which a file is counted.

    Examples
    --------
    >>> folder_of("sim/engine/queues.py"), folder_of("hatch_build.py"), folder_of("examples/one.py")
    ('sim', 'other', 'other')
    """
    first, _, rest = path.partition("/")
    return first if rest and first in FOLDERS else OTHER


def git(root: Path, *arguments: str, otherwise: str = "git failed") -> bytes:
    """Return the output of a git command in a repository.

    Raises
    ------
    CountError
        If it fails; holds the first line of its error output, or else `otherwise`.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except OSError as problem:
        raise CountError(f"git cannot be run: {problem.strerror}") from problem
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").splitlines()
        raise CountError(complaint[0] if complaint else otherwise)
    return done.stdout


def of_tree(root: Path) -> Counts:
    """Return the sizes of the tracked Python files as they are in the working tree.

    Parameters
    ----------
    root : Path
        The repository. Files that are tracked but missing are left out.

    Raises
    ------
    CountError
        If there is no repository, or a file is not valid Python.
    """
    names = git(root, "ls-files", "-z", "--", "*.py").decode().split("\0")
    paths = [name for name in sorted(set(names)) if name and (root / name).is_file()]
    return counted((name, (root / name).read_bytes()) for name in paths)


def of_commit(root: Path, commit: str) -> Counts:
    """Return the sizes of the Python files of a commit.

    Parameters
    ----------
    root : Path
        The repository.
    commit : str
        A commit as git names it: a hash, a branch, a tag, `HEAD~3`.

    Raises
    ------
    CountError
        If there is no such commit, or a file is not valid Python.
    """
    wanted = ("--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    name = git(root, "rev-parse", *wanted, otherwise=f"no commit {commit!r}").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", "--format=tar", name))) as archive:
        return counted(
            (member.name, content.read())
            for member in archive
            if member.name.endswith(".py") and (content := archive.extractfile(member))
        )


def counted(sources: Iterable[tuple[str, bytes]]) -> Counts:
    """Return the sizes of some files by their paths.

    Raises
    ------
    CountError
        If one of them is not valid Python.
    """
    found = {}
    for path, source in sources:
        try:
            found[path] = count_file(source)
        except (SyntaxError, UnicodeDecodeError) as problem:
            raise CountError(f"{path} is not valid Python: {problem}") from problem
    return found


def by_folder(counts: Counts) -> dict[str, tuple[int, int]]:
    """Return files and lines of code by folder, in total, and in total without the tests."""
    found = {
        folder: [one.code for path, one in counts.items() if folder_of(path) == folder]
        for folder in FOLDERS
    }
    everything = [code for codes in found.values() for code in codes]
    without = [code for folder, codes in found.items() if folder != TESTS for code in codes]
    rows = {**found, "all": everything, "all but tests": without}
    return {name: (len(codes), sum(codes)) for name, codes in rows.items()}


def files(counts: Counts) -> dict[str, int]:
    """Return all lines of the files outside the tests, by path."""
    return {path: one.lines for path, one in counts.items() if folder_of(path) != TESTS}


def functions(counts: Counts) -> dict[str, int]:
    """Return all lines of the functions outside the tests, by path and name."""
    return {
        f"{path}::{name}": length
        for path, one in counts.items()
        if folder_of(path) != TESTS
        for name, length in one.functions.items()
    }


def report(trees: Mapping[str, Counts]) -> str:
    """Return the report that is printed.

    Parameters
    ----------
    trees : mapping of str to Counts
        By name, one count, or two counts whose difference is shown.
    """
    heading = ["folder", *(f"{what}, {name}" for name in trees for what in ("files", "code"))]
    tables = [by_folder(counts) for counts in trees.values()]
    rows = [
        [folder, *(f"{number:,}" for table in tables for number in table[folder])]
        for folder in tables[0]
    ]
    if len(tables) > 1:
        heading.append("difference of code")
        for row in rows:
            row.append(f"{tables[-1][row[0]][1] - tables[0][row[0]][1]:+,}")
    parts = [aligned([heading, *rows])]
    for what, limit, lengths in (
        ("files", LONGEST_FILE, [files(counts) for counts in trees.values()]),
        ("functions", LONGEST_FUNCTION, [functions(counts) for counts in trees.values()]),
    ):
        parts.append(f"{what} of more than {limit} lines, outside {TESTS}")
        parts[-1] += f"\n{long_ones(list(trees), limit, lengths)}"
    return "\n\n".join(parts)


def long_ones(names: list[str], limit: int, lengths: list[dict[str, int]]) -> str:
    """Return items longer than a limit in any tree, the longest first, with all lengths.

    Parameters
    ----------
    names : list of str
        Names of the trees.
    limit : int
        In lines.
    lengths : list of dict
        Lines of each item by name, one dict for each tree.
    """
    longest = {
        one: max(tree.get(one, 0) for tree in lengths) for one in chain.from_iterable(lengths)
    }
    chosen = sorted(
        (one for one, length in longest.items() if length > limit),
        key=lambda one: (-longest[one], one),
    )
    if not chosen:
        return "none"
    rows = [
        [one, *(f"{tree[one]:,}" if one in tree else "-" for tree in lengths)] for one in chosen
    ]
    return aligned([["", *(f"lines, {name}" for name in names)], *rows])


def aligned(rows: list[list[str]]) -> str:
    """Return rows as lines: the first column to the left, numbers to the right.

    Examples
    --------
    >>> print(aligned([["folder", "code"], ["sim", "1,200"]]))
    folder   code
    sim     1,200
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Print the count of a working tree, together with that of a commit if one is named.

    Parameters
    ----------
    arguments : list of str
        At most one commit.
    root : Path
        The repository.

    Returns
    -------
    int
        The exit status: 0, or 2 if something cannot be read, with one line on stderr.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.count",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("commit", nargs="?", metavar="COMMIT", help="e.g. HEAD~1 or a tag")
    commit: str | None = parser.parse_args(arguments).commit
    try:
        trees = {} if commit is None else {commit: of_commit(root, commit)}
        print(report({**trees, "working tree": of_tree(root)}))
    except CountError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
