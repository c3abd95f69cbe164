"""Businesses: contracts, inspections, dismissal and hiring.

Once a month an employer gives written contracts if

    weight * (believed inspections / 12 * fine + norm * share with contracts in the sector
              - cost of a contract) + logistic noise(employer) > 0,

where a contract also costs an insurance policy if the law asks for one. Inspections come with a
hazard that grows with the square root of the size. An employer who is inspected expects more of
them, others of the sector in the district a few more; beliefs fade to the rate of 2018. For every
worker without a contract or a right to work the employer is fined, and dismisses those who may not
work if

    weight * (believed inspections / 12 * fine - cost of replacing a worker / 12) + noise > 0:

enforcement can push people out. Inspectors may report such workers to the migration police
(`inspectors_report`). Workers absent for longer may be dismissed too, and sooner
where the employer tolerates less. People who have lost their work look for other work in the
sector; those without a right to work are not hired with a contract; and people leave the country if
some weeks of search are in vain. Employers without contracts may keep passports, which are given
back at an inspection or a dismissal. Workers with contracts are examined at a rate of `check_ups` a
year, at the employer's cost, and learn there what a visit to a clinic teaches. (For leave to see a
doctor and treatment paid in kind see `reaching`, for enrolment `insurance`.)

Parameters: `conf/parameters/employment.yaml`. Neutral state: `inspection_factor=0`,
`dismissal_factor=0`, `decision_weight=0`, `check_ups=0`, `inspectors_report=0` and no passports
held.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.employer import LabourMarket, find_employer
from sim.agents.episode import bring_up
from sim.agents.migrant import NEVER, report
from sim.agents.task import SHELTER
from sim.config.entries import parameter_record
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.calendar import DAY_OFFSET, DAYS_A_MONTH, DAYS_A_WEEK, DAYS_A_YEAR, MONTHS_A_YEAR
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import happens
from sim.engine.records import Record
from sim.engine.timing_wheel import remind
from sim.engine.types import Floats, Rows
from sim.submodels.information import CLINIC_SOURCE, EMERGENCY_RIGHT, ITEMS, learn
from sim.submodels.ledger_entries import post
from sim.submodels.legal_status import EAEU_STATES, IRREGULAR, REGISTERED, has_contract
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

BY_EMPLOYERS = CHART.number("care paid by employers")
CHECK_UP = Purpose.CHECK_UP.row
TAUGHT = Purpose.TAUGHT_BY_A_CHECK_UP.row
INSPECTION = Purpose.INSPECTION.row
INSPECTORS_REPORT = Purpose.INSPECTORS_REPORT.row
DISMISSAL = Purpose.DISMISSAL.row
DISMISSAL_FOR_ABSENCE = Purpose.DISMISSAL_FOR_ABSENCE.row
HIRING = Purpose.HIRING.row
FINES_OF_EMPLOYERS = CHART.number("fines of employers")
NATIONALITIES = len(words.NATIONALITIES)
WEEKS_OF_SEARCH = 64
"""Room for the weeks of a search for work in the occurrence key of hiring."""


class Businesses(Submodel):
    """Employers as they decide, are inspected, dismiss and hire."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "check_ups": LogDeclaration(
            lambda model: model.migrants.capacity,
            day=Declared(np.int32, "day of the check-up", unit="day"),
            person=Declared(np.uint64, "worker who was examined"),
            stratum=Declared(np.int16, "group of the worker"),
        )
    }

    def prepare(self, world: World) -> None:
        """Turn rates a year into what a month of them means."""
        employment, contribution = world.employment, self.model.legal_rules.contribution
        self.parameters = parameter_record(
            employment,
            contract_and_policy=employment.contract_cost
            + contribution.policy_required * world.insurance.policy_price / MONTHS_A_YEAR,
            check_up=1.0 - np.exp(-employment.check_ups / MONTHS_A_YEAR),
            fading=1.0 - 0.5 ** (DAYS_A_MONTH / employment.belief_half_life),
        )

    def run(self) -> None:
        """Let a thirtieth of the employers be inspected and decide on contracts."""
        model = self.model
        if (model.day + model.world.city.burn_in_days) % DAYS_A_MONTH == 0:
            model.counts["formal_share"][0] = self.formal_share()
        run_businesses(model.city(), (model.day + DAY_OFFSET) // DAYS_A_MONTH)

    def formal_share(self) -> Floats:
        """Return the share of workers whose employer gives contracts, by sector."""
        model, employers = self.model, self.model.employers
        sector = np.repeat(employers.sector[employers.rows], employers.work_groups[employers.rows])
        members = model.work_groups["members"].astype(np.float64)
        formal = members * model.work_groups["formal"]
        of_sector = np.bincount(sector, members, minlength=len(words.SECTORS))
        with_contract = np.bincount(sector, formal, minlength=len(words.SECTORS))
        return np.asarray(with_contract / np.maximum(of_sector, 1.0))


# --- rules: employers ------------------------------------------------------------------------


@compiled
def formality(employment: Record, believed: float, share: float) -> float:
    """Return the probability, over employers alike, of giving contracts."""
    gain = believed / MONTHS_A_YEAR * employment.fine + employment.norm * share
    gain -= employment.contract_and_policy
    return 1.0 / (1.0 + np.exp(-employment.decision_weight * gain))


@compiled
def run_businesses(city: City, month: int) -> None:
    """Let a thirtieth of the employers, of whom some are inspected, decide on contracts."""
    employment = city.parameters.businesses
    for row in range(city.today % DAYS_A_MONTH, len(city.employers), DAYS_A_MONTH):
        employer = city.employers[row]
        belief = float(employer.believed_inspections)
        belief += (employment.inspections - belief) * employment.fading
        size = np.sqrt(employer.size / employment.mean_size)
        hazard = employment.inspections * employment.inspection_factor * size
        probability = 1.0 - np.exp(-hazard * DAYS_A_MONTH / DAYS_A_YEAR)
        if happens(city.streams, INSPECTION, employer.pid, month, probability):
            belief += employment.belief_gain * max(1.0 - belief, 0.0)
            employer.inspected_on = city.today
            spread_the_word(city, row)
        employer.believed_inspections = belief
        share = city.counts[0].formal_share[employer.sector]
        formal = employer.formality < formality(employment, belief, share)
        if formal != employer.formal:
            employer.formal = formal
            for number in range(employer.work_groups):
                group = city.work_groups[employer.first_work_group + number]
                group.formal = formal
                group.changed_on = city.today  # leave and pay during illness depend on it
                city.counts[0].with_contracts += group.members if formal else -group.members


@compiled
def spread_the_word(city: City, inspected: int) -> None:
    """Let employers of the sector in the district hear of an inspection: few of many."""
    employment = city.parameters.businesses
    one = city.employers[inspected]
    heard = min(employment.belief_heard_by / max(float(one.peers), 1.0), 1.0)
    gain = employment.belief_spill * heard
    for row in range(len(city.employers)):
        other = city.employers[row]
        if row != inspected and other.sector == one.sector and other.district == one.district:
            belief = float(other.believed_inspections)
            other.believed_inspections = belief + gain * max(1.0 - belief, 0.0)


# --- rules: workers --------------------------------------------------------------------------


@compiled
def may_work(migrant: Record) -> bool:
    """Return True if a person has a right to work, or would have it with a contract."""
    if migrant.legal_status == IRREGULAR:
        return False
    return migrant.legal_status != REGISTERED or EAEU_STATES[migrant.nationality]


@compiled
def settle_with_employer(city: City, migrant: Record, absent: int, month: int) -> None:
    """Let a month with an employer have its consequences: check-up, inspection, absence."""
    employment = city.parameters.businesses
    employer = city.employers[migrant.employer]
    if has_contract(city, migrant):
        examine(city, migrant, month)
    inspected = city.today - DAYS_A_MONTH < employer.inspected_on <= city.today
    dismissed = False
    if inspected:
        migrant.passport_held = False
        if not may_work(migrant) or not employer.formal:
            post(city, FINES_OF_EMPLOYERS, int(np.rint(employment.fine)))
        if not may_work(migrant):
            report_to_police(city, migrant, month)
            gain = employer.believed_inspections * employment.fine - employment.replacement_cost
            appeal = employment.decision_weight * gain / MONTHS_A_YEAR
            probability = 1.0 / (1.0 + np.exp(-appeal))
            dismissed = happens(city.streams, DISMISSAL, migrant.pid, month, probability)
    longer = absent - employment.dismissal_after
    if not dismissed and longer > 0:
        hazard = employment.dismissal * (employment.dismissal_tolerance - employer.tolerance)
        probability = 1.0 - np.exp(-max(hazard, 0.0) * employment.dismissal_factor * longer)
        dismissed = happens(city.streams, DISMISSAL_FOR_ABSENCE, migrant.pid, month, probability)
    if dismissed:
        dismiss(city, migrant)


@compiled
def report_to_police(city: City, migrant: Record, month: int) -> None:
    """Let inspectors report a worker without a right to work to the migration police."""
    probability = city.parameters.businesses.inspectors_report
    if happens(city.streams, INSPECTORS_REPORT, migrant.pid, month, probability):
        report(migrant)


@compiled
def examine(city: City, migrant: Record, month: int) -> None:
    """Let a worker with a contract be examined now and then, and learn what visits teach."""
    person, probability = migrant.pid, city.parameters.businesses.check_up
    if not happens(city.streams, CHECK_UP, person, month, probability):
        return
    post(city, BY_EMPLOYERS, int(city.parameters.businesses.check_up_cost))
    entry = append_record(city.check_ups)
    entry.day = city.today
    entry.person = person
    entry.stratum = migrant.stratum
    taught = city.parameters.information.taught_by_visit
    if not migrant.knows[EMERGENCY_RIGHT] and happens(city.streams, TAUGHT, person, month, taught):
        learn(city, migrant, EMERGENCY_RIGHT, CLINIC_SOURCE)


@compiled
def dismiss(city: City, migrant: Record) -> None:
    """Dismiss a worker; one who is ill may have nowhere to stay."""
    migrant.jobless_since = city.today
    city.counts[0].jobless += 1
    migrant.passport_held = False
    migrant.changed_on = city.today
    for kind in range(len(migrant.episode_of)):
        row = migrant.episode_of[kind]
        if row >= 0 and city.episodes[row].perceived_on >= city.episodes[row].began_on:
            bring_up(city.episodes[row], SHELTER, -1, -1, 0)
            return


@compiled
def give_up_looking(city: City, rows: Rows) -> None:
    """Let people who have looked for work for long leave the country."""
    employment = city.parameters.businesses
    for row in rows:
        migrant = city.migrants[row]
        if city.today - migrant.jobless_since <= employment.jobless_days:
            continue
        if migrant.leaves_on > city.today + 1:
            migrant.leaves_on = city.today + 1
            remind(city.departures, city.today + 1, row)


@compiled(allocates=True)
def who_is_hired(city: City, rows: Rows) -> Rows:
    """Return who finds work this week."""
    employment = city.parameters.businesses
    probability = 1.0 - np.exp(-DAYS_A_WEEK / max(employment.search_days, 1e-9))
    hired = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        migrant = city.migrants[row]
        week = (city.today - migrant.jobless_since) // DAYS_A_WEEK
        key = int(migrant.jobs) * WEEKS_OF_SEARCH + min(week, WEEKS_OF_SEARCH - 1)
        if migrant.leaves_on > city.today + 1 and happens(
            city.streams, HIRING, migrant.pid, key, probability
        ):
            hired[count] = row
            count += 1
    return hired[:count]


@compiled
def begin_work(city: City, labour_market: LabourMarket, rows: Rows) -> None:
    """Let people begin work in another group; contracts are for those who may work."""
    for row in rows:
        migrant = city.migrants[row]
        market = int(migrant.sector) * NATIONALITIES + int(migrant.nationality)
        employer, group = find_employer(
            city.streams, city.employers, labour_market, migrant.pid, market, int(migrant.jobs) + 1
        )
        if city.work_groups[group].formal and not may_work(migrant):
            # Offered with a contract: nothing for this person; the next offer is another one.
            migrant.jobs += 1
            continue
        change_places(city, migrant, -1)
        migrant.employer = employer
        migrant.work_group = group
        migrant.district = city.employers[employer].district
        change_places(city, migrant, 1)
        migrant.jobs += 1
        migrant.jobless_since = NEVER
        city.counts[0].jobless -= 1
        migrant.changed_on = city.today


@compiled
def change_places(city: City, migrant: Record, change: int) -> None:
    """Count a person, and what they know, in or out of a work group and a district."""
    group, counts = city.work_groups[migrant.work_group], city.counts[0]
    group.members += change
    counts.with_contracts += change * int(group.formal)
    group.insured += change * int(migrant.insured)
    group.shared += change * int(migrant.in_shared_registry)
    group.changed_on = city.today
    counts.residents[migrant.district, migrant.nationality] += change
    for item in range(ITEMS):
        if migrant.knows[item]:
            group.informed[item] += change
            counts.informed_residents[migrant.district, migrant.nationality, item] += change
