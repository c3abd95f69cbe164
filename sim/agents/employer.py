"""Employers, as far as sick leave and injuries at work need them."""

import numpy as np

from sim import vocabulary as words
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
    pays_in_kind = Column(np.float32, "draw that decides whether injuries are paid in kind")
    first_work_group = Column(np.int32, "code of the first work group")
    work_groups = Column(np.int32, "number of work groups")
