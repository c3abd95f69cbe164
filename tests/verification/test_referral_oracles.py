"""A5 and A9: lines of agencies obey Little's law, referral is an absorbing Markov chain."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.task import DOCUMENTS, Ending, Move, Place
from sim.config.institutions import AgencySpecification
from sim.config.world import World
from sim.engine.types import Floats
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_EXPERIENCE, NO_NEWS, NO_POLICE

# --- A5 ---------------------------------------------------------------------------------------

DAYS = 365


class Lines:
    """A year of agencies at the entries of the city, seen from outside every evening.

    Attributes
    ----------
    evenings : Counter
        Evenings spent in line, by (task, agency, line, day of joining).
    who : dict
        Person, episode, need and whether it is a second opening, by the same.
    """

    def __init__(self) -> None:
        self.model = AlmatyModel(city(population=12_000, seed=5))
        self.evenings: Counter[tuple[int, int, int, int]] = Counter()
        self.who: dict[tuple[int, int, int, int], tuple[int, int, int, bool]] = {}
        for _ in range(DAYS):
            self.model.run_for(1)
            self._look()

    def _look(self) -> None:
        tasks, agencies = self.model.tasks, self.model.agencies
        for row in tasks.rows[tasks.place[tasks.rows] == Place.QUEUED]:
            agency, need = int(tasks.agency[row]), int(tasks.need[row])
            line = int(agencies.table["line_of"][agency, need])
            spell = (int(tasks.pid[row]), agency, line, int(tasks.queued_on[row]))
            self.evenings[spell] += 1
            person, ordinal = int(tasks.person[row]), int(tasks.ordinal[row])
            self.who[spell] = (person, ordinal, need, bool(tasks.second[row]))


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines()


@pytest.mark.claim("A5")
def test_littles_law_holds_for_every_line_of_every_agency(lines: Lines) -> None:
    """L = lambda W: the diary's mean line is spells a day times mean evenings of a spell.

    Both sides are counted apart: L by the model each evening, lambda and W from outside. Whoever
    was in line at the start or is at the end is counted for the evenings inside the window.
    """
    model = lines.model
    waiting = model.diary.by_agency("waiting")
    assert len(waiting) == DAYS
    busy = 0
    for agency, line in np.argwhere(waiting.sum(axis=0) > 0):
        spells = [count for spell, count in lines.evenings.items() if spell[1:3] == (agency, line)]
        mean_line = waiting[:, agency, line].mean()
        arrivals_a_day, mean_wait = len(spells) / DAYS, np.mean(spells)
        assert mean_line == pytest.approx(arrivals_a_day * mean_wait, rel=1e-12)
        busy += 1
    assert busy >= len(model.agencies) - 1


@pytest.mark.claim("A5", "V28")
def test_the_waits_in_the_log_are_the_evenings_in_line(lines: Lines) -> None:
    """W of the log is W of the lines, spell by spell."""
    model, log = lines.model, lines.model.handovers
    by_who = {(who, spell[1], spell[3]): spell for spell, who in lines.who.items()}
    compared = 0
    for entry in range(len(log)):
        move = log["move"][entry]
        if move not in (Move.SERVED, Move.LEFT_THE_LINE):
            continue
        left = move == Move.LEFT_THE_LINE
        agency = int(log["origin"][entry] if left else log["target"][entry])
        waited, day = int(log["waited"][entry]), int(log["day"][entry])
        who = tuple(log[name][entry].item() for name in ("person", "ordinal", "need", "second"))
        joined_on = day - waited
        spell = by_who.get((who, agency, joined_on))
        if waited == 0 or joined_on < 0:
            continue
        assert spell is not None
        assert lines.evenings[spell] == waited
        compared += 1
    assert compared > 300
    assert len(model.agencies) == 13


# --- A9 ---------------------------------------------------------------------------------------

COMPETENCE = {"first": 0.45, "second": 0.3, "third": 0.15, "elsewhere": 0.0}
"""Probability of settling; the last one is competent for nothing and only sends on."""
KNOWS = {"first": 0.3, "second": 0.6, "third": 0.5, "elsewhere": 0.8}
HOSPITAL_KNOWS, WRONG, GUESSES_RIGHT, KEPT = 0.4, 0.35, 0.5, 0.8
NAMES = tuple(COMPETENCE)
type States = dict[tuple[str, frozenset[str]], int]
"""Number of every (where, visited)."""
CHAIN: dict[str, float] = {
    **NO_POLICE,
    **NO_NEWS,
    **NO_EXPERIENCE,
    "city.burn_in_days": 0,
    # Papers are asked of everybody; nobody drops out on the way or is helped twice.
    "referral.papers_asked": 1.0,
    "referral.wrong_referral": WRONG,
    "referral.guesses_right": GUESSES_RIGHT,
    "referral.motivation_kept": KEPT,
    "referral.navigation": 1e9,
    "referral.no_show": 0.0,
    "referral.no_show_when_afraid": 0.0,
    "referral.duplication": 0.0,
    "referral.lost_contact": 0.0,
    "referral.joint_learning": 0.0,
    "referral.staff_turnover": 0.0,
    "referral.returns_to_care": 0.0,
    "institutions.hospital.knows": HOSPITAL_KNOWS,
    # Nobody knows who helps, and many need papers.
    **{f"legal_status.share_at_entry.{one}.irregular": 1.0 for one in words.NATIONALITIES},
    **{
        f"legal_status.share_at_entry.{one}.{status}": 0.0
        for one in words.NATIONALITIES
        for status in words.LEGAL_STATUSES
        if status != "irregular"
    },
    "illness.acute_rate": 3.0,
    "care_seeking.attraction.hospital": 6.0,
}


def chain_city() -> AlmatyModel:
    """Return a city with four agencies that are always open and never full."""
    scenario = city(population=6000, seed=3, days=200, changed=CHAIN)
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    agencies = {
        name: AgencySpecification.model_validate(
            {
                "kind": "other",
                "summary": name,
                "opens": {"weekdays": week, "holidays": True},
                "closes_at": 24,
                "capacity": {"casework": 1e6},
                "competence": {"documents": COMPETENCE[name]},
                "knows": KNOWS[name],
            }
        )
        for name in NAMES
    }
    world: World = scenario.world.model_copy(update={"agencies": agencies})
    return AlmatyModel(replace(scenario, world=world))


def chain() -> tuple[States, Floats, Floats]:
    """Return states, transient part Q and absorbing part R (settled, given up) of the chain.

    A state is (where, visited): at an agency, or in the person's own hands; visited agencies are
    not gone to again. Every failure keeps a share of the motivation, so after each the person gives
    up with probability 1 - KEPT; who has tried everywhere gives up.
    """
    subsets = [frozenset(one) for size in range(5) for one in combinations(NAMES, size)]
    at = [(name, seen) for seen in subsets for name in NAMES if name in seen]
    states: States = {
        state: place for place, state in enumerate([*at, *(("hands", seen) for seen in subsets)])
    }
    inside, out = np.zeros((len(states), len(states))), np.zeros((len(states), 2))
    for (where, seen), row in states.items():
        able = [name for name in NAMES if COMPETENCE[name] > 0 and name not in seen]
        best = max(able, key=COMPETENCE.__getitem__) if able else None
        others = [name for name in NAMES if name not in seen]
        if where == "hands":
            if not others:
                out[row, 1] = 1.0
            else:
                right = GUESSES_RIGHT if best else 0.0
                _go(inside, states, row, best, right, others, 1.0 - right, seen)
            continue
        out[row, 0] = COMPETENCE[where]
        out[row, 1] = (1.0 - COMPETENCE[where]) * (1.0 - KEPT)
        on = (1.0 - COMPETENCE[where]) * KEPT
        _refer(inside, states, row, on, KNOWS[where], best, others, seen)
    return states, inside, out


def _refer(
    inside: Floats, states: States, row: int, on: float, knows: float, best: str | None,
    others: list[str], seen: frozenset[str],
) -> None:  # fmt: skip
    """Add what a referral leads to: the best, a wrong one, or nobody."""
    right = knows if best else 0.0
    wrong = (1.0 - right) * WRONG if others else 0.0
    _go(inside, states, row, best, on * right, others, on * wrong, seen)
    inside[row, states[("hands", seen)]] += on * (1.0 - right - wrong)


def _go(
    inside: Floats, states: States, row: int, best: str | None, right: float,
    others: list[str], wrong: float, seen: frozenset[str],
) -> None:  # fmt: skip
    """Add the ways to the best agency and to any of those not gone to yet."""
    if best:
        inside[row, states[(best, seen | {best})]] += right
    for name in others:
        inside[row, states[(name, seen | {name})]] += wrong / len(others)


@pytest.mark.claim("A9")
def test_referral_is_an_absorbing_markov_chain() -> None:
    """Shares settled, dead ends and services a need are those of N = (I - Q)^-1.

    Tolerances are 4 standard errors of the simulated means: with three comparisons a correct model
    fails for one seed in some five thousand, and the seed is fixed.
    """
    model = chain_city()
    model.run_for(200)
    log = model.closed_needs
    mine = (log["need"] == DOCUMENTS) & (log["arose_on"] < 170)
    ended = np.isin(log["ending"], [Ending.RESOLVED, Ending.GIVEN_UP])
    others = mine & ~ended
    chosen = mine & ended
    count = np.count_nonzero(chosen)
    assert count > 800
    # Some leave or die on the way; they are left out, and are few.
    assert np.count_nonzero(others) < 0.03 * count

    states, inside, out = chain()
    fundamental = np.linalg.inv(np.eye(len(states)) - inside)
    start = np.zeros((1, len(states)))
    none: frozenset[str] = frozenset()
    _refer(start, states, 0, 1.0, HOSPITAL_KNOWS, "first", list(NAMES), none)
    settled, given_up = (start @ fundamental @ out)[0]
    assert settled + given_up == pytest.approx(1.0)
    at_an_agency = np.array([state[0] != "hands" for state in states])
    visits = (start @ fundamental)[0, at_an_agency].sum()

    from_agencies = inside[at_an_agency][:, ~at_an_agency].sum(axis=1)
    dead_ends = start[0, ~at_an_agency].sum()
    dead_ends += (start @ fundamental)[0, at_an_agency] @ from_agencies
    expect(log["dead_ends"][chosen].astype(float), dead_ends)

    resolved = (log["ending"][chosen] == Ending.RESOLVED).astype(float)
    expect(resolved, settled)
    keys = zip(log["person"][chosen].tolist(), log["ordinal"][chosen].tolist(), strict=True)
    moves = model.handovers
    is_service = (moves["move"] == Move.SERVED) & (moves["need"] == DOCUMENTS)
    services = Counter(
        zip(
            moves["person"][is_service].tolist(), moves["ordinal"][is_service].tolist(), strict=True
        )
    )
    expect(np.array([services[key] for key in keys], dtype=float), visits)


def expect(values: Floats, mean: float) -> None:
    """Hold a simulated mean to theory, within 4 standard errors."""
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - mean) < 4 * error, (values.mean(), mean, error)
