"""Refusal: who is turned away at the desk of a clinic, and who is asked for papers.

For the formulas see `payment`.
"""

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import visit_key
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import happens
from sim.engine.records import Record
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.insurance import FUND, PATIENT, POLICY
from sim.submodels.legal_status import IRREGULAR
from sim.submodels.needs import papers_in_order
from sim.vocabulary import Purpose

KIND_HOSPITAL = words.InstitutionKind.HOSPITAL.value
KIND_POLYCLINIC = words.InstitutionKind.POLYCLINIC.value
WRONGFUL_REFUSAL = Purpose.WRONGFUL_REFUSAL.row
BY_ATTITUDE = Purpose.REFUSED_BY_ATTITUDE.row
ASKED_FOR_PAPERS = Purpose.ASKED_FOR_PAPERS.row
REGISTRATION_ASKED = Purpose.REGISTRATION_ASKED.row


@compiled
def turned_away(city: City, episode: Record, migrant: Record, payer: int) -> bool:
    """Draw whether a person is turned away at the desk, though entitled or able to pay."""
    if episode.by_ambulance or episode.guaranteed:
        return False
    if payer != PATIENT and wrongly_refused(city, episode, migrant, payer):
        return True
    return refused_by_attitude(city, episode, migrant)


@compiled
def refused_by_attitude(city: City, episode: Record, migrant: Record) -> bool:
    """Draw a refusal by attitude, which asks neither for rights nor for money."""
    payment, clinic = city.parameters.payment, city.clinics[episode.unit]
    probability = payment.refusal_by_attitude[clinic.kind]
    if probability <= 0.0:
        return False
    if not migrant.manages_language:
        understood = 1.0 if episode.escorted else payment.interpreter[clinic.kind]
        probability *= understood + (1.0 - understood) * payment.refusal_without_language
    if not papers_in_order(city, migrant):
        probability *= payment.refusal_without_papers
    probability *= share_that_insists_in_vain(city, episode, migrant)
    return happens(city.streams, BY_ATTITUDE, episode.person, visit_key(episode), probability)


@compiled
def share_that_insists_in_vain(city: City, episode: Record, migrant: Record) -> float:
    """Return what is left of refusals of the informed, by trained staff, and with an advocate."""
    payment, left = city.parameters.payment, 1.0
    if migrant.knows[EMERGENCY_RIGHT]:
        left *= payment.refusal_when_informed
    if city.clinics[episode.unit].member:
        left *= 1.0 - payment.front_desk_training
    if episode.advocated or episode.escorted:
        left *= payment.refusal_with_advocate
    return left


@compiled
def wrongly_refused(city: City, episode: Record, migrant: Record, payer: int) -> bool:
    """Draw a refusal of entitled people: by language, and by whether they can insist."""
    payment = city.parameters.payment
    probability = payment.wrongful_refusal
    if payer in (FUND, POLICY):
        probability *= payment.refusal_when_insured
    if not (migrant.manages_language or episode.escorted):
        probability *= payment.refusal_without_language
    probability *= share_that_insists_in_vain(city, episode, migrant)
    return happens(city.streams, WRONGFUL_REFUSAL, episode.person, visit_key(episode), probability)


@compiled
def papers_missing(city: City, episode: Record, migrant: Record, kind: int) -> bool:
    """Draw whether papers are asked for that are not in order: registration at polyclinics."""
    payment, key = city.parameters.payment, visit_key(episode)
    if kind == KIND_HOSPITAL and not papers_in_order(city, migrant):
        return happens(city.streams, ASKED_FOR_PAPERS, episode.person, key, payment.papers_asked)
    if kind == KIND_POLYCLINIC and migrant.legal_status == IRREGULAR:
        return migrant.papers_until < city.today and happens(
            city.streams, REGISTRATION_ASKED, episode.person, key, payment.registration_asked
        )
    return False
