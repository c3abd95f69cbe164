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
from sim.agents.migrant import NEVER
from sim.model import AlmatyModel
from sim.submodels.care_options import APPEAL
from tests.cities import city
from tests.verification.worlds import (
    NEUTRAL,
    NO_BURN_IN,
    NO_NEWS,
    NOBODY_FALLS_ILL,
    live_until,
    onset_severity,
)

PEOPLE = 40_000
WORLDS: dict[str, Mapping[str, float]] = {"as it is": {}, "neutral": NEUTRAL}
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
    migrants.credit[people] = 1.0
    migrants.jobless_since[people] = NEVER
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


def means(model: AlmatyModel) -> float:
    """What the one person everybody is counts on: cash, part of the credit, and a little."""
    seeking, limit = model.world.care_seeking, model.world.money.borrowing_limit
    return SAVINGS + (1.0 - seeking.credit_reluctance) * limit * WAGE + seeking.small_cash


def price_term(model: AlmatyModel, option: str, price: float) -> float:
    """How much the price of a course counts against an option."""
    seeking = model.world.care_seeking
    weight = seeking.price_weight * (seeking.price_weight_private if option == "private" else 1.0)
    term = weight * min(price / means(model), seeking.price_cap)
    if price > SAVINGS:
        term += seeking.borrowing_weight * (price - SAVINGS) / price
    return term


def prices_of_courses(model: AlmatyModel, severity: int, knows_rights: bool) -> dict[str, float]:
    """What care is believed to cost in all: there is no contract, so no day away is paid."""
    world = model.world
    seeking, payment, price = world.care_seeking, world.payment, world.payment.price
    severe = severity >= words.SEVERE
    visit = {
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
    believed = dict(visit)
    for option in ("polyclinic", "mobile_clinic", "private"):
        believed[option] *= seeking.course
    for option in payment.informal_asked.keys() & visit.keys():
        if visit[option] == 0.0 and not severe:
            asked = payment.informal_asked[option] * payment.informal_price
            believed[option] += asked * price["polyclinic_visit"]
    if severe and knows_rights:  # who knows where the guarantee ends reckons with days after it
        for option in ("ambulance", "hospital"):
            believed[option] += seeking.days_foreseen * price["bed_day"]
    for option in ("polyclinic", "private"):  # mobile clinics come to the place of work
        believed[option] += seeking.unpaid_day * WAGE
    return believed


def utilities(model: AlmatyModel, severity: int, knows_rights: bool) -> dict[str, float]:
    """The utility of every option for the one person everybody is, taste left out."""
    world = model.world
    seeking, employment = world.care_seeking, world.employment
    prices = prices_of_courses(model, severity, knows_rights)
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
        value -= price_term(model, option, prices[option])
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


def staying_home(model: AlmatyModel, severity: int) -> list[float]:
    """The utilities of seeing no doctor on the first day: waiting, and self-care if there is any.

    Remedies are paid from the purse, which is full enough.
    """
    seeking = model.world.care_seeking
    if severity >= words.SEVERE:
        return [-seeking.pain * (severity - 2)]
    if seeking.self_care_days < 1:
        return [seeking.inertia]
    assert seeking.self_care_cost <= SAVINGS
    remedies = seeking.inertia + seeking.self_care_attraction
    remedies -= seeking.self_care_severity * (severity - 1)
    remedies -= seeking.price_weight * seeking.self_care_cost / means(model)
    return [seeking.inertia, remedies]


@pytest.mark.claim("A10")
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
@pytest.mark.parametrize("knows_rights", [False, True], ids=["ignorant", "informed"])
@pytest.mark.parametrize("severity", [2, 3], ids=["moderate", "severe"])
def test_choices_of_equal_people_are_a_logit(
    severity: int, knows_rights: bool, world: Mapping[str, float]
) -> None:
    """Shares of all options and of staying home = softmax of the utilities, within 3.5 sd each."""
    model = deciding_city(words.SEVERITIES[severity - 1], knows_rights, world)
    episodes = model.episodes
    rows = episodes.rows
    assert (episodes.severity[rows] == severity).all()
    assert np.isin(episodes.state[rows], [State.UNDER_WAY, State.UNDECIDED]).all()
    waiting = episodes.state[rows] == State.UNDECIDED
    assert (episodes.option[rows[waiting]] == WAIT).all()
    weight = {name: exp(value) for name, value in utilities(model, severity, knows_rights).items()}
    waits, *treats = [exp(value) for value in staying_home(model, severity)]
    assert bool(treats) is (severity < words.SEVERE and not world)
    everything = sum(weight.values()) + waits + sum(treats)
    treated = episodes.self_treated[rows]
    assert not (treated & ~waiting).any()
    shares = {"waiting": (waits, waiting & ~treated), "self-care": (sum(treats), treated)}
    for code, option in enumerate(words.OPTIONS):
        shares[option] = weight.get(option, 0.0), episodes.option[rows] == code
    for name, (pull, chosen) in shares.items():
        expected = pull / everything
        tolerance = 3.5 * np.sqrt(expected * (1 - expected) / len(rows))
        assert chosen.mean() == pytest.approx(expected, abs=tolerance), name


def test_full_entitlement_adds_the_pull_of_the_own_polyclinic() -> None:
    """Permanent residents: log odds of polyclinic to mobile clinic rise by the attachment.

    Without works clinics: permanent residents may have contracts, and with them another pull.
    """
    model = deciding_city("moderate", False, {"employment.works_clinic_share": 0.0})
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
    """P(not gone by day t) = exp(W - lost t) / (sum exp V + exp(W - lost t)), tastes drawn once.

    exp(W) is the sum over waiting and self-care.
    """
    model = deciding_city(words.SEVERITIES[severity - 1], knows_rights=True)
    seeking = model.world.care_seeking
    severe = severity >= words.SEVERE
    lost = seeking.endurance_rate * (
        seeking.endurance_severe if severe else seeking.endurance_mild * severity
    )
    assert lost > 0.0
    at_first = sum(exp(value) for value in staying_home(model, severity))
    going = sum(exp(value) for value in utilities(model, severity, knows_rights=True).values())
    rows = model.episodes.rows
    waits = model.episodes.state[rows] == State.UNDECIDED
    left = np.where(waits, model.episodes.worn_out_on[rows] - model.day, 0)
    assert (left[waits] >= 1).all()
    for day in range(25):
        stays = at_first * exp(-lost * day)
        expected = stays / (going + stays)
        found = float(np.mean(left > day))
        tolerance = 3.5 * np.sqrt(expected * (1 - expected) / len(rows))
        assert found == pytest.approx(expected, abs=tolerance), day
