"""Indicators of a run, by group, as model.indicators() returns them.

Every indicator is a numerator over a denominator, counted by stratum (nationality, legal status,
sex and sector at onset) and added up over any one grouping; delays are medians, 90th percentiles
and restricted means instead. The definitions list the indicators, and how each is counted.

Windows: episodes are chosen by the day of the event in [start, end); the last days are left out
where later care would still count (two days for E1, thirty for E2, sixty for A1 and A3).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from sim.observation.definitions import DEFINITIONS, Definition, by_name
from sim.observation.tally import rows_of, table_of
from sim.observation.window import Window

if TYPE_CHECKING:
    from sim.city_model import CityModel


def indicators(
    model: "CityModel",
    start: int,
    end: int,
    definitions: Iterable[Definition] = DEFINITIONS,
) -> pd.DataFrame:
    """Return indicators of the window [start, end).

    Parameters
    ----------
    model : CityModel
    start, end : int
        Days since the end of burn-in.
    definitions : iterable of Definition
        Those of the model by default. Indicators of other projects may be added, or used alone.

    Returns
    -------
    DataFrame
        Long: code, indicator, detail, by ("all", "nationality", ...), group, unit, numerator,
        denominator, value, better. A value with an empty denominator is NaN.

    Raises
    ------
    ValueError
        If two definitions have the same name.
    """
    window = Window(model, start, end)
    return table_of(
        row for definition in by_name(definitions).values() for row in rows_of(definition, window)
    )
