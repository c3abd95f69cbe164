"""Indicators of papers, work and the number of people (N block)."""

from collections.abc import Iterator

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import STRATA, STRATA_SHAPE
from sim.observation.definition import Better, Definition, Format
from sim.observation.tally import Ratio, Value
from sim.observation.window import Window
from sim.submodels.enforcement import MEASURES


def police_measures(window: Window) -> Iterator[Ratio]:
    """Yield fines and removals over person-years."""
    police = window.model.police
    inside = window.has(police["day"])
    for code, name in enumerate(MEASURES):
        counted = np.bincount(
            police["stratum"][inside & (police["measure"] == code)], minlength=STRATA
        )
        yield Ratio(counted, window.person_years, detail=name)


def legal_status_share(window: Window) -> Iterator[Ratio]:
    """Yield days in each legal status over all days."""
    person_days = window.person_days
    status_of = np.unravel_index(np.arange(STRATA), STRATA_SHAPE)[1]
    for code, name in enumerate(words.LEGAL_STATUSES):
        yield Ratio(person_days * (status_of == code), person_days, detail=name)


def share_of_people(window: Window, name: str) -> Value:
    """Return a daily count of people over all people present."""
    everybody = float(window.person_days.sum())
    counted = float(window.model.diary.counts[name][window.days].sum())
    return Value(counted / everybody if everybody else float("nan"), everybody)


def population(window: Window) -> Value:
    """Return the mean number of people present."""
    days = window.end - window.start
    return Value(float(window.person_days.sum() / max(days, 1)), days)


DEFINITIONS = (
    Definition(
        name="population", code="N0", unit="persons", format=Format.WHOLE, better=Better.NEITHER,
        count=population,
    ),
    Definition(
        name="police_measures", code="N1", unit="per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.NEITHER, count=police_measures,
    ),
    Definition(
        name="legal_status_share", code="N2", unit="share", format=Format.PERCENT,
        better=Better.NEITHER, count=legal_status_share,
    ),
    Definition(
        name="with_contracts", code="N3", unit="share", format=Format.PERCENT,
        better=Better.HIGHER, count=lambda window: share_of_people(window, "with_contracts"),
    ),
    Definition(
        name="jobless", code="N4", unit="share", format=Format.PERCENT, better=Better.LOWER,
        count=lambda window: share_of_people(window, "jobless"),
    ),
)  # fmt: skip
"""Indicators of the population, its papers and its work."""
