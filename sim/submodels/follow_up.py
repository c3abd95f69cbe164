"""Follow-up of people who leave ill: a departure is no cure.

Episodes of people who leave, or return home ill, go on for some weeks under the same hazards,
untreated at first and treated once care at home begins (after an exponential delay). Deaths and
recoveries in that time count like any other. After it the episode is closed as left.

Parameters: `illness.followed_after_leaving`, `illness.home_care_delay`. Neutral state:
`followed_after_leaving=0`.
"""

import numpy as np

from sim.agents.city import City
from sim.agents.episode import Outcome, State, reset_decision
from sim.agents.migrant import NEVER
from sim.engine.agentset.row_allocator import active_rows, release_rows
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import exponential
from sim.engine.records import Record
from sim.submodels.episode_end import end, vacate_bed
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

LONGEST_DELAY = 10_000
"""Days after which care at home need not be waited for."""
CARE_AT_HOME = Purpose.CARE_AT_HOME.row


class FollowUp(Submodel):
    """Episodes whose owners have left."""

    def follow(self) -> None:
        """Let care at home begin where it is due, and end follow-ups that are over."""
        follow(self.model.city())


# --- rules -----------------------------------------------------------------------------------


@compiled
def take_over(city: City, episode: Record) -> None:
    """Take over an open episode of somebody who is leaving."""
    illness = city.parameters.illness
    vacate_bed(city, episode)
    delay = exponential(city.streams, CARE_AT_HOME, episode.person, episode.ordinal)
    days = min(np.ceil(illness.home_care_delay * delay), LONGEST_DELAY)
    episode.care_at_home_on = city.today + int(days)
    episode.followed_until = city.today + int(np.rint(illness.followed_after_leaving))
    episode.treated = False
    reset_decision(episode, NEVER)
    episode.state = State.GONE
    episode.migrant = -1


@compiled(allocates=True)
def follow(city: City) -> None:
    """Follow the ill who have left until their follow-up is over."""
    rows = active_rows(city.rows.episodes)
    ended = np.empty(len(rows), dtype=np.intp)
    count = 0
    for row in rows:
        episode = city.episodes[row]
        if episode.state != State.GONE:
            continue
        if episode.care_at_home_on <= city.today:
            episode.treated = True
        if episode.followed_until <= city.today:
            end(city, episode, Outcome.LEFT)
            ended[count] = row
            count += 1
    release_rows(city.rows.episodes, ended[:count])
