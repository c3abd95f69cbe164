"""The catalogue: words for every indicator, no others, and one line where they are missing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Junk, Message, Term

from experiments.analysis.console_report import HEADLINE
from experiments.analysis.outcomes import OWN
from sim.observation.definitions import DEFINITIONS, Definition
from sim.words import catalogue
from sim.words.catalogue import MissingWordsError, explanation, label, message, short

ROOT = Path(__file__).resolve().parents[3]
TEXT = catalogue.FILE.read_text(encoding="utf-8")
ENTRIES = FluentParser().parse(TEXT).body
MESSAGES = {entry.id.name: entry for entry in ENTRIES if isinstance(entry, Message)}
ATTRIBUTES = ("short", "explanation", "counted", "over", "window")
LONGEST_SHORT = 44
"""Letters that fit above a panel on two lines."""


def test_the_file_is_read_to_its_end() -> None:
    """What is no message is passed over by the parser: a mistyped line would lose its words."""
    junk = [entry for entry in ENTRIES if isinstance(entry, Junk)]
    assert junk == []
    assert len(MESSAGES) == sum(isinstance(entry, Message) for entry in ENTRIES), "a name twice"


def test_messages_are_those_of_indicators_and_blocks_and_no_others() -> None:
    blocks = {*(block.heading for block in HEADLINE), OWN}
    assert set(MESSAGES) == {indicator.name for indicator in DEFINITIONS} | blocks


def test_every_part_of_a_text_is_used() -> None:
    terms = {entry.id.name for entry in ENTRIES if isinstance(entry, Term)}
    assert {term for term in terms if f"{{ -{term} }}" not in TEXT} == set()


@pytest.mark.parametrize("indicator", DEFINITIONS, ids=lambda indicator: indicator.name)
def test_every_indicator_has_all_its_words(indicator: Definition) -> None:
    found = MESSAGES[indicator.name]
    assert sorted(one.id.name for one in found.attributes) == sorted(ATTRIBUTES)
    assert label(indicator)
    assert 0 < len(short(indicator)) <= LONGEST_SHORT
    assert explanation(indicator)
    for part in ATTRIBUTES:
        text = message(indicator.name, part, detail="")
        assert text == text.strip() != ""
        assert "{" not in text


def test_no_two_indicators_are_called_alike() -> None:
    for words in (label, short):
        called = [words(indicator) for indicator in DEFINITIONS]
        assert len(set(called)) == len(called)


def test_values_of_an_indicator_have_labels_of_their_own() -> None:
    """Either words of their own, or the detail beside the label."""
    known = {indicator.name: indicator for indicator in DEFINITIONS}
    assert label(known["unresolved_needs"], "shelter") == "of these, for shelter"
    assert label(known["contacts"], "hospital") == f"{label(known['contacts'])}: hospital"


def test_the_label_of_the_first_indicator_is_written_once() -> None:
    """Tables, figures and documents ask the catalogue: nobody types the label again."""
    (e1,) = (indicator for indicator in DEFINITIONS if indicator.code == "E1")
    files = (
        path
        for folder in ("sim", "experiments", "conf", "tools")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".ftl", ".yaml", ".toml", ".md")
    )
    texts = [path.read_text(encoding="utf-8") for path in files]
    # However it is broken over lines, and whatever its first letter.
    plain = (" ".join(text.lower().replace("\\n", " ").split()) for text in texts)
    assert sum(text.count(label(e1).lower()) for text in plain) == 1


def test_commands_do_not_wait_for_the_catalogue() -> None:
    """It is read when the first words are printed, not when a study is imported."""
    asked = "import sys, experiments.studies.compare; sys.exit('fluent.runtime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0


def test_missing_words_are_named_in_one_line() -> None:
    nameless = replace(DEFINITIONS[0], name="courage")
    for words in (label, short, explanation):
        with pytest.raises(MissingWordsError) as refused:
            words(nameless)
        assert "indicator 'courage'" in str(refused.value)
        assert "sim/words/en.ftl" in str(refused.value)
        assert "\n" not in str(refused.value)
    with pytest.raises(MissingWordsError, match=r"no words for 'deaths\.courage'"):
        message("deaths", "courage")
    with pytest.raises(MissingWordsError, match="'awareness'"):
        message("awareness")  # without the detail it depends on


def test_an_indicator_of_another_project_brings_its_words() -> None:
    ours = replace(DEFINITIONS[0], name="courage", label="people with courage")
    assert (label(ours), short(ours), explanation(ours)) == (ours.label, ours.label, "")
    assert label(ours, "at night") == "people with courage: at night"
    ours = replace(ours, short="courage", explanation="people who dare to ask")
    assert (short(ours), explanation(ours)) == ("courage", "people who dare to ask")
