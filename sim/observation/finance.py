"""Indicators of money: burden of patients, insurance, costs, and every flow of the ledger."""

from typing import TYPE_CHECKING

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.episode import Gate
from sim.agents.migrant import NEVER, STRATA
from sim.engine.calendar import DAYS_A_MONTH
from sim.engine.types import Column, Floats
from sim.observation.event_records import Records
from sim.observation.tally import Tally, by_stratum
from sim.submodels.insurance import FUND, POLICY
from sim.submodels.services import GAVE_UP

if TYPE_CHECKING:
    from sim.city_model import CityModel

YEAR, PRESENT_MOST_OF_IT = 365, 300
CATASTROPHIC = {"over 10 % of consumption": 0.10, "over 25 % of consumption": 0.25}
"""Limits of SDG 3.8.2."""
CATASTROPHIC_OF_CAPACITY = 0.40
ORDINARY_CARE = ("polyclinic", "hospital", "private")
"""Kinds of institutions whose ordinary care an insured person may use."""
BORNE_BY_SOCIETY = (
    "care paid by patients", "tickets home", "care paid by employers", "care paid by the state",
    "care paid by the fund", "care paid by insurers", "care paid by NGOs", "care paid by IOM",
    "care paid by the joint fund", "administration of the fund", "work of NGOs", "work of IOM",
    "policy costs of the state", "policy costs of donors", "policy costs of consulates",
    "policy costs of employers",
)  # fmt: skip
"""Flows that use up something; the others hand money on."""
BORNE_BY_STATE = ("care paid by the state", "policy costs of the state", "joint fund")


def count_money(
    tally: Tally,
    model: "CityModel",
    episodes: Records,
    visits: Records,
    person_years: Floats,
    start: int,
    end: int,
) -> None:
    """Add F1-F5, I1-I3, C1, C2 and every flow of money."""
    payments = model.payments
    inside = (payments["day"] >= start) & (payments["day"] < end)
    amounts = np.bincount(
        payments["stratum"][inside], weights=payments["amount"][inside], minlength=STRATA
    )
    tally.ratio("out_of_pocket", amounts, person_years)
    _catastrophic(tally, model, end)
    _distress(tally, episodes, start, end)
    _insurance(tally, model, visits, person_years, start, end)
    _costs(tally, model, episodes, person_years, start, end)


def _catastrophic(tally: Tally, model: "CityModel", end: int) -> None:
    """F2 and F3: people present most of a year, and what they paid of what they live on.

    They are grouped by the legal status they came with.
    """
    start = max(end - YEAR, 0)
    migrants, rows, leavers = model.migrants, model.migrants.rows, model.leavers
    money = model.world.money

    def everybody(name: str, of_leavers: str) -> Column:
        return np.concatenate([leavers[of_leavers], getattr(migrants, name)[rows]])

    person, stratum = everybody("pid", "person"), everybody("entered_as", "stratum")
    entered, wage = everybody("entered_on", "entered_on"), everybody("wage", "wage")
    left = np.concatenate([leavers["left_on"], np.full(len(rows), NEVER)])
    days = np.minimum(left, end) - np.maximum(entered, end - YEAR)
    chosen = days >= PRESENT_MOST_OF_IT
    person, stratum = person[chosen], stratum[chosen]
    months = np.minimum(days[chosen], end - start) / DAYS_A_MONTH
    paid = _paid_by(model, person, start, end)
    consumption = money.living_cost * wage[chosen] * months + paid
    capacity = consumption - money.subsistence * months
    everyone = np.bincount(stratum, minlength=STRATA)
    for detail, limit in CATASTROPHIC.items():
        over = (paid > limit * consumption) & (paid > 0)
        tally.ratio(
            "catastrophic_spending", np.bincount(stratum[over], minlength=STRATA), everyone,
            detail=detail,
        )  # fmt: skip
    over = (paid > CATASTROPHIC_OF_CAPACITY * np.maximum(capacity, 0.0)) & (paid > 0)
    tally.ratio(
        "catastrophic_spending", np.bincount(stratum[over], minlength=STRATA), everyone,
        detail="over 40 % of capacity to pay",
    )  # fmt: skip


def _paid_by(model: "CityModel", person: Column, start: int, end: int) -> Floats:
    """Return what each of these people has paid for care in a window, in KZT."""
    payments = model.payments
    inside = (payments["day"] >= start) & (payments["day"] < end)
    who, amount = payments["person"][inside], payments["amount"][inside]
    order = np.argsort(person)
    place = np.searchsorted(person[order], who)
    place = np.minimum(place, max(len(person) - 1, 0))
    found = person[order][place] == who if len(person) else np.zeros(len(who), dtype=np.bool_)
    paid = np.zeros(len(person))
    np.add.at(paid, order[place[found]], amount[found])
    return paid


def _distress(tally: Tally, episodes: Records, start: int, end: int) -> None:
    """F4 and F5: debts and bills of the treated, and needs given up for want of money."""
    mine = (episodes["began_on"] >= start) & (episodes["ended_on"] < end)
    treated = mine & episodes["formal_contact"]
    in_debt = (episodes["borrowed"] > 0) | (episodes["owed"] > 0) | (episodes["relieved"] > 0)
    tally.ratio(
        "distress_financing", by_stratum(episodes, treated & in_debt), by_stratum(episodes, treated)
    )
    needed = mine & episodes["perceived_moderate"]
    given_up = needed & ~episodes["formal_contact"] & (episodes["binding_barrier"] == Gate.PAY)
    tally.ratio("forgone_for_cost", by_stratum(episodes, given_up), by_stratum(episodes, needed))


def _insurance(
    tally: Tally,
    model: "CityModel",
    visits: Records,
    person_years: Floats,
    start: int,
    end: int,
) -> None:
    """I1-I3: who is insured, what use it is to them, and whether it pays its way."""
    days = slice(start, end)
    insured = model.diary.insured[days].sum(axis=0)
    eligible = model.diary.eligible[days].sum(axis=0)
    tally.ratio("coverage", insured, model.diary.present[days].sum(axis=0), detail="of everybody")
    tally.ratio("coverage", insured, eligible, detail="of those who may join")
    kinds = [words.INSTITUTION_KINDS.index(name) for name in ORDINARY_CARE]
    ordinary = (
        (visits["served_on"] >= start)
        & (visits["served_on"] < end)
        & visits["insured"]
        & np.isin(visits["institution"], kinds)
        & (visits["severity"] < words.SEVERE)
        & (visits["result"] != GAVE_UP)
    )
    claimed = ordinary & np.isin(visits["payer"], [FUND, POLICY])
    tally.ratio("insured_visits", by_stratum(visits, claimed), person_years, per=1000)
    tally.ratio("effective_coverage", by_stratum(visits, claimed), by_stratum(visits, ordinary))
    flow = dict(zip(CHART.names, model.diary.flows(start, end).tolist(), strict=True))
    taken_in = flow["contributions of employers"] + flow["contributions of members"]
    claims, administration = flow["care paid by the fund"], flow["administration of the fund"]
    years = float(person_years.sum())
    balance = (taken_in - claims - administration) / years if years > 0 else float("nan")
    tally.single("fund_balance", "", "all", "all", balance, years)
    loss = claims / taken_in if taken_in > 0 else float("nan")
    tally.single("loss_ratio", "", "all", "all", loss, taken_in)


def _costs(
    tally: Tally,
    model: "CityModel",
    episodes: Records,
    person_years: Floats,
    start: int,
    end: int,
) -> None:
    """C1, C2 and C4, and the flows they are made of, in KZT a person-year."""
    years = float(person_years.sum())

    def a_year(amount: float) -> float:
        return amount / years if years > 0 else float("nan")

    flow = dict(zip(CHART.names, model.diary.flows(start, end).tolist(), strict=True))
    mine = (episodes["ended_on"] >= start) & (episodes["ended_on"] < end)
    unpaid = float(episodes["owed"][mine].sum())
    lost_work = float(model.diary.lost_work(start, end))
    state = sum(flow[name] for name in BORNE_BY_STATE) + unpaid
    society = sum(flow[name] for name in BORNE_BY_SOCIETY) + lost_work
    tally.single("cost_to_state", "", "all", "all", a_year(state), years)
    tally.single("cost_to_state", "bills never paid", "all", "all", a_year(unpaid), years)
    tally.single("societal_cost", "", "all", "all", a_year(society), years)
    tally.single("societal_cost", "working days lost", "all", "all", a_year(lost_work), years)
    inside = (model.policy_costs["day"] >= start) & (model.policy_costs["day"] < end)
    policy = float(model.policy_costs["amount"][inside].sum())
    tally.single("policy_cost", "", "all", "all", a_year(policy), years)
    for name, amount in flow.items():
        tally.single("money_flow", name, "all", "all", a_year(amount), years)
