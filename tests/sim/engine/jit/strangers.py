"""What somebody gets who uses Numba beside the model: `strangers.py FOLDER nothing|import|compile`.

It prints the machine code of two functions, written to FOLDER, and the settings of Numba, in a
process that has or has not imported the model or compiled rules of it before.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import caching, codegen, compiler, cpu, dispatcher, event, registry

SOURCE = """
import numpy as np
from numba import njit

@njit(cache=True)
def side_by_side(table, factor):
    for row in range(len(table)):
        table[row, 0] += factor * table[row, 4]
        table[row, 1] += factor * table[row, 5]
        table[row, 2] += factor * table[row, 6]
        table[row, 3] += factor * table[row, 7]

@njit
def in_order(values, divisor):
    taken = np.argsort(values, kind="mergesort")
    return values[taken] / divisor, np.sum(values) // divisor, np.zeros(len(values)), min(values)
"""
OF_NUMBA = (
    cpu.CPUContext, cpu.CPUTargetOptions, codegen.JITCPUCodegen, codegen.JITCodeLibrary,
    compiler.Compiler, compiler.Flags, dispatcher.Dispatcher, registry.CPUDispatcher,
    caching.CacheImpl, caching.FunctionCache, caching.CompileResultCacheImpl,
)  # fmt: skip


def settings() -> dict[str, Any]:
    """Return all that Numba's configuration says, and who listens to it."""
    config = {name: repr(value) for name, value in vars(numba.config).items() if name.isupper()}
    return config | {"listeners": [kind for kind, who in event._registered.items() if who]}


def classes_of_numba() -> list[dict[str, Any]]:
    """Return what the classes hold, but for what `copy` notes down about any class."""
    return [
        {name: what for name, what in vars(one).items() if name != "__slotnames__"}
        for one in OF_NUMBA
    ]


def compile_some_rules() -> None:
    """Compile rules anew that use the same functions of NumPy as strangers do."""
    from sim.engine.jit.compiled import compiled
    from sim.engine.random.splitmix import keyed_uniforms
    from sim.engine.timing_wheel import sort_unique_inplace

    rows = np.arange(5)
    of_keys = (keyed_uniforms, (rows.astype(np.uint64),) * 3)
    for rule, arguments in ((sort_unique_inplace, (rows,)), of_keys):
        anew = compiled(allocates=True)(rule.py_func)
        anew._cache = caching.NullCache()
        anew(*arguments)
        assert sum(anew.stats.cache_misses.values()) == 1

    @compiled(allocates=True)
    def everything(values: Any, divisor: float) -> Any:
        return np.argsort(values, kind="mergesort"), np.sum(values) // divisor, min(values)

    everything._cache = caching.NullCache()
    everything(np.arange(5.0), 2.0)


DIFFERS = re.compile(r"pickle(buf|data)[.\d]+(sha1)?[.\d]*|B\d+v\d+|0x[0-9a-f]{8,}|\d{6,}")
"""Numbers of constants and of versions of a function, and addresses."""
LENGTH_OF_A_NAME = re.compile(r"^\s*\.size\s+\"\.const\..*$", re.MULTILINE)


def machine_code(function: Any) -> str:
    """Return assembly without what differs from process to process."""
    (text,) = function.inspect_asm().values()
    return DIFFERS.sub("N", LENGTH_OF_A_NAME.sub("", text))


def main(folder: str, before: str) -> None:
    """Print what a stranger gets."""
    classes = classes_of_numba()
    first = settings()
    if before != "nothing":
        import sim.model  # noqa: F401
    if before == "compile":
        compile_some_rules()
    same_classes = classes == classes_of_numba()
    Path(folder, "stranger.py").write_text(SOURCE, encoding="utf-8")
    sys.path.insert(0, folder)
    import stranger  # type: ignore[import-not-found]

    stranger.side_by_side(np.ones((3, 8)), 2.0)
    stranger.in_order(np.arange(5.0), 2.0)
    answer = {
        "same classes": same_classes,
        "same settings": first == settings(),
        "settings": settings(),
        "machine code": [machine_code(one) for one in (stranger.side_by_side, stranger.in_order)],
        "options": repr(stranger.side_by_side.targetoptions),
        "cache": str(stranger.side_by_side.stats.cache_path),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
