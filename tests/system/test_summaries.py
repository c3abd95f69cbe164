"""Summaries of scenarios and shocks say when what they change begins, and how long it takes."""

import re
from typing import Any

import pytest
from omegaconf import OmegaConf

from sim.config.configuration import configuration_folder

FILES = [
    path
    for group in ("scenario", "shock")
    for path in sorted((configuration_folder() / group).glob("*.yaml"))
]


def unsaid(described: dict[str, Any]) -> list[str]:
    """Return the days of changes that a summary does not name, in words.

    Day 0 needs no words; a ramp and a change that ends are named by their length.
    """
    summary, missing = str(described["summary"]), set()
    for change in described["changes"]:
        start, ramp, until = (change.get(one) for one in ("start_day", "ramp_days", "until_day"))
        if start and not re.search(rf"\bday {start}\b", summary):
            missing.add(f"day {start}")
        for length in (ramp, until - start if until else None):
            if length and not re.search(rf"\b{length} days\b", summary):
                missing.add(f"{length} days")
    return sorted(missing)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_a_summary_names_the_days_on_which_something_begins(path: Any) -> None:
    """Every file: a change after day 0, a ramp and an end are in the one line users see."""
    described: Any = OmegaConf.to_container(OmegaConf.load(path))
    assert unsaid(described) == []


def test_a_summary_that_keeps_silent_is_seen() -> None:
    """Each of the three kinds of days is missed when it is not named."""
    change = {"path": "x", "value": 1, "start_day": 120, "ramp_days": 90, "until_day": 300}
    silent = {"summary": "60 cases a day", "changes": [change]}
    assert unsaid(silent) == ["180 days", "90 days", "day 120"]
    said = {**silent, "summary": "from day 120, over 90 days, for 180 days"}
    assert unsaid(said) == []
