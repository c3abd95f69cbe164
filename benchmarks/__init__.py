"""Measurements of speed and memory. See `docs/develop.md`, and `docs/speed.md` for the results."""

import os

# Must come before the import of NumPy and similar packages: everything is measured in one thread.
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON"):
    os.environ[f"{name}_NUM_THREADS"] = "1"
os.environ["POLARS_MAX_THREADS"] = "1"
