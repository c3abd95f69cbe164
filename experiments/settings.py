"""Checked settings of a study, from the composed configuration."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from sim.configuration import ConfigurationError, check_choice, describe
from sim.scenario import Scenario, scenario_from
from sim.tables import Frozen


class Executor(Frozen):
    """How runs are carried out."""

    name: Literal["local", "serial"]
    summary: str
    workers: Literal["auto"] | int

    @property
    def worker_count(self) -> int:
        """Number of processes to use."""
        if self.name == "serial":
            return 1
        return (os.cpu_count() or 1) if self.workers == "auto" else self.workers


class CompareSettings(Frozen):
    """Settings of `study=compare`."""

    scenarios: list[str] = Field(min_length=1)
    replicates: int = Field(ge=1, le=100_000)
    confidence: float = Field(gt=0.5, lt=1.0)


def executor_of(resolved: dict[str, Any]) -> Executor:
    """Return the checked executor of a configuration."""
    workers = resolved["executor"].get("workers")
    if workers != "auto" and not isinstance(workers, int):
        raise ConfigurationError(f"executor.workers = {workers} must be a whole number or auto")
    try:
        executor = Executor.model_validate(resolved["executor"])
    except ValidationError as error:
        raise ConfigurationError(describe(error, "executor")) from error
    if executor.workers != "auto" and executor.workers < 1:
        raise ConfigurationError(f"executor.workers = {executor.workers} must be at least 1")
    return executor


def compare_settings(resolved: dict[str, Any]) -> CompareSettings:
    """Return the checked settings of a comparison."""
    chosen = {name: resolved.get(name) for name in CompareSettings.model_fields}
    try:
        settings = CompareSettings.model_validate(chosen)
    except ValidationError as error:
        raise ConfigurationError(describe(error, "")) from error
    for name in settings.scenarios:
        check_choice("scenario", name)
    repeated = {name for name in settings.scenarios if settings.scenarios.count(name) > 1}
    if repeated:
        raise ConfigurationError(f"scenarios: '{sorted(repeated)[0]}' is named twice")
    return settings


class FactorialSettings(Frozen):
    """Settings of `study=factorial`."""

    factors: list[str] = Field(min_length=2, max_length=6)
    replicates: int = Field(ge=1, le=100_000)
    confidence: float = Field(gt=0.5, lt=1.0)


def factorial_settings(resolved: dict[str, Any]) -> FactorialSettings:
    """Return the checked settings of a factorial."""
    chosen = {name: resolved.get(name) for name in FactorialSettings.model_fields}
    try:
        settings = FactorialSettings.model_validate(chosen)
    except ValidationError as error:
        raise ConfigurationError(describe(error, "")) from error
    for name in settings.factors:
        check_choice("scenario", name)
    repeated = {name for name in settings.factors if settings.factors.count(name) > 1}
    if repeated:
        raise ConfigurationError(f"factors: '{sorted(repeated)[0]}' is named twice")
    if "baseline" in settings.factors:
        raise ConfigurationError("factors: 'baseline' is the reference of every factorial")
    return settings


def scenarios_to_compare(resolved: dict[str, Any], settings: CompareSettings) -> list[Scenario]:
    """Return the scenarios of a comparison; the first is the reference of all differences."""
    base = scenario_from(resolved)
    return [base.with_policy(name) for name in settings.scenarios]


def output_folder(resolved: dict[str, Any]) -> Path:
    """Return the output folder as an absolute path, after making sure it can be written to.

    Raises
    ------
    ConfigurationError
        If the folder cannot be made or written to.
    """
    name = resolved["output"]
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"output = {name!r} must be the name of a folder")
    folder = Path(name).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(f"output: cannot write to '{name}' ({error.strerror})") from error
    return folder
