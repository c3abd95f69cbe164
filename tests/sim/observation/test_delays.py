"""Delays with and without competing ends."""

import numpy as np
import pytest
from scipy import stats

from sim.observation.survival import HORIZON, delay_summary


def summary_of(
    waited: list[float], stopped: list[float], competing: list[bool]
) -> dict[str, float]:
    return delay_summary(np.array(waited), np.array(stopped), np.array(competing))


NOT_YET = float("nan")


@pytest.mark.parametrize("seed", range(12))
def test_without_competing_ends_delays_are_those_of_kaplan_and_meier(seed: int) -> None:
    chance = np.random.default_rng(seed)
    event = np.floor(chance.exponential(6.0, size=80))
    end = np.floor(chance.uniform(0, 45, size=80))
    censored = end < event
    curve = stats.ecdf(stats.CensoredData.right_censored(np.minimum(event, end), censored))
    summary = delay_summary(
        np.where(censored, np.nan, event), end, np.zeros(len(event), dtype=np.bool_)
    )
    days = np.arange(200)
    had_it = curve.cdf.evaluate(days)
    for name, share in (("median", 0.5), ("90 %", 0.9)):
        reached = days[had_it >= share - 1e-12]
        assert summary[name] == (reached[0] if len(reached) else np.inf)
    assert summary["restricted mean"] == pytest.approx(curve.sf.evaluate(np.arange(HORIZON)).sum())


def test_competing_ends_keep_their_weight() -> None:
    """Events on days 1 and 3, one death on day 2, one case still open on day 4.

    By hand: a quarter has the event on day 1; of the three left one dies, then one of two has the
    event on day 3, which is another quarter of all.
    """
    summary = summary_of(
        [1.0, NOT_YET, 3.0, NOT_YET], [9.0, 2.0, 9.0, 4.0], [False, True, False, False]
    )
    assert summary["median"] == 3.0
    assert summary["90 %"] == np.inf
    assert summary["restricted mean"] == pytest.approx(1.0 + 2 * 0.75 + 27 * 0.5)


def test_a_case_that_ended_without_the_event_counts_to_the_end_of_the_month() -> None:
    summary = summary_of([0.0, NOT_YET], [5.0, 5.0], [False, True])
    assert summary["restricted mean"] == pytest.approx((0 + HORIZON) / 2)
    censored = summary_of([0.0, NOT_YET], [5.0, 5.0], [False, False])
    # Nobody is left under observation: what is known stays at one half.
    assert censored["restricted mean"] == pytest.approx(HORIZON / 2)


def test_an_end_on_the_day_of_an_event_comes_after_it() -> None:
    """On one day everybody still waiting is at risk, also who ends on that day."""
    summary = summary_of([2.0, NOT_YET], [9.0, 2.0], [False, False])
    assert summary["median"] == 2.0
    assert summary["restricted mean"] == pytest.approx(2 + 28 * 0.5)


def test_complete_delays_give_their_own_mean_and_quantiles() -> None:
    delays = [0.0, 0.0, 2.0, 3.0, 7.0, 8.0, 9.0, 10.0, 20.0, 50.0]
    summary = summary_of(delays, [99.0] * 10, [False] * 10)
    assert summary["median"] == 7.0
    assert summary["90 %"] == 20.0
    assert summary["restricted mean"] == pytest.approx(np.minimum(delays, HORIZON).mean())


def test_no_cases_give_no_delay() -> None:
    assert all(np.isnan(value) for value in summary_of([], [], []).values())
