"""What the terminal shows: when policies begin, and tables that fit its width."""

import io

import pandas as pd
import pytest
from rich.console import Console

from experiments.analysis.console_report import print_gains, print_starts
from sim import load_scenario

POLICIES = (
    "osms_legislated", "osms_universal", "arrival_briefing", "information_saturation", "hub_small",
    "hub_with_escorts",
)  # fmt: skip


def console(width: int) -> tuple[Console, io.StringIO]:
    """Return a terminal of so many columns, and what is written to it."""
    said = io.StringIO()
    return Console(file=said, width=width), said


def gains() -> pd.DataFrame:
    """Return changes of the outcomes that are shown by group, the same for all policies."""
    rows = [
        {
            "indicator": indicator, "detail": "", "by": by, "group": group, "scenario": scenario,
            "verdict": "reference" if scenario == "baseline" else "better", "level": 0.5,
            "difference": -0.158, "difference_low": -0.173, "difference_high": -0.142,
        }
        for indicator in ("unmet_need_episodes", "unresolved_needs")
        for by, group in (("nationality", "uzbekistan"), ("legal_status", "eaeu_contract"))
        for scenario in ("baseline", *POLICIES)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_who_gains_is_shown_whole_in_any_width(width: int) -> None:
    """No name is cut, no line is longer than the terminal, no policy is left out or twice."""
    terminal, said = console(width)
    print_gains(terminal, gains())
    text = said.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert text.count("-17.3 to -14.2") == 2 * 2 * len(POLICIES)


def test_policies_are_said_to_begin_on_their_days() -> None:
    """The first day of any change, and the day from which all of them are complete."""
    base = load_scenario("baseline", ["city=workshop"])
    terminal, said = console(500)
    print_starts(terminal, [base, *(base.with_policy(name) for name in POLICIES)])
    assert said.getvalue().strip() == (
        "Begin: OSMS legislated, OSMS universal: day 0; "
        "Arrival briefing, Information saturation: day 0, in full from day 60; "
        "Hub small, Hub with escorts: day 0, in full from day 120."
    )
    terminal, said = console(80)
    print_starts(terminal, [base])
    assert said.getvalue() == ""
