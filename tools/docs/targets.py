"""Where in the ranges of its parameters the model meets the patterns it is held against.

    python -m tools.docs.targets [POINTS]

draws a Latin hypercube of points in the box of `docs/data/target_box.yaml`, simulates each (one
seed each, so that chance is part of the spread), looks up every pattern of
`docs/data/patterns.yaml` and writes the design together with the values to
`docs/data/target_points.csv`. It goes on with the points that the file does not hold yet, so an
interrupted design can be finished.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pandas as pd
import yaml

from experiments.runs.designs import Values, samples_of
from experiments.studies.settings import processors
from sim import AlmatyModel, load_scenario
from sim.observation import survey
from tools.docs import DATA
from tools.docs.markdown_tables import number, table
from tools.docs.patterns import DAYS, REFERENCE, patterns, rank_of, scenarios, value_of

BOX, RESULT = DATA / "target_box.yaml", DATA / "target_points.csv"
POINTS, SEED_OF_DESIGN, FIRST_SEED = 300, 1, 1001
CITY = ["city=workshop", "city.population=10000"]
AT_ONCE = 10
"""Points between two writings of the file."""


def box() -> dict[str, dict[str, float]]:
    """Return the range of each parameter that is varied, by path."""
    found: dict[str, dict[str, float]] = yaml.safe_load(BOX.read_text(encoding="utf-8"))
    return found


def design(count: int) -> list[Values]:
    """Return the points of the design."""
    base = load_scenario(REFERENCE, CITY)
    return samples_of("latin_hypercube", box(), count, SEED_OF_DESIGN, base)


def values_at(numbered: tuple[int, Values]) -> dict[str, Any]:
    """Simulate one point; return its number, its parameters and the value of every pattern."""
    place, point = numbered
    base = load_scenario(REFERENCE, CITY).with_values(point).with_seed(FIRST_SEED + place)
    past = AlmatyModel(base)
    found: dict[str, Any] = {"point": place, **point}
    for scenario in scenarios():
        model = past.fork(base.with_policy(scenario))
        model.run_for(DAYS)
        found |= _values(model, scenario)
    return found


def _values(model: AlmatyModel, scenario: str) -> dict[str, float]:
    indicators = model.indicators()
    people: dict[str, pd.DataFrame] = {}
    found = {}
    for one in patterns():
        if one.get("scenario", REFERENCE) != scenario:
            continue
        if "find" in one:
            look_up = rank_of if one.get("as") == "rank" else value_of
            found[one["pattern"]] = look_up(indicators, one["find"])
            continue
        asked = one["survey"]
        if asked["design"] not in people:
            people[asked["design"]] = survey.population(model, survey.design(asked["design"]))
        respondents = people[asked["design"]]
        if "share" in asked:
            found[one["pattern"]] = float(survey.shares(respondents)[asked["share"]])
        else:
            odds = survey.odds_ratios(respondents)["odds_ratio"]
            found[one["pattern"]] = float(odds[asked["odds"]])
    return found


def simulated(count: int) -> Iterator[pd.DataFrame]:
    """Yield the design with the values of all points so far, some points at a time."""
    done = pd.read_csv(RESULT) if RESULT.is_file() else pd.DataFrame({"point": []})
    points = [one for one in enumerate(design(count)) if one[0] not in set(done["point"])]
    with ProcessPoolExecutor(processors()) as pool:
        for first in range(0, len(points), AT_ONCE):
            rows = list(pool.map(values_at, points[first : first + AT_ONCE]))
            done = pd.concat([done, pd.DataFrame(rows)], ignore_index=True)
            yield done


def summary() -> str:
    """Return, for each pattern, how many points of the design lie inside, and where they lie."""
    found = pd.read_csv(RESULT)
    rows = []
    for one in patterns():
        values = found[one["pattern"]]
        inside = values.between(one["low"], one["high"])
        rows.append(
            (
                one["pattern"], f"{number(one['low'])} to {number(one['high'])}",
                f"{inside.mean():.0%}".replace("%", " %"),
                f"{values.quantile(0.05):.3g} to {values.quantile(0.95):.3g}",
                f"{values.min():.3g} to {values.max():.3g}", one["use"],
            )
        )  # fmt: skip
    return table(
        ("pattern", "target", "points inside", "90 % of points", "all points", "use"), rows
    )


def best() -> str:
    """Return how many points meet how many of the patterns that are not held out."""
    found = pd.read_csv(RESULT)
    aims = [one for one in patterns() if one["use"] != "held"]
    met = sum(found[one["pattern"]].between(one["low"], one["high"]).astype(int) for one in aims)
    counts = met.value_counts().sort_index(ascending=False).head(FEW)
    rows = [(f"{int(many)} of {len(aims)}", str(points)) for many, points in counts.items()]
    return table(("patterns met (those set or aimed at)", "points"), rows)


FEW = 5
"""Rows of the table of how many patterns are met."""


def main() -> None:
    """Simulate the points that are missing, and write the file as it grows."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    for found in simulated(count):
        found.sort_values("point").round(6).to_csv(RESULT, index=False, lineterminator="\n")
        print(f"{len(found)} of {count} points", flush=True)


if __name__ == "__main__":
    main()
