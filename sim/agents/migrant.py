"""Labour migrants: the people of the model."""

import numpy as np

from sim import vocabulary as words
from sim.engine.arrays import Column as Values
from sim.engine.arrays import Floats, Integers, Rows
from sim.engine.cohort import Cohort, Column, RowView

NEVER = 2**30
"""A day that does not come."""


class Migrant(RowView):
    """One labour migrant, as a Mesa agent."""


class Migrants(Cohort[Migrant]):
    """All labour migrants present in the city."""

    row_view = Migrant

    nationality = Column(np.int8, "nationality", labels=words.NATIONALITIES)
    sex = Column(np.int8, "sex", labels=words.SEXES)
    age = Column(np.float32, "age at entry", unit="years")
    sector = Column(np.int8, "sector of work", labels=words.SECTORS)
    district = Column(np.int8, "district of work and lodging", labels=words.DISTRICTS)
    legal_status = Column(np.int8, "legal status", labels=words.LEGAL_STATUSES)
    stratum = Column(np.int16, "combined code of nationality, legal status, sex and sector")
    manages_language = Column(np.bool_, "can manage a consultation in Russian or Kazakh")
    literacy = Column(np.float32, "health literacy", unit="0-1")
    fear = Column(np.float32, "fear of contact with institutions", unit="0-1")
    entered_on = Column(np.int32, "day of entry", unit="day")
    leaves_on = Column(np.int32, "planned day of departure", unit="day")
    employer = Column(np.int32, "row of the employer")
    work_group = Column(np.int32, "brigade or stall group of compatriots")

    wage = Column(np.int32, "monthly wage", unit="KZT")
    savings = Column(np.int32, "savings", unit="KZT")
    debt = Column(np.int32, "debt to lenders", unit="KZT")
    absent_days = Column(np.int16, "days absent from work since the last pay-day", unit="days")

    knows = Column(np.bool_, "knows each item of knowledge", width=len(words.KNOWLEDGE))
    exposure = Column(np.float32, "learning hazard gathered an item", width=len(words.KNOWLEDGE))
    learning_threshold = Column(
        np.float32, "gathered hazard at which an item is learned", width=len(words.KNOWLEDGE)
    )
    forgets_on = Column(
        np.int32, "day on which an item is forgotten", unit="day", width=len(words.KNOWLEDGE)
    )
    times_learned = Column(np.int8, "times each item has been learned", width=len(words.KNOWLEDGE))

    risk_class = Column(np.int8, "code of what the rates of illness depend on")
    next_onset_at = Column(np.float64, "time of the next candidate onset of illness", unit="day")
    onsets = Column(np.int32, "candidate onsets so far: the ordinal of the next episode")
    surges = Column(np.int16, "onsets that surges have added so far")
    changed_on = Column(
        np.int32, "last day that money or knowledge changed", unit="day", default=-NEVER
    )
    ill_with = Column(np.bool_, "has an open episode of each kind", width=len(words.KINDS))
    unmet_in_burn_in_on = Column(
        np.int32,
        "last day of burn-in on which an episode ended without the care it needed",
        unit="day",
        default=-NEVER,
    )

    week_slice = Column(np.int8, "day of the week on which news is heard", default=-1)
    month_slice = Column(np.int8, "day of the 30-day month on which wages are paid", default=-1)

    def in_week_slice(self, day: int) -> Rows:
        """Return the seventh of the people whose weekly business falls on this day."""
        return np.flatnonzero((self.week_slice == day % 7) & self.occupied)

    def in_month_slice(self, day: int) -> Rows:
        """Return the thirtieth of the people whose pay-day is this day."""
        return np.flatnonzero((self.month_slice == day % 30) & self.occupied)

    def can_pay(self, rows: Rows, borrowing_limit: float) -> Floats:
        """Return what each can pay now: savings, and what the work group would still lend."""
        credit = np.maximum(borrowing_limit * self.wage[rows] - self.debt[rows], 0.0)
        return np.asarray(self.savings[rows] + credit)

    def pay(self, rows: Rows, amount: Integers, day: int) -> Integers:
        """Pay an amount each, from savings first and then by borrowing; return the new debt."""
        self.changed_on[rows] = day
        from_savings = np.minimum(self.savings[rows], amount)
        borrowed = amount - from_savings
        self.savings[rows] -= from_savings.astype(np.int32)
        self.debt[rows] += borrowed.astype(np.int32)
        return np.asarray(borrowed)


STRATA_SHAPE = (
    len(words.NATIONALITIES),
    len(words.LEGAL_STATUSES),
    len(words.SEXES),
    len(words.SECTORS),
)
"""Groups that results are reported by, in the order of the combined code."""
STRATA = int(np.prod(STRATA_SHAPE))


def stratum_code(nationality: Values, legal_status: Values, sex: Values, sector: Values) -> Values:
    """Return the combined code of the four grouping variables."""
    return np.ravel_multi_index((nationality, legal_status, sex, sector), STRATA_SHAPE)
