"""The ODD: its tables are those of the code and of conf/, and nothing is missing from them."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sim import vocabulary as words
from sim.agents.migrant import Migrants
from sim.config.files import names_of
from sim.config.loading import load_scenario
from sim.engine.agentset.column import Column
from sim.model import AlmatyModel, Block
from sim.observation import survey
from sim.observation.definitions import DEFINITIONS
from sim.words.catalogue import MissingWordsError
from tools.docs import (
    DOCS,
    ROOT,
    patterns,
    tables,
    tables_inputs,
    tables_model,
    tables_outputs,
)

ODD = DOCS / "odd.md"
ALMATY = load_scenario("baseline", ["city=almaty"]).world


def test_the_documents_are_up_to_date(tmp_path: Path) -> None:
    """What `python -m tools.docs.tables` would write is what stands there."""
    for folder in (DOCS, ROOT / "tools"):
        shutil.copytree(folder, tmp_path / folder.name)
    command = [sys.executable, "-m", "tools.docs.tables"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    documents = tables.documents()
    assert {"odd.md", "parameters.md"} <= {one.name for one in documents}
    for document in documents:
        renewed = (tmp_path / "docs" / document.name).read_text(encoding="utf-8")
        assert renewed == document.read_text(encoding="utf-8"), "run `python -m tools.docs.tables`"


def is_stale(name: str) -> bool:
    """Return True if a table is not what it would be written as now."""
    mark, written = f"<!-- table: {name} -->\n\n", tables.TABLES[name]()
    texts = [one.read_text(encoding="utf-8") for one in tables.documents()]
    return not any(f"{mark}{written}\n\n<!-- end -->" in text for text in texts)


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of conf/ that is in force."""
    copy = shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.setenv("ALMATY_CONF", str(copy))
    tables_inputs.almaty.cache_clear()
    yield copy
    tables_inputs.almaty.cache_clear()


@pytest.mark.parametrize(
    ("table", "file", "path"),
    [
        ("parameters", "parameters/illness.yaml", ("illness", "acute_rate", "value")),
        ("parameters", "parameters/illness.yaml", ("illness", "acute_rate", "high")),
        ("parameters", "regime/universal.yaml", ("contributions", "always", "ceiling", "value")),
        ("agencies", "city/almaty.yaml", ("agencies", "iom", "knows", "value")),
        ("clinics", "city/almaty.yaml", ("institutions", "hospital", "capacity", "value")),
        ("shocks", "shock/influx.yaml", ("changes", 0, "until_day")),
        ("scenarios", "scenario/mobile_clinics.yaml", ("changes", 0, "value")),
    ],
    ids=["value", "range", "law", "agency", "clinic", "shock", "scenario"],
)
def test_a_change_of_the_configuration_makes_a_table_stale(
    conf: Path, table: str, file: str, path: tuple[str | int, ...]
) -> None:
    content = yaml.safe_load((conf / file).read_text(encoding="utf-8"))
    node = content
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] *= 1.25 if isinstance(node[path[-1]], float) else 2
    whole = (conf / file).read_text(encoding="utf-8")
    package = whole.split("\n")[0] if whole.startswith("# @package") else ""
    changed = yaml.safe_dump(content, sort_keys=False)
    (conf / file).write_text(f"{package}\n{changed}", encoding="utf-8")
    assert is_stale(table)


def test_a_new_column_makes_a_table_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Migrants.columns, "courage", Column("f4", "courage", unit="0-1"))
    assert "courage" in tables_model.state_variables()
    assert "courage" not in ODD.read_text(encoding="utf-8")


def test_a_column_without_unit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Migrants.columns, "courage", Column("f4", "courage"))
    with pytest.raises(ValueError, match="no unit"):
        tables_model.state_variables()


def test_a_new_block_of_the_day_makes_a_table_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    nap = Block("nap", lambda model: None, "daily")
    before = tables_model.schedule()
    monkeypatch.setattr(AlmatyModel, "SCHEDULE", (*AlmatyModel.SCHEDULE, nap))
    assert before in ODD.read_text(encoding="utf-8")
    assert tables_model.schedule() not in ODD.read_text(encoding="utf-8")


def test_an_indicator_without_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tables_outputs.indicators() in ODD.read_text(encoding="utf-8")
    new = replace(DEFINITIONS[0], name="courage")
    monkeypatch.setattr(tables_outputs, "DEFINITIONS", (*DEFINITIONS, new))
    with pytest.raises(MissingWordsError, match=r"no words for 'courage\.counted'"):
        tables_outputs.indicators()


def test_every_purpose_of_chance_is_found_where_it_is_drawn() -> None:
    assert {one.purpose for one in tables_model.draws()} == set(words.Purpose)


def test_every_submodel_has_its_text() -> None:
    text = ODD.read_text(encoding="utf-8")
    folder = ROOT / "sim" / "submodels"
    files = {one.stem for one in folder.glob("*.py")} - {"__init__", "submodel"}
    assert {one for one in files if f"`sim/submodels/{one}.py`" in text} == files


@pytest.mark.parametrize("name", [*ALMATY.agencies, *words.INSTITUTION_KINDS])
def test_every_institution_has_a_row(name: str) -> None:
    rows = [
        line for line in ODD.read_text(encoding="utf-8").splitlines() if f"| `{name}` |" in line
    ]
    assert len(rows) == 1
    if name in ALMATY.agencies:
        assert rows[0].startswith(f"| {ALMATY.agencies[name].summary} |")


def test_the_summary_fits_on_two_pages() -> None:
    words_on_a_page = 500
    text = ODD.read_text(encoding="utf-8")
    summary = text[text.index("# Summary") : text.index("# Overview")]
    assert len(summary.split()) <= 2 * words_on_a_page


def test_every_pattern_is_one_value_of_the_indicators() -> None:
    """Each is found, once, in a run; what no run has, or has twice, is refused."""
    model = AlmatyModel(load_scenario("baseline", ["city.population=500", "days=120"]))
    model.run_for(120)
    indicators = model.indicators()
    scenarios = {*names_of("scenario"), "no_barriers"}
    for one in patterns.patterns():
        if "find" in one:
            patterns.value_of(indicators, one["find"])
        else:  # a share or odds of a design that there is
            asked = one["survey"]
            assert asked["design"] in survey.designs()
            assert asked.get("odds", survey.ASKED_ABOUT[0]) in survey.ASKED_ABOUT
            assert len(asked) == 2
        assert one["use"] in ("set", "held", "aim")
        assert one.get("scenario", patterns.REFERENCE) in scenarios
        assert one["low"] < one["high"]
    names = [one["pattern"] for one in patterns.patterns()]
    assert pd.read_csv(patterns.RESULT)["pattern"].tolist() == names
    with pytest.raises(LookupError, match="0 values"):
        patterns.value_of(indicators, {"indicator": "courage"})
    with pytest.raises(LookupError, match="0 values"):
        patterns.value_of(indicators, {"indicator": "contacts", "by": "nationality"})
