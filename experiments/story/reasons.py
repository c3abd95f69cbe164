"""Reasons for `study=story`: what the model weighed when a person decided or was refused.

All reasons come from the model's own rules: the parts of the utility, the gate that stopped a
waiting person, what an agency accepts, and the draw that decided whether a service was effective.
Nothing here changes the model.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.story.words import CHOICES, KNOWLEDGE, in_a_hundred, money, status_in_words
from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import WAIT, Gate
from sim.agents.migrant import can_pay
from sim.agents.task import NOWHERE, PAYMENT, SHELTER, move_key
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import peek_uniform
from sim.engine.records import Record, for_rules
from sim.engine.types import Booleans, Floats
from sim.submodels.care_options import (
    ACCEPTABILITY,
    EFFORT,
    NO_TERM,
    OPTIONS,
    PRICE,
    PRICE_IF_INFORMED,
    SEVERE,
    TERMS,
    best_option,
    binding_barrier,
)
from sim.submodels.care_seeking import available_options, leave_probability, utilities
from sim.submodels.casework import SUCCESS, cost_of
from sim.submodels.experience import fear_of
from sim.submodels.illness import INFECTION
from sim.submodels.insurance import cover_of
from sim.submodels.navigation import accepts, best_agency, sent_by_partner
from sim.submodels.price_of_care import believed_price
from sim.submodels.staying_home import days_untreated, patience_lost, staying_home

if TYPE_CHECKING:
    from sim.model import AlmatyModel

CLINICS_OF_CHOICE = ("ambulance", "hospital", "polyclinic", "mobile_clinic")


@dataclass(frozen=True)
class Weighing:
    """What a person weighs about one episode at one moment.

    Attributes
    ----------
    terms : array, shape (terms, options)
        Parts of the utility (see `sim.submodels.care_seeking.TERMS`).
    available : array of bool, shape (options,)
        Options that are open to the person.
    waiting : float
        Utility of seeing no doctor, today.
    believed, price : array, shape (options,)
        The price the person expects, and the true one, in KZT.
    language : array, shape (options,)
        Penalty on each option for the lack of a common language (part of acceptability).
    means : float
        What the person can pay, in KZT.
    leave : float
        Probability that the employer gives leave.
    """

    terms: Floats
    available: Booleans
    waiting: float
    believed: Floats
    price: Floats
    language: Floats
    means: float
    leave: float

    def choice(self, without: int = NO_TERM, instead: int = NO_TERM) -> int:
        """Return what the person chooses, or would choose without one part of the utility."""
        return int(best_option(self.terms, self.available, self.waiting, without, instead))


@compiled
def look_into(
    city: City, row: int, terms: Floats, available: Booleans, prices: Floats, others: Floats
) -> None:
    """Fill in what the owner of an episode weighs; change nothing in the city."""
    episode = city.episodes[row]
    migrant = city.migrants[episode.migrant]
    utilities(city, episode, migrant, terms)
    available_options(city, episode, migrant, available)
    price_of = city.parameters.payment.option_price[
        migrant.nationality, migrant.legal_status, cover_of(city, migrant)
    ][int(episode.severity >= SEVERE), int(episode.kind == INFECTION)]
    for option in range(OPTIONS):
        prices[0, option] = believed_price(city, migrant, option, price_of[option])
        prices[1, option] = price_of[option]
    others[0] = can_pay(migrant, city.parameters.care_seeking.borrowing_limit)
    others[1] = leave_probability(city, migrant, episode.severity)
    staying, _ = staying_home(city, episode, migrant)
    others[2] = staying - patience_lost(city, episode) * days_untreated(city, episode)


def weighing(model: "AlmatyModel", row: int) -> Weighing:
    """Return what the owner of the episode in a row weighs now."""
    terms, available = np.empty((len(TERMS), OPTIONS)), np.empty(OPTIONS, dtype=np.bool_)
    prices, others = np.empty((2, OPTIONS)), np.empty(3)
    look_into(model.city(), row, terms, available, prices, others)
    migrant = model.migrants.table[int(model.episodes.migrant[row])]
    language = np.array(model.care_seeking.parameters[0]["language"])
    return Weighing(
        terms=terms,
        available=available,
        waiting=float(others[2]),
        believed=prices[0],
        price=prices[1],
        language=language * (not migrant["manages_language"]),
        means=float(others[0]),
        leave=float(others[1]),
    )


def as_record(record: np.void) -> Record:
    """Return a copied record in the form that rules take."""
    return for_rules(np.array([record], dtype=record.dtype))[0]


def means_of(model: "AlmatyModel", migrant: np.void) -> float:
    """Return what a person can pay: savings, and what the work group would lend."""
    limit = float(model.care_seeking.parameters[0]["borrowing_limit"])
    return float(can_pay(as_record(migrant), limit))


# --- care -------------------------------------------------------------------------------------


def why_chosen(seen: Weighing, choice: int) -> str:
    """Say what a person decides to do, the expected cost, and what ruled out other options."""
    parts = [f"decides to {_to_do(choice)}"]
    if seen.believed[choice] or seen.price[choice]:
        parts.append(_cost(seen, choice))
    elif words.OPTIONS[choice] in CLINICS_OF_CHOICE:
        parts.append("they count on paying nothing there")
    parts += _kept_away(seen, choice)
    return "; ".join(parts)


def _to_do(choice: int) -> str:
    return "wait" if choice == WAIT else CHOICES[words.OPTIONS[choice]]


def _cost(seen: Weighing, option: int) -> str:
    """Say what a person expects an option to cost, and the true price if it differs."""
    believed, price = seen.believed[option], seen.price[option]
    if believed == price:
        return f"it costs {money(price)}, and they can raise {money(seen.means)}"
    truth = "in fact it is free" if not price else f"in fact it is {money(price)}"
    return (
        f"not knowing {KNOWLEDGE['emergency_right']}, they expect to pay {money(believed)} "
        f"({truth}), and they can raise {money(seen.means)}"
    )


def _kept_away(seen: Weighing, choice: int) -> list[str]:
    """Return the first obstacle without which the decision would have been different."""
    for term, instead, text in (
        (PRICE, PRICE_IF_INFORMED, "had they known the true price"),
        (ACCEPTABILITY, NO_TERM, ""),
        (EFFORT, NO_TERM, "if the way, the waiting and the employer were no obstacle"),
        (PRICE, NO_TERM, "if money did not matter"),
    ):
        other = seen.choice(term, instead)
        if other != choice:
            text = text or _fear_or_language(seen, other)
            return [f"{text}, they would rather {_to_do(other)}"]
    return []


def _fear_or_language(seen: Weighing, option: int) -> str:
    language = seen.language[option]
    fear = seen.terms[ACCEPTABILITY, option] - language
    if fear > 2 * language:
        return "without the fear of being reported"
    return "with a common language" if language > 2 * fear else "without fear and language barrier"


def why_waiting(seen: Weighing) -> str:
    """Say what prevents a person who is waiting from seeking care."""
    gate = int(binding_barrier(seen.terms, seen.available, seen.waiting))
    if gate == Gate.PERCEIVE:
        other = seen.choice(PRICE, PRICE_IF_INFORMED)
        return (
            f"stays away from care: {_cost(seen, other)}. Knowing the true price, "
            f"they would {_to_do(other)}"
        )
    if gate == Gate.SEEK:
        other = seen.choice(ACCEPTABILITY)
        return f"stays away from care: {_fear_or_language(seen, other)}, they would {_to_do(other)}"
    if gate == Gate.REACH:
        other = seen.choice(EFFORT)
        return (
            f"would {_to_do(other)}, were it not for the way, the waiting and the employer "
            f"(who gives leave on {in_a_hundred(seen.leave)} such days)"
        )
    if gate == Gate.PAY:
        other = seen.choice(PRICE)
        return f"would {_to_do(other)}, were it not for the money: {_cost(seen, other)}"
    if gate == Gate.TOGETHER:
        return "waits for now: several obstacles together are the reason, none of them alone"
    return "waits for now: no single obstacle is the reason"


def why_not_reached(is_open: bool) -> str:
    """Say why a person who had chosen a clinic did not get there today."""
    return "the employer gives no leave" if is_open else "it is closed today"


# --- agencies ---------------------------------------------------------------------------------


def why_turned_away(model: "AlmatyModel", number: int, task: np.void, migrant: np.void) -> str:
    """Say why an agency does not take up a need, in the order it asks; "" if it does."""
    agency = model.agencies.table[number]
    if accepts(model.city(), number, as_record(task), as_record(migrant)):
        return ""
    if not agency["accepts_nationality"][migrant["nationality"]]:
        return "it helps citizens of other countries only"
    if not agency["accepts_status"][migrant["legal_status"]]:
        return f"it does not help people with this legal status ({status_in_words(migrant)})"
    if agency["only_referred"] and not sent_by_partner(
        model.city(), as_record(agency), as_record(task)
    ):
        return "it sees only people whom certain partners have sent"
    return "a fine is on record, and its donors do not pay for people who have been fined"


def why_failed(model: "AlmatyModel", number: int, before: np.void) -> str:
    """Say why an agency that accepted a person did not settle the need.

    Parameters
    ----------
    number : int
        The agency.
    before : record
        The task as it was before it was seen.
    """
    agency, need = as_record(model.agencies.table[number]), int(before["need"])
    competence = float(agency["competence"][need])
    if competence <= 0:
        return "it does not provide this kind of help"
    task = before.copy()
    # Being seen is a move.
    task["moves"] += 1
    occurrence = move_key(as_record(task))
    if peek_uniform(model.draws.streams, SUCCESS, int(before["person"]), occurrence) >= competence:
        return f"its staff tried; they succeed in {in_a_hundred(competence)} such cases"
    # The money or places left in the evening may be fewer than during the visit, never more.
    has_money = not agency["money"] or agency["budget"] >= cost_of(as_record(before), agency)
    needs_bed = need == SHELTER and not before["goes_home"] and agency["beds"] > 0
    if has_money:
        return "it would have helped, but has no free place"
    if needs_bed and agency["free_beds"] <= 0:
        return "it would have helped, but has no free place or no money left"
    what = "the bill and its own costs" if need == PAYMENT else "the costs of such a case"
    return f"it would have helped, but does not have enough money left for {what}"


def why_there(model: "AlmatyModel", target: int, task: np.void, migrant: np.void) -> str:
    """Say why a person goes to an agency without a referral."""
    city, who = model.city(), as_record(migrant)
    best_one = best_agency(city, as_record(task), who, 0.0, fear_of(city, who))
    knows = migrant["knows"][words.Knowledge.WHO_HELPS.value]
    if knows:
        return (
            "they know who helps" if target == best_one else "they know of nobody else to turn to"
        )
    if target == best_one:
        return "a guess, and a correct one"
    able = model.agencies.table["competence"][target, task["need"]] > 0
    return "a guess" if able else "a guess; this institution does not do this"


def why_no_address(model: "AlmatyModel", sender: int, task: np.void, migrant: np.void) -> str:
    """Say why staff who cannot help name nobody who can."""
    task = task.copy()
    task["last_agency"] = sender
    target = best_agency(model.city(), as_record(task), as_record(migrant), 0.0, 0.0)
    if target == NOWHERE:
        return "no institution is left that would take the case"
    return "they do not know who can"


def why_not_gone(model: "AlmatyModel", migrant: np.void) -> str:
    """Say why a person does not follow a referral."""
    referral = model.world.referral
    if fear_of(model.city(), as_record(migrant)) > referral.afraid_above:
        share = in_a_hundred(referral.no_show_when_afraid)
        return f"the fear of being reported is great ({share} who are so afraid do not go)"
    return f"something comes in between ({in_a_hundred(referral.no_show)} do not go)"
