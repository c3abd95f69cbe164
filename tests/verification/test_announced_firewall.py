"""A firewall that is announced is believed; one that nobody announces is noticed by few."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.config.levers import Change
from sim.model import AlmatyModel
from sim.submodels.care_options import ACCEPTABILITY, OPTIONS
from tests.cities import city
from tests.verification.binding import NEUTRAL, binding
from tests.verification.single import illness, person, small_city
from tests.verification.worlds import AGENCIES, NO_NEWS, keep_only

RULES = words.Knowledge.REGISTRATION
LEARNING = 0.2
QUIET = {
    **NEUTRAL, "city.burn_in_days": 0, "experience.announcement_learning": LEARNING,
    "experience.trust_learning": 0.0, "experience.detection_weight": 0.0,
    "experience.raid_weight": 0.0,
}  # fmt: skip
ANNOUNCED = Change(path="information.firewall_announced", value=1.0, start_day=0)


def weeks(model: AlmatyModel, count: int) -> list[Any]:
    """Return what groups believe, before and after each of so many weeks of talk alone."""
    keep_only(model, "work groups talk")
    believed = [model.work_groups["believed_reporting"].copy()]
    for _ in range(count):
        model.run_for(7)
        believed.append(model.work_groups["believed_reporting"].copy())
    return believed


@pytest.mark.parametrize("announced", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("informed", [0.0, 0.4, 1.0])
def test_believed_reporting_falls_as_a_geometric_sequence(
    announced: float, informed: float
) -> None:
    """By the share lost a week, and back towards the first belief by the same half-life as ever.

    b' = (b + r (b0 - b)) * (1 - learning * announced * share who know the rules).
    """
    model = small_city({**QUIET, "information.firewall_announced": announced}, 400)
    groups = model.work_groups
    groups["informed"][:, RULES] = np.rint(informed * groups["members"])
    share = groups["informed"][:, RULES] / np.maximum(groups["members"], 1)
    first = np.array([model.world.care_seeking.believed_reporting[one] for one in words.OPTIONS])
    back = 1.0 - 0.5 ** (7 / model.world.experience.trust_half_life)
    expected = groups["believed_reporting"].astype(float)
    believed = weeks(model, 6)
    for week in range(1, 7):
        expected = expected + back * (first - expected)
        expected *= 1.0 - LEARNING * announced * share[:, None]
        assert believed[week] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    moved = not np.allclose(believed[0], believed[6], rtol=1e-4, atol=1e-6)
    assert moved == (announced * informed > 0.0)


def test_nothing_falls_without_end() -> None:
    """It settles where what is lost a week is what comes back; it never goes below 0."""
    model = small_city({**QUIET, "information.firewall_announced": 1.0,
                        "experience.announcement_learning": 0.5}, 200)  # fmt: skip
    model.work_groups["informed"][:, RULES] = model.work_groups["members"]
    last = weeks(model, 40)[-1][model.work_groups["members"] > 0]
    back = 1.0 - 0.5 ** (7 / model.world.experience.trust_half_life)
    first = np.array([model.world.care_seeking.believed_reporting[one] for one in words.OPTIONS])
    expected = 0.5 * back * first / (1.0 - 0.5 * (1.0 - back))
    assert last == pytest.approx(np.broadcast_to(expected, last.shape), rel=1e-3, abs=1e-6)
    assert (last >= 0.0).all()


def test_channels_carry_more_news_of_the_rules_and_of_nothing_else() -> None:
    hazards = []
    for announced in (0.0, 0.5, 1.0):
        model = small_city({"information.firewall_announced": announced,
                            "information.announcement_factor": 8.0})  # fmt: skip
        hazards.append(model.information.channel_hazard.astype(float))
    others = [item for item in range(len(words.KNOWLEDGE)) if item != RULES]
    for hazard, factor in zip(hazards[1:], (5.0, 9.0), strict=True):
        assert hazard[:, RULES] == pytest.approx(factor * hazards[0][:, RULES])
        assert (hazard[:, others] == hazards[0][:, others]).all()


def test_who_believes_less_in_being_reported_fears_clinics_less() -> None:
    """The belief of the group enters what counts against every option, in proportion."""
    model = small_city({"care_seeking.fear_weight": 10.0, "care_seeking.language_weight": 0.0})
    illness(model)
    migrant = person(model)
    migrant["legal_status"] = words.LegalStatus.IRREGULAR
    group, terms = int(migrant["work_group"]), []
    for believed in (0.4, 0.1, 0.0):
        model.work_groups["believed_reporting"][group, :] = believed
        (term,) = model.care_seeking.utility_terms(model.episodes.rows)
        terms.append(term[ACCEPTABILITY].copy())
    assert terms[0] == pytest.approx(4 * terms[1])
    assert (terms[0][:OPTIONS] > 0).all()
    assert (terms[2] == 0).all()


# --- the city ---------------------------------------------------------------------------------

POPULATION, DAYS, SEEDS = 1_500, 240, (1, 2, 3)


WORLD = {
    **binding(), "city.burn_in_days": 60, "experience.announcement_learning": 0.05,
    "information.announcement_factor": 5.0, "information.firewall_announced": 0.0,
}  # fmt: skip
ZEALOUS = {
    f"institutions.{kind}.reports": 0.8 for kind in ("ambulance", "hospital", "polyclinic")
} | {"experience.belief_learning": 1.0}
"""Most contacts without valid status are reported, and every report is talked about."""


@cache
def past(seed: int, zealous: bool) -> AlmatyModel:
    """Return the city in which barriers bind on day 0."""
    changed = {**WORLD, **(ZEALOUS if zealous else {})}
    return AlmatyModel(city(POPULATION, seed, DAYS, changed=changed))


@cache
def after(seed: int, policy: str, *more: Change, zealous: bool = False) -> AlmatyModel:
    """Return what becomes of it under a policy."""
    described = city(POPULATION, seed, DAYS, policy)
    world = past(seed, zealous).specification.world
    changes = (*described.changes, *more)
    model = past(seed, zealous).fork(replace(described, world=world, changes=changes))
    model.run_for(DAYS)
    return model


def believed(model: AlmatyModel) -> float:
    """Return the mean belief of groups in being reported by a polyclinic."""
    groups = model.work_groups
    clinic = groups["believed_reporting"][:, words.OPTIONS.index("polyclinic")]
    return float(np.average(clinic, weights=groups["members"]))


def informed(model: AlmatyModel) -> float:
    """Return the share of people who know the rules of registration."""
    return float(model.migrants.knows[model.migrants.rows][:, RULES].mean())


def irregular_with_contact(model: AlmatyModel) -> float:
    """Return the share of moderate needs of irregular people that were seen."""
    closed = model.closed_episodes
    status = np.unravel_index(closed["stratum"], STRATA_SHAPE)[1]
    mine = (status == words.LegalStatus.IRREGULAR) & closed["perceived_moderate"]
    return float(closed["formal_contact"][mine].mean())


def test_an_announced_firewall_is_believed_and_an_unannounced_one_hardly() -> None:
    """In the mean of three cities: knowledge up, believed reporting down, more needs seen."""
    results = {
        policy: np.mean(
            [[one(after(seed, policy)) for one in (informed, believed, irregular_with_contact)]
             for seed in SEEDS], axis=0,
        )
        for policy in ("baseline", "reporting_firewall", "announced_firewall")
    }  # fmt: skip
    plain, silent, told = results.values()
    assert told[0] > plain[0] + 0.05
    assert told[1] < 0.8 * plain[1]
    assert told[2] > plain[2]
    assert silent[0] == pytest.approx(plain[0], abs=0.01)
    assert silent[1] == pytest.approx(plain[1], rel=0.05)


def test_an_announcement_is_believed_whether_or_not_it_holds() -> None:
    """But reports that go on are told, and raise it again: a broken promise is worth less."""
    for seed in SEEDS:
        kept = believed(after(seed, "announced_firewall", zealous=True))
        broken = believed(after(seed, "baseline", ANNOUNCED, zealous=True))
        plain = believed(after(seed, "baseline", zealous=True))
        assert kept < broken < plain


def test_an_announcement_nobody_hears_changes_nothing() -> None:
    """Where channels carry no news and nobody knows the rules, all logs are the baseline's."""
    deaf = {
        **WORLD, **NO_NEWS, "city.burn_in_days": 0,
        **{f"agencies.{name}.teaches.registration": 0.0
           for name, agency in AGENCIES.items() if "registration" in agency.teaches},
    }  # fmt: skip
    digests = []
    for announced in (0.0, 1.0):
        world = {**deaf, "information.firewall_announced": announced}
        model = AlmatyModel(city(600, 2, 90, changed=world))
        model.migrants.knows[:, RULES] = False
        model.work_groups["informed"][:, RULES] = 0
        model.run_for(90)
        digests.append({name: str(log.digest()) for name, log in model.logs.items()})
    assert not model.migrants.knows[model.migrants.rows][:, RULES].any()
    assert digests[0] == digests[1]
