"""How the cost of a year grows with people and with institutions.

    python -m benchmarks.growth [people ...]      default: 5000 20000 120000 300000

CPU seconds of one thread for 365 days after burn-in, medians of several runs; then the slopes of
the logarithm of cost on the logarithm of people, over all sizes and over those of 20,000 and more;
last, a year of 20,000 people with the city's agencies once, twice and four times over.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import sys
from dataclasses import replace
from statistics import median
from time import process_time

import numpy as np

from sim.model import AlmatyModel
from sim.scenario import Scenario, load_scenario

PEOPLE = ["5000", "20000", "120000", "300000"]
LARGE = 20_000
TIMES = (1, 2, 4)
RUNS, DAYS = 3, 365


def year_of(scenario: Scenario) -> float:
    """Return the CPU seconds of a year, the median of several runs."""
    spent = []
    for _ in range(RUNS):
        model = AlmatyModel(scenario)
        started = process_time()
        model.run_for(DAYS)
        spent.append(process_time() - started)
    return median(spent)


def slope(sizes: list[int], costs: list[float]) -> float:
    """Return the exponent of cost in size."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def with_agencies(scenario: Scenario, times: int) -> Scenario:
    """Return the city with every agency so many times."""
    agencies = {
        name if copy == 0 else f"{name}_{copy}": agency
        for name, agency in scenario.world.agencies.items()
        for copy in range(1 if agency.kind == "coordination" else times)
    }
    return replace(scenario, world=scenario.world.model_copy(update={"agencies": agencies}))


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] or PEOPLE]
    costs = []
    print(f"{'people':>10}{'CPU s a year':>14}{'us a person':>13}")
    for people in sizes:
        costs.append(year_of(load_scenario("baseline", [f"city.population={people}"])))
        print(f"{people:>10,}{costs[-1]:>14.2f}{1e6 * costs[-1] / people:>13.1f}", flush=True)
    if len(sizes) > 1:
        print(f"exponent in people: {slope(sizes, costs):.2f}")
    large = [place for place, people in enumerate(sizes) if people >= LARGE]
    if len(large) > 1:
        exponent = slope([sizes[place] for place in large], [costs[place] for place in large])
        print(f"exponent in people, from {LARGE:,}: {exponent:.2f}")
    base = load_scenario("baseline", [f"city.population={LARGE}"])
    count = len(base.world.agencies)
    by_agencies = [year_of(with_agencies(base, times)) for times in TIMES]
    for times, cost in zip(TIMES, by_agencies, strict=True):
        print(f"{times * count:>10} agencies{cost:>14.2f} CPU s a year")
    print(f"exponent in agencies: {slope([times * count for times in TIMES], by_agencies):.2f}")


if __name__ == "__main__":
    main()
