"""study=run: one scenario under one seed, with everything that was recorded."""

from typing import Any

from rich.console import Console

from experiments.analysis.console_report import HEADLINE, print_run
from experiments.analysis.outcomes import blocks_with_own
from experiments.analysis.result_folder import (
    as_typed,
    renewed_folder,
    say_what_is_not_drawn,
    write_manifest,
    write_table,
)
from experiments.runs.plan import bundles_of, plan_runs
from experiments.runs.provenance import configuration_of, digests_of
from experiments.runs.worker import carry_out_one, machine
from experiments.studies.study import (
    FAILED,
    largest_drift,
    places_of,
    say_residual_drift,
    set_damage_aside,
    write_down,
)
from sim.config.scenario import scenario_from
from sim.observation.definitions import with_own

KIND = "run"


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run one scenario of a composed configuration; return the exit status."""
    from experiments.figures import comparison as figures

    scenario = scenario_from(resolved)
    output, store = places_of(resolved)
    planned = plan_runs([scenario], [scenario.seed])
    (bundle,) = bundles_of(planned)
    set_damage_aside(store, planned, console)
    stored = write_down(store, KIND, resolved, planned, console)
    with console.status(f"{scenario.name}, seed {scenario.seed}: {scenario.days} days"):
        # The case log is not stored, so the run is carried out even if the store has its results.
        model, result = carry_out_one(bundle)
    index = store.index()
    if bundle.runs[0].run in index.failed:
        store.keep_retried(index.bundle_of[bundle.runs[0].run], result.tables)
    elif bundle.runs[0].run not in index.bundle_of:
        store.keep(bundle.name, result.tables)
    if model is None:
        (failure,) = result.tables["failures"].to_dict("records")
        console.print(
            f"Failed: {scenario.name}, seed {scenario.seed} ({failure['stage']}): "
            f"{failure['error']}",
            markup=False,
        )
        return FAILED
    label: dict[str, Any] = {"scenario": scenario.name, "seed": scenario.seed}
    indicators = result.tables["indicators"].drop(columns="run")
    final = output / f"run_{scenario.name}_{scenario.seed}_{bundle.name}"
    with renewed_folder(final) as folder:
        write_table(folder, "indicators", indicators.assign(**label))
        write_table(folder, "curves", result.tables["curves"].drop(columns="run").assign(**label))
        write_table(folder, "case_log", model.case_log())
        runs = result.tables["runs"].assign(**label, sample=0)
        write_manifest(
            folder, configuration_of(resolved), study=KIND, name=stored.name,
            command=resolved.get("command"), files=stored.manifest["files"],
            seeds=[scenario.seed], digest=runs["digest"].item(), digests=digests_of(runs),
            machines=[machine()], store=as_typed(store.path), residual_drift=largest_drift(runs),
        )  # fmt: skip
        figures.draw_run(folder)
    blocks = blocks_with_own(HEADLINE, scenario.submodels, indicators)
    print_run(console, indicators, blocks, with_own(scenario.submodels))
    say_what_is_not_drawn(final, console)
    say_residual_drift(console, largest_drift(runs))
    console.print(f"Tables, figures and manifest: {as_typed(final)}", markup=False)
    return 0
