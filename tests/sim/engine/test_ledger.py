"""The ledger: flows between accounts, and balances that follow from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.accounts import CHART
from sim.engine.ledger import Chart

ACCOUNTS = ("a", "b", "c", "d")
amounts = st.integers(-(10**12), 10**12)
flows = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), amounts),
    min_size=1,
    max_size=30,
)


@pytest.mark.claim("V7")
@settings(derandomize=True, deadline=None)
@given(flows)
def test_balances_are_what_plain_bookkeeping_says(booked: list[tuple[str, str, int]]) -> None:
    chart = Chart({str(i): (pays, gets) for i, (pays, gets, _) in enumerate(booked)})
    found = chart.balances(np.array([amount for _, _, amount in booked]))
    plain = dict.fromkeys(found, 0)
    for pays, gets, amount in booked:
        plain[pays] -= amount
        plain[gets] += amount
    assert found == plain
    assert sum(found.values()) == 0


@pytest.mark.claim("V7")
def test_every_flow_of_the_city_is_between_two_accounts() -> None:
    assert all(pays != gets for pays, gets in CHART.flows.values())
    assert len(set(CHART.names)) == len(CHART.names)
