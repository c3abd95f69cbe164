"""Results of the unchanged city, compared with the patterns it is tested against.

    python -m tools.docs.patterns

runs the small city as it was in 2018 under several seeds and writes `docs/data/patterns.csv`. The
patterns and their sources are in `docs/data/patterns.yaml`; `tools.docs.tables` puts both into the
ODD.
"""

from typing import Any

import numpy as np
import pandas as pd
import yaml

from experiments.analysis.statistics import interval
from sim import AlmatyModel, load_scenario
from sim.observation import survey
from tools.docs import DATA
from tools.docs.markdown_tables import number, table

PATTERNS, RESULT = DATA / "patterns.yaml", DATA / "patterns.csv"
SEEDS, DAYS, CONFIDENCE = range(1, 6), 365, 0.95
COLUMNS = ["pattern", "mean", "low", "high", "count", "sampled_low", "sampled_high"]
"""Of the file that is written; the last two of surveys only."""
SAMPLES = 40
"""Simulated surveys a seed: how far a survey of its size strays from what it asks about."""
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


def answer(respondents: pd.DataFrame, asked: dict[str, str]) -> float:
    """Return what a survey says of a pattern: a share of respondents, or adjusted odds of care."""
    if "share" in asked:
        return float(survey.shares(respondents)[asked["share"]])
    return float(survey.odds_ratios(respondents)["odds_ratio"][asked["odds"]])


def answers(model: AlmatyModel, asked: dict[str, str], seed: int) -> list[float]:
    """Return what a survey of everybody says, and then what surveys of the source's size say."""
    design = survey.design(asked["design"])
    people = survey.population(model, design)
    rng = np.random.default_rng(seed)
    drawn = (survey.sample(people, design, rng) for _ in range(SAMPLES))
    return [answer(people, asked), *(answer(one, asked) for one in drawn)]


def simulated() -> pd.DataFrame:
    """Return mean and simulation interval of every pattern, and the spread of surveys."""
    scenario = load_scenario("baseline", ["city=workshop"])
    rows, drawn = [], []
    for seed in SEEDS:
        model = AlmatyModel(scenario.with_seed(seed))
        model.run_for(DAYS)
        indicators = model.indicators()
        for one in patterns():
            name = one["pattern"]
            if "find" in one:
                rows.append((name, value_of(indicators, one["find"])))
            else:
                everybody, *samples = answers(model, one["survey"], seed)
                rows.append((name, everybody))
                drawn += [(name, value) for value in samples]
    values = pd.DataFrame(rows, columns=["pattern", "value"])
    found = interval(values.groupby("pattern", sort=False)["value"], CONFIDENCE).reset_index()
    tail = (1.0 - CONFIDENCE) / 2
    spread = pd.DataFrame(drawn, columns=["pattern", "value"]).groupby("pattern")["value"]
    limits = {"sampled_low": spread.quantile(tail), "sampled_high": spread.quantile(1.0 - tail)}
    return found.join(pd.DataFrame(limits), on="pattern")[COLUMNS]


def comparison() -> str:
    """Return the patterns together with the results of the model."""
    found = pd.read_csv(RESULT).set_index("pattern")
    rows = []
    for one in patterns():
        mean, low, high = (
            float(found.loc[one["pattern"], name]) for name in ("mean", "low", "high")
        )
        sampled = [float(found.loc[one["pattern"], name]) for name in COLUMNS[-2:]]
        inside = one["low"] <= mean <= one["high"]
        rows.append(
            (
                one["pattern"], f"{number(one['low'])} to {number(one['high'])}",
                f"{mean:.3g} ({low:.3g} to {high:.3g})",
                "" if np.isnan(sampled[0]) else f"{sampled[0]:.3g} to {sampled[1]:.3g}",
                "inside" if inside else "**outside**",
                one["use"], one["source"],
            )
        )  # fmt: skip
    return table(("pattern", "target", "model", "one survey", "", "use", "source"), rows)


def main() -> None:
    """Run the city and write the values of all patterns."""
    simulated().round(6).to_csv(RESULT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
