"""The evidence audit: where every number comes from, and which assumptions matter most.

    python -m tools.docs.audit

prints what is wrong with sources (exit status 1), or that nothing is wrong. The convention: a
source is a sentence with keys of `docs/references.bib` in brackets, `[davis2017]` or
`[iwpr, ratel]`. Tiers A and B need a key. A source of tier C begins with the word for its kind
(`OPENINGS`), a source of tier T with "tuned"; both may cite references. `tools.docs.tables` writes
the tables of `docs/evidence.md` with the functions below.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tools.docs import DOCS
from tools.docs.markdown_tables import number, table
from tools.docs.screening import (
    CONFIDENCE,
    ENDS,
    LARGER,
    OUTCOMES,
    PRICES_OF_POLICIES,
    RESULT,
    SMALLER,
    assumptions,
    is_assumption,
    possible,
)
from tools.docs.tables_inputs import almaty, entries_of, files_with_entries, where

REFERENCES = DOCS / "references.bib"
TIERS = {
    "A": "local data", "B": "literature or official statement", "C": "assumption",
    "T": "tuned to a pattern",
}  # fmt: skip
OPENINGS = ("assumption", "definition", "technical", "hypothetical", "none in 2018")
"""First words of a source of tier C; only the first kind is a statement about the world."""
MOST = 25
"""Number of assumptions that the report names."""


def keys(text: str) -> list[str]:
    """Return the keys that a text cites.

    >>> keys("34 % [orda2024], 32 % [prosud2025, ratel]; see [odd.md](odd.md), x[0]")
    ['orda2024', 'prosud2025', 'ratel']
    """
    found = re.findall(r"(?<![\w\]])\[([a-z][a-z0-9_]+(?:, [a-z][a-z0-9_]+)*)\](?!\()", text)
    return [key for one in found for key in one.split(", ")]


def bibliography(path: Path = REFERENCES) -> list[str]:
    """Return the keys of the bibliography."""
    return re.findall(r"^@\w+\{(\w+),", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def sources() -> Iterator[tuple[str, str, str]]:
    """Yield place, tier ("law" for a row of a law book) and source of every entry in `conf/`."""
    for path in files_with_entries():
        for name, entry in entries_of(path).items():
            yield f"{where(path)}: {name}", entry.tier, entry.source
    for book, regime in almaty().world.regime.items():
        for name, row in regime.entitlements.items():
            yield f"conf/regime/{book}.yaml: entitlements.{name}", "law", row.source


def mistakes(known: list[str], found: Iterator[tuple[str, str, str]]) -> list[str]:
    """Return what is wrong with some sources, one line each."""
    wrong = [f"{REFERENCES.name}: {key} twice" for key, n in Counter(known).items() if n > 1]
    for place, tier, source in found:
        cited = keys(source)
        wrong += [f"{place}: no entry '{key}'" for key in cited if key not in known]
        if tier in ("A", "B") and not cited:
            wrong.append(f"{place}: tier {tier} without a reference")
        if tier == "C" and not source.startswith(OPENINGS):
            wrong.append(f"{place}: does not begin with one of: {', '.join(OPENINGS)}")
        if tier == "T" and not source.startswith("tuned"):
            wrong.append(f"{place}: does not say what it was tuned to")
        if tier == "law" and not cited and not source.startswith("hypothetical"):
            wrong.append(f"{place}: a row of law without a reference")
    return wrong


def uncited(known: list[str]) -> list[str]:
    """Return the keys that neither `conf/` nor a document cites."""
    texts = [path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")]
    texts += [source for _, _, source in sources()]
    cited = {key for text in texts for key in keys(text)}
    return [key for key in known if key not in cited]


def tiers() -> str:
    """Return the number of entries of each file in each tier."""
    rows = []
    total: Counter[str] = Counter()
    for path in files_with_entries():
        found = entries_of(path).values()
        counted = Counter[str](entry.tier for entry in found)
        counted["world"] = sum(is_assumption(entry) for entry in found)
        total += counted
        rows.append((f"`{where(path)}`", *_counts(counted)))
    rows.append(("**all**", *_counts(total)))
    heading = [f"{tier}: {meaning}" for tier, meaning in TIERS.items()]
    return table(("file", "entries", *heading, "of C: about the world"), rows)


def _counts(counted: Counter[str]) -> list[int]:
    return [sum(counted[one] for one in TIERS), *(counted[one] for one in (*TIERS, "world"))]


def ranked() -> pd.DataFrame:
    """Return the screening with the size of each change, the most influential assumptions first.

    A change is *clear* if its simulation interval excludes 0; its size is the difference as a
    share of the baseline level. Assumptions are in the order of their largest clear change.
    """
    moves = pd.read_csv(RESULT)
    moves["clear"] = (moves["low"] > 0) | (moves["high"] < 0)
    moves["size"] = (moves["difference"] / moves["baseline"]).abs()
    clear = moves["size"].where(moves["clear"], 0.0)
    moves["largest"] = clear.groupby(moves["assumption"]).transform("max")
    return moves.sort_values(["largest", "assumption"], ascending=[False, True], kind="stable")


def influential() -> str:
    """Return the assumptions that change an outcome most, and by how much at either end."""
    moves = ranked()
    rows = []
    leading = moves.loc[moves["largest"] > 0, "assumption"].unique()[:MOST]
    for place, name in enumerate(leading, start=1):
        mine = moves[moves["assumption"] == name]
        varied, pairs = mine["varied"].iloc[0], mine["pairs"].min()
        cells = []
        for outcome in OUTCOMES:
            both = mine[mine["outcome"] == outcome].set_index("end")
            cells.append("; ".join(_move(both.loc[end]) for end in ENDS if end in both.index))
        slope = elasticity(mine, width_of(name, varied))
        rows.append((place, f"`{name}`", ends_of(name, varied), *cells, slope, pairs))
    heading = [outcome.replace("_", " ") for outcome in OUTCOMES]
    return table(("", "assumption", "value (low; high)", *heading, "elasticity", "pairs"), rows)


def elasticity(mine: pd.DataFrame, width: float) -> str:
    """Return the percentage change of the most affected outcome per percent of an assumption.

    This is the mean slope from end to end; blank if an end is missing or the value is 0.

    >>> two = {"end": ["low", "high"], "outcome": ["uptake"] * 2, "baseline": [0.5] * 2}
    >>> elasticity(pd.DataFrame({**two, "difference": [-0.1, 0.2], "size": [0.2, 0.4],
    ...                          "clear": [False, True]}), width=1.5)
    '+0.40'
    """
    outcome = mine["outcome"].iloc[mine["size"].where(mine["clear"], 0.0).argmax()]
    both = mine[mine["outcome"] == outcome].set_index("end")
    if width <= 0.0 or set(both.index) != set(ENDS):
        return ""
    moved = float(
        (both["difference"]["high"] - both["difference"]["low"]) / both["baseline"].iloc[0]
    )
    return f"{moved / width:+.2f}"


def width_of(name: str, varied: str) -> float:
    """Return the distance between the ends of an assumption, as a multiple of its value."""
    if varied != "range":
        return LARGER - SMALLER
    entry = almaty().entries[name]
    return (entry.high - entry.low) / abs(entry.value) if entry.value else 0.0


def ends_of(name: str, varied: str) -> str:
    """Return the value of an assumption, and the ends to which it was moved."""
    if varied != "range":
        return varied
    entry = almaty().entries[name]
    return f"{number(entry.value)} ({number(entry.low)}; {number(entry.high)})"


def _move(row: "pd.Series[float]") -> str:
    points = 100 * row["difference"]
    half = 100 * (row["high"] - row["difference"])
    text = f"{points:+.1f} ± {half:.1f}"
    return f"**{text}**" if row["clear"] else text


def screening_summary() -> str:
    """Return a summary of the screening in numbers."""
    moves = ranked()
    rows = []
    for (outcome, pairs), mine in moves.groupby(["outcome", "pairs"]):
        active = mine[mine["difference"] != 0]
        half = 100 * (active["high"] - active["difference"]).median()
        rows.append(
            (
                f"`{outcome}`", pairs, f"{100 * mine['baseline'].iloc[0]:.1f} %", len(mine),
                len(active), int(active["clear"].sum()), f"{(1 - CONFIDENCE) * len(active):.0f}",
                f"{half:.1f} points",
            )
        )  # fmt: skip
    return table(
        ("outcome", "pairs", "baseline", "ends tried", "that change it at all", "clearly",
         "expected by chance", "median half-width"),
        rows,
    )  # fmt: skip


def unscreened() -> str:
    """Return the assumptions about the world that were not screened, with the reason."""
    screened = set(pd.read_csv(RESULT)["assumption"])
    moved = {one.name: one for one in assumptions(almaty())}
    left = [name for name in moved if name not in screened]
    rows = [
        (
            f"`{name}`",
            "added after the screening" if possible(almaty(), moved[name].low)
            else "shares that must add up to one",
        )
        for name in left
    ]  # fmt: skip
    prices = [
        name for name, entry in almaty().entries.items()
        if is_assumption(entry) and name.startswith(PRICES_OF_POLICIES)
    ]  # fmt: skip
    rows.append(
        (
            f"`{PRICES_OF_POLICIES}*` ({len(prices)} entries)",
            "prices of policies affect no outcome except costs",
        )
    )
    return table(("not screened", "why"), rows)


def main() -> int:
    """Print what is wrong with sources, or that nothing is; return the exit status, 1 or 0."""
    known = bibliography()
    found = mistakes(known, sources())
    found += [f"{REFERENCES.name}: {key} is never cited" for key in uncited(known)]
    for line in found or ["Every reference exists, and every source has what its tier requires."]:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
