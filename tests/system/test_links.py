"""What the documents point to is there: files, headings, tests, modules and commands."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from sim.observation.definitions import DEFINITIONS
from tools.docs import DOCS, ROOT

DOCUMENTS = [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
CYRILLIC = r"[\u0430-\u044f\u0451]"
KAZAKH_ONLY = r"[әғқңөұүһі]"
FOLDERS = ("sim/", "conf/", "docs/", "tests/", "experiments/", "tools/", "benchmarks/", ".ci/")


def prose(document: Path) -> str:
    """Return a document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)


@cache
def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(document), flags=re.MULTILINE)
    found: set[str] = set()
    for heading in headings:
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while (name := plain if number == 0 else f"{plain}-{number}") in found:
            number += 1
        found.add(name)
    return found


@cache
def names_in(file: Path) -> set[str]:
    """Return the functions a file defines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def broken(document: Path) -> list[str]:
    """Return what a document points to and is not there."""
    text, found = prose(document), []
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            found.append(target)
    for code in CODE.findall(text):
        if not code.startswith(FOLDERS) or "__pycache__" in code:
            continue
        path, _, test = code.partition("[")[0].partition("::")
        if test and not path.startswith("tests/"):
            path = f"tests/{path}"  # as the table of verification.md names them
        if not list(ROOT.glob(path)) or (test and test not in names_in(ROOT / path)):
            found.append(code)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_everything_a_document_points_to_is_there(document: Path) -> None:
    assert broken(document) == []


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    wrong = [
        "nothing.md", "#no-heading", "`sim/nothing.py`",
        "`tests/system/test_links.py::test_nothing`",
    ]  # fmt: skip
    links = " ".join(one if one.startswith("`") else f"[x]({one})" for one in wrong)
    document = tmp_path / "some.md"
    document.write_text(f"# A heading\n\n[right](#a-heading) `sim/model.py` {links}\n")
    assert broken(document) == [one.strip("`") for one in wrong]


@pytest.mark.parametrize("name", ["trace.md"])
def test_each_of_the_eight_elements_of_trace_points_to_evidence(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    elements = re.split(r"^## \d\. .*$", text, flags=re.MULTILINE)[1:]
    assert len(elements) == 8
    words_on_a_page = 550
    for element in elements:
        assert "::test_" in element or "](" in element
        assert len(element.split()) < words_on_a_page


def test_the_glossary_explains_every_indicator_and_no_other() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    explained = set(CODE.findall(text[text.index("## Indicators in plain words") :]))
    assert explained == {one.name for one in DEFINITIONS}


def test_the_glossary_has_every_term_in_three_languages() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    terms = text[text.index("## Terms") : text.index("## Indicators")]
    rows = [line.strip("| ").split(" | ") for line in terms.splitlines() if line.startswith("| ")]
    assert len(rows) > 45
    for english, russian, kazakh, *meaning in rows[1:]:
        assert len(meaning) == 1
        assert re.fullmatch(r"[ -~]+", english), english
        assert re.search(CYRILLIC, russian), russian
        assert not re.search(KAZAKH_ONLY, russian.lower()), russian
        assert re.search(CYRILLIC, kazakh), kazakh
    letters = {letter for row in rows[1:] for letter in row[2].lower()}
    assert set("әғқңөұүі") <= letters
