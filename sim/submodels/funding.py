"""Funding: grants, the joint fund, and what policies cost.

NGOs and IOM live on quarterly grants, which pay for staff and rooms day by day and for cases one by
one. The next grant is the last one times 1 + response * (needs settled / target - 1), changed by a
limited share at most, and moved a share `grant_reversion` of the way to the grant of 2018; an
agency without money stands still until it comes. A coordinating body with a joint fund receives it
monthly.

What a policy costs whoever runs it, beyond 2018, is the sum over levers of

    unit cost * how far the lever has been moved,

a month, or once for the largest quantity so far. For each lever it is declared which costs it has
and who pays them, or that it is not costed and why (`sim.config.lever_costs`): "policy costs of the
state", "of donors", "of consulates", "of employers" and "of the fund". Costs that emerge in the run
are booked where they arise, to whoever bears them (see `sim.agents.accounts`), and are no policy
costs: care by who pays for it, contributions, administration of the fund (which the fund pays from
contributions), fines, fees, wages paid during illness, check-ups, grants, and the joint fund. They
differ between scenarios as the city does. The time that partners of a coordinating body give to it
is part of their capacity and not booked.

Parameters: `conf/parameters/referral.yaml` (grants), `costs.yaml`, `conf/city/`. Neutral state:
`grant=0` (agencies with a budget soon stand still); `grant_reversion=0` (grants follow the last
ones for good); unit costs 0.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np

from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.config.cost_lines import PAYERS
from sim.config.lever_costs import AppliedLine, applied_lines
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.calendar import DAY_OFFSET, DAYS_A_MONTH, DAYS_A_QUARTER
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.types import Identities, Integers
from sim.submodels.ledger_entries import post
from sim.submodels.submodel import Submodel

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
        ),
        "set_ups": LogDeclaration(
            lambda model: len(model.funding.cost_lines),
            day=Declared(np.int32, "day", unit="day"),
            line=Declared(np.int32, "line of the costs of levers", unit="number"),
            amount=Declared(np.int64, "what is paid once", unit="KZT"),
        ),
    }

    def prepare(self, world: World) -> None:
        """Note what today's policy costs a day and once, by who pays."""
        scale, base = world.city.scale, self.model.base_world
        a_month = dict.fromkeys(PAYERS, 0.0)
        self.to_set_up: dict[int, int] = {}
        for number, one in enumerate(self.cost_lines):
            amount = one.amount(world, base)
            if one.line.once and amount > 0.0:
                self.to_set_up[number] = round(amount * scale)
            elif not one.line.once and not one.line.booked_apart:
                a_month[one.payer] += amount
        self.policy_cost_a_day = {
            payer: round(amount * scale / DAYS_A_MONTH) for payer, amount in a_month.items()
        }
        self.running_cost_a_day = self.model.agencies.running_cost // DAYS_A_MONTH
        self.fund_a_month = round(world.coordination.joint_fund * scale)

    @cached_property
    def cost_lines(self) -> tuple[AppliedLine, ...]:
        """All costs that levers have in this city."""
        kinds = [type(one) for one in self.model.submodels.values()]
        return applied_lines(self.model.base_world, kinds)

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
        factor = table["grant_factor"] * (1.0 + change)
        factor += referral.grant_reversion * (1.0 - factor)
        table["grant_factor"][has_grant] = factor[has_grant]
        self.grant(np.where(has_grant, self.next_grants(), 0))
        table["resolved_this_quarter"] = 0

    def next_grants(self) -> Integers:
        """Return the grant of each agency by its present multiple of that of 2018."""
        agencies = self.model.agencies
        return np.rint(agencies.grant * agencies.table["grant_factor"]).astype(np.int64)

    def grant(self, amounts: Integers) -> None:
        """Give each agency an amount from donors."""
        table = self.model.agencies.table
        table["budget"] += amounts
        table["received"] += amounts
        for purse, flow in enumerate(GRANTS):
            self._book(flow, int(amounts[table["payer"] == purse].sum()))

    def _policy_costs_today(self) -> float:
        """Book what the policy costs today, by who pays, and return the sum."""
        costs = dict(self.policy_cost_a_day)
        for number, amount in self._set_up().items():
            costs[self.cost_lines[number].payer] += amount
        for payer, amount in costs.items():
            self._book(f"policy costs of {payer}", amount)
        return sum(costs.values()) + self.fund_a_month / DAYS_A_MONTH

    def _set_up(self) -> dict[int, int]:
        """Return what is paid once today, by line: what has not been paid yet."""
        if not self.to_set_up:
            return {}
        log = self.logs["set_ups"]
        paid = np.zeros(len(self.cost_lines), dtype=np.int64)
        np.add.at(paid, log["line"], log["amount"])
        rest = {number: due - int(paid[number]) for number, due in self.to_set_up.items()}
        today = {number: amount for number, amount in rest.items() if amount > 0}
        if today:
            log.append(
                day=self.model.day, line=np.array(list(today)), amount=np.array([*today.values()])
            )
        return today

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
