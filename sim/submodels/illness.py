"""Illness: the course of episodes, from onset to end (for onset itself see `onset`).

Severity is mild (1), moderate (2), severe (3: an emergency) or critical (4). Every day the
hazards of worsening, recovery and death are added up; an event happens when its sum reaches a
threshold drawn once (unit exponential; Sellke's construction), death before recovery before
worsening. Treatment multiplies worsening and death by a factor below 1 and adds to recovery, so
earlier care can never hasten an illness. Recovery from severity 3 or 4 leads to severity 2 (the
threat to life is over); from severity 1 or 2 it ends the episode. A pregnancy ends with the birth,
an emergency on a known day; before it, recovery only leads back to severity 1. Followed
pregnancies (three visits) worsen less often. People who leave a hospital early worsen faster for
two weeks. Long treatments may be abandoned.

Parameters: `conf/parameters/illness.yaml`. Neutral state: all hazards 0 (no
episode changes or ends).
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import (
    Episodes,
    Gate,
    Outcome,
    State,
    episode_identity,
    lose_treatment,
    note_binding_barrier,
    reset_decision,
    step_key,
)
from sim.agents.migrant import NEVER
from sim.config.entries import by, by_two, parameter_record
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.agentset.row_allocator import active_rows, allocate_row, release_rows
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.event_log import LogDeclaration
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import (
    SOON,
    prefetch_ahead,
    prefetch_first_line,
    prefetch_record,
    row_ahead,
)
from sim.engine.random.scalar import exponential, gumbel, happens, pick_one, uniform
from sim.engine.records import Record
from sim.engine.types import Column, Floats, Integers, Rows
from sim.submodels.episode_end import EPISODE_RECORD, end
from sim.submodels.legal_status import has_contract
from sim.submodels.needs import supersede
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

INJURY = words.IllnessKind.INJURY.value
ACUTE = words.IllnessKind.ACUTE.value
INFECTION = words.IllnessKind.INFECTION.value
CHRONIC = words.IllnessKind.CHRONIC.value
MATERNITY = words.IllnessKind.MATERNITY.value
SEVERE, CRITICAL = words.SEVERE, words.Severity.CRITICAL.value
DAYS_SPENT_MODERATE = 3
"""Days perceived as moderate and untreated that make an emergency avoidable (indicator E6)."""
ONSET_FIELDS = 4
"""Draws made at onset: severity, and the thresholds of death, abandonment and perception."""
EARLY_CARE, LATE_CARE = 1, 3
"""Days from becoming severe to care, between which the risk of sequelae rises."""
THOUSANDTHS = 1000
"""Health is counted in whole thousandths of a day, so that the order of counting means nothing."""
TASTES = len(words.OPTIONS) + 1
"""Taste shocks of an episode: one an option, and one of waiting."""
AMBULANCE_SERVICE = words.InstitutionKind.AMBULANCE.value
HOSPITAL = words.InstitutionKind.HOSPITAL.value
ONSET = Purpose.ONSET.row
COURSE = Purpose.WORSENING_AND_RECOVERY.row
TASTE = Purpose.TASTE.row
SEQUELAE = Purpose.SEQUELAE.row
NEARLY_RECOVERED = 0.25
"""Hazard short of recovery below which a person's record may be wanted today: a hint for speed."""


class Illness(Submodel):
    """Progression and ends."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "closed_episodes": LogDeclaration(
            lambda model: 2 * model.episodes.capacity,
            ended_on=Declared(np.int32, "day it ended", unit="day"),
            outcome=Declared(np.int8, "how it ended", labels=words.names_of(Outcome)),
            **{name: Episodes.columns[name] for name in EPISODE_RECORD},
        )
    }

    def prepare(self, world: World) -> None:
        """Turn rates and hazards into tables indexed by kind and severity."""
        illness = world.illness
        onset_severity = by_two(words.KINDS, words.SEVERITIES, illness.onset_severity)
        onset_severity[ACUTE] = severer(onset_severity[ACUTE], illness.acute_severe_factor)
        worsening = by_two(words.KINDS, words.SEVERITIES, illness.worsening)
        recovery = by_two(words.KINDS, words.SEVERITIES, illness.recovery)
        death = by_two(words.KINDS, words.SEVERITIES, illness.death)
        helped = recovery + by_two(words.KINDS, words.SEVERITIES, illness.recovery_by_treatment)
        # By kind, severity (from 1), treated or not; then worsening, recovery, death.
        hazards = np.zeros((len(words.KINDS), CRITICAL + 1, 2, 3), dtype=np.float32)
        hazards[:, 1:, 0] = np.stack([worsening, recovery, death], axis=-1)
        hazards[:, 1:, 1] = np.stack(
            [
                worsening * illness.worsening_under_treatment,
                helped,
                death * illness.death_under_treatment,
            ],
            axis=-1,
        )
        self.parameters = parameter_record(
            illness,
            onset_severity=onset_severity,
            hazards=hazards,
            abandonment=by(words.KINDS, illness.abandonment),
            loss_of_health=np.rint(
                THOUSANDTHS * by_two(words.KINDS, words.SEVERITIES, illness.disability_weight)
            ).astype(np.int64),
            visit_price=world.payment.price["polyclinic_visit"],
        )

    def open_episodes(self, rows: Rows, kind: Integers, ordinal: Integers) -> Rows:
        """Open one episode for each of these people and return the episodes' rows."""
        model = self.model
        model.episodes.make_room(len(rows))
        return begin(model.city(), model.episodes.blank, rows, kind, ordinal)

    def progress(self) -> None:
        """Add up a day of hazards and let episodes worsen, recover, end or kill."""
        dying = live_through_a_day(self.model.city())
        if len(dying):
            self.model.demography.die(dying)

    def abandon_treatment(self) -> None:
        """Let people in long treatment outside a bed give it up."""
        abandon(self.model.city())


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def begin(city: City, blank: Column, people: Rows, kinds: Integers, ordinals: Integers) -> Rows:
    """Begin new episodes: one each for these people, of these kinds; return their rows."""
    illness = city.parameters.illness
    rows = np.empty(len(people), dtype=np.intp)
    for i in range(len(rows)):
        soon = city.migrants[row_ahead(people, i, SOON)]
        prefetch_first_line(city.work_groups, soon.work_group)
        rows[i] = allocate_row(city.rows.episodes)
        city.episodes[rows[i]] = blank[0]
        episode, migrant = city.episodes[rows[i]], city.migrants[people[i]]
        kind, ordinal = int(kinds[i]), int(ordinals[i])
        first = ordinal * ONSET_FIELDS
        episode.pid = episode_identity(migrant.pid, ordinal)
        episode.person = migrant.pid
        episode.ordinal = ordinal
        episode.migrant = people[i]
        episode.stratum = migrant.stratum
        episode.kind = kind
        severity_draw = uniform(city.streams, ONSET, migrant.pid, first)
        episode.severity = 1 + pick_one(severity_draw, illness.onset_severity[kind])
        episode.dies_at = exponential(city.streams, ONSET, migrant.pid, first + 1)
        episode.abandoned_at = exponential(city.streams, ONSET, migrant.pid, first + 2)
        episode.perceived_at = exponential(city.streams, ONSET, migrant.pid, first + 3)
        episode.began_on = city.today
        describe_owner(city, episode, migrant)
        if kind == MATERNITY:
            episode.birth_on = city.today + int(illness.pregnancy_days)
        migrant.episode_of[kind] = rows[i]
        draw_thresholds(city, episode)
        if episode.severity >= SEVERE:
            note_severe(city, episode)
    return rows


@compiled
def describe_owner(city: City, episode: Record, migrant: Record) -> None:
    """Note at onset what an observer may want to compare people by."""
    years = (city.today - migrant.entered_on) / DAYS_A_YEAR
    episode.age = int(migrant.age + years)
    episode.wage = migrant.wage
    episode.worst = episode.severity
    episode.manages_language = migrant.manages_language
    episode.contract = has_contract(city, migrant)
    episode.can_afford = migrant.savings >= city.parameters.illness.visit_price


@compiled(allocates=True)
def live_through_a_day(city: City) -> Rows:
    """Let each episode run for a day; return those that kill.

    Recovered episodes are closed here; deaths concern more than one episode.
    """
    rows = active_rows(city.rows.episodes)
    ended, dying = np.empty(len(rows), dtype=np.intp), np.empty(len(rows), dtype=np.intp)
    count_ended = count_dying = 0
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        soon = city.episodes[row_ahead(rows, place, SOON)]
        if soon.recovers_at - soon.recovery < NEARLY_RECOVERED and soon.migrant >= 0:
            prefetch_record(city.migrants, soon.migrant)
        row = rows[place]
        episode = city.episodes[row]
        weight = city.parameters.illness.loss_of_health[episode.kind, episode.severity - 1]
        city.counts[0].health_lost[episode.stratum] += weight
        worsens, recovers, dies = add_hazards(city, episode)
        if dies:
            dying[count_dying] = row
            count_dying += 1
            continue
        if not recovers:
            count_moderate_day(episode)
        if episode.birth_on == city.today:
            give_birth(city, episode)
        elif recovers:
            if recover(city, episode):
                if episode.migrant >= 0:
                    supersede(city, episode)
                end(city, episode, Outcome.RECOVERED)
                ended[count_ended] = row
                count_ended += 1
        elif worsens and episode.severity < CRITICAL:
            worsen(city, episode)
    release_rows(city.rows.episodes, ended[:count_ended])
    return dying[:count_dying]


@compiled
def add_hazards(city: City, episode: Record) -> tuple[bool, bool, bool]:
    """Add a day of the competing hazards; tell which threshold has been reached, if any."""
    illness = city.parameters.illness
    hazard = illness.hazards[episode.kind, episode.severity, int(episode.treated)]
    worsening, recovery, death = hazard[0], hazard[1], hazard[2]
    if episode.relapse_until >= city.today and not episode.treated:
        worsening *= np.float32(illness.relapse_factor)
    if episode.antenatal_visits >= illness.antenatal_visits:
        worsening *= np.float32(illness.antenatal_protection)
    if episode.self_care_until > city.today and not episode.treated and episode.severity < SEVERE:
        worsening *= np.float32(illness.self_care_worsening)
        recovery *= np.float32(illness.self_care_recovery)
    if episode.boarding:
        death *= np.float32(illness.death_while_boarding)
    episode.worsening += worsening
    episode.recovery += recovery
    episode.death += death
    dies = episode.death >= episode.dies_at
    recovers = not dies and episode.recovery >= episode.recovers_at
    worsens = not dies and not recovers and episode.worsening >= episode.worsens_at
    return worsens, recovers, dies


@compiled
def count_moderate_day(episode: Record) -> None:
    """Count the days a moderate need is perceived and waits for treatment."""
    perceived = episode.perceived_on > -NEVER and episode.state != State.GONE
    if perceived and episode.severity >= 2:
        episode.perceived_moderate = True
        if episode.severity == 2 and not episode.treated:
            episode.moderate_days += 1


@compiled
def draw_thresholds(city: City, episode: Record) -> None:
    """Draw new thresholds of worsening and recovery for the present step of severity."""
    key = 2 * step_key(episode)
    episode.worsening = 0.0
    episode.recovery = 0.0
    episode.worsens_at = exponential(city.streams, COURSE, episode.person, key)
    episode.recovers_at = exponential(city.streams, COURSE, episode.person, key + 1)


@compiled
def draw_tastes(city: City, episode: Record) -> None:
    """Draw new tastes for the options and for waiting."""
    key = TASTES * step_key(episode)
    for taste in range(TASTES):
        episode.taste[taste] = gumbel(city.streams, TASTE, episode.person, key + taste)


@compiled
def change_severity(city: City, episode: Record, severity: int) -> None:
    """Move to another severity: new thresholds, new tastes, and a cue to decide again."""
    episode.severity = severity
    episode.worst = max(int(episode.worst), severity)
    episode.steps += 1
    draw_thresholds(city, episode)
    if episode.state != State.LATENT and episode.state != State.GONE:
        reconsider(city, episode)


@compiled
def reconsider(city: City, episode: Record) -> None:
    """Act on a change of severity: new tastes, old refusals forgotten, a new decision.

    Those who wait decide again; an emergency makes everybody do so who is neither in bed nor in
    the line of an ambulance or hospital already.
    """
    episode.refused_by[:] = False
    draw_tastes(city, episode)
    settled = episode.state == State.IN_BED
    if episode.state == State.QUEUED:
        kind = city.clinics[episode.unit].kind
        settled = kind in (AMBULANCE_SERVICE, HOSPITAL)
    if episode.state == State.UNDECIDED or (episode.severity >= SEVERE and not settled):
        reset_decision(episode, city.today)


@compiled
def worsen(city: City, episode: Record) -> None:
    """Move one step up."""
    was_severe = episode.severity >= SEVERE
    change_severity(city, episode, episode.severity + 1)
    if episode.severity >= SEVERE and not was_severe:
        note_severe(city, episode)


@compiled
def note_severe(city: City, episode: Record) -> None:
    """Note when an episode first becomes an emergency, and whether care is already there."""
    if episode.severe_on > -NEVER:
        return
    episode.severe_on = city.today
    episode.avoidable = episode.moderate_days >= DAYS_SPENT_MODERATE
    if episode.state == State.IN_BED:
        episode.emergency_care_on = city.today
    if episode.state == State.IN_BED or episode.treated:
        episode.competent_care_on = city.today
    city.counts[0].newly_severe += 1


@compiled
def recover(city: City, episode: Record) -> bool:
    """Step down from an emergency, or back to an ordinary pregnancy; else the episode is over."""
    if episode.severity >= SEVERE:
        decide_sequelae(city, episode)
        change_severity(city, episode, 2)
        return False
    if episode.kind != MATERNITY or episode.born:
        return True
    if episode.severity == 2:
        change_severity(city, episode, 1)
    else:
        # An ordinary pregnancy goes on: its recovery threshold is simply out of reach.
        episode.recovers_at = np.inf
    return False


@compiled
def give_birth(city: City, episode: Record) -> None:
    """Turn a pregnancy whose day has come into an emergency."""
    episode.born = True
    if episode.severity < SEVERE:
        change_severity(city, episode, SEVERE)
        note_severe(city, episode)


@compiled
def decide_sequelae(city: City, episode: Record) -> None:
    """Late emergency care leaves permanent consequences more often."""
    illness = city.parameters.illness
    care = episode.emergency_care_on if episode.emergency_care_on > -NEVER else city.today
    delay = max(care - episode.severe_on, 0)
    lateness = min(max((delay - EARLY_CARE) / (LATE_CARE - EARLY_CARE), 0.0), 1.0)
    extra = lateness * (illness.sequelae_late - illness.sequelae_early)
    probability = illness.sequelae_early + extra
    if happens(city.streams, SEQUELAE, episode.person, step_key(episode), probability):
        episode.sequelae_on = city.today


@compiled(allocates=True)
def abandon(city: City) -> None:
    """Add a day of the hazard of giving up a long treatment at home."""
    rows = active_rows(city.rows.episodes)
    illness = city.parameters.illness
    for row in rows:
        episode = city.episodes[row]
        if episode.state != State.TREATED_AT_HOME:
            continue
        episode.abandonment += illness.abandonment[episode.kind]
        if episode.abandonment >= episode.abandoned_at:
            lose_treatment(episode, city.today)
            # Nobody gives up the same treatment twice; only a new cue makes them think again.
            episode.abandoned_at = np.inf
            note_binding_barrier(episode, Gate.ENGAGE)
            reset_decision(episode, NEVER)


def severer(shares: Floats, factor: float) -> Floats:
    """Multiply the severe and critical shares of onsets, at the cost of the milder ones.

    Examples
    --------
    >>> severer(np.array([0.6, 0.3, 0.08, 0.02]), 2.0).round(3).tolist()
    [0.533, 0.267, 0.16, 0.04]
    """
    grave = shares[2:] * min(factor, 1.0 / max(float(shares[2:].sum()), 1e-12))
    milder = shares[:2] * (1.0 - grave.sum()) / max(float(shares[:2].sum()), 1e-12)
    return np.concatenate([milder, grave])
