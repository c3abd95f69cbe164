"""Rules in plain loops, compiled.

A *rule* says what happens to one agent, or to one after the other, in plain scalar code over
records: `episode.severity += 1`. Python would be slow at it; Numba turns it into machine code of
the same meaning. Whole-array operations stay the way for what is rare or done to everybody at
once.

Compiled code is kept on disk, so that only the first run on a machine waits for it, or its
installation (`sim.compile_ahead`). Numba does not notice when a rule *calls* something that has
changed, so the place on disk is named after a fingerprint of everything rules are made of: no
change can meet yesterday's code.

With `NUMBA_DISABLE_JIT=1` in the environment the same rules run as ordinary Python, slowly and with
the same results; the tests compare the two. Therefore a rule

- turns small integers into `int(...)` before it multiplies them (Python keeps them small);
- uses no threads and no fast-math.
"""

import dis
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any, cast, get_args, get_origin

import numpy as np
from numba import config, njit, types
from numba.core import errors, event, sigutils
from numba.core.cpu import CPUContext
from numba.core.dispatcher import Dispatcher

from sim.engine.arrays import Column

type Record = Any
"""One record of a table, or a record of numbers; its fields are attributes."""

PLACES_OF_RULES = ("vocabulary.py", "engine/*.py", "agents/*.py", "submodels/*.py")
"""What compiled code is made of."""

LINE_OF_MEMORY = 64
"""Bytes that a processor fetches together."""


MAKERS_OF_ARRAYS = frozenset(
    ("empty", "zeros", "ones", "full", "array", "argsort", "unique", "concatenate", "copy")
)
"""What rules call to make an array."""

INTERPRETED = bool(vars(config)["DISABLE_JIT"])
"""Whether rules run as ordinary Python."""

WHY_IT_WAITS = "Compiling the model's rules, once on this machine: about half a minute."

OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def _place_on_disk() -> Path:
    """Return the directory of compiled code, named after the fingerprint of its sources."""
    package = Path(__file__).parents[1]
    fingerprint = blake2b(digest_size=8)
    for pattern in PLACES_OF_RULES:
        for source in sorted(package.glob(pattern)):
            fingerprint.update(source.read_bytes())
    name = f"rules-{fingerprint.hexdigest()}"
    beside = package / "__pycache__"
    for base in (beside, Path(tempfile.gettempdir()) / "almaty-health-access"):
        try:
            if base != beside and (beside / name).is_dir():
                _copy_folder(beside / name, base / name)
            (base / name).mkdir(parents=True, exist_ok=True)
        except OSError:  # an installation nobody may write to
            continue
        if not os.access(base / name, os.W_OK):  # Numba would not even read there
            continue
        for outdated in base.glob("rules-*"):
            if outdated.name != name:
                rmtree(outdated, ignore_errors=True)
        return base / name
    return Path(tempfile.mkdtemp())


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a folder at once or not at all, unless the copy is there already."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, suppress(OSError):
        copytree(source, Path(folder) / "copy")
        (Path(folder) / "copy").rename(target)  # fails if another process was quicker


if not vars(config)["CACHE_DIR"]:
    vars(config)["CACHE_DIR"] = str(_place_on_disk())

# Fields that lie side by side are worked on together where that is possible.
vars(config)["SLP_VECTORIZE"] = 1

PLACE_OF_MACHINE_CODE = Path(vars(config)["CACHE_DIR"])


class SaysWhyItWaits(event.Listener):
    """Says in one line, once, that rules are compiled: the user waits and sees nothing else.

    Workers are silent: they would all say the same.
    """

    def __init__(self) -> None:
        self.silent = multiprocessing.current_process().name != "MainProcess"

    def on_start(self, event: Any) -> None:
        """Say so, if it is a rule of the model that is compiled."""
        if not self.silent and event.data["dispatcher"].py_func.__module__.startswith("sim."):
            self.silent = True
            print(WHY_IT_WAITS, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        """Say nothing."""


event.register("numba:compile", SaysWhyItWaits())


def compiled[F: Callable[..., Any]](rule: F) -> F:
    """Compile a rule when it is first used, and keep the machine code on disk.

    Numba compiles a function anew for every combination of argument types, and takes 3, `WAIT`
    and an `int8` for three types. Rules are compiled once, for the widest type of each argument;
    narrower ones are converted.
    """
    machine_code: Any = njit(**OPTIONS)(rule)
    if not INTERPRETED:
        compile_exactly, compiler = machine_code.compile, machine_code._compiler
        translate = compiler.compile

        def translate_without_counting(arguments: Any, result: Any) -> Any:
            # Said of every rule, or it would be as for the rule that calls it.
            compiler.targetoptions["_nrt"] = hands_on_arrays(machine_code)
            if not compiler.targetoptions["_nrt"]:
                try:
                    return translate(arguments, result)
                except errors.NumbaError:  # it makes an array on its way
                    compiler.targetoptions["_nrt"] = True
            return translate(arguments, result)

        machine_code.compile = lambda signature: compile_exactly(_widest_types(signature))
        compiler.compile = translate_without_counting
    return cast(F, machine_code)


def inlined[F: Callable[..., Any]](rule: F) -> F:
    """Compile a rule as a part of each rule that calls it.

    Its numbers stay as narrow as they are there, and the processor may take several calls together.
    """
    return cast(F, njit(inline="always")(rule))


def _count_at_the_door(context: CPUContext, *arguments: Any, **more: Any) -> Any:
    """Let the door through which Python calls a rule count, whether the rule does or not.

    What Python hands over is counted in at the door, so it has to be counted out there too, or it
    would stay in memory for ever.
    """
    counts, context.enable_nrt = context.enable_nrt, True
    try:
        return _make_door(context, *arguments, **more)
    finally:
        context.enable_nrt = counts


_make_door: Any = CPUContext.create_cpython_wrapper
cast(Any, CPUContext).create_cpython_wrapper = _count_at_the_door


def hands_on_arrays(rule: Any) -> bool:
    """Tell whether a rule makes arrays or hands them on.

    One that does not need not count who else holds the tables it looks at, which would take longer
    than most of what it does with a record.
    """
    instructions = list(dis.get_instructions(rule.py_func))
    named = {one.argval for one in instructions if one.opname == "LOAD_GLOBAL"}
    attributes = {one.argval for one in instructions if one.opname in ("LOAD_ATTR", "LOAD_METHOD")}
    called = [rule.py_func.__globals__.get(name) for name in named]
    results = [one.py_func for one in (rule, *called) if isinstance(one, Dispatcher)]
    return not MAKERS_OF_ARRAYS.isdisjoint(attributes) or not all(
        _is_no_array(one.__annotations__.get("return")) for one in results
    )


def _is_no_array(result: Any) -> bool:
    """Tell whether what a rule returns is nothing, a number, a record, or several of these."""
    if get_origin(result) is tuple:
        return all(_is_no_array(one) for one in get_args(result))
    return result in (None, bool, int, float, np.float32, np.uint64, Record)


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


def record_type(
    columns: dict[str, tuple[np.dtype[Any], tuple[int, ...]]], first: Collection[str] = ()
) -> np.dtype[Any]:
    """Return the type of a record with these fields, ordered by width so that there are no gaps.

    Vectors of truth values are kept as bytes, which Numba asks for; see `field`.

    Parameters
    ----------
    columns : dict
        Type and shape of each field.
    first : collection of str
        Fields to lie together at the head of the record. The record is then as long as whole lines
        of memory, so that a rule which needs these fields alone waits for few lines.
    """
    in_order = sorted(
        columns.items(),
        key=lambda item: (item[0] not in first, item[1][0].itemsize % 8, item[1][0].itemsize),
    )
    packed: np.dtype[Any] = np.dtype(
        [
            (name, np.uint8 if shape and dtype == np.bool_ else dtype, shape)
            for name, (dtype, shape) in in_order
        ],
        align=True,
    )
    if not first:
        return packed
    layout: dict[str, Any] = {
        "names": list(packed.names or ()),
        "formats": [packed[name] for name in packed.names or ()],
        "offsets": [one[1] for one in (packed.fields or {}).values()],
        "itemsize": -(-packed.itemsize // LINE_OF_MEMORY) * LINE_OF_MEMORY,
    }
    return cast(Any, np.dtype)(layout, align=True)


def room_for(count: int, kind: np.dtype[Any]) -> Column:
    """Return an empty table of records that begin where lines of memory do."""
    room = np.empty(count * kind.itemsize + LINE_OF_MEMORY, dtype=np.uint8)
    gap = -room.ctypes.data % LINE_OF_MEMORY
    return room[gap : gap + count * kind.itemsize].view(kind)


def field(records: Column, name: str) -> Column:
    """Return one field of all records, as a view."""
    values = records[name]
    return values.view(np.bool_) if values.ndim > 1 and values.dtype == np.uint8 else values


def records(count: int, often: Collection[str] = (), **columns: Any) -> Column:
    """Return a table of records from arrays whose first axis has length `count`.

    Fields that are `often` looked at lie together at the head of the record (see `record_type`).

    >>> units = records(2, beds=np.array([3, 5]), stay=np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> int(units[1]["beds"]), units[1]["stay"].tolist()
    (5, [3.0, 4.0])
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    kind = record_type({name: (one.dtype, one.shape[1:]) for name, one in arrays.items()}, often)
    table = room_for(count, kind)
    table.view(np.uint8)[:] = 0
    for name, values in arrays.items():
        field(table, name)[:] = values
    return table


def copied(table: Column) -> Column:
    """Return a copy that begins where a line of memory does."""
    twin = room_for(len(table), table.dtype)
    copy_records(twin, table)
    return twin


def copy_records(target: Column, source: Column) -> None:
    """Copy records to the head of a table of the same type, all bytes at once."""
    target.view(np.uint8)[: source.nbytes] = source.view(np.uint8)


def in_plain_order(table: Column, names: Sequence[str]) -> Column:
    """Return a table whose fields are ordered by width and then as in `names`."""
    fields = {name: (table.dtype[name].base, table.dtype[name].shape) for name in names}
    plain = np.zeros(len(table), record_type(fields))
    for name in names:
        plain[name] = table[name]
    return plain


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
