"""Reasons for `study=story`: what the model weighed when a person decided or was refused.

All reasons come from the model's own rules: the parts of the utility, the gate that stopped a
waiting person, what an agency accepts, and the draw that decided whether a service was effective.
Nothing here changes the model.
"""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from experiments.story.weighing import Weighing, as_record
from experiments.story.words import (
    CHOICES,
    FELT_REASONS,
    KNOWLEDGE,
    REMEDIES,
    days,
    in_a_hundred,
    listed,
    money,
    sentence,
    status_in_words,
)
from sim import vocabulary as words
from sim.agents.episode import WAIT, Felt, Gate
from sim.agents.task import NOWHERE, PAYMENT, SHELTER, move_key
from sim.engine.random.scalar import peek_uniform
from sim.submodels.care_options import (
    ACCEPTABILITY,
    AMBULANCE,
    APPEAL,
    EFFORT,
    HOSPITAL,
    LAST_PROVIDER,
    NO_TERM,
    POLYCLINIC,
    PRICE,
    PRICE_IF_INFORMED,
    binding_barrier,
)
from sim.submodels.casework import SUCCESS, cost_of
from sim.submodels.experience import fear_of
from sim.submodels.navigation import accepts, best_agency, sent_by_partner

if TYPE_CHECKING:
    from sim.model import AlmatyModel

ALL_OF = {2: "both", 3: "all three", 4: "all four"}
"""How several obstacles together are called, by their number."""
CLINICS_OF_CHOICE = ("ambulance", "hospital", "polyclinic", "mobile_clinic")


# --- care -------------------------------------------------------------------------------------


def why_chosen(seen: Weighing, choice: int, lacking: str) -> str:
    """Say what a person decides to do, the expected cost, and what ruled out other options.

    Parameters
    ----------
    seen : Weighing
    choice : int
    lacking : str
        What the person has been without, in words.
    """
    decides = f"decides to {_to_do(choice)}"
    if seen.untreated and seen.would_still_wait():
        since = f"after {days(seen.untreated)} without {lacking}"
        decides = f"will not wait any longer, {since}: {decides}"
    parts = [decides]
    if seen.course[choice] or seen.price[choice]:
        parts.append(_cost(seen, choice))
    elif words.OPTIONS[choice] in CLINICS_OF_CHOICE:
        parts.append("they count on paying nothing there")
    if choice == POLYCLINIC and seen.employers_part >= 0:
        parts.append("the employer has an agreement with the polyclinic")
    parts += _kept_away(seen, choice)
    return " ".join(sentence(part) for part in parts)


def _to_do(choice: int) -> str:
    return "wait" if choice == WAIT else CHOICES[words.OPTIONS[choice]]


def _cost(seen: Weighing, option: int) -> str:
    """Say what a person expects an option to cost, and the true price if it differs."""
    believed, price, course = seen.believed[option], seen.price[option], seen.course[option]
    if believed != price:
        return (
            f"not knowing {KNOWLEDGE['emergency_right']}, they expect to pay {money(believed)} "
            f"(in fact it {_true_price(seen, option)}), and {_means(seen, course)}"
        )
    costs = f"it {_true_price(seen, option)}"
    if money(course) == money(price):
        return f"{costs}, and {_means(seen, course)}"
    if option == POLYCLINIC and seen.employers_part > 0:
        costs += f", of which the employer pays {money(seen.employers_part)}"
    extras = f"with {listed(list(seen.extras[option]))}, " if seen.extras[option] else ""
    in_all = f"{extras}they expect to spend {money(course)} themselves"
    return f"{costs}; {in_all}, and {_means(seen, course)}"


def _true_price(seen: Weighing, option: int) -> str:
    """Say what a visit costs, or that only the days in bed after an emergency do."""
    price = seen.price[option]
    if not price:
        return "is free by law"
    if option in (AMBULANCE, HOSPITAL) and price == seen.afterwards:
        return f"is free by law, except for about {money(price)} for the days in bed afterwards"
    return f"costs {money(price)}"


def _means(seen: Weighing, cost: float) -> str:
    """Say what a person can raise, and what of it is in hand if that does not suffice."""
    if seen.cash < min(cost, seen.means):
        cash = money(seen.cash) if seen.cash else "nothing"
        return f"they have {cash} in hand and can raise {money(seen.means)} by borrowing"
    return f"they can raise {money(seen.means)}"


def _kept_away(seen: Weighing, choice: int) -> list[str]:
    """Return the first obstacle without which the decision would have been different."""
    for term, instead, text in (
        (PRICE, PRICE_IF_INFORMED, "had they known the true price"),
        (ACCEPTABILITY, NO_TERM, ""),
        (EFFORT, NO_TERM, f"if {_effort(seen)} were no obstacle"),
        (PRICE, NO_TERM, "if money did not matter"),
    ):
        other = seen.choice(term, instead)
        if other != choice:
            text = text or without(_fear_or_language(seen, other))
            return [f"{text}, they would rather {_to_do(other)}"]
    return []


def _effort(seen: Weighing) -> str:
    """Return what makes the way to care hard; an employer who gives leave is not part of it."""
    return (
        "the way, the waiting and the employer" if seen.leave < 1.0 else "the way and the waiting"
    )


def _fear_or_language(seen: Weighing, option: int) -> tuple[Felt, ...]:
    """Return which of the two counts most against an option: both if neither is far ahead."""
    language = seen.language[option]
    fear = seen.terms[ACCEPTABILITY, option] - language
    if fear > 2 * language:
        return (Felt.FEAR,)
    return (Felt.LANGUAGE,) if language > 2 * fear else (Felt.FEAR, Felt.LANGUAGE)


def without(reasons: tuple[Felt, ...]) -> str:
    """Return in words how it would be without fear, without the language barrier, or both.

    >>> without((Felt.LANGUAGE,))
    'with a common language'
    """
    if len(reasons) > 1:
        return "without fear and language barrier"
    return {Felt.FEAR: "without the fear of being reported"}.get(
        reasons[0], "with a common language"
    )


def why_waiting(seen: Weighing, felt: int = Felt.NONE) -> str:
    """Say what prevents a person who is waiting from seeking care.

    Parameters
    ----------
    seen : Weighing
    felt : int
        What the person would name as the reason; it is said where it is another one.
    """
    text, named = _what_keeps_away(seen)
    if felt in (Felt.NONE, *named):
        return text
    return f"{text}. Asked why, they would say that {FELT_REASONS[Felt(felt)]}"


def _what_keeps_away(seen: Weighing) -> tuple[str, tuple[Felt, ...]]:
    """Return in words what keeps a person from care, and the reasons that are named by it."""
    gate = int(binding_barrier(seen.terms, seen.available, seen.waiting))
    if gate == Gate.PERCEIVE:
        other = seen.choice(PRICE, PRICE_IF_INFORMED)
        text = f"stays away from care: {_cost(seen, other)}. Knowing the true price, they would "
        return text + _to_do(other), (Felt.MONEY,)
    if gate == Gate.SEEK:
        other = seen.choice(ACCEPTABILITY)
        named = _fear_or_language(seen, other)
        return f"stays away from care: {without(named)}, they would {_to_do(other)}", named
    if gate == Gate.REACH:
        text = f"would {_to_do(seen.choice(EFFORT))}, were it not for {_effort(seen)}"
        if seen.leave < 1.0:
            text += f" (who gives leave on {in_a_hundred(seen.leave)} such days)"
        return text, (Felt.EFFORT,)
    if gate == Gate.PAY:
        other = seen.choice(PRICE)
        text = f"would {_to_do(other)}, were it not for the money: {_cost(seen, other)}"
        return text, (Felt.MONEY,)
    if gate == Gate.TOGETHER:
        return _together(seen), ()
    if not seen.available[: LAST_PROVIDER + 1].any():
        return "waits for now: every place they could go to has turned them away", (
            Felt.TURNED_AWAY,
        )
    if seen.treats_self:
        return f"thinks that {REMEDIES} will do for now", (Felt.TREATED_ONESELF,)
    return "waits for now: thinks that this can wait", (Felt.COULD_WAIT,)


def _together(seen: Weighing) -> str:
    """Name the fewest obstacles without which, taken together, a person would go."""
    against = {
        "the cost": seen.terms[PRICE],
        "the fear of being reported": seen.terms[ACCEPTABILITY] - seen.language,
        "the lack of a common language": seen.language,
        "the effort of getting there": seen.terms[EFFORT],
    }
    for count in ALL_OF:
        for removed in combinations(against, count):
            left = sum(against[name] for name in against if name not in removed)
            utility = np.where(seen.available, seen.terms[APPEAL] - left, -np.inf)
            if utility.max() > seen.waiting:
                go = _to_do(int(utility.argmax()))
                return (
                    f"stays away from care because of {listed(list(removed))} together: with "
                    f"{ALL_OF[count]} out of the way, they would {go}; with fewer, they would wait"
                )
    raise AssertionError("a gate of several barriers whose removal changes nothing")


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
