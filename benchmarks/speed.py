"""Speed and memory of the model, with a reference loop measured in the same process.

    python -m benchmarks.speed [CITY ...] [--years N] [--runs N] [--write [FILE]]

A CITY is a name or a number of people; default: workshop (20,000) almaty (120,000) 5000 300000
1000000 for a year, and almaty for five years. CPU seconds of one thread, medians of several runs,
burn-in not counted; the blocks of the day; memory of a migrant, of an episode and of the logs, and
the peak of a process that runs nothing else. The reference "five draws" is measured before every
run, for as many people and days: compare ratios. The CPU time for importing the model and showing
its help is measured too.
"""

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from benchmarks.reference import five_draws
from benchmarks.results import (
    ROOT,
    argument_parser,
    in_own_process,
    machine_facts,
    rounded,
    summary,
    write,
)
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario
from sim.engine.event_log import EventLog
from sim.model import AlmatyModel

CITIES = ["workshop", "almaty", "5000", "300000", "1000000"]
DAYS, RUNS, FORKS, STARTS = 365, 5, 5, 5
BLOCK_RUNS, MOST_WITH_BLOCKS = 3, 150_000
"""Runs for the blocks of the day, and the largest city in which they are measured."""
LONGEST = 5
"""Years for which the growth of the logs is followed, once, by default."""
FEW_RUNS = ((1_000_000, 1), (300_000, 3))
"""Limits on runs for cities of at least so many people: they take long, and vary little."""
MEGABYTE = 1e6


def overrides(city: str) -> list[str]:
    """Return the overrides for a city given by name or by number of people."""
    return ["city=almaty", f"city.population={city}"] if city.isdecimal() else [f"city={city}"]


def runs_for(people: int, most: int) -> int:
    """Return how often a city of a given size is run.

    Examples
    --------
    >>> [runs_for(people, 5) for people in (20_000, 300_000, 2_000_000)]
    [5, 3, 1]
    """
    return min([most, *(runs for size, runs in FEW_RUNS if people >= size)])


def bytes_a_row(log: EventLog) -> int:
    """Return the memory of one record of a log."""
    columns = [log[name] for name in log.dtypes]
    return max(columns[0].strides[0], sum(column.itemsize for column in columns))


def memory_now() -> float:
    """Return the memory that this process holds, in MB; 0 where the system does not report it."""
    told = Path("/proc/self/statm")
    if not told.exists():
        return 0.0
    pages = int(told.read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def peak_memory() -> float:
    """Return the most memory this process has held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def fork_seconds(model: AlmatyModel) -> float:
    """Return the CPU seconds of a fork, the median of several."""
    spent = []
    for _ in range(FORKS):
        gc.collect()  # otherwise collecting an earlier branch would count towards this one
        started = process_time()
        branch = model.fork(model.specification)
        spent.append(process_time() - started)
        del branch
    return median(spent)


def held_by_logs(model: AlmatyModel) -> dict[str, Any]:
    """Return the size of the logs: bytes per record, records, MB, and bytes per closed case."""
    logs = model.logs
    total = sum(len(log) * bytes_a_row(log) for log in logs.values())
    return {
        "mb": rounded(total / MEGABYTE),
        "bytes_a_closed_case": rounded(total / max(len(model.closed_episodes), 1)),
        "logs": {
            name: {"bytes_a_record": bytes_a_row(log), "records": len(log)}
            for name, log in logs.items()
        },
    }


def state_at_the_end_of(year: float, model: AlmatyModel) -> dict[str, Any]:
    """Return the CPU seconds of a year, and the memory in use at its end."""
    return {"cpu_s": rounded(year), "memory_mb": rounded(memory_now()), **held_by_logs(model)}


def measured(city: str, years: int, runs: int) -> dict[str, Any]:
    """Return everything about one city, measured in this process."""
    scenario = load_scenario("baseline", overrides(city))
    people = scenario.world.city.population
    AlmatyModel(load_scenario("baseline", ["city.population=500"])).run_for(DAYS)  # loads the rules
    before = memory_now()
    founded, forks, later_forks, references, spent, ratios = [], [], [], [], [], []
    yearly: list[dict[str, Any]] = []
    peak = 0.0
    model: AlmatyModel | None = None
    for run in range(runs):
        model = None  # one city in memory at a time
        # Alternately, so that both see the same load on a busy machine.
        references.append(five_draws(people, DAYS))
        started = process_time()
        model = AlmatyModel(scenario)
        founded.append(process_time() - started)
        if run:  # the first run measures the peak of memory, so it has no other branch
            forks.append(fork_seconds(model))
        total = 0.0
        for _ in range(years):
            started = process_time()
            model.run_for(DAYS)
            year = process_time() - started
            total += year
            if run == 0:  # nothing else has been in memory yet
                yearly.append(state_at_the_end_of(year, model))
        spent.append(total / years)
        ratios.append(spent[-1] / references[-1])
        if run == 0:
            peak = peak_memory()
        later_forks.append(fork_seconds(model))
    assert model is not None
    if not forks:
        del model
        model = AlmatyModel(scenario)
        forks.append(fork_seconds(model))
    found = {
        "city": city,
        "people": people,
        "years": years,
        "year_cpu_s": summary(spent),
        "five_draws_cpu_s": summary(references),
        "ratio": summary(ratios),
        "founding_and_burn_in_cpu_s": summary(founded),
        "fork_on_day_0_ms": rounded(1000 * median(forks)),
        "fork_at_the_end_ms": rounded(1000 * median(later_forks)),
        "bytes_a_migrant": model.migrants.bytes_per_row,
        "bytes_an_open_episode": model.episodes.bytes_per_row,
        "bytes_an_open_need": model.tasks.bytes_per_row,
        "memory_before_mb": rounded(before),
        "peak_memory_mb": rounded(peak),
        "yearly": yearly,
    }
    del model
    with_blocks = years == 1 and people <= MOST_WITH_BLOCKS
    return {**found, "blocks_cpu_s": blocks_of(scenario) if with_blocks else {}}


def blocks_of(scenario: Scenario) -> dict[str, float]:
    """Return the CPU seconds of a year by block, the most expensive first.

    Measured in separate runs: reading the clock so often takes a few per cent of a short year.
    """
    spent: dict[str, list[float]] = {}
    for _ in range(BLOCK_RUNS):
        model = AlmatyModel(scenario)
        model.block_seconds = {}
        model.run_for(DAYS)
        for name, seconds in model.block_seconds.items():
            spent.setdefault(name, []).append(seconds)
    ranked = sorted(spent, key=lambda name: -median(spent[name]))
    return {name: rounded(median(spent[name])) for name in ranked}


def start_seconds(arguments: list[str]) -> float:
    """Return the CPU seconds of a whole Python process, the median of several."""
    spent = []
    for _ in range(STARTS):
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        spent.append(used.ru_utime + used.ru_stime)
    return median(spent)


def show(one: dict[str, Any]) -> None:
    """Print the measurements of one city."""
    year, reference, ratio = one["year_cpu_s"], one["five_draws_cpu_s"], one["ratio"]
    words = f"{one['years']} year{'s' if one['years'] > 1 else ''}"
    print(f"{one['city']}: {one['people']:,} people, {words}, median of {year['runs']}")
    print(f"  a year      {year['median']:8.2f} CPU s   ({year['low']:.2f} to {year['high']:.2f})")
    print(f"  five draws  {reference['median']:8.2f} CPU s   ratio {ratio['median']:.2f}")
    print(f"  burn-in     {one['founding_and_burn_in_cpu_s']['median']:8.2f} CPU s")
    print(
        f"  fork        {one['fork_on_day_0_ms']:8.1f} ms on day 0, "
        f"{one['fork_at_the_end_ms']:.1f} ms at the end"
    )
    last = one["yearly"][-1]
    print(
        f"  bytes       {one['bytes_a_migrant']} a migrant, {one['bytes_an_open_episode']} an open "
        f"episode, {last['bytes_a_closed_case']:.0f} a closed case in all logs"
    )
    print(f"  peak memory {one['peak_memory_mb']:8.0f} MB")
    for number, end in enumerate(one["yearly"], start=1):
        held, process = end["mb"], end["memory_mb"]
        print(f"    end of year {number}: logs {held:.1f} MB, process {process:.0f} MB")
    for name, seconds in one["blocks_cpu_s"].items():
        print(f"    {name:26}{seconds:8.3f}")


def main() -> None:
    parser = argument_parser("benchmarks.speed", __doc__)
    parser.add_argument("cities", nargs="*", metavar="CITY", help="a city, or a number of people")
    parser.add_argument("--years", type=int, help="default: 1, and once 5 for almaty")
    parser.add_argument("--runs", type=int, default=RUNS, help="fewer are used for large cities")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.cities[0], given.years, given.runs)))
        return
    machine = machine_facts()
    wanted = [(city, given.years or 1) for city in given.cities or CITIES]
    if not given.cities and not given.years:
        wanted.append(("almaty", LONGEST))
    found = []
    for city, years in wanted:
        people = load_scenario("baseline", overrides(city)).world.city.population
        runs = 1 if years > 1 and given.years is None else runs_for(people, given.runs)
        arguments = [city, "--years", str(years), "--runs", str(runs)]
        found.append(in_own_process(["benchmarks.speed", "--one", *arguments]))
        show(found[-1])
        sys.stdout.flush()
    start = {
        "import_sim_cpu_s": rounded(start_seconds(["-c", "import sim"])),
        # `import sim` alone loads nothing until a name is used.
        "import_model_cpu_s": rounded(start_seconds(["-c", "from sim import AlmatyModel"])),
        "help_cpu_s": rounded(start_seconds(["-m", "sim", "--help"])),
        "python_alone_cpu_s": rounded(start_seconds(["-c", "pass"])),
    }
    print(
        f"CPU s to start: import sim {start['import_sim_cpu_s']:.2f}, "
        f"with the model {start['import_model_cpu_s']:.2f}, "
        f"--help {start['help_cpu_s']:.2f}"
    )
    if given.write is not None:
        write("speed", machine, {"cities": found, "start": start}, given.write)


if __name__ == "__main__":
    main()
