"""study=compare: scenarios side by side, in paired replicates.

Replicate r of every scenario has the same seed, people, arrivals, illnesses and luck, and branches
off one burn-in; differences are taken within replicates. The first scenario is the reference.
"""

from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from rich.console import Console

from experiments.cost_effectiveness import cheers, cost_effectiveness
from experiments.executors import Done, carry_out
from experiments.progress import progress_bar
from experiments.report import print_comparison, print_gains
from experiments.results import final_name, new_folder, write_manifest, write_table
from experiments.runs import Replicate, ReplicateResult, replicates_of, run_replicate
from experiments.settings import (
    CompareSettings,
    Executor,
    compare_settings,
    executor_of,
    output_folder,
    scenarios_to_compare,
)
from experiments.statistics import summarise
from sim.scenario import Scenario, scenario_from

INTERRUPTED = 130
FAILED = 1


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run the comparison of a composed configuration; return the exit status."""
    settings = compare_settings(resolved)
    executor = executor_of(resolved)
    scenarios = scenarios_to_compare(resolved, settings)
    output = output_folder(resolved)
    tasks = replicates_of(scenarios, settings.replicates)
    started = perf_counter()
    finished, failed, interrupted = collect(executor, tasks, console)
    if interrupted:
        console.print(
            f"Interrupted: {len(finished)} of {len(tasks)} replicates are finished"
            + (" and kept." if finished else "; nothing to keep.")
        )
    for one in failed:
        console.print(f"Replicate with seed {one.task.seed} failed: {one.error}", markup=False)
    if finished:
        folder = write_results(
            output, resolved, settings, finished, failed, perf_counter() - started
        )
        summary = pd.read_parquet(folder / "summary.parquet")
        print_comparison(console, summary, settings.confidence)
        print_gains(console, summary)
        console.print(f"Tables, figures and manifest: {_shown(folder)}", markup=False)
    if interrupted:
        return INTERRUPTED
    return FAILED if failed else 0


type Finished = list[ReplicateResult]
type Failed = list[Done[Replicate, ReplicateResult]]


def collect(
    executor: Executor, tasks: list[Replicate], console: Console
) -> tuple[Finished, Failed, bool]:
    """Carry out the replicates; return results, failures, and whether Ctrl-C came."""
    finished: list[tuple[int, ReplicateResult]] = []
    failed: Failed = []
    interrupted = False
    runs = sum(len(task.scenarios) for task in tasks)
    with progress_bar(console, "runs", runs) as advance:
        try:
            for done in carry_out(executor, run_replicate, tasks):
                if done.result is None:
                    failed.append(done)
                else:
                    finished.append((done.task.number, done.result))
                advance(len(done.task.scenarios))
        except KeyboardInterrupt:
            interrupted = True
    finished.sort(key=lambda one: one[0])
    return [result for _, result in finished], failed, interrupted


def write_results(
    output: Path,
    resolved: dict[str, Any],
    settings: CompareSettings,
    finished: Finished,
    failed: Failed,
    wall_seconds: float,
) -> Path:
    """Write tables, manifest and figures of a comparison; return the folder."""
    from experiments import figures

    indicators = pd.concat([one.indicators for one in finished], ignore_index=True)
    curves = pd.concat([one.curves for one in finished], ignore_index=True)
    runs = pd.concat([one.runs for one in finished], ignore_index=True)
    flows = pd.concat([one.flows for one in finished], ignore_index=True)
    summary = summarise(indicators, settings.scenarios[0], settings.confidence)
    failures = pd.DataFrame(
        [{"seed": one.task.seed, "error": one.error, "details": one.details} for one in failed],
        columns=["seed", "error", "details"],
    )
    with new_folder(output, "compare") as folder:
        for name, table in (
            ("indicators", indicators), ("curves", curves), ("runs", runs), ("flows", flows),
            ("summary", summary), ("failures", failures),
        ):  # fmt: skip
            write_table(folder, name, table)
        if len(settings.scenarios) > 1:
            _write_cost_effectiveness(folder, scenario_from(resolved), settings, indicators)
        write_manifest(
            folder,
            resolved,
            study="compare",
            scenarios=settings.scenarios,
            reference=settings.scenarios[0],
            seeds=sorted(runs["seed"].unique().tolist()),
            failed_seeds=failures["seed"].tolist(),
            cpu_seconds=round(
                float(
                    runs["cpu_seconds"].sum()
                    + runs.groupby("seed")["burn_in_cpu_seconds"].first().sum()
                ),
                1,
            ),
            wall_seconds=round(wall_seconds, 1),
        )
        figures.draw_comparison(folder, settings.confidence)
    return final_name(folder)


def _write_cost_effectiveness(
    folder: Path, base: Scenario, settings: CompareSettings, indicators: pd.DataFrame
) -> None:
    """Write the incremental table, acceptability curves and what CHEERS asks to state."""
    costs = base.world.costs
    result = cost_effectiveness(
        indicators, settings.scenarios[0], settings.confidence, costs.gdp_per_capita
    )
    write_table(folder, "cost_effectiveness", result.incremental)
    write_table(folder, "acceptability", result.acceptability)
    stated = cheers(
        settings.scenarios, base.days, indicators["seed"].nunique(), costs.discount_rate,
        costs.gdp_per_capita,
    )  # fmt: skip
    (folder / "cheers.md").write_text(stated, encoding="utf-8")


def _shown(folder: Path) -> str:
    """Return a path as the reader would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
