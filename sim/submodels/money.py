"""Money: wages, living costs, debts and remittances, as far as paying for care needs them.

On the pay-day (a thirtieth of the people each day) a person receives the wage for the days worked;
permanent residents and EAEU contract workers are paid a share for days of illness. Now and then
half a wage is withheld. Living costs are paid first, then debts from what the month has left, and
most of the savings above a reserve is sent home. What somebody can pay for care is savings plus
what the work group would still lend.

Parameters: `conf/parameters/money.yaml`. Neutral state: `living_cost` equal to the wage and
`remitted=0` (nobody's savings change).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import State
from sim.engine.arrays import Rows
from sim.submodels.demography import ELAPSED_DAYS_A_MONTH
from sim.submodels.submodel import Submodel, one_each

PAID_WHEN_ILL = np.array(
    [status in ("permanent", "eaeu_contract") for status in words.LEGAL_STATUSES]
)
"""Whether the wage goes on in part during illness, by legal status."""


class Money(Submodel):
    """Pay-days and days lost to illness."""

    def count_absence(self) -> None:
        """Count a day of absence for everybody severely ill or in bed."""
        episodes, migrants = self.model.episodes, self.model.migrants
        disabled = (episodes.severity >= words.SEVERE) | (episodes.state == State.IN_BED)
        disabled &= episodes.occupied & (episodes.migrant >= 0)
        rows = one_each(np.flatnonzero(disabled), episodes.person)
        migrants.absent_days[episodes.migrant[rows]] += 1

    def pay_wages(self) -> None:
        """Pay wages, living costs, debts and remittances of those whose pay-day it is."""
        model, migrants, money = self.model, self.model.migrants, self.model.world.money
        rows: Rows = migrants.in_month_slice(model.day)
        wage = migrants.wage[rows].astype(np.float64)
        here = np.minimum(model.day - migrants.entered_on[rows], ELAPSED_DAYS_A_MONTH)
        absent = np.minimum(migrants.absent_days[rows], here)
        paid_when_ill = PAID_WHEN_ILL[migrants.legal_status[rows]]
        paid_days = here - absent + np.where(paid_when_ill, money.paid_when_absent, 0.0) * absent
        pay_days_so_far = (model.day - migrants.entered_on[rows]) // ELAPSED_DAYS_A_MONTH
        withheld = model.draws.happens(
            "withheld wage",
            migrants.pid[rows],
            pay_days_so_far.astype(np.int64),
            probability=money.wage_withheld_probability,
        )
        income = wage * (paid_days / ELAPSED_DAYS_A_MONTH)
        income *= np.where(withheld, 1.0 - money.wage_withheld_share, 1.0)
        left_over = np.rint(income - money.living_cost * wage * here / ELAPSED_DAYS_A_MONTH)

        savings = migrants.savings[rows] + left_over
        # Nobody lends beyond the limit; what is not covered then is gone without.
        lent = np.maximum(np.floor(money.borrowing_limit * wage) - migrants.debt[rows], 0.0)
        shortfall = np.minimum(np.maximum(-savings, 0.0), lent)
        repaid = np.minimum(migrants.debt[rows], np.maximum(left_over, 0.0))
        savings = np.maximum(savings, 0.0) - repaid
        sent_home = np.rint(money.remitted * np.maximum(savings - money.reserve * wage, 0.0))
        migrants.savings[rows] = savings - sent_home
        migrants.debt[rows] = migrants.debt[rows] - repaid + shortfall
        migrants.absent_days[rows] = 0
        migrants.changed_on[rows] = model.day
