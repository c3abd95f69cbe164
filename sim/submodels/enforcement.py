"""Enforcement: detection by the migration police, fines, custody and removal.

Each person gathers a hazard of detection, by legal status and by how visible the sector is, times
the pressure of the police in the district: every day the intensity of 2018 or a multiple of it, and
on raid days of a district much more. When the hazard reaches a threshold drawn once (unit
exponential), the person is detected: most are fined, some are removed. Those who are removed spend
some time in the reception centre as long as it has places, see a doctor there only in an emergency,
and then leave the country. Clinics and agencies may report people without valid status, which
counts as a detection, and so may labour inspectors (see `businesses`). An employer may dismiss a
worker who was detected without a right to work. Every detection and raid is told (see
`experience`).

Parameters: `conf/parameters/enforcement.yaml`, `reports` in `conf/city/`. Neutral state:
`intensity=0` and no reports (nobody is detected); `dismissal_when_detected=0`.
"""

from collections.abc import Mapping
from enum import auto
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.agency import BED_DAYS
from sim.agents.city import City
from sim.agents.migrant import can_pay, report
from sim.agents.task import NOWHERE, SHELTER, Move
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.calendar import DAY_OFFSET, DAYS_A_WEEK, DAYS_A_YEAR
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import exponential, happens, uniform
from sim.engine.records import Record
from sim.engine.timing_wheel import remind
from sim.engine.types import Floats, Rows
from sim.submodels.businesses import dismiss, may_work
from sim.submodels.experience import has_something_to_fear
from sim.submodels.ledger_entries import pay
from sim.submodels.legal_status import works
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

RAID = Purpose.RAID.row
DETECTION = Purpose.DETECTION.row
CUSTODY = Purpose.CUSTODY.row
DETECTED_AT_WORK = Purpose.DETECTED_AT_WORK.row
FACILITY_REPORT = Purpose.FACILITY_REPORT.row
REPORT_BY_AGENCY = Purpose.REPORT_BY_AN_AGENCY.row
DISTRICTS = len(words.DISTRICTS)
FINES = CHART.number("fines")


class Measure(words.Category):
    """What follows when a person is found without valid papers."""

    FINE = auto()
    REMOVAL = auto()


MEASURES = words.labels(Measure)
FINE = Measure.FINE.value
REMOVAL = Measure.REMOVAL.value


class Enforcement(Submodel):
    """Police, custody, removal."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "police": LogDeclaration(
            lambda model: model.migrants.capacity,
            day=Declared(np.int32, "day of the measure", unit="day"),
            stratum=Declared(np.int16, "group of the person"),
            measure=Declared(np.int8, "measure", labels=MEASURES),
        )
    }

    def prepare(self, world: World) -> None:
        """Turn hazards a year into hazards a day of ordinary pressure."""
        enforcement = world.enforcement
        centres = self.model.agencies.of_kind("reception_centre")
        services = self.model.agencies.of_kind("migration_service")
        self.parameters = parameter_record(
            enforcement,
            scale=world.city.scale,
            centre=int(centres[0]) if len(centres) else NOWHERE,
            service=int(services[0]) if len(services) else NOWHERE,
            hazard=np.outer(
                by(words.LEGAL_STATUSES, enforcement.detection) / DAYS_A_YEAR,
                by(words.SECTORS, enforcement.visibility),
            ),
        )

    def patrol(self) -> None:
        """Let the police be about: ordinary pressure everywhere, raids in some districts."""
        patrol(self.model.city())


# --- rules -----------------------------------------------------------------------------------


@compiled
def patrol(city: City) -> None:
    """Let the police be about: ordinary pressure everywhere, raids in some districts."""
    enforcement, counts = city.parameters.enforcement, city.counts[0]
    raids_a_day = min(enforcement.raids_a_year * enforcement.intensity / DAYS_A_YEAR, 1.0)
    for district in range(DISTRICTS):
        key = (city.today + DAY_OFFSET) * DISTRICTS + district
        pressure = enforcement.intensity * (1.0 - enforcement.raid_share)
        if happens(city.streams, RAID, key, 0, raids_a_day):
            if enforcement.raids_a_year > 0:
                pressure += enforcement.raid_share * DAYS_A_YEAR / enforcement.raids_a_year
            residents = counts.residents[district].sum() / enforcement.scale
            per_thousand = 1000.0 / max(residents, 1000.0)
            counts.alarm[district] += city.parameters.experience.raid_weight * per_thousand
            counts.alarmed_on[district] = city.today
        counts.pressure[city.today % DAYS_A_WEEK, district] = pressure


@compiled(allocates=True)
def pressure_of_the_week(city: City) -> Floats:
    """Return the pressure of the police in each district over a week, in ordinary days."""
    pressure = np.zeros(DISTRICTS)
    for weekday in range(DAYS_A_WEEK):
        for district in range(DISTRICTS):
            pressure[district] += city.counts[0].pressure[weekday, district]
    return pressure


@compiled
def expose_to_police(city: City, migrant: Record, pressure: Floats) -> bool:
    """Add a week of the hazard of being detected; return True if the person is detected."""
    hazard = city.parameters.enforcement.hazard[migrant.legal_status, migrant.sector]
    migrant.detection += hazard * pressure[migrant.district]
    return migrant.detection >= migrant.detected_at and not migrant.to_be_removed


@compiled
def start_detection(city: City, migrant: Record) -> None:
    """Draw the threshold of a person's next detection."""
    migrant.detection = 0.0
    migrant.detected_at = exponential(city.streams, DETECTION, migrant.pid, migrant.detections)


@compiled(allocates=True)
def act(city: City, detected: Rows) -> None:
    """Fine or remove those who have been detected or reported."""
    enforcement = city.parameters.enforcement
    identity = np.empty(len(detected), dtype=np.uint64)
    for i in range(len(detected)):
        identity[i] = city.migrants[detected[i]].pid
    # Places in the reception centre are given in an order that does not depend on rows.
    for row in detected[np.argsort(identity)]:
        migrant = city.migrants[row]
        group = city.work_groups[migrant.work_group]
        people = max(float(group.members), 1.0)
        group.alarm += city.parameters.experience.detection_weight / people
        group.changed_on = city.today
        key = 2 * int(migrant.detections)
        leaves = has_something_to_fear(migrant) and happens(
            city.streams, CUSTODY, migrant.pid, key, enforcement.removal
        )
        note_measure(city, migrant, REMOVAL if leaves else FINE)
        migrant.detections += 1
        start_detection(city, migrant)
        if leaves:
            stay = -np.log(uniform(city.streams, CUSTODY, migrant.pid, key + 1))
            take_into_custody(city, migrant, stay * enforcement.custody_days)
            remind(city.departures, int(migrant.leaves_on), row)
        else:
            fine(city, migrant)
            lose_work(city, migrant)


@compiled
def fine(city: City, migrant: Record) -> None:
    """Fine a person, who pays as far as possible."""
    means = can_pay(migrant, city.parameters.money.borrowing_limit)
    amount = int(min(city.parameters.enforcement.fine, np.floor(means)))
    pay(city, migrant, amount, FINES)
    migrant.fined = True


@compiled
def lose_work(city: City, migrant: Record) -> None:
    """Let the employer dismiss a worker who has been found without a right to work."""
    probability = city.parameters.enforcement.dismissal_when_detected
    unlawful = works(migrant) and not may_work(migrant)
    if unlawful and happens(
        city.streams, DETECTED_AT_WORK, migrant.pid, int(migrant.detections), probability
    ):
        dismiss(city, migrant)


@compiled
def take_into_custody(city: City, migrant: Record, stay: float) -> None:
    """Bring a person to the reception centre, if it has a place, until the removal."""
    centre = city.parameters.enforcement.centre
    days = 1
    migrant.to_be_removed = True
    migrant.changed_on = city.today
    if centre != NOWHERE and city.agencies[centre].in_bed < np.ceil(city.agencies[centre].beds):
        days = min(max(int(np.rint(stay)), 1), BED_DAYS - 1)
        take_bed(city, centre, days)
        entry = append_record(city.handovers)
        entry.day = city.today
        entry.person = migrant.pid
        entry.ordinal = -1
        entry.stratum = migrant.stratum
        entry.need = SHELTER
        entry.second = False
        entry.move = Move.TAKEN_IN
        entry.origin = city.parameters.enforcement.service
        entry.target = centre
        entry.waited = 0
    migrant.leaves_on = min(int(migrant.leaves_on), city.today + days)
    if migrant.leaves_on <= city.today:
        migrant.leaves_on = city.today + 1


@compiled
def take_bed(city: City, agency: int, days: int) -> None:
    """Take a place at an agency for some days."""
    city.agencies[agency].in_bed += 1
    city.agencies[agency].releases[(city.today + days) % BED_DAYS] += 1


@compiled
def note_measure(city: City, migrant: Record, measure: int) -> None:
    """Write a measure of the police into the log."""
    entry = append_record(city.police)
    entry.day = city.today
    entry.stratum = migrant.stratum
    entry.measure = measure


@compiled
def may_be_reported(
    city: City, migrant: Record, purpose: int, key: int, probability: float
) -> bool:
    """Draw whether a contact leads to a report of a person without valid status."""
    if probability <= 0.0 or not has_something_to_fear(migrant) or migrant.to_be_removed:
        return False
    if not happens(city.streams, purpose, migrant.pid, key, probability):
        return False
    report(migrant)
    return True
