"""The tables of `docs/speed.md`, from the committed measurements in `benchmarks/results/`."""

import json
import math
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.results import RESULTS
from tools.docs.markdown_tables import number, table

FOLDER = RESULTS
BENCHMARKS = ("speed", "growth", "peers")


@cache
def read(benchmark: str, folder: Path) -> dict[str, Any]:
    """Return one committed result."""
    found: dict[str, Any] = json.loads((folder / f"{benchmark}.json").read_text(encoding="utf-8"))
    return found


def measured(benchmark: str) -> Any:
    """Return what one benchmark measured."""
    return read(benchmark, FOLDER)["measured"]


def digest(benchmark: str, folder: Path = RESULTS) -> str:
    """Return a digest of a committed result, which is stored in the figures made from it."""
    return blake2b((folder / f"{benchmark}.json").read_bytes(), digest_size=8).hexdigest()


def city(name: str, years: int = 1) -> dict[str, Any] | None:
    """Return the measurements of a city, or None if there are none."""
    return next(
        (
            one
            for one in measured("speed")["cities"]
            if (one["city"], one["years"]) == (name, years)
        ),
        None,
    )


# --- targets ----------------------------------------------------------------------------------


class Target(NamedTuple):
    """A target for a measured number."""

    what: str
    limit: float
    at_most: bool
    unit: str
    find: Callable[[], float | None]


def of_city(name: str, *keys: str, factor: float = 1.0) -> Callable[[], float | None]:
    """Return a function that finds one number of a city."""

    def find() -> float | None:
        value: Any = city(name)
        for key in keys:
            value = value and value[key]
        return None if value is None else factor * value

    return find


def to_peer(name: str) -> Callable[[], float | None]:
    """Return a function that finds the speed of the model relative to a peer."""
    return lambda: measured("peers")["this_model_to"].get(name)


def start(name: str) -> Callable[[], float | None]:
    """Return a function that finds the CPU seconds of a start."""
    return lambda: measured("speed")["start"][name]


def growth(what: str, name: str = "exponent") -> Callable[[], float | None]:
    """Return a function that finds an exponent."""
    return lambda: measured("growth")[what][name]


TARGETS = (
    Target("a year of 120,000 people (`city=almaty`), relative to five draws", 1.0, True, "",
           of_city("almaty", "ratio", "median")),
    Target("a year of 300,000 people, relative to five draws", 0.9, True, "",
           of_city("300000", "ratio", "median")),
    Target("a year of 20,000 people (`city=workshop`)", 0.35, True, "CPU s",
           of_city("workshop", "year_cpu_s", "median")),
    Target("peak memory of 1,000,000 people in a year", 4.0, True, "GB",
           of_city("1000000", "peak_memory_mb", factor=0.001)),
    Target("a fork of `city=almaty` on day 0, where studies fork", 20.0, True, "ms",
           of_city("almaty", "fork_on_day_0_ms")),
    Target("a fork of `city=almaty` at the end of the year", 20.0, True, "ms",
           of_city("almaty", "fork_at_the_end_ms")),
    Target("exponent of cost in people, from 20,000", 1.05, True, "",
           growth("people", "exponent_of_large")),
    Target("exponent of cost in agencies", 1.1, True, "", growth("agencies")),
    Target("exponent of cost in clinics", 1.1, True, "", growth("clinics")),
    Target("`import sim`", 0.8, True, "CPU s", start("import_sim_cpu_s")),
    Target("`from sim import AlmatyModel`", 0.8, True, "CPU s", start("import_model_cpu_s")),
    Target("`python -m sim --help`", 1.5, True, "CPU s", start("help_cpu_s")),
    Target("agent-days per CPU second, relative to plain Mesa's `shuffle_do`", 40, False, "",
           to_peer("mesa_shuffle_do")),
    Target("agent-days per CPU second, relative to plain Mesa's `do`", 40, False, "",
           to_peer("mesa_do")),
    Target("agent-days per CPU second, relative to Starsim with keyed draws", 1.0, False, "",
           to_peer("starsim")),
    Target("agent-days per CPU second, relative to Starsim without keys", 1.0, False, "",
           to_peer("starsim_unkeyed")),
)  # fmt: skip


def verdict(target: Target, value: float | None) -> str:
    """Say whether a target is met, missed (in bold) or not measured."""
    if value is None:
        return "not measured"
    met = value <= target.limit if target.at_most else value >= target.limit
    return "met" if met else "**missed**"


def targets() -> str:
    """Return every target with the measured value."""
    rows = []
    for one in TARGETS:
        value = one.find()
        unit = f" {one.unit}" if one.unit else ""
        rows.append(
            (
                one.what, f"at {'most' if one.at_most else 'least'} {one.limit:g}{unit}",
                "" if value is None else f"{value:.3g}{unit}", verdict(one, value),
            )
        )  # fmt: skip
    return table(("what", "target", "measured", ""), rows)


def count_of_targets() -> str:
    """Return a sentence that says how many targets are met, and which are missed."""
    verdicts = {one: verdict(one, one.find()) for one in TARGETS}
    met = sum(word == "met" for word in verdicts.values())
    missed = [one.what for one, word in verdicts.items() if word == "**missed**"]
    unknown = len(TARGETS) - met - len(missed)
    text = f"**{met} of {len(TARGETS)} targets are met, {len(missed)} missed"
    text += f", {unknown} not measured.**" if unknown else ".**"
    return text + (f" Missed: {'; '.join(missed)}." if missed else "")


# --- tables -----------------------------------------------------------------------------------


def machines() -> str:
    """Return the machine on which each benchmark was run."""
    facts = [read(one, FOLDER)["machine"] for one in BENCHMARKS]
    names = {
        "processor": "processor", "cores": "cores", "memory_gb": "memory, GB", "system": "system",
        "python": "Python", "numpy": "NumPy", "numba": "Numba", "mesa": "Mesa", "model": "model",
        "date": "date", "load_at_start": "load at the start",
    }  # fmt: skip
    rows = [
        (words, *(one[name] for one in facts)) for name, words in names.items()
    ]  # a busy machine shows in the load
    return table(("", *(f"`{one}`" for one in BENCHMARKS)), rows)


def spread(one: dict[str, Any], digits: str = ".3g") -> str:
    """Return a median, with smallest and largest value if there are several values."""
    text = f"{one['median']:{digits}}"
    if one["runs"] == 1:
        return text
    return f"{text} ({one['low']:{digits}} to {one['high']:{digits}})"


def cities() -> str:
    """Return what a year costs, by size of the city."""
    ranked = sorted(measured("speed")["cities"], key=lambda one: (one["years"], one["people"]))
    rows = [
        (
            f"{one['people']:,}", one["years"], one["year_cpu_s"]["runs"],
            spread(one["year_cpu_s"]), spread(one["ratio"]),
            f"{1e9 * one['year_cpu_s']['median'] / one['people'] / 365:.0f}",
            f"{one['founding_and_burn_in_cpu_s']['median']:.3g}",
            f"{one['fork_on_day_0_ms']:.3g}", f"{one['memory_before_mb']:,.0f}",
            f"{one['peak_memory_mb']:,.0f}",
        )
        for one in ranked
    ]  # fmt: skip
    return table(
        ("people", "years", "runs", "CPU s per year", "relative to five draws", "ns per person-day",
         "founding and burn-in, CPU s", "fork on day 0, ms",
         "memory before the first migrant, MB", "peak memory, MB"),
        rows,
    )  # fmt: skip


def longest() -> dict[str, Any]:
    """Return the run over the largest number of years."""
    found: dict[str, Any] = max(measured("speed")["cities"], key=lambda one: one["years"])
    return found


def rows_in_memory() -> str:
    """Return the memory of a migrant, of an open episode and of records of the logs."""
    one = longest()
    last = one["yearly"][-1]
    person_years = one["people"] * one["years"]
    rows = [
        ("a migrant in the city", one["bytes_a_migrant"], ""),
        ("an open episode of illness", one["bytes_an_open_episode"], ""),
        ("an open need", one["bytes_an_open_need"], ""),
    ]
    for name, log in last["logs"].items():
        share = log["records"] / person_years
        rows.append((f"a record of `{name}`", log["bytes_a_record"], f"{share:.3f}"))
    rows.append(
        ("**all logs, per closed case of illness**", f"{last['bytes_a_closed_case']:.0f}", "")
    )
    return table(("", "bytes", "records per person-year"), rows)


def memory_by_year() -> str:
    """Return how memory grows over the years."""
    rows = [
        (
            number_of_year, f"{end['mb']:,.0f}", f"{end['memory_mb']:,.0f}",
            f"{end['cpu_s']:.3g}", f"{end['logs']['closed_episodes']['records']:,}",
        )
        for number_of_year, end in enumerate(longest()["yearly"], start=1)
    ]  # fmt: skip
    return table(
        ("at the end of year", "logs, MB", "process, MB", "CPU s of the year", "closed cases"), rows
    )


def exponents() -> str:
    """Return how cost grows with everything that was varied."""
    found = measured("growth")
    people, scenarios = found["people"], found["scenarios"]
    large = [one for one in people["points"] if one["people"] >= people["large_from"]]
    rows = [
        (f"people, from {number(people['large_from'])}", *ends(large, "people"),
         f"{people['exponent_of_large']:.2f}"),
        ("people, the two largest cities", *ends(people["points"][-2:], "people"),
         f"{exponent_at_the_end(people['points'], 'people'):.2f}"),
        ("people, all sizes", *ends(people["points"], "people"), f"{people['exponent']:.2f}"),
        *(
            (words, *ends(found[what]["points"], what), f"{found[what]['exponent']:.2f}")
            for what, words in (
                ("episodes", "episodes of illness per year"), ("agencies", "agencies"),
                ("clinics", "clinics"),
            )
        ),
        ("scenarios, without the burn-in", *ends(scenarios["points"], "scenarios"),
         f"{scenarios['exponent_beyond_burn_in']:.2f}"),
    ]  # fmt: skip
    return table(("what grows", "from", "to", "CPU s", "exponent"), rows)


def exponent_at_the_end(points: list[dict[str, Any]], what: str) -> float:
    """Return the exponent of cost between the last two points."""
    costs, sizes = (
        math.log(after / before)
        for before, after in (
            [one["cpu_s"]["median"] for one in points[-2:]], [one[what] for one in points[-2:]],
        )
    )  # fmt: skip
    return costs / sizes


def ends(points: list[dict[str, Any]], what: str) -> tuple[str, str, str]:
    """Return the first and the last size of something that was varied, and the cost at both."""
    first, last = points[0], points[-1]
    costs = f"{first['cpu_s']['median']:.3g} to {last['cpu_s']['median']:.3g}"
    return f"{first[what]:,}", f"{last[what]:,}", costs


def branches() -> str:
    """Return the cost of several scenarios of one burn-in, together with the expected cost."""
    found = measured("growth")["scenarios"]
    burn_in, year = (found[name]["median"] for name in ("burn_in_cpu_s", "fork_and_year_cpu_s"))
    rows = [
        (
            one["scenarios"], spread(one["cpu_s"]), f"{burn_in + one['scenarios'] * year:.3g}",
            f"{one['scenarios'] * (burn_in + year):.3g}",
        )
        for one in found["points"]
    ]  # fmt: skip
    return table(
        ("scenarios", "measured, CPU s", "one burn-in, and a fork and a year each",
         "if each had a separate burn-in"),
        rows,
    )  # fmt: skip


def peers() -> str:
    """Return rates of peers, fastest first."""
    found = measured("peers")
    ranked = sorted(found["peers"].items(), key=lambda one: -one[1]["ratio_to_numpy"]["median"])
    rows = [
        (
            one["label"], one["version"], one["work"], millions(one["agent_days_a_cpu_s"]),
            spread(one["ratio_to_numpy"]),
            f"{found['this_model_to'][name]:.3g}" if name in found["this_model_to"] else "1",
        )
        for name, one in ranked
    ]  # fmt: skip
    rows += [(name, "", "", "not measured", "", "") for name in found["skipped"]]
    return table(
        ("", "version", "does", "million agent-days per CPU second", "relative to plain NumPy",
         "speed of the model relative to it"),
        rows,
    )  # fmt: skip


def millions(one: dict[str, Any]) -> str:
    """Return a rate in millions."""
    return f"{one['median'] / 1e6:.3g}"


TABLES: dict[str, Callable[[], str]] = {
    "speed: count of targets": count_of_targets,
    "speed: targets": targets,
    "speed: machines": machines,
    "speed: cities": cities,
    "speed: rows in memory": rows_in_memory,
    "speed: memory by year": memory_by_year,
    "speed: exponents": exponents,
    "speed: branches": branches,
    "speed: peers": peers,
}
