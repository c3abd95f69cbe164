"""study=run: one scenario under one seed, with everything that was recorded."""

from time import process_time
from typing import Any

from rich.console import Console

from experiments.compare import _shown
from experiments.report import print_run
from experiments.results import final_name, new_folder, write_manifest, write_table
from experiments.settings import output_folder
from sim.model import AlmatyModel
from sim.scenario import scenario_from


def run(resolved: dict[str, Any], console: Console) -> int:
    """Run one scenario of a composed configuration; return the exit status."""
    from experiments import figures

    scenario = scenario_from(resolved)
    output = output_folder(resolved)
    started = process_time()
    with console.status(f"{scenario.name}, seed {scenario.seed}: {scenario.days} days"):
        model = AlmatyModel(scenario)
        model.run_for(scenario.days)
    indicators = model.indicators()
    label: dict[str, Any] = {"scenario": scenario.name, "seed": scenario.seed}
    with new_folder(output, f"run_{scenario.name}_{scenario.seed}") as folder:
        write_table(folder, "indicators", indicators.assign(**label))
        write_table(folder, "curves", model.curves().assign(**label))
        write_table(folder, "case_log", model.case_log())
        write_manifest(
            folder,
            resolved,
            study="run",
            seeds=[scenario.seed],
            digest=model.digest(),
            cpu_seconds=round(process_time() - started, 1),
        )
        figures.draw_run(folder)
    print_run(console, indicators)
    console.print(f"Tables, figures and manifest: {_shown(final_name(folder))}", markup=False)
    return 0
