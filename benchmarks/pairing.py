"""How much pairing helps: variance of a difference, independent seeds over equal seeds.

    python -m benchmarks.pairing [scenario] [seeds] [people] [--write [FILE]]

Default: messenger_campaign 30 20000. Each seed is run under both scenarios; the variance of
the paired difference is compared with the sum of the variances of the two arms, which is what
independent seeds would give. The ratio falls as an effect grows: of n emergencies a policy that
changes the fate of a share d leaves a paired variance of at least about d / n, against
2 p (1 - p) / n unpaired.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.results import argument_parser, machine_facts, rounded, write

OUTCOMES = (
    "emergency_uptake_24h", "unmet_need_episodes", "unmet_need_persons", "emergency_need",
    "emergency_contacts", "deaths", "out_of_pocket", "hidden_unmet_need",
)  # fmt: skip
DEFAULTS = ["messenger_campaign", "30", "20000"]


def main() -> None:
    parser = argument_parser("benchmarks.pairing", __doc__)
    parser.add_argument("words", nargs="*", metavar="scenario, seeds, people")
    options = parser.parse_args()
    given, machine = options.words, machine_facts()
    name, seeds, population = given + DEFAULTS[len(given) :]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                sys.executable, "-m", "sim", f"scenarios=[baseline,{name}]", f"replicates={seeds}",
                f"city.population={population}", f"output={folder}", f"store={folder}/store",
            ],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        (file,) = Path(folder).glob("*/summary.parquet")
        summary = pd.read_parquet(file)
    chosen = summary[
        (summary["by"] == "all")
        & (summary["scenario"] == name)
        & summary["indicator"].isin(OUTCOMES)
        & (summary["detail"] == "")
    ].set_index("indicator")
    print(f"{name} against baseline, {seeds} seeds, {population} people, a year")
    print(f"{'outcome':24}{'difference':>12}{'interval':>24}{'variance ratio':>16}")
    found: dict[str, dict[str, float | None]] = {}
    for outcome in OUTCOMES:
        row = chosen.loc[outcome]
        numbers = ("difference", "difference_low", "difference_high", "variance_ratio")
        found[outcome] = {  # None where no seed has a case: JSON has no NaN
            one: rounded(float(row[one])) if np.isfinite(row[one]) else None for one in numbers
        }
        interval = f"{row['difference_low']:.4f} to {row['difference_high']:.4f}"
        print(f"{outcome:24}{row['difference']:12.4f}{interval:>24}{row['variance_ratio']:16.1f}")
    if options.write is not None:
        content = {"scenario": name, "seeds": int(seeds), "people": int(population)}
        write("pairing", machine, {**content, "outcomes": found}, options.write)


if __name__ == "__main__":
    main()
