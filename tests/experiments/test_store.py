"""The store: whole or absent, each run once, readable while it grows, by anything."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import experiments.store
from experiments import open_store
from experiments.store import Store, StoreError
from sim.configuration import ConfigurationError


def tables(*runs: str) -> dict[str, pd.DataFrame]:
    empty = pd.DataFrame()
    return {
        "indicators": pd.DataFrame(
            {"run": list(runs) * 2, "indicator": ["a"] * len(runs) + ["b"] * len(runs),
             "value": range(2 * len(runs))}
        ),
        "runs": pd.DataFrame({"run": list(runs), "digest": [f"d-{run}" for run in runs]}),
        "curves": empty, "flows": empty, "failures": empty, "times": empty,
    }  # fmt: skip


def plan(**bundle_of: str) -> pd.DataFrame:
    runs = list(bundle_of)
    return pd.DataFrame(
        {"run": runs, "bundle": list(bundle_of.values()), "scenario": "baseline", "sample": 0,
         "seed": range(len(runs))}
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.for_writing(tmp_path / "store")


def test_what_is_kept_is_read_in_the_order_of_the_plan(store: Store) -> None:
    store.keep("one", tables("x", "y"))
    store.keep("two", tables("z"))
    store.begin_study("s-1", {"study": "compare"}, plan(z="two", x="one"), {})
    reader = open_store(store.path)
    assert reader.studies() == ["s-1"]
    read = reader.indicators("s-1")
    assert read["run"].tolist() == ["z", "z", "x", "x"]
    assert read["seed"].tolist() == [0, 0, 1, 1]
    assert reader.indicators("s-1", [("indicator", "==", "b")])["value"].tolist() == [1, 2]
    assert store.bundle_of_runs() == {"x": "one", "y": "one", "z": "two"}
    # Plain tools read the same files.
    assert pq.read_table(store.path / "runs" / "one" / "runs.parquet").num_rows == 2


def test_a_bundle_that_two_have_carried_out_is_kept_once(store: Store) -> None:
    store.keep("one", tables("x"))
    store.keep("one", tables("x"))
    assert len(store.read("runs")) == 1
    assert [path.name for path in (store.path / "runs").iterdir()] == ["one"]


def test_a_study_is_begun_once(store: Store) -> None:
    store.begin_study("s-1", {"study": "compare"}, plan(x="one"), {})
    again = store.begin_study("s-1", {"study": "other"}, plan(x="one", y="one"), {})
    assert again.manifest["study"] == "compare"
    assert len(again.plan) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_one_line_and_leaves_the_store_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store.keep("one", tables("x"))
    write, written = experiments.store._write, []

    def no_room(path: Path, table: pd.DataFrame) -> None:
        if written:
            raise OSError(number, os.strerror(number))
        written.append(path)
        write(path, table)

    monkeypatch.setattr(experiments.store, "_write", no_room)
    with pytest.raises(StoreError, match=os.strerror(number)) as caught:
        store.keep("two", tables("y"))
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert [path.name for path in (store.path / "runs").iterdir()] == ["one"]
    store.keep("two", tables("y"))
    assert len(store.read("runs")) == 2


@pytest.mark.skipif(os.name == "nt", reason="asks for processes as Unix does")
def test_what_a_killed_writer_left_is_not_read_and_is_swept(store: Store) -> None:
    store.keep("one", tables("x"))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    name, here = experiments.store.UNFINISHED, socket.gethostname()
    left, alive, elsewhere = (
        store.path / "runs" / f"{name}{host}-{process}-abc"
        for host, process in (
            (here, ended.pid), (here, os.getpid()), ("another-machine", ended.pid),
        )
    )  # fmt: skip
    for folder in (left, alive, elsewhere):
        folder.mkdir()
        (folder / "runs.parquet").write_bytes(b"half a file")
    assert len(store.read("runs")) == 1
    Store.for_writing(store.path)
    assert not left.exists()
    assert alive.exists()
    assert elsewhere.exists(), "its writer may be alive"
    os.utime(elsewhere, (0, 0))
    Store.for_writing(store.path)
    assert not elsewhere.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ConfigurationError, match=r"cannot write to .*Permission denied"):
            Store.for_writing(tmp_path / "store")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(ConfigurationError, match="cannot write to"):
        Store.for_writing(tmp_path / "store")


def test_no_store_is_one_line_that_names_its_neighbours(store: Store) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no store in .* beside it: store"):
        open_store(store.path.parent / "stroe")
