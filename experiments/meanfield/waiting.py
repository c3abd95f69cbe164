"""Mean field of waiting: how many go for care before the illness ends by itself.

Tastes stay as they are while an illness is as severe as it is, and staying home loses `lost` of
utility a day. With S the sum of exp(V_j - W) over the options, V_j and W the utilities on the first
day without tastes, the share that has gone by day t is therefore

    S exp(lost t) / (1 + S exp(lost t)),

a logit on the first day. Weighed with the days on which a clock of the illness ends the wait, it
is the share that goes at all. That share is computed once for a table of S, as the odds of going,
and read off by log odds; without a loss these are S itself.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import expit

from sim.config.world import World
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Floats

LOG_ODDS = np.linspace(-60.0, 60.0, 481)
"""Log odds of going on the first day, in the table."""
DAYS = np.arange(DAYS_A_YEAR + 1.0)
"""Days of waiting that are followed; whoever has not gone after a year does not go."""


@dataclass(frozen=True)
class Wait:
    """A wait that wears out and that a clock ends; arrays by `LOG_ODDS`.

    Attributes
    ----------
    log_odds : of going before the end
    days : mean days until the end, for those who have not gone
    """

    log_odds: Floats
    days: Floats

    def goes(self, odds: Floats) -> Floats:
        """Return the probability of going before the end, given the odds on the first day."""
        return np.asarray(expit(np.interp(log_of(odds), LOG_ODDS, self.log_odds)))

    def days_waited(self, odds: Floats) -> Floats:
        """Return the mean days until the end for those who have not gone by then."""
        return np.interp(log_of(odds), LOG_ODDS, self.days)


def log_of(odds: Floats) -> Floats:
    """Return log odds within the range of the table."""
    return np.log(np.clip(odds, np.exp(LOG_ODDS[0]), np.exp(LOG_ODDS[-1])))


@lru_cache(maxsize=256)
def wait_of(lost: float, ends: float) -> Wait:
    """Return the wait at which staying home loses `lost` a day and a hazard `ends` ends it.

    Examples
    --------
    >>> odds = np.array([0.5])
    >>> [round(float(wait_of(lost, 0.1).goes(odds)[0]), 3) for lost in (0.0, 0.1, 1.0)]
    [0.333, 0.539, 0.874]
    """
    worn = LOG_ODDS[:, None] + lost * DAYS
    ending = np.exp(-ends * DAYS)
    ending[:-1] -= ending[1:]
    gone, waiting = expit(worn) @ ending, expit(-worn)
    days = (waiting * (DAYS + 1.0)) @ ending
    waiting = waiting @ ending
    return Wait(log_odds=np.log(gone / waiting), days=days / waiting)


def lost_a_day(world: World) -> Floats:
    """Return the utility that staying home loses a day: mild, moderate, severe."""
    seeking = world.care_seeking
    factor = [seeking.endurance_mild, 2.0 * seeking.endurance_mild, seeking.endurance_severe]
    return seeking.endurance_rate * np.array(factor)
