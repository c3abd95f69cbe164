"""The table of the verification suite is complete: claims, tests and the document agree."""

import re
from pathlib import Path

import pytest

from tests.claims import claims, proofs

DOCUMENT = Path(__file__).parents[2] / "docs" / "verification.md"
ORACLES = [f"A{number}" for number in range(1, 13)]
INVARIANTS = [f"V{number}" for number in range(1, 32)]


def rows() -> dict[str, str]:
    """Return the rows of the table in the document, by claim."""
    text = DOCUMENT.read_text(encoding="utf-8")
    text = text.split("<!-- claims -->")[1].split("<!-- end of claims -->")[0]
    found = re.findall(r"^\| ([AV]\d+) \|(.*)\|$", text, flags=re.MULTILINE)
    assert len(found) == len(dict(found)), "a claim has two rows"
    return dict(found)


def test_the_list_has_all_oracles_and_invariants() -> None:
    assert list(claims()) == [*ORACLES, *INVARIANTS]


def test_no_test_names_a_claim_that_is_not_on_the_list() -> None:
    assert proofs().keys() <= claims().keys()


@pytest.mark.parametrize("name", claims())
def test_every_claim_has_a_test_and_was_seen_failing(name: str) -> None:
    assert proofs().get(name), f"no test is marked claim({name!r})"
    assert claims()[name].get("fault"), "no fault has been planted"


@pytest.mark.parametrize("name", claims())
def test_the_table_names_the_tests_there_are(name: str) -> None:
    """Neither a marked test that is missing nor one that does not exist; words as in the list."""
    hint = "run `python -m tools.docs.verification --table`"
    row = rows()[name]
    named = re.findall(r"`([\w/]+\.py::\w+)`", row)
    assert named == proofs()[name], hint
    claim = claims()[name]
    assert all(text.replace("|", "/") in row for text in claim.values()), hint


def test_marks_are_found_in_the_syntax_tree() -> None:
    """This very function is not marked; the oracle of awareness is, and nothing else is A3."""
    assert {one.split("::")[0] for one in proofs()["A3"]} == {
        "verification/test_awareness_oracle.py"
    }
