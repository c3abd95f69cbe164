"""study=compare: comparison of scenarios in paired replicates.

Replicate r of every scenario has the same seed, people, arrivals, illnesses and luck, and branches
off the same burn-in; differences are taken within replicates. The first scenario is the reference.

With `replicates=auto half_width=h` seeds are added until the simulation interval of every
difference in `outcome` is no wider than 2 h.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from experiments.analysis.console_report import (
    HEADLINE,
    print_comparison,
    print_gains,
    print_precision,
    print_starts,
)
from experiments.analysis.cost_effectiveness import cheers, cost_effectiveness
from experiments.analysis.outcomes import blocks_with_own
from experiments.analysis.policy_costs import cost_by_lever, cost_by_payer, print_policy_costs
from experiments.analysis.result_folder import (
    as_typed,
    renewed_folder,
    say_what_is_not_drawn,
    write_table,
)
from experiments.analysis.statistics import (
    precision,
    rank_stability,
    required_replicates,
    summarise,
)
from experiments.runs.plan import plan_runs
from experiments.studies.settings import CompareSettings, compare_settings, named_scenarios
from experiments.studies.study import CarriedOut, FigureMakers, Results, carry_out_study
from sim.config.configuration import ConfigurationError, nearest
from sim.config.extensions import KEY, kinds_of
from sim.config.policy_cost import PolicyCost, policy_cost
from sim.config.scenario import Scenario, scenario_from
from sim.observation.definitions import with_own

FIRST_REPLICATES = 5
"""Number of replicates after which `replicates=auto` first checks the width of intervals."""


def settings_of(resolved: dict[str, Any]) -> CompareSettings:
    """Return the checked settings of a composed configuration."""
    settings = compare_settings(resolved)
    if settings.replicates == "auto" and len(settings.scenarios) < 2:
        raise ConfigurationError(
            "replicates=auto needs differences: name two or more scenarios, or give a number"
        )
    return settings


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run the comparison of a composed configuration; return the exit status."""
    settings = settings_of(resolved)
    return report(carry_out(resolved, settings, console), resolved, settings, console)


def carry_out(resolved: dict[str, Any], settings: CompareSettings, console: Console) -> CarriedOut:
    """Carry out the runs of a comparison that are not stored yet."""
    scenarios = named_scenarios(resolved, settings.scenarios)
    if settings.replicates == "auto":
        return until_precise(resolved, settings, scenarios, console)
    return replicate(resolved, scenarios, settings.replicates, console)


def figures_of(folder: Path, settings: CompareSettings) -> FigureMakers:
    """Return the functions that draw the figures of a folder of results, by name."""
    from experiments.figures.comparison import figures_of_comparison

    return figures_of_comparison(folder, settings.confidence)


def replicate(
    resolved: dict[str, Any], scenarios: list[Scenario], replicates: int, console: Console
) -> CarriedOut:
    """Carry out the given number of replicates; seeds count up from the configuration's seed."""
    first = scenarios[0].seed
    runs = plan_runs(scenarios, range(first, first + replicates))
    return carry_out_study(resolved["study"]["name"], resolved, runs, console)


def until_precise(
    resolved: dict[str, Any], settings: CompareSettings, scenarios: list[Scenario], console: Console
) -> CarriedOut:
    """Add replicates until differences in the outcome are known to the required half-width."""
    known = {one.name for one in with_own(scenarios[0].submodels)}
    if settings.outcome not in known:
        raise ConfigurationError(
            f"outcome: unknown indicator '{settings.outcome}': {nearest(settings.outcome, known)}"
        )
    assert settings.half_width is not None
    replicates = FIRST_REPLICATES
    while True:
        done = replicate(resolved, scenarios, replicates, console)
        if done.interrupted or done.missing or replicates >= settings.most_replicates:
            return done
        overall = done.results.table(
            "indicators", [("by", "==", "all"), ("indicator", "==", settings.outcome)]
        )
        known_to = precision(overall, settings.scenarios[0], settings.confidence)
        widest = float(known_to["half_width"].max())
        console.print(
            f"{replicates} replicates: {settings.outcome} known to within {widest:.4g} "
            f"(wanted: {settings.half_width:g})"
        )
        if not widest > settings.half_width:
            return done
        spread = float(known_to["sd"].max())
        needed = required_replicates(spread, settings.half_width, settings.confidence)
        replicates = min(max(needed, replicates + 1), settings.most_replicates)


def report(
    done: CarriedOut, resolved: dict[str, Any], settings: CompareSettings, console: Console
) -> int:
    """Write tables and figures from the stored results, and print the headline outcomes."""
    if done.left_to_others:
        return done.status
    done.say_what_is_left_out(len(settings.scenarios), console)
    if not done.results.whole_seeds(len(settings.scenarios)):
        console.print("No seed has results under every scenario: there is nothing to compare.")
    else:
        folder = write_results(done, resolved, settings)
        summary = pd.read_parquet(folder / "summary.parquet")
        own = kinds_of(resolved.get(KEY))
        blocks = blocks_with_own(HEADLINE, own, summary)
        print_comparison(console, summary, settings.confidence, blocks, with_own(own))
        print_starts(console, named_scenarios(resolved, settings.scenarios))
        print_gains(console, summary)
        by_payer = pd.read_parquet(folder / "policy_costs.parquet")
        people = scenario_from(resolved).world.city.reference_population
        print_policy_costs(console, by_payer, people)
        if len(settings.scenarios) > 1:
            print_precision(console, pd.read_parquet(folder / "precision.parquet"))
        say_what_is_not_drawn(folder, console)
        console.print(f"Tables, figures and manifest: {as_typed(folder)}", markup=False)
    return done.status


def complete_replicates(results: Results, scenarios: list[str], name: str) -> pd.DataFrame:
    """Return a table with only the seeds under which every scenario has a result.

    A seed under which one scenario failed or was not reached cannot be paired.
    """
    table = results.table(name)
    whole = results.whole_seeds(len(scenarios))
    return table[table["seed"].isin(whole)].drop(columns="sample").reset_index(drop=True)


def write_results(done: CarriedOut, resolved: dict[str, Any], settings: CompareSettings) -> Path:
    """Write tables, manifest and figures of a comparison; return the folder."""
    from experiments.figures import comparison as figures

    results = done.results
    reference = settings.scenarios[0]
    tables = {
        name: complete_replicates(results, settings.scenarios, name)
        for name in ("indicators", "curves", "flows", "runs")
    }
    indicators = tables["indicators"]
    final = done.output / results.study.name
    costs = [policy_cost(one) for one in named_scenarios(resolved, settings.scenarios)]
    with renewed_folder(final) as folder:
        for name, table in tables.items():
            write_table(folder, name, table.drop(columns="run"))
        write_table(folder, "failures", results.failures)
        write_table(folder, "summary", summarise(indicators, reference, settings.confidence))
        write_table(folder, "policy_costs", cost_by_payer(costs))
        write_table(folder, "policy_costs_by_lever", cost_by_lever(costs))
        if len(settings.scenarios) > 1:
            overall = indicators[indicators["by"] == "all"]
            write_table(folder, "precision", precision(overall, reference, settings.confidence))
            write_table(folder, "ranks", rank_stability(overall))
            _write_cost_effectiveness(folder, resolved, settings, indicators, costs)
        done.write_manifest(
            folder, resolved, settings=settings.model_dump(), scenarios=settings.scenarios,
            reference=reference, seeds=sorted(indicators["seed"].unique().tolist()),
        )  # fmt: skip
        figures.draw_comparison(folder, settings.confidence)
    return final


def _write_cost_effectiveness(
    folder: Path, resolved: dict[str, Any], settings: CompareSettings, indicators: pd.DataFrame,
    policies: list[PolicyCost],
) -> None:  # fmt: skip
    """Write the incremental table, the acceptability curves and the items of CHEERS."""
    base = scenario_from(resolved)
    costs = base.world.costs
    not_costed = {one.scenario: one.why_not_costed for one in policies if one.not_costed}
    result = cost_effectiveness(
        indicators, settings.scenarios[0], settings.confidence, costs.gdp_per_capita, not_costed
    )
    write_table(folder, "cost_effectiveness", result.incremental)
    write_table(folder, "acceptability", result.acceptability)
    stated = cheers(
        settings.scenarios, base.days, indicators["seed"].nunique(), costs.discount_rate,
        costs.gdp_per_capita, not_costed,
    )  # fmt: skip
    (folder / "cheers.md").write_text(stated, encoding="utf-8")
