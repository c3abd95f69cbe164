"""What has to be proven (`claims.yaml`), and the tests that say they prove it (marker `claim`)."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).parent
LIST = TESTS / "claims.yaml"


@cache
def claims() -> dict[str, dict[str, str]]:
    """Return the list of claims, by name."""
    listed: dict[str, dict[str, str]] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return listed


@cache
def proofs() -> dict[str, list[str]]:
    """Return the tests marked for each claim, as "file::function" relative to the tests.

    Read from the syntax trees, so that nothing has to be imported or collected.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.glob("**/test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                test = f"{path.relative_to(TESTS).as_posix()}::{function.name}"
                for claim in _claimed(function):
                    found.setdefault(claim, []).append(test)
    return found


def _claimed(function: ast.FunctionDef) -> Iterator[Any]:
    for one in function.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.claim":
            yield from (ast.literal_eval(argument) for argument in one.args)
