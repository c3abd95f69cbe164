"""The whole state of a model: copied to a branch, summed in a digest, saved in a file.

A file of state is a zip archive of arrays (`numpy.savez`) with a header in JSON: the composed
configuration, the version of the model, and the digest. It holds no code, and can be read by the
version of the model that wrote it, on every version of Python.
"""

import json
import os
import sys
import zlib
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np

import sim
from sim.agents.agency import Agencies
from sim.agents.city import WORKED_OUT
from sim.agents.clinic import Clinics
from sim.agents.migrant import WORK_GROUP
from sim.config.extensions import fingerprint_of, kinds_of, path_of
from sim.config.mistakes import ConfigurationError
from sim.config.scenario import Scenario, scenario_from
from sim.engine.digest import Digest
from sim.engine.records import copied
from sim.engine.types import Column

if TYPE_CHECKING:
    from sim.city_model import CityModel
    from sim.model import AlmatyModel

COHORTS = ("migrants", "employers", "episodes", "tasks")
RECORDS = ("work_groups", "counts")
"""Tables of records of a model."""
WHEELS = ("departures", "onset_reminders")
NUMBERS = ("_day", "next_candidate", "levers_moved_on")
# With cohorts, logs, diary, clinics and agencies these are the whole state.
HEADER = "header"
DAMAGED = (
    BadZipFile, ValueError, KeyError, EOFError, AttributeError, TypeError, RuntimeError,
    NotImplementedError, zlib.error,
)  # fmt: skip
"""Errors when reading a file that is not a saved model, or a damaged one."""
FORMAT = 1


class Part(Protocol):
    """A part of the state that can return and restore its arrays."""

    def arrays(self) -> Mapping[str, Column]:
        """Return the state as arrays."""
        ...

    def restore(self, arrays: Mapping[str, Column]) -> None:
        """Restore a state returned by `arrays`."""
        ...


class SavedState(NamedTuple):
    """The contents of a file of state.

    Attributes
    ----------
    header : dict
        See `write`.
    arrays : dict of str to array
        By name of the part and, after a slash, of the array.
    """

    header: dict[str, Any]
    arrays: dict[str, Column]

    def scenario(self) -> Scenario:
        """Return the scenario of the saved model."""
        return scenario_from(self.header["configuration"])

    def part(self, name: str) -> dict[str, Column]:
        """Return the arrays of one part."""
        start = f"{name}/"
        return {
            key.removeprefix(start): one
            for key, one in self.arrays.items()
            if key.startswith(start)
        }


@cache
def code_version() -> str:
    """Return the version of the model, with a hash of its code: different code, different model."""
    package = Path(sim.__file__).parent
    content = blake2b(digest_size=4)
    for path in sorted(package.rglob("*.py")):
        content.update(path.relative_to(package).as_posix().encode())
        content.update(path.read_bytes())
    return f"{sim.__version__}-{content.hexdigest()}"


def _parts(model: "AlmatyModel") -> dict[str, Part]:
    """Return the parts of the state that can return their arrays, by name."""
    return {
        **{name: getattr(model, name) for name in (*COHORTS, *WHEELS)},
        **model.logs,
        "diary": model.diary, "clinics": model.clinics, "agencies": model.agencies,
    }  # fmt: skip


def copy_state(model: "AlmatyModel", parent: "AlmatyModel") -> None:
    """Give a new model an independent copy of the state of another."""
    for name in RECORDS:
        setattr(model, name, copied(getattr(parent, name)))
    for name in COHORTS:
        setattr(model, name, getattr(parent, name).copy_for(model))
    for name in (*WHEELS, "diary"):
        setattr(model, name, getattr(parent, name).copy())
    for name in NUMBERS:
        setattr(model, name, getattr(parent, name))
    model.take_logs({name: log.copy() for name, log in parent.logs.items()})
    used = parent.draws.used
    model.draws.used = None if used is None else {one: keys.copy() for one, keys in used.items()}
    model.clinics.restore(parent.clinics.arrays())
    model.agencies.restore(parent.agencies.arrays())


def add_state(model: "CityModel", digest: Digest) -> None:
    """Add the state of a model to a digest."""
    digest.add_numbered("model", {name: [getattr(model, name)] for name in NUMBERS})
    groups = model.work_groups
    digest.add_numbered("work_groups", {name: groups[name] for name in WORK_GROUP})
    names = [name for name in model.counts.dtype.names or () if name not in WORKED_OUT]
    digest.add_numbered("counts", {name: model.counts[name] for name in names})
    digest.add_numbered("clinics", {one: model.clinics.table[one] for one in Clinics.STATE})
    digest.add_numbered("agencies", {one: model.agencies.table[one] for one in Agencies.STATE})
    digest.add_numbered("agencies known", {"knowledge": model.agencies.knowledge})
    for name in COHORTS:
        getattr(model, name).add_to(digest, name)
    for name, log in model.logs.items():
        log.add_to(digest, name)


# --- files ------------------------------------------------------------------------------------


def write(model: "AlmatyModel", file: IO[bytes]) -> None:
    """Write the state of a model into an open file."""
    version, words, gauss = model.random.getstate()
    header = {
        "format": FORMAT,
        "model_version": code_version(),
        "byte_order": sys.byteorder,
        "configuration": model.specification.resolved,
        "submodels": [fingerprint_of(kind) for kind in model.specification.submodels],
        "world": model.world.model_dump(mode="json"),
        "numbers": {name: int(getattr(model, name)) for name in NUMBERS},
        "time": float(model.time),
        "switched_off": sorted(model.switched_off),
        "audit": model.draws.used is not None,
        "random": [version, list(words), gauss],
        "rng": model.rng.bit_generator.state,
        "digest": model.digest(),
    }
    arrays: dict[str, Any] = {
        f"{part}/{name}": one
        for part, state in _parts(model).items()
        for name, one in state.arrays().items()
    }
    arrays |= {name: getattr(model, name).view(np.uint8) for name in RECORDS}
    for purpose, keys in (model.draws.used or {}).items():
        arrays[f"used/{purpose}"] = np.array(sorted(keys), dtype=np.uint64).reshape(-1, 2)
    text = json.dumps(header).encode()
    np.savez(file, **{HEADER: np.frombuffer(text, np.uint8), **arrays})


def save(model: "AlmatyModel", path: str | os.PathLike[str]) -> None:
    """Write the state of a model into a file atomically."""
    target = Path(path)
    unfinished = target.with_name(f".{target.name}-{os.getpid()}-{uuid4().hex[:8]}")
    try:
        try:
            with unfinished.open("xb") as file:
                write(model, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(f"{target}: could not be written: {error.strerror or error}") from error


def read(source: str | os.PathLike[str] | bytes) -> SavedState:
    """Read a file of state.

    Raises
    ------
    ConfigurationError
        If it is not a saved model, is damaged, or was written by another version of the model.
    FileNotFoundError
        If there is none.
    """
    shown = "a pickled model" if isinstance(source, bytes) else os.fspath(source)
    try:
        with (
            BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as file,
            np.load(file, allow_pickle=False) as archive,
        ):
            header = json.loads(archive[HEADER].tobytes())
            _check(header, shown)
            return SavedState(header, {name: archive[name] for name in archive.files})
    except ConfigurationError:  # raised by `_check`
        raise
    except DAMAGED as error:
        raise ConfigurationError(f"{shown}: is not a saved model, or is damaged") from error


def _check(header: Any, shown: str) -> None:
    """Raise `ConfigurationError` unless this version of the model can read the file."""
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ConfigurationError(f"{shown}: is not a saved model in this format")
    if header["model_version"] != code_version():
        raise ConfigurationError(
            f"{shown}: was saved by model version {header['model_version']}, this is "
            f"{code_version()}: run it again from its scenario"
        )
    if header["byte_order"] != sys.byteorder:
        raise ConfigurationError(f"{shown}: was saved on a machine of another byte order")
    for fingerprint in header["submodels"]:
        (kind,) = kinds_of([fingerprint.partition(":")[0]])
        if fingerprint_of(kind) != fingerprint:
            raise ConfigurationError(
                f"{shown}: was saved with other code of {path_of(kind)}: run it again"
            )


def restore(model: "AlmatyModel", saved: SavedState) -> None:
    """Give a new model the state that a file holds.

    Raises
    ------
    ConfigurationError
        If the state differs from what was saved.
    """
    header = saved.header
    for name, number in header["numbers"].items():
        setattr(model, name, number)
    for name in RECORDS:
        table = copied(getattr(model, name))
        table.view(np.uint8)[:] = saved.arrays[name]
        setattr(model, name, table)
    for name, part in _parts(model).items():
        part.restore(saved.part(name))
    if header["audit"]:
        model.draws.used = {
            purpose: {(int(who), int(occurrence)) for who, occurrence in keys}
            for purpose, keys in saved.part("used").items()
        }
    model.switched_off = frozenset(header["switched_off"])
    version, words, gauss = header["random"]
    model.random.setstate((version, tuple(words), gauss))
    model.rng.bit_generator.state = header["rng"]
