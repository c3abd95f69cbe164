"""Legal status: permits and registration that run out, are renewed, lost and regained.

A permit to work for private people and a registration hold for some weeks. In the week in which one
runs out, a person renews it with probability

    logistic(base + knows the rules + employer gives contracts + activity of the own consulate
             - weight * fee / (what can be paid + 1) - weight * fear),

if the passport is not in the employer's hands, the fee can be paid, and the person has not been
fined or is not refused for it (`refused_after_fine`); else the stay is irregular from then on.
Citizens of other states than those of the EAEU may move from registration to a permit, which comes
with a medical check: a moment at which rights are learned. Those who go on with registration alone
travel to the border for it. Citizens of the EAEU who work for an employer that gives contracts have
the status of contract workers as long as they do. Now and then, or in a campaign, irregular stays
are regularised for a fee.

Parameters: `conf/parameters/legal_status.yaml`. Neutral state: durations at their upper bound and
`regularisation=0` (nobody's status changes); `renewal_fear` and `refused_after_fine` at 0 (the
police change nobody's status).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.migrant import NEVER, STRATA_SHAPE, can_pay
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.calendar import DAYS_A_MONTH
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import prefetch_record_ahead
from sim.engine.random.scalar import happens, uniform
from sim.engine.records import Record
from sim.engine.types import Booleans, Rows
from sim.submodels.experience import fear_of
from sim.submodels.information import CLINIC_SOURCE, ITEMS, REGISTRATION, learn
from sim.submodels.ledger_entries import pay
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

PERMANENT = words.LegalStatus.PERMANENT.value
EAEU_CONTRACT = words.LegalStatus.EAEU_CONTRACT.value
PERMIT = words.LegalStatus.PERMIT.value
REGISTERED = words.LegalStatus.REGISTERED.value
IRREGULAR = words.LegalStatus.IRREGULAR.value
EAEU_STATES = np.array([one.label in words.EAEU_NATIONALITIES for one in words.Nationality])
"""Whether citizens may work without a permit."""
STRATA_A_STATUS = int(np.prod(STRATA_SHAPE[2:]))
RENEWAL = Purpose.RENEWAL_OF_PAPERS.row
DURATION = Purpose.DURATION_OF_PAPERS.row
KIND_OF_RENEWAL = Purpose.KIND_OF_RENEWAL.row
MEDICAL_CHECK = Purpose.MEDICAL_CHECK.row
REGULARISATION = Purpose.REGULARISATION.row
REFUSED_AFTER_FINE = Purpose.REFUSED_AFTER_A_FINE.row
PERMITS, BORDER_TRIPS = (
    CHART.number(name) for name in ("permits and registration", "trips to the border")
)
PAID_WHEN_ILL = np.array(
    [
        status in (words.LegalStatus.PERMANENT, words.LegalStatus.EAEU_CONTRACT)
        for status in words.LegalStatus
    ]
)
"""Whether the wage goes on in part during illness, by legal status."""


class LegalStatus(Submodel):
    """Permits, registration, irregular stays."""

    def prepare(self, world: World) -> None:
        """Note today's rules and fees."""
        legal = world.legal_status
        self.parameters = parameter_record(
            legal,
            registration=by(words.NATIONALITIES, legal.registration_days),
            activity=by(words.NATIONALITIES, world.information.consulate_activity),
            borrowing_limit=world.money.borrowing_limit,
            taught=by(words.KNOWLEDGE, legal.medical_check_teaches),
        )


# --- rules -----------------------------------------------------------------------------------


@compiled
def start_status(city: City, migrant: Record, new: bool) -> None:
    """Let a person who arrives, or is here at the start, have papers for some time."""
    if EAEU_STATES[migrant.nationality] and migrant.legal_status in (EAEU_CONTRACT, REGISTERED):
        formal = city.work_groups[migrant.work_group].formal
        set_status(migrant, EAEU_CONTRACT if formal else REGISTERED)
    if city.work_groups[migrant.work_group].formal:
        migrant.passport_held = False
    days = lasts(city, migrant)
    if not new and days < NEVER:
        key = DURATIONS_OF_RESIDENTS
        days = int(np.ceil(days * uniform(city.streams, DURATION, migrant.pid, key)))
    migrant.status_until = NEVER if days >= NEVER else city.today + days
    migrant.entered_as = migrant.stratum


DURATIONS_OF_RESIDENTS = 1 << 15
"""Occurrence of the draw of what is left of the papers of the first residents."""


@compiled
def lasts(city: City, migrant: Record) -> int:
    """Return for how many days papers of the present status hold (`NEVER`: for good)."""
    legal = city.parameters.legal_status
    if migrant.legal_status == PERMIT:
        u = uniform(city.streams, DURATION, migrant.pid, int(migrant.renewals))
        spread = legal.permit_days_high - legal.permit_days_low
        return int(np.rint(legal.permit_days_low + u * spread))
    if migrant.legal_status == REGISTERED:
        return int(np.rint(legal.registration[migrant.nationality]))
    return NEVER


@compiled
def renew_all(city: City, rows: Rows) -> None:
    """Renew papers, or lose the status."""
    for place in range(len(rows)):
        prefetch_record_ahead(city.migrants, rows, place)
        renew(city, city.migrants[rows[place]])


@compiled
def renew(city: City, migrant: Record) -> None:
    """Renew papers that have run out, or lose the status."""
    legal = city.parameters.legal_status
    key = int(migrant.renewals)
    eaeu = EAEU_STATES[migrant.nationality]
    wants_permit = not eaeu and (
        migrant.legal_status == PERMIT
        or happens(city.streams, KIND_OF_RENEWAL, migrant.pid, key, legal.seeks_permit)
    )
    if wants_permit:
        fee, flow = legal.permit_fee * legal.permit_days_high / DAYS_A_MONTH, PERMITS
    else:
        fee, flow = (0.0 if eaeu else legal.border_trip), BORDER_TRIPS
    amount = int(np.rint(fee))
    renewed = (
        happens(city.streams, RENEWAL, migrant.pid, key, renewal_probability(city, migrant, fee))
        and not migrant.passport_held
        and amount <= can_pay(migrant, legal.borrowing_limit)
        and not refused_for_a_fine(city, migrant, key)
    )
    migrant.renewals += 1
    if not renewed:
        change_status(city, migrant, IRREGULAR)
        return
    pay(city, migrant, amount, flow)
    change_status(city, migrant, PERMIT if wants_permit else REGISTERED)
    follow_contract(city, migrant)
    if wants_permit:
        see_a_doctor(city, migrant, key)


@compiled
def renewal_probability(city: City, migrant: Record, fee: float) -> float:
    """Return the probability that a person renews papers that run out."""
    legal = city.parameters.legal_status
    appeal = legal.renewal_base
    if migrant.knows[REGISTRATION]:
        appeal += legal.renewal_knowledge
    if city.work_groups[migrant.work_group].formal and works(migrant):
        appeal += legal.renewal_formal
    appeal += legal.renewal_consulate * legal.activity[migrant.nationality]
    appeal -= legal.renewal_fee * fee / (can_pay(migrant, legal.borrowing_limit) + 1.0)
    appeal -= legal.renewal_fear * fear_of(city, migrant)
    return 1.0 / (1.0 + np.exp(-appeal))


@compiled
def refused_for_a_fine(city: City, migrant: Record, key: int) -> bool:
    """Draw whether papers are not renewed because the person has been fined."""
    probability = city.parameters.legal_status.refused_after_fine
    return migrant.fined and happens(
        city.streams, REFUSED_AFTER_FINE, migrant.pid, key, probability
    )


@compiled
def see_a_doctor(city: City, migrant: Record, key: int) -> None:
    """Let the medical check that a permit asks for be a moment of information."""
    taught = city.parameters.legal_status.taught
    # The items of one check share one draw: the better known are learned first.
    u = uniform(city.streams, MEDICAL_CHECK, migrant.pid, key)
    for item in range(ITEMS):
        if u < taught[item] and not migrant.knows[item]:
            learn(city, migrant, item, CLINIC_SOURCE)


@compiled
def regularise(city: City, migrant: Record, month: int) -> None:
    """Let an irregular stay become regular, now and then."""
    legal = city.parameters.legal_status
    probability = 1.0 - np.exp(-legal.regularisation)
    if not happens(city.streams, REGULARISATION, migrant.pid, month, probability):
        return
    fee = int(np.rint(legal.regularisation_fee))
    if migrant.passport_held or fee > can_pay(migrant, legal.borrowing_limit):
        return
    pay(city, migrant, fee, PERMITS)
    change_status(city, migrant, REGISTERED if EAEU_STATES[migrant.nationality] else PERMIT)
    follow_contract(city, migrant)


@compiled
def follow_contract(city: City, migrant: Record) -> None:
    """Let citizens of EAEU states be contract workers as long as they have a contract."""
    if not EAEU_STATES[migrant.nationality]:
        return
    contract = works(migrant) and city.work_groups[migrant.work_group].formal
    if contract and migrant.legal_status == REGISTERED:
        change_status(city, migrant, EAEU_CONTRACT)
    elif not contract and migrant.legal_status == EAEU_CONTRACT:
        change_status(city, migrant, REGISTERED)


@compiled
def works(migrant: Record) -> bool:
    """Return True if a person has work."""
    return migrant.jobless_since >= NEVER


@compiled
def has_contract(city: City, migrant: Record) -> bool:
    """Return True if a person has work, the right to it, and a written contract."""
    has_right = migrant.legal_status <= PERMIT
    return works(migrant) and has_right and city.work_groups[migrant.work_group].formal


@compiled(allocates=True)
def contracts(city: City, rows: Rows) -> Booleans:
    """Return which of these people have a contract."""
    found = np.empty(len(rows), dtype=np.bool_)
    for place in range(len(rows)):
        found[place] = has_contract(city, city.migrants[rows[place]])
    return found


@compiled
def set_status(migrant: Record, status: int) -> None:
    """Give a person who is not counted yet another status."""
    migrant.stratum += (status - int(migrant.legal_status)) * STRATA_A_STATUS
    migrant.legal_status = status


@compiled
def change_status(city: City, migrant: Record, status: int) -> None:
    """Give a person a status from today, and count them in their new group."""
    if status != migrant.legal_status:
        count_in_stratum(city, migrant, -1)
        set_status(migrant, status)
        count_in_stratum(city, migrant, 1)
        migrant.changed_on = city.today
    days = lasts(city, migrant)
    migrant.status_until = NEVER if days >= NEVER else city.today + days


@compiled
def count_in_stratum(city: City, migrant: Record, change: int) -> None:
    """Count a person and what they know in or out of their group."""
    city.counts[0].present[migrant.stratum] += change
    if migrant.insured:
        city.counts[0].insured[migrant.stratum] += change
    for item in range(ITEMS):
        if migrant.knows[item]:
            city.counts[0].informed[migrant.stratum, item] += change
