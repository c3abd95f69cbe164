"""Every submodel opens with its ODD text, its parameters (with evidence) and its neutral state."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from sim.config.configuration import compose_configuration, configuration_folder
from sim.config.entries import Entry
from sim.config.world import World

FOLDER = Path(__file__).resolve().parents[2] / "sim" / "submodels"
HELPERS = {
    "__init__.py", "submodel.py", "episode_end.py", "ledger_entries.py", "care_options.py",
    "price_of_care.py", "refusal.py", "staying_home.py",
}  # fmt: skip
"""What submodels share: no part of the day of its own."""
FEWEST_WORDS = 50
FILES = sorted(path for path in FOLDER.glob("*.py") if path.name not in HELPERS)


def mistakes(source: str) -> list[str]:
    """Return what the text of a submodel lacks."""
    module = ast.parse(source)
    text = ast.get_docstring(module) or ""
    lacking = []
    title = text.split("\n")[0]
    if not re.fullmatch(r"[A-Z][^:]*: .+\.", title):
        lacking.append("a first line 'Name: what it is about.'")
    if len(text.split()) < FEWEST_WORDS:
        lacking.append("its ODD text")
    parameters = re.search(r"Parameters:(.*?)(Neutral state|$)", text, re.DOTALL)
    if parameters is None:
        lacking.append("its parameters")
    else:
        lacking += without_evidence(" ".join(parameters[1].split()))
    if not re.search(r"Neutral state:\s+`?\w", text, re.DOTALL):
        lacking.append("its neutral state")
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    if not any(base_name(one) == "Submodel" for one in classes):
        lacking.append("a class of the day")
    return lacking


def base_name(node: ast.ClassDef) -> str:
    return next((one.id for one in node.bases if isinstance(one, ast.Name)), "")


def without_evidence(text: str) -> list[str]:
    """Return what is named as parameters but is no number with range, tier and source."""
    named = re.findall(r"`([^`]+)`", text)
    if not named:
        return ["parameters by name"]
    return [f"evidence of {name}" for name in named if not has_evidence(name)]


def has_evidence(name: str) -> bool:
    """Return True if a file of conf/, a folder of it, or a value by name holds complete entries."""
    folder = configuration_folder()
    if name.startswith("conf/"):
        path = folder / name.removeprefix("conf/")
        return path.is_dir() or (path.is_file() and has_evidence(path.stem))
    resolved = compose_configuration()
    everything = {**resolved["parameters"], "city": resolved["city"]}
    found: list[Any] = [everything]
    for key in name.removesuffix(".yaml").split("."):
        found = [child for node in found for child in named(node, key)]
    return any(entries(node) for node in found)


def named(node: Any, key: str) -> list[Any]:
    """Return everything of a name, at whatever depth."""
    if not isinstance(node, dict):
        return []
    here = [node[key]] if key in node else []
    return here + [found for child in node.values() for found in named(child, key)]


def entries(node: Any) -> list[Entry]:
    """Return the entries below a node of the configuration; an incomplete one is an error."""
    if not isinstance(node, dict):
        return []
    if "value" in node:
        return [Entry.model_validate(node)]
    return [entry for child in node.values() for entry in entries(child)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_a_submodel_has_text_parameters_evidence_and_neutral_state(path: Path) -> None:
    assert mistakes(path.read_text(encoding="utf-8")) == []


GOOD = f'''"""Heat: what it is about.

{"word " * FEWEST_WORDS}

Parameters: `conf/parameters/money.yaml`, `illness.acute_rate`. Neutral state: all of it at 0.
"""

class Heat(Submodel):
    """Heat."""
'''


@pytest.mark.parametrize(
    ("old", "new", "lacking"),
    [
        ("Heat: what it is about.", "Heat", "a first line 'Name: what it is about.'"),
        ("word " * FEWEST_WORDS, "", "its ODD text"),
        ("Parameters:", "Numbers:", "its parameters"),
        ("`conf/parameters/money.yaml`", "`conf/parameters/monei.yaml`",
         "evidence of conf/parameters/monei.yaml"),
        ("illness.acute_rate", "illness.acut_rate", "evidence of illness.acut_rate"),
        ("Neutral state:", "Off:", "its neutral state"),
        ("(Submodel)", "", "a class of the day"),
    ],
)  # fmt: skip
def test_a_file_that_lacks_something_is_found(old: str, new: str, lacking: str) -> None:
    assert mistakes(GOOD) == []
    assert old in GOOD
    assert lacking in mistakes(GOOD.replace(old, new))


def test_every_class_of_numbers_has_a_file_of_entries() -> None:
    """What a submodel reads by its typed class is documented in conf/, entry by entry."""
    resolved = compose_configuration()["parameters"]
    sections = set(World.model_fields) - {"city", "institutions", "agencies", "regime", "law"}
    assert set(resolved) == sections
    assert all(entries(resolved[name]) for name in sections)
