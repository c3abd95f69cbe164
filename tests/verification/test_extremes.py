"""Worlds at their limits (V13 to V17): what nobody can do is not done, what is free is used.

Fixed seeds; cities of 1,000 to 1,500 with more severe illness than in reality where emergencies
are compared.
"""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.episode import Gate, State
from sim.agents.migrant import NEVER
from sim.model import AlmatyModel
from sim.observation.event_records import episode_table
from sim.submodels.services import ADMITTED, DELIVERED, GAVE_UP
from tests.cities import city
from tests.verification.invariants import Watch, check_times
from tests.verification.worlds import (
    AMPLE,
    NO_PAPERS_ASKED,
    NOBODY_FALLS_ILL,
    WAITING_NEVER_ENDS,
)

SHORT = {"city.burn_in_days": 20}
GRAVE = {
    **SHORT,
    "illness.onset_severity.acute.mild": 0.42,
    "illness.onset_severity.acute.severe": 0.1065,
}
LEAVE_FOR_ALL = {
    **{f"employment.permission.{name}": 1.0 for name in words.SEVERITIES},
    "employment.permission_base": 1.0,
    "employment.permission_slope": 0.0,
}
CARE = ("ambulance", "hospital", "polyclinic", "mobile_clinic", "private")


def value(model: AlmatyModel, indicator: str, detail: str = "") -> float:
    """One indicator for everybody."""
    table = model.indicators()
    everybody = table[table["by"] == "all"]
    chosen = (everybody["indicator"] == indicator) & (everybody["detail"] == detail)
    return float(everybody.loc[chosen, "value"].iloc[0])


@pytest.fixture(scope="module")
def ordinary() -> AlmatyModel:
    """The grave world with its own capacities, prices and fears."""
    return Watch(AlmatyModel(city(population=1500, seed=2, changed=GRAVE))).live(240).model


@pytest.mark.claim("V13")
def test_without_incidence_there_are_neither_cases_nor_costs() -> None:
    """V13, burn-in included."""
    world = {**NOBODY_FALLS_ILL, "city.burn_in_days": 60}
    model = Watch(AlmatyModel(city(population=1000, changed=world))).live(200).model
    assert len(model.episodes) == 0
    for table in (model.closed_episodes, model.visits, model.payments, model.deaths):
        assert len(table) == 0
    assert (model.migrants.onsets[model.migrants.rows] == 0).all()
    assert model.clinics.in_bed.sum() == 0
    assert value(model, "out_of_pocket") == 0
    assert value(model, "deaths") == 0


@pytest.mark.claim("V14")
def test_without_hospitals_and_ambulances_nobody_lies_in_a_hospital_bed(
    ordinary: AlmatyModel,
) -> None:
    """V14: nobody severe is treated in bed, and deaths are not fewer."""
    closed = {
        **GRAVE,
        "institutions.hospital.capacity": 0,
        "institutions.hospital.beds": 0,
        "institutions.ambulance.crews": 0,
        "institutions.tb_dispensary.beds": 0,
    }
    watch = Watch(AlmatyModel(city(population=1500, seed=2, changed=closed)))
    model = watch.model
    for _ in range(240):
        watch.live(1)
        assert not (model.episodes.state[model.episodes.rows] == State.IN_BED).any()
    assert not np.isin(model.visits["result"], [ADMITTED, DELIVERED]).any()
    kinds = [words.INSTITUTION_KINDS.index(kind) for kind in ("hospital", "ambulance")]
    emergency = np.isin(model.clinics.kind[model.visits["unit"]], kinds)
    # Some were sent on to an ambulance that never came, and gave up when they were better.
    assert (model.visits["result"][emergency] == GAVE_UP).all()
    assert (episode_table(model)["emergency_care_on"].isna()).all()
    assert np.isin(ordinary.visits["result"], [ADMITTED, DELIVERED]).sum() > 50
    assert len(model.deaths) >= len(ordinary.deaths) > 5


@pytest.mark.claim("V15")
def test_with_ample_capacities_nobody_waits_for_a_slot_or_a_bed(ordinary: AlmatyModel) -> None:
    """V15: whoever is in line at an open door is seen that day; no diversion, no boarding.

    Somebody with two illnesses goes to one of two doors a day; such people are left out.
    """
    world = {**GRAVE, **AMPLE}
    watch = Watch(AlmatyModel(city(population=1500, seed=2, changed=world)))
    model, episodes = watch.model, watch.model.episodes
    for _ in range(240):
        watch.live(1)
        rows = episodes.rows
        queued = rows[episodes.state[rows] == State.QUEUED]
        persons, times = np.unique(episodes.person[rows], return_counts=True)
        alone = np.isin(episodes.person[queued], persons[times == 1])
        due = alone & (episodes.ready_on[queued] < model.day)
        assert not model.clinics.open[episodes.unit[queued[due]]].any()
        assert not episodes.boarding[rows].any()
    assert model.diary.by_unit("diverted_today").sum() == 0
    assert model.diary.counts["boarding"].sum() == 0
    assert ordinary.diary.counts["boarding"].sum() > 0
    check_times(model)


@pytest.mark.claim("V16")
def test_if_everybody_seeks_and_doors_are_open_hardly_any_need_is_unmet() -> None:
    """V16: all care attracts at +50; what is left recovers before the next working morning."""
    world = {
        **SHORT,
        **AMPLE,
        **LEAVE_FOR_ALL,
        **{f"care_seeking.attraction.{name}": 50.0 for name in CARE},
        "payment.wrongful_refusal": 0.0,
    }
    model = AlmatyModel(city(population=1000, seed=3, changed=world))
    model.run_for(150)
    assert value(model, "unmet_need_episodes") < 0.10
    same_day = {
        **world,
        **{f"care_seeking.attraction.{name}": -50.0 for name in words.OPTIONS},
        "care_seeking.attraction.ambulance": 50.0,
    }
    model = AlmatyModel(city(population=1000, seed=3, changed=same_day))
    model.run_for(150)
    table = episode_table(model)
    assert table["perceived_moderate"].sum() > 200
    assert value(model, "unmet_need_episodes") < 0.005


@pytest.mark.claim("V16")
def test_if_nobody_seeks_there_are_no_visits() -> None:
    """V16: all attractions at -50 and no weight of severity; the severely ill stay away too.

    However long they are ill: waiting does not wear out here.
    """
    world = {
        **GRAVE,
        **WAITING_NEVER_ENDS,
        **{f"care_seeking.attraction.{name}": -50.0 for name in words.OPTIONS},
        **{f"care_seeking.severity_weight.{name}": 0.0 for name in words.OPTIONS},
    }
    model = Watch(AlmatyModel(city(population=1000, seed=3, changed=world))).live(200).model
    assert len(model.visits) == len(model.payments) == 0
    table = episode_table(model)
    assert table["perceived_on"].notna().sum() > 300
    for never in ("decided_on", "arrived_on", "care_on", "emergency_care_on"):
        assert table[never].isna().all()
    assert not table["formal_contact"].any()
    assert value(model, "unmet_need_episodes") == 1.0


@pytest.mark.claim("V17")
def test_with_knowledge_and_without_fear_or_price_only_reach_bounds_uptake(
    ordinary: AlmatyModel,
) -> None:
    """V17: uptake is higher, and nobody is held back by ignorance, fear, language or money."""
    world = {
        **GRAVE,
        **{f"payment.price.{name}": 0.0 for name in words.PRICES},
        "care_seeking.unpaid_day": 0.0,  # what staff ask for is a share of a price, so 0 too
        **{f"information.briefing_content.{name}": 1.0 for name in words.KNOWLEDGE},
        "information.briefing_coverage": 1.0,
        "information.comprehension_without_language": 1.0,
        "information.memory_mean": 1e6,
        "care_seeking.fear_weight": 0.0,
        "care_seeking.language_weight": 0.0,
        "care_seeking.believed_ambulance_price": 0.0,
        "care_seeking.believed_hospital_price": 0.0,
        "payment.wrongful_refusal": 0.0,
        **{f"payment.refusal_by_attitude.{name}": 0.0 for name in words.INSTITUTION_KINDS},
        "referral.registration_asked": 0.0,
        **NO_PAPERS_ASKED,
    }
    model = Watch(AlmatyModel(city(population=1500, seed=2, changed=world))).live(240).model
    assert value(model, "awareness", "emergency_right") > 0.99
    for uptake in ("emergency_uptake_24h", "emergency_uptake_ever"):
        assert value(model, uptake) > value(ordinary, uptake) + 0.05
    assert value(model, "unmet_need_episodes") < value(ordinary, "unmet_need_episodes") - 0.05
    assert value(model, "out_of_pocket") == 0
    gates = set(episode_table(model)["binding_barrier"].tolist())
    assert gates <= {Gate.NONE, Gate.SELF_CARE, Gate.REACH, Gate.ENGAGE}
    assert {Gate.PERCEIVE, Gate.SEEK, Gate.PAY} <= set(
        episode_table(ordinary)["binding_barrier"].tolist()
    )
    assert (model.episodes.binding_barrier[model.episodes.rows] != Gate.PAY).all()
    assert (model.migrants.debt[model.migrants.rows] < NEVER).all()
