"""Where the files of a configuration are: those of the program, and those of the user.

The program's folder holds everything. User-defined scenarios, shocks, cities and studies may also
be in `./conf` of the working directory, in a folder named by `--config-dir`, or on
`hydra.searchpath`; they must not have the name of another file, because a name must identify one
file. The contents of a file are checked in `sim.config.described`.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from sim.config.described import check_described
from sim.config.mistakes import ConfigurationError, nearest, shortened
from sim.config.strict_yaml import Document, read_strictly

GROUPS = ("city", "scenario", "shock", "study", "executor")
"""Folders of `conf/` from which one file is chosen by name."""
COUNTERFACTUAL = "counterfactual"
"""Folder beside `scenario` with files of the same form, which may switch barriers off. They are
found by name and are not listed among the policies."""
OWN_GROUPS = ("scenario", "shock", "city", "study")
"""Groups of which users may have their own files."""
ALWAYS_READ = ("parameters", "regime")
"""Folders of which all files are used."""
LONGEST_NAME = 80
_NAME = re.compile(r"[^\W][\w.-]*")


@dataclass(frozen=True)
class OwnFolder:
    """A folder with a user's files.

    Attributes
    ----------
    path : Path
    scenarios_only : bool
        Whether its files are all scenarios (else it has one folder per group, as `conf/` has).
    """

    path: Path
    scenarios_only: bool = False

    def of(self, group: str) -> Path | None:
        """Return where its files of a group are."""
        if self.scenarios_only:
            return self.path if group == "scenario" else None
        return self.path / group if group in OWN_GROUPS else None


@dataclass(frozen=True)
class Sources:
    """Where configuration files are looked for.

    Attributes
    ----------
    program : Path
        The program's folder.
    own : tuple of OwnFolder
        Folders with the user's files.
    main : str
        Name of the main file (without its ending).
    """

    program: Path
    own: tuple[OwnFolder, ...] = ()
    main: str = "config"

    def with_folder(self, folder: Path, said: str, scenarios_only: bool = False) -> "Sources":
        """Return sources with one more folder to search.

        Raises
        ------
        ConfigurationError
            If there is no such folder, or it has files that would be ignored.
        """
        path = folder.absolute()
        if not path.is_dir():
            raise ConfigurationError(f"{said}: there is no folder '{shortened(folder)}'")
        if path.resolve() in _program_folders(self.program):
            return self
        if any(path.resolve() == one.path.resolve() for one in self.own):
            return self
        own = OwnFolder(path, scenarios_only)
        _refuse_files_that_are_always_read(own, self.program)
        return replace(self, own=(*self.own, own))

    def folders(self, group: str) -> list[Path]:
        """Return the folders that may hold files of a group, the program's first."""
        own = [one.of(group) for one in self.own]
        return [self.program / group, *(one for one in own if one is not None)]


_USED: ContextVar[Sources | None] = ContextVar("sources", default=None)


def sources() -> Sources:
    """Return where files are looked for now."""
    chosen = _USED.get()
    if chosen is not None:
        return chosen
    found = Sources(configuration_folder())
    here = Path("conf").absolute()
    return found.with_folder(here, "conf") if here.is_dir() else found


@contextmanager
def looking_in(chosen: Sources) -> Iterator[None]:
    """Look for files there within a `with` block."""
    token = _USED.set(chosen)
    try:
        yield
    finally:
        _USED.reset(token)


def configuration_folder() -> Path:
    """Return the folder with the configuration files of the program.

    The environment variable `ALMATY_CONF` wins, then the checkout's `conf/`, then the copy
    inside an installed package.
    """
    used = _USED.get()
    if used is not None:
        return used.program
    chosen = os.environ.get("ALMATY_CONF")
    if chosen:
        folder = Path(chosen).resolve()
        if not (folder / "config.yaml").is_file():
            raise ConfigurationError(f"ALMATY_CONF: no config.yaml in {shortened(chosen)}")
        return folder
    return _installed_folder()


def _installed_folder() -> Path:
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / "conf"
    return checkout if (checkout / "config.yaml").is_file() else package / "conf"


def _program_folders(program: Path) -> tuple[Path, Path]:
    return program.resolve(), _installed_folder().resolve()


def _refuse_files_that_are_always_read(own: OwnFolder, program: Path) -> None:
    """Refuse other numbers or law books under the program's names: they would be ignored."""
    if own.scenarios_only:
        return
    for group in ALWAYS_READ:
        for path in sorted((own.path / group).glob("*.y*ml")):
            shipped = program / group / f"{path.stem}.yaml"
            if shipped.is_file() and shipped.read_bytes() != path.read_bytes():
                raise ConfigurationError(
                    f"{shown(path)}: is not read: your own files can be scenarios, shocks, "
                    f"cities and studies; set {group}.{path.stem}.NAME=..., or name a whole "
                    "configuration with ALMATY_CONF"
                )


def searched_folder(entry: str) -> Path:
    """Return the folder that an entry of `hydra.searchpath` names (`file://`, `pkg://` or a path).

    Raises
    ------
    ConfigurationError
        If a package is unknown.
    """
    scheme, found, rest = entry.partition("://")
    if not found:
        return Path(entry)
    if scheme == "file":
        return Path(rest)
    try:
        spec = find_spec(rest) if scheme == "pkg" else None
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(f"hydra.searchpath: there is no package '{shortened(entry)}'")
    return Path(next(iter(spec.submodule_search_locations)))


def shown(path: Path) -> str:
    """Return the name of a file for messages: short where that is unambiguous."""
    return _shown(path, Path.cwd(), configuration_folder().parent)


@lru_cache(maxsize=4096)  # called for every file that is read, in case of a message
def _shown(path: Path, *folders: Path) -> str:
    for folder in folders:
        if path.is_relative_to(folder):
            return str(path.relative_to(folder))
    return str(path)


def check_name(group: str, name: object) -> str:
    """Return a name if it is a valid name of a file.

    Raises
    ------
    ConfigurationError
        If it has characters other than letters, digits, `_`, `-` and `.`, or is too long.
    """
    if isinstance(name, str) and len(name) <= LONGEST_NAME and _NAME.fullmatch(name):
        return name
    raise ConfigurationError(
        f"{group}: '{shortened(name)}' cannot be a name: letters, digits, '_', '-' and '.', "
        f"at most {LONGEST_NAME}, beginning with a letter, a digit or '_'"
    )


def file_of(group: str, name: str) -> Path:
    """Return the file of a group by its name.

    Parameters
    ----------
    group : str
        One of `GROUPS`.
    name : str
        Without the ending.

    Raises
    ------
    ConfigurationError
        If there is none (the message gives the nearest name), or there are two that differ.
    """
    check_name(group, name)
    folders = sources().folders(group)
    if group == "scenario":  # of counterfactuals, none may have the name of a policy
        folders += [folder.with_name(COUNTERFACTUAL) for folder in folders]
    found = {
        path.resolve(): path for folder in folders if (path := folder / f"{name}.yaml").is_file()
    }
    if not found:
        for folder in sources().folders(group):
            if (folder / f"{name}.yml").is_file():
                other = shown(folder / f"{name}.yml")
                raise ConfigurationError(f"{other}: call it {name}.yaml, so that it is found")
        raise ConfigurationError(f"unknown {group} '{name}': {nearest(name, names_of(group))}")
    paths = list(found.values())
    if len({path.read_bytes() for path in paths}) > 1:
        raise ConfigurationError(
            f"{shown(paths[1])}: there is another {group} '{name}' ({paths[0]}): give it a name of "
            "its own"
        )
    return paths[0]


def names_of(group: str) -> list[str]:
    """Return the names of all files of a group, in order."""
    found = {path.stem for folder in sources().folders(group) for path in folder.glob("*.yaml")}
    return sorted(found)


def check_choice(group: str, name: str) -> None:
    """Raise `ConfigurationError` unless a group has a valid file of that name."""
    read_choice(group, name)


def read_choice(group: str, name: str) -> Document:
    """Return a file of a group, strictly read and checked."""
    return read_file(group, file_of(group, name))


def read_file(group: str, path: Path) -> Document:
    """Return a file as one of a group, strictly read and checked."""
    found = read_strictly(path, shown(path))
    kinds: Mapping[str, Sequence[str]] = {}
    if group == "study":
        kinds = study_settings()
    check_described(group, found, path.stem, kinds, path.read_text(encoding="utf-8"))
    if group == "scenario" and path.parent.name == COUNTERFACTUAL:
        return replace(found, value={**found.value, COUNTERFACTUAL: True})
    return found


def study_settings() -> dict[str, list[str]]:
    """Return the kinds of studies, each with its specific settings."""
    found = {}
    for path in sorted((sources().program / "study").glob("*.yaml")):
        content = read_strictly(path, shown(path)).value
        if isinstance(content, dict):
            found[path.stem] = [name for name in content if name not in ("study", "defaults")]
    return found


class Offer(NamedTuple):
    """A file that may be chosen: name, summary, its folder if it is a user's, and its mistake."""

    name: str
    summary: str
    own: Path | None
    mistake: str | None


def offers(group: str) -> list[Offer]:
    """Return all files of a group, invalid ones included."""
    program, *own = sources().folders(group)
    found = []
    for name in names_of(group):
        where = next((one for one in own if (one / f"{name}.yaml").is_file()), None)
        if (program / f"{name}.yaml").is_file():
            where = None
        try:
            content = read_choice(group, name).value
        except ConfigurationError as error:
            found.append(Offer(name, "", where, str(error)))
            continue
        described = content["study"] if group == "study" else content
        found.append(Offer(name, str(described.get("summary", "")), where, None))
    for folder in own:
        found += [
            Offer(path.stem, "", folder, f"{shown(path)}: call it {path.stem}.yaml")
            for path in sorted(folder.glob("*.yml"))
        ]
    return found


def choices(group: str) -> dict[str, str]:
    """Return the files of a group with the one-line summary of each, by name."""
    if group in GROUPS:
        return {one.name: one.summary for one in offers(group) if one.mistake is None}
    found = {}
    for path in sorted((configuration_folder() / group).glob("*.yaml")):
        content = read_strictly(path, shown(path)).value
        summary = content.get("summary", "") if isinstance(content, dict) else ""
        found[path.stem] = str(summary)
    return found


def city_chain(name: str) -> list[Path]:
    """Return the file of a city and of those it is based on, the first base first.

    Raises
    ------
    ConfigurationError
        If one of them is not valid, or they are based on each other.
    """
    chain: list[Path] = []
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        path = file_of("city", current)
        if path in chain:
            raise ConfigurationError(f"{shown(path)}: is based on itself")
        found = read_file("city", path)
        chain.append(path)
        for number, base in enumerate(found.value.get("defaults", [])):
            if base == "_self_":
                continue
            if base not in names_of("city"):
                hint = nearest(base, names_of("city"))
                raise found.mistake(("defaults", number), f"unknown city '{base}': {hint}")
            waiting.append(base)
    return chain[::-1]


def configuration_files(resolved: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files that took part in a composed configuration.

    Parameters
    ----------
    resolved : mapping
        As returned by `compose_configuration`.

    Returns
    -------
    dict
        Absolute paths by part: ``config``, ``parameters/illness``, ``regime/as_hoped``,
        ``city/workshop`` (and the cities it is based on), ``scenario/...``, ``shock/...``,
        ``study/...``, ``executor/...``. Parts that no longer have a file are left out.
    """
    used = sources()
    found = {"config": used.program / f"{used.main}.yaml"}
    for group in ALWAYS_READ:
        for path in sorted((used.program / group).glob("*.yaml")):
            found[f"{group}/{path.stem}"] = path
    for group in GROUPS:
        part = resolved.get(group)
        described = part if isinstance(part, Mapping) else {}
        name = str(described.get("file", described.get("name", "")))
        try:
            paths = city_chain(name) if group == "city" else [file_of(group, name)]
        except ConfigurationError:
            continue
        found.update({f"{group}/{path.stem}": path for path in paths})
    from sim.config.extensions import KEY, files_of  # imported here: it uses this module

    found.update(files_of(resolved.get(KEY)))
    return {name: path.absolute() for name, path in found.items()}


def fingerprint(paths: Sequence[Path]) -> str:
    """Return a hash of the contents of files: a cached composition expires when they change."""
    content = blake2b(digest_size=16)
    for path in paths:
        content.update(str(path).encode())
        content.update(path.read_bytes())
    return content.hexdigest()
