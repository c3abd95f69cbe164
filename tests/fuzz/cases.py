# ruff: noqa: RUF001  Letters that look alike are meant.
"""Command lines: the table of `command_lines.txt`, and seeded generators that make more of them."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.config.configuration import choices, compose_configuration
from tests.fuzz.harness import TINY

LONG_WORD = "x" * 300
LETTERS = "abcdefghijklmnopqrstuvwxyz_"
LOOKALIKES = {"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х"}
HARMLESS = (
    "seed=5",
    "days=300",
    "city.population=500",
    "output=elsewhere",
    "city.travel_within=25",
)
"""Right words to put beside a wrong one."""

KEYS = (
    "replicates", "scenarios", "confidence", "output", "store", "shard", "seed", "days",
    "executor.workers", "city.population", "city.burn_in_days", "law.as_of", "law.regime",
)  # fmt: skip
GROUPS = ("scenario", "city", "shock", "study", "executor")


class Line(NamedTuple):
    """One command line and what has to come of it."""

    verdict: str
    hint: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name among the tests."""
        return f"{self.verdict}: {shlex.join(self.words)[:90]}"


@cache
def table() -> tuple[Line, ...]:
    """Return the lines of the file."""
    found = []
    text = Path(__file__).with_name("command_lines.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        verdict, rest = line.split(" | ", 1) if " | " in line else (line.strip(" |"), "")
        # The hint may itself hold a bar without spaces around it.
        hint, _, words = f" {rest}".partition(" | ")
        found.append(
            Line(
                verdict.strip(), hint.strip(),
                tuple(one.replace("<word>", LONG_WORD) for one in shlex.split(words)),
            )
        )  # fmt: skip
    return tuple(found)


def mistyped(word: str, rng: np.random.Generator) -> str:
    """Return a word as somebody in a hurry types it."""
    place = int(rng.integers(1, len(word) - 1))
    letter = LETTERS[rng.integers(len(LETTERS))]
    ways = [
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        word[:place] + word[place] * 2 + word[place + 1 :],
    ]
    alike = [at for at, sign in enumerate(word) if sign in LOOKALIKES]
    if alike:
        at = int(rng.choice(alike))
        ways.append(word[:at] + LOOKALIKES[word[at]] + word[at + 1 :])
    return ways[rng.integers(len(ways))]


def typing_errors(count: int) -> Iterator[Line]:
    """Give names with a slip of the finger: the right one has to be named."""
    for number in range(count):
        rng = np.random.default_rng([1, number])
        if rng.random() < 0.4:
            key = KEYS[rng.integers(len(KEYS))]
            wrong = mistyped(key, rng)
            if wrong not in KEYS:
                yield Line("refused", mistaken_part(key, wrong), (f"{wrong}=3",))
            continue
        group = GROUPS[rng.integers(len(GROUPS))]
        names = sorted(choices(group))
        name = names[rng.integers(len(names))]
        wrong = mistyped(name, rng)
        if wrong in names:
            continue
        # Of several near names (hub_small, hub_medium) another one may be nearer.
        study = () if group == "study" else ("study=run",)
        if group == "scenario" and rng.random() < 0.5:
            yield Line("refused", "did you mean|known", (f"scenarios=[baseline,{wrong}]",))
        else:
            yield Line("refused", "did you mean|known", (*study, f"{group}={wrong}"))


def mistaken_part(key: str, wrong: str) -> str:
    """Return what a complaint has to name: the part of a key in which the first slip is."""
    if not wrong.isascii():
        return "Latin"
    parts = key.split(".")
    pairs = zip_longest(parts, wrong.split("."))
    return next(part for part, other in pairs if part != other) or parts[-1]


@cache
def entries() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return every entry with one number, by its path on the command line."""
    found: list[tuple[str, dict[str, Any]]] = []

    def look(node: Any, path: str) -> None:
        if not isinstance(node, dict):
            return
        if "tier" in node and "value" in node:
            value = node["value"]
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.append((path, node))
            return
        for name, child in node.items():
            look(child, f"{path}.{name}" if path else str(name))

    resolved = compose_configuration()
    for root in ("city", "parameters", "regime"):
        look(resolved[root], root)
    return tuple(found)


def spelt(path: str, text: str, way: int) -> str:
    """Return one of the ways to set a value on the command line."""
    parent, _, name = path.rpartition(".")
    return (
        f"{path}={text}",
        f"++{path}={text}",
        f"{path}.value={text}",
        f"{parent}={{{name}: {text}}}",
        f"++{path}.value={text}",
        f"{parent}={{{name}: {{value: {text}}}}}",
    )[way]


WAYS = 6


def out_of_range(count: int) -> Iterator[Line]:
    """Give numbers just outside and far outside their ranges, in every spelling."""
    known = entries()
    for number in range(count):
        rng = np.random.default_rng([2, number])
        path, entry = known[rng.integers(len(known))]
        low, high = float(entry["low"]), float(entry["high"])
        width = max(high - low, 1.0)
        beyond = float(rng.choice([1e-3, 0.5, 1e6])) * width
        value = low - beyond if rng.random() < 0.5 else high + beyond
        if isinstance(entry["value"], int):
            value = float(np.floor(value) if value < low else np.ceil(value))
        hint = re.escape(path.rpartition(".")[2])
        yield Line("refused", hint, ("study=run", spelt(path, f"{value:.12g}", number % WAYS)))


WRONG = (
    "abc", "null", "[1]", "{a: 1}", "true", "nan", "inf", "'1'", "''", "1_0", "0x10", "1e400",
    "[]", "{}", "-", "ten", "???",
)  # fmt: skip


def wrong_types(count: int) -> Iterator[Line]:
    """Give words, lists and nothing where a number belongs."""
    known = entries()
    for number in range(count):
        rng = np.random.default_rng([3, number])
        path, _ = known[rng.integers(len(known))]
        text = WRONG[number % len(WRONG)]
        verdict = "sane" if text in ("1_0", "0x10") else "refused"
        yield Line(verdict, "", ("study=run", spelt(path, text, int(rng.integers(2)))))


def combined(count: int) -> Iterator[Line]:
    """Give a wrong word among right ones, wherever it stands."""
    known = [
        line for line in table()
        if line.verdict == "refused"
        and not any(one.startswith(("-", "~")) for one in line.words)
        and not re.search(
            r"study=(resume|figures|expand|check|rerun|levers|meanfield)", shlex.join(line.words)
        )
    ]  # fmt: skip
    for number in range(count):
        rng = np.random.default_rng([4, number])
        line = known[rng.integers(len(known))]
        taken = {one.lstrip("+").partition("=")[0].split(".")[0] for one in line.words}
        right = [one for one in HARMLESS if one.partition("=")[0].split(".")[0] not in taken]
        extra = [right[at] for at in rng.permutation(len(right))[:2]]
        words = [*line.words, *extra]
        order = rng.permutation(len(words))
        yield Line("refused", line.hint, tuple(words[at] for at in order))


def generated(times: int) -> list[Line]:
    """Return the generated lines, `times` as many as in CI."""
    return [
        *typing_errors(24 * times), *out_of_range(18 * times), *wrong_types(17 * times),
        *combined(20 * times),
    ]  # fmt: skip


REAL = (
    Line("refused", "mobile_clinics", ("scenarios=[baseline,mobile_clinic]",)),
    Line("refused", "--help", ("--hlep",)),
    Line("refused", "city.population", ("population=5000",)),
    Line("refused", "no store", ("study=resume",)),
    Line("refused", "acute_rate", ("++parameters.illness.acute_rate=99", "study=run")),
    Line("refused", "replicates", ("replicates=ten",)),
    Line("refused", "cannot read", ("",)),
    Line("refused", "seed", ("seed=999999999999999999999",)),
    Line("refused", "searchpath|nowhere", (
        "study=run", "hydra.searchpath=[file:///nowhere]", *TINY)),
    Line("refused", "config-dir|nowhere", ("--config-dir", "nowhere")),
    Line("refused", "seed", ("-m", "study=run", "seed=x,1", *TINY)),
    Line("refused", "start_date", ("city.start_date=0001-01-01",)),
    Line("answers", "", ("--help",)),
    Line("answers", "", ("study=sweep", "--help")),
    Line("answers", "", ("--cfg", "job", "--package", "city")),
    Line("answers", "", ("--info", "config")),
    Line("answers", "", ("study=meanfield", "scenarios=[baseline,hub_small]", "output=a (1)")),
    Line("answers", "", (
        "study=run", *TINY, "output=папка с пробелом = 100% ~ (1)",
    )),
    Line("answers", "", (
        "-m", "study=run", "seed=1,2", *TINY,
    )),
    Line("answers", "", (
        "scenarios=[baseline,mobile_clinics]", "replicates=2", "city.population=150",
        "city.burn_in_days=60", "days=20", "executor=local", "executor.workers=2",
    )),
)  # fmt: skip
"""Command lines tried as real commands: what a process adds are its options, streams, exit."""
