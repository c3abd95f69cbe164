"""`python -m tests.same_results` sees a difference of one bit, and no difference where none is."""

import numpy as np
import pandas as pd
import pytest

from tests.same_results.comparison import differences, first_difference
from tests.same_results.listed import RUNS


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": np.array([1.5, np.nan, 0.0]),
            "word": ["a", None, "c"],
            "day": np.array([1, 2, 3], dtype=np.int32),
            "seen": pd.array([True, pd.NA, False], dtype="boolean"),
            "kind": pd.Categorical(["x", "y", "x"]),
            "when": pd.to_datetime(["2018-07-01", None, "2018-07-03"]),
        }
    )


def one_bit_more(of: pd.DataFrame) -> pd.DataFrame:
    of.loc[0, "number"] = np.nextafter(1.5, 2.0)
    return of


CHANGES = {
    "one bit": (one_bit_more, "column 'number', row 0"),
    "sign of nought": (lambda of: of.assign(number=[1.5, np.nan, -0.0]), "column 'number', row 2"),
    "a number for NaN": (lambda of: of.assign(number=[1.5, 0.0, 0.0]), "column 'number', row 1"),
    "a word": (lambda of: of.assign(word=["a", None, "d"]), "column 'word', row 2"),
    "a word for nothing": (lambda of: of.assign(word=["a", "", "c"]), "column 'word', row 1"),
    "a truth": (
        lambda of: of.assign(seen=pd.array([True, pd.NA, True], dtype="boolean")),
        "column 'seen', row 2",
    ),
    "a category": (lambda of: of.assign(kind=pd.Categorical(["x", "x", "y"])), "column 'kind'"),
    "a date": (
        lambda of: of.assign(when=pd.to_datetime(["2018-07-01", None, "2018-07-04"])),
        "column 'when', row 2",
    ),
    "a type": (lambda of: of.astype({"day": np.int64}), "column 'day', type int64 here, int32"),
    "order of columns": (lambda of: of[list(of.columns[::-1])], "columns"),
    "a column less": (lambda of: of.drop(columns="day"), "columns"),
    "a row less": (lambda of: of.iloc[:2], "2 rows here, 3 in BASE"),
    "order of rows": (lambda of: of.iloc[::-1].reset_index(drop=True), "column 'number', row 0"),
    "an index": (lambda of: of.set_axis([1, 2, 3]), "index, row 0: "),
    "type of the index": (lambda of: of.set_axis([0.0, 1.0, 2.0]), "index, type float64"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_table_that_differs_is_seen_with_column_and_row(name: str) -> None:
    """Every kind of difference is found, and said where it is."""
    change, words = CHANGES[name]
    found = first_difference(change(table()), table())
    assert found is not None
    assert words in found


def test_equal_tables_are_equal() -> None:
    """Copies are equal, with NaN for NaN and nothing for nothing."""
    assert first_difference(table(), table()) is None
    assert first_difference(table().iloc[:0], table().iloc[:0]) is None


def test_digests_count_unless_they_are_left_out() -> None:
    """A digest alone makes a run different, of a branch too, unless told otherwise."""
    for which in ("", "branch: "):
        ours = {f"{which}digest": "1f", "curves": table()}
        theirs = {f"{which}digest": "2e", "curves": table()}
        found = differences(ours, theirs)
        assert found == [f"{which}digest: '1f' here, '2e' in BASE"]
        assert differences(ours, theirs, with_digest=False) == []
        assert differences(ours, ours) == []


def test_a_run_that_failed_or_lacks_a_table_is_different() -> None:
    """No result is nothing to be equal to."""
    good = {"digest": "1f", "curves": table()}
    assert differences({"failed": "ValueError: x"}, good) == ["failed here: ValueError: x"]
    assert differences(good, {"digest": "1f"}) == ["curves: only here"]
    both = differences({"failed": "A"}, {"failed": "B"})
    assert both == ["failed here: A; failed in BASE: B"]


def test_the_listed_runs_cover_policies_shocks_laws_cities_and_branches() -> None:
    """The list holds what the command promises, under names that differ."""
    used = {one.scenario for one in RUNS} | {one.branch for one in RUNS}
    overrides = {word for one in RUNS for word in one.overrides}
    assert len({one.name for one in RUNS}) == len(RUNS) >= 13
    assert used >= {
        "baseline", "all_three_together", "hub_joint_fund", "osms_hoped", "osms_universal",
        "information_saturation", "mobile_clinics", "registry_without_firewall",
    }  # fmt: skip
    assert overrides >= {
        "shock=epidemic", "shock=recession", "shock=raid_wave", "shock=influx", "shock=grant_gap",
        "law.as_of=calendar", "law.as_of=2023-08-14", "law.regime=as_hoped", "city=almaty",
    }  # fmt: skip
    assert any(one.branch and one.after == 30 for one in RUNS)
    assert any(one.branch and not one.after for one in RUNS)
    assert any(one.branch is None for one in RUNS)


def test_another_order_and_another_name_are_none_if_that_is_said() -> None:
    other = table().iloc[::-1].reset_index(drop=True)
    other = other[list(other.columns[::-1])].rename(columns={"day": "date"})
    assert differences({"curves": table()}, {"curves": other}, renamed={"date": "day"}) == []
    assert differences({"curves": table()}, {"curves": other})
    moved = one_bit_more(table()).iloc[::-1].reset_index(drop=True)
    (line,) = differences({"curves": table()}, {"curves": moved}, any_order=True)
    assert "column 'number'" in line
