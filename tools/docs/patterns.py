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
SEEDS, DAYS, CONFIDENCE = range(1, 11), 365, 0.95
OF_SURVEYS = ["sampled_low", "sampled_high", "without_estimate"]
"""Limits of what one survey would say, and the share of surveys that could not say it."""
COLUMNS = ["pattern", "mean", "low", "high", "count", *OF_SURVEYS]
"""Columns of the file that is written."""
SAMPLES = 40
"""Simulated surveys per seed, from which the sampling error of a survey is estimated."""
EVERYBODY = {"detail": "", "by": "all", "group": "all"}
REFERENCE = "baseline"


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


def rank_of(indicators: pd.DataFrame, find: dict[str, str]) -> float:
    """Return the rank of a value among the details of its indicator; 1 is the largest."""
    others = {**EVERYBODY, "indicator": find["indicator"]}
    del others["detail"]
    all_details = indicators[(indicators[list(others)] == pd.Series(others)).all(axis=1)]
    return float((all_details["value"] > value_of(indicators, find)).sum() + 1)


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


def scenarios() -> list[str]:
    """Return the scenarios that the patterns are looked up in."""
    return sorted({one.get("scenario", REFERENCE) for one in patterns()})


def values_of(model: AlmatyModel, scenario: str, seed: int) -> dict[str, list[float]]:
    """Return the value of each pattern of a scenario, and what surveys would say, by pattern."""
    indicators = model.indicators()
    found: dict[str, list[float]] = {}
    for one in patterns():
        if one.get("scenario", REFERENCE) != scenario:
            continue
        if "survey" in one:
            found[one["pattern"]] = answers(model, one["survey"], seed)
        else:
            look_up = rank_of if one.get("as") == "rank" else value_of
            found[one["pattern"]] = [look_up(indicators, one["find"])]
    return found


def simulated() -> pd.DataFrame:
    """Return mean and simulation interval of every pattern, and the spread of surveys."""
    base = load_scenario(REFERENCE, ["city=workshop"])
    rows: list[tuple[str, float]] = []
    drawn: list[tuple[str, float]] = []
    for seed in SEEDS:
        past = AlmatyModel(base.with_seed(seed))
        for scenario in scenarios():
            model = past.fork(past.specification.with_policy(scenario))
            model.run_for(DAYS)
            for name, (everybody, *samples) in values_of(model, scenario, seed).items():
                rows.append((name, everybody))
                drawn += [(name, value) for value in samples]
    values = pd.DataFrame(rows, columns=["pattern", "value"])
    found = interval(values.groupby("pattern", sort=False)["value"], CONFIDENCE).reset_index()
    tail = (1.0 - CONFIDENCE) / 2
    spread = pd.DataFrame(drawn, columns=["pattern", "value"]).groupby("pattern")["value"]
    of_surveys = (
        spread.quantile(tail), spread.quantile(1.0 - tail),
        spread.agg(lambda values: values.isna().mean()),
    )  # fmt: skip
    columns = dict(zip(OF_SURVEYS, of_surveys, strict=True))
    joined = found.join(pd.DataFrame(columns), on="pattern").set_index("pattern")
    return joined.loc[[one["pattern"] for one in patterns()]].reset_index()[COLUMNS]


def of_one_survey(row: "pd.Series[float]") -> str:
    """Return what one survey of the source's size would say, in words.

    >>> of_one_survey(pd.Series([0.5, 1.25, 0.0], index=OF_SURVEYS))
    '0.5 to 1.25'
    >>> of_one_survey(pd.Series([0.5, 1.25, 0.4], index=OF_SURVEYS))
    'no estimate in 40 %'
    """
    low, high, without = (float(row[name]) for name in OF_SURVEYS)
    if np.isnan(without):
        return ""
    # The surveys that have an estimate are not a fair sample of all.
    if without > 1.0 - CONFIDENCE:
        return f"no estimate in {without:.0%}".replace("%", " %")
    return f"{low:.3g} to {high:.3g}"


def comparison() -> str:
    """Return the patterns together with the results of the model."""
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
                f"{mean:.3g} ({low:.3g} to {high:.3g})",
                of_one_survey(found.loc[one["pattern"]]),
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
