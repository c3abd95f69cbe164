"""Indices of equity: unmet need by wage and by factors that should not matter.

All measure unmet need (indicator A1) of single episodes. Ranks are by wage among the people with a
need. Access is equitable if it depends on need alone.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.engine.types import Column, Floats
from sim.observation.event_records import Records

FEWEST = 30
"""Number of episodes below which an index is meaningless."""
BLOCKS = ("need", "predisposing", "enabling")
"""Andersen's classes of determinants of use."""


class Equity(NamedTuple):
    """Indices of inequality of unmet need, with their number of episodes; NaN if too few."""

    cases: int
    inequality_index: float
    inequality_slope: float
    horizontal_inequity: float
    enabling_share: float


def equity_of(episodes: Records) -> Equity:
    """Return the indices of some episodes that needed care (the rows that indicator A1 counts)."""
    count = len(episodes)
    unmet = (~episodes["formal_contact"]).astype(float)
    if not (count >= FEWEST and 0.0 < unmet.mean() < 1.0):
        return Equity(0, *[float("nan")] * (len(Equity._fields) - 1))
    rank = fractional_rank(episodes["wage"].astype(float))
    blocks = andersen_blocks(episodes)
    expected = blocks["need"] @ np.linalg.lstsq(blocks["need"], unmet, rcond=None)[0]
    return Equity(
        cases=count,
        inequality_index=erreygers(unmet, rank),
        inequality_slope=slope(unmet, rank),
        horizontal_inequity=erreygers(unmet - expected, rank),
        enabling_share=shapley_shares(blocks, unmet)["enabling"],
    )


def fractional_rank(wage: Floats) -> Floats:
    """Return the rank of each wage between 0 and 1; equal wages share theirs.

    >>> fractional_rank(np.array([1.0, 3.0, 3.0, 2.0])).tolist()
    [0.125, 0.75, 0.75, 0.375]
    """
    _, place, count = np.unique(wage, return_inverse=True, return_counts=True)
    below = np.cumsum(count) - count
    return np.asarray((below + count / 2.0)[place] / len(wage))


def erreygers(outcome: Floats, rank: Floats) -> float:
    """Return the Erreygers index of an outcome between 0 and 1: 8 times its covariance with rank.

    >>> erreygers(np.array([1.0, 1.0, 0.0, 0.0]), np.array([.125, .375, .625, .875]))
    -1.0
    """
    return float(8.0 * np.mean((outcome - outcome.mean()) * (rank - rank.mean())))


def slope(outcome: Floats, rank: Floats) -> float:
    """Return the slope index: how the outcome changes from the lowest to the highest wage.

    >>> round(slope(np.array([0.9, 0.7, 0.5]), np.array([0.0, 0.5, 1.0])), 3)
    -0.4
    """
    spread = float(np.mean((rank - rank.mean()) ** 2))
    if spread == 0.0:
        return float("nan")
    return float(np.mean((outcome - outcome.mean()) * (rank - rank.mean())) / spread)


def andersen_blocks(episodes: Records) -> dict[str, Floats]:
    """Return the determinants of use of care, one matrix with a constant per block."""
    nationality, legal_status, sex, sector = np.unravel_index(episodes["stratum"], STRATA_SHAPE)
    severity = episodes["worst"]
    wage = np.log(np.maximum(episodes["wage"].astype(float), 1.0))

    def dummies(codes: Column, labels: int) -> Floats:
        return np.eye(labels)[codes][:, 1:]

    one = np.ones((len(episodes), 1))
    need = [
        dummies(episodes["kind"], len(words.KINDS)),
        dummies(severity - 1, len(words.SEVERITIES)),
        episodes["age"].astype(float)[:, None] / 10.0,
        sex[:, None].astype(float),
    ]
    predisposing = [
        dummies(nationality, len(words.NATIONALITIES)),
        episodes["manages_language"].astype(float)[:, None],
    ]
    enabling = [
        dummies(legal_status, len(words.LEGAL_STATUSES)),
        dummies(sector, len(words.SECTORS)),
        wage[:, None],
    ]
    return {
        name: np.hstack([one, *parts])
        for name, parts in zip(BLOCKS, (need, predisposing, enabling), strict=True)
    }


@cache
def _threads() -> ThreadpoolController:
    """Return the controller of linear-algebra threads; finding the libraries takes a while."""
    return ThreadpoolController()  # type: ignore[no-untyped-call]


def shapley_shares(blocks: dict[str, Floats], outcome: Floats) -> dict[str, float]:
    """Return the share of each block in the explained part of a linear model of the outcome.

    The explained part (R squared of a linear probability model) is divided by Shapley's method: the
    share of a block is its mean gain over all orders in which the three blocks can be added to the
    model.
    """
    # The matrices are so small that several threads take five times as long as one.
    with _threads().limit(limits=1, user_api="blas"):
        explained = {
            frozenset(names): explained_part([blocks[name] for name in names], outcome)
            for names in _subsets(tuple(blocks))
        }
    names = tuple(blocks)
    worth = dict.fromkeys(names, 0.0)
    for name in names:
        others = [one for one in names if one != name]
        # Alone, after either of the two others, and after both: weights 1/3, 1/6, 1/6, 1/3.
        for coalition, weight in (
            ((), 1 / 3), ((others[0],), 1 / 6), ((others[1],), 1 / 6), (tuple(others), 1 / 3),
        ):  # fmt: skip
            gain = explained[frozenset((*coalition, name))] - explained[frozenset(coalition)]
            worth[name] += weight * gain
    total = explained[frozenset(names)]
    return {name: gain / total if total > 0 else float("nan") for name, gain in worth.items()}


def _subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name in names:
        found += [(*one, name) for one in found]
    return found


def explained_part(blocks: list[Floats], outcome: Floats) -> float:
    """Return R squared of a linear model of the outcome on these blocks."""
    if not blocks:
        return 0.0
    matrix = np.hstack([blocks[0], *(one[:, 1:] for one in blocks[1:])])
    fitted = matrix @ np.linalg.lstsq(matrix, outcome, rcond=None)[0]
    return float(1.0 - np.var(outcome - fitted) / np.var(outcome))
