"""Studies: what to do with scenarios, and how to carry out the runs.

>>> from experiments import compare, open_store
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.runs.reader import open_store
    from experiments.studies.from_python import compare, curves, sweep

__all__ = ["compare", "curves", "open_store", "sweep"]

_HOMES = {
    "compare": "experiments.studies.from_python",
    "curves": "experiments.studies.from_python",
    "open_store": "experiments.runs.reader",
    "sweep": "experiments.studies.from_python",
}


def __getattr__(name: str) -> Any:
    """Import public names on first use."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
