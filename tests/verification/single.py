"""One person, one illness, one need: records for tests that look at a single rule."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.episode import State
from sim.engine.agentset.cohort import Cohort
from sim.engine.records import for_rules
from sim.engine.types import Column
from sim.model import AlmatyModel
from tests.cities import city

NOT_ILL = 10_000.0
"""A threshold nothing reaches."""


def small_city(
    changed: Mapping[str, float] | None = None, population: int = 150, seed: int = 5
) -> AlmatyModel:
    """Return a small city on its first day; nobody has fallen ill yet."""
    changed = {"city.burn_in_days": 0, **(changed or {})}
    return AlmatyModel(city(population=population, seed=seed, days=30, changed=changed))


def record(table: Cohort[Any] | Column, row: int) -> Any:
    """Return one record of a table; what is written into its fields is written into the table."""
    whole = table.table if isinstance(table, Cohort) else table
    return for_rules(whole)[row]


def numbers_of(model: AlmatyModel, submodel: str) -> Any:
    """Return the record of numbers that the rules of a submodel read."""
    return for_rules(model.parameter_table[submodel])[0]


def person(model: AlmatyModel, nth: int = 0) -> Any:
    """Return the record of the n-th person."""
    return record(model.migrants, int(model.migrants.rows[nth]))


def illness(
    model: AlmatyModel, kind: str = "acute", severity: int = 2, nth: int = 0, **fields: Any
) -> Any:
    """Let the n-th person fall ill today, and know it; return the record of the episode.

    It neither changes nor ends by itself.
    """
    people = model.migrants.rows[nth : nth + 1]
    kinds = np.array([words.KINDS.index(kind)])
    ordinal = model.migrants.onsets[people].astype(np.int64)
    model.migrants.onsets[people] += 1
    (row,) = model.illness.open_episodes(people, kinds, ordinal).tolist()
    episode = record(model.episodes, row)
    thresholds = dict.fromkeys(
        ("worsens_at", "recovers_at", "dies_at", "perceived_at", "abandoned_at"), NOT_ILL
    )
    given = {
        "severity": severity,
        "worst": severity,
        "perceived_on": model.day,
        "state": State.UNDECIDED,
        "severe_on": model.day if severity >= words.SEVERE else -(2**30),
        **thresholds,
        **fields,
    }
    for name, value in given.items():
        episode[name] = value
    return episode


def unit_of(model: AlmatyModel, kind: str) -> int:
    """Return the number of the first unit of a kind of clinic."""
    return int(model.clinics.of_kind(kind)[0])


def booked(model: AlmatyModel, flow: str) -> int:
    """Return what has been booked of one flow so far."""
    return int(model.counts["ledger"][0][CHART.number(flow)])
