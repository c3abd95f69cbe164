"""A comparison that loses runs, or is interrupted, keeps the others; and its figures."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib.image
import pandas as pd
import pytest
from rich.console import Console

import experiments.studies.compare
import experiments.studies.run
import experiments.studies.study
from experiments import open_store
from experiments.figures import comparison as figures
from experiments.runs.executors import Done, run_tasks
from experiments.runs.plan import Bundle
from experiments.runs.store import Store
from experiments.runs.worker import BundleResult
from experiments.studies import stored
from experiments.studies.settings import Executor
from sim.config.configuration import ConfigurationError, compose_configuration
from sim.model import AlmatyModel

FIRST_SEED = 11
SERIAL = Executor(name="serial", summary="in this process", workers=1)


def settings(output: Path, *more: str) -> dict[str, Any]:
    words = ["city.population=500", "days=90", "replicates=3", f"seed={FIRST_SEED}"]
    words += ["scenarios=[baseline,mobile_clinics]", "executor=serial", *more]
    return {**compose_configuration(words), "output": str(output)}


def single_run(output: Path, days: int) -> dict[str, Any]:
    words = ["study=run", "city.population=300", f"days={days}", f"seed={FIRST_SEED}"]
    places = {"output": str(output), "store": str(output / "store")}
    return {**compose_configuration(words), **places}


def results_in(output: Path) -> list[Path]:
    return [path for path in output.iterdir() if not path.name.startswith("store")]


def compare(output: Path) -> tuple[int, str, list[Path]]:
    """Return exit status, what was said, and the result folders written."""
    said = StringIO()
    status = experiments.studies.compare.run(settings(output), Console(file=said, width=160))
    return status, said.getvalue(), results_in(output)


def fail(patch: pytest.MonkeyPatch, *cases: tuple[str, int]) -> None:
    """Let the days of some runs (scenario, seed) end in an error."""
    run_for = AlmatyModel.run_for

    def failing(model: AlmatyModel, days: int) -> None:
        if (model.scenario.name, model.scenario.seed) in cases:
            raise ArithmeticError("this one is lost")
        run_for(model, days)

    patch.setattr(AlmatyModel, "run_for", failing)


@pytest.fixture(scope="module")
def folder_with_a_loss(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, list[Path]]:
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, ("mobile_clinics", FIRST_SEED + 1))
        return compare(tmp_path_factory.mktemp("loss"))


@pytest.mark.slow
def test_a_run_that_fails_costs_only_itself(
    folder_with_a_loss: tuple[int, str, list[Path]],
) -> None:
    status, said, (folder,) = folder_with_a_loss
    assert status == 1
    assert "Failed: mobile_clinics, seed 12 (days): ArithmeticError: this one is lost" in said
    assert "Traceback" not in said
    runs = pd.read_parquet(folder / "runs.parquet")
    # What cannot be paired is not compared ...
    assert runs.groupby("scenario")["seed"].apply(list).tolist() == [[11, 13], [11, 13]]
    # ... but it is stored: five of six runs.
    (path,) = folder.parent.glob("store-*")
    assert len(Store.for_reading(path).read("runs")) == 5
    failures = pd.read_parquet(folder / "failures.parquet")
    assert failures[["scenario", "seed", "stage"]].values.tolist() == [
        ["mobile_clinics", 12, "days"]
    ]
    assert "in failing" in failures["traceback"].item()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["seeds"], manifest["failed_seeds"]) == ([11, 13], [12])
    summary = pd.read_parquet(folder / "summary.parquet")
    assert summary["replicates"].max() == 2


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_finished_and_resume_does_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(
        executor: Executor, work: Any, bundles: list[Bundle], parts: Any
    ) -> Iterator[Done[Bundle, BundleResult]]:
        yield from run_tasks(executor, work, bundles[:1], parts)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments.studies.study, "run_tasks", interrupted)
        patch.setattr(figures, "draw_comparison", lambda *_: None)
        status, said, (folder,) = compare(tmp_path)
    assert status == 130
    assert "Interrupted: 2 of 6 runs are stored; the same command" in said
    assert pd.read_parquet(folder / "runs.parquet")["seed"].unique().tolist() == [FIRST_SEED]
    assert "no interval" in set(pd.read_parquet(folder / "summary.parquet")["verdict"])

    lived = []
    burn_in = AlmatyModel.__init__
    monkeypatch.setattr(
        AlmatyModel,
        "__init__",
        lambda model, scenario, *rest, **more: (
            lived.append(scenario.seed),
            burn_in(model, scenario, *rest, **more),
        )[1],
    )
    monkeypatch.setattr(figures, "draw_comparison", lambda *_: None)
    assert stored.resume(settings(tmp_path), Console(file=StringIO())) == 0
    assert set(lived) == {FIRST_SEED + 1, FIRST_SEED + 2}, "nothing is done twice"
    assert len(pd.read_parquet(folder / "runs.parquet")) == 6


def test_when_every_run_fails_there_is_nothing_to_compare(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fail(
        monkeypatch, *((name, 11 + r) for name in ("baseline", "mobile_clinics") for r in range(3))
    )
    status, said, folders = compare(tmp_path)
    assert status == 1
    assert said.count("Failed: ") == 5
    assert "and 1 more" in said
    assert folders == []


def test_a_failing_task_is_a_result_and_the_next_ones_go_on() -> None:
    def halve(number: int) -> int:
        if number % 2:
            raise ValueError(f"{number} is odd")
        return number // 2

    done = list(run_tasks(SERIAL, halve, [2, 3, 8]))
    assert [(one.task, one.result) for one in done] == [(2, 1), (3, None), (8, 4)]
    assert [one.error for one in done] == [None, "ValueError: 3 is odd", None]


@pytest.mark.slow
def test_a_comparison_too_short_for_some_indicators_still_ends_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Unmet need takes onsets of all but the last 60 days: forty days know nothing of it.

    Figures without values are drawn by `test_empty_figures.py`.
    """
    monkeypatch.setattr(figures, "draw_comparison", lambda *_: None)
    resolved = {**settings(tmp_path), "days": 40, "replicates": 1}
    assert experiments.studies.compare.run(resolved, Console(file=StringIO())) == 0
    (folder,) = results_in(tmp_path)
    summary = pd.read_parquet(folder / "summary.parquet")
    unknown = summary[(summary["indicator"] == "unmet_need_episodes") & (summary["by"] == "all")]
    assert unknown["scenario"].tolist() == ["baseline", "mobile_clinics"]
    assert unknown["level"].isna().all()


def test_an_error_while_writing_leaves_no_half_of_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_disk(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(figures, "draw_comparison", no_disk)
    resolved = {**settings(tmp_path), "replicates": 1}
    with pytest.raises(OSError, match="disk is full"):
        experiments.studies.compare.run(resolved, Console(file=StringIO()))
    assert results_in(tmp_path) == []


@pytest.mark.slow
def test_figures_drawn_again_from_the_store_are_the_same_bytes(
    folder_with_a_loss: tuple[int, str, list[Path]],
) -> None:
    folder = folder_with_a_loss[2][0]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    redraw = settings(folder.parent)
    assert stored.figures(redraw, Console(file=StringIO())) == 1, "one run is lost"
    names = ("costs", "curves", "effects", "flows", "gates", "groups", "load", "unresolved")
    drawn = [f"{name}.{end}" for name in names for end in ("png", "svg")]
    assert sorted(name for name in before if name.endswith(("png", "svg"))) == drawn
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.keys() == after.keys()
    for name, content in after.items():
        if name != "manifest.json":  # says when it was written
            assert content == before[name], name
    for name in drawn:
        if name.endswith(".png"):
            picture = matplotlib.image.imread(folder / name)
            height, width = picture.shape[:2]
            assert width > 1000
            assert height > 300
            assert picture[..., :3].std() > 0.02, "a blank page"


def test_a_single_run_that_fails_is_a_row_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, ("baseline", FIRST_SEED))
    said = StringIO()
    assert (
        experiments.studies.run.run(single_run(tmp_path, days=5), Console(file=said, width=160))
        == 1
    )
    assert f"Failed: baseline, seed {FIRST_SEED} (days): ArithmeticError" in said.getvalue()
    assert results_in(tmp_path) == []
    (failure,) = open_store(tmp_path / "store").failures().to_dict("records")
    assert failure["stage"] == "days"
    assert "this one is lost" in failure["traceback"]


def test_single_runs_are_no_studies_to_go_on_with(tmp_path: Path) -> None:
    console = Console(file=StringIO(), width=160)
    resolved = single_run(tmp_path, days=5)
    assert experiments.studies.run.run(resolved, console) == 0
    (name,) = open_store(tmp_path / "store").studies()
    with pytest.raises(ConfigurationError, match="holds no study yet"):
        stored.resume({**resolved, "of": None}, console)
    with pytest.raises(ConfigurationError, match=f"of={name} is a single run"):
        stored.resume({**resolved, "of": name}, console)
