"""Faults are planted in the program: the harness has to notice each of them, by its kind."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import sim.__main__
from experiments.runs.sealed_files import DamageError
from tests.fuzz import harness, stores, test_api
from tests.fuzz.api_child import equal, has_to_be_refused
from tests.fuzz.conftest import Run
from tests.fuzz.harness import Outcome, begins, judged, never, refused, run_here, told
from tests.fuzz.stores import Undamaged, complaints_about_reading, own_files_kept

WRONG = ("scenarios=[baseline,mobile_clinic]",)


def _prints_a_trace(*_: object) -> int:
    print("Traceback (most recent call last):\n  File 'x', line 3\nValueError: x", file=sys.stderr)
    return 2


def _talks(*_: object) -> int:
    print("error: a\nb\nc\nd", file=sys.stderr)
    return 2


def _writes_first(*_: object) -> int:
    Path("half").write_text("half")
    print("error: scenarios: did you mean 'mobile_clinics'?", file=sys.stderr)
    return 2


def _raises(*_: object) -> int:
    raise KeyError("seed")


def _says_nothing(*_: object) -> int:
    return 0


def _speaks_to_programmers(*_: object) -> int:
    print("error: 'NoneType' is no mobile_clinics", file=sys.stderr)
    return 2


def _misses_the_word(*_: object) -> int:
    print("error: something is wrong", file=sys.stderr)
    return 2


def _ends_oddly(*_: object) -> int:
    print("error: did you mean 'mobile_clinics'?", file=sys.stderr)
    return 17


def _hangs(*_: object) -> int:
    time.sleep(60)
    return 0


PLANTED: dict[str, tuple[Callable[..., int], str]] = {
    "a trace": (_prints_a_trace, "traceback"), "four lines": (_talks, "too many lines"),
    "a file left": (_writes_first, "half-written"), "an exception": (_raises, "traceback"),
    "no complaint": (_says_nothing, "silent acceptance"),
    "words of the code": (_speaks_to_programmers, "unclear words"),
    "no hint": (_misses_the_word, "unclear words"), "another status": (_ends_oddly, "wrong status"),
    "no end": (_hangs, "hang"),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_of_the_program_is_noticed(
    here: Run, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A program that answers a mistake wrongly fails, with the kind of what is wrong."""
    program, kind = PLANTED[fault]
    monkeypatch.setattr(sim.__main__, "main", program)
    monkeypatch.setattr(harness, "HANGS_AFTER", 1)
    found = refused(here(WRONG), "mobile_clinics")
    assert found
    assert found[0].partition(":")[0] == kind
    assert kind in harness.KINDS


def test_the_same_mistake_is_answered_rightly(here: Run) -> None:
    """The guard of the faults above: the program itself passes."""
    assert refused(here(WRONG), "mobile_clinics") == []


def test_a_signal_an_interrupt_and_a_word_ignored_are_noticed(here: Run) -> None:
    """Exits by a signal, what is refused though right, what is used though it means nothing."""
    assert never(Outcome((), -11, "", ""))[0].startswith("signal")
    assert never(Outcome((), 139, "", ""))[0].startswith("signal")
    assert begins(here(WRONG))[0].startswith("refused though right")
    assert told(Outcome((), 0, "", "", started=True), "nth")[0].startswith("silent acceptance")
    assert judged("answers", Outcome((), 1, "", ""))[0].startswith("refused though right")


def test_a_store_that_ignores_its_hashes_is_noticed(
    undamaged: Undamaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With checksums taken for granted, a flipped bit is read as another number: noticed."""
    import experiments.runs.bundles
    import experiments.runs.sealed_files

    store = undamaged.copy_to(tmp_path / "here") / "store"

    def unchecked(path: Path, *_: object) -> bytes:
        return path.read_bytes()

    path = next(store.glob("runs/*/indicators.parquet"))
    from tests.fuzz.damages import _other_numbers, _table

    _table(store, "indicators", _other_numbers)
    assert complaints_about_reading(undamaged, store) == ([], True)
    for module in (experiments.runs.bundles, experiments.runs.sealed_files):
        monkeypatch.setattr(module, "checked_bytes", unchecked)
    found, told_of = complaints_about_reading(undamaged, store)
    assert [one.partition(":")[0] for one in found] == ["wrong number"]
    assert not told_of
    assert path.is_file()


def test_a_reader_that_leaves_out_what_it_cannot_read_is_noticed(
    undamaged: Undamaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are missing without a word are another number; so are tables of results."""
    store = undamaged.copy_to(tmp_path / "here") / "store"
    read = stores.read_all(store)
    less = {**read, "indicators": read["indicators"].iloc[1:]}
    monkeypatch.setattr(stores, "read_all", lambda _: less)
    assert complaints_about_reading(undamaged, store)[0][0].startswith("wrong number")

    def fails(_: Path) -> None:
        raise KeyError("run")

    monkeypatch.setattr(stores, "read_all", fails)
    assert complaints_about_reading(undamaged, store)[0][0].startswith("traceback")
    ended = Outcome(("x",), 0, "all is well", "")
    (tmp_path / "here" / "results" / "compare-1").mkdir(parents=True)
    (tmp_path / "here" / "results" / "compare-1" / "summary.parquet").write_bytes(b"other")
    found = stores.complaints_about_results(undamaged, ended, tmp_path / "here")
    assert found[0].startswith("wrong number")


def test_a_file_of_the_user_that_is_gone_is_noticed(tmp_path: Path) -> None:
    """Deleted or changed, a file of the user's own is complained about."""
    changed = tmp_path / "b"
    changed.write_bytes(b"other")
    assert len(own_files_kept({tmp_path / "a": b"", changed: b"mine"})) == 2


def test_a_child_that_dies_is_noticed_and_gone_on_behind(tmp_path: Path) -> None:
    """A segmentation fault in one case is one complaint; the cases behind it are tried."""
    child = tmp_path / "child.py"
    child.write_text(
        "import json, os, signal, sys\n"
        "for number in range(int(sys.argv[2]), 5):\n"
        "    print(json.dumps({'begin': number}), flush=True)\n"
        "    if number == 2: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    found = ['silent acceptance: x'] if number == 4 else []\n"
        "    print(json.dumps({'case': number, 'complaints': found}), flush=True)\n"
    )
    found = test_api.done_to_models("windows", (str(child),))
    assert [one.partition(":")[0] for one in found] == ["signal", "silent acceptance"]


def test_a_value_changed_in_silence_is_noticed() -> None:
    """What is read has to be what was written; what is wrong has to be refused."""
    assert not equal(44, 300)
    assert not equal(-(2**31), 2**31)
    assert not equal(True, 255)
    assert equal(1.0, 1)

    class Model:
        day = 1

        def digest(self) -> str:
            return os.urandom(4).hex()

    def refuse_half(_: object) -> None:
        raise ValueError("no")

    model: object = Model()
    assert has_to_be_refused(lambda _: 3)(model)[0].startswith("silent acceptance")  # type: ignore[arg-type]
    assert has_to_be_refused(refuse_half)(model)[0].startswith("half-written")  # type: ignore[arg-type]


def test_the_guards_use_what_the_program_raises(tmp_path: Path) -> None:
    """A store's own errors come from the program, so that a foreign exception is told apart."""
    assert DamageError.__module__.startswith("experiments")
    assert run_here(("study=resume",), tmp_path).status == 2
