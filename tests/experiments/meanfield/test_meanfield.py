"""The mean field: exact where a closed form is, and near the simulation where mixing holds.

Simulated shares are compared by sign, and in size within the tolerance each test states; seeds are
fixed, and the tolerances lie well outside four standard errors of the simulated numbers.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from experiments.meanfield import course as meanfield_course
from experiments.meanfield import model as meanfield
from experiments.meanfield import needs as meanfield_needs
from experiments.meanfield.course import Course, Seeking, Stage, stage_of
from experiments.meanfield.model import (
    WITHOUT,
    not_read,
    predict,
    settle,
    world_in_force,
)
from experiments.meanfield.options import leave
from experiments.meanfield.study import comparison, run, settings_of
from experiments.studies import compare
from sim import vocabulary as words
from sim.config.configuration import ConfigurationError, compose_configuration
from sim.config.entries import by
from sim.config.institutions import AgencySpecification
from sim.config.levers import LEVERS, Change, lever_paths
from sim.config.loading import load_scenario
from sim.config.paths import value_at
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.model import AlmatyModel
from sim.observation.event_records import episode_table
from tests.cities import city
from tests.verification.test_awareness_oracle import (
    CHANNEL,
    WORD_OF_MOUTH,
    bass_with_forgetting,
    one_village,
)
from tests.verification.worlds import (
    AMPLE,
    NEUTRAL,
    NO_EXPERIENCE,
    NO_NEWS,
    NO_POLICE,
    NO_SEASONS,
    agencies_times,
    keep_only,
    only_of,
)

RIGHT = ("awareness", "emergency_right")
DOCUMENTS = ("unresolved_needs", "documents")
WHO_HELPS = words.Knowledge.WHO_HELPS

# --- closed forms -------------------------------------------------------------------------------


def village() -> dict[str, float]:
    return {
        **one_village(mean_stay=240.0, memory=270 / log(2)),
        CHANNEL: 0.002,
        WORD_OF_MOUTH: 0.02,
        "information.briefing_coverage": 0.1,
    }


def test_awareness_settles_at_the_known_equilibrium() -> None:
    """p = .002, q = .02, memory of half-life 270 days, stays of 240, 10 % informed: 0.7290."""
    aware, _ = settle(city(changed=village()).world)
    assert aware[0, 0] == pytest.approx(0.7290, abs=5e-5)


def test_mean_awareness_is_the_integral_of_the_equation() -> None:
    start, days = 0.2, 365
    rest = (log(2) / 270, 1 / 240)
    path = bass_with_forgetting(start, 0.002, 0.02, *rest, a0=0.1, days=days)
    mean = meanfield.mean_awareness(
        np.array(start), np.array(0.002), np.array(0.02), *rest, np.array(0.1), days
    )
    trapezia = (path[:-1] + path[1:]).mean() / 2
    assert float(mean) == pytest.approx(trapezia, abs=1e-4)


def test_mean_awareness_without_word_of_mouth_is_the_limit() -> None:
    start, rest = np.array(0.2), (log(2) / 270, 1 / 240, np.array(0.1), 365.0)
    none, little = (
        float(meanfield.mean_awareness(start, np.array(0.002), np.array(q), *rest))
        for q in (0.0, 1e-7)
    )
    assert none == pytest.approx(little, abs=1e-5)


PATIENT = {"care_seeking.endurance_rate": 0.0}
"""Waiting never ends."""
LASTING = {f"demography.stay_mean.{name}": 1e9 for name in words.STAYS}
"""Nobody leaves."""


def course_with(world: World, kind: int, go: float) -> tuple[Course, Stage]:
    """The course of a kind of illness if a share goes at once, and of the need while moderate."""
    clocks = meanfield_course.clocks_of(world, kind)
    permission = leave(world)[:, None]
    with np.errstate(divide="ignore"):
        odds = np.divide([[go]], 1.0 - go)
    one, none = np.ones(1), np.zeros(1)
    mild, moderate = (
        stage_of(world, clocks, severity, Seeking(odds, one[None], none, permission[severity], one))
        for severity in meanfield_course.BELOW_SEVERE
    )
    return meanfield_course.course_of(clocks, mild, moderate), moderate


def test_an_untreated_moderate_episode_worsens_by_the_odds_of_its_clocks() -> None:
    """u / (u + r), and u' / (u' + r') for who is treated at once."""
    u, r, by_treatment, factor = 0.03, 0.06, 0.05, 0.1
    world = city(
        changed={
            **LASTING,
            **PATIENT,
            **only_of("illness.onset_severity.injury", words.SEVERITIES, "moderate"),
            "illness.worsening.injury.moderate": u,
            "illness.recovery.injury.moderate": r,
            "illness.recovery_by_treatment.injury.moderate": by_treatment,
            "illness.worsening_under_treatment": factor,
            "care_seeking.perception.moderate": 1e9,
            "employment.permission.moderate": 1.0,
            "employment.permission_base": 1e9,
        }
    ).world
    injury = words.IllnessKind.INJURY
    course, _ = course_with(world, injury, 0.0)
    assert course.severe == pytest.approx(u / (u + r))
    # Leave comes within the day at the latest: a hazard of 1 against u and r.
    reached = 1.0 / (1.0 + u + r)
    treated, need = course_with(world, injury, 1.0)
    under = u * factor / (u * factor + r + by_treatment)
    assert need.reached == pytest.approx(reached)
    assert treated.severe == pytest.approx(u / (1.0 + u + r) + reached * under)


@pytest.mark.parametrize("go", [0.0, 1.0])
def test_a_mild_episode_nobody_gets_leave_for_worsens_step_by_step(go: float) -> None:
    """u1 / (u1 + r1) times u2 / (u2 + r2), whether people would go or not."""
    mild, moderate = (0.04, 0.06), (0.03, 0.09)
    world = city(
        changed={
            **LASTING,
            **PATIENT,
            **only_of("illness.onset_severity.injury", words.SEVERITIES, "mild"),
            "illness.worsening.injury.mild": mild[0],
            "illness.recovery.injury.mild": mild[1],
            "illness.worsening.injury.moderate": moderate[0],
            "illness.recovery.injury.moderate": moderate[1],
            "care_seeking.perception.mild": 1e9,
            "care_seeking.perception.moderate": 1e9,
            "employment.permission.mild": 0.0,
            "employment.permission.moderate": 0.0,
        }
    ).world
    course, _ = course_with(world, words.IllnessKind.INJURY, go)
    steps = (one[0] / (one[0] + one[1]) for one in (mild, moderate))
    assert course.severe == pytest.approx(np.prod(list(steps)))


SETTLES, KEPT = 0.4, 0.75


def offices(count: int, reneging: float = 0.0) -> Scenario:
    """A city whose agencies are so many equal offices without limits that know each other."""
    office = {
        "kind": "other",
        "summary": "office",
        "opens": {"weekdays": words.WEEKDAYS, "holidays": True},
        "closes_at": 24,
        "capacity": {"casework": 1e6},
        "competence": dict.fromkeys(words.NEEDS, SETTLES),
        "knows": 1.0,
    }
    scenario = city(
        population=6000,
        changed={
            **LASTING,
            "referral.no_show": 0.0,
            "referral.no_show_when_afraid": 0.0,
            "referral.lost_contact": 0.0,
            "referral.motivation_kept": KEPT,
            "referral.reneging": reneging,
            "institutions.hospital.knows": 1.0,
        },
    )
    agencies = {f"office_{one}": AgencySpecification.model_validate(office) for one in range(count)}
    return replace(scenario, world=scenario.world.model_copy(update={"agencies": agencies}))


def test_documents_are_settled_as_the_absorbing_chain_says() -> None:
    """Each service settles with c, each failure keeps a share k going: c / (1 - k (1 - c))."""
    world = offices(3).world
    aware, care = settle(world)
    left = meanfield_needs.unresolved(world, care, aware[:, WHO_HELPS])["documents"]
    assert 1.0 - left == pytest.approx(SETTLES / (1.0 - KEPT * (1.0 - SETTLES)), abs=1e-6)


def test_a_full_line_serves_as_many_as_it_has_slots() -> None:
    """A tenth of the slots that are asked for: needs settled are competence times slots."""
    world = offices(1, reneging=0.02).world
    _, care = settle(world)
    people = by(words.NATIONALITIES, world.demography.nationality_share) * world.city.population
    coming = care.needs[list(meanfield_needs.NEEDS)] * people
    slots = 0.1 * coming.sum()
    world = world.with_value("agencies.office_0.capacity.casework", slots / world.city.scale)
    aware, care = settle(world)
    settled, _ = meanfield_needs.Chain(world, care, aware[:, WHO_HELPS]).solve()
    assert (coming * settled).sum() == pytest.approx(SETTLES * slots, rel=0.02)


# --- what it reads ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.long
def test_every_lever_it_reads_moves_a_prediction_and_no_other_does() -> None:
    """Of the others it must say "no prediction"; lines of agencies nobody waits in are spared."""
    scenario = load_scenario("hub_medium", ["city=workshop"])
    on = {
        "information.employer_induction": 0.001,
        "coordination.directory": 0.5,
        "institutions.mobile_clinic.capacity": 20.0,
    }
    scenario = scenario.with_changes(
        [Change(path=path, value=value, start_day=0) for path, value in on.items()]
    )
    before, world, (start, _) = predict(scenario), world_in_force(scenario), settle(scenario.world)
    idle, hidden = [], []
    for path in lever_paths(scenario.world, LEVERS):
        value = value_at(world, path)
        if isinstance(value, str):
            continue
        change = Change(path=path, value=other_than(path, value), start_day=364)
        after = predict(replace(scenario, changes=(*scenario.changes, change)), start)
        moves = any(abs(one - before[key]) > 1e-12 for key, one in after.items())
        read = not not_read(replace(scenario, changes=(change,)))
        idle += [path] * (read and not moves)
        hidden += [path] * (moves and not read)
    assert hidden == []
    # Other nationalities have no consulate whose activity a reach could multiply.
    allowed = ["coordination.stand_by", "information.consulate_reach.other"]
    assert [one for one in idle if not one.startswith("agencies.")] == allowed


def other_than(path: str, value: float) -> float:
    """Return another value; of mobile clinics it counts only whether there are any."""
    if path.startswith("institutions.mobile_clinic.capacity"):
        return 0.0
    return 0.3 if value == 0.0 else 0.6 * value


def test_a_change_for_a_while_is_not_predicted() -> None:
    pulse = Change(path="information.media_reach", value=5.0, start_day=0, until_day=30)
    scenario = load_scenario("baseline", ["city=workshop"])
    assert not_read(scenario.with_changes([pulse])) == ["information.media_reach"]
    assert not_read(scenario.with_policy("messenger_campaign")) == []
    assert "insurance.papers_required" in not_read(scenario.with_policy("osms_universal"))


# --- beside the simulation ----------------------------------------------------------------------


def simulated_awareness(world: Mapping[str, float], reach: float) -> float:
    """Mean share who know the emergency right in the year after a campaign sets in."""
    change = Change(path="information.media_reach", value=reach, start_day=0)
    model = AlmatyModel(replace(city(population=12_000, seed=2, changed=world), changes=(change,)))
    keep_only(model, "levers due today", "departures", "arrivals", "news, police, papers")
    shares = []
    for _ in range(365):
        model.step()
        shares.append(model.counts["informed"][0, :, 0].sum() / len(model.migrants))
    return float(np.mean(shares))


@pytest.mark.slow
@pytest.mark.parametrize("reach", [0.0, 1.0, 5.0])
def test_awareness_under_a_campaign_is_that_of_the_simulation(reach: float) -> None:
    """Within 0.02: a weekly grid adds up to 0.011, 12,000 people a standard error of 0.004."""
    world = {**village(), CHANNEL: 0.0005, WORD_OF_MOUTH: 0.006}
    scenario = city(population=12_000, days=365, changed=world)
    change = Change(path="information.media_reach", value=reach, start_day=0)
    predicted = predict(replace(scenario, changes=(change,)))[RIGHT]
    assert simulated_awareness(world, reach) == pytest.approx(predicted, abs=0.02)


MIXED = {
    **NO_SEASONS, **NO_NEWS, **NO_POLICE, **NO_EXPERIENCE, **AMPLE,
    **only_of("demography.nationality_share", words.NATIONALITIES, "uzbekistan"),
    **only_of("legal_status.share_at_entry.uzbekistan", words.LEGAL_STATUSES, "irregular"),
    **only_of("legal_status.share_of_residents.uzbekistan", words.LEGAL_STATUSES, "irregular"),
    "legal_status.regularisation": 0.0,
    "demography.manages_language.uzbekistan": 1.0,
    "city.burn_in_days": 30,
}  # fmt: skip
"""One nationality without papers that all speak the language; nothing is learned or forgotten."""


MATERNITY = words.IllnessKind.MATERNITY


def share_severe(changed: Mapping[str, float]) -> tuple[float, float]:
    """Share of episodes that become severe, simulated and predicted."""
    scenario = city(population=2500, seed=4, days=200, changed={**MIXED, **changed})
    model = AlmatyModel(scenario)
    model.run_for(200)
    table = episode_table(model)
    chosen = (table["began_on"] >= 0) & (table["began_on"] < 150) & (table["kind"] != MATERNITY)
    severe = table.loc[chosen, "severe_on"].notna()
    return float(severe.mean()), predict(scenario)[("severe_share", "")]


@pytest.mark.slow
def test_cutting_treatment_makes_more_episodes_severe_as_predicted() -> None:
    """Everybody seeks care that works, or that never does; sizes agree within a third."""
    eager = {
        "illness.worsening.acute.mild": 0.03,
        "illness.worsening.acute.moderate": 0.05,
        "care_seeking.attraction.private": 8.0,
        "care_seeking.price_weight": 0.0,
    }
    cut = {f"institutions.{name}.competence": 0.0 for name in load_scenario().world.institutions}
    with_care, predicted_with = share_severe(eager)
    without, predicted_without = share_severe({**eager, **cut})
    assert predicted_with == pytest.approx(with_care, rel=1 / 3)
    assert predicted_without == pytest.approx(without, rel=1 / 3)
    assert without - with_care > 0.05
    assert predicted_without - predicted_with == pytest.approx(without - with_care, rel=1 / 3)


BUSY = {
    **MIXED,
    **NEUTRAL,
    "illness.acute_rate": 3.0,
    "referral.papers_asked": 1.0,
    "care_seeking.attraction.hospital": 3.0,
    "care_seeking.severity_weight.hospital": 2.1,
    "care_seeking.fear_weight": 6.0,
    "referral.duplication": 0.0,
}
"""Many need documents."""
CAPACITIES = (0.1, 1.0, 10.0, 100.0)


def share_unresolved(capacity: float, *changes: Change) -> tuple[float, float]:
    """Share of needs for documents not settled, simulated and predicted."""
    changed = {**BUSY, **agencies_times(capacity, money=1000.0)}
    scenario = city(population=2500, seed=5, days=300, changed=changed)
    scenario = replace(scenario, changes=changes)
    model = AlmatyModel(scenario)
    model.run_for(300)
    table = model.indicators()
    chosen = (table["by"] == "all") & (table["indicator"] == DOCUMENTS[0])
    chosen &= table["detail"] == DOCUMENTS[1]
    return float(table.loc[chosen, "value"].iloc[0]), predict(scenario)[DOCUMENTS]


@pytest.mark.slow
def test_unresolved_needs_fall_with_the_capacity_of_agencies_as_predicted() -> None:
    """From a tenth to a hundred times the slots: within 0.1 of each other, falling together."""
    simulated, predicted = np.array([share_unresolved(one) for one in CAPACITIES]).T
    assert (np.diff(simulated) < 0).all()
    assert (np.diff(predicted) < 0).all()
    assert simulated[0] - simulated[-1] > 0.4
    assert predicted == pytest.approx(simulated, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("capacity", "sign"), [(2.0, 1), (5000.0, -1)])
def test_a_hub_harms_when_too_small_and_helps_when_ample_as_predicted(
    capacity: float, sign: int
) -> None:
    """More than 0.05 either way, in the simulation and in the prediction."""
    hub = {
        "coordination.participation": 0.8,
        "coordination.load_awareness": 0.2,
        "agencies.coordinating_body.capacity.casework": capacity,
    }
    changes = [Change(path=path, value=value, start_day=0) for path, value in hub.items()]
    difference = np.array(share_unresolved(100.0, *changes)) - np.array(share_unresolved(100.0))
    assert (sign * difference > 0.05).all(), difference


# --- the study ----------------------------------------------------------------------------------


def test_a_comparison_says_where_signs_agree_and_predicts_nothing_it_cannot() -> None:
    names = ("baseline", "information_saturation", "osms_universal")
    scenarios = [load_scenario(name, ["city=workshop"]) for name in names]
    simulated = pd.DataFrame(
        [
            {"scenario": name, "indicator": "awareness", "detail": item, "by": "all",
             "level": 0.4, "difference": change, "difference_low": change - 0.1,
             "difference_high": change + 0.1}
            for name in names
            for item, change in (
                ("emergency_right", 0.2), ("who_helps", -0.2), ("insurance", 0.05),
            )
        ]
    )  # fmt: skip
    table = comparison(scenarios, simulated).set_index(["scenario", "indicator", "detail"])
    table = table.sort_index()
    told = table.loc["information_saturation", "awareness"]["agrees"]
    assert told.to_dict() == {
        "emergency_right": "yes", "who_helps": "no", "insurance": "not clear", "registration": "",
    }  # fmt: skip
    assert table.loc["osms_universal"][["predicted", "predicted_change"]].isna().all(axis=None)
    assert (table.loc["osms_universal", "agrees"] == "").all()
    assert (table.loc["baseline", "agrees"] == "").all()


@pytest.mark.parametrize(
    ("words_given", "mistake"),
    [
        ({"scenarios": ["baseline", "baseline"]}, "named twice"),
        ({"beside": "nowhere"}, "not a folder of results"),
        ({"scenarios": ["baselin"]}, "did you mean 'baseline'"),
    ],
)
def test_a_mistake_in_the_study_gets_one_line(words_given: dict[str, Any], mistake: str) -> None:
    resolved = compose_configuration(["study=meanfield"]) | words_given
    with pytest.raises(ConfigurationError, match=mistake):
        settings_of(resolved)


@pytest.mark.slow
def test_the_study_prints_predictions_beside_its_own_simulation_and_beside_another_folder(
    tmp_path: Path,
) -> None:
    """The second time nothing is run: the folder of a comparison is read."""
    words_given = ["scenarios=[baseline,arrival_briefing]", "replicates=2", "executor=serial",
                   "city.population=500", "days=90", f"output={tmp_path}"]  # fmt: skip
    console = Console(width=110, record=True)
    first = compose_configuration(["study=meanfield", "simulate=true", *words_given])
    assert run(first, console) == 0
    assert "same sign" in console.export_text()
    other = compose_configuration(["study=compare", *words_given])
    assert compare.run(other, console) == 0
    (folder,) = (one for one in tmp_path.iterdir() if one.name.startswith("compare"))
    second = ["study=meanfield", f"beside={folder}", *words_given]
    assert run(compose_configuration(second), console) == 0
    beside, own = (
        pd.read_parquet(next(tmp_path.glob(pattern)) / "meanfield.parquet")
        for pattern in ("meanfield", "meanfield-*")
    )
    pd.testing.assert_frame_equal(beside, own)
    assert "no prediction for: " in console.export_text()


@pytest.mark.parametrize("path", WITHOUT)
def test_a_mechanism_that_the_mean_field_does_not_have_is_refused(path: str) -> None:
    """Silently left out, the predictions would be those of another model."""
    scenario = load_scenario()
    assert value_at(scenario.world, path) == WITHOUT[path]
    entry = scenario.entry_at(path)
    assert entry is not None
    other = scenario.with_values({path: entry.high})
    with pytest.raises(ConfigurationError, match=f"{re.escape(path)} = .* only with"):
        predict(other)
