"""Illness in `study=story`: onset, decisions, the way to care, and the result."""

import numpy as np

from experiments.story.reasons import why_chosen, why_not_reached, why_waiting
from experiments.story.tracer import HANDS, PersonTracer, Snapshot
from experiments.story.weighing import as_record
from experiments.story.words import (
    CHOICES,
    REMEDIES,
    SEVERITIES,
    days,
    illness_of,
    money,
    sentence,
    the_illness,
)
from sim import vocabulary as words
from sim.agents.episode import WAIT, Felt, Outcome, State
from sim.agents.migrant import NEVER
from sim.submodels.care_options import CONSULATE, EMPLOYER, HOME, HOSPITAL, MODERATE, NGO
from sim.submodels.illness import MATERNITY
from sim.submodels.reaching import unit_for

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
        _help_to_care(tracer, thread, block, old, episode)
        if block == "decide":
            _decision(tracer, thread, ordinal, episode)
            _remedies(tracer, thread, old, episode)
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
    if episode["self_care_until"] > tracer.model.day:
        text += f", and takes {REMEDIES}"
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
    under_way = episode["state"] == State.UNDER_WAY
    choice = int(episode["option"]) if under_way else WAIT
    # A call about a booking, or money spent on another illness in the same block, came in between.
    weighed_again = seen.choice() != choice
    if under_way and weighed_again:
        tracer.say(thread, "note", HANDS, sentence(f"decides to {CHOICES[words.OPTIONS[choice]]}"))
    elif under_way:
        checked = episode["kind"] == MATERNITY and not episode["born"]
        lacking = "a check" if checked else "treatment by a doctor"
        text = why_chosen(seen, choice, lacking)
        tracer.forget(f"waits {ordinal}")
        tracer.forget(f"tries {ordinal}")
        tracer.say(thread, "note", HANDS, sentence(text))
    elif not weighed_again:
        once = f"waits {ordinal}"
        felt = int(episode["felt_barrier"]) if episode["severity"] >= MODERATE else Felt.NONE
        tracer.say(thread, "note", HANDS, sentence(why_waiting(seen, felt)), once=once)


def _remedies(tracer: PersonTracer, thread: str, old: np.void, new: np.void) -> None:
    """Say when somebody buys drugs or home remedies instead of seeing a doctor."""
    if new["self_care_until"] <= old["self_care_until"]:
        return
    seeking = tracer.model.world.care_seeking
    cost, again = int(seeking.self_care_cost), " again" * bool(old["self_treated"])
    how = f"buys {REMEDIES}{again} for {money(cost)}" if cost else f"takes {REMEDIES}{again}"
    until = days(int(new["self_care_until"]) - tracer.model.day)
    tracer.say(thread, "note", HANDS, sentence(f"{how}, enough for {until}"))


def _help_to_care(
    tracer: PersonTracer, thread: str, block: str, old: np.void, new: np.void
) -> None:
    """Say what the coordinating body does about the illness itself."""
    texts = []
    if new["guaranteed"] and not old["guaranteed"]:
        texts.append("is given a letter that guarantees care: no refusal, and no papers asked for")
    if new["escorted"] and not old["escorted"]:
        texts.append("is promised somebody who comes along and interprets")
    if new["booked_until"] > old["booked_until"]:
        until = days(int(new["booked_until"]) - tracer.model.day)
        called = "has not come to the booked visit, and is called: it can be made up for"
        booked = "a visit is booked for the person, to be made"
        texts.append(f"{called if block == 'decide' else booked} within {until}")
    for text in texts:
        tracer.say(thread, "note", HANDS, sentence(text))


def _way(tracer: PersonTracer, thread: str, old: np.void, new: np.void) -> None:
    """Say whether the person reached the place they had chosen."""
    option = int(old["option"])
    if old["state"] != State.UNDER_WAY or option == WAIT or new["state"] == State.GONE:
        return
    if new["state"] == State.QUEUED:
        place = tracer.clinic(int(new["unit"]))
        text = f"reaches the {place} and joins the line"
        if option != HOSPITAL and new["ready_on"] == tracer.model.day:
            text = f"reaches the {place} and is let into today's line, being severely ill"
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
        unseen = "" if log["formal_contact"][entry] else "; no doctor ever saw it"
        if unseen and episode["self_treated"]:
            unseen += f", and {REMEDIES} were taken"
        illness = the_illness(episode)
        gone = episode["state"] == State.GONE
        text = {
            Outcome.RECOVERED: f"{illness} is over"
            + (", away from Almaty" if gone else "")
            + unseen,
            Outcome.DIED: f"dies of {illness}{unseen}",
            Outcome.LEFT: f"the model stops following {illness}: the person left some weeks ago",
            Outcome.OWNER_DIED: f"{illness} ends with the death of the person",
        }[outcome]
        kind = "settled" if outcome == Outcome.RECOVERED else "lost"
        tracer.say(thread, kind, HANDS, sentence(text), "closed_episodes", entry)
        tracer.be_at(thread, HANDS)
