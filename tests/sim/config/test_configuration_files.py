"""Every file of conf/ composes and is documented; overrides reach what they name."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

from experiments.studies.settings import compare_settings, executor_of
from sim.config.configuration import (
    GROUPS,
    ConfigurationError,
    as_dict,
    choices,
    compose_configuration,
    configuration_folder,
    normalise_overrides,
)
from sim.config.entries import Entry
from sim.config.files import sources
from sim.config.loading import load_scenario
from sim.config.rest_state import fingerprint_of_file, rest_state_file
from sim.config.scenario import Scenario, scenario_from
from sim.config.world import NO_REST_STATE
from sim.observation.survey import designs

ENTRY = {"value", "low", "high", "unit", "tier", "source"}


def files() -> list[tuple[str, str]]:
    return [(group, name) for group in GROUPS for name in choices(group)]


@pytest.mark.parametrize(("group", "name"), files(), ids=lambda part: str(part))
@pytest.mark.slow
def test_every_file_of_a_group_composes_and_is_valid(group: str, name: str) -> None:
    resolved = compose_configuration([f"{group}={name}"])
    scenario = scenario_from(resolved)
    executor_of(resolved)
    chosen = {
        "city": scenario.world.city.name,
        "scenario": scenario.name,
        "shock": scenario.shock,
        "study": resolved["study"]["name"],
        "executor": resolved["executor"]["name"],
    }
    assert chosen[group] == name
    assert len(choices(group)[name]) > 5, "the help shows a summary of every file"
    if resolved["study"]["name"] == "compare":
        settings = compare_settings(resolved)
        assert set(settings.scenarios) <= set(choices("scenario"))


def test_every_file_of_the_folder_is_offered() -> None:
    folder = configuration_folder()
    found = {(one.parent.name, one.stem) for one in folder.glob("*/*.yaml")}
    parameters = {one for one in found if one[0] == "parameters"}
    assert parameters
    law_books = {one for one in found if one[0] == "regime"}
    assert {name for _, name in law_books} == set(load_scenario().world.regime)
    surveys = {one for one in found if one[0] == "survey"}
    assert {name for _, name in surveys} == set(designs())
    counterfactuals = {one for one in found if one[0] == "counterfactual"}
    assert all(load_scenario(name).changes for _, name in counterfactuals)
    assert found - parameters - law_books - surveys - counterfactuals == set(files())


def undocumented(node: Any, path: str) -> list[str]:
    """Return the numbers that stand outside an entry."""
    if isinstance(node, dict):
        if node.keys() == ENTRY:
            return []
        return [
            one for name, child in node.items() for one in undocumented(child, f"{path}.{name}")
        ]
    is_number = isinstance(node, int | float) and not isinstance(node, bool)
    return [path] if is_number else []


def entries(node: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(node, dict):
        return []
    if "value" in node:
        return [(path, node)]
    return [one for name, child in node.items() for one in entries(child, f"{path}.{name}")]


def numbers(node: Any) -> list[Any]:
    return (
        [one for child in node.values() for one in numbers(child)]
        if isinstance(node, dict)
        else [node]
    )


def documented_files() -> list[Path]:
    folder = configuration_folder()
    return sorted(path for group in ("parameters", "city", "regime") for path in
                  (folder / group).glob("*.yaml"))  # fmt: skip


@pytest.mark.parametrize("path", documented_files(), ids=lambda path: path.stem)
def test_every_number_is_documented_and_inside_its_range(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content.pop("defaults", None)
    assert not undocumented(content, path.stem)
    found = entries(content, path.stem)
    assert found
    for where, entry in found:
        assert entry.keys() == ENTRY, where
        assert entry["tier"] in ("A", "B", "C", "T"), where
        assert entry["unit"].strip(), where
        assert entry["source"].strip(), where
        assert entry["low"] < entry["high"], where
        for number in numbers(entry["value"]):
            assert isinstance(number, int | float), where
            assert not isinstance(number, bool), where
            assert entry["low"] <= number <= entry["high"], where


@pytest.fixture(scope="module")
def plain() -> Scenario:
    return load_scenario()


def test_the_world_carries_every_entry_with_its_evidence(plain: Scenario) -> None:
    assert len(plain.entries) > 100
    assert all(isinstance(entry, Entry) for entry in plain.entries.values())
    rate = plain.entries["illness.acute_rate"]
    assert rate.value == plain.world.illness.acute_rate


@pytest.mark.parametrize(
    "name",
    [
        "parameters.illness.acute_rate",
        "city.institutions.hospital.beds",
        "parameters.payment.state_paid_days_after_emergency",
    ],
)
def test_a_number_is_overridden_with_and_without_the_word_value(plain: Scenario, name: str) -> None:
    new = 2
    short, long = (load_scenario(overrides=[f"{name}{end}={new}"]) for end in ("", ".value"))
    assert short.world == long.world
    path = name.removeprefix("parameters.").removeprefix("city.")
    assert short.world == plain.world.with_value(path, new) != plain.world


def test_one_cell_of_a_table_is_overridden_with_and_without_the_word_value(
    plain: Scenario,
) -> None:
    table = "parameters.illness.worsening"
    short, long = (
        load_scenario(overrides=[f"{table}{middle}.injury.mild=0.011"]) for middle in ("", ".value")
    )
    expected = plain.world.with_value("illness.worsening.injury.mild", 0.011)
    assert short.world == long.world == expected


def test_overriding_a_number_keeps_its_evidence(plain: Scenario) -> None:
    changed = load_scenario(overrides=["parameters.illness.acute_rate=1.5"])
    before, after = (one.entries["illness.acute_rate"] for one in (plain, changed))
    assert after == before.model_copy(update={"value": 1.5})


def by_hydra(words: list[str]) -> dict[str, Any]:
    """Return what Hydra alone makes of some words, with the name of the city's rest state."""
    with initialize_config_dir(str(configuration_folder()), version_base="1.3"):
        parts = as_dict(compose("config", overrides=normalise_overrides(words)))
    path = rest_state_file(sources(), parts["city"]["name"])
    parts["city"]["rest_state"] = NO_REST_STATE if path is None else fingerprint_of_file(path)
    return parts


@pytest.mark.parametrize(
    "words",
    [
        ["city=almaty", "seed=4", "output=some/folder", "shard=1/2"],
        ["parameters.illness.acute_rate=1.5", "parameters.illness.worsening.injury.mild=0.01"],
        ["study=sweep", "vary={illness.acute_rate: [1, 1.5], levers.x: {low: 0, high: 2}}"],
        ["scenarios=[baseline,hub_medium]", "shock.name=calm", "+foo=1", "~seed"],
        ["output=${seed}", "parameters.illness.acute_rate={value: 1.3}"],
    ],
)
def test_values_are_put_where_hydra_would_put_them(words: list[str]) -> None:
    assert json.dumps(compose_configuration(words)) == json.dumps(by_hydra(words))


@pytest.mark.parametrize("key", ["vary", "shard"])
@pytest.mark.parametrize("value", ["null", "3", "[1]", "{a: {b: 1}}"])
def test_a_setting_may_be_of_any_kind_where_hydra_makes_the_changes(key: str, value: str) -> None:
    words = ["study=sweep", f"{key}={value}", "+foo=1"]
    assert json.dumps(compose_configuration(words)) == json.dumps(by_hydra(words))


def test_a_policy_scenario_is_read_as_hydra_reads_it() -> None:
    hydras = scenario_from(by_hydra(["scenario=hub_medium", "seed=3"]))
    ours = load_scenario("hub_medium", ["seed=3"])
    assert ours == hydras
    assert json.dumps(ours.resolved) == json.dumps(hydras.resolved)
    renamed = load_scenario("hub_medium", ["scenario.name=mine"])
    assert renamed.name == "mine"
    assert renamed.changes == ours.changes


def test_a_composed_configuration_may_be_written_into() -> None:
    compose_configuration()["parameters"]["illness"].clear()
    assert compose_configuration()["parameters"]["illness"]


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("parameters.illness.acute_rate=99", "outside its range 0.5 to 3.5"),
        ("parameters.illness.acute_rate=.nan", "acute_rate"),
        ("parameters.illness.acute_rate=often", "not a number"),
        ("parameters.illness.acute_rate=true", "not a number"),
        ("parameters.illness.worsening.injury.mild=5", "illness.worsening.injury.mild = 5"),
        ("parameters.demography.sector_share.trade=0.9", "add up"),
        ("parameters.ilness.acute_rate=1", "did you mean 'illness'"),
        ("seed=1.5", "whole number"),
        ("seed.low=1", "single value"),
    ],
)
def test_a_wrong_override_is_refused_in_one_line(override: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_scenario(overrides=[override])
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_an_override_of_the_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'mobile_clinics'"):
        load_scenario("mobile_clinic")


def test_a_missing_configuration_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALMATY_CONF", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"ALMATY_CONF: no config\.yaml"):
        configuration_folder()
