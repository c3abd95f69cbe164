"""What users may do to a model from outside: answered, or refused in a line; never silent."""

import copy
import math
import pickle
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import mesa
import numpy as np
import pytest
from mesa.agentset import AbstractAgentSet

from sim.agents.employer import Employer
from sim.agents.episode import Episode
from sim.agents.migrant import Migrant
from sim.agents.task import Task
from sim.config.loading import load_scenario
from sim.engine.agentset.union import AgentSetUnion, Kept
from sim.model import AlmatyModel, StoppedInsideDayError
from tests.cities import city
from tests.verification.invariants import Watch

COHORTS = (Migrant, Employer, Episode, Task)


@pytest.fixture(scope="module")
def past() -> AlmatyModel:
    """A city in which needs are under way, after ten days. Only look: others look at it too."""
    model = AlmatyModel(city(population=300, days=60, changed={"city.burn_in_days": 40}))
    model.run_for(10)
    assert len(model.tasks)
    return model


@pytest.fixture
def model(past: AlmatyModel) -> AlmatyModel:
    """A model that a test may change."""
    return past.fork(past.specification)


# --- Mesa's verbs on the whole model ------------------------------------------------------------


def half(agent: Any) -> bool:
    return bool(agent.unique_id % 2)


WHOLE: MappingProxyType[str, Callable[[AbstractAgentSet[Any]], Any]] = MappingProxyType({
    "select": lambda agents: agents.select(),
    "shuffle": lambda agents: agents.shuffle(),
    "shuffle, select": lambda agents: agents.shuffle().select(),
    "select, shuffle in place": lambda agents: agents.select().shuffle(inplace=True),
    "sort": lambda agents: agents.sort("unique_id"),
    "sort, select": lambda agents: agents.sort("unique_id", ascending=True).select(),
    "sort in place": lambda agents: agents.copy().sort("unique_id", inplace=True),
    "copy": copy.copy,
    "or": lambda agents: agents.select(half) | agents,
    "xor": lambda agents: agents.select(half) ^ agents.select(lambda one: not half(one)),
    "and": lambda agents: agents & agents.select(),
    "minus": lambda agents: agents - agents.select(at_most=0),
    "two parts": lambda agents: agents.select(half) | (agents - agents.select(half)),
    "by type": lambda agents: agents.select(agent_type=Migrant)
    | agents.select(lambda one: not isinstance(one, Migrant)),
    "set of Python": lambda agents: Kept(set(agents.to_list())),
    "do": lambda agents: agents.do(lambda one: None),
    "shuffle_do": lambda agents: agents.shuffle_do(lambda one: None),
    "groups": lambda agents: Kept(
        member for _, group in agents.groupby(half) for member in group
    ),
})  # fmt: skip


@pytest.mark.parametrize("verb", WHOLE)
def test_no_verb_loses_anybody(past: AlmatyModel, verb: str) -> None:
    """Views of rows exist only while they are used; sets keep them."""
    expected = {agent.unique_id for agent in past.agents}
    assert len(expected) == len(past.agents) > 350
    found = WHOLE[verb](past.agents)
    members = [agent.unique_id for agent in found]
    assert len(members) == len(found) == len(expected)
    assert set(members) == expected


def test_every_public_name_of_mesas_sets_is_there(past: AlmatyModel) -> None:
    names = {name for name in dir(type(mesa.Model(rng=1).agents)) if not name.startswith("_")}
    # Taking from and adding to the set of all agents is the model's own affair.
    for agents in (past.agents, past.agents.select(), past.migrants, past.migrants.select()):
        missing = {name for name in names if not callable(getattr(agents, name, None))}
        assert missing <= {"random"}, type(agents)


def test_everything_a_set_tells_of_its_members_is_in_their_order(past: AlmatyModel) -> None:
    agents = past.agents.sort("unique_id", ascending=True)
    ids = agents.get("unique_id")
    assert ids == sorted(ids)
    assert agents.map(lambda one: one.unique_id) == ids
    assert agents.agg("unique_id", [min, max]) == [ids[0], ids[-1]]
    assert agents.select(at_most=5).get("unique_id") == ids[:5]
    assert agents.select(at_most=0.5).get("unique_id") == ids[: len(ids) // 2]
    assert agents.get("wage", handle_missing="default")[:71] == [None] * 71, "institutions first"
    assert dict(agents.groupby(type).count()) == {
        kind: len(members) for kind, members in past.agents_by_type.items() if len(members)
    }


def test_sets_of_everything_can_be_combined_with_sets_of_one_type(past: AlmatyModel) -> None:
    clinics = next(iter(past.agents_by_type.values()))
    both = past.migrants | clinics
    assert len(both) == len(past.migrants) + len(clinics)
    assert set(both - past.migrants) == set(clinics)
    assert len(past.agents & past.migrants) == len(past.migrants)
    assert past.migrants.select() <= both


def test_the_set_of_all_agents_is_not_changed_in_place(past: AlmatyModel) -> None:
    agents = past.agents
    assert isinstance(agents, AgentSetUnion)
    for change in (
        lambda: agents.select(half, inplace=True), lambda: agents.shuffle(inplace=True),
        lambda: agents.sort("unique_id", inplace=True), lambda: agents.add(next(iter(agents))),
        lambda: agents.discard(next(iter(agents))), lambda: agents.remove(next(iter(agents))),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            change()


@pytest.mark.parametrize("call", ["do", "shuffle_do", "map"])
@pytest.mark.parametrize("whole", [True, False], ids=["all", "a part"])
def test_whoever_was_removed_meanwhile_is_passed_over(
    model: AlmatyModel, call: str, whole: bool
) -> None:
    agents = model.agents if whole else model.agents.select()
    migrants = model.migrants.to_list()
    called: list[Any] = []

    def remove_another(agent: Any) -> None:
        called.append(agent)
        if isinstance(agent, Migrant):
            migrants.remove(agent)
            if migrants:
                migrants.pop().remove()

    before = len(model.agents)
    getattr(agents, call)(remove_another)
    removed = before - len(model.agents)
    assert removed > 100
    assert len(called) == len(set(called)) == before - removed


def test_a_set_forgets_whoever_leaves(model: AlmatyModel) -> None:
    agents = model.agents.select()
    before = len(agents)
    somebody = next(iter(model.migrants))
    somebody.remove()
    assert len(agents) == before - 1
    assert somebody not in agents


def test_ids_are_unique_in_the_model_and_tables_of_agents_have_a_unique_index(
    model: AlmatyModel,
) -> None:
    collector = mesa.DataCollector(agent_reporters={"kind": lambda one: type(one).__name__})
    collector.collect(model)
    model.step()
    collector.collect(model)
    table = collector.get_agent_vars_dataframe()
    assert table.index.is_unique
    assert table["kind"].nunique() >= 5
    assert table.index.get_level_values("AgentID").dtype == np.int64
    same = table.groupby(level="AgentID")["kind"].nunique()
    assert (same == 1).all(), "a number stays with its agent"


def test_removing_all_agents_leaves_nobody_and_a_model_that_says_so(model: AlmatyModel) -> None:
    assert len(model.agents) > 350
    model.remove_all_agents()
    assert len(model.agents) == 0
    assert list(model.agents) == []
    for use in (model.step, lambda: model.run_for(1), model.indicators, model.curves):
        with pytest.raises(StoppedInsideDayError, match="all agents of the model have been remov"):
            use()


def test_a_migrant_who_is_removed_leaves_the_city_with_all_that_hangs_on_it(
    model: AlmatyModel,
) -> None:
    """Money, word of mouth, illnesses and needs are counted out; the books hold ever after."""
    watch = Watch(model)
    somebody = [one for one in model.migrants if max(one.episode_of) >= 0][:3]
    assert len(somebody) == 3
    for person in somebody:
        person.remove()
    assert model.counts["present"].sum() == len(model.migrants)
    watch.live(5)


@pytest.mark.parametrize("kind", [Employer, Episode, Task])
def test_what_others_hang_on_cannot_be_removed(model: AlmatyModel, kind: type) -> None:
    agents = model.agents_by_type[kind]
    before = len(agents)
    assert before
    with pytest.raises(TypeError):
        next(iter(agents)).remove()
    with pytest.raises(TypeError):
        model.clinics.units[0].remove()
    assert len(agents) == before


# --- copies -------------------------------------------------------------------------------------


def test_a_deep_copy_is_a_branch_of_its_own(model: AlmatyModel) -> None:
    model.notes = ["mine"]
    model.random.random()
    before = model.digest()
    twin = copy.deepcopy(model)
    assert twin.digest() == before
    assert twin.notes == ["mine"]
    assert twin.notes is not model.notes
    assert twin.random.random() == copy.deepcopy(model).random.random()
    twin.run_for(10)
    assert model.digest() == before, "running the copy leaves the original alone"
    model.run_for(10)
    assert model.digest() == twin.digest()
    assert model.time == twin.time == 20


def test_a_deep_copy_in_the_middle_of_a_ramp_goes_on_with_it() -> None:
    scenario = load_scenario("mobile_clinics", ["city.population=300", "city.burn_in_days=60"])
    model = AlmatyModel(scenario)
    model.run_for(20)
    twin = copy.deepcopy(model)
    for one in (model, twin):
        one.run_for(15)
    assert model.digest() == twin.digest()


def test_what_cannot_be_copied_says_so_in_a_line(model: AlmatyModel) -> None:
    migrant = next(iter(model.migrants))
    parts = (
        model.migrants, model.migrants.select(), migrant, model.clinics.units[0],
        model.agencies.units[0], model.demography,
    )  # fmt: skip
    for part in parts:
        with pytest.raises(TypeError) as caught:
            copy.deepcopy(part)
        assert "copied with" in str(caught.value)
        assert "\n" not in str(caught.value)
    for part in parts:
        with pytest.raises(TypeError) as caught:
            pickle.dumps(part)
        assert "\n" not in str(caught.value)
    with pytest.raises(TypeError, match="no shallow copy"):
        copy.copy(model)


# --- a model stopped inside a day ---------------------------------------------------------------


@pytest.mark.parametrize("error", [ArithmeticError, KeyboardInterrupt])
@pytest.mark.parametrize("way", ["run_for", "step"])
def test_a_model_stopped_inside_a_day_refuses_to_go_on(
    past: AlmatyModel, error: type[BaseException], way: str
) -> None:
    model = past.fork(past.specification)

    def fail() -> None:
        raise error

    model.reaching.set_out = fail  # type: ignore[method-assign]
    with pytest.raises(error):
        model.run_for(3) if way == "run_for" else model.step()
    uses: dict[str, Callable[[], Any]] = {
        "run_for": lambda: model.run_for(10), "step": model.step, "fork": lambda: model.fork(
            model.specification), "indicators": model.indicators, "curves": model.curves,
        "case_log": model.case_log, "run_until": lambda: model.run_until(30),
        "deepcopy": lambda: copy.deepcopy(model), "digest": model.digest,
    }  # fmt: skip
    for use in uses.values():
        with pytest.raises(StoppedInsideDayError, match="stopped in the middle of day 10: nothing"):
            use()
    assert model.day == 10


def test_an_error_of_the_user_between_days_stops_nothing(model: AlmatyModel) -> None:
    collector = mesa.DataCollector(agent_reporters={"wrong": lambda one: 1 / 0})
    with pytest.raises(ZeroDivisionError):
        collector.collect(model)
    model.run_for(2)
    assert model.day == 12


# --- windows, names, selections -----------------------------------------------------------------


@pytest.mark.parametrize(
    "window",
    [(-10, 20), (0, 11), (5, 4), (0, 2.5), (math.nan, 5), (0, math.inf), (True, 5), ("0", 5),
     (-1, None), (11, None), (None, 5)],
)  # fmt: skip
def test_a_window_of_days_that_were_not_lived_is_refused(
    past: AlmatyModel, window: tuple[Any, Any]
) -> None:
    with pytest.raises(ValueError, match="must"):
        past.indicators(*window)


def test_windows_of_days_that_were_lived_are_answered(past: AlmatyModel) -> None:
    assert past.indicators(0, 10).equals(past.indicators())
    assert past.indicators(0, np.int64(10)).equals(past.indicators(0.0))
    nothing = past.indicators(3, 3)
    assert nothing.loc[nothing["indicator"] == "population", "value"].tolist() == [0.0]


@pytest.mark.parametrize("days", [2.5, -1, math.nan, math.inf, True, "3", None, [1]])
def test_days_are_whole_numbers(model: AlmatyModel, days: Any) -> None:
    for run in (model.run_for, model.run_until):
        with pytest.raises(ValueError, match=r"whole number|must not be before today"):
            run(days)
    with pytest.raises(ValueError, match="must not be before today, day 10"):
        model.run_until(9)
    assert model.day == 10
    model.run_for(np.int64(1))
    model.run_until(12.0)
    model.run_for(0)
    assert model.day == model.time == 12


def test_blocks_that_are_switched_off_have_their_names(model: AlmatyModel) -> None:
    with pytest.raises(ValueError, match="unknown block 'decde': did you mean 'decide'"):
        model.switched_off = {"decde"}
    for wrong in ("decide", None, 3):
        with pytest.raises(TypeError, match="must be a set of names"):
            model.switched_off = wrong  # type: ignore[assignment]
    assert model.switched_off == frozenset()
    model.switched_off = {"decide"}
    model.run_for(1)


@pytest.mark.parametrize("scenario", ["baseline", None, 3, {"name": "baseline"}])
def test_a_model_is_made_of_a_scenario(model: AlmatyModel, scenario: Any) -> None:
    with pytest.raises(TypeError, match="takes a Scenario"):
        AlmatyModel(scenario)
    with pytest.raises(TypeError, match="takes a Scenario"):
        model.fork(scenario)
    other = load_scenario("baseline", ["city.population=400"])
    with pytest.raises(ValueError, match="same world, submodels and seed"):
        model.fork(other)


# --- values set from outside --------------------------------------------------------------------

EXTREMES: tuple[Any, ...] = (-1, 10**6, 2**62, math.nan, math.inf, "no such label", None, [1, 2, 3])


def extremes_of(dtype: "np.dtype[Any]") -> tuple[Any, ...]:
    """Return values at and beyond the ends of a type."""
    if dtype == np.bool_:
        return (*EXTREMES, 2)
    limits: Any = np.iinfo(dtype) if np.issubdtype(dtype, np.integer) else np.finfo(dtype)
    return (*EXTREMES, limits.max, limits.min)


@pytest.mark.parametrize("kind", COHORTS)
def test_every_column_takes_a_legal_value_or_refuses_in_a_line(
    past: AlmatyModel, kind: type
) -> None:
    """Every column of every cohort, by an agent and by a set: no silent change, no crash."""
    model = past.fork(past.specification)
    cohort: Any = model.agents_by_type[kind]
    assert len(cohort)
    agent, tried, taken = next(iter(cohort)), 0, 0
    for name, column in cohort.columns.items():
        for value in extremes_of(column.dtype):
            for way in (setattr, lambda one, name, value: cohort.select().set(name, value)):
                before = cohort.digest()
                tried += 1
                try:
                    way(agent, name, value)
                except (AttributeError, TypeError, ValueError) as refusal:
                    assert "\n" not in str(refusal)
                    assert name in str(refusal)
                    assert cohort.digest() == before
                    continue
                taken += 1
                assert name in cohort.settable
                low, high = cohort.settable[name]
                assert low <= float(value) <= high
                assert float(getattr(agent, name)) == pytest.approx(float(value))
    assert tried > 100
    assert taken <= 2 * 4 * len(cohort.settable)
    Watch(model).live(3)


def test_what_may_be_set_acts_and_the_books_hold(model: AlmatyModel) -> None:
    """Legal values, up to the ends of their ranges, before five days of life."""
    watch = Watch(model)
    for kind in COHORTS:
        cohort: Any = model.agents_by_type[kind]
        for name, (low, high) in cohort.settable.items():
            for value in (low, min(high, 10**6)):
                cohort.set(name, value)
                found = np.array(cohort.get(name), dtype=float)
                assert np.allclose(found, value)
            watch.live(1)
    assert watch.model.day > 15


def test_labels_are_checked() -> None:
    from tests.sim.engine.agentset.test_cohort import Persons

    people = Persons(model=None)
    people.add_rows(np.array([1, 2]))
    with pytest.raises(ValueError, match="sex: unknown 'womn': did you mean 'woman'"):
        people.set("sex", "womn")
    for code in (2, -1, 127):
        with pytest.raises(ValueError, match="must be one of man, woman, or a code from 0 to 1"):
            people.set("sex", code)
    people.set("sex", "woman")
    people.set("sex", 0)
    assert people.get("sex") == ["man", "man"]


def test_rows_that_are_nobodys_cannot_be_named(model: AlmatyModel) -> None:
    free = int(np.flatnonzero(~model.migrants.occupied)[0])
    for row in (10**9, -1, free):
        with pytest.raises(LookupError, match="is not in use"):
            model.migrants.view(row)
        with pytest.raises(LookupError, match="not all in use"):
            model.migrants.remove_rows(np.array([row]))
    with pytest.raises(LookupError, match="not all in use"):
        model.migrants.remove_rows(model.migrants.rows[[0, 0]])
    before = model.digest()
    for wrong in (np.array([0.5]), np.ones(3, dtype=bool)):
        with pytest.raises(TypeError, match="rows are whole numbers"):
            model.migrants.remove_rows(wrong)
    assert model.digest() == before


def test_facts_of_institutions_cannot_be_set(model: AlmatyModel) -> None:
    for unit in (model.clinics.units[0], model.agencies.units[0]):
        with pytest.raises(AttributeError, match="cannot be set"):
            unit.number = 10**6
        with pytest.raises(AttributeError):
            unit.waiting = 3  # type: ignore[misc]
        unit.colour = "blue"  # a note of the user's own
    with pytest.raises(AttributeError):
        model.agents.set("waiting", 3)
    with pytest.raises(AttributeError):
        model.agents.set("savings", 3)
    assert all(not hasattr(unit, "savings") for unit in model.clinics.units)
