"""Studies gone on with, repeated and mended: interrupted, edited, failed, damaged, overlapping."""

import json
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from rich.console import Console

import experiments.runs.store
import experiments.studies.study
import sim
from experiments import open_store
from experiments.figures import comparison as figures
from experiments.runs.executors import Done, run_tasks
from experiments.runs.plan import Bundle
from experiments.runs.store import Store
from experiments.runs.worker import BundleResult
from experiments.studies import compare, stored
from experiments.studies.settings import Executor
from sim.config.configuration import compose_configuration, configuration_folder
from sim.model import AlmatyModel

TINY = ("city.population=150", "city.burn_in_days=60", "days=20", "executor=serial")
PAIR, OTHER = ("baseline", "messenger_campaign"), ("baseline", "mobile_clinics")
REPLICATES = 3
NOT_COMPARED = ("times.parquet", "machine.json")


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "draw_comparison", lambda *_: None)


def configuration(output: Path, *words: str) -> dict[str, Any]:
    composed = compose_configuration([*TINY, f"replicates={REPLICATES}", *words])
    return {**composed, "output": str(output), "store": str(output / "store"), "of": None}


def begin(output: Path, scenarios: tuple[str, ...], *words: str) -> tuple[int, str]:
    said = StringIO()
    named = f"scenarios=[{','.join(scenarios)}]"
    status = compare.run(configuration(output, named, *words), Console(file=said, width=160))
    return status, said.getvalue()


def resume(output: Path, **more: Any) -> tuple[int, str]:
    said = StringIO()
    resolved = {**configuration(output), **more}
    return stored.resume(resolved, Console(file=said, width=160)), said.getvalue()


def interrupted(output: Path, scenarios: tuple[str, ...], after: int = 1) -> tuple[int, str]:
    """Begin a comparison and interrupt it after so many bundles."""

    def stop(
        executor: Executor, work: Any, bundles: list[Bundle], parts: Any
    ) -> Iterator[Done[Bundle, BundleResult]]:
        yield from run_tasks(executor, work, bundles[:after], parts)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments.studies.study, "run_tasks", stop)
        return begin(output, scenarios)


def content(store: Path) -> dict[str, bytes]:
    return {
        path.relative_to(store).as_posix(): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file() and path.name not in NOT_COMPARED
    }


def summary(output: Path, study: str) -> bytes:
    return (output / study / "summary.csv").read_bytes()


def only_study(output: Path) -> str:
    (name,) = open_store(output / "store").studies()
    return name


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output and store of a comparison carried out at once."""
    output = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "draw_comparison", lambda *_: None)
        assert begin(output, PAIR)[0] == 0
    return output


@pytest.fixture
def copy(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    output = tmp_path / "copy"
    shutil.copytree(undisturbed, output)
    return output


# --- overlapping studies -------------------------------------------------------------------------


def unwrapped(said: str) -> str:
    """Return what was said as one line, however wide the terminal is."""
    return " ".join(said.split())


def test_interrupt_one_run_another_resume_the_first_compare_all(tmp_path: Path) -> None:
    """Each run is carried out once and counted once, whichever study asked first."""
    lived: list[tuple[str, int]] = []
    run_for = AlmatyModel.run_for

    def noted(model: AlmatyModel, days: int) -> None:
        lived.append((model.specification.name, model.specification.seed))
        run_for(model, days)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AlmatyModel, "run_for", noted)
        assert interrupted(tmp_path, PAIR)[0] == 130
        assert begin(tmp_path, OTHER)[0] == 0
        first, _ = open_store(tmp_path / "store").studies()
        status, said = resume(tmp_path, of=first)
        assert status == 0, said
        assert len(lived) == len(set(lived)) == 3 * REPLICATES
        status, said = begin(tmp_path, (*PAIR, "mobile_clinics"))
        assert status == 0, said
        assert len(lived) == 3 * REPLICATES, "all were there"
    names = open_store(tmp_path / "store").studies()
    table = pd.read_csv(tmp_path / names[-1] / "summary.csv")
    assert table["replicates"].max() == REPLICATES
    folder = tmp_path / "store" / "runs"
    query = f"SELECT run, count(*) AS n FROM read_parquet('{folder}/*/runs.parquet') GROUP BY run"
    counted = duckdb.sql(query).df()
    assert counted["n"].tolist() == [1] * (3 * REPLICATES)
    for study in (*names, None):
        read = open_store(tmp_path / "store").indicators(study, [("by", "==", "all")])
        keys = ["run", "scenario", "indicator", "detail", "group"]
        assert not read.duplicated(keys).any()


def test_a_study_that_shares_runs_with_another_has_the_same_results(
    undisturbed: Path, tmp_path: Path
) -> None:
    interrupted(tmp_path, PAIR)
    begin(tmp_path, OTHER)
    study = only_study(undisturbed)
    resume(tmp_path, of=study)
    assert summary(tmp_path, study) == summary(undisturbed, study)


# --- what was begun is what is finished ----------------------------------------------------------


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder that a test may edit."""
    folder = tmp_path / "settings" / "conf"
    shutil.copytree(configuration_folder(), folder)
    monkeypatch.setenv("ALMATY_CONF", str(folder))
    return folder


def test_a_scenario_edited_meanwhile_does_not_change_what_was_begun(
    undisturbed: Path, tmp_path: Path, edited: Path
) -> None:
    interrupted(tmp_path, PAIR)
    path = edited / "scenario" / "messenger_campaign.yaml"
    text = path.read_text(encoding="utf-8")
    assert "value: 5.0" in text
    path.write_text(text.replace("value: 5.0", "value: 4.0"), encoding="utf-8")
    status, said = resume(tmp_path)
    assert status == 0, said
    assert (
        "Changed since the study was started, and not used: scenario/messenger_campaign. To"
        in unwrapped(said)
    )
    study = only_study(tmp_path)
    assert summary(tmp_path, study) == summary(undisturbed, study)
    assert content(tmp_path / "store") == content(undisturbed / "store")
    path.unlink()
    assert resume(tmp_path) == (0, f"{study}: all 6 runs are stored.\n")


def test_a_comparison_is_repeated_from_its_manifest_alone(
    undisturbed: Path, tmp_path: Path, edited: Path
) -> None:
    """Also when its scenario has another content now, and its parameters have."""
    (edited / "scenario" / "messenger_campaign.yaml").unlink()
    rates = edited / "parameters" / "illness.yaml"
    rates.write_text(rates.read_text(encoding="utf-8").replace("value: 1.9", "value: 1.2"))
    study = only_study(undisturbed)
    alone = tmp_path / "elsewhere" / "manifest.json"
    alone.parent.mkdir()
    shutil.copy(undisturbed / study / "manifest.json", alone)
    status, said = repeat(tmp_path, alone)
    assert status == 0, said
    assert "6 of 6 digests are equal." in said
    # The manifest in the store finds the digests beside it.
    status, said = repeat(tmp_path, undisturbed / "store" / "studies" / study / "manifest.json")
    assert "6 of 6 digests are equal." in said
    # A number that was not so: the comparison can fail.
    manifest = json.loads(alone.read_text(encoding="utf-8"))
    manifest["digests"]["baseline"]["0"]["2"] = "0" * 32
    alone.write_text(json.dumps(manifest), encoding="utf-8")
    status, said = repeat(tmp_path, alone)
    assert status == 1
    assert "baseline, seed 2: differs." in said
    assert "5 of 6 digests are equal." in said


def test_where_digests_follow_another_rule_tables_are_compared(
    undisturbed: Path, tmp_path: Path
) -> None:
    """A manifest of before says no rule; the tables beside it decide."""
    folder = tmp_path / "kept"
    shutil.copytree(undisturbed / only_study(undisturbed), folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest.pop("digest_rule") == sim.DIGEST_RULE
    manifest["digests"]["baseline"]["0"]["2"] = "0" * 32
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    status, said = repeat(tmp_path, folder / "manifest.json")
    assert status == 0, said
    assert (
        "The digests of the manifest follow rule 1, this version uses rule 2: tables are compared"
        in unwrapped(said)
    )
    assert "indicators: equal, " in said
    table = pd.read_parquet(folder / "indicators.parquet")
    table.loc[table["value"].first_valid_index(), "value"] += 1e-9
    table.to_parquet(folder / "indicators.parquet", index=False)
    status, said = repeat(tmp_path, folder / "manifest.json")
    assert status == 1
    assert "indicators: different, " in said
    assert "curves: equal, " in said
    alone = tmp_path / "elsewhere" / "manifest.json"
    alone.parent.mkdir()
    shutil.copy(folder / "manifest.json", alone)
    status, said = repeat(tmp_path, alone)
    assert status == 1
    assert "There are no tables beside the manifest: nothing can be compared." in said


def repeat(output: Path, manifest: Path) -> tuple[int, str]:
    said = StringIO()
    resolved = {**configuration(output), "manifest": str(manifest)}
    return stored.repeat(resolved, Console(file=said, width=160)), said.getvalue()


# --- failures ------------------------------------------------------------------------------------


def fail(patch: pytest.MonkeyPatch, *cases: tuple[str, int]) -> None:
    run_for = AlmatyModel.run_for

    def failing(model: AlmatyModel, days: int) -> None:
        if (model.specification.name, model.specification.seed) in cases:
            raise MemoryError("planted")
        run_for(model, days)

    patch.setattr(AlmatyModel, "run_for", failing)


def test_what_failed_once_is_tried_again_and_the_store_ends_the_same(
    undisturbed: Path, tmp_path: Path
) -> None:
    cases = ("baseline", 2), ("messenger_campaign", 2), ("messenger_campaign", 3)
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, *cases)
        status, said = begin(tmp_path, PAIR)
        assert status == 1
        assert "3 runs of 6 failed: the same command, or study=resume, tries them again." in said
        assert "Left out, because not every scenario has a result: seeds 2, 3." in said
    with pytest.MonkeyPatch.context() as patch:
        fail(patch, cases[0])
        status, said = resume(tmp_path)
        assert status == 1
        assert "3 runs that failed before: tried again." in said
        assert "1 run of 6 failed" in said
    status, said = begin(tmp_path, PAIR)
    assert status == 0
    assert "1 run that failed before: tried again." in said
    assert content(tmp_path / "store") == content(undisturbed / "store")
    study = only_study(tmp_path)
    assert summary(tmp_path, study) == summary(undisturbed, study)


# --- damage --------------------------------------------------------------------------------------


def flip(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 16
    path.write_bytes(bytes(damaged))


def said_by(study: Any, output: Path, **more: Any) -> tuple[int, str]:
    said = StringIO()
    resolved = {**configuration(output), **more}
    return study(resolved, Console(file=said, width=160)), said.getvalue()


@pytest.mark.parametrize("file", ["indicators.parquet", "runs.parquet", "contents.json"])
@pytest.mark.parametrize("damage", [flip, Path.unlink], ids=["one bit", "missing"])
def test_a_damaged_bundle_is_named_set_aside_and_run_again(
    undisturbed: Path, copy: Path, file: str, damage: Any
) -> None:
    study = only_study(copy)
    bundle = sorted((copy / "store" / "runs").iterdir())[0]
    damage(bundle / file)
    status, said = said_by(stored.check, copy)
    assert status == 1
    assert f"Bundle {bundle.name} is damaged ({file}" in said
    assert bundle.is_dir(), "checking changes nothing"
    status, said = resume(copy)
    assert status == 0, said
    assert f"Bundle {bundle.name} is damaged ({file}" in said
    assert (copy / "store" / "set_aside" / bundle.name).is_dir()
    assert summary(copy, study) == summary(undisturbed, study)
    status, said = said_by(stored.check, copy)
    assert status == 0, said
    kept = {name: one for name, one in content(copy / "store").items() if "set_aside" not in name}
    assert kept == content(undisturbed / "store")


@pytest.mark.parametrize("file", ["plan.parquet", "manifest.json", "contents.json"])
def test_a_damaged_study_is_named_and_its_command_writes_it_anew(
    undisturbed: Path, copy: Path, file: str
) -> None:
    study = only_study(copy)
    flip(copy / "store" / "studies" / study / file)
    status, said = resume(copy)
    assert status == 1
    assert f"Study {study} is damaged ({file}" in said
    status, said = begin(copy, PAIR)
    assert status == 0
    assert f"Study {study} is damaged" in said
    assert "6 of 6 runs are already in the store" in said
    assert summary(copy, study) == summary(undisturbed, study)


def test_figures_of_a_study_that_lost_runs_say_so(copy: Path) -> None:
    shutil.rmtree(sorted((copy / "store" / "runs").iterdir())[0])
    status, said = said_by(stored.figures, copy)
    assert status == 1
    assert "2 of 6 runs are not stored: study=resume carries them out." in said
    assert "Left out, because not every scenario has a result: seed" in said


# --- result folders ------------------------------------------------------------------------------


def test_the_manifest_says_what_its_tables_were_made_with(copy: Path) -> None:
    study = only_study(copy)

    def said() -> tuple[float, float, str]:
        manifest = json.loads((copy / study / "manifest.json").read_text(encoding="utf-8"))
        settings, begun = manifest["settings"], manifest["configuration"]
        return settings["confidence"], begun["confidence"], manifest["name"]

    def width() -> float:
        table = pd.read_parquet(copy / study / "summary.parquet")
        return float((table["level_high"] - table["level_low"]).sum())

    assert said() == (0.95, 0.95, study)
    wide = width()
    begin(copy, PAIR, "confidence=0.8")
    assert said() == (0.8, 0.8, study)
    narrow = width()
    assert narrow < wide
    said_by(stored.figures, copy)
    assert said() == (0.95, 0.95, study)
    assert width() == wide
    said_by(stored.figures, copy, confidence=0.8, given=["confidence"])
    assert said() == (0.8, 0.8, study)
    assert width() == narrow


def test_files_of_the_users_own_in_a_result_folder_are_kept(copy: Path) -> None:
    folder = copy / only_study(copy)
    (folder / "notes.md").write_text("mine")
    (folder / "slides").mkdir()
    (folder / "slides" / "one.txt").write_text("mine too")
    (folder / "unresolved.png").write_text("an outdated figure of the program's")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["written"].append("unresolved.png")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for _ in range(2):
        assert said_by(stored.figures, copy)[0] == 0
        assert (folder / "notes.md").read_text() == "mine"
        assert (folder / "slides" / "one.txt").read_text() == "mine too"
        assert not (folder / "unresolved.png").exists()
    assert [one.name for one in copy.iterdir() if one.name.startswith(".")] == []


def test_a_store_that_went_with_another_output_is_named(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(undisturbed, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    resolved = {**configuration(tmp_path / "outputs"), "store": None}
    with pytest.raises(ValueError, match=r"beside it: mine/store"):
        stored.figures(resolved, Console(file=StringIO()))


def test_a_mix_of_versions_is_said(copy: Path) -> None:
    bundle = sorted((copy / "store" / "runs").iterdir())[0]
    store = Store.for_writing(copy / "store")
    contents = store.index().contents[bundle.name]
    tables = {name: store._of_bundle(contents, name) for name in experiments.runs.store.TABLES}
    tables["times"] = tables["times"].assign(numba="0.60.0")
    store.keep(bundle.name, tables, contents.runs, replace=True)
    status, said = begin(copy, PAIR)
    assert status == 0
    assert "Carried out by different versions or processors: " in said
    assert "numba 0.60.0" in said
