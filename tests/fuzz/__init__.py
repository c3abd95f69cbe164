"""A harness that breaks things: command lines, files, stores, values set through the API.

Cases are tables, and seeded generators that combine them. `LONG` is what `python -m tests.fuzz
--long` sets: ten times as many generated cases, 600 flips, processes killed.
"""

import os

LONG = os.environ.get("ALMATY_FUZZ") == "long"
EVERY = 1 if LONG else 2
"""Of the tables of cases every second one in CI, all of them in the long form."""
TIMES = 10 if LONG else 1
"""How many times as many generated cases as in CI."""
