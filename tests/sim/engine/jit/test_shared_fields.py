"""Copying what two records have in common."""

import numpy as np

from sim.engine.jit.compiled import compiled
from sim.engine.jit.shared_fields import copy_shared_fields
from sim.engine.records import for_rules
from sim.engine.types import Column

SOURCE = np.dtype([("kind", "i1"), ("day", "i4"), ("wage", "f4"), ("fined", "?"), ("pid", "u8")])
TARGET = np.dtype([("wage", "f8"), ("outcome", "i8"), ("pid", "u8"), ("kind", "i1"),
                   ("fined", "?")])  # fmt: skip


@compiled
def copy_first(target: Column, source: Column) -> None:
    """Copy what the first records of two tables have in common."""
    copy_shared_fields(target[0], source[0])


def test_fields_of_both_are_copied_and_others_stay() -> None:
    source, target = np.zeros(2, SOURCE), np.zeros(2, TARGET)
    source[:] = (3, 77, 5.5, True, 2**63 + 1)
    target["outcome"] = 9
    copy_first(for_rules(target), for_rules(source))
    assert target[0].tolist() == (5.5, 9, 2**63 + 1, 3, True)
    assert target[1].tolist() == (0.0, 9, 0, 0, False)
    assert source[0].tolist() == (3, 77, 5.5, True, 2**63 + 1)
