"""Asking memory ahead for the records that a walk comes to in a moment.

A walk through scattered records of a large city waits for nearly each of them. These requests do
not wait and change nothing but time. A rule asks for what a profile shows it waiting for: the head
of a record, where the fields lie that are `often` looked at, all of it, or its first line only.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending, types
from numba.core import cgutils
from numba.np import arrayobj

from sim.engine.arrays import Column, Rows
from sim.engine.compiled import INTERPRETED, LINE_OF_MEMORY, compiled

LINES_AT_THE_HEAD = 2
"""Lines of memory that hold the fields of a record that are often looked at."""
FOR_READING_SOON = (0, 3, 1)
"""LLVM's words for: to read, to keep in every cache, data."""
AHEAD = 16
"""Records that a walk is ahead with its wishes to memory."""
SOON, VERY_SOON = AHEAD // 2, AHEAD // 4
"""Ahead by less: where one record says which other will be wanted."""

if INTERPRETED:

    def fetch(table: Column, row: int) -> None:
        """Do nothing: interpreted rules are not in a hurry."""

    fetch_first_line = fetch_whole = fetch

else:

    def _fetching(lines: int | None) -> Any:
        """Return a function that asks memory for so many lines of a record (None: for all)."""

        @extending.intrinsic
        def fetch(context: Any, table: Any, row: Any) -> Any:
            """Ask memory for a record that will be needed in a moment, without waiting for it."""

            def ask(lowering: Any, builder: Any, signature: Any, values: Any) -> Any:
                kind = signature.args[0]
                array = arrayobj.make_array(kind)(lowering, builder, values[0])
                stride = builder.extract_value(array.strides, 0)
                byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
                call = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
                prefetch = cgutils.get_or_insert_function(
                    builder.module, call, "llvm.prefetch.p0i8"
                )
                record = builder.gep(
                    builder.bitcast(array.data, byte), [builder.mul(values[1], stride)]
                )
                for line in range(lines or -(-kind.dtype.size // LINE_OF_MEMORY)):
                    offset = ir.Constant(ir.IntType(64), line * LINE_OF_MEMORY)
                    builder.call(
                        prefetch,
                        [
                            builder.gep(record, [offset]),
                            *(number(code) for code in FOR_READING_SOON),
                        ],
                    )
                return lowering.get_dummy_value()

            return types.void(table, types.intp), ask

        return fetch

    fetch_first_line = _fetching(1)
    fetch = _fetching(LINES_AT_THE_HEAD)
    fetch_whole = _fetching(None)


@compiled
def coming(rows: Rows, place: int, ahead: int) -> int:
    """Return the row to which a walk comes so many steps later; at the end, the last."""
    return rows[min(place + ahead, len(rows) - 1)]


@compiled
def look_ahead(table: Column, rows: Rows, place: int) -> None:
    """Let memory bring the record to which a walk through rows comes in a moment.

    Without it a walk through scattered records waits for nearly each of them.
    """
    fetch(table, coming(rows, place, AHEAD))


@compiled
def look_ahead_at_all(table: Column, rows: Rows, place: int) -> None:
    """Do as `look_ahead` does, where a rule needs more of a record than its head."""
    fetch_whole(table, coming(rows, place, AHEAD))
