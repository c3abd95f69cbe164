"""Paired differences of worlds that branch from the same past, for the tables of `docs/`."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from experiments.analysis.outcomes import Outcome, shown
from experiments.analysis.statistics import interval
from sim import AlmatyModel
from sim.config.scenario import Scenario
from tools.docs.markdown_tables import table
from tools.docs.patterns import value_of

SEEDS, DAYS, CONFIDENCE = range(1, 11), 365, 0.95
LEVEL = "baseline"
"""Name of the row that holds levels; the others hold changes against it."""


def paired(
    base: Scenario, worlds: Callable[[Scenario], Mapping[str, Scenario]], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Simulate worlds under several seeds from one past each.

    Parameters
    ----------
    base : Scenario
        The reference; the past is its.
    worlds : callable
        Returns the other worlds of a seed by name.
    outcomes : sequence of str
        Indicators.

    Returns
    -------
    DataFrame
        Columns world, outcome, mean, low and high: of the level of the reference (`LEVEL`), and of
        the paired difference of each other world, in the order of worlds and outcomes.
    """
    rows = []
    for seed in SEEDS:
        plan = base.with_seed(seed)
        past = AlmatyModel(plan)
        for name, world in {LEVEL: plan, **worlds(plan)}.items():
            model = past.fork(world)
            model.run_for(DAYS)
            indicators = model.indicators()
            rows += [
                (name, one, seed, value_of(indicators, {"indicator": one})) for one in outcomes
            ]
    values = pd.DataFrame(rows, columns=["world", "outcome", "seed", "value"])
    wide = values.pivot(index=["outcome", "seed"], columns="world", values="value")
    found = []
    for name in dict.fromkeys(values["world"]):
        change = wide[name] if name == LEVEL else wide[name] - wide[LEVEL]
        bounds = interval(change.groupby("outcome"), CONFIDENCE).loc[list(outcomes)]
        found.append(bounds.reset_index().assign(world=name))
    return pd.concat(found)[["world", "outcome", "mean", "low", "high"]].round(6)


def differences(found: pd.DataFrame, first: str, names: Mapping[str, str]) -> str:
    """Return a table of levels and differences with their intervals.

    Parameters
    ----------
    found : DataFrame
        See `paired`.
    first : str
        Heading of the column of worlds.
    names : mapping
        What a world is called; others are called what they are.
    """
    values = found.set_index(["world", "outcome"])[["mean", "low", "high"]]
    outcomes = list(dict.fromkeys(found["outcome"]))
    headed = dict(zip(outcomes, shown([Outcome(one) for one in outcomes]), strict=True))
    rows = []
    for world in dict.fromkeys(found["world"]):
        cells = []
        for outcome, one in headed.items():
            mean, low, high = one.factor * values.loc[[(world, outcome)]].to_numpy(float)[0]
            digits = 1 if max(abs(low - mean), abs(high - mean)) >= 0.1 else 2
            sign = "" if world == LEVEL else "+"
            mean, low, high = (f"{value:{sign}.{digits}f}" for value in (mean, low, high))
            cells.append(f"{mean} ({low} to {high})")
        rows.append((names.get(world, world), *cells))
    return table((first, *(one.heading for one in headed.values())), rows)
