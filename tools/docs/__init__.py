"""Generators of the tables, figures and records in `docs/`.

Each is run as a module from the root of the checkout, e.g. `python -m tools.docs.tables`. The texts
in `docs/` are written by hand; data files of the generators are in `docs/data/`.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Root of the checkout."""
DOCS = ROOT / "docs"
DATA = DOCS / "data"
"""Folder of data that generators write or read."""
FIGURES = DOCS / "figures"
