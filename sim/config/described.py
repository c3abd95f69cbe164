"""The required contents of a file of a scenario, shock, city, study or executor."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sim.config.mistakes import ConfigurationError, in_words, nearest, shortened
from sim.config.strict_yaml import Document

POLICY = ("name", "summary", "changes")
WHOLE, WHOLE_OR_NONE, NUMBER_OR_WORD, WORD = "whole", "whole or null", "number or word", "word"
CHANGE = {
    "path": WORD, "value": NUMBER_OR_WORD, "start_day": WHOLE, "ramp_days": WHOLE,
    "until_day": WHOLE_OR_NONE, "repeat_every": WHOLE_OR_NONE,
}  # fmt: skip
"""Fields of a change, and the type of each."""
NEEDED = ("path", "value", "start_day")
CITY = (
    "name", "summary", "defaults", "population", "reference_population", "start_date", "rest_state",
    "burn_in_days", "holidays", "district_share", "district_tile", "travel_within",
    "travel_between", "institutions", "agencies",
)  # fmt: skip
EXECUTOR = ("name", "summary", "workers", "address")
EVERY_STUDY = (
    "study", "defaults", "seed", "days", "city", "law", "parameters", "shock", "output", "store",
    "shard",
)  # fmt: skip
"""Names that a study's file may set besides its own settings."""
ONE_RUN = "run"
"""The kind of study that has one scenario, chosen by `scenario=`."""
GLOBAL = "# @package _global_"


def check_described(
    group: str,
    found: Document,
    stem: str,
    kinds: Mapping[str, Sequence[str]],
    text: str = "",
) -> None:
    """Raise `ConfigurationError` unless a file has the required contents of its group.

    Parameters
    ----------
    group : str
        scenario, shock, city, study or executor.
    found : Document
        The file.
    stem : str
        Name of the file, without the ending.
    kinds : mapping
        Kinds of studies with the settings of each.
    text : str
        The text of the file (for a study, its first lines say where it belongs).
    """
    if not isinstance(found.value, dict):
        what = "is empty" if found.value is None else f"holds {in_words(found.value)}"
        begun = found if found.lines else Document(f"{found.where}, line 1", None)
        raise begun.mistake((), f"{what}, not name, summary and so on, each on its line")
    if group == "study":
        _check_study(found, kinds, text)
        return
    known = {"city": CITY, "executor": EXECUTOR}.get(group, POLICY)
    _check_keys(found, (), known, group)
    _check_label(found, stem)
    if group == "city":
        _check_defaults(found, only_names=True)
    elif group != "executor":
        check_changes(found)


def check_changes(found: Document) -> None:
    """Raise `ConfigurationError` unless the changes of a scenario or shock are well-formed."""
    if "changes" not in found.value:
        raise found.mistake((), "changes are missing: write changes: [] if there are none")
    changes = found.value["changes"]
    if not isinstance(changes, list):
        raise found.mistake(
            ("changes",), f"changes must be a list of changes, not {in_words(changes)}"
        )
    for number, change in enumerate(changes):
        place = ("changes", number)
        if not isinstance(change, dict):
            raise found.mistake(
                place, f"change {number + 1} must be {{path: ..., value: ..., start_day: ...}}, "
                f"not {in_words(change)}"
            )  # fmt: skip
        _check_keys(found, place, tuple(CHANGE), "change")
        for name in NEEDED:
            if name not in change:
                raise found.mistake(place, f"change {number + 1} has no {name}")
        for name, value in change.items():
            wrong = _not_as(CHANGE[name], value)
            if wrong:
                raise found.mistake((*place, name), f"{name}: {in_words(value)} is not {wrong}")


def _not_as(wanted: str, value: Any) -> str | None:
    """Return a description of what a value should be if it is not that, or None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == WORD:
        return None if isinstance(value, str) else "the path of a number"
    if wanted == NUMBER_OR_WORD:
        if isinstance(value, str) or (number and math.isfinite(value)):
            return None
        return "a finite number" if number else "a number"
    if wanted == WHOLE_OR_NONE and value is None:
        return None
    return None if number and isinstance(value, int) else "a whole number of days"


def _check_keys(found: Document, place: tuple[Any, ...], known: Sequence[str], what: str) -> None:
    node = found.value
    for part in place:
        node = node[part]
    for name in node:
        if name not in known:
            raise found.mistake(
                (*place, name),
                f"unknown name '{shortened(name)}' of a {what}: {nearest(str(name), known)}",
            )


def _check_label(found: Document, stem: str) -> None:
    """Check name and summary: the name in a file must be the name of the file."""
    content = found.value
    name = content.get("name")
    if name is None:
        raise found.mistake(
            ("name",) if "name" in content else (), f"has no name: write name: {stem}"
        )
    if name != stem:
        if not isinstance(name, str):
            raise found.mistake(
                ("name",), f'name is {in_words(name)}: put it in quotes (name: "{stem}")'
            )
        raise ConfigurationError(
            f"{found.where}: its name is '{shortened(name)}', but the file is called '{stem}': "
            f"write name: {stem}"
        )
    check_summary(found, content.get("summary"), ("summary",))


def check_summary(found: Document, summary: Any, place: tuple[Any, ...]) -> None:
    """Check that a file has a summary of one line."""
    if summary is None:
        raise found.mistake(place, "has no summary: say in one line what it is about")
    if not isinstance(summary, str) or not summary.strip():
        raise found.mistake(place, f"summary must be one line of text, not {in_words(summary)}")
    if "${" in summary or "\n" in summary.strip():
        raise found.mistake(place, "summary must be one line of plain text")


def _check_defaults(found: Document, only_names: bool) -> None:
    """Check the list of files that a file is based on."""
    if "defaults" not in found.value:
        return
    defaults = found.value["defaults"]
    if not isinstance(defaults, list):
        raise found.mistake(("defaults",), f"defaults must be a list, not {in_words(defaults)}")
    for number, one in enumerate(defaults):
        if isinstance(one, str) or (isinstance(one, dict) and not only_names):
            continue
        raise found.mistake(("defaults", number), f"defaults must name files, not {in_words(one)}")


def _check_study(found: Document, kinds: Mapping[str, Sequence[str]], text: str) -> None:
    content = found.value
    header = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    if text and GLOBAL not in header:
        raise ConfigurationError(
            f"{found.where}, line 1: write '{GLOBAL}' above a study's settings"
        )
    study = content.get("study")
    if not isinstance(study, dict):
        raise found.mistake(
            ("study",), "has no study: {name: KIND, summary: ...}, which says its kind"
        )
    _check_keys(found, ("study",), ("name", "summary"), "study")
    kind = study.get("name", "")
    if not isinstance(kind, str) or kind not in kinds:
        said = "has no name" if not kind else f"unknown kind '{shortened(kind)}'"
        raise found.mistake(("study", "name"), f"study.name: {said}: {nearest(str(kind), kinds)}")
    check_summary(found, study.get("summary"), ("study", "summary"))
    own = (*kinds[kind], "scenario") if kind == ONE_RUN else kinds[kind]
    _check_keys(found, (), (*EVERY_STUDY, *own), f"study of kind {kind}")
    _check_defaults(found, only_names=False)
