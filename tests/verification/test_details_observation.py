"""Details of observation: where it begins, and inequity as it was put into made-up people."""

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.migrant import NEVER, STRATA_SHAPE
from sim.agents.task import Move
from sim.model import AlmatyModel
from sim.observation.definitions import DEFINITIONS, by_name
from sim.observation.equity import Equity, equity_of
from sim.observation.event_records import Records
from sim.observation.tally import rows_of, table_of
from sim.observation.window import Window
from tests.cities import city
from tests.verification.single import illness, small_city
from tests.verification.worlds import keep_only


def test_what_was_learned_before_day_0_is_not_learned_in_the_run() -> None:
    """People learn during burn-in; the count of where they learned it begins with the run."""
    model = AlmatyModel(city(population=300, days=20, changed={"city.burn_in_days": 40}))
    rows = model.migrants.rows
    assert (model.migrants.times_learned[rows] > 1).any() or model.migrants.knows[rows].any()
    assert model.counts["learned"].sum() == 0
    model.run_for(20)
    learned = int(model.counts["learned"].sum())
    assert learned > 0
    assert model.diary.learned(0, 20).sum() == learned


def made_up_equity(unmet_of: str) -> Equity:
    """Return Q2 to Q5 of people whose care depends on one thing; the low paid are graver ill."""
    rng = np.random.default_rng(11)
    count = 4000
    severity = rng.integers(1, 4, count)
    wage = np.round(60_000 + 8_000 * (3 - severity) + rng.uniform(0, 60_000, count))
    sector = rng.integers(0, len(words.SECTORS), count)
    zeros = np.zeros(count, dtype=np.int64)
    unmet = severity == 3 if unmet_of == "need" else wage < np.median(wage)
    episodes = Records(
        stratum=np.ravel_multi_index((zeros, zeros, zeros, sector), STRATA_SHAPE),
        formal_contact=~unmet,
        wage=wage,
        worst=severity,
        kind=zeros,
        age=zeros + 30,
        manages_language=zeros == 0,
    )
    return equity_of(episodes)


def test_care_that_depends_on_need_alone_is_unequal_and_not_inequitable() -> None:
    """The low paid go without more often, because they are graver ill: need explains it all."""
    found = made_up_equity("need")
    assert found.inequality_index < -0.1
    assert found.horizontal_inequity == pytest.approx(0.0, abs=1e-9)


def test_care_that_depends_on_wages_is_inequitable_beyond_need() -> None:
    """What is left when need has been taken out is most of it, and enabling factors lead."""
    found = made_up_equity("wage")
    assert found.horizontal_inequity < 0.5 * found.inequality_index < -0.2
    assert found.enabling_share > 0.5


def value_of(table: pd.DataFrame, name: str, detail: str = "") -> tuple[float, float]:
    """Return the value and the denominator of an indicator for everybody."""
    chosen = (table["indicator"] == name) & (table["detail"] == detail) & (table["by"] == "all")
    (found,) = table[chosen].itertuples()
    return float(found.value), float(found.denominator)


def test_days_ill_become_years_by_their_disability_weight() -> None:
    """One moderate injury for ten days, in a city in which nothing else happens."""
    model = small_city()
    illness(model, "injury", severity=2)
    keep_only(model, "course of illness", "observation")
    model.run_for(10)
    weight = model.world.illness.disability_weight["injury"]["moderate"]
    lost, years = value_of(model.indicators(), "years_with_disability", "undiscounted")
    assert years == pytest.approx(10 * len(model.migrants) / 365)
    assert lost * years / 1000.0 == pytest.approx(10 * weight / 365)


def test_the_balance_of_the_fund_is_what_comes_in_less_what_goes_out() -> None:
    """Of the days of the window alone: what was booked before it does not count."""
    model = small_city()
    keep_only(model, "observation")
    ledger = model.counts["ledger"][0]
    for amount in (7, 1):
        for flow, times in (
            ("contributions of employers", 800), ("contributions of members", 200),
            ("care paid by the fund", 500), ("administration of the fund", 30),
        ):  # fmt: skip
            ledger[CHART.number(flow)] += amount * times
        model.run_for(1)
    table = model.indicators(1, 2)
    balance, years = value_of(table, "fund_balance")
    assert balance * years == pytest.approx(1000 - 500 - 30)
    assert value_of(table, "loss_ratio")[0] == pytest.approx(0.5)


def test_the_curve_of_timely_care_counts_the_day_after_too() -> None:
    """Of four emergencies of one day: the same day and the next are in time."""
    model = small_city()
    keep_only(model, "observation")
    model.run_for(10)
    for care_on in (2, 3, 4, -NEVER):
        record = {
            name: -NEVER if name.endswith("_on") else 0 for name in model.closed_episodes.dtypes
        }
        record |= {"began_on": 1, "severe_on": 2, "emergency_care_on": care_on, "ended_on": 8}
        model.closed_episodes.append(**{name: np.array([one]) for name, one in record.items()})
    curves = model.curves()
    assert curves["emergency_uptake_24h"].tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    assert curves["emergency_need"].sum() == 4


@pytest.mark.parametrize(("days", "long"), [(29, 0), (30, 0), (31, 1)])
def test_a_case_is_unresolved_after_thirty_days(days: int, long: int) -> None:
    """A need besides treatment of somebody who is well again, open for so many days."""
    model = small_city()
    (row,) = model.tasks.add_rows(
        np.array([9], dtype=np.uint64), arose_on=model.day - days, migrant=model.migrants.rows[0]
    )
    model.diary.record(model)
    assert (int(model.diary.open_cases.sum()), int(model.diary.unresolved.sum())) == (1, long)
    assert model.tasks.arose_on[row] == model.day - days


def test_dead_ends_are_a_share_of_all_that_was_tried() -> None:
    """Three referrals and one dead end: a quarter ended nowhere."""
    window = Window(small_city(), 0, 10)
    nothing = np.array([0, 0])
    window.needs = Records(
        stratum=nothing, ended_on=np.array([5, 6]), referrals=np.array([2, 1]),
        dead_ends=np.array([1, 0]), bounces=nothing, wrong_referrals=np.array([1, 0]),
        recalls=nothing, no_shows=nothing,
    )  # fmt: skip
    moves = np.array([Move.SERVED, Move.SERVED_IN_VAIN, 0])
    window.handovers = Records(day=np.array([5, 5, 6]), move=moves, stratum=np.zeros(3, dtype=int))
    known = by_name(DEFINITIONS)
    counted = (known[name] for name in ("referral_chain", "duplicate_work"))
    table = table_of(row for indicator in counted for row in rows_of(indicator, window))
    assert value_of(table, "referral_chain", "share that ended nowhere") == (0.25, 4.0)
    assert value_of(table, "referral_chain", "share to a wrong institution") == (1 / 3, 3.0)
    assert value_of(table, "referral_chain", "referrals a need") == (1.5, 2.0)
    assert value_of(table, "duplicate_work") == (0.5, 2.0)
