"""Figures of tables with little in them: drawn, or named; the tables and the others are there."""

from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from rich.console import Console

from experiments.analysis.result_folder import NOT_DRAWN, say_what_is_not_drawn
from experiments.figures import comparison as figures
from experiments.figures import money as figures_money
from experiments.figures import sweep as figures_sweep
from experiments.figures.style import STYLE, draw_each
from experiments.studies import compare, curves, sweep
from sim.config.configuration import compose_configuration

TINY = ("city.population=100", "city.burn_in_days=60", "days=2", "executor=serial")


def configuration(output: Path, *words: str) -> dict[str, Any]:
    return {**compose_configuration([*TINY, *words]), "output": str(output), "store": None}


def run(study: Any, output: Path, *words: str) -> tuple[int, str]:
    said = StringIO()
    status = study.run(configuration(output, *words), Console(file=said, width=120))
    return status, said.getvalue()


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    """A comparison of two days in a city in which nearly nothing happens."""
    output = tmp_path_factory.mktemp("days")
    words = ("scenarios=[baseline,messenger_campaign]", "replicates=1")
    status, said = run(compare, output, *words)
    (folder,) = (one.parent for one in output.glob("*/manifest.json"))
    return status, said, folder


def test_a_city_without_flows_has_its_tables_and_the_other_figures(
    two_days: tuple[int, str, Path],
) -> None:
    status, said, folder = two_days
    assert status == 0
    assert "Figure not drawn: flows: NothingToDrawError: no need was sent anywhere" in said
    assert (folder / NOT_DRAWN).read_text().count("\n") == said.count("Figure not drawn")
    assert len(pd.read_parquet(folder / "summary.parquet")) > 1000
    flows = pd.read_parquet(folder / "flows.parquet")
    assert flows.empty
    assert {"scenario", "seed", "origin", "target", "count"} <= set(flows.columns)
    assert (folder / "curves.png").is_file()


@pytest.mark.parametrize("quantiles", ["[0.5]", "[0.9]", "[0.9,0.1]"])
def test_any_quantiles_are_drawn(tmp_path: Path, quantiles: str) -> None:
    words = ("study=curves", "scenarios=[baseline]", "replicates=2", f"quantiles={quantiles}")
    status, said = run(curves, tmp_path, *words)
    assert status == 0
    assert "not drawn" not in said


def test_one_scenario_cannot_be_made_precise(tmp_path: Path) -> None:
    words = ("scenarios=[baseline]", "replicates=auto", "half_width=0.1")
    with pytest.raises(ValueError, match="name two or more scenarios"):
        run(compare, tmp_path, *words)


@pytest.mark.parametrize("rows", ["none", "one", "without values"])
def test_every_drawing_of_a_comparison_survives_thin_tables(
    two_days: tuple[int, str, Path], tmp_path: Path, rows: str
) -> None:
    """Each figure is there or named; tables stay as they were."""
    names = ("summary", "curves", "flows", "cost_effectiveness", "acceptability")
    for name in names:
        table = pd.read_parquet(two_days[2] / f"{name}.parquet")
        if rows == "none":
            table = table.iloc[:0]
        elif rows == "one":
            table = table.iloc[:1]
        else:
            numbers = table.columns[table.dtypes == "float64"]
            table = table.assign(**dict.fromkeys(numbers, float("nan")))
        table.to_parquet(tmp_path / f"{name}.parquet")
    figures.draw_comparison(tmp_path, 0.95)
    figures.draw_curves(tmp_path, [0.1, 0.5, 0.9])
    figures.draw_run(tmp_path)
    draw_each(tmp_path, figures_money.figures_of_costs(tmp_path, 0.95))
    drawn = {path.stem for path in tmp_path.glob("*.png")}
    noted = tmp_path / NOT_DRAWN
    named = (
        {line.split(":")[0] for line in noted.read_text().splitlines()} if noted.exists() else {}
    )
    assert {"curves", "gates", "load", "flows", "unresolved", "load_over_time", "costs"} <= {
        *drawn, *named,
    }  # fmt: skip
    assert not plt.get_fignums(), "nothing stays open"


def test_a_sweep_of_two_days_ends_well(tmp_path: Path) -> None:
    words = ("study=sweep", "scenarios=[baseline,messenger_campaign]", "replicates=1",
             "vary={care_seeking.fear_weight: [6, 13]}")  # fmt: skip
    status, said = run(sweep, tmp_path, *words)
    assert status == 0
    assert "13.0 (default)" in said
    (folder,) = (one.parent for one in tmp_path.glob("*/manifest.json"))
    for design in ("grid", "one_at_a_time"):
        settings = sweep.settings_of(configuration(tmp_path, *words, f"design={design}"))
        summary = pd.read_parquet(folder / "summary.parquet").iloc[:0]
        summary.to_parquet(tmp_path / "summary.parquet")
        figures_sweep.draw_sweep(tmp_path, settings, ["care_seeking.fear_weight"])


def test_a_figure_that_fails_is_named_and_the_next_is_drawn(tmp_path: Path) -> None:
    def fail() -> Any:
        plt.figure()
        raise KeyError("planted\nin two lines")

    def full_disk() -> Any:
        raise OSError("the disk is full")

    draw_each(tmp_path, {"first": fail, "second": plt.figure})
    assert not plt.get_fignums()
    assert (tmp_path / "second.svg").is_file()
    said = StringIO()
    say_what_is_not_drawn(tmp_path, Console(file=said, width=120))
    assert said.getvalue().startswith("Figure not drawn: first: KeyError:")
    assert said.getvalue().count("\n") == 1
    with pytest.raises(OSError, match="disk is full"):
        draw_each(tmp_path, {"third": full_disk})
    assert mpl.rcParams["font.size"] != STYLE["font.size"], "the style is ours alone"
