"""A damaged store: noticed, named, mended, or read as it was; never another number."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.fuzz import LONG
from tests.fuzz.damages import EVERY, Damage, bundles_of, chosen, put_own_files
from tests.fuzz.harness import CHECKOUT, contents_of, files_of, never, run_here, settle
from tests.fuzz.stores import (
    COMPARISON,
    Undamaged,
    command,
    complaints_about_reading,
    complaints_about_results,
    own_files_kept,
)

pytestmark = pytest.mark.long
STUDIES = ("figures", "resume", "again")
FLIPS, FLIPS_A_TEST = (600 if LONG else 200), 10
KILLS = 5


def asked_about(undamaged: Undamaged, folder: Path, studies: tuple[str, ...]) -> list[str]:
    """Ask studies about a store, one after the other; return what is wrong with the answers."""
    found = []
    for study in studies:
        shutil.rmtree(folder / "results", ignore_errors=True)
        outcome = run_here(command(study), folder)
        found += never(outcome)
        if not outcome.trace:
            found += complaints_about_results(undamaged, outcome, folder)
    return found


@pytest.mark.parametrize(
    ("number", "damage"),
    [pytest.param(*one, id=one[1].name) for one in enumerate(chosen(LONG))],
)
def test_a_damage_is_named_and_mended_or_does_not_matter(
    undamaged: Undamaged, copy: Path, number: int, damage: Damage
) -> None:
    """Reader, check, figures, resume and the same command: one line, and never another number."""
    store = copy / "store"
    damage.do(store)
    own = put_own_files(store)
    found, _ = complaints_about_reading(undamaged, store)
    if damage.absent:
        found = [one for one in found if "rows of" not in one]
    before = files_of(store)
    checked = run_here(command("check"), copy)
    found += never(checked)
    if damage.noticed and checked.status == 0 and not checked.trace:
        found.append(f"silent acceptance: study=check says nothing: {damage.name}")
    if files_of(store) != before:
        found.append(f"half-written: study=check changes the store: {damage.name}")
    studies = STUDIES if LONG else (STUDIES[number % len(STUDIES)],)
    found += asked_about(undamaged, copy, studies)
    found += own_files_kept(own)
    settle(damage.name, [f"{one} [{damage.name}]" for one in dict.fromkeys(found)])


@pytest.mark.parametrize("part", range(FLIPS // FLIPS_A_TEST))
def test_no_flipped_bit_is_read_as_another_number(
    undamaged: Undamaged, copy: Path, part: int
) -> None:
    """Ten bits flipped, one after the other: noticed and named, or the values are as before."""
    found = []
    files = sorted(path for path in (copy / "store").rglob("*") if path.is_file())
    weights = np.array([path.stat().st_size for path in files], dtype=float)
    # Small files hold as much that matters as large ones.
    weights = np.sqrt(weights) / np.sqrt(weights).sum()
    for number in range(part * FLIPS_A_TEST, (part + 1) * FLIPS_A_TEST):
        rng = np.random.default_rng([5, number])
        path = files[rng.choice(len(files), p=weights)]
        data = path.read_bytes()
        place, bit = int(rng.integers(len(data))), int(rng.integers(8))
        flipped = bytearray(data)
        flipped[place] ^= 1 << bit
        path.write_bytes(flipped)
        where = f"{path.parent.name}/{path.name}, byte {place}, bit {bit}"
        complaints, _ = complaints_about_reading(undamaged, copy / "store")
        checked = run_here(command("check"), copy)
        complaints += never(checked)
        if checked.status == 0 and not checked.trace and "machine" not in path.name:
            complaints.append("silent acceptance: study=check says nothing")
        if number % FLIPS_A_TEST == 0:
            complaints += asked_about(undamaged, copy, ("again",))
            shutil.rmtree(copy / "store")
            undamaged.copy_to(copy)
        else:
            path.write_bytes(data)
        found += [f"{one} [flip {number}: {where}]" for one in complaints]
    assert not found, "\n".join(found)


def test_an_undamaged_store_is_whole(undamaged: Undamaged, copy: Path) -> None:
    """The guard of these tests: without damage nothing is said, and every command ends the same."""
    assert complaints_about_reading(undamaged, copy / "store") == ([], False)
    before = contents_of(copy / "store")
    checked = run_here(command("check"), copy)
    assert (checked.status, checked.err) == (0, "")
    assert asked_about(undamaged, copy, STUDIES) == []
    assert contents_of(copy / "store") == before
    assert len(bundles_of(copy / "store")) == 2


def test_files_of_the_user_in_a_result_folder_stay(undamaged: Undamaged, copy: Path) -> None:
    """A note among the results is there after the same command, as it was."""
    first = run_here(COMPARISON, copy)
    assert first.status == 0
    (folder,) = (copy / "results").glob("compare-*")
    own = {folder / "notes.txt": b"mine", folder / "my figures" / "a.png": b"mine too"}
    for path, data in own.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    for study in ("again", "figures"):
        found = never(run_here(command(study), copy)) + own_files_kept(own)
        assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "of",
    ["../x", "/etc", "compare", "", "studies", ".", "..", "compare-00000000", "x" * 300, "папка"],
)
def test_only_a_study_of_the_store_is_shown(copy: Path, of: str) -> None:
    """`of` is a name in the store; whatever else it is, nothing is written."""
    before = contents_of(copy)
    outcome = run_here(command("figures", [f"of='{of}'"]), copy)
    found = never(outcome)
    if outcome.status != 2:
        found.append(f"silent acceptance: {outcome.command}")
    if contents_of(copy) != before:
        found.append(f"half-written: {outcome.command}")
    assert not found, "\n".join(found)


def test_the_study_of_an_absolute_path_is_not_written_over(copy: Path) -> None:
    """F1.3: `of=` with the path of the study in the store is refused, and the study stays."""
    (study,) = (copy / "store" / "studies").iterdir()
    before = contents_of(copy)
    outcome = run_here(command("figures", [f"of={study}"]), copy)
    assert never(outcome) == []
    assert outcome.status == 2
    assert contents_of(copy) == before


def test_there_are_as_many_kinds_of_damage_as_promised() -> None:
    """At least 40 kinds in CI, all of them in the long form."""
    assert len({one.name for one in chosen(long=False)}) >= 40
    assert len({one.name for one in EVERY}) == len(EVERY)


if LONG:

    @pytest.mark.parametrize("number", range(KILLS))
    def test_a_killed_study_ends_with_the_same_store(
        undamaged: Undamaged, tmp_path: Path, number: int
    ) -> None:
        """Killed without warning at some moment, then begun again: the same bytes."""
        rng = np.random.default_rng([6, number])
        words = [sys.executable, "-m", "sim", *COMPARISON]
        search = {**os.environ, "PYTHONPATH": str(CHECKOUT), "MPLBACKEND": "agg"}
        started = subprocess.Popen(
            words, cwd=tmp_path, env=search, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + float(rng.uniform(60, 120))
        while not list(tmp_path.glob("store/runs/*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(float(rng.uniform(0, 0.5)))
        started.send_signal(signal.SIGKILL)
        started.wait()
        done = subprocess.run(words, cwd=tmp_path, env=search, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert without_times(tmp_path / "store") == without_times(undamaged.folder / "store")


def without_times(store: Path) -> dict[str, str]:
    """Return the hash of every file of a store but those that differ from machine to machine."""
    return {
        name: known
        for name, known in contents_of(store).items()
        if Path(name).name not in ("times.parquet", "machine.json")
    }
