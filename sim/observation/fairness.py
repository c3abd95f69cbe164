"""Indicators of fairness (Q block): rate ratios, indices of inequality, and odds of care."""

from collections.abc import Callable, Iterator

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.engine.types import Booleans
from sim.observation.definition import Better, Definition, Format
from sim.observation.emergencies import timely_care
from sim.observation.tally import Ratio, Value
from sim.observation.unmet_need import unmet_episodes
from sim.observation.unresolved import unresolved_needs
from sim.observation.window import Window

IN_ORDER = [words.LEGAL_STATUSES.index(name) for name in ("permanent", "eaeu_contract", "permit")]
REGISTERED_TOO = [*IN_ORDER, words.LegalStatus.REGISTERED.value]
RATED: dict[str, Callable[[Window], Ratio]] = {
    "emergency_uptake_24h": timely_care,
    "unmet_need_episodes": unmet_episodes,
    # The first of them is for all needs together.
    "unresolved_needs": lambda window: next(unresolved_needs(window)),
}
"""Indicators for which rate ratios are reported (Q1), and how they are counted."""
REFERENCES = (("nationality", "kyrgyzstan"), ("legal_status", "permanent"))
"""Reference groups, with whose rates others are compared."""


def rate_ratios(window: Window) -> Iterator[Value]:
    """Yield rates of groups over those of the reference groups."""
    for name, count in RATED.items():
        rates = list(count(window).by_group())
        for by, reference in REFERENCES:
            groups = {group: (over, rate) for which, group, _, over, rate in rates if which == by}
            base = groups[reference][1]
            for group, (over, rate) in groups.items():
                if group != reference:
                    ratio = rate / base if base > 0 else float("nan")
                    yield Value(ratio, 0.0 if np.isnan(ratio) else over, name, by, group)


def odds_of_care(window: Window) -> Iterator[Value]:
    """Yield odds ratios of a need being seen by a provider, with an attribute over without it."""
    episodes = window.episodes
    needed = episodes.where(
        episodes["perceived_moderate"]
        & (episodes["began_on"] >= window.start)
        & (episodes["ended_on"] < window.end)
    )
    status = np.unravel_index(needed["stratum"], STRATA_SHAPE)[1]
    for detail, has in (
        ("contract or none", needed["contract"]),
        ("registered or not", np.isin(status, REGISTERED_TOO)),
        ("can afford a visit or not", needed["can_afford"]),
    ):
        yield Value(odds_ratio(needed["formal_contact"], has), len(needed), detail)


def odds_ratio(outcome: Booleans, group: Booleans) -> float:
    """Return the odds of an outcome in a group over those outside it.

    >>> odds_ratio(np.array([1, 1, 0, 1, 0, 0], bool), np.array([1, 1, 1, 0, 0, 0], bool))
    4.0
    """
    inside, outside = outcome[group], outcome[~group]
    cells = [inside.sum(), (~inside).sum(), outside.sum(), (~outside).sum()]
    if min(cells) == 0:
        return float("nan")
    return float(cells[0] * cells[3] / (cells[1] * cells[2]))


DEFINITIONS = (
    Definition(
        name="rate_ratio", code="Q1", unit="ratio", format=Format.DECIMAL, better=Better.NEITHER,
        count=rate_ratios,
    ),
    Definition(
        name="inequality_index", code="Q2", unit="index", format=Format.DECIMAL,
        better=Better.NEITHER,
        count=lambda window: Value(window.equity.inequality_index, window.equity.cases),
    ),
    Definition(
        name="inequality_slope", code="Q3", unit="difference", format=Format.DECIMAL,
        better=Better.NEITHER,
        count=lambda window: Value(window.equity.inequality_slope, window.equity.cases),
    ),
    Definition(
        name="horizontal_inequity", code="Q4", unit="index", format=Format.DECIMAL,
        better=Better.NEITHER,
        count=lambda window: Value(window.equity.horizontal_inequity, window.equity.cases),
    ),
    Definition(
        name="enabling_share", code="Q5", unit="share", format=Format.PERCENT,
        better=Better.LOWER,
        count=lambda window: Value(window.equity.enabling_share, window.equity.cases),
    ),
    Definition(
        name="odds_of_care", code="Q6", unit="ratio", format=Format.DECIMAL,
        better=Better.NEITHER, count=odds_of_care,
    ),
)  # fmt: skip
"""Indicators of fairness."""
