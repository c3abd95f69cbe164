"""The box in which the targets are looked for lies inside the ranges of `conf/`."""

import pytest

from sim import load_scenario
from tools.docs.targets import box


@pytest.mark.parametrize("path", list(box()))
def test_a_range_of_the_box_is_inside_that_of_the_number_and_around_its_default(path: str) -> None:
    base = load_scenario("baseline", ["city=workshop"])
    entry, searched = base.entries[path], box()[path]
    assert entry.low <= searched["low"] <= entry.value <= searched["high"] <= entry.high
