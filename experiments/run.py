"""study=run: one scenario under one seed, with everything that was recorded."""

from typing import Any

from rich.console import Console

from experiments.report import print_run
from experiments.results import as_typed, renewed_folder, write_manifest, write_table
from experiments.runs import carry_out_one
from experiments.settings import output_folder, store_path
from experiments.specifications import bundles_of, plan_runs
from experiments.store import Store
from experiments.study import FAILED, write_down
from sim.scenario import scenario_from

KIND = "run"


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run one scenario of a composed configuration; return the exit status."""
    from experiments import figures

    scenario = scenario_from(resolved)
    output = output_folder(resolved)
    store = Store.for_writing(store_path(resolved, output))
    planned = plan_runs([scenario], [scenario.seed])
    (bundle,) = bundles_of(planned, {scenario.name: scenario})
    stored = write_down(store, KIND, resolved, [scenario], planned)
    with console.status(f"{scenario.name}, seed {scenario.seed}: {scenario.days} days"):
        # The case log is kept nowhere else, so it runs whether or not the store knows the run.
        model, result = carry_out_one(bundle)
    if not store.has(stored.plan["bundle"].item()):
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
        write_manifest(
            folder,
            resolved,
            study="run",
            seeds=[scenario.seed],
            digest=model.digest(),
            store=as_typed(store.path),
        )
        figures.draw_run(folder)
    print_run(console, indicators)
    console.print(f"Tables, figures and manifest: {as_typed(final)}", markup=False)
    return 0
