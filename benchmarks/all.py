"""Measure everything that `docs/speed.md` shows, and rewrite its results, figures and tables.

    python -m benchmarks.all

takes about ten minutes on one processor; the machine should be otherwise idle.
"""

import subprocess
import sys

from benchmarks.results import ROOT

STEPS = (
    ("-m", "benchmarks.speed", "--write"),
    ("-m", "benchmarks.growth", "--write"),
    ("-m", "benchmarks.peers", "--write"),
    ("-m", "tools.docs.speed"),
)


def main() -> None:
    for step in STEPS:
        print("== python", *step, flush=True)
        subprocess.run([sys.executable, *step], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
