"""Reasons for `study=story`: what the model weighed when a person decided or was refused.

Everything is asked of the model's own rules: the parts of the utility, the gate that stopped a
waiting person, what an agency accepts, and the draw by which a service took hold or not. Nothing
here changes the model.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.story_words import CHOICES, money, status_in_words
from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import Gate
from sim.agents.migrant import can_pay
from sim.agents.task import PAYMENT, SHELTER, move_key
from sim.engine.arrays import Booleans, Floats
from sim.engine.chance import trait
from sim.engine.compiled import compiled, for_rules
from sim.submodels.care_seeking import (
    ACCEPTABILITY,
    EFFORT,
    NO_TERM,
    OPTIONS,
    PRICE,
    PRICE_IF_INFORMED,
    TERMS,
    believed_price,
    best,
    failing_gate,
    leave_probability,
    see_what_is_open,
    weigh,
)
from sim.submodels.casework import SUCCESS
from sim.submodels.experience import fear_of
from sim.submodels.illness import INFECTION

if TYPE_CHECKING:
    from sim.model import AlmatyModel

SEVERE = words.SEVERE
EMERGENCY_RIGHT = words.KNOWLEDGE.index("emergency_right")


@dataclass(frozen=True)
class Weighing:
    """What a person weighs about one episode at one moment.

    Attributes
    ----------
    terms : array, shape (terms, options)
        Parts of the utility (see `sim.submodels.care_seeking.TERMS`).
    available : array of bool, shape (options,)
        Options the person has at all.
    waiting : float
        Utility of waiting.
    believed, price : array, shape (options,)
        The price the person expects, and the true one, in KZT.
    fear : float
        Fear of institutions, 0-1.
    language : array, shape (options,)
        What the missing language counts against each option (part of acceptability).
    means : float
        What the person can pay, in KZT.
    leave : float
        Probability that the employer gives leave.
    knows_right : bool
        Whether the person knows that emergency care is free.
    """

    terms: Floats
    available: Booleans
    waiting: float
    believed: Floats
    price: Floats
    fear: float
    language: Floats
    means: float
    leave: float
    knows_right: bool

    def choice(self, without: int = NO_TERM, instead: int = NO_TERM) -> int:
        """Return what the person chooses, or would choose without one part of the utility."""
        return int(best(self.terms, self.available, self.waiting, without, instead))

    def gate(self) -> int:
        """Return the gate that stops a person who waits."""
        return int(failing_gate(self.terms, self.available, self.waiting))


@compiled
def look_into(
    city: City, row: int, terms: Floats, available: Booleans, prices: Floats, others: Floats
) -> None:
    """Write what the owner of an episode weighs; change nothing in the city."""
    episode = city.episodes[row]
    migrant = city.migrants[episode.migrant]
    weigh(city, episode, migrant, terms)
    see_what_is_open(city, episode, migrant, available)
    price_of = city.numbers[0].payment.option_price[
        migrant.legal_status, int(episode.severity >= SEVERE), int(episode.kind == INFECTION)
    ]
    for option in range(OPTIONS):
        prices[0, option] = believed_price(city, migrant, option, price_of[option])
        prices[1, option] = price_of[option]
    others[0] = fear_of(city, migrant)
    others[1] = can_pay(migrant, city.numbers[0].care_seeking.borrowing_limit)
    others[2] = leave_probability(city, migrant, episode.severity)


@compiled
def fear_at(city: City, row: int) -> float:
    """Return the fear of the person in a row."""
    return fear_of(city, city.migrants[row])


def weighing(model: "AlmatyModel", row: int) -> Weighing:
    """Return what the owner of the episode in a row weighs now."""
    terms, available = np.empty((len(TERMS), OPTIONS)), np.empty(OPTIONS, dtype=np.bool_)
    prices, others = np.empty((2, OPTIONS)), np.empty(3)
    look_into(model.city(), row, terms, available, prices, others)
    migrant = model.migrants.table[int(model.episodes.migrant[row])]
    language = np.array(model.care_seeking.numbers[0]["language"])
    return Weighing(
        terms=terms,
        available=available,
        waiting=float(model.episodes.taste[row, OPTIONS]),
        believed=prices[0],
        price=prices[1],
        fear=float(others[0]),
        language=language * (not migrant["manages_language"]),
        means=float(others[1]),
        leave=float(others[2]),
        knows_right=bool(migrant["knows"][EMERGENCY_RIGHT]),
    )


def why_chosen(seen: Weighing, choice: int) -> str:
    """Say what a person decides to do, what it should cost, and what closed other ways."""
    parts = [f"decides to {CHOICES[words.OPTIONS[choice]]}"]
    believed, price = seen.believed[choice], seen.price[choice]
    if believed > price:
        parts.append(_misbelief(seen, choice))
    elif believed > 0:
        parts.append(f"it will cost {money(believed)}, and they can raise {money(seen.means)}")
    elif words.OPTIONS[choice] in ("ambulance", "hospital", "polyclinic", "mobile_clinic"):
        parts.append("they count on paying nothing there")
    parts += _kept_away(seen, choice)
    return "; ".join(parts)


def _misbelief(seen: Weighing, option: int) -> str:
    truth = (
        "in truth it is free" if not seen.price[option] else f"in truth {money(seen.price[option])}"
    )
    return (
        f"they believe it will cost {money(seen.believed[option])} ({truth}), "
        f"and they can raise {money(seen.means)}"
    )


def _kept_away(seen: Weighing, choice: int) -> list[str]:
    """Return which one thing, if it were gone, would have led to another decision."""
    found: list[str] = []
    for term, instead, words_for in (
        (PRICE, PRICE_IF_INFORMED, "had they known the true price"),
        (ACCEPTABILITY, NO_TERM, "without fear of being reported or a language barrier"),
        (EFFORT, NO_TERM, "were the way, the waiting and the employer no obstacle"),
        (PRICE, NO_TERM, "if money did not matter"),
    ):
        other = seen.choice(term, instead)
        if other == choice or (found and term == PRICE and instead == NO_TERM):
            continue
        if term == ACCEPTABILITY:
            words_for = _fear_or_language(seen, other)
        found.append(f"{words_for}, they would rather {CHOICES[words.OPTIONS[other]]}")
    return found[:1]


def _fear_or_language(seen: Weighing, option: int) -> str:
    language = seen.language[option]
    fear = seen.terms[ACCEPTABILITY, option] - language
    if fear > 2 * language:
        return "without the fear of being reported"
    return "with a common language" if language > 2 * fear else "without fear and language barrier"


def why_waiting(seen: Weighing) -> str:
    """Say what holds a person back who does nothing for now."""
    gate = seen.gate()
    if gate == Gate.PERCEIVE:
        other = seen.choice(PRICE, PRICE_IF_INFORMED)
        return (
            f"stays away from care: {_misbelief(seen, other)}. Knowing the true price, "
            f"they would {CHOICES[words.OPTIONS[other]]}"
        )
    if gate == Gate.SEEK:
        other = seen.choice(ACCEPTABILITY)
        return (
            f"stays away from care: {_fear_or_language(seen, other)}, "
            f"they would {CHOICES[words.OPTIONS[other]]}"
        )
    if gate == Gate.REACH:
        other = seen.choice(EFFORT)
        return (
            f"would {CHOICES[words.OPTIONS[other]]}, were it not for the way, the waiting and "
            f"the employer (who gives leave on {in_a_hundred(seen.leave)} such days)"
        )
    if gate == Gate.PAY:
        other = seen.choice(PRICE)
        return (
            f"would {CHOICES[words.OPTIONS[other]]}, but it costs "
            f"{money(seen.believed[other])} and they can raise {money(seen.means)}"
        )
    return "lets it wait: no single obstacle alone is the reason"


def in_a_hundred(probability: float) -> str:
    """Return a probability in words.

    >>> in_a_hundred(0.25)
    '25 of 100'
    """
    return f"{100 * probability:.0f} of 100"


def why_turned_away(model: "AlmatyModel", number: int, task: np.void, migrant: np.void) -> str:
    """Say why an agency does not take up a need."""
    agency = model.agencies.table[number]
    if not agency["accepts_nationality"][migrant["nationality"]]:
        return "it helps citizens of other countries only"
    if not agency["accepts_status"][migrant["legal_status"]]:
        return f"it does not help people who are {status_in_words(migrant)}"
    if agency["refuses_fined"] and migrant["fined"] and task["need"] in (PAYMENT, SHELTER):
        return "a fine is on record, and its donors do not pay for people who have been fined"
    return "it sees only people whom certain partners have sent"


def why_failed(model: "AlmatyModel", number: int, before: np.void) -> str:
    """Say why an agency that accepted a person did not settle the need.

    Parameters
    ----------
    number : int
        The agency.
    before : record
        The task as it was before it was seen.
    """
    agency, need = model.agencies.table[number], int(before["need"])
    competence = float(agency["competence"][need])
    if competence <= 0:
        return "this is not what it does"
    task = np.array([before], dtype=before.dtype)
    task["moves"] += 1
    occurrence = move_key(for_rules(task)[0])
    if trait(model.draws.chance, SUCCESS, int(before["person"]), occurrence) >= competence:
        return f"its staff tried; they succeed in {in_a_hundred(competence)} such cases"
    if agency["money"] and need != SHELTER:
        return "it would have helped, but its money does not go that far"
    return "it would have helped, but has no free place or no money left"


def why_not_reached(is_open: bool) -> str:
    """Say why somebody who had decided for a clinic did not get there today."""
    return "the employer gives no leave" if is_open else "it is closed today"
