"""V22: a city that starts from its rest state stays there.

Every daily series of a city without seasons and policies over four years (see
`tools.docs.at_rest`, whose long form runs Almaty under ten seeds; its table is in
`docs/data/at_rest.csv`). Here the small city runs under three fixed seeds; the error of a trend is
pooled over the contrasts of the years. Trends of all series are tested by Holm's procedure at 1 %.
"""

import numpy as np
import pandas as pd
import pytest

from sim.config.loading import load_scenario
from tools.docs import at_rest

SEEDS = at_rest.SEEDS[:3]
HEADLINE = ("present", "open_episodes", "hidden_unmet_need", "unmet_need_episodes")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The tests of all series of the small city."""
    return at_rest.tested(at_rest.at_rest(load_scenario(), SEEDS), pooled=True)


@pytest.mark.slow
@pytest.mark.claim("V22")
def test_no_series_has_a_trend(table: pd.DataFrame) -> None:
    """No trend of any series is significant."""
    assert not table["series"][table["trend"]].tolist()


@pytest.mark.slow
@pytest.mark.claim("V22")
def test_changes_that_are_known_well_are_small(table: pd.DataFrame) -> None:
    """From the first year to the last less than 2 %, where that can be told; some can be told."""
    known = table[table["error"] < at_rest.PRECISE]
    assert not known["series"][known["size"]].tolist()
    assert "present" in set(known["series"])
    assert set(HEADLINE) & set(known["series"])


@pytest.mark.slow
@pytest.mark.claim("V22")
def test_the_long_form_has_been_passed() -> None:
    """The committed table of Almaty under ten seeds has no failing series."""
    committed = pd.read_csv(at_rest.RESULT)
    assert len(committed) > 100
    assert not committed["trend"].any()
    assert not committed["size"].any()


def test_the_tests_see_a_drift() -> None:
    """A rise of 3 % in one of 300 series is seen in both forms, noise alone is not."""
    noise = np.random.default_rng(4)
    for seeds, pooled in ((10, False), (3, True)):
        years = {
            f"series {number}": list(noise.normal(100.0, 0.3, size=(seeds, at_rest.YEARS)))
            for number in range(300)
        }
        assert not at_rest.tested(years, pooled)[["trend", "size"]].to_numpy().any()
        rise = np.linspace(0.0, 3.0, at_rest.YEARS)
        years["series 7"] = [one + rise for one in years["series 7"]]
        failing = at_rest.tested(years, pooled).query("trend or size")
        assert failing["series"].tolist() == ["series 7"]
        assert failing["trend"].all()
        assert failing["size"].all()
