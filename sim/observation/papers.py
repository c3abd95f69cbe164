"""Indicators of legal status and work, and the odds of care that surveys report."""

from typing import TYPE_CHECKING

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import STRATA, STRATA_SHAPE
from sim.observation.event_records import Records
from sim.observation.tally import Tally

if TYPE_CHECKING:
    from sim.city_model import CityModel

IN_ORDER = [
    words.LegalStatus.PERMANENT.value,
    words.LegalStatus.EAEU_CONTRACT.value,
    words.LegalStatus.PERMIT.value,
]
REGISTERED_TOO = [*IN_ORDER, words.LegalStatus.REGISTERED.value]


def count_status(
    tally: Tally,
    model: "CityModel",
    episodes: Records,
    days: slice,
    start: int,
    end: int,
) -> None:
    """Add shares of legal statuses, contracts and people out of work, and odds ratios of care."""
    person_days = model.diary.present[days].sum(axis=0)
    status_of = np.unravel_index(np.arange(STRATA), STRATA_SHAPE)[1]
    for code, name in enumerate(words.LEGAL_STATUSES):
        tally.ratio(
            "legal_status_share", person_days * (status_of == code), person_days, detail=name
        )
    everybody = float(person_days.sum())
    for name in ("with_contracts", "jobless"):
        counted = float(model.diary.counts[name][days].sum())
        share = counted / everybody if everybody else float("nan")
        tally.single(name, "", "all", "all", share, everybody)
    needed = episodes.where(
        episodes["perceived_moderate"]
        & (episodes["began_on"] >= start)
        & (episodes["ended_on"] < end)
    )
    status = np.unravel_index(needed["stratum"], STRATA_SHAPE)[1]
    seen = needed["formal_contact"]
    for detail, has in (
        ("contract or none", needed["contract"]),
        ("registered or not", np.isin(status, REGISTERED_TOO)),
        ("can afford a visit or not", needed["can_afford"]),
    ):
        tally.single("odds_of_care", detail, "all", "all", odds_ratio(seen, has), len(needed))


def odds_ratio(outcome: np.ndarray, group: np.ndarray) -> float:
    """Return the odds of an outcome in a group over those outside it.

    >>> odds_ratio(np.array([1, 1, 0, 1, 0, 0], bool), np.array([1, 1, 1, 0, 0, 0], bool))
    4.0
    """
    inside, outside = outcome[group], outcome[~group]
    cells = [inside.sum(), (~inside).sum(), outside.sum(), (~outside).sum()]
    if min(cells) == 0:
        return float("nan")
    return float(cells[0] * cells[3] / (cells[1] * cells[2]))
