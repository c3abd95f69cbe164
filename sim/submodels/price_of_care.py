"""Price of care: what a course of care is believed to cost, and how much that deters.

For the formulas see `care_seeking`.
"""

import numpy as np

from sim.agents.city import City
from sim.agents.migrant import can_borrow
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import peek_uniform
from sim.engine.records import Record
from sim.engine.types import Floats, Rows
from sim.submodels.care_options import (
    AMBULANCE,
    HOSPITAL,
    MOBILE_CLINIC,
    MODERATE,
    ORDINARY,
    POLYCLINIC,
    SEVERE,
)
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.insurance import cover_of
from sim.submodels.legal_status import PAID_WHEN_ILL, has_contract, works
from sim.vocabulary import Purpose

WORKS_CLINIC = Purpose.WORKS_CLINIC.row


@compiled
def means_of(city: City, migrant: Record) -> float:
    """Return the money people count on: cash, some of the credit they have, and a little more."""
    seeking = city.parameters.care_seeking
    credit = can_borrow(migrant, seeking.borrowing_limit)
    return migrant.savings + (1.0 - seeking.credit_reluctance) * credit + seeking.small_cash


@compiled
def has_works_clinic(city: City, migrant: Record) -> bool:
    """Return True if the employer has an agreement with a clinic; a new job has a new draw."""
    share = city.parameters.care_seeking.works_clinic_share
    if share <= 0.0 or not has_contract(city, migrant):
        return False
    return peek_uniform(city.streams, WORKS_CLINIC, migrant.pid, migrant.employer) < share


@compiled
def believed_price(city: City, migrant: Record, option: int, true_price: float) -> float:
    """Return the price a person expects: high if they do not know that emergencies are free."""
    if migrant.knows[EMERGENCY_RIGHT]:
        return true_price
    seeking = city.parameters.care_seeking
    if option == AMBULANCE:
        return seeking.believed_ambulance_price * migrant.wage
    if option == HOSPITAL:
        return seeking.believed_hospital_price * migrant.wage
    return true_price


@compiled
def price_of_course(
    city: City, migrant: Record, option: int, severity: int, visit: float, guaranteed: bool
) -> float:
    """Return what a course of care is believed to cost in all, from the price of a visit.

    With a guarantee letter nobody is asked for money where care is free.
    """
    seeking = city.parameters.care_seeking
    price = visit
    if ORDINARY[option]:
        price = visit * seeking.course
    if option == POLYCLINIC and severity < SEVERE and has_works_clinic(city, migrant):
        price *= 1.0 - seeking.works_clinic_pays
    if visit <= 0.0 and severity < SEVERE and not guaranteed:
        price += seeking.informal_price[option]
    if ORDINARY[option] and option != MOBILE_CLINIC:
        price += seeking.unpaid_day * migrant.wage * unpaid_share(city, migrant)
    return price


@compiled
def unpaid_share(city: City, migrant: Record) -> float:
    """Return the share of a day's wage that a day away from work costs."""
    seeking = city.parameters.care_seeking
    if not works(migrant):
        return 0.0
    if PAID_WHEN_ILL[migrant.legal_status]:
        return 1.0 - seeking.paid_when_absent
    if has_contract(city, migrant):
        return 1.0 - seeking.formal_sick_pay
    return 1.0


@compiled
def price_term(seeking: Record, option: int, price: float, means: float, cash: float) -> float:
    """Return how much a price counts: relative to what can be paid, and what must be borrowed."""
    term = seeking.price_weight_of[option] * min(price / means, seeking.price_cap)
    if price > cash:
        term += seeking.borrowing_weight * (price - cash) / price
    return term


@compiled(allocates=True)
def believed_prices(city: City, rows: Rows) -> Floats:
    """Return what these people believe that a polyclinic costs them in a moderate illness."""
    prices = np.empty(len(rows))
    for place in range(len(rows)):
        migrant = city.migrants[rows[place]]
        standing = migrant.nationality, migrant.legal_status, cover_of(city, migrant)
        price_of = city.parameters.payment.option_price[standing][0, 0]
        visit = believed_price(city, migrant, POLYCLINIC, price_of[POLYCLINIC])
        prices[place] = price_of_course(city, migrant, POLYCLINIC, MODERATE, visit, False)
    return prices
