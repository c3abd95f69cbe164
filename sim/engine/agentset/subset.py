"""Some rows of a cohort as a Mesa agent set."""

import operator
from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from random import Random
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from mesa.agentset import AbstractAgentSet, GroupBy

from sim.engine.agentset.column import RowView
from sim.engine.agentset.union import Kept
from sim.engine.types import NOBODY, Identities, Rows

if TYPE_CHECKING:
    from sim.engine.agentset.cohort import Cohort


class CohortSubset[A: RowView](AbstractAgentSet[A]):
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

    def _subset(self, rows: Rows) -> "CohortSubset[A]":
        return CohortSubset(self.cohort, rows)

    def _rows_of(self, agents: Iterable[A]) -> Rows:
        return np.fromiter((agent.row for agent in agents), dtype=np.intp)

    def _update(self, agents: Iterable[A]) -> "CohortSubset[A]":
        self._rows = self._rows_of(agents)
        self._pids = self.cohort.pid[self._rows].copy()
        return self

    @classmethod
    def _from_iterable(cls, agents: Iterable[Any]) -> Any:
        """Make `&`, `|` and `-` of Python's set protocol return a set that keeps its members."""
        members = list(dict.fromkeys(agents))
        cohorts = {id(one): one for one in (getattr(agent, "_cohort", None) for agent in members)}
        (cohort,) = cohorts.values() if len(cohorts) == 1 else (None,)
        if cohort is not None:
            return CohortSubset(cohort, np.array([agent.row for agent in members], dtype=np.intp))
        return Kept(members)

    def __copy__(self) -> "CohortSubset[A]":
        return self._subset(self.rows)

    def copy(self) -> "CohortSubset[A]":
        """Return a set of the same members."""
        return self._subset(self.rows)

    def select(
        self,
        filter_func: Callable[[A], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type[A] | None = None,
    ) -> "CohortSubset[A]":
        """Return the members that pass a filter, in order, at most `at_most` (Mesa's rules)."""
        if isinstance(at_most, bool) or not isinstance(at_most, Real):
            raise TypeError(f"at_most = {at_most!r}: must be a number, or a share from 0 to 1")
        rows = self.rows
        if agent_type is not None and not issubclass(self.cohort.row_view, agent_type):
            rows = NOBODY
        limit = len(rows)
        if isinstance(at_most, float) and at_most <= 1.0:
            limit = int(len(rows) * at_most)
        elif at_most != float("inf"):
            limit = max(int(at_most), 0)
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

    def _keep_only(self, rows: Rows) -> "CohortSubset[A]":
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
        found = [
            self._values(name)
            if name in self.cohort.columns or handle_missing == "error"
            else [getattr(agent, name, default_value) for agent in self]
            for name in names
        ]
        if isinstance(attr_names, str):
            return found[0]
        return [[values[place] for values in found] for place in range(len(self))]

    def set(self, attr_name: str, value: Any) -> Self:  # type: ignore[override]  # Mesa names AgentSet
        """Set one attribute of every member to a value."""
        self.cohort.put(attr_name, self.rows, self.cohort.checked(attr_name, value))
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
        results = []
        for agent in self.to_list():
            # An earlier call may have removed this agent from the model.
            if agent in self.cohort:
                call = getattr(agent, method) if isinstance(method, str) else None
                results.append(call(*args, **kwargs) if call else method(agent, *args, **kwargs))  # type: ignore[operator]
        return results

    def shuffle(self, inplace: bool = False) -> "CohortSubset[A]":
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
    ) -> "CohortSubset[A]":
        """Return the members sorted by an attribute or a function (descending, as in Mesa)."""
        by = operator.attrgetter(key) if isinstance(key, str) else key
        members = sorted(self, key=by, reverse=not ascending)
        rows = self._rows_of(members)
        return self._keep_only(rows) if inplace else self._subset(rows)

    def add(self, agent: A) -> None:
        """Add an agent of the same cohort to this set."""
        if agent._cohort is not self.cohort:
            raise TypeError(f"{agent!r} belongs to another cohort")
        if agent not in self:
            self._keep_only(np.append(self.rows, agent.row))

    def discard(self, agent: A) -> None:
        """Drop an agent from this set (it stays in the model)."""
        if agent not in self:
            return
        rows = self.rows
        self._keep_only(rows[self.cohort.pid[rows] != agent.pid])

    def remove(self, agent: A) -> None:
        """Drop an agent from this set; `KeyError` if it is not a member."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)
