"""A digest of state that does not depend on where the state is in memory.

Every row of every table is hashed by the names and values of its columns, and the hashes are added
up. Therefore neither the order of rows, nor the order or width of columns, nor the memory layout of
a table is part of the digest: equal states have equal digests. The rule has a version,
`sim.DIGEST_RULE`: raise it with every change of the rule.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np

from sim.engine.jit.compiled import compiled, inlined
from sim.engine.random.splitmix import MIX_1, MIX_2, SPREAD, splitmix64
from sim.engine.types import Column, Identities, Integers, Rows

LANES = 2
"""Independent sums of 64 bits."""

UNSIGNED_8, SIGNED_8, SIGNED_16, BITS_32, SIGNED_32, BITS_64 = range(6)
KINDS = {
    "b1": UNSIGNED_8, "u1": UNSIGNED_8, "i1": SIGNED_8, "i2": SIGNED_16, "i4": SIGNED_32,
    "f4": BITS_32, "i8": BITS_64, "u8": BITS_64, "f8": BITS_64,
}  # fmt: skip
"""How a value is read, by its type: an integer is read by value, regardless of its width."""
WIDTHS = (np.uint8, np.int8, np.int16, np.uint32, np.int32, np.uint64)
"""Word types as which each kind is read."""
WORD = 8
"""Number of bytes in the widest word."""
SHIFT_32, SHIFT_29 = np.uint64(32), np.uint64(29)


@inlined
def mix(bits: np.uint64, key: np.uint64) -> np.uint64:
    """Return mixed bits of one value; the hash of a row is their sum, mixed again."""
    z = bits * SPREAD + key
    z = (z ^ (z >> SHIFT_32)) * MIX_1
    return (z ^ (z >> SHIFT_29)) * MIX_2


@compiled
def hash_records(
    hashes: Identities, rows: Rows, views: Any, fields: Integers, keys: Identities
) -> None:
    """Add fields of records to the hashes of rows.

    Parameters
    ----------
    hashes : array of uint64, shape (rows,)
    rows : array of int, shape (rows,)
        Rows of the table.
    views : tuple of arrays
        The table as bytes and as words of each width, shape (all rows, words of a record).
    fields : array of int, shape (elements, 2)
        Kind (see `KINDS`) and place of each element of a record, in words of its width.
    keys : array of uint64, shape (elements,)
    """
    u8, i8, i16, u32, i32, u64 = views
    for i in range(len(rows)):
        row, total = rows[i], hashes[i]
        for element in range(len(fields)):
            kind, place = fields[element, 0], fields[element, 1]
            if kind == BITS_64:
                bits = u64[row, place]
            elif kind == SIGNED_32:
                bits = np.uint64(np.int64(i32[row, place]))
            elif kind == UNSIGNED_8:
                bits = np.uint64(u8[row, place])
            elif kind == SIGNED_8:
                bits = np.uint64(np.int64(i8[row, place]))
            elif kind == SIGNED_16:
                bits = np.uint64(np.int64(i16[row, place]))
            else:
                bits = np.uint64(u32[row, place])
            total += mix(bits, keys[element])
        hashes[i] = total


@compiled
def hash_columns(hashes: Identities, bits: Identities, keys: Identities) -> None:
    """Add one column to the hashes of rows.

    Parameters
    ----------
    hashes : array of uint64, shape (rows,)
    bits : array of uint64, shape (rows, elements)
    keys : array of uint64, shape (elements,)
    """
    for row in range(len(hashes)):
        for element in range(bits.shape[1]):
            hashes[row] += mix(bits[row, element], keys[element])


@compiled
def add_up(sums: Identities, hashes: Identities, keys: Identities) -> None:
    """Add the hashes of a table's rows to the sums of a digest.

    Parameters
    ----------
    sums : array of uint64, shape (lanes,)
    hashes : array of uint64, shape (rows,)
    keys : array of uint64, shape (2 * lanes,)
    """
    for row in range(len(hashes)):
        for lane in range(len(sums)):
            sums[lane] += splitmix64(hashes[row], keys[2 * lane], keys[2 * lane + 1])


class Digest:
    """An order-free digest of tables.

    Examples
    --------
    >>> one, other = Digest(), Digest()
    >>> one.add("people", {"pid": np.array([7, 9]), "wage": np.array([1.5, 2.5])})
    >>> other.add("people", {"wage": np.array([2.5, 1.5]), "pid": np.array([9, 7])})
    >>> one.hexdigest() == other.hexdigest()
    True
    """

    def __init__(self) -> None:
        self._sums = np.zeros(LANES, dtype=np.uint64)

    def add(self, table: str, columns: Mapping[str, Any]) -> None:
        """Add a table whose rows carry their identity in a column, or have none.

        Parameters
        ----------
        table : str
            Name of the table.
        columns : mapping of str to array
            Values by name of the column; the first axis is that of rows.
        """
        count = len(next(iter(columns.values())))
        self._add_up(table, _hashes_of_columns(table, count, columns))

    def add_numbered(self, table: str, columns: Mapping[str, Any]) -> None:
        """Add a table whose rows are known by their place, such as the units of clinics."""
        count = len(next(iter(columns.values())))
        self.add(table, {"(place)": np.arange(count), **columns})

    def add_records(
        self,
        table: str,
        records: Column,
        rows: Rows | None = None,
        apart: Mapping[str, Column] | None = None,
    ) -> None:
        """Add records of a table, whose fields are its columns.

        Parameters
        ----------
        table : str
        records : array of records
        rows : array of int, optional
            Rows to add; by default all.
        apart : mapping of str to array, optional
            Columns that are stored in separate arrays.
        """
        whole = np.arange(len(records)) if rows is None else rows
        names = records.dtype.names or ()
        columns = {name: values[whole] for name, values in (apart or {}).items()}
        if records.itemsize % WORD or not records.flags.c_contiguous:
            columns |= {name: records[name][whole] for name in names}
            self._add_up(table, _hashes_of_columns(table, len(whole), columns))
            return
        hashes = _hashes_of_columns(table, len(whole), columns)
        fields, keys = _fields(table, records.dtype)
        octets = records.view(np.uint8).reshape(len(records), records.itemsize)
        hash_records(hashes, whole, tuple(octets.view(width) for width in WIDTHS), fields, keys)
        self._add_up(table, hashes)

    def _add_up(self, table: str, hashes: Identities) -> None:
        add_up(self._sums, hashes, keys_of(table, 2 * LANES))

    def hexdigest(self) -> str:
        """Return the digest as 32 hexadecimal digits."""
        return "".join(f"{int(one):016x}" for one in self._sums)


def _hashes_of_columns(table: str, count: int, columns: Mapping[str, Any]) -> Identities:
    hashes = np.zeros(count, dtype=np.uint64)
    for name, values in columns.items():
        bits = bits_of(np.asarray(values))
        hash_columns(hashes, bits, keys_of(f"{table}/{name}", bits.shape[1]))
    return hashes


def bits_of(values: Column) -> Identities:
    """Return values in the form that `hash_records` reads.

    Returns
    -------
    array of uint64, shape (rows, elements)
    """
    width = math.prod(values.shape[1:])
    flat = np.ascontiguousarray(values).reshape(len(values), width)
    read: Column = flat.view(WIDTHS[KINDS[flat.dtype.str[1:]]])
    return (
        read.astype(np.int64).view(np.uint64) if read.dtype.kind == "i" else read.astype(np.uint64)
    )


@cache
def _fields(table: str, dtype: np.dtype[Any]) -> tuple[Integers, Identities]:
    """Return kind and place of every element of a record, and the key of each."""
    found = list(_elements(dtype))
    keys = np.concatenate([keys_of(f"{table}/{name}", width) for name, _, _, width in found])
    fields = [
        (KINDS[kind], (offset // int(kind[1:])) + element)
        for _, kind, offset, width in found
        for element in range(width)
    ]
    return np.array(fields, dtype=np.int64), keys


def _elements(dtype: np.dtype[Any]) -> Iterator[tuple[str, str, int, int]]:
    """Give name, type, offset in bytes and number of elements of every field."""
    for name, (field, offset, *_) in (dtype.fields or {}).items():
        width = int(np.prod(field.shape, dtype=int))
        yield name, field.base.str[1:], offset, width


@cache
def keys_of(name: str, count: int) -> Identities:
    """Return a key for each of the `count` elements of the named column."""
    drawn = (blake2b(f"{name}/{element}".encode(), digest_size=8) for element in range(count))
    return np.array([int.from_bytes(one.digest(), "little") for one in drawn], dtype=np.uint64)
