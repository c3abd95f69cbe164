"""Details of observation: where it begins, and inequity as it was put into made-up people."""

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.model import AlmatyModel
from sim.observation.equity import count_equity
from sim.observation.tally import Tally
from tests.cities import city


def test_what_was_learned_before_day_0_is_not_learned_in_the_run() -> None:
    """People learn during burn-in; the count of where they learned it begins with the run."""
    model = AlmatyModel(city(population=300, days=20, changed={"city.burn_in_days": 40}))
    rows = model.migrants.rows
    assert (model.migrants.times_learned[rows] > 1).any() or model.migrants.knows[rows].any()
    assert model.counts["learned"].sum() == 0
    model.run_for(20)
    learned = int(model.counts["learned"].sum())
    assert learned > 0
    assert model.diary.learned(0, 20).sum() == learned


def equity_of(unmet_of: str) -> dict[str, float]:
    """Return Q2 to Q5 of people whose care depends on one thing; the low paid are graver ill."""
    rng = np.random.default_rng(11)
    count = 4000
    severity = rng.integers(1, 4, count)
    wage = np.round(60_000 + 8_000 * (3 - severity) + rng.uniform(0, 60_000, count))
    sector = rng.integers(0, len(words.SECTORS), count)
    zeros = np.zeros(count, dtype=np.int64)
    unmet = severity == 3 if unmet_of == "need" else wage < np.median(wage)
    episodes = pd.DataFrame(
        {
            "stratum": np.ravel_multi_index((zeros, zeros, zeros, sector), STRATA_SHAPE),
            "formal_contact": ~unmet,
            "wage": wage,
            "worst": severity,
            "kind": zeros,
            "age": 30,
            "manages_language": True,
        }
    )
    tally = Tally()
    count_equity(tally, episodes)
    return {str(row.indicator): float(row.value) for row in tally.table().itertuples()}


def test_care_that_depends_on_need_alone_is_unequal_and_not_inequitable() -> None:
    """The low paid go without more often, because they are graver ill: need explains it all."""
    found = equity_of("need")
    assert found["inequality_index"] < -0.1
    assert found["horizontal_inequity"] == pytest.approx(0.0, abs=1e-9)


def test_care_that_depends_on_wages_is_inequitable_beyond_need() -> None:
    """What is left when need has been taken out is most of it, and enabling factors lead."""
    found = equity_of("wage")
    assert found["horizontal_inequity"] < 0.5 * found["inequality_index"] < -0.2
    assert found["enabling_share"] > 0.5
