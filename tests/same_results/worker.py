"""Carry out the listed runs with one tree: `worker.py LISTED TREE FILE`, in a process of its own.

It imports nothing of the tests: they are not the same in both trees.
"""

import pickle
import runpy
import sys
from pathlib import Path
from typing import Any


def results_of(listed: Any, common: tuple[str, ...], days: int) -> dict[str, Any]:
    """Return digest, indicators, curves and case log of a run, and of its branch."""
    from sim import AlmatyModel, load_scenario

    scenario = load_scenario(listed.scenario, [*common, *listed.overrides])
    models = {"": AlmatyModel(scenario)}
    if listed.after:
        models[""].run_for(listed.after)
    if listed.branch is not None:
        models["branch: "] = models[""].fork(scenario.with_policy(listed.branch))
    results: dict[str, Any] = {}
    for which, model in models.items():
        model.run_for(days - listed.after)
        results[f"{which}digest"] = model.digest()
        results[f"{which}indicators"] = model.indicators()
        results[f"{which}curves"] = model.curves()
        results[f"{which}case log"] = model.case_log()
    return results


def main(listed_file: str, tree: str, file: str) -> None:
    """Carry out all listed runs, and keep what comes of them, or the mistake, by name."""
    import sim

    if Path(str(sim.__file__)).resolve().parents[1] != Path(tree).resolve():
        raise SystemExit(f"error: the model is taken from {sim.__file__}, not from {tree}")
    listed = runpy.run_path(listed_file)
    found: dict[str, Any] = {}
    for one in listed["RUNS"]:
        try:
            found[one.name] = results_of(one, listed["SMALL"], listed["DAYS"])
        except Exception as error:
            found[one.name] = {"failed": f"{type(error).__name__}: {error}"}
    Path(file).write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
