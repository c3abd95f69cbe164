"""Details of institutions: doors, slots, beds, lines, what staff know, grants and costs."""

from datetime import timedelta

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.agency import Agencies
from sim.agents.clinic import Clinics, ambulance_wait_minutes, daily_capacity
from sim.agents.episode import State
from sim.agents.task import INFORMATION, PAYMENT, SHELTER, Place, has_visited, note_visited
from sim.engine.calendar import DAYS_A_MONTH, DAYS_A_QUARTER
from sim.model import AlmatyModel
from sim.submodels.casework import lose_motivation, spend, vulnerability
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.navigation import best_agency, send
from sim.submodels.services import meet, next_in_line, open_clinics
from tests.verification.single import booked, illness, person, record, small_city, unit_of

PERMANENT = words.LegalStatus.PERMANENT.value
IRREGULAR = words.LegalStatus.IRREGULAR.value
UZBEKISTAN = words.Nationality.UZBEKISTAN


@pytest.fixture
def model() -> AlmatyModel:
    """A city in which every visit teaches, lines lose people at once, the afraid do not show up."""
    return small_city(
        {
            "information.taught_by_visit": 1.0,
            "care_seeking.patience": 5.0,
            "care_seeking.reneging": 1.0,
            "referral.no_show": 0.0,
            "referral.no_show_when_afraid": 1.0,
            "referral.afraid_above": 0.5,
            "referral.joint_learning": 0.1,
            "referral.staff_turnover": 0.0,
        }
    )


def a_need(model: AlmatyModel) -> np.void:
    """Let the first person need money; return the record of the task."""
    (row,) = model.tasks.add_rows(np.array([1], dtype=np.uint64)).tolist()
    task = record(model.tasks, row)
    task["need"], task["migrant"], task["person"] = PAYMENT, model.migrants.rows[0], 7
    return task


def test_the_activity_of_a_consulate_multiplies_its_slots_alone(model: AlmatyModel) -> None:
    before = model.agencies.table["capacity"].copy()
    activity = model.world.information.consulate_activity["uzbekistan"]
    model.agencies.prepare(
        model.world.with_value("information.consulate_activity.uzbekistan", 3.0 * activity)
    )
    ratio = np.ones(len(before))
    for number, one in enumerate(model.world.agencies.values()):
        if one.nationality == "uzbekistan":
            ratio[number] = 3.0
    assert ratio.max() == 3.0
    assert model.agencies.table["capacity"] == pytest.approx(ratio[:, None] * before)


def test_an_agency_without_money_stands_still(model: AlmatyModel) -> None:
    """Those who live on grants have no slot until the next comes; the others go on."""
    table = model.agencies.table
    table["capacity"] = 2.0
    for budget in (0, 1):
        table["budget"] = budget
        model.casework.open_doors()
        works = table["open"] & (~table["money"] | (budget > 0))
        assert (table["slots"] > 0).any(axis=1).tolist() == works.tolist()
    assert (table["open"] & table["money"]).any()


def test_ambulances_answer_residents_first(model: AlmatyModel) -> None:
    """Crews times minutes a day over minutes a call, less the calls of residents; never below 0."""
    service = next(one for one in model.world.institutions.values() if one.kind == "ambulance")
    one = service.model_copy(update={"crews": 10.0, "minutes_a_call": 60.0})
    for calls, left in ((0.0, 240.0), (200.0, 40.0), (1000.0, 0.0)):
        assert daily_capacity(one.model_copy(update={"background_calls": calls})) == left


def test_on_holidays_only_those_work_who_say_so(model: AlmatyModel) -> None:
    clinics, calendar = model.clinics, model.calendar
    weekday_holidays = [
        day for day in range(365) if calendar.is_holiday(day) and calendar.weekday(day) < 5
    ]
    assert weekday_holidays
    for day in weekday_holidays:
        open_clinics(model.city(), clinics.open_units.on(day))
        works = clinics.works_on[:, calendar.weekday(day)] & clinics.works_on_holidays
        assert clinics.open.tolist() == works.tolist()
        assert not clinics.open[unit_of(model, "polyclinic")]
        assert clinics.open[unit_of(model, "hospital")]
        assert clinics.slots[~clinics.open].sum() == 0
    assert calendar.date_of(0) + timedelta(days=1) == calendar.date_of(1)


@pytest.mark.parametrize("agency", [0, 3, 59])
def test_a_need_remembers_who_has_had_it(model: AlmatyModel, agency: int) -> None:
    task = a_need(model)
    note_visited(task, agency)
    assert [one for one in range(60) if has_visited(task, one)] == [agency]


def test_residents_fill_their_share_of_the_beds(model: AlmatyModel) -> None:
    """A thousand beds, nine tenths taken: a hundred are left, less those of migrants in bed."""
    clinics = model.clinics
    clinics.beds[:], clinics.background_occupancy[:] = 1000.0, 0.9
    clinics.background_spread[:] = 0.0
    clinics.in_bed[0] = 30
    model.beds.count_free()
    expected = np.where(np.arange(len(clinics.units)) == 0, 70, 100)
    assert np.abs(clinics.free_beds - expected).max() <= 1
    clinics.in_bed[0] = 0


@pytest.mark.parametrize(("waited", "state"), [(5, State.QUEUED), (6, State.UNDECIDED)])
def test_patience_ends_after_its_last_day(model: AlmatyModel, waited: int, state: State) -> None:
    clinic = unit_of(model, "polyclinic")
    episode = illness(
        model, state=State.QUEUED, unit=clinic, queued_on=model.day - waited, ready_on=model.day + 9
    )
    model.services.give_up_waiting()
    assert episode["state"] == state


@pytest.mark.parametrize(("kind", "first"), [("polyclinic", 0), ("hospital", 1)])
def test_only_hospitals_see_the_gravest_first(model: AlmatyModel, kind: str, first: int) -> None:
    """A mild illness has waited longer than a moderate one, and there is one slot."""
    unit = unit_of(model, kind)
    pair = [
        illness(
            model, severity=1 + nth, nth=nth, state=State.QUEUED, unit=unit,
            queued_on=model.day - 2 + nth, ready_on=model.day - 2 + nth,
        )
        for nth in range(2)
    ]  # fmt: skip
    model.clinics.slots[:] = 1
    kinds = np.ones(len(words.INSTITUTION_KINDS), dtype=np.bool_)
    (row,) = next_in_line(model.city(), kinds).tolist()
    assert model.episodes.pid[row] == pair[first]["pid"]
    assert model.clinics.served_today[unit] == 1


@pytest.mark.parametrize(("kind", "teaches"), [("polyclinic", True), ("private", False)])
def test_public_clinics_teach_the_emergency_right(
    model: AlmatyModel, kind: str, teaches: bool
) -> None:
    migrant = person(model)
    migrant["knows"][:] = False
    episode = illness(model, unit=unit_of(model, kind), queued_on=model.day)
    meet(model.city(), episode)
    assert bool(migrant["knows"][EMERGENCY_RIGHT]) is teaches
    assert episode["formal_contact"]


def test_residents_wait_for_calls_in_the_proportion_of_the_city(model: AlmatyModel) -> None:
    """One call in a city of 150 stands for as many as two in a city of 300."""
    (crews, background, minutes), *_ = model.clinics.ambulance_response
    larger = small_city(population=300)
    model.emergency_care._note_ambulance_wait(1)
    larger.emergency_care._note_ambulance_wait(2)
    wait = model.clinics.ambulance_wait_minutes
    assert wait == pytest.approx(larger.clinics.ambulance_wait_minutes)
    calls = background + 1.0 / model.world.city.scale
    assert wait == ambulance_wait_minutes(crews, calls, minutes)
    assert wait > ambulance_wait_minutes(crews, background, minutes)


@pytest.mark.parametrize(
    ("sex", "status", "language", "points"),
    [("man", PERMANENT, True, 0), ("woman", PERMANENT, True, 1), ("man", IRREGULAR, True, 1),
     ("man", PERMANENT, False, 1), ("woman", IRREGULAR, False, 3)],
)  # fmt: skip
def test_who_counts_as_vulnerable(
    model: AlmatyModel, sex: str, status: int, language: bool, points: int
) -> None:
    migrant = person(model)
    migrant["sex"], migrant["legal_status"] = words.SEXES.index(sex), status
    migrant["manages_language"] = language
    assert vulnerability(migrant) == points


def test_staff_learn_of_a_partner_with_every_need_settled_together(model: AlmatyModel) -> None:
    """What is not known shrinks by a tenth a need; without one nothing is learned."""
    agencies = model.agencies
    agencies.knowledge[:] = np.maximum(model.coordination.base, 0.4)
    before = agencies.knowledge.copy()
    agencies.closed_together[:] = 0
    agencies.closed_together[0, 1] = 3
    model.coordination.learn_about_each_other()
    expected = before.copy()
    expected[0, 1] = 1.0 - (1.0 - before[0, 1]) * 0.9**3
    assert agencies.knowledge == pytest.approx(expected)
    assert agencies.closed_together.sum() == 0


@pytest.mark.parametrize(("fear", "chosen"), [(0.0, 0), (1.0, 1)])
def test_the_afraid_avoid_an_institution_that_is_believed_to_report(
    model: AlmatyModel, fear: float, chosen: int
) -> None:
    """The first is better at it, and half of all contacts there are believed to be reported."""
    table = model.agencies.table
    table["competence"][:] = 0.0
    table["competence"][:2, PAYMENT] = 0.9, 0.8
    table["believed_reporting"][:2] = 0.5, 0.0
    table["capacity"][:2] = 5.0
    for name in ("accepts_nationality", "accepts_status"):
        table[name][:2] = 1
    table["only_referred"][:2] = table["refuses_fined"][:2] = False
    task = a_need(model)
    assert best_agency(model.city(), task, person(model), 0.0, fear) == chosen


@pytest.mark.parametrize(("status", "goes"), [(PERMANENT, True), (IRREGULAR, False)])
def test_the_afraid_do_not_follow_a_referral(model: AlmatyModel, status: int, goes: bool) -> None:
    """Irregular stay and full susceptibility: fear above the limit; permanent: none at all."""
    migrant = person(model)
    migrant["legal_status"], migrant["fear_susceptibility"] = status, 5.0
    task = a_need(model)
    send(model.city(), task, migrant, 1, 11)
    assert task["place"] == (Place.IN_TRANSIT if goes else Place.WITH_MIGRANT)
    assert task["no_shows"] == (not goes)


@pytest.mark.parametrize("reached", [0.0, 1.0, 1.2, 9.0])
def test_the_next_grant_follows_what_was_settled(model: AlmatyModel, reached: float) -> None:
    """By the response to the distance from the target, within the limit, then back to 2018."""
    referral, table = model.world.referral, model.agencies.table
    table["target"], table["resolved_this_quarter"] = 100.0, round(100 * reached)
    received = table["received"].copy()
    model._day = DAYS_A_QUARTER
    model.funding.receive()
    change = referral.grant_response * (reached - 1.0)
    limit = referral.grant_change_limit
    factor = 1.0 + min(max(change, -limit), limit)
    factor += referral.grant_reversion * (1.0 - factor)
    assert referral.grant_reversion > 0.0
    paid = np.where(table["money"], np.rint(model.agencies.grant * factor), 0)
    assert paid.sum() > 0
    assert (table["received"] - received).tolist() == paid.tolist()
    assert (table["resolved_this_quarter"] == 0).all()


def test_a_policy_costs_a_small_city_as_much_a_head(model: AlmatyModel) -> None:
    """What a month costs the reference population, scaled and spread over its days."""
    world = model.world.with_value("information.ngo_reach", model.world.information.ngo_reach + 0.5)
    model.funding.prepare(world)
    costs = 0.5 * world.costs.ngo_reach
    assert costs > 0.0
    a_day = costs * model.world.city.scale / DAYS_A_MONTH
    assert abs(model.funding.policy_cost_a_day["donors"] - a_day) <= 0.5


@pytest.mark.parametrize(("threshold", "gives_up"), [(0.7, False), (0.9, True)])
def test_motivation_falls_with_every_bounce(
    model: AlmatyModel, threshold: float, gives_up: bool
) -> None:
    """By the share of the entry; who has less than their own threshold gives up."""
    kept = model.world.referral.motivation_kept
    assert 0.0 < kept < 1.0
    task = a_need(model)
    task["motivation"], task["gives_up_at"] = 1.0, threshold * kept / 0.8
    lose_motivation(model.city(), task)
    assert task["bounces"] == 1
    assert task["motivation"] == pytest.approx(kept)
    assert bool(task["place"] == Place.CLOSED) is gives_up


def test_a_branch_starts_where_the_trunk_stands(model: AlmatyModel) -> None:
    """Beds, credit, lines and doors of clinics and agencies, and with them everything else."""
    model.run_for(3)
    model.clinics.in_bed[1], model.clinics.credit[2] = 4, 0.25
    branch = model.fork(model.specification)
    for name in Clinics.STATE:
        assert (branch.clinics.table[name] == model.clinics.table[name]).all(), name
    for name in Agencies.STATE:
        assert (branch.agencies.table[name] == model.agencies.table[name]).all(), name
    assert branch.digest() == model.digest()


@pytest.mark.parametrize(("need", "care", "work"), [
    (PAYMENT, 500, 100), (SHELTER, 0, 100), (INFORMATION, 0, 0),
])  # fmt: skip
def test_what_a_case_costs_an_agency_is_booked_once(
    model: AlmatyModel, need: int, care: int, work: int
) -> None:
    """A bill of 500 and 100 for the case itself; advice costs nothing. Budget and books agree."""
    agency = record(model.agencies.table, 0)
    agency["payer"], agency["money"] = 0, True
    agency["cost_per_case"], agency["budget"], agency["spent"] = 100, 10_000, 0
    task = a_need(model)
    task["need"], task["amount"] = need, 500
    flows = "care paid by NGOs", "work of NGOs"
    before = [booked(model, flow) for flow in flows]
    spend(model.city(), task, agency)
    after = [booked(model, flow) for flow in flows]
    assert [new - old for new, old in zip(after, before, strict=True)] == [care, work]
    assert (agency["budget"], agency["spent"]) == (10_000 - care - work, care + work)
