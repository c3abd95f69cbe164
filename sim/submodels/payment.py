"""Payment: who pays, who is refused, and what happens when the money ends.

The legal rules name a payer for emergency care (severity 3 or more, and every ambulance run), for
diseases dangerous to others (tuberculosis), for polyclinics and for hospitals, by legal status;
private care is always paid by the patient. Where the patient pays and cannot, care is refused
unless it is an emergency. Hospitals may ask for papers before ordinary care. Entitled people are
wrongly refused with some probability: more often without a common language, less often if they know
the emergency right and can insist; who comes by ambulance is not refused. Once the threat to life
is over the rest of the stay is billed to patients who are not entitled; who cannot pay the next
bed-days leaves early or stays and owes.

Parameters: `conf/parameters/payment.yaml`, `conf/regime/`. Neutral state: payer "state"
everywhere, `wrongful_refusal=0`.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import Gate, State, bring_up, note_failing_gate, step_key, visit_key
from sim.agents.migrant import can_pay, pay
from sim.agents.task import DOCUMENTS, PAYMENT
from sim.engine.arrays import Rows
from sim.engine.chance import happens
from sim.engine.compiled import Record, compiled
from sim.engine.log import next_record
from sim.parameters import World
from sim.submodels.care_seeking import (
    AMBULANCE,
    HOME,
    HOSPITAL,
    MOBILE_CLINIC,
    POLYCLINIC,
    PRIVATE,
    SEVERE,
)
from sim.submodels.experience import tell_group
from sim.submodels.illness import INFECTION
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.needs import papers_in_order
from sim.submodels.submodel import Submodel
from sim.tables import by, numbers

POLYCLINIC_VISIT, PRIVATE_VISIT, HOSPITAL_VISIT, _STAY, BED_DAY, _RUN, BUS_HOME = range(
    len(words.PRICES)
)
KIND_HOSPITAL = words.INSTITUTION_KINDS.index("hospital")
WELCOME, CANNOT_PAY, WRONGLY_REFUSED, NO_PAPERS = range(4)
"""Answers at the desk."""
HOSPITAL_CARE = words.SERVICES.index("hospital")
WRONGFUL_REFUSAL, EARLY_DISCHARGE, ASKED_FOR_PAPERS = (
    words.PURPOSES.index(purpose)
    for purpose in ("wrongful refusal", "early discharge", "asked for papers")
)


class Payment(Submodel):
    """Prices, the desk, and the bill after an emergency."""

    def prepare(self, world: World) -> None:
        """Turn the legal rules and the price list into tables.

        `entitled` and `option_price` are indexed by legal status, severe or not, infectious or
        not, and then by kind of institution or by option.
        """
        self.price = by(words.PRICES, world.payment.price)
        state_pays = np.array(
            [
                [
                    world.regime.payer[status].get(service) == "state"
                    for status in words.LEGAL_STATUSES
                ]
                for service in words.SERVICES
            ]
        )
        circumstances = (len(words.LEGAL_STATUSES), 2, 2)
        entitled_to = np.zeros((*circumstances, len(words.INSTITUTION_KINDS)), dtype=np.bool_)
        option_price = np.zeros((*circumstances, len(words.OPTIONS)))
        for status, severe, infectious in np.ndindex(circumstances):
            free = dict(zip(words.SERVICES, state_pays[:, status], strict=True))
            free_infection = bool(infectious) and free["infection"]
            free_visit = free["polyclinic"] or free_infection
            free_hospital = free["emergency"] if severe else free["hospital"] or free_infection
            entitled = {
                "hospital": free_hospital,
                "polyclinic": free_visit,
                "mobile_clinic": free_visit,
                "tb_dispensary": free_visit,
            }
            entitled_to[status, severe, infectious] = [
                entitled.get(kind, False) for kind in words.INSTITUTION_KINDS
            ]
            price = option_price[status, severe, infectious]
            price[AMBULANCE] = 0.0 if free["ambulance"] else self.price[_RUN]
            price[HOSPITAL] = self.price[_STAY] if severe else self.price[HOSPITAL_VISIT]
            price[HOSPITAL] *= not free_hospital
            price[[POLYCLINIC, MOBILE_CLINIC]] = self.price[POLYCLINIC_VISIT] * (not free_visit)
            price[PRIVATE] = self.price[PRIVATE_VISIT]
            price[HOME] = self.price[BUS_HOME]
        listed = dict.fromkeys(words.INSTITUTION_KINDS, self.price[POLYCLINIC_VISIT])
        listed |= {"private": self.price[PRIVATE_VISIT], "hospital": self.price[HOSPITAL_VISIT]}
        self.numbers = numbers(
            world.payment,
            entitled=entitled_to,
            option_price=option_price,
            listed_price=np.rint(by(words.INSTITUTION_KINDS, listed)).astype(np.int64),
            state_pays=state_pays,
            borrowing_limit=world.money.borrowing_limit,
            bed_day=self.price[BED_DAY],
            bus_home=self.price[BUS_HOME],
            free_days=world.regime.state_paid_days_after_emergency,
            relapse_days=round(world.illness.relapse_days),
            pays_in_kind=world.employment.pays_in_kind,
            papers_asked=world.referral.papers_asked,
            front_desk_training=world.coordination.front_desk_training,
        )

    def bill_after_emergencies(self) -> None:
        """Bill the rest of the stay to those whose threat to life is over."""
        bill_after_emergencies(self.model.city(), self.model.episodes.rows)


# --- rules -----------------------------------------------------------------------------------


@compiled
def pass_the_desk(city: City, episode: Record) -> tuple[int, int]:
    """Pass the desk of a clinic: wrongful refusal, then the price.

    Returns
    -------
    answer : int
        `WELCOME`, `CANNOT_PAY`, `WRONGLY_REFUSED` or `NO_PAPERS`.
    price : int, KZT
        What has just been paid (0 where the state or the employer pays, or on refusal).
    """
    payment = city.numbers[0].payment
    migrant = city.migrants[episode.migrant]
    kind = city.clinics[episode.unit].kind
    severe, infectious = episode.severity >= SEVERE, episode.kind == INFECTION
    entitled = payment.entitled[migrant.legal_status, int(severe), int(infectious), kind]
    if entitled and not episode.by_ambulance and wrongly_refused(city, episode, migrant):
        note_failing_gate(episode, Gate.PAY)
        return WRONGLY_REFUSED, 0
    if kind == KIND_HOSPITAL and not severe and papers_missing(city, episode, migrant):
        note_failing_gate(episode, Gate.PAY)
        bring_up(episode, DOCUMENTS, episode.unit, episode.option, 0)
        return NO_PAPERS, 0
    # An emergency is treated whether or not it is paid; what is unpaid is billed later.
    if entitled or episode.paid_by_employer or (severe and kind == KIND_HOSPITAL):
        return WELCOME, 0
    price = payment.listed_price[kind]
    if episode.covered >= price:
        episode.covered -= price
        return WELCOME, 0
    if price > can_pay(migrant, payment.borrowing_limit):
        note_failing_gate(episode, Gate.PAY)
        bring_up(episode, PAYMENT, episode.unit, episode.option, price)
        return CANNOT_PAY, 0
    collect(city, episode, price)
    return WELCOME, price


@compiled
def wrongly_refused(city: City, episode: Record, migrant: Record) -> bool:
    """Draw a refusal of entitled people: by language, and by whether they can insist."""
    payment = city.numbers[0].payment
    probability = payment.wrongful_refusal
    if not migrant.manages_language:
        probability *= payment.refusal_without_language
    if migrant.knows[EMERGENCY_RIGHT]:
        probability *= payment.refusal_when_informed
    if city.clinics[episode.unit].member:
        probability *= 1.0 - payment.front_desk_training
    return happens(city.chance, WRONGFUL_REFUSAL, episode.person, visit_key(episode), probability)


@compiled
def papers_missing(city: City, episode: Record, migrant: Record) -> bool:
    """Draw whether a hospital asks for papers that are not in order."""
    if papers_in_order(city, migrant):
        return False
    probability = city.numbers[0].payment.papers_asked
    return happens(city.chance, ASKED_FOR_PAPERS, episode.person, visit_key(episode), probability)


@compiled
def collect(city: City, episode: Record, amount: int) -> None:
    """Take money from a patient, and write it down."""
    if amount == 0:
        return
    borrowed = pay(city.migrants[episode.migrant], amount, city.today)
    episode.charged += amount
    episode.paid += amount
    entry = next_record(city.payments)
    entry.day = city.today
    entry.stratum = episode.stratum
    entry.amount = amount
    entry.borrowed = borrowed


@compiled
def bill_after_emergencies(city: City, rows: Rows) -> None:
    """Bill hospital patients whose threat to life is over and who have had no bill yet."""
    for row in rows:
        episode = city.episodes[row]
        if (
            episode.state == State.IN_BED
            and episode.severity < SEVERE
            and not episode.stabilised
            and city.clinics[episode.unit].kind == KIND_HOSPITAL
        ):
            episode.stabilised = True
            bill_rest_of_stay(city, episode)


@compiled
def bill_rest_of_stay(city: City, episode: Record) -> None:
    """Bill the days that the state does not pay; who cannot pay leaves early or owes."""
    payment = city.numbers[0].payment
    migrant = city.migrants[episode.migrant]
    remaining = 0 if episode.boarding else max(episode.leaves_bed_on - city.today, 0)
    free_days = int(payment.free_days)
    if payment.state_pays[HOSPITAL_CARE, migrant.legal_status]:
        return
    bill = int(np.rint(max(remaining - free_days, 0) * payment.bed_day))
    if bill > 0 and not migrant.knows[EMERGENCY_RIGHT]:
        # Who did not know where the guarantee ends did not expect a bill.
        tell_group(city, migrant, HOSPITAL, False)
    means = int(np.floor(can_pay(migrant, payment.borrowing_limit)))
    key = step_key(episode)
    bill -= from_joint_fund(city, episode, bill - means)
    if bill > means and happens(
        city.chance, EARLY_DISCHARGE, episode.person, key, payment.early_discharge
    ):
        # Who leaves early still uses the days the state pays; the discharge follows today or then.
        episode.leaves_bed_on = city.today + min(remaining, free_days)
        episode.relapse_until = episode.leaves_bed_on + int(payment.relapse_days)
        return
    paid_now = min(bill, means)
    collect(city, episode, paid_now)
    episode.charged += bill - paid_now
    episode.owed += bill - paid_now
    if bill > paid_now:
        bring_up(episode, PAYMENT, episode.unit, -1, bill - paid_now)


@compiled
def from_joint_fund(city: City, episode: Record, missing: int) -> int:
    """Return what the joint fund pays at the bedside, at hospitals that take part."""
    hub = int(city.numbers[0].navigation.hub)
    if missing <= 0 or hub < 0 or not city.clinics[episode.unit].member:
        return 0
    fund = city.agencies[hub]
    if fund.budget < missing:
        return 0
    fund.budget -= missing
    fund.spent += missing
    return missing
