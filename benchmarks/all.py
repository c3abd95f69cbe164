"""Measure everything that `docs/speed.md` shows, and write it anew: results, figures, tables.

    python -m benchmarks.all

takes about ten minutes of one processor; the machine should have nothing else to do.
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
