"""A8: contagion is not built, so there is no epidemic curve to compare with theory.

Tuberculosis comes at a rate by nationality. Whoever lets it be passed on meets this test, and owes
the oracle: final size and rate of growth against the equations of SEIR.
"""

import numpy as np
import pytest

from sim import vocabulary as words
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.invariants import Watch

INFECTION = words.IllnessKind.INFECTION
STRANGERS = 2**39 + np.arange(200, dtype=np.uint64)
FREQUENT = {
    "city.burn_in_days": 0,
    **{f"illness.infection_rate.{name}": 0.2 for name in words.NATIONALITIES},
}


def infections(strangers_ill: bool) -> set[tuple[int, int, int, int, int]]:
    """Return all onsets of tuberculosis but those of 200 strangers, who are ill or well."""
    watch = Watch(AlmatyModel(city(population=400, seed=5, changed=FREQUENT)))
    model = watch.model
    stay = np.full(len(STRANGERS), 300)
    rows = model.demography.admit(model.demography.newcomers(STRANGERS, model.day, stay))
    if strangers_ill:
        nothing = np.zeros(len(rows), dtype=np.int64)
        model.illness.open_episodes(rows, nothing + INFECTION, nothing + 60)
    model.run_for(150)
    everybody = {one for one in watch.onsets if one[2] == INFECTION}
    return {one for one in everybody if one[0] < STRANGERS[0]}


@pytest.mark.claim("A8")
def test_tuberculosis_is_not_passed_on_in_the_city() -> None:
    """A third of the city open and untreated for months: nobody else has other onsets of it."""
    without, among_the_ill = infections(False), infections(True)
    assert len(without) > 20
    ordinary = {one[:4] for one in without}
    assert {one[:4] for one in among_the_ill} == ordinary
