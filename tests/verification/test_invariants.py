"""Invariants V8 to V12 and the money of the patients, over a year of a city short of everything.

The fixture `watched` has already checked most of them on each of its evenings; a breach there
shows as an error of all these tests.
"""

import numpy as np

from sim.agents.episode import Outcome, State
from sim.observation.indicators import indicators
from sim.submodels.services import VISIT_RESULTS
from tests.verification.invariants import (
    Watch,
    check_counts,
    check_indicators,
    check_money_of_cases,
    check_states,
    check_times,
)


def test_the_watched_city_is_worth_watching(watched: Watch) -> None:
    """Every state, outcome and result of a visit occurs, so the checks have something to check."""
    model = watched.model
    assert len(model.visits) > 500
    rows = model.episodes.rows
    assert set(model.episodes.state[rows].tolist()) >= {
        State.LATENT, State.UNDECIDED, State.QUEUED, State.IN_BED, State.TREATED_AT_HOME,
        State.GONE,
    }  # fmt: skip
    assert set(model.closed_episodes["outcome"].tolist()) >= {
        Outcome.RECOVERED, Outcome.DIED, Outcome.LEFT,
    }  # fmt: skip
    assert set(model.visits["result"].tolist()) == set(range(len(VISIT_RESULTS)))
    assert model.diary.counts["boarding"].max() > 0
    assert model.diary.by_unit("diverted_today").sum() > 0


def test_cases_are_conserved(watched: Watch) -> None:
    """V8: opened = closed + open, case by case; one state each; one open case a kind."""
    watched.check_number_of_cases()
    watched.check_identity_of_cases()
    check_states(watched.model)


def test_people_are_conserved(watched: Watch) -> None:
    """V9: residents + arrivals = present + left, and every running count is a true count."""
    watched.check_number_of_people()
    watched.check_identity_of_people()
    check_counts(watched.model)


def test_deaths_are_ends_of_episodes_and_of_stays(watched: Watch) -> None:
    """V9: every death closed one fatal episode; who died in the city has left it that day."""
    model = watched.model
    fatal = model.closed_episodes["outcome"] == Outcome.DIED
    assert fatal.sum() == len(model.deaths)
    dead = model.closed_episodes["person"][fatal]
    assert len(np.unique(dead)) == len(dead)
    assert not np.isin(dead, model.migrants.pid[model.migrants.rows]).any()
    assert not np.isin(dead, model.episodes.person[model.episodes.rows]).any()
    here = model.deaths["present"]
    left_on = np.bincount(model.leavers["left_on"], minlength=model.day)
    died_on = np.bincount(model.deaths["day"][here], minlength=model.day)
    assert (died_on <= left_on).all()


def test_services_never_exceed_slots_nor_patients_beds(watched: Watch) -> None:
    """V10 over the whole year (the evening checks compare with the doors and the visits too)."""
    model = watched.model
    served, slots = model.diary.by_unit("served_today"), model.diary.by_unit("slots")
    assert served.shape == (model.day, len(model.clinics.units))
    assert (served <= slots).all()
    assert served.sum() > 0
    assert (served == slots)[slots > 0].any(), "nowhere is anything ever full"


def test_closed_institutions_serve_nobody(watched: Watch) -> None:
    """V10: on Sundays and holidays polyclinics have neither slots nor visits."""
    model = watched.model
    polyclinics = model.clinics.of_kind("polyclinic")
    closed = np.array(
        [
            model.calendar.weekday(day) == 6 or model.calendar.is_holiday(day)
            for day in range(model.day)
        ]
    )
    assert closed.sum() > 52
    served = model.diary.by_unit("served_today")[:, polyclinics].sum(axis=1)
    assert served[closed].sum() == 0
    assert served[~closed].sum() > 0


def test_time_stamps_are_in_order(watched: Watch) -> None:
    """V11."""
    check_times(watched.model)


def test_indicators_are_shares_and_rates(watched: Watch) -> None:
    """V12, for the whole year, for a part of it and for a day."""
    model = watched.model
    for start, end in ((0, 365), (100, 200), (364, 365)):
        check_indicators(indicators(model, start, end))


def test_curves_have_no_gaps_and_no_negative_numbers(watched: Watch) -> None:
    """V12 for the daily outcomes."""
    curves = watched.model.curves().drop(columns="date")
    assert len(curves) == watched.model.day
    assert np.isfinite(curves.to_numpy(dtype=float)).all()
    assert (curves >= 0).all(axis=None)
    assert (curves["timely_emergency_care"] <= curves["newly_severe"]).all()
    assert (curves["unmet_episodes"] <= curves["met_and_unmet_episodes"]).all()
    assert (curves["low_acuity_contacts"] <= curves["emergency_contacts"]).all()
    assert (curves["present"] >= curves.filter(like="know_").max(axis="columns")).all()


def test_what_is_charged_is_paid_or_owed(watched: Watch) -> None:
    """Ledger of the cases: charged = paid + owed, and nothing negative."""
    check_money_of_cases(watched.model)


def test_who_is_treated_at_home_is_under_treatment(watched: Watch) -> None:
    """The state `treated_at_home` and the flag `treated`, which the hazards hang on, agree."""
    episodes = watched.model.episodes
    at_home = episodes.rows[episodes.state[episodes.rows] == State.TREATED_AT_HOME]
    assert episodes.treated[at_home].all()
