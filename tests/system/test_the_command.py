"""`python -m sim` as a user starts it: a process, its output, its files, its exit status."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from experiments import open_store
from experiments.runs.store import Store
from sim.config.configuration import choices
from sim.config.loading import load_scenario
from sim.model import AlmatyModel

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("city.population=500", "days=90")
TABLES = (
    "flows", "indicators", "curves", "runs", "summary", "failures", "cost_effectiveness",
    "acceptability", "precision", "ranks", "policy_costs", "policy_costs_by_lever",
)  # fmt: skip
FIGURES = ("flows", "unresolved", "curves", "effects", "gates", "groups", "load", "costs")


def sim(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def only_folder(output: Path) -> Path:
    folders = [path for path in output.iterdir() if not path.name.startswith("store")]
    assert len(folders) == 1
    return folders[0]


@pytest.mark.claim("V4")
@pytest.mark.slow
def test_a_comparison_is_the_same_in_any_order_with_any_workers_and_hash_seed(
    tmp_path: Path,
) -> None:
    done = sim(
        "study=compare", "scenarios=[mobile_clinics,baseline]", "replicates=2", "seed=5", *SMALL,
        "executor=local", "executor.workers=2", f"output={tmp_path}", PYTHONHASHSEED="77",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    folder = only_folder(tmp_path)
    expected = {f"{name}.{end}" for name in TABLES for end in ("parquet", "csv")}
    expected |= {f"{name}.{end}" for name in FIGURES for end in ("png", "svg")}
    assert {path.name for path in folder.iterdir()} == expected | {"manifest.json", "cheers.md"}

    # The same in this process, in the other order, one after the other.
    base = load_scenario("baseline", ["seed=5", *SMALL])
    runs = pd.read_parquet(folder / "runs.parquet")
    theirs = {(row.scenario, row.seed): row.digest for row in runs.itertuples()}
    mine = {}
    for seed in (5, 6):
        past = AlmatyModel(base.with_seed(seed))
        for name in ("baseline", "mobile_clinics"):
            branch = past.fork(base.with_policy(name).with_seed(seed))
            branch.run_for(90)
            mine[name, seed] = branch.digest()
    assert theirs == mine
    assert len(set(mine.values())) == 4

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seeds"] == [5, 6]
    assert manifest["scenarios"] == ["mobile_clinics", "baseline"]
    assert manifest["reference"] == "mobile_clinics"
    assert manifest["failed_seeds"] == []
    assert set(manifest["git"]) == {"commit", "uncommitted_changes"}
    assert "unknown" not in manifest["packages"].values()
    assert {"mesa", "numpy"} <= set(manifest["packages"])
    assert 0 < manifest["cpu_seconds"] < 600
    settings = manifest["configuration"]
    assert settings["days"] == 90
    assert settings["city"]["population"]["value"] == 500
    assert "hydra" not in settings

    for name in TABLES:
        parquet, csv = pd.read_parquet(folder / f"{name}.parquet"), folder / f"{name}.csv"
        lines = csv.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 1 + len(parquet)
        assert lines[0] == ",".join(parquet.columns)


@pytest.mark.slow
def test_a_plain_hydra_multirun_gives_a_folder_a_combination(tmp_path: Path) -> None:
    done = sim(
        "-m", "study=run", "scenario=baseline,mobile_clinics", "seed=1,2", *SMALL,
        f"output={tmp_path}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    folders = sorted(path.name.rsplit("_", 1)[0] for path in tmp_path.glob("run_*"))
    assert folders == [
        "run_baseline_1", "run_baseline_2", "run_mobile_clinics_1", "run_mobile_clinics_2",
    ]  # fmt: skip
    (store,) = tmp_path.glob("store-*")
    digests, kept = set(), set(Store.for_reading(store).read("runs")["digest"])
    for folder in tmp_path.glob("run_*"):
        if folder.is_dir():
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            digests.add(manifest["digest"])
            assert (folder / "case_log.csv").is_file()
            assert (folder / "curves.png").stat().st_size > 10_000
    assert len(digests) == 4
    assert digests == kept, "a plain multirun lands in the same store"
    runs = open_store(store).runs()
    assert set(zip(runs["scenario"], runs["seed"], strict=True)) == {
        ("baseline", 1), ("baseline", 2), ("mobile_clinics", 1), ("mobile_clinics", 2),
    }  # fmt: skip


def test_the_help_names_every_choice() -> None:
    done = sim("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for group in ("scenario", "study", "city", "shock", "executor", "regime"):
        for name, summary in choices(group).items():
            assert any(
                line.split()[:1] == [name] and summary in line for line in done.stdout.splitlines()
            ), f"{group} {name}"


def test_a_mistake_found_late_is_one_line_and_status_two(tmp_path: Path) -> None:
    """The number of replicates is checked inside the application, after composing."""
    output = tmp_path / "results"
    done = sim("replicates=0", f"output={output}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: replicates")
    assert len(done.stderr.splitlines()) == 1
    assert not output.exists()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are a matter of Unix")
@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_says_so_in_a_line(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "study=compare", "scenarios=[baseline]", "replicates=40",
         "city.population=300", "days=365", "executor=local", "executor.workers=2",
         f"output={tmp_path}"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A suite started in the background ignores interrupts, and would pass that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.split()[1:4] == ["of", "40", "runs"], first
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 130
    assert "Traceback" not in rest + errors
    said = [line for line in rest.splitlines() if line.startswith("Interrupted")]
    assert len(said) == 1
    kept = int(said[0].split()[1])
    assert 1 <= kept < 40
    assert "of 40 runs are stored; the same command, or study=resume, continues" in said[0]
    runs = pd.read_parquet(only_folder(tmp_path) / "runs.parquet")
    assert len(runs) == kept
