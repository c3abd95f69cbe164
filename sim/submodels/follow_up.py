"""Follow-up of people who leave ill: a departure is no cure.

Episodes of people who leave, or return home ill, go on for some weeks under the same hazards,
untreated at first and treated once care at home begins (after an exponential delay). Deaths and
recoveries in that time count like any other. After it the episode is closed as left.

Parameters: `illness.followed_after_leaving`, `illness.home_care_delay`. Neutral state:
`followed_after_leaving=0`.
"""

import numpy as np

from sim.agents.episode import Outcome, State
from sim.agents.migrant import NEVER
from sim.engine.arrays import Rows
from sim.submodels.submodel import Submodel


class FollowUp(Submodel):
    """Episodes whose owners have left."""

    def take_over(self, people: Rows) -> None:
        """Take over the open episodes of people who are leaving (migrant rows)."""
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        leaving = np.zeros(migrants.capacity, dtype=np.bool_)
        leaving[people] = True
        rows = episodes.rows[episodes.migrant[episodes.rows] >= 0]
        rows = rows[leaving[episodes.migrant[rows]]]
        model.beds.vacate(rows)
        illness = model.world.illness
        delay = illness.home_care_delay * model.draws.exponential(
            "care at home", episodes.person[rows], episodes.ordinal[rows].astype(np.int64)
        )
        episodes.care_at_home_on[rows] = model.day + np.minimum(np.ceil(delay), 10_000)
        episodes.followed_until[rows] = model.day + round(illness.followed_after_leaving)
        episodes.treated[rows] = False
        episodes.decide_anew(rows, NEVER)
        episodes.state[rows] = State.GONE
        episodes.migrant[rows] = -1

    def follow(self) -> None:
        """Let care at home begin where it is due, and end follow-ups that are over."""
        model, episodes = self.model, self.model.episodes
        rows = episodes.in_state(State.GONE)
        episodes.treated[rows[episodes.care_at_home_on[rows] <= model.day]] = True
        model.illness.close(rows[episodes.followed_until[rows] <= model.day], Outcome.LEFT)
