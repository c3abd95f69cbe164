"""Rules in plain loops, compiled.

A *rule* says what happens to one agent, or to one after the other, in plain scalar code over
records: `episode.severity += 1`. Python would be slow at it; Numba turns it into machine code of
the same meaning. Whole-array operations stay the way for what is rare or done to everybody at
once.

Compiled code is kept on disk, so that only the first run on a machine waits for it. Numba does not
notice when a rule *calls* something that has changed, so the place on disk is named after a
fingerprint of everything rules are made of: no change can meet yesterday's code.

With `NUMBA_DISABLE_JIT=1` in the environment the same rules run as ordinary Python, slowly and with
the same results; the tests compare the two. Therefore a rule

- turns small integers into `int(...)` before it multiplies them (Python keeps them small);
- uses no threads and no fast-math.
"""

import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from typing import Any, cast

import numpy as np
from numba import config, njit, types
from numba.core import sigutils

from sim.engine.arrays import Column

type Record = Any
"""One record of a table, or a record of numbers; its fields are attributes."""

PLACES_OF_RULES = ("vocabulary.py", "engine/*.py", "agents/*.py", "submodels/*.py")
"""What compiled code is made of."""

INTERPRETED = bool(vars(config)["DISABLE_JIT"])
"""Whether rules run as ordinary Python."""


OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def _place_on_disk() -> Path:
    """Return the directory of compiled code, named after the fingerprint of its sources."""
    package = Path(__file__).parents[1]
    fingerprint = blake2b(digest_size=8)
    for pattern in PLACES_OF_RULES:
        for source in sorted(package.glob(pattern)):
            fingerprint.update(source.read_bytes())
    name = f"rules-{fingerprint.hexdigest()}"
    for base in (package / "__pycache__", Path(tempfile.gettempdir()) / "almaty-health-access"):
        try:
            (base / name).mkdir(parents=True, exist_ok=True)
        except OSError:  # an installation nobody may write to
            continue
        for outdated in base.glob("rules-*"):
            if outdated.name != name:
                rmtree(outdated, ignore_errors=True)
        return base / name
    return Path(tempfile.mkdtemp())


if not vars(config)["CACHE_DIR"]:
    vars(config)["CACHE_DIR"] = str(_place_on_disk())


def compiled[F: Callable[..., Any]](rule: F) -> F:
    """Compile a rule when it is first used, and keep the machine code on disk.

    Numba compiles a function anew for every combination of argument types, and takes 3, `WAIT`
    and an `int8` for three types. Rules are compiled once, for the widest type of each argument;
    narrower ones are converted.
    """
    machine_code: Any = njit(**OPTIONS)(rule)
    if not INTERPRETED:
        compile_exactly = machine_code.compile
        machine_code.compile = lambda signature: compile_exactly(_widest_types(signature))
    return cast(F, machine_code)


def _widest_types(signature: Any) -> Any:
    """Return the signature with every number at its widest type."""
    arguments, result = sigutils.normalize_signature(signature)
    widest = tuple(_widest_type(types.unliteral(one)) for one in arguments)
    return widest if result is None else result(*widest)


def _widest_type(one: Any) -> Any:
    if isinstance(one, types.IntEnumMember):
        return types.int64
    if isinstance(one, types.Integer) and one != types.uint64:
        return types.int64
    return types.float64 if isinstance(one, types.Float) else one


def record_type(columns: dict[str, tuple[np.dtype[Any], tuple[int, ...]]]) -> np.dtype[Any]:
    """Return the type of a record with these fields, ordered by width so that there are no gaps.

    Vectors of truth values are kept as bytes, which Numba asks for; see `field`.
    """
    in_order = sorted(
        columns.items(), key=lambda item: (item[1][0].itemsize % 8, item[1][0].itemsize)
    )
    return np.dtype(
        [
            (name, np.uint8 if shape and dtype == np.bool_ else dtype, shape)
            for name, (dtype, shape) in in_order
        ],
        align=True,
    )


def field(records: Column, name: str) -> Column:
    """Return one field of all records, as a view."""
    values = records[name]
    return values.view(np.bool_) if values.ndim > 1 and values.dtype == np.uint8 else values


def records(count: int, **columns: Any) -> Column:
    """Return a table of records from arrays whose first axis has length `count`.

    >>> units = records(2, beds=np.array([3, 5]), stay=np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> int(units[1]["beds"]), units[1]["stay"].tolist()
    (5, [3.0, 4.0])
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    table = np.zeros(
        count, record_type({name: (one.dtype, one.shape[1:]) for name, one in arrays.items()})
    )
    for name, values in arrays.items():
        field(table, name)[:] = values
    return table


def record(**values: Any) -> Column:
    """Return numbers and tables of numbers as one record (an array of length 1).

    >>> float(record(price_cap=4.0, limits=[1.0, 2.0])[0]["limits"][1])
    2.0
    """
    return records(1, **{name: np.asarray(value)[None] for name, value in values.items()})


def together(**parts: Column) -> Column:
    """Return several records (arrays of length 1) as one record of records."""
    whole = np.zeros(1, [(name, part.dtype) for name, part in parts.items()])
    for name, part in parts.items():
        whole[name] = part
    return whole


class FieldsFirst(np.record):  # type: ignore[misc]  # NumPy's stubs make its scalars final
    """A record for interpreted rules, whose fields are attributes.

    NumPy's own records have attributes of their own, such as `size`, which would hide fields.
    """

    def __getattribute__(self, name: str) -> Any:
        try:
            value = np.void.__getitem__(self, name)
        except (ValueError, IndexError):  # no field: what every record can do
            return super().__getattribute__(name)
        return fields_first(value) if isinstance(value, np.void) else value


def fields_first(records: Any) -> Any:
    """Return a table of records, or one, as a view whose records have their fields as attributes.

    >>> employers = np.array([(3,)], [("size", int)])
    >>> int(employers.view(np.recarray)[0].size), int(fields_first(employers)[0].size)
    (1, 3)
    """
    return records.view(np.dtype((FieldsFirst, records.dtype)))


def for_rules(table: Column) -> Column:
    """Return a table as rules want it: interpreted rules need fields by attribute."""
    return fields_first(table) if INTERPRETED else table
