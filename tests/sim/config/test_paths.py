"""Values of a world by path."""

import pytest

from sim.config.loading import load_scenario
from sim.config.paths import raw_value_at, value_paths

WORLD = load_scenario("baseline", ["city=almaty"]).world
FRACTIONS = [
    path for path in value_paths(WORLD.model_dump()) if isinstance(raw_value_at(WORLD, path), float)
]


def test_a_whole_number_in_place_of_a_fraction_stays_a_fraction() -> None:
    """As another type of record it would have all rules compiled anew, for two minutes."""
    assert len(FRACTIONS) > 400
    for path in FRACTIONS:
        moved = raw_value_at(WORLD.with_value(path, 1), path)
        assert (type(moved), moved) == (float, 1.0), path


def test_words_and_whole_numbers_are_taken_as_they_are() -> None:
    assert raw_value_at(WORLD.with_value("city.population", 500), "city.population") == 500
    moved = WORLD.with_value("law.regime", "universal")
    assert raw_value_at(moved, "law.regime") == "universal"


@pytest.mark.parametrize("value", [2.5, 3.0])
def test_fractions_stay_as_they_are(value: float) -> None:
    assert (
        raw_value_at(WORLD.with_value("illness.acute_rate", value), "illness.acute_rate") == value
    )
