"""Rewrite the tables of `docs/` from code and `conf/`.

    python -m tools.docs.tables

A table is between `<!-- table: name -->` and `<!-- end -->`; everything else is written by hand. A
test fails if a committed table is out of date.
"""

from collections.abc import Callable
from pathlib import Path

from tools.docs import (
    DOCS,
    audit,
    barriers,
    paths_to_care,
    patterns,
    policies,
    speed_tables,
    tables_inputs,
    tables_model,
    tables_outputs,
    targets,
)
from tools.docs.markdown_tables import renewed

TABLES: dict[str, Callable[[], str]] = {
    "schedule": tables_model.schedule,
    "state variables": tables_model.state_variables,
    "other state": tables_model.other_state,
    "submodels": tables_model.submodel_texts,
    "purposes of chance": tables_model.purposes,
    "event logs": tables_model.event_logs,
    "parameters": tables_inputs.parameters,
    "law": tables_inputs.law,
    "agencies": tables_inputs.agencies,
    "clinics": tables_inputs.clinics,
    "scenarios": tables_inputs.scenarios,
    "paths to care": paths_to_care.listed,
    "shocks": tables_inputs.shocks,
    "levers": tables_inputs.levers,
    "lever costs": tables_inputs.lever_costs,
    "flows": tables_inputs.flows,
    "indicators": tables_outputs.indicators,
    "patterns": patterns.comparison,
    "barriers": barriers.summary,
    "policies": policies.summary,
    "target points": targets.summary,
    "targets met": targets.best,
    "tiers": audit.tiers,
    "screening": audit.screening_summary,
    "influential": audit.influential,
    "unscreened": audit.unscreened,
    **speed_tables.TABLES,
}


def documents(folder: Path = DOCS) -> list[Path]:
    """Return the documents that hold such tables."""
    return [
        path
        for path in sorted(folder.glob("*.md"))
        if "<!-- table: " in path.read_text(encoding="utf-8")
    ]


def main() -> None:
    """Write the tables of all documents."""
    for document in documents():
        text = renewed(document.read_text(encoding="utf-8"), TABLES)
        document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
