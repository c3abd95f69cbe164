"""What the unchanged city does, beside the patterns it is held against.

    python -m tools.docs.patterns

runs the small city as it was in 2018 under some seeds and writes `docs/data/patterns.csv`. Patterns
and where they come from are in `docs/data/patterns.yaml`; `tools.docs.tables` puts both into the
ODD.
"""

from typing import Any

import pandas as pd
import yaml

from experiments.analysis.statistics import interval
from sim import AlmatyModel, load_scenario
from tools.docs import DATA
from tools.docs.markdown_tables import number, table

PATTERNS, RESULT = DATA / "patterns.yaml", DATA / "patterns.csv"
SEEDS, DAYS, CONFIDENCE = range(1, 6), 365, 0.95
COLUMNS = ["pattern", "mean", "low", "high", "count"]
"""Of the file that is written."""
EVERYBODY = {"detail": "", "by": "all", "group": "all"}


def patterns() -> list[dict[str, Any]]:
    """Return the patterns, in the order of the file."""
    found: list[dict[str, Any]] = yaml.safe_load(PATTERNS.read_text(encoding="utf-8"))
    return found


def value_of(indicators: pd.DataFrame, find: dict[str, str]) -> float:
    """Return the one value of a table of indicators that a pattern is about.

    Raises
    ------
    LookupError
        If there is none, or more than one.
    """
    wanted = {**EVERYBODY, **find}
    chosen = indicators[(indicators[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    if len(chosen) != 1:
        raise LookupError(f"{len(chosen)} values for {find}")
    return float(chosen["value"].iloc[0])


def simulated() -> pd.DataFrame:
    """Return mean and simulation interval of every pattern."""
    scenario = load_scenario("baseline", ["city=workshop"])
    rows = []
    for seed in SEEDS:
        model = AlmatyModel(scenario.with_seed(seed))
        model.run_for(DAYS)
        indicators = model.indicators()
        rows += [(one["pattern"], value_of(indicators, one["find"])) for one in patterns()]
    values = pd.DataFrame(rows, columns=["pattern", "value"])
    found = interval(values.groupby("pattern", sort=False)["value"], CONFIDENCE).reset_index()
    return found[COLUMNS]


def comparison() -> str:
    """Return the patterns beside what the model does."""
    found = pd.read_csv(RESULT).set_index("pattern")
    rows = []
    for one in patterns():
        mean, low, high = (
            float(found.loc[one["pattern"], name]) for name in ("mean", "low", "high")
        )
        inside = one["low"] <= mean <= one["high"]
        rows.append(
            (
                one["pattern"], f"{number(one['low'])} to {number(one['high'])}",
                f"{mean:.3g} ({low:.3g} to {high:.3g})", "inside" if inside else "**outside**",
                one["use"], one["source"],
            )
        )  # fmt: skip
    return table(("pattern", "target", "model", "", "use", "source"), rows)


def main() -> None:
    """Run the city and write its values."""
    simulated().round(6).to_csv(RESULT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
