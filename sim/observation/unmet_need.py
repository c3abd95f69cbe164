"""Indicators of unmet need (A block): needs that no provider saw, and what stopped people."""

from collections.abc import Iterator

import numpy as np

from sim.agents.episode import GATES, Felt, Gate
from sim.agents.migrant import STRATA
from sim.observation.definition import Better, Curve, Definition, Format
from sim.observation.tally import Ratio, by_stratum
from sim.observation.window import YEAR, PeopleOfTheYear, Window

PRESENT_LONG_ENOUGH = 90
"""Days present of the last 365 from which somebody counts in the wider reading of A2."""
LASTING = 3
"""Days from perception to the end from which a need counts as lasting."""


def unmet_episodes(window: Window) -> Ratio:
    """Return ended episodes of need that no provider saw, over all ended episodes of need."""
    episodes = window.episodes
    return Ratio(by_stratum(episodes, window.unmet), by_stratum(episodes, window.needed_care))


def unmet_lasting(window: Window) -> Ratio:
    """Return those of them that lasted some days after they were perceived, over all that did.

    Needs that pass at once are a race that no access policy can win.
    """
    episodes = window.episodes
    lasted = episodes["ended_on"] - episodes["perceived_on"] >= LASTING
    return Ratio(
        by_stratum(episodes, window.unmet & lasted),
        by_stratum(episodes, window.needed_care & lasted),
    )


def unmet_persons(window: Window, people: PeopleOfTheYear) -> Ratio:
    """Return people with such an episode in a year, over all of these people."""
    year_ago, episodes = window.end - YEAR, window.episodes
    unmet = episodes["perceived_moderate"] & ~episodes["formal_contact"]
    unmet &= episodes["ended_on"] >= year_ago
    went_without = np.isin(people.person, episodes["person"][unmet])
    went_without |= people.unmet_in_burn_in_on >= year_ago
    return Ratio(
        np.bincount(people.stratum[went_without], minlength=STRATA),
        np.bincount(people.stratum, minlength=STRATA),
    )


def by_gate(window: Window) -> Iterator[Ratio]:
    """Yield unmet episodes by the first gate that stopped them; the seek gate also by part."""
    episodes, unmet = window.episodes, window.unmet
    all_unmet = by_stratum(episodes, unmet)
    gate = episodes["binding_barrier"]
    # No gate is recorded if the need passed before the person tried anything: own judgement.
    own_judgement = (gate == Gate.SELF_CARE) | (gate == Gate.NONE)
    together = gate == Gate.TOGETHER
    for code, name in enumerate(GATES, start=1):
        stopped = (gate == code) | ((own_judgement | together) & (code == Gate.SEEK))
        yield Ratio(by_stratum(episodes, unmet & stopped), all_unmet, detail=name)
    for detail, stopped in (
        ("seek: fear or language", gate == Gate.SEEK),
        ("seek: several barriers together", together),
        ("seek: judged it could wait", own_judgement),
    ):
        yield Ratio(by_stratum(episodes, unmet & stopped), all_unmet, detail=detail)


def by_reason(window: Window) -> Iterator[Ratio]:
    """Yield unmet episodes by the reason felt for seeing no doctor."""
    episodes, unmet = window.episodes, window.unmet
    all_unmet = by_stratum(episodes, unmet)
    felt = episodes["felt_barrier"]
    # People who had nothing to weigh, since the need passed before, judged that it could wait.
    felt = np.where(felt == Felt.NONE, Felt.COULD_WAIT, felt)
    for reason in Felt:
        if reason != Felt.NONE:
            named = by_stratum(episodes, unmet & (felt == reason))
            yield Ratio(named, all_unmet, detail=reason.label)


DEFINITIONS = (
    Definition(
        name="unmet_need_episodes", code="A1", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=unmet_episodes,
        curve=Curve(
            lambda window: window.per_day(
                window.episodes["ended_on"][
                    window.episodes["perceived_moderate"] & ~window.episodes["formal_contact"]
                ]
            ),
            over="met_and_unmet_episodes",
        ),
    ),
    Definition(
        name="unmet_need_lasting", code="A1", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=unmet_lasting,
    ),
    Definition(
        name="unmet_need_persons", code="A2", unit="share", format=Format.PERCENT,
        better=Better.LOWER,
        count=lambda window: unmet_persons(window, window.people_of_the_year),
    ),
    Definition(
        name="unmet_need_persons_90", code="A2", unit="share", format=Format.PERCENT,
        better=Better.LOWER,
        count=lambda window: unmet_persons(window, window.people_present(PRESENT_LONG_ENOUGH)),
    ),
    Definition(
        name="unmet_need_by_gate", code="A3", unit="share", format=Format.PERCENT,
        better=Better.NEITHER, count=by_gate,
    ),
    Definition(
        name="unmet_need_by_reason", code="A4", unit="share", format=Format.PERCENT,
        better=Better.NEITHER, count=by_reason,
    ),
)  # fmt: skip
"""Indicators of unmet need."""
