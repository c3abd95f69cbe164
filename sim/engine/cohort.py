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

import operator
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from random import Random
from typing import Any, ClassVar, Literal, Self, overload

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet, AgentSet, GroupBy
from numpy.typing import DTypeLike

from sim.engine.arrays import NOBODY, Booleans, Identities, Rows
from sim.engine.arrays import Column as Values


class Column:
    """Declaration of one state variable.

    Parameters
    ----------
    dtype : numpy dtype
        Type of the stored values.
    meaning : str
        One line for the state-variable table of the ODD.
    unit : str, default ""
        Unit of the values.
    default : scalar, default 0
        Value of a new row that is given none.
    labels : tuple of str, optional
        Names of the codes 0, 1, 2, ...; views and `get` speak in labels.
    width : int, optional
        Number of values a row, for a vector-valued state variable.
    """

    def __init__(
        self,
        dtype: DTypeLike,
        meaning: str,
        *,
        unit: str = "",
        default: float | bool = 0,
        labels: tuple[str, ...] | None = None,
        width: int | None = None,
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.meaning = meaning
        self.unit = unit
        self.default = default
        self.labels = labels
        self.width = width
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, cohort: None, owner: type) -> Self: ...
    @overload
    def __get__(self, cohort: "Cohort[Any]", owner: type) -> Values: ...
    def __get__(self, cohort: "Cohort[Any] | None", owner: type) -> "Self | Values":
        # Only the declaration itself gets here: a cohort's arrays lie in its own dictionary,
        # which Python asks first.
        if cohort is None:
            return self
        raise AttributeError(self.name)

    def encode(self, value: Any) -> Any:
        """Return the stored form of a user's value (labels become codes)."""
        if self.labels is not None and isinstance(value, str):
            return self.labels.index(value)
        return value

    def decode(self, values: Values) -> list[Any]:
        """Return stored values as plain Python values (codes become labels)."""
        if self.labels is None:
            return list(values.tolist())
        # An unset code (-1) has no label.
        labels = np.array([*self.labels, None], dtype=object)
        return list(labels[values].tolist())


class RowView(mesa.Agent[Any]):
    """One row of a cohort, as a `mesa.Agent`.

    Attributes are the cohort's columns: reading takes the value from the array, assigning
    writes it there. Two views of one agent are equal.
    """

    _cohort: "Cohort[Any]"
    _row: int
    pid: int

    def __init__(self, cohort: "Cohort[Any]", row: int) -> None:
        # Deliberately without mesa.Agent.__init__: the cohort already keeps the agent.
        object.__setattr__(self, "_cohort", cohort)
        object.__setattr__(self, "_row", row)
        object.__setattr__(self, "pid", int(cohort.pid[row]))

    @property
    def model(self) -> Any:
        """The model the agent lives in."""
        return self._cohort.model

    @property
    def unique_id(self) -> int:  # type: ignore[override]  # Mesa stores it
        """The permanent identity, unique among the agents of one type."""
        return self.pid

    @property
    def row(self) -> int:
        """Row number in the cohort's columns.

        Raises
        ------
        LookupError
            If the agent has left and the row is free or somebody else's.
        """
        if not (self._cohort.occupied[self._row] and self._cohort.pid[self._row] == self.pid):
            raise LookupError(f"{type(self).__name__} {self.pid} is no longer in the model")
        return self._row

    def __getattr__(self, name: str) -> Any:
        # During unpickling the slots are not there yet; never recurse into them.
        if name.startswith("_"):
            raise AttributeError(name)
        column = self._cohort.columns.get(name)
        if column is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return column.decode(self._cohort.__dict__[name][self.row : self.row + 1])[0]

    def __setattr__(self, name: str, value: Any) -> None:
        column = self._cohort.columns.get(name)
        if column is None or name == "pid":
            raise AttributeError(f"{type(self).__name__!r} has no settable attribute {name!r}")
        self._cohort.__dict__[name][self.row] = column.encode(value)

    def remove(self) -> None:
        """Take the agent out of its cohort."""
        self._cohort.remove_rows(np.array([self.row]))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RowView) and self._cohort is other._cohort and self.pid == other.pid
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.pid))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pid}>"


class RowSet[A: RowView](AbstractAgentSet[A]):
    """Some rows of a cohort as a Mesa agent set: what `select` and `groupby` return.

    The set holds row numbers together with identities, so agents that leave the model
    drop out of it.
    """

    def __init__(self, cohort: "Cohort[A]", rows: Rows) -> None:
        self._cohort = cohort
        self._rows = rows
        self._pids: Identities = cohort.pid[rows].copy()

    @property
    def cohort(self) -> "Cohort[A]":
        """The cohort these rows belong to."""
        return self._cohort

    @property
    def rows(self) -> Rows:
        """Row numbers of the members that are still in the model, in the set's order."""
        cohort = self._cohort
        still_here = cohort.occupied[self._rows] & (cohort.pid[self._rows] == self._pids)
        return self._rows[still_here]

    @property
    def random(self) -> Random:
        """The model's generator, used only where a user asks Mesa to shuffle."""
        generator: Random = self.cohort.model.random
        return generator

    def _view(self, row: int) -> A:
        view: Any = self.cohort.row_view(self.cohort, row)
        return view

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[A]:
        for row in self.rows.tolist():
            yield self._view(row)

    def __contains__(self, agent: object) -> bool:
        return (
            isinstance(agent, RowView)
            and agent._cohort is self.cohort
            and bool((self.cohort.pid[self.rows] == agent.pid).any())
        )

    def _subset(self, rows: Rows) -> "RowSet[A]":
        return RowSet(self.cohort, rows)

    def _rows_of(self, agents: Iterable[A]) -> Rows:
        return np.fromiter((agent.row for agent in agents), dtype=np.intp)

    def _update(self, agents: Iterable[A]) -> "RowSet[A]":
        self._rows = self._rows_of(agents)
        self._pids = self.cohort.pid[self._rows].copy()
        return self

    @classmethod
    def _from_iterable(cls, agents: Iterable[Any]) -> Any:
        """Let `&`, `|` and `-` of Python's set protocol return an ordinary Mesa agent set."""
        members = list(agents)
        if members:
            cohort = members[0]._cohort
            return RowSet(cohort, np.array([agent.row for agent in members], dtype=np.intp))
        return AgentSet([], random=Random(0))

    def __copy__(self) -> "RowSet[A]":
        return self._subset(self.rows)

    def select(
        self,
        filter_func: Callable[[A], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type[A] | None = None,
    ) -> "RowSet[A]":
        """Return the members that pass a filter, in order, at most so many (Mesa's rules)."""
        rows = self.rows
        if agent_type is not None and not issubclass(self.cohort.row_view, agent_type):
            rows = NOBODY
        limit = len(rows)
        if isinstance(at_most, float) and at_most <= 1.0:
            limit = int(len(rows) * at_most)
        elif at_most != float("inf"):
            limit = int(at_most)
        if filter_func is None:
            chosen = rows[:limit]
        else:
            kept: list[int] = []
            for row in rows.tolist():
                if len(kept) >= limit:
                    break
                if filter_func(self._view(row)):
                    kept.append(row)
            chosen = np.array(kept, dtype=np.intp)
        if inplace:
            return self._keep_only(chosen)
        return self._subset(chosen)

    def _keep_only(self, rows: Rows) -> "RowSet[A]":
        self._rows = rows
        self._pids = self.cohort.pid[rows].copy()
        return self

    def _values(self, name: str) -> list[Any]:
        column = self.cohort.columns.get(name)
        if column is None:
            return [getattr(agent, name) for agent in self]
        return column.decode(self.cohort.__dict__[name][self.rows])

    def get(
        self,
        attr_names: str | list[str],
        handle_missing: Literal["error", "default"] = "error",
        default_value: Any = None,
    ) -> list[Any]:
        """Return one attribute, or a list of attributes, of every member."""
        if handle_missing not in ("error", "default"):
            raise ValueError(
                f"Unknown handle_missing option: {handle_missing}, "
                "should be one of 'error' or 'default'"
            )
        names = [attr_names] if isinstance(attr_names, str) else attr_names
        found: list[list[Any]] = []
        for name in names:
            try:
                found.append(self._values(name))
            except AttributeError:
                if handle_missing == "error":
                    raise
                found.append([default_value] * len(self))
        return (
            found[0]
            if isinstance(attr_names, str)
            else [list(one) for one in zip(*found, strict=True)]
        )

    def set(self, attr_name: str, value: Any) -> Self:  # type: ignore[override]  # Mesa names AgentSet
        """Set one attribute of every member to a value."""
        column = self.cohort.columns.get(attr_name)
        if column is None or attr_name == "pid":
            raise AttributeError(
                f"{self.cohort.row_view.__name__!r} has no settable attribute {attr_name!r}"
            )
        self.cohort.__dict__[attr_name][self.rows] = column.encode(value)
        return self

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """Aggregate one attribute over the members with one or several functions."""
        values = self.get(attribute)
        if callable(func):
            return func(values)
        return [one(values) for one in func]

    def groupby(
        self, by: Callable[[A], Any] | str, result_type: Literal["agentset", "list"] = "agentset"
    ) -> GroupBy:
        """Group the members by an attribute or by what a function returns for each."""
        keys = self._values(by) if isinstance(by, str) else [by(agent) for agent in self]
        rows_by_key: dict[Any, list[int]] = {}
        for key, row in zip(keys, self.rows.tolist(), strict=True):
            rows_by_key.setdefault(key, []).append(row)
        groups: dict[Any, Any] = {
            key: self._subset(np.array(rows, dtype=np.intp)) for key, rows in rows_by_key.items()
        }
        if result_type == "list":
            groups = {key: list(members) for key, members in groups.items()}
        return GroupBy(groups)

    def to_list(self) -> list[A]:
        """Return the members as a list."""
        return list(self)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every member."""
        self.map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method or function on every member and return the results."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self.to_list()]
        return [method(agent, *args, **kwargs) for agent in self.to_list()]

    def shuffle(self, inplace: bool = False) -> "RowSet[A]":
        """Return the members in random order."""
        order = self.rows.tolist()
        self.random.shuffle(order)
        rows = np.array(order, dtype=np.intp)
        return self._keep_only(rows) if inplace else self._subset(rows)

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every member, in random order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def sort(
        self, key: Callable[[A], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> "RowSet[A]":
        """Return the members sorted by an attribute or a function (descending, as in Mesa)."""
        by = operator.attrgetter(key) if isinstance(key, str) else key
        members = sorted(self, key=by, reverse=not ascending)
        rows = self._rows_of(members)
        return self._keep_only(rows) if inplace else self._subset(rows)

    def add(self, agent: A) -> None:
        """Add an agent of the same cohort to this set."""
        if agent not in self:
            self._keep_only(np.append(self.rows, agent.row))

    def discard(self, agent: A) -> None:
        """Drop an agent from this set (it stays in the model)."""
        rows = self.rows
        self._keep_only(rows[self.cohort.pid[rows] != agent.pid])

    def remove(self, agent: A) -> None:
        """Drop an agent from this set; `KeyError` if it is not a member."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)


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
        # Columns of one dtype and width lie in one block, so that the defaults of a recycled row
        # are written by one operation a block; every column is a view of its line of the block.
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
        self._blocks = {
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
        if recycled:
            self._fill(rows[: len(recycled)])
        self.pid[rows] = pid
        arrays = self.__dict__
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
