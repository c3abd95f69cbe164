"""Whoever uses Numba beside the model gets what they would get without it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.engine.jit.settings import INTERPRETED

ROOT = Path(__file__).parents[4]
PROGRAM = Path(__file__).with_name("strangers.py")


def stranger(before: str, folder: Path) -> Any:
    """Return what a stranger gets in a process in which something was done before."""
    folder.mkdir(exist_ok=True)
    chosen = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    answer = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), before],
        cwd=folder, env=chosen | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    for written in folder.rglob("stranger*"):
        if written.is_file():
            written.unlink()
    return json.loads(answer.stdout)


@pytest.mark.long
@pytest.mark.skipif(INTERPRETED, reason="interpreted rules are not compiled")
def test_a_stranger_gets_the_same_machine_code(tmp_path: Path) -> None:
    """Without the model, beside it, and after rules were compiled: nothing of Numba is changed."""
    without, *beside = (stranger(what, tmp_path) for what in ("nothing", "import", "compile"))
    assert without["cache"] == str(tmp_path / "__pycache__")
    for one in beside:
        assert one["same classes"]
        assert one["same settings"]
        assert one == without
