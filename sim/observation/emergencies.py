"""Indicators of emergencies (E block).

More emergency *use* is neither better nor worse in itself: read uptake, need, contacts and the
share of mild needs together. The last two days of a window are left out where care on the next day
would still count, and the last thirty where any later care would.
"""

import numpy as np

from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Booleans
from sim.observation.definition import Better, Curve, Definition, Format
from sim.observation.tally import Ratio, by_stratum
from sim.observation.window import Window

TIMELY_DAYS = 1
CENSORED_TIMELY, CENSORED_EVER = 2, 30
"""Days left out before the end of a window, for timely care and for care at any time."""
MILD = 1


def timely_care(window: Window) -> Ratio:
    """Return episodes with emergency care within a day, over those that became severe."""
    return uptake(window, in_time(window), CENSORED_TIMELY)


def timely_competent_care(window: Window) -> Ratio:
    """Return episodes with care by any provider within a day, over those that became severe."""
    return uptake(window, window.competent_delay <= TIMELY_DAYS, CENSORED_TIMELY)


def without_timely_care(window: Window) -> Ratio:
    """Return emergencies that no provider helped within a day, over person-years.

    Nothing that makes emergencies rarer or ends them earlier can make this count look worse.
    """
    care = timely_competent_care(window)
    last = max(window.end - CENSORED_TIMELY, window.start)
    present = window.model.diary.present[window.start : last].sum(axis=0)
    return Ratio(care.denominator - care.numerator, present / DAYS_A_YEAR)


def in_time(window: Window) -> Booleans:
    """Return which episodes had emergency care within a day of becoming severe."""
    return np.asarray(window.emergency_delay <= TIMELY_DAYS)


def uptake(window: Window, reached: Booleans, censored: int) -> Ratio:
    """Return the episodes reached, over those that became severe early enough to be reached.

    Parameters
    ----------
    window : Window
    reached : array of bool
        Which episodes had the care in question.
    censored : int
        Days before the end that are left out.
    """
    episodes, end = window.episodes, window.end
    counted = window.became_severe & (episodes["severe_on"] < end - censored)
    return Ratio(by_stratum(episodes, counted & reached), by_stratum(episodes, counted))


def avoidable(window: Window) -> Ratio:
    """Return emergencies preceded by three days of moderate illness, over all emergencies."""
    episodes, severe = window.episodes, window.became_severe
    before = by_stratum(episodes, severe & episodes["avoidable"])
    return Ratio(before, by_stratum(episodes, severe))


def mild_contacts(window: Window) -> Ratio:
    """Return emergency contacts with a mild need, over all emergency contacts."""
    visits, contacts = window.visits, window.emergency_contacts
    mild = contacts & (visits["severity"] <= MILD)
    return Ratio(by_stratum(visits, mild), by_stratum(visits, contacts))


DEFINITIONS = (
    Definition(
        name="emergency_uptake_24h", code="E1", unit="share", format=Format.PERCENT,
        better=Better.HIGHER, count=timely_care,
        curve=Curve(
            lambda window: window.per_day(window.episodes["severe_on"][in_time(window)]),
            over="emergency_need",
        ),
    ),
    Definition(
        name="emergency_any_care_24h", code="E1b", unit="share", format=Format.PERCENT,
        better=Better.HIGHER, count=timely_competent_care,
        curve=Curve(
            lambda window: window.per_day(
                window.episodes["severe_on"][window.competent_delay <= TIMELY_DAYS]
            ),
            over="emergency_need",
        ),
    ),
    Definition(
        name="emergency_uptake_ever", code="E2", unit="share", format=Format.PERCENT,
        better=Better.HIGHER,
        count=lambda window: uptake(window, window.emergency_delay >= 0, CENSORED_EVER),
    ),
    Definition(
        name="emergency_need", code="E3", unit="per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.LOWER,
        count=lambda window: Ratio(
            by_stratum(window.episodes, window.became_severe), window.person_years
        ),
        curve=Curve(lambda window: window.per_day(window.episodes["severe_on"])),
    ),
    Definition(
        name="emergency_contacts", code="E4", unit="per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.NEITHER,
        count=lambda window: Ratio(
            by_stratum(window.visits, window.emergency_contacts), window.person_years
        ),
        curve=Curve(
            lambda window: window.per_day(window.visits["served_on"][window.emergency_contacts])
        ),
    ),
    Definition(
        name="low_acuity_share", code="E5", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=mild_contacts,
    ),
    Definition(
        name="avoidable_emergencies", code="E6", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=avoidable,
    ),
    Definition(
        name="emergencies_without_care", code="E7", unit="per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.LOWER, count=without_timely_care,
    ),
)  # fmt: skip
"""Indicators of emergencies."""
