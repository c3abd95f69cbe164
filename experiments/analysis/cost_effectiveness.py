"""Cost-effectiveness of scenarios: incremental table, frontier, acceptability.

Costs are those of society (indicator C2), effects are disability-adjusted life years averted
(indicator H2, discounted); both per 1,000 person-years, against the reference. A scenario is
*dominated* if another costs no more and averts no less, and is better in one of the two. It is
*extendedly dominated* if a mixture of two others dominates it. The remaining scenarios form the
frontier, along which each is compared with the one before it. Scenarios that are equal up to
rounding have the same place, and share the probability of being best. A scenario with unknown cost
or effect has neither place nor probability; nor has one that moves a lever whose cost is not known,
and its row says which ("not costed: lever ..."). Probabilities of being best are over replicates
(chance inside the model), not over parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pandas as pd

from experiments.analysis.statistics import NOISE, difference_of, interval

COST, EFFECT = ("societal_cost", ""), ("daly", "discounted")
PER = 1000
THRESHOLDS = (0.5, 1.0, 1.5)
"""Cost per life year averted, in multiples of GDP per head; the rule of 1-3 is no longer used."""
LARGEST_THRESHOLD, STEPS = 2.0, 41
RESAMPLES, SEED = 2000, 1


@dataclass(frozen=True)
class CostEffectiveness:
    """Result tables of a cost-effectiveness comparison."""

    incremental: pd.DataFrame
    acceptability: pd.DataFrame


def cost_effectiveness(
    indicators: pd.DataFrame, reference: str, confidence: float, gdp_per_capita: float,
    not_costed: Mapping[str, str] = MappingProxyType({}),
) -> CostEffectiveness:  # fmt: skip
    """Return the incremental table and the acceptability curves of a comparison.

    Parameters
    ----------
    indicators : DataFrame
        Long results of all replicates, with scenario and seed.
    reference : str
        Scenario against which costs and effects are counted.
    confidence : float
        Confidence level of the simulation intervals.
    gdp_per_capita : float
        KZT per year.
    not_costed : mapping
        Scenarios that are left out, and why, by name. Without the reference all are.
    """
    cost = PER * paired(indicators, COST, reference)
    averted = -paired(indicators, EFFECT, reference)
    left_out = dict(not_costed)
    if reference in left_out:
        left_out = dict.fromkeys(cost.columns, left_out[reference]) | left_out
    known = cost.notna() & averted.notna() & ~cost.columns.isin(list(left_out))
    cost, averted = cost.where(known), averted.where(known)
    table = pd.DataFrame({"scenario": cost.columns, "pairs": known.sum().to_numpy()})
    for name, values in (("cost", cost), ("daly_averted", averted)):
        long = values.melt(var_name="scenario")
        summary = interval(long.groupby("scenario", sort=False)["value"], confidence)
        for end, column in (("mean", ""), ("low", "_low"), ("high", "_high")):
            table[name + column] = summary[end].reindex(table["scenario"]).to_numpy()
    table["position"], table["icer"] = frontier(
        table["cost"].to_numpy(), table["daly_averted"].to_numpy()
    )
    pairs = zip(table["scenario"], table["position"], strict=True)
    table["position"] = [left_out.get(scenario, position) for scenario, position in pairs]
    for multiple in THRESHOLDS:
        benefit = multiple * gdp_per_capita * table["daly_averted"] - table["cost"]
        table[f"net_benefit_at_{multiple:g}_gdp"] = benefit
    return CostEffectiveness(table, acceptability(cost, averted, gdp_per_capita))


def paired(indicators: pd.DataFrame, outcome: tuple[str, str], reference: str) -> pd.DataFrame:
    """Return an outcome's difference to the reference, a row per seed, a column per scenario."""
    name, detail = outcome
    rows = indicators[
        (indicators["indicator"] == name)
        & (indicators["detail"] == detail)
        & (indicators["by"] == "all")
    ]
    wide = rows.pivot(index="seed", columns="scenario", values="value")
    wide = wide[list(dict.fromkeys(indicators["scenario"]))]
    return pd.DataFrame(
        {name: difference_of(wide[name], wide[reference]) for name in wide.columns},
        index=wide.index, columns=wide.columns,
    )  # fmt: skip


UNKNOWN = "unknown"


def frontier(cost: np.ndarray, effect: np.ndarray) -> tuple[list[str], list[float]]:
    """Return the place of each choice, and its cost per effect gained against the one before.

    Examples
    --------
    >>> place, icer = frontier(np.array([0., 10., 20., 30.]), np.array([0., 1., 8., 5.]))
    >>> place
    ['frontier', 'extendedly dominated', 'frontier', 'dominated']
    >>> icer[2]
    2.5
    >>> frontier(np.array([0., 10., 10., np.nan]), np.array([0., 4., 4., 1.]))[0]
    ['frontier', 'frontier', 'frontier', 'unknown']
    """
    known = np.isfinite(cost) & np.isfinite(effect)
    twin = [_first_equal(one, cost, effect) for one in range(len(cost))]
    first = [one for one in range(len(cost)) if twin[one] == one and known[one]]
    places, ratios = _frontier_of_different(cost[first], effect[first])
    at = {one: place for place, one in enumerate(first)}
    position = [places[at[one]] if one in at else UNKNOWN for one in twin]
    return position, [ratios[at[one]] if one in at else float("nan") for one in twin]


def _first_equal(one: int, cost: np.ndarray, effect: np.ndarray) -> int:
    """Return the first choice with the same cost and effect up to rounding."""
    return next(
        other
        for other in range(one + 1)
        if other == one
        or (
            abs(cost[one] - cost[other]) <= NOISE * abs(cost[one])
            and abs(effect[one] - effect[other]) <= NOISE * abs(effect[one])
        )
    )


def _frontier_of_different(cost: np.ndarray, effect: np.ndarray) -> tuple[list[str], list[float]]:
    """Return place and ratio of choices that all differ from each other."""
    count = len(cost)
    position = ["frontier"] * count
    for one in range(count):
        for other in range(count):
            if other != one and cost[other] <= cost[one] and effect[other] >= effect[one]:
                position[one] = "dominated"
    ratio: list[float] = []
    while True:
        left = [one for one in np.argsort(cost, kind="stable") if position[one] == "frontier"]
        ratio = [(cost[b] - cost[a]) / (effect[b] - effect[a]) for a, b in pairwise(left)]
        worse = [place for place in range(1, len(ratio)) if ratio[place] < ratio[place - 1]]
        if not worse:
            break
        position[left[worse[0]]] = "extendedly dominated"
    icer = [float("nan")] * count
    for (_, after), value in zip(pairwise(left), ratio, strict=True):
        icer[after] = float(value)
    return position, icer


def acceptability(cost: pd.DataFrame, averted: pd.DataFrame, gdp_per_capita: float) -> pd.DataFrame:
    """Return how often each scenario has the largest net benefit, over resampled replicates.

    Scenarios with the same net benefit share a resample between them. A scenario with no known cost
    or effect in any replicate has no probability (NaN) and does not affect the others; replicates
    in which any of the others lacks a value are left out.
    """
    known = cost.notna() & averted.notna()
    counts = known.any().to_numpy()
    whole = known.loc[:, counts].all(axis=1).to_numpy()
    share = np.full((STEPS, cost.shape[1]), np.nan)
    multiples = np.linspace(0.0, LARGEST_THRESHOLD, STEPS)
    if counts.any() and whole.any():
        size = int(whole.sum())
        draws = np.random.default_rng(SEED).integers(0, size, (RESAMPLES, size))
        mean_cost = cost.loc[whole, counts].to_numpy()[draws].mean(axis=1)
        mean_averted = averted.loc[whole, counts].to_numpy()[draws].mean(axis=1)
        for step, multiple in enumerate(multiples):
            worth = multiple * gdp_per_capita * mean_averted
            benefit = worth - mean_cost
            scale = np.maximum(np.abs(worth), np.abs(mean_cost)).max(axis=1, keepdims=True)
            best = benefit >= benefit.max(axis=1, keepdims=True) - NOISE * scale
            share[step, counts] = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return pd.DataFrame(
        [
            {"threshold_in_gdp": multiple, "scenario": scenario, "probability_best": value}
            for multiple, row in zip(multiples, share.tolist(), strict=True)
            for scenario, value in zip(cost.columns, row, strict=True)
        ]
    )


def cheers(
    scenarios: list[str], days: int, replicates: int, discount_rate: float, gdp_per_capita: float,
    not_costed: Mapping[str, str] = MappingProxyType({}),
) -> str:  # fmt: skip
    """Return the items of CHEERS 2022 that the software can fill in, as Markdown."""
    left_out = "; ".join(f"{name} ({why})" for name, why in not_costed.items())
    items = (
        ("Setting and location", "labour migrants in Almaty, Kazakhstan (simulated city)"),
        ("Comparators", ", ".join(scenarios)),
        ("Comparators left out of cost-effectiveness", left_out or "none"),
        ("Perspective", "society: care (any payer), institutions, policies, working days lost"),
        ("Time horizon", f"{days} days; death and lasting disability for the rest of life"),
        ("Discount rate", f"{discount_rate:.1%} per year for years of life; costs fall in the run"),
        ("Selection of outcomes", "disability-adjusted life years, alongside all other indicators"),
        ("Measurement of outcomes", "simulated episodes, leavers followed for some weeks"),
        (
            "Valuation of outcomes",
            "disability weights and years left: conf/parameters",
        ),
        (
            "Measurement and valuation of resources",
            "ledger of flows; prices in conf/parameters; policies by payer: policy_costs",
        ),
        ("Currency, price date", "tenge of 2018"),
        ("Rationale and description of model", "agent-based simulation, docs/odd.md"),
        ("Analytics and assumptions", "paired replicates with common random numbers"),
        ("Characterising heterogeneity", "summary by nationality, legal status, sex and sector"),
        ("Characterising uncertainty", f"{replicates} replicates: chance inside the model only"),
        ("Threshold", f"multiples of GDP per head, {gdp_per_capita:,.0f} KZT"),
    )
    left = (
        "Title, abstract, background, study population of a report, engagement with those "
        "affected, funding and conflicts of interest are for the authors of a report to fill in."
    )
    lines = ["# CHEERS 2022: items the software fills in", "", "| item | entry |", "|---|---|"]
    lines += [f"| {name} | {entry} |" for name, entry in items]
    return "\n".join([*lines, "", left, ""])
