"""Money: wages, living costs, debts and remittances.

On the pay-day (a thirtieth of the people each day) a person with work receives the wage for the
days worked; permanent residents and EAEU contract workers are paid a share for days of illness. Now
and then half a wage is withheld, more often from those without a right to work. Contributions are
kept back (see `insurance`). Living costs are paid first, then debts from what the month has left,
and most of the savings above a reserve is sent home. What somebody can pay for care is savings plus
what the work group would still lend.

People differ in both, for as long as they stay. A share `hand_to_mouth` keeps no reserve; that of
the others is m + spread * (X - m) monthly wages, X from Beta(1, (1 - m) / m) with mean m. Lenders
lend `borrowing_limit` monthly wages times 1 + credit_spread * U, U uniform from -1 to 1, and
`credit_without_reserve` of that to those who keep nothing. What the month means for work and papers
follows (see `businesses`, `legal_status`). Workers with contracts are paid a share of the wage
during illness.

Parameters: `conf/parameters/money.yaml`. Neutral state: `living_cost` equal to the wage and
`remitted=0` (nobody's savings change); people alike: `hand_to_mouth`, `reserve_spread` and
`credit_spread` at 0; `formal_sick_pay` at 0.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.episode import State, bring_up
from sim.agents.task import SHELTER
from sim.config.entries import parameter_record
from sim.config.world import World
from sim.engine.agentset.row_allocator import active_rows, rows_with
from sim.engine.calendar import DAYS_A_MONTH
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import (
    SOON,
    prefetch_ahead,
    prefetch_first_line,
    prefetch_head,
    prefetch_record_ahead,
    row_ahead,
)
from sim.engine.random.scalar import happens
from sim.engine.records import Record
from sim.submodels.businesses import may_work, settle_with_employer
from sim.submodels.insurance import insure
from sim.submodels.ledger_entries import LOANS, post
from sim.submodels.legal_status import (
    IRREGULAR,
    PAID_WHEN_ILL,
    follow_contract,
    has_contract,
    regularise,
    works,
)
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

SEVERE = words.SEVERE
WAGES, LIVING_COSTS, REMITTANCES, REPAYMENTS = (
    CHART.number(name) for name in ("wages", "living costs", "remittances", "repayments")
)
WITHHELD_WAGE = Purpose.WITHHELD_WAGE.row


class Money(Submodel):
    """Pay-days and days lost to illness."""

    def prepare(self, world: World) -> None:
        """Note today's rules of pay-day."""
        self.parameters = parameter_record(world.money)

    def count_absence(self) -> None:
        """Count a day of absence for everybody severely ill or in bed."""
        count_absence(self.model.city())

    def pay_wages(self) -> None:
        """Pay wages, living costs, debts and remittances of those whose pay-day it is."""
        pay_wages(self.model.city())


# --- rules -----------------------------------------------------------------------------------


@compiled
def disables(episode: Record) -> bool:
    """Return True if an episode keeps its owner from working."""
    return episode.severity >= SEVERE or episode.state == State.IN_BED


@compiled(allocates=True)
def count_absence(city: City) -> None:
    """Count a day of absence for everybody severely ill or in bed, once a person."""
    rows = active_rows(city.rows.episodes)
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        row = rows[place]
        episode = city.episodes[row]
        if episode.migrant < 0 or not disables(episode):
            continue
        migrant = city.migrants[episode.migrant]
        episode.disabled_days += 1
        if episode.disabled_days > city.parameters.needs.unable_days:
            bring_up(episode, SHELTER, -1, -1, 0)
        counted = False
        for kind in range(episode.kind):
            other = migrant.episode_of[kind]
            counted = counted or (other >= 0 and disables(city.episodes[other]))
        if not counted:
            migrant.absent_days += 1


@compiled
def wage_due(city: City, migrant: Record, days: int, absent: int) -> float:
    """Return the wage of so many days, of which some were lost to illness; 0 without work."""
    if not works(migrant):
        return 0.0
    money = city.parameters.money
    paid_days = float(days - absent)
    if PAID_WHEN_ILL[migrant.legal_status]:
        paid_days += money.paid_when_absent * absent
    elif has_contract(city, migrant):
        paid_days += money.formal_sick_pay * absent
    return money.wage_factor * migrant.wage * (paid_days / DAYS_A_MONTH)


@compiled
def probability_of_withholding(money: Record, migrant: Record) -> float:
    """Return the probability that part of a wage is withheld: more for those without rights."""
    if may_work(migrant):
        return float(money.wage_withheld_probability)
    return min(money.wage_withheld_probability * money.wage_withheld_without_right, 1.0)


@compiled
def remittance(city: City, migrant: Record, savings: float) -> float:
    """Return what is sent home of savings: of what lies above the reserve, whole KZT."""
    money = city.parameters.money
    share = money.remitted
    # Where everybody is alike, a reserve of 0 is that of all and says nothing of anybody.
    if migrant.reserve <= 0.0 < money.hand_to_mouth:
        share = money.remitted_without_reserve
    return np.rint(share * max(savings - migrant.reserve * migrant.wage, 0.0))


@compiled(allocates=True)
def pay_wages(city: City) -> None:
    """Pay a month's wage; cover living costs, repay debts, send home what is left over."""
    rows = rows_with(city.month_slice, city.today % DAYS_A_MONTH)
    money = city.parameters.money
    for place in range(len(rows)):
        prefetch_record_ahead(city.migrants, rows, place)
        soon = city.migrants[row_ahead(rows, place, SOON)]
        prefetch_first_line(city.work_groups, soon.work_group)
        prefetch_head(city.employers, soon.employer)
        migrant = city.migrants[rows[place]]
        days_here = city.today - migrant.entered_on
        days = min(days_here, DAYS_A_MONTH)
        absent = min(migrant.absent_days, days)
        city.counts[0].lost_work += int(np.rint(migrant.wage * absent / DAYS_A_MONTH))
        in_work = works(migrant)
        income = wage_due(city, migrant, days, absent)
        pay_days_so_far = days_here // DAYS_A_MONTH
        probability = probability_of_withholding(money, migrant)
        if happens(city.streams, WITHHELD_WAGE, migrant.pid, pay_days_so_far, probability):
            income *= 1.0 - money.wage_withheld_share
        income = np.rint(income)
        post(city, WAGES, int(income))
        living = np.rint(money.living_cost * migrant.wage * days / DAYS_A_MONTH)
        kept_back = insure(city, migrant, income, in_work, pay_days_so_far)
        left_over = income - kept_back - living
        savings = migrant.savings + left_over
        # Nobody lends beyond the limit; what is not covered then is gone without.
        limit = np.floor(money.borrowing_limit * migrant.wage * migrant.credit)
        lent = max(limit - migrant.debt, 0.0)
        shortfall = min(max(-savings, 0.0), lent)
        repaid = min(float(migrant.debt), max(left_over, 0.0))
        savings = max(savings, 0.0) - repaid
        gone_without = max(-(migrant.savings + left_over) - shortfall, 0.0)
        post(city, LIVING_COSTS, int(living - gone_without))
        post(city, LOANS, int(shortfall))
        post(city, REPAYMENTS, int(repaid))
        sent_home = remittance(city, migrant, savings)
        post(city, REMITTANCES, int(sent_home))
        migrant.savings = int(savings - sent_home)
        migrant.debt = int(migrant.debt - repaid + shortfall)
        migrant.absent_days = 0
        migrant.changed_on = city.today
        if migrant.to_be_removed:
            continue
        if in_work:
            settle_with_employer(city, migrant, absent, pay_days_so_far)
        follow_contract(city, migrant)
        if migrant.legal_status == IRREGULAR:
            regularise(city, migrant, pay_days_so_far)
