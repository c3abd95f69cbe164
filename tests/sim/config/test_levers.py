"""Dated changes, and what a scenario may change at all."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

import sim
from sim.config.configuration import ConfigurationError, choices, configuration_folder
from sim.config.levers import LEVERS, SHOCKS, Change, lever_paths, matches
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario, scenario_from
from sim.observation.definitions import DEFINITIONS

PATH = "information.media_reach"
FREE_OF_POLICY = ("submodels", "agents", "engine", "initialisation.py")
repeatable = settings(derandomize=True, deadline=None, max_examples=200)


@pytest.fixture(scope="module")
def world_of_2018() -> Scenario:
    return load_scenario("baseline", ["days=2000"])


def all_paths(node: object, path: str = "") -> list[str]:
    """Return the dotted path of every number of a nested dictionary."""
    if isinstance(node, dict):
        return [
            found
            for name, child in node.items()
            for found in all_paths(child, f"{path}.{name}" if path else str(name))
        ]
    return [path] if isinstance(node, int | float) and not isinstance(node, bool) else []


# --- dated changes ----------------------------------------------------------------------------


@repeatable
@given(start=st.integers(0, 300), ramp=st.integers(0, 90), day=st.integers(-200, 800))
def test_a_ramp_rises_in_equal_daily_steps_and_stays(start: int, ramp: int, day: int) -> None:
    change = Change(path=PATH, value=5.0, start_day=start, ramp_days=ramp)
    if day < start:
        expected = 0.0
    elif ramp <= 1 or day >= start + ramp - 1:
        expected = 1.0
    else:
        expected = (day - start + 1) / ramp
    assert change.progress(day) == pytest.approx(expected)


@repeatable
@given(
    start=st.integers(0, 200),
    length=st.integers(1, 120),
    ramp=st.integers(0, 60),
    day=st.integers(-50, 500),
)
def test_from_until_day_on_everything_is_as_before(
    start: int, length: int, ramp: int, day: int
) -> None:
    for_good = Change(path=PATH, value=5.0, start_day=start, ramp_days=ramp)
    for_a_time = for_good.model_copy(update={"until_day": start + length})
    expected = for_good.progress(day) if day < start + length else 0.0
    assert for_a_time.progress(day) == expected


@repeatable
@given(
    start=st.integers(0, 100),
    length=st.integers(1, 60),
    pause=st.integers(0, 60),
    ramp=st.integers(0, 30),
    day=st.integers(0, 900),
)
def test_a_repeated_change_is_the_first_one_over_and_over(
    start: int, length: int, pause: int, ramp: int, day: int
) -> None:
    once = Change(path=PATH, value=5.0, start_day=start, ramp_days=ramp, until_day=start + length)
    period = length + pause
    again = once.model_copy(update={"repeat_every": period})
    expected = max(once.progress(day - cycle * period) for cycle in range(day // period + 1))
    assert again.progress(day) == expected


def test_values_move_from_the_old_number_to_the_new_one(world_of_2018: Scenario) -> None:
    before = world_of_2018.world.information.briefing_coverage
    change = Change(
        path="information.briefing_coverage", value=0.7, start_day=10, ramp_days=4, until_day=30
    )
    plan = world_of_2018.with_changes([change])
    step = (0.7 - before) / 4
    expected = {9: before, 10: before + step, 12: before + 3 * step, 13: 0.7, 29: 0.7, 30: before}
    found = {day: plan.world_on(day).information.briefing_coverage for day in expected}
    assert found == pytest.approx(expected)
    assert plan.world_on(-1) == plan.world_on(9) == world_of_2018.world


def test_a_later_change_of_one_lever_starts_from_the_earlier_one(world_of_2018: Scenario) -> None:
    plan = world_of_2018.with_changes(
        [
            Change(path=PATH, value=2.0, start_day=100, until_day=110),
            Change(path=PATH, value=4.0, start_day=0),
        ]
    )
    found = [plan.world_on(day).information.media_reach for day in (0, 99, 100, 109, 110)]
    assert found == [4.0, 4.0, 2.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"start_day": 2000}, "outside the run"),
        ({"start_day": -1}, "outside the run"),
        ({"ramp_days": -1}, "ramp_days"),
        ({"until_day": 5}, "until_day"),
        ({"repeat_every": 30}, "repeat_every"),
        ({"until_day": 40, "repeat_every": 30}, "repeat_every"),
        ({"value": 1e9}, "outside its range"),
        ({"value": float("nan")}, "not a finite number"),
        ({"path": "information.media_reech"}, "did you mean 'information.media_reach'"),
    ],
)
def test_impossible_changes_are_refused(
    world_of_2018: Scenario, wrong: dict[str, object], complaint: str
) -> None:
    change = Change.model_validate({"path": PATH, "value": 2.0, "start_day": 5} | wrong)
    with pytest.raises(ConfigurationError, match=complaint) as error:
        world_of_2018.with_changes([change])
    assert "\n" not in str(error.value)


# --- the whitelist ----------------------------------------------------------------------------


@pytest.mark.claim("V1")
@pytest.mark.parametrize("name", sorted(choices("scenario")))
def test_scenarios_change_levers_only(world_of_2018: Scenario, name: str) -> None:
    scenario = world_of_2018.with_policy(name)
    assert scenario.name == name
    assert scenario.summary
    assert all(matches(change.path, LEVERS) for change in scenario.changes)
    known = all_paths(world_of_2018.world.model_dump(mode="json"))
    assert set(scenario.values_on(0)) <= {*known, "law.regime", "law.as_of"}


def test_all_scenarios_but_the_baseline_change_something(world_of_2018: Scenario) -> None:
    idle = {
        name
        for name in choices("scenario")
        if world_of_2018.with_policy(name).world_on(20) == world_of_2018.world
    }
    assert idle == {"baseline"}


@pytest.mark.claim("V1")
@pytest.mark.parametrize("name", sorted(choices("shock")))
def test_shocks_change_outside_conditions_only(world_of_2018: Scenario, name: str) -> None:
    described = OmegaConf.to_container(
        OmegaConf.load(configuration_folder() / "shock" / f"{name}.yaml")
    )
    scenario = scenario_from({**world_of_2018.resolved, "shock": described})
    assert scenario.shock == name
    assert all(matches(change.path, SHOCKS) for change in scenario.shocks)
    assert bool(scenario.shocks) == (name != "none")


@pytest.mark.claim("V1")
def test_no_lever_names_illness_success_behaviour_or_an_indicator(world_of_2018: Scenario) -> None:
    levers = lever_paths(world_of_2018.world)
    assert len(levers) > 20
    # An amnesty is a lever; keeping and losing papers otherwise is behaviour. So is pay during
    # illness, which a law can secure; what people do with their money is behaviour.
    amnesty = {"legal_status.regularisation", "legal_status.regularisation_fee"}
    amnesty.add("money.formal_sick_pay")
    assert amnesty <= set(levers)
    parts = {part for path in {*levers, *LEVERS} - amnesty for part in path.split(".")}
    forbidden = {"illness", "competence", "care_seeking", "demography", "money", "legal_status"}
    forbidden |= set(type(world_of_2018.world.illness).model_fields)
    forbidden |= {one.name for one in DEFINITIONS} | {one.code for one in DEFINITIONS}
    assert not parts & forbidden


@pytest.mark.claim("V1")
def test_every_number_off_the_whitelist_is_refused(world_of_2018: Scenario) -> None:
    """Hazards of illness, competence, the desk and behaviour, one by one."""
    paths = all_paths(world_of_2018.world.model_dump(mode="json"))
    guarded = [
        path
        for path in paths
        if path.split(".")[0] in ("illness", "care_seeking")
        or path.endswith((".competence", ".refers_emergencies"))
        or path.startswith(("payment.wrongful", "payment.refusal", "payment.early"))
    ]
    assert len(guarded) > 100
    for path in guarded:
        assert not matches(path, LEVERS), path
    # Composing costs time: of the big tables every seventh cell is tried in earnest.
    for path in guarded[::7]:
        change = Change(path=path, value=0.5, start_day=0)
        with pytest.raises(ConfigurationError, match="not on the whitelist"):
            world_of_2018.with_changes([change])


@pytest.mark.claim("V1")
def test_a_star_of_the_whitelist_stands_for_one_name_only() -> None:
    assert matches("payment.price.bed_day", LEVERS)
    assert not matches("payment.price.bed_day.extra", LEVERS)
    assert not matches("payment.price", LEVERS)
    assert not matches("institutions.hospital.deep.capacity", LEVERS)


# --- no submodel knows the plan ---------------------------------------------------------------


def modules_free_of_policy() -> list[Path]:
    package = Path(sim.__file__).parent
    found = [
        path
        for name in FREE_OF_POLICY
        for path in ([package / name] if name.endswith(".py") else (package / name).glob("**/*.py"))
    ]
    assert len(found) > 15
    return sorted(found)


def words_of(tree: ast.AST) -> set[str]:
    """Return all identifiers of a module and all words of its texts."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.update(node.name.split("."))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(node.value.replace("`", " ").replace(",", " ").split())
    return found


def policy_names() -> set[str]:
    """Return names of scenarios and shocks; "none" is too common a word to look for."""
    return {*choices("scenario"), *choices("shock")} - {"none"}


@pytest.mark.claim("V2")
@pytest.mark.parametrize("path", modules_free_of_policy(), ids=lambda path: path.name)
def test_no_submodel_can_tell_which_scenario_runs(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not words_of(tree) & (policy_names() | {"specification", "Scenario", "load_scenario"})
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    assert not imported & {"sim.config.scenario", "sim.config.levers", "sim.config.configuration"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("name", "summary", "scenario"):
            owner = ast.unparse(node.value)
            assert owner.split(".")[-1] not in (
                "specification",
                "scenario",
                "policy",
                "model",
                "city",
            )


@pytest.mark.claim("V2")
def test_the_search_for_scenario_names_finds_them() -> None:
    guilty = "if model.specification.name == 'mobile_clinics':\n    capacity = 0\n"
    found = words_of(ast.parse(guilty))
    assert {"specification", "mobile_clinics"} <= found
