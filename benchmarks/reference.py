"""The reference loop "five draws", which needs nothing but NumPy.

Every agent draws five uniform numbers a day and, for each number below a threshold, flips one of
five states. It is measured in the same process as the code it is compared with: machines differ in
speed and load, so only ratios can be compared.
"""

from time import process_time

import numpy as np

PROBABILITIES = (0.01, 0.02, 0.05, 0.1, 0.2)


def five_draws(people: int, days: int) -> float:
    """Return the CPU seconds of the reference loop.

    Examples
    --------
    >>> 0.0 < five_draws(1000, 10) < 10.0
    True
    """
    rng = np.random.default_rng(1)
    state = np.zeros((len(PROBABILITIES), people), dtype=np.bool_)
    started = process_time()
    for _ in range(days):
        for line, probability in enumerate(PROBABILITIES):
            drawn = rng.random(people)
            state[line] = np.where(drawn < probability, ~state[line], state[line])
    return process_time() - started
