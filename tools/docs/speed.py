"""Draw the figures of `docs/speed.md` and write its tables, from the committed measurements.

    python -m tools.docs.speed

reads `benchmarks/results/` and measures nothing; measurements are made by `benchmarks.all`.
"""

from tools.docs import DOCS, speed_figures
from tools.docs.markdown_tables import renewed
from tools.docs.speed_tables import TABLES

PAGE = DOCS / "speed.md"


def main() -> None:
    """Draw the figures and write the tables of the page."""
    speed_figures.draw_all()
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), TABLES), encoding="utf-8")


if __name__ == "__main__":
    main()
