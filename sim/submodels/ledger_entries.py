"""Ledger entries: whatever a person pays or receives is posted at once.

Every payment of a person comes out of savings first and is borrowed after that. The ledger is one
sum for each kind of flow (see `sim.agents.accounts`).
"""

from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.migrant import pay_from_purse
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record

LOANS = CHART.number("loans")


@compiled
def post(city: City, flow: int, amount: int) -> None:
    """Book an amount of whole tenge."""
    city.counts[0].ledger[flow] += amount


@compiled
def pay(city: City, migrant: Record, amount: int, flow: int) -> int:
    """Let a person pay an amount, by borrowing where savings end; return what was borrowed."""
    borrowed = pay_from_purse(migrant, amount, city.today)
    post(city, LOANS, borrowed)
    post(city, flow, amount)
    return borrowed
