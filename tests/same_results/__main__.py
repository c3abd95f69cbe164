"""`python -m tests.same_results BASE`: no result has moved since the commit BASE.

Carries out the listed runs (`listed.py`) with the tree as it is and with a clean checkout of BASE,
and compares digests, indicators, curves and case logs to the last bit. Prints a line a run and
ends with 0 if all are equal, with 1 if not.
"""

import argparse
import io
import os
import pickle
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tests.same_results.comparison import differences
from tests.same_results.listed import RUNS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent


def check_out(base: str, folder: Path) -> None:
    """Unpack the files of a commit into an empty folder."""
    packed = subprocess.run(
        ["git", "archive", "--format=tar", base, "--"], cwd=ROOT, capture_output=True, check=False
    )
    if packed.returncode:
        words = packed.stderr.decode().strip().splitlines()
        raise SystemExit(f"error: no checkout of '{base}': {words[0] if words else 'git failed'}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def begin(tree: Path, file: Path) -> "subprocess.Popen[bytes]":
    """Begin the listed runs with the model of one tree.

    The tree stands before whatever is installed, and is the working directory, since both decide
    which model and which configuration are used.
    """
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    for name in ("ALMATY_CONF", "NUMBA_CACHE_DIR"):
        environment.pop(name, None)
    command = [sys.executable, "-P", str(FOLDER / "worker.py")]
    return subprocess.Popen(
        [*command, str(FOLDER / "listed.py"), str(tree), str(file)], cwd=tree, env=environment
    )


def results(trees: Mapping[str, Path], folder: Path) -> dict[str, dict[str, Any]]:
    """Return the results of all listed runs by tree; the trees work at the same time."""
    workers = {name: begin(tree, folder / name) for name, tree in trees.items()}
    ended = {name: worker.wait() for name, worker in workers.items()}
    for name, status in ended.items():
        if status:
            raise SystemExit(f"error: the runs of {name} ended with status {status}")
    return {name: pickle.loads((folder / name).read_bytes()) for name in trees}


def line_of(name: str, ours: Mapping[str, Any], found: list[str]) -> str:
    """Return the line about one run."""
    if found:
        return f"{name}: DIFFERENT\n  " + "\n  ".join(found)
    rows = sum(len(one) for one in ours.values() if isinstance(one, pd.DataFrame))
    return f"{name}: equal, {rows:,} rows"


def main(arguments: list[str]) -> int:
    """Compare this tree with a commit; return 0 if every listed run has equal results."""
    parser = argparse.ArgumentParser(prog="python -m tests.same_results", description=__doc__)
    parser.add_argument("base", metavar="BASE", help="a commit, e.g. HEAD~1 or a tag")
    parser.add_argument(
        "--without-digest", action="store_true",
        help="where what a digest is made of has changed: compare the tables alone",
    )  # fmt: skip
    parser.add_argument(
        "--any-order", action="store_true", help="rows and columns may stand in another order"
    )
    parser.add_argument(
        "--renamed", nargs="*", default=[], metavar="OLD=NEW",
        help="columns and indicators that have another name now (then any order is good)",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    renamed = dict(one.split("=", 1) for one in chosen.renamed)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "tree"
        check_out(chosen.base, base)
        found = results({"here": ROOT, "BASE": base}, Path(folder))
    status = 0
    for run in RUNS:
        ours, theirs = found["here"][run.name], found["BASE"][run.name]
        lines = differences(
            ours, theirs, with_digest=not chosen.without_digest, any_order=chosen.any_order,
            renamed=renamed,
        )  # fmt: skip
        failed = "failed" in ours
        print(line_of(run.name, ours, lines), flush=True)
        status |= bool(lines) or failed
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
