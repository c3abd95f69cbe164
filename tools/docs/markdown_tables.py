"""Tables and values in Markdown, for the generators that write parts of `docs/`."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def table(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Return a table in Markdown.

    >>> print(table(("a", "b"), [(1, "x|y")]))
    | a | b |
    |---|---|
    | 1 | x/y |
    """
    lines = [heading, *rows]
    written = [
        "| " + " | ".join(str(cell).replace("|", "/") for cell in one) + " |" for one in lines
    ]
    return "\n".join([written[0], "|" + "---|" * len(heading), *written[1:]])


def number(value: Any) -> str:
    """Return a value as it is written in text.

    >>> number(0.35), number(120000), number(True), number("2018-07-01")
    ('0.35', '120,000', 'yes', '2018-07-01')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        large = abs(value) >= 10_000
        return f"{value:,.0f}" if large and float(value).is_integer() else f"{value:g}"
    return str(value)


def values(value: Any) -> str:
    """Return a number, or a table of numbers, in one line.

    >>> values({"mild": 0.1, "severe": 1.0}), values({"injury": {"mild": 2}, "acute": {"mild": 3}})
    ('mild 0.1, severe 1', 'injury: mild 2; acute: mild 3')
    """
    if not isinstance(value, Mapping):
        return number(value)
    if any(isinstance(one, Mapping) for one in value.values()):
        return "; ".join(f"{name}: {values(one)}" for name, one in value.items())
    return ", ".join(f"{name} {number(one)}" for name, one in value.items())


def renewed(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a document with every table rewritten.

    A table is between `<!-- table: name -->` and `<!-- end -->`.

    Parameters
    ----------
    text : str
        The document.
    tables : mapping of str to callable
        Functions that write the tables, by name.

    Raises
    ------
    KeyError
        If the document has a table that no function writes.

    Examples
    --------
    >>> print(renewed("<!-- table: one -->old<!-- end -->", {"one": lambda: "new"}))
    <!-- table: one -->
    <BLANKLINE>
    new
    <BLANKLINE>
    <!-- end -->
    """

    def fill(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n\n{tables[found[1]]()}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (.*?) -->.*?<!-- end -->", fill, text, flags=re.DOTALL)
