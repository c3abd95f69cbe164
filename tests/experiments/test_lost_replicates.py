"""A comparison that loses replicates, or is interrupted, keeps the others; and its figures."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib.image
import pandas as pd
import pytest
from rich.console import Console

import experiments.compare
from experiments import figures
from experiments.executors import Done, carry_out
from experiments.runs import Replicate, ReplicateResult, run_replicate
from experiments.settings import Executor
from sim.configuration import compose_configuration
from sim.scenario import as_dict

FIRST_SEED = 11
SERIAL = Executor(name="serial", summary="in this process", workers=1)


def settings(output: Path) -> dict[str, Any]:
    words = ["city.population=500", "days=90", "replicates=3", f"seed={FIRST_SEED}"]
    words += ["scenarios=[baseline,mobile_clinics]", "executor=serial"]
    return {**as_dict(compose_configuration(words)), "output": str(output)}


def compare(output: Path) -> tuple[int, str, list[Path]]:
    """Return exit status, what was said, and the folders written."""
    said = StringIO()
    status = experiments.compare.run(settings(output), Console(file=said, width=160))
    return status, said.getvalue(), list(output.iterdir())


def fails_for_the_second(task: Replicate) -> ReplicateResult:
    if task.seed == FIRST_SEED + 1:
        raise ArithmeticError("the second one is lost")
    return run_replicate(task)


def fails_always(task: Replicate) -> ReplicateResult:
    raise ArithmeticError(f"{task.seed} is lost")


@pytest.fixture(scope="module")
def folder_with_a_loss(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, list[Path]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments.compare, "run_replicate", fails_for_the_second)
        return compare(tmp_path_factory.mktemp("loss"))


def test_a_replicate_that_fails_costs_only_itself(
    folder_with_a_loss: tuple[int, str, list[Path]],
) -> None:
    status, said, (folder,) = folder_with_a_loss
    assert status == 1
    assert f"Replicate with seed {FIRST_SEED + 1} failed: ArithmeticError" in said
    assert "Traceback" not in said
    runs = pd.read_parquet(folder / "runs.parquet")
    assert runs.groupby("scenario")["seed"].apply(list).tolist() == [[11, 13], [11, 13]]
    failures = pd.read_parquet(folder / "failures.parquet")
    assert failures["seed"].tolist() == [FIRST_SEED + 1]
    assert "the second one is lost" in failures["error"].item()
    assert "fails_for_the_second" in failures["details"].item()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["seeds"], manifest["failed_seeds"]) == ([11, 13], [12])
    summary = pd.read_parquet(folder / "summary.parquet")
    assert summary["replicates"].max() == 2


def test_an_interrupt_keeps_finished_replicates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(
        executor: Executor, work: Any, tasks: list[Replicate]
    ) -> Iterator[Done[Replicate, ReplicateResult]]:
        yield from carry_out(executor, work, tasks[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments.compare, "carry_out", interrupted)
    monkeypatch.setattr(figures, "draw_comparison", lambda *_: None)
    status, said, (folder,) = compare(tmp_path)
    assert status == 130
    assert "Interrupted: 1 of 3 replicates are finished and kept." in said
    assert pd.read_parquet(folder / "runs.parquet")["seed"].unique().tolist() == [FIRST_SEED]
    assert "no interval" in set(pd.read_parquet(folder / "summary.parquet")["verdict"])


def test_when_every_replicate_fails_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(experiments.compare, "run_replicate", fails_always)
    status, said, folders = compare(tmp_path)
    assert status == 1
    assert said.count("failed: ArithmeticError") == 3
    assert folders == []


def test_a_failing_task_is_a_result_and_the_next_ones_go_on() -> None:
    def halve(number: int) -> int:
        if number % 2:
            raise ValueError(f"{number} is odd")
        return number // 2

    done = list(carry_out(SERIAL, halve, [2, 3, 8]))
    assert [(one.task, one.result) for one in done] == [(2, 1), (3, None), (8, 4)]
    assert [one.error for one in done] == [None, "ValueError: 3 is odd", None]


def test_a_comparison_too_short_for_some_indicators_still_ends_well(tmp_path: Path) -> None:
    """Unmet need takes onsets of all but the last 60 days: forty days know nothing of it."""
    resolved = {**settings(tmp_path), "days": 40, "replicates": 1}
    assert experiments.compare.run(resolved, Console(file=StringIO())) == 0
    (folder,) = tmp_path.iterdir()
    summary = pd.read_parquet(folder / "summary.parquet")
    unknown = summary[(summary["code"] == "A1") & (summary["by"] == "all")]
    assert unknown["scenario"].tolist() == ["baseline", "mobile_clinics"]
    assert unknown["level"].isna().all()


def test_an_error_while_writing_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_disk(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(figures, "draw_comparison", no_disk)
    resolved = {**settings(tmp_path), "replicates": 1}
    with pytest.raises(OSError, match="disk is full"):
        experiments.compare.run(resolved, Console(file=StringIO()))
    assert list(tmp_path.iterdir()) == []


def test_figures_drawn_again_from_the_tables_are_the_same_bytes(
    folder_with_a_loss: tuple[int, str, list[Path]], tmp_path: Path
) -> None:
    folder = folder_with_a_loss[2][0]
    for name in ("summary", "curves", "flows", "cost_effectiveness", "acceptability"):
        (tmp_path / f"{name}.parquet").write_bytes((folder / f"{name}.parquet").read_bytes())
    figures.draw_comparison(tmp_path, settings(tmp_path)["confidence"])
    drawn = sorted(path.name for path in tmp_path.glob("*.[ps][nv]g"))
    figures_of_a_comparison = ("costs", "curves", "effects", "flows", "gates", "load", "unresolved")
    assert drawn == [f"{name}.{end}" for name in figures_of_a_comparison for end in ("png", "svg")]
    for name in drawn:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
        if name.endswith(".png"):
            picture = matplotlib.image.imread(tmp_path / name)
            height, width = picture.shape[:2]
            assert width > 1000
            assert height > 300
            assert picture[..., :3].std() > 0.02, "a blank page"
