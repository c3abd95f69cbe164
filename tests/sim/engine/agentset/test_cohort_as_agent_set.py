"""Cohorts as Mesa agent sets: the same operation on a cohort and on Mesa's own set agree.

The left hand of every comparison is a `Cohort`, the right hand `model.agents` of a Mesa model
whose ordinary agents have the same data and whose generator is in the same state.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesa.agentset import AbstractAgentSet, GroupBy

from sim.engine.agentset.cohort import Cohort, Column, RowView

AGES = [31, 24, 45, 24, 19, 52, 38, 24, 61, 33]
SEXES = ["man", "woman", "woman", "man", "man", "woman", "man", "woman", "woman", "man"]

type Agents = AbstractAgentSet[Any]
type Operation = Callable[[Agents], Any]


class Manners:
    """What both kinds of agents can do."""

    unique_id: Any
    age: int
    sex: str
    score: int

    @property
    def decade(self) -> int:
        """Age in tens of years."""
        return self.age // 10

    @property
    def maiden_age(self) -> int:
        """An attribute that only women have."""
        if self.sex == "man":
            raise AttributeError("maiden_age")
        return self.age - 1

    def earn(self, amount: int, times: int = 1) -> int:
        """Raise the score and return it."""
        self.score += amount * times
        return self.score


class Person(Manners, RowView):
    """A row."""


class Elder(Person):
    """A type nobody has."""


class Persons(Cohort[Person]):
    """The cohort under test."""

    row_view = Person
    age = Column(np.int16, "age", unit="years")
    sex = Column(np.int8, "sex", labels=("man", "woman"))
    score = Column(np.int32, "score")
    marks = Column(np.int16, "two marks", width=2)


class Twin(Manners, mesa.Agent):
    """An ordinary Mesa agent."""

    def __init__(self, model: mesa.Model, age: int, sex: str, marks: list[int]) -> None:
        super().__init__(model)
        self.age = age
        self.sex = sex
        self.score = 0
        self.marks = marks


def a_cohort(ages: list[int] = AGES, sexes: list[str] = SEXES) -> Persons:
    """Return people with identities 1, 2, 3, ..."""
    persons = Persons(mesa.Model(rng=11), capacity=4)
    codes = np.array([("man", "woman").index(sex) for sex in sexes])
    marks = np.array([[age, age % 7] for age in ages]).reshape(-1, 2)
    identities = np.arange(1, len(ages) + 1, dtype=np.uint64)
    persons.add_rows(identities, age=np.array(ages), sex=codes, marks=marks)
    return persons


def a_mesa_set(ages: list[int] = AGES, sexes: list[str] = SEXES) -> Agents:
    """Return the same people as the set that Mesa's model keeps."""
    model = mesa.Model(rng=11)
    for age, sex in zip(ages, sexes, strict=True):
        Twin(model, age, sex, [age, age % 7])
    kept: Agents = model.agents
    return kept


def plain(result: Any) -> Any:
    """Return a result with agents replaced by their identities."""
    if isinstance(result, mesa.Agent):
        return result.unique_id
    if isinstance(result, GroupBy):
        return {key: plain(members) for key, members in result}
    if isinstance(result, dict):
        return {key: plain(value) for key, value in result.items()}
    if isinstance(result, AbstractAgentSet | list | tuple):
        return [plain(item) for item in result]
    return result


def outcome(operation: Operation, agents: Agents) -> tuple[Any, ...]:
    """Return what an operation returns or raises, and the state it leaves behind."""
    try:
        result = plain(operation(agents))
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        result = type(error)
    return result, agents.get(["unique_id", "age", "sex", "score", "marks"]), agents.random.random()


def older(years: int) -> Callable[[Any], bool]:
    """Return a filter."""
    return lambda agent: agent.age > years


def changed_in_place(change: Callable[[Agents], Any]) -> Operation:
    """Return an operation on a copy that tells the copy after the change and what was returned."""

    def operation(agents: Agents) -> Any:
        part = agents.select(older(0))
        returned = change(part)
        return plain(part), returned is part

    return operation


def in_place_operator(name: str) -> Operation:
    """Return an in-place set operation between those over 30 and the women."""

    def operation(agents: Agents) -> Any:
        part = agents.select(older(30))
        return getattr(part, name)(agents.select(lambda agent: agent.sex == "woman"))

    return operation


def over_30_and_women(combine: Callable[[Agents, Agents], Any]) -> Operation:
    """Return an operation on two overlapping parts of the set."""
    return lambda agents: combine(
        agents.select(older(30)), agents.select(lambda agent: agent.sex == "woman")
    )


OPERATIONS: dict[str, Operation] = {
    "len": len,
    "iteration": list,
    "to_list": lambda a: a.to_list(),
    "membership": lambda a: [agent in a.select(older(30)) for agent in a],
    "membership of something else": lambda a: "somebody" in a,
    "select all": lambda a: a.select(),
    "select by filter": lambda a: a.select(older(30)),
    "select nobody": lambda a: a.select(older(99)),
    "select at most 3": lambda a: a.select(at_most=3),
    "select at most 0": lambda a: a.select(at_most=0),
    "select at most 1": lambda a: a.select(at_most=1),
    "select at most more than there are": lambda a: a.select(at_most=100),
    "select a quarter": lambda a: a.select(at_most=0.25),
    "select a fraction of all": lambda a: a.select(at_most=1.0),
    "select a fraction of none": lambda a: a.select(at_most=0.0),
    "select at most 2 by filter": lambda a: a.select(older(30), at_most=2),
    "select a third by filter": lambda a: a.select(older(30), at_most=0.34),
    "select at most a negative number": lambda a: a.select(at_most=-1),
    "select at most a negative number by filter": lambda a: a.select(older(30), at_most=-1),
    "select by type": lambda a: a.select(agent_type=mesa.Agent),
    "select by another type": lambda a: a.select(agent_type=Elder),
    "select twice": lambda a: a.select(older(20)).select(older(30), at_most=3),
    "select in place": changed_in_place(lambda a: a.select(older(30), inplace=True)),
    "select everybody in place": changed_in_place(lambda a: a.select(inplace=True)),
    "get": lambda a: a.get("age"),
    "get labels": lambda a: a.get("sex"),
    "get vectors": lambda a: a.get("marks"),
    "get a property": lambda a: a.get("decade"),
    "get several": lambda a: a.get(["age", "sex", "decade"]),
    "get one in a list": lambda a: a.get(["age"]),
    "get none in a list": lambda a: a.get([]),
    "get what is missing": lambda a: a.get("shoe_size"),
    "get several, one missing": lambda a: a.get(["age", "shoe_size"]),
    "get a default": lambda a: a.get("shoe_size", handle_missing="default", default_value=40),
    "get several with a default": lambda a: a.get(["age", "shoe_size"], "default", 40),
    "get a default where some have it": lambda a: a.get("maiden_age", "default", 0),
    "get what some lack": lambda a: a.get("maiden_age"),
    "get with an unknown option": lambda a: a.get("age", handle_missing="ignore"),
    "get of a selection": lambda a: a.select(older(30)).get("age"),
    "set": lambda a: a.set("score", 5),
    "set a label": lambda a: a.set("sex", "woman"),
    "set a vector": lambda a: a.set("marks", [1, 2]),
    "set of a selection": lambda a: a.select(older(30)).set("score", 7),
    "set of nobody": lambda a: a.select(older(99)).set("score", 7),
    "agg": lambda a: a.agg("age", sum),
    "agg by several": lambda a: a.agg("age", [min, max, len]),
    "agg by a generator": lambda a: a.agg("age", (f for f in (min, max))),
    "agg by numpy": lambda a: a.agg("age", np.mean),
    "agg of a property": lambda a: a.agg("decade", max),
    "agg of labels": lambda a: a.agg("sex", Counter),
    "groupby attribute": lambda a: a.groupby("age"),
    "groupby label": lambda a: a.groupby("sex"),
    "groupby property": lambda a: a.groupby("decade"),
    "groupby function": lambda a: a.groupby(lambda agent: agent.age % 3),
    "groupby as lists": lambda a: a.groupby("sex", result_type="list"),
    "groupby of nobody": lambda a: a.select(older(99)).groupby("sex"),
    "groupby what is missing": lambda a: a.groupby("shoe_size"),
    "groupby count": lambda a: a.groupby("sex").count(),
    "groupby agg": lambda a: a.groupby("sex").agg("age", max),
    "groupby do": lambda a: a.groupby("sex").do("do", "earn", 3),
    "groupby map": lambda a: a.groupby("sex").map(lambda group: group.agg("age", sum)),
    "groupby map by name": lambda a: a.groupby("sex").map("get", "age"),
    "groupby len": lambda a: len(a.groupby("decade")),
    "do by name": lambda a: a.do("earn", 2, times=3),
    "do by function": lambda a: a.do(lambda agent, amount: agent.earn(amount), 4),
    "do of a selection": lambda a: a.select(older(30)).do("earn", 1),
    "do what is missing": lambda a: a.do("sing"),
    "map by name": lambda a: a.map("earn", 2, times=3),
    "map by function": lambda a: a.map(lambda agent, b: agent.age + b, b=1),
    "shuffle": lambda a: a.shuffle(),
    "shuffle a selection": lambda a: a.select(older(30)).shuffle(),
    "shuffle in place": changed_in_place(lambda a: a.shuffle(inplace=True)),
    "shuffle_do": lambda a: a.shuffle_do("earn", 1),
    "sort descending": lambda a: a.sort("age"),
    "sort ascending": lambda a: a.sort("age", ascending=True),
    "sort by label": lambda a: a.sort("sex"),
    "sort by function": lambda a: a.sort(lambda agent: (agent.sex, -agent.age), ascending=True),
    "sort by what is missing": lambda a: a.sort("shoe_size"),
    "sort in place": changed_in_place(lambda a: a.sort("age", inplace=True)),
    "first after sort": lambda a: a.sort("age").select(at_most=1),
    "get after sort": lambda a: a.sort("age").get(["unique_id", "age"]),
    "add a member again": changed_in_place(lambda a: a.add(a.to_list()[3])),
    "discard": changed_in_place(lambda a: a.discard(a.to_list()[3])),
    "discard twice": changed_in_place(lambda a: [a.discard(one) for one in a.to_list()[:1] * 2]),
    "remove": changed_in_place(lambda a: a.remove(a.to_list()[3])),
    "remove twice": changed_in_place(lambda a: [a.remove(one) for one in a.to_list()[:1] * 2]),
    "pop": changed_in_place(lambda a: a.pop()),
    "clear": changed_in_place(lambda a: a.clear()),
    "intersection": over_30_and_women(lambda x, y: x & y),
    "difference": over_30_and_women(lambda x, y: x - y),
    "union": over_30_and_women(lambda x, y: x | y),
    "union with itself": lambda a: a | a,
    "symmetric difference": over_30_and_women(lambda x, y: x ^ y),
    "union in place": in_place_operator("__ior__"),
    "intersection in place": in_place_operator("__iand__"),
    "difference in place": in_place_operator("__isub__"),
    "symmetric difference in place": in_place_operator("__ixor__"),
    "subset": lambda a: [a.select(older(30)) <= a, a <= a.select(older(30)), a < a, a >= a],
    "equality": lambda a: [a == a.shuffle(), a == a.select(older(30))],
    "disjoint": over_30_and_women(lambda x, y: x.isdisjoint(y)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_cohort_does_what_a_mesa_set_does(name: str) -> None:
    """Result, error, state afterwards and use of the generator are the same."""
    assert outcome(OPERATIONS[name], a_cohort()) == outcome(OPERATIONS[name], a_mesa_set())


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    people=st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["man", "woman"])), max_size=12),
    years=st.integers(0, 90),
    at_most=st.one_of(st.integers(0, 15), st.floats(0, 1), st.just(float("inf"))),
    ascending=st.booleans(),
)
def test_chains_of_operations_agree_for_any_people(
    people: list[tuple[int, str]], years: int, at_most: float, ascending: bool
) -> None:
    """Select, shuffle, sort, group and change, one after the other."""

    def chain(agents: Agents) -> Any:
        part = agents.select(older(years), at_most=at_most).shuffle()
        part.do("earn", 2)
        agents.shuffle_do(lambda agent: agent.earn(agent.age))
        ordered = part.sort("age", ascending=ascending)
        return plain(ordered), plain(ordered.groupby("sex")), part.map("earn", 1)

    ages, sexes = [age for age, _ in people], [sex for _, sex in people]
    assert outcome(chain, a_cohort(ages, sexes)) == outcome(chain, a_mesa_set(ages, sexes))


@pytest.mark.parametrize("call", ["do", "map", "shuffle_do"])
def test_agents_removed_by_others_are_passed_over(call: str) -> None:
    """As in the sets Mesa keeps: who has been removed meanwhile is not called any more."""

    def outlived(agents: Agents) -> list[int]:
        called: list[int] = []
        by_identity = {agent.unique_id: agent for agent in agents}

        def push_out(agent: Any) -> None:
            called.append(agent.unique_id)
            victim = by_identity.pop(agent.unique_id % len(AGES) + 1, None)
            if victim is not None and victim.unique_id not in called:
                victim.remove()
            agent.earn(1)

        getattr(agents, call)(push_out)
        return called

    assert outlived(a_cohort()) == outlived(a_mesa_set())


@pytest.mark.parametrize("call", ["do", "map", "shuffle_do"])
def test_agents_may_remove_themselves(call: str) -> None:
    """Everybody leaves, and the cohort is empty."""
    persons = a_cohort()
    getattr(persons, call)("remove")
    assert (len(persons), list(persons), persons.rows.tolist()) == (0, [], [])


def test_removing_a_selection_takes_it_out_of_the_cohort() -> None:
    """`do("remove")` on a part leaves the others."""
    persons = a_cohort()
    part = persons.select(older(30))
    part.do("remove")
    assert len(part) == 0
    assert persons.get("age") == [age for age in AGES if age <= 30]


def test_dropping_out_of_a_selection_is_not_leaving_the_model() -> None:
    """`discard` on a part changes the part only; on the cohort it takes the agent out."""
    persons = a_cohort()
    part = persons.select()
    first = persons.view(0)
    part.discard(first)
    assert (first in part, first in persons, len(part)) == (False, True, 9)
    persons.discard(first)
    assert (first in persons, len(persons)) == (False, 9)
    persons.discard(first)
    assert len(persons) == 9
    with pytest.raises(KeyError):
        persons.remove(first)


def test_a_namesake_of_another_cohort_is_no_member() -> None:
    """Discarding or removing an agent of another cohort with the same identity changes nothing."""
    part, namesake = a_cohort().select(), a_cohort().view(0)
    with pytest.raises(KeyError):
        part.remove(namesake)
    part.discard(namesake)
    assert len(part) == len(AGES)


def test_two_cohorts_can_be_united() -> None:
    """As Mesa's sets can: the union holds the agents of both."""
    some, others = a_cohort().select(at_most=2), a_cohort().select(older(50))
    assert set(some | others) == {*some, *others}
    assert plain(some | others) == [1, 2, 6, 9]


def test_an_empty_intersection_is_an_empty_agent_set() -> None:
    """Mesa's operations go on working where nobody is left."""
    persons = a_cohort()
    nobody = persons.select(older(40)) & persons.select(lambda person: person.age < 20)
    assert isinstance(nobody, AbstractAgentSet)
    assert (len(nobody), nobody.get("age"), plain(nobody.sort("age"))) == (0, [], [])


def test_a_cohort_refuses_what_would_forge_or_hide_agents() -> None:
    """Agents are made by `add_rows` only, and all of them cannot be reordered in place."""
    persons = a_cohort()
    changes: Iterable[Callable[[], Any]] = [
        lambda: persons.add(persons.view(0)),
        lambda: persons.select(older(30), inplace=True),
        lambda: persons.shuffle(inplace=True),
        lambda: persons.sort("age", inplace=True),
    ]
    for change in changes:
        with pytest.raises(TypeError):
            change()
    assert persons.get("age") == AGES


def test_a_selection_is_a_set_of_its_own() -> None:
    """Reordering or thinning a selection leaves the cohort and other selections alone."""
    persons = a_cohort()
    part = persons.select()
    part.sort("age", inplace=True)
    part.select(older(30), inplace=True)
    assert part.get("age") == sorted((age for age in AGES if age > 30), reverse=True)
    assert persons.get("age") == persons.select().get("age") == AGES


def test_a_view_has_the_generators_of_its_model() -> None:
    """`agent.model`, `agent.random` and `agent.rng` are the model's, as in Mesa."""
    persons = a_cohort()
    agent = persons.view(0)
    assert agent.model is persons.model
    assert agent.random is persons.random is persons.model.random
    assert agent.rng is persons.model.rng


class Town(mesa.Model):
    """A model whose agents are one cohort."""

    def __init__(self) -> None:
        super().__init__(rng=3)
        self.persons = Persons(self)
        self.persons.add_rows(np.array([7, 8]), age=np.array([20, 30]), sex=np.array([0, 1]))

    @property
    def agent_types(self) -> list[type]:
        """The type of the views."""
        return [Person]

    @property
    def agents_by_type(self) -> dict[type, Persons]:
        """The cohort under the type of its views."""
        return {Person: self.persons}

    def step(self) -> None:
        """One of them grows older."""
        self.persons.select(older(25)).do(lambda person: setattr(person, "age", person.age + 1))


def test_the_data_collector_of_mesa_reads_a_cohort() -> None:
    """Columns, labels, properties and functions can be collected."""
    town = Town()
    collector = mesa.DataCollector(
        model_reporters={"total age": lambda model: model.persons.agg("age", sum)},
        agenttype_reporters={
            Person: {"age": "age", "sex": "sex", "decade": "decade", "half": lambda p: p.age / 2}
        },
    )
    for _ in range(2):
        collector.collect(town)
        town.step()
    assert collector.get_model_vars_dataframe()["total age"].tolist() == [50, 51]
    table = collector.get_agenttype_vars_dataframe(Person).reset_index()
    assert table["AgentID"].tolist() == [7, 8, 7, 8]
    assert table["age"].tolist() == [20, 30, 20, 31]
    assert table["sex"].tolist() == ["man", "woman"] * 2
    assert table["decade"].tolist() == [2, 3, 2, 3]
    assert table["half"].tolist() == [10.0, 15.0, 10.0, 15.5]
