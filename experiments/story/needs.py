"""Needs in `study=story` and their path between institutions; other events of life."""

import numpy as np

from experiments.story.illness import tell_ends, tell_episodes
from experiments.story.papers import tell_papers, tell_police
from experiments.story.reasons import (
    why_failed,
    why_no_address,
    why_not_gone,
    why_there,
    why_turned_away,
)
from experiments.story.tracer import CUSTODY, HANDS, PersonTracer, Snapshot, need_thread
from experiments.story.visits import tell_visits
from experiments.story.words import (
    ENDINGS,
    KNOWLEDGE,
    SETTLED,
    days,
    money,
    need_in_words,
    sentence,
    times,
    who_it_is,
)
from sim import vocabulary as words
from sim.agents.episode import Outcome
from sim.agents.migrant import NEVER
from sim.agents.task import DOCUMENTS, PAYMENT, SHELTER, Ending, Move, Place
from sim.submodels.care_options import POLYCLINIC
from sim.submodels.information import WHO_HELPS
from sim.submodels.legal_status import PERMIT

KIND_OF_MOVE = {
    Move.WENT_BY_THEMSELVES: "arrives", Move.REFERRED_RIGHT: "referred",
    Move.REFERRED_WRONG: "referred", Move.DEAD_END: "dead end", Move.NO_SHOW: "dead end",
    Move.RECALLED: "note", Move.ARRIVED: "arrives", Move.SERVED: "served", Move.FAILED: "refused",
    Move.TURNED_AWAY: "refused", Move.SERVED_IN_VAIN: "served", Move.LEFT_THE_LINE: "dead end",
    Move.TO_THE_HUB: "referred", Move.RESOLVED: "settled", Move.LOST: "lost",
    Move.TAKEN_IN: "arrives",
}  # fmt: skip
"""How the picture marks a move."""
LEARNED_BY = {
    "news, police, papers": "Hears from others or in the news",
    "clinics see patients": "Is told by the clinic",
    "ambulances": "Is told by the ambulance crew",
    "hospitals": "Is told at the hospital",
}


def narrate(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    """Tell what has happened to the person in a block of the day."""
    _tell_coming(tracer, block, before, after)
    tell_police(tracer, block, before, after)
    tell_papers(tracer, before, after)
    _tell_new_needs(tracer, block, before, after)
    tell_visits(tracer, before, after)
    _tell_moves(tracer, block, before, after)
    tell_episodes(tracer, block, before, after)
    _tell_life(tracer, block, before, after)
    tell_ends(tracer, before, after)
    _tell_superseded(tracer, before, after)
    _tell_leaving(tracer, block, before, after)


# --- needs ------------------------------------------------------------------------------------


def _tell_new_needs(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    for key, task in sorted(after.tasks.items()):
        ordinal, need, second = key
        if key in before.tasks or task["place"] == Place.CLOSED or (second and block):
            # Asking at a second institution is told as a move.
            continue
        wish = need_in_words(need, bool(task["goes_home"]))
        if not block:
            text = f"has needed {wish} for {days(tracer.model.day - int(task['arose_on']))}"
        else:
            why = _why_needed(tracer, task, before.episodes[ordinal], before)
            text = f"now needs {wish}: {why}"
        tracer.say(need_thread(need, second), "begins", HANDS, sentence(text))


def _why_needed(tracer: PersonTracer, task: np.void, episode: np.void, before: Snapshot) -> str:
    need = int(task["need"])
    if need == PAYMENT and task["serves_care"]:
        return f"care was refused for lack of {money(task['amount'])}"
    if need == PAYMENT:
        return f"a hospital bill of {money(task['amount'])} is unpaid"
    if need == DOCUMENTS:
        if task["option"] == POLYCLINIC:
            owner = before.migrant
            insured = owner is not None and (owner["insured"] or owner["has_policy"])
            why = "to attach an insured person" if insured else "to see a valid registration"
            return f"the polyclinic asked for them, {why}"
        return "the hospital asked for them" if task["serves_care"] else "the way home needs them"
    if need == SHELTER:
        if task["goes_home"]:
            return "wants to go home and cannot pay for it"
        unable = int(tracer.model.world.referral.unable_days)
        if episode["disabled_days"] > unable:
            return f"has been unable to work for more than {days(unable)}"
        jobless = before.migrant is not None and before.migrant["jobless_since"] < NEVER
        if jobless and episode["came_up_at"] < 0:
            return "has lost work while ill"
        return "has nowhere to stay after the hospital"
    if episode["asks_agency"] >= 0:
        return "has decided to ask for it"
    if task["option"] >= 0:
        return "staff who turned the person away have named the coordinating body"
    assert before.migrant is not None
    if not before.migrant["knows"][WHO_HELPS]:
        return "does not know who helps with such things"
    return "there is no common language with most staff"


def _tell_moves(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    log = tracer.model.handovers
    moved = set()
    for entry in tracer.entries("handovers", before, after):
        record = {name: log[name][entry].item() for name in log.dtypes}
        move, need, second = Move(record["move"]), record["need"], bool(record["second"])
        key = (record["ordinal"], need, second)
        thread = CUSTODY if move == Move.TAKEN_IN else need_thread(need, second)
        place = tracer.name(record["origin"] if move in AT_ORIGIN else record["target"])
        place = HANDS if move in STAYED_WITH_THE_PERSON else place
        text = _move_in_words(tracer, block, record, before, after)
        if move in AT_ORIGIN and place and move not in (Move.RESOLVED, Move.LOST):
            # A need that arises at a clinic starts there.
            tracer.be_at(thread, place)
        tracer.say(thread, KIND_OF_MOVE[move], place, sentence(text), "handovers", entry)
        if move in (Move.SERVED, Move.SERVED_IN_VAIN, Move.TAKEN_IN):
            tracer.be_at(thread, place)
        tracer.forget(f"errand {thread}")
        moved.add(key)
    _tell_waiting(tracer, block, before, after, moved)


AT_ORIGIN = (
    Move.REFERRED_RIGHT, Move.REFERRED_WRONG, Move.DEAD_END, Move.FAILED, Move.TURNED_AWAY,
    Move.LEFT_THE_LINE, Move.TO_THE_HUB, Move.RESOLVED, Move.LOST,
)  # fmt: skip
"""Moves that happen at the place where the need comes from."""
STAYED_WITH_THE_PERSON = (Move.NO_SHOW, Move.RECALLED)


def _move_in_words(
    tracer: PersonTracer, block: str, record: dict[str, int], before: Snapshot, after: Snapshot
) -> str:
    move, need = Move(record["move"]), record["need"]
    origin, target = tracer.name(record["origin"]), tracer.name(record["target"])
    waited = record["waited"]
    when = f"after {days(waited)}" if waited else "at once"
    if move == Move.TAKEN_IN:
        return f"the police take the person to the {target}"
    key = (record["ordinal"], need, bool(record["second"]))
    task = before.tasks[key] if key in before.tasks else after.tasks[key]
    wish = need_in_words(need, bool(task["goes_home"]))
    if move == Move.SERVED_IN_VAIN:
        return (
            f"the {target} takes up the request for {wish}, which is settled already: "
            "time spent for nothing"
        )
    if move == Move.LOST:
        return _lost_in_words(tracer, block, record, wish, before, after)
    why = _why_moved(tracer, record, move, task, before)
    solved = "the person goes home" if task["goes_home"] else SETTLED[need]
    return {
        Move.WENT_BY_THEMSELVES: f"goes to the {target} for {wish}: {why}",
        Move.NO_SHOW: f"does not go to the {target}: {why}",
        Move.TURNED_AWAY: f"the {origin} does not take the case: {why}",
        Move.FAILED: f"no solution at the {origin}: {why}",
        Move.DEAD_END: f"staff of the {origin} name nobody who can help ({wish}): {why}",
        Move.REFERRED_RIGHT: f"staff of the {origin} send the person to the {target}, "
        f"which deals with this ({wish}){why}",
        Move.REFERRED_WRONG: f"staff of the {origin} send the person to the {target}, "
        f"which does not deal with this ({wish})",
        Move.RECALLED: f"does not go to the {target} at first; the common register notices, "
        "and the person is called back",
        Move.ARRIVED: f"arrives at the {target} and joins the line",
        Move.SERVED: f"the {target} sees the person about {wish}, {when}",
        Move.LEFT_THE_LINE: f"leaves the line of the {origin}, {when}",
        Move.TO_THE_HUB: f"the {origin} hands the request for {wish} over to the {target}",
        Move.RESOLVED: f"settled ({wish}): {solved}",
    }[move]


def _why_moved(
    tracer: PersonTracer, record: dict[str, int], move: Move, task: np.void, before: Snapshot
) -> str:
    """Return the reason of a move, "" for moves that need none."""
    model, migrant = tracer.model, before.migrant
    assert migrant is not None
    if move == Move.WENT_BY_THEMSELVES:
        if record["second"]:
            return "a second place, to be sure"
        return why_there(model, record["target"], task, migrant)
    if move == Move.TURNED_AWAY:
        return why_turned_away(model, record["origin"], task, migrant)
    if move == Move.FAILED:
        return why_failed(model, record["origin"], task)
    if move == Move.DEAD_END:
        return why_no_address(model, record["origin"], task, migrant)
    if move == Move.REFERRED_RIGHT:
        sent = task.copy()
        sent["last_agency"] = record["origin"]
        why = why_turned_away(model, record["target"], sent, migrant)
        return f" but will not take the case: {why}" if why else ""
    return why_not_gone(model, migrant) if move == Move.NO_SHOW else ""


def _lost_in_words(
    tracer: PersonTracer,
    block: str,
    record: dict[str, int],
    wish: str,
    before: Snapshot,
    after: Snapshot,
) -> str:
    log = tracer.model.closed_needs
    entry = next(
        one
        for one in tracer.entries("closed_needs", before, after)
        if log["need"][one] == record["need"] and log["ordinal"][one] == record["ordinal"]
    )
    ending = Ending(int(log["ending"][entry]))
    if ending == Ending.GIVEN_UP:
        tried = f"asked {times(int(log['bounces'][entry]))} in vain"
        why = "nobody is left to turn to" if block == "needs find a way" else tried
        return f"gives up ({wish}): {why}"
    return f"{wish}: {ENDINGS[ending]}"


def _tell_waiting(
    tracer: PersonTracer,
    block: str,
    before: Snapshot,
    after: Snapshot,
    moved: set[tuple[int, int, bool]],
) -> None:
    """Tell what the log of moves does not hold: papers being issued, and visits in vain."""
    for key, task in sorted(after.tasks.items()):
        old = before.tasks.get(key)
        thread = need_thread(key[1], key[2])
        place = tracer.name(int(task["agency"]))
        if task["registered"] and not (old is not None and old["registered"]) and block:
            tracer.say(thread, "note", place, "Agrees to be entered in the common register.")
        if old is None or task["place"] == Place.CLOSED:
            continue
        wish = need_in_words(key[1], bool(task["goes_home"]))
        if task["place"] == Place.IN_PROCESS and old["place"] != Place.IN_PROCESS:
            wait = int(task["ready_on"]) - tracer.model.day
            text = f"the {place} begins to work on it: ready in {days(wait)}"
            tracer.say(thread, "note", place, sentence(text))
        elif block == "needs find a way" and task["moves"] > old["moves"] and key not in moved:
            text = f"wants to see somebody about {wish}, but the door is closed "
            text += "or the employer gives no leave; keeps trying"
            tracer.say(thread, "note", HANDS, sentence(text), once=f"errand {thread}")


def _tell_superseded(tracer: PersonTracer, before: Snapshot, after: Snapshot) -> None:
    """Say which needs ended without a move, because nothing depended on them any more."""
    log = tracer.model.closed_needs
    for entry in tracer.entries("closed_needs", before, after):
        need = int(log["need"][entry])
        if log["ending"][entry] == Ending.SUPERSEDED:
            task = before.tasks[int(log["ordinal"][entry]), need, False]
            text = f"{need_in_words(need, bool(task['goes_home']))}: {ENDINGS[Ending.SUPERSEDED]}"
            thread = need_thread(need, False)
            place = tracer.where(thread)
            tracer.say(thread, "lost", place, sentence(text), "closed_needs", entry)


# --- other events of life ---------------------------------------------------------------------


def _tell_coming(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    if before.migrant is not None or after.migrant is None:
        return
    tracer.portrait = who_it_is(tracer.model, after.row)
    if block:
        tracer.say("", "note", HANDS, "Comes to Almaty to work.")


def _tell_life(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    old, new = before.migrant, after.migrant
    if old is None or new is None:
        return
    for item, name in enumerate(words.KNOWLEDGE):
        if new["knows"][item] and not old["knows"][item]:
            by = _learned_by(tracer, block, before, after)
            tracer.say("", "note", HANDS, f"{by} {KNOWLEDGE[name]}.")
        elif old["knows"][item] and not new["knows"][item]:
            tracer.say("", "note", HANDS, f"No longer remembers {KNOWLEDGE[name]}.")
    if new["debt"] > old["debt"] and block == "pay-day":
        tracer.say("", "note", HANDS, f"Borrows: owes {money(new['debt'])} to lenders.")


def _learned_by(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> str:
    if block == "agencies at work":
        log = tracer.model.handovers
        entries = tracer.entries("handovers", before, after)
        seen_by = {int(log["target"][one]) for one in entries if log["move"][one] == Move.SERVED}
        where = "there" if len(seen_by) != 1 else f"at the {tracer.name(seen_by.pop())}"
        return f"Is told {where}"
    if tracer.entries("check_ups", before, after):
        return "Is told at the check-up"
    old, new = before.migrant, after.migrant
    assert old is not None
    assert new is not None
    if new["renewals"] > old["renewals"] and new["legal_status"] == PERMIT:
        return "Is told at the medical check for the permit"
    return LEARNED_BY.get(block, "Learns")


def _tell_leaving(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
    for entry in tracer.entries("leavers", before, after):
        migrant = before.migrant
        assert migrant is not None
        outcomes = tracer.model.closed_episodes["outcome"]
        if any(
            outcomes[one] == Outcome.DIED
            for one in tracer.entries("closed_episodes", before, after)
        ):
            text = "the life of the person has ended"
        elif block == "set out":
            text = "leaves Almaty to be treated at home"
        elif block == "agencies at work":
            text = "is brought home and leaves Almaty"
        elif migrant["to_be_removed"]:
            text = "is removed from the country"
        elif migrant["jobless_since"] < NEVER:
            text = "leaves Almaty, having found no other work"
        else:
            text = "leaves Almaty, as planned"
        tracer.say("", "note", HANDS, sentence(text), "leavers", entry)
