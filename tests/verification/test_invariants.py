"""Invariants V8 to V12 and the money of the patients, over a year of a city short of everything.

The fixtures `watched` and, with a coordinating body, `watched_coordination` have already checked
most of them on each of their evenings; a breach there shows as an error of all these tests.
"""

import numpy as np
import pytest

from sim.agents.episode import Outcome, State
from sim.agents.task import Ending, Move, Place
from sim.observation.event_records import OPEN
from sim.observation.indicators import indicators
from sim.observation.needs import handover_table, need_table
from sim.submodels.services import VISIT_RESULTS
from tests.verification.invariants import (
    Watch,
    check_counts,
    check_indicators,
    check_money_of_cases,
    check_opinions,
    check_states,
    check_tasks,
    check_times,
    check_times_of_needs,
    needs_of_log,
)

NEED = ["person", "ordinal", "need"]


@pytest.fixture(params=["watched", "watched_coordination"])
def either(request: pytest.FixtureRequest) -> Watch:
    """Each of the two cities: without and with coordination."""
    one = request.getfixturevalue(request.param)
    assert isinstance(one, Watch)
    return one


@pytest.mark.claim("V8", "V10")
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


def test_needs_of_the_watched_city_are_worth_watching(watched: Watch) -> None:
    """Needs were in every place and met every move and ending that is there without coordination.

    On an evening no task is closed: what ends is cleared away the same day. A second opening that
    settles nothing is no need, so the ending `DUPLICATE` is in no log.
    """
    model = watched.model
    assert set(watched.places) == set(Place) - {Place.CLOSED}
    only_with_coordination = {Move.RECALLED, Move.TO_THE_HUB}
    seldom = {Move.TURNED_AWAY}  # a fined person who asks an NGO for money or shelter
    moves = set(model.handovers["move"].tolist())
    assert moves | seldom == (set(Move) - only_with_coordination) | seldom
    assert set(model.closed_needs["ending"].tolist()) == set(Ending) - {Ending.DUPLICATE}
    assert watched.needs_open_at_start
    money, table = model.agencies.table["money"], model.agencies.table
    assert (table["spent"][money] > 0).all()
    assert (table["received"][money] > model.agencies.grant[money]).all()
    hardly_needed = model.agencies.names.index("reception_centre")  # in so small a city
    for name in ("slots", "served_today", "waiting"):
        seen = model.diary.by_agency(name).sum(axis=(0, 2)) > 0
        assert np.delete(seen, hardly_needed)[:-1].all(), name


def test_needs_of_the_coordinated_city_are_worth_watching(watched_coordination: Watch) -> None:
    """Handing over to the hub, bringing back, the registry and the joint fund all occur."""
    model = watched_coordination.model
    moves = model.handovers["move"]
    assert set(moves.tolist()) | {Move.TURNED_AWAY} == set(Move)
    hub = int(model.agencies.of_kind("coordination")[0])
    assert model.agencies.table["spent"][hub] > 0
    assert model.agencies.table["received"][hub] > 0
    assert model.diary.by_agency("waiting")[:, hub].sum() > 0
    assert model.closed_needs["coordinated"].any()
    assert model.work_groups["shared"].any()
    assert (model.agencies.knowledge > model.agencies.base_knowledge).any()


@pytest.mark.claim("V8")
def test_cases_are_conserved(watched: Watch) -> None:
    """V8: opened = closed + open, case by case; one state each; one open case a kind."""
    watched.check_number_of_cases()
    watched.check_identity_of_cases()
    check_states(watched.model)


@pytest.mark.claim("V8")
def test_needs_are_conserved(either: Watch) -> None:
    """V8: opened = closed + open, need by need."""
    either.check_number_of_needs()
    either.check_identity_of_needs()
    assert len(either.needs_opened) > 100


@pytest.mark.claim("V8")
def test_a_need_ends_at_most_once(either: Watch) -> None:
    """V8: and what the log of hand-overs says of its end is what the log of needs says."""
    model = either.model
    ended = needs_of_log(model, either.needs_closed_at_start)
    assert len(set(ended)) == len(ended) == len(either.needs_closed)
    moves = handover_table(model)
    for move, endings in (
        (Move.RESOLVED, [Ending.RESOLVED]),
        (Move.LOST, [Ending.GIVEN_UP, Ending.LOST_CONTACT, Ending.LEFT, Ending.DIED]),
    ):
        said = moves.loc[moves["move"] == move, NEED].to_numpy().tolist()
        chosen = np.isin(model.closed_needs["ending"], endings)
        columns = np.stack([model.closed_needs[name][chosen] for name in NEED], axis=1)
        assert sorted(said) == sorted(columns.tolist())


@pytest.mark.claim("V8")
def test_a_need_is_in_one_place_its_owner_knows_of(either: Watch) -> None:
    """V8: one place each; owners, tasks and second openings point to each other."""
    check_tasks(either.model)


@pytest.mark.claim("V28")
def test_what_a_need_has_met_is_in_the_log_of_hand_overs(either: Watch) -> None:
    """V28: bounces, referrals, dead ends, no-shows and recalls of every need, counted twice."""
    needs = need_table(either.model)
    # Moves of the burn-in are in no log.
    needs = needs[needs["arose_on"] >= 0].set_index(NEED)
    moves = handover_table(either.model)
    moves = moves[~moves["second"]]
    for name, counted in (
        ("bounces", [Move.FAILED, Move.TURNED_AWAY, Move.LEFT_THE_LINE]),
        ("referrals", [Move.REFERRED_RIGHT, Move.REFERRED_WRONG, Move.TO_THE_HUB]),
        ("wrong_referrals", [Move.REFERRED_WRONG]),
        ("dead_ends", [Move.DEAD_END]),
        ("no_shows", [Move.NO_SHOW, Move.RECALLED]),
        ("recalls", [Move.RECALLED]),
    ):
        in_log = moves[moves["move"].isin(counted)].groupby(NEED).size()
        expected = in_log.reindex(needs.index, fill_value=0)
        assert (needs[name] == expected).all(), name
        assert name == "recalls" or expected.sum() > 0
    served = moves[moves["move"] == Move.SERVED].groupby(NEED)["day"].min()
    first = served.reindex(needs.index)
    assert (first.isna() == needs["served_on"].isna()).all()
    assert (first.dropna() == needs["served_on"].dropna()).all()
    # Who was never seen and yet is helped was helped by the second opening.
    unseen = needs.index[(needs["ending"] == Ending.RESOLVED) & needs["served_on"].isna()]
    resolved = handover_table(either.model).query("move == @Move.RESOLVED").set_index(NEED)
    assert resolved.loc[unseen, "second"].all()
    assert (needs["ended_on"].isna() == (needs["ending"] == OPEN)).all()


@pytest.mark.claim("V9")
def test_people_are_conserved(watched: Watch) -> None:
    """V9: residents + arrivals = present + left, and every running count is a true count."""
    watched.check_number_of_people()
    watched.check_identity_of_people()
    check_counts(watched.model)


@pytest.mark.claim("V9")
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


@pytest.mark.claim("V10")
def test_services_never_exceed_slots_nor_patients_beds(watched: Watch) -> None:
    """V10 over the whole year (the evening checks compare with the doors and the visits too)."""
    model = watched.model
    served, slots = model.diary.by_unit("served_today"), model.diary.by_unit("slots")
    assert served.shape == (model.day, len(model.clinics.units))
    assert (served <= slots).all()
    assert served.sum() > 0
    assert (served == slots)[slots > 0].any(), "nowhere is anything ever full"


@pytest.mark.claim("V10")
def test_agencies_serve_within_slots_and_write_every_service_down(either: Watch) -> None:
    """V10 over the whole time: the diary's services are those of the log, and fit the slots.

    The coordinating body takes up all needs of a person with one slot; it is left out of the sum.
    """
    model = either.model
    served, slots = model.diary.by_agency("served_today"), model.diary.by_agency("slots")
    assert (served <= slots).all()
    assert (served == slots)[slots > 0].any(), "nowhere is anything ever full"
    log = model.handovers
    service = np.isin(log["move"], [Move.SERVED, Move.SERVED_IN_VAIN])
    by_day = np.zeros(served.shape[:2], dtype=np.int64)
    np.add.at(by_day, (log["day"][service], log["target"][service]), 1)
    partners = np.delete(np.arange(len(model.agencies)), model.agencies.of_kind("coordination"))
    assert (served.sum(axis=2) == by_day)[:, partners].all()
    assert by_day[:, partners].sum() > 50


@pytest.mark.claim("V10")
def test_closed_agencies_serve_nobody(either: Watch) -> None:
    """V10: no service on a day of the week or a holiday on which an agency does not work."""
    model, agencies = either.model, either.model.agencies
    log = model.handovers
    service = np.isin(log["move"], [Move.SERVED, Move.SERVED_IN_VAIN])
    days, targets = log["day"][service], log["target"][service]
    weekday = np.array([model.calendar.weekday(int(day)) for day in days])
    holiday = np.array([model.calendar.is_holiday(int(day)) for day in days])
    assert agencies.works_on[targets, weekday].all()
    assert (agencies.works_on_holidays[targets] | ~holiday).all()
    assert (~agencies.works_on[:, 6]).any()


@pytest.mark.claim("V7", "V10")
def test_budgets_add_up(either: Watch) -> None:
    """V10: money at the start + received - spent = money left; nobody spends what is not there."""
    either.check_budgets()
    spent = either.model.agencies.table["spent"]
    assert spent.sum() > 0
    # Who has no cost a case, and no fund, has no money to move.
    without = ~either.model.agencies.table["money"]
    without[either.model.agencies.of_kind("coordination")] = False
    assert (spent[without] == 0).all()


@pytest.mark.claim("V12")
def test_opinions_are_shares(either: Watch) -> None:
    """V12 for trust, believed reporting, motivation and what staff know of each other."""
    check_opinions(either.model)
    trust = either.model.work_groups["trust"]
    assert trust.std() > 0.01


@pytest.mark.claim("V10")
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


@pytest.mark.claim("V11")
def test_time_stamps_are_in_order(watched: Watch) -> None:
    """V11."""
    check_times(watched.model)


@pytest.mark.claim("V11")
def test_time_stamps_of_needs_are_in_order(either: Watch) -> None:
    """V11: arose, turned to somebody, arrived, served, ended."""
    check_times_of_needs(either.model)


@pytest.mark.claim("V12")
def test_indicators_are_shares_and_rates(watched: Watch) -> None:
    """V12, for the whole year, for a part of it and for a day."""
    model = watched.model
    for start, end in ((0, 365), (100, 200), (364, 365)):
        check_indicators(indicators(model, start, end))


@pytest.mark.claim("V12")
def test_curves_have_no_gaps_and_no_negative_numbers(watched: Watch) -> None:
    """V12 for the daily outcomes."""
    curves = watched.model.curves().drop(columns="date")
    assert len(curves) == watched.model.day
    assert np.isfinite(curves.to_numpy(dtype=float)).all()
    assert (curves >= 0).all(axis=None)
    assert (curves["emergency_uptake_24h"] <= curves["emergency_need"]).all()
    assert (curves["unmet_need_episodes"] <= curves["met_and_unmet_episodes"]).all()
    assert (curves["low_acuity_contacts"] <= curves["emergency_contacts"]).all()
    assert (curves["present"] >= curves.filter(like="know_").max(axis="columns")).all()


@pytest.mark.claim("V7")
def test_what_is_charged_is_paid_or_owed(watched: Watch) -> None:
    """Ledger of the cases: charged = paid + owed, and nothing negative."""
    check_money_of_cases(watched.model)


def test_who_is_treated_at_home_is_under_treatment(watched: Watch) -> None:
    """The state `treated_at_home` and the flag `treated`, which the hazards hang on, agree."""
    episodes = watched.model.episodes
    at_home = episodes.rows[episodes.state[episodes.rows] == State.TREATED_AT_HOME]
    assert episodes.treated[at_home].all()
