"""Enforcement: detection by the migration police, fines, custody and removal.

Each person gathers a hazard of detection, by legal status and by how visible the sector is, times
the pressure of the police in the district: every day the intensity of 2018 or a multiple of it, and
on raid days of a district much more. When the hazard reaches a threshold drawn once (unit
exponential), the person is detected: most are fined, some are removed. Who is removed spends some
time in the reception centre as long as it has places, sees a doctor there only in an emergency, and
then leaves the country. Clinics and agencies may report people without valid status, which counts
as a detection. Every detection and raid is told (see `experience`).

Parameters: `conf/parameters/enforcement.yaml`, `reports` in `conf/city/`. Neutral state:
`intensity=0` and no reports (nobody is detected).
"""

import numpy as np

from sim import vocabulary as words
from sim.accounts import CHART
from sim.agents.agency import BED_DAYS
from sim.agents.city import City
from sim.agents.migrant import can_pay
from sim.agents.task import NOWHERE, SHELTER, Move
from sim.engine.arrays import Floats, Rows
from sim.engine.calendar import DAY_OFFSET, DAYS_A_WEEK, DAYS_A_YEAR
from sim.engine.chance import exponential, happens, uniform
from sim.engine.compiled import Record, compiled
from sim.engine.log import next_record
from sim.parameters import World
from sim.submodels.experience import has_something_to_fear
from sim.submodels.purse import pay_out
from sim.submodels.submodel import Submodel
from sim.tables import by, numbers

DETECTION, CUSTODY, FACILITY_REPORT, REPORT_BY_AGENCY = (
    words.PURPOSES.index(purpose)
    for purpose in ("detection", "custody", "facility report", "report by an agency")
)
MEASURES = ("fine", "removal")
FINE, REMOVAL = range(len(MEASURES))
FINES = CHART.number("fines")


class Enforcement(Submodel):
    """Police, custody, removal."""

    def prepare(self, world: World) -> None:
        """Turn hazards a year into hazards a day of ordinary pressure."""
        enforcement = world.enforcement
        self.numbers = numbers(
            enforcement,
            hazard=np.outer(
                by(words.LEGAL_STATUSES, enforcement.detection) / DAYS_A_YEAR,
                by(words.SECTORS, enforcement.visibility),
            ),
        )
        centres = self.model.agencies.of_kind("reception_centre")
        self.centre = int(centres[0]) if len(centres) else NOWHERE
        services = self.model.agencies.of_kind("migration_service")
        self.service = int(services[0]) if len(services) else NOWHERE

    def patrol(self) -> None:
        """Let the police be about: ordinary pressure everywhere, raids in some districts."""
        model, world = self.model, self.model.world
        enforcement, counts = world.enforcement, model.counts
        days = np.arange(len(words.DISTRICTS))
        who = (model.day + DAY_OFFSET) * len(words.DISTRICTS) + days
        raids_a_day = enforcement.raids_a_year * enforcement.intensity / DAYS_A_YEAR
        raided = model.draws.happens("raid", who, probability=min(raids_a_day, 1.0))
        pressure = np.full(len(days), enforcement.intensity * (1.0 - enforcement.raid_share))
        if enforcement.raids_a_year > 0:
            pressure += raided * enforcement.raid_share * DAYS_A_YEAR / enforcement.raids_a_year
        counts["pressure"][0, model.day % DAYS_A_WEEK] = pressure
        residents = counts["residents"][0].sum(axis=1) / world.city.scale
        per_thousand = raided * 1000.0 / np.maximum(residents, 1000.0)
        counts["alarm"][0] += world.experience.raid_weight * per_thousand
        counts["alarmed_on"][0][raided] = model.day

    def act(self, detected: Rows) -> None:
        """Fine or remove those who have been detected or reported."""
        if len(detected) == 0:
            return
        model, migrants = self.model, self.model.migrants
        # Places in the reception centre are given in an order that does not depend on rows.
        in_order = detected[np.argsort(migrants.pid[detected])]
        removed = act(model.city(), in_order, self.service, self.centre)
        model.departures.add(migrants.leaves_on[removed].astype(np.int64), removed)


# --- rules -----------------------------------------------------------------------------------


@compiled
def expose_to_police(city: City, migrant: Record, pressure: Floats) -> bool:
    """Add a week of the hazard of being detected; tell whether the person is detected."""
    hazard = city.numbers[0].enforcement.hazard[migrant.legal_status, migrant.sector]
    migrant.detection += hazard * pressure[migrant.district]
    return migrant.detection >= migrant.detected_at and not migrant.to_be_removed


@compiled
def start_detection(city: City, migrant: Record) -> None:
    """Draw the threshold of a person's next detection."""
    migrant.detection = 0.0
    migrant.detected_at = exponential(city.chance, DETECTION, migrant.pid, migrant.detections)


@compiled
def report(migrant: Record) -> None:
    """Report somebody to the police, who act within a week."""
    migrant.detection = np.inf


@compiled
def act(city: City, rows: Rows, service: int, centre: int) -> Rows:
    """Act on detections: a fine, or custody and removal; return who is removed."""
    enforcement = city.numbers[0].enforcement
    removed = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        migrant = city.migrants[row]
        group = city.work_groups[migrant.work_group]
        people = max(float(group.members), 1.0)
        group.alarm += city.numbers[0].experience.detection_weight / people
        group.changed_on = city.today
        key = 2 * int(migrant.detections)
        leaves = has_something_to_fear(migrant) and happens(
            city.chance, CUSTODY, migrant.pid, key, enforcement.removal
        )
        note_measure(city, migrant, REMOVAL if leaves else FINE)
        migrant.detections += 1
        start_detection(city, migrant)
        if leaves:
            stay = -np.log(uniform(city.chance, CUSTODY, migrant.pid, key + 1))
            take_into_custody(city, migrant, stay * enforcement.custody_days, service, centre)
            removed[count] = row
            count += 1
        else:
            fine(city, migrant)
    return removed[:count]


@compiled
def fine(city: City, migrant: Record) -> None:
    """Fine a person, who pays as far as possible."""
    means = can_pay(migrant, city.numbers[0].money.borrowing_limit)
    amount = int(min(city.numbers[0].enforcement.fine, np.floor(means)))
    pay_out(city, migrant, amount, FINES)
    migrant.fined = True


@compiled
def take_into_custody(city: City, migrant: Record, stay: float, service: int, centre: int) -> None:
    """Bring a person to the reception centre, if it has a place, until the removal."""
    days = 1
    migrant.to_be_removed = True
    migrant.changed_on = city.today
    if centre != NOWHERE and city.agencies[centre].in_bed < np.ceil(city.agencies[centre].beds):
        days = min(max(int(np.rint(stay)), 1), BED_DAYS - 1)
        take_bed(city, centre, days)
        entry = next_record(city.handovers)
        entry.day = city.today
        entry.person = migrant.pid
        entry.ordinal = -1
        entry.stratum = migrant.stratum
        entry.need = SHELTER
        entry.second = False
        entry.move = Move.TAKEN_IN
        entry.origin = service
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
    entry = next_record(city.police)
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
    if not happens(city.chance, purpose, migrant.pid, key, probability):
        return False
    report(migrant)
    return True
