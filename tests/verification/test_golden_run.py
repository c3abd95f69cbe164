"""V29: five seeds give the approved values, so no result changes unnoticed."""

import pytest

from tests.approved.runs import approved, differences, present


@pytest.mark.claim("V29")
def test_five_seeds_give_the_approved_values() -> None:
    """Whoever changes results on purpose approves them: `python -m tests.approved`."""
    file = approved()
    changed = differences(present(), file["values"], file["relative"])
    assert not changed, "\n".join(["run `python -m tests.approved`:", *changed[:20]])


@pytest.mark.claim("V29")
def test_a_changed_value_is_a_difference_and_noise_of_arithmetic_is_not() -> None:
    expected = {"1": {"deaths": 2.0, "delay": None}}
    assert differences({"1": {"deaths": 2.0 + 1e-12, "delay": None}}, expected, 1e-9) == []
    assert len(differences({"1": {"deaths": 2.001, "delay": 1.0}}, expected, 1e-9)) == 2
    assert len(differences({"1": {"deaths": 2.0}, "2": {"deaths": 1.0}}, expected, 1e-9)) == 1
