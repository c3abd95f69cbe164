"""What a policy costs: payer by payer, once and a month, beyond the base world.

    cost of a lever = unit cost * quantity(value, base value)        (see `sim.config.lever_costs`)

Amounts are in KZT for the reference population. What is paid once is paid for the largest quantity
so far, so that a ramp is paid for as it goes. Costs that emerge in the run (care, fines, wages,
contributions) are not among these: they are in the ledger.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sim.config.cost_lines import CostLine
from sim.config.lever_costs import applied_lines, cost_of_lever
from sim.config.paths import value_at
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.calendar import DAYS_A_MONTH


class Amounts(NamedTuple):
    """Amounts of money, in KZT for the reference population.

    Attributes
    ----------
    once : float
        What is paid once.
    a_month : float
        What is paid in the dearest month (in the one that saves most, if money is saved).
    in_run : float
        What is paid in the whole run, once and month by month.
    """

    once: float = 0.0
    a_month: float = 0.0
    in_run: float = 0.0


class Item(NamedTuple):
    """What one lever costs one payer.

    Attributes
    ----------
    lever : str
        Its path; several share a cost such as that of a registry.
    entry : str
        The unit cost.
    payer : str
    amounts : Amounts
    """

    lever: str
    entry: str
    payer: str
    amounts: Amounts


@dataclass(frozen=True)
class PolicyCost:
    """What a policy costs those who run it.

    Attributes
    ----------
    scenario : str
    items : tuple of Item
        Every cost that is not 0.
    elsewhere : dict of str to str
        Levers that the policy moves, a cost of which is found in the flows of money of a run.
    not_costed : dict of str to str
        Levers that the policy moves and whose cost is not known, and why.
    """

    scenario: str
    items: tuple[Item, ...]
    elsewhere: dict[str, str]
    not_costed: dict[str, str]

    @property
    def by_payer(self) -> dict[str, Amounts]:
        """What each payer pays; who pays nothing is left out."""
        found: dict[str, Amounts] = {}
        for item in self.items:
            pairs = zip(found.get(item.payer, Amounts()), item.amounts, strict=True)
            found[item.payer] = Amounts(*(one + other for one, other in pairs))
        return found

    @property
    def total(self) -> Amounts:
        """What all payers pay together."""
        return Amounts(*map(sum, zip(Amounts(), *self.by_payer.values(), strict=True)))

    @property
    def why_not_costed(self) -> str:
        """The levers that are not costed, in words; empty if there are none."""
        return f"not costed: lever {', '.join(self.not_costed)}" if self.not_costed else ""


def policy_cost(scenario: Scenario) -> PolicyCost:
    """Return what a policy costs whoever runs it, beyond the base world of its scenario.

    Parameters
    ----------
    scenario : Scenario
        Shocks are left out: nobody runs them.

    Examples
    --------
    >>> from sim import load_scenario
    >>> cost = policy_cost(load_scenario("ngo_outreach"))
    >>> {payer: round(amounts.a_month) for payer, amounts in cost.by_payer.items()}
    {'donors': 1800000}
    >>> cost.not_costed
    {}
    """
    policy, base = replace(scenario, shocks=()), scenario.world
    worlds: dict[tuple[float | str, ...], World] = {}
    days: Counter[tuple[float | str, ...]] = Counter()
    moved: dict[str, None] = {}
    for day in range(policy.days):
        values = policy.values_on(day)
        key = tuple(values.values())
        days[key] += 1
        if key not in worlds:
            worlds[key] = policy.world_with(values)
            moved |= {path: None for path, now in values.items() if now != value_at(base, path)}
    lines = applied_lines(base, scenario.submodels)
    amounts = np.array([[one.amount(now, base) for one in lines] for now in worlds.values()])
    lasts = np.array([days[key] for key in worlds])
    found = {path: cost_of_lever(path, base, scenario.submodels) for path in moved}
    items = (
        Item(", ".join(one.paths), one.line.entry, one.payer, _amounts(one.line, mine, lasts))
        for one, mine in zip(lines, amounts.T, strict=True)
        if mine.any()
    )
    return PolicyCost(
        scenario.name,
        tuple(item for item in items if any(item.amounts)),
        {path: one.elsewhere for path, one in found.items() if one.elsewhere},
        {path: one.not_costed for path, one in found.items() if one.not_costed},
    )


def _amounts(line: CostLine, amounts: np.ndarray, days: np.ndarray) -> Amounts:
    """Return the amounts of a line from those of each of its values and the days it has them."""
    if line.once:
        most = max(0.0, float(amounts.max()))
        return Amounts(once=most, in_run=most)
    dearest = float(amounts[np.abs(amounts).argmax()])
    return Amounts(a_month=dearest, in_run=float(amounts @ days) / DAYS_A_MONTH)
