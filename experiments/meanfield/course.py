"""Mean field of illness: the course of a representative episode, by competing clocks.

It worsens, recovers, is perceived, and is treated or not, as in `sim.submodels.illness`; in every
state the odds of the next event are the ratios of the hazards. People who perceive a need go for
care at once, or once waiting has worn out (`experiments.meanfield.waiting`), if the illness has not
changed before; then they ask for leave from work. While they treat themselves an illness recovers
faster and worsens less.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from experiments.meanfield.waiting import lost_a_day, wait_of
from sim import vocabulary as words
from sim.config.entries import by
from sim.config.world import World
from sim.engine.types import Floats
from sim.submodels.illness import severer

SEVERITIES = 3
"""Number of severities at which care is chosen: mild, moderate, severe."""
ACUTE = words.IllnessKind.ACUTE.value
MATERNITY = words.IllnessKind.MATERNITY.value
HARDLY = 1e-12
"""A share of people that counts as nobody."""
BELOW_SEVERE = (0, 1)
"""Places of mild and moderate in tables by severity."""


@dataclass(frozen=True)
class Clocks:
    """Hazards a day of one kind of illness; arrays by severity.

    Attributes
    ----------
    onset : share of onsets
    worse, better : untreated
    worse_treated, better_treated : under treatment
    perceived : of an illness that is latent
    abandoned : of a treatment
    leaving : of the city
    """

    onset: Floats
    worse: Floats
    better: Floats
    worse_treated: Floats
    better_treated: Floats
    perceived: Floats
    abandoned: float
    leaving: float


@dataclass(frozen=True)
class Seeking:
    """What people do who perceive a need of one severity; arrays by class.

    Attributes
    ----------
    odds, chance : of going to clinics that would see them to staying home, on the first day, and
        how often it is these clinics; first by the clinics that would, then by class
    self_care : share of those at home who treat themselves
    leave : probability of leave from work
    competence : probability that a visit helps
    """

    odds: Floats
    chance: Floats
    self_care: Floats
    leave: Floats
    competence: Floats


@dataclass(frozen=True)
class Stage:
    """What becomes of a need perceived at one severity, by class.

    Attributes
    ----------
    goes : share that sets out for care before the illness changes
    reached : share that gets there before
    treated : share that is helped before; whom a visit has not helped goes again
    worsens : share that becomes graver before
    waited : mean days of waiting of those who have not gone by then
    """

    goes: Floats
    reached: Floats
    treated: Floats
    worsens: Floats
    waited: Floats


@dataclass(frozen=True)
class Course:
    """Course of episodes of one kind; arrays by class, `treated` also by severity.

    Attributes
    ----------
    at_once : share that becomes severe before it has been perceived
    in_the_end : share that becomes severe after that
    moderate : share that is perceived while moderate
    treated : share whose treatment begins while mild, while moderate
    """

    at_once: Floats
    in_the_end: Floats
    moderate: Floats
    treated: Floats

    @property
    def severe(self) -> Floats:
        """Share that becomes severe."""
        return self.at_once + self.in_the_end


def clocks_of(world: World, kind: int) -> Clocks:
    """Return the hazards of a kind of illness."""
    illness, seeking, name = world.illness, world.care_seeking, words.KINDS[kind]
    worse, better, added = (
        by(words.SEVERITIES, table[name])
        for table in (illness.worsening, illness.recovery, illness.recovery_by_treatment)
    )
    literacy = (world.demography.literacy_low + world.demography.literacy_high) / 2.0
    onset = by(words.SEVERITIES, illness.onset_severity[name])
    if kind == ACUTE:
        onset = severer(onset, illness.acute_severe_factor)
    return Clocks(
        onset=onset,
        worse=worse,
        better=better,
        worse_treated=worse * illness.worsening_under_treatment,
        better_treated=better + added,
        perceived=by(words.SEVERITIES, seeking.perception) * (seeking.perception_base + literacy),
        abandoned=illness.abandonment[name],
        leaving=1.0 / world.demography.mean_stay,
    )


def stage_of(world: World, clocks: Clocks, severity: int, seeking: Seeking) -> Stage:
    """Return what becomes of a need perceived at a severity below severe."""
    illness, lost = world.illness, lost_a_day(world)[severity]
    goes, worsens, stays, days = np.zeros((4, len(seeking.leave)))
    worse, better = clocks.worse[severity], clocks.better[severity]
    for share, slower, faster in (
        (1.0 - seeking.self_care, 1.0, 1.0),
        (seeking.self_care, illness.self_care_worsening, illness.self_care_recovery),
    ):
        ends = worse * slower + better * faster + clocks.leaving
        wait = wait_of(lost, ends)
        gone = seeking.chance * wait.goes(seeking.odds)
        left = seeking.chance - gone
        goes += share * gone.sum(axis=0)
        stays += share * left.sum(axis=0)
        days += share * (left * wait.days_waited(seeking.odds)).sum(axis=0)
        worsens += share * left.sum(axis=0) * worse * slower / ends
    # Whoever has set out and waits for leave runs against the same clocks.
    total = worse + better + clocks.leaving + seeking.leave
    reached = seeking.leave / total
    once = 1.0 - reached * (1.0 - seeking.competence)
    return Stage(
        goes=goes,
        reached=goes * reached,
        treated=goes * reached * seeking.competence / once,
        worsens=worsens + goes * worse / total / once,
        waited=days / np.maximum(stays, HARDLY),
    )


def course_of(clocks: Clocks, mild: Stage, moderate: Stage) -> Course:
    """Return the course of episodes: latent, perceived, treated; mild, moderate, severe."""
    latent_total = clocks.worse + clocks.better + clocks.perceived + clocks.leaving
    waiting_total = clocks.worse + clocks.better + clocks.leaving
    treated_total = clocks.worse_treated + clocks.better_treated + clocks.abandoned + clocks.leaving
    # After a treatment that has been abandoned nobody goes again.
    given_up = clocks.abandoned / treated_total * clocks.worse / waiting_total
    latent = clocks.onset[0]
    perceived = latent * clocks.perceived[0] / latent_total[0]
    treated_mild = perceived * mild.treated
    worsened = perceived * mild.worsens + treated_mild * given_up[0]
    still_treated = treated_mild * clocks.worse_treated[0] / treated_total[0]
    latent = clocks.onset[1] + latent * clocks.worse[0] / latent_total[0]
    perceived = latent * clocks.perceived[1] / latent_total[1] + worsened
    treated_moderate = perceived * moderate.treated
    treated = treated_moderate + still_treated
    in_the_end = (
        perceived * moderate.worsens
        + treated * given_up[1]
        + treated * clocks.worse_treated[1] / treated_total[1]
    )
    at_once = clocks.onset[2:].sum() + latent * clocks.worse[1] / latent_total[1]
    return Course(
        at_once=np.broadcast_to(at_once, in_the_end.shape),
        in_the_end=in_the_end,
        moderate=perceived,
        treated=np.stack([treated_mild, treated_moderate]),
    )


def rates_of(world: World) -> Floats:
    """Return episodes per person-year, shape (nationalities, kinds)."""
    illness, demography = world.illness, world.demography
    sectors = demography.sector_share
    outside = 1.0 - sectors["construction"]
    older = (demography.age_mean - illness.chronic_age) / max(demography.age_sd, 1e-9)
    old = 0.5 * (1.0 + erf(older / sqrt(2.0)))
    chronic = old * illness.chronic_factor_old + (1.0 - old) * illness.chronic_factor_young
    women = sum(sectors[one] * demography.women_share[one] for one in words.SECTORS)
    injuries = sectors["construction"] + outside * illness.injury_outside_construction
    rates: dict[str, Floats | float] = {
        "injury": illness.injury_rate * injuries,
        "acute": illness.acute_rate * illness.acute_factor,
        "infection": by(words.NATIONALITIES, illness.infection_rate),
        "chronic": illness.chronic_rate * chronic,
        "maternity": illness.maternity_rate * women,
    }
    return np.stack(
        [rates[kind] * np.ones(len(words.NATIONALITIES)) for kind in words.KINDS], axis=1
    )
