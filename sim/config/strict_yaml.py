"""Reading a YAML file strictly: every mistake is one line with the file and the line number.

PyYAML parses; the tree is built here, from its events, because PyYAML's loader lets a second key
override the first silently, expands aliases (which can be nested until memory runs out) and drops
line numbers. Plain words become numbers by OmegaConf's rules, so that a file means here what it
means to Hydra.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from omegaconf._utils import get_yaml_loader

from sim.config.mistakes import ConfigurationError, shortened

MOST_BYTES = 2_000_000
DEEPEST = 20
"""Most levels of nesting in a file; files of conf/ have 7."""
TEXT = "tag:yaml.org,2002:str"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Any = get_yaml_loader()("")
"""Resolves which plain words are numbers, and their values."""

type Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """The contents of a file, with line numbers.

    Attributes
    ----------
    where : str
        The file, as messages name it.
    value : object
        Nested dictionaries and lists.
    lines : mapping
        Line of every value, by its place.
    """

    where: str
    value: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def mistake(self, place: Place, what: str) -> ConfigurationError:
        """Return a mistake at a place of the file."""
        return ConfigurationError(f"{self.line_of(place)}: {what}")

    def line_of(self, place: Place) -> str:
        """Return "FILE, line N" of a place (or of the value that would contain it)."""
        while place not in self.lines and place:
            place = place[:-1]
        line = self.lines.get(place)
        return self.where if line is None else f"{self.where}, line {line}"


def read_strictly(path: Path, where: str) -> Document:
    """Return the contents of a YAML file.

    Parameters
    ----------
    path : Path
    where : str
        Name of the file for messages.

    Raises
    ------
    ConfigurationError
        If it cannot be read, or is not plain YAML in UTF-8.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigurationError(f"{where}: is larger than {MOST_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{where}: cannot be read ({error.strerror})") from error
    return _parsed(content, where)


@lru_cache(maxsize=512)
def _parsed(content: bytes, where: str) -> Document:
    builder = _Builder(where)
    text = _decoded(content, where)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _in_one_line(error, where, text) from error
    return Document(where, builder.value, builder.lines)


def _decoded(content: bytes, where: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigurationError(f"{where}, line 1: is in UTF-16: save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{where}, line {line}: is not UTF-8: save it as UTF-8") from error
    wrong = _UNPRINTABLE.search(text)
    if wrong:
        line = text[: wrong.start()].count("\n") + 1
        raise ConfigurationError(
            f"{where}, line {line}: holds a character that is not text (code {ord(wrong[0])})"
        )
    return text


def _in_one_line(error: yaml.YAMLError, where: str, text: str) -> ConfigurationError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return ConfigurationError(f"{where}: is not YAML ({shortened(error)})")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    problem = str(getattr(error, "problem", "") or "").removeprefix("found ")
    begun = getattr(error, "context_mark", None)
    if "\t" in indent or line[mark.column :].startswith("\t"):
        problem = "a tab: indent with spaces"
    elif "scanning a quoted scalar" in str(getattr(error, "context", "")) and begun is not None:
        return ConfigurationError(f"{where}, line {begun.line + 1}: a quote is not closed")
    else:
        problem = f"is not YAML: {shortened(problem)}"
    return ConfigurationError(f"{where}, line {mark.line + 1}: {problem}")


class _Builder:
    """Builds a value from the events of a parser."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.value: Any = None
        self.lines: dict[Place, int] = {}
        self.open: list[tuple[Any, Place]] = []  # lists and mappings begun, with their places
        self.keys: list[str | None] = []  # the key that waits for its value, in each of them
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        """Process one event."""
        assert event.start_mark is not None
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self._mistake(line, "a second document begins (---): write one only")
        elif isinstance(event, yaml.AliasEvent):
            raise self._mistake(line, f"an alias (*{event.anchor}) is not allowed: write it out")
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_signs(event, line)
            self._scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._refuse_signs(event, line)
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, line)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self.open.pop()
            self.keys.pop()

    def _refuse_signs(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise self._mistake(line, f"an anchor (&{event.anchor}) is not allowed")
        if event.tag not in (None, "!"):
            raise self._mistake(line, f"a tag ({shortened(event.tag)}) is not allowed")

    def _begin(self, container: Any, line: int) -> None:
        if self._waits_for_key():
            raise self._mistake(line, "a list or mapping cannot be a name")
        place = self._put(container, line)
        if len(self.open) == DEEPEST:
            raise self._mistake(line, f"is nested deeper than {DEEPEST} levels")
        self.open.append((container, place))
        self.keys.append(None)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        value = _value_of(event)
        if not self._waits_for_key():
            self._put(value, line)
            return
        if value == "<<" and not event.style:
            raise self._mistake(line, "a merge (<<) is not allowed: write it out")
        if not isinstance(value, str):
            raise self._mistake(line, f"the name {event.value} must be in quotes")
        container, place = self.open[-1]
        if value in container:
            raise self._mistake(
                line, f"'{shortened(value)}' appears twice (first on line "
                f"{self.lines[(*place, value)]})"
            )  # fmt: skip
        self.keys[-1] = value
        self.lines[(*place, value)] = line

    def _waits_for_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1][0], dict) and self.keys[-1] is None

    def _put(self, value: Any, line: int) -> Place:
        """Insert a value at the parser's position; return its place."""
        if not self.open:
            self.value = value
            self.lines[()] = line
            return ()
        container, place = self.open[-1]
        name: str | int
        if isinstance(container, list):
            name = len(container)
            container.append(value)
        else:
            key = self.keys[-1]
            assert key is not None
            name = key
            container[name] = value
            self.keys[-1] = None
        self.lines.setdefault((*place, name), line)
        return (*place, name)

    def _mistake(self, line: int, what: str) -> ConfigurationError:
        return ConfigurationError(f"{self.where}, line {line}: {what}")


def _value_of(event: yaml.ScalarEvent) -> Any:
    """Return a scalar as OmegaConf reads it."""
    if not event.implicit[0]:
        return event.value
    tag = _WORDS.resolve(yaml.ScalarNode, event.value, (True, False))
    construct = _WORDS.yaml_constructors.get(tag) if tag != TEXT else None
    if construct is None:
        return event.value
    try:
        return construct(_WORDS, yaml.ScalarNode(tag, event.value))
    except ValueError:  # a number too long to be read
        return event.value
