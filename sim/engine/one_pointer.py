"""A structure of tables that compiled rules take as one pointer.

Numba's own structures count their users, and those of every table that is taken out of them, by
locked instructions: twice for each look at a record, which takes longer than the look. Here nobody
is counted. Whoever opens such a structure keeps the tables alive as long as rules may use it.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate

PLACE_OF_DATA = 3
"""Where the head of a structure of Numba's holds the address of its fields, in pointers."""


def one_pointer[T: type](kind: T) -> T:
    """Register a kind of structure, as `numba.experimental.structref.register` does.

    Parameters
    ----------
    kind : type
        A subclass of `numba.types.StructRef`.
    """
    extending.register_model(kind)(models.StructRefModel)

    class Fields(AttributeTemplate):
        key = kind

        def generic_resolve(self, structure: Any, name: str) -> Any:  # type: ignore[override]
            return structure.field_dict.get(name)

    extending.infer_getattr(Fields)
    extending.lower_getattr_generic(kind)(_read_field)
    extending.lower_setattr_generic(kind)(_write_field)
    return kind


def _read_field(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    field = getattr(_fields(context, builder, kind, value), name)
    return _without_owner(context, builder, kind.field_dict[name], field)


def _write_field(context: Any, builder: Any, signature: Any, values: Any, name: str) -> None:
    kind, given = signature.args
    field = context.cast(builder, values[1], given, kind.field_dict[name])
    if not isinstance(given, types.Number):
        # Whoever makes the structure fills it in: its head holds on to the tables.
        context.nrt.incref(builder, given, field)
    setattr(_fields(context, builder, kind, values[0]), name, field)


def _fields(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a proxy of the fields behind a pointer."""
    head = cgutils.create_struct_proxy(kind)(context, builder, value=value).meminfo
    pointers = builder.bitcast(head, ir.IntType(8).as_pointer().as_pointer())
    place = builder.load(builder.gep(pointers, [ir.Constant(ir.IntType(32), PLACE_OF_DATA)]))
    payload = kind.get_data_type()
    layout = context.data_model_manager[payload].get_value_type()
    return cgutils.create_struct_proxy(payload)(
        context, builder, ref=builder.bitcast(place, layout.as_pointer())
    )


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a table, or a tuple of tables, that says of itself that nobody counts its users."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        elements: Any = kind
        for place, one in enumerate(elements):
            part = _without_owner(context, builder, one, builder.extract_value(value, place))
            value = builder.insert_value(value, part, place)
    return value
