"""Papers, work, insurance and the police in a story."""

import numpy as np

from experiments.story.tracer import CUSTODY, HANDS, PersonTracer, Snapshot
from experiments.story.words import money, sentence, status_in_words
from sim import vocabulary as words
from sim.agents.migrant import NEVER

IRREGULAR = words.LegalStatus.IRREGULAR.value
OWN = words.InsuranceChannel.OWN.value


def tell_papers(tracer: PersonTracer, before: Snapshot, after: Snapshot) -> None:
    """Tell how papers expire or are renewed, work is lost or found, insurance begins or ends."""
    if before.migrant is None or after.migrant is None:
        return
    for text in (
        _of_status(tracer, before.migrant, after.migrant),
        _of_work(before.migrant, after.migrant),
        _of_insurance(before.migrant, after.migrant),
    ):
        if text:
            tracer.say("", "note", HANDS, sentence(text))
    for entry in tracer.entries("check_ups", before, after):
        text = "Is examined at a check-up that the employer pays for."
        tracer.say("", "note", HANDS, text, "check_ups", entry)


def _of_status(tracer: PersonTracer, old: np.void, new: np.void) -> str:
    if old["legal_status"] == new["legal_status"]:
        if old["renewals"] < new["renewals"]:
            lasts = int(new["status_until"]) - tracer.model.day
            return f"renews the papers, for {lasts} days"
        return ""
    if new["legal_status"] == IRREGULAR:
        reason = "; the employer keeps the passport" if old["passport_held"] else ""
        return f"the papers expire and are not renewed{reason}: the stay is irregular from now on"
    return f"has another legal status now: {status_in_words(new)}"


def _of_work(old: np.void, new: np.void) -> str:
    if old["jobless_since"] >= NEVER > new["jobless_since"]:
        return "is dismissed" + (" and gets the passport back" if old["passport_held"] else "")
    if new["jobless_since"] >= NEVER > old["jobless_since"]:
        return "finds other work"
    if old["passport_held"] and not new["passport_held"]:
        return "gets the passport back: the employer has been inspected"
    return ""


def _of_insurance(old: np.void, new: np.void) -> str:
    if new["insured"] and not old["insured"]:
        if new["insurance_channel"] == OWN:
            return "joins the insurance fund and pays the premium"
        return "is in the insurance fund now: the employer pays contributions"
    if old["insured"] and not new["insured"]:
        return "is no longer in the insurance fund"
    if new["has_policy"] and not old["has_policy"]:
        return "has an insurance policy now"
    if new["attached"] and not old["attached"]:
        return "is attached to the polyclinic as an insured person from now on"
    return ""


def tell_police(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    """Say when somebody reports the person, and what the police do."""
    old, new = before.migrant, after.migrant
    if old is None or new is None:
        return
    if np.isinf(new["detection"]) and not np.isinf(old["detection"]):
        who = "The labour inspectors report" if block == "pay-day" else "Somebody there reports"
        tracer.say("", "note", HANDS, f"{who} the person to the police.")
    if new["detections"] == old["detections"]:
        return
    cause = "after the report, " if np.isinf(old["detection"]) else ""
    if new["to_be_removed"]:
        text = f"{cause}the police detain the person, who is to be removed from the country"
        tracer.say(CUSTODY, "refused", HANDS, sentence(text), "police")
    else:
        paid = int(old["savings"] - new["savings"]) + int(new["debt"] - old["debt"])
        pays = f"the person pays {money(paid)}" if paid else "the person cannot pay it"
        text = f"{cause}the police check papers and impose a fine; {pays}"
        tracer.say("", "note", HANDS, sentence(text), "police")
