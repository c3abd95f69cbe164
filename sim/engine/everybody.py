"""All agents of a model as one Mesa agent set."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from random import Random
from typing import Any, Self

from mesa.agentset import AbstractAgentSet, AgentSet


class Everybody(AbstractAgentSet[Any]):
    """A read-only union of agent sets of different types.

    Operations that need one list of agents build an ordinary Mesa `AgentSet`.
    """

    def __init__(self, parts: Sequence[AbstractAgentSet[Any]], random: Random) -> None:
        self.parts = list(parts)
        self.random = random

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self.parts)

    def __contains__(self, agent: object) -> bool:
        return any(agent in part for part in self.parts)

    @property
    def _agents(self) -> dict[Any, None]:
        return dict.fromkeys(self)

    def _update(self, agents: Iterable[Any]) -> AbstractAgentSet[Any]:
        raise TypeError("the set of all agents cannot be changed in place")

    def as_agent_set(self) -> "Kept":
        """Return an ordinary Mesa agent set of all agents."""
        return Kept(list(self), self.random)

    def select(self, *args: Any, **kwargs: Any) -> AbstractAgentSet[Any]:
        """Select agents (see Mesa)."""
        return self.as_agent_set().select(*args, **kwargs)

    def shuffle(self, inplace: bool = False) -> AbstractAgentSet[Any]:
        """Return all agents in random order."""
        return self.as_agent_set().shuffle(inplace)

    def sort(self, *args: Any, **kwargs: Any) -> AbstractAgentSet[Any]:
        """Return all agents sorted (see Mesa)."""
        return self.as_agent_set().sort(*args, **kwargs)

    def groupby(self, *args: Any, **kwargs: Any) -> Any:
        """Group agents (see Mesa)."""
        return self.as_agent_set().groupby(*args, **kwargs)

    def do(self, method: Any, *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every agent."""
        for part in self.parts:
            part.do(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: Any, *args: Any, **kwargs: Any) -> Self:
        """Call a method or function on every agent in random order."""
        self.as_agent_set().shuffle_do(method, *args, **kwargs)
        return self

    def map(self, method: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method or function on every agent and return the results."""
        return [result for part in self.parts for result in part.map(method, *args, **kwargs)]

    def set(self, attr_name: str, value: Any) -> Any:
        """Set an attribute of every agent."""
        for part in self.parts:
            part.set(attr_name, value)
        return self

    def add(self, agent: Any) -> None:
        """Refuse: agents are added by their own type."""
        raise TypeError("add agents through their own type")

    def discard(self, agent: Any) -> None:
        """Refuse: use `agent.remove()`."""
        raise TypeError("take agents out with agent.remove()")

    remove = discard


class Kept(AgentSet[Any]):
    """A Mesa agent set that keeps its members alive (views exist only while they are used)."""

    def __init__(self, agents: Iterable[Any], random: Random | None = None) -> None:
        self.kept = list(agents)
        super().__init__(self.kept, random)
