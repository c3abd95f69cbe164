"""Entries and tables: how numbers of `conf/` are checked and turned into arrays.

`conf/` holds an `Entry` for each number (value, range, unit, evidence tier, source); tables are
keyed by the words of `sim.vocabulary`.
"""

from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

from sim import vocabulary as words
from sim.engine.records import record
from sim.engine.types import Column, Floats


class Frozen(BaseModel):
    """A checked, unchangeable record that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_switches_for_numbers(cls, data: Any) -> Any:
        """Refuse true and false where a number is expected: Python treats them as 1 and 0."""
        if isinstance(data, dict):
            for name in _without_switches(cls):
                if name in data and _is_switch(data[name]):
                    raise ValueError(f"{name}: true or false is not a number")
        return data


@cache
def _without_switches(kind: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of a record's fields that are neither records nor switches."""
    return tuple(
        name
        for name, field in kind.model_fields.items()
        if field.annotation not in (Any, bool, dict[str, Any])
        and not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
    )


def _is_switch(value: Any) -> bool:
    """Return True if a value is true or false, or a list or table that holds one."""
    if isinstance(value, dict):
        return any(_is_switch(one) for one in value.values() if not isinstance(one, dict))
    if isinstance(value, list):
        return any(isinstance(one, bool) for one in value)
    return isinstance(value, bool)


class Entry(Frozen):
    """One number, or one table of numbers, with its evidence.

    Tiers: A local data, B literature or official statement, C assumption, T tuned to a pattern.
    """

    value: Any
    low: FiniteFloat
    high: FiniteFloat
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
    return np.array([[table[label][name] for name in inner] for label in labels], dtype=np.float64)


def parameter_record(section: BaseModel, **tables: Any) -> Column:
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
    """Return a check that a table has no other keys than these (a missing key means 0)."""

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


def _no_number(value: Any) -> Any:
    """Refuse a number as a date: it would be read as seconds since 1970."""
    if isinstance(value, int | float):
        raise ValueError(f"{value} is not a date: write year-month-day, e.g. 2018-07-01")
    return value


type Date = Annotated[date, BeforeValidator(_no_number)]
type Table = dict[str, float]
type ByNationality = Annotated[Table, AfterValidator(keyed_by(words.NATIONALITIES))]
type BySector = Annotated[Table, AfterValidator(keyed_by(words.SECTORS))]
type ByStay = Annotated[Table, AfterValidator(keyed_by(words.STAYS))]
type ByStatus = Annotated[Table, AfterValidator(keyed_by(words.LEGAL_STATUSES))]
type ByKnowledge = Annotated[Table, AfterValidator(keyed_by(words.KNOWLEDGE))]
type ByKind = Annotated[Table, AfterValidator(keyed_by(words.KINDS))]
type BySeverity = Annotated[Table, AfterValidator(keyed_by(words.SEVERITIES))]
type ByInstitutionKind = Annotated[Table, AfterValidator(keyed_by(words.INSTITUTION_KINDS))]
type ByOption = Annotated[Table, AfterValidator(keyed_by(words.OPTIONS))]
type ByDistrict = Annotated[Table, AfterValidator(keyed_by(words.DISTRICTS))]
type ByLine = Annotated[Table, AfterValidator(known_keys(words.LINES))]
type ByPrice = Annotated[Table, AfterValidator(keyed_by(words.PRICES))]
type ByKindAndSeverity = Annotated[dict[str, BySeverity], AfterValidator(keyed_by(words.KINDS))]
type Shares[T] = Annotated[T, AfterValidator(_shares)]
