"""`python -m sim.precompile`: compile all rules now, so that no run has to wait for it.

Installing the project for development (`uv sync`, `uv run`) does this automatically, see
`hatch_build.py` beside `pyproject.toml`. A study does it before it starts its workers, which would
otherwise all compile the same rules.
"""

import sys
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from time import perf_counter

import numba
from llvmlite import binding  # type: ignore[import-untyped]

from sim.config.loading import load_scenario
from sim.engine.jit.backend import PUBLIC_ONLY
from sim.engine.jit.cache import CACHE_DIRECTORY
from sim.engine.jit.settings import INTERPRETED
from sim.engine.types import NOBODY
from sim.model import AlmatyModel
from sim.submodels.beds import lie_down
from sim.submodels.care_seeking import utility_terms

EVENTFUL = ("city.population=500", "parameters.employment.inspection_factor=20")
"""A small city in which nearly every rule is used within `DAYS`: jobs are lost."""
DAYS = 30


def compile_rules() -> None:
    """Compile every rule that is not compiled yet, and keep the machine code.

    Rules are compiled for the types of the tables they are used with, so a small city is run.
    """
    if INTERPRETED or PUBLIC_ONLY:  # nothing is stored then
        return
    model = AlmatyModel(load_scenario(overrides=EVENTFUL))
    model.run_for(DAYS)
    city = model.city()
    # Rules that a small city may not use, and those that only observers use.
    lie_down(city, NOBODY)
    utility_terms(city, NOBODY)
    model.care_seeking.believed_prices(NOBODY)
    model.care_seeking.have_contracts(NOBODY)
    model.draws.bits("any purpose", 0)
    with suppress(OSError):
        _seal().touch()


def compile_rules_once() -> None:
    """Compile all rules, unless that was done before on this machine."""
    if not _seal().exists():
        compile_rules()


def _seal() -> Path:
    """Return the file that marks machine code as complete for this processor and Python."""
    kind = (binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten())
    of_kind = blake2b(repr(kind).encode(), digest_size=4).hexdigest()
    python = sys.implementation.cache_tag
    return CACHE_DIRECTORY / f"complete-{python}-numba-{numba.__version__}-{of_kind}"


def main() -> None:
    """Compile all rules and say how long it took."""
    started = perf_counter()
    compile_rules()
    print(f"The rules are compiled ({perf_counter() - started:.0f} s).")


if __name__ == "__main__":
    main()
