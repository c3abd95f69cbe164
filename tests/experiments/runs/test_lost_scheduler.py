"""A Dask scheduler that is lost while tasks wait for it; how many workers `auto` means."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.runs.cluster import OnDask
from experiments.studies.settings import Executor


def double(number: int) -> int:
    return 2 * number


def test_the_loss_of_a_scheduler_is_one_line_that_says_how_to_go_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="executor=dask needs the package distributed")
    file = tmp_path / "scheduler.json"
    words = ["scheduler", "--port", "0", "--scheduler-file", str(file), "--host", "127.0.0.1"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "dask", *words, "--no-dashboard"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        executor = Executor(name="dask", summary="", workers="auto", address=str(file))
        crew = OnDask[int, int](executor, double)
        ticket = crew.submit(1)  # there is no worker: it waits
        scheduler.kill()
        try:
            with pytest.raises(ConnectionError, match="no longer answers; finished runs are"):
                crew.next_done([ticket])
                crew.result(ticket)
        finally:
            crew.close()
    finally:
        scheduler.kill()
        scheduler.wait(timeout=30)
    assert capfd.readouterr().err == ""


def test_auto_means_the_processors_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container or `taskset` may leave it fewer than the machine has."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    executor = Executor(name="local", summary="", workers="auto")
    assert executor.worker_count == len(os.sched_getaffinity(0)) < 64
