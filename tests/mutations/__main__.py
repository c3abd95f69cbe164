"""`python -m tests.mutations [name ...]`: put faults into copies of the model, see who notices."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.mutations.check import ROOT, Answer, all_faults, look_for, what_fails_without_a_fault
from tests.mutations.report import page

ENOUGH = 0.9
"""Share of faults that must be caught."""
PAGE = ROOT / "docs" / "mutations.md"


def main(arguments: list[str]) -> int:
    """Run the check; return the exit status: 0 if enough faults are caught, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("name", nargs="*", help="only faults whose name or file contains this")
    parser.add_argument("--write", action="store_true", help="write docs/mutations.md")
    parser.add_argument(
        "--first-only", action="store_true", help="leave out the rest of the fast suite"
    )
    parser.add_argument("--workers", type=int, default=2, help="faults looked for side by side")
    chosen = parser.parse_args(arguments)
    faults = [
        one
        for one in all_faults()
        if not chosen.name or any(word in one.name or word in one.file for word in chosen.name)
    ]
    if not faults:
        parser.error("no such fault")

    def shown(answer: Answer) -> Answer:
        verdict = answer.caught_by or "MISSED"
        print(f"{answer.seconds:5.0f} s  {answer.fault.name}: {verdict}", flush=True)
        return answer

    with ThreadPoolExecutor(chosen.workers) as pool:
        thorough = not chosen.first_only
        looked_for = pool.map(lambda one: shown(look_for(one, thorough)), faults)
        without = pool.submit(what_fails_without_a_fault, faults)
        answers = list(looked_for)
    if without.result():
        print(f"{without.result()} fails without any fault: the check means nothing")
        return 1
    caught = sum(bool(one.caught_by) for one in answers)
    print(f"{caught} of {len(answers)} faults caught ({caught / len(answers):.1%})")
    if chosen.write:
        PAGE.write_text(page(answers), encoding="utf-8")
    return 0 if caught >= ENOUGH * len(answers) else 1


sys.exit(main(sys.argv[1:]))
