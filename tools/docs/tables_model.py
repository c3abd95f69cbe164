"""Tables of the model: state variables, order of the day, submodels, purposes of random draws."""

import ast
import inspect
from collections.abc import Iterator, Mapping
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
from sim.agents.city import COUNTS
from sim.agents.clinic import Clinics
from sim.agents.employer import Employers
from sim.agents.episode import Episodes
from sim.agents.migrant import WORK_GROUP, Migrants
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
            (entity, f"`{name}`", column.meaning, unit_of(name, column))
            for entity, cohort in COHORTS.items()
            for name, column in cohort.columns.items()
        ],
    )


def unit_of(name: str, column: Column) -> str:
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
        raise ValueError(f"the state variable '{name}' has no unit")
    return f"{unit}; {' x '.join(map(str, column.shape))} values" if column.shape else unit


def other_state() -> str:
    """Return the state of clinics, agencies, work groups and the city as a whole."""
    tables: tuple[tuple[str, Mapping[str, Column]], ...] = (
        ("clinic", {name: Clinics.columns[name] for name in Clinics.STATE}),
        ("agency", {name: Agencies.columns[name] for name in Agencies.STATE}),
        ("work group", WORK_GROUP),
        ("city", COUNTS),
    )
    return table(
        ("entity", "variable", "meaning", "unit or values"),
        [
            (entity, f"`{name}`", column.meaning, unit_of(name, column))
            for entity, columns in tables
            for name, column in columns.items()
        ],
    )


def event_logs() -> str:
    """Return the logs that submodels write, with the columns of each."""
    return table(
        ("log", "written by", "column", "meaning", "unit or values"),
        [
            (f"`{log}`", kind.name, f"`{name}`", column.meaning, unit_of(name, column))
            for kind in AlmatyModel.SUBMODELS
            for log, declared in kind.events.items()
            for name, column in declared.columns.items()
        ],
    )


def submodel_files() -> list[ModuleType]:
    """Return the modules of submodels, in the order in which they are prepared, and helpers.

    Helpers are the files of `sim/submodels/` that submodels share; the most used come first.
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
    """One place in the code that draws random numbers."""

    purpose: str
    law: str
    who: str
    occurrence: str
    file: str


def purposes() -> str:
    """Return the register of random draws: their purposes, their keys, and their places."""
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
    """Find every draw in the code of the model by parsing it."""
    found: list[Draw] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(PACKAGE / "engine"):
            continue
        module = ".".join(("sim", *path.relative_to(PACKAGE).with_suffix("").parts))
        found += _draws_of(ast.parse(path.read_text(encoding="utf-8")), module, path)
    return found


def _draws_of(tree: ast.Module, module: str, path: Path) -> Iterator[Draw]:
    """Yield the draws of a file; a purpose passed by callers is any other that the file names."""
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
    """Return a list with the purpose that an expression such as `Purpose.RAID` names, or []."""
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == words.Purpose.__name__:
        return [words.Purpose[node.attr]]
    return []


def _purposes_named(node: ast.expr, module: str) -> list[str]:
    """Return the purposes that an argument names: none if callers pass it."""
    space = vars(import_module(module))
    name = node.left if isinstance(node, ast.BinOp) else node
    assert isinstance(name, ast.Name)
    if name.id not in space:
        return []
    known = list(words.Purpose)[space[name.id] :]
    if not isinstance(node, ast.BinOp):
        return [known[0]]
    # One purpose for each kind of institution that people go to, one after the other.
    return list(takewhile(lambda purpose: purpose.startswith("which "), known))
