"""The ODD: its tables are those of the code and of conf/, and no institution is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim import vocabulary as words
from sim.scenario import load_scenario

ROOT = Path(__file__).parents[2]
ODD = ROOT / "docs" / "odd.md"
ALMATY = load_scenario("baseline", ["city=almaty"]).world


def test_the_tables_are_up_to_date(tmp_path: Path) -> None:
    """What `python docs/tables.py` would write is what stands there."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("odd.md", "tables.py"):
        (docs / name).write_bytes((ROOT / "docs" / name).read_bytes())
    subprocess.run([sys.executable, docs / "tables.py"], cwd=ROOT, check=True, timeout=120)
    renewed = (docs / "odd.md").read_text(encoding="utf-8")
    assert renewed == ODD.read_text(encoding="utf-8"), "run `python docs/tables.py`"


@pytest.mark.parametrize("name", [*ALMATY.agencies, *words.INSTITUTION_KINDS])
def test_every_institution_has_a_row(name: str) -> None:
    rows = [
        line for line in ODD.read_text(encoding="utf-8").splitlines() if f"| `{name}` |" in line
    ]
    assert len(rows) == 1
    if name in ALMATY.agencies:
        assert rows[0].startswith(f"| {ALMATY.agencies[name].summary} |")
