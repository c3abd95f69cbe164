"""What a person weighs before a decision, for `study=story`: read from the model, never changed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.city import City
from sim.agents.episode import WAIT
from sim.agents.migrant import can_pay
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record, for_rules
from sim.engine.types import Booleans, Floats
from sim.submodels.care_options import (
    MOBILE_CLINIC,
    NO_TERM,
    OPTIONS,
    ORDINARY,
    POLYCLINIC,
    SEVERE,
    TERMS,
    best_option,
)
from sim.submodels.care_seeking import available_options, leave_probability, utilities
from sim.submodels.illness import INFECTION
from sim.submodels.insurance import PATIENT, cover_of
from sim.submodels.payment import HOSPITAL_CARE
from sim.submodels.price_of_care import (
    believed_price,
    has_works_clinic,
    price_of_course,
    unpaid_share,
)
from sim.submodels.staying_home import days_untreated, patience_lost, staying_home

if TYPE_CHECKING:
    from sim.model import AlmatyModel


@dataclass(frozen=True)
class Weighing:
    """What a person weighs about one episode at one moment.

    Attributes
    ----------
    terms : array, shape (terms, options)
        Parts of the utility (see `sim.submodels.care_seeking.TERMS`).
    available : array of bool, shape (options,)
        Options that are open to the person.
    waiting, staying : float
        Utility of seeing no doctor, today and on the first day.
    untreated : int
        Days since treatment has been needed.
    treats_self : bool
        Whether staying home would mean drugs or home remedies.
    believed, price, course : array, shape (options,)
        The price of a visit the person expects, the true one, and what the person expects to spend
        in all, in KZT.
    afterwards : float
        What of the price at an ambulance or hospital is for the days in bed after an emergency.
    extras : tuple of tuple of str
        What makes the difference between a visit and all, for each option.
    employers_part : float
        What the employer pays of a visit to the polyclinic, by an agreement, in KZT; -1: there is
        no agreement.
    language : array, shape (options,)
        Penalty on each option for the lack of a common language (part of acceptability).
    cash, means : float
        What the person has in hand, and can pay with what the work group would lend, in KZT.
    leave : float
        Probability that the employer gives leave.
    """

    terms: Floats
    available: Booleans
    waiting: float
    staying: float
    untreated: int
    treats_self: bool
    believed: Floats
    price: Floats
    course: Floats
    afterwards: float
    extras: tuple[tuple[str, ...], ...]
    employers_part: float
    language: Floats
    cash: float
    means: float
    leave: float

    def choice(self, without: int = NO_TERM, instead: int = NO_TERM) -> int:
        """Return what the person chooses, or would choose without one part of the utility."""
        return int(best_option(self.terms, self.available, self.waiting, without, instead))

    def would_still_wait(self) -> bool:
        """Return True if the person would stay home, had treatment been needed since today only."""
        choice = best_option(self.terms, self.available, self.staying, NO_TERM, NO_TERM)
        return int(choice) == WAIT


OTHERS = 7


@compiled
def look_into(
    city: City, row: int, terms: Floats, available: Booleans, prices: Floats, others: Floats
) -> None:
    """Fill in what the owner of an episode weighs; change nothing in the city."""
    episode = city.episodes[row]
    migrant = city.migrants[episode.migrant]
    severity = episode.severity
    utilities(city, episode, migrant, terms)
    available_options(city, episode, migrant, available)
    price_of = city.parameters.payment.option_price[
        migrant.nationality, migrant.legal_status, cover_of(city, migrant)
    ][int(severity >= SEVERE), int(episode.kind == INFECTION)]
    guaranteed = bool(episode.guaranteed)
    for option in range(OPTIONS):
        believed = price_of[option]
        if not guaranteed:
            believed = believed_price(city, migrant, option, believed)
        prices[0, option] = believed
        prices[1, option] = price_of[option]
        prices[2, option] = price_of_course(city, migrant, option, severity, believed, guaranteed)
    others[0] = can_pay(migrant, city.parameters.care_seeking.borrowing_limit)
    others[1] = leave_probability(city, migrant, severity)
    staying, treats_self = staying_home(city, episode, migrant)
    untreated = days_untreated(city, episode)
    others[2] = staying
    others[3] = int(treats_self)
    others[4] = untreated
    others[5] = staying - patience_lost(city, episode) * untreated
    others[6] = unpaid_share(city, migrant)


def weighing(model: "AlmatyModel", row: int) -> Weighing:
    """Return what the owner of the episode in a row weighs now."""
    terms, available = np.empty((len(TERMS), OPTIONS)), np.empty(OPTIONS, dtype=np.bool_)
    prices, others = np.empty((3, OPTIONS)), np.empty(OTHERS)
    look_into(model.city(), row, terms, available, prices, others)
    episode = model.episodes.table[row]
    migrant = model.migrants.table[int(episode["migrant"])]
    understood = migrant["manages_language"] or episode["escorted"]
    language = np.array(model.care_seeking.parameters[0]["language"])
    means, leave, staying, treats_self, untreated, waiting, unpaid = others.tolist()
    return Weighing(
        terms=terms,
        available=available,
        waiting=waiting,
        staying=staying,
        untreated=int(untreated),
        treats_self=bool(treats_self),
        believed=prices[0],
        price=prices[1],
        course=prices[2],
        afterwards=_afterwards(model, episode, migrant),
        extras=_extras(model, episode, prices[0], unpaid),
        employers_part=_employers_part(model, episode, migrant, prices[0, POLYCLINIC]),
        language=language * (not understood),
        cash=float(migrant["savings"]),
        means=means,
        leave=leave,
    )


def _extras(
    model: "AlmatyModel", episode: np.void, believed: Floats, unpaid: float
) -> tuple[tuple[str, ...], ...]:
    """Return what people reckon with besides the price of a visit, for each option."""
    seeking = model.care_seeking.parameters[0]
    may_ask = episode["severity"] < SEVERE and not episode["guaranteed"]
    extras: list[tuple[str, ...]] = []
    for option in range(OPTIONS):
        ordinary = bool(ORDINARY[option])
        drugs = ordinary and believed[option] > 0 and seeking["course"] > 1.0
        asked = may_ask and believed[option] <= 0 and seeking["informal_price"][option] > 0
        day = ordinary and option != MOBILE_CLINIC and unpaid * seeking["unpaid_day"] > 0
        one = ("drugs", "tests") * bool(drugs) + ("what staff may ask for",) * bool(asked)
        extras.append(one + ("lost wages",) * bool(day))
    return tuple(extras)


def _afterwards(model: "AlmatyModel", episode: np.void, migrant: np.void) -> float:
    """Return what people reckon with for days in bed after an emergency, in KZT."""
    payment = model.payment.parameters[0]
    cover = int(cover_of(model.city(), as_record(migrant)))
    payers = payment["payer_of_service"][migrant["nationality"], migrant["legal_status"], cover]
    if episode["severity"] < SEVERE or payers[HOSPITAL_CARE] != PATIENT:
        return 0.0
    return float(model.payment.paid_days(model.world) * payment["bed_day"])


def _employers_part(
    model: "AlmatyModel", episode: np.void, migrant: np.void, price: float
) -> float:
    """Return what the employer would pay of a visit to the polyclinic; -1: has no agreement."""
    if episode["severity"] >= SEVERE or not has_agreement(model, migrant):
        return -1.0
    return float(model.care_seeking.parameters[0]["works_clinic_pays"] * price)


def has_agreement(model: "AlmatyModel", migrant: np.void) -> bool:
    """Return True if a person works with a contract for an employer with a clinic."""
    return bool(has_works_clinic(model.city(), as_record(migrant)))


def as_record(record: np.void) -> Record:
    """Return a copied record in the form that rules take."""
    return for_rules(np.array([record], dtype=record.dtype))[0]


def means_of(model: "AlmatyModel", migrant: np.void) -> float:
    """Return what a person can pay: savings, and what the work group would lend."""
    limit = float(model.care_seeking.parameters[0]["borrowing_limit"])
    return float(can_pay(as_record(migrant), limit))
