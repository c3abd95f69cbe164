"""All agents of a model as one Mesa agent set, and sets that keep their members."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any, Self

from mesa.agentset import AbstractAgentSet


def in_model(agent: Any) -> bool:
    """Return True if an agent, an object or a row of a cohort, is still in its model."""
    cohort = getattr(agent, "_cohort", None)
    if cohort is not None:
        return agent in cohort
    return agent in agent.model.agents_by_type.get(type(agent), ())


class Kept(AbstractAgentSet[Any]):
    """A set of agents of any types, which keeps its members alive.

    Views of rows exist only while they are used, so Mesa's own sets, which hold them weakly, would
    lose them. Agents that leave the model drop out of the set; all its verbs return sets like it.

    Parameters
    ----------
    agents : iterable
        Its members, each once, in this order.
    random : Random, optional
        For shuffling; by default that of the model of the first member.
    """

    def __init__(self, agents: Iterable[Any], random: Random | None = None) -> None:
        self._kept: dict[Any, None] = dict.fromkeys(agents)
        first = next(iter(self._kept), None)
        model = None if first is None else first.model
        self.random = random or (Random(0) if model is None else model.random)

    @property
    def _agents(self) -> dict[Any, None]:
        return dict.fromkeys(agent for agent in self._kept if in_model(agent))

    def __len__(self) -> int:
        return len(self._agents)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._agents)

    def __contains__(self, agent: object) -> bool:
        return agent in self._kept and in_model(agent)

    def __copy__(self) -> "Kept":
        return Kept(self, self.random)

    def copy(self) -> "Kept":
        """Return a set of the same members."""
        return Kept(self, self.random)

    @classmethod
    def _from_iterable(cls, agents: Iterable[Any]) -> "Kept":
        return Kept(agents)

    def _update(self, agents: Iterable[Any]) -> AbstractAgentSet[Any]:
        self._kept = dict.fromkeys(agents)
        return self

    def _in_place(self, agents: Iterable[Any], inplace: bool) -> AbstractAgentSet[Any]:
        return self._update(agents) if inplace else Kept(agents, self.random)

    def shuffle(self, inplace: bool = False) -> AbstractAgentSet[Any]:
        """Return the members in random order (see Mesa)."""
        members = list(self)
        self.random.shuffle(members)
        return self._in_place(members, inplace)

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> AbstractAgentSet[Any]:
        """Return the members sorted by an attribute or a function (descending, as in Mesa)."""
        by = operator.attrgetter(key) if isinstance(key, str) else key
        return self._in_place(sorted(self, key=by, reverse=not ascending), inplace)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every member that is still in the model."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every member, in random order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method or function on every member and return the results."""
        return called(list(self), method, *args, **kwargs)

    def set(self, attr_name: str, value: Any) -> Any:
        """Set an attribute of every member, or of none if one of them cannot take the value."""
        set_all(self, attr_name, value)
        return self

    def add(self, agent: Any) -> None:
        """Add an agent to this set."""
        self._kept[agent] = None

    def discard(self, agent: Any) -> None:
        """Drop an agent from this set (it stays in the model)."""
        self._kept.pop(agent, None)

    def remove(self, agent: Any) -> None:
        """Drop an agent from this set; `KeyError` if it is not a member."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)


def called(
    agents: Sequence[Any], method: str | Callable[..., Any], *args: Any, **kwargs: Any
) -> list[Any]:
    """Call a method or function on agents, skipping those that have been removed meanwhile."""
    results = []
    for agent in agents:
        if in_model(agent):
            call = getattr(agent, method) if isinstance(method, str) else None
            results.append(call(*args, **kwargs) if call else method(agent, *args, **kwargs))  # type: ignore[operator]
    return results


def set_all(agents: Iterable[Any], name: str, value: Any) -> None:
    """Set an attribute of agents, after making sure that each can take the value."""
    members = list(agents)
    for kind, agent in {type(agent): agent for agent in members}.items():
        check = getattr(agent, "check_setting", None)
        if check is not None:
            check(name, value)
        elif isinstance(getattr(kind, name, None), property):
            raise AttributeError(f"{kind.__name__!r} has no settable attribute {name!r}")
    for agent in members:
        setattr(agent, name, value)


class AgentSetUnion(AbstractAgentSet[Any]):
    """A read-only union of agent sets of different types: all agents of a model, now.

    Its verbs return sets that keep their members (`Kept`).
    """

    def __init__(self, parts: Sequence[AbstractAgentSet[Any]], random: Random) -> None:
        self.parts = list(parts)
        self.random = random

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __iter__(self) -> Iterator[Any]:
        for part in self.parts:
            yield from part

    def __contains__(self, agent: object) -> bool:
        return any(agent in part for part in self.parts)

    @property
    def _agents(self) -> dict[Any, None]:
        return dict.fromkeys(self)

    def _update(self, agents: Iterable[Any]) -> AbstractAgentSet[Any]:
        raise TypeError("the set of all agents cannot be changed in place; leave out inplace=True")

    def __copy__(self) -> Kept:
        return self.copy()

    def copy(self) -> Kept:
        """Return a set of all agents as they are now."""
        return Kept(self, self.random)

    @classmethod
    def _from_iterable(cls, agents: Iterable[Any]) -> Kept:
        return Kept(agents)

    def _not_in_place(self, inplace: bool) -> Kept:
        if inplace:
            self._update(())
        return self.copy()

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> AbstractAgentSet[Any]:
        """Select agents (see Mesa)."""
        everybody = self._not_in_place(inplace)
        return everybody.select(filter_func, at_most, agent_type=agent_type)

    def shuffle(self, inplace: bool = False) -> AbstractAgentSet[Any]:
        """Return all agents in random order."""
        return self._not_in_place(inplace).shuffle(inplace=True)

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> AbstractAgentSet[Any]:
        """Return all agents sorted (see Mesa)."""
        return self._not_in_place(inplace).sort(key, ascending, inplace=True)

    def groupby(self, *args: Any, **kwargs: Any) -> Any:
        """Group agents (see Mesa)."""
        return self.copy().groupby(*args, **kwargs)

    def do(self, method: Any, *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every agent."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: Any, *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every agent in random order."""
        self.copy().shuffle_do(method, *args, **kwargs)
        return self

    def map(self, method: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method or function on every agent and return the results."""
        return called(list(self), method, *args, **kwargs)

    def set(self, attr_name: str, value: Any) -> Any:
        """Set an attribute of every agent, or of none if one of them cannot take the value."""
        set_all(self, attr_name, value)
        return self

    def add(self, agent: Any) -> None:
        """Refuse: agents are added by their own type."""
        raise TypeError("add agents through their own type")

    def discard(self, agent: Any) -> None:
        """Refuse: use `agent.remove()`."""
        raise TypeError("take agents out with agent.remove()")

    remove = discard
