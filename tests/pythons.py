"""`uv run python -m tests.pythons [version ...]`: equal digests on 3.12 and 3.13, or others.

A version may also be the path of an interpreter. Each gets an environment of its own from `uv`,
another hash seed and another number of worker processes; the same small comparison must end with
the same digests everywhere. It installs packages and compiles the rules anew for each, minutes in
all, so it is no part of the suite.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

UV = os.environ.get("UV", "uv")
"""Where `uv run` says that it is itself."""
ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ["3.12", "3.13"]
COMPARISON = (
    "scenarios=[baseline,all_three_together]", "replicates=2", "city.population=600", "days=200",
)  # fmt: skip


def digests_on(version: str, number: int) -> dict[tuple[str, int], str]:
    """Return the digests of a comparison on one Python, by scenario and seed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                UV, "run", "-q", "--isolated", "--python", version,
                "python", "-m", "sim", *COMPARISON, f"executor.workers={1 + number % 2}",
                f"output={folder}", f"store={folder}/store",
            ],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
        )  # fmt: skip
        (found,) = Path(folder).glob("compare-*/runs.parquet")
        runs = pd.read_parquet(found)
    return dict(zip(zip(runs["scenario"], runs["seed"], strict=True), runs["digest"], strict=True))


def main(versions: list[str]) -> int:
    """Compare digests on these versions; return 1 if they differ."""
    first = digests_on(versions[0], 0)
    status = 0
    for number, version in enumerate(versions[1:], start=1):
        same = digests_on(version, number) == first
        print(f"{versions[0]} and {version}: {'equal' if same else 'DIFFERENT'}, {len(first)} runs")
        status |= not same
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or VERSIONS))
