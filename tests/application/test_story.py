"""`study=story`: what is told has happened, is told once, and for the reason the model had.

Several people are followed through one small city in two scenarios. The city is dearer, stricter
and readier to report than Almaty, so that rare refusals are there to be told.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hydra.core.global_hydra import GlobalHydra

from experiments.story import (
    CASES,
    candidates,
    follow_and_tell,
    story_settings,
    told_of,
    write_story,
)
from experiments.story_follow import Event, FollowedModel, Follower, Snapshot
from experiments.story_needs import tell
from experiments.story_reasons import Weighing
from experiments.story_text import Told, story
from experiments.story_words import money
from sim import vocabulary as words
from sim.__main__ import main
from sim.agents.episode import WAIT, State
from sim.agents.task import Ending, Move
from sim.configuration import ConfigurationError
from sim.engine.arrays import Column
from sim.model import AlmatyModel
from sim.parameters import World
from sim.submodels import services
from tests.cities import city

DAYS = 145
CHANGED = {
    "payment.price.private_visit": 150_000.0, "payment.price.polyclinic_visit": 90_000.0,
    "payment.price.hospital_visit": 100_000.0, "payment.price.bed_day": 60_000.0,
    "payment.wrongful_refusal": 0.4, "employment.pays_in_kind": 1.0,
    "coordination.participation": 0.8, "coordination.matching": 0.9, "coordination.recall": 0.8,
    "referral.duplication": 0.5, "agencies.migration_service.reports": 0.5,
    "agencies.foundation.competence.payment": 0.9, "illness.infection_rate.uzbekistan": 0.3,
    "care_seeking.patience": 1.0, "care_seeking.reneging": 0.5,
    "institutions.polyclinic.capacity": 2.0, "enforcement.intensity": 2.0,
}  # fmt: skip
LOGGED_ON = {
    "visits": "served_on", "handovers": "day", "closed_needs": "ended_on",
    "closed_episodes": "ended_on", "leavers": "left_on",
}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """A block of the day in which something happened to somebody, and what was said of it."""

    day: int
    block: str
    before: Snapshot
    after: Snapshot
    weighed: dict[int, Weighing]
    events: list[Event]


@dataclass
class Followed:
    """One scenario, with followers and without."""

    past: AlmatyModel
    model: FollowedModel
    plain: AlmatyModel
    measures: dict[int, list[tuple[int, bool]]]
    told: dict[int, Told]
    moments: dict[int, list[Moment]] = field(default_factory=dict)

    def events(self, source: str) -> list[tuple[int, Event]]:
        return [
            (person, event)
            for person, one in self.told.items()
            for event in one.events
            if event.source == source
        ]

    def entry(self, event: Event) -> dict[str, int]:
        log = getattr(self.plain, event.source)
        return {name: log[name][event.entry].item() for name in log.dtypes}

    def moment_of(self, person: int, event: Event) -> Moment:
        return next(
            one for one in self.moments[person] if any(event is other for other in one.events)
        )

    @property
    def world(self) -> World:
        return self.plain.world


def lived(past: AlmatyModel, name: str) -> tuple[AlmatyModel, dict[int, list[tuple[int, bool]]]]:
    """Run a scenario without followers, and note whom the police acted upon on which day."""
    model = past.fork(replace(past.plan.with_policy(name), world=past.plan.world))
    measures: dict[int, list[tuple[int, bool]]] = {}
    for day in range(DAYS):
        people = model.migrants
        rows = people.rows
        so_far = dict(zip(people.pid[rows].tolist(), people.detections[rows].tolist(), strict=True))
        model.step()
        rows = people.rows
        for row in rows[people.detections[rows] > 0].tolist():
            person = int(people.pid[row])
            if people.detections[row] > so_far.get(person, 0):
                measures.setdefault(person, []).append((day, bool(people.to_be_removed[row])))
    return model, measures


def people_of_all_kinds(
    models: list[AlmatyModel], measures: dict[int, list[tuple[int, bool]]]
) -> list[int]:
    """Return few people with, together, every case, result, move, ending and police measure."""
    groups = [{person for person, _ in candidates(models[:1], case, 0)} for case in CASES]
    groups += [
        {one for one in measures if measures[one][0][1] is removed} for removed in (False, True)
    ]
    for model in models:
        for log, column in (
            ("visits", "result"), ("visits", "in_kind"), ("handovers", "move"),
            ("closed_needs", "ending"), ("closed_episodes", "outcome"),
        ):  # fmt: skip
            table = getattr(model, log)
            codes = table[column]
            groups += [set(table["person"][codes == one].tolist()) for one in np.unique(codes)]
        turned_away = model.handovers["move"] == Move.TURNED_AWAY
        who, where = (model.handovers[name][turned_away] for name in ("person", "origin"))
        groups += [set(who[where == one].tolist()) for one in np.unique(where)]
    chosen: set[int] = set()
    for group in sorted(groups, key=len):
        if group and not group & chosen:
            # Somebody about whom there is much to tell.
            chosen.add(max(sorted(group), key=lambda one: sum(one in other for other in groups)))
    return sorted(chosen)


@pytest.fixture(scope="module")
def followed() -> list[Followed]:
    """Both scenarios, with and without followers of the same people."""
    past = AlmatyModel(city(population=3000, days=DAYS, changed=CHANGED))
    runs = [lived(past, name) for name in ("baseline", "hub_medium")]
    people = people_of_all_kinds([model for model, _ in runs], runs[0][1])
    result = []
    for plain, measures in runs:
        moments: dict[int, list[Moment]] = {person: [] for person in people}

        def record(
            follower: Follower, block: str, before: Snapshot, after: Snapshot,
            moments: dict[int, list[Moment]] = moments,
        ) -> None:  # fmt: skip
            said = len(follower.events)
            tell(follower, block, before, after)
            moments[int(follower.person)].append(
                Moment(follower.model.day, block, before, after, follower.weighed,
                       follower.events[said:])
            )  # fmt: skip

        model = FollowedModel(plain.plan, past, [Follower(person, record) for person in people])
        model.run_for(DAYS)
        told = dict(zip(people, told_of(model), strict=True))
        result.append(Followed(past, model, plain, measures, told, moments))
    return result


# --- what is told has happened ----------------------------------------------------------------


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


PLACES = {
    "mobile_clinic": "mobile clinic", "private": "private doctor",
    "tb_dispensary": "tuberculosis dispensary",
}  # fmt: skip


def place_of(one: Followed, name: str) -> str:
    agency = one.world.agencies.get(name)
    return PLACES.get(name, name) if agency is None else agency.summary.split(":")[0].split(" (")[0]


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


LOST = {
    "ives up": Ending.GIVEN_UP, "contact is lost": Ending.LOST_CONTACT,
    "leaves the city": Ending.LEFT, "dies before": Ending.DIED,
}  # fmt: skip


def test_every_measure_of_the_police_is_told_once(followed: list[Followed]) -> None:
    for one in followed:
        told: dict[int, list[tuple[int, bool]]] = {}
        for person, event in one.events("police"):
            told.setdefault(person, []).append((event.day, "removed" in event.text))
        assert told == {person: seen for person, seen in one.measures.items() if person in one.told}
        assert {removed for seen in told.values() for _, removed in seen} == {False, True}


def test_all_kinds_of_visits_and_moves_are_among_what_is_told(followed: list[Followed]) -> None:
    """The other tests are about something: the rare cases are there."""
    results = {one.entry(event)["result"] for one in followed for _, event in one.events("visits")}
    assert results == set(range(len(services.VISIT_RESULTS)))
    moves = {one.entry(event)["move"] for one in followed for _, event in one.events("handovers")}
    assert moves >= set(Move) - {Move.REFERRED_WRONG}


# --- for the reason the model had -------------------------------------------------------------


def means(world: World, migrant: np.void) -> float:
    credit = world.money.borrowing_limit * float(migrant["wage"]) - float(migrant["debt"])
    return float(migrant["savings"]) + max(credit, 0.0)


def prices(world: World, migrant: np.void, episode: np.void, option: str) -> tuple[float, float]:
    """Return the price a person expects and the true one, from the rules in words."""
    price, payer = world.payment.price, world.regime.payer
    by = payer[words.LEGAL_STATUSES[int(migrant["legal_status"])]]
    severe = episode["severity"] >= words.SEVERE
    infection = words.KINDS[int(episode["kind"])] == "infection" and by["infection"] == "state"
    true = 0.0
    if option in ("polyclinic", "mobile_clinic") and by["polyclinic"] != "state" and not infection:
        true = price["polyclinic_visit"]
    elif option == "private":
        true = price["private_visit"]
    elif option == "home":
        true = price["bus_home"]
    elif option == "ambulance" and by["ambulance"] != "state":
        true = price["ambulance_run"]
    elif option == "hospital" and severe and by["emergency"] != "state":
        true = price["hospital_stay"]
    elif option == "hospital" and not severe and by["hospital"] != "state" and not infection:
        true = price["hospital_visit"]
    believed = {
        "ambulance": world.care_seeking.believed_ambulance_price,
        "hospital": world.care_seeking.believed_hospital_price,
    }
    if option in believed and not migrant["knows"][words.KNOWLEDGE.index("emergency_right")]:
        return believed[option] * float(migrant["wage"]), true
    return true, true


def test_what_was_weighed_is_what_was_decided_and_the_price_said_the_price_believed(
    followed: list[Followed],
) -> None:
    said = Counter[str]()
    for one in followed:
        for moment in (moment for seen in one.moments.values() for moment in seen):
            if moment.block != "decide" or moment.before.migrant is None:
                continue
            texts = {event.thread: event.text for event in moment.events}
            for ordinal, weighed in moment.weighed.items():
                old, new = moment.before.episodes[ordinal], moment.after.episodes[ordinal]
                if new["compared_on"] != moment.day:
                    continue
                choice = int(new["option"]) if new["state"] == State.UNDER_WAY else WAIT
                assert weighed.choice() == choice
                if choice == WAIT:
                    continue
                option = words.OPTIONS[choice]
                believed, true = prices(one.world, moment.before.migrant, old, option)
                text = texts[f"{words.KINDS[int(old['kind'])]} {ordinal}"]
                if believed != true:
                    assert f"expect to pay {money(believed)} (in truth it is " in text
                    assert ("in truth it is free" in text) == (true == 0)
                elif true > 0:
                    assert f"it costs {money(true)}, and they can raise" in text
                else:
                    assert "tenge" not in text
                if believed or true:
                    assert f"can raise {money(means(one.world, moment.before.migrant))}" in text
                said["misbelief" if believed != true else "price" if true else "free"] += 1
    assert all(said[kind] > 3 for kind in ("misbelief", "price", "free")), said


def test_who_waits_is_told_what_would_have_made_them_go(followed: list[Followed]) -> None:
    """The obstacle named is one whose removal alone changes the decision."""
    said = Counter[str]()
    obstacle = {
        "Knowing the true price": (3, 4), "fear": (1, -1), "common language": (1, -1),
        "were it not for the way": (2, -1), "were it not for the money": (3, -1),
    }  # fmt: skip
    for one in followed:
        for moment in (moment for seen in one.moments.values() for moment in seen):
            for ordinal, weighed in moment.weighed.items() if moment.block == "decide" else ():
                for event in moment.events:
                    episode = moment.after.episodes[ordinal]
                    if event.thread != f"{words.KINDS[int(episode['kind'])]} {ordinal}":
                        continue
                    if episode["state"] != State.UNDECIDED:
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
            old, new = (one.episodes[entry["ordinal"]] for one in (moment.before, moment.after))
            assert moment.before.migrant is not None
            payer = event.text.rpartition("; ")[2]
            option = words.INSTITUTION_KINDS[one.plain.clinics.kind[entry["unit"]]]
            free = prices(one.world, moment.before.migrant, old, option)[1] == 0
            if payer.startswith("the person pays"):
                assert payer == f"the person pays {money(entry['paid'])}."
                assert not free
                assert entry["paid"] > 0
            else:
                assert entry["paid"] == 0
            assert (payer == "the state pays.") == (free and event.place != "ambulance")
            assert (payer == "others pay, as they have promised.") == (
                new["covered"] < old["covered"]
            )
            assert not payer.startswith("the employer") or (entry["in_kind"] and not free)
            said.add(payer.split(" ")[1])
    assert said >= {"state", "person", "employer", "costs"}


def test_a_need_is_told_with_its_cause(followed: list[Followed]) -> None:
    said = Counter[str]()
    for one in followed:
        for moment in (moment for seen in one.moments.values() for moment in seen):
            for key in moment.after.tasks.keys() - moment.before.tasks.keys():
                ordinal, need, second = key
                text = " ".join(event.text for event in moment.events if event.kind == "begins")
                task, migrant = moment.after.tasks[key], moment.after.migrant
                assert migrant is not None
                if second or not moment.block:
                    assert "ow needs" not in text
                    continue
                episode = moment.before.episodes[ordinal]
                name = words.NEEDS[need]
                if name == "payment":
                    cause = "care was refused" if task["option"] >= 0 else "a hospital bill"
                    assert money(task["amount"]) in text
                elif name == "documents":
                    cause = "the hospital asked" if task["option"] >= 0 else "the way home"
                elif name == "information" and episode["asks_agency"] < 0:
                    informed = migrant["knows"][words.KNOWLEDGE.index("who_helps")]
                    cause = "no common language" if informed else "does not know who helps"
                    assert not (informed and migrant["manages_language"])
                elif name == "information":
                    cause = "has decided to ask"
                elif task["goes_home"]:
                    cause = "cannot pay the way"
                else:
                    unable = episode["disabled_days"] > one.world.referral.unable_days
                    cause = "unable to work" if unable else "nowhere to stay"
                assert cause in text
                said[name] += 1
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
                assert ("not what it does" in event.text) == (able == 0)
                slot = (entry["ordinal"] * 4 + entry["need"]) * 2 + entry["second"]
                luck = one.plain.draws.trait(
                    "success at an agency", np.array([person], dtype=np.uint64),
                    np.array([slot * 128 + int(task["moves"]) + 1]),
                )  # fmt: skip
                assert ("staff tried" in event.text) == bool(able > 0 and luck[0] >= able)
                assert ("staff tried" not in event.text) or f"{100 * able:.0f} of 100" in event.text
            said[event.text.partition(": ")[2][:12]] += 1
    assert len(said) >= 3, said


# --- side by side -----------------------------------------------------------------------------


def test_the_two_scenarios_are_the_same_until_they_first_differ(followed: list[Followed]) -> None:
    differing = 0
    for person in followed[0].told:
        told = [one.told[person] for one in followed]
        events = [[(e.day, e.thread, e.kind, e.place, e.text) for e in t.events] for t in told]
        pairs = zip(*events, strict=False)
        same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(map(len, events)))
        rest = [day for one in events for day, *_ in one[same:]]
        first_told = min(rest, default=DAYS)
        first_logged = DAYS
        for source, logged_on in LOGGED_ON.items():
            logs = [getattr(one.plain, source) for one in followed]
            mine = [
                [tuple(log[name][i].item() for name in log.dtypes if name != "coordinated")
                 for i in np.flatnonzero(log["person"] == person)]
                for log in logs
            ]  # fmt: skip
            place = list(logs[0].dtypes).index(logged_on)
            different = set(mine[0]) ^ set(mine[1])
            first_logged = min([first_logged, *(row[place] for row in different)])
        assert first_told <= first_logged
        # Before that day nothing stands in columns; from it on something does.
        page = story(told, "").split("-" * 108)[1].split("IN THE END")[0]
        days = page.split("(day ")[1:]
        for text in days:
            day = int(text.partition(")")[0])
            assert day >= first_told or " | " not in text
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
    assert "Nothing that is compared here differs" in page
    assert " | " not in story([told], "who")


def test_the_same_person_gives_the_same_text_and_the_same_picture(
    followed: list[Followed], tmp_path: Path
) -> None:
    """Whoever else is followed, and on whatever day the picture is drawn."""
    person = max(followed[0].told, key=lambda one: len(followed[0].told[one].events))
    told = [one.told[person] for one in followed]
    again = [follow_and_tell(one.past, one.plain.plan, person) for one in followed]
    assert story(again, "who") == story(told, "who")
    for name, one in (("first", told), ("second", again)):
        (tmp_path / name).mkdir()
        write_story(tmp_path / name, one, "who")
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert {"story.txt", "story.png", "story.svg", "story.csv", "path.csv"} <= set(files)
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


# --- the command ------------------------------------------------------------------------------

SMALL = ("study=story", "city.population=300", "days=8", "scenarios=[baseline,mobile_clinics]")
CHOICE: dict[str, object] = {
    "scenarios": ["baseline"], "case": "acute", "nth": 1, "seen_by": 0, "differs": False,
    "person": None,
}  # fmt: skip


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str]]]:
    """Give a function that runs a story in this process: exit status and error output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
        monkeypatch.setattr(sys, "argv", ["sim", *SMALL, *arguments])
        GlobalHydra.instance().clear()
        return main(), capfd.readouterr().err

    yield run
    GlobalHydra.instance().clear()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("case=document", "unknown case 'document': did you mean 'documents'"),
        ("nth=-1", "nth"),
        ("case=acute nth=100000 seen_by=0 differs=false", "nth = 100000: only "),
        ("person=987654321", "person: 987654321 is not in the city in this run"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    command: Callable[..., tuple[int, str]], tmp_path: Path, arguments: str, complaint: str
) -> None:
    status, errors = command(*arguments.split())
    assert status == 2
    assert errors.startswith("error: ")
    assert complaint in errors
    assert len(errors.splitlines()) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("case", "emergencies", "did you mean 'emergency'"),
        ("scenarios", ["baseline", "hub_medum"], "did you mean 'hub_medium'"),
        ("scenarios", ["baseline", "hub_small", "hub_medium"], "one scenario or two, not 3"),
        ("scenarios", ["baseline", "baseline"], "named twice"),
        ("scenarios", [], "scenarios"),
        ("nth", -1, "nth"),
        ("nth", 0, "nth"),
        ("nth", "first", "nth"),
        ("person", -3, "person"),
        ("seen_by", -1, "seen_by"),
        ("differs", "perhaps", "differs"),
    ],
)
def test_a_wrong_choice_is_named_before_anything_runs(
    name: str, value: object, complaint: str
) -> None:
    assert story_settings(CHOICE).nth == 1
    with pytest.raises(ConfigurationError) as error:
        story_settings({**CHOICE, name: value})
    assert complaint in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_command_tells_a_story_and_says_who_it_is_about(
    command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    status, errors = command("case=acute", "nth=2", "seen_by=0", "differs=false")
    assert (status, errors) == (0, "")
    folder = next((tmp_path / "outputs").iterdir())
    text = (folder / "story.txt").read_text(encoding="utf-8")
    assert "Chosen as number 2 of " in text
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert f"Identity in the model: {manifest['person']}." in text.replace("\n", " ")
    assert set(manifest["digests"]) == {"baseline", "mobile_clinics"}
