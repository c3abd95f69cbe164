"""Information: four items of knowledge, how they are learned, spread and forgotten.

Items: the emergency right, who helps, insurance, registration. A person who does not know item k
gathers learning hazard at the rate

    h_k = comprehension * sum over channels (reach * hazard_k)  +  induction_k (formal employers)
          + beta_k * informed share of the work group  +  gamma_k * informed share of compatriots
            in the district

and learns it when the gathered hazard reaches a threshold drawn once (unit exponential). The
channels are consulate (times the consulate's activity), diaspora, NGOs and media. Arrivals may be
briefed. While a firewall between clinics and the police is announced, channels carry more news of
the rules of registration, h * (1 + announced * announcement_factor), and what work groups believe
of being reported falls with it (see `experience`). A visit to a public clinic teaches the emergency
right with a fixed probability. What is learned is forgotten after an exponential time that grows
with relearning. Exposure is computed for a seventh of the people each day.

In a well-mixed population the informed share a obeys the Bass equation with forgetting and
turnover, da/dt = (p + q a)(1 - a) - delta a + mu (a0 - a); initial residents of a city that has no
rest state start at its equilibrium.

Parameters: `conf/parameters/information.yaml`. Neutral state: all reaches, word of mouth,
briefing and `taught_by_visit` at 0 (nobody learns anything); `firewall_announced` at 0.
"""

from math import log

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import visit_key
from sim.config.entries import by, by_two, parameter_record
from sim.config.world import World
from sim.engine.calendar import DAYS_A_WEEK
from sim.engine.jit.compiled import compiled, inlined
from sim.engine.jit.prefetch import SOON, prefetch_ahead, prefetch_first_line, row_ahead
from sim.engine.random.scalar import exponential, happens, peek_uniform, pick_one
from sim.engine.records import Record
from sim.engine.types import Booleans, Floats, Integers, Rows
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

ITEMS = len(words.KNOWLEDGE)
EMERGENCY_RIGHT = words.Knowledge.EMERGENCY_RIGHT.value
WHO_HELPS = words.Knowledge.WHO_HELPS.value
INSURANCE = words.Knowledge.INSURANCE.value
REGISTRATION = words.Knowledge.REGISTRATION.value
LIVES = 8
"""Room for items in the occurrence key of learning."""
LONGEST_MEMORY = 1_000_000
"""Days that are as good as for ever."""
MEMORY = Purpose.MEMORY.row
FIRST_THRESHOLD = Purpose.FIRST_LEARNING_THRESHOLD.row
LEARNING_THRESHOLD = Purpose.LEARNING_THRESHOLD.row
TAUGHT_BY_VISIT = Purpose.TAUGHT_BY_A_VISIT.row
CHANNEL = Purpose.CHANNEL.row
BRIEFED = Purpose.BRIEFING.row
EMPLOYER_SOURCE = words.Source.EMPLOYER.value
WORK_GROUP = words.Source.WORK_GROUP.value
NEARBY = words.Source.COMPATRIOTS_NEARBY.value
BRIEFING = words.Source.BRIEFING.value
CLINIC_SOURCE = words.Source.CLINIC.value
AGENCY_SOURCE = words.Source.AGENCY.value
UNKNOWN_SOURCE = -1
"""Known from before the run."""


class Information(Submodel):
    """Channels, word of mouth, forgetting."""

    def prepare(self, world: World) -> None:
        """Sum the channels into one hazard by nationality and item."""
        information = world.information
        channel = by_two(words.CHANNELS, words.KNOWLEDGE, information.channel_hazard)
        consulate = by(words.NATIONALITIES, information.consulate_activity) * by(
            words.NATIONALITIES, information.consulate_reach
        )
        reach = np.empty((len(words.CHANNELS), len(words.NATIONALITIES)))
        for row, name in enumerate(words.CHANNELS):
            reach[row] = consulate if name == "consulate" else getattr(information, f"{name}_reach")
        hazard_of_channel = reach[:, :, None] * channel[:, None, :]
        announced = information.firewall_announced * information.announcement_factor
        hazard_of_channel[:, :, REGISTRATION] *= 1.0 + announced
        self.channel_hazard = hazard_of_channel.sum(axis=0).astype(np.float32)
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
        self.parameters = parameter_record(
            information,
            channel_hazard=self.channel_hazard,
            hazard_of_channel=hazard_of_channel,
            induction=self.induction,
            at_work=self.at_work,
            in_district=self.in_district,
            briefing=self.briefing,
        )

    def start_at_equilibrium(self, rows: Rows) -> None:
        """Let initial residents know what they would know in the long run (well-mixed)."""
        model, migrants = self.model, self.model.migrants
        share = self.equilibrium()[migrants.nationality[rows]]
        persons = migrants.pid[rows]
        informed = model.draws.happens(
            Purpose.INFORMED_AT_THE_START, persons[:, None], np.arange(ITEMS), probability=share
        )
        who, item = np.nonzero(informed & ~migrants.knows[rows])
        learn_all(model.city(), rows[who], item, np.full(len(who), UNKNOWN_SOURCE))

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


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def news_nearby(city: City) -> Floats:
    """Return today's hazard of hearing of each item from compatriots in the district.

    Returns
    -------
    array of float32, shape (districts, nationalities, items)
    """
    counts, in_district = city.counts[0], city.parameters.information.in_district
    nearby = np.empty(counts.informed_residents.shape, dtype=np.float32)
    for district in range(nearby.shape[0]):
        for nationality in range(nearby.shape[1]):
            residents = max(counts.residents[district, nationality], 1)
            for item in range(ITEMS):
                informed = counts.informed_residents[district, nationality, item]
                nearby[district, nationality, item] = informed / residents * in_district[item]
    return nearby


@compiled
def hear(city: City, migrant: Record, nearby: Floats) -> bool:
    """Add a week of news: from channels, compatriots at work and nearby, and the employer.

    Returns
    -------
    bool
        Whether there is an item to be learned, or to be forgotten, today.
    """
    information = city.parameters.information
    group, today, changes = city.work_groups[migrant.work_group], city.today, 0
    heed = np.float32(1.0)
    if not migrant.manages_language:
        heed = np.float32(information.comprehension_without_language)
    # All items are looked up before any is written: so the processor takes them together.
    heard = (
        hazard_of(information, migrant, group, nearby, heed, EMERGENCY_RIGHT),
        hazard_of(information, migrant, group, nearby, heed, WHO_HELPS),
        hazard_of(information, migrant, group, nearby, heed, INSURANCE),
        hazard_of(information, migrant, group, nearby, heed, REGISTRATION),
    )
    for item in range(ITEMS):
        # News of what is known already counts nothing. In numbers instead of questions, whose
        # answers the processor cannot guess ahead.
        unknown = 1 - int(migrant.knows[item])
        news = np.float32(DAYS_A_WEEK) * heard[item] * np.float32(unknown)
        exposure = migrant.exposure[item] + news
        migrant.exposure[item] = exposure
        changes |= (1 - unknown) & int(migrant.forgets_on[item] <= today)
        changes |= unknown & int(exposure >= migrant.learning_threshold[item])
    return changes != 0


@inlined
def hazard_of(
    information: Record, migrant: Record, group: Record, nearby: Floats, heed: np.float32, item: int
) -> np.float32:
    """Return today's hazard of hearing of an item."""
    hazard = information.channel_hazard[migrant.nationality, item] * heed
    hazard += (
        np.float32(group.informed[item]) / np.float32(group.members) * information.at_work[item]
    )
    hazard += nearby[migrant.district, migrant.nationality, item]
    return hazard + information.induction[item] * np.float32(group.formal)


@compiled
def draw_first_thresholds(city: City, migrant: Record) -> None:
    """Draw how much news it takes until a person first learns each item."""
    for item in range(ITEMS):
        migrant.learning_threshold[item] = -log(
            peek_uniform(city.streams, FIRST_THRESHOLD, migrant.pid, item)
        )


@compiled
def brief(city: City, migrant: Record) -> None:
    """Let an arrival learn what they are told and understand."""
    information = city.parameters.information
    heed = 1.0 if migrant.manages_language else information.comprehension_without_language
    for item in range(ITEMS):
        told = (
            peek_uniform(city.streams, BRIEFED, migrant.pid, item)
            < heed * information.briefing[item]
        )
        if told:
            learn(city, migrant, item, BRIEFING)


@compiled(allocates=True)
def source_of(city: City, migrant: Record, item: int, nearby: Floats, shares: Floats) -> int:
    """Return where an item has been learned: one of the sources, in proportion to its hazard.

    Parameters
    ----------
    nearby : array of float32, shape (districts, nationalities, items)
        See `news_nearby`.
    shares : array of float, shape (`BRIEFING`,)
        Room for the hazards.
    """
    information = city.parameters.information
    group = city.work_groups[migrant.work_group]
    shares[:EMPLOYER_SOURCE] = information.hazard_of_channel[:, migrant.nationality, item]
    shares[EMPLOYER_SOURCE] = information.induction[item] if group.formal else 0.0
    shares[WORK_GROUP] = group.informed[item] / group.members * information.at_work[item]
    shares[NEARBY] = nearby[migrant.district, migrant.nationality, item]
    key = int(migrant.times_learned[item]) * LIVES + item
    return pick_one(peek_uniform(city.streams, CHANNEL, migrant.pid, key), shares)


@compiled
def learn_all(city: City, rows: Rows, items: Integers, sources: Integers) -> None:
    """Let each of these people learn the item beside them."""
    for i in range(len(rows)):
        prefetch_ahead(city.migrants, rows, i)
        prefetch_first_line(city.work_groups, city.migrants[row_ahead(rows, i, SOON)].work_group)
        learn(city, city.migrants[rows[i]], items[i], sources[i])


@compiled
def learn(city: City, migrant: Record, item: int, source: int) -> None:
    """Let a person who does not know an item know it from now on, until it is forgotten."""
    if source != UNKNOWN_SOURCE:
        city.counts[0].learned[source, item] += 1
    information = city.parameters.information
    times = int(migrant.times_learned[item])
    memory = information.memory_mean * (1.0 + information.memory_gain * times)
    lasts = memory * exponential(city.streams, MEMORY, migrant.pid, times * LIVES + item)
    migrant.knows[item] = True
    migrant.forgets_on[item] = city.today + int(min(np.ceil(lasts), LONGEST_MEMORY))
    migrant.times_learned[item] += 1
    count_informed(city, migrant, item, 1)


@compiled
def forget(city: City, migrant: Record, item: int) -> None:
    """Let a person forget an item, and draw how much news it takes to learn it again."""
    key = int(migrant.times_learned[item]) * LIVES + item
    migrant.knows[item] = False
    migrant.exposure[item] = 0.0
    migrant.learning_threshold[item] = exponential(
        city.streams, LEARNING_THRESHOLD, migrant.pid, key
    )
    count_informed(city, migrant, item, -1)


@compiled
def count_informed(city: City, migrant: Record, item: int, change: int) -> None:
    """Count a person in or out among the informed."""
    migrant.changed_on = city.today
    city.work_groups[migrant.work_group].informed[item] += change
    city.counts[0].informed_residents[migrant.district, migrant.nationality, item] += change
    city.counts[0].informed[migrant.stratum, item] += change


@compiled
def teach_by_visit(city: City, episode: Record) -> None:
    """Let a contact with a public clinic teach the emergency right."""
    migrant = city.migrants[episode.migrant]
    if not migrant.knows[EMERGENCY_RIGHT] and happens(
        city.streams,
        TAUGHT_BY_VISIT,
        episode.person,
        visit_key(episode),
        city.parameters.information.taught_by_visit,
    ):
        learn(city, migrant, EMERGENCY_RIGHT, CLINIC_SOURCE)
