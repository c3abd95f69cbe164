"""Mistakes in users' input: one line each, with the nearest valid name."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMES = 12
"""Longest list of names shown in a message."""


class ConfigurationError(ValueError):
    """A mistake in the configuration, worded for the person who made it."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest valid name, or all of them when none is near."""
    names = sorted(known)
    if not names:
        return "there is none"
    # A long list does not help: a distant name is better.
    cutoff = 0.5 if len(names) <= MOST_NAMES else 0.35
    close = get_close_matches(name, names, n=1, cutoff=cutoff)
    if close:
        return f"did you mean '{close[0]}'?"
    if len(names) > MOST_NAMES:
        return f"for instance '{names[0]}'"
    return f"known: {', '.join(names)}"


def in_words(value: object) -> str:
    """Return a description of a value of a file for messages.

    >>> in_words(True), in_words(3), in_words(None), in_words([1])
    ('true', 'the number 3', 'nothing (null)', 'a list')
    """
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text '{shortened(value)}'"
    return "a list" if isinstance(value, list) else "a mapping (name: value)"


LONGEST_SHOWN = 60
"""Most characters of a value that a message repeats."""


def shortened(text: object) -> str:
    """Return a text shortened for a message: one line, and not too long.

    >>> len(shortened("x" * 500))
    60
    """
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 3]}..."
