"""Tables of what policies cost: by payer, by lever, and for the terminal."""

from collections.abc import Iterable

import pandas as pd
from rich.console import Console
from rich.table import Table

from experiments.analysis.console_report import title
from sim.config.cost_lines import PAYERS
from sim.config.policy_cost import Amounts, PolicyCost

EVERYBODY = "all"
"""Payer of a row that adds up all payers."""
UNKNOWN = Amounts(float("nan"), float("nan"), float("nan"))
MILLION = 1e6


def cost_by_payer(costs: Iterable[PolicyCost]) -> pd.DataFrame:
    """Return what each scenario costs each payer, and all together, for the reference population.

    Parameters
    ----------
    costs : iterable of PolicyCost
        See `sim.config.policy_cost`.

    Returns
    -------
    DataFrame
        KZT once, in the dearest month, and in the whole run. The row of all payers names the levers
        that are not costed; if there are any, it holds no amounts.
    """
    rows = [
        {"scenario": cost.scenario, "payer": payer, **amounts._asdict(), "not_costed": why}
        for cost in costs
        for payer, amounts, why in (
            (EVERYBODY, UNKNOWN if cost.not_costed else cost.total, ", ".join(cost.not_costed)),
            *((payer, amounts, "") for payer, amounts in cost.by_payer.items()),
        )
    ]
    return pd.DataFrame(rows)


def cost_by_lever(costs: Iterable[PolicyCost]) -> pd.DataFrame:
    """Return what each lever costs whom, and for the others why nothing is stated here.

    Parameters
    ----------
    costs : iterable of PolicyCost

    Returns
    -------
    DataFrame
        As `cost_by_payer`, with the unit cost; `elsewhere` says which flows of the run hold a cost.
    """
    rows = []
    for cost in costs:
        rows += [
            {"scenario": cost.scenario, "lever": item.lever, "unit_cost": item.entry,
             "payer": item.payer, **item.amounts._asdict(), "elsewhere": "", "not_costed": ""}
            for item in cost.items
        ]  # fmt: skip
        rows += [
            {"scenario": cost.scenario, "lever": lever, "elsewhere": why, "not_costed": ""}
            for lever, why in cost.elsewhere.items()
        ]
        rows += [
            {"scenario": cost.scenario, "lever": lever, "elsewhere": "", "not_costed": why}
            for lever, why in cost.not_costed.items()
        ]
    columns = [
        "scenario", "lever", "unit_cost", "payer", "once", "a_month", "in_run", "elsewhere",
        "not_costed",
    ]  # fmt: skip
    numbers = dict.fromkeys(("once", "a_month", "in_run"), float)
    return pd.DataFrame(rows, columns=columns).astype({**numbers, "unit_cost": object})


def print_policy_costs(console: Console, by_payer: pd.DataFrame, people: int) -> None:
    """Print who pays how much for each scenario: a row for each, a column for each payer.

    Parameters
    ----------
    console : Console
    by_payer : DataFrame
        As `cost_by_payer` returns it.
    people : int
        The reference population.
    """
    costly = by_payer[by_payer["payer"] != EVERYBODY]
    missing = by_payer[by_payer["not_costed"] != ""].set_index("scenario")["not_costed"]
    if costly.empty and missing.empty:
        return
    payers = [one for one in PAYERS if one in set(costly["payer"])]
    table = Table(title="Policies by who pays", title_justify="left", header_style="bold")
    table.add_column("")
    for payer in payers:
        table.add_column(payer, justify="right")
    for scenario in dict.fromkeys(costly["scenario"]):
        mine = costly[costly["scenario"] == scenario].set_index("payer")
        cells = [_cell(mine.loc[one]) if one in mine.index else "" for one in payers]
        table.add_row(title(scenario), *cells)
    if payers:
        console.print(table)
        console.print(
            f"Million KZT for {people:,} people: once; a month. Care, contributions, fines and\n"
            "wages that follow from a policy are not among these: see money_flow.",
            style="dim",
        )
    for scenario, levers in missing.items():
        console.print(f"{title(str(scenario))} is not costed: lever {levers}.", markup=False)


def _cell(row: pd.Series) -> str:
    """Return an amount paid once and one paid a month, in millions.

    >>> _cell(pd.Series({"once": 80e6, "a_month": 2e6}))
    '80.0; 2.0'
    >>> _cell(pd.Series({"once": 0.0, "a_month": 42e6}))
    '42.0'
    """
    once = f"{row['once'] / MILLION:,.1f}; " if row["once"] else ""
    return f"{once}{row['a_month'] / MILLION:,.1f}"
