"""The listed runs: policies, shocks, laws, cities, forks of one past, several seeds.

They use what every commit has in common: `load_scenario(name, overrides)`, `AlmatyModel`, `fork`,
`run_for`, `with_policy`, `digest`, `indicators`, `curves` and `case_log`.
"""

from typing import NamedTuple

DAYS = 150
"""Days of every run: the coordinating body starts on day 120."""
SMALL = (f"days={DAYS}", "city.population=1500", "city.burn_in_days=90")


class Listed(NamedTuple):
    """One listed run.

    Attributes
    ----------
    name : str
        What it is called in what the command prints.
    scenario : str
        The policy from day 0 on.
    overrides : tuple of str
        In Hydra's syntax, beside `SMALL`.
    branch : str or None
        The policy of a branch; None: a plain run. The results of a branch are those of both, its
        own and those of the run that it has left.
    after : int
        Days lived before the branch is made.
    """

    name: str
    scenario: str
    overrides: tuple[str, ...]
    branch: str | None = None
    after: int = 0


RUNS = (
    Listed("baseline", "baseline", ("seed=1",)),
    Listed("all three in an epidemic", "all_three_together", ("shock=epidemic", "seed=2")),
    Listed(
        "branch hub_joint_fund, grant gap", "baseline", ("shock=grant_gap", "seed=3"),
        "hub_joint_fund",
    ),
    Listed("osms_hoped in a recession", "osms_hoped", ("shock=recession", "seed=4")),
    Listed("branch osms_universal", "baseline", ("seed=5",), "osms_universal"),
    Listed(
        "information_saturation, influx, almaty", "information_saturation",
        ("city=almaty", "shock=influx", "seed=6"),
    ),
    Listed(
        "branch mobile_clinics after 30 days, raid wave", "baseline",
        ("shock=raid_wave", "seed=7"), "mobile_clinics", 30,
    ),
    Listed("registry_without_firewall, raid wave", "registry_without_firewall",
           ("shock=raid_wave", "seed=8")),
    Listed("law of the calendar, over the end of 2019", "baseline",
           ("law.as_of=calendar", "city.start_date=2019-11-15", "seed=9")),
    Listed("law of 2023-08-14", "baseline", ("law.as_of=2023-08-14", "seed=10")),
    Listed("law as hoped, branch ngo_funding", "baseline", ("law.regime=as_hoped", "seed=11"),
           "ngo_funding"),
    Listed("almaty, branch of a policy after 60 days", "employer_enforcement",
           ("city=almaty", "seed=12"), "enforcement_and_amnesty", 60),
    Listed("branch severity_priority, epidemic, seed 1", "ngo_cut", ("shock=epidemic", "seed=1"),
           "severity_priority", 45),
)  # fmt: skip
