"""Mean field of illness: the course of a representative episode, by competing clocks.

It worsens, recovers, is perceived, and is treated or not, as in `sim.submodels.illness`; in every
state the odds of the next event are the ratios of the hazards.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from sim import vocabulary as words
from sim.config.entries import by
from sim.config.world import World
from sim.engine.types import Floats
from sim.submodels.illness import severer

SEVERITIES = 3
"""Number of severities at which care is chosen: mild, moderate, severe."""
ACUTE = words.IllnessKind.ACUTE.value
MATERNITY = words.IllnessKind.MATERNITY.value


@dataclass(frozen=True)
class Course:
    """Course of episodes of one kind; arrays by nationality, `treated` also by severity.

    Attributes
    ----------
    severe : share that becomes severe
    moderate : share that is perceived while moderate
    reached : probability of getting to care in time, for people who seek it while moderate
    treated : share whose treatment begins while mild, while moderate
    """

    severe: Floats
    moderate: Floats
    reached: float
    treated: Floats


def course_of(world: World, kind: int, go: Floats) -> Course:
    """Return the course of episodes: latent, going for care, waiting, treated; mild and moderate.

    Parameters
    ----------
    kind : int
    go : array of float, shape (severities, nationalities)
        Share that, having perceived a need, will reach care that works if the illness lasts.
    """
    illness, seeking = world.illness, world.care_seeking
    name = words.KINDS[kind]
    worse, better, added = (
        by(words.SEVERITIES, table[name])
        for table in (illness.worsening, illness.recovery, illness.recovery_by_treatment)
    )
    literacy = (world.demography.literacy_low + world.demography.literacy_high) / 2.0
    perceive = by(words.SEVERITIES, seeking.perception) * (seeking.perception_base + literacy)
    abandon, leaving = illness.abandonment[name], 1.0 / world.demography.mean_stay
    onset = by(words.SEVERITIES, illness.onset_severity[name])
    if kind == ACUTE:
        onset = severer(onset, illness.acute_severe_factor)
    reach = leave(world)
    # Competing clocks: in each state the odds of the next event.
    under = worse * illness.worsening_under_treatment
    latent_total = worse + better + perceive + leaving
    going_total = worse[:2] + better[:2] + reach[:2] + leaving
    waiting_total = worse + better + leaving
    treated_total = under + better + added + abandon + leaving
    latent, enter = onset[0], go
    perceived = latent * perceive[0] / latent_total[0]
    going, waiting = perceived * enter[0], perceived * (1.0 - enter[0])
    treated_mild = going * reach[0] / going_total[0]
    waiting = waiting + treated_mild * abandon / treated_total[0]
    untreated_up = going * worse[0] / going_total[0] + waiting * worse[0] / waiting_total[0]
    treated_up = treated_mild * under[0] / treated_total[0]
    latent = onset[1] + latent * worse[0] / latent_total[0]
    perceived = latent * perceive[1] / latent_total[1] + untreated_up
    going, waiting = perceived * enter[1], perceived * (1.0 - enter[1])
    treated_moderate = going * reach[1] / going_total[1]
    treated = treated_moderate + treated_up
    waiting = waiting + treated * abandon / treated_total[1]
    severe = (
        onset[2:].sum()
        + latent * worse[1] / latent_total[1]
        + going * worse[1] / going_total[1]
        + waiting * worse[1] / waiting_total[1]
        + treated * under[1] / treated_total[1]
    )
    return Course(
        severe=np.asarray(severe),
        moderate=np.asarray(perceived),
        reached=float(reach[1] / going_total[1]),
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


def leave(world: World) -> Floats:
    """Return the probability of leave from work, by severity."""
    employment = world.employment
    alpha, beta = employment.tolerance_alpha, employment.tolerance_beta
    factor = employment.permission_base + employment.permission_slope * alpha / (alpha + beta)
    return np.minimum(by(words.SEVERITIES, employment.permission) * factor, 1.0)[:SEVERITIES]
