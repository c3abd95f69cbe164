"""Where a mistake is: the file and the line of a wrong value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.config.files import city_chain, read_choice, shown, sources
from sim.config.mistakes import ConfigurationError
from sim.config.strict_yaml import Document, Place, read_strictly

_BEGINS_WITH_A_PATH = re.compile(r"[^\s:]+")
_BEGINS_WITH_A_NAME = re.compile(r"\w+(?=[ .:])")


def with_file(mistake: str, resolved: Mapping[str, Any]) -> str:
    """Return a mistake that begins with the path of a value, preceded by the file of that value.

    The line is named too, unless the value comes from elsewhere (the command line). In that case
    the files of parameters and the city are not named either, because those values are most often
    set on the command line.

    Parameters
    ----------
    mistake : str
        E.g. ``institutions.hospital.beds = 9999 is outside its range``.
    resolved : mapping
        The composed configuration.
    """
    mistake = mistake.lstrip(": ")
    found = _BEGINS_WITH_A_PATH.match(mistake)
    names = tuple(found[0].split(".")) if found else ()
    if not names:
        return mistake
    by_study = _set_by_study(names, resolved)
    if by_study is not None:
        return f"{by_study}: {mistake}"
    try:
        documents, place, node = _candidates(names, resolved)
    except ConfigurationError:
        return mistake
    found_in = [one for one in documents if place[:2] in one.lines or len(place) == 1]
    for document in found_in:
        known = place
        while known not in document.lines:
            known = known[:-1]
        here = known == place or len(known) > 1
        if here and _within(_at(document.value, known), _at(node, known)):
            return f"{document.line_of(known)}: {_short(mistake, names)}"
    if found_in and names[0] in ("regime", "institutions", "agencies"):
        return f"{found_in[0].where}: {_short(mistake, names)}"
    return mistake


def _set_by_study(names: tuple[str, ...], resolved: Mapping[str, Any]) -> str | None:
    """Return file and line if the file of a study has set a value."""
    study = resolved["study"]
    sections = {"institutions": ("city",), "agencies": ("city",), "city": (), "regime": ()}
    place = (*sections.get(names[0], ("parameters",)), *names)
    try:
        document = read_choice("study", str(study.get("file", study.get("name"))))
    except ConfigurationError:
        return None
    if place in document.lines and _within(_at(document.value, place), _at(resolved, place)):
        return document.line_of(place)
    return None


def _short(mistake: str, names: tuple[str, ...]) -> str:
    """Return a mistake in a law book without the book's name, which the file name already gives."""
    return mistake.split(".", 2)[2] if names[0] == "regime" and len(names) > 2 else mistake


def _candidates(
    names: tuple[str, ...], resolved: Mapping[str, Any]
) -> tuple[list[Document], Place, Any]:
    """Return the files that may hold a value, its place in them, and the node it is now in."""
    program = sources().program
    if names[0] == "regime" and len(names) > 1:
        path = program / "regime" / f"{names[1]}.yaml"
        node = resolved["regime"].get(names[1])
        return ([_read(path)] if path.is_file() else []), names[2:], node
    if names[0] in ("institutions", "agencies", "city"):
        city = resolved["city"]
        chain = city_chain(str(city.get("name")))[::-1]
        place = names[1:] if names[0] == "city" else names
        return [read_choice("city", path.stem) for path in chain], place, city
    files = sorted((program / "parameters").glob("*.yaml"))
    documents = [one for one in map(_read, files) if (names[0],) in one.lines]
    return documents, names, resolved["parameters"]


def _read(path: Path) -> Document:
    return read_strictly(path, shown(path))


def _at(node: Any, place: Place) -> Any:
    for name in place:
        if isinstance(node, dict) and name not in node and "value" in node:
            node = node["value"]
        node = node[name] if isinstance(node, dict) and name in node else None
    if isinstance(node, dict) and "value" in node:
        return node["value"]
    return node


def _within(part: Any, whole: Any) -> bool:
    """Return True if a value is the one in a file, or a mapping that contains it."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _within(one, whole[name]) for name, one in part.items())
    return repr(part) == repr(whole)  # nan differs from itself


def where_of_change(group: str, described: Mapping[str, Any], number: int) -> str:
    """Return where a change is defined: file and line, or the name of its scenario or shock.

    Parameters
    ----------
    group : str
        scenario or shock.
    described : mapping
        Name and changes.
    number : int
        Counted from 0.
    """
    try:
        document = read_choice(group, str(described["name"]))
        if document.value["changes"][number] == described["changes"][number]:
            return document.line_of(("changes", number))
    except (ConfigurationError, IndexError):
        pass
    return f"{group} {described['name']}, change {number + 1}"


@contextmanager
def with_file_of_study(resolved: Mapping[str, Any], given: Sequence[str]) -> Iterator[None]:
    """Name the file and line of a setting that is wrong, if the study's file has set it.

    Parameters
    ----------
    resolved : mapping
        The composed configuration.
    given : sequence of str
        Names that were set on the command line instead.
    """
    try:
        yield
    except ConfigurationError as error:
        study = resolved["study"]
        found = _BEGINS_WITH_A_NAME.match(str(error))
        if found is None or found[0] in given:
            raise
        try:
            document = read_choice("study", str(study.get("file", study["name"])))
        except ConfigurationError:
            raise error from None
        if (found[0],) not in document.lines:
            raise
        raise ConfigurationError(f"{document.line_of((found[0],))}: {error}") from error
