"""Running a command and judging what it leaves: status, lines, traces, signals, files.

A judgement is a list of complaints, each beginning with the kind of fault (`KINDS`), so that a test
fails with the kind and `python -m tests.fuzz` can count by kind.
"""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra

from sim.config.configuration import configuration_folder

KINDS = (
    "wrong number", "signal", "traceback", "hang", "silent acceptance", "half-written",
    "wrong status", "too many lines", "unclear words", "refused though right",
)  # fmt: skip
"""Kinds of faults, the worst first."""

MOST_LINES = 3
"""Lines of stderr that a mistake may take."""

LONGEST_LINE = 1000
"""Characters of a message that somebody still reads."""

HANGS_AFTER = 120
"""Seconds after which a case is given up; none is meant to take more than a few."""

CHECKOUT = Path(__file__).resolve().parents[2]
TRACE = re.compile(r"Traceback \(most recent call last\)|^\s+File \".*\", line \d+", re.MULTILINE)
INSIDE = re.compile(
    r"KeyError|TypeError|AttributeError|IndexError|AssertionError|NoneType|pydantic|"
    r"<class '|object at 0x|errno|\bException\b"
)
"""What only somebody who knows the code understands."""

TINY = (
    "city=workshop", "city.population=150", "city.burn_in_days=60", "days=20", "executor=serial",
)  # fmt: skip
"""The smallest city that lives through everything."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    words: tuple[str, ...]
    status: int
    out: str
    err: str
    started: bool = False
    trace: str = ""
    hung: bool = False
    files: frozenset[str] = field(default_factory=frozenset)

    @property
    def command(self) -> str:
        """The command as it is typed."""
        import shlex

        return "python -m sim " + shlex.join(self.words)


class StartedError(BaseException):
    """The command was right: the first run was about to begin."""


class HangError(BaseException):
    """The command took longer than anything here should."""


@contextlib.contextmanager
def given_up_after(seconds: int) -> Iterator[None]:
    """Raise `HangError` in the block after so many seconds."""

    def give_up(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def call_main(words: Sequence[str]) -> int:
    """Call the program with these words in this process."""
    import inspect

    from sim import __main__

    if not inspect.signature(__main__.main).parameters:
        sys.argv = ["sim", *words]
        return int(__main__.main())
    return int(__main__.main(list(words)))


def run_here(words: Sequence[str], folder: Path) -> Outcome:
    """Run the command in this process, in a folder; an escaping exception is a trace."""
    before = files_of(folder)
    out, err, trace = io.StringIO(), io.StringIO(), ""
    status, started, hung = -1, False, False
    environment = dict(os.environ)
    GlobalHydra.instance().clear()
    with (
        contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
    ):  # fmt: skip
        try:
            with given_up_after(HANGS_AFTER), warnings.catch_warnings():
                warnings.simplefilter("default")  # on stderr, as in a process of its own
                status = call_main(words)
        except StartedError:
            started, status = True, 0
        except HangError:
            hung = True
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            trace = traceback.format_exc()
        finally:
            os.environ.clear()
            os.environ.update(environment)
            GlobalHydra.instance().clear()
    new = files_of(folder) - before
    return Outcome(tuple(words), status, out.getvalue(), err.getvalue(), started, trace, hung, new)


def run_really(
    words: Sequence[str], folder: Path, memory: int | None = None, **variables: str
) -> Outcome:
    """Run the command as a process of its own, in a folder."""
    before = files_of(folder)
    search = {"PYTHONPATH": str(CHECKOUT), "MPLBACKEND": "agg", **variables}
    done = run_python(["-m", "sim", *words], folder, search, memory)
    new = files_of(folder) - before
    if done is None:
        return Outcome(tuple(words), -1, "", "", hung=True, files=new)
    return Outcome(tuple(words), done.returncode, done.stdout, done.stderr, files=new)


def run_python(
    arguments: Sequence[str], folder: Path, variables: dict[str, str], memory: int | None = None
) -> subprocess.CompletedProcess[str] | None:
    """Run Python in a folder; None if it hangs."""
    limit = None
    if memory is not None:
        import resource

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    try:
        return subprocess.run(
            [sys.executable, *arguments], cwd=folder, env={**os.environ, **variables},
            capture_output=True, text=True, timeout=HANGS_AFTER, preexec_fn=limit, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None


def files_of(folder: Path) -> frozenset[str]:
    """Return all files and empty folders below a folder, by their relative names."""
    found = set()
    for path in folder.rglob("*"):
        try:
            if path.is_dir() and not path.is_symlink() and any(path.iterdir()):
                continue
        except OSError:
            pass
        found.add(str(path.relative_to(folder)))
    return frozenset(found)


def contents_of(folder: Path) -> dict[str, str]:
    """Return a hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): blake2b(path.read_bytes(), digest_size=8).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- judging ---


@cache
def known_faults() -> dict[str, str]:
    """Return the faults that are known and not mended yet: the reason, by the name of the case."""
    text = Path(__file__).with_name("known.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.rsplit(" | ", 1) for line in lines)


def settle(name: str, found: Sequence[str]) -> None:
    """Fail with complaints about a case; a known fault has to be struck out once it is mended."""
    if name in known_faults():
        assert found, f"mended: strike {name!r} out of tests/fuzz/known.txt"
        return
    assert not found, "\n".join(found)


def never(outcome: Outcome, allowed: Sequence[int] = (0, 1, 2)) -> list[str]:
    """Return what may never happen, whatever was asked."""
    found = []
    if outcome.hung:
        return [f"hang: no answer in {HANGS_AFTER} s: {outcome.command}"]
    if outcome.trace:
        last = outcome.trace.strip().splitlines()[-1][:300]
        return [f"traceback: {last}: {outcome.command}"]
    if outcome.status < 0 or outcome.status >= 128:
        found.append(f"signal: status {outcome.status}: {outcome.command}")
    elif outcome.status not in allowed:
        found.append(f"wrong status: {outcome.status}: {outcome.command}")
    for stream in (outcome.err, outcome.out):
        if TRACE.search(stream):
            last = stream.strip().splitlines()[-1][:300]
            found.append(f"traceback: printed, ends with {last!r}: {outcome.command}")
            break
    lines = outcome.err.strip().splitlines()
    if len(lines) > MOST_LINES and not found:
        found.append(f"too many lines: {len(lines)} on stderr: {outcome.command}")
    return found


def refused(outcome: Outcome, hint: str = "") -> list[str]:
    """Return what is wrong with a command that had to be refused before anything was run."""
    found = never(outcome)
    if found:
        return found
    if outcome.started or outcome.status == 0:
        return [f"silent acceptance: {outcome.command}"]
    if outcome.status != 2:
        found.append(f"wrong status: {outcome.status} and not 2: {outcome.command}")
    if outcome.files:
        some = ", ".join(sorted(outcome.files)[:3])
        found.append(f"half-written: {some}: {outcome.command}")
    lines = outcome.err.strip().splitlines()
    if len(lines) != 1:
        found.append(f"too many lines: {len(lines)} on stderr and not 1: {outcome.command}")
        return found
    return found + unclear(lines[0], hint, outcome.command)


def unclear(line: str, hint: str, command: str) -> list[str]:
    """Return what makes a message no clear line."""
    if not line.startswith("error: "):
        return [f"unclear words: no 'error: ' in {line[:200]!r}: {command}"]
    if len(line) > LONGEST_LINE:
        return [f"unclear words: {len(line)} characters: {command}"]
    inside = INSIDE.search(line)
    if inside:
        return [f"unclear words: '{inside.group()}' in {line[:200]!r}: {command}"]
    if hint and not re.search(hint, line):
        return [f"unclear words: '{hint}' is not in {line[:200]!r}: {command}"]
    return []


def begins(outcome: Outcome) -> list[str]:
    """Return what is wrong with a command that is right and had to begin its first run."""
    found = never(outcome)
    if not found and not outcome.started:
        said = outcome.err.strip()[:200] or outcome.out.strip()[:200]
        found.append(f"refused though right: {said!r}: {outcome.command}")
    return found


def answers(outcome: Outcome) -> list[str]:
    """Return what is wrong with a command that is right and answers without any run."""
    found = never(outcome)
    if not found and (outcome.status != 0 or outcome.started):
        said = outcome.err.strip()[:200]
        found.append(f"refused though right: {said!r}: {outcome.command}")
    return found


def sane(outcome: Outcome) -> list[str]:
    """Return what is wrong with a command that may be refused or may begin."""
    if outcome.started or (outcome.status == 0 and not outcome.trace):
        return never(outcome)
    return refused(outcome)


def told(outcome: Outcome, hint: str = "") -> list[str]:
    """Return what is wrong with a word that means nothing here: it is refused, or said."""
    if outcome.status == 2 or outcome.trace:
        return refused(outcome, hint)
    found = never(outcome)
    if not found and not re.search(hint, outcome.err + outcome.out):
        found.append(f"silent acceptance: {outcome.command}")
    return found


def judged(verdict: str, outcome: Outcome, hint: str = "") -> list[str]:
    """Return what is wrong with a command of which this was to come."""
    if verdict == "refused":
        return refused(outcome, hint)
    if verdict == "told":
        return told(outcome, hint)
    return {"begins": begins, "answers": answers, "sane": sane}[verdict](outcome)


def conf_copy(folder: Path) -> Path:
    """Return a copy of the configuration folder that a test may break."""
    import shutil

    place = folder / "settings" / "conf"
    shutil.copytree(configuration_folder(), place)
    return place
