"""Checked settings of a study, from the composed configuration."""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from experiments.runs.designs import normal_path
from experiments.runs.plan import model_version
from experiments.studies.limits import wanted
from sim.config.configuration import ConfigurationError, check_choice, describe, file_of, nearest
from sim.config.entries import Frozen
from sim.config.mistakes import in_words, shortened
from sim.config.parts import LARGEST_SEED, MOST_DAYS
from sim.config.scenario import Scenario, scenario_from

EXECUTORS = ("local", "serial", "dask")
MOST_WORKERS = 10_000
MOST_REPLICATES = 100_000
type Replicates = Annotated[int, Field(strict=True, ge=1, le=MOST_REPLICATES)]
type Confidence = Annotated[float, Field(strict=True, gt=0.5, lt=1.0)]


class Executor(Frozen):
    """How runs are carried out."""

    name: Literal["local", "serial", "dask"]
    summary: str
    workers: Literal["auto"] | Annotated[int, Field(strict=True, ge=1, le=MOST_WORKERS)]
    address: str | None = None

    @property
    def worker_count(self) -> int:
        """Number of processes to use."""
        if self.name == "serial":
            return 1
        return processors() if self.workers == "auto" else self.workers


def processors() -> int:
    """Return how many processors this process may use (the machine may have more)."""
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # Python 3.12
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Shard(Frozen):
    """The part of a study that this process carries out: every `of`-th bundle."""

    number: int = Field(ge=1)
    of: int = Field(ge=1)


class CompareSettings(Frozen):
    """Settings of `study=compare` and `study=curves`."""

    scenarios: list[str] = Field(min_length=1)
    replicates: Literal["auto"] | Replicates
    confidence: Confidence
    half_width: float | None = Field(default=None, gt=0.0, allow_inf_nan=False)
    outcome: str = "emergency_uptake_24h"
    most_replicates: int = Field(default=200, strict=True, ge=3, le=MOST_REPLICATES)
    quantiles: list[Annotated[float, Field(strict=True, gt=0.0, lt=1.0)]] = Field(
        default=[0.1, 0.5, 0.9], min_length=1
    )


class FactorialSettings(Frozen):
    """Settings of `study=factorial`."""

    factors: list[str] = Field(min_length=2, max_length=6)
    replicates: Replicates
    confidence: Confidence


class SweepSettings(Frozen):
    """Settings of `study=sweep`."""

    scenarios: list[str] = Field(min_length=1)
    replicates: Replicates
    confidence: Confidence
    design: str
    vary: dict[str, Any] = Field(min_length=1)
    samples: int = Field(strict=True, ge=1, le=1_000_000)


def executor_of(resolved: dict[str, Any]) -> Executor:
    """Return the checked executor of a configuration."""
    described = resolved["executor"]
    name = described.get("name")
    if name not in EXECUTORS:
        raise ConfigurationError(f"unknown executor '{name}': {nearest(str(name), EXECUTORS)}")
    executor = checked(Executor, described, "executor.")
    if executor.name == "serial" and executor.workers != 1:
        raise ConfigurationError(
            f"executor.workers = {executor.workers} has no effect with executor=serial: omit one "
            "of the two"
        )
    return executor


def shard_of(resolved: dict[str, Any]) -> Shard | None:
    """Return the part of the study that is to be carried out, or None for all of it."""
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
    if not str(name):
        raise ConfigurationError("store = '' must be the name of a folder")
    return Path(str(name)).absolute()


def compare_settings(resolved: dict[str, Any]) -> CompareSettings:
    """Return the checked settings of a comparison."""
    settings = checked(CompareSettings, resolved)
    if settings.replicates == "auto" and settings.half_width is None:
        raise ConfigurationError(
            "replicates=auto needs half_width=..., the required precision of differences"
        )
    if len(set(settings.quantiles)) < len(settings.quantiles):
        raise ConfigurationError(f"quantiles = {settings.quantiles}: one of them is named twice")
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
    _check_vary(settings.vary)
    if settings.design not in designs:
        raise ConfigurationError(
            f"unknown design '{settings.design}': {nearest(settings.design, designs)}"
        )
    _check_scenarios("scenarios", settings.scenarios, resolved)
    return settings


def _check_vary(vary: dict[str, Any]) -> None:
    """Refuse values that no setting can have, and one path under two spellings."""
    spelled: dict[str, str] = {}
    for path, given in vary.items():
        before = spelled.setdefault(normal_path(str(path)), str(path))
        if before != path:
            raise ConfigurationError(f"vary: '{before}' and '{path}' are one path: name it once")
        values = given.values() if isinstance(given, dict) else given
        if given is None:
            continue
        if not isinstance(given, list | dict):
            raise ConfigurationError(
                f"vary.{path} = {shortened(given)} must be a list, e.g. [{shortened(given)}], "
                "a range {low: ..., high: ...} or null"
            )
        for value in values:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not isinstance(value, str) and not (number and math.isfinite(value)):
                raise ConfigurationError(f"vary.{path}: {in_words(value)} cannot be its value")


def checked[S: Frozen](kind: type[S], resolved: Mapping[str, Any], prefix: str = "") -> S:
    """Return the settings of a kind of study from a composed configuration.

    Parameters
    ----------
    kind : type
        The class of the settings.
    resolved : mapping
        The configuration (or the part of it) that holds them.
    prefix : str
        Path of that part, with its dot, for messages.

    Raises
    ------
    ConfigurationError
        If one of them is not an allowed value; the message says what is allowed.
    """
    chosen = {name: resolved[name] for name in kind.model_fields if name in resolved}
    try:
        return kind.model_validate(chosen)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        # A validator that runs before all others names its setting itself.
        name = name or first["msg"].removeprefix("Value error, ").partition(":")[0]
        if name not in kind.model_fields or name not in chosen:
            raise ConfigurationError(describe(error, prefix.removesuffix("."))) from error
        value = chosen[name]
        if isinstance(value, str) and "a list of names" in wanted(kind.model_fields[name]):
            raise ConfigurationError(f"{name}: write {name}=[{shortened(value)}]") from error
        raise ConfigurationError(
            f"{prefix}{name} = {shortened(value)} must be {wanted(kind.model_fields[name])}"
        ) from error


def _check_scenarios(key: str, names: list[str], resolved: dict[str, Any]) -> None:
    """Make sure that every name is a scenario, and none is named twice."""
    for name in names:
        if name in resolved.get("policies", {}):
            continue  # as it was when the study was started
        try:
            file_of("scenario", name)
        except ConfigurationError as error:
            raise ConfigurationError(f"{key}: {error}") from error
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


def settings_model(kind: str) -> type[Frozen] | None:
    """Return the class of the settings of a kind of study (None if it has none)."""
    from experiments.meanfield.study import MeanFieldSettings
    from experiments.story.study import StorySettings

    known: dict[str, type[Frozen]] = {
        "compare": CompareSettings, "curves": CompareSettings, "factorial": FactorialSettings,
        "sweep": SweepSettings, "meanfield": MeanFieldSettings, "story": StorySettings,
        "expand": CompareSettings,
    }  # fmt: skip
    return known.get(kind)


def wanted_of(model: type[Frozen] | None, setting: str) -> str:
    """Return the allowed values of a setting in words ("" if none are given)."""
    if setting in ALWAYS:
        return ALWAYS[setting]
    fields = model.model_fields if model is not None else {}
    return wanted(fields[setting]) if setting in fields else ""


ALWAYS = {
    "seed": f"a whole number from 0 to {LARGEST_SEED:,}",
    "days": f"a whole number from 1 to {MOST_DAYS:,}",
    "city": "a file of conf/city, and any of its numbers",
    "shock": "a file of conf/shock",
    "scenario": "a file of conf/scenario",
    "executor": "a file of conf/executor",
    "parameters": "any number of conf/parameters: parameters.illness.acute_rate=1.5",
    "regime": "any number of a law book of conf/regime",
    "submodels": "classes of your own by dotted path: submodels=[rumours.Rumours]",
}
