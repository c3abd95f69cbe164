"""If Numba no longer works as the engine needs it, rules are compiled by public means."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numba.experimental import structref

from sim.engine.jit import self_test
from sim.engine.jit.backend import FALLBACK_WARNING
from sim.engine.jit.settings import INTERPRETED

ROOT = Path(__file__).parents[4]
PLANTED = """
from sim.engine.jit import self_test
def broken(internals):
    raise self_test.SelfTestFailed("planted")
self_test.check = broken
"""
TEN_DAYS = """
from sim import AlmatyModel, load_scenario
model = AlmatyModel(load_scenario(overrides=["city.population=300", "city.burn_in_days=60"]))
model.run_for(10)
print(model.digest())
"""


def run(program: str) -> tuple[str, list[str]]:
    """Run a program in a process of its own; return what it prints and the lines of stderr."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout, [one for one in done.stderr.splitlines() if "Compiling" not in one]


@pytest.mark.slow
@pytest.mark.skipif(INTERPRETED, reason="interpreted rules are not compiled")
def test_a_failed_self_test_is_one_line_and_results_are_the_same() -> None:
    """The digest of a city is the same by public means."""
    digest, nothing = run(TEN_DAYS)
    same, warnings = run(PLANTED + TEN_DAYS)
    assert (same, nothing) == (digest, [])
    assert warnings == [f"{FALLBACK_WARNING} (SelfTestFailed: planted)"]


def internals(total: float, kept: list[Any]) -> Any:
    """Return what stands for `numba_internals`: its rules write, and return this total."""

    def new_dispatcher(rule: Any, allocates: bool) -> Any:
        def called(box: Any, *written: float) -> Any:
            if rule is self_test.close_box:
                return [box]
            if written:
                box[0][0] = written[0]
                kept.extend(box if kept else [])
                return total
            return True

        return called

    return SimpleNamespace(
        borrowed_struct=lambda kind: kind, fields_are_found=None, new_dispatcher=new_dispatcher
    )


def test_the_self_test_sees_wrong_values_and_arrays_that_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sum that is wrong, and an array that somebody holds after its structure is gone."""
    monkeypatch.setattr(structref, "define_proxy", lambda *_: None)
    right = self_test.WRITTEN + sum(self_test.VALUES[1:])
    self_test.check(internals(right, []))
    with pytest.raises(self_test.SelfTestFailed, match="give back"):
        self_test.check(internals(right + 1, []))
    with pytest.raises(self_test.SelfTestFailed, match="still held"):
        self_test.check(internals(right, [np.zeros(1)]))
