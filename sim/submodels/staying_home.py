"""Staying home: waiting that wears out, and self-care, the ways of seeing no doctor.

For the formulas see `care_seeking`.
"""

import numpy as np

from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.episode import step_key
from sim.agents.migrant import NEVER
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import peek_uniform
from sim.engine.records import Record
from sim.submodels.care_options import MODERATE, OPTIONS, SEVERE
from sim.submodels.ledger_entries import pay
from sim.submodels.price_of_care import means_of
from sim.vocabulary import Purpose

SELF_TREATMENT = CHART.number("self-treatment")
SELF_CARE = Purpose.SELF_CARE.row


@compiled
def used_up_remedies(city: City, episode: Record) -> bool:
    """Return True if somebody who has treated themselves has used up what they took."""
    return -NEVER < episode.self_care_until <= city.today


@compiled
def staying_home(city: City, episode: Record, migrant: Record) -> tuple[float, bool]:
    """Return the utility of seeing no doctor on the first day, and whether it is by self-care."""
    seeking, severity = city.parameters.care_seeking, episode.severity
    waiting = float(episode.taste[OPTIONS])
    if severity >= SEVERE:
        return waiting - seeking.pain * (severity - MODERATE), False
    waiting += seeking.inertia
    has_some = episode.self_care_until > city.today
    if not has_some and (seeking.self_care_days < 1.0 or migrant.savings < seeking.self_care_cost):
        return waiting, False
    u = peek_uniform(city.streams, SELF_CARE, episode.person, step_key(episode))
    taste = -np.log(-np.log(u))
    remedy = seeking.inertia + seeking.self_care_attraction + taste
    remedy -= seeking.self_care_severity * (severity - 1)
    if not has_some:
        remedy -= seeking.price_weight * seeking.self_care_cost / means_of(city, migrant)
    return max(waiting, remedy), remedy > waiting


@compiled
def patience_lost(city: City, episode: Record) -> float:
    """Return the utility of staying home that a day of untreated illness takes away."""
    seeking = city.parameters.care_seeking
    if episode.severity >= SEVERE:
        return seeking.endurance_rate * seeking.endurance_severe
    return seeking.endurance_rate * seeking.endurance_mild * episode.severity


@compiled
def days_untreated(city: City, episode: Record) -> int:
    """Return the days for which a perceived illness has been without treatment."""
    return city.today - episode.untreated_since


@compiled
def wear_out(city: City, episode: Record, deficit: float) -> None:
    """Note the day on which staying home is no longer better, since it loses as much each day."""
    lost = patience_lost(city, episode)
    if lost > 0.0 and deficit < lost * (NEVER - city.today):
        episode.worn_out_on = city.today + int(np.floor(max(deficit, 0.0) / lost)) + 1


@compiled
def treat_oneself(city: City, episode: Record, migrant: Record) -> None:
    """Take drugs or home remedies, and buy some if there are none: no visit to anybody."""
    seeking = city.parameters.care_seeking
    if episode.self_care_until > city.today:
        return
    episode.self_treated = True
    episode.self_care_until = city.today + int(seeking.self_care_days)
    pay(city, migrant, int(seeking.self_care_cost), SELF_TREATMENT)
