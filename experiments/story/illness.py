"""Illness in `study=story`: onset, decisions, the way to care, and the result."""

import numpy as np

from experiments.story.reasons import (
    as_record,
    means_of,
    why_chosen,
    why_not_reached,
    why_waiting,
)
from experiments.story.tracer import HANDS, PersonTracer, Snapshot
from experiments.story.words import (
    CHOICES,
    ILLNESSES,
    KNOWLEDGE,
    SEVERITIES,
    days,
    in_a_hundred,
    money,
    sentence,
)
from sim import vocabulary as words
from sim.agents.episode import WAIT, Outcome, State
from sim.agents.migrant import NEVER
from sim.submodels.care_options import CONSULATE, EMPLOYER, HOME, NGO
from sim.submodels.illness import INFECTION, MATERNITY
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.reaching import unit_for
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


def illness_of(episode: np.void) -> str:
    """Return what an episode is, in words."""
    return "a birth" if episode["born"] else ILLNESSES[words.KINDS[int(episode["kind"])]]


def the_illness(episode: np.void) -> str:
    """Return what an episode is, with the definite article."""
    return "the " + illness_of(episode).removeprefix("an ").removeprefix("a ")


# --- visits ----------------------------------------------------------------------------------


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
        price = tracer.model.payment.parameters[0]["listed_price"][clinic["kind"]]
        return (
            f"the {place} turns the person away: the visit costs {money(price)}, "
            f"and they can raise {money(means_of(tracer.model, migrant))}"
        )
    if result == WRONGLY_REFUSED:
        return f"the {place} turns the person away, although the state pays for this care" + (
            _more_likely(migrant)
        )
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


PAYERS_IN_WORDS = {"state": "the state", "fund": "the insurance fund", "policy": "the insurer"}


def who_pays(tracer: PersonTracer, visit: dict[str, int], before: Snapshot, after: Snapshot) -> str:
    """Say who has paid for a visit, in the order in which the desk asks."""
    place = tracer.clinic(visit["unit"])
    if place == "ambulance":
        return "it costs the person nothing"
    payer = words.PAYERS[visit["payer"]]
    if payer != "patient":
        return f"{PAYERS_IN_WORDS[payer]} pays"
    if visit["in_kind"]:
        return "the employer pays, and asks for silence"
    ordinal = visit["ordinal"]
    if after.episodes[ordinal]["covered"] < before.episodes[ordinal]["covered"]:
        return "others pay, as they have promised"
    return f"the person pays {money(visit['paid'])}"


# --- episodes ---------------------------------------------------------------------------------


def tell_episodes(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    """Tell how illnesses begin, change and are treated."""
    for ordinal, episode in sorted(after.episodes.items()):
        thread = tracer.thread_of(ordinal, after)
        old = before.episodes.get(ordinal)
        if old is None:
            _begin(tracer, thread, episode)
            continue
        if episode["state"] != State.GONE:
            _course(tracer, thread, old, episode)
        if block == "decide":
            _decision(tracer, thread, ordinal, episode)
        elif block == "set out":
            _way(tracer, thread, old, episode)
        else:
            _treatment(tracer, thread, block, old, episode)


def _begin(tracer: PersonTracer, thread: str, episode: np.void) -> None:
    severity = SEVERITIES[int(episode["severity"]) - 1]
    since = tracer.model.day - int(episode["began_on"])
    if since > 0:
        text = f"has {illness_of(episode)} ({severity}), for {days(since)} already"
    else:
        text = f"{illness_of(episode)} begins ({severity})"
    place = tracer.clinic(int(episode["unit"])) if episode["unit"] >= 0 else ""
    text += {
        State.LATENT: "; the person has not noticed it yet",
        State.QUEUED: f", and waits at the {place}",
        State.IN_BED: f", and is in the {place}",
        State.TREATED_AT_HOME: ", and is being treated at home",
    }.get(State(int(episode["state"])), "")
    tracer.say(thread, "begins", HANDS, sentence(text))


def _course(tracer: PersonTracer, thread: str, old: np.void, new: np.void) -> None:
    illness = the_illness(new)
    if new["born"] and not old["born"]:
        tracer.say(thread, "note", HANDS, "The day of birth has come: it needs urgent care.")
    elif new["severity"] != old["severity"]:
        how = "gets worse" if new["severity"] > old["severity"] else "gets better"
        severity = SEVERITIES[int(new["severity"]) - 1]
        tracer.say(thread, "note", HANDS, sentence(f"{illness} {how}: now {severity}"))
    if new["perceived_on"] > -NEVER and old["perceived_on"] <= -NEVER:
        tracer.say(thread, "note", HANDS, sentence(f"notices {illness}"))
    if new["sequelae_on"] > -NEVER and old["sequelae_on"] <= -NEVER:
        tracer.say(thread, "note", HANDS, sentence(f"{illness} leaves lasting damage"))


def _decision(tracer: PersonTracer, thread: str, ordinal: int, episode: np.void) -> None:
    """Say what was decided, and what the model weighed."""
    seen = tracer.weighed.get(ordinal)
    if seen is None or episode["compared_on"] != tracer.model.day:
        return
    if episode["state"] == State.UNDER_WAY:
        text = why_chosen(seen, int(episode["option"]))
        tracer.forget(f"waits {ordinal}")
        tracer.forget(f"tries {ordinal}")
        tracer.say(thread, "note", HANDS, sentence(text))
    else:
        once = f"waits {ordinal}"
        tracer.say(thread, "note", HANDS, sentence(why_waiting(seen)), once=once)


def _way(tracer: PersonTracer, thread: str, old: np.void, new: np.void) -> None:
    """Say whether the person reached the place they had chosen."""
    option = int(old["option"])
    if old["state"] != State.UNDER_WAY or option == WAIT or new["state"] == State.GONE:
        return
    if new["state"] == State.QUEUED:
        place = tracer.clinic(int(new["unit"]))
        text = f"reaches the {place} and joins the line"
        if option == EMPLOYER:
            text = "the employer sends the person to a private doctor and will pay"
        elif place == "ambulance":
            text = "calls an ambulance"
        tracer.say(thread, "arrives", place, sentence(text))
    elif option == EMPLOYER:
        tracer.say(thread, "note", HANDS, "The employer does not pay for a doctor.")
    elif option == HOME:
        price = float(tracer.model.payment.parameters[0]["bus_home"])
        tracer.say(thread, "note", HANDS, f"Cannot pay the way home ({money(price)}).")
    elif option in (NGO, CONSULATE):
        tracer.say(thread, "note", HANDS, "Asks there what to do about it.")
    else:
        _in_vain(tracer, thread, old, new)


def _in_vain(tracer: PersonTracer, thread: str, old: np.void, new: np.void) -> None:
    model = tracer.model
    unit = unit_for(model.city(), as_record(old), int(old["option"]))
    why = why_not_reached(bool(model.clinics.open[unit]))
    if new["state"] == State.UNDECIDED:
        tries = days(int(model.world.care_seeking.tries))
        text = f"has tried for {tries} to get there ({why}), and thinks again"
        tracer.say(thread, "dead end", HANDS, sentence(text))
        return
    text = f"does not get to the {tracer.clinic(unit)} today: {why}; will try again"
    tracer.say(thread, "note", HANDS, sentence(text), once=f"tries {new['ordinal']}")


def _treatment(tracer: PersonTracer, thread: str, block: str, old: np.void, new: np.void) -> None:
    """Tell what happens in a hospital bed and afterwards."""
    place = tracer.clinic(int(new["unit"])) if new["unit"] >= 0 else HANDS
    in_bed, was_in_bed = new["state"] == State.IN_BED, old["state"] == State.IN_BED
    if in_bed and not was_in_bed and new["boarding"]:
        tracer.say(thread, "note", place, "Waits in a corridor for a free bed.")
    elif in_bed and not new["boarding"] and (old["boarding"] or not was_in_bed):
        until = int(new["leaves_bed_on"]) - tracer.model.day
        tracer.say(thread, "note", place, f"Gets a bed, for about {days(until)}.")
    if in_bed and new["treated"] and not (was_in_bed and old["treated"]):
        tracer.say(thread, "note", place, "The treatment begins to work.")
    if block == "bills after emergencies":
        _bill(tracer, thread, place, old, new)
    elif block == "discharge" and was_in_bed and not in_bed:
        left = tracer.clinic(int(old["unit"]))
        how = "treatment goes on at home" if new["treated"] else "the treatment does not go on"
        tracer.say(thread, "note", left, f"Leaves the {left}; {how}.")
    elif block == "abandoned treatment" and old["treated"] and not new["treated"]:
        tracer.say(thread, "lost", HANDS, "Stops the treatment before its end.")
    elif block == "antenatal reminders" and old["treated"] and not new["treated"]:
        tracer.say(thread, "note", HANDS, "The next check during the pregnancy is due.")
    elif block == "agencies at work":
        for option in np.flatnonzero(old["refused_by"] & ~new["refused_by"]):
            text = f"can {CHOICES[words.OPTIONS[option]]} again: what stood in the way is settled"
            tracer.say(thread, "note", HANDS, sentence(text))


def _bill(tracer: PersonTracer, thread: str, place: str, old: np.void, new: np.void) -> None:
    charged = int(new["charged"] - old["charged"])
    paid, owed = int(new["paid"] - old["paid"]), int(new["owed"] - old["owed"])
    danger = "the threat to life is over, and the state does not pay for the rest of the stay"
    if new["leaves_bed_on"] < old["leaves_bed_on"]:
        text = f"{danger}; the person cannot pay it and is to leave early"
        tracer.say(thread, "refused", place, sentence(text))
    elif charged:
        text = f"{danger} ({money(charged)}): " + (
            f"pays {money(paid)}" if paid else "pays nothing"
        )
        text += f" and owes {money(owed)}" if owed else ""
        tracer.say(thread, "note", place, sentence(text))


def tell_ends(tracer: PersonTracer, before: Snapshot, after: Snapshot) -> None:
    """Say how illnesses end."""
    log = tracer.model.closed_episodes
    for entry in tracer.entries("closed_episodes", before, after):
        ordinal, outcome = int(log["ordinal"][entry]), Outcome(int(log["outcome"][entry]))
        episode = before.episodes[ordinal]
        thread = tracer.thread_of(ordinal, before)
        seen = bool(log["formal_contact"][entry])
        illness = the_illness(episode)
        gone = episode["state"] == State.GONE
        text = {
            Outcome.RECOVERED: f"{illness} is over"
            + (", away from Almaty" if gone else "")
            + ("" if seen else "; no doctor ever saw it"),
            Outcome.DIED: f"dies of {illness}" + ("" if seen else "; no doctor ever saw it"),
            Outcome.LEFT: f"the model stops following {illness}: the person left some weeks ago",
            Outcome.OWNER_DIED: f"{illness} ends with the death of the person",
        }[outcome]
        kind = "settled" if outcome == Outcome.RECOVERED else "lost"
        tracer.say(thread, kind, HANDS, sentence(text), "closed_episodes", entry)
        tracer.be_at(thread, HANDS)
