"""The model is a Mesa model in use, not in name: agent sets, data collection, memory."""

import gc
import weakref
from collections import Counter

import mesa
import pytest
from mesa.agentset import AbstractAgentSet

from sim import vocabulary as words
from sim.agents.clinic import Clinic
from sim.agents.employer import Employer
from sim.agents.episode import Episode
from sim.agents.migrant import Migrant
from sim.model import AlmatyModel
from tests.cities import city

SMALL = {"city.burn_in_days": 20}


@pytest.fixture
def model() -> AlmatyModel:
    """A city of 300 after ten days; tests may change it."""
    one = AlmatyModel(city(population=300, changed=SMALL))
    one.run_for(10)
    return one


def test_it_is_a_mesa_model_with_mesas_clock(model: AlmatyModel) -> None:
    """`step` and `run_for` are Mesa's, and Mesa's time is the number of days lived."""
    assert isinstance(model, mesa.Model)
    assert model.time == model.day == 10
    model.step()
    assert model.time == model.day == 11
    model.run_for(4)
    assert model.time == model.day == 15


def test_all_agents_are_mesa_agents_by_type(model: AlmatyModel) -> None:
    """People, employers and episodes by columns, clinics as objects, all in one set."""
    by_type = model.agents_by_type
    assert set(by_type) >= {Migrant, Employer, Episode, Clinic}
    for kind, agents in by_type.items():
        assert isinstance(agents, AbstractAgentSet)
        assert issubclass(kind, mesa.Agent)
        assert all(isinstance(agent, kind) for agent in agents)
    assert len(model.agents) == sum(len(agents) for agents in by_type.values())
    assert Counter(type(agent) for agent in model.agents) == Counter(
        {kind: len(agents) for kind, agents in by_type.items()}
    )
    assert set(model.agent_types) == set(by_type)


def test_migrants_answer_the_questions_of_an_agent_set(model: AlmatyModel) -> None:
    """select, agg, get, groupby, iteration, in, len."""
    migrants = model.agents_by_type[Migrant]
    assert len(migrants) == len(list(migrants)) == model.counts["present"].sum() > 200
    women = migrants.select(lambda person: person.sex == "woman")
    assert 0 < len(women) < len(migrants)
    assert set(women.get("sex")) == {"woman"}
    somebody = next(iter(women))
    assert isinstance(somebody, mesa.Agent)
    assert somebody in women
    assert somebody in migrants
    man = next(iter(migrants.select(lambda person: person.sex == "man", at_most=1)))
    assert man not in women
    wages = migrants.get("wage")
    assert migrants.agg("wage", max) == max(wages)
    assert migrants.agg("wage", [min, sum]) == [min(wages), sum(wages)]
    sizes = migrants.groupby("nationality").count()
    assert set(sizes) <= set(words.NATIONALITIES)
    assert sum(sizes.values()) == len(migrants)


def test_migrants_can_be_changed_through_the_agent_set(model: AlmatyModel) -> None:
    """set and do reach the columns the model works on."""
    migrants = model.agents_by_type[Migrant]
    migrants.set("savings", 5_000)
    assert (model.migrants.savings[model.migrants.rows] == 5_000).all()

    def receive(person: Migrant, amount: int) -> None:
        person.savings += amount

    migrants.select(lambda person: person.sex == "woman").do(receive, 1_000)
    rows = model.migrants.rows
    women = model.migrants.sex[rows] == words.Sex.WOMAN
    assert (model.migrants.savings[rows] == 5_000 + 1_000 * women).all()
    model.run_for(3)


def test_mesas_data_collector_works(model: AlmatyModel) -> None:
    """Model, agent-type and agent reporters over five days."""
    collector = mesa.DataCollector(
        model_reporters={
            "present": lambda one: len(one.agents_by_type[Migrant]),
            "day": "day",
        },
        agent_reporters={"kind": lambda agent: type(agent).__name__},
        agenttype_reporters={
            Migrant: {"wage": "wage", "sector": "sector"},
            Clinic: {"served": "served_today"},
        },
    )
    present = []
    for _ in range(5):
        model.step()
        present.append(len(model.migrants))
        collector.collect(model)
    of_model = collector.get_model_vars_dataframe()
    assert of_model["present"].tolist() == present
    assert of_model["day"].tolist() == [11, 12, 13, 14, 15]
    of_migrants = collector.get_agenttype_vars_dataframe(Migrant)
    assert len(of_migrants) == sum(present)
    assert set(of_migrants["sector"]) <= set(words.SECTORS)
    assert (of_migrants["wage"] > 0).all()
    of_clinics = collector.get_agenttype_vars_dataframe(Clinic)
    assert len(of_clinics) == 5 * len(model.clinics.units)
    served_today = int(model.clinics.served_today.sum())
    assert of_clinics.xs(15, level="Step")["served"].sum() == served_today
    of_agents = collector.get_agent_vars_dataframe()
    migrants_counted = (of_agents["kind"] == "Migrant").groupby(level="Step").sum()
    assert migrants_counted.tolist() == present


def test_a_model_nobody_needs_is_forgotten() -> None:
    """Neither Mesa nor a branch nor a view keeps a model in memory."""
    model = AlmatyModel(city(population=200, changed={"city.burn_in_days": 0}))
    model.run_for(5)
    branch = model.fork(model.specification)
    people = list(model.agents_by_type[Migrant].select(at_most=3))
    model.indicators()
    gone = weakref.ref(model)
    del model, people
    gc.collect()
    assert gone() is None
    branch.run_for(2)
    gone = weakref.ref(branch)
    del branch
    gc.collect()
    assert gone() is None
