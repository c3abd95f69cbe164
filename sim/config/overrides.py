"""Words of the command line: read by Hydra's grammar, checked against the existing names.

A number may be named with or without its `.value`; a file or folder is used as typed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import NoneType
from typing import Any, NamedTuple

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from sim.config.entries import Entry
from sim.config.files import GROUPS, check_name, names_of, study_settings
from sim.config.mistakes import ConfigurationError, nearest, shortened

AS_TYPED = ("output", "store", "of", "from", "manifest", "beside")
"""Settings that name a file, a folder or a stored study: no grammar applies to them."""
SEARCHPATH = "hydra.searchpath"
LAW = "law"
"""The law may be named by its day alone."""
SURE = 0.8
"""Similarity from which one name counts as a misspelling of another."""
METADATA = frozenset(Entry.model_fields) - {"value"}
_IN_QUOTES_OR_A_WORD = re.compile(r"""'[^']*'|"[^"]*"|[\w.-]+""")
_A_PATH = re.compile(rf"(\+{{0,2}}(?:{'|'.join(AS_TYPED)}))=(.*)", re.DOTALL)


class Word(NamedTuple):
    """A word of the command line, as typed and as Hydra's grammar reads it."""

    text: str
    override: Override

    @property
    def key(self) -> str:
        """The name before the equals sign."""
        return str(self.override.key_or_group)

    @property
    def value(self) -> Any:
        """The value it sets."""
        return self.override.value()

    @property
    def chooses(self) -> bool:
        """Whether it chooses a file of a group."""
        return self.key in GROUPS and not self.override.is_delete()

    @property
    def names(self) -> list[str]:
        """Names of the files it chooses (several if each of them is to be run)."""
        value = self.value
        if isinstance(value, Glob):
            return list(value.filter(names_of(self.key)))
        if self.override.is_sweep_override():
            # The grammar returns names in quotes as objects.
            return [str(getattr(one, "text", one)) for one in self.override.sweep_iterator()]
        if value is None or isinstance(value, list | dict):
            raise ConfigurationError(f"'{shortened(self.text)}': name a file of conf/{self.key}")
        # A name may look like a number.
        return [value if isinstance(value, str) else self.text.partition("=")[2].strip()]


def quoted(text: str) -> str:
    r"""Return a text in quotes, as Hydra's grammar requires.

    >>> print(quoted("d'or\\"))
    'd\'or\\'
    """
    escaped = re.sub(r"(\\*)'", lambda found: found[1] * 2 + r"\'", text)
    ending = re.search(r"\\*$", escaped)
    return f"'{escaped}{ending[0] if ending else ''}'"


def as_typed(text: str, several: bool = False) -> str:
    """Return a word in which a file or folder is quoted, so that no grammar applies to it.

    Parameters
    ----------
    text : str
        A word of the command line.
    several : bool
        Whether a comma separates several values (with `-m`).

    Examples
    --------
    >>> as_typed("output=~/50% (1)"), as_typed("seed=1"), as_typed("of=null")
    ("output='~/50% (1)'", 'seed=1', 'of=null')
    """
    found = _A_PATH.fullmatch(text)
    if found is None:
        return _with_words_of_any_alphabet(text)
    key, value = found.groups()
    if value in ("", "null") or "${" in value or value[0] in "'\"":
        return text
    return f"{key}={','.join(map(quoted, value.split(','))) if several else quoted(value)}"


def _with_words_of_any_alphabet(text: str) -> str:
    """Return a word of the command line with names in quotes that Hydra's grammar cannot read."""
    if text.isascii():
        return text
    key, equals, value = text.partition("=")
    return (
        key
        + equals
        + _IN_QUOTES_OR_A_WORD.sub(
            lambda found: (
                found[0] if found[0].isascii() or found[0][0] in "'\"" else quoted(found[0])
            ),
            value,
        )
    )


def read_words(words: Sequence[str], several: bool = False) -> list[Word]:
    """Return the words of a command line as Hydra's grammar reads them.

    Raises
    ------
    ConfigurationError
        If one of them is malformed, or chooses something that cannot be chosen.
    """
    parser = OverridesParser.create()
    found: list[Word] = []
    for text in words:
        try:
            override = parser.parse_override(as_typed(text, several))
            override.value()
        except (HydraException, OmegaConfBaseException, ValueError, RecursionError) as error:
            raise _unreadable(text) from error
        word = Word(str(override.input_line), override)
        if override.package is not None:
            raise ConfigurationError(f"cannot read '{shortened(text)}': leave out the '@...'")
        if word.chooses:
            for name in word.names:
                check_name(word.key, name)
        if word.key == "hydra":
            raise ConfigurationError(f"'{shortened(text)}': set one of its options, hydra.NAME=...")
        if any(one.key == word.key for one in found):
            raise ConfigurationError(
                f"'{word.key}' is given twice, the second time as '{shortened(text)}': give it once"
            )
        found.append(word)
    return found


def _unreadable(text: str) -> ConfigurationError:
    """Return the mistake in a word that Hydra's grammar does not accept."""
    name, equals, _ = text.partition("=")
    foreign = next((one for one in name if one.isalpha() and not one.isascii()), None)
    if equals and foreign is not None:  # it may look like a Latin one
        reason = f"names have Latin letters, and '{foreign}' is not one"
    else:
        reason = "write name=value, e.g. seed=3"
    return ConfigurationError(f"cannot read '{shortened(text)}': {reason}")


def searched(words: Sequence[Word]) -> tuple[list[Word], list[str]]:
    """Return the words without `hydra.searchpath`, and the folders it names."""
    folders: list[str] = []
    for word in words:
        if word.key == SEARCHPATH and not word.override.is_delete():
            value = word.value
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise ConfigurationError(f"{SEARCHPATH}: write {SEARCHPATH}=[folder]")
            folders += value
    return [word for word in words if word.key != SEARCHPATH], folders


def normalised(word: Word, base: Mapping[str, Any]) -> str:
    """Return a word in which a number is named by its `.value`.

    `parameters.illness.acute_rate=1.2` becomes `parameters.illness.acute_rate.value=1.2`, and
    `law=today` becomes `law.as_of=today`.

    Parameters
    ----------
    word : Word
    base : mapping
        The configuration to be changed.

    Raises
    ------
    ConfigurationError
        If it names something that does not exist, or must not be set.
    """
    text, key = word.text, word.key
    if key == LAW and isinstance(word.value, str):  # `law=today`
        return text.replace(key, f"{key}.as_of", 1)
    if key in GROUPS or key.startswith("hydra") or word.override.is_delete():
        return text
    adds = word.override.is_add() or word.override.is_force_add()
    node: Any = base
    names = key.split(".")
    for position, name in enumerate(names):
        if is_entry(node):
            return _of_an_entry(text, names, position, node)
        if not isinstance(node, dict) or name not in node:
            if adds:  # unknown names are refused when the configuration is composed
                return text
            raise _unknown(names, position, node, base)
        node = node[name]
    if is_entry(node):
        whole = isinstance(word.value, dict) and set(word.value) & set(Entry.model_fields)
        return text if whole else text.replace(key, f"{key}.value", 1)
    if isinstance(word.value, dict) and not isinstance(node, dict | NoneType):
        raise ConfigurationError(f"'{shortened(text)}': '{key}' is not a mapping {{name: value}}")
    if isinstance(node, dict) and node and not isinstance(word.value, dict):
        first = next(iter(node))
        raise ConfigurationError(
            f"'{shortened(text)}': '{key}' contains several values: set one of them, "
            f"e.g. {key}.{first}=..."
        )
    return text


def _of_an_entry(text: str, names: list[str], position: int, entry: Mapping[str, Any]) -> str:
    """Return a word about a part of an entry: its value, or a cell of its table."""
    name, path = names[position], ".".join(names[:position])
    if name in METADATA:
        raise no_metadata(path, name, entry)
    if name == "value":
        return text
    longer = ".".join([*names[:position], "value", *names[position:]])
    return text.replace(".".join(names), longer, 1)


def no_metadata(path: str, name: str, entry: Mapping[str, Any]) -> ConfigurationError:
    """Return the mistake of setting a range or a source instead of a value."""
    return ConfigurationError(
        f"'{path}.{name}' cannot be set: range and source belong to the file; set {path}=..., "
        f"from {entry['low']:g} to {entry['high']:g}"
    )


def _unknown(
    names: list[str], position: int, node: Any, base: Mapping[str, Any]
) -> ConfigurationError:
    name, where = names[position], ".".join(names[:position])
    known = list(node) if isinstance(node, dict) else []
    if not known:
        return ConfigurationError(f"'{where}' is a single value: it has no '{shortened(name)}'")
    place = f" in {where}" if where else ""
    start = f"unknown name '{shortened(name)}'{place}"
    if position == 0:
        # `population=5000`: the user knows the name, but not its place.
        rest = ".".join(names)
        elsewhere = [path for path in paths_of(base) if path.endswith(f".{rest}")]
        if elsewhere:
            return ConfigurationError(f"{start}: did you mean '{min(elsewhere, key=len)}'?")
        kinds = [kind for kind, settings in study_settings().items() if name in settings]
        if kinds and not get_close_matches(name, known, n=1, cutoff=SURE):
            raise ConfigurationError(f"{start}: it belongs to study={' or '.join(kinds)}")
    if names[:position] == ["parameters"] and not get_close_matches(name, known, 1, SURE):
        return ConfigurationError(
            f"{start}: if it belongs to a submodel of your own, add submodels=[module.Class]"
        )
    return ConfigurationError(f"{start}: {nearest(name, known)}")


def paths_of(node: Any, path: str = "") -> Iterator[str]:
    """Yield the dotted path of every number, entry and word of a configuration."""
    if not isinstance(node, dict) or is_entry(node):
        yield path
        return
    for name, child in node.items():
        yield from paths_of(child, f"{path}.{name}" if path else str(name))


def is_entry(node: Any) -> bool:
    """Return True if a part of a configuration is a number with its evidence."""
    return isinstance(node, dict) and "value" in node and "tier" in node
