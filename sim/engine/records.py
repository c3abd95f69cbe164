"""Records, which rules read and write.

A *record* holds all fields of one agent, or a set of numbers; a table is an array of records. A
rule accesses the fields as attributes: `episode.severity += 1`.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, cast

import numpy as np

from sim.engine.jit.settings import CACHE_LINE, INTERPRETED
from sim.engine.types import Column

type Record = Any
"""One record of a table, or a record of numbers; its fields are attributes."""


def record_type(
    columns: dict[str, tuple[np.dtype[Any], tuple[int, ...]]], first: Collection[str] = ()
) -> np.dtype[Any]:
    """Return the type of a record with these fields, ordered by width so that there are no gaps.

    Vectors of truth values are stored as bytes, as Numba requires; see `field`.

    Parameters
    ----------
    columns : dict
        Type and shape of each field.
    first : collection of str
        Fields to store together at the head of the record. The length of the record is then a
        multiple of a cache line, so that a rule which needs only these fields waits for few lines.
    """
    ordered = sorted(
        columns.items(),
        key=lambda item: (item[0] not in first, item[1][0].itemsize % 8, item[1][0].itemsize),
    )
    packed: np.dtype[Any] = np.dtype(
        [
            (name, np.uint8 if shape and dtype == np.bool_ else dtype, shape)
            for name, (dtype, shape) in ordered
        ],
        align=True,
    )
    if not first:
        return packed
    layout: dict[str, Any] = {
        "names": list(packed.names or ()),
        "formats": [packed[name] for name in packed.names or ()],
        "offsets": [one[1] for one in (packed.fields or {}).values()],
        "itemsize": -(-packed.itemsize // CACHE_LINE) * CACHE_LINE,
    }
    return cast(Any, np.dtype)(layout, align=True)


def room_for(count: int, kind: np.dtype[Any]) -> Column:
    """Return an empty table of records that begin at cache lines."""
    room = np.empty(count * kind.itemsize + CACHE_LINE, dtype=np.uint8)
    gap = -room.ctypes.data % CACHE_LINE
    return room[gap : gap + count * kind.itemsize].view(kind)


def field(records: Column, name: str) -> Column:
    """Return one field of all records, as a view."""
    values = records[name]
    return values.view(np.bool_) if values.ndim > 1 and values.dtype == np.uint8 else values


def records(count: int, hot: Collection[str] = (), **columns: Any) -> Column:
    """Return a table of records from arrays whose first axis has length `count`.

    `hot` fields are stored together at the head of the record (see `record_type`).

    >>> units = records(2, beds=np.array([3, 5]), stay=np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> int(units[1]["beds"]), units[1]["stay"].tolist()
    (5, [3.0, 4.0])
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    kind = record_type({name: (one.dtype, one.shape[1:]) for name, one in arrays.items()}, hot)
    table = room_for(count, kind)
    table.view(np.uint8)[:] = 0
    for name, values in arrays.items():
        field(table, name)[:] = values
    return table


def copied(table: Column) -> Column:
    """Return a copy that begins at a cache line."""
    twin = room_for(len(table), table.dtype)
    copy_records(twin, table)
    return twin


def copy_records(target: Column, source: Column) -> None:
    """Copy records to the head of a table of the same type, all bytes at once."""
    target.view(np.uint8)[: source.nbytes] = source.view(np.uint8)


def record(**values: Any) -> Column:
    """Return numbers and tables of numbers as one record (an array of length 1).

    >>> float(record(price_cap=4.0, limits=[1.0, 2.0])[0]["limits"][1])
    2.0
    """
    kind = _record_type(tuple([(name, *_kind_of(value)) for name, value in values.items()]))
    table = room_for(1, kind)
    table.view(np.uint8)[:] = 0  # the gaps, too
    table[0] = tuple([values[name] for name in kind.names or ()])
    return table


# Records of parameters are built again on every day of a ramp, so the rest has to be fast.


def _kind_of(value: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return type and shape of a number or table."""
    scalar = SCALARS.get(type(value))
    if scalar is not None:
        return scalar, ()
    array = np.asarray(value)
    return array.dtype, array.shape


SCALARS = {kind: np.asarray(kind()).dtype for kind in (float, int, bool)}


@lru_cache(maxsize=256)
def _record_type(columns: tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]) -> np.dtype[Any]:
    return record_type({name: (dtype, shape) for name, dtype, shape in columns})


def nest_records(**parts: Column) -> Column:
    """Return several records (arrays of length 1) as one record of records."""
    whole = np.zeros(1, [(name, part.dtype) for name, part in parts.items()])
    for name, part in parts.items():
        whole[name] = part
    return whole


class FieldsFirst(np.record):  # type: ignore[misc]  # NumPy's stubs make its scalars final
    """A record for interpreted rules, whose fields are attributes.

    NumPy's own records have attributes of their own, such as `size`, which would hide fields.
    """

    def __getattribute__(self, name: str) -> Any:
        try:
            value = np.void.__getitem__(self, name)
        except (ValueError, IndexError):  # not a field: an attribute of all records
            return super().__getattribute__(name)
        return fields_first(value) if isinstance(value, np.void) else value


def fields_first(records: Any) -> Any:
    """Return a table of records, or one, as a view whose records have their fields as attributes.

    >>> employers = np.array([(3,)], [("size", int)])
    >>> int(employers.view(np.recarray)[0].size), int(fields_first(employers)[0].size)
    (1, 3)
    """
    return records.view(np.dtype((FieldsFirst, records.dtype)))


def for_rules(table: Column) -> Column:
    """Return a table in the form rules need: interpreted rules access fields as attributes."""
    return fields_first(table) if INTERPRETED else table
