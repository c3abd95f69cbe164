"""Details of the course of one illness: days that count, protection, consequences, departures."""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.episode import State, bring_up
from sim.agents.migrant import NEVER
from sim.agents.task import PAYMENT
from sim.model import AlmatyModel
from sim.submodels.emergency_care import note_emergency_care
from sim.submodels.follow_up import take_over
from sim.submodels.illness import (
    ACUTE,
    CHRONIC,
    CRITICAL,
    SEVERE,
    add_hazards,
    count_moderate_day,
    decide_sequelae,
    give_birth,
)
from sim.submodels.needs import relieve
from sim.submodels.onset import risk_class
from tests.verification.single import illness, numbers_of, person, record, small_city, unit_of


@pytest.fixture
def model() -> AlmatyModel:
    """A city in which every late emergency, and none in time, has permanent consequences."""
    return small_city({"illness.sequelae_early": 0.0, "illness.sequelae_late": 1.0})


@pytest.mark.parametrize(("days_left", "state"), [(1, State.IN_BED), (0, State.TREATED_AT_HOME)])
def test_a_stay_ends_on_the_day_it_was_planned_to(
    model: AlmatyModel, days_left: int, state: State
) -> None:
    hospital = unit_of(model, "hospital")
    episode = illness(
        model, state=State.IN_BED, treated=True, unit=hospital,
        leaves_bed_on=model.day + days_left,
    )  # fmt: skip
    model.clinics.in_bed[hospital] = 1
    model.beds.discharge()
    assert episode["state"] == state
    assert model.clinics.in_bed[hospital] == days_left


def gathered(model: AlmatyModel, what: str, **fields: int | bool) -> float:
    """Return the hazard a pregnant woman gathers in a day, in a given state."""
    episode = illness(model, "maternity", severity=2, **fields)
    add_hazards(model.city(), episode)
    return float(episode[what])


def test_what_protects_and_what_endangers_multiplies_the_hazards() -> None:
    """Enough antenatal visits, a relapse after early discharge, boarding: each by its factor."""
    model = small_city({"illness.death.maternity.moderate": 0.01})
    factors = numbers_of(model, "illness")
    enough = int(factors["antenatal_visits"])
    worsening = gathered(model, "worsening")
    death = gathered(model, "death")
    assert min(worsening, death) > 0.0
    assert gathered(model, "worsening", antenatal_visits=enough - 1) == worsening
    for fields, what, factor in (
        ({"antenatal_visits": enough}, "worsening", "antenatal_protection"),
        ({"relapse_until": model.day}, "worsening", "relapse_factor"),
        ({"treated": True}, "worsening", "worsening_under_treatment"),
        ({"treated": True}, "death", "death_under_treatment"),
        ({"boarding": True}, "death", "death_while_boarding"),
    ):
        usual = worsening if what == "worsening" else death
        assert factors[factor] != 1.0
        assert gathered(model, what, **fields) == pytest.approx(usual * factors[factor], rel=1e-6)
    assert gathered(model, "worsening", relapse_until=model.day - 1) == worsening


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({}, 1),
        ({"treated": True}, 0),
        ({"severity": 1}, 0),
        ({"severity": SEVERE}, 0),
        ({"perceived_on": -NEVER}, 0),
        ({"state": State.GONE}, 0),
    ],
)
def test_only_untreated_days_of_a_known_moderate_need_make_an_emergency_avoidable(
    model: AlmatyModel, fields: dict[str, int], counted: int
) -> None:
    episode = illness(model)
    for name, value in fields.items():
        episode[name] = value
    count_moderate_day(episode)
    assert episode["moderate_days"] == counted


@pytest.mark.parametrize(("delay", "share"), [(0, 0.0), (1, 0.0), (2, 0.5), (3, 1.0), (9, 1.0)])
def test_permanent_consequences_come_with_late_care(
    model: AlmatyModel, delay: int, share: float
) -> None:
    """None within a day of becoming severe, all from the third day on, half in between."""
    marked = 0
    people = 120
    for nth in range(people):
        episode = illness(model, "injury", SEVERE, nth=nth)
        episode["severe_on"] = model.day - 20
        episode["emergency_care_on"] = model.day - 20 + delay
        decide_sequelae(model.city(), episode)
        marked += int(episode["sequelae_on"] == model.day)
    deviation = np.sqrt(share * (1.0 - share) / people)
    assert abs(marked / people - share) <= 4.0 * deviation


def test_a_birth_is_an_emergency_once(model: AlmatyModel) -> None:
    """From mild to severe; a critical one stays critical."""
    mild = illness(model, "maternity", severity=1)
    critical = illness(model, "maternity", severity=CRITICAL, nth=1)
    severe_before = int(model.counts["newly_severe"][0])
    for episode in (mild, critical):
        give_birth(model.city(), episode)
        assert episode["born"]
    assert (mild["severity"], mild["severe_on"]) == (SEVERE, model.day)
    assert critical["severity"] == CRITICAL
    assert model.counts["newly_severe"][0] == severe_before + 1


def test_who_leaves_ill_is_untreated_until_care_at_home_begins(model: AlmatyModel) -> None:
    """Followed for the days of the entry; care at home begins tomorrow at the earliest."""
    hospital = unit_of(model, "hospital")
    episode = illness(model, severity=SEVERE, state=State.IN_BED, treated=True, unit=hospital)
    model.clinics.in_bed[hospital] = 1
    take_over(model.city(), episode)
    assert not episode["treated"]
    assert episode["state"] == State.GONE
    assert model.clinics.in_bed[hospital] == 0
    assert episode["care_at_home_on"] > model.day
    assert episode["followed_until"] == model.day + round(
        model.world.illness.followed_after_leaving
    )
    episode["care_at_home_on"] = model.day + 1
    model.follow_up.follow()
    assert not episode["treated"]
    model._day += 1
    model.follow_up.follow()
    assert episode["treated"]


def test_colds_come_at_their_peak(model: AlmatyModel) -> None:
    """The factor is 1 plus the season on the day of the peak, and least half a year later."""
    entry = model.world.illness
    first = model.calendar.day_of_year(0)
    peak = round(entry.acute_season_peak) - first
    assert model.onset.season(peak) == pytest.approx(1.0 + entry.acute_season, abs=1e-3)
    assert model.onset.season(peak + 182) == pytest.approx(1.0 - entry.acute_season, abs=1e-3)


def test_the_old_fall_chronically_ill_more_often(model: AlmatyModel) -> None:
    """Rates by age differ by the two factors of the entry, for chronic illness alone."""
    entry = model.world.illness
    young, old = (
        risk_class(model.city(), 0, 0, entry.chronic_age + years, 0) for years in (-5.0, 5.0)
    )
    rates = numbers_of(model, "onset")["rates"]
    expected = entry.chronic_factor_old / entry.chronic_factor_young
    assert rates[old, CHRONIC] / rates[young, CHRONIC] == pytest.approx(expected)
    assert rates[old, ACUTE] == rates[young, ACUTE]


def test_the_first_emergency_care_is_the_one_that_counts(model: AlmatyModel) -> None:
    episode = illness(model, severity=SEVERE)
    note_emergency_care(model.city(), episode)
    assert episode["emergency_care_on"] == model.day
    model._day += 3
    note_emergency_care(model.city(), episode)
    assert episode["emergency_care_on"] == model.day - 3


def test_a_second_bill_is_added_to_the_first(model: AlmatyModel) -> None:
    """A person has one need for money at a time, and it covers both illnesses."""
    for kind, amount in (("injury", 500), ("acute", 700)):
        bring_up(illness(model, kind), PAYMENT, -1, -1, amount)
        model.needs.come_up()
    task = record(model.tasks, int(person(model)["task_of"][PAYMENT]))
    assert task["amount"] == 1200
    needs = model.tasks.need[model.tasks.rows].tolist()
    assert needs.count(words.Need.PAYMENT) == 1


def test_two_illnesses_that_bring_one_need_on_one_day_bring_it_once(model: AlmatyModel) -> None:
    """What one person is short of on a day is one need, however many illnesses it comes with."""
    for kind, amount in (("injury", 500), ("acute", 700)):
        bring_up(illness(model, kind), PAYMENT, -1, -1, amount)
    model.needs.come_up()
    (row,) = np.flatnonzero(model.tasks.need[model.tasks.rows] == PAYMENT).tolist()
    assert person(model)["task_of"][PAYMENT] == model.tasks.rows[row]
    assert model.tasks.amount[model.tasks.rows[row]] == 1200
    open_ones = model.migrants.task_of[model.migrants.rows]
    assert open_ones.min() == -1
    assert np.count_nonzero(open_ones >= 0) == len(model.tasks)


def test_a_surge_strikes_as_often_as_its_excess_says() -> None:
    """Three times a rate that strikes half of all people on twice its day: half, within 4 se."""
    model = small_city(
        {
            "illness.acute_season": 0.0,
            "illness.acute_rate": 365.0 * np.log(2.0) / 2.0,
            "illness.acute_factor": 3.0,
        },
        population=900,
    )
    rows = model.migrants.rows
    model.onset.fall_ill()
    struck = (model.migrants.surges[rows] > 0).mean()
    assert abs(struck - 0.5) < 4.0 * 0.5 / np.sqrt(len(rows))


def test_stays_in_bed_have_the_mean_of_their_entry() -> None:
    """Lognormal by kind: the mean in days, within four standard errors and half a day."""
    model = small_city(population=1500)
    hospital = unit_of(model, "hospital")
    people = model.migrants.rows[:1200]
    kind = words.IllnessKind.INJURY
    rows = model.illness.open_episodes(people, np.full(len(people), kind), np.zeros_like(people))
    model.episodes.state[rows], model.episodes.boarding[rows] = State.IN_BED, True
    model.episodes.unit[rows] = hospital
    model.clinics.free_beds[:] = len(people)
    model.beds.find()
    stay = model.episodes.leaves_bed_on[rows] - model.day
    mean = model.clinics.mean_stay[hospital, kind]
    assert mean > 3.0 and model.clinics.stay_sigma[hospital] > 0.3
    assert abs(stay.mean() - mean) < 4.0 * stay.std() / np.sqrt(len(stay)) + 0.1
    assert model.clinics.in_bed[hospital] == len(people)


@pytest.mark.parametrize(
    ("serves_care", "amount", "owed", "relieved", "covered"),
    [(False, 500, 300, 500, 0), (False, 1000, 0, 800, 0), (True, 500, 800, 0, 500)],
)
def test_help_with_a_bill_pays_the_debt_or_the_next_visit(
    model: AlmatyModel, serves_care: bool, amount: int, owed: int, relieved: int, covered: int
) -> None:
    """Of a debt of 800, no more than is owed; where care was refused, the desk is paid instead."""
    bring_up(illness(model, owed=800), PAYMENT, -1, -1, amount)
    model.needs.come_up()
    task = record(model.tasks, int(person(model)["task_of"][PAYMENT]))
    task["serves_care"] = serves_care
    episode = record(model.episodes, int(model.episodes.rows[0]))
    relieve(episode, task)
    assert (episode["owed"], episode["relieved"], episode["covered"]) == (owed, relieved, covered)
