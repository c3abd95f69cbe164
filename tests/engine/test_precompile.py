"""What is compiled ahead is all that a run needs, and the user is told why the first one waits."""

import importlib
import os
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

import sim
from sim.engine.compiled import INTERPRETED, WHY_IT_WAITS

ROOT = Path(__file__).parents[2]
A_MONTH = """
from sim import AlmatyModel, load_scenario
AlmatyModel(load_scenario("mobile_clinics", ["city.population=2000"])).run_for(30)
"""


def python(*arguments: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with machine code in a place of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=os.environ | {"NUMBA_CACHE_DIR": str(place)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip


def rules() -> Iterator[Any]:
    """Yield every rule of the model whose machine code is kept."""
    for found in pkgutil.walk_packages(sim.__path__, "sim."):
        if not found.name.endswith("__main__"):
            for value in vars(importlib.import_module(found.name)).values():
                if isinstance(value, Dispatcher) and value.stats.cache_path:
                    yield value.py_func


@pytest.mark.slow
@pytest.mark.skipif(INTERPRETED, reason="interpreted rules are not compiled")
def test_every_rule_is_compiled_ahead_and_a_run_compiles_nothing(tmp_path: Path) -> None:
    """One line says why it takes so long; a run afterwards has nothing to say."""
    assert python("-m", "sim.compile_ahead", place=tmp_path).stderr == f"{WHY_IT_WAITS}\n"
    kept = {path.name.split(".py")[0] for path in tmp_path.rglob("*.nbi")}
    named = {
        f"{rule.__module__.split('.')[-1]}.{rule.__qualname__}-{rule.__code__.co_firstlineno}"
        for rule in rules()
    }
    assert len(named) > 200
    assert named - kept == set()
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert python("-c", A_MONTH, place=tmp_path).stderr == ""
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_build_hook_asks_for_what_the_project_asks_for() -> None:
    """Other versions than those of the installation would compile for nobody."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for wanted in project["tool"]["uv"]["extra-build-dependencies"][project["project"]["name"]]:
        assert wanted in project["project"]["dependencies"]
