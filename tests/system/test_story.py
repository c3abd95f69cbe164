"""`study=story`: what is told has happened, is told once, and for the reason the model had."""

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.story.narrative import story
from experiments.story.study import follow_and_tell, write_story
from experiments.story.visits import who_pays
from experiments.story.words import money
from sim import vocabulary as words
from sim.agents.episode import WAIT, State
from sim.agents.task import Ending, Move
from sim.engine.types import Column
from sim.submodels import services
from tests.system.followed import (
    DAYS,
    LOGGED_ON,
    LOST,
    PLACES,
    Followed,
    cause_of_need,
    follow_people_of_all_kinds,
    means,
    place_of,
    prices,
)


@pytest.fixture(scope="module")
def followed() -> list[Followed]:
    """Both scenarios, with and without followers. Only look: others look at them too."""
    return follow_people_of_all_kinds()


# --- what is told has happened ----------------------------------------------------------------


@pytest.mark.slow
def test_following_changes_nothing(followed: list[Followed]) -> None:
    for one in followed:
        assert one.model.digest() == one.plain.digest()
        assert {told.digest for told in one.told.values()} == {one.plain.digest()}
    assert followed[0].plain.digest() != followed[1].plain.digest()


def test_an_event_matches_the_entry_it_claims(followed: list[Followed]) -> None:
    for one in followed:
        names = [*one.plain.agencies.names, *words.INSTITUTION_KINDS]
        for source, logged_on in LOGGED_ON.items():
            events = one.events(source)
            assert events
            for person, event in events:
                entry = one.entry(event)
                assert entry["person"] == person
                assert entry[logged_on] == event.day
                if source == "visits":
                    kind = one.plain.clinics.units[entry["unit"]].kind
                    assert event.place == PLACES.get(kind, kind)
                if source == "handovers" and event.place:
                    ends = [names[entry[end]] for end in ("origin", "target") if entry[end] >= 0]
                    assert event.place in {place_of(one, name) for name in ends}
                if source == "handovers" and entry["move"] != Move.TAKEN_IN:
                    assert event.thread.split(" ")[0] == words.NEEDS[entry["need"]]


@pytest.mark.parametrize("source", ["visits", "handovers", "closed_episodes", "leavers"])
def test_what_is_in_the_log_is_told_once(followed: list[Followed], source: str) -> None:
    for one in followed:
        log = getattr(one.plain, source)
        mine = np.flatnonzero(np.isin(log["person"], list(one.told)))
        assert len(mine)
        assert sorted(event.entry for _, event in one.events(source)) == mine.tolist()


def test_a_closed_need_is_told_once(followed: list[Followed]) -> None:
    """Either as a move (settled, lost), or as a need that nothing is left for."""
    for one in followed:
        log = one.plain.closed_needs
        mine = np.flatnonzero(np.isin(log["person"], list(one.told)))
        closed = Counter(
            (int(log["person"][i]), int(log["ordinal"][i]), int(log["need"][i]),
             int(log["ended_on"][i]), int(log["ending"][i]))
            for i in mine
        )  # fmt: skip
        told: Counter[tuple[int, ...]] = Counter()
        for person, event in one.events("closed_needs"):
            entry = one.entry(event)
            told[person, entry["ordinal"], entry["need"], event.day, entry["ending"]] += 1
        for person, event in one.events("handovers"):
            entry = one.entry(event)
            if entry["move"] == Move.RESOLVED:
                told[person, entry["ordinal"], entry["need"], event.day, Ending.RESOLVED] += 1
            elif entry["move"] == Move.LOST:
                ending = next(end for words_for, end in LOST.items() if words_for in event.text)
                told[person, entry["ordinal"], entry["need"], event.day, ending] += 1
        assert told == closed
        assert {ending for *_, ending in closed} >= {*LOST.values(), Ending.RESOLVED}


def test_every_measure_of_the_police_is_told_once(followed: list[Followed]) -> None:
    for one in followed:
        told: dict[int, list[tuple[int, bool]]] = {}
        for person, event in one.events("police"):
            told.setdefault(person, []).append((event.day, "removed" in event.text))
        assert told == {person: seen for person, seen in one.measures.items() if person in one.told}
        assert {removed for seen in told.values() for _, removed in seen} == {False, True}


def test_a_report_to_the_police_is_told_on_its_day(followed: list[Followed]) -> None:
    reports = 0
    for one in followed:
        for moment in one.all_moments():
            old, new = moment.before.migrant, moment.after.migrant
            if old is not None and new is not None:
                reported = np.isinf(new["detection"]) and not np.isinf(old["detection"])
                assert reported == any("reports the person" in e.text for e in moment.events)
                reports += reported
    assert reports


def test_all_kinds_of_visits_and_moves_are_among_what_is_told(followed: list[Followed]) -> None:
    """The other tests are about something: the rare cases are there."""
    results = {one.entry(event)["result"] for one in followed for _, event in one.events("visits")}
    assert results == set(range(len(services.VISIT_RESULTS)))
    moves = {one.entry(event)["move"] for one in followed for _, event in one.events("handovers")}
    assert moves >= set(Move) - {Move.REFERRED_WRONG, Move.TURNED_AWAY}


# --- for the reason the model had -------------------------------------------------------------


def test_what_was_weighed_is_what_was_decided_and_the_price_said_the_price_believed(
    followed: list[Followed],
) -> None:
    said = Counter[str]()
    for one in followed:
        for moment in one.all_moments():
            if moment.block != "decide" or moment.before.migrant is None:
                continue
            texts = {event.thread: event.text for event in moment.events}
            for ordinal, new in moment.after.episodes.items():
                if new["compared_on"] != moment.day:
                    continue
                old, weighed = moment.before.episodes[ordinal], moment.weighed[ordinal]
                choice = int(new["option"]) if new["state"] == State.UNDER_WAY else WAIT
                assert weighed.choice() == choice
                if choice == WAIT:
                    continue
                option = words.OPTIONS[choice]
                believed, true = prices(one.world, moment.before.migrant, old, option)
                text = texts[f"{words.KINDS[int(old['kind'])]} {ordinal}"]
                if believed != true:
                    assert f"expect to pay {money(believed)} (in fact it " in text
                    assert money(true) in text or "in fact it is free by law)" in text
                elif true > 0:
                    assert f"t costs {money(true)}" in text or f"about {money(true)} for" in text
                else:
                    assert "t is free by law" in text or "tenge" not in text
                if believed or true:
                    assert f"can raise {money(means(one.world, moment.before.migrant))}" in text
                said["misbelief" if believed != true else "price" if true else "free"] += 1
    assert all(said[kind] > 3 for kind in ("misbelief", "price", "free")), said


def test_who_waits_is_told_what_would_have_made_them_go(followed: list[Followed]) -> None:
    """The obstacle named is one whose removal alone changes the decision."""
    said = Counter[str]()
    obstacle = {
        "Knowing the true price": (3, 4), "without the fear of": (1, -1),
        "without fear and language": (1, -1), "with a common language": (1, -1),
        "were it not for the way": (2, -1), "were it not for the money": (3, -1),
    }  # fmt: skip
    for one in followed:
        for moment in one.all_moments():
            for ordinal, weighed in moment.weighed.items() if moment.block == "decide" else ():
                for event in moment.events:
                    episode = moment.after.episodes[ordinal]
                    if event.thread != f"{words.KINDS[int(episode['kind'])]} {ordinal}":
                        continue
                    if episode["state"] != State.UNDECIDED or "remedies" in event.text:
                        continue
                    named = next((text for text in obstacle if text in event.text), "")
                    if named:
                        assert weighed.choice(*obstacle[named]) != WAIT
                    else:
                        assert all(weighed.choice(*parts) == WAIT for parts in obstacle.values())
                    said[named] += 1
    assert len(said) >= 4, said


def test_who_is_refused_for_money_could_not_raise_it(followed: list[Followed]) -> None:
    for one in followed:
        price = one.world.payment.price
        listed = {"private doctor": "private_visit", "hospital": "hospital_visit"}
        for person, event in one.events("visits"):
            if one.entry(event)["result"] != services.NO_MONEY:
                continue
            migrant = one.moment_of(person, event).before.migrant
            assert migrant is not None
            costs = price[listed.get(event.place, "polyclinic_visit")]
            assert costs > means(one.world, migrant)
            assert f"costs {money(costs)}" in event.text
            assert f"can raise {money(means(one.world, migrant))}" in event.text


def test_who_is_said_to_pay_pays(followed: list[Followed]) -> None:
    said = set()
    for one in followed:
        for person, event in one.events("visits"):
            entry = one.entry(event)
            if "; " not in event.text or entry["result"] == services.ADMITTED:
                continue
            moment = one.moment_of(person, event)
            old = moment.before.episodes[entry["ordinal"]]
            assert moment.before.migrant is not None
            payer = event.text.rpartition("; ")[2]
            option = words.INSTITUTION_KINDS[one.plain.clinics.kind[entry["unit"]]]
            free = prices(one.world, moment.before.migrant, old, option)[1] == 0
            if payer.startswith("the person pays"):
                assert payer.startswith(f"the person pays {money(entry['paid'])}")
                assert not free
                assert entry["paid"] > 0
            else:
                assert entry["paid"] == 0
            assert payer.startswith("the state pays") == (free and event.place != "ambulance")
            assert not payer.startswith("the employer") or (entry["in_kind"] and not free)
            said.add(payer.split(" ")[1])
    assert said >= {"state", "person", "employer", "costs"}


def test_employers_and_promises_pay_only_where_the_state_does_not(
    followed: list[Followed],
) -> None:
    one, said = followed[0], set()
    tracer = one.model.followers[0]
    for person, event in one.events("visits"):
        entry, moment = one.entry(event), one.moment_of(person, event)
        payer = who_pays(tracer, entry, moment.before, moment.after)
        promised = deepcopy(moment.before)
        promised.episodes[entry["ordinal"]]["covered"] += 1
        others = who_pays(tracer, entry, promised, moment.after)
        employer = who_pays(tracer, {**entry, "in_kind": 1}, moment.before, moment.after)
        if payer.startswith("the person"):
            assert (others, employer[:12]) == ("others pay, as they have promised", "the employer")
        else:
            assert others == payer
        if payer == "the state pays":
            assert employer == payer
        said.add(payer.split(" ")[1])
    assert said >= {"person", "state"}


def test_a_need_is_told_with_its_cause(followed: list[Followed]) -> None:
    said = Counter[str]()
    for one in followed:
        for moment in one.all_moments():
            for ordinal, need, second in moment.after.tasks.keys() - moment.before.tasks.keys():
                text = " ".join(event.text for event in moment.events if event.kind == "begins")
                if second or not moment.block:
                    assert "ow needs" not in text
                    continue
                task, migrant = moment.after.tasks[ordinal, need, second], moment.after.migrant
                assert migrant is not None
                episode = moment.before.episodes[ordinal]
                assert cause_of_need(one.world, task, episode, migrant) in text
                assert words.NEEDS[need] != "payment" or money(task["amount"]) in text
                said[words.NEEDS[need]] += 1
    assert set(said) == set(words.NEEDS)


def test_an_agency_is_said_to_refuse_only_what_its_rule_refuses(followed: list[Followed]) -> None:
    said = Counter[str]()
    for one in followed:
        agencies: Column = one.plain.agencies.table
        for person, event in one.events("handovers"):
            entry = one.entry(event)
            if entry["move"] not in (Move.TURNED_AWAY, Move.FAILED):
                continue
            moment = one.moment_of(person, event)
            task = moment.before.tasks[entry["ordinal"], entry["need"], bool(entry["second"])]
            agency, migrant = agencies[entry["origin"]], moment.before.migrant
            assert migrant is not None
            able = float(agency["competence"][entry["need"]])
            foreign = not agency["accepts_nationality"][migrant["nationality"]]
            fined = agency["refuses_fined"] and migrant["fined"] and entry["need"] in (0, 2)
            assert ("citizens of other countries" in event.text) == bool(foreign)
            assert ("a fine is on record" in event.text) == bool(fined and not foreign)
            if entry["move"] == Move.FAILED:
                assert ("not provide this kind of help" in event.text) == (able == 0)
                slot = (entry["ordinal"] * 4 + entry["need"]) * 2 + entry["second"]
                luck = one.plain.draws.peek_uniform(
                    "success at an agency", np.array([person], dtype=np.uint64),
                    np.array([slot * 128 + int(task["moves"]) + 1]),
                )  # fmt: skip
                assert ("staff tried" in event.text) == bool(able > 0 and luck[0] >= able)
                assert ("staff tried" not in event.text) or f"{100 * able:.0f} of 100" in event.text
            said[event.text.partition(": ")[2][:12]] += 1
    assert len(said) >= 2, said


# --- side by side -----------------------------------------------------------------------------


def test_the_two_scenarios_are_the_same_until_they_first_differ(followed: list[Followed]) -> None:
    differing = 0
    for person in followed[0].told:
        told = [one.told[person] for one in followed]
        events = [[(e.day, e.thread, e.kind, e.place, e.text) for e in t.events] for t in told]
        pairs = zip(*events, strict=False)
        same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(map(len, events)))
        first_told = min([day for one in events for day, *_ in one[same:]], default=DAYS)
        for source in LOGGED_ON:
            entries = [one.entries_of(person, source) for one in followed]
            first_logged = min([day for day, *_ in entries[0] ^ entries[1]], default=DAYS)
            assert first_told <= first_logged
        # Before that day nothing stands in columns; from it on something does.
        page = story(told, "").split("-" * 108)[1].split("IN THE END")[0]
        for text in page.split("(day ")[1:]:
            assert int(text.partition(")")[0]) >= first_told or " | " not in text
        assert (" | " in page) == (first_told < DAYS)
        differing += first_told < DAYS
    assert 3 <= differing < len(followed[0].told)


def test_a_story_told_twice_is_the_same_text_and_without_a_second_scenario_has_no_columns(
    followed: list[Followed],
) -> None:
    person = next(iter(followed[0].told))
    told = followed[0].told[person]
    twin = replace(told, scenario="twin")
    assert story([told, twin], "who") == story([told, twin], "who")
    page = story([told, twin], "who").split("-" * 108)[1]
    assert " | " not in page
    assert "None of the facts compared here differs" in page
    assert " | " not in story([told], "who")


def test_the_same_person_gives_the_same_text_and_the_same_picture(
    followed: list[Followed], tmp_path: Path
) -> None:
    """Whoever else is followed, and on whatever day the picture is drawn."""
    person = max(followed[0].told, key=lambda one: len(followed[0].told[one].events))
    told = [one.told[person] for one in followed]
    again = [follow_and_tell(one.past, one.plain.specification, person) for one in followed]
    assert story(again, "who") == story(told, "who")
    for name, one in (("first", told), ("second", again)):
        (tmp_path / name).mkdir()
        write_story(tmp_path / name, one, "who")
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert {"story.txt", "story.png", "story.svg", "story.csv", "path.csv"} <= set(files)
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
