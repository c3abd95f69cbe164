"""Oracle A10: with equal people and Gumbel tastes the shares of the options are a logit.

Everybody is made the same by hand and has the same injury; the utilities are worked out here in
plain numbers, apart from the code of the submodel. Fixed seed, 40,000 decisions.
"""

from collections.abc import Mapping
from math import exp

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.episode import WAIT, State
from sim.model import AlmatyModel
from sim.submodels.care_options import APPEAL
from tests.cities import city
from tests.verification.worlds import (
    NO_BURN_IN,
    NO_NEWS,
    NOBODY_FALLS_ILL,
    live_until,
    onset_severity,
)

PEOPLE = 40_000
WAGE, SAVINGS, FEAR, TOLERANCE, WAITED_AT_POLYCLINIC = 100_000, 30_000, 0.4, 0.5, 2.0


def deciding_city(
    severity: str, knows_rights: bool, more: Mapping[str, float] | None = None
) -> AlmatyModel:
    """Everybody the same, everybody injured today and aware of it, up to their first decision."""
    model = AlmatyModel(
        city(
            population=PEOPLE,
            seed=8,
            changed={
                **NOBODY_FALLS_ILL,
                **NO_NEWS,
                **NO_BURN_IN,
                **onset_severity("injury", severity),
                **{f"care_seeking.perception.{one}": 1e6 for one in words.SEVERITIES},
                "institutions.mobile_clinic.capacity": 1_000,
                # Nothing changes before the decision.
                "illness.worsening.injury.moderate": 0.0,
                "illness.recovery.injury.moderate": 0.0,
                "illness.worsening.injury.severe": 0.0,
                "illness.recovery.injury.severe": 0.0,
                "illness.death.injury.severe": 0.0,
                **(more or {}),
            },
        )
    )
    migrants, people = model.migrants, model.migrants.rows
    migrants.wage[people] = WAGE
    migrants.savings[people] = SAVINGS
    migrants.debt[people] = 0
    # Fear is susceptibility times the fear of the legal status, without any alarm.
    irregular = model.world.legal_status.fear["irregular"]
    migrants.fear_susceptibility[people] = FEAR / irregular
    model.work_groups["alarm"] = 0.0
    model.counts["alarm"] = 0.0
    migrants.manages_language[people] = False
    migrants.legal_status[people] = words.LegalStatus.IRREGULAR
    migrants.district[people] = words.District.ZHETYSU
    migrants.leaves_on[people] = 1_000
    migrants.knows[people] = False
    migrants.forgets_on[people] = 1_000
    migrants.knows[people, words.Knowledge.EMERGENCY_RIGHT] = knows_rights
    model.employers.tolerance[:] = TOLERANCE
    model.work_groups["wait"] = 0.0
    model.work_groups["wait"][:, words.Option.POLYCLINIC] = WAITED_AT_POLYCLINIC
    model.illness.open_episodes(
        people.copy(), np.zeros(len(people), dtype=np.int64), np.zeros(len(people), dtype=np.int64)
    )
    live_until(model, "decide")
    return model


def utilities(model: AlmatyModel, severity: int, knows_rights: bool) -> dict[str, float]:
    """The utility of every option for the one person everybody is, taste left out."""
    world = model.world
    seeking, employment = world.care_seeking, world.employment
    price = world.payment.price
    severe = severity >= words.SEVERE
    can_pay = SAVINGS + world.money.borrowing_limit * WAGE
    believed_price = {
        "ambulance": 0.0 if knows_rights else seeking.believed_ambulance_price * WAGE,
        "hospital": (0.0 if severe else price["hospital_visit"])
        if knows_rights
        else seeking.believed_hospital_price * WAGE,
        "polyclinic": price["polyclinic_visit"],
        "mobile_clinic": price["polyclinic_visit"],
        "private": price["private_visit"],
        "employer": 0.0,
        "home": price["bus_home"],
    }
    # Zhetysu (row 0, column 1) has polyclinics and private doctors; the nearest hospitals are in
    # the districts beside it; ambulances and mobile clinics come to the person.
    tiles = {"polyclinic": 0, "private": 0, "hospital": 1}
    permission = employment.permission[words.SEVERITIES[severity - 1]] * (
        employment.permission_base + employment.permission_slope * TOLERANCE
    )
    refusal = 1.0 - min(permission, 1.0)
    found = {}
    for option in words.OPTIONS:
        if option in ("ngo", "consulate"):
            # Nobody here knows who gives advice.
            continue
        value = seeking.attraction[option] + seeking.severity_weight[option] * (severity - 1)
        value += seeking.trust_weight * (seeking.trust[option] - 0.5)
        weight = seeking.price_weight * (
            seeking.price_weight_private if option == "private" else 1.0
        )
        value -= weight * min(believed_price[option] / (can_pay + 1.0), seeking.price_cap)
        value -= seeking.fear_weight * FEAR * seeking.believed_reporting[option]
        travel = 0.0
        if option in tiles:
            minutes = world.city.travel_within + world.city.travel_between * tiles[option]
            travel = minutes / (24 * 60)
        waited = WAITED_AT_POLYCLINIC if option == "polyclinic" else 0.0
        value -= seeking.wait_weight * (travel + waited) * (1.0 + refusal)
        if option in world.institutions:
            interpreter = world.institutions[option].interpreter
            value -= seeking.language_weight * (1.0 - interpreter)
        found[option] = value
    return found


@pytest.mark.claim("A10")
@pytest.mark.parametrize("knows_rights", [False, True], ids=["ignorant", "informed"])
@pytest.mark.parametrize("severity", [2, 3], ids=["moderate", "severe"])
def test_choices_of_equal_people_are_a_logit(severity: int, knows_rights: bool) -> None:
    """Shares of all options and of waiting = softmax of the utilities, within 3.5 sd each."""
    model = deciding_city(words.SEVERITIES[severity - 1], knows_rights)
    episodes = model.episodes
    rows = episodes.rows
    assert (episodes.severity[rows] == severity).all()
    assert np.isin(episodes.state[rows], [State.UNDER_WAY, State.UNDECIDED]).all()
    waiting = episodes.state[rows] == State.UNDECIDED
    assert (episodes.option[rows[waiting]] == WAIT).all()
    weight = {name: exp(value) for name, value in utilities(model, severity, knows_rights).items()}
    everything = sum(weight.values()) + exp(0.0)
    for code, option in enumerate(words.OPTIONS):
        expected = weight.get(option, 0.0) / everything
        share = np.count_nonzero(episodes.option[rows] == code) / len(rows)
        tolerance = 3.5 * np.sqrt(expected * (1 - expected) / len(rows))
        assert share == pytest.approx(expected, abs=tolerance), option
    expected = 1.0 / everything
    tolerance = 3.5 * np.sqrt(expected * (1 - expected) / len(rows))
    assert waiting.mean() == pytest.approx(expected, abs=tolerance)


def test_full_entitlement_adds_the_pull_of_the_own_polyclinic() -> None:
    """Permanent residents: log odds of polyclinic to mobile clinic rise by the attachment."""
    model = deciding_city("moderate", knows_rights=False)
    rows = model.episodes.rows
    before = model.care_seeking.utility_terms(rows)[:, APPEAL]
    people = model.episodes.migrant[rows]
    model.migrants.legal_status[people] = words.LegalStatus.PERMANENT
    after = model.care_seeking.utility_terms(rows)[:, APPEAL]
    polyclinic, mobile = (words.OPTIONS.index(one) for one in ("polyclinic", "mobile_clinic"))
    gain = after - before
    attachment = model.world.care_seeking.attachment_weight
    assert gain[:, polyclinic] - gain[:, mobile] == pytest.approx(attachment, abs=1e-5)


@pytest.mark.claim("A10")
@pytest.mark.parametrize("severity", [2, 3], ids=["moderate", "severe"])
def test_the_day_on_which_waiting_ends_follows_the_logit_of_that_day(severity: int) -> None:
    """P(not gone by day t) = exp(W - lost t) / (sum exp V + exp(W - lost t)), tastes drawn once."""
    rate, inertia, pain = 0.2, 1.5, 1.0
    model = deciding_city(
        words.SEVERITIES[severity - 1],
        knows_rights=True,
        more={
            "care_seeking.endurance_rate": rate, "care_seeking.inertia": inertia,
            "care_seeking.pain": pain,
        },
    )  # fmt: skip
    seeking = model.world.care_seeking
    severe = severity >= words.SEVERE
    lost = rate * (seeking.endurance_severe if severe else seeking.endurance_mild * severity)
    staying = -pain * (severity - 2) if severe else inertia
    going = sum(exp(value) for value in utilities(model, severity, knows_rights=True).values())
    rows = model.episodes.rows
    waits = model.episodes.state[rows] == State.UNDECIDED
    left = np.where(waits, model.episodes.worn_out_on[rows] - model.day, 0)
    assert (left[waits] >= 1).all()
    for day in range(25):
        stays = exp(staying - lost * day)
        expected = stays / (going + stays)
        found = float(np.mean(left > day))
        tolerance = 3.5 * np.sqrt(expected * (1 - expected) / len(rows))
        assert found == pytest.approx(expected, abs=tolerance), day
