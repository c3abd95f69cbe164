"""Tables of episodes and visits that indicators and curves are computed from."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import NEVER
from sim.submodels.ends import EPISODE_RECORD
from sim.submodels.services import DELIVERED, GAVE_UP

if TYPE_CHECKING:
    from sim.model import AlmatyModel

OPEN = -1
"""Outcome of an episode that has not ended."""


def episode_table(model: "AlmatyModel", as_of: int | None = None) -> pd.DataFrame:
    """Return all episodes since day 0, ended and open, with days as float (NaN: not yet).

    Parameters
    ----------
    model : AlmatyModel
    as_of : int, optional
        Look at them as they stood before this day: what came later has not come yet.

    Returns
    -------
    DataFrame
        One row an episode: the columns of `EPISODE_RECORD`, `ended_on` and `outcome`.
    """
    rows = model.episodes.rows
    table = pd.DataFrame(
        {
            name: np.concatenate([model.closed_episodes[name], getattr(model.episodes, name)[rows]])
            for name in EPISODE_RECORD
        }
    )
    table["ended_on"] = np.concatenate(
        [model.closed_episodes["ended_on"], np.full(len(rows), NEVER)]
    )
    table["outcome"] = np.concatenate([model.closed_episodes["outcome"], np.full(len(rows), OPEN)])
    for name in table.columns:
        if name.endswith("_on"):
            days = table[name].astype(float)
            latest = NEVER if as_of is None else as_of
            table[name] = days.where((days > -NEVER) & (days < latest))
    table.loc[table["ended_on"].isna(), "outcome"] = OPEN
    return table


def visit_table(model: "AlmatyModel") -> pd.DataFrame:
    """Return all visits since day 0, with the kind of institution and whether it was an
    emergency contact: an ambulance run, or a hospital walk-in.
    """
    visits = model.visits
    table = pd.DataFrame({name: visits[name] for name in visits.dtypes})
    institution = model.clinics.kind[table["unit"].to_numpy()]
    table["institution"] = institution
    seen = table["result"].to_numpy() != GAVE_UP
    ambulance = institution == words.INSTITUTION_KINDS.index("ambulance")
    walk_in = (institution == words.INSTITUTION_KINDS.index("hospital")) & ~table["by_ambulance"]
    table["emergency_contact"] = seen & (ambulance | walk_in)
    table["delivered"] = table["result"] == DELIVERED
    return table
