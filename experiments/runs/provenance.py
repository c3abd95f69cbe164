"""Provenance of results: code, packages, machine, command, and every scenario in full."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

import sim
from experiments.runs.plan import model_version
from sim.config.composition import NAMES_SCENARIOS
from sim.config.files import configuration_files, file_of, read_choice
from sim.config.mistakes import ConfigurationError
from sim.config.scenario import Scenario

PACKAGES = (
    "mesa", "numpy", "numba", "llvmlite", "scipy", "pandas", "pyarrow", "pydantic", "hydra-core",
    "omegaconf",
)  # fmt: skip
NOT_OF_THE_STUDY = ("executor", "output", "store", "shard", "of", "from", "manifest", "command")
"""Parts of a configuration that say where and how a study runs, not what it computes."""


def code_and_packages() -> dict[str, Any]:
    """Return the state of the code and the versions of the packages it uses."""
    return {
        "model_version": model_version(),
        "git": git_state(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def system() -> dict[str, Any]:
    """Return facts about the machine: operating system, kind and number of processors."""
    return {
        "platform": platform.platform(),
        "processor": platform.machine(),
        "processors": os.cpu_count(),
    }


def configuration_of(
    resolved: Mapping[str, Any], scenarios: Iterable[Scenario] = ()
) -> dict[str, Any]:
    """Return the configuration of a study with every scenario in full.

    Parameters
    ----------
    resolved : mapping
        The composed configuration.
    scenarios : iterable of Scenario
        Scenarios that are run, in addition to those the configuration names.

    Returns
    -------
    dict
        The configuration without its settings for where and how runs are carried out. `policies`
        holds the name, summary and changes of each policy scenario it names, so that the study can
        be repeated even if their files change.
    """
    content = {key: value for key, value in resolved.items() if key not in NOT_OF_THE_STUDY}
    stored = resolved.get("policies", {})
    names = [name for key in NAMES_SCENARIOS for name in resolved.get(key) or ()]
    named = {
        name: stored[name] if name in stored else read_choice("scenario", name).value
        for name in names
    }
    content["policies"] = named | {one.name: one.resolved["scenario"] for one in scenarios}
    return content


def files_of(resolved: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files from which a configuration was composed, including scenarios it names.

    Returns
    -------
    dict
        Paths by part, e.g. ``parameters/illness`` or ``scenario/baseline``.
    """
    found = {
        name: path
        for name, path in configuration_files(resolved).items()
        if not name.startswith("executor/")
    }
    for name in (name for key in NAMES_SCENARIOS for name in resolved.get(key) or ()):
        with suppress(ConfigurationError):  # the file no longer exists
            found[f"scenario/{name}"] = file_of("scenario", name)
    return found


def fingerprints(files: Mapping[str, Path]) -> dict[str, str]:
    """Return a hash of the content of each file that exists, by name."""
    return {
        name: blake2b(path.read_bytes(), digest_size=8).hexdigest()
        for name, path in sorted(files.items())
        if path.is_file()
    }


def digests_of(runs: pd.DataFrame) -> dict[str, dict[str, dict[str, str]]]:
    """Return the digests of runs by scenario, sample and seed, for a manifest.

    Parameters
    ----------
    runs : DataFrame
        scenario, sample, seed and digest of each run.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    columns = ("scenario", "sample", "seed", "digest")
    for scenario, sample, seed, digest in zip(*(runs[name] for name in columns), strict=True):
        found.setdefault(str(scenario), {}).setdefault(str(sample), {})[str(seed)] = str(digest)
    return found


def flat(digests: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return the digests of a manifest by (scenario, sample, seed).

    >>> flat({"baseline": {"0": {"7": "abc"}}})
    {('baseline', '0', '7'): 'abc'}
    """
    return {
        (scenario, sample, seed): digest
        for scenario, of_sample in digests.items()
        for sample, of_seed in of_sample.items()
        for seed, digest in of_seed.items()
    }


def git_state() -> dict[str, str | bool | None]:
    """Return the commit of the checkout, and whether it had uncommitted changes."""
    root = Path(sim.__file__).resolve().parent.parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()

    unknown: dict[str, str | bool | None] = {"commit": None, "uncommitted_changes": None}
    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root:
            return unknown  # installed inside the checkout of another project
        return {
            "commit": git("rev-parse", "HEAD"),
            "uncommitted_changes": bool(git("status", "--porcelain")),
        }
    except (OSError, subprocess.CalledProcessError):
        return unknown


def versions_apart(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return a line for every version that has changed, with its name and both values.

    Parameters
    ----------
    then, now : mapping
        As `code_and_packages` returns them.
    """
    pairs = [("model", then.get("model_version"), now["model_version"])]
    pairs += [("python", then.get("python"), now["python"])]
    before: Mapping[str, str] = then.get("packages") or {}
    names: Iterable[str] = sorted({*before, *now["packages"]})
    pairs += [(name, before.get(name), now["packages"].get(name)) for name in names]
    return [f"{name}: then {one}, now {two}" for name, one, two in pairs if one != two]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
