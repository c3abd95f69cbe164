"""Ends: how an episode is closed, whatever ended it.

Its bed is free, its owner is rid of it, and what an observer may ask about it later is written into
the log of closed episodes.
"""

from sim.agents.city import City
from sim.agents.episode import State
from sim.engine.event_log import append_record
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record


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
    entry.pid = episode.pid
    entry.person = episode.person
    entry.ordinal = episode.ordinal
    entry.stratum = episode.stratum
    entry.kind = episode.kind
    entry.severity = episode.severity
    entry.began_on = episode.began_on
    entry.perceived_on = episode.perceived_on
    entry.decided_on = episode.decided_on
    entry.arrived_on = episode.arrived_on
    entry.care_on = episode.care_on
    entry.severe_on = episode.severe_on
    entry.emergency_care_on = episode.emergency_care_on
    entry.perceived_moderate = episode.perceived_moderate
    entry.avoidable = episode.avoidable
    entry.formal_contact = episode.formal_contact
    entry.sequelae_on = episode.sequelae_on
    entry.binding_barrier = episode.binding_barrier
    entry.state = episode.state
    entry.visits = episode.visits
    entry.charged = episode.charged
    entry.paid = episode.paid
    entry.owed = episode.owed
    entry.relieved = episode.relieved
    entry.worst = episode.worst
    entry.age = episode.age
    entry.wage = episode.wage
    entry.manages_language = episode.manages_language
    entry.contract = episode.contract
    entry.can_afford = episode.can_afford
    entry.borrowed = episode.borrowed


@compiled
def vacate_bed(city: City, episode: Record) -> None:
    """Free the bed of an episode that ends, leaves or goes home."""
    if episode.state == State.IN_BED and not episode.boarding:
        city.clinics[episode.unit].in_bed -= 1
    episode.boarding = False


EPISODE_RECORD = (
    "pid", "person", "ordinal", "stratum", "kind", "severity", "began_on", "perceived_on",
    "decided_on", "arrived_on", "care_on", "severe_on", "emergency_care_on", "perceived_moderate",
    "avoidable", "formal_contact", "sequelae_on", "binding_barrier", "state", "visits", "charged",
    "paid", "owed", "relieved", "worst", "age", "wage", "manages_language", "contract",
    "can_afford", "borrowed",
)  # fmt: skip
"""Columns of an episode that outlive it."""
