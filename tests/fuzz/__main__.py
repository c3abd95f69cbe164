"""`python -m tests.fuzz [--long] [word ...]`: all cases, and a table of what fails by kind.

Words choose among the tests (as `pytest -k`), e.g. `python -m tests.fuzz flip`.
"""

import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Counted:
    """Counts the cases of each area, and keeps one complaint of each kind."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.complaints: dict[tuple[str, str], list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test when it has been called, or could not be."""
        if report.when != "call" and report.passed:
            return
        area = Path(report.nodeid.partition("::")[0]).stem.removeprefix("test_")
        self.tried[area] += 1
        if report.passed:
            return
        self.failed[area] += 1
        for line in complaints_in(str(report.longrepr)) or [f"other: {report.nodeid}"]:
            self.complaints[area, line.partition(":")[0]].append(line)


def complaints_in(text: str) -> list[str]:
    """Return the complaints of the harness in what pytest says of a failure."""
    from tests.fuzz.harness import KINDS

    lines = [
        line.removeprefix("E").strip().removeprefix("AssertionError: ").strip("'\"")
        for line in text.splitlines()
        if line.startswith("E ")
    ]
    return [line for line in lines if line.partition(":")[0] in KINDS]


def main(arguments: list[str]) -> int:
    """Run the harness; return the exit status of pytest."""
    if "--long" in arguments:
        os.environ["ALMATY_FUZZ"] = "long"
    words = [one for one in arguments if one != "--long"]
    counted = Counted()
    chosen = ["-m", "", *(["-k", " and ".join(words)] if words else [])]
    status = int(pytest.main([str(HERE), "--tb=short", "--no-summary", *chosen], [counted]))
    from tests.fuzz.harness import KINDS  # not before: pytest has to import Hydra itself

    print()
    for area in sorted(counted.tried):
        print(f"{area:16} {counted.tried[area]:6} cases {counted.failed[area]:6} failing")
    for kind in (*KINDS, "other"):
        for (area, one), lines in sorted(counted.complaints.items()):
            if one == kind:
                print(f"{kind:22} {area:16} {len(lines):5}  {lines[0][:200]}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
