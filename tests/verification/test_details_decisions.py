"""Details of decisions: what reassures, which gate stops, on which day and at whose cost."""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.episode import Gate, State
from sim.agents.migrant import can_pay, pay_from_purse
from sim.model import AlmatyModel
from sim.submodels.care_options import (
    ACCEPTABILITY,
    APPEAL,
    EFFORT,
    EMPLOYER,
    HOSPITAL,
    OPTIONS,
    POLYCLINIC,
    PRICE,
    PRICE_IF_INFORMED,
    PRIVATE,
    TERMS,
    binding_barrier,
)
from sim.submodels.information import EMERGENCY_RIGHT, REGISTRATION
from sim.submodels.insurance import FUND, FUND_COVER, PATIENT, POLICY, POLICY_COVER, STATE
from sim.submodels.payment import payers_by_cover
from sim.submodels.refusal import wrongly_refused
from tests.verification.single import booked, illness, numbers_of, person, small_city, unit_of

UZBEKISTAN = words.Nationality.UZBEKISTAN
IRREGULAR = words.LegalStatus.IRREGULAR
FREE_DAYS = 4


@pytest.fixture
def model() -> AlmatyModel:
    """A city in which the desk refuses all who cannot insist and the state pays four days."""
    return small_city(
        {
            "payment.wrongful_refusal": 1.0,
            "payment.refusal_when_informed": 0.0,
            "payment.refusal_without_language": 1.0,
            "payment.state_paid_days_after_emergency": FREE_DAYS,
        }
    )


def test_who_knows_the_rules_is_less_afraid(model: AlmatyModel) -> None:
    """Acceptability of every option shrinks by the factor of the entry, nothing else changes."""
    illness(model)
    migrant = person(model)
    migrant["legal_status"], migrant["fear_susceptibility"] = IRREGULAR, 1.0
    migrant["manages_language"] = True
    model.work_groups["believed_reporting"][:] = 0.3
    rows = model.episodes.rows
    terms = {}
    for knows in (False, True):
        migrant["knows"][REGISTRATION] = knows
        terms[knows] = model.care_seeking.utility_terms(rows)[0]
    factor = model.world.care_seeking.reassured_by_registration
    assert 0.0 < factor < 1.0
    assert terms[False][ACCEPTABILITY].min() > 0.0
    assert terms[True][ACCEPTABILITY] == pytest.approx(factor * terms[False][ACCEPTABILITY])
    assert (
        np.delete(terms[True], ACCEPTABILITY, 0) == np.delete(terms[False], ACCEPTABILITY, 0)
    ).all()


@pytest.mark.parametrize(
    ("against", "gate"),
    [
        ({PRICE: 2.0, PRICE_IF_INFORMED: 0.0}, Gate.PERCEIVE),
        ({ACCEPTABILITY: 2.0}, Gate.SEEK),
        ({EFFORT: 2.0}, Gate.REACH),
        ({PRICE: 2.0, PRICE_IF_INFORMED: 2.0}, Gate.PAY),
        ({EFFORT: 2.0, ACCEPTABILITY: 2.0}, Gate.TOGETHER),
        ({APPEAL: -1.0, EFFORT: 2.0}, Gate.SELF_CARE),
        ({EFFORT: 0.7, PRICE: 0.7, PRICE_IF_INFORMED: 0.7}, Gate.REACH),
        ({ACCEPTABILITY: 0.7, EFFORT: 0.7}, Gate.SEEK),
    ],
)
def test_the_gate_that_stops_is_the_first_whose_removal_is_enough(
    against: dict[int, float], gate: Gate
) -> None:
    """One option with appeal 1, waiting worth 0; two small barriers: the first in order."""
    terms = np.zeros((len(TERMS), OPTIONS))
    terms[APPEAL, POLYCLINIC] = 1.0
    for term, weight in against.items():
        terms[term, POLYCLINIC] = weight
    available = np.arange(OPTIONS) == POLYCLINIC
    assert binding_barrier(terms, available, 0.0) == gate


def sets_out_for(model: AlmatyModel, option: int) -> np.void:
    """Let somebody without work set out for an option, with all doors open."""
    episode = illness(model, "injury", state=State.UNDER_WAY, option=option)
    person(model)["jobless_since"] = model.day
    model.clinics.open[:] = True
    model.reaching.set_out()
    return episode


@pytest.mark.parametrize(("option", "days"), [(HOSPITAL, 0), (POLYCLINIC, 1), (PRIVATE, 1)])
def test_only_hospitals_see_people_on_the_day_they_come(
    model: AlmatyModel, option: int, days: int
) -> None:
    episode = sets_out_for(model, option)
    assert episode["state"] == State.QUEUED
    assert episode["queued_on"] == model.day
    assert episode["ready_on"] == model.day + days


@pytest.mark.parametrize(("formal", "draw", "pays"), [
    (True, 0.0, False), (False, 0.0, True), (False, 1.0, False),
])  # fmt: skip
def test_only_informal_employers_pay_in_kind(
    model: AlmatyModel, formal: bool, draw: float, pays: bool
) -> None:
    """Some of them: whose draw is below the share; who refuses is not asked again."""
    assert 0.0 < model.world.employment.pays_in_kind < 1.0
    model.employers.formal[:] = formal
    model.employers.pays_in_kind[:] = draw
    episode = sets_out_for(model, EMPLOYER)
    assert bool(episode["paid_by_employer"]) is pays
    assert bool(episode["refused_by"][EMPLOYER]) is not pays
    assert episode["state"] == (State.QUEUED if pays else State.UNDECIDED)


def test_who_knows_the_emergency_right_can_insist(model: AlmatyModel) -> None:
    episode = illness(model, unit=unit_of(model, "hospital"))
    migrant = person(model)
    for knows in (False, True):
        migrant["knows"][EMERGENCY_RIGHT] = knows
        assert bool(wrongly_refused(model.city(), episode, migrant, STATE)) == (not knows)


@pytest.mark.parametrize("days", [2, 10])
def test_the_bill_after_an_emergency_begins_where_the_state_stops(
    model: AlmatyModel, days: int
) -> None:
    """Of so many days left, the state pays the first four and the patient the others, once."""
    hospital = unit_of(model, "hospital")
    migrant = person(model)
    migrant["nationality"], migrant["legal_status"] = UZBEKISTAN, IRREGULAR
    migrant["savings"] = 100_000_000
    episode = illness(
        model, "injury", state=State.IN_BED, unit=hospital, leaves_bed_on=model.day + days,
        treated=True,
    )  # fmt: skip
    before = booked(model, "care paid by the state"), booked(model, "care paid by patients")
    for _ in range(2):
        model.payment.bill_after_emergencies()
    bed_day = model.world.payment.price["bed_day"]
    assert bed_day > 0
    bill = round(max(days - FREE_DAYS, 0) * bed_day)
    free = round(min(days, FREE_DAYS) * bed_day)
    assert (episode["charged"], episode["paid"], episode["owed"]) == (bill, bill, 0)
    assert booked(model, "care paid by the state") - before[0] == free
    assert booked(model, "care paid by patients") - before[1] == bill
    assert episode["leaves_bed_on"] == model.day + days


@pytest.mark.parametrize("severity", [2, 3])
def test_the_utility_of_care_is_its_formula(model: AlmatyModel, severity: int) -> None:
    """Appeal and effort of every option for one person, by hand."""
    seeking, employment = model.world.care_seeking, model.world.employment
    taste = np.linspace(-1.0, 2.0, OPTIONS + 1)
    episode = illness(model, severity=severity)
    episode["taste"][:] = taste
    model.work_groups["trust"][:], model.work_groups["wait"][:] = 0.7, 3.0
    model.employers.tolerance[:] = 0.4
    migrant = person(model)
    migrant["nationality"], migrant["legal_status"] = UZBEKISTAN, IRREGULAR
    (terms,) = model.care_seeking.utility_terms(model.episodes.rows)
    leave = employment.permission[words.SEVERITIES[severity - 1]]
    leave *= employment.permission_base + employment.permission_slope * 0.4
    travel = numbers_of(model, "care_seeking")["travel"][migrant["district"]]
    for option, name in enumerate(words.OPTIONS):
        appeal = seeking.attraction[name] + seeking.severity_weight[name] * (severity - 1)
        appeal += seeking.trust_weight * (0.7 - 0.5) + taste[option]
        assert terms[APPEAL, option] == pytest.approx(appeal, abs=1e-6)
        effort = seeking.wait_weight * (travel[option] + 3.0) * (2.0 - min(leave, 1.0))
        assert terms[EFFORT, option] == pytest.approx(effort)


@pytest.mark.parametrize(("cover", "payer"), [
    (0, PATIENT), (FUND_COVER, FUND), (POLICY_COVER, PATIENT), (FUND_COVER + POLICY_COVER, FUND),
])  # fmt: skip
def test_the_fund_pays_for_its_members_alone(cover: int, payer: int) -> None:
    """Where the law names the fund; where it names an insurer, the policy decides."""
    by_cover = payers_by_cover(np.array([[[FUND, POLICY, STATE]]]))[0, 0, cover]
    insurer = POLICY if cover & POLICY_COVER else PATIENT
    assert by_cover.tolist() == [payer, insurer, STATE]


def test_credit_is_what_is_left_of_the_limit(model: AlmatyModel) -> None:
    """Savings and a tenth of the wage less old debts; a debt above the limit takes nothing away.

    The limit is that of a person: here half as much and half as much again.
    """
    migrant = person(model)
    migrant["savings"], migrant["wage"] = 500, 100_000
    for debt, credit, means in (
        (0, 1.0, 10_500.0), (4_000, 1.0, 6_500.0), (90_000, 1.0, 500.0),
        (4_000, 0.5, 1_500.0), (4_000, 1.5, 11_500.0), (0, 0.0, 500.0),
    ):  # fmt: skip
        migrant["debt"], migrant["credit"] = debt, credit
        assert can_pay(migrant, 0.1) == means


@pytest.mark.parametrize(
    ("amount", "savings", "debt"), [(300, 200, 50), (500, 0, 50), (800, 0, 350)]
)
def test_savings_go_first(model: AlmatyModel, amount: int, savings: int, debt: int) -> None:
    migrant = person(model)
    migrant["savings"], migrant["debt"] = 500, 50
    assert pay_from_purse(migrant, amount, model.day) == debt - 50
    assert (migrant["savings"], migrant["debt"]) == (savings, debt)
