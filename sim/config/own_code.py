"""The code of user-defined submodels: its files, and a hash of their contents.

The imports of a module are followed into every module of its author, whether they are at the top or
inside a function: a change there is a change of the submodel. Installed modules are left out,
unless they belong to the same package; the code of the program has its own version.
"""

import ast
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib.machinery import all_suffixes
from importlib.util import find_spec
from pathlib import Path

OF_THE_PROGRAM = frozenset({"sim", "experiments"})
"""Packages of this program."""
NOT_FOLLOWED = OF_THE_PROGRAM | sys.stdlib_module_names - {"__main__"}


def modules_of(kind: type) -> tuple[str, ...]:
    """Return the modules that define a class and its bases, except those of the program."""
    names = dict.fromkeys(base.__module__ for base in kind.__mro__)
    return tuple(name for name in names if _top(name) not in NOT_FOLLOWED)


def files_of_code(*modules: str) -> dict[str, Path]:
    """Return the files of modules, and of the modules of their author that they import.

    Parameters
    ----------
    *modules : str
        Names of modules that are being imported, or have been.

    Returns
    -------
    dict of str to Path
        By name of the module, in order of the name.
    """
    packages = {_top(name) for name in modules}
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found or _top(name) in NOT_FOLLOWED:
            continue
        file = _file_of(name)
        if file is None or (_top(name) not in packages and _is_installed(file)):
            continue
        found[name] = file
        waiting += _imported(file, name)
    return dict(sorted(found.items()))


def hash_of_code(*modules: str) -> str:
    """Return a hash of the contents of the files that `files_of_code` finds for modules."""
    # By file name: a module run as `__main__` here is imported under its own name elsewhere.
    files = {(file.name, contents(file)) for file in files_of_code(*modules).values()}
    content = blake2b(digest_size=8)
    for name, held in sorted(files):
        content.update(f"{name} {len(held)} ".encode() + held)
    return content.hexdigest()


def contents(file: Path) -> bytes:
    """Return what a file holds; nothing if it is gone, or inside an archive."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _top(name: str) -> str:
    return name.partition(".")[0]


def _file_of(name: str) -> Path | None:
    """Return the file of a module, without importing anything."""
    loaded = getattr(sys.modules.get(name), "__file__", None)
    if loaded is not None:
        return Path(loaded).absolute()
    first, *rest = name.split(".")
    try:
        spec = find_spec(first)  # for a name without a dot this imports nothing
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin).absolute() if spec.has_location and spec.origin else None
    for location in spec.submodule_search_locations or ():
        place = Path(location, *rest)
        candidates = (
            *(place.with_name(place.name + ending) for ending in all_suffixes()),
            place / "__init__.py",
        )
        found = next((one for one in candidates if one.is_file()), None)
        if found is not None:
            return found.absolute()
    return None


@cache
def _installed_places() -> tuple[Path, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple({Path(sysconfig.get_path(name)).absolute() for name in names})


def _is_installed(file: Path) -> bool:
    return any(file.is_relative_to(place) for place in _installed_places())


def _imported(file: Path, name: str) -> Iterator[str]:
    """Yield the names of everything a file may import: modules, or objects in them."""
    if file.suffix != ".py":
        return
    try:
        tree = ast.parse(contents(file))
    except (SyntaxError, ValueError):  # imported later or never: its content still counts
        return
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")
            base = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
            start = ".".join(part for part in (base, node.module) if part)
            names = [start, *(f"{start}.{one.name}" for one in node.names)] if start else []
        else:
            continue
        for one in names:
            parts = one.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
