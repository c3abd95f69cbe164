"""User-defined submodels: found by name, configured, and part of a run's identity.

A user-defined class is named by its dotted path, `rumours.Rumours`, relative to the folder in which
Python is started. Its parameters are in a separate file, `parameters/rumours.yaml`, in the same
form as those of the program: beside the module, in `conf/` beside it, or in a folder with the
user's files.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import create_model

from sim.config.files import configuration_folder, shown, sources
from sim.config.mistakes import ConfigurationError, shortened
from sim.config.own_code import files_of_code, hash_of_code, modules_of
from sim.config.strict_yaml import read_strictly
from sim.config.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.submodels.submodel import Submodel

    type Kind = type[Submodel]

KEY = "submodels"
"""Part of a configuration that names user-defined submodels."""
PARAMETERS = "parameters"


def paths_of(kinds: Any) -> list[str]:
    """Return the dotted paths of submodels given as classes or as paths.

    Raises
    ------
    ConfigurationError
        As in `path_of`; also if a module now holds another class of that name.
    TypeError
        If they are not a sequence.
    """
    if isinstance(kinds, str | type):
        raise TypeError(f"{KEY}: give a list of them, e.g. [Rumours]")
    found = [path_of(kind) for kind in kinds]
    for kind, path in zip(kinds, found, strict=True):
        in_module = isinstance(kind, type) and kind.__module__ != "__main__"
        if in_module and import_submodel(path) is not kind:
            raise ConfigurationError(
                f"{KEY}: {path} is now another class: import it from its module again"
            )
    return found


def path_of(kind: Any) -> str:
    """Return the dotted path of a submodel.

    Parameters
    ----------
    kind : type or str
        The class, or its path.

    Raises
    ------
    ConfigurationError
        If it is not a submodel, or another process could not import it.
    """
    if isinstance(kind, str):
        return kind
    from sim.submodels.submodel import Submodel

    if not isinstance(kind, type) or not issubclass(kind, Submodel):
        raise ConfigurationError(f"{KEY}: {shortened(kind)} is not a class derived from Submodel")
    module, name = kind.__module__, kind.__qualname__
    if "." in name:
        raise ConfigurationError(
            f"{KEY}: {name} is defined inside something else; define it in a module itself"
        )
    if module == "__main__":
        module = _module_that_runs(name)
    return f"{module}.{name}"


def _module_that_runs(name: str) -> str:
    """Return the name under which other processes can import the main program."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(sys.modules["__main__"], "__file__", None)
    if file is None or not Path(file).stem.isidentifier():
        raise ConfigurationError(
            f"{KEY}: {name} is not in a file that can be imported; put it into a module"
        )
    return Path(file).stem


def import_submodel(path: str) -> "Kind":
    """Return the submodel of a dotted path.

    Raises
    ------
    ConfigurationError
        If there is none, or its module cannot be imported.
    """
    from sim.submodels.submodel import Submodel

    module, _, name = path.rpartition(".")
    if not module:
        raise ConfigurationError(
            f"{KEY}: '{shortened(path)}' is not a dotted path such as rumours.Rumours"
        )
    with _here_on_path():
        try:
            found = getattr(import_module(module), name, None)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise _not_importable(path, error) from error
            raise ConfigurationError(
                f"{KEY}: there is no module '{error.name}' here for '{shortened(path)}'"
            ) from error
        except Exception as error:  # anything the author's code may raise
            raise _not_importable(path, error) from error
    if not isinstance(found, type) or not issubclass(found, Submodel):
        raise ConfigurationError(
            f"{KEY}: module {module} has no submodel '{shortened(name)}' (code that "
            "runs a study must be below if __name__ == '__main__':)"
        )
    return found


def _not_importable(path: str, error: Exception) -> ConfigurationError:
    reason = " ".join(str(error).split())
    return ConfigurationError(
        f"{KEY}: {shortened(path)} cannot be imported: {type(error).__name__}: {reason}"
    )


@contextmanager
def _here_on_path() -> "Iterator[None]":
    """Let modules of the working directory be found, as `python -m` does."""
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)  # and not removed: workers look for the module again
    yield


def kinds_of(paths: Any) -> tuple["Kind", ...]:
    """Return the submodels that a configuration names.

    Raises
    ------
    ConfigurationError
        If one is unknown, named twice, or does not fit into the model.
    """
    if paths is None:
        return ()
    if not isinstance(paths, list | tuple) or not all(isinstance(one, str) for one in paths):
        raise ConfigurationError(
            f"{KEY} = {shortened(paths)}: must be a list of dotted paths, such as [rumours.Rumours]"
        )
    if not paths:
        return ()
    from sim.model import AlmatyModel
    from sim.schedule import check_from_outside

    kinds = tuple(import_submodel(path) for path in paths)
    check_from_outside(kinds, AlmatyModel.SUBMODELS, AlmatyModel.SCHEDULE)
    for kind in kinds:
        if kind.name in World.model_fields:
            raise ConfigurationError(f"{KEY}: {kind.__name__} has the name of a section of conf/")
    return kinds


def fingerprint_of(kind: "Kind") -> str:
    """Return the path of a submodel and a hash of its code.

    Raises
    ------
    ConfigurationError
        If its files have changed since it was imported.
    """
    path = path_of(kind)
    if hash_of_code(*modules_of(kind)) != kind.code:
        raise ConfigurationError(
            f"{KEY}: the code of {path} has changed since it was imported: start Python again"
        )
    return f"{path}:{kind.code}"


def source_of(kind: type) -> Path | None:
    """Return the file of a class, or None if it is not defined in a file."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return None if file is None else Path(file).absolute()


def file_of_section(kind: "Kind") -> Path:
    """Return the file with the parameters of a submodel.

    Raises
    ------
    ConfigurationError
        If there is none: the message says which places were searched.
    """
    name = f"{kind.name}.yaml"
    module = source_of(kind)
    beside = [] if module is None else [module.parent, module.parent / "conf"]
    own = [one.path for one in sources().own if not one.scenarios_only]
    places = [
        folder / PARAMETERS / name for folder in (*own, *beside, configuration_folder())
    ]  # fmt: skip
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        looked_in = " or ".join(dict.fromkeys(shown(path) for path in places[:-1]))
        raise ConfigurationError(f"{KEY}: {kind.__name__} needs its parameters in {looked_in}")
    return found


def sections_of(kinds: Iterable["Kind"]) -> dict[str, Any]:
    """Return the parameters of submodels as given in their files, by section."""
    found: dict[str, Any] = {}
    for kind in kinds:
        if kind.section is None:
            continue
        path = file_of_section(kind)
        read = read_strictly(path, shown(path))
        content = read.value
        if not isinstance(content, dict) or list(content) != [kind.name]:
            raise ConfigurationError(f"{shown(path)}: must hold one section, '{kind.name}'")
        found |= content
    return found


def files_of(paths: Any) -> dict[str, Path]:
    """Return the files of the code of a configuration's submodels, by part."""
    found: dict[str, Path] = {}
    for kind in kinds_of(paths):
        code = files_of_code(*modules_of(kind))
        found |= {f"submodel/{module}": file for module, file in code.items()}
        if kind.section is not None:
            found[f"{PARAMETERS}/{kind.name}"] = file_of_section(kind)
    return found


# --- the world with user-defined sections -----------------------------------------------------


class WorldWithSections(World):
    """A world with the parameters of user-defined submodels."""

    def __reduce__(self) -> Any:
        # The class is created when it is needed, in each process.
        return _unpickled, (tuple(map(path_of, _KINDS[type(self)])), self.__getstate__())


_KINDS: dict[type, tuple["Kind", ...]] = {}


def world_type(kinds: Sequence["Kind"]) -> type[World]:
    """Return the type of a world with the sections of some submodels."""
    return _world_type(tuple(kinds)) if any(kind.section for kind in kinds) else World


@lru_cache(maxsize=16)
def _world_type(kinds: tuple["Kind", ...]) -> type[World]:
    fields: Mapping[str, Any] = {
        kind.name: (kind.section, ...) for kind in kinds if kind.section is not None
    }
    made: type[World] = create_model("World", __base__=WorldWithSections, **fields)
    _KINDS[made] = kinds
    return made


def _unpickled(paths: tuple[str, ...], content: dict[str, Any]) -> World:
    kind = world_type(kinds_of(list(paths)))
    world = kind.__new__(kind)
    world.__setstate__(content)
    return world
