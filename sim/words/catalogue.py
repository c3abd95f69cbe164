"""The catalogue of words: `en.ftl`, read once, on first use.

Indicators of the model have their words there under their names; an indicator of another project
brings its own (see `Definition`).

Examples
--------
>>> from sim.observation.definitions import DEFINITIONS, by_name
>>> indicator = by_name(DEFINITIONS)["awareness"]
>>> label(indicator), label(indicator, "insurance")
('people who know an item', 'know about insurance')
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle

    from sim.observation.definition import Definition

LANGUAGE = "en"
FILE = Path(__file__).with_name(f"{LANGUAGE}.ftl")
NO_WORD = re.compile(r"[^a-z0-9]+")


class MissingWordsError(LookupError):
    """Words that the catalogue does not have."""

    def __str__(self) -> str:
        """Return the message unchanged, without the quotes of a `KeyError`."""
        return str(self.args[0])


def message(identifier: str, attribute: str = "", **arguments: str) -> str:
    """Return a message of the catalogue, or one of its attributes.

    Parameters
    ----------
    identifier : str
    attribute : str, optional
    **arguments : str
        Values that the message depends on.

    Raises
    ------
    MissingWordsError
        If there is no such message or attribute, or it lacks an argument.

    Examples
    --------
    >>> message("deaths"), message("deaths", "window")
    ('deaths', 'event in the window')
    """
    bundle = _bundle()
    wanted = f"{identifier}.{attribute}" if attribute else identifier
    found = bundle.get_message(identifier) if bundle.has_message(identifier) else None
    pattern = None
    if found is not None:
        pattern = found.attributes.get(attribute) if attribute else found.value
    if pattern is None:
        raise MissingWordsError(f"{FILE.name} has no words for '{wanted}'")
    text, errors = bundle.format_pattern(pattern, arguments)
    if errors:
        raise MissingWordsError(f"{FILE.name}, '{wanted}': {errors[0]}")
    return str(text)


def label(indicator: "Definition", detail: str = "") -> str:
    """Return the label of an indicator, or of one of its values.

    Parameters
    ----------
    indicator : Definition
    detail : str, optional
        The value of the column `detail`.

    Raises
    ------
    MissingWordsError
        If neither the definition nor the catalogue has words.
    """
    alone = indicator.label or _of_indicator(indicator, detail="")
    text = alone if indicator.label else _of_indicator(indicator, detail=as_key(detail))
    # Not every detail has its own words: kinds of institutions and flows of money have none.
    return f"{alone}: {detail}" if detail and text == alone else text


def short(indicator: "Definition", detail: str = "") -> str:
    """Return the short label, for where there is little room: see `label`."""
    if indicator.label:
        return indicator.short or label(indicator, detail)
    return _of_indicator(indicator, "short", detail=as_key(detail))


def explanation(indicator: "Definition") -> str:
    """Return a sentence about an indicator; "" if another project's has none."""
    if indicator.label:
        return indicator.explanation
    return _of_indicator(indicator, "explanation")


def as_key(detail: str) -> str:
    """Return a detail in the form used as a key of messages.

    >>> as_key("over 10 % of consumption")
    'over_10_of_consumption'
    """
    return NO_WORD.sub("_", detail.lower()).strip("_")


def _of_indicator(indicator: "Definition", attribute: str = "", **arguments: str) -> str:
    try:
        return message(indicator.name, attribute, **arguments)
    except MissingWordsError as missing:
        raise MissingWordsError(
            f"indicator '{indicator.name}': {missing} (sim/words/{FILE.name} needs "
            f"'{indicator.name} = ...' with its attributes; in a project of your own, give the "
            "Definition a label)"
        ) from None


@cache
def _bundle() -> "FluentBundle":
    # Not imported at the top: a command that prints no words need not wait for the parser.
    from fluent.runtime import FluentBundle, FluentResource

    bundle = FluentBundle([LANGUAGE], use_isolating=False)
    bundle.add_resource(FluentResource(FILE.read_text(encoding="utf-8")))
    return bundle
