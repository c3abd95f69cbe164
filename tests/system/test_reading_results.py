"""The ways of reading a store that `docs/studies.md` shows, on a store that a sweep has made."""

import re
from io import StringIO
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from rich.console import Console

from experiments import open_store
from experiments.studies import sweep
from sim.config.configuration import compose_configuration

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "studies.md"
STORE, STUDY = "outputs/store-0.3.0-1a2b3c4d", "sweep-9179f7ed"
"""The store and the study of the guide's examples."""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the store of a small sweep, and the name of the sweep."""
    folder = tmp_path_factory.mktemp("sweep")
    words = [
        "study=sweep", "scenarios=[baseline,messenger_campaign]", "replicates=2", "days=60",
        "city.population=300", "city.burn_in_days=60", "executor=serial",
        "vary={care_seeking.fear_weight: [1, 2]}",
    ]  # fmt: skip
    places = {"output": str(folder), "store": str(folder / "store-1")}
    resolved = {**compose_configuration(words), **places}
    assert sweep.run(resolved, Console(file=StringIO())) == 0
    (name,) = open_store(folder / "store-1").studies()
    return folder / "store-1", name


def example(language: str) -> str:
    """Return the guide's example of reading results in a language."""
    found: str = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)[
        -1
    ]
    return found


def expected(store: Path, name: str) -> pd.DataFrame:
    where = [("indicator", "==", "emergency_uptake_24h"), ("by", "==", "all")]
    uptake = open_store(store).indicators(name, where)
    assert len(uptake) == 8
    return uptake.groupby(["scenario", "sample"])["value"].agg(["mean", "std", "count"])


def test_the_example_in_pandas_gives_means_of_every_sample(stored: tuple[Path, str]) -> None:
    store, name = stored
    code = example("python").replace(STORE, str(store)).replace(STUDY, name)
    names: dict[str, pd.DataFrame] = {}
    lines = code.rstrip().splitlines()
    exec("\n".join([*lines[:-1], f"shown = {lines[-1]}"]), names)
    pd.testing.assert_frame_equal(names["shown"], expected(store, name))


def test_the_example_in_duckdb_gives_the_same(stored: tuple[Path, str]) -> None:
    store, name = stored
    query = example("sql").replace(STORE, str(store)).replace(STUDY, name)
    found = duckdb.sql(query).df().set_index(["scenario", "sample"]).sort_index()
    means = expected(store, name)["mean"].sort_index()
    assert found.iloc[:, 0].tolist() == pytest.approx(means.tolist(), nan_ok=True)
