"""Values, windows, names and selections through the public API: no signal, no silent change."""

import json
import os
import subprocess
import sys

import pytest

from tests.fuzz.api_child import COHORTS, cases
from tests.fuzz.harness import CHECKOUT, known_faults, settle

pytestmark = pytest.mark.long
AREAS = (*COHORTS, "windows", "names")
LONGEST = 300
"""Seconds after which a child that does not end is stopped."""


def done_to_models(area: str, child: tuple[str, ...] = ("-m", "tests.fuzz.api_child")) -> list[str]:
    """Do all cases of an area in child processes; return the complaints."""
    known = [case.name for case in cases(area)]
    found: list[str] = []
    first = 0
    while first < len(known):
        reached, complaints, ended = one_child(area, first, child)
        found += [f"{one} [{known[number]}]" for number, one in complaints]
        if not ended:
            break
        if reached is None:
            return [*found, f"traceback: the child ended before its first case: {ended}"]
        found.append(f"{ended} [{known[reached]}]")
        first = reached + 1
    return found


def one_child(
    area: str, first: int, child: tuple[str, ...]
) -> tuple[int | None, list[tuple[int, str]], str]:
    """Run one child; return the case it ended in, the complaints, and how it ended ("": well)."""
    try:
        done = subprocess.run(
            [sys.executable, *child, area, str(first)], cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True,
            timeout=LONGEST, check=False,
        )  # fmt: skip
        out, ended = done.stdout, f"signal: status {done.returncode}" if done.returncode else ""
        if done.returncode > 0:
            ended = f"traceback: {done.stderr.strip()[-200:]}"
    except subprocess.TimeoutExpired as late:
        out, ended = (late.stdout or b"").decode(), "hang: no end"
    reached, complaints = None, []
    for line in out.splitlines():
        said = json.loads(line)
        if "begin" in said:
            reached = said["begin"]
        complaints += [(said["case"], one) for one in said.get("complaints", [])]
    return reached, complaints, ended


@pytest.mark.parametrize("area", AREAS)
def test_nothing_done_through_the_api_ends_the_process_or_is_changed_in_silence(area: str) -> None:
    """-1, maximum and NaN in every column; windows, names, selections: refused, or as it is."""
    found = done_to_models(area)
    by_case: dict[str, list[str]] = {case.name: [] for case in cases(area)}
    for one in found:
        name = next((case for case in by_case if one.endswith(f" [{case}]")), area)
        by_case.setdefault(name, []).append(one)
    wrong = [one for name, some in by_case.items() if name not in known_faults() for one in some]
    settle(area, wrong)
    for name in by_case.keys() & known_faults().keys():
        settle(name, by_case[name])


def test_every_column_of_the_four_cohorts_is_tried() -> None:
    """Each of the declared columns has its three extremes, through a view and through `set`."""
    from tests.fuzz.api_child import declared_columns

    for cohort in COHORTS:
        names = {case.name for case in cases(cohort)}
        for column in declared_columns(cohort):
            for word in ("-1", "maximum", "NaN"):
                for way in ("view", "set"):
                    assert f"{cohort}.{column} = {word} ({way})" in names
