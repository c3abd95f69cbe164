"""Speed and memory of the model, beside a reference loop measured in the same process.

    python benchmarks/speed.py [city ...]      default: workshop almaty

CPU seconds of one thread, medians of several runs, a year each, burn-in not counted; per block of
the day; peak memory of the process. The reference "five draws" draws five uniform numbers a person
and day and branches on each, in plain NumPy, for the same number of people and days: read ratios,
since machines differ and are busy.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import gc
import resource
import sys
from statistics import median
from time import process_time

import numpy as np

from sim.model import AlmatyModel
from sim.scenario import load_scenario

RUNS = 3
DAYS = 365
PROBABILITIES = (0.01, 0.02, 0.05, 0.1, 0.2)


def five_draws(people: int, days: int) -> float:
    """Return the CPU seconds of the reference loop."""
    rng = np.random.default_rng(1)
    state = np.zeros((len(PROBABILITIES), people), dtype=np.bool_)
    started = process_time()
    for _ in range(days):
        for line, probability in enumerate(PROBABILITIES):
            drawn = rng.random(people)
            state[line] = np.where(drawn < probability, ~state[line], state[line])
    return process_time() - started


def one_year(city: str) -> tuple[float, dict[str, float], AlmatyModel]:
    """Return CPU seconds of a year, by block, and the model."""
    model = AlmatyModel(load_scenario("baseline", [f"city={city}"]))
    model.block_seconds = {}
    started = process_time()
    model.run_for(DAYS)
    return process_time() - started, model.block_seconds, model


def main() -> None:
    for city in sys.argv[1:] or ["workshop", "almaty"]:
        people = load_scenario("baseline", [f"city={city}"]).world.city.population
        years, references = [], []
        blocks: dict[str, list[float]] = {}
        model: AlmatyModel | None = None
        for _ in range(RUNS):
            model = None  # one city in memory at a time
            # In turn, so that both meet the same neighbours on a busy machine.
            references.append(five_draws(people, DAYS))
            seconds, by_block, model = one_year(city)
            years.append(seconds)
            for name, spent in by_block.items():
                blocks.setdefault(name, []).append(spent)
        forks = []
        for _ in range(RUNS):
            gc.collect()  # or the collection of an earlier branch would be counted as this one's
            started = process_time()
            branch = model.fork(model.scenario)
            forks.append(process_time() - started)
            del branch
        ratio = median(year / reference for year, reference in zip(years, references, strict=True))
        print(f"{city}: {people:,} people, {DAYS} days, median of {RUNS}")
        print(f"  year        {median(years):7.2f} CPU s   ({min(years):.2f} to {max(years):.2f})")
        print(f"  five draws  {median(references):7.2f} CPU s   ratio {ratio:.2f}")
        print(f"  fork        {1000 * median(forks):7.1f} ms")
        print(f"  a migrant   {model.migrants.bytes_per_row:7d} bytes; an open episode "
              f"{model.episodes.bytes_per_row} bytes")  # fmt: skip
        for name, spent in sorted(blocks.items(), key=lambda one: -median(one[1])):
            print(f"    {name:26}{median(spent):7.3f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
