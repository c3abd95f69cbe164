"""Indicators of delay (D block): of treatment, and of other needs.

Delays are medians, 90th percentiles and restricted means by group, with death and the end of the
episode or need as competing ends.
"""

from collections.abc import Iterator

import numpy as np

from sim import vocabulary as words
from sim.observation.definition import Better, Definition, Format
from sim.observation.event_records import OPEN
from sim.observation.survival import HORIZON, delay_summary
from sim.observation.tally import Ratio, Value, by_stratum
from sim.observation.window import Window


def delays(window: Window, before: str, after: str, of_needs: tuple[str, str]) -> Iterator[Value]:
    """Yield the statistics of a delay, of episodes and then of needs besides treatment.

    Parameters
    ----------
    window : Window
    before, after : str
        Columns with the first and last day of the delay of an episode.
    of_needs : tuple of str
        The same two columns of a need.
    """
    yield from delays_of_episodes(window, before, after)
    yield from delays_of_needs(window, *of_needs, HORIZON, "needs: ")


def delays_of_episodes(window: Window, before: str, after: str) -> Iterator[Value]:
    """Yield the statistics of a delay of episodes that begins in the window."""
    episodes = window.episodes
    competing = episodes["outcome"] != OPEN
    # People decide only after they perceive the illness, but it begins at onset.
    origin = episodes["began_on"] if before == "perceived_on" else episodes[before]
    chosen = ~np.isnan(episodes[before]) & window.has(origin)
    if before == "perceived_on":
        chosen &= ~np.isnan(episodes["decided_on"])
    waited = episodes[after] - origin
    stopped = np.fmin(episodes["ended_on"], window.end) - origin
    for by, group, members in window.groups_of_episodes:
        inside = chosen & members
        summary = delay_summary(waited[inside], stopped[inside], competing[inside])
        for statistic, value in summary.items():
            yield Value(value, int(inside.sum()), statistic, by, group)


def decided_at_once(window: Window) -> Ratio:
    """Return moderate episodes decided on the day of perception, over all that were decided."""
    episodes = window.episodes
    decided = ~np.isnan(episodes["decided_on"]) & window.has(episodes["perceived_on"])
    decided &= episodes["worst"] == words.Severity.MODERATE
    at_once = decided & (episodes["decided_on"] == episodes["perceived_on"])
    return Ratio(by_stratum(episodes, at_once), by_stratum(episodes, decided))


def delays_of_needs(
    window: Window, before: str, after: str, horizon: int, prefix: str = ""
) -> Iterator[Value]:
    """Yield the statistics of a delay of needs besides treatment that begins in the window.

    Parameters
    ----------
    window : Window
    before, after : str
        Columns with the days of a need; "resolved_on" is the day on which it was resolved.
    horizon : int
        Days to which the mean is restricted.
    prefix : str
        Text before the name of the statistic.
    """
    needs = window.needs
    origin, competing = needs[before], needs["ending"] != OPEN
    reached = window.resolved_on if after == "resolved_on" else needs[after]
    chosen = window.has(origin)
    waited = reached - origin
    stopped = np.fmin(needs["ended_on"], window.end) - origin
    for by, group, members in window.groups_of_needs:
        inside = chosen & members
        summary = delay_summary(waited[inside], stopped[inside], competing[inside], horizon)
        for statistic, value in summary.items():
            yield Value(value, int(inside.sum()), f"{prefix}{statistic}", by, group)


DEFINITIONS = (
    Definition(
        name="delay_to_decision", code="D1", unit="days", format=Format.DECIMAL,
        better=Better.LOWER,
        count=lambda window: delays(
            window, "perceived_on", "decided_on", ("arose_on", "decided_on")
        ),
    ),
    Definition(
        name="decided_at_once", code="D1", unit="share", format=Format.PERCENT,
        better=Better.NEITHER, count=decided_at_once,
    ),
    Definition(
        name="delay_to_arrival", code="D2", unit="days", format=Format.DECIMAL,
        better=Better.LOWER,
        count=lambda window: delays(
            window, "decided_on", "arrived_on", ("decided_on", "arrived_on")
        ),
    ),
    Definition(
        name="delay_to_care", code="D3", unit="days", format=Format.DECIMAL, better=Better.LOWER,
        count=lambda window: delays(window, "arrived_on", "care_on", ("arrived_on", "served_on")),
    ),
)  # fmt: skip
"""Indicators of delay."""
