"""Copying the fields that two records have in common, in rules."""

from typing import TYPE_CHECKING, Any

from numba import types
from numba.extending import intrinsic

from sim.engine.jit.settings import INTERPRETED
from sim.engine.records import Record

if INTERPRETED or TYPE_CHECKING:

    def copy_shared_fields(target: Record, source: Record) -> None:
        """Copy every field that both records have."""
        for name in target.dtype.names:
            if name in source.dtype.names:
                target[name] = source[name]
else:

    @intrinsic
    def copy_shared_fields(context: Any, target: Any, source: Any) -> Any:
        """Copy every field that both records have.

        Generated here as machine code, field by field: with a loop over names in a rule, Numba
        would hold the names as Python strings, which are reference-counted.
        """
        if not (isinstance(target, types.Record) and isinstance(source, types.Record)):
            return None
        shared = [name for name in target.fields if name in source.fields]

        def copy_them(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            to, out_of = arguments
            for name in shared:
                read, written = source.typeof(name), target.typeof(name)
                get = context.get_getattr(source, name)
                value = context.cast(
                    builder, get(context, builder, source, out_of, name), read, written
                )
                context.get_setattr(name, types.void(target, written))(builder, (to, value))
            return context.get_dummy_value()

        return types.void(target, source), copy_them
