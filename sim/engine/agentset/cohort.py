"""Cohorts: many agents stored as columns, and still a real Mesa agent set.

A hundred thousand Python objects are slow; a hundred thousand records in one table are not. A
`Cohort` keeps one record per agent and *is* a `mesa.agentset.AbstractAgentSet`: `select`, `get`,
`set`, `agg`, `groupby`, `do`, `map`, iteration, `in` and `len` behave as in Mesa's documentation.
The model itself works on columns, which are views of the table (`migrants.wage[rows]`), and, in
compiled rules, on single records of `migrants.table`; a user may take any row as a light
`mesa.Agent` (a `RowView`), read and assign its attributes, and pass it to Mesa's tools.

Rows and identity
-----------------
A *row* is a place in the arrays and is reused after its owner has left. The *identity* (`pid`)
belongs to one agent for ever, and every keyed draw depends on it. A view stores its identity and
raises an error if its row now belongs to another agent.

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

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from sim.engine.agentset.column import Column, RowView
from sim.engine.agentset.row_allocator import (
    LISTED,
    PRESENT,
    TOUCHED,
    UNKNOWN,
    RowAllocator,
    StorageGeneration,
    active_rows,
    allocate_rows,
    enlarged,
    release_rows,
    row_allocator,
)
from sim.engine.agentset.subset import CohortSubset
from sim.engine.digest import Digest
from sim.engine.records import copy_records, field, for_rules, record_type, room_for
from sim.engine.types import NOBODY, Booleans, Identities, Rows
from sim.engine.types import Column as Values

__all__ = ["Cohort", "CohortSubset", "Column", "RowView"]


class Cohort[A: RowView](CohortSubset[A]):
    """All agents of one type, as columns.

    Parameters
    ----------
    model : mesa.Model or None
        The model the agents live in.
    capacity : int, default 64
        Rows to reserve; the table doubles when it is full.

    Attributes
    ----------
    table : array of records
        One record per row; its fields are the columns that are not `separate`.
    """

    row_view: ClassVar[type[RowView]] = RowView
    columns: ClassVar[dict[str, Column]] = {}
    record_type: ClassVar[np.dtype[Any]]

    unique_ids: ClassVar[tuple[int, int]] = (0, 1)
    """First number and step of `unique_id`: cohorts of one model have separate numbers."""
    settable: ClassVar[dict[str, tuple[float, float]] | None] = None
    """Columns that code outside the model may set, with lowest and highest value; None: all but
    `pid`. Whole columns (`cohort.wage[rows] = wages`) are assigned by the model and are not
    checked."""

    pid = Column(np.uint64, "permanent identity; every keyed draw of the agent depends on it")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.columns = {
            name: item
            for base in reversed(cls.__mro__)
            for name, item in vars(base).items()
            if isinstance(item, Column)
        }
        cls.record_type = record_type(
            {
                name: (column.dtype, column.shape)
                for name, column in cls.columns.items()
                if not column.separate
            },
            first={name for name, column in cls.columns.items() if column.hot},
        )
        cls._new_record = np.zeros(1, cls.record_type)
        for name in cls._new_record.dtype.names or ():
            cls._new_record[name] = cls.columns[name].default

    _new_record: ClassVar[Values]

    def __init__(self, model: Any, capacity: int = 64) -> None:
        self.model = model
        self.table: Values = room_for(capacity, self.record_type)
        self._separate = {
            name: np.full(capacity, column.default, dtype=column.dtype)
            for name, column in self.columns.items()
            if column.separate
        }
        self._name_arrays()
        self.row_allocator: RowAllocator = row_allocator(capacity)

    def __setattr__(self, name: str, value: Any) -> None:
        # A column is changed in place (`cohort.wage[:] = wages`): it is part of the records.
        if name in self.columns:
            raise AttributeError(f"assign to {type(self).__name__}.{name}[rows], not to the column")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        if self.model is not None:
            raise TypeError(
                f"{type(self).__name__} are pickled with their model: pickle.dumps(model)"
            )
        # The named columns are views of the records and are created again after unpickling.
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
        """Row numbers of everybody present, ascending."""
        number = self.row_allocator.number
        if number[LISTED] == UNKNOWN:
            active_rows(self.row_allocator)
        # Read here rather than returned by the rule, which would take as long as a small city's
        # day.
        return self.row_allocator.listed[: number[LISTED]].copy()

    @property
    def blank(self) -> Values:
        """The record of a new agent, for rules."""
        return for_rules(self._new_record)

    @property
    def capacity(self) -> int:
        """Number of rows the arrays can hold before they grow."""
        return len(self.row_allocator.occupied)

    @property
    def occupied(self) -> Booleans:
        """Whether each row is in use."""
        return self.row_allocator.occupied

    @property
    def bytes_per_row(self) -> int:
        """Memory of one row, in bytes."""
        apart = sum(array.itemsize for array in self._separate.values())
        return self.table.itemsize + apart

    def __len__(self) -> int:
        return int(self.row_allocator.number[PRESENT])

    def __contains__(self, agent: object) -> bool:
        return (
            isinstance(agent, RowView)
            and agent._cohort is self
            and bool(self.occupied[agent._row])
            and bool(self.pid[agent._row] == agent.pid)
        )

    def view(self, row: int) -> A:
        """Return one row as a Mesa agent.

        Raises
        ------
        LookupError
            If the row is not in use.
        """
        if not 0 <= row < self.capacity or not self.occupied[row]:
            raise LookupError(f"row {row} of {type(self).__name__} is not in use")
        return self._view(int(row))

    def checked(self, name: str, value: Any) -> Any:
        """Return the stored form of a value that code outside the model assigns to a column.

        Raises
        ------
        AttributeError
            If there is no such column, or the model maintains it itself.
        TypeError, ValueError
            If the value does not fit.
        """
        column, kind = self.columns.get(name), self.row_view.__name__
        if column is None or name == "pid":
            raise AttributeError(f"{kind!r} has no settable attribute {name!r}")
        if self.settable is None:
            return column.encode(value)
        if name not in self.settable:
            raise AttributeError(
                f"{kind}.{name} is maintained by the model itself, which relies on it; settable: "
                f"{', '.join(self.settable) or 'none'}"
            )
        return column.encode(value, *self.settable[name])

    def put(self, name: str, rows: Rows, stored: Any) -> None:
        """Set a column of some rows to a value that has been checked."""
        self.__dict__[name][rows] = stored

    def __deepcopy__(self, memo: Any) -> Self:
        if self.model is not None:
            raise TypeError(
                f"{type(self).__name__} are copied with their model: copy.deepcopy(model)"
            )
        return self.copy_for(None)

    def add_rows(self, pid: Identities, **values: Any) -> Rows:
        """Add agents.

        Parameters
        ----------
        pid : array of int, shape (n,)
            Permanent identities.
        **values : scalar or array of shape (n,)
            Values of columns; other columns start at their default.

        Returns
        -------
        array of int, shape (n,)
            The rows of the new agents: first the rows of agents who have left, the latest first.
        """
        for name in values:
            if name not in self.columns:
                raise AttributeError(f"{type(self).__name__} has no column {name!r}")
        identities = np.asarray(pid).astype(np.uint64)
        self._check_new(identities, values)
        self.make_room(len(identities))
        rows = allocate_rows(
            self.row_allocator, for_rules(self.table), for_rules(self._new_record), identities
        )
        arrays = self.__dict__
        for name, array in self._separate.items():
            array[rows] = self.columns[name].default
        for name, value in values.items():
            arrays[name][rows] = value
        return rows

    def _check_new(self, identities: Identities, values: dict[str, Any]) -> None:
        """Raise `ValueError` if identities are taken or values are not one per agent."""
        if len(np.unique(np.concatenate([identities, self.pid[self.rows]]))) < (
            len(identities) + len(self)
        ):
            raise ValueError(f"{type(self).__name__}: an identity is taken already, or given twice")
        for name, value in values.items():
            column, shape = self.columns[name], np.shape(value)
            if shape not in ((), column.shape, (len(identities), *column.shape)):
                raise ValueError(
                    f"{name}: an array of shape {shape} does not fit {len(identities)} agents"
                )

    def make_room(self, count: int) -> None:
        """Make room for `count` more agents."""
        while len(self) + count > self.capacity:
            self._double()

    def remove_rows(self, rows: Rows) -> None:
        """Remove agents; their rows become free for others.

        Raises
        ------
        LookupError
            If a row is not in use, or is named twice.
        TypeError
            If rows are not whole numbers.
        """
        wanted = np.asarray(rows)
        if wanted.size and wanted.dtype.kind not in "iu":
            raise TypeError(f"rows are whole numbers, not {wanted.dtype}: {wanted.tolist()}")
        wanted = wanted.astype(np.intp)
        inside = (wanted >= 0) & (wanted < self.capacity)
        there = inside.all() and self.occupied[wanted].all()
        if not there or len(np.unique(wanted)) < len(wanted):
            raise LookupError(f"rows {wanted.tolist()} of {type(self).__name__}: not all in use")
        release_rows(self.row_allocator, wanted)
        for name, array in self._separate.items():
            array[wanted] = self.columns[name].default

    def let_go(self, rows: Rows) -> None:
        """Remove agents at the request of code outside the model."""
        self.remove_rows(rows)

    def add(self, agent: A) -> None:
        """Refuse: agents of a cohort are created by `add_rows`."""
        raise TypeError(f"create agents with {type(self).__name__}.add_rows")

    def discard(self, agent: A) -> None:
        """Remove an agent from the model, if it is there."""
        if agent in self:
            self.let_go(np.array([agent.row]))

    def _keep_only(self, rows: Rows) -> "CohortSubset[A]":
        raise TypeError("all agents of a type cannot be changed in place; leave out inplace=True")

    def _update(self, agents: Iterable[A]) -> "CohortSubset[A]":
        return self._keep_only(NOBODY)

    def _name_arrays(self) -> None:
        """Bind every column's name to its array."""
        for name, column in self.columns.items():
            self.__dict__[name] = (
                self._separate[name] if column.separate else field(self.table, name)
            )

    def _double(self) -> None:
        old, more = self.capacity, max(self.capacity, 1)
        grown = room_for(old + more, self.record_type)
        copy_records(grown, self.table)
        self.table = grown
        for name, array in self._separate.items():
            default = np.full(more, self.columns[name].default, dtype=array.dtype)
            self._separate[name] = np.concatenate([array, default])
        self._name_arrays()
        self.row_allocator = enlarged(self.row_allocator, old + more)
        StorageGeneration.count += 1

    def copy_for(self, model: Any) -> Self:
        """Return an independent copy that belongs to another model."""
        twin = type(self)(model, capacity=0)
        twin.table = room_for(self.capacity, self.record_type)
        touched = int(self.row_allocator.number[TOUCHED])
        copy_records(twin.table, self.table[:touched])
        twin._separate = {name: array.copy() for name, array in self._separate.items()}
        twin._name_arrays()
        twin.row_allocator = enlarged(self.row_allocator, self.capacity)
        return twin

    def arrays(self) -> dict[str, Values]:
        """Return the whole state as arrays, to be saved in a file."""
        return {
            "table": self.table.view(np.uint8),
            **self._separate,
            **{f"rows.{name}": one for name, one in self.row_allocator._asdict().items()},
        }

    def restore(self, arrays: Mapping[str, Values]) -> None:
        """Restore a state returned by `arrays`."""
        capacity = len(arrays["rows.occupied"])
        self.table = room_for(capacity, self.record_type)
        self.table.view(np.uint8)[:] = arrays["table"]
        self._separate = {name: arrays[name].copy() for name in self._separate}
        self._name_arrays()
        saved = RowAllocator(*(arrays[f"rows.{name}"] for name in RowAllocator._fields))
        self.row_allocator = enlarged(saved, capacity)
        StorageGeneration.count += 1

    def add_to(self, digest: Digest, name: str) -> None:
        """Add the state of all agents to a digest."""
        digest.add_records(name, self.table, self.rows, self._separate)

    def digest(self) -> str:
        """Return a digest of the state of all agents, independent of which row each has."""
        digest = Digest()
        self.add_to(digest, type(self).__name__)
        return digest.hexdigest()
