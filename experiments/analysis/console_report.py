"""Tables for the terminal."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from experiments.analysis.outcomes import Block, Definitions, Outcome, shown
from experiments.analysis.statistics import NO_CASES
from sim.config.scenario import Scenario
from sim.observation.definitions import DEFINITIONS, Format

HEADLINE = (
    Block("block_emergencies", (
        Outcome("emergency_uptake_24h"), Outcome("emergency_any_care_24h"),
        Outcome("emergencies_without_care"), Outcome("emergency_need"),
        Outcome("emergency_contacts"), Outcome("low_acuity_share"),
    )),
    Block("block_unmet_need", (
        Outcome("unmet_need_episodes"), Outcome("unmet_need_persons"),
        Outcome("unmet_need_persons_90"), Outcome("hidden_unmet_need"),
    )),
    Block("block_other_needs", (
        Outcome("unresolved_needs"), Outcome("unresolved_flow"), Outcome("unresolved_stock"),
        Outcome("total_unresolved"),
    )),
    Block("block_consequences", (
        Outcome("deaths"), Outcome("daly", "discounted"), Outcome("out_of_pocket"),
        Outcome("catastrophic_spending", "over 10 % of consumption"),
        Outcome("forgone_for_cost"), Outcome("awareness", "emergency_right"),
    )),
    Block("block_insurance_and_cost", (
        Outcome("coverage", "of everybody"), Outcome("effective_coverage"),
        Outcome("fund_balance"), Outcome("policy_cost"), Outcome("cost_to_state"),
        Outcome("societal_cost"),
    )),
)  # fmt: skip
"""What the printed tables show."""
LEAST_CERTAIN = Outcome("emergency_uptake_24h")
"""The outcome whose precision is printed."""

MARKS = {
    "better": "[green]better[/]",
    "worse": "[red]worse[/]",
    "no clear change": "[dim]no clear change[/]",
}


def title(name: str) -> str:
    """Return a scenario's name in words.

    >>> title("information_saturation")
    'Information saturation'
    """
    words = name.replace("_", " ").capitalize()
    return words.replace("Ngo", "NGO").replace("Osms", "OSMS")


def path_in_words(path: str) -> str:
    """Return a path as an axis shows it.

    >>> path_in_words("levers.coordination.capacity")
    'coordination: capacity (lever)'
    """
    lever = path.startswith("levers.")
    parts = path.removeprefix("levers.").replace("_", " ").split(".")
    words = f"{parts[0]}: {' '.join(parts[1:])}" if len(parts) > 1 else parts[0]
    return f"{words} (lever)" if lever else words


def number(value: float, form: Format) -> str:
    """Return a level as it is printed: shares as percentages, money without decimals.

    >>> number(0.1234, Format.PERCENT), number(12345.6, Format.WHOLE)
    ('12.3 %', '12,346')
    """
    if np.isnan(value):
        return "-"
    digits = 0 if form is Format.WHOLE else 1
    return f"{form.factor * value:,.{digits}f}" + (" %" if form is Format.PERCENT else "")


def change(mean: float, low: float, high: float, form: Format) -> tuple[str, str]:
    """Return a change and its interval as they are printed, shares in percentage points.

    All three have the same number of decimals: more decimals for a narrower interval.

    >>> change(0.0321, 0.0262, 0.0379, Format.PERCENT)
    ('+3.2', '+2.6 to +3.8')
    >>> change(0.0004, 0.0002, 0.0006, Format.PERCENT)
    ('+0.04', '+0.02 to +0.06')
    >>> change(-1234.5, float("nan"), float("nan"), Format.WHOLE)
    ('-1,234', '')
    """
    if np.isnan(mean):
        return "-", ""
    factor = form.factor
    width = abs(factor * (mean if np.isnan(low) else (high - low) / 2))
    digits = (
        0
        if form is Format.WHOLE
        else 1
        if width >= 0.1 or width == 0
        else 2
        if width >= 0.01
        else 3
    )
    texts = [f"{factor * value:+,.{digits}f}" for value in (mean, low, high)]
    return texts[0], "" if np.isnan(low) else f"{texts[1]} to {texts[2]}"


def print_comparison(
    console: Console,
    summary: pd.DataFrame,
    confidence: float,
    blocks: Iterable[Block] = HEADLINE,
    definitions: Definitions = DEFINITIONS,
) -> None:
    """Print level, paired difference and interval of outcomes.

    Parameters
    ----------
    console : Console
    summary : DataFrame
        As `experiments.analysis.statistics.summarise` returns it.
    confidence : float
    blocks : iterable of Block
        Outcomes to print; the headline outcomes by default.
    definitions : iterable of Definition
        Definitions of their indicators: see `experiments.analysis.outcomes.shown`.
    """
    table = Table(
        title=f"Scenarios compared ({confidence:.0%} simulation intervals, paired replicates)",
        title_justify="left",
        header_style="bold",
    )
    table.add_column("")
    table.add_column("level", justify="right", no_wrap=True)
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True)
    table.add_column("verdict")
    overall = summary[summary["by"] == "all"]
    definitions = tuple(definitions)
    for block in blocks:
        table.add_section()
        table.add_row(f"[bold underline]{block.title}[/]")
        for one in shown(block.outcomes, definitions):
            table.add_row(f"[bold]{one.heading}[/]")
            for row in one.rows(overall).to_dict("records"):
                table.add_row(*row_cells(row, one.format))
    console.print(table)
    console.print(
        "Differences of shares are in percentage points. More emergency contacts are neither\n"
        "better nor worse in themselves: read them together with need and uptake.",
        style="dim",
    )


def print_starts(console: Console, scenarios: Iterable[Scenario]) -> None:
    """Print on which days policies begin, and from when on all of each is in force."""
    begun: dict[str, list[str]] = {}
    for one in scenarios:
        if not one.changes:
            continue
        first = min(change.start_day for change in one.changes)
        whole = max(change.start_day + change.ramp_days for change in one.changes)
        days = f"day {first}" if first == whole else f"day {first}, in full from day {whole}"
        begun.setdefault(days, []).append(title(one.name))
    told = "; ".join(f"{', '.join(names)}: {days}" for days, names in begun.items())
    if told:
        console.print(f"Begin: {told}.", style="dim", markup=False)


def row_cells(row: dict[Any, Any], form: Format) -> tuple[str, str, str, str, str]:
    """Return scenario, level, difference, interval and verdict of a row, as they are printed."""
    scenario, level = "  " + title(row["scenario"]), number(row["level"], form)
    if row["verdict"] == "reference":
        return scenario, level, "", "", "reference"
    if row["verdict"] == NO_CASES:
        return scenario, level, "", "", NO_CASES
    mean, spread = change(row["difference"], row["difference_low"], row["difference_high"], form)
    return scenario, level, mean, spread, MARKS.get(row["verdict"], row["verdict"])


GAINS = (Outcome("unmet_need_episodes"), Outcome("unresolved_needs"))
"""Outcomes by group; all of them are shares."""
GROUPS = ("nationality", "legal_status")


WIDTH_OF_GROUPS, WIDTH_OF_GAIN = 17, 16
"""Characters that the column of groups and that of a scenario need, with their frames."""


def print_gains(console: Console, summary: pd.DataFrame) -> None:
    """Print who gains: changes with intervals by nationality and legal status."""
    for one in shown(GAINS):
        rows = one.rows(summary)
        scenarios = list(rows.loc[rows["verdict"] != "reference", "scenario"].unique())
        if not scenarios:
            return
        side_by_side = max((console.width - WIDTH_OF_GROUPS) // WIDTH_OF_GAIN, 1)
        tables = -(-len(scenarios) // side_by_side)
        for number in range(tables):
            some = _share(scenarios, tables, number)
            console.print(_gains(f"Who gains: {one.label}, change in points", rows, some))


def _share(scenarios: list[str], tables: int, number: int) -> list[str]:
    """Return the scenarios of one of some tables of about the same width."""
    ends = [round(len(scenarios) * one / tables) for one in (number, number + 1)]
    return scenarios[ends[0] : ends[1]]


def _gains(heading: str, rows: pd.DataFrame, scenarios: list[str]) -> Table:
    table = Table(title=heading, title_justify="left", header_style="bold")
    table.add_column("")
    for scenario in scenarios:
        table.add_column(title(scenario), justify="right")
    for by in GROUPS:
        table.add_section()
        for group in dict.fromkeys(rows.loc[rows["by"] == by, "group"]):
            mine = rows[(rows["by"] == by) & (rows["group"] == group)].set_index("scenario")
            cells = [_gain(mine.loc[scenario].to_dict()) for scenario in scenarios]
            table.add_row(title(group).replace("Eaeu", "EAEU"), *cells)
    return table


def _gain(row: dict[Any, Any]) -> str:
    if row["verdict"] == NO_CASES:
        return f"[dim]{NO_CASES}[/]"
    mean, spread = change(
        row["difference"], row["difference_low"], row["difference_high"], Format.PERCENT
    )
    colour = {"better": "green", "worse": "red"}.get(row["verdict"], "dim")
    return f"[{colour}]{mean}[/]\n[dim]{spread}[/]" if spread else mean


def print_precision(console: Console, precision: pd.DataFrame) -> None:
    """Print one line on the gain from pairing, and on what a narrower interval would take."""
    (one,) = shown([LEAST_CERTAIN])
    row = one.rows(precision)
    row = row[row["half_width"] > 0]
    if row.empty:
        return
    widest = row.sort_values("half_width").iloc[-1]
    gain = (
        ""
        if np.isnan(widest["variance_ratio"])
        else (f"; pairing makes its variance {widest['variance_ratio']:.1f} times smaller")
    )
    console.print(
        f"Least certain: {title(widest['scenario'])}, {one.label}, known to within "
        f"{one.factor * widest['half_width']:.2f} points{gain}; half of that would take "
        f"{widest['replicates_to_halve']} replicates.",
        style="dim",
    )


def print_run(
    console: Console,
    indicators: pd.DataFrame,
    blocks: Iterable[Block] = HEADLINE,
    definitions: Definitions = DEFINITIONS,
) -> None:
    """Print outcomes of one run.

    Parameters
    ----------
    console : Console
    indicators : DataFrame
        As `model.indicators()` returns it.
    blocks, definitions
        See `print_comparison`.
    """
    table = Table(
        title="One run (a single seed: no interval)", title_justify="left", header_style="bold"
    )
    table.add_column("outcome")
    table.add_column("level", justify="right")
    overall = indicators[indicators["by"] == "all"]
    definitions = tuple(definitions)
    for block in blocks:
        table.add_section()
        table.add_row(f"[bold]{block.title}[/]")
        for one in shown(block.outcomes, definitions):
            level = float(one.rows(overall)["value"].iloc[0])
            table.add_row(one.heading, number(level, one.format))
    console.print(table)
