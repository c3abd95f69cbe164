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

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import Episodes, Gate, Outcome, State, episode_identity
from sim.agents.migrant import NEVER
from sim.engine.arrays import Floats, Integers, Rows
from sim.engine.draws import pick
from sim.engine.kernels import competing_hazards
from sim.parameters import World, by, by_two
from sim.submodels.submodel import Submodel, one_each

INJURY, ACUTE, INFECTION, CHRONIC, MATERNITY = range(len(words.KINDS))
CRITICAL = 4
WORSENS, RECOVERS, DIES = 1, 2, 3
"""Events of the course of an episode, death going before recovery, recovery before worsening."""
DAYS_SPENT_MODERATE = 3
"""Days perceived as moderate and untreated that make an emergency avoidable (indicator E6)."""
ONSET_FIELDS = 4
"""Draws made at onset: severity, and the thresholds of death, abandonment and perception."""
EARLY_CARE, LATE_CARE = 1, 3
"""Days from becoming severe to care, between which the risk of sequelae rises."""


class Illness(Submodel):
    """Progression and ends."""

    def prepare(self, world: World) -> None:
        """Turn rates and hazards into tables indexed by kind and severity."""
        illness = world.illness
        self.onset_severity = by_two(words.KINDS, words.SEVERITIES, illness.onset_severity)
        self.onset_severity[ACUTE] = severer(
            self.onset_severity[ACUTE], illness.acute_severe_factor
        )
        worsening = by_two(words.KINDS, words.SEVERITIES, illness.worsening)
        recovery = by_two(words.KINDS, words.SEVERITIES, illness.recovery)
        death = by_two(words.KINDS, words.SEVERITIES, illness.death)
        helped = recovery + by_two(words.KINDS, words.SEVERITIES, illness.recovery_by_treatment)
        # By kind, severity (from 1), treated or not; then worsening, recovery, death.
        self.hazards = np.zeros((len(words.KINDS), CRITICAL + 1, 2, 3), dtype=np.float32)
        self.hazards[:, 1:, 0] = np.stack([worsening, recovery, death], axis=-1)
        self.hazards[:, 1:, 1] = np.stack(
            [
                worsening * illness.worsening_under_treatment,
                helped,
                death * illness.death_under_treatment,
            ],
            axis=-1,
        )
        self.abandonment = by(words.KINDS, illness.abandonment)

    def open_episodes(self, rows: Rows, kind: Integers, ordinal: Integers) -> Rows:
        """Open one episode for each of these people and return the episodes' rows."""
        model, migrants, draws = self.model, self.model.migrants, self.model.draws
        persons = migrants.pid[rows]
        fields = ordinal[:, None] * ONSET_FIELDS + np.arange(ONSET_FIELDS)
        u = draws.uniform("onset", persons[:, None], fields)
        severity = 1 + pick(u[:, 0], self.onset_severity[kind])
        threshold = -np.log(u)
        opened = model.episodes.add_rows(
            episode_identity(persons, ordinal),
            person=persons,
            ordinal=ordinal,
            migrant=rows,
            stratum=migrants.stratum[rows],
            kind=kind,
            severity=severity,
            began_on=model.day,
            birth_on=np.where(
                kind == MATERNITY, model.day + model.world.illness.pregnancy_days, NEVER
            ),
            dies_at=threshold[:, 1],
            abandoned_at=threshold[:, 2],
            perceived_at=threshold[:, 3],
        )
        migrants.ill_with[rows, kind] = True
        self._draw_thresholds(opened)
        self._note_severe(opened[severity >= words.SEVERE])
        return opened

    # --- course -------------------------------------------------------------------------------

    def progress(self) -> None:
        """Add up a day of hazards and let episodes worsen, recover, end or kill."""
        model, episodes = self.model, self.model.episodes
        illness, day = model.world.illness, model.day
        rows = episodes.rows
        if len(rows) == 0:
            return
        faster = np.ones(len(rows), dtype=np.float32)
        relapsing = (episodes.relapse_until[rows] >= day) & ~episodes.treated[rows]
        faster[relapsing] *= illness.relapse_factor
        followed = episodes.antenatal_visits[rows] >= illness.antenatal_visits
        faster[followed] *= illness.antenatal_protection
        deadlier = np.ones(len(rows), dtype=np.float32)
        deadlier[episodes.boarding[rows]] *= illness.death_while_boarding

        event = competing_hazards(
            rows,
            self.hazards,
            episodes.kind,
            episodes.severity,
            episodes.treated,
            faster,
            deadlier,
            episodes.worsening,
            episodes.recovery,
            episodes.death,
            episodes.worsens_at,
            episodes.recovers_at,
            episodes.dies_at,
        )
        worsens, recovers, dies = event == WORSENS, event == RECOVERS, event == DIES
        worsens &= episodes.severity[rows] < CRITICAL
        self._count_moderate_days(rows[~(dies | recovers)])
        self._give_birth(rows[~dies & (episodes.birth_on[rows] == day)])
        self._worsen(rows[worsens & (episodes.birth_on[rows] != day)])
        self._recover(rows[recovers & (episodes.birth_on[rows] != day)])
        self._die(rows[dies])

    def abandon_treatment(self) -> None:
        """Let people in long treatment outside a bed give it up."""
        episodes = self.model.episodes
        rows = episodes.in_state(State.TREATED_AT_HOME)
        episodes.abandonment[rows] += self.abandonment[episodes.kind[rows]]
        gone = rows[episodes.abandonment[rows] >= episodes.abandoned_at[rows]]
        episodes.treated[gone] = False
        # Nobody gives up the same treatment twice; only a new cue makes them think again.
        episodes.abandoned_at[gone] = np.inf
        episodes.stopped_at(gone, Gate.ENGAGE)
        episodes.decide_anew(gone, NEVER)

    def _draw_thresholds(self, rows: Rows) -> None:
        """Draw new thresholds of worsening and recovery for the present step of severity."""
        if len(rows) == 0:
            return
        episodes, draws = self.model.episodes, self.model.draws
        persons, key = episodes.person[rows], episodes.step_key(rows)
        episodes.worsening[rows] = 0.0
        episodes.recovery[rows] = 0.0
        threshold = draws.exponential(
            "worsening and recovery", persons[:, None], key[:, None] * 2 + np.arange(2)
        )
        episodes.worsens_at[rows] = threshold[:, 0]
        episodes.recovers_at[rows] = threshold[:, 1]

    def _change_severity(self, rows: Rows, severity: Integers | int) -> None:
        """Move to another severity: new thresholds, new tastes, and a cue to decide anew."""
        if len(rows) == 0:
            return
        model, episodes = self.model, self.model.episodes
        episodes.severity[rows] = severity
        episodes.steps[rows] += 1
        self._draw_thresholds(rows)
        model.care_seeking.reconsider(rows)

    def _worsen(self, rows: Rows) -> None:
        if len(rows) == 0:
            return
        episodes = self.model.episodes
        was_mild_or_moderate = episodes.severity[rows] < words.SEVERE
        self._change_severity(rows, episodes.severity[rows] + 1)
        newly_severe = rows[was_mild_or_moderate & (episodes.severity[rows] >= words.SEVERE)]
        self._note_severe(newly_severe)

    def _note_severe(self, rows: Rows) -> None:
        """Note when an episode first becomes an emergency, and whether care is already there."""
        model, episodes = self.model, self.model.episodes
        first = rows[episodes.severe_on[rows] <= -NEVER]
        episodes.severe_on[first] = model.day
        episodes.avoidable[first] = episodes.moderate_days[first] >= DAYS_SPENT_MODERATE
        in_bed = first[episodes.state[first] == State.IN_BED]
        episodes.emergency_care_on[in_bed] = model.day
        model.severe_today += len(first)

    def _recover(self, rows: Rows) -> None:
        """Step down from an emergency, back to an ordinary pregnancy, or end the episode."""
        if len(rows) == 0:
            return
        episodes = self.model.episodes
        severity = episodes.severity[rows]
        pregnant = (episodes.kind[rows] == MATERNITY) & ~episodes.born[rows]
        was_severe = severity >= words.SEVERE
        self._decide_sequelae(rows[was_severe])
        self._change_severity(rows[was_severe], 2)
        self._change_severity(rows[pregnant & (severity == 2)], 1)
        # A pregnancy at severity 1 goes on: its recovery threshold is simply out of reach.
        episodes.recovers_at[rows[pregnant & (severity == 1)]] = np.inf
        self.close(rows[~was_severe & ~pregnant], Outcome.RECOVERED)

    def _give_birth(self, rows: Rows) -> None:
        """Turn pregnancies whose day has come into an emergency."""
        if len(rows) == 0:
            return
        episodes = self.model.episodes
        episodes.born[rows] = True
        calm = rows[episodes.severity[rows] < words.SEVERE]
        self._change_severity(calm, words.SEVERE)
        self._note_severe(calm)

    def _decide_sequelae(self, rows: Rows) -> None:
        """Late emergency care leaves permanent consequences more often."""
        if len(rows) == 0:
            return
        model, episodes, illness = self.model, self.model.episodes, self.model.world.illness
        care = np.where(
            episodes.emergency_care_on[rows] > -NEVER, episodes.emergency_care_on[rows], model.day
        )
        delay = np.maximum(care - episodes.severe_on[rows], 0)
        lateness = np.clip((delay - EARLY_CARE) / (LATE_CARE - EARLY_CARE), 0.0, 1.0)
        probability = illness.sequelae_early + lateness * (
            illness.sequelae_late - illness.sequelae_early
        )
        left = model.draws.happens(
            "sequelae", episodes.person[rows], episodes.step_key(rows), probability=probability
        )
        episodes.sequelae_on[rows[left]] = model.day

    def _count_moderate_days(self, rows: Rows) -> None:
        episodes = self.model.episodes
        perceived = (episodes.perceived_on[rows] > -NEVER) & (episodes.state[rows] != State.GONE)
        moderate = perceived & (episodes.severity[rows] >= 2)
        episodes.perceived_moderate[rows[moderate]] = True
        waiting = moderate & (episodes.severity[rows] == 2) & ~episodes.treated[rows]
        episodes.moderate_days[rows[waiting]] += 1

    # --- ends ---------------------------------------------------------------------------------

    def _die(self, rows: Rows) -> None:
        """Close fatal episodes and let their owners leave the city."""
        if len(rows) == 0:
            return
        model, episodes = self.model, self.model.episodes
        # Two episodes may kill one person on one day; one death is enough.
        fatal = one_each(rows, episodes.person)
        owners = episodes.migrant[fatal]
        model.deaths.append(day=model.day, stratum=episodes.stratum[fatal], present=owners >= 0)
        dead = episodes.person[fatal]
        self.close(fatal, Outcome.DIED)
        others = episodes.rows[np.isin(episodes.person[episodes.rows], dead)]
        self.close(others, Outcome.OWNER_DIED)
        model.demography.leave(owners[owners >= 0].astype(np.intp))

    def close(self, rows: Rows, outcome: Outcome) -> None:
        """End episodes: write them into the log and free whatever they held."""
        if len(rows) == 0:
            return
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        model.beds.vacate(rows)
        owner = episodes.migrant[rows]
        here = owner >= 0
        migrants.ill_with[owner[here], episodes.kind[rows[here]]] = False
        if model.day < 0:
            # The log starts on day 0, but a survey asks about the last twelve months.
            unmet = here & episodes.perceived_moderate[rows] & ~episodes.formal_contact[rows]
            migrants.unmet_in_burn_in_on[owner[unmet]] = model.day
        model.closed_episodes.append(
            ended_on=model.day,
            outcome=int(outcome),
            **{name: getattr(episodes, name)[rows] for name in EPISODE_RECORD},
        )
        episodes.remove_rows(rows)


EPISODE_RECORD = (
    "pid", "person", "ordinal", "stratum", "kind", "severity", "began_on", "perceived_on",
    "decided_on", "arrived_on", "care_on", "severe_on", "emergency_care_on", "perceived_moderate",
    "avoidable", "formal_contact", "sequelae_on", "failing_gate", "state", "visits", "charged",
    "paid", "owed",
)  # fmt: skip
"""Columns of an episode that outlive it."""


def record_dtypes() -> dict[str, np.dtype[np.generic]]:
    """Return the columns and types of the log of closed episodes."""
    columns = {name: Episodes.columns[name].dtype for name in EPISODE_RECORD}
    return {"ended_on": np.dtype(np.int32), "outcome": np.dtype(np.int8), **columns}


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
