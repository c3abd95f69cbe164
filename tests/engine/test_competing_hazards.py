"""The compiled course of illness agrees bit for bit with the whole-array operations."""

from typing import Any

import numpy as np
import pytest

from sim.engine.kernels import competing_hazards, competing_hazards_by_numpy

ROWS, CODES = 400, (5, 4, 2)


def some_cases(seed: int) -> dict[str, Any]:
    """Return arguments for a day: two thirds of the rows, many of them near a threshold."""
    rng = np.random.default_rng(seed)

    def column() -> Any:
        return rng.exponential(1.0, ROWS).astype(np.float32)

    rows = np.flatnonzero(rng.random(ROWS) < 2 / 3)
    return {
        "rows": rows,
        "hazards": rng.exponential(0.3, (*CODES, 3)).astype(np.float32),
        "code_1": rng.integers(0, CODES[0], ROWS, dtype=np.int8),
        "code_2": rng.integers(0, CODES[1], ROWS, dtype=np.int8),
        "code_3": rng.random(ROWS) < 0.5,
        "factor_first": rng.choice(np.array([0.5, 1, 2], dtype=np.float32), len(rows)),
        "factor_third": rng.choice(np.array([1, 1.5], dtype=np.float32), len(rows)),
        **{f"sum_{name}": column() / 4 for name in ("first", "second", "third")},
        **{f"threshold_{name}": column() for name in ("first", "second", "third")},
    }


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_add_the_same_and_see_the_same_events(seed: int) -> None:
    compiled, plain = some_cases(seed), some_cases(seed)
    events = competing_hazards(*compiled.values())
    assert events.tolist() == competing_hazards_by_numpy(*plain.values()).tolist()
    assert set(events.tolist()) == {0, 1, 2, 3}
    for name in ("sum_first", "sum_second", "sum_third"):
        assert (compiled[name] == plain[name]).all()


def test_only_the_named_rows_are_touched_and_the_third_event_goes_first() -> None:
    case = some_cases(seed=9)
    before = {name: case[name].copy() for name in ("sum_first", "sum_second", "sum_third")}
    others = np.setdiff1d(np.arange(ROWS), case["rows"])
    for name in ("threshold_first", "threshold_second", "threshold_third"):
        case[name][:] = 0.0
    assert (competing_hazards(*case.values()) == 3).all()
    for name, values in before.items():
        assert (case[name][others] == values[others]).all()
        assert (case[name][case["rows"]] > values[case["rows"]]).all()
