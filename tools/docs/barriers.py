"""What each barrier is worth: the same city with one barrier after the other switched off, paired.

    python -m tools.docs.barriers

switches off the barriers of `conf/counterfactual/no_barriers.yaml` kind by kind, and all together,
from day 0 of the same past, and writes the paired differences to `docs/data/barriers.csv`.
"""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

import pandas as pd

from sim import load_scenario
from sim.config.levers import Change
from sim.config.scenario import Scenario
from tools.docs import DATA
from tools.docs.paired import LEVEL, differences, paired
from tools.docs.patterns import REFERENCE

RESULT = DATA / "barriers.csv"
COUNTERFACTUAL = "no_barriers"
OUTCOMES = (
    "unmet_need_episodes",
    "unmet_need_lasting",
    "unmet_need_persons",
    "emergency_any_care_24h",
    "emergencies_without_care",
)
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

    def worlds(plan: Scenario) -> dict[str, Scenario]:
        return {
            name: replace(plan, changes=changes_of(paths, everything))
            for name, paths in KINDS.items()
        }

    return paired(base, worlds, OUTCOMES)


def summary() -> str:
    """Return the level of the baseline, and what each barrier off changes, in points."""
    names = {LEVEL: "**level today**"}
    return differences(pd.read_csv(RESULT), "switched off", names)


def main() -> None:
    """Run the worlds and write the differences."""
    simulated().to_csv(RESULT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
