"""How rules are compiled: with private features of Numba, or only with its public interface.

`numba_internals` makes rules faster with features that another version of Numba may not have. It
tests itself when it is imported. If that fails, one line says so, and rules are compiled with the
public interface only: slower, with the same results, and again in every process, because Numba's
own cache would not notice a change of a rule that another rule calls.
"""

import multiprocessing
import sys
from typing import Any

from numba import njit
from numba.experimental import structref

from sim.engine.jit.settings import INTERPRETED, OPTIONS

FALLBACK_WARNING = (
    "Warning: the fast way to compile rules does not work with this version of Numba. Rules are"
    " compiled anew in every process and run slower; results are the same."
)
MOST_OF_A_REASON = 160
"""Most characters of a reason that are shown."""


def _internals() -> Any:
    """Return the module that uses private features if it works, or None."""
    if INTERPRETED:
        return None
    try:
        from sim.engine.jit import numba_internals
    except Exception as reason:  # another version may fail in any way
        if multiprocessing.current_process().name == "MainProcess":
            why = " ".join(str(reason).split())[:MOST_OF_A_REASON]
            print(f"{FALLBACK_WARNING} ({type(reason).__name__}: {why})", file=sys.stderr)
        return None
    return numba_internals


_INTERNALS = _internals()
PUBLIC_ONLY = _INTERNALS is None and not INTERPRETED
"""Whether rules are compiled without private features of Numba."""


def new_dispatcher(rule: Any, allocates: bool) -> Any:
    """Return the dispatcher of a rule, which compiles and calls it.

    Parameters
    ----------
    rule : function
        The rule, as Python.
    allocates : bool
        See `compiled`.
    """
    if _INTERNALS is None:
        return njit(**{name: OPTIONS[name] for name in OPTIONS if name != "nopython"})(rule)
    return _INTERNALS.new_dispatcher(rule, allocates)


def borrowed_struct[T: type](kind: T) -> T:
    """Register a kind of structure of tables, passed to rules as one pointer.

    Parameters
    ----------
    kind : type
        A subclass of `numba.types.StructRef`.
    """
    if _INTERNALS is None:
        return structref.register(kind)
    return _INTERNALS.borrowed_struct(kind)


def _no_prefetch(table: Any, row: Any) -> None:
    """Do nothing."""


def prefetcher(lines: int | None) -> Any:
    """Return a function that prefetches some cache lines of a record (None: all of it)."""
    if INTERPRETED:
        return _no_prefetch
    if _INTERNALS is None:
        return njit(_no_prefetch)
    return _INTERNALS.prefetcher(lines)
