"""The page on speed says what was measured, and the benchmarks measure what they say."""

import doctest
import json
import re
import shutil
import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks import growth, peers, results
from sim.config.loading import load_scenario
from tools.docs import DOCS, ROOT, speed_tables

PAGE = (DOCS / "speed.md").read_text(encoding="utf-8")
FIGURES = {"blocks": "speed", "growth": "growth", "peers": "peers"}


@pytest.fixture
def measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the results that the page is made of."""
    folder = shutil.copytree(results.RESULTS, tmp_path / "results")
    monkeypatch.setattr(speed_tables, "FOLDER", folder)
    return folder


def doubled(value: Any) -> Any:
    """Return a result with every number doubled, a machine that is twice as slow."""
    if isinstance(value, dict):
        return {name: doubled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [doubled(one) for one in value]
    return value * 2 if isinstance(value, float) else value


def is_stale(name: str) -> bool:
    """Return True if a table of the page is not what it would be written as now."""
    return f"<!-- table: {name} -->\n\n{speed_tables.TABLES[name]()}\n\n<!-- end -->" not in PAGE


def test_every_table_is_on_the_page_and_as_measured() -> None:
    assert set(re.findall(r"<!-- table: (.*?) -->", PAGE)) == set(speed_tables.TABLES)
    assert not [name for name in speed_tables.TABLES if is_stale(name)]


def test_other_measurements_make_every_table_stale(measured_anew: Path) -> None:
    for file in measured_anew.glob("*.json"):
        file.write_text(json.dumps(doubled(json.loads(file.read_text()))), encoding="utf-8")
    assert [name for name in speed_tables.TABLES if not is_stale(name)] == []


@pytest.mark.parametrize(("name", "benchmark"), FIGURES.items())
def test_figures_show_what_was_measured(name: str, benchmark: str) -> None:
    file = DOCS / "figures" / f"speed_{name}.png"
    assert f"(figures/{file.name})" in PAGE
    with Image.open(file) as figure:
        assert figure.info["Description"] == speed_tables.digest(benchmark), (
            "run `python -m tools.docs.speed`"
        )


def test_a_target_that_is_missed_is_named() -> None:
    for one in speed_tables.TARGETS:
        near, far = (0.99, 1.01) if one.at_most else (1.01, 0.99)
        assert speed_tables.verdict(one, near * one.limit) == "met"
        assert speed_tables.verdict(one, far * one.limit) == "**missed**"
        assert speed_tables.verdict(one, None) == "not measured"
        missed = speed_tables.verdict(one, one.find()) == "**missed**"
        assert (one.what in speed_tables.count_of_targets()) == missed


def test_what_was_not_measured_is_said(measured_anew: Path) -> None:
    file = measured_anew / "peers.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["measured"]["peers"]["starsim"], content["measured"]["this_model_to"]["starsim"]
    content["measured"]["skipped"] = ["starsim"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "1 not measured" in speed_tables.count_of_targets()
    assert "| starsim |  |  | not measured |" in speed_tables.peers()


@pytest.mark.parametrize("file", sorted(results.RESULTS.glob("*.json")), ids=lambda file: file.stem)
def test_results_name_the_machine_but_not_whose_it_is(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    assert set(content["machine"]) == set(results.machine_facts())
    text = file.read_text(encoding="utf-8")
    for secret in (socket.gethostname(), str(ROOT), str(Path.home()), "/"):
        assert f'"{secret}' not in text


def test_growth_varies_what_it_says() -> None:
    base = load_scenario("baseline", ["city.population=500"])
    ill = growth.more_often_ill(base, 2).world.illness
    for name in growth.RATES:
        before, after = getattr(base.world.illness, name), getattr(ill, name)
        pairs = zip(before.values(), after.values(), strict=True) if isinstance(before, dict) else [
            (before, after)
        ]  # fmt: skip
        assert all(new == pytest.approx(2 * old) for old, new in pairs)
    agencies = growth.with_agencies(base, 3).world.agencies.values()
    assert len(agencies) == 3 * (len(base.world.agencies) - 1) + 1
    units = [
        sum(sum(one.units.values()) for one in scenario.world.institutions.values())
        for scenario in (base, growth.with_clinics(base, 3))
    ]
    assert units[1] == 3 * units[0]


def test_a_peer_is_measured_beside_the_reference() -> None:
    found = peers.measured("mesa_do", people=20, days=2, runs=2)
    assert found["ratio_to_numpy"]["runs"] == 2
    assert 0 < found["agent_days_a_cpu_s"]["low"] <= found["agent_days_a_cpu_s"]["high"]


def test_a_peer_that_cannot_be_had_is_skipped_with_a_word() -> None:
    peer = peers.Peer("nothing", "", peers.numba_loop, "no_such_package", "no-such-package==1")
    with pytest.raises(RuntimeError, match="--with no-such-package==1"):
        peers.interpreter_for(peer, uv=None)
    with pytest.raises(RuntimeError, match="No module named"):
        results.in_own_process(["benchmarks.nothing"])


@pytest.mark.parametrize("name", ["reference", "results", "growth", "speed"])
def test_examples_in_the_benchmarks_are_right(name: str) -> None:
    result = doctest.testmod(import_module(f"benchmarks.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
