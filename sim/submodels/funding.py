"""Funding: grants, the joint fund, and what policies cost.

NGOs and IOM live on quarterly grants, which pay for staff and rooms day by day and for cases one by
one. The next grant is the last one times 1 + response * (needs settled / target - 1), changed by a
limited share at most, and an agency without money stands still until it comes. A coordinating body
with a joint fund receives it monthly. What a policy costs whoever runs it, beyond 2018, is the sum
over levers of a unit cost times how far the lever has been moved; founding a coordinating body
costs once. Every amount is booked to whoever pays it (see `sim.agents.accounts`).

Parameters: `conf/parameters/referral.yaml` (grants), `costs.yaml`, `conf/city/`. Neutral state:
`grant=0` (agencies with a budget soon stand still); unit costs 0.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.calendar import DAY_OFFSET, DAYS_A_MONTH, DAYS_A_QUARTER
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.types import Identities, Integers
from sim.submodels.ledger_entries import post
from sim.submodels.submodel import Submodel

PAYERS_OF_POLICIES = ("the state", "donors", "consulates", "employers")
"""Who pays for policies: "policy costs of ..." in the ledger."""
PAYER_OF_AGENCY = {
    "ngo": "donors", "international": "donors", "diaspora": "donors", "consulate": "consulates",
}  # fmt: skip
"""Who pays for more work of an agency, by its kind; the state for all others."""
GRANTS = ("grants to NGOs", "grants to IOM")
WORK = np.array([CHART.number("work of NGOs"), CHART.number("work of IOM")])
"""Flows by the account of an agency (`sim.agents.agency.PURSES`)."""
AGENCIES_A_DAY = 64
"""Room for agencies in the identity of a (day, agency) draw."""


class Funding(Submodel):
    """Budgets of agencies and costs of policies."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "policy_costs": LogDeclaration(
            lambda model: 1,
            day=Declared(np.int32, "day", unit="day"),
            amount=Declared(np.float64, "what the policy costs that day", unit="KZT"),
        )
    }

    def prepare(self, world: World) -> None:
        """Note what today's policy costs a day, by who pays."""
        scale = world.city.scale
        self.policy_cost_a_day = {
            payer: round(amount * scale / DAYS_A_MONTH)
            for payer, amount in monthly_costs(world, self.model.base_world).items()
        }
        self.running_cost_a_day = self.model.agencies.running_cost // DAYS_A_MONTH
        self.fund_a_month = round(world.coordination.joint_fund * scale)
        self.set_up_cost = round(world.costs.set_up * scale)

    def receive(self) -> None:
        """Let money come in on its days, pay for the day, and book what the policy costs."""
        model, table = self.model, self.model.agencies.table
        since_start = model.day + model.world.city.burn_in_days
        if since_start % DAYS_A_QUARTER == 0 and since_start > 0:
            self._grants()
        hub = model.navigation.hub
        if self.fund_a_month > 0 and since_start % DAYS_A_MONTH == 0 and hub >= 0:
            table["budget"][hub] += self.fund_a_month
            table["received"][hub] += self.fund_a_month
            self._book("joint fund", self.fund_a_month)
        pay_for_the_day(model.city(), self.running_cost_a_day, self._policy_costs_today())

    def _grants(self) -> None:
        """Pay the next grant, by what was settled in the quarter before."""
        model, table = self.model, self.model.agencies.table
        referral = model.world.referral
        has_grant = table["money"]
        reached = table["resolved_this_quarter"] / np.maximum(table["target"], 1e-9)
        limit = referral.grant_change_limit
        change = np.clip(referral.grant_response * (reached - 1.0), -limit, limit)
        table["grant_factor"][has_grant] *= (1.0 + change)[has_grant]
        grants = np.rint(model.agencies.grant * table["grant_factor"]).astype(np.int64)
        self.grant(np.where(has_grant, grants, 0))
        table["resolved_this_quarter"] = 0

    def grant(self, amounts: Integers) -> None:
        """Give each agency an amount from donors."""
        table = self.model.agencies.table
        table["budget"] += amounts
        table["received"] += amounts
        for purse, flow in enumerate(GRANTS):
            self._book(flow, int(amounts[table["payer"] == purse].sum()))

    def _policy_costs_today(self) -> float:
        """Book what the policy costs today, by who pays, and return the sum."""
        model = self.model
        costs = self.policy_cost_a_day
        if model.world.coordination.stand_by > 0 and not model.founded:
            model.founded = 1
            costs = {**costs, "the state": costs["the state"] + self.set_up_cost}
        for payer, amount in costs.items():
            self._book(f"policy costs of {payer}", amount)
        return sum(costs.values()) + self.fund_a_month / DAYS_A_MONTH

    def _book(self, flow: str, amount: int) -> None:
        if amount:
            self.model.counts["ledger"][0, CHART.number(flow)] += amount

    def days_and_agencies(self, days: Integers) -> Identities:
        """Return identities for draws made once a day and agency."""
        return (days + DAY_OFFSET) * AGENCIES_A_DAY + np.arange(len(self.model.agencies))


@compiled
def pay_for_the_day(city: City, a_day: Integers, policy_costs: float) -> None:
    """Let agencies with a budget pay a day of staff and rooms, as far as it goes."""
    entry = append_record(city.policy_costs)
    entry.day = city.today
    entry.amount = policy_costs
    for number in range(len(city.agencies)):
        agency = city.agencies[number]
        if agency.money:
            paid = min(a_day[number], max(agency.budget, 0))
            agency.budget -= paid
            agency.spent += paid
            if agency.payer < len(WORK):
                post(city, WORK[agency.payer], paid)


def monthly_costs(world: World, base: World) -> dict[str, float]:
    """Return what a policy costs a month beyond 2018, for the reference population, in KZT.

    Returns
    -------
    dict
        By who pays: `PAYERS_OF_POLICIES`.
    """
    costs, information, before = world.costs, world.information, base.information
    total = dict.fromkeys(PAYERS_OF_POLICIES, 0.0)
    for name, price, payer in (
        ("ngo_reach", costs.ngo_reach, "donors"),
        ("diaspora_reach", costs.diaspora_reach, "donors"),
        ("media_reach", costs.media_reach, "the state"),
        ("employer_induction", costs.employer_induction, "employers"),
        ("briefing_coverage", costs.briefing, "the state"),
    ):
        total[payer] += price * (getattr(information, name) - getattr(before, name))
    total["consulates"] += costs.consulate_reach * sum(
        information.consulate_reach[name] - before.consulate_reach[name]
        for name in words.NATIONALITIES
    )
    slots = {
        "information": costs.information_slot,
        "casework": costs.casework_slot,
        "papers": costs.papers_slot,
    }
    for name, agency in world.agencies.items():
        payer = PAYER_OF_AGENCY.get(agency.kind, "the state")
        if agency.kind == "coordination":
            total[payer] += costs.hub_slot * agency.capacity.get("casework", 0.0)
            continue
        then = base.agencies[name]
        now_busy, then_busy = 1.0, 1.0
        if agency.nationality:
            now_busy = information.consulate_activity[agency.nationality]
            then_busy = before.consulate_activity[agency.nationality]
        for line, price in slots.items():
            now = now_busy * agency.capacity.get(line, 0.0)
            total[payer] += price * (now - then_busy * then.capacity.get(line, 0.0))
        total[payer] += costs.shelter_bed * (agency.beds - then.beds)
    coordination = world.coordination
    total["the state"] += costs.directory * (coordination.directory > 0)
    total["the state"] += costs.registry * (coordination.matching > 0 or coordination.recall > 0)
    return total
