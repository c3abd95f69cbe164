"""Make the rest state of a city: where its residents, work groups, employers and staff start.

    python -m tools.rest_state                    # almaty and workshop
    python -m tools.rest_state city=almaty        # one city; overrides of a scenario may follow

A city without seasons and without policies is left alone for some years and then looked at now and
then, a small one under more seeds. What is found is written beside the city's file, in
`conf/city/NAME.rest.json` (see `sim.config.rest_state`). To be repeated whenever a default value
changes; it takes about two minutes a city.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special

from sim import AlmatyModel, load_scenario
from sim import vocabulary as words
from sim.config.entries import by
from sim.config.files import file_of
from sim.config.rest_state import ENDING, MEANS_CLASSES, SIZE_CLASSES, fingerprint_of_world
from sim.config.scenario import Scenario
from sim.engine.types import Column, Floats
from sim.state import code_version

CITIES = ("almaty", "workshop")
SEASONS = ("demography.arrival_season", "illness.acute_season")
YEARS_ALONE, YEARS_LOOKED_AT, DAYS_BETWEEN = 12, 8, 73
"""Years before the first look, years with looks, and days between them."""
PEOPLE_IN_ALL = 120_000
"""People present in all runs together, at least: small cities are run under more seeds."""
DAYS_A_YEAR = 365
LONGEST_STAY = 40 * DAYS_A_YEAR
DONORS, PARTS, DIGITS = 4_000, 20, 5
"""Residents written down, parts of a distribution, significant digits of numbers."""
LONGEST_COUNTED = 10
"""Years here from which on residents count as alike."""
FIRST_SEED = 9_001
"""Far from the seeds of studies, whose cities start from what is found here."""


class Look(NamedTuple):
    """What is seen of a city on one day: a table of its residents, and arrays by group."""

    people: Column
    groups: dict[str, Column]
    employers: dict[str, Column]
    knowledge: Floats
    grant_factor: Floats


def main(arguments: Sequence[str]) -> None:
    """Make the rest state of the city that is named, or of all."""
    cities = [word for word in arguments if word.startswith("city=")]
    others = [word for word in arguments if not word.startswith("city=")]
    for city in cities or [f"city={name}" for name in CITIES]:
        scenario = load_scenario("baseline", [city, "city.rest_state=none", *others])
        name = scenario.world.city.name
        path = file_of("city", name).with_name(f"{name}{ENDING}")
        path.write_text(as_text(rest_state(scenario, [city, *others])), encoding="utf-8")
        print(path)


def rest_state(scenario: Scenario, command: Sequence[str]) -> dict[str, Any]:
    """Return the rest state of a scenario's city."""
    world = scenario.world
    for path in SEASONS:
        world = world.with_value(path, 0.0)
    scenario = replace(scenario, world=world)
    seeds = range(FIRST_SEED, FIRST_SEED + max(1, PEOPLE_IN_ALL // world.city.population))
    looks: list[Look] = []
    for seed in seeds:
        model = AlmatyModel(scenario.with_seed(seed))
        looks += watch(model)
    agencies = model.agencies.names
    knowers = (*agencies, *words.INSTITUTION_KINDS)
    knowledge = np.mean([look.knowledge for look in looks], axis=0)
    grants = np.mean([look.grant_factor for look in looks], axis=0)
    return {
        "made": {
            "command": " ".join(["python -m tools.rest_state", *command]),
            "model_version": code_version(), "parameters": fingerprint_of_world(world),
            "people": world.city.population, "seeds": [seeds[0], seeds[-1]],
            "years": [YEARS_ALONE, YEARS_ALONE + YEARS_LOOKED_AT],
        },
        "leaves_early": leaves_early(scenario, looks),
        "staff": {
            "grant_factor": rounded(dict(zip(agencies, grants, strict=True))),
            "knows": {
                who: rounded(dict(zip(agencies, row, strict=True)))
                for who, row in zip(knowers, knowledge, strict=True)
            },
        },
        "employers": employers_at_rest(looks),
        "work_groups": groups_at_rest(looks),
        "people": donors(np.concatenate([look.people for look in looks])),
    }  # fmt: skip


def watch(model: AlmatyModel) -> list[Look]:
    """Leave a city alone, then look at it now and then."""
    for _ in range(YEARS_ALONE):
        forget_records(model)
        model.run_for(DAYS_A_YEAR)
    looks = []
    for _ in range(YEARS_LOOKED_AT * DAYS_A_YEAR // DAYS_BETWEEN):
        forget_records(model)
        model.run_for(DAYS_BETWEEN)
        looks.append(look_at(model))
    return looks


def forget_records(model: AlmatyModel) -> None:
    """Empty the logs and the diary, which nothing here reads."""
    model._start_logs()


def look_at(model: AlmatyModel) -> Look:
    """Look at a city."""
    migrants, groups, employers = model.migrants, model.work_groups, model.employers
    rows = migrants.rows
    people = {
        "nationality": migrants.nationality[rows],
        "contract": groups["formal"][migrants.work_group[rows]],
        "language": migrants.manages_language[rows],
        "means": np.digitize(
            migrants.reserve[rows] + model.world.money.borrowing_limit * migrants.credit[rows],
            MEANS_CLASSES,
        ),
        "days_here": model.day - migrants.entered_on[rows],
        "legal_status": migrants.legal_status[rows],
        "fined": migrants.fined[rows],
        "passport_held": migrants.passport_held[rows],
        "knows": migrants.knows[rows],
        "times_learned": migrants.times_learned[rows],
    }
    table = np.zeros(
        len(rows), [(name, np.int32, column.shape[1:]) for name, column in people.items()]
    )
    for name, column in people.items():
        table[name] = column
    of_groups = {
        name: groups[name].copy()
        for name in ("members", "nationality", "trust", "believed_reporting", "wait", "formal")
    }
    number = employers.work_groups[employers.rows]
    of_groups["district"] = np.repeat(employers.district[employers.rows], number)
    of_groups["sector"] = np.repeat(employers.sector[employers.rows], number)
    of_employers = {
        name: getattr(employers, name)[employers.rows].copy()
        for name in ("sector", "size", "believed_inspections")
    }
    return Look(
        table, of_groups, of_employers, model.agencies.knowledge.copy(),
        model.agencies.table["grant_factor"].copy(),
    )  # fmt: skip


def leaves_early(scenario: Scenario, looks: Sequence[Look]) -> dict[str, float]:
    """Return the hazard a day of leaving before the planned day, by nationality.

    With it as many people are present as were seen: of those who came t days ago and planned to
    stay longer, exp(-hazard * t) still are.
    """
    world = scenario.world
    demography, share = world.demography, world.demography.nationality_share
    stays = zip(
        by(words.STAYS, demography.stay_share), by(words.STAYS, demography.stay_shape),
        by(words.STAYS, demography.stay_mean), strict=True,
    )  # fmt: skip
    days = np.arange(LONGEST_STAY) + 0.5
    staying = sum(part * special.gammaincc(a, days * a / mean) for part, a, mean in stays)
    found = {}
    for code, name in enumerate(words.NATIONALITIES):
        present = np.mean([(look.people["nationality"] == code).sum() for look in looks])
        expected = world.city.population * share[name]

        def missing(hazard: float, seen: float = present / max(expected, 1.0)) -> float:
            left = (staying * np.exp(-hazard * days)).sum() / staying.sum()
            return float(left - seen)

        found[name] = optimize.brentq(missing, 0.0, 1.0) if missing(0.0) > 0 else 0.0
    return rounded(found)


def employers_at_rest(looks: Sequence[Look]) -> dict[str, Any]:
    """Return what employers of each sector expect, and the share of workers with contracts."""
    believed: dict[str, list[list[float]]] = {}
    formal: dict[str, float] = {}
    for code, name in enumerate(words.SECTORS):
        size, belief = (
            np.concatenate(
                [one.employers[column][one.employers["sector"] == code] for one in looks]
            )
            for column in ("size", "believed_inspections")
        )
        of_class = np.searchsorted(SIZE_CLASSES, size)
        believed[name] = []
        for number in range(len(SIZE_CLASSES) + 1):
            chosen = of_class == number if (of_class == number).any() else of_class >= 0
            believed[name].append(parts(belief[chosen], np.ones(chosen.sum())))
        chosen = [one.groups["sector"] == code for one in looks]
        members = _joined(looks, chosen, "members")
        formal[name] = float((members * _joined(looks, chosen, "formal")).sum() / members.sum())
    return {"believed_inspections": believed, "formal_share": rounded(formal)}


def groups_at_rest(looks: Sequence[Look]) -> dict[str, Any]:
    """Return trust, believed reporting and waits, each weighted by the members of a group."""
    found: dict[str, Any] = {}
    for column, grouping, labels in (
        ("trust", "nationality", words.NATIONALITIES),
        ("believed_reporting", "nationality", words.NATIONALITIES),
        ("wait", "district", words.DISTRICTS),
    ):
        found[column] = {}
        for code, label in enumerate(labels):
            chosen = [look.groups[grouping] == code for look in looks]
            values, members = _joined(looks, chosen, column), _joined(looks, chosen, "members")
            found[column][label] = {
                option: parts(values[:, number], members)
                for number, option in enumerate(words.OPTIONS)
            }
    return found


def _joined(looks: Sequence[Look], chosen: Sequence[Column], column: str) -> Floats:
    found = [one.groups[column][rows] for one, rows in zip(looks, chosen, strict=True)]
    return np.concatenate(found).astype(np.float64)


def parts(values: Floats, weights: Floats) -> list[float]:
    """Return the means of the lowest part of a weighted distribution, the next, and so on.

    Examples
    --------
    >>> PARTS
    20
    >>> parts(np.arange(40.0), np.ones(40))[:3]
    [0.5, 2.5, 4.5]
    """
    order = np.argsort(values, kind="stable")
    weight = np.concatenate([[0.0], np.cumsum(weights[order])])
    total = np.concatenate([[0.0], np.cumsum((weights * values)[order])])
    at = np.interp(np.linspace(0.0, weight[-1], PARTS + 1), weight, total)
    return [_short(one) for one in (np.diff(at) * PARTS / weight[-1]).tolist()]


def donors(people: Column) -> dict[str, Any]:
    """Return residents drawn evenly from all that were seen, in the order of their states.

    So the shares among them are nearly those among all. Of all such samples, which differ by the
    first resident, the one is taken whose shares are nearest (see `distance_from_all`).
    """
    times, knows = people["times_learned"], people["knows"]
    keys = (
        *times.T[::-1], people["days_here"] // DAYS_A_YEAR, *knows.T[::-1],
        people["passport_held"], people["fined"],
        people["legal_status"], people["means"], people["language"], people["contract"],
        people["nationality"],
    )  # fmt: skip
    ordered = people[np.lexsort(keys)]
    step = max(len(ordered) // DONORS, 1)
    everybody = shares(ordered)
    samples = (ordered[first::step][:DONORS] for first in range(step))
    chosen = min(samples, key=lambda one: distance_from_all(shares(one), everybody))
    return {
        **{
            name: chosen[name].tolist()
            for name in (
                "nationality", "contract", "language", "means", "days_here", "legal_status",
                "fined", "passport_held",
            )
        },
        **{
            name: dict(zip(words.KNOWLEDGE, chosen[name].T.tolist(), strict=True))
            for name in ("knows", "times_learned")
        },
    }  # fmt: skip


def shares(people: Column) -> Floats:
    """Return the shares of people who are alike in two respects, one of them status or nation."""
    found = []
    for name, count in (
        ("legal_status", len(words.LEGAL_STATUSES)), ("nationality", len(words.NATIONALITIES)),
    ):  # fmt: skip
        group = people[name]
        years = np.minimum(people["days_here"] // DAYS_A_YEAR, LONGEST_COUNTED)
        others = (people["legal_status"], people["means"], people["fined"], years)
        found += [
            np.bincount(
                group * (LONGEST_COUNTED + 1) + one, minlength=count * (LONGEST_COUNTED + 1)
            )
            for one in others
        ]
        found += [np.bincount(group, item, minlength=count) for item in people["knows"].T]
    return np.concatenate(found) / len(people)


def distance_from_all(sample: Floats, everybody: Floats) -> float:
    """Return how far the shares of a sample are from those of all (chi squared, a person)."""
    there = everybody > 0
    return float(((sample - everybody)[there] ** 2 / everybody[there]).sum())


def rounded(table: dict[str, float]) -> dict[str, float]:
    """Return a table with numbers as they are written."""
    return {name: _short(float(value)) for name, value in table.items()}


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def as_text(found: dict[str, Any]) -> str:
    """Return a rest state as JSON, with every list on one line."""
    text = json.dumps(found, indent=1)
    return re.sub(r"\[[^][{}]*\]", lambda one: re.sub(r"\s+", " ", one[0]), text) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
