"""Insurance that is felt: courses that cost something, cards that tell, bills foreseen."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from sim import vocabulary as words
from sim.model import AlmatyModel
from sim.submodels.care_options import AMBULANCE, APPEAL, HOSPITAL, POLYCLINIC, PRICE
from sim.submodels.illness import INFECTION
from sim.submodels.insurance import FUND_COVER, insure, receive_card
from sim.submodels.payment import pay_for_course
from sim.submodels.services import TREATED
from sim.vocabulary import Purpose
from tests.cities import city
from tests.verification.binding import NEUTRAL, binding
from tests.verification.invariants import Watch
from tests.verification.single import booked, illness, numbers_of, person, small_city

HOPED = ("law.regime=as_hoped", "law.as_of=2019-01-01")
TODAY = ("law.as_of=2023-09-01",)
INSURANCE, RIGHT = words.Knowledge.INSURANCE, words.Knowledge.EMERGENCY_RIGHT
PERMANENT, PERMIT = words.LegalStatus.PERMANENT, words.LegalStatus.PERMIT
REGISTERED = words.LegalStatus.REGISTERED
FUND, POLICY = words.Payer.FUND, words.Payer.POLICY
COURSES = {path: value for path, value in binding().items() if "course_cost" in path}


def insured_city(changed: dict[str, float], law: tuple[str, ...] = HOPED, days: int = 200) -> Any:
    """Return a city of which many are insured, after some months."""
    world = {
        **NEUTRAL, "city.burn_in_days": 60, "insurance.enrolment_cost": -1e9,
        "employment.contract_cost": -1e9, "illness.acute_rate": 2.0,
        "care_seeking.attraction.polyclinic": 0.9, **changed,
    }  # fmt: skip
    model = AlmatyModel(city(800, 5, days, changed=world, overrides=law))
    model.run_for(days)
    return model


def logs(model: AlmatyModel) -> dict[str, str]:
    """Return a digest of every log."""
    return {name: str(log.digest()) for name, log in model.logs.items()}


# --- courses ----------------------------------------------------------------------------------


def test_the_fund_pays_the_sum_of_the_courses() -> None:
    """One for each treatment it pays for: its ledger is recomputed from the visits.

    Tuberculosis is sent on to the dispensary, whose course has its own price.
    """
    model = AlmatyModel(city(800, 5, 200, overrides=HOPED, changed={
        **NEUTRAL, "city.burn_in_days": 60, "insurance.enrolment_cost": -1e9,
        "employment.contract_cost": -1e9, "care_seeking.attraction.polyclinic": 3.0,
        "illness.acute_rate": 3.0, "insurance.card": 1.0,
    }))  # fmt: skip
    # The same past: a change on day 0 that moves no decision.
    branch = model.fork(model.specification)
    numbers_of(branch, "insurance")["cost_of_course"][:] = costs = course_costs()
    model.run_for(200)
    branch.run_for(200)
    assert logs(model) == logs(branch)
    visits = model.visits
    paid = (visits["result"] == TREATED) & (visits["payer"] == FUND) & (visits["kind"] != INFECTION)
    paid &= visits["served_on"] >= 0
    expected = int(costs[visits["kind"][paid], visits["severity"][paid] - 1].sum())
    assert np.count_nonzero(paid) > 20
    assert booked(branch, BY_FUND) - booked(model, BY_FUND) == expected


BY_FUND, BY_INSURERS = "care paid by the fund", "care paid by insurers"


def course_costs() -> Any:
    """Return what courses cost, by kind and severity."""
    return np.array([
        [COURSES[f"insurance.course_cost.{kind}.{severity}"] for severity in words.SEVERITIES]
        for kind in words.KINDS
    ])  # fmt: skip


@pytest.mark.parametrize(("payer", "left", "paid", "flow"), [
    (FUND, 0, 12_000, BY_FUND), (POLICY, 50_000, 12_000, BY_INSURERS),
    (POLICY, 5_000, 5_000, BY_INSURERS), (POLICY, 0, 0, BY_INSURERS),
    (words.Payer.STATE, 0, 0, BY_FUND), (words.Payer.PATIENT, 0, 0, BY_FUND),
])  # fmt: skip
def test_an_insurer_pays_for_a_course_up_to_its_limit(
    payer: int, left: int, paid: int, flow: str
) -> None:
    model = small_city(COURSES)
    episode, migrant = illness(model), person(model)
    episode["payer"], migrant["policy_left"] = payer, left
    before = booked(model, flow)
    pay_for_course(model.city(), episode)
    assert booked(model, flow) - before == paid
    assert migrant["policy_left"] == left - (paid if payer == POLICY else 0)


# --- cards ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "attached"), [(PERMIT, True), (REGISTERED, False)])
def test_a_new_member_is_told_once_and_attached_if_papers_allow(
    status: int, attached: bool
) -> None:
    """By the draw: what insurance is good for, and that emergencies are free."""
    model = small_city({"insurance.card": 0.5, "insurance.voluntary_premium": 1e9}, 300)
    told = 0
    for nth in range(200):
        migrant = person(model, nth)
        migrant["legal_status"], migrant["passport_held"] = status, False
        migrant["knows"][:] = False
        key = np.array([4 * 7 + FUND_COVER], dtype=np.uint64)
        who = np.array([migrant["pid"]], dtype=np.uint64)
        (u,) = model.draws.peek_uniform(Purpose.CARD, who, key)
        receive_card(model.city(), migrant, 7, FUND_COVER)
        assert bool(migrant["knows"][INSURANCE]) == bool(migrant["knows"][RIGHT]) == (u < 0.5)
        assert bool(migrant["attached"]) == (attached and u < 0.5)
        told += u < 0.5
    assert told == pytest.approx(100, abs=3.5 * np.sqrt(50))


def test_a_card_takes_nobody_off_the_list_of_a_polyclinic() -> None:
    model = small_city({"insurance.card": 1.0})
    migrant = person(model)
    migrant["legal_status"], migrant["attached"] = REGISTERED, True
    receive_card(model.city(), migrant, 0, FUND_COVER)
    assert migrant["attached"]


def test_who_stays_a_member_gets_no_second_card() -> None:
    scenario = city(150, 5, 30, overrides=HOPED, changed={"city.burn_in_days": 0,
                                                          "insurance.card": 1.0})  # fmt: skip
    model = AlmatyModel(scenario)
    migrant = person(model)
    migrant["nationality"], migrant["legal_status"] = words.Nationality.UZBEKISTAN, PERMIT
    migrant["paid_until"], migrant["knows"][:] = model.day, False
    insure(model.city(), migrant, 0.0, False, 1)
    assert migrant["insured"]
    assert migrant["knows"][INSURANCE]
    migrant["knows"][:] = False
    insure(model.city(), migrant, 0.0, False, 2)
    assert migrant["insured"]
    assert not migrant["knows"][INSURANCE]


@pytest.mark.claim("V24")
def test_fund_and_insurer_on_one_day_send_a_card_each() -> None:
    """Each with a draw of its own (V24): the audit finds no number used twice."""
    changed = {
        **binding(), "insurance.purchase_base": 6.0, "employment.formal_share": 0.9,
        "insurance.enrolment_cost": -1e9, "city.burn_in_days": 30,
    }  # fmt: skip
    shares = {f"demography.nationality_share.{one}": 0.0 for one in words.NATIONALITIES}
    changed |= {**shares, "demography.nationality_share.kyrgyzstan": 1.0}
    model = AlmatyModel(city(300, 2, 90, changed=changed, overrides=TODAY), audit=True)
    Watch(model).live(90)
    assert model.draws.used is not None
    keys = model.draws.used[Purpose.CARD]
    on_a_day = {(who, key // 4) for who, key in keys}
    assert len(keys) > len(on_a_day) > 20


# --- what people expect -----------------------------------------------------------------------


@pytest.mark.parametrize(("foreseen", "free", "days"), [
    (0.0, 0, 0.0), (2.0, 0, 2.0), (2.0, 1, 1.0), (2.0, 7, 0.0), (10.0, 0, 10.0),
])  # fmt: skip
def test_people_foresee_the_bed_days_that_nobody_else_pays(
    foreseen: float, free: int, days: float
) -> None:
    """Severely ill, in hospital or on the way there, and who pays for hospitals themselves."""
    tables = []
    for value in (0.0, foreseen):
        model = small_city({"care_seeking.days_foreseen": value,
                            "payment.state_paid_days_after_emergency": free})  # fmt: skip
        tables.append(numbers_of(model, "payment")["option_price"].copy())
    more = tables[1] - tables[0]
    pays = numbers_of(model, "payment")["payer_of_service"][..., words.Service.HOSPITAL]
    bill = days * model.world.payment.price["bed_day"] * (pays == words.Payer.PATIENT)
    assert pays.min() != pays.max()
    for option, infectious in product((AMBULANCE, HOSPITAL), (0, 1)):
        assert more[:, :, :, 1, infectious, option] == pytest.approx(bill)
    assert (more[:, :, :, 0] == 0).all()
    others = [one for one in range(more.shape[-1]) if one not in (AMBULANCE, HOSPITAL)]
    assert (more[..., others] == 0).all()


def test_who_does_not_know_that_emergencies_are_free_does_not_reckon_with_bed_days() -> None:
    """They believe in a price of their own as before."""
    terms = []
    for value in (0.0, 3.0):
        model = small_city({"care_seeking.days_foreseen": value, "care_seeking.price_weight": 1.0})
        illness(model, severity=3)
        migrant = person(model)
        migrant["legal_status"] = REGISTERED
        for knows in (False, True):
            migrant["knows"][RIGHT] = knows
            (term,) = model.care_seeking.utility_terms(model.episodes.rows)
            terms.append(term[PRICE, HOSPITAL])
    unaware, aware, unaware_foreseeing, foreseeing = terms
    assert unaware == unaware_foreseeing > 0.0
    assert aware == 0.0 < foreseeing


@pytest.mark.parametrize("left", [0.0, 0.4, 1.0])
def test_ones_own_polyclinic_attracts_less_in_a_severe_illness(left: float) -> None:
    terms: dict[tuple[int, float], float] = {}
    for severity, weight in product((2, 3), (0.0, 1.2)):
        model = small_city({"care_seeking.attachment_when_severe": left,
                            "care_seeking.attachment_weight": weight})  # fmt: skip
        illness(model, severity=severity)
        person(model)["legal_status"] = PERMANENT
        (term,) = model.care_seeking.utility_terms(model.episodes.rows)
        terms[severity, weight] = float(term[APPEAL, POLYCLINIC])
    assert terms[2, 1.2] - terms[2, 0.0] == pytest.approx(1.2)
    assert terms[3, 1.2] - terms[3, 0.0] == pytest.approx(1.2 * left)


# --- the city ---------------------------------------------------------------------------------


@pytest.mark.claim("V3")
@pytest.mark.parametrize(("switch", "cut", "law"), [
    ({"insurance.card": 1.0}, {}, ()),
    (COURSES, {}, ()),
    ({"insurance.refusal_when_insured": 0.0}, {}, ()),
    ({"insurance.refusal_when_insured": 0.0}, {"payment.wrongful_refusal": 0.0}, HOPED),
    ({"care_seeking.attachment_when_severe": 0.0}, {"care_seeking.attachment_weight": 0.0}, HOPED),
    ({"care_seeking.days_foreseen": 10.0}, {"care_seeking.price_weight": 0.0,
                                            "care_seeking.borrowing_weight": 0.0}, HOPED),
])  # fmt: skip
def test_where_nobody_is_insured_or_the_path_is_cut_nothing_happens(
    switch: dict[str, float], cut: dict[str, float], law: tuple[str, ...]
) -> None:
    without, with_it = (insured_city({**cut, **more}, law, 120) for more in ({}, switch))
    assert logs(without) == logs(with_it)
    assert without.digest() == with_it.digest()


def test_cards_teach_and_attach_and_insurance_is_felt() -> None:
    """More of the insured know what they have, and the fund pays for more visits."""
    shares = []
    for card in (0.0, 0.5, 1.0):
        model = insured_city({"insurance.card": card})
        people, rows = model.migrants, model.migrants.rows
        insured = people.insured[rows]
        visits = model.visits
        shares.append((
            float(people.knows[rows][insured][:, INSURANCE].mean()),
            float(people.attached[rows].mean()),
            int(((visits["payer"] == FUND) & (visits["result"] == TREATED)).sum()),
        ))  # fmt: skip
    assert insured.mean() > 0.3
    assert shares[0] < shares[1] < shares[2]
    assert all(one < other for one, other in zip(shares[0], shares[2], strict=True))
