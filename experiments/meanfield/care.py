"""Mean field of care: a logit that wears out, less refusals, and the needs that care brings.

An episode follows competing clocks (`experiments.meanfield.course`). People who perceive a need
compare the options (`experiments.meanfield.options`) with staying home, in every class of people
(`experiments.meanfield.people`). Tastes are Gumbel shocks, and people who are refused take the
next best option: with the clinics that would see them, the odds of going are the sum of exp(V), V
relative to staying home on the first day, and what happens is averaged over which clinics these
are. With every day at home waiting is worth less (`experiments.meanfield.waiting`). Self-care is
one more term of what staying home is worth: it brings nobody to a provider.

What becomes of the episodes of a class does not depend on how many people are in it; knowledge
changes only these numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from experiments.meanfield.course import (
    BELOW_SEVERE,
    HARDLY,
    MATERNITY,
    SEVERITIES,
    Clocks,
    Seeking,
    Stage,
    clocks_of,
    course_of,
    rates_of,
    stage_of,
)  # fmt: skip
from experiments.meanfield.options import (
    CLINICS,
    NEXT_DAY,
    SEVERE,
    competence,
    leave_of,
    papers_missing,
    sent_to_hospital,
    staying_home,
    utilities,
    welcomes,
)  # fmt: skip
from experiments.meanfield.people import People, people_of
from experiments.meanfield.waiting import LOG_ODDS, lost_a_day
from sim import vocabulary as words
from sim.config.entries import by
from sim.config.world import World
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Floats
from sim.submodels.care_options import (
    CONSULATE,
    EMPLOYER,
    HOME,
    HOSPITAL,
    MOBILE_CLINIC,
    NGO,
    POLYCLINIC,
    PRIVATE,
)  # fmt: skip
from sim.submodels.needs import STATUS_IN_ORDER

MODERATE = 1
"""Place of this severity in tables by severity (mild is 0)."""
KINDS = range(len(words.KINDS))
DOCUMENTS = words.Need.DOCUMENTS.value
SHELTER = words.Need.SHELTER.value
INFORMATION = words.Need.INFORMATION.value
WHO_HELPS = words.Knowledge.WHO_HELPS.value
PUBLIC = np.arange(CLINICS) != PRIVATE
"""Clinics where visits teach."""
LAW_OF_WAITS = tuple(zip(*np.polynomial.laguerre.laggauss(3), strict=True))
"""Waits before an illness becomes severe: multiples of their mean (an exponential law), shares."""
NUMBERS = (
    "episodes", "severe", "in_time", "moderate", "met", "visits", "turned_away", "asks",
)  # fmt: skip
"""Numbers of `Outcomes` that add up over kinds of illness."""
REFUSING = [HOSPITAL, POLYCLINIC, MOBILE_CLINIC, PRIVATE]
"""Clinics that refuse some people of a class and not others: all but ambulances."""


@dataclass(frozen=True)
class Outcomes:
    """What becomes of a person-year of each class; arrays by class, numbers per person-year.

    Attributes
    ----------
    episodes, severe : episodes, and those that become severe, pregnancies aside
    emergencies, in_time : that become severe, births included, and those with care within a day
    moderate, met : perceived while moderate, and those of them that a provider sees
    visits : to public clinics, check-ups included
    turned_away : sent away by hospitals and polyclinics for lack of papers
    asks : requests for advice, if they know who helps
    """

    people: People
    episodes: Floats
    severe: Floats
    emergencies: Floats
    in_time: Floats
    moderate: Floats
    met: Floats
    visits: Floats
    turned_away: Floats
    asks: Floats


@dataclass(frozen=True)
class Care:
    """Outcomes of episodes.

    Attributes
    ----------
    severe_share : float
        Share of episodes, pregnancies aside, that become severe.
    emergency_need : float
        Episodes that become severe, births included, per 1,000 person-years.
    uptake : float
        Share of these with emergency care within a day.
    unmet : float
        Share of episodes perceived as moderate or worse that no provider sees.
    taught : array of float, shape (nationalities,)
        Daily hazard of learning the emergency right at a visit.
    needs : array of float, shape (needs, nationalities)
        Needs other than treatment that arise per person-day; payment is not modelled.
    advice : array of float, shape (nationalities,)
        Needs for information that begin with asking for advice, per person-day.
    """

    severe_share: float
    emergency_need: float
    uptake: float
    unmet: float
    taught: Floats
    needs: Floats
    advice: Floats


def care_of(world: World, outcomes: Outcomes, aware: Floats) -> Care:
    """Return outcomes of episodes, given the shares that know each item (nationalities, items)."""
    nationality = by(words.NATIONALITIES, world.demography.nationality_share)
    weights = outcomes.people.weights(aware)

    def mean(values: Floats) -> Floats:
        return outcomes.people.by_nationality(weights * values)

    def total(values: Floats) -> float:
        return float(nationality @ mean(values))

    needs, advice = needs_of(world, aware, mean, outcomes)
    return Care(
        severe_share=over(total(outcomes.severe), total(outcomes.episodes)),
        emergency_need=1000.0 * total(outcomes.emergencies),
        uptake=over(total(outcomes.in_time), total(outcomes.emergencies)),
        unmet=1.0 - over(total(outcomes.met), total(outcomes.moderate)),
        taught=world.information.taught_by_visit * mean(outcomes.visits) / DAYS_A_YEAR,
        needs=needs / DAYS_A_YEAR,
        advice=advice / DAYS_A_YEAR,
    )


def over(part: Any, whole: Any) -> float:
    """Return a share, or NaN if the whole is 0."""
    return float(part / whole) if whole > 0 else float("nan")


# --- outcomes of classes ------------------------------------------------------------------------


class Choices:
    """The choices of every class of people: odds on the first day, by severity and class."""

    def __init__(self, world: World) -> None:
        self.world, self.people = world, people_of(world)
        self.appeal = np.exp(utilities(world, self.people))
        self.welcome = welcomes(world, self.people)
        self.leave = leave_of(world, self.people)
        waiting, remedy = staying_home(world, self.people)
        self.self_care = np.exp(remedy - np.logaddexp(waiting, remedy))
        seeing = self.appeal[..., :CLINICS] * self.welcome
        helping = seeing * competence(world)
        self.competence = share_of(helping.sum(axis=-1), seeing.sum(axis=-1))
        self.openings = [tuple(self.openings_at(severity)) for severity in range(SEVERITIES)]
        self.needs = [self.seeking(severity) for severity in BELOW_SEVERE]
        self.public = share_of((helping * PUBLIC).sum(axis=-1), helping.sum(axis=-1))

    def openings_at(self, severity: int) -> Iterator[tuple[Floats, Floats]]:
        """Yield which clinics would see people of a severity, and how often it is these.

        Yields
        ------
        chance : array of float, shape (classes,)
        open_to : array of float, shape (classes, clinics)
        """
        welcome = self.welcome[severity]
        for opened in product((True, False), repeat=len(REFUSING)):
            open_to = welcome.copy()
            open_to[:, REFUSING] = opened
            chance = np.where(opened, welcome[:, REFUSING], 1.0 - welcome[:, REFUSING])
            chance = chance.prod(axis=-1)
            if chance.any():
                yield chance, open_to

    def seeking(self, severity: int) -> Seeking:
        """Return what people do who perceive a need of a severity."""
        chance, open_to = zip(*self.openings[severity], strict=True)
        appeal = self.appeal[severity, :, :CLINICS]
        return self.with_odds(
            severity, np.array([(appeal * one).sum(axis=-1) for one in open_to]), np.array(chance)
        )

    def with_odds(self, severity: int, odds: Floats, chance: Floats) -> Seeking:
        """Return what people do if these are the odds of going."""
        return Seeking(
            odds=odds,
            chance=chance,
            self_care=self.self_care[severity],
            leave=self.leave[severity],
            competence=self.competence[severity],
        )

    def first(self, clocks: Clocks, odds: Floats) -> Stage:
        """Return what becomes of moderate needs if these are the odds of going anywhere."""
        seeking = self.with_odds(MODERATE, odds[None], np.ones((1, len(odds))))
        return stage_of(self.world, clocks, MODERATE, seeking)

    def elsewhere(self) -> tuple[Floats, Floats, Floats]:
        """Return odds that a moderate need goes to who treats, and to advisers; and papers missing.

        The last is the share of those who treat, employers aside, that ask for papers in vain.
        """
        appeal = self.appeal[MODERATE]
        treat = appeal[:, : HOME + 1].sum(axis=-1) - appeal[:, EMPLOYER]
        missing = sum(
            appeal[:, option] * papers_missing(self.world, self.people, option)
            for option in (HOSPITAL, POLYCLINIC)
        )
        return treat, appeal[:, NGO] + appeal[:, CONSULATE], missing / treat

    def in_time(self, waited: Floats | float) -> Floats:
        """Return the share that gets to hospital on the day they are severely ill or the next.

        Whoever goes to a clinic that sees nobody on the same day has to go on the first day.
        Whoever is treated where they went, and not sent on, does not go to hospital.

        Parameters
        ----------
        waited : array of float, or float
            Days of illness before, without treatment.
        """
        triage, lost = self.world.care_seeking.same_day_triage, lost_a_day(self.world)[SEVERE]
        day = np.append(1.0 - NEXT_DAY * (1.0 - triage), 1.0)
        worn = lost * (np.asarray(waited)[..., None] + day)
        odds = self.appeal[SEVERE, :, [*range(CLINICS), HOME]].T
        odds = odds * np.exp(np.minimum(worn, LOG_ODDS[-1]))
        sent, share = sent_to_hospital(self.world), np.zeros(len(odds))
        for chance, open_to in self.openings[SEVERE]:
            seen = odds[:, :CLINICS] * open_to
            away = 1.0 + seen.sum(axis=-1) + odds[:, CLINICS]
            share += chance * (seen @ sent) / away
        return share


def share_of(part: Floats, whole: Floats) -> Floats:
    """Return shares, 0 where the whole is nothing."""
    return part / np.maximum(whole, HARDLY)


def outcomes_of(world: World) -> Outcomes:
    """Return what becomes of a person-year of each class of people."""
    choices, rates = Choices(world), rates_of(world)
    people = choices.people
    numbers = dict.fromkeys(NUMBERS, np.zeros(len(people.share)))
    for kind in KINDS:
        of_kind = numbers_of(choices, kind)
        for name in NUMBERS:
            numbers[name] = numbers[name] + rates[people.nationality, kind] * of_kind[name]
    pregnancy = world.illness.pregnancy_days
    births = rates[people.nationality, MATERNITY]
    births = births * np.exp(-pregnancy / world.demography.mean_stay)
    numbers["in_time"] += births * choices.in_time(pregnancy)
    numbers["visits"] += numbers["in_time"] + world.employment.check_ups * people.contract
    return Outcomes(people=people, emergencies=numbers["severe"] + births, **numbers)


def numbers_of(choices: Choices, kind: int) -> dict[str, Floats]:
    """Return the shares of episodes of a kind that become each of `NUMBERS`, by class."""
    world, ordinary = choices.world, float(kind != MATERNITY)
    clocks = clocks_of(world, kind)
    mild, moderate = (
        stage_of(world, clocks, severity, choices.needs[severity]) for severity in BELOW_SEVERE
    )
    course = course_of(clocks, mild, moderate)
    treat, advise, missing = choices.elsewhere()
    there, asked = (choices.first(clocks, odds) for odds in (treat, treat + advise))
    late = np.zeros(len(moderate.waited))
    for multiple, share in LAW_OF_WAITS:
        late += share * choices.in_time(multiple * moderate.waited)
    in_time = course.at_once * choices.in_time(0.0) + course.in_the_end * late
    return {
        "episodes": np.full(len(late), ordinary),
        "severe": ordinary * course.severe,
        "in_time": ordinary * in_time,
        "moderate": course.moderate,
        "met": course.moderate * moderate.reached,
        "visits": (course.treated * choices.public[:SEVERE]).sum(axis=0),
        "turned_away": course.moderate * there.reached * missing,
        "asks": course.moderate * asked.goes * advise / (treat + advise),
    }


# --- needs other than treatment -----------------------------------------------------------------


def needs_of(world: World, aware: Floats, mean: Any, outcomes: Outcomes) -> tuple[Floats, Floats]:
    """Return needs per person-year by need and nationality, and requests for advice among them."""
    needs = np.zeros((len(words.NEEDS), len(words.NATIONALITIES)))
    needs[DOCUMENTS] = mean(outcomes.turned_away)
    sectors = by(words.SECTORS, world.demography.sector_share)
    lodging = sectors @ by(words.SECTORS, world.referral.lodging_lost)
    in_order = STATUS_IN_ORDER[outcomes.people.status]
    factor = np.where(in_order, 1.0, world.referral.lodging_lost_without_papers)
    needs[SHELTER] = mean(outcomes.in_time * np.minimum(factor * lodging, 1.0))
    manages = by(words.NATIONALITIES, world.demography.manages_language)
    lost = 1.0 - aware[:, WHO_HELPS] * manages
    advice = np.asarray(mean(outcomes.asks) * aware[:, WHO_HELPS])
    needs[INFORMATION] = (needs[DOCUMENTS] + needs[SHELTER]) * lost + advice
    return needs, advice
