"""Rules in plain loops, compiled.

A *rule* says what happens to one agent, or to agents one after the other, in plain scalar code over
records: `episode.severity += 1`. Python would be slow at it; Numba compiles it to machine code with
the same results. Whole-array operations are used for rare steps, and for steps that apply to all
agents at once.

Compiled code is kept on disk (`sim.engine.jit.cache`), so that only the first run on a machine, or
the installation (`sim.precompile`), waits for it.

With `NUMBA_DISABLE_JIT=1` in the environment the same rules run as ordinary Python, slowly and with
the same results; the tests compare the two. Therefore a rule

- turns small integers into `int(...)` before it multiplies them (Python keeps them small);
- uses no threads and no fast-math.
"""

from collections.abc import Callable
from typing import Any, cast, overload

from numba import njit, types

from sim.engine.jit.backend import new_dispatcher
from sim.engine.jit.cache import compile_notice
from sim.engine.jit.settings import INTERPRETED


@overload
def compiled[F: Callable[..., Any]](rule: F, /) -> F: ...
@overload
def compiled[F: Callable[..., Any]](*, allocates: bool) -> Callable[[F], F]: ...
def compiled(rule: Any = None, /, *, allocates: bool = False) -> Any:
    """Compile a rule on first use, and keep the machine code on disk.

    Numba compiles a function again for every combination of argument types, and treats 3, `WAIT`
    and an `int8` as three types. Rules are compiled once, for the widest type of each argument;
    narrower ones are converted.

    Parameters
    ----------
    rule : function
        The rule.
    allocates : bool
        Whether the rule makes arrays, returns them, or calls a rule that returns them. A rule that
        does not can skip reference counting of the tables it reads, which would take longer than
        most of its work on a record. A rule that does so without this flag is refused.
    """
    if rule is None:
        return lambda rule: _compiled(rule, allocates)
    return _compiled(rule, allocates)


def _compiled(rule: Any, allocates: bool) -> Any:
    """Return the rule, to be compiled for the widest types of its arguments."""
    if INTERPRETED:
        return rule
    machine_code = new_dispatcher(rule, allocates)
    compile_exactly = machine_code.compile

    def compile_widest(signature: Any) -> Any:
        with compile_notice():
            return compile_exactly(_widest_types(signature))

    machine_code.compile = compile_widest
    return machine_code


def inlined[F: Callable[..., Any]](rule: F) -> F:
    """Compile a rule as a part of each rule that calls it.

    Its numbers keep the types they have in the caller, and the processor may run several calls at
    once.
    """
    return cast(F, njit(inline="always")(rule))


def _widest_types(signature: Any) -> Any:
    """Return argument types, or a signature, with every number at its widest type."""
    if isinstance(signature, tuple):
        return tuple(_widest_type(types.unliteral(one)) for one in signature)
    return signature.replace(args=_widest_types(signature.args))


def _widest_type(one: Any) -> Any:
    if isinstance(one, types.IntEnumMember):
        return types.int64
    if isinstance(one, types.Integer) and one != types.uint64:
        return types.int64
    return types.float64 if isinstance(one, types.Float) else one
