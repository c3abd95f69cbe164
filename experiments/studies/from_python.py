"""Studies from Python: what `study=compare`, `curves` and `sweep` do, as functions.

The checks, the plan, the store and the tables are those of the command. So a study that was started
with the command can be continued here and vice versa, and the numbers are the same.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich.console import Console

from experiments.analysis.result_folder import MANIFEST, as_typed
from experiments.studies import compare as comparison
from experiments.studies import curves as long_curves
from experiments.studies import sweep as sweeps
from experiments.studies.reads import check_given, check_output, unfinished
from experiments.studies.study import FigureMakers
from sim.config.composition import compose_configuration, with_searchpath
from sim.config.configuration import ConfigurationError, nearest
from sim.config.files import looking_in, sources, study_settings
from sim.config.mistakes import shortened
from sim.config.overrides import Word, read_words, searched
from sim.config.parts import policy_of
from sim.config.scenario import Scenario, scenario_from

if TYPE_CHECKING:
    from matplotlib.figure import Figure

type AnyScenario = str | PathLike[str] | Mapping[str, Any] | Scenario
"""A scenario: its name, its file, a mapping with name, summary and changes, or the object."""
type Seeds = int | Literal["auto"] | Sequence[int]
"""The number of seeds, or the seeds themselves."""
KINDS: dict[str, Any] = {"compare": comparison, "curves": long_curves, "sweep": sweeps}
WORLD = ("city", "regime", "law", "parameters", "shock", "days", "submodels")
"""Parts of a configuration that compared scenarios have in common."""
ARGUMENTS = ("study", "scenario", "scenarios", "replicates", "policies", "vary")
"""Settings that overrides may not set, because arguments of the functions set them."""
TABLE = ".parquet"


@dataclass(frozen=True)
class Study:
    """A study that has been carried out: tables, figures, and the data needed to repeat it.

    Attributes
    ----------
    kind : str
        "compare", "curves" or "sweep".
    folder : Path
        The folder of results, as the command writes it. It belongs to the study and not to this
        object: if it is rewritten, for example with another confidence, this object refuses to
        read it.
    settings : object
        The checked settings.
    manifest : dict
        All that is needed to repeat the study (`study=rerun`).
    """

    kind: str
    folder: Path
    settings: Any
    manifest: dict[str, Any]

    def _check_folder(self) -> None:
        """Raise `ConfigurationError` unless the folder is as this study left it."""
        if read_manifest(self.folder) != self.manifest:
            raise ConfigurationError(
                f"{as_typed(self.folder)} has been rewritten since: carry out the study again"
            )

    @property
    def tables(self) -> list[str]:
        """Names of the tables."""
        self._check_folder()
        return sorted(path.stem for path in self.folder.glob(f"*{TABLE}"))

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of results.

        Parameters
        ----------
        name : str
            One of `tables`.

        Raises
        ------
        ConfigurationError
            If there is none of that name.
        """
        if name not in self.tables:
            raise ConfigurationError(f"unknown table '{name}': {nearest(name, self.tables)}")
        return pd.read_parquet(self.folder / f"{name}{TABLE}")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Levels, paired differences and intervals of every outcome (for curves: quantiles)."""
        return self.table("quantiles" if self.kind == "curves" else "summary")

    @property
    def figures(self) -> list[str]:
        """Names of the figures."""
        return list(self._makers)

    @property
    def _makers(self) -> FigureMakers:
        self._check_folder()
        makers: FigureMakers = KINDS[self.kind].figures_of(self.folder, self.settings)
        return makers

    def plot(self, name: str | None = None) -> "Figure":
        """Draw a figure.

        Parameters
        ----------
        name : str, optional
            One of `figures`; by default the first.

        Returns
        -------
        matplotlib.figure.Figure
            Not yet written to a file; `figure.savefig(...)` writes it.

        Raises
        ------
        ConfigurationError
            If there is none of that name.
        """
        import matplotlib as mpl

        from experiments.figures.style import STYLE

        makers = self._makers
        chosen = next(iter(makers), "") if name is None else name
        if chosen not in makers:
            raise ConfigurationError(f"unknown figure '{chosen}': {nearest(chosen, list(makers))}")
        with mpl.rc_context(STYLE):
            return makers[chosen]()


def compare(
    scenarios: Sequence[AnyScenario],
    seeds: Seeds = 10,
    overrides: Sequence[str] = (),
    *,
    submodels: Sequence[Any] = (),
    progress: bool = False,
    **settings: Any,
) -> Study:
    """Compare scenarios in paired replicates, as `study=compare` does.

    Parameters
    ----------
    scenarios : sequence
        Names, files, mappings (name, summary, changes) or `Scenario`s; the first is the reference.
    seeds : int, "auto" or sequence of int
        Number of replicates (their seeds count up from `seed=`, by default 1), "auto" (with
        `half_width`), or the seeds themselves, e.g. ``range(5, 15)``.
    overrides : sequence of str
        In Hydra's syntax, e.g. ``["city=workshop", "days=180", "executor.workers=2"]``.
    submodels : sequence of type
        User-defined submodels (see docs/extend.md), each in a module that can be imported.
    progress : bool, default False
        Whether to print the output of the command on stderr.
    **settings
        Other settings of the study, by name: see `python -m sim study=compare --help`.

    Returns
    -------
    Study

    Raises
    ------
    ConfigurationError
        If a setting is wrong; one line names the nearest valid name or the allowed range. Also if
        no seed has results under every scenario.
    KeyboardInterrupt
        If it is interrupted; finished runs are stored, and the same call continues from there.

    Warns
    -----
    UserWarning
        If runs failed (see `table("failures")`), or a ramp outlasts the run.
    """
    return _carried_out("compare", scenarios, seeds, overrides, submodels, progress, settings)


def curves(
    scenarios: Sequence[AnyScenario],
    seeds: Seeds = 10,
    overrides: Sequence[str] = (),
    *,
    submodels: Sequence[Any] = (),
    progress: bool = False,
    **settings: Any,
) -> Study:
    """Return long time series with quantile bands, as `study=curves` does.

    Parameters
    ----------
    scenarios, seeds, overrides, submodels, progress, **settings
        As for `compare`.

    Returns
    -------
    Study
        Its `summary` holds the quantiles of every series on every day.

    Raises
    ------
    ConfigurationError
        As `compare` does.
    """
    return _carried_out("curves", scenarios, seeds, overrides, submodels, progress, settings)


def sweep(
    scenarios: Sequence[AnyScenario],
    vary: Mapping[str, Any],
    seeds: Seeds = 3,
    overrides: Sequence[str] = (),
    *,
    submodels: Sequence[Any] = (),
    progress: bool = False,
    **settings: Any,
) -> Study:
    """Run scenarios under many values of any setting, as `study=sweep` does.

    Parameters
    ----------
    scenarios, seeds, overrides, submodels, progress, **settings
        As for `compare`.
    vary : mapping
        The values to vary, by path: a list of values, a range ``{"low": ..., "high": ...}``, or
        None (the range of its entry).

    Returns
    -------
    Study

    Raises
    ------
    ConfigurationError
        As `compare` does.
    """
    more = {**settings, "vary": vary}
    return _carried_out("sweep", scenarios, seeds, overrides, submodels, progress, more)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder of results, or None if there is none."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _carried_out(
    kind: str, scenarios: Sequence[AnyScenario], seeds: Seeds,
    overrides: Sequence[str], submodels: Sequence[Any], progress: bool,
    settings: Mapping[str, Any],
) -> Study:  # fmt: skip
    """Carry out a study, write its folder of results, and return it."""
    resolved = _configuration(kind, scenarios, seeds, overrides, submodels, settings)
    module = KINDS[kind]
    checked = module.settings_of(resolved)
    check_output(resolved)
    console = Console(stderr=True) if progress else Console(quiet=True)
    done = module.carry_out(resolved, checked, console)
    if done.interrupted:
        raise KeyboardInterrupt("finished runs are stored; the same call continues from there")
    folder = done.output / done.results.study.name
    before, failures = read_manifest(folder), done.results.failures
    module.report(done, resolved, checked, console)
    manifest = read_manifest(folder)
    why = f": {failures['error'].iloc[0]}" if len(failures) else ""
    if manifest is None or manifest == before:
        raise ConfigurationError(f"no seed has results under every scenario{why}")
    if len(failures):
        _warn(f"{len(failures)} of {len(done.results.study.plan)} runs failed{why}")
    for line in unfinished(kind, resolved):
        _warn(f"not fully in force in this run: {line}")
    return Study(kind, folder, checked, manifest)


def _warn(text: str) -> None:
    """Warn at the line that has called `compare`, `curves` or `sweep`."""
    warnings.warn(text, stacklevel=4)


def _configuration(
    kind: str, scenarios: Sequence[AnyScenario], seeds: Seeds, overrides: Sequence[str],
    submodels: Sequence[Any], settings: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Return the composed configuration of a study, with every scenario in full."""
    if isinstance(scenarios, str | PathLike | Mapping | Scenario):
        raise TypeError("scenarios: give a list of them, e.g. ['baseline', 'mobile_clinics']")
    if isinstance(overrides, str) or not all(isinstance(one, str) for one in overrides):
        raise TypeError('overrides: give a list of texts, e.g. ["city=workshop", "days=90"]')
    words, folders = searched(read_words(overrides))
    made = [one for one in scenarios if isinstance(one, Scenario)]
    _check_overrides(words, bool(made), isinstance(seeds, int | str))
    with looking_in(with_searchpath(sources(), folders)):
        texts = [f"study={kind}", *(word.text for word in words)]
        resolved = compose_configuration(texts, submodels)
        described = [_described(one) for one in scenarios]
    _share_a_world(resolved, made)
    _set_seeds(resolved, seeds)
    known = [*study_settings()[kind], "output", "store"]
    for name, value in settings.items():
        if name not in known or name in ("scenarios", "replicates"):
            raise ConfigurationError(f"{kind}: unknown setting '{name}': {nearest(name, known)}")
        resolved[name] = fspath(value) if isinstance(value, PathLike) else deepcopy(value)
    resolved["scenarios"] = [str(one["name"]) for one in described]
    resolved["policies"] = {str(one["name"]): one for one in described}
    resolved["command"] = None
    scenario_from(resolved)
    check_given(kind, resolved, [*(word.key for word in words), *settings])
    if len(resolved["policies"]) < len(described):
        twice = next(one for one in resolved["scenarios"] if resolved["scenarios"].count(one) > 1)
        raise ConfigurationError(f"scenarios: '{twice}' is named twice")
    return resolved


def _check_overrides(words: Sequence[Word], made: bool, counted: bool) -> None:
    """Refuse overrides of settings that arguments already set, and shards.

    Parameters
    ----------
    words : sequence of Word
    made : bool
        Whether some scenarios are given as objects, with their world.
    counted : bool
        Whether the number of seeds is given, so that the first seed may be set.
    """
    for word in words:
        first = word.key.partition(".")[0].partition("@")[0]
        taken = first in ARGUMENTS or (made and first in (*WORLD, "seed"))
        if taken or (first == "seed" and not counted):
            raise ConfigurationError(f"'{shortened(word.text)}': the arguments already set this")
        if first == "shard":
            raise ConfigurationError("shard: only the command can carry out a part of a study")


def _described(scenario: AnyScenario) -> dict[str, Any]:
    """Return a scenario in the form of its file."""
    if isinstance(scenario, Scenario):
        return deepcopy(dict(scenario.resolved["scenario"]))
    return policy_of(scenario, sources())[0]


def _share_a_world(resolved: dict[str, Any], scenarios: Sequence[Scenario]) -> None:
    """Take the world from scenarios that are given as objects; it must be the same for all."""
    for one in scenarios:
        for part in WORLD:
            if one.resolved[part] != scenarios[0].resolved[part]:
                raise ConfigurationError(
                    f"scenarios: '{one.name}' has another {part} than '{scenarios[0].name}'"
                )
    if scenarios:
        resolved |= {part: deepcopy(scenarios[0].resolved[part]) for part in (*WORLD, "seed")}


def _set_seeds(resolved: dict[str, Any], seeds: Any) -> None:
    """Set the number of replicates, and the first seed if the seeds are listed."""
    if isinstance(seeds, int | str):
        resolved["replicates"] = seeds
        return
    given = list(seeds)
    numbers = all(isinstance(one, Integral) and not isinstance(one, bool) for one in given)
    if not numbers or not given or given != [given[0] + place for place in range(len(given))]:
        raise ConfigurationError(
            f"seeds = {shortened(given)}: must be whole numbers that count up by one, e.g. "
            "range(5, 15)"
        )
    resolved["seed"], resolved["replicates"] = int(given[0]), len(given)
