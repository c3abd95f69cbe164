"""Checked settings of a study, from the composed configuration."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from experiments.specifications import model_version
from sim.configuration import ConfigurationError, check_choice, describe, nearest
from sim.scenario import Scenario, scenario_from
from sim.tables import Frozen


class Executor(Frozen):
    """How runs are carried out."""

    name: Literal["local", "serial", "dask"]
    summary: str
    workers: Literal["auto"] | int
    address: str | None = None

    @property
    def worker_count(self) -> int:
        """Number of processes to use."""
        if self.name == "serial":
            return 1
        return (os.cpu_count() or 1) if self.workers == "auto" else self.workers


class Shard(Frozen):
    """The part of a study that this process carries out: every `of`-th bundle."""

    number: int = Field(ge=1)
    of: int = Field(ge=1)


class CompareSettings(Frozen):
    """Settings of `study=compare` and `study=curves`."""

    scenarios: list[str] = Field(min_length=1)
    replicates: Literal["auto"] | int
    confidence: float = Field(gt=0.5, lt=1.0)
    half_width: float | None = Field(default=None, gt=0.0)
    outcome: str = "emergency_uptake_24h"
    most_replicates: int = Field(default=200, ge=3, le=100_000)
    quantiles: list[float] = Field(default=[0.1, 0.5, 0.9], min_length=1)


class FactorialSettings(Frozen):
    """Settings of `study=factorial`."""

    factors: list[str] = Field(min_length=2, max_length=6)
    replicates: int = Field(ge=1, le=100_000)
    confidence: float = Field(gt=0.5, lt=1.0)


class SweepSettings(Frozen):
    """Settings of `study=sweep`."""

    scenarios: list[str] = Field(min_length=1)
    replicates: int = Field(ge=1, le=100_000)
    confidence: float = Field(gt=0.5, lt=1.0)
    design: str
    vary: dict[str, Any] = Field(min_length=1)
    samples: int = Field(ge=1, le=1_000_000)


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


def shard_of(resolved: dict[str, Any]) -> Shard | None:
    """Return which part of the study is to be carried out, None for all of it."""
    text = resolved.get("shard")
    if text is None:
        return None
    number, _, of = str(text).partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ConfigurationError(f"shard = {text} must be i/n with 1 <= i <= n, e.g. shard=2/8")
    return Shard(number=int(number), of=int(of))


def store_path(resolved: dict[str, Any], output: Path) -> Path:
    """Return the folder of the result store, by default one for each version of the model."""
    name = resolved.get("store")
    if name is None:
        return output / f"store-{model_version()}"
    return Path(str(name)).absolute()


def compare_settings(resolved: dict[str, Any]) -> CompareSettings:
    """Return the checked settings of a comparison."""
    settings = checked(CompareSettings, resolved)
    if settings.replicates == "auto":
        if settings.half_width is None:
            raise ConfigurationError(
                "replicates=auto needs half_width=..., the precision wanted of differences"
            )
    elif not 1 <= settings.replicates <= 100_000:
        raise ConfigurationError(
            f"replicates = {settings.replicates} must lie between 1 and 100000, or be auto"
        )
    if any(not 0.0 < one < 1.0 for one in settings.quantiles):
        raise ConfigurationError(f"quantiles = {settings.quantiles} must lie between 0 and 1")
    _check_scenarios("scenarios", settings.scenarios, resolved)
    return settings


def factorial_settings(resolved: dict[str, Any]) -> FactorialSettings:
    """Return the checked settings of a factorial."""
    settings = checked(FactorialSettings, resolved)
    _check_scenarios("factors", settings.factors, resolved)
    if "baseline" in settings.factors:
        raise ConfigurationError("factors: 'baseline' is the reference of every factorial")
    return settings


def sweep_settings(resolved: dict[str, Any], designs: dict[str, Any]) -> SweepSettings:
    """Return the checked settings of a sweep."""
    if not resolved.get("vary"):
        raise ConfigurationError(
            "study=sweep needs something to vary, e.g. "
            "'vary={illness.acute_rate: [1.0, 1.5]}' or a range {low: 1.0, high: 1.5}"
        )
    settings = checked(SweepSettings, resolved)
    if settings.design not in designs:
        raise ConfigurationError(
            f"unknown design '{settings.design}': {nearest(settings.design, designs)}"
        )
    _check_scenarios("scenarios", settings.scenarios, resolved)
    return settings


def checked[S: Frozen](kind: type[S], resolved: dict[str, Any]) -> S:
    """Return the settings of a kind of study from a composed configuration."""
    chosen = {name: resolved[name] for name in kind.model_fields if name in resolved}
    try:
        return kind.model_validate(chosen)
    except ValidationError as error:
        raise ConfigurationError(describe(error, "")) from error


def _check_scenarios(key: str, names: list[str], resolved: dict[str, Any]) -> None:
    """Make sure that every name is a scenario, and none is named twice."""
    for name in names:
        if name not in resolved.get("policies", {}):
            check_choice("scenario", name)
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ConfigurationError(f"{key}: '{sorted(repeated)[0]}' is named twice")


def named_scenarios(resolved: dict[str, Any], names: list[str]) -> list[Scenario]:
    """Return the named policy scenarios in the world of a configuration."""
    base = scenario_from(resolved)
    return [base.with_policy(name) for name in names]


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
