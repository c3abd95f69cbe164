"""How the cost of a year grows with people, illness, institutions and scenarios.

    python -m benchmarks.growth [people ...] [--write [FILE]]

Default: 5000 20000 120000 300000 1000000 people.

CPU seconds of one thread for 365 days after burn-in. The cases of a comparison are run in turn,
several times, and medians are taken; a million people are run once. An exponent is the slope of
the logarithm of cost on the logarithm of the quantity that was varied.

- people: all sizes, and only those of 20,000 or more;
- episodes: 20,000 people with illnesses half, once, twice and four times as frequent;
- agencies, clinics: 20,000 people with one, two and four copies of every institution;
- scenarios: several branches of one burn-in, each run for a year, against the cost of one burn-in
  and the same number of years.
"""

import gc
import sys
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from benchmarks.results import argument_parser, machine_facts, rounded, summary, write
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario
from sim.model import AlmatyModel

PEOPLE = (5_000, 20_000, 120_000, 300_000, 1_000_000)
LARGE, MIDDLE = 20_000, 20_000
"""Smallest city for which the exponent in people is fitted; size of the other cities."""
FREQUENCIES = (0.5, 1, 2, 4)
TIMES = (1, 2, 4)
BRANCHES = (1, 2, 4, 8)
RATES = ("injury_rate", "acute_rate", "chronic_rate", "maternity_rate", "infection_rate")
RUNS, DAYS = 5, 365
FEW_RUNS = ((1_000_000, 1), (120_000, 3))
"""Pairs of a number of people and the number of runs for cities of at least that size."""


def year_of(scenario: Scenario) -> tuple[float, AlmatyModel]:
    """Return the CPU seconds of a year, and the model at its end."""
    model = AlmatyModel(scenario)
    gc.collect()
    started = process_time()
    model.run_for(DAYS)
    return process_time() - started, model


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the exponent of cost in size.

    Examples
    --------
    >>> round(slope([1, 10, 100], [2, 20, 200]), 6), round(slope([1, 10], [1, 100]), 6)
    (1.0, 2.0)
    """
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def runs_for(people: int) -> int:
    """Return how often a city of a given size is run."""
    return next((runs for size, runs in FEW_RUNS if people >= size), RUNS)


def in_people(sizes: Sequence[int]) -> dict[str, Any]:
    """Return what a year costs for cities of several sizes."""
    spent: dict[int, list[float]] = {people: [] for people in sizes}
    for run in range(RUNS):
        for people in sizes:
            if run < runs_for(people):
                spent[people].append(year_of(load_scenario("baseline", city_of(people)))[0])
    points = [{"people": people, "cpu_s": summary(spent[people])} for people in sizes]
    large = [people for people in sizes if people >= LARGE]
    return {
        "points": points,
        "exponent": exponent(sizes, [median(spent[people]) for people in sizes]),
        "exponent_of_large": exponent(large, [median(spent[people]) for people in large]),
        "large_from": LARGE,
    }


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Return a fitted exponent, or None if there is nothing to fit."""
    return rounded(slope(sizes, costs)) if len(sizes) > 1 else None


def city_of(people: int) -> list[str]:
    """Return the overrides that give Almaty this number of people."""
    return ["city=almaty", f"city.population={people}"]


def more_often_ill(scenario: Scenario, times: float) -> Scenario:
    """Return the city with the rate of every illness multiplied by `times`."""
    illness = scenario.world.illness
    rates = {}
    for name in RATES:
        rate = getattr(illness, name)
        rates[name] = (
            {group: times * one for group, one in rate.items()}
            if isinstance(rate, dict)
            else times * rate
        )
    changed = illness.model_copy(update=rates)
    return replace(scenario, world=scenario.world.model_copy(update={"illness": changed}))


def with_agencies(scenario: Scenario, times: int) -> Scenario:
    """Return the city with `times` copies of every agency, but one coordinating body."""
    agencies = {
        name if copy == 0 else f"{name}_{copy}": agency
        for name, agency in scenario.world.agencies.items()
        for copy in range(1 if agency.kind == "coordination" else times)
    }
    return replace(scenario, world=scenario.world.model_copy(update={"agencies": agencies}))


def with_clinics(scenario: Scenario, times: int) -> Scenario:
    """Return the city with `times` copies of every clinic."""
    institutions = {
        name: one.model_copy(
            update={"units": {district: times * count for district, count in one.units.items()}}
        )
        for name, one in scenario.world.institutions.items()
    }
    return replace(scenario, world=scenario.world.model_copy(update={"institutions": institutions}))


def compared(scenarios: dict[float, Scenario]) -> dict[float, tuple[list[float], AlmatyModel]]:
    """Return CPU seconds of every run, and the last model, of several scenarios run in turn."""
    found: dict[float, tuple[list[float], AlmatyModel]] = {}
    for _ in range(RUNS):
        for times, scenario in scenarios.items():
            spent, model = year_of(scenario)
            found[times] = ([*found[times][0], spent] if times in found else [spent], model)
    return found


def in_episodes() -> dict[str, Any]:
    """Return what a year costs when people fall ill more or less often."""
    base = load_scenario("baseline", city_of(MIDDLE))
    found = compared({times: more_often_ill(base, times) for times in FREQUENCIES})
    points = []
    for times, (spent, model) in found.items():
        episodes = len(model.closed_episodes) + len(model.episodes)
        points.append({"times": times, "episodes": episodes, "cpu_s": summary(spent)})
    return {"people": MIDDLE, **fitted(points, "episodes")}


def in_institutions(what: str) -> dict[str, Any]:
    """Return what a year costs with more agencies, or more clinics."""
    base = load_scenario("baseline", city_of(MIDDLE))
    changed = with_agencies if what == "agencies" else with_clinics
    found = compared({times: changed(base, times) for times in TIMES})
    points = [
        {"times": times, what: len(getattr(model, what).table), "cpu_s": summary(spent)}
        for times, (spent, model) in found.items()
    ]
    return {"people": MIDDLE, **fitted(points, what)}


def fitted(points: list[dict[str, Any]], what: str) -> dict[str, Any]:
    """Return points with the exponent through all of them, and through the last two."""
    sizes = [float(one[what]) for one in points]
    costs = [one["cpu_s"]["median"] for one in points]
    return {
        "points": points,
        "exponent": exponent(sizes, costs),
        "exponent_at_the_end": exponent(sizes[-2:], costs[-2:]),
    }


def in_scenarios() -> dict[str, Any]:
    """Return the total cost of branches of one burn-in, against burn-in and years run alone."""
    base = load_scenario("baseline", city_of(MIDDLE))
    spent: dict[int, list[float]] = {count: [] for count in BRANCHES}
    burn_ins, years = [], []
    for _ in range(RUNS):
        for count in BRANCHES:
            gc.collect()
            started = process_time()
            trunk = AlmatyModel(base)
            founded = process_time()
            for _branch in range(count):
                begun = process_time()
                trunk.fork(base).run_for(DAYS)
                years.append(process_time() - begun)
            spent[count].append(process_time() - started)
            burn_ins.append(founded - started)
    burn_in = median(burn_ins)
    points: list[dict[str, Any]] = [
        {"scenarios": count, "cpu_s": summary(spent[count])} for count in BRANCHES
    ]
    beyond = [one["cpu_s"]["median"] - burn_in for one in points]
    return {
        "people": MIDDLE,
        "points": points,
        "burn_in_cpu_s": summary(burn_ins),
        "fork_and_year_cpu_s": summary(years),
        "exponent_beyond_burn_in": exponent([float(count) for count in BRANCHES], beyond),
    }


def show(title: str, found: dict[str, Any], what: str) -> None:
    """Print points and exponents."""
    print(title)
    for one in found["points"]:
        cost = one["cpu_s"]
        print(f"{one[what]:>14,} {what:<10}{cost['median']:>9.2f} CPU s, {cost['runs']} runs")
    for name, value in found.items():
        if name.startswith("exponent") and value is not None:
            print(f"  {name.replace('_', ' ')}: {value:.2f}")
    sys.stdout.flush()


def main() -> None:
    parser = argument_parser("benchmarks.growth", __doc__)
    parser.add_argument("people", nargs="*", type=int, help="sizes of the city")
    given = parser.parse_args()
    machine = machine_facts()
    AlmatyModel(load_scenario("baseline", ["city.population=500"])).run_for(DAYS)  # loads the rules
    found = {"people": in_people(given.people or PEOPLE)}
    show("people", found["people"], "people")
    found["episodes"] = in_episodes()
    show("episodes of illness", found["episodes"], "episodes")
    for what in ("agencies", "clinics"):
        found[what] = in_institutions(what)
        show(what, found[what], what)
    found["scenarios"] = in_scenarios()
    show("branches of one burn-in", found["scenarios"], "scenarios")
    if given.write is not None:
        write("growth", machine, found, given.write)


if __name__ == "__main__":
    main()
