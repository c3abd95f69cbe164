"""Visits to clinics in `study=story`: their results, and who pays."""

import numpy as np

from experiments.story.tracer import PersonTracer, Snapshot
from experiments.story.weighing import as_record, means_of
from experiments.story.words import (
    KNOWLEDGE,
    PAYERS,
    days,
    in_a_hundred,
    money,
    sentence,
    the_illness,
)
from sim import vocabulary as words
from sim.submodels.care_options import SEVERE
from sim.submodels.illness import INFECTION, MATERNITY
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.insurance import PATIENT
from sim.submodels.payment import employers_share, payer_at_desk
from sim.submodels.services import (
    ADMITTED,
    DELIVERED,
    GAVE_UP,
    KIND_DISPENSARY,
    NO_MONEY,
    NOT_HELPED,
    SENT_ON,
    TREATED,
    WITHOUT_PAPERS,
    WRONGLY_REFUSED,
)

KIND_OF_RESULT = {
    TREATED: "served", ADMITTED: "served", DELIVERED: "served", NOT_HELPED: "served",
    SENT_ON: "referred", GAVE_UP: "dead end", NO_MONEY: "refused", WRONGLY_REFUSED: "refused",
    WITHOUT_PAPERS: "refused",
}  # fmt: skip
"""How the picture marks the result of a visit."""


def tell_visits(tracer: PersonTracer, before: Snapshot, after: Snapshot) -> None:
    """Tell the result of each visit, and why."""
    log = tracer.model.visits
    for entry in tracer.entries("visits", before, after):
        visit = {name: log[name][entry].item() for name in log.dtypes}
        ordinal, result = visit["ordinal"], visit["result"]
        place = tracer.clinic(visit["unit"])
        waited = visit["served_on"] - visit["arrived_on"]
        text = _came_of(tracer, visit, before, after)
        if waited > 0 and result != GAVE_UP:
            text = f"after {days(waited)} of waiting, {text}"
        kind = "referred" if _found_tuberculosis(tracer, visit) else KIND_OF_RESULT[result]
        thread = tracer.thread_of(ordinal, before)
        tracer.say(thread, kind, place, sentence(text), "visits", entry)


def _came_of(tracer: PersonTracer, visit: dict[str, int], before: Snapshot, after: Snapshot) -> str:
    migrant, episode = before.migrant, before.episodes[visit["ordinal"]]
    assert migrant is not None
    place, result = tracer.clinic(visit["unit"]), visit["result"]
    clinic = tracer.model.clinics.table[visit["unit"]]
    if _found_tuberculosis(tracer, visit):
        return (
            f"the {place} finds that it is tuberculosis and sends the person to the dispensary; "
            + who_pays(tracer, visit, before, after)
        )
    if result == TREATED:
        treats = "checks" if visit["kind"] == MATERNITY and not episode["born"] else "treats"
        payer = who_pays(tracer, visit, before, after)
        return f"the {place} {treats} {the_illness(episode)}; {payer}"
    if result == NOT_HELPED:
        return (
            f"the {place} tries to help, without success (it succeeds in "
            f"{in_a_hundred(clinic['competence'])} cases); "
            + who_pays(tracer, visit, before, after)
        )
    if result == NO_MONEY:
        price, part = _price_and_part(tracer, visit, migrant)
        pays = f", of which the employer pays {money(part)}" * bool(part)
        return (
            f"the {place} turns the person away: the visit costs {money(price)}{pays}, "
            f"and they can raise {money(means_of(tracer.model, migrant))}"
        )
    if result == WRONGLY_REFUSED:
        city, kind = tracer.model.city(), int(clinic["kind"])
        number = int(payer_at_desk(city, as_record(episode), as_record(migrant), kind))
        why = "without asking for money or papers"
        if number != PATIENT:
            why = f"although {PAYERS[words.PAYERS[number]]} pays for this care"
        return f"the {place} turns the person away, {why}{_more_likely(migrant)}"
    if result == SENT_ON:
        payer = who_pays(tracer, visit, before, after)
        return f"the {place} sees that this is an emergency and calls an ambulance; {payer}"
    waited = days(visit["served_on"] - visit["arrived_on"])
    return {
        WITHOUT_PAPERS: f"the {place} asks for papers that the person does not have in order, "
        "and refuses care",
        DELIVERED: "the ambulance comes and takes the person to a hospital",
        ADMITTED: f"the {place} admits the person; nobody is asked for money in an emergency",
        GAVE_UP: f"gives up waiting at the {place} after {waited}",
    }[result]


def _found_tuberculosis(tracer: PersonTracer, visit: dict[str, int]) -> bool:
    """Return True if a visit only led to the dispensary, which treats tuberculosis."""
    clinic = tracer.model.clinics.table[visit["unit"]]
    here = clinic["kind"] == KIND_DISPENSARY or tracer.model.services.dispensary < 0
    return visit["kind"] == INFECTION and visit["result"] == TREATED and not here


def _more_likely(migrant: np.void) -> str:
    """Say what makes a wrong refusal more likely for this person."""
    reasons = []
    if not migrant["manages_language"]:
        reasons.append("where there is no common language")
    if not migrant["knows"][EMERGENCY_RIGHT]:
        reasons.append(f"where people do not know {KNOWLEDGE['emergency_right']} and cannot insist")
    return f" (this happens more often {' and '.join(reasons)})" if reasons else ""


def _price_and_part(
    tracer: PersonTracer, visit: dict[str, int], migrant: np.void
) -> tuple[int, int]:
    """Return the listed price of a visit, and what an employer with an agreement pays of it."""
    model = tracer.model
    kind = int(model.clinics.table[visit["unit"]]["kind"])
    price = int(model.payment.parameters[0]["listed_price"][kind])
    severe = visit["severity"] >= SEVERE
    return price, int(employers_share(model.city(), as_record(migrant), kind, severe, price))


def who_pays(tracer: PersonTracer, visit: dict[str, int], before: Snapshot, after: Snapshot) -> str:
    """Say who has paid for a visit, in the order in which the desk asks."""
    if tracer.clinic(visit["unit"]) == "ambulance" and not visit["paid"]:
        return "it costs the person nothing"
    old, new = before.episodes[visit["ordinal"]], after.episodes[visit["ordinal"]]
    payer = words.PAYERS[visit["payer"]]
    if payer != "patient":
        given = int(new["paid"] - old["paid"]) - visit["paid"]
        return f"{PAYERS[payer]} pays{_given_informally(tracer, given)}"
    if visit["in_kind"]:
        return "the employer pays, and asks for silence"
    assert before.migrant is not None
    part = _price_and_part(tracer, visit, before.migrant)[1]
    by_agreement = "by an agreement with the clinic"
    if new["covered"] < old["covered"]:
        shared = f"the employer pays {money(part)} {by_agreement}, and " * bool(part)
        return f"{shared}others pay, as they have promised"
    if old["guaranteed"] and not visit["paid"]:
        return "the joint fund pays, as the letter says"
    if part and not visit["paid"]:
        return f"the employer pays, {by_agreement}"
    paid = f"the person pays {money(visit['paid'])}"
    return f"{paid}, and the employer {money(part)} {by_agreement}" if part else paid


def _given_informally(tracer: PersonTracer, given: int) -> str:
    """Say what a person gave to staff, where care is free by law."""
    if not given:
        return ""
    payment = tracer.model.payment.parameters[0]
    asked = int(payment["informal_price"] * payment["price_of_visit"])
    gives = f"gives {money(given)}" if given == asked else f"gives all there is, {money(given)}"
    return f", but staff ask for money all the same, and the person {gives}"
