"""Care options: the ways to care, the parts of their utility, and the best of them.

A person compares options by a utility that has an appeal and terms that count against it; see
`care_seeking` for what they are made of.
"""

from enum import auto

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import WAIT, Gate
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
def largest_utility(terms: Floats, available: Booleans) -> float:
    """Return the largest utility of the options that are open, -inf if there is none."""
    most = -np.inf
    for option in range(OPTIONS):
        if available[option]:
            utility = terms[APPEAL, option]
            for term in (ACCEPTABILITY, EFFORT, PRICE):
                utility -= terms[term, option]
            most = max(most, utility)
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
