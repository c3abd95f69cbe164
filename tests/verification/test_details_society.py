"""Details of work, papers, money, police and news: one rule at a time."""

import numpy as np
import pytest
from scipy.special import logit

from sim import vocabulary as words
from sim.agents.episode import State
from sim.agents.migrant import NEVER, can_pay
from sim.engine.calendar import DAYS_A_MONTH
from sim.model import AlmatyModel
from sim.submodels.businesses import formality, give_up_looking, run_businesses
from sim.submodels.enforcement import act
from sim.submodels.experience import has_something_to_fear, learned, talk
from sim.submodels.information import INSURANCE, forget, hear, learn
from sim.submodels.insurance import POLICY_COVER, cover_of, insure
from sim.submodels.legal_status import regularise, renewal_probability
from tests.verification.single import booked, illness, numbers_of, person, small_city

PERMANENT = words.LegalStatus.PERMANENT.value
PERMIT = words.LegalStatus.PERMIT.value
IRREGULAR = words.LegalStatus.IRREGULAR.value


@pytest.fixture
def model() -> AlmatyModel:
    """A city in which everybody who may be removed is, and wages are never withheld."""
    return small_city({"enforcement.removal": 1.0, "money.wage_withheld_probability": 0.0})


def test_only_people_without_a_right_to_work_fear_a_report(model: AlmatyModel) -> None:
    migrant = person(model)
    afraid = []
    for code, name in enumerate(words.LEGAL_STATUSES):
        migrant["legal_status"] = code
        if has_something_to_fear(migrant):
            afraid.append(name)
    assert afraid == ["registered", "irregular"]


@pytest.mark.parametrize(
    ("good", "bad", "relaxation", "expected"),
    [
        (1, 0, 0.0, 0.5 + 0.1 * 0.5 / 5),
        (0, 1, 0.0, 0.5 - 0.1 * 2 * 0.5 / 5),
        (2, 1, 0.0, 0.5),
        (0, 0, 0.5, 0.5 + 0.5 * (0.7 - 0.5)),
    ],
)
def test_trust_moves_with_experience_and_towards_that_of_compatriots(
    good: int, bad: int, relaxation: float, expected: float
) -> None:
    """Opinion 0.5 in a group of five, learning 0.1, the bad weighing twice; common opinion 0.7."""
    assert learned(0.5, good, bad, 0.1, 5.0, 2.0, 0.7, relaxation) == pytest.approx(expected)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_newcomers_bring_the_trust_that_people_first_have(weight: float) -> None:
    """Where all groups trust by 0.9; a week replaces 7 / mean stay of the members."""
    model = small_city({"experience.newcomers_trust": weight}, population=100)
    model.work_groups["trust"] = model.counts["trust"] = 0.9
    for name in ("good", "bad"):
        model.work_groups[name] = 0
    for _ in range(7):
        talk(model.city())
        model._day += 1
    replaced = weight * (1.0 - np.exp(-7.0 / model.world.demography.mean_stay))
    first = np.array([model.world.care_seeking.trust[option] for option in words.OPTIONS])
    expected = 0.9 + replaced * (first - 0.9)
    np.testing.assert_allclose(
        model.work_groups["trust"], np.broadcast_to(expected, (len(model.work_groups), len(first))),
        rtol=2e-4,
    )  # fmt: skip


def test_inspections_are_as_frequent_as_their_rate() -> None:
    """Half of all employers of the mean size a month, within four standard errors."""
    half_a_month = np.log(2.0) * 365.0 / 30.0
    model = small_city(
        {"employment.inspections": half_a_month, "employment.inspection_factor": 1.0},
        population=1500,
    )
    employers = model.employers
    employers.size[:] = round(model.world.employment.mean_size)
    size = round(model.world.employment.mean_size) / model.world.employment.mean_size
    share = 1.0 - 0.5 ** np.sqrt(size)
    inspected, months = 0, 12
    for month in range(months):
        employers.inspected_on[:] = -NEVER
        for _ in range(DAYS_A_MONTH):
            run_businesses(model.city(), month)
            model._day += 1
        inspected += int((employers.inspected_on[employers.rows] > -NEVER).sum())
    tried = months * len(employers.rows)
    assert abs(inspected / tried - share) < 4.0 * np.sqrt(share * (1.0 - share) / tried)


@pytest.mark.parametrize(("raids_a_year", "part"), [(0.0, False), (365.0, True)])
def test_raids_are_part_of_the_pressure_of_the_police(raids_a_year: float, part: bool) -> None:
    """Without raids their share is missing; with one everywhere every day it is there in full."""
    model = small_city(
        {"enforcement.raids_a_year": raids_a_year, "enforcement.intensity": 1.0}, population=100
    )
    model.enforcement.patrol()
    pressure = model.counts["pressure"][0, model.day % 7]
    share = model.world.enforcement.raid_share
    assert 0.0 < share < 1.0
    assert pressure == pytest.approx(np.full(len(pressure), 1.0 if part else 1.0 - share))


def test_people_with_papers_are_fined_and_not_removed(model: AlmatyModel) -> None:
    """Removal has probability 1 here, for people without valid status."""
    with_papers, without = person(model, 0), person(model, 1)
    with_papers["legal_status"], without["legal_status"] = PERMIT, IRREGULAR
    model.departures.make_room(2)
    act(model.city(), model.migrants.rows[:2])
    assert (with_papers["fined"], with_papers["to_be_removed"]) == (True, False)
    assert (without["fined"], without["to_be_removed"]) == (False, True)
    assert without["leaves_on"] > model.day


def test_news_reaches_people_as_far_as_they_understand_it(model: AlmatyModel) -> None:
    """Exposure to the channels shrinks by the comprehension of who has no common language."""
    model.work_groups["informed"][:] = 0
    model.work_groups["formal"][:] = False
    nearby = np.zeros(
        (len(words.DISTRICTS), len(words.NATIONALITIES), len(words.KNOWLEDGE)), np.float32
    )
    migrant = person(model)
    migrant["knows"][:] = False
    heard = []
    for manages in (True, False):
        migrant["exposure"][:] = 0.0
        migrant["manages_language"] = manages
        hear(model.city(), migrant, nearby)
        heard.append(migrant["exposure"].copy())
    channels = model.information.channel_hazard[migrant["nationality"]]
    comprehension = model.world.information.comprehension_without_language
    assert 0.0 < comprehension < 1.0
    assert heard[0] == pytest.approx(7.0 * channels)
    assert heard[1] == pytest.approx(comprehension * heard[0])


@pytest.mark.parametrize(("days_too_late", "member"), [(0, True), (1, False)])
def test_membership_outlives_arrears_by_the_months_of_grace(
    model: AlmatyModel, days_too_late: int, member: bool
) -> None:
    numbers = numbers_of(model, "insurance")
    numbers["may_join"][:] = True
    numbers["grace_days"] = 60
    migrant = person(model)
    migrant["knows"][INSURANCE] = False
    migrant["paid_until"] = model.day - 60 - days_too_late
    kept_back = insure(model.city(), migrant, 100_000.0, False, 0)
    assert kept_back == 0
    assert bool(migrant["insured"]) is member


@pytest.mark.parametrize(("left", "cover"), [(1, POLICY_COVER), (0, 0)])
def test_a_policy_is_good_as_long_as_its_limit_lasts(
    model: AlmatyModel, left: int, cover: int
) -> None:
    migrant = person(model)
    migrant["knows"][INSURANCE] = migrant["has_policy"] = migrant["attached"] = True
    migrant["policy_left"] = left
    assert cover_of(model.city(), migrant) == cover


def test_fees_keep_people_from_renewing_papers(model: AlmatyModel) -> None:
    """The log odds fall by the weight times the fee over what can be paid."""
    migrant = person(model)
    legal = model.world.legal_status
    fee = 20_000.0
    free, dear = (renewal_probability(model.city(), migrant, one) for one in (0.0, fee))
    means = can_pay(migrant, model.world.money.borrowing_limit) + 1.0
    assert logit(free) - logit(dear) == pytest.approx(legal.renewal_fee * fee / means)
    assert dear < free


@pytest.mark.parametrize(("legal_status", "paid_when_ill"), [(PERMANENT, True), (IRREGULAR, False)])
def test_sick_pay_is_for_those_with_rights(
    model: AlmatyModel, legal_status: int, paid_when_ill: bool
) -> None:
    """Ten days of absence in a month of thirty."""
    (row,) = model.migrants.rows[:1]
    migrant = person(model)
    model.migrants.month_slice[:] = -1
    model.migrants.month_slice[row] = model.day % 30
    migrant["legal_status"] = legal_status
    migrant["entered_on"], migrant["absent_days"] = model.day - 300, 10
    model.work_groups["formal"][:] = False
    before = booked(model, "wages")
    model.money.pay_wages()
    days = 20.0 + (10.0 * model.world.money.paid_when_absent if paid_when_ill else 0.0)
    wage = model.world.money.wage_factor * int(migrant["wage"])
    assert 0.0 < model.world.money.paid_when_absent < 1.0
    assert booked(model, "wages") - before == round(wage * days / 30.0)
    assert migrant["absent_days"] == 0


def test_two_illnesses_cost_one_day_of_work(model: AlmatyModel) -> None:
    """Each is a day longer, the person has missed one day."""
    both = [illness(model, kind, words.SEVERE, state=State.QUEUED) for kind in ("injury", "acute")]
    person(model)["absent_days"] = 0
    model.money.count_absence()
    assert [int(one["disabled_days"]) for one in both] == [1, 1]
    assert person(model)["absent_days"] == 1


def test_contracts_are_given_by_the_readiest_employers(model: AlmatyModel) -> None:
    """Whose draw is lowest; as many as the logistic of the gain says, within four errors."""
    employers = small_city(population=3000).employers
    formal, draw = employers.formal[employers.rows], employers.formality[employers.rows]
    assert draw[formal].max() < draw[~formal].min()
    employment = model.world.employment
    gain = employment.believed_at_start / 12 * employment.fine - employment.contract_cost
    gain += employment.norm * employment.formal_share
    share = 1.0 / (1.0 + np.exp(-employment.decision_weight * gain))
    assert abs(formal.mean() - share) < 4.0 * np.sqrt(share * (1.0 - share) / len(formal))


def test_contracts_follow_from_their_gain(model: AlmatyModel) -> None:
    """The logistic of expected fines and the norm, less what a contract costs."""
    numbers = numbers_of(model, "businesses")
    gain = 0.6 / 12.0 * numbers["fine"] + numbers["norm"] * 0.3 - numbers["contract_and_policy"]
    assert numbers["contract_and_policy"] > 0.0
    assert logit(formality(numbers, 0.6, 0.3)) == pytest.approx(numbers["decision_weight"] * gain)


@pytest.mark.parametrize(("longer", "leaves"), [(0, False), (1, True)])
def test_who_has_looked_for_work_in_vain_leaves(
    model: AlmatyModel, longer: int, leaves: bool
) -> None:
    """On the day after the last day of patience, and not before."""
    migrant = person(model)
    days = round(model.world.employment.jobless_days)
    migrant["jobless_since"], migrant["leaves_on"] = model.day - days - longer, model.day + 500
    model.departures.make_room(1)
    give_up_looking(model.city(), model.migrants.rows[:1])
    assert migrant["leaves_on"] == model.day + (1 if leaves else 500)


def test_arrivals_peak_a_quarter_after_the_phase(model: AlmatyModel) -> None:
    demography = model.world.demography
    peak = round(demography.arrival_season_phase + 365 / 4) - model.calendar.day_of_year(0)
    assert demography.arrival_season > 0.0
    assert model.demography.season(peak) == pytest.approx(1.0 + demography.arrival_season, abs=1e-3)


def test_first_residents_have_longer_stays_than_arrivals() -> None:
    """E[stay squared] / E[stay] of the mixture of gamma laws, within four standard errors."""
    model = small_city({"demography.arrival_season": 0.0}, population=3000)
    demography, rows = model.world.demography, model.migrants.rows
    stay = (model.migrants.leaves_on[rows] - model.migrants.entered_on[rows]).astype(float)
    first = sum(demography.stay_share[one] * demography.stay_mean[one] for one in words.STAYS)
    second = sum(
        demography.stay_share[one]
        * demography.stay_mean[one] ** 2
        * (1.0 + 1.0 / demography.stay_shape[one])
        for one in words.STAYS
    )
    assert second > 1.2 * first**2
    error = 4.0 * stay.std() / np.sqrt(len(stay))
    assert abs(stay.mean() - second / first) < error + 1.0


def test_the_employer_pays_its_rate_and_keeps_back_the_workers(model: AlmatyModel) -> None:
    """Of the wage up to the ceiling; whoever is enrolled is a member from then on."""
    numbers = numbers_of(model, "insurance")
    numbers["may_join"][:], numbers["enrolment_cost"] = True, -1e12
    numbers["employer_rate"], numbers["employee_rate"] = 0.03, 0.01
    numbers["wage_ceiling"], numbers["administration"] = 90_000.0, 0.0
    migrant = person(model)
    model.work_groups["formal"][:] = True
    before = booked(model, "contributions of employers"), booked(model, "contributions of members")
    assert insure(model.city(), migrant, 100_000.0, True, 0) == 900
    assert booked(model, "contributions of employers") - before[0] == 2_700
    assert booked(model, "contributions of members") - before[1] == 900
    assert migrant["insured"]


@pytest.mark.parametrize(
    ("nationality", "status"), [("uzbekistan", "permit"), ("kyrgyzstan", "registered")]
)
def test_an_amnesty_gives_papers_that_fit_the_nationality(nationality: str, status: str) -> None:
    """Citizens of EAEU states need no permit."""
    model = small_city(
        {"legal_status.regularisation": 60.0, "legal_status.regularisation_fee": 0.0}
    )
    migrant = person(model)
    model.work_groups["formal"][:] = False
    migrant["nationality"] = words.NATIONALITIES.index(nationality)
    migrant["legal_status"], migrant["passport_held"] = IRREGULAR, False
    model.migrants.stratum[:] = 50
    regularise(model.city(), migrant, 1)
    assert words.LEGAL_STATUSES[migrant["legal_status"]] == status


def test_what_is_forgotten_has_to_be_heard_anew(model: AlmatyModel) -> None:
    """Exposure begins at nothing, with another threshold; the informed are one fewer."""
    migrant = person(model)
    if not migrant["knows"][INSURANCE]:
        learn(model.city(), migrant, INSURANCE, -1)
    migrant["exposure"][INSURANCE] = 5.0
    threshold = float(migrant["learning_threshold"][INSURANCE])
    group = model.work_groups["informed"][migrant["work_group"]]
    informed = int(group[INSURANCE])
    forget(model.city(), migrant, INSURANCE)
    assert not migrant["knows"][INSURANCE]
    assert migrant["exposure"][INSURANCE] == 0.0
    assert migrant["learning_threshold"][INSURANCE] != threshold
    assert group[INSURANCE] == informed - 1
