"""Employers: who gives work, contracts and leave."""

from typing import NamedTuple

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import NEVER
from sim.engine.arrays import Floats, Integers
from sim.engine.cohort import Cohort, Column, RowView


class Employer(RowView):
    """One employer (or market, or household) of migrants, as a Mesa agent."""


class Employers(Cohort[Employer]):
    """All employers; they stay for the whole run."""

    row_view = Employer

    sector = Column(np.int8, "sector", labels=words.SECTORS)
    nationality = Column(np.int8, "nationality of most workers", labels=words.NATIONALITIES)
    district = Column(np.int8, "district", labels=words.DISTRICTS)
    size = Column(np.int32, "usual number of workers", unit="workers")
    formal = Column(np.bool_, "gives written contracts")
    tolerance = Column(np.float32, "tolerance of sick leave", unit="0-1")
    formality = Column(np.float32, "draw that decides how readily contracts are given", unit="0-1")
    peers = Column(np.int32, "employers of the sector in the district")
    inspected_on = Column(np.int32, "day of the last inspection", unit="day", default=-NEVER)
    believed_inspections = Column(np.float32, "inspections the employer expects", unit="a year")
    pays_in_kind = Column(
        np.float32, "draw that decides whether injuries are paid in kind", unit="0-1"
    )
    first_work_group = Column(np.int32, "code of the first work group")
    work_groups = Column(np.int32, "number of work groups")


class LabourMarket(NamedTuple):
    """Who looks for workers, by market: a sector and a nationality.

    Attributes
    ----------
    first : array of int, shape (markets + 1,)
        Where the employers of each market begin, and where those of the last end.
    employers : array of int
        Rows of employers, market by market.
    cumulated_size : array of float
        Sizes of the employers of a market, cumulated.
    """

    first: Integers
    employers: Integers
    cumulated_size: Floats
