"""`study=story` tells what keeps people from care: each sentence is true, and is missing where not.

One small city is followed with the mechanisms that keep people from care, and once without them.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from experiments.story.illness import tell_episodes
from experiments.story.needs import KIND_OF_MOVE
from experiments.story.picture import MARKERS
from experiments.story.reasons import ALL_OF, why_chosen, why_not_reached, why_waiting
from experiments.story.tracer import LOGS, PersonTracer, Snapshot
from experiments.story.visits import KIND_OF_RESULT
from experiments.story.weighing import Weighing
from experiments.story.words import ENDINGS, FELT_REASONS, PAYERS, money
from sim import vocabulary as words
from sim.agents.episode import FELT, WAIT, Felt, State
from sim.agents.task import Ending, Move
from sim.model import AlmatyModel
from sim.submodels.care_options import (
    ACCEPTABILITY,
    APPEAL,
    EFFORT,
    OPTIONS,
    POLYCLINIC,
    PRICE,
    PRICE_IF_INFORMED,
    PRIVATE,
    TERMS,
)
from sim.submodels.services import ORDINARY_CLINICS, VISIT_RESULTS
from tests.cities import city
from tests.system.followed import Followed, Moment, follow

DAYS = 100
PEOPLE = 400
FOLLOWED = 100
RARE = 20
OFTEN = {
    "employment.check_ups": 1.0, "employment.norm": 20_000.0, "employment.contract_cost": 0.0,
    "illness.acute_rate": 3.0, "payment.informal_asked.polyclinic": 0.9,
    "payment.price.polyclinic_visit": 20_000.0, "care_seeking.attraction.polyclinic": 1.6,
}  # fmt: skip
"""Contracts, illness and demands for money that are frequent enough to be told in a small city."""
NEUTRAL = {
    "care_seeking.self_care_days": 0.0, "care_seeking.endurance_rate": 0.0,
    "care_seeking.same_day_triage": 0.0, "care_seeking.course": 1.0, "care_seeking.unpaid_day": 0.0,
    "employment.check_ups": 0.0, "employment.works_clinic_share": 0.0,
    "payment.informal_asked.polyclinic": 0.0, "payment.informal_asked.hospital": 0.0,
}  # fmt: skip
SENTENCES = (
    "uys drugs or home remedies", "ill not wait any longer", "check-up", "staff ask for money",
    "let into today's line", "has an agreement with", "by an agreement with the clinic",
    "they expect to spend",
)  # fmt: skip
"""What is said of mechanisms that a neutral value switches off."""


def followed_city(changed: dict[str, float]) -> Followed:
    past = AlmatyModel(city(population=PEOPLE, days=DAYS, changed=changed))
    plain = past.fork(past.specification)
    plain.run_for(DAYS)
    people = past.migrants.pid[past.migrants.rows][:FOLLOWED].tolist()
    visits, severe = plain.visits, plain.visits["severity"] >= words.SEVERE
    free = ~severe & (visits["payer"] != words.PAYERS.index("patient"))
    rare = [free, severe & ORDINARY_CLINICS[plain.clinics.kind[visits["unit"]]]]
    for one in rare:
        people += sorted(set(visits["person"][one].tolist()) - set(people))[:RARE]
    return follow(past, plain, people, DAYS)


@pytest.fixture(scope="module")
def followed() -> Followed:
    """A city with barriers. Only look: others look at it too."""
    return followed_city(OFTEN)


@pytest.fixture(scope="module")
def without() -> Followed:
    """The same city with the mechanisms switched off."""
    return followed_city({**OFTEN, **NEUTRAL})


def decisions(one: Followed) -> list[tuple[Moment, int, str]]:
    """Return the decisions that were told: the moment, the episode, and what was said."""
    found = []
    for moment in one.all_moments():
        if moment.block != "decide":
            continue
        for ordinal, new in moment.after.episodes.items():
            if new["compared_on"] == moment.day:
                thread = f"{words.KINDS[int(new['kind'])]} {ordinal}"
                texts = [event.text for event in moment.events if event.thread == thread]
                found.append((moment, ordinal, " ".join(texts)))
    return found


def text_of(one: Followed) -> str:
    told = one.told.values()
    events = [event.text for narrative in told for event in narrative.events]
    return "\n".join([*events, *(line for narrative in told for line in narrative.portrait)])


# --- what is said, and what is not said -------------------------------------------------------


def test_following_with_barriers_changes_nothing(followed: Followed) -> None:
    assert followed.model.digest() == followed.plain.digest()


@pytest.mark.parametrize("words_for_it", SENTENCES)
def test_a_mechanism_is_told_where_it_is_and_only_there(
    followed: Followed, without: Followed, words_for_it: str
) -> None:
    assert words_for_it in text_of(followed)
    assert words_for_it not in text_of(without)


def test_remedies_are_told_whenever_they_are_bought(followed: Followed) -> None:
    again = Counter[bool]()
    for moment, ordinal, text in decisions(followed):
        old, new = moment.before.episodes[ordinal], moment.after.episodes[ordinal]
        bought = new["self_care_until"] > old["self_care_until"]
        assert bought == ("uys drugs or home remedies" in text)
        if bought:
            assert "for 2,000 tenge, enough for 3 days" in text
            assert ("remedies again" in text) == bool(old["self_treated"])
            assert new["state"] == State.UNDECIDED
            again[bool(old["self_treated"])] += 1
    assert again[True]
    assert again[False]


def test_waiting_is_said_to_end_where_patience_alone_makes_the_difference(
    followed: Followed,
) -> None:
    ended = Counter[bool]()
    for moment, ordinal, text in decisions(followed):
        old, new = moment.before.episodes[ordinal], moment.after.episodes[ordinal]
        seeking, severity = followed.world.care_seeking, int(old["severity"])
        factor = seeking.endurance_severe if severity >= words.SEVERE else seeking.endurance_mild
        factor *= 1 if severity >= words.SEVERE else severity
        untreated = moment.day - int(old["untreated_since"])
        seen = moment.weighed[ordinal]
        net = seen.terms[APPEAL] - seen.terms[[ACCEPTABILITY, EFFORT, PRICE]].sum(axis=0)
        best = net[seen.available].max(initial=-np.inf)
        assert seen.waiting == pytest.approx(
            seen.staying - untreated * seeking.endurance_rate * factor
        )
        patience = seen.waiting < best <= seen.staying
        assert patience == ("ill not wait any longer" in text)
        if patience:
            assert new["state"] == State.UNDER_WAY
            days = f"after {untreated} day{'s' * (untreated != 1)} without "
            assert days + ("a check" if old["kind"] == 4 else "treatment by a doctor") in text
        ended[patience] += 1
    assert ended[True] > 5
    assert ended[False] > 5


def test_the_reason_said_is_the_reason_felt(followed: Followed) -> None:
    said = Counter[str]()
    for moment, ordinal, text in decisions(followed):
        new = moment.after.episodes[ordinal]
        if "Asked why" not in text:
            continue
        assert new["severity"] > 1
        assert new["option"] == WAIT
        reason = text.partition("they would say that ")[2].partition(".")[0]
        assert reason == FELT_REASONS[Felt(int(new["felt_barrier"]))]
        said[FELT[new["felt_barrier"]]] += 1
    assert len(said) >= 3, said


def test_every_check_up_is_told_once_and_what_was_learned_there(followed: Followed) -> None:
    log = followed.plain.check_ups
    mine = np.flatnonzero(np.isin(log["person"], list(followed.told)))
    events = followed.events("check_ups")
    assert sorted(event.entry for _, event in events) == mine.tolist()
    assert len(mine)
    for person, event in events:
        assert (log["person"][event.entry], log["day"][event.entry]) == (person, event.day)
        moment = followed.moment_of(person, event)
        assert moment.before.migrant is not None
        assert moment.after.migrant is not None
        learned = moment.after.migrant["knows"] & ~moment.before.migrant["knows"]
        told = [one.text for one in moment.events if "told at the check-up" in one.text]
        assert len(told) == learned.sum()


def test_what_staff_are_given_is_what_people_paid_beyond_their_visits(followed: Followed) -> None:
    payments, given = followed.plain.payments, 0
    asked = int(0.5 * followed.world.payment.price["polyclinic_visit"])
    for person, event in followed.events("visits"):
        visit = followed.entry(event)
        if "staff ask for money" not in event.text:
            continue
        assert words.PAYERS[visit["payer"]] != "patient"
        assert visit["paid"] == 0
        assert visit["severity"] < words.SEVERE
        mine = (payments["person"] == np.uint64(person)) & (payments["day"] == event.day)
        amount = int(payments["amount"][mine].sum())
        assert money(amount) in event.text
        assert ("all there is" in event.text) == (amount < asked)
        given += 1
    assert given


def test_who_pays_with_an_agreement_pays_a_part_and_only_with_a_contract(
    followed: Followed, without: Followed
) -> None:
    pays, price = followed.world.employment.works_clinic_pays, 20_000
    shared = 0
    for one in (followed, without):
        for person, event in one.events("visits"):
            visit = one.entry(event)
            if not event.text.partition("the person pays ")[1] or event.place != "polyclinic":
                continue
            part = "and the employer" in event.text
            assert visit["paid"] == (price - round(pays * price) if part else price)
            migrant = one.moment_of(person, event).before.migrant
            assert migrant is not None
            assert not part or migrant["legal_status"] <= words.LegalStatus.PERMIT.value
            shared += part
    assert shared


def test_a_severely_ill_person_is_let_into_the_line_of_the_day(followed: Followed) -> None:
    let_in = Counter[bool]()
    for moment in followed.all_moments():
        for ordinal, new in moment.after.episodes.items() if moment.block == "set out" else ():
            old = moment.before.episodes[ordinal]
            if (old["state"], new["state"]) != (State.UNDER_WAY, State.QUEUED):
                continue
            kind = followed.plain.clinics.units[int(new["unit"])].kind
            thread = f"{words.KINDS[int(new['kind'])]} {ordinal}"
            text = next(event.text for event in moment.events if event.thread == thread)
            today = new["ready_on"] == moment.day and kind not in ("hospital", "ambulance")
            assert today == ("let into today's line" in text)
            assert not today or new["severity"] >= words.SEVERE
            let_in[today] += 1
    assert let_in[True]
    assert let_in[False]


def test_obstacles_that_are_named_together_are_enough_and_no_fewer_are(followed: Followed) -> None:
    named = {
        "the cost": PRICE, "the fear of being reported": ACCEPTABILITY,
        "the lack of a common language": ACCEPTABILITY, "the effort of getting there": EFFORT,
    }  # fmt: skip
    sizes = Counter[int]()
    for moment, ordinal, text in decisions(followed):
        if " together: " not in text:
            continue
        seen = moment.weighed[ordinal]
        parts = [name for name in named if name in text.partition(" together: ")[0]]
        assert ALL_OF[len(parts)] in text

        def goes(removed: list[str], seen: Weighing = seen) -> bool:
            penalty = {
                name: seen.terms[term] - seen.language * (name == "the fear of being reported")
                for name, term in named.items()
            }
            penalty["the lack of a common language"] = seen.language
            left = sum(penalty[name] for name in named if name not in removed)
            return bool((seen.terms[APPEAL] - left > seen.waiting)[seen.available].any())

        assert goes(parts)
        assert not any(goes([one for one in parts if one != part]) for part in parts)
        sizes[len(parts)] += 1
    assert len(sizes) >= 2, sizes


# --- sentences by hand ------------------------------------------------------------------------


def weighed(price: float = 0.0, fear: float = 0.0, effort: float = 0.0) -> Weighing:
    """Return what somebody weighs who likes the private doctor by 1 and staying home by 0."""
    terms = np.zeros((len(TERMS), OPTIONS))
    terms[APPEAL] = -1.0
    terms[APPEAL, PRIVATE] = 1.0
    terms[PRICE] = terms[PRICE_IF_INFORMED] = price
    terms[ACCEPTABILITY], terms[EFFORT] = fear, effort
    return Weighing(
        terms=terms, available=np.ones(OPTIONS, dtype=np.bool_), waiting=0.0, staying=0.0,
        untreated=3, treats_self=False, believed=np.full(OPTIONS, 13_000.0),
        price=np.full(OPTIONS, 13_000.0), course=np.full(OPTIONS, 13_000.0),
        afterwards=0.0, extras=((),) * OPTIONS, employers_part=-1.0, language=np.zeros(OPTIONS),
        cash=20_000.0, means=50_000.0, leave=0.5,
    )  # fmt: skip


def test_one_obstacle_is_not_called_several_and_several_not_one() -> None:
    assert "together" not in why_waiting(weighed(fear=2.0))
    assert why_waiting(weighed(price=1.1, fear=1.1)) == (
        "stays away from care because of the cost and the fear of being reported together: with "
        "both out of the way, they would go to a private doctor; with fewer, they would wait"
    )
    all_three = why_waiting(weighed(price=1.1, fear=1.1, effort=1.1))
    assert "with all three out of the way" in all_three
    nothing = replace(weighed(), waiting=1.5)
    assert why_waiting(nothing) == "waits for now: thinks that this can wait"
    assert "remedies will do" in why_waiting(replace(nothing, treats_self=True))
    nowhere = replace(nothing, available=np.zeros(OPTIONS, dtype=np.bool_))
    assert "turned them away" in why_waiting(nowhere, Felt.TURNED_AWAY)
    assert "Asked why" not in why_waiting(nowhere, Felt.TURNED_AWAY)


def test_the_reason_felt_is_said_only_where_it_is_another_one() -> None:
    assert "Asked why" not in why_waiting(weighed(fear=2.0), Felt.FEAR)
    assert "Asked why" not in why_waiting(weighed(fear=2.0))
    text = why_waiting(weighed(fear=2.0), Felt.MONEY)
    assert text.endswith("Asked why, they would say that it costs too much")


def test_an_employer_who_gives_leave_is_no_obstacle() -> None:
    assert "the employer (who gives leave on 50 of 100" in why_waiting(weighed(effort=2.0))
    assert "employer" not in why_waiting(replace(weighed(effort=2.0), leave=1.0))


def test_what_a_decision_costs_is_told_with_all_that_is_reckoned_with() -> None:
    plain = why_chosen(weighed(), PRIVATE, "treatment by a doctor")
    assert plain == (
        "Decides to go to a private doctor. It costs 13,000 tenge, and they can raise 50,000 tenge."
    )
    course = np.full(OPTIONS, 24_000.0)
    dearer = replace(weighed(), course=course, extras=(("drugs", "tests"),) * OPTIONS)
    assert why_chosen(dearer, PRIVATE, "").endswith(
        "It costs 13,000 tenge; with drugs and tests, they expect to spend 24,000 tenge themselves,"
        " and they have 20,000 tenge in hand and can raise 50,000 tenge by borrowing."
    )
    agreed = replace(weighed(), course=np.full(OPTIONS, 5_200.0), employers_part=7_800.0)
    assert "of which the employer pays 7,800 tenge; they expect to spend 5,200" in why_chosen(
        agreed, POLYCLINIC, ""
    )
    assert "employer" not in why_chosen(replace(agreed, employers_part=-1.0), POLYCLINIC, "")


def test_waiting_that_would_have_ended_anyway_is_not_said_to_wear_out() -> None:
    assert "wait any longer" not in why_chosen(weighed(), PRIVATE, "a check")
    worn = replace(weighed(), staying=1.5)
    assert why_chosen(worn, PRIVATE, "a check").startswith(
        "Will not wait any longer, after 3 days without a check: decides to"
    )


def test_what_the_coordinating_body_does_about_the_illness_is_told_on_the_day(
    followed: Followed,
) -> None:
    moment, ordinal, _ = decisions(followed)[0]
    tracer = PersonTracer(1, lambda *_: None)
    tracer.model = followed.model
    old, new = moment.before.episodes[ordinal].copy(), moment.before.episodes[ordinal].copy()
    new["guaranteed"], new["escorted"], new["booked_until"] = True, True, tracer.model.day + 7

    def said(before: np.void, after: np.void, block: str) -> str:
        tracer.events.clear()
        tell_episodes(
            tracer, block, Snapshot(episodes={ordinal: before}), Snapshot(episodes={ordinal: after})
        )
        return " ".join(event.text for event in tracer.events)

    text = said(old, new, "agencies at work")
    assert "a letter that guarantees care" in text
    assert "comes along and interprets" in text
    assert "A visit is booked for the person, to be made within 7 days." in text
    assert "is called" in said(old, new, "decide")
    assert said(new, new, "agencies at work") == ""


# --- words ------------------------------------------------------------------------------------


def test_every_kind_of_event_has_words_and_a_mark() -> None:
    assert set(KIND_OF_RESULT) == set(range(len(VISIT_RESULTS)))
    assert set(KIND_OF_MOVE) == set(Move)
    assert set(FELT_REASONS) == set(Felt) - {Felt.NONE}
    assert set(PAYERS) == set(words.PAYERS) - {"patient"}
    assert set(ENDINGS) == set(Ending) - {
        Ending.RESOLVED,
        Ending.GIVEN_UP,
        Ending.DUPLICATE,
    }
    marks = {*KIND_OF_RESULT.values(), *KIND_OF_MOVE.values()}
    assert marks <= {*MARKERS, "arrives", "note"}
    assert {why_not_reached(True), why_not_reached(False)} == {
        "the employer gives no leave", "it is closed today",
    }  # fmt: skip


def test_every_log_that_names_a_person_is_told() -> None:
    """A payment is told with its visit or bill."""
    name_a_person = {
        name
        for submodel in AlmatyModel.SUBMODELS
        for name, declaration in submodel.events.items()
        if "person" in declaration.columns
    }
    assert name_a_person == {*LOGS, "payments"}
