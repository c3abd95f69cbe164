"""Run the tests that prove the claims of the verification suite, and rewrite their table.

    python -m tools.docs.verification                  # all of them
    python -m tools.docs.verification A3 V25           # of some claims; the other results stay
    python -m tools.docs.verification --table          # the table alone, from the results there are
    python -m tools.docs.verification --read=REPORT    # from a report: pytest --junitxml=REPORT

Claims are listed in `tests/claims.yaml`; tests name their claims with the marker `claim`. Results
are kept in `docs/data/verification.json`, and the table is in `docs/verification.md` between two
marks.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from experiments.runs.plan import model_version
from tests.claims import claims, proofs
from tools.docs import DATA, DOCS, ROOT, markdown_tables

DOCUMENT, RESULTS = DOCS / "verification.md", DATA / "verification.json"
BEGIN, END = "<!-- claims -->", "<!-- end of claims -->"

type Results = dict[str, dict[str, str | int]]
"""By test: cases that passed, all cases, seconds, day and version of the model."""


def run(tests: list[str]) -> Results:
    """Run some tests ("file::function") and return their results."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        paths = [f"tests/{test}" for test in tests]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "", *paths, f"--junitxml={report}"],
            cwd=ROOT,
            check=False,
        )
        return results_of(report)


def results_of(report: Path) -> Results:
    """Return the result of each test from a report of pytest."""
    day, version = datetime.now(UTC).date().isoformat(), model_version()
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        file = case.get("classname", "").removeprefix("tests.").replace(".", "/") + ".py"
        test = f"{file}::{case.get('name', '').split('[')[0]}"
        total[test] += 1
        passed[test] += all(child.tag not in ("failure", "error", "skipped") for child in case)
        seconds[test] += float(case.get("time", "0"))
    return {
        test: {
            "passed": passed[test], "cases": total[test], "seconds": round(seconds[test]),
            "day": day, "version": version,
        }
        for test in total
    }  # fmt: skip


def last_result(tests: list[str], results: Results) -> str:
    """Return in a few words the last results of the tests of a claim."""
    found = [results[test] for test in tests if test in results]
    if not found or len(found) < len(tests):
        return "not run"
    passed, cases = (sum(int(one[name]) for one in found) for name in ("passed", "cases"))
    oldest = min(found, key=lambda one: one["day"])
    verdict = "passed" if passed == cases else f"**{cases - passed} failed**"
    return f"{verdict}, {passed}/{cases} cases, {oldest['day']}, `{oldest['version']}`"


def table(results: Results) -> str:
    """Return the table in Markdown."""
    rows, marked = [], proofs()
    for name, claim in claims().items():
        tests = marked.get(name, [])
        says = claim["says"]
        if "not_built" in claim:
            says += f". *Not applicable, the submodel is not built: {claim['not_built']}*"
        proven_by = "<br>".join(f"`{test}`" for test in tests)
        result = last_result(tests, results)
        rows.append((name, says, proven_by, result, claim.get("fault", "-")))
    heading = ("claim", "says", "tests", "last result", "seen failing with")
    return markdown_tables.table(heading, rows)


def main(arguments: list[str]) -> int:
    """Run, keep the results, write the table; return 1 if any test has failed."""
    results: Results = json.loads(RESULTS.read_text(encoding="utf-8"))
    marked, chosen = proofs(), [one for one in arguments if not one.startswith("--")]
    unknown = set(chosen) - set(claims())
    if unknown:
        print(f"no such claim: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    tests = {test for name in chosen or marked for test in marked.get(name, [])}
    reports = [one.removeprefix("--read=") for one in arguments if one.startswith("--read=")]
    for report in reports:
        results |= results_of(Path(report))
    if "--table" not in arguments and not reports:
        results |= run(sorted(tests))
    known = {test for tests_of_claim in marked.values() for test in tests_of_claim}
    results = {test: results[test] for test in sorted(known & results.keys())}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = DOCUMENT.read_text(encoding="utf-8")
    renewed = re.sub(
        f"(?<={BEGIN}\n).*?(?={END})", lambda _: table(results) + "\n", text, flags=re.DOTALL
    )
    DOCUMENT.write_text(renewed, encoding="utf-8")
    return int(any(one["passed"] != one["cases"] for one in results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
