"""The simulated survey: who is asked, what is recalled, and odds as a known truth has them."""

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.agents.migrant import NEVER
from sim.config.mistakes import ConfigurationError
from sim.model import AlmatyModel
from sim.observation import survey
from sim.submodels.services import MET
from tests.cities import city

MARKET = survey.design("market_workers")
ANYBODY = survey.design("central_asian_workers")


@pytest.fixture(scope="module")
def model() -> AlmatyModel:
    lived = AlmatyModel(city(population=1200, days=370, seed=2))
    lived.run_for(370)
    return lived


@pytest.fixture(scope="module")
def everybody(model: AlmatyModel) -> pd.DataFrame:
    return survey.population(model, ANYBODY)


def made_up(count: int, effect: dict[str, float], seed: int) -> pd.DataFrame:
    """Respondents whose use of care follows a logistic law that is known."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            **{name: rng.random(count) < 0.4 for name in survey.ASKED_ABOUT},
            "age": rng.uniform(18, 60, count),
            "woman": rng.random(count) < 0.3,
            "log_stay": rng.normal(5, 1, count),
            "manages_language": rng.random(count) < 0.5,
            "nationality": rng.choice(["a", "b", "c"], count),
            "sector": "trade",
        }
    )
    # Contract and age go together, so that crude odds are wrong.
    table["contract"] = rng.random(count) < np.where(table["age"] > 40, 0.7, 0.2)
    logit = (
        -1.0 - 0.05 * (table["age"] - 40) + sum(size * table[name] for name, size in effect.items())
    )
    table["used_care"] = rng.random(count) < 1 / (1 + np.exp(-logit))
    return table


def test_adjusted_odds_are_those_of_the_law_that_made_the_answers() -> None:
    truth = {"contract": np.log(2.59), "registered": np.log(1.69), "can_afford": np.log(3.61)}
    inside = []
    for seed in range(20):
        found = survey.odds_ratios(made_up(3000, truth, seed))
        expected = np.exp(pd.Series(truth))
        inside.append((found["low"] < expected) & (expected < found["high"]))
        assert (found["low"] < found["odds_ratio"]).all()
        assert list(found.index) == list(survey.ASKED_ABOUT)
    # 60 intervals at 95 %: fewer than 51 hits have a probability of 0.2 %.
    assert int(np.sum(inside)) >= 51
    crude = made_up(30_000, truth, 1).groupby("contract")["used_care"].mean()
    odds = crude / (1 - crude)
    assert odds[True] / odds[False] < 2.0


def test_nothing_is_estimated_from_too_little_or_without_variation() -> None:
    table = made_up(200, {}, 3)
    assert survey.odds_ratios(table.head(20)).isna().all(axis=None)
    assert survey.odds_ratios(table.assign(used_care=True)).isna().all(axis=None)
    alike = survey.odds_ratios(table.assign(can_afford=True))
    assert alike.isna().all(axis=1).to_dict() == {
        "contract": False, "registered": False, "can_afford": True,
    }  # fmt: skip
    # With an empty cell there is no estimate of that condition; the others have theirs.
    empty = table.assign(can_afford=table["can_afford"] | table["used_care"])
    found = survey.odds_ratios(empty)
    assert found.loc["can_afford"].isna().all()
    assert found.drop(index="can_afford").notna().all(axis=None)
    found = survey.odds_ratios(table.assign(used_care=table["registered"]))
    assert found.loc["registered"].isna().all()
    # Parted by what is adjusted for, there is no estimate of anything.
    parted = table.assign(used_care=table["age"] > table["age"].median())
    assert survey.odds_ratios(parted).isna().all(axis=None)


def test_those_who_are_asked_are_those_of_the_design(
    model: AlmatyModel, everybody: pd.DataFrame
) -> None:
    people, rows = model.migrants, model.migrants.rows
    stay = model.day - people.entered_on[rows]
    assert len(everybody) == (stay >= ANYBODY.least_stay).sum()
    traders = survey.population(model, MARKET)
    assert set(traders["sector"]) == {"trade"}
    assert 0 < len(traders) < len(everybody)
    assert everybody["log_stay"].min() >= np.log(ANYBODY.least_stay)


def test_answers_are_about_the_year_before_the_interview(
    model: AlmatyModel, everybody: pd.DataFrame
) -> None:
    rows = model.migrants.rows
    rows = rows[model.day - model.migrants.entered_on[rows] >= ANYBODY.least_stay]
    person = model.migrants.pid[rows]
    since = model.day - ANYBODY.recall
    log = model.case_log()
    met = log[
        (log["event"] == "visit") & (log["day"] >= since)
        & log["result"].isin(["treated", "not_helped", "sent_on", "delivered", "admitted"])
    ]  # fmt: skip
    checked = model.check_ups["person"][model.check_ups["day"] >= since]
    seen, checked_up = np.isin(person, met["person"]), np.isin(person, checked)
    assert (everybody["used_care"] == (seen | checked_up)).all()
    assert (checked_up & ~seen).any() and (seen & ~checked_up).any()
    assert 0.1 < everybody["used_care"].mean() < 0.9
    assert not (everybody["went_without"] & ~everybody["had_need"]).any()
    paid = pd.DataFrame({one: model.payments[one] for one in ("person", "day", "amount")})
    paid = paid[paid["day"] >= since].groupby("person")["amount"].sum()
    price = model.care_seeking.believed_prices(rows)
    savings = model.migrants.savings[rows].astype(float)
    with_it = savings + paid.reindex(person).fillna(0).to_numpy()
    assert (everybody["can_afford"] == (with_it >= price)).all()
    assert (everybody["can_afford_now"] == (savings >= price)).all()
    assert (everybody["can_afford"] & ~everybody["can_afford_now"]).any()


def test_contracts_and_registration_are_those_of_the_people(
    model: AlmatyModel, everybody: pd.DataFrame
) -> None:
    asked = [one for one in model.migrants if model.day - one.entered_on >= ANYBODY.least_stay]
    registered = ("permanent", "eaeu_contract", "permit", "registered")
    assert everybody["registered"].sum() == sum(one.legal_status in registered for one in asked)
    formal = model.employers.formal
    may_work = ("permanent", "eaeu_contract", "permit")
    works = [one for one in asked if one.jobless_since > model.day]
    with_right = [one for one in works if one.legal_status in may_work]
    assert everybody["contract"].sum() == sum(bool(formal[one.employer]) for one in with_right)
    assert 0 < everybody["contract"].sum() < len(works)


def test_a_sample_has_the_size_of_the_survey_and_asks_nobody_twice(
    everybody: pd.DataFrame,
) -> None:
    rng = np.random.default_rng(5)
    first, second = (survey.sample(everybody, ANYBODY, rng) for _ in range(2))
    assert len(first) == len(set(first.index)) == ANYBODY.respondents
    assert set(first.index) != set(second.index)
    assert len(survey.sample(everybody.head(40), ANYBODY, rng)) == 40
    again = survey.sample(everybody, ANYBODY, np.random.default_rng(5))
    assert list(again.index) == list(first.index)


def test_a_survey_before_its_window_and_an_unknown_one_are_refused() -> None:
    young = AlmatyModel(city(population=100, days=30, seed=1))
    with pytest.raises(ValueError, match="asks about 365 days: run the model at least as long"):
        survey.population(young, MARKET)
    with pytest.raises(ConfigurationError, match="unknown survey 'market_worker': did you mean"):
        survey.design("market_worker")
    assert set(survey.designs()) == {
        "central_asian_workers", "kyrgyz_workers", "market_workers", "permit_applicants",
    }  # fmt: skip


def test_a_design_asks_only_whom_it_names(model: AlmatyModel) -> None:
    applicants = survey.design("permit_applicants")
    rows = survey.asked(model, applicants)
    status = [words.LEGAL_STATUSES[one] for one in model.migrants.legal_status[rows]]
    assert set(status) == set(applicants.legal_statuses) == {"permit", "registered"}
    citizens = survey.population(model, survey.design("kyrgyz_workers"))
    assert set(citizens["nationality"]) == {"kyrgyzstan"}
    assert set(survey.population(model, ANYBODY)["nationality"]) == set(words.NATIONALITIES)


def test_what_people_did_when_ill_is_the_most_they_did(
    model: AlmatyModel, everybody: pd.DataFrame
) -> None:
    """Counted again from the logs, person by person."""
    person = model.migrants.pid[survey.asked(model, ANYBODY)]
    start = model.day - ANYBODY.recall
    visits, closed, still = model.visits, model.closed_episodes, model.episodes
    lately = (visits["served_on"] >= start) & MET[visits["result"]]
    kind = np.array(words.INSTITUTION_KINDS)[model.clinics.kind[visits["unit"]]]
    at_emergency = np.isin(kind, ["ambulance", "hospital"])
    noticed = [
        (who, treated)
        for who, on, treated, ended in zip(
            closed["person"], closed["perceived_on"], closed["self_treated"], closed["ended_on"],
            strict=True,
        )
        if ended >= start and on > -NEVER
    ]  # fmt: skip
    rows = still.rows
    for who, on, treated in zip(
        still.person[rows], still.perceived_on[rows], still.self_treated[rows], strict=True
    ):
        if on > -NEVER:
            noticed.append((who, treated))
    ill, treated = {who for who, _ in noticed}, {who for who, one in noticed if one}
    for who, answer in zip(person.tolist(), everybody["when_ill"], strict=True):
        mine = lately & (visits["person"] == who)
        if (mine & ~at_emergency).any():
            assert answer == "ordinary_care"
        elif mine.any():
            assert answer == "emergency_only"
        elif who in treated:
            assert answer == "medicines"
        else:
            assert answer == ("nothing" if who in ill else "not_ill")
    found = survey.shares(everybody)
    assert found.filter(like="when_ill_").sum() == pytest.approx(1.0)
    assert set(everybody["when_ill"]) >= {"nothing", "emergency_only", "ordinary_care", "not_ill"}
