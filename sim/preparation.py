"""Which tables have to be made anew when a value of the world moves.

Clinics, agencies and submodels turn the world into tables (`prepare`). What each of them reads is
noted while it does so; it prepares again as soon as something it has read is another, and not
before. So nobody has to list what depends on what, and nothing that depends can be forgotten.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from sim.config.entries import Frozen
from sim.config.world import World

type Path = tuple[str, ...]


class Prepared(Protocol):
    """Something with tables made from the world."""

    def prepare(self, world: World) -> None:
        """Make the tables."""
        ...


class Notes:
    """What one `prepare` has read.

    Attributes
    ----------
    values : dict
        Value by path in the world; sections whose fields were listed, as a whole.
    parts : set of str
        Other parts of the model that were read, by name.
    is_open : bool
        Whether `prepare` is running.
    """

    def __init__(self) -> None:
        self.values: dict[Path, Any] = {}
        self.parts: set[str] = set()
        self.is_open = True

    def hold_in(self, world: World) -> bool:
        """Return True if everything that was read of the world has the same value in another."""
        return all(_same(_at(world, path), value) for path, value in self.values.items())


class NotedSection:
    """A section of the world that notes what is read of it."""

    __slots__ = ("_notes", "_path", "_section")

    def __init__(self, section: Frozen, path: Path, notes: Notes) -> None:
        self._section, self._path, self._notes = section, path, notes

    def __getattr__(self, name: str) -> Any:
        if not self._notes.is_open:
            raise AttributeError(
                f"{'.'.join(self._path)}: keep values of the world, not a section of it"
            )
        value = getattr(self._section, name)
        path = (*self._path, name)
        if isinstance(value, Frozen):
            return NotedSection(value, path, self._notes)
        self._notes.values[path] = value
        return value

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        self._notes.values[self._path] = self._section
        return iter(self._section)


def _at(world: World, path: Path) -> Any:
    node: Any = world
    for name in path:
        node = getattr(node, name)
    return node


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


class Preparation:
    """Makes the tables of several parts of a model, as far as they have to be made anew."""

    def __init__(self) -> None:
        self._notes: dict[str, Notes] = {}
        self._open: Notes | None = None

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
        for name, part in parts.items():
            notes = self._notes.get(name)
            if (
                not all_of_them
                and notes is not None
                and not notes.parts & done
                and notes.hold_in(world)
            ):
                continue
            self._notes[name] = self._open = Notes()
            noted: Any = NotedSection(world, (), self._open)
            try:
                part.prepare(noted)
            finally:
                self._open.is_open = False
                self._open = None
            done.add(name)
        return done
