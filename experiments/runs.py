"""Runs: one replicate of several scenarios, from one burn-in."""

from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import pandas as pd

from sim.model import AlmatyModel
from sim.observation.needs import flow_table
from sim.scenario import Scenario


@dataclass(frozen=True)
class Replicate:
    """A task: the same seed under every scenario."""

    number: int
    seed: int
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class ReplicateResult:
    """Results of a replicate, long tables with the columns scenario and seed."""

    indicators: pd.DataFrame
    curves: pd.DataFrame
    runs: pd.DataFrame
    flows: pd.DataFrame


def run_replicate(replicate: Replicate) -> ReplicateResult:
    """Burn in once, then let every scenario branch off the same day 0."""
    indicators, curves, runs, flows = [], [], [], []
    started = process_time()
    first = replicate.scenarios[0].with_seed(replicate.seed)
    past = AlmatyModel(first)
    burn_in_seconds = process_time() - started
    for scenario in replicate.scenarios:
        cpu, wall = process_time(), perf_counter()
        model = past.fork(scenario.with_seed(replicate.seed))
        model.run_for(scenario.days)
        label: dict[str, Any] = {"scenario": scenario.name, "seed": replicate.seed}
        indicators.append(model.indicators().assign(**label))
        curves.append(model.curves().assign(**label))
        flows.append(flow_table(model).assign(**label))
        runs.append(
            {
                **label,
                "replicate": replicate.number,
                "digest": model.digest(),
                "cpu_seconds": process_time() - cpu,
                "wall_seconds": perf_counter() - wall,
                "burn_in_cpu_seconds": burn_in_seconds,
            }
        )
    return ReplicateResult(
        pd.concat(indicators), pd.concat(curves), pd.DataFrame(runs), pd.concat(flows)
    )


def replicates_of(scenarios: list[Scenario], count: int) -> list[Replicate]:
    """Return the tasks of a comparison: seeds count up from the scenarios' own seed."""
    first_seed = scenarios[0].seed
    return [Replicate(number, first_seed + number, tuple(scenarios)) for number in range(count)]
