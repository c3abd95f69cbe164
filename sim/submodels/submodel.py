"""What every submodel has in common."""

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.arrays import Column, Rows, distinct
from sim.parameters import World

if TYPE_CHECKING:
    from sim.model import AlmatyModel


class Submodel:
    """A part of the day.

    A submodel keeps no state of its own: state lives in the cohorts and in `Clinics`. It only
    holds tables made from today's parameters, which `prepare` renews whenever a lever moves.

    Attributes
    ----------
    numbers : array of one record
        Numbers and tables for the submodel's rules.
    """

    numbers: Column

    def __init__(self, model: "AlmatyModel") -> None:
        self.model = model

    def prepare(self, world: World) -> None:
        """Turn today's parameters into tables."""


def one_each(rows: Rows, owner: Column) -> Rows:
    """Keep one row (the first) for each owner: nobody is in two places at once.

    Parameters
    ----------
    rows : array of int
        Rows of a cohort.
    owner : array
        The cohort's column that names the owner.
    """
    if len(rows) < 2:
        return rows
    if len(distinct(owner[rows])) == len(rows):
        return rows
    _, first = np.unique(owner[rows], return_index=True)
    return rows[np.sort(first)]
