"""From files and command-line words to one configuration: Hydra composes, mistakes are one line.

Hydra takes half a second, so its compositions are cached, and values, scenarios and shocks are
inserted into them; only words that do more than that are left to Hydra.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config.extensions import KEY as SUBMODELS
from sim.config.extensions import PARAMETERS, kinds_of, paths_of, sections_of
from sim.config.files import (
    ALWAYS_READ,
    GROUPS,
    OwnFolder,
    Sources,
    check_name,
    city_chain,
    file_of,
    fingerprint,
    looking_in,
    read_choice,
    searched_folder,
    shown,
    sources,
)
from sim.config.hydra_source import strict_files
from sim.config.legal_rules import LAW_AS_PASSED, TODAY
from sim.config.mistakes import ConfigurationError, shortened
from sim.config.overrides import (
    METADATA,
    SEARCHPATH,
    Word,
    is_entry,
    no_metadata,
    normalised,
    quoted,
    read_words,
    searched,
)
from sim.config.rest_state import COMMITTED, fingerprint_of_file, rest_state_file
from sim.config.strict_yaml import read_strictly
from sim.config.world import NO_REST_STATE, World

PUT_IN = ("scenario", "shock")
"""Groups whose files are plain mappings that no other part of a configuration depends on."""

NAMES_SCENARIOS = ("scenarios", "factors")
"""Settings that name policy scenarios."""


class Composed(NamedTuple):
    """A composed configuration: its parts, and whether parts refer to each other."""

    parts: dict[str, Any]
    has_references: bool


def compose_configuration(
    overrides: Sequence[str] = (), submodels: Sequence[Any] = ()
) -> dict[str, Any]:
    """Compose `conf/config.yaml` with overrides in Hydra's syntax.

    Parameters
    ----------
    overrides : sequence of str
        Words as on the command line, e.g. ``["city=workshop", "seed=3"]``.
    submodels : sequence of type or str
        User-defined submodels, besides those that the overrides name.

    Returns
    -------
    dict
        Plain nested dictionaries, without Hydra's part.

    Raises
    ------
    ConfigurationError
        If a file, name or value is not valid.
    """
    words, folders = searched(read_words(overrides))
    with looking_in(with_searchpath(sources(), folders)):
        later = [word for word in words if _is_of_a_submodel(word)]
        parts = _composition([word for word in words if word not in later])
        _add_submodels(parts, submodels)
        with_evidence(parts)
        if later:
            checked = [normalised(word, parts) for word in later]
            parts = _changed(parts, read_words(checked))
            with_evidence(parts)
        _note_file_of_study(parts, words)
        _date_law_of_today(parts)
        _name_rest_state(parts)
        return _with_names_as_text(parts)


def _with_names_as_text(parts: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration in which `[baseline, 2024]` names two scenarios."""
    for key in NAMES_SCENARIOS:
        if isinstance(parts.get(key), list):
            parts[key] = [str(one) if type(one) is int else one for one in parts[key]]
    return parts


def _date_law_of_today(parts: dict[str, Any]) -> None:
    """Replace `law.as_of=today` by the date of the last change of the law as it was passed."""
    law = parts.get("law")
    if not isinstance(law, dict) or law.get("as_of") != TODAY:
        return
    rows = [
        row
        for table in ("entitlements", "contributions")
        for row in parts["regime"][LAW_AS_PASSED][table].values()
    ]
    parts["law"] = {**law, "as_of": max(str(row["since"]) for row in rows)}


def _name_rest_state(parts: dict[str, Any]) -> None:
    """Replace `city.rest_state=committed` by the fingerprint of the city's rest state, or none."""
    city = parts.get("city")
    if isinstance(city, dict) and city.get("rest_state") == COMMITTED:
        path = rest_state_file(sources(), str(city.get("name")))
        found = NO_REST_STATE if path is None else fingerprint_of_file(path)
        parts["city"] = {**city, "rest_state": found}


def _is_of_a_submodel(word: Word) -> bool:
    """Return True if a word sets parameters of a section that the program does not have."""
    first, _, rest = word.key.partition(".")
    section = rest.partition(".")[0]
    return first == PARAMETERS and bool(section) and section not in World.model_fields


def _add_submodels(parts: dict[str, Any], more: Sequence[Any]) -> None:
    """Add the parameters of user-defined submodels to a configuration."""
    named = parts.get(SUBMODELS)
    if more:
        parts[SUBMODELS] = [*(named or ()), *paths_of(more)]
    if parts.get(SUBMODELS) and isinstance(parts.get(PARAMETERS), dict):
        parts[PARAMETERS] |= sections_of(kinds_of(parts[SUBMODELS]))


def with_searchpath(used: Sources, folders: Sequence[str]) -> Sources:
    """Return sources with the folders of `hydra.searchpath`."""
    for entry in folders:
        used = used.with_folder(searched_folder(entry), SEARCHPATH)
    return used


def _composition(words: list[Word]) -> dict[str, Any]:
    for word in words:
        if word.override.is_sweep_override():
            raise ConfigurationError(
                f"'{shortened(word.text)}': several values need -m (every combination is run), or "
                "brackets if a list is meant"
            )
    chosen = chosen_files(words)
    by_hydra = _only_by_hydra(words, chosen)
    base = _compose(chosen, without=() if by_hydra else PUT_IN)
    checked = [normalised(word, base.parts) for word in words if not word.chooses]
    changes = read_words(checked)
    if not by_hydra and not base.has_references:
        return _changed(base.parts, changes)
    if changes or by_hydra:
        others = [word.text for word in words if word.chooses and not _is_choice(word)]
        return deepcopy(_compose(chosen, [*others, *checked]).parts)
    return deepcopy(base.parts)


def _changed(composed: Mapping[str, Any], changes: Sequence[Word]) -> dict[str, Any]:
    """Return a composed configuration with changes of its values, as Hydra makes them."""
    parts: dict[str, Any] = deepcopy(dict(composed))
    if not all(_is_plain(one, composed) for one in changes):
        return _changed_by_hydra(parts, changes)
    for one in changes:
        *names, last = one.key.split(".")
        reduce(getitem, names, parts)[last] = one.value
    return parts


def _changed_by_hydra(parts: dict[str, Any], changes: Sequence[Word]) -> dict[str, Any]:
    """Return parts as Hydra changes them; only the sections that change are wrapped for it."""
    places = [tuple(one.key.split(".")[:2]) for one in changes]
    if any("${" in one.text for one in changes):  # refers to any other section
        places = [(name,) for name in parts]
    touched = _at(parts, places)
    configuration = OmegaConf.create(touched)
    OmegaConf.set_struct(configuration, True)
    try:
        ConfigLoaderImpl._apply_overrides_to_config(
            [one.override for one in changes], configuration
        )
        changed = as_dict(configuration)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(one_line(error)) from error
    return _over_places(parts, touched, changed)


def _at(parts: Mapping[str, Any], places: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """Return the values at places of one or two names: a whole part, or one section of it."""
    found: dict[str, Any] = {}
    for first, *second in places:
        part = parts.get(first)
        if isinstance(part, dict) and second and (first,) not in places:
            section = found.setdefault(first, {})
            if second[0] in part:
                section[second[0]] = part[second[0]]
        elif first in parts:
            found[first] = part
    return found


def _over_places(
    parts: dict[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Return parts in which the extracted values are replaced by changed ones."""
    for first in {**before, **after}:
        if first not in after:
            del parts[first]
        elif isinstance(after[first], dict) and isinstance(before.get(first), dict):
            for second in before[first].keys() - after[first].keys():
                del parts[first][second]
            parts[first] |= after[first]
        else:
            parts[first] = after[first]
    return parts


def _only_by_hydra(words: list[Word], chosen: Mapping[str, str]) -> bool:
    """Return True if a file or word may choose files other than those the command line names."""
    if any(word.key in GROUPS and not _is_choice(word) for word in words):
        return True
    content = read_choice("study", chosen["study"]).value if "study" in chosen else {}
    return any(isinstance(one, dict) for one in content.get("defaults", []))


def _is_choice(word: Word) -> bool:
    """Return True if a word only chooses a file of a group."""
    return word.chooses and not word.text.startswith("+") and not word.override.is_sweep_override()


def chosen_files(words: Sequence[Word]) -> dict[str, str]:
    """Return the name of the file that is chosen from each group."""
    used = sources()
    main = used.program / f"{used.main}.yaml"
    if not main.is_file():
        raise ConfigurationError(f"there is no {used.main}.yaml in {used.program}")
    content = read_strictly(main, shown(main)).value
    defaults = content.get("defaults", []) if isinstance(content, dict) else []
    chosen = {
        str(group): str(name)
        for one in defaults
        if isinstance(one, dict)
        for group, name in one.items()
        if group in GROUPS
    }
    named = {word.key: word.names[0] for word in words if word.chooses and word.text[0] != "+"}
    if "study" in {**chosen, **named}:
        chosen |= _chosen_by_study({**chosen, **named}["study"])
    return chosen | named


def _chosen_by_study(name: str) -> dict[str, str]:
    """Return a study's choices of files in other groups (`- override /shock: epidemic`)."""
    chosen = {}
    for one in read_choice("study", name).value.get("defaults", []):
        for key, value in one.items() if isinstance(one, dict) else ():
            group = str(key).split()[-1].lstrip("/")
            if group in GROUPS and isinstance(value, str):
                chosen[group] = value
    return chosen


def _is_plain(word: Word, parts: Mapping[str, Any]) -> bool:
    """Return True if a word only replaces one value by another."""
    if word.text.startswith(("+", "~")) or word.override.is_sweep_override():
        return False
    if "${" in word.text or "???" in word.text:  # refers to another value, or to none
        return False
    node: Any = parts
    for name in word.key.split("."):
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    # Dictionaries would be merged.
    return not isinstance(node, dict) and isinstance(node, list) <= isinstance(word.value, list)


def normalise_overrides(overrides: Sequence[str], several: bool = False) -> list[str]:
    """Check the names in overrides and let parameters be named without `.value`.

    Parameters
    ----------
    overrides : sequence of str
    several : bool
        Whether a word may have several values (`-m`).

    Raises
    ------
    ConfigurationError
        If an override is malformed or names something that does not exist.
    """
    words = read_words(overrides, several)
    base = _compose(chosen_files(words)).parts
    return [normalised(word, base) for word in words]


def _compose(
    chosen: Mapping[str, str], overrides: Sequence[str] = (), without: Sequence[str] = ()
) -> Composed:
    """Return a composition; scenario and shock are inserted where Hydra is not to read them."""
    by_hydra = {group: name for group, name in chosen.items() if group not in without}
    used = sources()
    files = [used.program / f"{used.main}.yaml"]
    for group in ALWAYS_READ:
        files += sorted((used.program / group).glob("*.yaml"))
    for path in files:
        read_strictly(path, shown(path))
    for group, name in chosen.items():
        read_choice(group, name)
        files += city_chain(name) if group == "city" else [file_of(group, name)]
    if without and all(path.is_relative_to(used.program) for path in files if _of(path, by_hydra)):
        used = replace(used, own=())  # no user files take part, so the cached result is the same
    removed = [f"~{group}" for group in without if group in chosen]
    words = [
        *(f"{group}={quoted(name)}" for group, name in by_hydra.items()), *removed, *overrides
    ]  # fmt: skip
    kept = _composed(used, tuple(words), fingerprint([one for one in files if _of(one, by_hydra)]))
    if not removed:
        return kept
    put_in = {
        group: deepcopy(read_choice(group, chosen[group]).value)
        for group in without
        if group in chosen
    }
    return Composed(_with_put_in(kept.parts, put_in), kept.has_references)


def _of(path: Path, chosen: Mapping[str, str]) -> bool:
    return path.parent.name not in GROUPS or path.parent.name in chosen


AFTER = "parameters"
"""The part that scenario and shock follow in the main file."""


def _with_put_in(parts: Mapping[str, Any], put_in: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a configuration with others inserted in the order of the main file."""
    found: dict[str, Any] = {}
    for name, part in parts.items():
        found[name] = part
        if name == AFTER:
            found |= put_in
    return found | dict(put_in)


@lru_cache(maxsize=64)
def _composed(used: Sources, overrides: tuple[str, ...], content: str) -> Composed:
    """Let Hydra compose; `content` distinguishes earlier contents of the files from the present."""
    folders = ",".join(quoted(f"file://{one.path}") for one in used.own if _has_groups(one))
    words = [*overrides, *([f"{SEARCHPATH}=[{folders}]"] if folders else [])]
    try:
        with _hydra_alone(), initialize_config_dir(str(used.program), version_base="1.3"):
            configuration = compose(used.main, overrides=words)
        parts = as_dict(configuration)
        return Composed(parts, parts != OmegaConf.to_container(configuration))
    except (HydraException, OmegaConfBaseException, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(one_line(error)) from error


def _has_groups(folder: OwnFolder) -> bool:
    return not folder.scenarios_only


@contextmanager
def _hydra_alone() -> Iterator[None]:
    """Let Hydra compose while a Hydra application is running, which must not lose its state."""
    outer = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with strict_files():
            yield
    finally:
        GlobalHydra.instance().clear()
        if outer is not None:
            GlobalHydra.instance().initialize(outer)


def as_dict(configuration: DictConfig) -> dict[str, Any]:
    """Return a configuration composed by Hydra as plain dictionaries, without Hydra's part."""
    plain = OmegaConf.to_container(configuration, resolve=True, throw_on_missing=True)
    assert isinstance(plain, dict)
    plain.pop("hydra", None)
    return {str(name): value for name, value in plain.items()}


_RAISED = re.compile(r" \w+ raised while [a-z ]+:$")


def one_line(error: Exception) -> str:
    """Return the first sentence of a library's message, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    first = lines[0].removeprefix("KeyError raised while resolving interpolation: ").strip('"')
    # "In 'city/mine': ConfigTypeError raised while composing config:" and then the error itself.
    if first.endswith(":") and len(lines) > 1:
        return f"{_RAISED.sub('', first)} {lines[1]}"
    return first


# --- ranges apply however a value is set ------------------------------------------------------


def with_evidence(parts: dict[str, Any]) -> None:
    """Give every number of a composition the range and source that its file states for it.

    However a number was set (by its name, with `++`, as a part of `{...}`, in the file of a study
    or of another city), its range is then checked.

    Raises
    ------
    ConfigurationError
        If a range or source itself was set.
    """
    for section, reference in _evidence(parts).items():
        node = parts.get(section)
        if isinstance(node, dict):
            _give(node, reference, section)


def _evidence(parts: Mapping[str, Any]) -> dict[str, Any]:
    used = sources()
    parameters = sections_of(kinds_of(parts.get(SUBMODELS)))
    for path in sorted((used.program / "parameters").glob("*.yaml")):
        content = read_strictly(path, shown(path)).value
        parameters |= content if isinstance(content, dict) else {}
    found: dict[str, Any] = {"parameters": parameters, "regime": {
        path.stem: read_strictly(path, shown(path)).value
        for path in sorted((used.program / "regime").glob("*.yaml"))
    }}  # fmt: skip
    part = parts.get("city")
    city: dict[str, Any] = {}
    name = part.get("name") if isinstance(part, dict) else None
    try:
        chain = city_chain(str(name))
    except ConfigurationError:  # renamed on the command line
        return found
    for path in chain:
        city = _over(city, read_choice("city", path.stem).value)
    return found | {"city": city}


def _over(below: Any, above: Any) -> Any:
    """Return a part of a city merged over its base's; a bare number keeps the base's entry."""
    if not isinstance(below, dict):
        return above
    if not isinstance(above, dict):
        return below if is_entry(below) else above
    return {**below, **{name: _over(below.get(name), one) for name, one in above.items()}}


def _give(node: dict[str, Any], reference: Mapping[str, Any], path: str) -> None:
    for name, entry in reference.items():
        if name not in node or not isinstance(entry, dict):
            continue
        here, found = f"{path}.{name}", node[name]
        if not is_entry(entry):
            if isinstance(found, dict):
                _give(found, entry, here)
        elif not isinstance(found, dict):
            node[name] = {**entry, "value": found}
        else:
            for word in sorted(METADATA):
                if word not in found or found[word] != entry.get(word):
                    raise no_metadata(here, word, entry)


def _note_file_of_study(parts: dict[str, Any], words: Sequence[Word]) -> None:
    """Record which file a user's study came from: its name says only its kind."""
    chosen, study = chosen_files(words).get("study"), parts.get("study")
    if chosen is not None and isinstance(study, dict) and study.get("name") != chosen:
        parts["study"] = {**study, "file": check_name("study", chosen)}
