"""Which tables have to be rebuilt when a value of the world changes.

Clinics, agencies and submodels turn the world into tables (`prepare`). All values that each of them
reads in the process are recorded; it prepares again as soon as a value it has read changes, and not
before. So dependencies need not be listed, and none can be forgotten.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np

from sim.config.entries import Frozen
from sim.config.world import World

type Path = tuple[str, ...]
type Arguments = tuple[Any, ...] | None
ANY = "*"
"""Section name for the results of methods of the whole world."""
WHOLE = ""
"""Used instead of the name of a value: a section of which all fields were listed."""


class Prepared(Protocol):
    """A part of the model with tables built from the world."""

    def prepare(self, world: World) -> None:
        """Build the tables."""
        ...


class Notes:
    """The values that one `prepare` has read.

    Attributes
    ----------
    values : list of tuple
        Values read from the world: section, path of the node, name, arguments of a method (None for
        a value), and the result.
    facts : list of tuple
        Values read from other parts with tables: name of the part, and the rest as above.
    sections : set of str
        Sections of the world from which a value was read.
    parts : set of str
        Other parts of the model that were read as a whole, by name.
    is_open : bool
        Whether `prepare` is running.
    """

    def __init__(self) -> None:
        self.values: list[tuple[str, Path, str, Arguments, Any]] = []
        self.facts: list[tuple[str, str, Arguments, Any]] = []
        self.sections: frozenset[str] = frozenset()
        self.parts: set[str] = set()
        self.is_open = True

    def close(self) -> None:
        """End the reading."""
        self.is_open = False
        self.sections = frozenset(section for section, *_ in self.values)

    def hold_in(self, world: World, moved: Collection[str]) -> bool:
        """Return True if all values read from the world are the same in another world.

        Parameters
        ----------
        world : World
        moved : collection of str
            Sections that may have changed; the rest has not.
        """
        if self.sections.isdisjoint(moved):
            return True
        return all(
            _same(_at(world, path, name, arguments), value)
            for section, path, name, arguments, value in self.values
            if section in moved
        )

    def facts_hold(self, parts: Mapping[str, Any], renewed: Collection[str]) -> bool:
        """Return True if the values read from other parts are unchanged.

        Parameters
        ----------
        parts : mapping
            By name.
        renewed : collection of str
            Parts that are new; the others are unchanged.
        """
        return self.parts.isdisjoint(renewed) and all(
            _same(_asked(parts[part], name, arguments), value)
            for part, name, arguments, value in self.facts
            if part in renewed
        )


class NotedSection:
    """A section of the world that records what is read from it."""

    __slots__ = ("_notes", "_path", "_section", "_section_name")

    def __init__(self, section: Frozen, path: Path, notes: Notes) -> None:
        self._section, self._path, self._notes = section, path, notes
        self._section_name = path[0] if path else ""

    def __getattr__(self, name: str) -> Any:
        notes = self._notes
        if not notes.is_open:
            raise AttributeError(
                f"{'.'.join(self._path)}: keep values of the world, not a section of it"
            )
        value = getattr(self._section, name)
        if isinstance(value, Frozen):
            return NotedSection(value, (*self._path, name), notes)
        if callable(value):
            return partial(self._call, name)
        notes.values.append((self._section_name or name, self._path, name, None, value))
        return value

    def _call(self, name: str, *arguments: Any) -> Any:
        result = getattr(self._section, name)(*arguments)
        self._notes.values.append((self._section_name or ANY, self._path, name, arguments, result))
        return result

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        self._notes.values.append((self._section_name, self._path, WHOLE, None, self._section))
        return iter(self._section.__dict__.items())


class NotedPart:
    """A part of the model with tables that records what is read from it."""

    __slots__ = ("_name", "_notes", "_part")

    def __init__(self, part: Any, name: str, notes: Notes) -> None:
        self._part, self._name, self._notes = part, name, notes

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        if name in self._part.FIXED:
            return value
        if callable(value):
            return partial(self._call, name)
        self._notes.facts.append((self._name, name, None, _kept(value)))
        return value

    def _call(self, name: str, *arguments: Any) -> Any:
        result = getattr(self._part, name)(*arguments)
        if result is not None:  # otherwise it was a write, not a read
            self._notes.facts.append((self._name, name, arguments, _kept(result)))
        return result

    def __len__(self) -> int:
        return len(self._part)


def _at(world: World, path: Path, name: str, arguments: Arguments) -> Any:
    node: Any = world
    for step in path:
        node = getattr(node, step)
    return _asked(node, name, arguments) if name else node


def _asked(node: Any, name: str, arguments: Arguments) -> Any:
    value = getattr(node, name)
    return value if arguments is None else value(*arguments)


def _kept(value: Any) -> Any:
    """Return a copy of the present value, because tables are changed in place."""
    return value.copy() if isinstance(value, np.ndarray) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    return one is other or bool(one == other)


class Preparation:
    """Builds the tables of several parts of a model, as far as they have to be rebuilt."""

    def __init__(self) -> None:
        self._notes: dict[str, Notes] = {}
        self._open: Notes | None = None
        self._sections: dict[str, Any] = {}

    def note_part(self, name: str) -> None:
        """Record that a part of the model is read as a whole, if some `prepare` is running."""
        if self._open is not None:
            self._open.parts.add(name)

    def noted(self, name: str, part: Any) -> Any:
        """Return a part of the model, or a recording proxy of it if `prepare` is running."""
        return part if self._open is None else NotedPart(part, name, self._open)

    def renew(
        self, parts: Mapping[str, Prepared], world: World, renewed: set[str], *, all_of_them: bool
    ) -> set[str]:
        """Prepare the parts that have read a value which has changed.

        Parameters
        ----------
        parts : mapping
            By name, in the order in which they are prepared.
        world : World
            Parameters in force from now on.
        renewed : set of str
            Other parts of the model that are new.
        all_of_them : bool
            Prepare every part, whatever has changed.

        Returns
        -------
        set of str
            Names of the new parts: `renewed`, and the parts that were prepared.
        """
        done = set(renewed)
        before, self._sections = self._sections, dict(world.__dict__)
        moved = {name for name, one in self._sections.items() if before.get(name) is not one}
        moved.add(ANY)
        for name, part in parts.items():
            notes = self._notes.get(name)
            holds = (
                notes is not None
                and not all_of_them
                and notes.hold_in(world, moved)
                and notes.facts_hold(parts, done)
            )
            if holds:
                continue
            self._notes.pop(name, None)  # after an error it is prepared again
            self._open = opened = Notes()
            noted: Any = NotedSection(world, (), opened)
            try:
                part.prepare(noted)
            finally:
                opened.close()
                self._open = None
            self._notes[name] = opened
            done.add(name)
        return done
