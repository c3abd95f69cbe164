"""Studies from Python: the command's numbers, checks, store and resumption."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import experiments.studies.study
from experiments import compare, curves, open_store, sweep
from experiments.analysis.result_folder import NOT_DRAWN
from experiments.runs.executors import run_tasks
from experiments.studies.from_python import Study
from sim import __main__ as command
from sim.config.configuration import ConfigurationError
from sim.config.loading import load_scenario
from sim.model import AlmatyModel

TINY = ("city=workshop", "city.population=150", "city.burn_in_days=60", "days=70")
PAIR = ("baseline", "mobile_clinics")
SERIAL = "executor=serial"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("from_python")


@pytest.fixture(scope="module")
def compared(folder: Path) -> Study:
    return compare(PAIR, seeds=2, overrides=[*TINY, SERIAL], output=folder)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are written once, by the fixture of the module; that takes longer than the runs."""
    monkeypatch.setattr("experiments.figures.comparison.draw_each", lambda *_: None)
    monkeypatch.setattr("experiments.figures.sweep.draw_each", lambda *_: None)


@pytest.fixture
def never_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_start(*_: object, **__: object) -> Any:
        raise AssertionError("a run was begun")

    monkeypatch.setattr(experiments.studies.study, "run_tasks", must_not_start)


@pytest.mark.slow
def test_the_numbers_are_those_of_the_command(
    compared: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [f"scenarios=[{','.join(PAIR)}]", "replicates=2", SERIAL, *TINY]
    assert command.main(words) == 0
    (theirs,) = (tmp_path / "outputs").glob("compare-*")
    assert theirs.name == compared.folder.name, "the same study"
    for name in compared.tables:
        mine = (compared.folder / f"{name}.parquet").read_bytes()
        assert mine == (theirs / f"{name}.parquet").read_bytes(), name
    assert set(compared.tables) == {path.stem for path in theirs.glob("*.parquet")}


@pytest.mark.slow
def test_tables_manifest_and_store_are_at_hand(compared: Study, folder: Path) -> None:
    summary = compared.summary
    assert summary["scenario"].unique().tolist() == list(PAIR)
    pd.testing.assert_frame_equal(summary, compared.table("summary"))
    assert compared.manifest["seeds"] == [1, 2]
    assert compared.manifest["configuration"]["days"] == 70
    (store,) = folder.glob("store-*")
    assert len(open_store(store).runs()) == 4
    with pytest.raises(ConfigurationError, match=r"unknown table 'sumary'.*did you mean 'summary'"):
        compared.table("sumary")


@pytest.mark.slow
def test_every_figure_is_drawn_when_it_is_asked_for(compared: Study) -> None:
    drawn = {path.stem for path in compared.folder.glob("*.png")}
    listed = compared.folder / NOT_DRAWN  # there is none if all figures have something to show
    missing = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    assert {*drawn, *(line.partition(":")[0] for line in missing)} == set(compared.figures)
    for name in drawn:
        figure = compared.plot(name)
        assert isinstance(figure, Figure)
        assert figure.axes
    assert isinstance(compared.plot(), Figure)
    plt.close("all")
    with pytest.raises(ConfigurationError, match=r"unknown figure 'effect'.*did you mean 'effects"):
        compared.plot("effect")


@pytest.mark.slow
def test_what_is_stored_is_not_run_again(compared: Study, folder: Path, never_runs: None) -> None:
    again = compare(PAIR, seeds=range(1, 3), overrides=[*TINY, SERIAL], output=folder)
    pd.testing.assert_frame_equal(again.summary, compared.summary)
    # One seed of it, by another spelling of the same scenarios.
    scenarios = [load_scenario(name, [*TINY, "seed=2"]) for name in PAIR]
    one = compare(scenarios, seeds=[2], overrides=[SERIAL], output=folder)
    assert one.manifest["seeds"] == [2]
    with pytest.raises(AssertionError, match="a run was begun"):
        compare(PAIR, seeds=3, overrides=[*TINY, SERIAL], output=folder)


@pytest.mark.slow
def test_scenarios_of_ones_own_in_every_form(folder: Path, tmp_path: Path) -> None:
    """A mapping, a file, and a scenario made in Python."""
    change = {"path": "information.media_reach", "value": 30.0, "start_day": 0}
    mapping = {"name": "messages", "summary": "many messages", "changes": [change]}
    file = tmp_path / "fewer.yaml"
    fewer = {**mapping, "name": "fewer", "changes": [{**change, "value": 3.0}]}
    file.write_text(yaml.safe_dump(fewer), encoding="utf-8")
    study = compare(["baseline", mapping, file], 1, [*TINY, SERIAL], output=folder)
    assert study.manifest["scenarios"] == ["baseline", "messages", "fewer"]
    kept = study.manifest["configuration"]["policies"]
    assert kept["messages"]["changes"][0]["value"] == 30.0
    base = load_scenario("baseline", list(TINY))
    made = base.with_changes(load_scenario(mapping, list(TINY)).changes, name="made")
    same = compare([base, made], 1, [SERIAL], output=folder)
    rows = [one.summary.query("scenario != 'baseline'") for one in (study, same)]
    first = rows[0][rows[0]["scenario"] == "messages"]["level"].to_numpy()
    assert first.tolist() == pytest.approx(rows[1]["level"].tolist(), nan_ok=True)


@pytest.mark.slow
def test_curves_and_sweeps(folder: Path) -> None:
    bands = curves(PAIR, 2, [*TINY, SERIAL], output=folder, quantiles=[0.25, 0.75])
    assert set(bands.summary["quantile"]) == {0.25, 0.75}
    assert bands.figures == ["curves", "load_over_time"]
    vary = {"care_seeking.fear_weight": [2.0, 6.0]}
    swept = sweep(PAIR, vary, 1, [*TINY, SERIAL], output=folder)
    assert swept.table("samples")["care_seeking.fear_weight"].tolist() == [2.0, 6.0]
    assert swept.figures == ["response"]
    assert isinstance(swept.plot(), Figure)
    plt.close("all")


@pytest.mark.slow
def test_a_folder_that_was_written_anew_is_not_read_as_if_it_were_this_study(
    folder: Path,
) -> None:
    """One folder a study: the intervals in it are now of another confidence."""
    narrow = compare(PAIR, 2, [*TINY, SERIAL], output=folder / "anew", confidence=0.8)
    assert len(narrow.table("summary"))
    wide = compare(PAIR, 2, [*TINY, SERIAL], output=folder / "anew", confidence=0.99)
    assert wide.folder == narrow.folder
    for ask in (lambda: narrow.summary, lambda: narrow.table("ranks"), lambda: narrow.plot()):
        with pytest.raises(ConfigurationError, match="has been rewritten since"):
            ask()
    assert wide.manifest["settings"]["confidence"] == 0.99


@pytest.mark.slow
def test_an_interrupt_is_an_interrupt_and_the_same_call_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script must not go on with half of its seeds as if nothing had happened."""

    def interrupted(executor: Any, work: Any, bundles: list[Any], parts: Any) -> Any:
        yield from run_tasks(executor, work, bundles[:1], parts)
        raise KeyboardInterrupt

    place = folder / "interrupted"
    with monkeypatch.context() as patch:
        patch.setattr(experiments.studies.study, "run_tasks", interrupted)
        with pytest.raises(KeyboardInterrupt, match="the same call continues"):
            compare(PAIR, 3, [*TINY, SERIAL], output=place)
    (store,) = place.glob("store-*")
    assert 0 < len(open_store(store).runs()) < 6
    assert compare(PAIR, 3, [*TINY, SERIAL], output=place).manifest["seeds"] == [1, 2, 3]


@pytest.mark.slow
def test_failed_runs_and_ramps_that_outlast_the_run_are_warned_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = AlmatyModel.run_for

    def fails(model: AlmatyModel, duration: float) -> None:
        if model.specification.seed == 2 and model.day >= 0:
            raise ArithmeticError("planted")
        days(model, duration)

    monkeypatch.setattr(AlmatyModel, "run_for", fails)
    with pytest.warns(UserWarning, match="2 of 6 runs failed: ArithmeticError: planted"):
        study = compare(PAIR, 3, [*TINY, SERIAL], output=folder / "failed")
    assert study.manifest["seeds"] == [1, 3]
    assert len(study.table("failures")) == 2
    with pytest.warns(UserWarning, match="not fully in force in this run: .*mobile_clinic"):
        compare(PAIR, 1, [*TINY[:-1], "days=20", SERIAL], output=folder / "short")


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "a scenario": (lambda: compare(["baseline", "mobile_clinic"]), "mobile_clinics"),
    "a setting": (lambda: compare(PAIR, confidnce=0.9), "confidence"),
    "a value": (lambda: compare(PAIR, confidence=2.0), "confidence"),
    "replicates": (lambda: compare(PAIR, seeds=0), "replicates"),
    "seeds with gaps": (lambda: compare(PAIR, seeds=[1, 3]), "count up"),
    "half a seed": (lambda: compare(PAIR, seeds=[1.5, 2.5]), "whole numbers"),  # type: ignore[list-item]
    "no seeds": (lambda: compare(PAIR, seeds=[]), "count up"),
    "scenarios again": (lambda: compare(PAIR, 2, ["scenarios=[baseline]"]), "already set this"),
    "replicates again": (lambda: compare(PAIR, 2, ["replicates=4"]), "already set this"),
    "seeds again": (lambda: compare(PAIR, range(1, 3), ["seed=5"]), "already set this"),
    "a world again": (
        lambda: compare([load_scenario(), load_scenario("mobile_clinics")], 2, ["days=30"]),
        "already set this",
    ),
    "a shard": (lambda: compare(PAIR, 2, ["shard=1/2"]), "only the command"),
    "an idle setting": (lambda: compare(PAIR, 2, half_width=0.1), "replicates=auto"),
    "of another study": (lambda: compare(PAIR, 2, ["samples=4"]), "samples"),
    "twice": (lambda: compare(["baseline", "baseline"]), "named twice"),
    "another world": (
        lambda: compare([load_scenario(), load_scenario("mobile_clinics", ["days=30"])]),
        "another days",
    ),
    "an override": (lambda: compare(PAIR, overrides=["city.populatoin=300"]), "population"),
    "a path": (lambda: sweep(PAIR, {"care_seeking.fear_wieght": [1.0, 2.0]}), "fear_weight"),
    "seeds of curves": (lambda: curves(PAIR, seeds="auto"), "half_width"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_before_anything_is_written(
    name: str, never_runs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    act, hint = MISTAKES[name]
    with pytest.raises(ConfigurationError, match=hint) as error:
        act()
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [lambda: compare("baseline"), lambda: compare(PAIR, 1, "days=3")])
def test_one_text_in_place_of_a_list_is_said(wrong: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="give a list"):
        wrong()
