"""Ends: how an episode is closed, whatever ended it.

Its bed is free, its owner is rid of it, and what an observer may ask about it later is written into
the log of closed episodes.
"""

from sim.agents.city import City
from sim.agents.episode import State
from sim.engine.event_log import append_record
from sim.engine.jit.compiled import compiled
from sim.engine.jit.shared_fields import copy_shared_fields
from sim.engine.records import Record

EPISODE_RECORD = (
    "pid", "person", "ordinal", "stratum", "kind", "severity", "began_on", "perceived_on",
    "decided_on", "arrived_on", "care_on", "severe_on", "emergency_care_on", "competent_care_on",
    "perceived_moderate", "avoidable", "formal_contact", "sequelae_on", "binding_barrier",
    "state", "visits", "charged", "paid", "owed", "relieved", "worst", "age", "wage",
    "manages_language", "contract", "can_afford", "borrowed", "self_treated",
    "felt_barrier",
)  # fmt: skip
"""Columns of an episode that outlive it."""


@compiled
def end(city: City, episode: Record, outcome: int) -> None:
    """End an episode: free its bed, free its owner of it, write it down."""
    vacate_bed(city, episode)
    if episode.migrant >= 0:
        migrant = city.migrants[episode.migrant]
        migrant.episode_of[episode.kind] = -1
        # The log starts on day 0, but a survey asks about the last twelve months.
        if city.today < 0 and episode.perceived_moderate and not episode.formal_contact:
            migrant.unmet_in_burn_in_on = city.today
    entry = append_record(city.closed_episodes)
    entry.ended_on = city.today
    entry.outcome = outcome
    copy_shared_fields(entry, episode)


@compiled
def vacate_bed(city: City, episode: Record) -> None:
    """Free the bed of an episode that ends, leaves or goes home."""
    if episode.state == State.IN_BED and not episode.boarding:
        city.clinics[episode.unit].in_bed -= 1
    episode.boarding = False
