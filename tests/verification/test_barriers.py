"""Barriers that bind: purse, self-care, waiting that ends, and what a contract opens."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim import vocabulary as words
from sim.agents.episode import WAIT, State
from sim.agents.migrant import NEVER, can_borrow
from sim.model import AlmatyModel
from sim.submodels.care_options import (
    ACCEPTABILITY,
    APPEAL,
    EFFORT,
    OPTIONS,
    POLYCLINIC,
    PRICE,
    PRIVATE,
)
from sim.submodels.care_seeking import leave_probability
from sim.submodels.payment import CANNOT_PAY, WELCOME, admit_at_desk
from sim.submodels.price_of_care import has_works_clinic
from tests.cities import city
from tests.verification.single import booked, illness, person, small_city, unit_of
from tests.verification.worlds import NEUTRAL, WAITING_NEVER_ENDS

UZBEKISTAN = words.Nationality.UZBEKISTAN
PERMIT, IRREGULAR = words.LegalStatus.PERMIT, words.LegalStatus.IRREGULAR
POOR, MEAN = 0.35, 0.35


def with_contract(model: AlmatyModel, nth: int = 0) -> Any:
    """Return a person who now has a permit and an employer who gives contracts."""
    migrant = person(model, nth)
    migrant["nationality"], migrant["legal_status"] = UZBEKISTAN, PERMIT
    migrant["jobless_since"] = NEVER
    model.work_groups["formal"][:] = True
    model.employers.formal[:] = True
    return migrant


# --- the neutral state ------------------------------------------------------------------------


def test_in_the_neutral_state_nothing_of_it_happens() -> None:
    """People are alike, nobody treats themselves, nothing is asked for, and no waiting ends."""
    model = AlmatyModel(city(population=2_000, seed=3, days=150, changed=NEUTRAL))
    as_it_is = AlmatyModel(city(population=2_000, seed=3, days=150))
    for one in (model, as_it_is):
        one.run_for(150)
        people, episodes = one.migrants, one.episodes
        neutral = [
            len(np.unique(people.reserve[people.rows])) == 1,
            bool((people.credit[people.rows] == 1.0).all()),
            bool((episodes.worn_out_on[episodes.rows] == NEVER).all()),
            not one.closed_episodes["self_treated"].any(),
            booked(one, "self-treatment") == 0,
            booked(one, "informal payments") == 0,
            len(one.check_ups) == 0,
        ]
        assert set(neutral) == {one is model}


# --- the purse --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def purses() -> AlmatyModel:
    return small_city(
        {
            "money.hand_to_mouth": POOR, "money.reserve": MEAN, "money.reserve_spread": 1.0,
            "money.credit_spread": 1.0, "money.credit_without_reserve": 0.5,
        },
        population=4000,
    )  # fmt: skip


def test_reserves_follow_their_law(purses: AlmatyModel) -> None:
    """A share has none; the others' are Beta(1, (1 - m) / m)."""
    reserve = purses.migrants.reserve[purses.migrants.rows].astype(float)
    poor = reserve == 0.0
    spread = 3.5 * np.sqrt(POOR * (1 - POOR) / len(reserve))
    assert poor.mean() == pytest.approx(POOR, abs=spread)
    law = stats.beta(1.0, (1.0 - MEAN) / MEAN)
    assert stats.kstest(reserve[~poor], law.cdf).pvalue > 0.001
    assert reserve[~poor].mean() == pytest.approx(MEAN, abs=3.5 * law.std() / 50)


def test_credit_differs_and_is_less_without_a_reserve(purses: AlmatyModel) -> None:
    people = purses.migrants
    credit = people.credit[people.rows].astype(float)
    poor = people.reserve[people.rows] == 0.0
    assert stats.kstest(credit[~poor], stats.uniform(0.0, 2.0).cdf).pvalue > 0.001
    assert stats.kstest(credit[poor], stats.uniform(0.0, 1.0).cdf).pvalue > 0.001
    migrant = person(purses)
    migrant["wage"], migrant["debt"], migrant["credit"] = 100_000, 20_000, 0.5
    assert can_borrow(migrant, 0.8) == pytest.approx(20_000)
    migrant["debt"] = 50_000
    assert can_borrow(migrant, 0.8) == 0.0


def test_a_person_keeps_their_purse_whatever_is_changed_later(purses: AlmatyModel) -> None:
    twin = small_city({"money.hand_to_mouth": POOR, "money.reserve": MEAN,
                       "money.reserve_spread": 0.0}, population=4000)  # fmt: skip
    ours, theirs = (
        dict(zip(one.migrants.pid[one.migrants.rows].tolist(),
                 one.migrants.reserve[one.migrants.rows].tolist(), strict=True))
        for one in (purses, twin)
    )  # fmt: skip
    assert ours.keys() == theirs.keys()
    assert {who for who, kept in ours.items() if kept == 0.0} == {
        who for who, kept in theirs.items() if kept == 0.0
    }
    assert {round(kept, 6) for kept in theirs.values()} == {0.0, MEAN}


def price_terms(model: AlmatyModel) -> np.ndarray[Any, Any]:
    """Return the price term of every option of the only episode."""
    (terms,) = model.care_seeking.utility_terms(model.episodes.rows)
    return np.asarray(terms[PRICE])


def test_the_price_term_is_its_formula() -> None:
    """Relative to the means, and by the share that must be borrowed."""
    model = small_city(
        {
            "care_seeking.borrowing_weight": 5.0, "care_seeking.credit_reluctance": 0.7,
            "care_seeking.small_cash": 1_000, "care_seeking.course": 1.5,
            "care_seeking.unpaid_day": 0.04, "money.borrowing_limit": 0.8,
        }
    )  # fmt: skip
    illness(model)
    migrant = person(model)
    migrant["nationality"], migrant["legal_status"] = UZBEKISTAN, IRREGULAR
    migrant["jobless_since"] = NEVER
    migrant["wage"], migrant["savings"], migrant["debt"] = 100_000, 6_000, 10_000
    migrant["credit"] = 1.0
    seeking, price = model.world.care_seeking, model.world.payment.price
    means = 6_000 + 0.3 * (0.8 * 100_000 - 10_000) + 1_000
    course = 1.5 * price["private_visit"] + 0.04 * 100_000
    expected = seeking.price_weight * seeking.price_weight_private * course / means
    expected += 5.0 * (course - 6_000) / course
    assert price_terms(model)[PRIVATE] == pytest.approx(expected)
    # Without work no day is lost; with enough cash nothing is borrowed.
    migrant["jobless_since"] = model.day
    migrant["savings"] = 1_000_000
    course = 1.5 * price["private_visit"]
    means += 1_000_000 - 6_000
    expected = seeking.price_weight * seeking.price_weight_private * course / means
    assert price_terms(model)[PRIVATE] == pytest.approx(expected)


def test_what_is_free_by_law_is_believed_to_cost_what_staff_ask_for() -> None:
    asked = {"payment.informal_asked.polyclinic": 0.4, "payment.informal_price": 0.5}
    terms = []
    for changed in ({}, asked):
        model = small_city({**NEUTRAL, **changed})
        illness(model)
        person(model)["legal_status"] = words.LegalStatus.PERMANENT
        terms.append(price_terms(model))
    assert terms[0][POLYCLINIC] == 0.0
    assert terms[1][POLYCLINIC] > 0.0
    other = np.arange(OPTIONS) != POLYCLINIC
    assert (terms[0][other] == terms[1][other]).all()


@pytest.mark.parametrize(("savings", "given"), [(1_000_000, 3_500), (900, 900), (0, 0)])
def test_staff_are_given_what_they_ask_for_or_what_there_is(savings: int, given: int) -> None:
    """And nobody is turned away for it, or borrows for it."""
    model = small_city(
        {
            "payment.informal_asked.polyclinic": 0.9, "payment.informal_price": 0.5,
            "payment.price.polyclinic_visit": 7_000, "payment.wrongful_refusal": 0.05,
        }
    )  # fmt: skip
    migrant = person(model)
    migrant["legal_status"], migrant["savings"] = words.LegalStatus.PERMANENT, savings
    before, amounts = booked(model, "informal payments"), []
    for _ in range(40):
        episode = illness(model, unit=unit_of(model, "polyclinic"))
        debt, had = int(migrant["debt"]), int(migrant["savings"])
        _, price = admit_at_desk(model.city(), episode)
        assert price == 0
        amounts.append(had - int(migrant["savings"]))
        assert migrant["debt"] == debt
        migrant["savings"] = savings
    assert set(amounts) <= {0, given}
    assert (given in amounts) and (given == 0 or 25 <= amounts.count(given) < 40)
    assert booked(model, "informal payments") - before == sum(amounts)


def test_staff_ask_for_nothing_in_an_emergency() -> None:
    model = small_city({"payment.informal_asked.hospital": 0.9, "payment.wrongful_refusal": 0.05})
    migrant = person(model)
    migrant["legal_status"], migrant["savings"] = words.LegalStatus.PERMANENT, 1_000_000
    asked = {}
    for severity in (2, 3):
        before = booked(model, "informal payments")
        for _ in range(20):
            episode = illness(model, severity=severity, unit=unit_of(model, "hospital"))
            admit_at_desk(model.city(), episode)
        asked[severity] = booked(model, "informal payments") - before
    assert asked[2] > 0
    assert asked[3] == 0


# --- self-care and waiting that ends ----------------------------------------------------------

REMEDIES = {
    **WAITING_NEVER_ENDS,
    "care_seeking.self_care_days": 3, "care_seeking.self_care_attraction": 2.0,
    "care_seeking.self_care_cost": 2_000, "care_seeking.inertia": 3.0,
}  # fmt: skip


def tries_to_decide(model: AlmatyModel, episode: Any) -> None:
    """Let somebody for whom no option is good decide what to do."""
    episode["taste"][:] = -50.0
    episode["taste"][OPTIONS] = 0.0
    episode["decides_on"] = model.day
    episode["compared_on"] = -NEVER
    model.care_seeking.decide()


@pytest.mark.parametrize(("severity", "savings", "treats"), [
    (1, 50_000, True), (2, 50_000, True), (3, 50_000, False), (2, 1_000, False),
])  # fmt: skip
def test_who_is_not_severely_ill_and_has_the_money_may_treat_themselves(
    severity: int, savings: int, treats: bool
) -> None:
    model = small_city(REMEDIES)
    episode = illness(model, severity=severity)
    migrant = person(model)
    migrant["savings"] = savings
    before = booked(model, "self-treatment")
    tries_to_decide(model, episode)
    assert episode["state"] == State.UNDECIDED
    assert episode["option"] == WAIT
    assert bool(episode["self_treated"]) is treats
    assert not episode["formal_contact"]
    assert episode["visits"] == 0
    assert booked(model, "self-treatment") - before == (2_000 if treats else 0)
    assert migrant["savings"] == savings - (2_000 if treats else 0)
    assert bool(episode["self_care_until"] == model.day + 3) is treats


def test_remedies_are_bought_again_when_they_are_used_up_and_not_before() -> None:
    model = small_city(REMEDIES)
    episode = illness(model)
    migrant = person(model)
    migrant["savings"] = 3_000
    before = booked(model, "self-treatment")
    for _ in range(2):  # the second time there is no money for more, nor need of it
        tries_to_decide(model, episode)
        assert booked(model, "self-treatment") - before == 2_000
        assert episode["self_care_until"] == model.day + 3
    migrant["savings"] = 5_000
    episode["self_care_until"] = model.day
    tries_to_decide(model, episode)
    assert booked(model, "self-treatment") - before == 4_000


def test_remedies_speed_recovery_and_slow_worsening_while_they_last() -> None:
    model = small_city({"illness.self_care_recovery": 1.5, "illness.self_care_worsening": 0.7})
    gathered = []
    for nth, until in enumerate((-NEVER, model.day + 3, model.day)):
        episode = illness(model, nth=nth, self_care_until=until)
        gathered.append(episode)
    model.illness.progress()
    without, with_them, used_up = (
        np.array([one["recovery"], one["worsening"], one["death"]]) for one in gathered
    )
    assert with_them[:2] / without[:2] == pytest.approx([1.5, 0.7], rel=1e-5)
    assert (used_up == without).all()


def test_patience_ends_on_its_day_and_not_before() -> None:
    model = small_city({**NEUTRAL, "care_seeking.endurance_rate": 0.3})
    episode = illness(model, untreated_since=model.day)
    episode["taste"][:] = 0.0
    episode["taste"][OPTIONS] = 9.0
    episode["decides_on"] = episode["worn_out_on"] = NEVER
    model.care_seeking.decide()
    assert episode["compared_on"] == -NEVER  # nobody had to decide
    episode["worn_out_on"] = model.day
    model.care_seeking.decide()
    assert episode["state"] == State.UNDECIDED
    (terms,), lost = model.care_seeking.utility_terms(model.episodes.rows), 0.3 * 0.5 * 2
    clinics = [words.OPTIONS.index(one) for one in words.OPTIONS if one in words.INSTITUTION_KINDS]
    clinics = [one for one in clinics if model.care_seeking.offered[one]]
    utility = terms[APPEAL] - terms[ACCEPTABILITY] - terms[EFFORT] - terms[PRICE]
    utility = utility[clinics]
    days = int(np.floor((9.0 - utility.max()) / lost)) + 1
    assert episode["worn_out_on"] == model.day + days
    # So many days later, with the same utilities, somebody goes; a day earlier not.
    for earlier, state in ((1, State.UNDECIDED), (0, State.UNDER_WAY)):
        episode["untreated_since"] = model.day - days + earlier
        episode["worn_out_on"] = model.day
        model.care_seeking.decide()
        assert episode["state"] == state


def test_without_endurance_waiting_never_wears_out() -> None:
    never = {"care_seeking.endurance_rate": 0.0}
    model = AlmatyModel(city(population=400, seed=3, days=60, changed=never))
    model.run_for(60)
    assert (model.episodes.worn_out_on[model.episodes.rows] == NEVER).all()


def test_the_more_waiting_wears_out_the_earlier_people_go() -> None:
    delays = []
    for rate in (0.0, 0.1, 0.4):
        changed = {"care_seeking.endurance_rate": rate, "care_seeking.inertia": 1.5}
        model = AlmatyModel(city(population=1500, seed=3, days=200, changed=changed))
        model.run_for(200)
        closed = model.closed_episodes
        unmet = closed["perceived_moderate"] & ~closed["formal_contact"]
        delays.append(float(unmet.sum() / closed["perceived_moderate"].sum()))
    assert delays[0] > delays[1] > delays[2]


# --- a contract -------------------------------------------------------------------------------


def test_a_contract_secures_leave() -> None:
    model = small_city({"employment.formal_leave": 1.0})
    migrant = with_contract(model)
    assert leave_probability(model.city(), migrant, 2) == 1.0
    migrant["legal_status"] = IRREGULAR  # without the right to work there is no contract
    assert leave_probability(model.city(), migrant, 2) < 1.0
    migrant["legal_status"] = PERMIT
    model.work_groups["formal"][:] = False
    assert leave_probability(model.city(), migrant, 2) < 1.0


@pytest.mark.parametrize(("formal", "severity", "paid"), [
    (True, 2, 0.4), (False, 2, 1.0), (True, 3, 1.0),
])  # fmt: skip
def test_an_employer_with_a_clinic_pays_its_share(formal: bool, severity: int, paid: float) -> None:
    """Below severe illness only, and only of what the patient would pay."""
    model = small_city({
        "employment.works_clinic_share": 1.0, "employment.works_clinic_pays": 0.6,
        "payment.price.polyclinic_visit": 10_000,
    })  # fmt: skip
    migrant = with_contract(model)
    model.work_groups["formal"][:] = formal
    migrant["savings"] = 1_000_000
    episode = illness(model, severity=severity, unit=unit_of(model, "polyclinic"))
    before = booked(model, "care paid by employers")
    _, price = admit_at_desk(model.city(), episode)
    assert price == pytest.approx(10_000 * paid)
    assert booked(model, "care paid by employers") - before == 10_000 - price


def test_an_employer_pays_nothing_for_a_visit_that_does_not_take_place() -> None:
    """Whoever cannot pay their own share is turned away."""
    model = small_city({
        "employment.works_clinic_share": 1.0, "employment.works_clinic_pays": 0.6,
        "payment.price.polyclinic_visit": 10_000, "money.borrowing_limit": 0.5,
    })  # fmt: skip
    migrant = with_contract(model)
    migrant["savings"], migrant["debt"] = 3_999, 10_000_000
    episode = illness(model, unit=unit_of(model, "polyclinic"))
    before = booked(model, "care paid by employers")
    answer, price = admit_at_desk(model.city(), episode)
    assert (answer, price) == (CANNOT_PAY, 0)
    assert booked(model, "care paid by employers") == before
    migrant["savings"] = 4_000
    answer, price = admit_at_desk(model.city(), episode)
    assert (answer, price) == (WELCOME, 4_000)
    assert booked(model, "care paid by employers") - before == 6_000


def test_works_clinics_are_those_of_the_job() -> None:
    """A share of workers with contracts has one; a new employer draws anew."""
    model = small_city({"employment.works_clinic_share": 0.5}, population=2_000)
    model.work_groups["formal"][:] = True
    found = []
    for employer_shift in (0, 1):
        has = []
        for row in model.migrants.rows:
            migrant = model.migrants.table[int(row)]
            migrant["legal_status"], migrant["jobless_since"] = PERMIT, NEVER
            migrant["employer"] = (migrant["employer"] + employer_shift) % len(model.employers)
            has.append(has_works_clinic(model.city(), person(model, len(has))))
        found.append(np.array(has))
    assert found[0].mean() == pytest.approx(0.5, abs=3.5 * 0.5 / np.sqrt(len(found[0])))
    assert (found[0] != found[1]).mean() == pytest.approx(0.5, abs=0.06)


def test_check_ups_come_at_their_rate_to_workers_with_contracts_alone() -> None:
    rate, days = 0.5, 365
    changed = {"employment.check_ups": rate, "employment.formal_share": 0.5}
    model = AlmatyModel(city(population=3000, seed=2, days=days, changed=changed))
    plain = AlmatyModel(
        city(population=3000, seed=2, days=days, changed={**changed, "employment.check_ups": 0.0})
    )
    person_days = 0
    for _ in range(days):
        model.step()
        people, rows = model.migrants, model.migrants.rows
        formal = model.work_groups["formal"][people.work_group[rows]]
        works = people.jobless_since[rows] >= NEVER
        person_days += int((formal & works & (people.legal_status[rows] <= PERMIT)).sum())
    plain.run_for(days)
    # Once a month at most: a month brings 1 - exp(-rate / 12).
    expected = person_days / 30 * (1 - np.exp(-rate / 12))
    count = len(model.check_ups)
    assert count > 50
    assert count == pytest.approx(expected, abs=4 * np.sqrt(expected) + 0.06 * expected)
    assert len(plain.check_ups) == 0
    assert booked(model, "care paid by employers") > booked(plain, "care paid by employers")
    learned = model.counts["learned"][0] - plain.counts["learned"][0]
    assert learned[:, words.Knowledge.EMERGENCY_RIGHT].sum() > 0


def test_a_contract_pays_during_illness() -> None:
    paid = []
    for share in (0.0, 0.6):
        model = small_city({"money.formal_sick_pay": share, "money.wage_withheld_probability": 0.0})
        migrant = with_contract(model)
        migrant["absent_days"], migrant["entered_on"] = 10, model.day - 30
        migrant["wage"] = 90_000
        model.migrants.month_slice[:] = -1
        model.migrants.month_slice[model.migrants.rows[0]] = model.day % 30
        before = booked(model, "wages")
        model.money.pay_wages()
        paid.append(booked(model, "wages") - before)
    assert paid == [60_000, 78_000]
