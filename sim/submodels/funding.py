"""Funding: grants, the joint fund, and what policies cost.

NGOs and IOM live on quarterly grants. The next grant is the last one times 1 + response *
(needs settled / target - 1), changed by a limited share at most, and an agency without money stands
still until it comes. A coordinating body with a joint fund receives it monthly. What a policy costs
whoever runs it, beyond 2018, is the sum over levers of a unit cost times how far the lever has been
moved; founding a coordinating body costs once.

Parameters: `conf/parameters/referral.yaml` (grants), `costs.yaml`, `conf/city/`. Neutral state:
`grant=0` (agencies with a budget soon stand still); unit costs 0.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.agency import DAYS_A_MONTH, DAYS_A_QUARTER
from sim.engine.arrays import Identities
from sim.engine.calendar import DAY_OFFSET
from sim.parameters import World
from sim.submodels.submodel import Submodel

AGENCIES_A_DAY = 64
"""Room for agencies in the identity of a (day, agency) draw."""
DAYS_OF_ORDINARY_MONTH = 30.0


class Funding(Submodel):
    """Budgets of agencies and costs of policies."""

    def prepare(self, world: World) -> None:
        """Note what today's policy costs a day."""
        base = self.model.base_world
        self.policy_cost_a_day = (
            monthly_cost(world, base) * world.city.scale / DAYS_OF_ORDINARY_MONTH
        )
        self.fund_a_month = world.coordination.joint_fund * world.city.scale

    def receive(self) -> None:
        """Let grants and the joint fund come in on their days, and book the costs of the day."""
        model, table = self.model, self.model.agencies.table
        since_start = model.day + model.world.city.burn_in_days
        if since_start % DAYS_A_QUARTER == 0 and since_start > 0:
            self._grants()
        hub = model.navigation.hub
        if self.fund_a_month > 0 and since_start % DAYS_A_MONTH == 0 and hub >= 0:
            table["budget"][hub] += self.fund_a_month
            table["received"][hub] += self.fund_a_month
        cost = self.policy_cost_a_day
        if model.world.coordination.stand_by > 0 and not model.founded:
            model.founded = 1
            cost += model.world.costs.set_up * model.world.city.scale
        model.policy_costs.append(day=np.array([model.day]), amount=cost)

    def _grants(self) -> None:
        """Pay the next grant, by what was settled in the quarter before."""
        model, table = self.model, self.model.agencies.table
        referral = model.world.referral
        has_grant = table["money"]
        reached = table["resolved_this_quarter"] / np.maximum(table["target"], 1e-9)
        limit = referral.grant_change_limit
        change = np.clip(referral.grant_response * (reached - 1.0), -limit, limit)
        table["grant_factor"][has_grant] *= (1.0 + change)[has_grant]
        paid = np.where(has_grant, model.agencies.grant * table["grant_factor"], 0.0)
        table["budget"] += paid
        table["received"] += paid
        table["resolved_this_quarter"] = 0

    def day_and_agency(self) -> Identities:
        """Return identities for draws made once a day and agency."""
        first = (self.model.day + DAY_OFFSET) * AGENCIES_A_DAY
        return np.asarray(first + np.arange(len(self.model.agencies)))


def monthly_cost(world: World, base: World) -> float:
    """Return what a policy costs a month beyond 2018, for the reference population, in KZT."""
    costs, information, before = world.costs, world.information, base.information
    total = sum(
        price * (getattr(information, name) - getattr(before, name))
        for name, price in (
            ("ngo_reach", costs.ngo_reach),
            ("diaspora_reach", costs.diaspora_reach),
            ("media_reach", costs.media_reach),
            ("employer_induction", costs.employer_induction),
            ("briefing_coverage", costs.briefing),
        )
    )
    total += costs.consulate_reach * sum(
        information.consulate_reach[name] - before.consulate_reach[name]
        for name in words.NATIONALITIES
    )
    slots = {
        "information": costs.information_slot,
        "casework": costs.casework_slot,
        "papers": costs.papers_slot,
    }
    for name, agency in world.agencies.items():
        if agency.kind == "coordination":
            total += costs.hub_slot * agency.capacity.get("casework", 0.0)
            continue
        then = base.agencies[name]
        now_busy, then_busy = 1.0, 1.0
        if agency.nationality:
            now_busy = information.consulate_activity[agency.nationality]
            then_busy = before.consulate_activity[agency.nationality]
        for line, price in slots.items():
            now = now_busy * agency.capacity.get(line, 0.0)
            total += price * (now - then_busy * then.capacity.get(line, 0.0))
        total += costs.shelter_bed * (agency.beds - then.beds)
    coordination = world.coordination
    total += costs.directory * (coordination.directory > 0)
    total += costs.registry * (coordination.matching > 0 or coordination.recall > 0)
    return float(total + coordination.joint_fund)
