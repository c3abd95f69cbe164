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

import experiments.runs.bundles
from experiments import open_store
from experiments.runs.sealed_files import UNFINISHED, DamageError, StoreError
from experiments.runs.store import Store
from sim.config.configuration import ConfigurationError


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
    assert store.index().bundle_of == {"x": "one", "y": "one", "z": "two"}
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
    write, written = experiments.runs.bundles.write_parquet, []

    def no_room(path: Path, table: pd.DataFrame) -> None:
        if written:
            raise OSError(number, os.strerror(number))
        written.append(path)
        write(path, table)

    monkeypatch.setattr(experiments.runs.bundles, "write_parquet", no_room)
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
    name, here = UNFINISHED, socket.gethostname()
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


def test_a_read_only_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is closed to root, who may be running this: the system's answer is played."""

    def denied(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(ConfigurationError, match=r"cannot write to .*Permission denied"):
        Store.for_writing(tmp_path / "store")


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(ConfigurationError, match="cannot write to"):
        Store.for_writing(tmp_path / "store")


def test_no_store_is_one_line_that_names_its_neighbours(store: Store) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no store in .* beside it: store"):
        open_store(store.path.parent / "stroe")


# --- each run once ------------------------------------------------------------------------------


def failures(*runs: str) -> dict[str, pd.DataFrame]:
    empty = pd.DataFrame()
    failed = pd.DataFrame(
        {"run": list(runs), "stage": "days", "error": "planted", "traceback": "none"}
    )
    return {**dict.fromkeys(("indicators", "runs", "curves", "flows", "times"), empty),
            "failures": failed}  # fmt: skip


def together(*parts: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    names = parts[0]
    return {name: pd.concat([one[name] for one in parts], ignore_index=True) for name in names}


def test_a_run_that_lies_in_two_bundles_is_read_once(store: Store) -> None:
    """Two processes at once: both carry out what their studies share."""
    store.keep("b", tables("shared", "y"))
    store.keep("a", tables("shared", "x"))
    store.begin_study("s-1", {"study": "compare"}, plan(shared="b", y="b"), {})
    store.begin_study("s-2", {"study": "compare"}, plan(shared="a", x="a", y="b"), {})
    reader = open_store(store.path)
    for study, expected in (("s-1", 2), ("s-2", 3), (None, 3)):
        read = reader.indicators(study)
        assert len(read) == 2 * expected
        assert not read.duplicated(["run", "indicator"]).any()
    assert store.index().doubled == {"shared": ["a", "b"]}


def test_a_failure_counts_only_where_there_is_no_result(store: Store) -> None:
    store.keep("a", failures("x", "y"))
    store.keep("b", tables("x"))
    index = store.index()
    assert index.bundle_of == {"x": "b", "y": "a"}
    assert index.failed == {"y"}
    assert store.read("failures")["run"].tolist() == ["y"]
    assert store.read("runs")["run"].tolist() == ["x"]


def test_what_failed_and_is_tried_again_is_stored_as_if_it_had_never_failed(tmp_path: Path) -> None:
    whole, mended = (Store.for_writing(tmp_path / name) for name in ("whole", "mended"))
    order = ["x", "y", "z"]
    whole.keep("b", together(tables("x"), tables("y"), tables("z")), order)
    mended.keep("b", together(tables("x"), failures("y"), tables("z")), order)
    assert mended.index().failed == {"y"}
    mended.keep_retried("b", tables("y"))
    assert content(mended) == content(whole)
    mended.keep("c", failures("u", "v"), ["u", "v"])
    mended.keep_retried("c", together(failures("u"), tables("v")))
    assert mended.index().failed == {"u"}


def content(store: Store) -> dict[str, bytes]:
    return {
        path.relative_to(store.path).as_posix(): path.read_bytes()
        for path in store.path.rglob("*")
        if path.is_file()
    }


# --- nothing but what was written ---------------------------------------------------------------


def test_every_bit_of_a_bundle_is_checked(store: Store) -> None:
    """One bit in each file, at its beginning, middle and end; files gone, cut short, exchanged."""
    store.keep("b", tables("x"))
    store.keep("other", tables("y"))
    folder = store.path / "runs" / "b"
    assert store.damage_of("b") is None
    for path in sorted(folder.iterdir()):
        sound = path.read_bytes()
        for place in (0, len(sound) // 2, len(sound) - 1):
            for bit in (0, 5):
                damaged = bytearray(sound)
                damaged[place] ^= 1 << bit
                path.write_bytes(bytes(damaged))
                assert store.damage_of("b") is not None, (path.name, place, bit)
        path.write_bytes(sound[:-3])
        assert store.damage_of("b") is not None
        path.unlink()
        assert "missing" in str(store.damage_of("b"))
        path.write_bytes((store.path / "runs" / "other" / path.name).read_bytes())
        if path.read_bytes() != sound:
            assert store.damage_of("b") is not None, path.name
        path.write_bytes(sound)
        assert store.damage_of("b") is None


def test_a_damaged_table_is_not_read(store: Store) -> None:
    store.keep("b", tables("x"))
    store.begin_study("s-1", {"study": "compare"}, plan(x="b"), {})
    path = store.path / "runs" / "b" / "indicators.parquet"
    path.write_bytes(path.read_bytes()[:-4] + b"PAR1")
    assert len(open_store(store.path).indicators("s-1")) == 2, "the same bytes"
    path.write_bytes(path.read_bytes()[:-9] + b"x" + path.read_bytes()[-8:])
    with pytest.raises(StoreError, match=r"bundle b is damaged \(indicators.parquet.*study=resume"):
        open_store(store.path).indicators("s-1")
    assert len(store.read("runs")) == 1, "another table is sound"
    (store.path / "runs" / "b" / "contents.json").unlink()
    with pytest.raises(StoreError, match="bundle b is damaged"):
        open_store(store.path).runs()


def test_what_is_set_aside_is_kept(store: Store) -> None:
    for _ in range(2):
        store.keep("b", tables("x"))
        (store.path / "runs" / "b" / "notes.txt").write_text("mine")
        store.set_aside("runs", "b")
    kept = sorted(path.parent.name for path in store.path.rglob("notes.txt"))
    assert kept == ["b", "b-2"]
    assert store.index().bundle_of == {}


def test_folders_of_the_users_own_beside_bundles_are_left_alone(store: Store) -> None:
    (store.path / "runs" / "my notes").mkdir()
    (store.path / "runs" / "my notes" / "a.txt").write_text("mine")
    (store.path / "runs" / "list.txt").write_text("mine")
    store.keep("b", tables("x"))
    assert store.index().damaged == {}
    assert len(store.read("runs")) == 1


@pytest.mark.parametrize("file", ["contents.json", "plan.parquet", "manifest.json"])
def test_a_damaged_study_is_named(store: Store, file: str) -> None:
    store.begin_study("s-1", {"study": "compare"}, plan(x="b"), {})
    path = store.path / "studies" / "s-1" / file
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DamageError, match="s-1"):
        store.study("s-1")
    assert store.studies() == ["s-1"]


@pytest.mark.parametrize(
    "name", ["../s-1", "/tmp", "s-1/../s-1", ".", "..", "", "s-1/", "S-1", "x" * 300, "s\0"]
)
def test_a_study_is_one_of_the_store(store: Store, name: str) -> None:
    """No name leads to another folder, be it that of a study of the same store."""
    store.begin_study("s-1", {"study": "compare"}, plan(x="b"), {})
    with pytest.raises(ConfigurationError, match="unknown study"):
        store.study(name)


def test_studies_come_in_the_order_they_were_begun_even_in_a_copy(store: Store) -> None:
    for name, begun in (("b", "2026-01-01T00:00"), ("a", "2026-01-02T00:00")):
        store.begin_study(name, {"study": "compare"}, plan(x="b"), {"begun": begun})
    os.utime(store.path / "studies" / "a", (0, 0))
    assert store.studies() == ["b", "a"]


@pytest.mark.parametrize(
    ("number", "why"),
    [(0, "by its scenario's name"), (1, "by its scenario's name"), (2, "follow another rule")],
)
def test_a_store_of_an_old_format_says_why_it_is_not_read(
    store: Store, number: int, why: str
) -> None:
    identity = f'{{"format": {number}, "model_version": "0.1.0-1a2b3c4d"}}'
    (store.path / "store.json").write_text(identity)
    for opened in (Store.for_reading, Store.for_writing):
        with pytest.raises(ConfigurationError, match=why):
            opened(store.path)


def test_a_damaged_identity_is_one_line_and_written_anew_when_taken_away(store: Store) -> None:
    store.keep("b", tables("x"))
    identity = store.path / "store.json"
    sound = identity.read_text()
    version = store.model_version
    identity.write_text(sound.replace(version, version[:-1] + "z"))
    for opened in (Store.for_reading, Store.for_writing):
        with pytest.raises(ConfigurationError, match="is damaged: remove it"):
            opened(store.path)
    identity.unlink()
    assert len(Store.for_writing(store.path).read("runs")) == 1
    assert identity.read_text() == sound
