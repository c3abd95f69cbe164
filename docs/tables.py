"""Write the tables of `docs/` anew from code and `conf/`.

    python docs/tables.py

A table stands between `<!-- table: name -->` and `<!-- end -->`; everything else is written by
hand. A test fails when a committed table is stale.
"""

import re
from collections.abc import Callable
from pathlib import Path

import audit
import patterns
import speed
import tables_inputs
import tables_model
import tables_outputs

DOCS = Path(__file__).parent
TABLES: dict[str, Callable[[], str]] = {
    "schedule": tables_model.schedule,
    "state variables": tables_model.state_variables,
    "other state": tables_model.other_state,
    "submodels": tables_model.submodel_texts,
    "purposes of chance": tables_model.purposes,
    "parameters": tables_inputs.parameters,
    "law": tables_inputs.law,
    "agencies": tables_inputs.agencies,
    "clinics": tables_inputs.clinics,
    "scenarios": tables_inputs.scenarios,
    "shocks": tables_inputs.shocks,
    "levers": tables_inputs.levers,
    "flows": tables_inputs.flows,
    "indicators": tables_outputs.indicators,
    "patterns": patterns.comparison,
    "tiers": audit.tiers,
    "screening": audit.screening_summary,
    "influential": audit.influential,
    "unscreened": audit.unscreened,
    **speed.TABLES,
}


def renewed(text: str) -> str:
    """Return a document with every table written anew."""

    def fill(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n\n{TABLES[found[1]]()}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (.*?) -->.*?<!-- end -->", fill, text, flags=re.DOTALL)


def documents(folder: Path = DOCS) -> list[Path]:
    """Return the documents that hold such tables."""
    return [
        path
        for path in sorted(folder.glob("*.md"))
        if "<!-- table: " in path.read_text(encoding="utf-8")
    ]


if __name__ == "__main__":
    for document in documents():
        document.write_text(renewed(document.read_text(encoding="utf-8")), encoding="utf-8")
