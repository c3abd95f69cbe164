"""What docstrings promise is what the code has, and the public contract is documented in full.

That everything public has a docstring at all, in NumPy's form, is ruff's business (rules D).
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import experiments
import sim
import tools
from experiments.runs.reader import StoreReader
from experiments.runs.store import Store
from sim.config.levers import Change
from sim.config.scenario import Scenario
from sim.model import AlmatyModel

type Function = Callable[..., Any]

CONTRACT = (AlmatyModel, Scenario, Change, Store, StoreReader)
"""Classes whose public methods users and other programs build on."""
EXPORTED = [
    *((sim, name) for name in sim.__all__),
    *((experiments, name) for name in experiments.__all__),
]
TABLES = re.compile("DataFrame|dict|tuple|ndarray")
"""Results that need a section of their own, not only a word in the summary line."""
SECTION = re.compile(
    r"^(\w[\w ]*)\n-{3,}\n(.*?)(?=^\w[\w ]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL
)
ENTRY = re.compile(r"^(\**\w+(?:, \**\w+)*)(?: :.*)?$", re.MULTILINE)
RAISED = re.compile(r"^\s*raise (\w+)\(", re.MULTILINE)


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Import and return all modules of a package but its command."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def documented(names: str, text: str) -> set[str]:
    """Return the names that a section of a docstring has an entry for."""
    sections = dict(SECTION.findall(inspect.cleandoc(text)))
    entries = ENTRY.findall(sections.get(names, ""))
    return {name.strip("* ") for entry in entries for name in entry.split(",")}


def functions() -> Iterator[tuple[str, Function, str]]:
    """Return all functions and methods defined here: name, plain function, docstring."""
    for package in (sim, experiments, tools):
        for module in modules(package):
            for name, value in vars(module).items():
                if getattr(value, "__module__", None) != module.__name__:
                    continue
                plain = getattr(value, "py_func", value)
                if inspect.isfunction(plain):
                    yield f"{module.__name__}.{name}", plain, plain.__doc__ or ""
                elif inspect.isclass(value):
                    for method, function in vars(value).items():
                        if inspect.isfunction(function):
                            text = (value if method == "__init__" else function).__doc__ or ""
                            yield f"{module.__name__}.{name}.{method}", function, text


def test_no_docstring_speaks_of_a_parameter_that_is_not_there() -> None:
    """In every module; a class documents the parameters of its `__init__`."""
    checked = 0
    for name, function, text in functions():
        promised = documented("Parameters", text)
        stale = promised - set(inspect.signature(function).parameters)
        assert not stale, f"{name} has no {stale}"
        checked += len(promised)
    assert checked > 150


def contract() -> Iterator[tuple[str, Function]]:
    """Return the functions of the public contract."""
    for package, name in EXPORTED:
        value = getattr(package, name)
        if inspect.isfunction(value):
            yield name, value
    for one in CONTRACT:
        for name, value in vars(one).items():
            if not name.startswith("_") and inspect.isfunction(value):
                yield f"{one.__name__}.{name}", value


@pytest.mark.parametrize(("name", "function"), [*contract()], ids=[name for name, _ in contract()])
def test_the_contract_is_documented_in_full(name: str, function: Function) -> None:
    """Every parameter, a result that is more than a word, and every error raised here."""
    text = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    parameters = set(signature.parameters) - {"self"}
    assert parameters <= documented("Parameters", text), parameters
    result = str(signature.return_annotation)
    assert TABLES.search(result) is None or "Returns\n-------" in text, result
    raised = set(RAISED.findall(inspect.getsource(function)))
    assert raised <= documented("Raises", text), raised


@pytest.mark.parametrize(
    "value",
    [sim.AlmatyModel, sim.load_scenario, experiments.open_store, Scenario, Change],
    ids=["AlmatyModel", "load_scenario", "open_store", "Scenario", "Change"],
)
def test_what_users_build_on_has_an_example_that_runs(value: Any) -> None:
    """In the docstring of the function, or of the class or one of its methods (doctests run)."""
    texts = [value.__doc__ or ""]
    if inspect.isclass(value):
        texts += [one.__doc__ or "" for one in vars(value).values() if inspect.isfunction(one)]
    assert any(">>>" in text for text in texts)
