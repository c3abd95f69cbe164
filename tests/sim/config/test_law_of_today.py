"""The law of today: a second baseline, under which no scenario turns the law back."""

from datetime import date
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.config.configuration import ConfigurationError
from sim.config.files import names_of
from sim.config.loading import load_scenario

TODAY = ["law=today"]
SMALL = ["city=workshop", "city.population=200", "city.burn_in_days=60", "days=5", "replicates=1"]


def test_it_is_the_law_after_the_last_change_of_the_law_as_it_was_passed() -> None:
    world = load_scenario("baseline", TODAY).world
    book = world.regime["as_legislated"]
    begins = [row.since for row in (*book.entitlements.values(), *book.contributions.values())]
    assert world.law.regime == "as_legislated"
    assert date.fromisoformat(world.law.as_of) == max(begins)
    assert load_scenario("baseline", ["law=2020-01-01"]).world.law.as_of == "2020-01-01"


@pytest.mark.parametrize("name", names_of("scenario"))
def test_no_scenario_turns_the_law_back(name: str) -> None:
    """On every day the law in force is at least as late as that of the baseline."""
    base = load_scenario("baseline", TODAY).world.law
    scenario = load_scenario(name, TODAY)
    for day in {0, *(change.start_day for change in scenario.changes)}:
        law = scenario.world_on(day).law
        assert date.fromisoformat(law.as_of) >= date.fromisoformat(base.as_of)


def test_what_is_law_already_changes_nothing_and_other_books_still_do() -> None:
    assert not load_scenario("osms_legislated", TODAY).changes
    assert load_scenario("osms_legislated").changes
    for name, regime in (("osms_hoped", "as_hoped"), ("osms_universal", "universal")):
        assert load_scenario(name, TODAY).world_on(0).law.regime == regime


def test_a_law_of_2018_can_still_be_turned_back() -> None:
    """The default law is of the year in which the run begins: nothing is left out under it."""
    earlier = {"path": "law.as_of", "value": "2017-09-01", "start_day": 0}
    scenario = load_scenario("baseline").with_changes([earlier], name="earlier")
    assert [one.value for one in scenario.changes] == ["2017-09-01"]


def test_a_word_that_is_no_day_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"neither a date .* nor 'calendar' nor 'today'"):
        load_scenario("baseline", ["law=tomorrow"])


def test_the_comparison_leaves_out_what_is_in_force_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = "scenarios=[baseline,osms_legislated,osms_hoped]"
    assert main([*TODAY, *SMALL, named, f"output={tmp_path}", "executor=serial"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Left out: osms_legislated (its rules are in force already)." in said
    assert "no survey shows" in said
    assert "OSMS hoped" in said and "OSMS legislated" not in said.replace("osms_legislated", "")
