"""What a study costs apart from its runs.

    python -m benchmarks.studies [runs ...] [executor=NAME] [--write [FILE]]

Default: 1000 3000 10000 runs.

Each number is a sweep of a tiny city (500 migrants, 30 days) as an analyst would start it, in a
separate store: one scenario, ten seeds, a lever drawn anew for every sample. The output shows, per
run, the CPU time outside the model (outside burn-ins, days and the model's own result tables) and
the size of the store; and how long it takes to read ten indicators of all runs. The default
executor is `serial`: one process, so all CPU time is counted.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import argument_parser, machine_facts, rounded, write
from experiments import open_store

RUNS = ["1000", "3000", "10000"]
SEEDS = 10
LEVER = "levers.agencies.coordinating_body.capacity.casework"
"""A lever changes only after the burn-in, so all samples of a seed share one burn-in."""
OPENED = [
    "emergency_uptake_24h", "emergency_need", "emergency_contacts", "unmet_need_episodes",
    "unresolved_needs", "total_unresolved", "deaths", "out_of_pocket", "societal_cost",
    "hidden_unmet_need",
]  # fmt: skip
COLUMNS = ("runs", "wall s", "CPU s in runs", "outside, ms/run", "MB", "kB/run", "rows", "opened s")


def cost_of(runs: int, executor: str) -> tuple[float, ...]:
    """Return what a sweep of `runs` runs costs, in the order of `COLUMNS`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "sim", "study=sweep", "scenarios=[baseline]",
            "design=latin_hypercube", f"samples={runs // SEEDS}", f"replicates={SEEDS}",
            f"vary={{{LEVER}: {{low: 0, high: 20}}}}", "city.population=500", "days=30",
            f"executor={executor}", f"output={folder}", f"store={folder}/store",
        ]  # fmt: skip
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"the sweep of {runs} runs ended with {process.returncode}")
        store = open_store(f"{folder}/store")
        times = store.runs()
        in_runs = float(times[["cpu_seconds", "burn_in_cpu_seconds"]].to_numpy().sum())
        outside = used.ru_utime + used.ru_stime - in_runs
        size = sum(one.stat().st_size for one in Path(folder, "store").rglob("*") if one.is_file())
        began = time.perf_counter()
        rows = store.indicators(where=[("indicator", "in", OPENED), ("by", "==", "all")])
        opening = time.perf_counter() - began
    memory = used.ru_maxrss / 1024
    kilobytes = size / 1000 / runs
    return runs, wall, in_runs, 1000 * outside / runs, memory, kilobytes, len(rows), opening


def main() -> None:
    parser = argument_parser("benchmarks.studies", __doc__)
    parser.add_argument("words", nargs="*", metavar="runs or executor=NAME")
    options = parser.parse_args()
    given, machine = options.words, machine_facts()
    executors = [word.partition("=")[2] for word in given if word.startswith("executor=")]
    numbers = [word for word in given if word.isdecimal()] or RUNS
    print("".join(f"{name:>17}" for name in COLUMNS))
    found = []
    for runs in numbers:
        cost = cost_of(int(runs), executors[-1] if executors else "serial")
        print("".join(f"{value:>17,.2f}" for value in cost), flush=True)
        found.append({name: rounded(one) for name, one in zip(COLUMNS, cost, strict=True)})
    if options.write is not None:
        write("studies", machine, found, options.write)


if __name__ == "__main__":
    main()
