"""Tables of what the model is: state variables, order of the day, submodels, purposes of chance."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

import sim
from sim import submodels
from sim import vocabulary as words
from sim.agents.agency import Agencies
from sim.agents.city import city_counts
from sim.agents.clinic import Clinics
from sim.agents.employer import Employers
from sim.agents.episode import Episodes
from sim.agents.migrant import Migrants, work_groups
from sim.agents.task import Tasks
from sim.engine.agentset.cohort import Cohort
from sim.engine.agentset.column import Column
from sim.engine.random import scalar
from sim.engine.random.streams import Draws
from sim.model import AlmatyModel
from sim.submodels.submodel import Submodel
from tools.docs.markdown_tables import table

COHORTS: dict[str, type[Cohort[Any]]] = {
    "migrant": Migrants, "employer": Employers, "episode": Episodes, "task (need)": Tasks,
}  # fmt: skip
PACKAGE = Path(sim.__file__).parent


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
            (entity, f"`{name}`", column.meaning, unit_of(column))
            for entity, cohort in COHORTS.items()
            for name, column in cohort.columns.items()
        ],
    )


def unit_of(column: Column) -> str:
    """Return the unit of a state variable, or its values; "each of n" for one with n values.

    Raises
    ------
    ValueError
        If it is a real number without a unit.
    """
    if column.unit or column.labels:
        unit = column.unit or ", ".join(column.labels or ())
    elif column.dtype == np.bool_:
        unit = "yes, no"
    elif column.dtype == np.uint64:
        unit = "identity"
    elif np.issubdtype(column.dtype, np.integer):
        unit = "whole number"
    else:
        raise ValueError(f"the state variable '{column.name}' has no unit")
    return f"{unit}; {column.width} values" if column.width else unit


CLINIC = {
    "open": "is open today", "credit": "fraction of a slot carried over",
    "in_bed": "migrants in bed", "slots": "whole services it can give today",
    "free_beds": "beds left by residents and migrants today",
    "served_today": "services given today", "waiting": "people in line this evening",
    "diverted_today": "patients sent to another hospital today",
}  # fmt: skip
AGENCY = {
    "open": "is open today", "credit": "fraction of a service carried over, by line",
    "slots": "whole services it can give today, by line",
    "served_today": "services given today, by line", "waiting": "needs in line, by line",
    "in_bed": "people in its places", "releases": "places that become free, by day ahead",
    "budget": "money left, KZT", "grant_factor": "last grant as a multiple of that of 2018",
    "resolved_this_quarter": "needs settled since the last grant",
    "received": "grants received so far, KZT", "spent": "spent so far, KZT",
}  # fmt: skip
WORK_GROUP = {
    "nationality": "nationality of the members", "members": "people in it",
    "informed": "members who know each item", "trust": "trust in each option of care, 0-1",
    "believed_reporting": "believed probability of being reported, by option",
    "alarm": "fear left by detections of members, 0-1",
    "shared": "members in a registry the migration service sees",
    "insured": "members in the insurance fund",
    "good": "good experiences of the week, by option", "bad": "bad experiences of the week",
    "uneventful": "contacts of the week, without valid status, that ended in no report",
    "reported": "contacts of the week that ended in a report",
    "formal": "the employer gives contracts", "wait": "wait last heard of, days, by option",
    "heard_on": "day on which it was heard of", "changed_on": "day on which anything was heard",
}  # fmt: skip
CITY = {
    "present": "people present, by group", "residents": "people, by district and nationality",
    "informed": "people who know each item, by group",
    "informed_residents": "the same, by district and nationality",
    "newly_severe": "episodes that became severe today",
    "learned": "items learned so far, by source", "alarm": "fear left by raids, by district",
    "alarmed_on": "day of the last raid, by district",
    "pressure": "pressure of the police on the last seven days, by district",
    "trust": "mean trust of compatriots in each option", "insured": "members of the fund, by group",
    "could_be_enrolled": "workers with contracts this month, by sector",
    "enrolled": "of these, enrolled", "enrolled_share": "share enrolled as last seen, by sector",
    "formal_share": "share of workers whose employer gives contracts, as last seen, by sector",
    "ledger": "sum of every flow of money, KZT", "lost_work": "wages of days too ill to work, KZT",
    "jobless": "people who have lost their work",
    "with_contracts": "people in work groups of employers who give contracts",
    "health_lost": "health lost to illness, thousandths of a day, by group",
}  # fmt: skip


def other_state() -> str:
    """Return the state of clinics, agencies, work groups and the city as a whole."""
    options = np.zeros(len(words.OPTIONS))
    group = work_groups(np.zeros(1, dtype=np.int8), 0, options, options)
    described = (
        ("clinic", Clinics.STATE, CLINIC),
        ("agency", Agencies.STATE, AGENCY),
        ("work group", group.dtype.names or (), WORK_GROUP),
        ("city", city_counts().dtype.names or (), CITY),
    )
    return table(
        ("entity", "variable", "meaning"),
        [(entity, f"`{name}`", text[name]) for entity, names, text in described for name in names],
    )


def submodel_files() -> list[ModuleType]:
    """Return the modules of submodels, in the order in which they are prepared, and helpers.

    Helpers are the files of `sim/submodels/` that submodels share; what most of them use is first.
    """
    modules = [import_module(kind.__module__) for kind in AlmatyModel.SUBMODELS]
    sources = [inspect.getsource(module) for module in modules]
    names = {f"{submodels.__name__}.{one.name}" for one in iter_modules(submodels.__path__)}
    helpers = sorted(
        names - {Submodel.__module__, *(module.__name__ for module in modules)},
        key=lambda name: (-sum(f"from {name} import" in source for source in sources), name),
    )
    return [*modules, *map(import_module, helpers)]


def submodel_texts() -> str:
    """Return every submodel's opening text."""
    parts = []
    for module in submodel_files():
        assert module.__doc__ is not None
        title, _, rest = inspect.cleandoc(module.__doc__).partition("\n")
        name = module.__name__.split(".")[-1]
        parts.append(f"### {title.rstrip('.')}\n\n`sim/submodels/{name}.py`\n{rest}")
    return "\n\n".join(parts)


class Draw(NamedTuple):
    """One place in the code that draws."""

    purpose: str
    law: str
    who: str
    occurrence: str
    file: str


def purposes() -> str:
    """Return the register of chance: what is drawn for, under which keys, and where."""
    register: dict[tuple[str, str], list[Draw]] = {}
    for draw in draws():
        register.setdefault((draw.purpose, draw.who), []).append(draw)
    missing = set(words.Purpose) - {purpose for purpose, _ in register}
    if missing:
        raise ValueError(f"purposes that nothing draws for: {', '.join(sorted(missing))}")

    def distinct(found: list[Draw], name: str) -> str:
        return ", ".join(dict.fromkeys(f"`{getattr(one, name)}`" for one in found))

    return table(
        ("purpose", "law", "who", "occurrence", "drawn in"),
        [
            (
                purpose, ", ".join(dict.fromkeys(one.law for one in found)), f"`{who}`",
                distinct(found, "occurrence"), distinct(found, "file"),
            )
            for (purpose, who), found in sorted(register.items())
        ],
    )  # fmt: skip


def draws() -> list[Draw]:
    """Find every draw in the code of the model, by reading it."""
    found: list[Draw] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(PACKAGE / "engine"):
            continue
        module = ".".join(("sim", *path.relative_to(PACKAGE).with_suffix("").parts))
        found += _draws_of(ast.parse(path.read_text(encoding="utf-8")), module, path)
    return found


def _draws_of(tree: ast.Module, module: str, path: Path) -> Iterator[Draw]:
    """Yield the draws of a file; a purpose handed over by callers is any the file names besides."""
    file = path.relative_to(PACKAGE.parent).as_posix()
    handed_over = []
    named: set[str] = set()
    for function in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]:
        local = {
            target.id: statement.value
            for statement in ast.walk(function)
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        for call in [one for one in ast.walk(function) if isinstance(one, ast.Call)]:
            drawn = _read(call, module)
            if drawn is None:
                continue
            names, law, who, occurrence = drawn
            if isinstance(occurrence, ast.Name):
                occurrence = local.get(occurrence.id, occurrence)
            keys = law, ast.unparse(who), ast.unparse(occurrence), file
            named.update(names)
            yield from (Draw(name, *keys) for name in names)
            if not names:
                handed_over.append(keys)
    if handed_over:
        named_in_file = {purpose for node in ast.walk(tree) for purpose in _purpose_of(node)}
        for name in [purpose for purpose in words.Purpose if purpose in named_in_file - named]:
            yield from (Draw(name, *keys) for keys in handed_over)


def _read(call: ast.Call, module: str) -> tuple[list[str], str, ast.expr, ast.expr] | None:
    """Return purposes, law, who and occurrence of a call that draws, None for any other call."""
    arguments = call.args
    if isinstance(call.func, ast.Attribute) and hasattr(Draws, call.func.attr) and arguments:
        purposes_named = _purpose_of(arguments[0])
        if purposes_named:
            occurrence = arguments[2] if len(arguments) > 2 else ast.Constant(0)
            return purposes_named, call.func.attr, arguments[1], occurrence
    if isinstance(call.func, ast.Name) and len(arguments) > 3:
        law = call.func.id
        if hasattr(scalar, law) and ast.unparse(arguments[0]).endswith("streams"):
            names = _purposes_named(arguments[1], module)
            return names, law, arguments[2], arguments[3]
    return None


def _purpose_of(node: ast.AST) -> list[str]:
    """Return the purpose that an expression such as `Purpose.RAID` is, as a list; else none."""
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == words.Purpose.__name__:
        return [words.Purpose[node.attr]]
    return []


def _purposes_named(node: ast.expr, module: str) -> list[str]:
    """Return the purposes that an argument names: none if it is handed over by callers."""
    space = vars(import_module(module))
    name = node.left if isinstance(node, ast.BinOp) else node
    assert isinstance(name, ast.Name)
    if name.id not in space:
        return []
    known = list(words.Purpose)[space[name.id] :]
    if not isinstance(node, ast.BinOp):
        return [known[0]]
    # One purpose for each kind of institution that people go to, side by side.
    return list(takewhile(lambda purpose: purpose.startswith("which "), known))
