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
from sim.agents.migrant import NEVER
from sim.engine.arrays import Floats, Integers, Rows
from sim.parameters import World, by
from sim.submodels.demography import DAY_OFFSET, DAYS_A_YEAR
from sim.submodels.illness import ACUTE, CHRONIC, INFECTION, INJURY, MATERNITY
from sim.submodels.submodel import Submodel

CONSTRUCTION = words.SECTORS.index("construction")
WOMAN = words.SEXES.index("woman")
PASSED_OVER = len(words.KINDS)
"""Kind of a candidate onset that the season does not use."""
RISK_CLASSES = (len(words.NATIONALITIES), 2, 2, 2)
"""What rates depend on: nationality, construction or not, older or not, woman or not."""
FIRST_SURGE_ORDINAL = 2048
"""Ordinals of episodes that a surge adds, well above those of any life."""


class Onset(Submodel):
    """Candidate onsets and surges."""

    def prepare(self, world: World) -> None:
        """Turn rates into a table by risk class."""
        self.acute_ceiling = 1.0 + world.illness.acute_season
        self.rates = self._rates_by_class(world)
        self.total_rate = self.rates.sum(axis=1)

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

    def risk_class(
        self, nationality: Integers, sector: Integers, age: Floats, sex: Integers
    ) -> Integers:
        """Return the code of what the rates of illness depend on."""
        older = age > self.model.world.illness.chronic_age
        return np.ravel_multi_index(
            (nationality, sector == CONSTRUCTION, older, sex == WOMAN), RISK_CLASSES
        )

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

    def start_life(self, rows: Rows) -> None:
        """Draw the first candidate onset of newcomers."""
        self.model.migrants.next_onset_at[rows] = self.model.day
        self._schedule_next(rows)

    def _schedule_next(self, rows: Rows) -> None:
        model, migrants = self.model, self.model.migrants
        rate = self.total_rate[migrants.risk_class[rows]]
        gap = model.draws.exponential("onset gap", migrants.pid[rows], migrants.onsets[rows])
        with np.errstate(divide="ignore"):
            days = np.minimum(gap * DAYS_A_YEAR / rate, NEVER)
        migrants.next_onset_at[rows] += days
        soon = migrants.next_onset_at[rows] < NEVER
        due_on = np.maximum(np.floor(migrants.next_onset_at[rows[soon]]), model.day + 1)
        model.onset_reminders.add(due_on.astype(np.int64), rows[soon])

    def fall_ill(self) -> None:
        """Open the episodes whose onset is due today, and those of a surge."""
        self._open_due()
        if self.model.world.illness.acute_factor > 1.0:
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
            "surge", migrants.pid[rows], model.day + DAY_OFFSET, probability=probability
        )
        rows = rows[struck]
        ordinal = FIRST_SURGE_ORDINAL + migrants.surges[rows].astype(np.int64)
        migrants.surges[rows] += 1
        well = ~migrants.ill_with[rows, ACUTE]
        model.illness.open_episodes(
            rows[well], np.full(np.count_nonzero(well), ACUTE), ordinal[well]
        )

    def _open_due(self) -> None:
        model, migrants, draws = self.model, self.model.migrants, self.model.draws
        due = model.onset_reminders.due(model.day)
        at = migrants.next_onset_at[due]
        rows = due[migrants.occupied[due] & (at < model.day + 1) & (at > model.day - 2)]
        if len(rows) == 0:
            return
        persons, ordinal = migrants.pid[rows], migrants.onsets[rows].astype(np.int64)
        illness = model.world.illness
        used = self.season(model.day) * min(illness.acute_factor, 1.0) / self.acute_ceiling
        shares = np.column_stack([self.rates, self.rates[:, ACUTE] * (1.0 - used)])
        shares[:, ACUTE] *= used
        limits = np.cumsum(shares, axis=1) / np.maximum(self.total_rate, 1e-12)[:, None]
        u = draws.uniform("kind", persons, ordinal)
        kind = (limits[migrants.risk_class[rows], :PASSED_OVER] <= u[:, None]).sum(axis=1)
        migrants.onsets[rows] += 1
        self._schedule_next(rows)

        opened = kind != PASSED_OVER
        opened[opened] = ~migrants.ill_with[rows[opened], kind[opened]]
        model.illness.open_episodes(rows[opened], kind[opened], ordinal[opened])
