"""Care options: the ways to care, the parts of their utility, and the best of them.

A person compares options by a utility that has an appeal and terms that count against it; see
`care_seeking` for what they are made of.
"""

from enum import auto

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import WAIT, Felt, Gate
from sim.engine.jit.compiled import compiled
from sim.engine.types import Booleans, Floats

AMBULANCE = words.Option.AMBULANCE.value
HOSPITAL = words.Option.HOSPITAL.value
POLYCLINIC = words.Option.POLYCLINIC.value
MOBILE_CLINIC = words.Option.MOBILE_CLINIC.value
PRIVATE = words.Option.PRIVATE.value
EMPLOYER = words.Option.EMPLOYER.value
HOME = words.Option.HOME.value
NGO = words.Option.NGO.value
CONSULATE = words.Option.CONSULATE.value
OPTIONS = len(words.OPTIONS)
SEVERE = words.SEVERE
MODERATE = 2
LAST_PROVIDER = PRIVATE
"""Options up to this one are providers of care, in the order of `OPTIONS`."""
ORDINARY = np.isin(np.arange(OPTIONS), [POLYCLINIC, MOBILE_CLINIC, PRIVATE])
"""Options where a course of care is paid visit by visit."""


class Term(words.Category):
    """Parts of the utility of an option; all but appeal count against it."""

    APPEAL = auto()
    ACCEPTABILITY = auto()
    EFFORT = auto()
    PRICE = auto()
    PRICE_IF_INFORMED = auto()


TERMS = words.labels(Term)
APPEAL = Term.APPEAL.value
ACCEPTABILITY = Term.ACCEPTABILITY.value
EFFORT = Term.EFFORT.value
PRICE = Term.PRICE.value
PRICE_IF_INFORMED = Term.PRICE_IF_INFORMED.value
NO_TERM = -1
"""No part of the utility."""


@compiled
def booked_option(severity: int) -> int:
    """Return where the coordinating body books a visit: hospitals for the severely ill."""
    return HOSPITAL if severity >= SEVERE else POLYCLINIC


@compiled
def best_option(
    terms: Floats, available: Booleans, waiting: float, without: int, instead: int
) -> int:
    """Return the option with the largest utility, or `WAIT`.

    One part of the utility (`without`) may be left out, and another (`instead`) put in its place.
    """
    choice, most = WAIT, waiting
    for option in range(OPTIONS):
        if not available[option]:
            continue
        utility = terms[APPEAL, option]
        for term in (ACCEPTABILITY, EFFORT, PRICE):
            if term != without:
                utility -= terms[term, option]
            elif instead != NO_TERM:
                utility -= terms[instead, option]
        if utility > most:
            choice, most = option, utility
    return choice


@compiled
def net_utility(terms: Floats, option: int) -> float:
    """Return the utility of an option: its appeal less all that counts against it."""
    utility = terms[APPEAL, option]
    for term in (ACCEPTABILITY, EFFORT, PRICE):
        utility -= terms[term, option]
    return utility


@compiled
def largest_utility(terms: Floats, available: Booleans) -> float:
    """Return the largest utility of the options that are open, -inf if there is none."""
    most = -np.inf
    for option in range(OPTIONS):
        if available[option]:
            most = max(most, net_utility(terms, option))
    return most


@compiled
def binding_barrier(terms: Floats, available: Booleans, waiting: float) -> int:
    """Return the first gate whose removal alone would have made a waiting person go."""
    if best_option(terms, available, waiting, PRICE, PRICE_IF_INFORMED) != WAIT:
        return Gate.PERCEIVE
    if best_option(terms, available, waiting, ACCEPTABILITY, NO_TERM) != WAIT:
        return Gate.SEEK
    if best_option(terms, available, waiting, EFFORT, NO_TERM) != WAIT:
        return Gate.REACH
    if best_option(terms, available, waiting, PRICE, NO_TERM) != WAIT:
        return Gate.PAY
    for option in range(OPTIONS):
        if available[option] and terms[APPEAL, option] > waiting:
            return Gate.TOGETHER
    return Gate.SELF_CARE


@compiled
def felt_barrier(
    terms: Floats, available: Booleans, language: Floats, no_language: bool, treats_self: bool
) -> int:
    """Return what a person who sees no doctor would name as the reason.

    It is the largest deterrent of the provider they would come nearest to choosing.

    Parameters
    ----------
    terms : array of float, shape (terms, options)
    available : array of bool, shape (options,)
    language : array of float, shape (options,)
        The part of acceptability that lacking a common language has.
    no_language : bool
        Whether the person lacks one.
    treats_self : bool
    """
    if treats_self:
        return Felt.TREATED_ONESELF
    best, most = WAIT, -np.inf
    for option in range(LAST_PROVIDER + 1):
        if available[option] and net_utility(terms, option) > most:
            best, most = option, net_utility(terms, option)
    if best == WAIT:
        return Felt.TURNED_AWAY
    of_language = language[best] if no_language else 0.0
    reason, largest = Felt.COULD_WAIT, 0.0
    for felt, deterrent in (
        (Felt.MONEY, terms[PRICE, best]),
        (Felt.FEAR, terms[ACCEPTABILITY, best] - of_language),
        (Felt.LANGUAGE, of_language),
        (Felt.EFFORT, terms[EFFORT, best]),
    ):
        if deterrent > largest:
            reason, largest = felt, deterrent
    return reason
