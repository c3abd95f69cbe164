"""Screening one assumption at a time: how far each changes three headline outcomes.

    python -m tools.docs.screening

runs a small city under the low and the high end of every assumption of `conf/` (a single number
takes the ends of its range; the cells of a table are halved and doubled, clipped to its range; the
tables of all agencies, and of all clinics, are changed together), with everything else unchanged
and the same seeds. Those that seem to have the largest effect are run again under more seeds, and
`docs/data/screening.csv` is written. Finished runs are in a result store: the same command
continues where it was stopped. `tools.docs.audit` reports the results.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd
from rich.console import Console

from experiments.analysis.statistics import interval
from experiments.runs.plan import plan_runs, scenario_of
from experiments.studies.study import carry_out_study
from sim.config.configuration import ConfigurationError, compose_configuration
from sim.config.entries import Entry
from sim.config.paths import value_paths
from sim.config.scenario import Scenario, scenario_from
from tools.docs import DATA

RESULT = DATA / "screening.csv"
PEOPLE, DAYS, FIRST_SEED = 2_000, 365, 1
SEEDS, MORE_SEEDS, LEADING = 3, 10, 30
"""Seeds of all assumptions, seeds of those with the largest effects, and the number of those."""
CONFIDENCE = 0.95
OUTCOMES = ("emergency_uptake_24h", "unmet_need_episodes", "unresolved_needs")
ENDS = ("low", "high")
SMALLER, LARGER = 0.5, 2.0
"""Factors by which the cells of a table are multiplied."""
PRICES_OF_POLICIES = "costs."
"""Prices of policies affect no outcome except costs, and nothing at all without a policy."""

type Values = Mapping[str, float | str]


class End(NamedTuple):
    """One end of an assumption, as a sample of the study."""

    name: str
    varied: str
    end: str
    values: Values


class Assumption(NamedTuple):
    """An entry, or the same table of all agencies or clinics, and its two ends."""

    name: str
    varied: str
    low: Values
    high: Values


def assumptions(base: Scenario) -> list[Assumption]:
    """Return every assumption (tier C, with the source of one) except prices of policies."""
    tables: dict[str, list[tuple[str, Entry]]] = defaultdict(list)
    found = []
    for path, entry in base.entries.items():
        if not is_assumption(entry) or path.startswith(PRICES_OF_POLICIES):
            continue
        if isinstance(entry.value, dict):
            tables[together(path)].append((path, entry))
        else:
            ends = [base.like(path, end) for end in (entry.low, entry.high)]
            found.append(Assumption(path, "range", {path: ends[0]}, {path: ends[1]}))
    for name, members in tables.items():
        low, high = (scaled(members, factor, base) for factor in (SMALLER, LARGER))
        found.append(Assumption(name, "half and double", low, high))
    return found


def is_assumption(entry: Entry) -> bool:
    """Return True if an entry is an assumption about the world (and not a definition)."""
    return entry.tier == "C" and entry.source.startswith("assumption")


def together(path: str) -> str:
    """Return the name under which a table is varied, common to all agencies or all clinics.

    >>> together("agencies.iom.capacity"), together("legal_status.fear")
    ('agencies.*.capacity', 'legal_status.fear')
    """
    section, _, rest = path.partition(".")
    if section in ("agencies", "institutions"):
        return f"{section}.*.{rest.partition('.')[2]}"
    return path


def scaled(members: list[tuple[str, Entry]], factor: float, base: Scenario) -> Values:
    """Return every cell of some tables multiplied by a factor, clipped to the table's range."""
    values: dict[str, float | str] = {}
    for path, entry in members:
        for cell, number in cells(entry.value, path):
            values[cell] = base.like(cell, min(max(factor * number, entry.low), entry.high))
    return values


def cells(table: Any, path: str) -> Iterator[tuple[str, float]]:
    """Yield the path and the number of every cell."""
    for cell in value_paths(table, path):
        node = table
        for name in cell.removeprefix(f"{path}.").split("."):
            node = node[name]
        yield cell, float(node)


def possible(base: Scenario, values: Values) -> bool:
    """Return True if a world with these values is allowed (shares add up to one, and so on)."""
    try:
        scenario_of(base, values)
    except ConfigurationError:
        return False
    return True


def screen(console: Console) -> pd.DataFrame:
    """Run all that the store does not hold; return the table of `docs/data/screening.csv`."""
    resolved = compose_configuration(
        [f"city.population={PEOPLE}", f"days={DAYS}", "executor=serial"]
    )
    base = scenario_from(resolved)
    ends = [
        End(one.name, one.varied, end, values)
        for one in assumptions(base)
        for end, values in zip(ENDS, (one.low, one.high), strict=True)
        if possible(base, values)
    ]
    first = _run(resolved, base, ends, SEEDS, console)
    names = leading(first)
    again = [one for one in ends if one.name in names]
    second = _run(resolved, base, again, MORE_SEEDS, console)
    return pd.concat([second, first[~first["assumption"].isin(names)]], ignore_index=True)


def leading(found: pd.DataFrame, count: int = LEADING) -> list[str]:
    """Return the assumptions with the largest differences relative to the level, in any outcome."""
    size = (found["difference"] / found["baseline"]).abs()
    return list(size.groupby(found["assumption"]).max().nlargest(count).index)


def _run(
    resolved: dict[str, Any], base: Scenario, ends: list[End], seeds: int, console: Console
) -> pd.DataFrame:
    """Run the unchanged city and every end under some seeds, and return the changes."""
    samples: list[Values] = [{}, *(one.values for one in ends)]
    runs = plan_runs([base], range(FIRST_SEED, FIRST_SEED + seeds), samples)
    console.print(f"{len(runs)} runs of {PEOPLE:,} people over {DAYS} days")
    done = carry_out_study("screening", resolved, runs, console)
    indicators = done.results.table(
        "indicators", [("by", "==", "all"), ("detail", "==", ""), ("indicator", "in", OUTCOMES)]
    )
    return moves(indicators, ends)


def moves(indicators: pd.DataFrame, ends: list[End]) -> pd.DataFrame:
    """Return how far every end changes every outcome, paired by seed.

    Returns
    -------
    DataFrame
        One row per assumption, end and outcome: baseline (mean level), difference (mean over
        seeds), low and high (its simulation interval by Student's t), pairs.
    """
    wide = indicators.pivot(index=["indicator", "sample"], columns="seed", values="value")
    levels = dict(zip(wide.index, wide.to_numpy(), strict=True))
    rows = []
    for sample, (name, varied, end, _) in enumerate(ends, start=1):
        for outcome in OUTCOMES:
            if (outcome, sample) not in levels:
                continue
            baseline = levels[outcome, 0]
            pairs = pd.Series(levels[outcome, sample] - baseline).dropna()
            if pairs.empty:  # no seed has a case
                continue
            found = interval(pairs.groupby([0] * len(pairs)), CONFIDENCE).iloc[0]
            rows.append(
                (name, varied, end, outcome, baseline.mean(), found["mean"], found["low"],
                 found["high"], len(pairs))
            )  # fmt: skip
    columns = ["assumption", "varied", "end", "outcome", "baseline", "difference"]
    return pd.DataFrame(rows, columns=[*columns, "low", "high", "pairs"])


def main() -> None:
    """Carry out the screening and write its table."""
    screen(Console()).round(5).to_csv(
        RESULT, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL
    )


if __name__ == "__main__":
    main()
