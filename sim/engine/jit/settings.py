"""How rules are compiled."""

from typing import Any

from numba import config

INTERPRETED = bool(vars(config)["DISABLE_JIT"])
"""Whether rules run as ordinary Python."""

OPTIONS: dict[str, Any] = {"nopython": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""Numba's options for every rule. Rules are never called from C."""

CACHE_LINE = 64
"""Number of bytes that a processor reads from memory at once."""
