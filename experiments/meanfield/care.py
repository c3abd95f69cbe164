"""Mean field of care: a logit thinned by refusals, and the needs that care brings.

An episode follows competing clocks (`experiments.meanfield.course`). People who perceive a need
compare the options with waiting, as in `sim.submodels.care_seeking`, in every combination of
nationality, legal status, language, knowledge and wage. Tastes are Gumbel shocks, and people who
are refused take the next best option: if option j works with probability h_j, the share that
reaches an option that works is sum(h e^V) / (1 + sum(h e^V)).
"""

from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from experiments.meanfield.course import (
    MATERNITY,
    SEVERITIES,
    Course,
    course_of,
    leave,
    rates_of,
)  # fmt: skip
from sim import vocabulary as words
from sim.config.entries import by, by_two
from sim.config.world import World
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Floats
from sim.submodels.care_options import (
    AMBULANCE,
    CONSULATE,
    EMPLOYER,
    HOME,
    HOSPITAL,
    NGO,
    POLYCLINIC,
    PRIVATE,
)  # fmt: skip
from sim.submodels.insurance import PATIENT
from sim.submodels.needs import STATUS_IN_ORDER
from sim.submodels.payment import (
    POLYCLINIC_CARE,
    payers_by_cover,
    payers_by_kind,
    prices_by_option,
)  # fmt: skip

MODERATE, SEVERE = 1, 2
"""Places of these severities in tables by severity (mild is 0)."""
CLINICS = 5
"""Number of options that are clinics; they come first."""
DOCUMENTS = words.Need.DOCUMENTS.value
SHELTER = words.Need.SHELTER.value
INFORMATION = words.Need.INFORMATION.value
EMERGENCY_RIGHT = words.Knowledge.EMERGENCY_RIGHT.value
WHO_HELPS = words.Knowledge.WHO_HELPS.value
REGISTRATION = words.Knowledge.REGISTRATION.value
NEXT_DAY = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
"""Days until ordinary clinics see a patient; ambulance and hospital do so at once."""


@dataclass(frozen=True)
class Care:
    """Outcomes of episodes.

    Attributes
    ----------
    severe_share : float
        Share of episodes, pregnancies aside, that become severe.
    emergency_need : float
        Episodes that become severe, births included, per 1,000 person-years.
    uptake : float
        Share of these with emergency care within a day.
    unmet : float
        Share of episodes perceived as moderate or worse that no provider sees.
    taught : array of float, shape (nationalities,)
        Daily hazard of learning the emergency right at a visit.
    needs : array of float, shape (needs, nationalities)
        Needs other than treatment that arise per person-day; payment is not modelled.
    advice : array of float, shape (nationalities,)
        Needs for information that begin with asking for advice, per person-day.
    """

    severe_share: float
    emergency_need: float
    uptake: float
    unmet: float
    taught: Floats
    needs: Floats
    advice: Floats


def care_of(world: World, aware: Floats) -> Care:
    """Return outcomes of episodes, given the shares that know each item (nationalities, items)."""
    people = by(words.NATIONALITIES, world.demography.nationality_share)
    appeal, (seen, helped), weights = np.exp(utilities(world)), chances(world), mix(world, aware)
    clinics = appeal[..., :CLINICS]

    def share(works: Floats, besides: Floats | float = 0.0) -> Floats:
        odds = (clinics * works).sum(axis=-1)
        return total(weights * odds / (1.0 + odds + besides))

    go, met = share(helped), share(seen)
    in_time = share(helped, appeal[..., HOME])[SEVERE]
    public = np.arange(CLINICS) != PRIVATE
    to_public = share(helped * public) / np.maximum(go, 1e-12)
    courses = [course_of(world, kind, go) for kind in range(len(words.KINDS))]
    rates = rates_of(world)
    severe = np.array([one.severe for one in courses]).T
    severe_rate = rates * severe
    treated = sum(
        rates[:, kind] * (one.treated * to_public[:SEVERE]).sum(axis=0)
        for kind, one in enumerate(courses)
    )
    moderate = np.array([one.moderate for one in courses]).T * rates * people[:, None]
    reached = np.array([one.reached for one in courses])
    ordinary = np.arange(len(words.KINDS)) != MATERNITY
    births = rates[:, MATERNITY] * exp(-world.illness.pregnancy_days / world.demography.mean_stay)
    emergencies = severe_rate[:, ordinary].sum(axis=1) + births
    visits = np.asarray(treated) + emergencies * in_time
    needs, advice = needs_of(world, aware, appeal, weights, rates, courses, emergencies * in_time)
    return Care(
        severe_share=over(
            people @ severe_rate[:, ordinary].sum(axis=1), people @ rates[:, ordinary].sum(axis=1)
        ),
        emergency_need=float(1000.0 * people @ emergencies),
        uptake=over(people @ (emergencies * in_time), people @ emergencies),
        unmet=1.0 - over((moderate * met[MODERATE][:, None] * reached).sum(), moderate.sum()),
        taught=world.information.taught_by_visit * visits / DAYS_A_YEAR,
        needs=needs / DAYS_A_YEAR,
        advice=advice / DAYS_A_YEAR,
    )


def over(part: Any, whole: Any) -> float:
    """Return a share, or NaN if the whole is 0."""
    return float(part / whole) if whole > 0 else float("nan")


def total(table: Floats) -> Floats:
    """Add up everything but severity and nationality (the first two axes)."""
    return np.asarray(table.reshape(*table.shape[:2], -1).sum(axis=-1))


# --- composition of the population, and utilities of the options --------------------------------
# Axes: severity, nationality, legal status, language, emergency right, registration, wage, option.


def status_shares(world: World) -> Floats:
    """Return shares of legal statuses of residents, shape (nationalities, statuses)."""
    return by_two(words.NATIONALITIES, words.LEGAL_STATUSES, world.legal_status.share_of_residents)


def mix(world: World, aware: Floats) -> Floats:
    """Return the shares of each nationality, shape (1, nationalities, ..., wages)."""

    def two(share: Floats) -> Floats:
        return np.stack([1.0 - share, share], axis=-1)

    language = two(by(words.NATIONALITIES, world.demography.manages_language))
    right, rules = two(aware[:, EMERGENCY_RIGHT]), two(aware[:, REGISTRATION])
    shares = np.einsum("ns,nl,nr,nk->nslrk", status_shares(world), language, right, rules)
    return shares[None, ..., None] * np.array([0.5, 0.5])


def utilities(world: World) -> Floats:
    """Return the utility of every option relative to waiting, without tastes."""
    seeking, law = world.care_seeking, world.legal_status
    severity = np.arange(SEVERITIES).reshape(-1, 1, 1, 1, 1, 1, 1, 1)
    appeal = by(words.OPTIONS, seeking.attraction) + severity * by(
        words.OPTIONS, seeking.severity_weight
    )
    appeal = appeal + seeking.trust_weight * (by(words.OPTIONS, seeking.trust) - 0.5)
    susceptibility = (law.fear_susceptibility_low + law.fear_susceptibility_high) / 2.0
    fear = np.clip(susceptibility * by(words.LEGAL_STATUSES, law.fear), 0.0, 1.0)
    reassured = np.array([1.0, seeking.reassured_by_registration]).reshape(2, 1, 1)
    fear = seeking.fear_weight * fear.reshape(-1, 1, 1, 1, 1, 1) * reassured
    interpreter = np.ones(len(words.OPTIONS))
    for option, name in enumerate(words.OPTIONS[:CLINICS]):
        interpreter[option] = max(
            (one.interpreter for one in world.institutions.values() if one.kind == name), default=0
        )
    foreign = np.array([1.0, 0.0]).reshape(2, 1, 1, 1, 1)
    wait = np.zeros(len(words.OPTIONS))
    wait[:CLINICS] = NEXT_DAY
    refusal = 1.0 - leave(world).reshape(-1, 1, 1, 1, 1, 1, 1, 1)
    attached = payers(world)[..., POLYCLINIC_CARE] != PATIENT
    own = np.zeros((*attached.shape, 1, 1, 1, 1, len(words.OPTIONS)))
    own[..., POLYCLINIC] = seeking.attachment_weight * attached[..., None, None, None, None]
    return np.asarray(
        appeal
        - fear * by(words.OPTIONS, seeking.believed_reporting)
        - seeking.language_weight * (1.0 - interpreter) * foreign
        - seeking.wait_weight * wait * (1.0 + refusal)
        + own
        - prices(world)
    )


def payers(world: World) -> Floats:
    """Return who pays for the uninsured, shape (nationalities, statuses, services)."""
    return np.asarray(payers_by_cover(world.legal_rules(world.city.start_date).payer)[:, :, 0])


def prices(world: World) -> Floats:
    """Return the weight of believed prices, for a low and a high wage (one sigma either way)."""
    seeking, money = world.care_seeking, world.money
    rules = payers_by_cover(world.legal_rules(world.city.start_date).payer)
    listed = by(words.PRICES, world.payment.price)
    # Uninsured, not infectious; for the severely ill or not.
    price = prices_by_option(payers_by_kind(rules), rules, listed)[:, :, 0, :, 0]
    price = price[:, :, [0, 0, 1]].transpose(2, 0, 1, 3)[:, :, :, None, None, None, None]
    sectors = by(words.SECTORS, world.demography.sector_share)
    median = sectors @ by(words.SECTORS, money.wage_median)
    wage = money.wage_factor * median * np.exp(money.wage_sigma * np.array([-1.0, 1.0]))
    # Savings settle where a month adds as much as is sent home above the reserve.
    adds = 1.0 - money.living_cost - money.reserve
    savings = (money.reserve + (1.0 - money.remitted) * adds) / max(money.remitted, 1e-9)
    means = wage[:, None] * (max(savings, 0.0) + money.borrowing_limit)
    shape = (SEVERITIES, *price.shape[1:3], 1, 2, 1, 2, len(words.OPTIONS))
    believed = np.broadcast_to(price, shape).copy()
    believed[..., 0, :, :, AMBULANCE] = seeking.believed_ambulance_price * wage
    believed[..., 0, :, :, HOSPITAL] = seeking.believed_hospital_price * wage
    weight = np.full(len(words.OPTIONS), seeking.price_weight)
    weight[PRIVATE] *= seeking.price_weight_private
    return np.asarray(weight * np.minimum(believed / means, seeking.price_cap))


def chances(world: World) -> tuple[Floats, Floats]:
    """Return the probabilities that a clinic sees a patient and that it helps (axes of `mix`)."""
    payment, coordination = world.payment, world.coordination
    shape = (SEVERITIES, len(words.NATIONALITIES), len(words.LEGAL_STATUSES), 2, 2, 1, 1, CLINICS)
    kinds = {str(one.kind): one for one in world.institutions.values()}
    payer = payers_by_kind(payers_by_cover(world.legal_rules(world.city.start_date).payer))
    payer = payer[:, :, 0, :, 0][:, :, [0, 0, 1]].transpose(2, 0, 1, 3)
    refused = payment.wrongful_refusal * np.ones((2, 2))
    refused[0] *= payment.refusal_without_language
    refused[:, 1] *= payment.refusal_when_informed
    refused *= 1.0 - coordination.front_desk_training * coordination.participation
    seen, helped = np.zeros(shape), np.zeros(shape)
    for option, name in enumerate(words.OPTIONS[:CLINICS]):
        clinic = kinds.get(name)
        if clinic is None or clinic.capacity == 0.0:
            continue
        welcome = np.ones(shape[:-1])
        if name not in ("ambulance", "private"):
            entitled = payer[..., words.INSTITUTION_KINDS.index(name)] != PATIENT
            welcome -= (
                entitled[..., None, None, None, None] * np.minimum(refused, 1.0)[..., None, None]
            )
        if name == "hospital":
            asked = world.referral.papers_asked * ~STATUS_IN_ORDER
            welcome[:SEVERE] *= (1.0 - asked)[:, None, None, None, None]
        seen[..., option] = welcome
        helped[..., option] = welcome * clinic.competence
        # In an emergency what counts is being brought to hospital.
        to_hospital = 1.0 if name in ("ambulance", "hospital") else clinic.refers_emergencies
        helped[SEVERE, ..., option] = welcome[SEVERE] * to_hospital
    return seen, helped


# --- needs other than treatment -----------------------------------------------------------------


def needs_of(
    world: World,
    aware: Floats,
    appeal: Floats,
    weights: Floats,
    rates: Floats,
    courses: list[Course],
    admitted: Floats,
) -> tuple[Floats, Floats]:
    """Return needs per person-year by need and nationality, and requests for advice among them."""
    odds = appeal[..., : HOME + 1].sum(axis=-1) - appeal[..., EMPLOYER] + 1.0
    asked = np.where(STATUS_IN_ORDER, 0.0, world.referral.papers_asked)
    asked = asked.reshape(-1, 1, 1, 1, 1)
    turned_away = total(weights * asked * appeal[..., HOSPITAL] / odds)[MODERATE]
    advisers = appeal[..., NGO] + appeal[..., CONSULATE]
    asks = total(weights * advisers / (odds + advisers))[MODERATE] * aware[:, WHO_HELPS]
    perceived = sum(rates[:, kind] * one.moderate for kind, one in enumerate(courses))
    needs = np.zeros((len(words.NEEDS), len(words.NATIONALITIES)))
    needs[DOCUMENTS] = perceived * turned_away
    sectors = by(words.SECTORS, world.demography.sector_share)
    needs[SHELTER] = admitted * (sectors @ by(words.SECTORS, world.referral.lodging_lost))
    manages = by(words.NATIONALITIES, world.demography.manages_language)
    lost = 1.0 - aware[:, WHO_HELPS] * manages
    advice = np.asarray(perceived * asks)
    needs[INFORMATION] = (needs[DOCUMENTS] + needs[SHELTER]) * lost + advice
    return needs, advice
