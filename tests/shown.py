"""What the documents show to be run: fenced blocks, and commands in them or within a sentence.

A fenced block is run by a test, or carries the reason why not on the line before it:
`<!-- not run: reason -->`. How a block is run follows from its language and the word after it:

- no language, or `bash`: commands; those that begin with `python -m sim` are run;
- `python`, `sql`: executed;
- `LANGUAGE file=PATH`: a file that the blocks after it use;
- `python from=PATH`: an excerpt, and must stand in that file.
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from tools.docs import DOCS, ROOT

DOCUMENTS = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]*?) -->\n\n?)?"
    r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"`((?:[A-Z_]+=\S+ )?(?:python3?|pytest|uv|pip) [^`]*)`")
SIM = ("python", "-m", "sim")
TWO = {"scenarios": "[baseline,mobile_clinics]"}
"""Two scenarios that differ from day 0 on."""
TINY = {"city.population": "300", "city.burn_in_days": "60", "executor.workers": "1"}
"""What every command that runs something is given, unless it names it (numbers are replaced)."""
OF_STUDY = {
    "compare": {"replicates": "2", **TWO},
    "curves": {"replicates": "2", **TWO},
    "factorial": {"replicates": "2", "factors": "[arrival_briefing,uzbek_consulate]"},
    "sweep": {"replicates": "1", "samples": "2", **TWO},
    "meanfield": {"replicates": "2", **TWO},
    "story": {"seen_by": "0", "differs": "false", "nth": "1", "city.population": "1000"},
    "run": {},
}  # fmt: skip
"""The same by study; a study that is not here runs nothing, or what is stored already."""
SHORTEST = 20
"""Days of a command whose changes all start on day 0."""


class Fence(NamedTuple):
    """A fenced block: its document, the number of its line, language, word, text, reason."""

    document: str
    line: int
    language: str
    word: str
    text: str
    reason: str | None

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def fences(document: Path) -> list[Fence]:
    """Return the fenced blocks of a document, in their order."""
    text = document.read_text(encoding="utf-8")
    found = []
    for one in FENCE.finditer(text):
        language, _, word = one["info"].partition(" ")
        line = text.count("\n", 0, one.start("info")) + 1
        reason = one["reason"]
        found.append(Fence(document.name, line, language, word, one["text"], reason))
    return found


def in_sentences(document: Path) -> list[str]:
    """Return the commands that stand within sentences."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    return list(dict.fromkeys(COMMAND.findall(" ".join(text.split("\n")))))


def commands(text: str) -> list[list[str]]:
    """Return the commands of a block, as a shell would split them; comments are left out.

    >>> commands("python -m sim study=run \\\\\\n    seed=3   # one run\\n# nothing\\n")
    [['python', '-m', 'sim', 'study=run', 'seed=3']]
    """
    lines = text.replace("\\\n", " ").splitlines()
    split = [shlex.split(line, comments=True) for line in lines]
    return [words for words in split if words]


def is_sim(words: list[str]) -> bool:
    """Return True if a command is one of the model's own."""
    return tuple(words[:3]) == SIM


def study_of(words: list[str]) -> str:
    """Return the study that a command names."""
    named = [word.partition("=")[2] for word in words if word.startswith("study=")]
    return named[-1] if named else "compare"


def days_needed(words: list[str]) -> int:
    """Return how many days a command must run so that every change it names has started."""
    study = ROOT / "conf" / "study" / f"{study_of(words)}.yaml"
    named = set(re.findall(r"\w+", " ".join(words)))
    if not any(word.startswith(("scenarios=", "factors=")) for word in words):
        named |= set(re.findall(r"\w+", study.read_text(encoding="utf-8")))
    starts = [0]
    for folder in ("scenario", "shock"):
        for name in named:
            file = ROOT / "conf" / folder / f"{name}.yaml"
            if file.is_file():
                starts += map(int, re.findall(r"start_day: (\d+)", file.read_text("utf-8")))
    return max(SHORTEST, max(starts) + 2)


def made_small(words: list[str]) -> list[str]:
    """Return the words after `python -m sim`, for a small city and a short run.

    >>> made_small(["python", "-m", "sim", "study=run", "scenario=hub_small", "days=900"])[:3]
    ['study=run', 'scenario=hub_small', 'days=122']
    """
    kept, study = words[3:], study_of(words)
    if study == "expand":
        few = [re.sub(r"^replicates=\d+", "replicates=2", word) for word in kept]
        return [*few, "executor=serial"]
    if study == "rerun":
        return [*kept, "executor=serial"]
    if study not in OF_STUDY or any(word in ("--help", "-h") for word in kept):
        return kept
    tiny = {**TINY, **OF_STUDY[study]}
    if any(word.startswith("design=") for word in kept):
        tiny["replicates"] = "2"  # what is drawn from ranges is told from chance by two seeds
    else:
        tiny.pop("samples", None)
    if "replicates=auto" in kept:
        tiny["most_replicates"] = "3"
    if study == "meanfield" and "simulate=true" not in kept:
        del tiny["replicates"]
    if any(word.startswith("person=") for word in kept):
        for name in ("seen_by", "differs", "nth"):
            tiny.pop(name, None)
    if not any(word.startswith("executor=") for word in kept):
        tiny["executor"] = "serial"
    named = {word.partition("=")[0] for word in kept}
    added = [f"{name}={value}" for name, value in tiny.items() if name not in named]
    tiny["days"] = str(days_needed([*words, *added]))
    small = []
    for word in kept:
        name, _, value = word.partition("=")
        number = value.replace(".", "").isdecimal()
        small.append(f"{name}={tiny[name]}" if name in tiny and number else word)
    return [*small, *added, *([] if "days" in named else [f"days={tiny['days']}"])]
