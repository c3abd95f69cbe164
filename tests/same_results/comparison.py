"""Whether two results are equal to the last bit, and where they first differ if not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def first_difference(ours: Any, theirs: Any) -> str | None:
    """Return where two results first differ, in words; None if they are equal.

    Parameters
    ----------
    ours, theirs : DataFrame or other values
        Tables are compared by names and order of columns, types, index and every value; one NaN
        equals another, and 0.0 is not -0.0.
    """
    if not isinstance(ours, pd.DataFrame) or not isinstance(theirs, pd.DataFrame):
        equal = type(ours) is type(theirs) and ours == theirs
        return None if equal else f"{ours!r} here, {theirs!r} in BASE"
    if list(ours.columns) != list(theirs.columns):
        return f"columns {list(ours.columns)} here, {list(theirs.columns)} in BASE"
    if len(ours) != len(theirs):
        return f"{len(ours)} rows here, {len(theirs)} in BASE"
    index = _first_in_column(ours.index.to_series(), theirs.index.to_series())
    if index is not None:
        return f"index, {index}"
    for place, name in enumerate(ours.columns):
        found = _first_in_column(ours.iloc[:, place], theirs.iloc[:, place])
        if found is not None:
            return f"column '{name}', {found}"
    return None


def _first_in_column(ours: "pd.Series[Any]", theirs: "pd.Series[Any]") -> str | None:
    if ours.dtype != theirs.dtype:
        return f"type {ours.dtype} here, {theirs.dtype} in BASE"
    one, other = ours.to_numpy(), theirs.to_numpy()
    missing = np.asarray(pd.isna(ours)), np.asarray(pd.isna(theirs))
    if one.dtype.kind == "f":
        bits = f"u{one.dtype.itemsize}"
        same = one.view(bits) == other.view(bits)
    else:
        same = np.fromiter(
            (a is b or _same_word(a, b) for a, b in zip(one, other, strict=True)),
            dtype=bool, count=len(one),
        )  # fmt: skip
    different = ~(same | (missing[0] & missing[1]))
    if not different.any():
        return None
    row = int(np.argmax(different))
    return f"row {row}: {one[row]!r} here, {other[row]!r} in BASE"


def _same_word(one: object, other: object) -> bool:
    if pd.isna(one) or pd.isna(other):  # type: ignore[call-overload]
        return False  # two missing values are seen by the caller
    return type(one) is type(other) and bool(one == other)


def in_any_order(table: pd.DataFrame, renamed: Mapping[str, str]) -> pd.DataFrame:
    """Return a table with columns in the order of their names, and rows in that of their keys.

    Parameters
    ----------
    table : DataFrame
    renamed : mapping
        New names of columns, and of indicators, by their old ones.
    """
    table = table.rename(columns=dict(renamed)).sort_index(axis="columns")
    if "indicator" in table:
        table["indicator"] = table["indicator"].replace(dict(renamed))
    keys = [name for name in table if table[name].dtype.kind != "f"]
    return table.sort_values(keys, kind="stable", ignore_index=True) if keys else table


def differences(
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    with_digest: bool = True,
    any_order: bool = False,
    renamed: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the first difference of every result of one run, in words.

    Parameters
    ----------
    ours, theirs : mapping
        Results by name; a run that failed has the one result "failed".
    with_digest : bool
        Whether digests count. They need not where a commit has changed what a digest is.
    any_order : bool
        Whether rows and columns may stand in another order.
    renamed : mapping, optional
        New names of columns and indicators by those in BASE; then any order is good.
    """
    if any_order or renamed:
        ours, theirs = (
            {
                name: in_any_order(one, names) if isinstance(one, pd.DataFrame) else one
                for name, one in side.items()
            }
            for side, names in ((ours, {}), (theirs, renamed or {}))
        )
    lines = []
    for name in dict.fromkeys((*ours, *theirs)):
        if name == "failed":
            where = [
                f"{side}: {one[name]}"
                for side, one in (("here", ours), ("in BASE", theirs))
                if name in one
            ]
            return ["failed " + "; failed ".join(where)]
        if name not in ours or name not in theirs:
            lines.append(f"{name}: only {'here' if name in ours else 'in BASE'}")
            continue
        found = first_difference(ours[name], theirs[name])
        if found is not None and (with_digest or not name.endswith("digest")):
            lines.append(f"{name}: {found}")
    return lines
