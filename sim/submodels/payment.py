"""Payment: who pays, who is refused, and what happens when the money ends.

The legal rules name a payer for emergency care (severity 3 or more, and every ambulance run), for
diseases dangerous to others (tuberculosis), for polyclinics and for hospitals, by nationality and
legal status: the state, the insurance fund or an insurer for those they insure (see `insurance`),
or the patient; private care is always paid by the patient. Where the patient pays and cannot, care
is refused unless it is an emergency. An employer with a clinic pays its share of the price of a
polyclinic. Where care other than of emergencies is free by law, staff ask for money at a share of
visits, and are given what the patient has of it. Hospitals may ask for papers before ordinary care,
polyclinics for a valid registration. Entitled people are wrongly refused with some probability:
more often without a common language, less often if they know the emergency right and can insist, or
if an insurer pays. Anybody may be turned away by attitude, with the probability

    attitude of the kind of clinic * without language (less where interpreters help)
        * without papers in order * informed * (1 - training of members) * with an advocate,

where an escort, a consulate or another institution that has dealt with the case is an advocate.
People who come by ambulance are not refused; people with a guarantee letter from the coordinating
body are neither refused nor asked for papers or informal payments, and the joint fund pays, if
there is one.
Once the threat to life is over the rest of the stay is billed to patients who are not entitled;
those who cannot pay the next bed-days leave early, or stay and owe.

Parameters: `conf/parameters/payment.yaml`, `conf/regime/`. Neutral state: payer "state"
everywhere, `wrongful_refusal=0`; `refusal_by_attitude`, `registration_asked` and `informal_asked`
at 0, `refusal_with_advocate` and `refusal_when_insured` at 1.
"""

from collections.abc import Mapping
from enum import auto
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.episode import Gate, State, bring_up, note_binding_barrier, step_key, visit_key
from sim.agents.migrant import can_pay
from sim.agents.task import DOCUMENTS, PAYMENT
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import happens
from sim.engine.records import Record
from sim.engine.types import Floats, Integers
from sim.submodels.care_options import (
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
from sim.submodels.information import EMERGENCY_RIGHT, INSURANCE
from sim.submodels.insurance import (
    COVERS,
    FUND,
    FUND_COVER,
    PATIENT,
    POLICY,
    POLICY_COVER,
    STATE,
    cover_of,
)
from sim.submodels.ledger_entries import pay, post
from sim.submodels.needs import papers_in_order
from sim.submodels.price_of_care import has_works_clinic
from sim.submodels.refusal import KIND_HOSPITAL, KIND_POLYCLINIC, papers_missing, turned_away
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

POLYCLINIC_VISIT = words.Price.POLYCLINIC_VISIT.value
PRIVATE_VISIT = words.Price.PRIVATE_VISIT.value
HOSPITAL_VISIT = words.Price.HOSPITAL_VISIT.value
STAY = words.Price.HOSPITAL_STAY.value
EMERGENCY_STAY = words.Price.EMERGENCY_STAY.value
BED_DAY = words.Price.BED_DAY.value
RUN = words.Price.AMBULANCE_RUN.value
TUBERCULOSIS_COURSE = words.Price.TUBERCULOSIS_COURSE.value
BUS_HOME = words.Price.BUS_HOME.value
KIND_DISPENSARY = words.InstitutionKind.TB_DISPENSARY.value
EMERGENCY = words.Service.EMERGENCY.value
AMBULANCE_RUN = words.Service.AMBULANCE.value
INFECTIOUS = words.Service.INFECTION.value
POLYCLINIC_CARE = words.Service.POLYCLINIC.value
HOSPITAL_CARE = words.Service.HOSPITAL.value
CARE_PAID_BY = np.array(
    [
        CHART.number(f"care paid by {name}")
        for name in ("the state", "the fund", "insurers", "patients")
    ]
)
"""Flow of the ledger, by payer."""
BY_EMPLOYERS, BY_PATIENTS, BY_JOINT_FUND, INFORMALLY, TICKETS = (
    CHART.number(name)
    for name in (
        "care paid by employers", "care paid by patients", "care paid by the joint fund",
        "informal payments", "tickets home",
    )
)  # fmt: skip
INFORMAL_PAYMENT = Purpose.INFORMAL_PAYMENT.row
EARLY_DISCHARGE = Purpose.EARLY_DISCHARGE.row


PAYMENTS_A_DAY = 4
"""Most payments for an episode in a day: one a visit."""


class Answer(words.Category):
    """What a person is told at the desk."""

    WELCOME = auto()
    CANNOT_PAY = auto()
    WRONGLY_REFUSED = auto()
    NO_PAPERS = auto()


WELCOME = Answer.WELCOME.value
CANNOT_PAY = Answer.CANNOT_PAY.value
WRONGLY_REFUSED = Answer.WRONGLY_REFUSED.value
NO_PAPERS = Answer.NO_PAPERS.value


class Payment(Submodel):
    """Prices, the desk, and the bill after an emergency."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "payments": LogDeclaration(
            lambda model: PAYMENTS_A_DAY * 2 * model.episodes.capacity,
            day=Declared(np.int32, "day of the payment", unit="day"),
            person=Declared(np.uint64, "patient"),
            stratum=Declared(np.int16, "group of the patient at onset"),
            amount=Declared(np.int64, "paid by the patient", unit="KZT"),
            borrowed=Declared(np.int64, "of this, borrowed", unit="KZT"),
        )
    }

    def prepare(self, world: World) -> None:
        """Turn the legal rules and the price list into tables.

        `payer` and `option_price` are indexed by nationality, legal status, what a person can claim
        (see `insurance.cover_of`), severe or not, infectious or not, and then by kind of
        institution or by option.
        """
        price = by(words.PRICES, world.payment.price)
        interpreters = dict.fromkeys(words.INSTITUTION_KINDS, 0.0)
        for kind, share in world.of_institutions("interpreter"):
            interpreters[kind] = max(interpreters[kind], share)
        payer_of_service = payers_by_cover(self.model.legal_rules.payer)
        listed = dict.fromkeys(words.INSTITUTION_KINDS, price[POLYCLINIC_VISIT])
        listed |= {"private": price[PRIVATE_VISIT], "hospital": price[HOSPITAL_VISIT]}
        payer = payers_by_kind(payer_of_service)
        self.parameters = parameter_record(
            world.payment,
            payer=payer,
            payer_of_service=payer_of_service,
            option_price=prices_by_option(payer, payer_of_service, price, self.paid_days(world)),
            listed_price=np.rint(by(words.INSTITUTION_KINDS, listed)).astype(np.int64),
            borrowing_limit=world.money.borrowing_limit,
            informal_asked=by(words.INSTITUTION_KINDS, world.payment.informal_asked),
            price_of_visit=price[POLYCLINIC_VISIT],
            bed_day=price[BED_DAY],
            emergency_stay=round(price[EMERGENCY_STAY]),
            ambulance_run=round(price[RUN]),
            tuberculosis_course=round(price[TUBERCULOSIS_COURSE]),
            bus_home=price[BUS_HOME],
            relapse_days=round(world.illness.relapse_days),
            pays_in_kind=world.employment.pays_in_kind,
            papers_asked=world.referral.papers_asked,
            registration_asked=world.referral.registration_asked,
            refusal_by_attitude=by(words.INSTITUTION_KINDS, world.payment.refusal_by_attitude),
            interpreter=by(words.INSTITUTION_KINDS, interpreters),
            refusal_when_insured=world.insurance.refusal_when_insured,
            front_desk_training=world.coordination.front_desk_training,
        )

    def paid_days(self, world: World) -> float:
        """Return the bed-days after an emergency that people reckon with and have to pay."""
        free = world.payment.state_paid_days_after_emergency
        return max(world.care_seeking.days_foreseen - free, 0.0)

    def bill_after_emergencies(self) -> None:
        """Bill the rest of the stay to those whose threat to life is over."""
        bill_after_emergencies(self.model.city())


def payers_by_cover(payer: Integers) -> Integers:
    """Return who pays for each service, by what a person can claim.

    Parameters
    ----------
    payer : array of int, shape (nationalities, legal statuses, services)

    Returns
    -------
    array of int, shape (nationalities, legal statuses, covers, services)
    """
    by_cover = np.repeat(payer[:, :, None, :], COVERS, axis=2)
    for cover in range(COVERS):
        mine = by_cover[:, :, cover, :]
        mine[(mine == FUND) & (cover & FUND_COVER == 0)] = PATIENT
        mine[(mine == POLICY) & (cover & POLICY_COVER == 0)] = PATIENT
    return by_cover


def payers_by_kind(payer_of_service: Integers) -> Integers:
    """Return who pays at each kind of institution, for the severely ill or not, infectious or not.

    Returns
    -------
    array of int, shape (nationalities, legal statuses, covers, 2, 2, kinds of institutions)
    """
    shape = (*payer_of_service.shape[:3], 2, 2, len(words.INSTITUTION_KINDS))
    payer = np.full(shape, PATIENT)
    for severe, infectious in np.ndindex(2, 2):
        clinic = payer_of_service[..., POLYCLINIC_CARE].copy()
        hospital = payer_of_service[..., EMERGENCY if severe else HOSPITAL_CARE].copy()
        if infectious:
            infection = payer_of_service[..., INFECTIOUS]
            for care in (clinic, *(() if severe else (hospital,))):
                own = care == PATIENT
                care[own] = infection[own]
        by_kind = {
            "hospital": hospital, "polyclinic": clinic, "mobile_clinic": clinic,
            "tb_dispensary": clinic,
        }  # fmt: skip
        for name, who in by_kind.items():
            payer[:, :, :, severe, infectious, words.INSTITUTION_KINDS.index(name)] = who
    return payer


def prices_by_option(
    payer: Integers, payer_of_service: Integers, price: Floats, paid_days: float = 0.0
) -> Floats:
    """Return what each option costs a patient, shape (..., 2, 2, options), in KZT.

    An emergency costs those who pay for hospitals themselves `paid_days` in bed when it is over.
    """
    option_price = np.zeros((*payer.shape[:5], len(words.OPTIONS)))
    for severe in range(2):
        mine = option_price[:, :, :, severe]
        who = payer[:, :, :, severe]
        calls = payer_of_service[..., AMBULANCE_RUN] == PATIENT
        mine[..., AMBULANCE] = price[RUN] * calls[..., None]
        mine[..., HOSPITAL] = (price[STAY] if severe else price[HOSPITAL_VISIT]) * (
            who[..., KIND_HOSPITAL] == PATIENT
        )
        visit = price[POLYCLINIC_VISIT] * (who[..., KIND_POLYCLINIC] == PATIENT)
        mine[..., POLYCLINIC] = visit
        mine[..., MOBILE_CLINIC] = visit
        mine[..., PRIVATE] = price[PRIVATE_VISIT]
        mine[..., HOME] = price[BUS_HOME]
        if severe:
            bill = paid_days * price[BED_DAY] * (payer_of_service[..., HOSPITAL_CARE] == PATIENT)
            for option in (AMBULANCE, HOSPITAL):
                mine[..., option] += bill[..., None]
    return option_price


# --- rules -----------------------------------------------------------------------------------


@compiled
def payer_at_desk(city: City, episode: Record, migrant: Record, kind: int) -> int:
    """Return who pays for a person at a kind of institution."""
    severe, infectious = int(episode.severity >= SEVERE), int(episode.kind == INFECTION)
    return city.parameters.payment.payer[
        migrant.nationality, migrant.legal_status, cover_of(city, migrant), severe, infectious, kind
    ]


@compiled
def admit_at_desk(city: City, episode: Record) -> tuple[int, int]:
    """Pass the desk of a clinic: wrongful refusal, then the price.

    Returns
    -------
    answer : int
        An `Answer`.
    price : int, KZT
        What has just been paid (0 where the state or the employer pays, or on refusal).
    """
    payment = city.parameters.payment
    migrant = city.migrants[episode.migrant]
    kind = city.clinics[episode.unit].kind
    severe = episode.severity >= SEVERE
    payer = payer_at_desk(city, episode, migrant, kind)
    entitled = payer != PATIENT
    if turned_away(city, episode, migrant, payer):
        note_binding_barrier(episode, Gate.PAY)
        return WRONGLY_REFUSED, 0
    if not severe and not episode.guaranteed and papers_missing(city, episode, migrant, kind):
        note_binding_barrier(episode, Gate.PAY)
        bring_up(episode, DOCUMENTS, episode.unit, episode.option, 0)
        return NO_PAPERS, 0
    price = payment.listed_price[kind]
    episode.payer = payer
    if entitled:
        charge(city, episode, migrant, payer, kind, price)
        if not severe and not episode.guaranteed:
            pay_informally(city, episode, migrant, kind)
        return WELCOME, 0
    if episode.paid_by_employer:
        post(city, BY_EMPLOYERS, price)
        return WELCOME, 0
    # An emergency is treated whether or not it is paid; what is unpaid is billed later.
    if severe and kind == KIND_HOSPITAL:
        return WELCOME, 0
    if migrant.insured or migrant.has_policy:
        papers_for_attachment(city, episode, migrant, kind)
    by_employer = employers_share(city, migrant, kind, severe, price)
    price -= by_employer
    if episode.guaranteed:
        price -= from_joint_fund(city, episode, price)
    if episode.covered >= price:
        episode.covered -= price
        post(city, BY_EMPLOYERS, by_employer)
        return WELCOME, 0
    if price > can_pay(migrant, payment.borrowing_limit):
        note_binding_barrier(episode, Gate.PAY)
        bring_up(episode, PAYMENT, episode.unit, episode.option, price)
        return CANNOT_PAY, 0
    post(city, BY_EMPLOYERS, by_employer)
    collect(city, episode, price)
    return WELCOME, price


@compiled
def employers_share(city: City, migrant: Record, kind: int, severe: bool, price: int) -> int:
    """Return the part of a price that the employer pays by an agreement with a clinic."""
    if kind != KIND_POLYCLINIC or severe or not has_works_clinic(city, migrant):
        return 0
    return int(np.rint(city.parameters.care_seeking.works_clinic_pays * price))


@compiled
def charge(city: City, episode: Record, migrant: Record, payer: int, kind: int, price: int) -> None:
    """Let the state, the fund or an insurer pay; an insured person is attached from now on."""
    payment = city.parameters.payment
    amount = price
    if kind == KIND_HOSPITAL and episode.severity >= SEVERE:
        amount = int(payment.emergency_stay)
    elif kind == KIND_DISPENSARY:
        amount = int(payment.tuberculosis_course)
    if payer in (FUND, POLICY):
        migrant.attached = True
    if payer == POLICY:
        migrant.policy_left -= min(amount, int(migrant.policy_left))
    post(city, CARE_PAID_BY[payer], amount)


@compiled
def pay_for_course(city: City, episode: Record) -> None:
    """Let the fund or an insurer pay for drugs, tests and planned admissions of a treatment."""
    if episode.payer not in (FUND, POLICY):
        return
    cost = city.parameters.insurance.cost_of_course[episode.kind, episode.severity - 1]
    amount = int(cost)
    if episode.payer == POLICY and episode.migrant >= 0:
        migrant = city.migrants[episode.migrant]
        amount = min(amount, int(migrant.policy_left))
        migrant.policy_left -= amount
    post(city, CARE_PAID_BY[episode.payer], amount)


@compiled
def pay_informally(city: City, episode: Record, migrant: Record, kind: int) -> None:
    """Let staff ask for money where care is free by law; people give it from what they have."""
    payment = city.parameters.payment
    asked = payment.informal_asked[kind]
    key = visit_key(episode)
    if happens(city.streams, INFORMAL_PAYMENT, episode.person, key, asked):
        amount = int(payment.informal_price * payment.price_of_visit)
        collect(city, episode, min(amount, int(migrant.savings)), INFORMALLY)


@compiled
def papers_for_attachment(city: City, episode: Record, migrant: Record, kind: int) -> None:
    """Let an insured person who cannot be attached need papers."""
    wants = kind == KIND_POLYCLINIC and migrant.knows[INSURANCE]
    if wants and not papers_in_order(city, migrant):
        bring_up(episode, DOCUMENTS, episode.unit, episode.option, 0)


@compiled
def collect(city: City, episode: Record, amount: int, flow: int = BY_PATIENTS) -> None:
    """Take money from a patient, and write it down."""
    if amount == 0:
        return
    borrowed = pay(city, city.migrants[episode.migrant], amount, flow)
    episode.charged += amount
    episode.paid += amount
    episode.borrowed += borrowed
    entry = append_record(city.payments)
    entry.day = city.today
    entry.person = episode.person
    entry.stratum = episode.stratum
    entry.amount = amount
    entry.borrowed = borrowed


@compiled(allocates=True)
def bill_after_emergencies(city: City) -> None:
    """Bill hospital patients whose threat to life is over and who have had no bill yet."""
    rows = active_rows(city.rows.episodes)
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
    """Bill the days that are left to their payer; a patient who cannot pay leaves early or owes."""
    payment = city.parameters.payment
    migrant = city.migrants[episode.migrant]
    remaining = 0 if episode.boarding else max(episode.leaves_bed_on - city.today, 0)
    free_days = int(payment.state_paid_days_after_emergency)
    payer = payment.payer_of_service[
        migrant.nationality, migrant.legal_status, cover_of(city, migrant), HOSPITAL_CARE
    ]
    if payer != PATIENT and (payer != POLICY or migrant.policy_left > 0):
        amount = int(np.rint(remaining * payment.bed_day))
        if payer == POLICY:
            migrant.policy_left -= min(amount, int(migrant.policy_left))
        post(city, CARE_PAID_BY[payer], amount)
        return
    post(city, CARE_PAID_BY[STATE], int(np.rint(min(remaining, free_days) * payment.bed_day)))
    bill = int(np.rint(max(remaining - free_days, 0) * payment.bed_day))
    if bill > 0 and not migrant.knows[EMERGENCY_RIGHT]:
        # Who did not know where the guarantee ends did not expect a bill.
        tell_group(city, migrant, HOSPITAL, False)
    means = int(np.floor(can_pay(migrant, payment.borrowing_limit)))
    key = step_key(episode)
    bill -= from_joint_fund(city, episode, bill - means)
    if bill > means and happens(
        city.streams, EARLY_DISCHARGE, episode.person, key, payment.early_discharge
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
    hub = int(city.parameters.navigation.hub)
    if missing <= 0 or hub < 0 or not city.clinics[episode.unit].member:
        return 0
    fund = city.agencies[hub]
    if fund.budget < missing:
        return 0
    fund.budget -= missing
    fund.spent += missing
    post(city, BY_JOINT_FUND, missing)
    return missing
