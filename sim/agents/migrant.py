"""Labour migrants: the people of the model."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sim import vocabulary as words
from sim.engine.agentset.cohort import Cohort, Column, RowView
from sim.engine.agentset.table import new_records
from sim.engine.jit.compiled import compiled
from sim.engine.records import Record
from sim.engine.types import Column as Values
from sim.engine.types import Identities, Rows

NOT_HERE = -1
"""Slice of the week and of the month of a row that is not in use."""
NEVER = 2**30
"""A day that does not come."""
FIRST_UNIQUE_ID, COHORTS = 2**20, 4
"""First `unique_id` in cohorts, far above those of institutions; each cohort uses every fourth."""
MOST_MONEY = 10**9
"""Largest amount (KZT) a user may give a person: rows, and sums over rows, can hold it."""


class Migrant(RowView):
    """One labour migrant, as a Mesa agent."""


class Migrants(Cohort[Migrant]):
    """All labour migrants present in the city.

    Code outside the model may set only attributes that no other count is derived from: language,
    literacy, fear, wage, and money in hand, which is booked as brought from outside. A migrant who
    is removed leaves the city as if the planned stay had ended.
    """

    row_view = Migrant
    unique_ids = (FIRST_UNIQUE_ID, COHORTS)
    settable: ClassVar[dict[str, tuple[float, float]] | None] = {
        "manages_language": (0, 1),
        "literacy": (0, 1),
        "fear_susceptibility": (0, np.inf),
        "wage": (0, MOST_MONEY),
        "savings": (0, MOST_MONEY),
        "debt": (0, MOST_MONEY),
        "passport_held": (0, 1),
    }

    def put(self, name: str, rows: Rows, stored: Any) -> None:
        """Set a column of some rows, and book money brought from outside."""
        before = self.__dict__[name][rows].astype(np.float64)
        super().put(name, rows, stored)
        if name in ("savings", "debt"):
            more = int(self.__dict__[name][rows].astype(np.float64).sum() - before.sum())
            self.model.demography.book_from_outside(name, more)
        if name in ("savings", "debt", "wage"):
            self.changed_on[rows] = self.model.day

    def add_rows(self, pid: Identities, **values: Any) -> Rows:
        """Refuse to add people: many other parts of the model would have to know about them."""
        raise TypeError(
            "people come to the city in the model: demography.inflow_factor brings more"
        )

    def let_go(self, rows: Rows) -> None:
        """Let migrants leave the city now, with all consequences."""
        self.model.demography.let_go(rows)

    # Records keep this order within a width: fields used together are stored together.
    nationality = Column(np.int8, "nationality", labels=words.NATIONALITIES, hot=True)
    sex = Column(np.int8, "sex", labels=words.SEXES)
    sector = Column(np.int8, "sector of work", labels=words.SECTORS, hot=True)
    district = Column(np.int8, "district of work and lodging", labels=words.DISTRICTS, hot=True)
    legal_status = Column(np.int8, "legal status", labels=words.LEGAL_STATUSES, hot=True)
    stratum = Column(
        np.int16, "combined code of nationality, legal status, sex and sector", hot=True
    )
    entered_as = Column(np.int16, "group on arrival")
    manages_language = Column(np.bool_, "can manage a consultation in Russian or Kazakh", hot=True)
    work_group = Column(np.int32, "brigade or stall group of compatriots", hot=True)

    knows = Column(np.bool_, "knows each item of knowledge", width=len(words.KNOWLEDGE), hot=True)
    exposure = Column(
        np.float32,
        "gathered learning hazard of each item",
        width=len(words.KNOWLEDGE),
        hot=True,
        unit="hazard",
    )
    learning_threshold = Column(
        np.float32,
        "gathered hazard at which an item is learned",
        width=len(words.KNOWLEDGE),
        hot=True,
        unit="hazard",
    )
    forgets_on = Column(
        np.int32,
        "day on which an item is forgotten",
        unit="day",
        width=len(words.KNOWLEDGE),
        hot=True,
    )
    detection = Column(
        np.float32,
        "gathered hazard of detection by the migration police",
        hot=True,
        unit="hazard",
    )
    detected_at = Column(np.float32, "threshold of detection", hot=True, unit="hazard")
    times_learned = Column(np.int8, "times each item has been learned", width=len(words.KNOWLEDGE))

    age = Column(np.float32, "age at entry", unit="years")
    literacy = Column(np.float32, "health literacy", unit="0-1", hot=True)
    fear_susceptibility = Column(
        np.float32, "susceptibility to fear of institutions", unit="factor"
    )
    entered_on = Column(np.int32, "day of entry", unit="day", hot=True)
    leaves_on = Column(np.int32, "planned day of departure", unit="day")
    employer = Column(np.int32, "row of the employer", hot=True)

    wage = Column(np.int32, "monthly wage", unit="KZT", hot=True)
    savings = Column(np.int32, "savings", unit="KZT", hot=True)
    debt = Column(np.int32, "debt to lenders", unit="KZT", hot=True)
    reserve = Column(np.float32, "kept back from what is sent home", unit="monthly wages")
    credit = Column(np.float32, "what lenders would lend, over the usual limit", unit="factor")
    absent_days = Column(
        np.int16, "days absent from work since the last pay-day", unit="days", hot=True
    )

    risk_class = Column(np.int8, "code of the group that the rates of illness depend on")
    next_onset_at = Column(np.float64, "time of the next candidate onset of illness", unit="day")
    onsets = Column(np.int32, "candidate onsets so far: the ordinal of the next episode")
    surges = Column(np.int16, "onsets that surges have added so far")
    changed_on = Column(
        np.int32,
        "last day that money or knowledge changed",
        unit="day",
        default=-NEVER,
        hot=True,
    )
    episode_of = Column(
        np.int32, "row of the open episode of each kind, -1: none", width=len(words.KINDS),
        default=-1,
    )  # fmt: skip
    unmet_in_burn_in_on = Column(
        np.int32,
        "last day of burn-in on which an episode ended without the care it needed",
        unit="day",
        default=-NEVER,
    )

    detections = Column(np.int16, "detections so far")
    fined = Column(np.bool_, "has been fined for an offence against migration rules")
    to_be_removed = Column(np.bool_, "is in custody or being removed", hot=True)
    papers_until = Column(
        np.int32, "day until which papers obtained here are in order", default=-NEVER, unit="day"
    )
    in_shared_registry = Column(np.bool_, "entered in a registry the migration service can see")
    insured = Column(np.bool_, "is a member of the insurance fund")
    has_policy = Column(np.bool_, "has a private insurance policy")
    attached = Column(np.bool_, "is attached to a polyclinic as an insured person")
    insurance_channel = Column(
        np.int8, "who paid the last contribution", labels=words.INSURANCE_CHANNELS
    )
    paid_until = Column(
        np.int32, "day up to which contributions are paid", default=-NEVER, unit="day"
    )
    policy_until = Column(np.int32, "last day of the policy", default=-NEVER, unit="day")
    policy_left = Column(np.int32, "what the insurer would still pay", unit="KZT")
    status_until = Column(
        np.int32,
        "day on which the papers of the status expire",
        default=NEVER,
        hot=True,
        unit="day",
    )
    renewals = Column(np.int16, "renewals of papers so far, tried or done")
    passport_held = Column(np.bool_, "the employer keeps the passport")
    jobs = Column(np.int16, "offers of work so far besides the first")
    jobless_since = Column(
        np.int32, "day on which work was lost", default=NEVER, hot=True, unit="day"
    )
    task_of = Column(
        np.int32, "row of the open task of each need, -1: none", width=len(words.NEEDS), default=-1
    )

    week_slice = Column(
        np.int8, "day of the week on which news is heard", default=-1, separate=True, unit="0-6"
    )
    month_slice = Column(
        np.int8,
        "day of the 30-day month on which wages are paid",
        default=-1,
        separate=True,
        unit="0-29",
    )


STRATA_SHAPE = (
    len(words.NATIONALITIES),
    len(words.LEGAL_STATUSES),
    len(words.SEXES),
    len(words.SECTORS),
)
"""Groups that results are reported by, in the order of the combined code."""
_, STATUSES, SEXES, SECTORS = STRATA_SHAPE
STRATA = int(np.prod(STRATA_SHAPE))


# --- rules: what one person does alone --------------------------------------------------------


@compiled
def stratum_code(nationality: int, legal_status: int, sex: int, sector: int) -> int:
    """Return the combined code of the four grouping variables."""
    return ((nationality * STATUSES + legal_status) * SEXES + sex) * SECTORS + sector


@compiled
def report(migrant: Record) -> None:
    """Report somebody to the police, who act within a week."""
    migrant.detection = np.inf


@compiled
def can_pay(migrant: Record, borrowing_limit: float) -> float:
    """Return what a person can pay now: savings, and what the work group would still lend."""
    return migrant.savings + can_borrow(migrant, borrowing_limit)


@compiled
def can_borrow(migrant: Record, borrowing_limit: float) -> float:
    """Return what the work group would still lend."""
    return max(borrowing_limit * migrant.wage * migrant.credit - migrant.debt, 0.0)


@compiled
def pay_from_purse(migrant: Record, amount: int, today: int) -> int:
    """Pay an amount, from savings first and then by borrowing; return the new debt."""
    from_savings = min(int(migrant.savings), amount)
    borrowed = amount - from_savings
    migrant.savings -= from_savings
    migrant.debt += borrowed
    migrant.changed_on = today
    return borrowed


WORK_GROUP: Mapping[str, Column] = {
    "nationality": Column(
        np.int8, "nationality of the members", labels=words.NATIONALITIES, hot=True
    ),
    "members": Column(np.int32, "people in it", hot=True),
    "informed": Column(
        np.int32, "members who know each item", width=len(words.KNOWLEDGE), hot=True
    ),
    "trust": Column(
        np.float32, "trust in each option of care", unit="0-1", width=len(words.OPTIONS)
    ),
    "believed_reporting": Column(
        np.float32,
        "believed probability of being reported, by option",
        unit="0-1",
        width=len(words.OPTIONS),
    ),
    "alarm": Column(np.float32, "fear left by detections of members", unit="0-1", hot=True),
    "shared": Column(np.int32, "members in a registry the migration service sees", hot=True),
    "insured": Column(np.int32, "members in the insurance fund"),
    "good": Column(np.int16, "good experiences of the week, by option", width=len(words.OPTIONS)),
    "bad": Column(np.int16, "bad experiences of the week, by option", width=len(words.OPTIONS)),
    "uneventful": Column(
        np.int16,
        "contacts of the week, without valid status, that ended in no report, by option",
        width=len(words.OPTIONS),
    ),
    "reported": Column(
        np.int16,
        "contacts of the week that ended in a report, by option",
        width=len(words.OPTIONS),
    ),
    "formal": Column(np.bool_, "the employer gives contracts", hot=True),
    "wait": Column(
        np.float32, "wait last heard of, by option", unit="days", width=len(words.OPTIONS)
    ),
    "heard_on": Column(
        np.int32, "day on which it was heard of", unit="day", width=len(words.OPTIONS)
    ),
    "changed_on": Column(np.int32, "day on which anything was heard", unit="day", hot=True),
    "unnoticed": Column(
        np.float32, "change of trust, beliefs and alarm since it was last noticed", unit="0-1"
    ),
}
"""Columns of a work group, in the order used for the digest of the state."""


def work_groups(
    nationality: Values, founded_on: int, trust: Values, believed_reporting: Values
) -> Values:
    """Return records of work groups: brigades or stall groups of compatriots at one employer.

    The groups have no members and no experiences yet.

    Parameters
    ----------
    nationality : array of int
        Of each group.
    founded_on : int
        Day on which they last heard any news.
    trust, believed_reporting : array of float
        Initial beliefs of all groups about each option of care.
    """
    groups = new_records(WORK_GROUP, len(nationality))
    groups["nationality"] = nationality
    groups["trust"] = trust
    groups["believed_reporting"] = believed_reporting
    groups["heard_on"] = groups["changed_on"] = founded_on
    return groups
