"""How rules are compiled."""

from typing import Any

from numba import config

INTERPRETED = bool(vars(config)["DISABLE_JIT"])
"""Whether rules run as ordinary Python."""

OPTIONS: dict[str, Any] = {"nopython": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""What Numba is told about every rule. Nobody calls rules from C."""

CACHE_LINE = 64
"""Bytes that a processor reads from memory together."""
