"""Papers open doors, fines close them, and the desk may refuse anybody.

Rules are compared draw by draw with the formulas of the ODD, worked out by hand; each mechanism is
without effect where what it works through is cut, and works in its direction where it is not.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.episode import visit_key
from sim.agents.migrant import NEVER
from sim.model import AlmatyModel
from sim.submodels.beds import lodging_may_be_lost
from sim.submodels.businesses import settle_with_employer
from sim.submodels.enforcement import act, lose_work
from sim.submodels.experience import fear_of
from sim.submodels.legal_status import renew, renewal_probability
from sim.submodels.money import probability_of_withholding
from sim.submodels.payment import NO_PAPERS, WELCOME, WRONGLY_REFUSED, admit_at_desk
from sim.vocabulary import Purpose
from tests.cities import city
from tests.verification.binding import NEUTRAL
from tests.verification.single import illness, numbers_of, person, small_city, unit_of
from tests.verification.worlds import NO_POLICE, agencies_times

UZBEKISTAN, KYRGYZSTAN = words.Nationality.UZBEKISTAN, words.Nationality.KYRGYZSTAN
PERMANENT, PERMIT = words.LegalStatus.PERMANENT, words.LegalStatus.PERMIT
REGISTERED, IRREGULAR = words.LegalStatus.REGISTERED, words.LegalStatus.IRREGULAR
RIGHT, RULES = words.Knowledge.EMERGENCY_RIGHT, words.Knowledge.REGISTRATION
CLINICS = ("hospital", "polyclinic", "private")
DRAWS = 150


def drawn(model: AlmatyModel, purpose: Purpose, who: int, occurrences: list[int]) -> Any:
    """Return the uniform numbers that a rule will draw for a person."""
    keys = np.array(occurrences, dtype=np.uint64)
    return model.draws.peek_uniform(purpose, np.full(len(keys), who, dtype=np.uint64), keys)


# --- neutral state ----------------------------------------------------------------------------

SUPPORTING = {
    "payment.refusal_without_papers": 4.0,
    "information.announcement_factor": 50.0,
    "experience.announcement_learning": 0.5,
    "coordination.booked_weight": 3.0,
    "coordination.booked_days": 60,
    "coordination.escort_reassures": 1.0,
}
"""What the mechanisms need besides their switches."""


def logs(model: AlmatyModel) -> dict[str, Any]:
    """Return a digest of every log."""
    return {name: str(log.digest()) for name, log in model.logs.items()}


@pytest.mark.parametrize(
    ("policy", "law"),
    [("hub_joint_fund", ()), ("osms_hoped", ()), ("baseline", ("law.as_of=2023-08-14",))],
)
def test_with_all_switches_neutral_nothing_else_matters(policy: str, law: tuple[str, ...]) -> None:
    """Neither the supporting numbers, nor is any mark of the mechanisms ever set."""
    models = []
    for changed in (NEUTRAL, {**NEUTRAL, **SUPPORTING}):
        world = {**changed, "city.burn_in_days": 40}
        model = AlmatyModel(city(800, 4, 180, policy, world, law))
        model.run_for(180)
        models.append(model)
    assert logs(models[0]) == logs(models[1])
    episodes = models[1].episodes
    assert not episodes.escorted[episodes.rows].any()
    assert not episodes.guaranteed[episodes.rows].any()
    assert (episodes.booked_until[episodes.rows] == -NEVER).all()
    assert models[0].digest() == models[1].digest()


# --- each mechanism alone: where its path is cut, and where it is not ---------------------------

HEAVY = {"enforcement.intensity": 12.0, "employment.inspection_factor": 12.0}
"""Much police, many inspections: what is rare happens in a small city too."""
ASKED = {f"payment.refusal_by_attitude.{kind}": 0.4 for kind in CLINICS}
MECHANISMS: Mapping[str, tuple[dict[str, float], dict[str, float]]] = {
    "fear of renewing": (
        {"legal_status.renewal_fear": 3.0},
        {"experience.detection_weight": 0.0, "experience.raid_weight": 0.0,
         **{f"legal_status.fear.{status}": 0.0 for status in words.LEGAL_STATUSES}},
    ),
    "papers refused after a fine": ({"legal_status.refused_after_fine": 0.5}, dict(NO_POLICE)),
    "dismissal when detected": ({"enforcement.dismissal_when_detected": 1.0}, dict(NO_POLICE)),
    "registration asked for": (
        {"referral.registration_asked": 1.0},
        {"institutions.polyclinic.capacity": 0.0},
    ),
    "lodging lost without papers": (
        {"referral.lodging_lost_without_papers": 4.0},
        {f"referral.lodging_lost.{sector}": 0.0 for sector in words.SECTORS},
    ),
    "wages withheld": (
        {"money.wage_withheld_without_right": 5.0}, {"money.wage_withheld_probability": 0.0}
    ),
    "reports by inspectors": (
        {"employment.inspectors_report": 1.0}, {"employment.inspection_factor": 0.0}
    ),
    "attitude": (ASKED, {"coordination.participation": 1.0,
                         "coordination.front_desk_training": 1.0}),
    "an advocate": (
        {"payment.refusal_with_advocate": 0.0},
        {"referral.navigation": 0.0, "referral.no_show": 1.0, "referral.no_show_when_afraid": 1.0,
         "care_seeking.attraction.ngo": -1e3, "care_seeking.attraction.consulate": -1e3},
    ),
}  # fmt: skip
"""Values that switch a mechanism on, and values that cut what it works through."""


def lived(changed: Mapping[str, float], seed: int = 3) -> AlmatyModel:
    """Return a small city with much illness after some months."""
    world = {
        **NEUTRAL, **HEAVY, "city.burn_in_days": 30, "illness.acute_rate": 2.5,
        "illness.injury_rate": 1.0, **changed,
    }  # fmt: skip
    model = AlmatyModel(city(700, seed, 150, changed=world))
    model.run_for(150)
    return model


@pytest.fixture(scope="module")
def neutral() -> AlmatyModel:
    return lived({})


@pytest.mark.claim("V3")
@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_works_through_its_path_alone(neutral: AlmatyModel, name: str) -> None:
    """With the path cut it changes no log; with the path open it does."""
    switch, cut = MECHANISMS[name]
    if name != "an advocate":
        assert logs(lived(cut)) == logs(lived({**switch, **cut}))
        assert logs(neutral) != logs(lived(switch))
        return
    # An advocate is of use only where somebody may be refused, and agencies settle something.
    ample = {**ASKED, **agencies_times(500, 100)}
    assert logs(lived({**ample, **cut})) == logs(lived({**ample, **switch, **cut}))
    assert logs(lived(ample)) != logs(lived({**ample, **switch}))


# --- papers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.0, 1.0, 5.0])
def test_fear_keeps_people_from_renewing_by_its_logit(weight: float) -> None:
    model = small_city({"legal_status.renewal_fear": weight, "legal_status.renewal_base": 1.5,
                        "experience.detection_weight": 0.0})  # fmt: skip
    legal, migrant = model.world.legal_status, person(model)
    migrant["nationality"], migrant["legal_status"] = UZBEKISTAN, REGISTERED
    migrant["knows"][RULES] = True
    model.work_groups["formal"][:] = False
    afraid = []
    for susceptibility in (0.0, 1.0, 1.7):
        migrant["fear_susceptibility"] = susceptibility
        fear = fear_of(model.city(), migrant)
        appeal = 1.5 + legal.renewal_knowledge - weight * fear
        appeal += legal.renewal_consulate * model.world.information.consulate_activity["uzbekistan"]
        expected = 1 / (1 + np.exp(-appeal))
        assert renewal_probability(model.city(), migrant, 0.0) == pytest.approx(expected)
        afraid.append(fear)
    assert afraid[0] == 0.0 < afraid[1] < afraid[2]


def test_papers_are_refused_after_a_fine_and_only_then() -> None:
    """By the draw, and at the rate; nobody pays for papers that are not given."""
    share = 0.4
    model = small_city(
        {"legal_status.refused_after_fine": share, "legal_status.renewal_base": 1e3}, 600
    )
    lost = {True: 0, False: 0}
    for nth in range(len(model.migrants.rows)):
        migrant = person(model, nth)
        migrant["nationality"], migrant["legal_status"] = UZBEKISTAN, REGISTERED
        migrant["passport_held"], migrant["savings"] = False, 10_000_000
        migrant["fined"] = fined = nth % 2 == 0
        (u,) = drawn(model, Purpose.REFUSED_AFTER_A_FINE, int(migrant["pid"]),
                     [int(migrant["renewals"])])  # fmt: skip
        renew(model.city(), migrant)
        assert (migrant["legal_status"] == IRREGULAR) == (fined and u < share)
        assert (migrant["savings"] == 10_000_000) == (migrant["legal_status"] == IRREGULAR)
        lost[fined] += migrant["legal_status"] == IRREGULAR
    assert lost[False] == 0
    assert lost[True] == pytest.approx(300 * share, abs=3.5 * np.sqrt(300 * share * (1 - share)))


@pytest.mark.parametrize(("status", "state", "unlawful"), [
    (IRREGULAR, UZBEKISTAN, True), (REGISTERED, UZBEKISTAN, True), (PERMIT, UZBEKISTAN, False),
    (PERMANENT, UZBEKISTAN, False), (REGISTERED, KYRGYZSTAN, False), (IRREGULAR, KYRGYZSTAN, True),
])  # fmt: skip
def test_who_may_not_work_is_dismissed_withheld_and_reported(
    status: int, state: int, unlawful: bool
) -> None:
    """Others are not, whatever the probabilities."""
    model = small_city(
        {
            "enforcement.dismissal_when_detected": 1.0, "enforcement.removal": 0.0,
            "money.wage_withheld_probability": 0.3, "money.wage_withheld_without_right": 2.0,
            "employment.inspectors_report": 1.0, "employment.inspection_factor": 1e6,
        }
    )  # fmt: skip
    migrant = person(model)
    migrant["nationality"], migrant["legal_status"] = state, status
    migrant["jobless_since"] = NEVER
    money = numbers_of(model, "money")
    assert probability_of_withholding(money, migrant) == pytest.approx(0.6 if unlawful else 0.3)
    act(model.city(), model.migrants.rows[:1])
    assert migrant["fined"]
    assert (migrant["jobless_since"] == model.day) == unlawful
    migrant["jobless_since"] = NEVER
    model.employers.inspected_on[:] = model.day
    migrant["detection"] = 0.0
    settle_with_employer(model.city(), migrant, 0, 3)
    assert (migrant["detection"] == np.inf) == unlawful


def test_nobody_loses_work_that_they_do_not_have() -> None:
    model = small_city({"enforcement.dismissal_when_detected": 1.0})
    migrant = person(model)
    migrant["legal_status"], migrant["jobless_since"] = IRREGULAR, model.day - 5
    lose_work(model.city(), migrant)
    assert migrant["jobless_since"] == model.day - 5


def test_wages_are_withheld_at_most_from_everybody() -> None:
    model = small_city({"money.wage_withheld_probability": 0.3,
                        "money.wage_withheld_without_right": 5.0})  # fmt: skip
    migrant = person(model)
    migrant["legal_status"] = IRREGULAR
    assert probability_of_withholding(numbers_of(model, "money"), migrant) == 1.0


@pytest.mark.parametrize(("status", "papers", "factor"), [
    (PERMANENT, False, 1.0), (PERMIT, False, 1.0), (REGISTERED, False, 2.0),
    (REGISTERED, True, 1.0), (IRREGULAR, False, 2.0), (IRREGULAR, True, 2.0),
])  # fmt: skip
def test_lodging_is_lost_more_often_without_papers(
    status: int, papers: bool, factor: float
) -> None:
    """By the draw; what is certain stays so; who has recovered does not need any."""
    lodging = {f"referral.lodging_lost.{name}": 0.3 for name in words.SECTORS}
    for times, severity in ((2.0, 2), (4.0, 2), (4.0, 1)):
        model = small_city({**lodging, "referral.lodging_lost_without_papers": times}, 250)
        expected = min(0.3 * (1.0 if factor == 1.0 else times), 1.0) * (severity > 1)
        lost = 0
        for nth in range(200):
            migrant = person(model, nth)
            migrant["legal_status"], migrant["passport_held"] = status, False
            migrant["papers_until"] = model.day + 10 if papers else -NEVER
            episode = illness(model, severity=severity, nth=nth, unit=unit_of(model, "hospital"))
            lodging_may_be_lost(model.city(), episode)
            lost += bool(episode["arising"][words.Need.SHELTER])
        spread = 3.5 * np.sqrt(200 * expected * (1 - expected))
        assert lost == pytest.approx(200 * expected, abs=spread)


def test_fear_fines_and_lost_work_make_people_irregular() -> None:
    """Enforcement can make what it is against: with them there are more irregular stays."""
    shares = []
    for switch in (
        {}, {"legal_status.renewal_fear": 3.0}, {"legal_status.refused_after_fine": 0.5}
    ):  # fmt: skip
        model = lived(switch)
        status = model.migrants.legal_status[model.migrants.rows]
        shares.append(float((status == IRREGULAR).mean()))
    assert shares[0] < min(shares[1:])


# --- the desk ---------------------------------------------------------------------------------

ATTITUDE, INTERPRETER = 0.4, 0.6
DESK = {
    **{f"payment.refusal_by_attitude.{kind}": ATTITUDE for kind in CLINICS},
    "payment.refusal_without_language": 1.5, "payment.refusal_without_papers": 1.6,
    "payment.refusal_when_informed": 0.5, "payment.refusal_with_advocate": 0.3,
    "payment.wrongful_refusal": 0.0, "coordination.front_desk_training": 0.75,
    "institutions.polyclinic.interpreter": INTERPRETER, "referral.papers_asked": 0.0,
    "referral.registration_asked": 0.0, "payment.price.polyclinic_visit": 0.0,
    "payment.price.hospital_visit": 0.0,
}  # fmt: skip
YES_OR_NO = (False, True)


@pytest.fixture(scope="module")
def desk() -> AlmatyModel:
    return small_city(DESK)


def at_desk(
    model: AlmatyModel, kind: str, status: int, severity: int = 2, **fields: Any
) -> tuple[Any, Any]:
    """Return an ill person at the desk of a clinic, and their record."""
    migrant = person(model)
    migrant["legal_status"], migrant["papers_until"] = status, -NEVER
    migrant["passport_held"], migrant["savings"] = False, 10_000_000
    episode = illness(model, severity=severity, unit=unit_of(model, kind), **fields)
    return episode, migrant


def answers(model: AlmatyModel, episode: Any) -> list[int]:
    """Return what is said at the desk at so many visits."""
    said = []
    for visit in range(DRAWS):
        episode["visits"] = visit
        said.append(int(admit_at_desk(model.city(), episode)[0]))
    return said


def visit_keys(episode: Any) -> list[int]:
    """Return the keys of as many visits."""
    episode["visits"] = 0
    first = int(visit_key(episode))
    return list(range(first, first + DRAWS))


@pytest.mark.parametrize("kind", ["polyclinic", "hospital"])
def test_refusal_by_attitude_is_its_formula(desk: AlmatyModel, kind: str) -> None:
    """Language, papers, the right known, training, an advocate, an escort: draw by draw."""
    interpreter = INTERPRETER if kind == "polyclinic" else desk.world.institutions[kind].interpreter
    member = desk.clinics.table["member"]
    for speaks, papers, informed, trained, advocated, escorted in product(YES_OR_NO, repeat=6):
        status = PERMIT if papers else REGISTERED
        episode, migrant = at_desk(desk, kind, status, advocated=advocated, escorted=escorted)
        migrant["manages_language"], migrant["knows"][RIGHT] = speaks, informed
        member[:] = trained
        probability = ATTITUDE
        if not speaks and not escorted:
            probability *= interpreter + (1.0 - interpreter) * 1.5
        probability *= 1.0 if papers else 1.6
        probability *= 0.5 if informed else 1.0
        probability *= 0.25 if trained else 1.0
        probability *= 0.3 if advocated or escorted else 1.0
        keys = visit_keys(episode)
        u = drawn(desk, Purpose.REFUSED_BY_ATTITUDE, int(episode["person"]), keys)
        expected = np.where(u < probability, WRONGLY_REFUSED, WELCOME)
        assert answers(desk, episode) == expected.tolist()
    member[:] = False


@pytest.mark.parametrize("mark", ["by_ambulance", "guaranteed"])
def test_nobody_is_turned_away_who_comes_by_ambulance_or_with_a_letter(
    desk: AlmatyModel, mark: str
) -> None:
    desk_of = {"by_ambulance": "hospital", "guaranteed": "polyclinic"}[mark]
    for status in (PERMANENT, IRREGULAR):
        episode, _ = at_desk(desk, desk_of, status, severity=2, **{mark: True})
        assert set(answers(desk, episode)) == {WELCOME}
        episode[mark] = False
        assert WRONGLY_REFUSED in answers(desk, episode)


def test_an_escort_and_an_insurer_spare_wrongful_refusals() -> None:
    """The escort speaks the language and for the person; the fund pays, which is welcome."""
    model = small_city({**NEUTRAL, "payment.wrongful_refusal": 0.3,
                        "payment.refusal_without_language": 2.0,
                        "payment.refusal_with_advocate": 0.5,
                        "insurance.refusal_when_insured": 0.25,
                        "referral.papers_asked": 0.0})  # fmt: skip
    payer = numbers_of(model, "payment")["payer"]
    for escorted, insured, speaks in product(YES_OR_NO, repeat=3):
        episode, migrant = at_desk(model, "polyclinic", PERMANENT, escorted=escorted)
        migrant["manages_language"], migrant["knows"][RIGHT] = speaks, False
        payer[:] = words.Payer.FUND if insured else words.Payer.STATE
        probability = 0.3 * (0.5 if escorted else 1.0) * (0.25 if insured else 1.0)
        probability *= 1.0 if speaks or escorted else 2.0
        u = drawn(model, Purpose.WRONGFUL_REFUSAL, int(episode["person"]), visit_keys(episode))
        expected = np.where(u < probability, WRONGLY_REFUSED, WELCOME)
        assert answers(model, episode) == expected.tolist()


@pytest.mark.parametrize(("status", "papers", "severity", "kind", "asked"), [
    (IRREGULAR, False, 2, "polyclinic", True), (IRREGULAR, True, 2, "polyclinic", False),
    (REGISTERED, False, 2, "polyclinic", False), (PERMIT, False, 2, "polyclinic", False),
    (IRREGULAR, False, 3, "polyclinic", False), (IRREGULAR, False, 2, "private", False),
])  # fmt: skip
def test_polyclinics_ask_irregular_people_for_their_registration(
    status: int, papers: bool, severity: int, kind: str, asked: bool
) -> None:
    """Not in an emergency, nor who has obtained papers; and then a need of papers comes up."""
    model = small_city({**NEUTRAL, "referral.registration_asked": 0.5,
                        "payment.wrongful_refusal": 0.0})  # fmt: skip
    episode, migrant = at_desk(model, kind, status, severity)
    if papers:
        migrant["papers_until"] = model.day
    u = drawn(model, Purpose.REGISTRATION_ASKED, int(episode["person"]), visit_keys(episode))
    expected = np.where((u < 0.5) & asked, NO_PAPERS, WELCOME)
    assert answers(model, episode) == expected.tolist()
    assert bool(episode["arising"][words.Need.DOCUMENTS]) == asked
    episode["guaranteed"] = True
    assert set(answers(model, episode)) == {WELCOME}


def test_who_is_refused_more_sees_a_doctor_less() -> None:
    seen = []
    for attitude in (0.0, 0.2, 0.5):
        world = {f"payment.refusal_by_attitude.{kind}": attitude for kind in CLINICS}
        closed = lived(world).closed_episodes
        seen.append(float(closed["formal_contact"][closed["perceived_moderate"]].mean()))
    assert seen[0] > seen[1] > seen[2]
