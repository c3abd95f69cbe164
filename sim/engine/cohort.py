"""Cohorts: many agents as columns, and yet a real Mesa agent set.

A hundred thousand Python objects are slow; a hundred thousand rows of a few arrays are not.
A `Cohort` keeps one array per state variable and *is* a `mesa.agentset.AbstractAgentSet`:
`select`, `get`, `set`, `agg`, `groupby`, `do`, `map`, iteration, `in` and `len` do what
Mesa's documentation says. The model itself works on the arrays (`migrants.wage[rows]`); a
user may take any row as a light `mesa.Agent` (a `RowView`), read and assign its attributes,
and hand it to Mesa's tools.

Rows and identity
-----------------
A *row* is a place in the arrays and is used again after its owner has left. The *identity*
(`pid`) belongs to one agent for ever and is what every keyed draw hangs on. A view remembers
its identity and refuses to speak for a row that has changed hands.

Columns are declared once, as class attributes:

>>> class Person(RowView):
...     '''One person.'''
>>> class Persons(Cohort):
...     '''People.'''
...     row_view = Person
...     wage = Column(np.int32, "monthly wage", unit="KZT")
...     sex = Column(np.int8, "sex", labels=("man", "woman"))
>>> people = Persons(model=None)
>>> rows = people.add_rows(np.array([11, 12]), wage=np.array([90_000, 110_000]), sex=1)
>>> people.wage[rows].tolist()
[90000, 110000]
>>> people.agg("wage", max), people.get("sex")
(110000, ['woman', 'woman'])
>>> first = next(iter(people))
>>> first.wage += 5_000
>>> first.pid, first.wage, first.sex
(11, 95000, 'woman')
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, ClassVar, Self

import numpy as np

from sim.engine.arrays import NOBODY, Booleans, Identities, Rows
from sim.engine.arrays import Column as Values
from sim.engine.columns import Column, RowView
from sim.engine.row_set import RowSet

__all__ = ["Cohort", "Column", "RowSet", "RowView"]


class Cohort[A: RowView](RowSet[A]):
    """All agents of one type, as columns.

    Parameters
    ----------
    model : mesa.Model or None
        The model the agents live in.
    capacity : int, default 64
        Rows to reserve; the arrays double when they are full.
    """

    row_view: ClassVar[type[RowView]] = RowView
    columns: ClassVar[dict[str, Column]] = {}
    _blocks_of_columns: ClassVar[dict[tuple[Any, ...], list[Column]]] = {}
    _defaults: ClassVar[dict[tuple[Any, ...], Values]] = {}

    pid = Column(np.uint64, "permanent identity; every keyed draw of the agent hangs on it")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.columns = {
            name: item
            for base in reversed(cls.__mro__)
            for name, item in vars(base).items()
            if isinstance(item, Column)
        }
        # Columns of one dtype and width lie in one block; every column is a view of its line. So
        # a copy of everybody is a copy of a few blocks.
        cls._blocks_of_columns = {}
        for column in cls.columns.values():
            shape = () if column.width is None else (column.width,)
            cls._blocks_of_columns.setdefault((column.dtype, *shape), []).append(column)
        cls._defaults = {
            key: np.array([one.default for one in columns])
            .astype(key[0])
            .reshape(-1, *[1] * len(key))
            for key, columns in cls._blocks_of_columns.items()
        }

    def __init__(self, model: Any, capacity: int = 64) -> None:
        self.model = model
        self._blocks: dict[tuple[Any, ...], Values] = {
            key: np.empty((len(columns), capacity, *key[1:]), dtype=key[0])
            for key, columns in self._blocks_of_columns.items()
        }
        self._fill(slice(0, capacity))
        self._name_arrays()
        self.occupied: Booleans = np.zeros(capacity, dtype=np.bool_)
        self._free: list[int] = []
        self._touched = 0
        self._size = 0
        self._sorted_rows: Rows | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        # A column is changed in place (`cohort.wage[:] = wages`): it is part of a block.
        if name in self.columns:
            raise AttributeError(f"assign to {type(self).__name__}.{name}[rows], not to the column")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        # The named columns are views of the blocks and are named again on the other side.
        return {name: value for name, value in vars(self).items() if name not in self.columns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._name_arrays()

    @property
    def cohort(self) -> "Cohort[A]":
        """The cohort itself: it is the set of all its rows."""
        return self

    @property
    def rows(self) -> Rows:
        """Row numbers of everybody present, ascending. Do not write into the array."""
        if self._sorted_rows is None:
            self._sorted_rows = np.flatnonzero(self.occupied[: self._touched])
        return self._sorted_rows

    @property
    def capacity(self) -> int:
        """Rows the arrays can hold before they grow."""
        return len(self.occupied)

    @property
    def bytes_per_row(self) -> int:
        """Memory of one row, in bytes."""
        return sum(block.nbytes for block in self._blocks.values()) // max(self.capacity, 1)

    def __len__(self) -> int:
        return self._size

    def __contains__(self, agent: object) -> bool:
        return (
            isinstance(agent, RowView)
            and agent._cohort is self
            and bool(self.occupied[agent._row])
            and bool(self.pid[agent._row] == agent.pid)
        )

    def view(self, row: int) -> A:
        """Return one row as a Mesa agent."""
        return self._view(int(row))

    def add_rows(self, pid: Identities, **values: Any) -> Rows:
        """Add agents.

        Parameters
        ----------
        pid : array of int, shape (n,)
            Permanent identities.
        **values : scalar or array of shape (n,)
            Values of columns; the others start at their default.

        Returns
        -------
        array of int, shape (n,)
            The rows they were given: rows of agents who left first, the latest first.
        """
        for name in values:
            if name not in self.columns:
                raise AttributeError(f"{type(self).__name__} has no column {name!r}")
        count = len(pid)
        recycled = self._free[len(self._free) - min(count, len(self._free)) :][::-1]
        del self._free[len(self._free) - len(recycled) :]
        fresh = count - len(recycled)
        while self._touched + fresh > self.capacity:
            self._double()
        rows = np.empty(count, dtype=np.intp)
        rows[: len(recycled)] = recycled
        rows[len(recycled) :] = np.arange(self._touched, self._touched + fresh)
        self._touched += fresh
        self._size += count
        self.occupied[rows] = True
        self._sorted_rows = None
        arrays = self.__dict__
        if recycled:
            used_before = rows[: len(recycled)]
            for name, column in self.columns.items():
                if name not in values:
                    arrays[name][used_before] = column.default
        self.pid[rows] = pid
        for name, value in values.items():
            arrays[name][rows] = value
        return rows

    def remove_rows(self, rows: Rows) -> None:
        """Take agents out; their rows are free for others."""
        self.occupied[rows] = False
        self._free.extend(rows.tolist())
        self._size -= len(rows)
        self._sorted_rows = None

    def add(self, agent: A) -> None:
        """Refuse: agents of a cohort are created by `add_rows`."""
        raise TypeError(f"create agents with {type(self).__name__}.add_rows")

    def discard(self, agent: A) -> None:
        """Take an agent out of the model, if it is there."""
        if agent in self:
            self.remove_rows(np.array([agent.row]))

    def _keep_only(self, rows: Rows) -> "RowSet[A]":
        raise TypeError("all agents of a type cannot be changed in place; leave out inplace=True")

    def _update(self, agents: Iterable[A]) -> "RowSet[A]":
        return self._keep_only(NOBODY)

    def _fill(self, rows: Rows | slice) -> None:
        """Write the default values into rows."""
        for key, default in self._defaults.items():
            self._blocks[key][:, rows] = default

    def _name_arrays(self) -> None:
        """Let every column's name stand for its array."""
        for key, columns in self._blocks_of_columns.items():
            for line, column in enumerate(columns):
                self.__dict__[column.name] = self._blocks[key][line]

    def _double(self) -> None:
        old, more = self.capacity, max(self.capacity, 1)
        for key, block in self._blocks.items():
            grown = np.empty((block.shape[0], old + more, *block.shape[2:]), dtype=block.dtype)
            grown[:, :old] = block
            self._blocks[key] = grown
        self._fill(slice(old, old + more))
        self._name_arrays()
        self.occupied = np.concatenate([self.occupied, np.zeros(more, dtype=np.bool_)])

    def copy_for(self, model: Any) -> Self:
        """Return an independent copy that belongs to another model."""
        twin = type(self)(model, capacity=0)
        twin._blocks = {key: block.copy() for key, block in self._blocks.items()}
        twin._name_arrays()
        twin.occupied = self.occupied.copy()
        twin._free = self._free.copy()
        twin._touched = self._touched
        twin._size = self._size
        return twin

    def digest(self) -> bytes:
        """Return a digest of everybody's state, independent of who sits in which row."""
        rows = self.rows[np.argsort(self.pid[self.rows], kind="stable")]
        summary = blake2b(digest_size=16)
        for name in sorted(self.columns):
            summary.update(name.encode())
            summary.update(np.ascontiguousarray(self.__dict__[name][rows]).tobytes())
        return summary.digest()
