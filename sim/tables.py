"""Entries and tables: how numbers of `conf/` are checked and turned into arrays.

`conf/` holds an `Entry` for each number (value, range, unit, evidence tier, source); tables are
keyed by the words of `sim.vocabulary`.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sim import vocabulary as words
from sim.engine.arrays import Column, Floats
from sim.engine.compiled import record


class Frozen(BaseModel):
    """A checked, unchangeable record that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Frozen):
    """One number, or one table of numbers, with its evidence.

    Tiers: A local data, B literature or official statement, C assumption, T tuned to a pattern.
    """

    value: Any
    low: float
    high: float
    unit: str = Field(min_length=1)
    tier: Literal["A", "B", "C", "T"]
    source: str = Field(min_length=1)


def by(labels: tuple[str, ...], table: dict[str, float]) -> Floats:
    """Return a table's values in the order of the labels' codes."""
    return np.array([table[label] for label in labels], dtype=np.float64)


def by_two(
    labels: tuple[str, ...], inner: tuple[str, ...], table: dict[str, dict[str, float]]
) -> Floats:
    """Return a two-way table as an array of shape (labels, inner)."""
    return np.array([by(inner, table[label]) for label in labels])


def numbers(section: BaseModel, **tables: Any) -> Column:
    """Return the single numbers of a section of the world, and some tables, as one record."""
    single = {
        name: float(value) for name, value in section if isinstance(value, int | float | bool)
    }
    return record(**single, **tables)


def keyed_by(labels: tuple[str, ...]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a check that a table has exactly these keys."""

    def check(table: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(table) - set(labels))
        missing = sorted(set(labels) - set(table))
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r} (known: {', '.join(labels)})")
        if missing:
            raise ValueError(f"no value for {missing[0]!r}")
        return table

    return check


def known_keys(labels: tuple[str, ...]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a check that a table has no keys but these (a missing key means 0)."""

    def check(table: dict[str, Any]) -> dict[str, Any]:
        for name in table:
            if name not in labels:
                close = get_close_matches(name, labels, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(labels)}"
                raise ValueError(f"unknown name {name!r}: {hint}")
        return table

    return check


def _shares(table: dict[str, float]) -> dict[str, float]:
    if abs(sum(table.values()) - 1.0) > 1e-6:
        raise ValueError(f"shares add up to {sum(table.values()):.4f}, not to 1")
    return table


type Table = dict[str, float]
type ByNationality = Annotated[Table, AfterValidator(keyed_by(words.NATIONALITIES))]
type BySector = Annotated[Table, AfterValidator(keyed_by(words.SECTORS))]
type ByStay = Annotated[Table, AfterValidator(keyed_by(words.STAYS))]
type ByStatus = Annotated[Table, AfterValidator(keyed_by(words.LEGAL_STATUSES))]
type ByKnowledge = Annotated[Table, AfterValidator(keyed_by(words.KNOWLEDGE))]
type ByKind = Annotated[Table, AfterValidator(keyed_by(words.KINDS))]
type BySeverity = Annotated[Table, AfterValidator(keyed_by(words.SEVERITIES))]
type ByOption = Annotated[Table, AfterValidator(keyed_by(words.OPTIONS))]
type ByDistrict = Annotated[Table, AfterValidator(keyed_by(words.DISTRICTS))]
type ByLine = Annotated[Table, AfterValidator(known_keys(words.LINES))]
type ByPrice = Annotated[Table, AfterValidator(keyed_by(words.PRICES))]
type ByKindAndSeverity = Annotated[dict[str, BySeverity], AfterValidator(keyed_by(words.KINDS))]
type Shares[T] = Annotated[T, AfterValidator(_shares)]
