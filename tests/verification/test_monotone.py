"""V19, one module at a time: help earlier is never worse, dearer or more feared never chosen anew.

Two worlds share every random number, so the comparison holds for each single case.
"""

from dataclasses import replace

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.migrant import NEVER
from sim.config.levers import Change
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_BURN_IN, NOBODY_FALLS_ILL, keep_only, live_until

PEOPLE, DAYS = 2_000, 120
RECOVERED, DEAD = 0, 5
QUIET = {**NOBODY_FALLS_ILL, **NO_BURN_IN}


def severity_paths(kind: int, treated_from: np.ndarray) -> np.ndarray:
    """Severity of everybody's one episode each evening, shape (days, people).

    Nothing but the course of illness runs, and treatment falls from the sky on the days given;
    0 stands for recovered and 5 for dead.
    """
    harsh = {
        **QUIET,
        **{
            f"illness.worsening.{name}.{severity}": 0.04
            for name in words.KINDS
            for severity in ("mild", "moderate", "severe")
        },
        **{f"illness.death.{name}.critical": 0.08 for name in words.KINDS},
    }
    model = AlmatyModel(city(population=PEOPLE, seed=12, changed=harsh))
    keep_only(model, "course of illness")
    people = model.migrants.rows[: len(treated_from)].copy()
    nothing = np.zeros(len(people), dtype=np.int64)
    model.illness.open_episodes(people, nothing + kind, nothing)
    place = {int(person): index for index, person in enumerate(model.migrants.pid[people])}
    paths = np.zeros((DAYS, len(people)), dtype=np.int64)
    for day in range(DAYS):
        episodes = model.episodes
        rows = episodes.rows
        index = np.array([place[int(person)] for person in episodes.person[rows]], dtype=np.int64)
        episodes.treated[rows] = treated_from[index] <= day
        model.step()
        rows = episodes.rows
        index = [place[int(person)] for person in episodes.person[rows]]
        paths[day, index] = episodes.severity[rows]
        closed = model.closed_episodes
        dead = closed["person"][closed["outcome"] == 1]
        paths[day, [place[int(person)] for person in dead]] = DEAD
    return paths


@pytest.mark.claim("V19")
@pytest.mark.parametrize("kind", range(len(words.KINDS)), ids=words.KINDS)
def test_earlier_treatment_never_makes_an_episode_graver(kind: int) -> None:
    """On every day before either path first steps down, the earlier treated is no graver.

    Births (day 270) lie beyond the window.
    """
    people = np.arange(1_500)
    earlier = people % 7
    later = earlier + 1 + people % 13
    treated_early, treated_late = severity_paths(kind, earlier), severity_paths(kind, later)
    untouched = np.ones(len(people), dtype=bool)
    compared = better = 0
    for day in range(DAYS):
        if day:
            for paths in (treated_early, treated_late):
                untouched &= paths[day] >= paths[day - 1]
        else:
            untouched &= (treated_early[0] > RECOVERED) & (treated_late[0] > RECOVERED)
        assert (treated_early[day] <= treated_late[day])[untouched].all()
        compared += int(untouched.sum())
        better += int((treated_early[day] < treated_late[day])[untouched].sum())
    assert compared > 1_000
    assert better > 0, "treatment did nothing, so the comparison proves nothing"


@pytest.fixture(scope="module")
def before_the_decision() -> AlmatyModel:
    """A city in which everybody has just been injured or taken ill, and knows it."""
    aware = {
        **QUIET,
        **{f"care_seeking.perception.{name}": 1e6 for name in words.SEVERITIES},
        "institutions.mobile_clinic.capacity": 1_000,
    }
    model = AlmatyModel(city(population=PEOPLE, seed=13, changed=aware))
    people = model.migrants.rows.copy()
    nothing = np.zeros(len(people), dtype=np.int64)
    for number, kind in enumerate(("injury", "acute", "chronic")):
        model.illness.open_episodes(people, nothing + words.KINDS.index(kind), nothing + number)
    # A first day's worth of perceiving, and no more.
    live_until(model, "perceive")
    return model


def choices(trunk: AlmatyModel, change: Change | None) -> dict[int, int]:
    """First choice of every episode, by identity, in a branch in which one number is another."""
    branch = AlmatyModel(
        replace(trunk.specification, changes=() if change is None else (change,)), parent=trunk
    )
    branch.apply_levers()
    branch.care_seeking.decide()
    episodes, rows = branch.episodes, branch.episodes.rows
    return dict(zip(episodes.pid[rows].tolist(), episodes.option[rows].tolist(), strict=True))


def newly_chosen(trunk: AlmatyModel, path: str, value: float, options: set[str]) -> tuple[int, int]:
    """How many take and how many leave these options when the number changes."""
    base = choices(trunk, None)
    changed = choices(trunk, Change(path=path, value=value, start_day=0))
    assert base.keys() == changed.keys()
    codes = {words.OPTIONS.index(option) for option in options}
    taken = sum(changed[one] in codes and base[one] not in codes for one in base)
    left = sum(base[one] in codes and changed[one] not in codes for one in base)
    return taken, left


@pytest.mark.claim("V19")
@pytest.mark.parametrize(
    ("price", "options"),
    [
        # What staff of hospitals ask for informally is a share of it too.
        ("polyclinic_visit", {"polyclinic", "mobile_clinic", "hospital"}),
        ("private_visit", {"private"}),
        ("hospital_visit", {"hospital"}),
        ("bus_home", {"home"}),
    ],
)
def test_nobody_newly_chooses_what_has_become_dearer(
    before_the_decision: AlmatyModel, price: str, options: set[str]
) -> None:
    """A tripled price wins no case for the option, and loses some."""
    now = before_the_decision.world.payment.price[price]
    taken, left = newly_chosen(before_the_decision, f"payment.price.{price}", 3 * now, options)
    assert taken == 0
    assert left > 0


def test_the_price_of_an_ambulance_that_is_free_for_all_changes_nobodys_choice(
    before_the_decision: AlmatyModel,
) -> None:
    """The state pays every run, so a price on paper moves nobody."""
    path = "payment.price.ambulance_run"
    assert newly_chosen(before_the_decision, path, 400_000, set(words.OPTIONS)) == (0, 0)


@pytest.mark.claim("V19")
@pytest.mark.parametrize("option", ["ambulance", "hospital", "polyclinic", "private"])
def test_nobody_newly_chooses_what_is_believed_to_report_more(
    before_the_decision: AlmatyModel, option: str
) -> None:
    """Believed reporting 0.3 higher: nobody (registered, irregular or else) turns to the option."""
    base = choices(before_the_decision, None)
    code = words.OPTIONS.index(option)
    beliefs = before_the_decision.work_groups["believed_reporting"]
    before = beliefs.copy()
    beliefs[:, code] += 0.3
    changed = choices(before_the_decision, None)
    beliefs[:] = before
    taken = sum(changed[one] == code != base[one] for one in base)
    left = sum(base[one] == code != changed[one] for one in base)
    assert taken == 0
    assert left > 0
    migrants = before_the_decision.migrants
    afraid = np.isin(migrants.legal_status[migrants.rows], [3, 4])
    assert afraid.sum() > 500
    assert (migrants.fear_susceptibility[migrants.rows[afraid]] > 0).all()
    assert (migrants.leaves_on[migrants.rows] < NEVER).all()
