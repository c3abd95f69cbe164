"""Indicators of money (F, I and C blocks): burden of patients, insurance, costs, all flows."""

from collections.abc import Iterator

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import Gate
from sim.agents.migrant import STRATA
from sim.engine.calendar import DAYS_A_MONTH
from sim.engine.types import Booleans, Column, Floats
from sim.observation.definition import Better, Curve, Definition, Format
from sim.observation.tally import Ratio, Value, by_stratum, share
from sim.observation.window import YEAR, Window
from sim.submodels.insurance import FUND, POLICY
from sim.submodels.services import GAVE_UP

CATASTROPHIC = {"over 10 % of consumption": 0.10, "over 25 % of consumption": 0.25}
"""Limits of SDG 3.8.2."""
CATASTROPHIC_OF_CAPACITY = 0.40
"""Limit of payments as a share of what people can pay beyond subsistence."""
ORDINARY_CARE = ("polyclinic", "hospital", "private")
"""Kinds of institutions whose ordinary care an insured person may use."""
BORNE_BY_SOCIETY = (
    "care paid by patients", "informal payments", "self-treatment", "tickets home",
    "care paid by employers", "care paid by the state",
    "care paid by the fund", "care paid by insurers", "care paid by NGOs", "care paid by IOM",
    "care paid by the joint fund", "administration of the fund", "work of NGOs", "work of IOM",
    "policy costs of the state", "policy costs of donors", "policy costs of consulates",
    "policy costs of employers", "policy costs of the fund",
)  # fmt: skip
"""Flows that use up resources; the others only transfer money."""
BORNE_BY_STATE = ("care paid by the state", "policy costs of the state", "joint fund")


# --- patients ---------------------------------------------------------------------------------


def out_of_pocket(window: Window) -> Ratio:
    """Return what patients paid over person-years."""
    payments = window.model.payments
    inside = window.has(payments["day"])
    amounts = np.bincount(
        payments["stratum"][inside], weights=payments["amount"][inside], minlength=STRATA
    )
    return Ratio(amounts, window.person_years)


def catastrophic_spending(window: Window) -> Iterator[Ratio]:
    """Yield people who paid more than a share of their consumption, by the share.

    F2 and F3, among the people present most of a year.
    """
    start = max(window.end - YEAR, 0)
    people, money = window.people_of_the_year, window.model.world.money
    months = np.minimum(people.days, window.end - start) / DAYS_A_MONTH
    paid = paid_by(window, people.person, start)
    consumption = money.living_cost * people.wage * months + paid
    capacity = consumption - money.subsistence * months
    everyone = np.bincount(people.stratum, minlength=STRATA)
    for detail, limit in CATASTROPHIC.items():
        over = (paid > limit * consumption) & (paid > 0)
        yield Ratio(np.bincount(people.stratum[over], minlength=STRATA), everyone, detail)
    over = (paid > CATASTROPHIC_OF_CAPACITY * np.maximum(capacity, 0.0)) & (paid > 0)
    counted = np.bincount(people.stratum[over], minlength=STRATA)
    yield Ratio(counted, everyone, "over 40 % of capacity to pay")


def paid_by(window: Window, person: Column, start: int) -> Floats:
    """Return what each of these people has paid for care from a day to the end, in KZT."""
    payments = window.model.payments
    inside = (payments["day"] >= start) & (payments["day"] < window.end)
    who, amount = payments["person"][inside], payments["amount"][inside]
    order = np.argsort(person)
    place = np.searchsorted(person[order], who)
    place = np.minimum(place, max(len(person) - 1, 0))
    found = person[order][place] == who if len(person) else np.zeros(len(who), dtype=np.bool_)
    paid = np.zeros(len(person))
    np.add.at(paid, order[place[found]], amount[found])
    return paid


def began_and_ended(window: Window) -> Booleans:
    """Return which episodes began and ended in the window."""
    episodes = window.episodes
    return (episodes["began_on"] >= window.start) & (episodes["ended_on"] < window.end)


def distress_financing(window: Window) -> Ratio:
    """Return treated episodes with new debt or an unpaid bill, over all treated ones."""
    episodes = window.episodes
    treated = began_and_ended(window) & episodes["formal_contact"]
    in_debt = (episodes["borrowed"] > 0) | (episodes["owed"] > 0) | (episodes["relieved"] > 0)
    return Ratio(by_stratum(episodes, treated & in_debt), by_stratum(episodes, treated))


def forgone_for_cost(window: Window) -> Ratio:
    """Return needs given up because of the price, over all that were perceived."""
    episodes = window.episodes
    needed = began_and_ended(window) & episodes["perceived_moderate"]
    given_up = needed & ~episodes["formal_contact"] & (episodes["binding_barrier"] == Gate.PAY)
    return Ratio(by_stratum(episodes, given_up), by_stratum(episodes, needed))


# --- insurance --------------------------------------------------------------------------------


def coverage(window: Window) -> Iterator[Ratio]:
    """Yield days insured over days present, and over days present of people who may join."""
    diary = window.model.diary
    insured = diary.insured[window.days].sum(axis=0)
    yield Ratio(insured, window.person_days, "of everybody")
    yield Ratio(insured, diary.eligible[window.days].sum(axis=0), "of those who may join")


def ordinary_visits(window: Window) -> Booleans:
    """Return which visits were ordinary care of insured people."""
    visits = window.visits
    kinds = [words.INSTITUTION_KINDS.index(name) for name in ORDINARY_CARE]
    return np.asarray(
        window.visited
        & visits["insured"]
        & np.isin(visits["institution"], kinds)
        & (visits["severity"] < words.SEVERE)
        & (visits["result"] != GAVE_UP)
    )


def paid_by_insurance(window: Window) -> Booleans:
    """Return which ordinary visits the fund or an insurer paid."""
    return ordinary_visits(window) & np.isin(window.visits["payer"], [FUND, POLICY])


def effective_coverage(window: Window) -> Ratio:
    """Return ordinary visits of insured people that insurance paid, over all of them."""
    claimed = by_stratum(window.visits, paid_by_insurance(window))
    return Ratio(claimed, by_stratum(window.visits, ordinary_visits(window)))


def contributions(window: Window) -> float:
    """Return the income of the fund, in KZT."""
    flow = window.flow
    return flow["contributions of employers"] + flow["contributions of members"]


def fund_balance(window: Window) -> Value:
    """Return contributions less claims, administration and policy costs, over person-years."""
    taken_in = contributions(window)
    claims = window.flow["care paid by the fund"]
    administration = sum(
        window.flow[name] for name in ("administration of the fund", "policy costs of the fund")
    )
    balance = taken_in - claims - administration
    return Value(window.per_person_year(balance), window.years)


def loss_ratio(window: Window) -> Value:
    """Return claims over contributions."""
    taken_in = contributions(window)
    return Value(share(window.flow["care paid by the fund"], taken_in), taken_in)


# --- costs ------------------------------------------------------------------------------------


def bills_never_paid(window: Window) -> float:
    """Return what people owed when their episodes ended, in KZT."""
    episodes = window.episodes
    return float(episodes["owed"][window.has(episodes["ended_on"])].sum())


def cost_to_state(window: Window) -> Iterator[Value]:
    """Yield the costs of the state per person-year, and the unpaid bills among them."""
    unpaid = bills_never_paid(window)
    borne = sum(window.flow[name] for name in BORNE_BY_STATE) + unpaid
    yield Value(window.per_person_year(borne), window.years)
    yield Value(window.per_person_year(unpaid), window.years, "bills never paid")


def societal_cost(window: Window) -> Iterator[Value]:
    """Yield the costs of society per person-year, and the lost working days among them."""
    lost_work = float(window.model.diary.lost_work(window.start, window.end))
    borne = sum(window.flow[name] for name in BORNE_BY_SOCIETY) + lost_work
    yield Value(window.per_person_year(borne), window.years)
    yield Value(window.per_person_year(lost_work), window.years, "working days lost")


def policy_cost(window: Window) -> Value:
    """Return the cost of policies per person-year, beyond 2018."""
    log = window.model.policy_costs
    cost = float(log["amount"][window.has(log["day"])].sum())
    return Value(window.per_person_year(cost), window.years)


def money_flow(window: Window) -> Iterator[Value]:
    """Yield every flow of the ledger per person-year."""
    for name, amount in window.flow.items():
        yield Value(window.per_person_year(amount), window.years, name)


A_PERSON_YEAR = "KZT per person-year"
DEFINITIONS = (
    Definition(
        name="out_of_pocket", code="F1", unit=A_PERSON_YEAR, format=Format.WHOLE,
        better=Better.LOWER, count=out_of_pocket,
        curve=Curve(
            lambda window: window.per_day(
                window.model.payments["day"], window.model.payments["amount"]
            ).astype(np.int64)
        ),
    ),
    Definition(
        name="catastrophic_spending", code="F2", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=catastrophic_spending,
    ),
    Definition(
        name="distress_financing", code="F4", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=distress_financing,
    ),
    Definition(
        name="forgone_for_cost", code="F5", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=forgone_for_cost,
    ),
    Definition(
        name="coverage", code="I1", unit="share", format=Format.PERCENT, better=Better.HIGHER,
        count=coverage,
    ),
    Definition(
        name="effective_coverage", code="I2", unit="share", format=Format.PERCENT,
        better=Better.HIGHER, count=effective_coverage,
    ),
    Definition(
        name="insured_visits", code="I2", unit="per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.HIGHER,
        count=lambda window: Ratio(
            by_stratum(window.visits, paid_by_insurance(window)), window.person_years
        ),
    ),
    Definition(
        name="fund_balance", code="I3", unit=A_PERSON_YEAR, format=Format.WHOLE,
        better=Better.NEITHER, count=fund_balance,
    ),
    Definition(
        name="loss_ratio", code="I3", unit="ratio", format=Format.DECIMAL, better=Better.NEITHER,
        count=loss_ratio,
    ),
    Definition(
        name="cost_to_state", code="C1", unit=A_PERSON_YEAR, format=Format.WHOLE,
        better=Better.LOWER, count=cost_to_state,
    ),
    Definition(
        name="societal_cost", code="C2", unit=A_PERSON_YEAR, format=Format.WHOLE,
        better=Better.LOWER, count=societal_cost,
    ),
    Definition(
        name="policy_cost", code="C4", unit=A_PERSON_YEAR, format=Format.WHOLE,
        better=Better.LOWER, count=policy_cost,
        curve=Curve(
            lambda window: window.per_day(
                window.model.policy_costs["day"], window.model.policy_costs["amount"]
            )
        ),
    ),
    Definition(
        name="money_flow", code="C5", unit=A_PERSON_YEAR, format=Format.WHOLE,
        better=Better.NEITHER, count=money_flow,
    ),
)  # fmt: skip
"""Indicators of money."""
