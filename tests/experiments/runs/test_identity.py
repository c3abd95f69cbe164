"""A run hangs on what is run: never on a name, whoever gives it."""

import ast
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import experiments.runs.worker
import sim
from experiments import open_store
from experiments.runs.plan import (
    MAKES_RESULTS,
    NOT_IN_RESULTS,
    IdentityError,
    bundle_of,
    content_of,
    identity_of,
    plan_runs,
    scenario_to_run,
)
from experiments.runs.store import Store
from experiments.runs.worker import carry_out_bundle
from experiments.studies import compare
from experiments.studies.study import carry_out_study
from sim.config.configuration import ConfigurationError, compose_configuration
from sim.config.levers import Change
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario, scenario_from
from sim.model import AlmatyModel

TINY = ["city.population=150", "city.burn_in_days=60", "days=20", "executor=serial"]


@pytest.fixture(scope="module")
def base() -> Scenario:
    return load_scenario("baseline", TINY)


def test_two_scenarios_of_one_name_are_refused_before_anything_runs(base: Scenario) -> None:
    """Whatever made them: a plan could not tell their rows apart."""
    other = replace(base.with_policy("mobile_clinics"), name="baseline")
    with pytest.raises(ConfigurationError, match="two scenarios are called 'baseline'"):
        plan_runs([base, other], [1])


def test_the_same_content_under_two_names_is_one_run(base: Scenario) -> None:
    named = replace(base, name="as it was")
    runs = plan_runs([base, named], [1])
    assert len({run.run for run in runs}) == 1
    assert content_of(base) == content_of(named)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"days": 21},
        {"changes": (Change(path="information.ngo_reach", value=0.5, start_day=0),)},
        {"shocks": (Change(path="demography.inflow_factor", value=2.0, start_day=0),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_a_result_depends_on_is_part_of_the_id(
    base: Scenario, change: dict[str, Any]
) -> None:
    other = replace(base, **change)
    assert identity_of(other).run != identity_of(base).run
    same_past = identity_of(other).past == identity_of(base).past
    assert same_past == ("seed" not in change), "levers and shocks begin after the burn-in"
    moved = replace(base, world=base.world.with_value("illness.acute_rate", 1.9))
    assert identity_of(moved).past != identity_of(base).past


def test_a_worker_refuses_a_run_that_is_not_the_one_planned(base: Scenario) -> None:
    """As when a label is looked up in the wrong table: the result is a failure, not a number."""
    (run,) = plan_runs([base], [1])
    wrong = replace(run, base=base.with_policy("mobile_clinics"))
    with pytest.raises(IdentityError, match=f"planned as run {run.run}"):
        scenario_to_run(wrong)
    assert scenario_to_run(run).seed == 1
    result = carry_out_bundle(bundle_of([wrong]))
    assert result.tables["runs"].empty
    assert result.tables["indicators"].empty
    failure = result.tables["failures"].iloc[0]
    assert (failure["run"], failure["stage"]) == (run.run, "set-up")
    assert "IdentityError" in failure["error"]


def test_a_burn_in_is_kept_under_what_it_was_made_of(base: Scenario) -> None:
    """A wrong label of the past cannot make a run branch off somebody else's burn-in."""
    runs = plan_runs([base], [1, 2])
    carry_out_bundle(bundle_of([runs[0]]))
    scenario = base.with_seed(2)
    model = experiments.runs.worker._past.of(scenario)
    assert model.specification.seed == 2


def test_a_comparison_of_scenarios_made_in_python_keeps_them_apart(
    base: Scenario, tmp_path: Path
) -> None:
    """The stored digest of each run is that of the model under that very scenario."""
    resolved = {**compose_configuration(TINY), "output": str(tmp_path), "store": None}
    levers = {"path": "information.media_reach", "value": 30.0, "start_day": 0}
    mine = scenario_from(
        {**base.resolved, "scenario": {"name": "mine", "summary": "", "changes": [levers]}}
    )
    runs = plan_runs([base, mine], [1])
    done = carry_out_study("compare", resolved, runs, Console(file=StringIO()))
    assert done.status == 0
    (store,) = tmp_path.glob("store-*")
    stored = open_store(store).runs().set_index("scenario")["digest"]
    for scenario in (base, mine):
        model = AlmatyModel(scenario.with_seed(1))
        model.run_for(20)
        assert stored[scenario.name] == model.digest()
    assert stored.nunique() == 2


def test_a_study_writes_every_scenario_down_in_full(tmp_path: Path) -> None:
    words = [*TINY, "scenarios=[baseline,mobile_clinics]", "replicates=1"]
    resolved = {**compose_configuration(words), "output": str(tmp_path)}
    scenarios = [load_scenario(one, TINY) for one in ("baseline", "mobile_clinics")]
    done = compare.replicate(resolved, scenarios, 1, Console(file=StringIO()))
    (place,) = tmp_path.glob("store-*")
    (study,) = Store.for_reading(place).studies()
    manifest = open_store(place).manifest(study)
    assert manifest == dict(done.results.study.manifest)
    configuration = manifest["configuration"]
    assert configuration["policies"]["mobile_clinics"] == scenarios[1].resolved["scenario"]
    again = scenario_from({**compose_configuration(TINY), **configuration})
    assert identity_of(again.with_policy("mobile_clinics")) == identity_of(scenarios[1])


def imported(path: Path, package: str, folder: Path) -> set[str]:
    """Return the modules of a package that a file imports, as files in its folder."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Import):
            names += [one.name for one in node.names]
    files = (f"{'/'.join(one.split('.')[1:])}.py" for one in names if one.startswith(f"{package}."))
    return {one for one in files if (folder / one).is_file()}


def test_the_version_of_a_run_covers_all_code_that_makes_it() -> None:
    """Whatever the module that carries out runs, or the store, is made of counts."""
    folder = Path(experiments.__file__).parent
    found, new = set[str](), {"runs/worker.py", "runs/store.py"}
    while new:
        found |= new
        imports = (imported(folder / one, "experiments", folder) for one in new)
        new = set().union(*imports) - found
    assert found == {f"runs/{name}" for name in MAKES_RESULTS}


def test_what_is_left_out_of_the_version_is_imported_by_nothing_that_counts() -> None:
    folder = Path(sim.__file__).parent
    for path in folder.rglob("*.py"):
        if path.relative_to(folder).as_posix() not in NOT_IN_RESULTS:
            assert not imported(path, "sim", folder) & set(NOT_IN_RESULTS), path
    assert all((folder / one).is_file() for one in NOT_IN_RESULTS)
