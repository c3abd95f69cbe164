"""Beds: admission, boarding, diversion, discharge.

Residents take a share of the beds that varies from day to day; what they leave is free for
migrants. Severe patients need a bed. The most severe and longest waiting are first; if their
hospital has no bed free the next nearest is tried, and if that is full too they board, with a
higher risk of death, until a bed is free. The stay is lognormal by kind of illness. When it is over
and the threat to life has passed, patients go on with treatment at home; those who leave early for
lack of money leave untreated. People who leave unwell may have lost their lodging, more often
without papers in order. Dispensary beds are taken as far as they go.

Parameters: `conf/city/` (beds, background_occupancy, stay_days), `conf/parameters/referral.yaml`.
Neutral state: beds at their upper bound (nobody boards); `lodging_lost_without_papers` at 1.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import (
    State,
    bring_up,
    lose_treatment,
    reset_decision,
    step_key,
    visit_key,
)
from sim.agents.task import SHELTER
from sim.config.world import World
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.calendar import DAY_OFFSET
from sim.engine.daily_cache import DailyCache
from sim.engine.jit.compiled import compiled
from sim.engine.queues import served
from sim.engine.random.scalar import happens, uniform
from sim.engine.records import Record
from sim.engine.types import Booleans, Floats, Integers, Rows
from sim.submodels.emergency_care import note_emergency_care
from sim.submodels.episode_end import vacate_bed
from sim.submodels.legal_status import IRREGULAR
from sim.submodels.needs import papers_in_order
from sim.submodels.services import place_in_line, treat_at_home
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

if TYPE_CHECKING:
    from sim.city_model import CityModel

SEVERE, MODERATE = words.SEVERE, words.Severity.MODERATE.value
LODGING_LOST = Purpose.LODGING_LOST.row
LENGTH_OF_STAY = Purpose.LENGTH_OF_THE_STAY_IN_BED.row
UNITS_A_DAY = 1 << 12
"""Room for unit numbers in the identity of a (day, unit) draw."""


class Beds(Submodel):
    """Who lies where."""

    def __init__(self, model: "CityModel") -> None:
        super().__init__(model)
        self.occupancy = DailyCache(
            lambda days: special.ndtri(
                model.draws.peek_uniform(Purpose.BACKGROUND_OCCUPANCY, self.days_and_units(days))
            )
        )
        self.fraction = DailyCache(
            lambda days: model.draws.peek_uniform(
                Purpose.FRACTION_OF_A_BED, self.days_and_units(days)
            )
        )

    def prepare(self, world: World) -> None:
        """Learn the way between hospitals: for each district, from the nearest to the farthest."""
        self.hospitals = self.model.clinics.nearest("hospital")

    def days_and_units(self, days: Integers) -> Integers:
        """Return identities, below 2**40, for draws made once a day and unit."""
        return (days + DAY_OFFSET) * UNITS_A_DAY + np.arange(len(self.model.clinics.units))

    def count_free(self) -> None:
        """Count the beds that residents and present patients leave free today."""
        day = self.model.day
        count_free(self.model.city(), self.occupancy.on(day), self.fraction.on(day))

    def discharge(self) -> None:
        """Send home those whose stay is over and who are no emergency any more."""
        discharge(self.model.city())

    def find(self) -> None:
        """Give free beds to those who board: own hospital first, then the next nearest."""
        self._draw_stays(find_beds(self.model.city(), self.hospitals))

    def lie_down(self, rows: Rows) -> None:
        """Take dispensary beds as far as they go; the others are treated at home."""
        if len(rows):
            self._draw_stays(lie_down(self.model.city(), rows))

    def _draw_stays(self, rows: Rows) -> None:
        """Draw how long patients who have got a bed stay."""
        if len(rows) == 0:
            return
        u, mean, sigma = draw_stays(self.model.city(), rows)
        stay = mean * np.exp(sigma * special.ndtri(u) - sigma**2 / 2.0)
        stay_in_bed(self.model.city(), rows, stay)


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def discharge(city: City) -> None:
    """Send home those whose stay is over and who are no emergency any more."""
    rows = active_rows(city.rows.episodes)
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
            reset_decision(episode, city.today + 1)


@compiled
def lodging_may_be_lost(city: City, episode: Record) -> None:
    """Let people who leave hospital unwell have nowhere to go, mostly who lodge at work."""
    if episode.severity < MODERATE or episode.migrant < 0:
        return
    migrant = city.migrants[episode.migrant]
    needs = city.parameters.needs
    probability = needs.lodging_lost_in[migrant.sector]
    if migrant.legal_status == IRREGULAR or not papers_in_order(city, migrant):
        probability = min(probability * needs.lodging_lost_without_papers, 1.0)
    key = step_key(episode)
    if happens(city.streams, LODGING_LOST, episode.person, key, probability):
        bring_up(episode, SHELTER, episode.unit, -1, 0)


@compiled
def count_free(city: City, occupancy: Floats, fraction: Floats) -> None:
    """Count the beds that residents and present patients leave free today.

    Parameters
    ----------
    occupancy : array of float, shape (units,)
        Standard normal numbers: how far residents' share of the beds is from its mean.
    fraction : array of float, shape (units,)
        Uniform numbers: fractions of a bed (small cities) are whole beds on so many days.
    """
    for unit in range(len(city.clinics)):
        clinic = city.clinics[unit]
        taken = clinic.background_occupancy + clinic.background_spread * occupancy[unit]
        for_migrants = clinic.beds * (1.0 - min(max(taken, 0.0), 1.0))
        whole = int(np.floor(for_migrants + fraction[unit]))
        clinic.free_beds = max(whole - clinic.in_bed, 0)


@compiled(allocates=True)
def find_beds(city: City, hospitals: Integers) -> Rows:
    """Give free beds to those who board; return who got one.

    Parameters
    ----------
    hospitals : array of int, shape (districts, hospitals)
        From the nearest to the farthest.
    """
    boarding = who_boards(city)
    gets = take_beds(city, boarding, units_of(city, boarding))
    without = boarding[~gets]
    if len(without) == 0 or hospitals.shape[1] < 2:
        return boarding[gets]
    here = units_of(city, without)
    next_hospital = np.empty(len(without), dtype=np.int64)
    for i in range(len(without)):
        near = hospitals[city.clinics[here[i]].district]
        next_hospital[i] = near[0] if near[1] == here[i] else near[1]
    diverted = take_beds(city, without, next_hospital)
    for unit in here[diverted]:
        city.clinics[unit].diverted_today += 1
    return np.concatenate((boarding[gets], without[diverted]))


@compiled(allocates=True)
def who_boards(city: City) -> Rows:
    """Return admitted patients who wait for a bed."""
    rows = active_rows(city.rows.episodes)
    found = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        episode = city.episodes[row]
        if episode.state == State.IN_BED and episode.boarding:
            found[count] = row
            count += 1
    return found[:count]


@compiled(allocates=True)
def units_of(city: City, rows: Rows) -> Integers:
    """Return the units that these episodes are at."""
    units = np.empty(len(rows), dtype=np.int64)
    for i in range(len(rows)):
        units[i] = city.episodes[rows[i]].unit
    return units


@compiled(allocates=True)
def take_beds(city: City, rows: Rows, units: Integers) -> Booleans:
    """Let the most severe and longest waiting take the free beds of these units; tell who gets one.

    Parameters
    ----------
    units : array of int
        Unit whose beds each of them asks for.
    """
    urgency, ready_day = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    tie_break = np.empty(len(rows), dtype=np.uint64)
    for i in range(len(rows)):
        episode = city.episodes[rows[i]]
        urgency[i] = episode.severity
        ready_day[i] = episode.queued_on
        tie_break[i] = place_in_line(city, episode)
    free = np.empty(len(city.clinics), dtype=np.int64)
    for unit in range(len(city.clinics)):
        free[unit] = city.clinics[unit].free_beds
    gets = served(units, urgency, ready_day, tie_break, free)
    for i in range(len(rows)):
        if gets[i]:
            episode, clinic = city.episodes[rows[i]], city.clinics[units[i]]
            episode.unit = units[i]
            episode.state = State.IN_BED
            episode.boarding = False
            clinic.in_bed += 1
            clinic.free_beds -= 1
    return gets


@compiled(allocates=True)
def draw_stays(city: City, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Draw uniform numbers for stays in bed; return them, and the mean and sigma of each stay."""
    u, mean, sigma = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows))
    for i in range(len(rows)):
        episode = city.episodes[rows[i]]
        clinic = city.clinics[episode.unit]
        mean[i] = clinic.mean_stay[episode.kind]
        sigma[i] = clinic.stay_sigma
        u[i] = uniform(city.streams, LENGTH_OF_STAY, episode.person, visit_key(episode))
    return u, mean, sigma


@compiled
def stay_in_bed(city: City, rows: Rows, days: Floats) -> None:
    """Note when each of these stays in bed is over."""
    for i in range(len(rows)):
        city.episodes[rows[i]].leaves_bed_on = city.today + int(max(np.rint(days[i]), 1.0))


@compiled(allocates=True)
def lie_down(city: City, rows: Rows) -> Rows:
    """Take dispensary beds as far as they go; return who got one, treat the others at home."""
    for row in rows:
        episode = city.episodes[row]
        if episode.severity >= SEVERE:
            note_emergency_care(city, episode)
    gets = take_beds(city, rows, units_of(city, rows))
    for row in rows[~gets]:
        treat_at_home(city, city.episodes[row])
    return rows[gets]
