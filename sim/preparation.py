"""Which tables have to be made anew when a value of the world moves.

Clinics, agencies and submodels turn the world into tables (`prepare`). What each of them reads is
noted while it does so; it prepares again as soon as something it has read is another, and not
before. So nobody has to list what depends on what, and nothing that depends can be forgotten.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from sim.config.entries import Frozen
from sim.config.world import World

type Path = tuple[str, ...]
WHOLE = ""
"""In the place of the name of a value: a section, all fields of which were listed."""


class Prepared(Protocol):
    """Something with tables made from the world."""

    def prepare(self, world: World) -> None:
        """Make the tables."""
        ...


class Notes:
    """What one `prepare` has read.

    Attributes
    ----------
    values : list of tuple
        Path of the section, name and value of everything that was read of the world.
    sections : set of str
        Sections of the world that something was read of.
    parts : set of str
        Other parts of the model that were read, by name.
    is_open : bool
        Whether `prepare` is running.
    """

    def __init__(self) -> None:
        self.values: list[tuple[Path, str, Any]] = []
        self.sections: frozenset[str] = frozenset()
        self.parts: set[str] = set()
        self.is_open = True

    def close(self) -> None:
        """End the reading."""
        self.is_open = False
        self.sections = frozenset((*path, name)[0] for path, name, _ in self.values)

    def hold_in(self, world: World, moved: Collection[str]) -> bool:
        """Return True if everything that was read of the world has the same value in another.

        Parameters
        ----------
        world : World
        moved : collection of str
            Sections that may be others; the rest is as it was.
        """
        if self.sections.isdisjoint(moved):
            return True
        return all(
            _same(_at(world, path, name), value)
            for path, name, value in self.values
            if (*path, name)[0] in moved
        )


class NotedSection:
    """A section of the world that notes what is read of it."""

    __slots__ = ("_notes", "_path", "_section")

    def __init__(self, section: Frozen, path: Path, notes: Notes) -> None:
        self._section, self._path, self._notes = section, path, notes

    def __getattr__(self, name: str) -> Any:
        notes = self._notes
        if not notes.is_open:
            raise AttributeError(
                f"{'.'.join(self._path)}: keep values of the world, not a section of it"
            )
        value = getattr(self._section, name)
        if isinstance(value, Frozen):
            return NotedSection(value, (*self._path, name), notes)
        notes.values.append((self._path, name, value))
        return value

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        self._notes.values.append((self._path, WHOLE, self._section))
        return iter(self._section.__dict__.items())


def _at(world: World, path: Path, name: str) -> Any:
    node: Any = world
    for step in path:
        node = getattr(node, step)
    return getattr(node, name) if name else node


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


class Preparation:
    """Makes the tables of several parts of a model, as far as they have to be made anew."""

    def __init__(self) -> None:
        self._notes: dict[str, Notes] = {}
        self._open: Notes | None = None
        self._sections: dict[str, Any] = {}

    def note_part(self, name: str) -> None:
        """Note that a part of the model is read, if some `prepare` is running."""
        if self._open is not None:
            self._open.parts.add(name)

    def renew(
        self, parts: Mapping[str, Prepared], world: World, renewed: set[str], *, all_of_them: bool
    ) -> set[str]:
        """Prepare the parts that have read something which is another now.

        Parameters
        ----------
        parts : mapping
            By name, in the order in which they are prepared.
        world : World
            Parameters in force from now on.
        renewed : set of str
            Other parts of the model that are new.
        all_of_them : bool
            Prepare every part, whatever has moved.

        Returns
        -------
        set of str
            Names of what is new: `renewed`, and the parts that were prepared.
        """
        done = set(renewed)
        before, self._sections = self._sections, dict(world.__dict__)
        moved = {name for name, one in self._sections.items() if before.get(name) is not one}
        for name, part in parts.items():
            notes = self._notes.get(name)
            valid = notes is not None and notes.parts.isdisjoint(done)
            if not all_of_them and valid and notes is not None and notes.hold_in(world, moved):
                continue
            self._notes[name] = self._open = Notes()
            noted: Any = NotedSection(world, (), self._open)
            try:
                part.prepare(noted)
            finally:
                self._open.close()
                self._open = None
            done.add(name)
        return done
