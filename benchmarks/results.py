"""Storage of results, facts about the machine, and measurements in separate processes."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "numba", "mesa", "pandas")


def argument_parser(module: str, text: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks have in common."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--write", nargs="?", const="", metavar="FILE",
        help="write JSON, to the committed results unless a FILE is named",
    )  # fmt: skip
    return parser


def processor() -> str:
    """Return the name of the processor, as far as the system reports it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine_facts() -> dict[str, Any]:
    """Return the facts about the machine that matter for speed, without its name or any path."""
    from experiments.runs.plan import model_version

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "model": model_version(),
        "date": date.today().isoformat(),
        # How busy the machine was with other work: a number near 0 means idle.
        "load_at_start": round(os.getloadavg()[0], 1),
    }


def summary(values: list[float]) -> dict[str, Any]:
    """Return median, smallest and largest value.

    Examples
    --------
    >>> summary([3.0, 1.0, 2.0])
    {'median': 2.0, 'low': 1.0, 'high': 3.0, 'runs': 3}
    """
    return {
        "median": rounded(median(values)),
        "low": rounded(min(values)),
        "high": rounded(max(values)),
        "runs": len(values),
    }


def rounded(value: float) -> float:
    """Return a measured number rounded to its significant digits.

    Examples
    --------
    >>> rounded(0.123456789), rounded(43_812_345.6)
    (0.12346, 43812000.0)
    """
    return float(f"{value:.5g}")


def write(name: str, machine: dict[str, Any], measured: Any, path: str = "") -> Path:
    """Write what was measured, to the committed results unless another file is named.

    Parameters
    ----------
    name : str
        Name of the benchmark.
    machine : dict
        `machine_facts` taken before the measurement.
    measured : anything JSON can hold
    path : str
        File to write instead of `benchmarks/results/NAME.json`.
    """
    target = Path(path) if path else RESULTS / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    content = {"benchmark": name, "machine": machine, "measured": measured}
    target.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return target


def in_own_process(arguments: list[str], python: list[str] | None = None) -> Any:
    """Run a benchmark in a separate process and return its measurements.

    Otherwise the memory used by one measurement would count towards the peak of the next.

    Parameters
    ----------
    arguments : list of str
        Module and its arguments; the last line it prints is JSON.
    python : list of str, optional
        The command of another interpreter.

    Raises
    ------
    RuntimeError
        If the process fails; holds the last line of its error output.
    """
    command = [*(python or [sys.executable]), "-m", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        complaint = ended.stderr.strip().splitlines() or ["no error message"]
        raise RuntimeError(complaint[-1])
    return json.loads(ended.stdout.strip().splitlines()[-1])
