"""If Numba no longer works as the engine needs it, rules are compiled by public means."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numba.experimental import structref

from sim.engine.jit import self_test


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
