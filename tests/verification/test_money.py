"""The purses of the people: what holds of savings, debts and payments at every step.

What somebody can be lent is the borrowing limit in monthly wages, times a credit of their own.
Care is lent up to it, and living costs that neither wage nor savings cover, at a pay-day and to
empty purses; what nobody lends is gone without. So a debt is never above what it was at entry or
the largest sum that could be lent so far. What staff ask for informally is a payment like others.
"""

from typing import Any

import numpy as np
import pytest

from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.invariants import check_money_of_cases
from tests.verification.single import booked

DAYS = 270


class Purses:
    """A city whose every payment and pay-day is looked at from outside; nobody returns home ill."""

    def __init__(self) -> None:
        world = {
            "city.burn_in_days": 0,
            "illness.onset_severity.acute.mild": 0.42,
            "illness.onset_severity.acute.severe": 0.1065,
            "institutions.hospital.capacity": 400,
            "care_seeking.attraction.home": -50.0,
            "money.entry_savings": 0.1,
            "payment.price.bed_day": 60_000,
            "payment.early_discharge": 0.3,
            "payment.informal_asked.polyclinic": 0.9,
            "payment.informal_asked.hospital": 0.9,
            # Half a wage is often withheld, and all earn little beyond what they need.
            "money.wage_withheld_probability": 0.3,
            "money.living_cost": 0.6,
        }
        self.model = AlmatyModel(city(population=1000, seed=14, changed=world))
        self.limit = self.model.world.money.borrowing_limit
        self.living_cost = self.model.world.money.living_cost
        self.paid = self.borrowed = self.pay_days = self.shortfalls = 0
        self.largest_debt: dict[int, float] = {}
        self._watch_payments()
        self._watch_pay_days()
        for _ in range(DAYS):
            self.model.step()
            self.check_everybody()

    def can_be_lent(self, rows: Any) -> Any:
        """What these people can be lent in all, in KZT."""
        migrants = self.model.migrants
        return self.limit * migrants.wage[rows] * migrants.credit[rows].astype(float)

    def _watch_payments(self) -> None:
        """Look at all purses before and after every block in which care is paid for."""
        self._watch(self.model.payment, "bill_after_emergencies")
        self._watch(self.model.services, "see_patients")
        self._watch(self.model.emergency_care, "admit_to_hospital")

    def _watch(self, submodel: Any, name: str) -> None:
        model, migrants, run = self.model, self.model.migrants, getattr(submodel, name)

        def watched() -> None:
            rows, written = migrants.rows, len(model.payments)
            savings = migrants.savings[rows].astype(np.int64)
            debt = migrants.debt[rows].astype(np.int64)
            run()
            assert (migrants.rows == rows).all()
            spent, borrowed = savings - migrants.savings[rows], migrants.debt[rows] - debt
            # Whole amounts leave the purse or become a debt: nothing appears or vanishes.
            amount = model.payments["amount"][written:]
            assert (spent + borrowed).sum() == amount.sum()
            assert borrowed.sum() == model.payments["borrowed"][written:].sum()
            assert np.count_nonzero(spent + borrowed) <= len(amount)
            assert (spent >= 0).all() and (borrowed >= 0).all()
            assert (migrants.savings[rows] >= 0).all()
            assert (migrants.savings[rows[borrowed > 0]] == 0).all()
            assert (migrants.debt[rows] <= np.maximum(debt, self.can_be_lent(rows))).all()
            self.paid += int((spent + borrowed).sum())
            self.borrowed += int(borrowed.sum())

        setattr(submodel, name, watched)

    def _watch_pay_days(self) -> None:
        model, pay_wages = self.model, self.model.money.pay_wages

        def watched(*args: Any) -> None:
            migrants = model.migrants
            rows = np.flatnonzero(migrants.month_slice == model.day % 30)
            debt = migrants.debt[rows].astype(np.int64)
            pay_wages(*args)
            rise = migrants.debt[rows] - debt
            assert (rise <= np.ceil(self.living_cost * migrants.wage[rows])).all()
            assert (migrants.debt[rows] <= np.maximum(debt, self.can_be_lent(rows))).all()
            assert (migrants.savings[rows[rise > 0]] == 0).all()
            self.pay_days += len(rows)
            self.shortfalls += int((rise > 0).sum())

        model.money.pay_wages = watched  # type: ignore[method-assign]

    def check_everybody(self) -> None:
        """Check the bound of debts that holds for all."""
        migrants, rows = self.model.migrants, self.model.migrants.rows
        persons, debts = migrants.pid[rows].tolist(), migrants.debt[rows].tolist()
        for person, debt, lent in zip(persons, debts, self.can_be_lent(rows), strict=True):
            largest = max(self.largest_debt.setdefault(person, debt), lent)
            self.largest_debt[person] = largest
            assert 0 <= debt <= largest
        assert (migrants.savings[rows] >= 0).all()


@pytest.fixture(scope="module")
def purses() -> Purses:
    """Nine months of a poor city; savings and debts are checked at each payment and evening."""
    return Purses()


@pytest.mark.claim("V7")
def test_the_poor_city_pays_borrows_and_falls_short(purses: Purses) -> None:
    """What the checks are about does occur."""
    assert purses.paid > 0
    assert purses.borrowed > 0
    assert 0 < booked(purses.model, "informal payments") < purses.paid
    assert purses.pay_days > 5_000
    assert purses.shortfalls > 0


@pytest.mark.claim("V7")
def test_every_tenge_paid_is_in_the_log_of_payments(purses: Purses) -> None:
    """Money out of purses = the log of payments = what the episodes say was paid."""
    model = purses.model
    payments = model.payments
    assert int(payments["amount"].sum()) == purses.paid
    assert int(payments["borrowed"].sum()) == purses.borrowed
    assert (payments["amount"] > 0).all()
    assert (payments["borrowed"] <= payments["amount"]).all()
    rows = model.episodes.rows
    by_cases = int(model.closed_episodes["paid"].sum()) + int(model.episodes.paid[rows].sum())
    assert by_cases == purses.paid


@pytest.mark.claim("V7")
def test_what_cases_were_charged_is_paid_or_owed(purses: Purses) -> None:
    """Charged = paid + owed for every case, and something is owed somewhere."""
    check_money_of_cases(purses.model)
    assert purses.model.closed_episodes["owed"].sum() > 0


def test_visits_paid_on_the_spot_are_part_of_all_payments(purses: Purses) -> None:
    """The desk takes no more than the log of payments shows; the rest are hospital bills."""
    at_the_desk = int(purses.model.visits["paid"].astype(np.int64).sum())
    assert 0 < at_the_desk <= purses.paid
