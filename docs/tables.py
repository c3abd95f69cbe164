"""Write the tables of `docs/odd.md` anew from code and `conf/`.

    python docs/tables.py

A table stands between `<!-- table: name -->` and `<!-- end -->`; everything else is written by
hand. A test fails when a committed table is stale.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sim import vocabulary as words
from sim.agents.employer import Employers
from sim.agents.episode import Episodes
from sim.agents.migrant import Migrants
from sim.agents.task import Tasks
from sim.engine.cohort import Cohort
from sim.model import AlmatyModel
from sim.scenario import load_scenario

ODD = Path(__file__).with_name("odd.md")
CITY = "almaty"
COHORTS: dict[str, type[Cohort[Any]]] = {
    "migrant": Migrants, "employer": Employers, "episode": Episodes, "task (need)": Tasks,
}  # fmt: skip


def table(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Return a table in Markdown.

    >>> print(table(("a", "b"), [(1, "x|y")]))
    | a | b |
    |---|---|
    | 1 | x/y |
    """
    lines = [heading, *rows]
    written = [
        "| " + " | ".join(str(cell).replace("|", "/") for cell in one) + " |" for one in lines
    ]
    return "\n".join([written[0], "|" + "---|" * len(heading), *written[1:]])


def schedule() -> str:
    """Return the order of the day."""
    blocks = enumerate(AlmatyModel.SCHEDULE, start=1)
    return table(
        ("", "block", "cadence"), [(place, one.name, one.cadence) for place, one in blocks]
    )


def state_variables() -> str:
    """Return the state variables of the cohorts."""
    return table(
        ("entity", "variable", "meaning", "unit or values"),
        [
            (
                entity, f"`{name}`", column.meaning,
                column.unit or ", ".join(column.labels or ()),
            )
            for entity, cohort in COHORTS.items()
            for name, column in cohort.columns.items()
        ],
    )  # fmt: skip


def submodel_texts() -> str:
    """Return the submodels with the first line of their text, in the order they are prepared."""
    rows = []
    for name in AlmatyModel.SUBMODELS:
        module = inspect.getmodule(AlmatyModel.__annotations__[name])
        assert module is not None
        assert module.__doc__ is not None
        rows.append((f"`{module.__name__.split('.')[-1]}.py`", module.__doc__.split("\n")[0]))
    return table(("file in `sim/submodels/`", "what it is about"), rows)


def agencies() -> str:
    """Return the agencies: institutions that help with needs other than treatment."""
    scenario = load_scenario("baseline", [f"city={CITY}"])
    rows = []
    for name, one in scenario.world.agencies.items():
        all_welcome = one.accepts.nationalities == words.NATIONALITIES
        accepted = "all" if all_welcome else ", ".join(one.accepts.nationalities)
        if one.accepts.only_from:
            accepted += ", sent by " + ", ".join(one.accepts.only_from)
        rows.append(
            (
                one.summary, f"`{name}`", accepted, _pairs(one.capacity), _pairs(one.competence),
                f"{one.beds:g}" if one.beds else "", f"{one.knows:g}",
                ", ".join(one.opens.weekdays) + f"; to {one.closes_at:g} h",
            )
        )  # fmt: skip
    return table(
        ("institution", "entry of `agencies`", "accepts", "services an open day by line",
         "settles a need with probability", "places", "names the right next one", "open"),
        rows,
    )  # fmt: skip


def clinics() -> str:
    """Return the kinds of clinics."""
    scenario = load_scenario("baseline", [f"city={CITY}"])
    rows = []
    for name, one in scenario.world.institutions.items():
        units = sum(one.units.values())
        capacity = f"{one.crews:g} crews" if one.crews else ""
        if one.capacity:
            capacity = f"{one.capacity:g} a unit and open day"
        rows.append(
            (
                name.replace("_", " "), f"`{name}`", f"{units:g}", capacity,
                f"{one.beds:g}" if one.beds else "", f"{one.competence:g}", f"{one.knows:g}",
                ", ".join(one.opens.weekdays),
            )
        )  # fmt: skip
    return table(
        ("kind of clinic", "entry of `institutions`", "units", "capacity", "beds",
         "treatment takes hold with probability", "names the right next one", "open"),
        rows,
    )  # fmt: skip


def _pairs(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


TABLES: dict[str, Callable[[], str]] = {
    "schedule": schedule,
    "state variables": state_variables,
    "submodels": submodel_texts,
    "agencies": agencies,
    "clinics": clinics,
}


def renewed(text: str) -> str:
    """Return a document with every table written anew."""

    def fill(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n\n{TABLES[found[1]]()}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (.*?) -->.*?<!-- end -->", fill, text, flags=re.DOTALL)


if __name__ == "__main__":
    ODD.write_text(renewed(ODD.read_text(encoding="utf-8")), encoding="utf-8")
