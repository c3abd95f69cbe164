"""What policies change: the same city with one policy after the other, paired.

    python -m tools.docs.policies

runs the policies of the main job, and those whose effect could be a zero by construction, from day
0 of the same past, and writes the paired differences to `docs/data/policies.csv`.
"""

import pandas as pd

from sim import load_scenario
from sim.config.scenario import Scenario
from tools.docs import DATA
from tools.docs.paired import LEVEL, differences, paired
from tools.docs.patterns import REFERENCE

RESULT = DATA / "policies.csv"
POLICIES = (
    "osms_legislated", "osms_hoped", "osms_with_card", "osms_universal",
    "arrival_briefing", "information_saturation", "hub_small", "hub_medium", "hub_with_escorts",
    "reporting_firewall", "announced_firewall", "emergency_guarantee", "desk_training",
    "works_doctor", "paid_sick_days", "mobile_clinics", "employer_enforcement",
)  # fmt: skip
OUTCOMES = (
    "emergency_uptake_24h",
    "unmet_need_episodes",
    "emergencies_without_care",
    "unresolved_needs",
    "total_unresolved",
)


def simulated() -> pd.DataFrame:
    """Return the paired difference that each policy makes, with its interval."""

    def worlds(plan: Scenario) -> dict[str, Scenario]:
        return {name: plan.with_policy(name) for name in POLICIES}

    return paired(load_scenario(REFERENCE, ["city=workshop"]), worlds, OUTCOMES)


def summary() -> str:
    """Return the level of the baseline, and what each policy changes."""
    names = {LEVEL: "**level today**"} | {name: f"`{name}`" for name in POLICIES}
    return differences(pd.read_csv(RESULT), "policy", names)


def main() -> None:
    """Run the policies and write the differences."""
    simulated().to_csv(RESULT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
