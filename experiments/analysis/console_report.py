"""Tables for the terminal."""

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from experiments.analysis.statistics import NO_CASES

HEADLINE = (
    ("Emergencies (read together)", (
        ("emergency_uptake_24h", "", "emergency care within 24 h", "%"),
        ("emergency_need", "", "emergencies per 1,000 person-years", ""),
        ("emergency_contacts", "", "ambulance runs and hospital walk-ins per 1,000", ""),
        ("low_acuity_share", "", "of these with a mild need", "%"),
    )),
    ("Unmet need", (
        ("unmet_need_episodes", "", "episodes of need that no provider saw", "%"),
        ("unmet_need_persons", "", "people with such an episode in a year", "%"),
        ("hidden_unmet_need", "", "open episodes unseen, per 1,000 present", ""),
    )),
    ("Needs besides treatment", (
        ("unresolved_needs", "", "lost, or still open after 30 days or more", "%"),
        ("unresolved_flow", "", "known cases closed with a need lost", "%"),
        ("unresolved_stock", "", "known cases open for over 30 days, per 1,000", ""),
        ("total_unresolved", "", "these and unseen episodes, per 1,000 present", ""),
    )),
    ("Consequences", (
        ("deaths", "", "deaths per 100,000 person-years", ""),
        ("daly", "discounted", "DALYs lost per 1,000 person-years", ""),
        ("out_of_pocket", "", "paid for care, KZT a person-year", "0"),
        ("catastrophic_spending", "over 10 % of consumption", "paid over 10 % of consumption", "%"),
        ("forgone_for_cost", "", "needs given up for the price", "%"),
        ("awareness", "emergency_right", "know that emergency care is free", "%"),
    )),
    ("Insurance and cost", (
        ("coverage", "of everybody", "insured in the fund", "%"),
        ("effective_coverage", "", "insured people's visits the insurance paid", "%"),
        ("fund_balance", "", "balance of the fund, KZT a person-year", "0"),
        ("policy_cost", "", "cost of the policy, KZT a person-year", "0"),
        ("cost_to_state", "", "cost to the state, KZT a person-year", "0"),
        ("societal_cost", "", "cost to society, KZT a person-year", "0"),
    )),
)  # fmt: skip
"""What the printed table shows: indicator, detail, words, format."""

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


def number(value: float, form: str) -> str:
    """Return a level as it is printed: shares in per cent, money without decimals.

    >>> number(0.1234, "%"), number(12345.6, "0")
    ('12.3 %', '12,346')
    """
    if np.isnan(value):
        return "-"
    shown = 100 * value if form == "%" else value
    return f"{shown:,.{0 if form == '0' else 1}f}" + (" %" if form == "%" else "")


def change(mean: float, low: float, high: float, form: str) -> tuple[str, str]:
    """Return a change and its interval as they are printed, shares in percentage points.

    All three have the same decimals: the more of them, the narrower the interval.

    >>> change(0.0321, 0.0262, 0.0379, "%"), change(0.0004, 0.0002, 0.0006, "%")
    (('+3.2', '+2.6 to +3.8'), ('+0.04', '+0.02 to +0.06'))
    >>> change(-1234.5, float("nan"), float("nan"), "0")
    ('-1,234', '')
    """
    if np.isnan(mean):
        return "-", ""
    factor = 100 if form == "%" else 1
    width = abs(factor * (mean if np.isnan(low) else (high - low) / 2))
    digits = 0 if form == "0" else 1 if width >= 0.1 or width == 0 else 2 if width >= 0.01 else 3
    texts = [f"{factor * value:+,.{digits}f}" for value in (mean, low, high)]
    return texts[0], "" if np.isnan(low) else f"{texts[1]} to {texts[2]}"


def print_comparison(console: Console, summary: pd.DataFrame, confidence: float) -> None:
    """Print level, paired difference and interval of the headline outcomes."""
    table = Table(
        title=f"Scenarios compared ({confidence:.0%} simulation intervals, paired replicates)",
        title_justify="left",
        header_style="bold",
    )
    table.add_column("")
    table.add_column("level", justify="right", no_wrap=True)
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True)
    table.add_column("reads as")
    overall = summary[summary["by"] == "all"]
    for block, outcomes in HEADLINE:
        table.add_section()
        table.add_row(f"[bold underline]{block}[/]")
        for name, detail, words, form in outcomes:
            table.add_row(f"[bold]{words}[/]")
            rows = overall[(overall["indicator"] == name) & (overall["detail"] == detail)]
            for row in rows.to_dict("records"):
                table.add_row(*row_cells(row, form))
    console.print(table)
    console.print(
        "Differences of shares are in percentage points. Emergency contacts have no good or bad\n"
        "direction of their own: read them with need and uptake.",
        style="dim",
    )


def row_cells(row: dict[Any, Any], form: str) -> tuple[str, str, str, str, str]:
    """Return scenario, level, difference, interval and verdict of a row, as they are printed."""
    scenario, level = "  " + title(row["scenario"]), number(row["level"], form)
    if row["verdict"] == "reference":
        return scenario, level, "", "", "reference"
    if row["verdict"] == NO_CASES:
        return scenario, level, "", "", NO_CASES
    mean, spread = change(row["difference"], row["difference_low"], row["difference_high"], form)
    return scenario, level, mean, spread, MARKS.get(row["verdict"], row["verdict"])


GAINS = (
    ("unmet_need_episodes", "episodes of need that no provider saw, change in points"),
    ("unresolved_needs", "other needs lost or still open, change in points"),
)
GROUPS = ("nationality", "legal_status")


def print_gains(console: Console, summary: pd.DataFrame) -> None:
    """Print who gains: changes with intervals by nationality and legal status."""
    for name, words in GAINS:
        rows = summary[(summary["indicator"] == name) & (summary["detail"] == "")]
        scenarios = list(rows.loc[rows["verdict"] != "reference", "scenario"].unique())
        if not scenarios:
            return
        table = Table(title=f"Who gains: {words}", title_justify="left", header_style="bold")
        table.add_column("")
        for scenario in scenarios:
            table.add_column(title(scenario), justify="right")
        for by in GROUPS:
            table.add_section()
            for group in dict.fromkeys(rows.loc[rows["by"] == by, "group"]):
                mine = rows[(rows["by"] == by) & (rows["group"] == group)].set_index("scenario")
                cells = [_gain(mine.loc[one].to_dict()) for one in scenarios]
                table.add_row(title(group).replace("Eaeu", "EAEU"), *cells)
        console.print(table)


def _gain(row: dict[Any, Any]) -> str:
    if row["verdict"] == NO_CASES:
        return f"[dim]{NO_CASES}[/]"
    mean, spread = change(row["difference"], row["difference_low"], row["difference_high"], "%")
    colour = {"better": "green", "worse": "red"}.get(row["verdict"], "dim")
    return f"[{colour}]{mean}[/]\n[dim]{spread}[/]" if spread else mean


def print_precision(console: Console, precision: pd.DataFrame) -> None:
    """Print in a line what pairing has gained, and what a better interval would take."""
    row = precision[(precision["indicator"] == HEADLINE[0][1][0][0]) & (precision["detail"] == "")]
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
        f"Least certain: {title(widest['scenario'])}, {HEADLINE[0][1][0][2]}, known to "
        f"{100 * widest['half_width']:.2f} points{gain}; half of that would take "
        f"{widest['replicates_to_halve']} replicates.",
        style="dim",
    )


def print_run(console: Console, indicators: pd.DataFrame) -> None:
    """Print the headline outcomes of one run."""
    table = Table(
        title="One run (a single seed: no interval)", title_justify="left", header_style="bold"
    )
    table.add_column("outcome")
    table.add_column("level", justify="right")
    overall = indicators[indicators["by"] == "all"]
    for block, outcomes in HEADLINE:
        table.add_section()
        table.add_row(f"[bold]{block}[/]")
        for name, detail, words, form in outcomes:
            row = overall[(overall["indicator"] == name) & (overall["detail"] == detail)]
            table.add_row(words, number(float(row["value"].iloc[0]), form))
    console.print(table)
