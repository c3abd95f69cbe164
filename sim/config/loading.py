"""Scenarios by name, file or description."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from sim.config.composition import compose_configuration, with_searchpath
from sim.config.files import looking_in, sources
from sim.config.mistakes import ConfigurationError, shortened
from sim.config.overrides import Word, quoted, read_words, searched
from sim.config.parts import policy_of
from sim.config.scenario import Scenario, scenario_from


def load_scenario(
    name: str | PathLike[str] | Mapping[str, Any] = "baseline",
    overrides: Sequence[str] = (),
    submodels: Sequence[Any] = (),
) -> Scenario:
    """Compose and check a scenario.

    Parameters
    ----------
    name : str, path or mapping
        The name of a scenario: of the program, of `./conf/scenario/`, or of a folder of
        ``hydra.searchpath=[...]`` among the overrides. Or the path of a YAML file; files beside it
        are then found by name too. Or a mapping with name, summary and changes.
    overrides : sequence of str
        Overrides in Hydra's syntax, e.g. ``["city=workshop", "seed=7"]``.
    submodels : sequence of type
        User-defined submodels (see docs/extend.md), each in a module that can be imported.

    Raises
    ------
    ConfigurationError
        One line: the mistake, and the nearest valid name or the allowed range.
    TypeError
        If the overrides are not a sequence of texts.

    Examples
    --------
    >>> scenario = load_scenario("arrival_briefing", overrides=["city=workshop", "seed=7"])
    >>> scenario.seed, scenario.world.city.population
    (7, 20000)
    >>> scenario.world_on(364).information.briefing_coverage
    0.7
    >>> idea = {"path": "information.ngo_reach", "value": 0.01, "start_day": 0}
    >>> load_scenario({"name": "mine", "summary": "an idea", "changes": [idea]}).name
    'mine'
    """
    words, folders = searched(_words(overrides))
    texts = [word.text for word in words]
    with looking_in(with_searchpath(sources(), folders)):
        described, used = policy_of(name, sources())
        with looking_in(used):
            parts = compose_configuration(texts, submodels)
            if any(word.key.startswith("scenario.") for word in words):
                if isinstance(name, Mapping):
                    raise ConfigurationError("scenario.*: change the mapping itself instead")
                chosen = f"scenario={quoted(described['name'])}"
                return scenario_from(compose_configuration([chosen, *texts], submodels))
            return scenario_from({**parts, "scenario": described})


def _words(overrides: Sequence[str]) -> list[Word]:
    """Return overrides as words, none of which names a scenario."""
    if isinstance(overrides, str) or not all(isinstance(one, str) for one in overrides):
        raise TypeError('overrides: give a list of texts, e.g. ["city=workshop", "seed=7"]')
    words = read_words(overrides)
    for word in words:
        if word.key == "scenario":
            raise ConfigurationError(
                f"'{shortened(word.text)}': the scenario is named already, by load_scenario"
            )
    return words
