"""What each barrier is worth: the same city with one barrier after the other switched off, paired.

    python -m tools.docs.barriers

switches off the barriers of `conf/counterfactual/no_barriers.yaml` kind by kind, and all together,
from day 0 of the same past, and writes the paired differences to `docs/data/barriers.csv`.
"""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from experiments.analysis.statistics import interval
from sim import AlmatyModel, load_scenario
from sim.config.levers import Change
from tools.docs import DATA
from tools.docs.markdown_tables import table
from tools.docs.patterns import REFERENCE, value_of

RESULT = DATA / "barriers.csv"
COUNTERFACTUAL = "no_barriers"
SEEDS, DAYS, CONFIDENCE = range(1, 11), 365, 0.95
OUTCOMES = {
    "unmet_need_episodes": ("needs no provider saw", 100.0),
    "unmet_need_lasting": ("lasting needs", 100.0),
    "unmet_need_persons": ("people with an unmet need", 100.0),
    "emergency_any_care_24h": ("emergencies with any care in 24 h", 100.0),
    "emergencies_without_care": ("emergencies without care, per 1,000", 1.0),
}
"""Heading and factor of each outcome that is shown."""
KINDS = {
    "fear of being reported": ("care_seeking.fear_weight",),
    "lack of a common language": ("care_seeking.language_weight",),
    "money": (
        "care_seeking.price_weight", "care_seeking.borrowing_weight", "payment.informal_asked.*",
        "payment.price.*",
    ),
    "distance and waits": ("care_seeking.wait_weight",),
    "leave from work": ("employment.permission*",),
    "papers asked for": ("referral.papers_asked", "referral.registration_asked"),
    "refusal at the desk": ("payment.wrongful_refusal", "payment.refusal_by_attitude.*"),
    "all of them": ("*",),
}  # fmt: skip
"""Paths that belong to each kind of barrier."""


def changes_of(patterns: tuple[str, ...], changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes of the counterfactual whose paths match one of these patterns."""
    return tuple(one for one in changes if any(fnmatchcase(one.path, name) for name in patterns))


def simulated() -> pd.DataFrame:
    """Return the paired difference that each kind of barrier makes, with its interval."""
    base = load_scenario(REFERENCE, ["city=workshop"])
    everything = base.with_policy(COUNTERFACTUAL).changes
    rows = []
    for seed in SEEDS:
        plan = base.with_seed(seed)
        past = AlmatyModel(plan)
        worlds = {"none": plan} | {
            name: replace(plan, changes=changes_of(paths, everything))
            for name, paths in KINDS.items()
        }
        for name, specification in worlds.items():
            model = past.fork(specification)
            model.run_for(DAYS)
            indicators = model.indicators()
            rows += [
                (name, outcome, seed, value_of(indicators, {"indicator": outcome}))
                for outcome in OUTCOMES
            ]
    values = pd.DataFrame(rows, columns=["off", "outcome", "seed", "value"])
    wide = values.pivot(index=["outcome", "seed"], columns="off", values="value")
    found = []
    for name in wide.columns:
        change = wide[name] if name == "none" else wide[name] - wide["none"]
        one = interval(change.groupby("outcome"), CONFIDENCE).reset_index()
        found.append(one.assign(off=name))
    return pd.concat(found)[["off", "outcome", "mean", "low", "high"]]


def summary() -> str:
    """Return the level of the baseline, and what each barrier off changes, in points."""
    found = pd.read_csv(RESULT).set_index(["off", "outcome"])[["mean", "low", "high"]]
    rows = []
    for off in ("none", *KINDS):
        cells = []
        for outcome, (_, factor) in OUTCOMES.items():
            mean, low, high = factor * found.loc[[(off, outcome)]].to_numpy(dtype=float)[0]
            sign = "" if off == "none" else "+"
            cells.append(f"{mean:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})")
        rows.append(("**level today**" if off == "none" else off, *cells))
    headings = ("switched off", *(heading for heading, _ in OUTCOMES.values()))
    return table(headings, rows)


def main() -> None:
    """Run the worlds and write the differences."""
    found = simulated()
    order = {name: place for place, name in enumerate(("none", *KINDS))}
    places = {name: place for place, name in enumerate(OUTCOMES)}
    by = np.lexsort((found["outcome"].map(places), found["off"].map(order)))
    found.iloc[by].round(6).to_csv(RESULT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
