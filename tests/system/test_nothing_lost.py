"""Sweeps that are killed, shared out, or lose workers end with the same store, byte by byte.

A command that nothing is done to while it runs is called in this process (`here`), without its
figures: its start takes longer than its runs. `start` and `sim` begin a process of its own.
"""

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hydra.core.global_hydra import GlobalHydra

import experiments.runs.worker
from experiments.figures import comparison, sweep
from experiments.runs.bundles import FORMAT
from experiments.runs.plan import PlannedRun
from experiments.runs.sealed_files import write_sealed
from experiments.runs.store import Store
from sim.__main__ import main
from sim.config.configuration import ConfigurationError
from sim.config.scenario import Scenario
from tests.system import faults

ROOT = Path(__file__).resolve().parents[2]
TINY = (
    "city.population=150", "city.burn_in_days=60", "days=20", "seed=1",
    "scenarios=[baseline,messenger_campaign]",
)  # fmt: skip
SWEEP = ("study=sweep", *TINY, "replicates=8", "vary={care_seeking.fear_weight: [2]}")
RUNS = 16
NOT_COMPARED = ("times.parquet", "machine.json")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(os.name == "nt", reason="signals and process groups are a matter of Unix"),
]


def start(store: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    places = (f"store={store}", f"output={store.parent / 'results'}")
    environment = environment or faults.plant(store.parent)
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *places, *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )  # fmt: skip


def sim(store: Path, *words: str, **environment: str) -> tuple[int, str]:
    process = start(store, *words, **environment)
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def here(store: Path, *words: str, diary: list[str] | None = None) -> tuple[int, str]:
    """Carry out a command in this process; return its status and all that it said.

    `diary` receives the ids of runs that are begun.
    """
    begin, said = experiments.runs.worker._scenario, io.StringIO()

    def noted(run: PlannedRun) -> Scenario:
        if diary is not None:
            diary.append(run.run)
        return begin(run)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("HYDRA_FULL_ERROR", "0")
        patch.setattr(experiments.runs.worker, "_scenario", noted)
        patch.setattr(experiments.runs.worker, "_past", experiments.runs.worker.BurnInCache())
        for module in (comparison, sweep):
            patch.setattr(module, "draw_each", lambda *_: None)
        GlobalHydra.instance().clear()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main([f"store={store}", f"output={store.parent / 'results'}", *words])
        GlobalHydra.instance().clear()
    return status, said.getvalue()


def content(store: Path) -> dict[str, bytes]:
    """Return every file of a store but those that say when and where."""
    return {
        path.relative_to(store).as_posix(): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file() and path.name not in NOT_COMPARED
    }


def digests(store: Path) -> dict[str, str]:
    table = Store.for_reading(store).read("runs")
    if table.empty:
        return {}
    assert table["run"].is_unique
    return dict(zip(table["run"], table["digest"], strict=True))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sweep, carried out one run after the other."""
    store = tmp_path_factory.mktemp("undisturbed") / "store"
    status, said = here(store, *SWEEP, "executor=serial")
    assert status == 0, said
    assert len(digests(store)) == RUNS
    return store


def test_a_driver_killed_three_times_loses_nothing_and_repeats_nothing(
    undisturbed: Path, tmp_path: Path
) -> None:
    store, chance = tmp_path / "store", random.Random(5)
    environment = faults.plant(tmp_path)
    kills = 0
    while kills < 3:
        process = start(store, *SWEEP, "executor.workers=2", **environment)
        before = set(digests(store)) if (store / "store.json").exists() else set()
        wanted = len(before) + chance.randint(1, 3)
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if (store / "store.json").exists() and len(digests(store)) >= wanted:
                break
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()[0]
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        time.sleep(1.0)  # workers notice that their driver is gone
        # Whatever was in the store before is not begun again.
        kept = set(digests(store))
        assert before <= kept
        assert not before & set(faults.begun(tmp_path))
        (tmp_path / "diary").unlink()
    status, said = sim(store, "study=resume", "executor.workers=2", **environment)
    assert status == 0, said
    assert not kept & set(faults.begun(tmp_path))
    assert content(store) == content(undisturbed)


def test_a_worker_that_dies_once_changes_nothing(undisturbed: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    environment = faults.plant(tmp_path, faults.kill_once(tmp_path / "flag"))
    status, said = sim(store, *SWEEP, "executor.workers=2", **environment)
    assert status == 0, said
    assert (tmp_path / "flag").exists()
    assert content(store) == content(undisturbed)


def test_a_run_that_always_ends_its_worker_is_a_failed_row(
    undisturbed: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    environment = faults.plant(tmp_path, faults.KILL_ALWAYS)
    status, said = sim(store, *SWEEP, "executor.workers=2", **environment)
    assert status == 1
    assert "Traceback" not in said
    failures = Store.for_reading(store).read("failures")
    assert len(failures) == 1
    assert set(failures["stage"]) == {"worker"}
    assert failures["error"].str.contains("ended its worker process 3 times").all()
    expected = digests(undisturbed)
    kept = digests(store)
    assert len(kept) == RUNS - 1
    assert kept.items() <= expected.items()
    begun = faults.begun(tmp_path)
    assert 3 <= begun.count(failures["run"].item()) <= 5, "alone, and in company"


def test_a_run_that_fails_costs_itself_alone(undisturbed: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    environment = faults.plant(tmp_path, faults.FAIL_ONE_SEED_IN_EIGHT)
    status, said = sim(store, *SWEEP, "executor.workers=2", **environment)
    assert status == 1
    assert "Failed: baseline, seed 3, sample 0 (set-up): ArithmeticError: planted" in said
    failures = Store.for_reading(store).read("failures")
    assert len(failures) == 2, "one a scenario"
    assert digests(store).items() <= digests(undisturbed).items()
    assert len(digests(store)) == RUNS - 2


def test_four_shards_make_the_same_store(undisturbed: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    for number in (3, 1, 4, 2):
        status, said = here(store, *SWEEP, f"shard={number}/4", "executor=serial")
        assert status == 0, said
        assert ("left to other shards" in said) == (number != 2), "until the last has come"
    assert content(store) == content(undisturbed)


def test_two_at_once_with_shared_runs_each_count_once(tmp_path: Path) -> None:
    """Two people, one store: overlapping comparisons, one of them in two shards."""
    store = tmp_path / "store"
    first = (*TINY[:-1], "scenarios=[baseline,messenger_campaign]", "replicates=4")
    second = (*TINY[:-1], "scenarios=[baseline,mobile_clinics]", "replicates=4")
    processes = [
        start(store, "study=curves", *first, "executor=serial"),
        start(store, "study=curves", *second, "executor=serial", "shard=1/2"),
        start(store, "study=curves", *second, "executor=serial", "shard=2/2"),
    ]
    said = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert len(digests(store)) == 4 * 3
    everything = (*TINY[:-1], "scenarios=[baseline,messenger_campaign,mobile_clinics]")
    status, told = here(store, "study=curves", *everything, "replicates=4", "executor=serial")
    assert status == 0, told
    assert "12 of 12 runs are already in the store." in told
    (folder,) = (
        path.parent
        for path in (store.parent / "results").glob("*/manifest.json")
        if len(json.loads(path.read_text())["scenarios"]) == 3
    )
    curves = pd.read_parquet(folder / "curves.parquet")
    assert curves.groupby(["scenario", "seed"]).size().tolist() == [20] * 12
    assert here(store, "study=check")[0] == 0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """A Dask scheduler and two workers on loopback, started by hand; gives its address."""
    pytest.importorskip("distributed", reason="executor=dask needs the package distributed")
    file = tmp_path / "scheduler.json"

    def run_dask(*words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--no-dashboard"],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    started = [run_dask("scheduler", "--port", "0", "--scheduler-file", str(file))]
    try:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        worker = ("worker", "--scheduler-file", str(file), "--nthreads", "1")
        started += [run_dask(*worker), run_dask(*worker)]
        yield str(file)
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def test_a_cluster_joined_by_its_scheduler_file_makes_the_same_store(
    undisturbed: Path, tmp_path: Path, cluster: str
) -> None:
    store = tmp_path / "store"
    status, said = sim(store, *SWEEP, "executor=dask", f"executor.address={cluster}")
    assert status == 0, said
    assert content(store) == content(undisturbed)


def test_a_worker_of_a_cluster_that_dies_loses_nothing(undisturbed: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="executor=dask needs the package distributed")
    store = tmp_path / "store"
    environment = faults.plant(tmp_path, faults.kill_once(tmp_path / "flag"))
    status, said = sim(store, *SWEEP, "executor=dask", "executor.workers=2", **environment)
    assert status == 0, said
    assert (tmp_path / "flag").exists()
    assert content(store) == content(undisturbed)


def test_what_is_stored_is_not_run_again_and_more_can_be_added(
    undisturbed: Path, tmp_path: Path
) -> None:
    begun: list[str] = []
    status, said = here(undisturbed, *SWEEP, "executor=serial", diary=begun)
    assert status == 0
    assert f"{RUNS} of {RUNS} runs are already in the store." in said
    assert begun == []
    before = digests(undisturbed)
    copy = tmp_path / "store"
    subprocess.run(["cp", "-r", str(undisturbed), str(copy)], check=True)
    words = ("study=expand", "replicates=9", "executor=serial")
    status, said = here(copy, *words, diary=begun)
    assert status == 0, said
    assert before.items() <= digests(copy).items()
    assert len(begun) == len(digests(copy)) - RUNS == 2


def test_mistakes_are_one_line(undisturbed: Path, tmp_path: Path) -> None:
    def only_line(status: int, said: str) -> str:
        assert status == 2, said
        lines = said.splitlines()
        assert len(lines) == 1, said
        return lines[0]

    said = only_line(*here(undisturbed, "study=expand", "city.population=400"))
    assert "cannot change 'city.population" in said
    said = only_line(*here(undisturbed, "study=figures", "of=sweep-0"))
    assert "did you mean 'sweep-" in said
    nobody = ("executor=dask", "executor.address=tcp://127.0.0.1:9")
    said = only_line(*sim(tmp_path / "s", *SWEEP, *nobody))
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in said


def test_a_store_of_another_version_says_so(undisturbed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "store"
    subprocess.run(["cp", "-r", str(undisturbed), str(copy)], check=True)
    write_sealed(copy / "store.json", {"format": FORMAT, "model_version": "0.0.1-00000000"})
    with pytest.raises(
        ConfigurationError, match=r"version 0\.0\.1-00000000, this is .*expand from="
    ):
        Store.for_writing(copy)
    # What it holds can still be read.
    assert len(pd.DataFrame(Store.for_reading(copy).read("runs"))) == RUNS
