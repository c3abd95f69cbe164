"""Beds: admission, boarding, diversion, discharge.

Residents take a share of the beds that varies from day to day; what they leave is free for
migrants. Severe patients need a bed. The most severe and longest waiting are first; if their
hospital has no bed free the next nearest is tried, and if that is full too they board, with a
higher risk of death, until a bed is free. The stay is lognormal by kind of illness. When it is over
and the threat to life has passed, patients go on with treatment at home; who leaves early for want
of money leaves untreated. Dispensary beds are taken as far as they go.

Parameters: `conf/city/` (beds, background_occupancy, stay_days). Neutral state: beds at their upper
bound (nobody boards).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import State, bring_up, decide_anew, lose_treatment, step_key
from sim.agents.task import SHELTER
from sim.engine.arrays import Booleans, Identities, Integers, Rows
from sim.engine.calendar import DAY_OFFSET
from sim.engine.chance import happens
from sim.engine.compiled import Record, compiled
from sim.engine.queues import served
from sim.parameters import World
from sim.submodels.emergency_care import note_emergency_care
from sim.submodels.ends import vacate_bed
from sim.submodels.services import place_in_line, treat_all_at_home, treat_at_home
from sim.submodels.submodel import Submodel

SEVERE, MODERATE = words.SEVERE, 2
LODGING_LOST = words.PURPOSES.index("lodging lost")
UNITS_A_DAY = 1 << 12
"""Room for unit numbers in the identity of a (day, unit) draw."""


class Beds(Submodel):
    """Who lies where."""

    def prepare(self, world: World) -> None:
        """Learn the way between hospitals: for each district, from the nearest to the farthest."""
        self.hospitals = self.model.clinics.nearest("hospital")

    def count_free(self) -> None:
        """Count the beds that residents and present patients leave free today."""
        model, clinics = self.model, self.model.clinics
        # The identity of a (day, unit) pair stays below 2**40.
        units = np.arange(len(clinics.units))
        who = (model.day + DAY_OFFSET) * UNITS_A_DAY + units
        occupancy = clinics.background_occupancy + clinics.background_spread * model.draws.normal(
            "background occupancy", who
        )
        for_migrants = clinics.beds * (1.0 - np.clip(occupancy, 0.0, 1.0))
        # Fractions of a bed (small cities) become whole beds on that fraction of days.
        whole = np.floor(for_migrants + model.draws.uniform("fraction of a bed", who))
        clinics.free_beds[:] = np.maximum(whole.astype(np.int64) - clinics.in_bed, 0)

    def discharge(self) -> None:
        """Send home those whose stay is over and who are no emergency any more."""
        discharge(self.model.city(), self.model.episodes.rows)

    def find(self) -> None:
        """Give free beds to those who board: own hospital first, then the next nearest."""
        episodes, clinics = self.model.episodes, self.model.clinics
        rows = who_boards(self.model.city(), episodes.rows)
        if len(rows) == 0:
            return
        got_bed = self._take_beds(rows, episodes.unit[rows].astype(np.int64))
        without = rows[~got_bed]
        if len(without) == 0 or self.hospitals.shape[1] < 2:
            return
        here = episodes.unit[without]
        district = clinics.district[here]
        next_hospital = self.hospitals[district, 1]
        next_hospital = np.where(next_hospital == here, self.hospitals[district, 0], next_hospital)
        diverted = self._take_beds(without, next_hospital)
        clinics.diverted_today += np.bincount(here[diverted], minlength=len(clinics.units))

    def _take_beds(self, rows: Rows, unit: Integers) -> Booleans:
        """Let the most severe and longest waiting take the free beds of the units."""
        episodes, clinics = self.model.episodes, self.model.clinics
        gets = served(
            line=unit,
            urgency=episodes.severity[rows].astype(np.int64),
            ready_day=episodes.queued_on[rows].astype(np.int64),
            tie_break=places_in_line(self.model.city(), rows),
            slots=clinics.free_beds,
        )
        episodes.unit[rows[gets]] = unit[gets]
        self._occupy(rows[gets])
        return gets

    def lie_down(self, rows: Rows) -> None:
        """Take dispensary beds as far as they go; the others are treated at home."""
        if len(rows) == 0:
            return
        episodes, clinics = self.model.episodes, self.model.clinics
        gets = served(
            line=episodes.unit[rows].astype(np.int64),
            urgency=episodes.severity[rows].astype(np.int64),
            ready_day=episodes.queued_on[rows].astype(np.int64),
            tie_break=places_in_line(self.model.city(), rows),
            slots=clinics.free_beds,
        )
        note_all_emergency_care(self.model.city(), rows)
        self._occupy(rows[gets])
        treat_all_at_home(self.model.city(), rows[~gets])

    def _occupy(self, rows: Rows) -> None:
        """Put patients into beds and draw how long they stay."""
        if len(rows) == 0:
            return
        model, episodes, clinics = self.model, self.model.episodes, self.model.clinics
        unit = episodes.unit[rows]
        episodes.state[rows] = State.IN_BED
        episodes.boarding[rows] = False
        taken = np.bincount(unit, minlength=len(clinics.units))
        clinics.in_bed += taken
        clinics.free_beds -= taken
        mean, sigma = clinics.mean_stay[unit, episodes.kind[rows]], clinics.stay_sigma[unit]
        normal = model.draws.normal(
            "length of the stay in bed", episodes.person[rows], episodes.visit_key(rows)
        )
        stay = mean * np.exp(sigma * normal - sigma**2 / 2.0)
        episodes.leaves_bed_on[rows] = model.day + np.maximum(np.rint(stay), 1)


# --- rules -----------------------------------------------------------------------------------


@compiled
def discharge(city: City, rows: Rows) -> None:
    """Send home those whose stay is over and who are no emergency any more."""
    for row in rows:
        episode = city.episodes[row]
        if episode.state != State.IN_BED or episode.severity >= SEVERE:
            continue
        if episode.leaves_bed_on > city.today and not episode.boarding:
            continue
        vacate_bed(city, episode)
        lodging_may_be_lost(city, episode)
        episode.unit = -1
        if episode.treated and episode.relapse_until < city.today:
            treat_at_home(city, episode)
        else:
            lose_treatment(episode, city.today)
            decide_anew(episode, city.today + 1)


@compiled
def lodging_may_be_lost(city: City, episode: Record) -> None:
    """Let people who leave hospital unwell have nowhere to go, mostly who lodge at work."""
    if episode.severity < MODERATE or episode.migrant < 0:
        return
    migrant = city.migrants[episode.migrant]
    probability = city.numbers[0].needs.lodging_lost_in[migrant.sector]
    key = step_key(episode)
    if happens(city.chance, LODGING_LOST, episode.person, key, probability):
        bring_up(episode, SHELTER, episode.unit, -1, 0)


@compiled
def who_boards(city: City, rows: Rows) -> Rows:
    """Return admitted patients who wait for a bed."""
    found = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        episode = city.episodes[row]
        if episode.state == State.IN_BED and episode.boarding:
            found[count] = row
            count += 1
    return found[:count]


@compiled
def places_in_line(city: City, rows: Rows) -> Identities:
    """Return the bits that decide among equals."""
    places = np.empty(len(rows), dtype=np.uint64)
    for i in range(len(rows)):
        places[i] = place_in_line(city, city.episodes[rows[i]])
    return places


@compiled
def note_all_emergency_care(city: City, rows: Rows) -> None:
    """Note that emergency care has come to those who are severe."""
    for row in rows:
        episode = city.episodes[row]
        if episode.severity >= SEVERE:
            note_emergency_care(city, episode)
