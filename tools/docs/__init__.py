"""Generators of the documents: tables, figures and records that `docs/` holds.

Each is run as a module from the root of the checkout, e.g. `python -m tools.docs.tables`. Texts
are written by hand and stand in `docs/`; the files that generators keep are in `docs/data/`.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
DOCS = ROOT / "docs"
DATA = DOCS / "data"
"""What is measured or found out by a generator, or written for one to read."""
FIGURES = DOCS / "figures"
