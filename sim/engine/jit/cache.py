"""Machine code on disk, and the notice that it is being compiled.

Numba does not notice when a rule *calls* something that has changed. The directory is therefore
named after a fingerprint of the sources of all rules, and every file in it repeats the fingerprint.
After a change, old machine code is never used, not even in a directory that the user has chosen.
"""

import multiprocessing
import os
import sys
import tempfile
from contextlib import AbstractContextManager, suppress
from hashlib import blake2b
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from numba import config
from numba.core import event

PLACES_OF_RULES = ("vocabulary.py", "engine/**/*.py", "agents/*.py", "submodels/*.py")
"""Sources of compiled code."""

COMPILE_NOTICE = "Compiling the model's rules, once on this machine: about half a minute."

_PACKAGE = Path(__file__).parents[2]


def _fingerprint() -> str:
    """Return a hash of the sources of all rules."""
    fingerprint = blake2b(digest_size=8)
    for pattern in PLACES_OF_RULES:
        for source in sorted(_PACKAGE.glob(pattern)):
            fingerprint.update(source.read_bytes())
    return fingerprint.hexdigest()


def _cache_directory() -> Path:
    """Return the directory of machine code, named after the fingerprint of its sources."""
    name = f"rules-{FINGERPRINT}"
    beside = _PACKAGE / "__pycache__"
    for base in (beside, Path(tempfile.gettempdir()) / "almaty-health-access"):
        try:
            if base != beside and (beside / name).is_dir():
                _copy_folder(beside / name, base / name)
            (base / name).mkdir(parents=True, exist_ok=True)
        except OSError:  # an installation that is not writable
            continue
        if not os.access(base / name, os.W_OK):  # Numba would not even read there
            continue
        for outdated in base.glob("rules-*"):
            if outdated.name != name:
                rmtree(outdated, ignore_errors=True)
        return base / name
    return Path(tempfile.mkdtemp())


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a folder atomically, unless the copy already exists."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, suppress(OSError):
        copytree(source, Path(folder) / "copy")
        (Path(folder) / "copy").rename(target)  # fails if another process was quicker


def _chosen_directory() -> Path:
    """Return the directory that the user has chosen (`NUMBA_CACHE_DIR`), or else the default."""
    chosen = vars(config)["CACHE_DIR"]
    return Path(chosen) if chosen else _cache_directory()


FINGERPRINT = _fingerprint()
CACHE_DIRECTORY = _chosen_directory()


class CompileNotice(event.Listener):
    """Prints one line, once, when rules are compiled: the user waits and sees nothing else.

    Workers print nothing: they would all print the same line.
    """

    def __init__(self) -> None:
        self.silent = multiprocessing.current_process().name != "MainProcess"

    def on_start(self, event: Any) -> None:
        """Print the line, if it is a rule of the model that is compiled."""
        module = event.data["dispatcher"].py_func.__module__ or ""  # generated code has no module
        if not self.silent and module.startswith("sim."):
            self.silent = True
            print(COMPILE_NOTICE, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        """Print nothing."""


_NOTICE = CompileNotice()


def compile_notice() -> AbstractContextManager[None]:
    """Return a context that prints the notice when a rule is compiled, not only loaded."""
    return event.install_listener("numba:compile", _NOTICE)
