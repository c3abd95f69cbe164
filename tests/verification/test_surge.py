"""A surge of acute illness adds episodes and leaves everybody's own candidates as they were."""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.model import AlmatyModel
from sim.observation.event_records import episode_table
from sim.submodels.onset import FIRST_SURGE_ORDINAL
from tests.cities import city

ACUTE = words.IllnessKind.ACUTE
POPULATION, DAYS = 2000, 130
SURGE_DAYS, FACTOR = 60, 3.0


@pytest.fixture(scope="module")
def with_and_without() -> tuple[AlmatyModel, AlmatyModel]:
    models = []
    for shock in ("none", "epidemic"):
        scenario = city(population=POPULATION, days=DAYS, overrides=(f"shock={shock}",))
        model = AlmatyModel(scenario)
        model.run_for(DAYS)
        models.append(model)
    return models[0], models[1]


def test_nobody_has_fewer_or_other_candidate_onsets(
    with_and_without: tuple[AlmatyModel, AlmatyModel],
) -> None:
    """Of the same people, the n-th ordinary episode of other kinds is the same one."""
    calm, struck = (episode_table(model) for model in with_and_without)
    ordinary = struck[struck["ordinal"] < FIRST_SURGE_ORDINAL]
    shared = calm.merge(ordinary, on=["person", "ordinal"], suffixes=("", "_struck"))
    assert len(shared) > 0.8 * len(calm)
    assert (shared["kind"] == shared["kind_struck"]).all()
    assert (shared["began_on"] == shared["began_on_struck"]).all()


def test_the_surge_adds_what_its_factor_says_while_it_lasts(
    with_and_without: tuple[AlmatyModel, AlmatyModel],
) -> None:
    """Onsets it adds, before the rule of one open episode a kind: within four standard errors."""
    _, struck = with_and_without
    table = episode_table(struck)
    added = table[table["ordinal"] >= FIRST_SURGE_ORDINAL]
    assert (added["kind"] == ACUTE).all()
    assert added["began_on"].between(60, 119).all()
    illness = struck.specification.world.illness
    season = np.mean([struck.onset.season(day) for day in range(60, 60 + SURGE_DAYS)])
    present = struck.diary.present.sum(axis=1)[60:120].mean()
    rate = illness.acute_rate * season * (FACTOR - 1.0) * SURGE_DAYS / 365
    expected = present * rate
    # About a tenth of the people have an acute episode open already and are passed over.
    assert 0.80 * expected - 4 * expected**0.5 < len(added) < expected + 4 * expected**0.5
    assert len(added) > 0.5 * expected
