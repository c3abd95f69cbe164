"""What is precompiled is all that a run needs, and the user is told why the first one waits."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

import sim
from sim.engine.jit.cache import CACHE_DIRECTORY, COMPILE_NOTICE
from sim.engine.jit.settings import INTERPRETED
from sim.precompile import compile_rules_once

ROOT = Path(__file__).parents[4]
A_MONTH = """
from sim import AlmatyModel, load_scenario
AlmatyModel(load_scenario("mobile_clinics", ["city.population=2000"])).run_for(30)
"""
ONE_RULE = """
import numpy as np
from sim.engine.jit.prefetch import row_ahead
assert row_ahead(np.arange(3), 0, 1) == 1
"""


def said_by(program: str, cache: Path) -> str:
    """Run a program with machine code in a directory of its own; return what stderr says."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=os.environ | {"NUMBA_CACHE_DIR": str(cache)}, capture_output=True, text=True,
        check=True,
    ).stderr  # fmt: skip


def files_in(folder: Path) -> dict[Path, int]:
    """Return when each file was last written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def rules() -> Iterator[Any]:
    """Yield every rule of the model whose machine code is kept."""
    for found in pkgutil.walk_packages(sim.__path__, "sim."):
        if not found.name.endswith("__main__"):
            for value in vars(importlib.import_module(found.name)).values():
                if isinstance(value, Dispatcher) and value.stats.cache_path:
                    yield value.py_func


@pytest.mark.slow
@pytest.mark.skipif(INTERPRETED, reason="interpreted rules are not compiled")
def test_every_rule_is_precompiled_and_a_run_compiles_nothing(tmp_path: Path) -> None:
    """With a copy of what is precompiled, a run has nothing to say and nothing to write."""
    compile_rules_once()
    cache = tmp_path / "cache"
    copytree(CACHE_DIRECTORY, cache)
    kept = {path.name.split(".py")[0] for path in cache.rglob("*.nbi")}
    named = {
        f"{rule.__module__.split('.')[-1]}.{rule.__qualname__}-{rule.__code__.co_firstlineno}"
        for rule in rules()
    }
    assert len(named) > 200
    assert named - kept == set()
    before = files_in(cache)
    assert said_by(A_MONTH, cache) == ""
    assert files_in(cache) == before


@pytest.mark.skipif(INTERPRETED, reason="interpreted rules are not compiled")
def test_one_line_says_that_rules_are_compiled(tmp_path: Path) -> None:
    """The first use of a rule says so, in the directory that the user has chosen; no other does."""
    assert said_by(ONE_RULE, tmp_path) == f"{COMPILE_NOTICE}\n"
    assert [path.name.split("-")[0] for path in tmp_path.rglob("prefetch.*.nbi")] == [
        "prefetch.row_ahead"
    ]
    assert said_by(ONE_RULE, tmp_path) == ""


WITHOUT = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden}:
            raise ImportError(f"{{name}} is not in the build environment")
sys.meta_path.insert(0, Hidden())
import sim.precompile
"""


def test_the_build_hook_has_all_that_the_rules_import() -> None:
    """A package that is missing there ends nothing: every first run would wait, in silence."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = project["tool"]["uv"]["extra-build-dependencies"][project["project"]["name"]]
    wanted = project["project"]["dependencies"]
    # Other versions than those of the installation would compile for nobody.
    assert set(asked) <= set(wanted)
    missing = [re.split("[<>=]", one)[0] for one in set(wanted) - set(asked)]
    assert {"matplotlib", "pyarrow"} <= set(missing)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(hidden=missing)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
