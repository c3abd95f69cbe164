"""The allowed values of a setting, in words: for messages and for the help."""

from types import NoneType, UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo

PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "a name"}


def wanted(field: FieldInfo) -> str:
    """Return the allowed values of a setting in words.

    >>> from typing import Annotated
    >>> wanted(FieldInfo.from_annotation(Literal["auto"] | Annotated[int, Ge(1), Le(9000)]))
    'a whole number from 1 to 9,000, or auto'
    """
    return _of_type(field.annotation, list(field.metadata))


def _of_type(kind: Any, limits: list[Any]) -> str:
    if isinstance(kind, TypeAliasType):
        return _of_type(kind.__value__, limits)
    origin, parts = get_origin(kind), get_args(kind)
    if hasattr(kind, "__metadata__"):  # Annotated[...]
        inner, *more = parts
        for one in more:
            limits = [*limits, *(one.metadata if isinstance(one, FieldInfo) else [one])]
        return _of_type(inner, limits)
    if origin in (Union, UnionType):
        ordered = sorted(parts, key=_is_literal)
        words = ["null" if one is NoneType else _of_type(one, limits) for one in ordered]
        return ", or ".join(words)
    if _is_literal(kind):
        return ", ".join(str(one) for one in parts)
    if origin is list:
        (inner,) = parts
        what = "a list of names" if inner is str else "a list, each " + _of_type(inner, [])
        return f"{what}{_length(limits)}"
    if origin is dict or kind is Any:
        return "a mapping {name: ...}"
    return f"{PLAIN.get(kind, 'a value')}{_range(limits)}"


def _is_literal(kind: object) -> bool:
    return str(get_origin(kind)) == str(Literal)


def _length(limits: list[Any]) -> str:
    low = next((one.min_length for one in limits if isinstance(one, MinLen | Len)), None)
    high = next((one.max_length for one in limits if isinstance(one, MaxLen | Len)), None)
    if high is not None:
        return f" ({low} to {high} of them)"
    return " (at least one)" if low == 1 else ""


def _range(limits: list[Any]) -> str:
    bounds = {type(one): one for one in limits}
    low = bounds[Ge].ge if Ge in bounds else None
    high = bounds[Le].le if Le in bounds else None
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    words = [
        *([f"at least {low:,}"] if low is not None else []),
        *([f"above {bounds[Gt].gt:g}"] if Gt in bounds else []),
        *([f"at most {high:,}"] if high is not None else []),
        *([_below(bounds[Lt].lt)] if Lt in bounds else []),
    ]
    return f" {' and '.join(words)}" if words else ""


def _below(limit: float) -> str:
    return f"below {limit:,}" if isinstance(limit, int) else f"below {limit:g}"
