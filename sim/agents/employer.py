"""Employers: who gives work, contracts and leave."""

from typing import ClassVar, NamedTuple

import numpy as np

from sim import vocabulary as words
from sim.agents.migrant import COHORTS, FIRST_UNIQUE_ID, NEVER
from sim.engine.agentset.cohort import Cohort, Column, RowView
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import peek_uniform
from sim.engine.types import Column as Values
from sim.engine.types import Floats, Identities, Integers, Rows
from sim.vocabulary import Purpose

EMPLOYER = Purpose.EMPLOYER.row
WORK_GROUP = Purpose.WORK_GROUP.row


class Employer(RowView):
    """One employer (or market, or household) of migrants, as a Mesa agent."""


class Employers(Cohort[Employer]):
    """All employers; they stay for the whole run."""

    row_view = Employer
    unique_ids = (FIRST_UNIQUE_ID + 1, COHORTS)
    settable: ClassVar[dict[str, tuple[float, float]] | None] = {
        "tolerance": (0, 1),
        "formality": (0, 1),
        "pays_in_kind": (0, 1),
        "believed_inspections": (0, DAYS_A_YEAR),
    }

    def let_go(self, rows: Rows) -> None:
        """Refuse to remove employers: people work there, and look for work there."""
        raise TypeError("employers stay for the whole run")

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
    """Employers that look for workers, by market: a sector and a nationality.

    Attributes
    ----------
    first : array of int, shape (markets + 1,)
        Index at which the employers of each market begin, and at which those of the last market
        end.
    employers : array of int
        Rows of employers, market by market.
    cumulated_size : array of float
        Sizes of the employers of a market, cumulated.
    """

    first: Integers
    employers: Integers
    cumulated_size: Floats


# --- rules -----------------------------------------------------------------------------------


@compiled
def find_employer(
    streams: Identities,
    employers: Values,
    labour_market: LabourMarket,
    person: int,
    market: int,
    jobs: int,
) -> tuple[int, int]:
    """Choose a person's employer in a market, in proportion to its size, and a work group.

    Since the choice does not depend on who else is present, scenarios agree on who works where.

    Parameters
    ----------
    market : int
        Number of the market (sector and nationality), see `LabourMarket`.
    jobs : int
        Ordinal of this offer of work in the person's life.

    Returns
    -------
    employer, work_group : int
    """
    low, high = labour_market.first[market], labour_market.first[market + 1]
    size = labour_market.cumulated_size[high - 1]
    wanted = peek_uniform(streams, EMPLOYER, person, jobs) * size
    while low < high:
        middle = (low + high) // 2
        if wanted < labour_market.cumulated_size[middle]:
            high = middle
        else:
            low = middle + 1
    row = int(labour_market.employers[low])
    within = int(
        np.floor(peek_uniform(streams, WORK_GROUP, person, jobs) * employers[row].work_groups)
    )
    return row, int(employers[row].first_work_group) + within
