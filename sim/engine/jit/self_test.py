"""A structure with one array, written and read back the way rules do it.

`numba_internals` runs this when it is imported. The functions are kept on disk like rules, so it
takes a few milliseconds.
"""

import sys
from typing import Any

import numpy as np
from numba import types
from numba.experimental import structref

VALUES = (3.0, 4.0, 5.0)
WRITTEN = 7.0


class SelfTestFailed(RuntimeError):
    """A structure does not hold what was put into it, or its array is still referenced."""


class BoxType(types.StructRef):
    """The Numba type of a box."""


class Box(structref.StructRefProxy):
    """A structure with one array."""


def close_box(values: Any) -> Any:
    """Return a box with an array in it."""
    return Box(values)


def write_and_add_up(box: Any, written: float) -> float:
    """Write the first number of the array in a box, and return the sum of all."""
    box.values[0] = written
    total = 0.0
    for place in range(len(box.values)):
        total += box.values[place]
    return total


def check(internals: Any) -> None:
    """Raise `SelfTestFailed` unless a borrowed structure works as it should.

    Parameters
    ----------
    internals : module
        `sim.engine.jit.numba_internals`, or a substitute for it.
    """
    internals.borrowed_struct(BoxType)
    structref.define_proxy(Box, BoxType, ["values"])
    values = np.array(VALUES)
    holders = sys.getrefcount(values)
    box = internals.new_dispatcher(close_box, allocates=True)(values)
    # This comes first: with a wrong address the rest would crash the process.
    if not internals.new_dispatcher(internals.fields_are_found, allocates=True)(box):
        raise SelfTestFailed("the fields of a structure lie elsewhere")
    total = internals.new_dispatcher(write_and_add_up, allocates=False)(box, WRITTEN)
    del box
    if (values[0], total) != (WRITTEN, WRITTEN + sum(VALUES[1:])):
        raise SelfTestFailed("a structure does not give back what was put into it")
    if sys.getrefcount(values) != holders:
        raise SelfTestFailed("an array is still held by a structure that is gone")
