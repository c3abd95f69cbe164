"""Studies: what to do with scenarios, and how to carry the runs out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.runs.reader import open_store

__all__ = ["open_store"]


def __getattr__(name: str) -> Any:
    """Import the reader of stores when it is first asked for."""
    if name == "open_store":
        from experiments.runs.reader import open_store

        return open_store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
