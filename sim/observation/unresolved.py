"""Indicators of unresolved cases and of needs passed between institutions (U block)."""

from collections.abc import Iterator

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import Outcome
from sim.agents.migrant import STRATA
from sim.agents.task import ORDINAL_BITS, Ending, Move
from sim.engine.types import Booleans, Column
from sim.observation.daily_counts import LONG_OPEN_DAYS
from sim.observation.definition import Better, Curve, Definition, Format
from sim.observation.delays import delays_of_needs
from sim.observation.event_records import OPEN, Records
from sim.observation.tally import Ratio, by_stratum
from sim.observation.window import Window

RESOLUTION_HORIZON = 90
"""Days to which the mean time to full resolution is restricted (indicator U5)."""
MANY_REFERRALS = 3


def unresolved_days(window: Window) -> Column:
    """Return days of known cases with a long-open need, by stratum."""
    return np.asarray(window.model.diary.unresolved[window.days].sum(axis=0))


def hidden_days(window: Window) -> Column:
    """Return days of open episodes that no institution knows of, by stratum."""
    return np.asarray(window.model.diary.hidden[window.days].sum(axis=0))


def unresolved_share(window: Window) -> Ratio:
    """Return known cases with a long-open need, over all known cases with an open need."""
    open_days = window.model.diary.open_cases[window.days].sum(axis=0)
    return Ratio(unresolved_days(window), open_days)


def unresolved_flow(window: Window) -> Ratio:
    """Return known cases closed with a need lost, over all closed known cases."""
    needs, episodes = window.needs, window.episodes
    lost = np.isin(
        needs["ending"], [Ending.GIVEN_UP, Ending.LOST_CONTACT, Ending.LEFT, Ending.DIED]
    )
    case, case_of_need = case_numbers(episodes), case_numbers(needs)

    def with_a_need(chosen: Booleans) -> Booleans:
        return np.isin(case, case_of_need[chosen])

    visible = episodes["formal_contact"] | np.isin(case, case_of_need)
    over = (episodes["outcome"] != OPEN) & ~with_a_need(needs["ending"] == OPEN)
    # The last need to end closes the case.
    in_window = (episodes["ended_on"] >= window.start) | with_a_need(
        needs["ended_on"] >= window.start
    )
    counted = visible & over & in_window
    with_loss = (episodes["outcome"] != Outcome.RECOVERED) | with_a_need(lost)
    return Ratio(by_stratum(episodes, counted & with_loss), by_stratum(episodes, counted))


def case_numbers(table: Records) -> Column:
    """Return the number of each record's case; people in custody (ordinal -1) share one number."""
    person, ordinal = table["person"], table["ordinal"].astype(np.uint64)
    return np.asarray((person << np.uint64(ORDINAL_BITS)) | ordinal)


def unresolved_needs(window: Window) -> Iterator[Ratio]:
    """Yield needs besides treatment that were not settled: all, by kind, and how they were lost."""
    needs = window.needs
    arose = (needs["arose_on"] >= window.start) & (needs["arose_on"] < window.end - LONG_OPEN_DAYS)
    arose &= needs["ending"] != Ending.SUPERSEDED
    unresolved = arose & (needs["ending"] != Ending.RESOLVED)
    for detail, chosen in needs_by_name(needs):
        yield Ratio(
            by_stratum(needs, unresolved & chosen), by_stratum(needs, arose & chosen), detail
        )
    for ending in (Ending.GIVEN_UP, Ending.LOST_CONTACT, Ending.LEFT):
        yield Ratio(
            by_stratum(needs, arose & (needs["ending"] == ending)),
            by_stratum(needs, arose),
            detail=f"lost: {ending.name.lower().replace('_', ' ')}",
        )


def needs_by_name(needs: Records) -> list[tuple[str, Booleans]]:
    """Return, for all needs ("") and for every kind, which records belong to it."""
    everything = np.ones(len(needs), dtype=np.bool_)
    code = needs["need"]
    return [("", everything), *((name, code == n) for n, name in enumerate(words.NEEDS))]


def referral_chain(window: Window) -> Iterator[Ratio]:
    """Yield referrals, bounces, dead ends and no-shows of needs that ended in the window."""
    ended = window.needs.where(window.has(window.needs["ended_on"]))
    everybody = by_stratum(ended, np.ones(len(ended), dtype=np.bool_))

    def total(name: str) -> Column:
        return np.bincount(ended["stratum"], weights=ended[name], minlength=STRATA)

    many = by_stratum(ended, ended["referrals"] >= MANY_REFERRALS)
    referrals, dead_ends = total("referrals"), total("dead_ends")
    yield Ratio(referrals, everybody, "referrals a need")
    yield Ratio(total("bounces"), everybody, "bounces a need")
    yield Ratio(many, everybody, "share with three or more")
    yield Ratio(total("wrong_referrals"), referrals, "share to a wrong institution")
    yield Ratio(dead_ends, referrals + dead_ends, "share that ended nowhere")
    yield Ratio(total("recalls"), total("no_shows"), "no-shows brought back")


def duplicate_work(window: Window) -> Ratio:
    """Return services for needs settled elsewhere, over all services of agencies."""
    moves = window.handovers
    in_vain = window.handed_over & (moves["move"] == Move.SERVED_IN_VAIN)
    served = window.handed_over & (moves["move"] == Move.SERVED)
    return Ratio(by_stratum(moves, in_vain), by_stratum(moves, in_vain | served))


DEFINITIONS = (
    Definition(
        name="unresolved_stock", code="U1", unit="per 1,000 present", per=1000,
        format=Format.DECIMAL, better=Better.LOWER,
        count=lambda window: Ratio(unresolved_days(window), window.person_days),
        curve=Curve(
            lambda window: window.model.diary.unresolved[window.days].sum(axis=1), over="present"
        ),
    ),
    Definition(
        name="unresolved_share", code="U1", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=unresolved_share,
    ),
    Definition(
        name="unresolved_flow", code="U2", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=unresolved_flow,
    ),
    Definition(
        name="unresolved_needs", code="U2", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=unresolved_needs,
    ),
    Definition(
        name="hidden_unmet_need", code="U3", unit="per 1,000 present", per=1000,
        format=Format.DECIMAL, better=Better.LOWER,
        count=lambda window: Ratio(hidden_days(window), window.person_days),
        curve=Curve(
            lambda window: window.model.diary.hidden[window.days].sum(axis=1), over="present"
        ),
    ),
    Definition(
        name="total_unresolved", code="U4", unit="per 1,000 present", per=1000,
        format=Format.DECIMAL, better=Better.LOWER,
        count=lambda window: Ratio(
            unresolved_days(window) + hidden_days(window), window.person_days
        ),
    ),
    Definition(
        name="time_to_resolution", code="U5", unit="days", format=Format.DECIMAL,
        better=Better.LOWER,
        count=lambda window: delays_of_needs(
            window, "arrived_on", "resolved_on", RESOLUTION_HORIZON
        ),
    ),
    Definition(
        name="referral_chain", code="U6", unit="per need or share", format=Format.DECIMAL,
        better=Better.LOWER, count=referral_chain,
    ),
    Definition(
        name="duplicate_work", code="U7", unit="share", format=Format.PERCENT,
        better=Better.LOWER, count=duplicate_work,
    ),
)  # fmt: skip
"""Indicators of unresolved cases."""
