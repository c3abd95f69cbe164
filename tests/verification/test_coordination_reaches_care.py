"""Instruments of the coordinating body: bookings, guarantee letters, escorts, calls back."""

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.episode import State, decision_key, visit_key
from sim.agents.migrant import NEVER
from sim.agents.task import INFORMATION
from sim.config.levers import Change
from sim.model import AlmatyModel
from sim.submodels.care_options import (
    ACCEPTABILITY,
    APPEAL,
    EFFORT,
    HOSPITAL,
    OPTIONS,
    POLYCLINIC,
    PRICE,
    PRICE_IF_INFORMED,
    PRIVATE,
)
from sim.submodels.care_seeking import end_booking
from sim.submodels.casework import help_to_care
from sim.submodels.experience import fear_of
from sim.submodels.payment import CANNOT_PAY, WELCOME, admit_at_desk
from sim.submodels.services import tell_of_the_hub
from sim.vocabulary import Purpose
from tests.cities import city
from tests.verification.binding import NEUTRAL, binding
from tests.verification.invariants import Watch
from tests.verification.single import booked, illness, numbers_of, person, record, small_city
from tests.verification.single import unit_of as unit
from tests.verification.worlds import NO_EXPERIENCE

TWICE = list(product((False, True), repeat=2))
LINES = ("bookings", "letters", "escorts")
BOOKINGS, LETTERS, ESCORTS = (words.LINES.index(one) for one in LINES)
HUB = "agencies.coordinating_body.capacity."
NEEDY = {
    **binding(), "city.burn_in_days": 30, "illness.acute_rate": 4.0, "referral.papers_asked": 0.9,
    "referral.unable_days": 4, "referral.navigation": 0.6, "payment.wrongful_refusal": 0.3,
    "care_seeking.attraction.polyclinic": 3.0, "care_seeking.attraction.hospital": 1.0,
    **{f"payment.refusal_by_attitude.{kind}": 0.5 for kind in ("hospital", "polyclinic")},
    **{f"illness.onset_severity.acute.{one}": share for one, share in
       (("mild", 0.2), ("moderate", 0.6), ("severe", 0.18), ("critical", 0.02))},
    "coordination.booked_days": 5,
}  # fmt: skip
"""Much illness, many needs, and many refusals."""
EVERYBODY_JOINS = {
    "coordination.stand_by": 1.0, "coordination.participation": 1.0,
    "coordination.turned_away_told": 1.0, "coordination.recall": 0.8,
}  # fmt: skip


def changes(values: dict[str, float]) -> tuple[Change, ...]:
    """Return changes of day 0."""
    return tuple(Change(path=path, value=value, start_day=0) for path, value in values.items())


def hub(casework: float, instruments: float = 0.0, **more: float) -> dict[str, float]:
    """Return the levers of a coordinating body (of so many a day in a city of this size)."""
    given = {**dict.fromkeys(LINES, instruments), **more}
    return {
        **EVERYBODY_JOINS, f"{HUB}casework": casework,
        **{f"{HUB}{line}": given[line] for line in LINES},
    }  # fmt: skip


@cache
def past(seed: int) -> AlmatyModel:
    """Return the common past of all branches."""
    return AlmatyModel(city(800, seed, 150, changed=NEEDY))


def branch(levers: dict[str, float], seed: int = 2, days: int = 150) -> AlmatyModel:
    """Return what becomes of the city with these levers."""
    base = past(seed)
    model = base.fork(replace(base.specification, changes=changes(levers)))
    model.run_for(days)
    return model


def logs(model: AlmatyModel) -> dict[str, str]:
    """Return a digest of every log."""
    return {name: str(log.digest()) for name, log in model.logs.items()}


# --- capacities -------------------------------------------------------------------------------


def test_no_more_instruments_are_given_than_there_are_and_fractions_are_carried_over() -> None:
    """Every evening: what has been given is what episodes have been marked with."""
    # 800 of 120,000 people: half a letter, a third of an escort, 1.5 bookings an open day.
    scale = 120_000 / 800
    levers = hub(4_000, bookings=1.5 * scale, letters=0.5 * scale, escorts=scale / 3)
    base = past(2)
    model = base.fork(replace(base.specification, changes=changes(levers)))
    number = model.agencies.names.index("coordinating_body")
    marked: dict[str, set[int]] = {"guaranteed": set(), "escorted": set()}
    given, slots, opened = np.zeros(3, dtype=int), np.zeros(3, dtype=int), 0
    for _ in range(150):
        model.step()
        hub_today = model.agencies.table[number]
        used = hub_today["served_today"][[BOOKINGS, LETTERS, ESCORTS]]
        there = hub_today["slots"][[BOOKINGS, LETTERS, ESCORTS]]
        assert (used <= there).all()
        assert (hub_today["credit"][[BOOKINGS, LETTERS, ESCORTS]] < 1.0).all()
        assert hub_today["open"] or (there == 0).all()
        given, slots, opened = given + used, slots + there, opened + int(hub_today["open"])
        for mark, seen in marked.items():
            rows = model.episodes.rows
            seen.update(model.episodes.pid[rows][getattr(model.episodes, mark)[rows]].tolist())
    capacity = model.agencies.table["capacity"][number][[BOOKINGS, LETTERS, ESCORTS]]
    assert capacity == pytest.approx([1.5, 0.5, 1 / 3])
    assert slots == pytest.approx(opened * capacity, abs=1)
    assert (given > 5).all()
    # Somebody may be marked and gone by the evening.
    assert len(marked["guaranteed"]) == pytest.approx(given[1], abs=2)
    assert len(marked["escorted"]) == pytest.approx(given[2], abs=2)


@pytest.mark.claim("V3")
@pytest.mark.parametrize("line", LINES)
def test_instruments_without_casework_are_nothing(line: str) -> None:
    """A coordinating body that takes up no case gives nothing, whatever it has."""
    without, with_it = hub(0), hub(0, **{line: 1e5})
    ones = [logs(branch(one, days=90)) for one in (without, with_it)]
    for one in ones:
        del one["policy_costs"]  # standing by costs money
    assert ones[0] == ones[1]


@pytest.mark.parametrize("line", LINES)
def test_each_instrument_alone_changes_care(line: str) -> None:
    assert logs(branch(hub(1e5))) != logs(branch(hub(1e5, **{line: 1e5})))


@pytest.mark.parametrize(("line", "supporting", "low", "high"), [
    ("bookings", "coordination.booked_weight", 0.0, 20.0),
    ("bookings", "coordination.booked_days", 1, 60),
    ("escorts", "coordination.escort_reassures", 0.0, 1.0),
])  # fmt: skip
def test_without_its_instrument_a_number_counts_for_nothing(
    line: str, supporting: str, low: float, high: float
) -> None:
    """And with it, it counts."""
    digests = []
    for instrument, value in product((0.0, 1e5), (low, high)):
        changed = {**NEEDY, **UNDECIDED, supporting: value}
        levers = hub(1e5, **{line: instrument})
        scenario = replace(city(800, 2, 150, changed=changed), changes=changes(levers))
        model = AlmatyModel(scenario)
        model.run_for(150)
        digests.append(logs(model))
    assert digests[0] == digests[1]
    assert digests[2] != digests[3]


UNDECIDED = {"care_seeking.attraction.polyclinic": 1.0, "care_seeking.attraction.hospital": -1.0,
             "care_seeking.endurance_rate": 0.0}  # fmt: skip
"""People who hesitate, and whom a booking or an escort may win over."""


# --- what they do -----------------------------------------------------------------------------

HELPED = {
    **NEUTRAL, **NO_EXPERIENCE, "care_seeking.fear_weight": 5.0, "care_seeking.wait_weight": 0.5,
    "care_seeking.language_weight": 1.7, "coordination.escort_reassures": 0.4,
    "coordination.booked_weight": 1.25, "care_seeking.price_weight": 1.0,
    "payment.informal_asked.polyclinic": 0.5,
}  # fmt: skip


@pytest.fixture
def ill() -> tuple[AlmatyModel, Any, Any]:
    model = small_city({**HELPED, "care_seeking.unpaid_day": 0.0})
    episode, migrant = illness(model), person(model)
    migrant["legal_status"], migrant["manages_language"] = words.LegalStatus.IRREGULAR, False
    migrant["knows"][:] = False
    model.work_groups["wait"][int(migrant["work_group"]), :] = 6.0
    return model, episode, migrant


def terms_of(model: AlmatyModel) -> Any:
    """Return the parts of the utility of the only episode."""
    return model.care_seeking.utility_terms(model.episodes.rows)[0].copy()


def test_an_escort_takes_away_a_share_of_fear_and_the_lack_of_a_language(ill: Any) -> None:
    model, episode, migrant = ill
    before = terms_of(model)
    episode["escorted"] = True
    after = terms_of(model)
    language = numbers_of(model, "care_seeking")["language"]
    fear = before[ACCEPTABILITY] - language
    assert fear.max() > 0.0
    assert language.max() > 0.0
    assert after[ACCEPTABILITY] == pytest.approx(0.6 * fear)
    for term in (APPEAL, EFFORT, PRICE):
        assert (before[term] == after[term]).all()
    migrant["manages_language"] = True
    assert terms_of(model)[ACCEPTABILITY] == pytest.approx(after[ACCEPTABILITY])


@pytest.mark.parametrize(("severity", "where"), [(2, POLYCLINIC), (3, HOSPITAL)])
def test_a_booked_visit_attracts_and_is_soon(ill: Any, severity: int, where: int) -> None:
    """Until its last day; then it is as before."""
    model, episode, migrant = ill
    episode["severity"] = severity
    before = terms_of(model)
    episode["booked_until"] = model.day
    after = terms_of(model)
    assert after[APPEAL, where] - before[APPEAL, where] == pytest.approx(1.25)
    way = numbers_of(model, "care_seeking")["travel"][int(migrant["district"]), where]
    share = (way + 1.0) / (way + 6.0)
    assert after[EFFORT, where] == pytest.approx(share * before[EFFORT, where])
    others = [one for one in range(OPTIONS) if one != where]
    assert (after[:, others] == before[:, others]).all()
    episode["booked_until"] = model.day - 1
    assert (terms_of(model) == before).all()


def test_with_a_letter_the_true_price_is_known_and_nothing_is_asked_for(ill: Any) -> None:
    model, episode, migrant = ill
    episode["severity"] = 3
    before = terms_of(model)
    episode["guaranteed"] = True
    after = terms_of(model)
    assert before[PRICE, HOSPITAL] > after[PRICE, HOSPITAL] == 0.0
    assert after[PRICE] == pytest.approx(before[PRICE_IF_INFORMED])
    # Where care is free by law staff ask nobody with a letter for money.
    episode["severity"], migrant["legal_status"] = 2, words.LegalStatus.PERMANENT
    assert terms_of(model)[PRICE, POLYCLINIC] == 0.0
    episode["guaranteed"] = False
    assert terms_of(model)[PRICE, POLYCLINIC] > 0.0
    assert terms_of(model)[PRICE, PRIVATE] > 0.0


@pytest.mark.parametrize(("budget", "member", "paid"), [
    (50_000, True, 7_000), (6_999, True, 0), (50_000, False, 0),
])  # fmt: skip
def test_the_joint_fund_pays_for_a_letter_in_full_or_not_at_all(
    budget: int, member: bool, paid: int
) -> None:
    """At members, as far as its money goes; who still cannot pay is turned away unpaid for."""
    world = {**NEUTRAL, f"{HUB}casework": 1e5, "payment.price.polyclinic_visit": 7_000,
             "payment.wrongful_refusal": 0.0}  # fmt: skip
    model = small_city(world)
    number = model.agencies.names.index("coordinating_body")
    model.agencies.table["budget"][number] = budget
    model.clinics.table["member"][:] = member
    migrant = person(model)
    migrant["legal_status"], migrant["savings"] = words.LegalStatus.REGISTERED, 0
    migrant["debt"] = 10_000_000
    episode = illness(model, unit=unit(model, "polyclinic"), guaranteed=True)
    flow = "care paid by the joint fund"
    before = booked(model, flow)
    answer, price = admit_at_desk(model.city(), episode)
    assert price == 0
    assert answer == (WELCOME if paid else CANNOT_PAY)
    assert booked(model, flow) - before == paid
    assert model.agencies.table["budget"][number] == budget - paid
    episode["guaranteed"] = False
    assert admit_at_desk(model.city(), episode)[0] == CANNOT_PAY


# --- who is given what ------------------------------------------------------------------------


def a_case(**fields: Any) -> tuple[AlmatyModel, Any, Any, Any, int]:
    """Return a case at the coordinating body: model, task, episode, person, agency."""
    model = small_city({**NEUTRAL, **{f"{HUB}{line}": 1e5 for line in ("casework", *LINES)},
                        "coordination.booked_days": 14})  # fmt: skip
    number = model.agencies.names.index("coordinating_body")
    model.agencies.table["slots"][number] = 1
    episode, migrant = illness(model, **fields), person(model)
    episode["arising"][INFORMATION] = episode["had"][INFORMATION] = True
    migrant["manages_language"] = False
    model.needs.come_up()
    task = record(model.tasks, int(model.tasks.rows[0]))
    return model, task, episode, migrant, number


def test_a_case_is_given_each_instrument_once() -> None:
    model, task, episode, _, number = a_case()
    episode["refused_by"][POLYCLINIC] = True
    episode["decides_on"] = NEVER
    for _ in range(2):
        help_to_care(model.city(), task, number)
        assert episode["guaranteed"]
        assert episode["escorted"]
        assert episode["booked_until"] == model.day + 14
        served = model.agencies.table["served_today"][number]
        assert served[[BOOKINGS, LETTERS, ESCORTS]].tolist() == [1, 1, 1]
    assert not episode["refused_by"][POLYCLINIC]
    assert episode["decides_on"] == model.day + 1


def test_when_the_days_instruments_are_used_up_nobody_is_given_any() -> None:
    model, task, episode, _, number = a_case()
    model.agencies.table["served_today"][number] = 1
    help_to_care(model.city(), task, number)
    assert not episode["guaranteed"]
    assert not episode["escorted"]
    assert episode["booked_until"] == -NEVER
    assert (model.agencies.table["served_today"][number] == 1).all()


@pytest.mark.parametrize(("fields", "letter", "booking"), [
    ({"treated": True}, False, False), ({"perceived_on": -NEVER}, False, False),
    ({"state": State.QUEUED}, True, False), ({"severity": 3}, True, True),
])  # fmt: skip
def test_only_who_is_ill_and_undecided_has_a_visit_booked(
    fields: dict[str, Any], letter: bool, booking: bool
) -> None:
    """Nobody has a visit booked who waits for one; nobody needs a letter who is treated."""
    model, task, episode, _, number = a_case()
    for name, value in fields.items():
        episode[name] = value
    episode["refused_by"][:] = True
    help_to_care(model.city(), task, number)
    assert bool(episode["guaranteed"]) is letter
    assert bool(episode["escorted"]) is letter
    assert (episode["booked_until"] > model.day) == booking
    assert bool(episode["refused_by"][HOSPITAL]) is not bool(booking and episode["severity"] == 3)


@pytest.mark.parametrize(("speaks", "afraid"), TWICE)
def test_escorts_are_for_those_who_are_afraid_or_lack_a_language(
    speaks: bool, afraid: bool
) -> None:
    model, task, episode, migrant, number = a_case()
    migrant["manages_language"] = speaks
    migrant["legal_status"] = words.LegalStatus.IRREGULAR
    migrant["fear_susceptibility"] = 10.0 if afraid else 0.0
    assert fear_of(model.city(), migrant) == (1.0 if afraid else 0.0)
    help_to_care(model.city(), task, number)
    assert bool(episode["escorted"]) is (afraid or not speaks)


@pytest.mark.parametrize("recall", [0.0, 0.6, 1.0])
def test_who_does_not_come_is_called_back_or_the_booking_lapses(recall: float) -> None:
    """Each time by a draw of its own (V24)."""
    model = small_city({"coordination.recall": recall, "coordination.booked_days": 9})
    episode, keys = illness(model), []
    for _ in range(200):
        episode["booked_until"] = model.day - 1
        key = int(decision_key(episode))
        keys.append(key)
        (u,) = model.draws.peek_uniform(
            Purpose.BOOKED_AGAIN, np.array([episode["person"]], dtype=np.uint64),
            np.array([key], dtype=np.uint64),
        )  # fmt: skip
        end_booking(model.city(), episode)
        assert episode["booked_until"] == (model.day + 9 if u < recall else -NEVER)
        assert episode["compared_on"] == -NEVER
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("member", "at_work"), TWICE)
def test_staff_of_members_hand_over_whom_they_refuse(member: bool, at_work: bool) -> None:
    """By the draw; where the coordinating body takes up cases."""
    model = small_city({**NEUTRAL, f"{HUB}casework": 1e5 * at_work,
                        "coordination.turned_away_told": 0.5})  # fmt: skip
    model.clinics.table["member"][:] = member
    told = 0
    for nth in range(100):
        episode = illness(model, nth=nth, unit=unit(model, "polyclinic"), option=POLYCLINIC)
        (u,) = model.draws.peek_uniform(
            Purpose.HANDED_TO_THE_HUB, np.array([episode["person"]], dtype=np.uint64),
            np.array([int(visit_key(episode))], dtype=np.uint64),
        )  # fmt: skip
        tell_of_the_hub(model.city(), episode)
        assert bool(episode["arising"][INFORMATION]) == (member and at_work and u < 0.5)
        told += bool(episode["arising"][INFORMATION])
    assert told == (0 if not (member and at_work) else pytest.approx(50, abs=18))


# --- the city ---------------------------------------------------------------------------------


def seen(model: AlmatyModel) -> float:
    """Return the share of moderate needs that a provider has seen."""
    closed = model.closed_episodes
    return float(closed["formal_contact"][closed["perceived_moderate"]].mean())


def test_instruments_let_more_needs_be_seen() -> None:
    """In the mean of three cities, with the same casework."""
    shares = np.array([
        [seen(branch(levers, seed)) for levers in (hub(1e5), hub(1e5, 1e5))] for seed in (1, 2, 3)
    ])  # fmt: skip
    without, with_them = shares.mean(axis=0)
    assert with_them > without


@pytest.mark.claim("V24")
@pytest.mark.parametrize("population", [100, 500])
def test_books_agree_and_no_draw_is_used_twice(population: int) -> None:
    """V7 to V12 and V24 with instruments, cards and everything that binds, in tiny cities too."""
    world = {
        **NEEDY, "insurance.purchase_base": 3.0, "enforcement.intensity": 10.0,
        "coordination.matching": 0.9, "coordination.joint_fund": 20_000_000.0,
        "coordination.firewall": 0.5, "coordination.booked_days": 1,
    }  # fmt: skip
    scenario = city(population, 6, 90, changed=world, overrides=("law.as_of=2023-09-01",))
    levers = changes(hub(1e5, 1e5, bookings=300.0))
    watch = Watch(AlmatyModel(replace(scenario, changes=levers), audit=True)).live(90)
    assert watch.model.draws.used is not None
    if population > 100:
        assert {Purpose.BOOKED_AGAIN, Purpose.HANDED_TO_THE_HUB, Purpose.CARD} <= set(
            watch.model.draws.used
        )


@pytest.mark.claim("V23")
def test_marks_are_kept_by_branches_and_saved_models(tmp_path: Path) -> None:
    """In the middle of things a branch, and a model that was saved, go on as the model does."""
    base = past(2)
    plan = replace(base.specification, changes=changes(hub(1e5, 300.0)))
    model = base.fork(plan)
    model.run_for(40)
    episodes = model.episodes
    assert episodes.guaranteed[episodes.rows].any()
    assert (episodes.booked_until[episodes.rows] > -NEVER).any()
    twin = model.fork(plan)
    model.save(tmp_path / "city.almaty")
    saved = AlmatyModel.load(tmp_path / "city.almaty")
    for one in (model, twin, saved):
        one.run_for(20)
    assert model.digest() == twin.digest() == saved.digest()


def test_comparing_only_with_a_reason_is_comparing_always_with_instruments_too() -> None:
    """A letter, an escort, a booking and its end are reasons; where fear and trust stand still."""
    lives = []
    for forgetful in (False, True):
        changed = {**NEEDY, **NO_EXPERIENCE}
        scenario = city(600, 3, 120, changed=changed)
        model = AlmatyModel(replace(scenario, changes=changes(hub(1e5, 1e5))))
        if forgetful:
            decide = model.care_seeking.decide

            def decide_from_scratch(model: AlmatyModel = model, decide: Any = decide) -> None:
                model.episodes.compared_on[model.episodes.rows] = -NEVER
                decide()

            model.care_seeking.decide = decide_from_scratch  # type: ignore[method-assign]
        model.run_for(120)
        visits = model.visits
        lives.append([visits[name].tolist() for name in visits.dtypes])
    assert len(lives[0][0]) > 100
    assert lives[0] == lives[1]
