"""V27: indices of inequality on data small enough to work out by hand."""

import numpy as np
import pytest

from sim.observation.equity import (
    erreygers,
    explained_part,
    fractional_rank,
    shapley_shares,
    slope,
)


@pytest.mark.claim("V27")
@pytest.mark.parametrize(
    ("outcome", "wage", "known"),
    [
        # The poorer half goes without: covariance -0.125, times 8.
        ([1, 1, 0, 0], [1, 2, 3, 4], -1.0),
        ([0, 0, 1, 1], [1, 2, 3, 4], 1.0),
        # Spread evenly over the ranks: none.
        ([1, 0, 0, 1], [1, 2, 3, 4], 0.0),
        # Ranks 1/6, 1/2, 5/6; mean 1/3; covariance (-1/3 x 2/3 + 0 + 1/3 x -1/3) / 3 = -1/9.
        ([1, 0, 0], [1, 2, 3], -8 / 9),
        # Equal wages share a rank, so nothing can be said.
        ([1, 0, 1, 0], [7, 7, 7, 7], 0.0),
    ],
)
def test_the_index_of_erreygers_of_toy_data(
    outcome: list[float], wage: list[float], known: float
) -> None:
    rank = fractional_rank(np.array(wage, dtype=float))
    assert erreygers(np.array(outcome, dtype=float), rank) == pytest.approx(known)


@pytest.mark.claim("V27")
def test_the_slope_index_is_the_slope_of_a_line() -> None:
    """Unmet need falls from 0.6 to 0.2 over the ranks: -0.4; a shift of all changes nothing."""
    rank = fractional_rank(np.arange(5.0))
    assert slope(0.6 - 0.4 * rank, rank) == pytest.approx(-0.4)
    assert slope(0.9 - 0.4 * rank, rank) == pytest.approx(-0.4)
    assert np.isnan(slope(np.array([1.0, 0.0]), np.array([0.5, 0.5])))


@pytest.mark.claim("V27")
def test_the_blocks_of_an_exact_design_share_what_they_explain() -> None:
    """Orthogonal columns with effects 1, 2 and 0: variances 1, 4 and 0 of 5, so 1/5, 4/5 and 0."""
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=float)
    outcome = signs @ np.array([1.0, 2.0, 0.0])
    one = np.ones(len(signs))
    blocks = {
        name: np.column_stack([one, signs[:, column]])
        for column, name in enumerate(("need", "enabling", "predisposing"))
    }
    assert explained_part([blocks["need"]], outcome) == pytest.approx(1 / 5)
    shares = shapley_shares(blocks, outcome)
    assert shares == pytest.approx({"need": 1 / 5, "enabling": 4 / 5, "predisposing": 0.0})
