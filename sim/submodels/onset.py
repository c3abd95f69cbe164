"""Onset: who falls ill, with what, and when.

Each person has a list of candidate onsets, a Poisson process at a ceiling rate; the n-th candidate
is the same in every scenario, whatever care is given. A candidate becomes an injury, an acute
illness, tuberculosis, a chronic illness or a pregnancy in proportion to the person's rates, which
depend on nationality, sector, age and sex; the share of acute illness that today's season does not
use is passed over. In a surge everybody may be struck besides, on any day. A person has at most one
open episode of a kind.

Parameters: `conf/parameters/illness.yaml` (rates and season). Neutral state: all rates 0 (nobody
falls ill).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.migrant import NEVER
from sim.config.entries import by
from sim.config.world import World
from sim.engine.calendar import DAY_OFFSET, DAYS_A_YEAR
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import prefetch_record_ahead
from sim.engine.random.scalar import exponential, uniform
from sim.engine.records import Record, record
from sim.engine.timing_wheel import pop_due, remind_all
from sim.engine.types import Floats, Integers, Rows
from sim.submodels.illness import ACUTE, CHRONIC, INFECTION, INJURY, MATERNITY
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

CONSTRUCTION = words.Sector.CONSTRUCTION.value
WOMAN = words.Sex.WOMAN.value
PASSED_OVER = len(words.KINDS)
"""Kind of a candidate onset that the season does not use."""
RISK_CLASSES = (len(words.NATIONALITIES), 2, 2, 2)
"""What rates depend on: nationality, construction or not, older or not, woman or not."""
KIND = Purpose.KIND.row
ONSET_GAP = Purpose.ONSET_GAP.row
FIRST_SURGE_ORDINAL = 2048
"""Ordinals of episodes that a surge adds, well above those of any life."""


class Onset(Submodel):
    """Candidate onsets and surges."""

    def prepare(self, world: World) -> None:
        """Turn rates into a table by risk class."""
        self.acute_ceiling = 1.0 + world.illness.acute_season
        rates = self._rates_by_class(world)
        self.parameters = record(
            rates=rates, total_rate=rates.sum(axis=1), acute_ceiling=self.acute_ceiling
        )

    def _rates_by_class(self, world: World) -> Floats:
        """Return candidate rates a person-year, shape (risk classes, kinds)."""
        illness = world.illness
        nationality, in_construction, older, woman = np.indices(RISK_CLASSES).reshape(4, -1)
        rates = np.empty((len(nationality), len(words.KINDS)))
        rates[:, INJURY] = illness.injury_rate * np.where(
            in_construction, 1.0, illness.injury_outside_construction
        )
        rates[:, ACUTE] = illness.acute_rate * self.acute_ceiling
        rates[:, INFECTION] = by(words.NATIONALITIES, illness.infection_rate)[nationality]
        rates[:, CHRONIC] = illness.chronic_rate * np.where(
            older, illness.chronic_factor_old, illness.chronic_factor_young
        )
        rates[:, MATERNITY] = illness.maternity_rate * woman
        return rates

    def season(self, day: int) -> float:
        """Return the seasonal factor of acute illness."""
        illness = self.model.world.illness
        angle = (
            2
            * np.pi
            * (self.model.calendar.day_of_year(day) - illness.acute_season_peak)
            / DAYS_A_YEAR
        )
        return float(1.0 + illness.acute_season * np.cos(angle))

    def fall_ill(self) -> None:
        """Open the episodes whose onset is due today, and those of a surge."""
        model = self.model
        illness = model.world.illness
        season = self.season(model.day) * min(illness.acute_factor, 1.0)
        people, kinds, ordinals = draw_onsets(model.city(), season)
        if len(people):
            model.illness.open_episodes(people, kinds, ordinals)
        if model.world.illness.acute_factor > 1.0:
            self._surge()

    def _surge(self) -> None:
        """Let a surge add acute illness to that of the season.

        Everybody has the same candidate onsets as without it, and the days of the surge add others
        of their own, so the episodes that two worlds share are the same episodes.
        """
        model, migrants, illness = self.model, self.model.migrants, self.model.world.illness
        excess = illness.acute_rate * self.season(model.day) * (illness.acute_factor - 1.0)
        probability = 1.0 - np.exp(-excess / DAYS_A_YEAR)
        rows = migrants.rows
        struck = model.draws.happens(
            Purpose.SURGE, migrants.pid[rows], model.day + DAY_OFFSET, probability=probability
        )
        rows = rows[struck]
        ordinal = FIRST_SURGE_ORDINAL + migrants.surges[rows].astype(np.int64)
        migrants.surges[rows] += 1
        well = migrants.episode_of[rows, ACUTE] < 0
        model.illness.open_episodes(
            rows[well], np.full(np.count_nonzero(well), ACUTE), ordinal[well]
        )


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def draw_onsets(city: City, season: float) -> tuple[Rows, Integers, Integers]:
    """Let candidate onsets that are due happen, and draw each person's next one.

    Parameters
    ----------
    season : float
        Factor of acute illness today.

    Returns
    -------
    people, kinds, ordinals : array of int
        Migrants who fall ill, of what, and with which onset of their lives.
    """
    due = pop_due(city.onsets, city.today)
    people = np.empty(len(due), dtype=np.intp)
    kinds, ordinals = np.empty(len(due), dtype=np.int64), np.empty(len(due), dtype=np.int64)
    expecting, expected_on = np.empty(len(due), np.intp), np.empty(len(due), np.int64)
    opened = expected = 0
    for place in range(len(due)):
        prefetch_record_ahead(city.migrants, due, place)
        row = due[place]
        migrant = city.migrants[row]
        at = migrant.next_onset_at
        # For some it was a predecessor's candidate.
        if not city.rows.migrants.occupied[row] or not city.today - 2 < at < city.today + 1:
            continue
        ordinal = int(migrant.onsets)
        migrant.onsets += 1
        day = draw_next_onset(city, migrant)
        if day < NEVER:
            expected_on[expected], expecting[expected] = day, row
            expected += 1
        u = uniform(city.streams, KIND, migrant.pid, ordinal)
        kind = kind_of_onset(city, migrant, u, season)
        if kind != PASSED_OVER and migrant.episode_of[kind] < 0:
            people[opened] = row
            kinds[opened] = kind
            ordinals[opened] = ordinal
            opened += 1
    remind_all(city.onsets, expected_on[:expected], expecting[:expected])
    return people[:opened], kinds[:opened], ordinals[:opened]


@compiled
def risk_class(city: City, nationality: int, sector: int, age: float, sex: int) -> int:
    """Return the code of what the rates of illness depend on."""
    older = int(age > city.parameters.illness.chronic_age)
    return ((nationality * 2 + int(sector == CONSTRUCTION)) * 2 + older) * 2 + int(sex == WOMAN)


@compiled
def kind_of_onset(city: City, migrant: Record, u: float, season: float) -> int:
    """Return what a candidate onset becomes; what the season does not use is passed over."""
    onset = city.parameters.onset
    rates = onset.rates[migrant.risk_class]
    total = onset.total_rate[migrant.risk_class]
    cumulated = 0.0
    for kind in range(PASSED_OVER):
        used = season / onset.acute_ceiling if kind == ACUTE else 1.0
        cumulated += rates[kind] * used
        if u < cumulated / total:
            return kind
    return PASSED_OVER


@compiled
def draw_next_onset(city: City, migrant: Record) -> int:
    """Draw the time to the next candidate onset and return its day (`NEVER`: not in this life)."""
    rate = city.parameters.onset.total_rate[migrant.risk_class]
    if rate == 0.0:
        migrant.next_onset_at = NEVER
        return NEVER
    gap = exponential(city.streams, ONSET_GAP, migrant.pid, migrant.onsets)
    migrant.next_onset_at += min(gap * DAYS_A_YEAR / rate, NEVER)
    if migrant.next_onset_at >= NEVER:
        return NEVER
    return max(int(np.floor(migrant.next_onset_at)), city.today + 1)
