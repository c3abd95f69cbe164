"""Records for rules, and rules that mean the same compiled and as ordinary Python."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from sim.engine.event_log import EventLog, EventWriter, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.jit.settings import INTERPRETED
from sim.engine.records import field, nest_records, record, records
from sim.engine.types import Column, Floats

A_MONTH_IN_A_SMALL_CITY = """
from sim import AlmatyModel
from tests.cities import city
changed = {"city.burn_in_days": 30, "employment.inspection_factor": 20.0}
model = AlmatyModel(city(population=400, seed=21, changed=changed))
model.run_for(90)
print(len(model.visits), model.digest())
"""


@compiled
def add_to_each(table: Column, amount: float) -> None:
    """Add an amount to the total, and mark every other part."""
    for row in range(len(table)):
        one = table[row]
        one.total += amount
        for part in range(len(one.marked)):
            one.marked[part] = part % 2 == 0


def test_rules_read_and_write_records() -> None:
    """Numbers and vectors of truth values; the fields are views of the same memory."""
    table = records(3, total=np.array([1, 2, 3]), marked=np.zeros((3, 4), dtype=np.bool_))
    marked = field(table, "marked")
    add_to_each(table, 2.0)
    assert table["total"].tolist() == [3, 4, 5]
    assert marked.dtype == np.bool_
    assert marked.tolist() == [[True, False, True, False]] * 3


def test_records_of_records() -> None:
    whole = nest_records(a=record(x=1.0, y=[1, 2]), b=record(z=True))
    assert (whole["a"]["x"][0], whole["a"]["y"][0].tolist(), whole["b"]["z"][0]) == (
        1.0,
        [1, 2],
        True,
    )


@compiled
def write_days(log: EventWriter, first: int, count: int) -> None:
    """Write so many records."""
    for day in range(first, first + count):
        append_record(log).day = day


def test_a_rule_writes_into_a_log_as_far_as_there_is_room() -> None:
    """What is reserved is there; what is not is an error and not a stranger's memory."""
    log = EventLog(day=np.int32)
    assert log.make_room(300)
    write_days(log.open(), 0, 300)
    assert log["day"].tolist() == list(range(300))
    with pytest.raises(IndexError, match="no room"):
        write_days(log.open(), 300, 10_000)


@compiled(allocates=True)
def three_zeros() -> Floats:
    """Return an array, and say so."""
    return np.zeros(3)


@compiled
def makes(count: int) -> float:
    """Make an array."""
    return np.zeros(count)[0]


@compiled
def hands_on(values: Floats) -> Floats:
    """Return an array."""
    return values


@compiled
def calls(count: int) -> int:
    """Call a rule that returns an array."""
    return len(three_zeros()) + count


@compiled
def calls_one_that_makes(count: int) -> float:
    """Call a rule that makes an array and does not say so."""
    return makes(count)


@pytest.mark.skipif(INTERPRETED, reason="interpreted rules are not compiled")
@pytest.mark.parametrize(
    ("rule", "argument", "named"),
    [
        (makes, 3, "makes"), (hands_on, np.zeros(2), "hands_on"), (calls, 3, "calls"),
        (calls_one_that_makes, 3, "makes"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_arrays_has_to_say_so(rule: Any, argument: Any, named: str) -> None:
    """One error names the rule and the argument: nobody would free such an array."""
    with pytest.raises(TypeError, match=rf"\.{named} .*@compiled\(allocates=True\)"):
        rule(argument)
    assert three_zeros().tolist() == [0.0, 0.0, 0.0]


@pytest.mark.slow
def test_the_whole_model_is_the_same_as_ordinary_python() -> None:
    """Compiled or interpreted, a city lives the same lives: equal digests."""
    answers = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", A_MONTH_IN_A_SMALL_CITY],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert answers[0] == answers[1]
    assert int(answers[0].split()[0]) > 10
