"""`python -m tests.fallback`: rules compiled by public means alone give the same digest.

A failed self-test is planted into a process of its own, which then has to say one line, compile
every rule without anything private of Numba, and end a small city with the digest of an ordinary
run. It takes two minutes, nearly all of it compiling, so it is no part of the suite; `.ci/run`
calls it after the tests.
"""

import subprocess
import sys
from pathlib import Path

from sim.engine.jit.backend import FALLBACK_WARNING

ROOT = Path(__file__).resolve().parents[1]
PLANTED = """
from sim.engine.jit import self_test
def broken(internals):
    raise self_test.SelfTestFailed("planted")
self_test.check = broken
"""
TEN_DAYS = """
from sim import AlmatyModel, load_scenario
model = AlmatyModel(load_scenario(overrides=["city.population=300", "city.burn_in_days=60"]))
model.run_for(10)
print(model.digest())
"""


def run(program: str) -> tuple[str, list[str]]:
    """Run a program in a process of its own; return what it prints, and the lines of stderr."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), [one for one in done.stderr.splitlines() if "Compiling" not in one]


def main() -> int:
    """Compare both digests; return 0 if they are equal and one line was said."""
    digest, nothing = run(TEN_DAYS)
    same, said = run(PLANTED + TEN_DAYS)
    print(f"ordinary run: {digest}\npublic means: {same}")
    for line in said:
        print(f"said: {line}")
    well = same == digest and not nothing
    return int(not well or said != [f"{FALLBACK_WARNING} (SelfTestFailed: planted)"])


if __name__ == "__main__":
    sys.exit(main())
