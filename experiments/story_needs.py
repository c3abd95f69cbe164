"""What `study=story` says about needs on their way between institutions, and about life besides."""

import numpy as np

from experiments.story_follow import HANDS, Follower, Snapshot, need_thread
from experiments.story_illness import means_of, tell_ends, tell_episodes, tell_visits
from experiments.story_reasons import fear_at, why_failed, why_turned_away
from experiments.story_words import (
    ENDINGS,
    KNOWLEDGE,
    SETTLED,
    days,
    money,
    need_in_words,
    sentence,
    who_it_is,
)
from sim import vocabulary as words
from sim.agents.task import DOCUMENTS, PAYMENT, SHELTER, Ending, Move, Place

KIND_OF_MOVE = {
    Move.WENT_BY_THEMSELVES: "arrives", Move.REFERRED_RIGHT: "referred",
    Move.REFERRED_WRONG: "referred", Move.DEAD_END: "dead end", Move.NO_SHOW: "dead end",
    Move.RECALLED: "note", Move.ARRIVED: "arrives", Move.SERVED: "served", Move.FAILED: "refused",
    Move.TURNED_AWAY: "refused", Move.SERVED_IN_VAIN: "served", Move.LEFT_THE_LINE: "dead end",
    Move.TO_THE_HUB: "referred", Move.RESOLVED: "settled", Move.LOST: "lost",
    Move.TAKEN_IN: "arrives",
}  # fmt: skip
"""How the picture marks a move."""
WHO_HELPS = words.KNOWLEDGE.index("who_helps")
LEARNED_BY = {
    "news and police": "Hears from others or in the news",
    "clinics see patients": "Is told by the clinic",
    "ambulances": "Is told by the ambulance crew",
    "hospitals": "Is told at the hospital",
    "agencies at work": "Is told there",
    "arrivals": "Is told on arrival",
}


def tell(follower: Follower, block: str, before: Snapshot, after: Snapshot) -> None:
    """Say what has happened to the person in a block of the day."""
    _tell_coming(follower, block, before, after)
    _tell_new_needs(follower, before, after)
    tell_visits(follower, before, after)
    _tell_moves(follower, block, before, after)
    tell_episodes(follower, block, before, after)
    _tell_life(follower, block, before, after)
    tell_ends(follower, before, after)
    _tell_superseded(follower, before, after)
    _tell_leaving(follower, before, after)


# --- needs ------------------------------------------------------------------------------------


def _tell_new_needs(follower: Follower, before: Snapshot, after: Snapshot) -> None:
    for key, task in sorted(after.tasks.items()):
        if key in before.tasks or task["place"] == Place.CLOSED:
            continue
        ordinal, need, second = key
        thread = need_thread(need, second)
        text = f"now needs {need_in_words(need, bool(task['goes_home']))}"
        if second:
            text = f"asks for {need_in_words(need)} at another institution as well"
        else:
            text += f": {_why_needed(follower, task, before.episodes.get(ordinal), after)}"
        follower.say(thread, "begins", HANDS, sentence(text))


def _why_needed(follower: Follower, task: np.void, episode: np.void | None, after: Snapshot) -> str:
    need = int(task["need"])
    if need == PAYMENT and task["serves_care"]:
        return f"care was refused for {money(task['amount'])}"
    if need == PAYMENT:
        return f"a hospital bill of {money(task['amount'])} is unpaid"
    if need == DOCUMENTS:
        return (
            "the hospital asked for them" if task["serves_care"] else "the way home asks for them"
        )
    if need == SHELTER:
        if task["goes_home"]:
            return "wants to go home and cannot pay the way"
        unable = int(follower.model.world.referral.unable_days)
        if episode is not None and episode["disabled_days"] > unable:
            return f"has been unable to work for more than {days(unable)}"
        return "has nowhere to stay after the hospital"
    if episode is not None and episode["asks_agency"] >= 0:
        return "has decided to ask for it"
    assert after.migrant is not None
    if not after.migrant["knows"][WHO_HELPS]:
        return "does not know who helps with such things"
    return "there is no common language with most staff"


def _tell_moves(follower: Follower, block: str, before: Snapshot, after: Snapshot) -> None:
    log = follower.model.handovers
    entries = follower.entries("handovers", before, after)
    for entry in entries:
        record = {name: log[name][entry].item() for name in log.dtypes}
        move, need, second = Move(record["move"]), int(record["need"]), bool(record["second"])
        key = (int(record["ordinal"]), need, second)
        task = before.tasks.get(key, after.tasks.get(key))
        thread = need_thread(need, second)
        origin, target = follower.name(record["origin"]), follower.name(record["target"])
        text = _move_in_words(follower, record, move, task, before, after)
        place = origin if move in AT_ORIGIN else target
        if record["origin"] >= 0 and task is not None and key not in before.tasks:
            follower.be_at(thread, origin)
        follower.say(thread, KIND_OF_MOVE[move], place, sentence(text), "handovers", entry)
        if target and move in (Move.SERVED, Move.TO_THE_HUB, Move.TAKEN_IN):
            follower.be_at(thread, target)
        if move in (Move.RESOLVED, Move.LOST):
            follower.end(thread)
        follower.forget(f"errand {thread}")
    _tell_waiting(follower, block, before, after, bool(entries))


AT_ORIGIN = (
    Move.REFERRED_RIGHT, Move.REFERRED_WRONG, Move.DEAD_END, Move.FAILED, Move.TURNED_AWAY,
    Move.LEFT_THE_LINE, Move.TO_THE_HUB, Move.RESOLVED, Move.LOST,
)  # fmt: skip
"""Moves that happen where the need comes from."""


def _move_in_words(
    follower: Follower,
    record: dict[str, int],
    move: Move,
    task: np.void | None,
    before: Snapshot,
    after: Snapshot,
) -> str:
    origin, target = follower.name(record["origin"]), follower.name(record["target"])
    need = int(record["need"])
    wish = need_in_words(need, task is not None and bool(task["goes_home"]))
    waited = int(record["waited"])
    migrant = before.migrant if before.migrant is not None else after.migrant
    if move == Move.WENT_BY_THEMSELVES:
        return f"goes to the {target} for {wish}: {_why_there(follower, record, before)}"
    if move == Move.NO_SHOW:
        return f"does not go to the {target}: {_why_not(follower, after)}"
    if move == Move.TURNED_AWAY:
        assert task is not None and migrant is not None
        why = why_turned_away(follower.model, int(record["origin"]), task, migrant)
        return f"the {origin} does not take the case: {why}"
    if move == Move.FAILED:
        assert task is not None
        return f"no solution at the {origin}: {why_failed(follower.model, record['origin'], task)}"
    if move == Move.LOST:
        return f"{wish}: {ENDINGS[_ending(follower, record, before, after)]}"
    when = f"after {days(waited)}" if waited else "at once"
    solved = "goes home" if wish.endswith("home") else SETTLED[need]
    return {
        Move.REFERRED_RIGHT: f"staff of the {origin} send the person to the {target}, "
        f"which can help ({wish})",
        Move.REFERRED_WRONG: f"staff of the {origin} send the person to the {target}, "
        f"which does not do this ({wish})",
        Move.DEAD_END: f"staff of the {origin} cannot help ({wish}) and name nobody who can",
        Move.RECALLED: f"had not gone to the {target}; the common register notices, "
        f"and the person is called back",
        Move.ARRIVED: f"arrives at the {target} and joins the line",
        Move.SERVED: f"the {target} sees the person about {wish}, {when}",
        Move.SERVED_IN_VAIN: f"the {target} takes up the request for {wish}, "
        "which has been settled elsewhere: time spent for nothing",
        Move.LEFT_THE_LINE: f"leaves the line of the {origin}, {when}",
        Move.TO_THE_HUB: f"the {origin} hands the request for {wish} over to the {target}",
        Move.RESOLVED: f"settled ({wish}): {solved}",
        Move.TAKEN_IN: f"the police take the person to the {target}",
    }[move]


def _why_there(follower: Follower, record: dict[str, int], before: Snapshot) -> str:
    knows = before.migrant is not None and bool(before.migrant["knows"][WHO_HELPS])
    able = follower.model.agencies.table["competence"][record["target"], record["need"]] > 0
    if record["second"]:
        return "to be sure"
    if knows:
        return "they know who helps" if able else "they know of nobody else who would help"
    return "a guess, and a right one" if able else "a guess; this institution does not do this"


def _why_not(follower: Follower, after: Snapshot) -> str:
    fear = fear_at(follower.model.city(), after.row) if after.row >= 0 else 0.0
    if fear > follower.model.world.referral.afraid_above:
        return "the fear of being reported is too great"
    return "something comes in between"


def _ending(
    follower: Follower, record: dict[str, int], before: Snapshot, after: Snapshot
) -> Ending:
    log = follower.model.closed_needs
    for entry in follower.entries("closed_needs", before, after):
        if log["need"][entry] == record["need"] and log["ordinal"][entry] == record["ordinal"]:
            return Ending(int(log["ending"][entry]))
    return Ending.DUPLICATE


def _tell_waiting(
    follower: Follower, block: str, before: Snapshot, after: Snapshot, moved: bool
) -> None:
    """Say what the log of moves does not hold: papers in the making, and errands in vain."""
    for key, task in sorted(after.tasks.items()):
        old = before.tasks.get(key)
        if old is None:
            continue
        thread = need_thread(key[1], key[2])
        place = follower.name(int(task["agency"]))
        if task["place"] == Place.IN_PROCESS and old["place"] != Place.IN_PROCESS:
            wait = int(task["ready_on"]) - follower.model.day
            text = f"the {place} begins to work on it: ready in {days(wait)}"
            follower.say(thread, "note", place, sentence(text))
        elif task["registered"] and not old["registered"]:
            follower.say(thread, "note", place, "Agrees to be entered in the common register.")
        elif block == "needs find a way" and task["moves"] > old["moves"] and not moved:
            text = f"wants to see somebody about {need_in_words(key[1], bool(task['goes_home']))}, "
            text += "but finds the door closed or gets no leave from work; keeps trying"
            follower.say(thread, "note", HANDS, sentence(text), once=f"errand {thread}")


def _tell_superseded(follower: Follower, before: Snapshot, after: Snapshot) -> None:
    """Say which needs ended without a move: nothing was left that they were good for."""
    log = follower.model.closed_needs
    for entry in follower.entries("closed_needs", before, after):
        need, ending = int(log["need"][entry]), Ending(int(log["ending"][entry]))
        thread = need_thread(need, False)
        if ending == Ending.SUPERSEDED:
            text = f"{need_in_words(need)}: {ENDINGS[ending]}"
            follower.say(thread, "lost", HANDS, sentence(text), "closed_needs", entry)
        follower.end(thread)


# --- life besides -----------------------------------------------------------------------------


def _tell_coming(follower: Follower, block: str, before: Snapshot, after: Snapshot) -> None:
    if before.migrant is not None or after.migrant is None:
        return
    follower.portrait = who_it_is(follower.model, after.row)
    if block:
        follower.say("", "note", HANDS, "Comes to Almaty to work.")


def _tell_life(follower: Follower, block: str, before: Snapshot, after: Snapshot) -> None:
    old, new = before.migrant, after.migrant
    if old is None or new is None:
        return
    for item, name in enumerate(words.KNOWLEDGE):
        if new["knows"][item] and not old["knows"][item]:
            by = LEARNED_BY.get(block, "Learns")
            follower.say("", "note", HANDS, f"{by} {KNOWLEDGE[name]}.")
        elif old["knows"][item] and not new["knows"][item]:
            follower.say("", "note", HANDS, f"No longer remembers {KNOWLEDGE[name]}.")
    if new["detections"] > old["detections"]:
        lost = means_of(follower, old) - means_of(follower, new)
        reported = "after a report by an institution, " if np.isinf(old["detection"]) else ""
        text = f"{reported}the police check the person's papers and impose a fine"
        text += f" ({money(lost)} paid)"
        if new["to_be_removed"]:
            text = f"{reported}the police take the person into custody, "
            text += "to be removed from the country"
        follower.say("", "note", HANDS, sentence(text))
    if new["debt"] > old["debt"] and block == "pay-day":
        follower.say("", "note", HANDS, f"Borrows to live: owes {money(new['debt'])} to lenders.")


def _tell_leaving(follower: Follower, before: Snapshot, after: Snapshot) -> None:
    for entry in follower.entries("leavers", before, after):
        migrant = before.migrant
        ill = [one for one in after.episodes.values() if one["severity"] > 1]
        text = "leaves Almaty" + (", ill" if ill else "")
        if migrant is not None and migrant["to_be_removed"]:
            text = "is removed from the country"
        fatal = follower.entries("closed_episodes", before, after)
        if fatal and not after.episodes:
            text = "the life of the person has ended"
        follower.say("", "note", HANDS, sentence(text), "leavers", entry)
