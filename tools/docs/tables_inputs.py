"""Tables of the model's inputs: parameters, law, institutions, scenarios, shocks, levers."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.config.configuration import choices, configuration_folder
from sim.config.entries import Entry
from sim.config.lever_costs import LEVER_COSTS
from sim.config.levers import LEVERS, SHOCKS, Change, lever_paths
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario, scenario_from
from tools.docs.markdown_tables import number, table, values

CITY = "almaty"
GROUPS_OF_ENTRIES = ("parameters", "city", "regime", "survey")


@cache
def almaty() -> Scenario:
    """Return the full city, unchanged."""
    return load_scenario("baseline", [f"city={CITY}"])


def files_with_entries() -> list[Path]:
    """Return the files of `conf/` that hold entries."""
    folder = configuration_folder()
    return sorted(
        path for group in GROUPS_OF_ENTRIES for path in (folder / group).glob("*.yaml")
    )  # fmt: skip


def entries_of(path: Path) -> dict[str, Entry]:
    """Return the entries of a file by the path of their value (in the order of the file)."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    prefix = {"city": "city", "regime": f"regime.{path.stem}"}.get(path.parent.name, "")
    found = dict(_entries(content, prefix))
    # Institutions and agencies are separate parts of the world.
    return {name.removeprefix("city.") if _of_a_city(name) else name: one
            for name, one in found.items()}  # fmt: skip


def _of_a_city(name: str) -> bool:
    return name.startswith(("city.institutions.", "city.agencies."))


def _entries(node: Any, path: str) -> list[tuple[str, Entry]]:
    if not isinstance(node, dict):
        return []
    if node.keys() == Entry.model_fields.keys():
        return [(path, Entry.model_validate(node))]
    return [
        one
        for name, child in node.items()
        for one in _entries(child, f"{path}.{name}" if path else str(name))
    ]


def where(path: Path) -> str:
    """Return the path of a file of `conf/` in the repository."""
    return f"conf/{path.parent.name}/{path.name}"


def parameters() -> str:
    """Return every entry of `conf/`, one table per file."""
    heading = ("entry", "value", "range", "unit", "tier", "source")
    parts = []
    for path in files_with_entries():
        rows = [
            (
                f"`{name}`", values(one.value), f"{number(one.low)} to {number(one.high)}",
                one.unit, one.tier, one.source,
            )
            for name, one in entries_of(path).items()
        ]  # fmt: skip
        parts.append(f"### {where(path)}\n\n{table(heading, rows)}")
    return "\n\n".join(parts)


def law() -> str:
    """Return the rows of the law books: who pays for which care for whom, and since when."""
    rows = []
    for book, regime in almaty().world.regime.items():
        for name, row in regime.entitlements.items():
            rows.append(
                (
                    f"`{book}.{name}`", _some(row.nationality, words.NATIONALITIES),
                    _some(row.legal_status, words.LEGAL_STATUSES),
                    _some(row.service, words.SERVICES), row.payer, row.since,
                    row.until or "", row.source,
                )
            )  # fmt: skip
    return table(
        ("row", "nationality", "legal status", "care", "payer", "since", "until", "source"), rows
    )


def _some(names: str | tuple[str, ...], everybody: tuple[str, ...]) -> str:
    return "all" if names == everybody else ", ".join(names)


def agencies() -> str:
    """Return the agencies: institutions that help with needs other than treatment."""
    rows = []
    for name, one in almaty().world.agencies.items():
        accepted = _some(one.accepts.nationalities, words.NATIONALITIES)
        if one.accepts.only_from:
            accepted += ", sent by " + ", ".join(one.accepts.only_from)
        rows.append(
            (
                one.summary, f"`{name}`", accepted, values(one.capacity), values(one.competence),
                number(one.beds) if one.beds else "", number(one.knows),
                ", ".join(one.opens.weekdays) + f"; to {one.closes_at:g} h",
            )
        )  # fmt: skip
    return table(
        ("institution", "entry of `agencies`", "accepts", "services per open day, by line",
         "settles a need with probability", "places", "names the right next one", "open"),
        rows,
    )  # fmt: skip


def clinics() -> str:
    """Return the kinds of clinics."""
    rows = []
    for name, one in almaty().world.institutions.items():
        capacity = f"{one.crews:g} crews" if one.crews else ""
        if one.capacity:
            capacity = f"{number(one.capacity)} per unit and open day"
        rows.append(
            (
                name.replace("_", " "), f"`{name}`", number(sum(one.units.values())), capacity,
                number(one.beds) if one.beds else "", number(one.competence), number(one.knows),
                ", ".join(one.opens.weekdays),
            )
        )  # fmt: skip
    return table(
        ("kind of clinic", "entry of `institutions`", "units", "capacity", "beds",
         "treatment takes hold with probability", "names the right next one", "open"),
        rows,
    )  # fmt: skip


def scenarios() -> str:
    """Return the policy scenarios and the levers that each changes."""
    return table(
        ("scenario", "what it is", "levers"),
        [
            (f"`{name}`", one.summary, _changes(one.changes))
            for name in choices("scenario")
            for one in [almaty().with_policy(name)]
        ],
    )


def shocks() -> str:
    """Return the shocks and the outside conditions that each changes."""
    rows = []
    for name, summary in choices("shock").items():
        path = configuration_folder() / "shock" / f"{name}.yaml"
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
        scenario = scenario_from({**almaty().resolved, "shock": described})
        rows.append((f"`{name}`", summary, _changes(scenario.shocks)))
    return table(("shock", "what it is", "outside conditions"), rows)


def _changes(changes: tuple[Change, ...]) -> str:
    return "; ".join(_change(one) for one in changes) or "none"


def _change(one: Change) -> str:
    when = f"from day {one.start_day}"
    if one.ramp_days:
        when += f" in {one.ramp_days} days"
    if one.until_day is not None:
        when += f" until day {one.until_day}"
    if one.repeat_every is not None:
        when += f", every {one.repeat_every} days"
    return f"`{one.path}` {number(one.value)} ({when})"


def levers() -> str:
    """Return the whitelists of levers and of outside conditions."""
    return table(
        ("may be changed by", "path (`*`: any one name)", "numbers in Almaty"),
        [
            (who, f"`{pattern}`", len(lever_paths(almaty().world, (pattern,))))
            for who, whitelist in (("a policy", LEVERS), ("a shock", SHOCKS))
            for pattern in whitelist
        ],
    )


def lever_costs() -> str:
    """Return what each lever costs, or why it is not costed."""
    rows = []
    for one in LEVER_COSTS:
        kinds = f" ({', '.join(one.kinds)})" if one.kinds else ""
        costs = "; ".join(map(str, one.lines)) or ("not costed" if one.not_costed else "-")
        rows.append((f"`{one.pattern}`{kinds}", costs, one.elsewhere or one.not_costed or "-"))
    return table(("lever", "unit cost, when, who pays", "elsewhere, or why not"), rows)


def flows() -> str:
    """Return the flows of money and the accounts they run between."""
    return table(("flow", "from", "to"), [(name, *ends) for name, ends in CHART.flows.items()])
