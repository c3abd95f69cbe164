"""Mean field of options: what each is worth to a class of people, and whether it would help.

Utilities are those of `sim.submodels.care_seeking` without tastes, relative to staying home, at
the trust, beliefs and waits of the first day. A clinic sees people unless they are refused, wrongly
or by attitude, lack papers, or cannot pay.
"""

import numpy as np

from experiments.meanfield.course import SEVERITIES
from experiments.meanfield.people import People
from sim import vocabulary as words
from sim.config.entries import by
from sim.config.institutions import InstitutionSpecification
from sim.config.world import World
from sim.engine.types import Floats
from sim.submodels.care_options import (
    AMBULANCE,
    HOSPITAL,
    MOBILE_CLINIC,
    ORDINARY,
    POLYCLINIC,
    PRIVATE,
)  # fmt: skip
from sim.submodels.insurance import PATIENT
from sim.submodels.legal_status import IRREGULAR, PAID_WHEN_ILL
from sim.submodels.needs import STATUS_IN_ORDER
from sim.submodels.payment import (
    POLYCLINIC_CARE,
    payers_by_cover,
    payers_by_kind,
    prices_by_option,
)  # fmt: skip

SEVERE = 2
"""Place of this severity in tables by severity (mild is 0)."""
CLINICS = 5
"""Number of options that are clinics; they come first."""
STEPS = np.arange(SEVERITIES)
"""Steps of severity above mild."""
NEXT_DAY = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
"""Days until ordinary clinics see a patient; ambulance and hospital do so at once."""
OPTIONS = len(words.OPTIONS)


def utilities(world: World, people: People) -> Floats:
    """Return utilities relative to staying home, shape (severities, classes, options).

    Clinics that a city does not have are worth minus infinity.
    """
    seeking = world.care_seeking
    appeal = by(words.OPTIONS, seeking.attraction) + np.multiply.outer(
        STEPS, by(words.OPTIONS, seeking.severity_weight)
    )
    appeal = appeal + seeking.trust_weight * (by(words.OPTIONS, seeking.trust) - 0.5)
    utility = appeal[:, None] - acceptability(world, people)
    wait = np.zeros(OPTIONS)
    wait[:CLINICS] = NEXT_DAY
    refusal = 1.0 - leave_of(world, people)
    utility = utility - seeking.wait_weight * wait * (1.0 + refusal)[..., None]
    attached = payers(world)[people.nationality, people.status, POLYCLINIC_CARE] != PATIENT
    attachment = np.where(STEPS < SEVERE, 1.0, seeking.attachment_when_severe)
    utility[..., POLYCLINIC] += seeking.attachment_weight * np.multiply.outer(attachment, attached)
    utility[:SEVERE, :, POLYCLINIC] += world.employment.works_clinic_weight * people.works_clinic
    utility[..., :CLINICS][..., [one is None for one in clinics_of(world)]] = -np.inf
    home = np.logaddexp(*staying_home(world, people))
    return np.asarray(utility - price_terms(world, people) - home[..., None])


def clinics_of(world: World) -> list[InstitutionSpecification | None]:
    """Return the clinics that stand for the first options; None if there is no such clinic."""
    kinds = {str(one.kind): one for one in world.institutions.values() if one.capacity != 0.0}
    return [kinds.get(name) for name in words.OPTIONS[:CLINICS]]


def acceptability(world: World, people: People) -> Floats:
    """Return the weight of fear and of a missing language, shape (classes, options)."""
    seeking, law = world.care_seeking, world.legal_status
    susceptibility = (law.fear_susceptibility_low + law.fear_susceptibility_high) / 2.0
    fear = np.clip(susceptibility * by(words.LEGAL_STATUSES, law.fear), 0.0, 1.0)[people.status]
    fear = fear * np.where(people.knows_rules, seeking.reassured_by_registration, 1.0)
    language = seeking.language_weight * np.multiply.outer(
        ~people.manages_language, 1.0 - interpreters(world)
    )
    reporting = by(words.OPTIONS, seeking.believed_reporting)
    return np.asarray(seeking.fear_weight * np.multiply.outer(fear, reporting) + language)


def interpreters(world: World) -> Floats:
    """Return how often somebody interprets, by option; nobody is needed where no clinic is."""
    interpreter = np.ones(OPTIONS)
    for option, name in enumerate(words.OPTIONS[:CLINICS]):
        interpreter[option] = max(
            (one.interpreter for one in world.institutions.values() if one.kind == name), default=0
        )
    return interpreter


def staying_home(world: World, people: People) -> tuple[Floats, Floats]:
    """Return the utility of waiting, and of self-care, on the first day, by severity and class."""
    seeking = world.care_seeking
    waiting = np.where(STEPS < SEVERE, seeking.inertia, -seeking.pain)
    shape = (SEVERITIES, len(people.share))
    remedy = (
        seeking.inertia
        + seeking.self_care_attraction
        - seeking.self_care_severity * STEPS[:, None]
        - seeking.price_weight * seeking.self_care_cost / means_of(world, people)
    )
    open_to = (STEPS < SEVERE)[:, None] & (people.cash >= seeking.self_care_cost)
    open_to &= seeking.self_care_days >= 1.0
    return np.broadcast_to(waiting[:, None], shape), np.where(open_to, remedy, -np.inf)


def means_of(world: World, people: People) -> Floats:
    """Return the money that people count on, by class, in KZT."""
    seeking = world.care_seeking
    return people.cash + (1.0 - seeking.credit_reluctance) * people.credit + seeking.small_cash


def leave(world: World) -> Floats:
    """Return the probability of leave from work without a contract, by severity."""
    employment = world.employment
    alpha, beta = employment.tolerance_alpha, employment.tolerance_beta
    factor = employment.permission_base + employment.permission_slope * alpha / (alpha + beta)
    return np.minimum(by(words.SEVERITIES, employment.permission) * factor, 1.0)[:SEVERITIES]


def leave_of(world: World, people: People) -> Floats:
    """Return the probability of leave from work, shape (severities, classes)."""
    probability = leave(world)[:, None]
    secured = world.employment.formal_leave * people.contract
    return np.asarray(probability + secured * (1.0 - probability))


# --- money --------------------------------------------------------------------------------------


def payers(world: World) -> Floats:
    """Return who pays for the uninsured, shape (nationalities, statuses, services)."""
    return np.asarray(payers_by_cover(world.legal_rules(world.city.start_date).payer)[:, :, 0])


def prices_of_visits(world: World, people: People) -> Floats:
    """Return what a visit costs the uninsured, shape (severities, classes, options), in KZT."""
    rules = payers_by_cover(world.legal_rules(world.city.start_date).payer)
    listed = by(words.PRICES, world.payment.price)
    free_days = world.payment.state_paid_days_after_emergency
    foreseen = max(world.care_seeking.days_foreseen - free_days, 0.0)
    # Of an illness that is not infectious, severe or not.
    price = prices_by_option(payers_by_kind(rules), rules, listed, foreseen)[:, :, 0, :, 0]
    by_class = price[people.nationality, people.status]
    return np.asarray(by_class[:, (STEPS >= SEVERE).astype(int)].swapaxes(0, 1))


def price_terms(world: World, people: People) -> Floats:
    """Return the weight of believed prices, shape (severities, classes, options)."""
    seeking = world.care_seeking
    price = believed_prices(world, people)
    weight = np.full(OPTIONS, seeking.price_weight)
    weight[PRIVATE] *= seeking.price_weight_private
    means, cash = means_of(world, people)[:, None], people.cash[:, None]
    borrowed = np.maximum(price - cash, 0.0) / np.maximum(price, 1.0)
    term = weight * np.minimum(price / means, seeking.price_cap)
    return np.asarray(term + seeking.borrowing_weight * borrowed)


def believed_prices(world: World, people: People) -> Floats:
    """Return what a course of care is believed to cost, of the same shape, in KZT."""
    seeking, employment = world.care_seeking, world.employment
    price = prices_of_visits(world, people)
    unaware = ~people.knows_right
    price[:, unaware, AMBULANCE] = seeking.believed_ambulance_price * people.wage[unaware]
    price[:, unaware, HOSPITAL] = seeking.believed_hospital_price * people.wage[unaware]
    free = price <= 0.0
    price = price * np.where(ORDINARY, seeking.course, 1.0)
    price[:SEVERE, people.works_clinic, POLYCLINIC] *= 1.0 - employment.works_clinic_pays
    price[:SEVERE] += free[:SEVERE] * informal_prices(world)
    at_work = ORDINARY & (np.arange(OPTIONS) != MOBILE_CLINIC)
    lost = people.wage * unpaid_share(world, people)
    return price + seeking.unpaid_day * np.multiply.outer(lost, at_work)


def unpaid_share(world: World, people: People) -> Floats:
    """Return the share of a day's wage that a day away from work costs, by class."""
    by_contract = np.where(people.contract, 1.0 - world.money.formal_sick_pay, 1.0)
    paid_in_part = 1.0 - world.money.paid_when_absent
    return np.where(PAID_WHEN_ILL[people.status], paid_in_part, by_contract)


def informal_prices(world: World) -> Floats:
    """Return what is on average asked for where care is free by law, by option, in KZT."""
    payment = world.payment
    asked = np.array([payment.informal_asked.get(name, 0.0) for name in words.OPTIONS])
    return asked * payment.informal_price * payment.price["polyclinic_visit"]


# --- the desk -----------------------------------------------------------------------------------


def competence(world: World) -> Floats:
    """Return the probability that a visit helps, by clinic; 0 where there is none."""
    return np.array([0.0 if one is None else one.competence for one in clinics_of(world)])


def sent_to_hospital(world: World) -> Floats:
    """Return the probability that a severe patient gets to hospital, by clinic."""
    clinics = clinics_of(world)
    sent = np.array([0.0 if one is None else one.refers_emergencies for one in clinics])
    for option in (AMBULANCE, HOSPITAL):
        sent[option] = float(clinics[option] is not None)
    return sent


def welcomes(world: World, people: People) -> Floats:
    """Return the probability of being seen, shape (severities, classes, clinics)."""
    welcome = np.zeros((SEVERITIES, len(people.share), CLINICS))
    for option, clinic in enumerate(clinics_of(world)):
        if clinic is not None:
            welcome[..., option] = welcome_at(world, people, words.OPTIONS[option])
    return welcome


def welcome_at(world: World, people: People, name: str) -> Floats:
    """Return the probability of being seen at a kind of clinic, shape (severities, classes)."""
    welcome = np.ones((SEVERITIES, len(people.share)))
    if name == "ambulance":
        return welcome
    payer = payers_by_kind(payers_by_cover(world.legal_rules(world.city.start_date).payer))
    by_class = payer[
        people.nationality, people.status, 0, :, 0, words.INSTITUTION_KINDS.index(name)
    ]
    entitled = by_class[:, (STEPS >= SEVERE).astype(int)].T != PATIENT
    welcome -= entitled * refused(world, people)
    welcome *= 1.0 - refused_by_attitude(world, people, name)
    welcome[:SEVERE] *= 1.0 - papers_missing(world, people, words.OPTIONS.index(name))
    pays = ~entitled
    if name == "hospital":
        pays[SEVERE] = False
    return welcome * ~(pays & (price_at_desk(world, people, name) > people.cash + people.credit))


def refused(world: World, people: People) -> Floats:
    """Return the probability that an entitled person is wrongly refused, by class."""
    payment, coordination = world.payment, world.coordination
    probability = payment.wrongful_refusal * np.where(
        people.manages_language, 1.0, payment.refusal_without_language
    )
    probability = probability * np.where(people.knows_right, payment.refusal_when_informed, 1.0)
    trained = coordination.front_desk_training * coordination.participation
    return np.minimum(probability * (1.0 - trained), 1.0)


def refused_by_attitude(world: World, people: People, name: str) -> Floats:
    """Return the probability of being turned away by attitude at a kind of clinic, by class."""
    payment, coordination = world.payment, world.coordination
    understood = interpreters(world)[words.OPTIONS.index(name)]
    language = understood + (1.0 - understood) * payment.refusal_without_language
    probability = payment.refusal_by_attitude[name] * np.where(
        people.manages_language, 1.0, language
    )
    in_order = STATUS_IN_ORDER[people.status]
    probability = probability * np.where(in_order, 1.0, payment.refusal_without_papers)
    probability = probability * np.where(people.knows_right, payment.refusal_when_informed, 1.0)
    trained = coordination.front_desk_training * coordination.participation
    return np.minimum(probability * (1.0 - trained), 1.0)


def papers_missing(world: World, people: People, option: int) -> Floats:
    """Return the probability that papers are asked for that are not in order, by class.

    Hospitals ask for papers, polyclinics for a registration.
    """
    referral = world.referral
    if option == HOSPITAL:
        return referral.papers_asked * ~STATUS_IN_ORDER[people.status]
    if option == POLYCLINIC:
        return referral.registration_asked * (people.status == IRREGULAR)
    return np.zeros(len(people.share))


def price_at_desk(world: World, people: People, name: str) -> Floats:
    """Return what patients who pay are asked for at a kind of clinic, (severities, classes)."""
    listed = {"private": "private_visit", "hospital": "hospital_visit"}
    price = world.payment.price[listed.get(name, "polyclinic_visit")]
    prices = np.full((SEVERITIES, len(people.share)), float(price))
    if name == "polyclinic":
        prices[:SEVERE, people.works_clinic] *= 1.0 - world.employment.works_clinic_pays
    return prices
