"""The evidence audit: sources resolve, and the audit sees when they do not."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from sim.config.entries import Entry
from sim.observation.survey import designs
from tools.docs import DOCS, ROOT, audit, screening
from tools.docs.tables_inputs import almaty

KNOWN = audit.bibliography()


def test_every_source_resolves_and_says_what_its_tier_must() -> None:
    assert audit.mistakes(KNOWN, audit.sources()) == []


def test_the_audit_looks_at_every_entry_and_every_row_of_law() -> None:
    places = [place for place, _, _ in audit.sources()]
    assert len(places) == len(set(places))
    world = almaty()
    rows = sum(len(one.entitlements) for one in world.world.regime.values())
    numbers_of_surveys = 3 * len(designs())
    # The workshop city has a population of its own.
    assert len(places) == len(world.entries) + 1 + rows + numbers_of_surveys


@pytest.mark.parametrize(
    ("tier", "source", "complaint"),
    [
        ("B", "a newspaper", "without a reference"),
        ("A", "a register", "without a reference"),
        ("B", "a paper [nobody1999]", "no entry 'nobody1999'"),
        ("C", "assumption; as elsewhere [davis2017, nobody1999]", "no entry 'nobody1999'"),
        ("C", "it is well known", "does not begin with"),
        ("T", "assumption", "tuned to"),
        ("law", "the Health Code", "row of law"),
    ],
)
def test_the_audit_refuses(tier: str, source: str, complaint: str) -> None:
    found = audit.mistakes(KNOWN, iter([("here", tier, source)]))
    assert len(found) == 1
    assert complaint in found[0]


def test_a_key_that_stands_twice_in_the_bibliography_is_found() -> None:
    assert audit.mistakes([*KNOWN, KNOWN[0]], iter([])) == [f"references.bib: {KNOWN[0]} twice"]


def test_every_citation_of_a_document_resolves_and_every_reference_is_cited() -> None:
    for name in ("odd.md", "evidence.md", "trace.md", "stress.md", "glossary.md"):
        path = DOCS / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert [key for key in audit.keys(text) if key not in KNOWN] == [], name
    assert audit.uncited(KNOWN) == []


@pytest.mark.slow
def test_the_command_says_that_all_is_well() -> None:
    command = [sys.executable, "-m", "tools.docs.audit"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every reference exists" in done.stdout


def test_only_assumptions_about_the_world_are_screened() -> None:
    names = {one.name for one in screening.assumptions(almaty())}
    assert {"referral.no_show", "agencies.*.capacity", "legal_status.fear"} <= names
    assert not {"illness.acute_rate", "demography.age_mean", "enforcement.intensity"} & names
    assert not any(one.startswith("costs.") for one in names)


def test_a_table_is_halved_and_doubled_within_its_range() -> None:
    base = almaty()
    moved = {one.name: one for one in screening.assumptions(base)}
    fear = moved["legal_status.fear"]
    assert fear.low["legal_status.fear.registered"] == pytest.approx(0.175)
    assert fear.high["legal_status.fear.irregular"] == 1.0  # twice 0.55, cut
    agencies = moved["agencies.*.capacity"]
    assert agencies.high["agencies.iom.capacity.casework"] == pytest.approx(0.6)
    assert agencies.low["agencies.crisis_centre.capacity.casework"] == pytest.approx(0.165)
    single = moved["referral.no_show"]
    assert (single.low, single.high) == ({"referral.no_show": 0.0}, {"referral.no_show": 1.0})


def test_moves_are_paired_by_seed() -> None:
    """Seeds differ by 0.1 and more; the move is 0.02 +- 0.01 under each."""
    levels = {1: 0.5, 2: 0.6, 3: 0.9}
    shifts = {1: 0.01, 2: 0.02, 3: 0.03}
    rows = [
        (outcome, sample, seed, level + (shifts[seed] if sample else 0.0))
        for outcome in screening.OUTCOMES
        for sample in (0, 1)
        for seed, level in levels.items()
    ]
    table = pd.DataFrame(rows, columns=["indicator", "sample", "seed", "value"])
    found = screening.moves(table, [screening.End("hope", "range", "low", {"hope": 0.0})])
    assert len(found) == len(screening.OUTCOMES)
    one = found.iloc[0]
    assert one["baseline"] == pytest.approx(2 / 3)
    assert one["difference"] == pytest.approx(0.02)
    half = 4.302653 * 0.01 / 3**0.5  # Student's t with 2 degrees of freedom
    assert (one["low"], one["high"]) == (pytest.approx(0.02 - half), pytest.approx(0.02 + half))
    assert one["pairs"] == 3


@pytest.mark.slow
def test_a_screening_runs_everything_and_the_leading_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two assumptions in a small city, as the command would; one of them leads."""
    chosen = [
        one
        for one in screening.assumptions(almaty())
        if one.name in ("referral.no_show", "legal_status.fear")
    ]
    small = {"PEOPLE": 800, "DAYS": 90, "SEEDS": 2, "MORE_SEEDS": 3, "LEADING": 1}
    for name, value in small.items():
        monkeypatch.setattr(screening, name, value)
    monkeypatch.setattr(screening, "assumptions", lambda _: chosen)
    monkeypatch.setattr(screening, "leading", lambda found: ["referral.no_show"])
    monkeypatch.chdir(tmp_path)
    found = screening.screen(Console(file=StringIO()))
    assert set(found["assumption"]) == {one.name for one in chosen}
    assert set(found["end"]) == set(screening.ENDS)
    pairs = found[found["outcome"] == "unresolved_needs"].groupby("assumption")["pairs"]
    assert pairs.max().to_dict() == {"referral.no_show": 3, "legal_status.fear": 2}


def test_those_that_move_most_of_any_outcome_lead() -> None:
    rows = [("small", 1.0, 0.1), ("big", 0.2, -0.1), ("none", 5.0, 0.0), ("small", 1.0, -0.2)]
    found = pd.DataFrame(rows, columns=["assumption", "baseline", "difference"])
    assert screening.leading(found, count=2) == ["big", "small"]


def test_an_assumption_is_of_tier_c_and_says_so() -> None:
    entry = Entry(value=1, low=0, high=2, unit="x", tier="C", source="assumption: so")
    assert screening.is_assumption(entry)
    assert not screening.is_assumption(entry.model_copy(update={"source": "definition: so"}))
    assert not screening.is_assumption(entry.model_copy(update={"tier": "T"}))


def test_only_moves_that_can_be_told_from_chance_are_ranked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`wide` moves further than `known`, but its interval holds 0; `still` does not move."""
    outcome = screening.OUTCOMES[0]
    rows = [
        ("referral.no_show", "range", "low", outcome, 0.5, 0.30, -0.10, 0.70, 3),
        ("referral.navigation", "range", "high", outcome, 0.5, -0.10, -0.12, -0.08, 10),
        ("referral.navigation", "range", "low", outcome, 0.5, 0.05, 0.04, 0.06, 10),
        ("referral.reneging", "range", "high", outcome, 0.5, 0.0, 0.0, 0.0, 3),
    ]
    names = ["assumption", "varied", "end", "outcome", "baseline", "difference", "low", "high"]
    path = tmp_path / "screening.csv"
    pd.DataFrame(rows, columns=[*names, "pairs"]).to_csv(path, index=False)
    monkeypatch.setattr(audit, "RESULT", path)
    lines = audit.influential().splitlines()[2:]
    assert len(lines) == 1
    # (-0.10 - 0.05) / 0.5 of the level, for a range of (1 - 0) / 0.12 times the value.
    value = almaty().entries["referral.navigation"].value
    expected = f"{-0.3 * value:+.2f}"
    assert lines[0].startswith("| 1 | `referral.navigation` | 0.12 (0; 1) | **+5.0 ± 1.0**")
    assert lines[0].endswith(f"| {expected} | 10 |")
    assert "`referral.papers_asked` | added after the screening" in audit.unscreened()
    assert "`legal_status.share_at_entry` | shares" in audit.unscreened()
