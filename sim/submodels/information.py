"""Information: four items of knowledge, how they are learned, spread and forgotten.

Items: the emergency right, who helps, insurance, registration. A person who does not know item k
gathers learning hazard at the rate

    h_k = comprehension * sum over channels (reach * hazard_k)  +  induction_k (formal employers)
          + beta_k * informed share of the work group  +  gamma_k * informed share of compatriots
            in the district

and learns it when the gathered hazard reaches a threshold drawn once (unit exponential). The
channels are consulate (times the consulate's activity), diaspora, NGOs and media. Arrivals may be
briefed. A visit to a public clinic teaches the emergency right with a fixed probability. What is
learned is forgotten after an exponential time that grows with relearning. Exposure is computed
for a seventh of the people each day.

In a well-mixed population the informed share a obeys the Bass equation with forgetting and
turnover, da/dt = (p + q a)(1 - a) - delta a + mu (a0 - a); initial residents start at its
equilibrium.

Parameters: `conf/parameters/information.yaml`. Neutral state: all reaches, word of mouth,
briefing and `taught_by_visit` at 0 (nobody learns anything).
"""

import numpy as np

from sim import vocabulary as words
from sim.engine.arrays import Booleans, Floats, Identities, Integers, Rows, distinct
from sim.engine.kernels import add_at, add_at_pairs, spread_news
from sim.parameters import World, by, by_two
from sim.submodels.submodel import Submodel

ITEMS = len(words.KNOWLEDGE)
EMERGENCY_RIGHT = words.KNOWLEDGE.index("emergency_right")
WHO_HELPS = words.KNOWLEDGE.index("who_helps")
REGISTRATION = words.KNOWLEDGE.index("registration")
DAYS_A_WEEK = 7
LIVES = 8
"""Room for items in the occurrence key of learning."""


class Information(Submodel):
    """Channels, word of mouth, forgetting."""

    def prepare(self, world: World) -> None:
        """Sum the channels into one hazard by nationality and item."""
        information = world.information
        channel = by_two(words.CHANNELS, words.KNOWLEDGE, information.channel_hazard)
        hazard = dict(zip(words.CHANNELS, channel, strict=True))
        consulate = by(words.NATIONALITIES, information.consulate_activity) * by(
            words.NATIONALITIES, information.consulate_reach
        )
        self.channel_hazard = (
            consulate[:, None] * hazard["consulate"]
            + information.diaspora_reach * hazard["diaspora"]
            + information.ngo_reach * hazard["ngo"]
            + information.media_reach * hazard["media"]
        ).astype(np.float32)
        self.induction = (
            information.employer_induction * by(words.KNOWLEDGE, information.employer_content)
        ).astype(np.float32)
        self.at_work = by(words.KNOWLEDGE, information.word_of_mouth_at_work).astype(np.float32)
        self.in_district = by(words.KNOWLEDGE, information.word_of_mouth_in_district).astype(
            np.float32
        )
        self.briefing = information.briefing_coverage * by(
            words.KNOWLEDGE, information.briefing_content
        )

    # --- schedule -----------------------------------------------------------------------------

    def hear_news(self) -> None:
        """Expose a seventh of the people to a week of news; let them learn and forget."""
        model, migrants = self.model, self.model.migrants
        information = model.world.information
        compatriots = model.informed_in_district / np.maximum(model.district_members, 1)[:, :, None]
        learned, forgotten = spread_news(
            migrants.in_week_slice(model.day),
            model.day,
            np.float32(DAYS_A_WEEK),
            migrants.exposure,
            migrants.learning_threshold,
            migrants.knows,
            migrants.forgets_on,
            self.channel_hazard,
            migrants.nationality,
            np.array([information.comprehension_without_language, 1.0], dtype=np.float32),
            migrants.manages_language,
            migrants.work_group,
            model.informed_in_group,
            model.group_members,
            self.at_work,
            (compatriots * self.in_district).astype(np.float32),
            migrants.district,
            model.employers.formal,
            migrants.employer,
            self.induction,
        )
        self.learn(*learned)
        self._forget(*forgotten)

    # --- what other submodels build on --------------------------------------------------------

    def learn(self, rows: Rows, item: Integers) -> None:
        """Let each of these people, who do not know the item beside them, know it from now on."""
        if len(rows) == 0:
            return
        model, migrants = self.model, self.model.migrants
        information = model.world.information
        times = migrants.times_learned[rows, item].astype(np.int64)
        memory = information.memory_mean * (1.0 + information.memory_gain * times)
        lasts = memory * model.draws.exponential("memory", migrants.pid[rows], times * LIVES + item)
        migrants.knows[rows, item] = True
        migrants.forgets_on[rows, item] = model.day + np.minimum(np.ceil(lasts), 1e6)
        migrants.times_learned[rows, item] += 1
        self._count(rows, item, +1)

    def teach_by_visit(self, rows: Rows, persons: Integers, visit_key: Integers) -> None:
        """Let a contact with a public clinic teach the emergency right."""
        model, migrants = self.model, self.model.migrants
        ignorant = ~migrants.knows[rows, EMERGENCY_RIGHT]
        told = model.draws.happens(
            "taught by a visit",
            persons[ignorant],
            visit_key[ignorant],
            probability=model.world.information.taught_by_visit,
        )
        pupils = distinct(rows[ignorant][told])
        self.learn(pupils, np.full(len(pupils), EMERGENCY_RIGHT))

    def first_thresholds(self, persons: Identities) -> Floats:
        """Return the thresholds at which people first learn each item, shape (people, items)."""
        u = self.model.draws.trait("first learning threshold", persons[:, None], np.arange(ITEMS))
        return -np.log(u)

    def brief(self, persons: Identities, manages_language: Booleans) -> Booleans:
        """Return which items arrivals learn from a briefing, shape (people, items)."""
        comprehension = np.where(
            manages_language, 1.0, self.model.world.information.comprehension_without_language
        )
        u = self.model.draws.trait("briefing", persons[:, None], np.arange(ITEMS))
        return u < comprehension[:, None] * self.briefing

    def forget_leavers(self, rows: Rows) -> None:
        """Take people who leave out of the counts of the informed."""
        who, item = np.nonzero(self.model.migrants.knows[rows])
        self._count(rows[who], item, -1)

    def start_at_equilibrium(self, rows: Rows) -> None:
        """Let initial residents know what they would know in the long run (well-mixed)."""
        model, migrants = self.model, self.model.migrants
        share = self.equilibrium()[migrants.nationality[rows]]
        persons = migrants.pid[rows]
        informed = model.draws.happens(
            "informed at the start", persons[:, None], np.arange(ITEMS), probability=share
        )
        who, item = np.nonzero(informed & ~migrants.knows[rows])
        self.learn(rows[who], item)

    def equilibrium(self) -> Floats:
        """Return the informed share at the mean-field equilibrium, by nationality and item."""
        world = self.model.world
        information, demography = world.information, world.demography
        manages = by(words.NATIONALITIES, demography.manages_language)[:, None]
        comprehension = manages + (1.0 - manages) * information.comprehension_without_language
        return bass_equilibrium(
            channels=self.channel_hazard * comprehension,
            word_of_mouth=self.at_work + self.in_district,
            forgetting=1.0 / information.memory_mean,
            turnover=1.0 / demography.mean_stay,
            informed_at_entry=comprehension * self.briefing,
        )

    def _forget(self, rows: Rows, item: Integers) -> None:
        if len(rows) == 0:
            return
        model, migrants = self.model, self.model.migrants
        migrants.knows[rows, item] = False
        migrants.exposure[rows, item] = 0.0
        migrants.learning_threshold[rows, item] = model.draws.exponential(
            "learning threshold",
            migrants.pid[rows],
            migrants.times_learned[rows, item].astype(np.int64) * LIVES + item,
        )
        self._count(rows, item, -1)

    def _count(self, rows: Rows, item: Integers, change: int) -> None:
        model, migrants = self.model, self.model.migrants
        migrants.changed_on[rows] = model.day
        add_at_pairs(model.informed_in_group, migrants.work_group[rows], item, change)
        place = np.ravel_multi_index(
            (migrants.district[rows], migrants.nationality[rows], item),
            model.informed_in_district.shape,
        )
        add_at(model.informed_in_district.ravel(), place, change)
        add_at_pairs(model.informed_by_stratum, migrants.stratum[rows], item, change)


def bass_equilibrium(
    channels: Floats,
    word_of_mouth: Floats,
    forgetting: float,
    turnover: float,
    informed_at_entry: Floats,
) -> Floats:
    """Return the equilibrium of da/dt = (p + q a)(1 - a) - delta a + mu (a0 - a).

    Parameters
    ----------
    channels, word_of_mouth : array of float
        p and q, hazards a day.
    forgetting, turnover : float
        delta and mu, rates a day.
    informed_at_entry : array of float
        a0.

    Examples
    --------
    >>> from math import log
    >>> one = bass_equilibrium(np.array(.002), np.array(.02), log(2) / 270, 1 / 240, np.array(.1))
    >>> round(float(one), 4)
    0.729
    """
    constant = channels + turnover * informed_at_entry
    linear = word_of_mouth - channels - forgetting - turnover
    root = np.sqrt(linear**2 + 4.0 * word_of_mouth * constant)
    without_word_of_mouth = constant / np.maximum(-linear, 1e-12)
    spread: Booleans = np.asarray(word_of_mouth > 0)
    return np.asarray(
        np.where(
            spread,
            (linear + root) / (2.0 * np.where(spread, word_of_mouth, 1.0)),
            without_word_of_mouth,
        )
    )
