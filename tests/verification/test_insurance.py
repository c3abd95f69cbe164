"""The insurance fund: who is in it, what it takes in, and what it pays, to the tenge."""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.migrant import NEVER
from sim.model import AlmatyModel
from sim.submodels.insurance import FUND, expected_benefit
from sim.submodels.services import (
    DELIVERED,
    GAVE_UP,
    NO_MONEY,
    WITHOUT_PAPERS,
    WRONGLY_REFUSED,
)
from tests.cities import city
from tests.verification.binding import binding
from tests.verification.worlds import NO_BURN_IN, NO_POLICE, NOBODY_FALLS_ILL

HOPED = ("law.regime=as_hoped", "law.as_of=2019-01-01")
EVERYBODY_ENROLLED = {
    "employment.contract_cost": -1e9,
    "insurance.enrolment_cost": -1e9,
    "insurance.administration": 0.0,
    "money.wage_withheld_probability": 0.0,
    "employment.dismissal_factor": 0.0,
    "employment.inspection_factor": 0.0,
}


def fund_of(model: AlmatyModel) -> int:
    return CHART.balances(model.counts["ledger"][0])["fund"]


@pytest.mark.claim("A12")
def test_without_claims_the_fund_is_the_sum_of_rate_times_wage() -> None:
    """A12: contributions recomputed from wages, pay-day by pay-day."""
    world = {**EVERYBODY_ENROLLED, **NOBODY_FALLS_ILL, **NO_POLICE, **NO_BURN_IN}
    model = AlmatyModel(city(population=400, seed=5, changed=world, overrides=HOPED))
    may_join = np.array(model.insurance.parameters[0]["may_join"], dtype=np.bool_)
    contribution, insurance = model.legal_rules.contribution, model.world.insurance
    ceiling = contribution.ceiling * insurance.minimum_wage
    expected, pay_wages = 0, model.money.pay_wages

    def watched() -> None:
        nonlocal expected
        migrants = model.migrants
        rows = np.flatnonzero(migrants.month_slice == model.day % 30)
        days = np.minimum(model.day - migrants.entered_on[rows], 30)
        joins = may_join[migrants.nationality[rows], migrants.legal_status[rows]]
        income = np.rint(migrants.wage[rows] * (days / 30))
        base = np.minimum(income, ceiling)[joins]
        for rate in (contribution.employer_rate, contribution.employee_rate):
            expected += int(np.rint(rate * base).sum())
        pay_wages()

    model.money.pay_wages = watched  # type: ignore[method-assign]
    model.run_for(120)
    assert expected > 1_000_000
    assert fund_of(model) == expected


def watch_bed_days(model: AlmatyModel) -> list[int]:
    """Return a list that will hold the bed-days left to members when the threat to life is over."""
    bill, days = model.payment.bill_after_emergencies, []

    def watched() -> None:
        episodes, migrants = model.episodes, model.migrants
        before = episodes.stabilised[episodes.rows].copy()
        bill()
        rows = episodes.rows[episodes.stabilised[episodes.rows] & ~before]
        rows = rows[migrants.insured[episodes.migrant[rows]] & ~episodes.boarding[rows]]
        days.extend(np.maximum(episodes.leaves_bed_on[rows] - model.day, 0).tolist())

    model.payment.bill_after_emergencies = watched  # type: ignore[method-assign]
    return days


@pytest.mark.claim("A12")
def test_without_premium_the_fund_is_minus_the_prices_of_what_it_paid() -> None:
    """A12: everybody is a member, nobody pays in."""
    world = {
        **NO_BURN_IN,
        "insurance.voluntary_premium": 0.0,
        "insurance.papers_required": 0.0,
        "insurance.administration": 0.0,
        "information.memory_mean": 1e9,
        **{path: 0.0 for path in binding() if path.startswith("insurance.course_cost.")},
    }
    scenario = city(population=800, seed=6, changed=world, overrides=("law.regime=universal",))
    model = AlmatyModel(scenario)
    migrants, insurance = model.migrants, words.Knowledge.INSURANCE
    migrants.knows[migrants.rows, insurance] = True
    migrants.forgets_on[migrants.rows, insurance] = NEVER
    bed_days = watch_bed_days(model)
    model.run_for(200)
    visits, price = model.visits, model.world.payment.price
    paid_by_fund = visits["payer"] == FUND
    kind = model.clinics.kind[visits["unit"]]
    # Whoever gave up waiting, or was refused at the desk, cost nothing.
    served = ~np.isin(
        visits["result"], [GAVE_UP, NO_MONEY, WRONGLY_REFUSED, WITHOUT_PAPERS, DELIVERED]
    )
    paid = 0
    for name, amount in (
        ("polyclinic", price["polyclinic_visit"]), ("hospital", price["hospital_visit"]),
        ("tb_dispensary", price["tuberculosis_course"]),
    ):  # fmt: skip
        here = kind == words.INSTITUTION_KINDS.index(name)
        paid += int((paid_by_fund & served & here).sum() * amount)
    assert (paid_by_fund & served).sum() > 20
    assert sum(bed_days) > 5
    paid += int(sum(bed_days) * price["bed_day"])
    claims = int(model.counts["ledger"][0][CHART.number("care paid by the fund")])
    assert claims == paid
    assert fund_of(model) == -claims


@pytest.mark.claim("V18")
def test_without_eligibility_the_law_of_2020_is_that_of_2018() -> None:
    """V18: the same digests where nobody may join and rates are 0."""
    rows = "regime.as_legislated.entitlements"
    nobody = (
        f"{rows}.residents_insured_from_2020.payer=state",
        f"{rows}.eaeu_workers_from_2020.payer=patient",
    )
    rates = "regime.as_legislated.contributions.from_2020"
    none = (f"{rates}.employer_rate=0", f"{rates}.employee_rate=0")
    law = city(population=500, seed=7, overrides=(*nobody, *none, "law.as_of=2020-01-01"))
    before = city(population=500, seed=7)
    digests = []
    for scenario in (law, before):
        model = AlmatyModel(scenario)
        model.run_for(120)
        assert model.counts["insured"][0].sum() == 0
        digests.append(model.digest())
    assert digests[0] == digests[1]


def test_membership_outlives_arrears_by_the_grace_and_no_day_longer() -> None:
    """Nobody is insured whose contributions ended longer ago than the law allows."""
    model = AlmatyModel(city(population=1500, seed=8, overrides=("law.as_of=2020-06-01",)))
    grace = model.legal_rules.contribution.grace_months * 30
    lapsed = 0
    for _ in range(150):
        model.step()
        migrants, rows = model.migrants, model.migrants.rows
        today = rows[migrants.month_slice[rows] == (model.day - 1) % 30]
        insured, until = migrants.insured[today], migrants.paid_until[today]
        assert (until[insured] + grace >= model.day - 1).all()
        lapsed += int((~insured & (until > -NEVER)).sum())
    assert model.migrants.insured[model.migrants.rows].sum() > 20
    assert lapsed > 0


@pytest.mark.parametrize("chronic", [0.0, 1.0])
def test_the_ill_expect_more_of_insurance(chronic: float) -> None:
    """Adverse selection: a perceived illness raises what a month of membership is worth."""
    model = AlmatyModel(city(population=600, seed=9))
    migrants, rows = model.migrants, model.migrants.rows
    ill = (migrants.episode_of[rows] >= 0).any(axis=1)
    chosen = rows[ill if chronic else ~ill][:40]
    worth = np.array([expected_benefit(model.city(), migrants.table[row]) for row in chosen])
    price = model.world.payment.price["polyclinic_visit"]
    assert (worth >= 0).all()
    if chronic:
        assert worth.max() > price
    else:
        assert worth.max() < price
