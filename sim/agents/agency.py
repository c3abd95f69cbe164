"""Agencies: institutions that help with payment, papers, shelter and information.

NGOs, consulates, the migration service, the health department, the reception centre, international
organisations, diaspora associations and the coordinating body are all the same kind of agent with
different numbers (`conf/city/`): what they are good at, how much they can do per day, when they are
open, whom they accept, what they know about the others, and what they can spend. A new institution
is a new entry there. Each is a `mesa.Agent`; their daily numbers are kept side by side in
`Agencies`.
"""

from collections.abc import Mapping
from enum import auto
from typing import Any, ClassVar

import numpy as np

from sim import vocabulary as words
from sim.agents.institution import Institution
from sim.config.entries import by
from sim.config.institutions import AgencySpecification
from sim.config.world import World
from sim.engine.agentset.column import Column
from sim.engine.agentset.table import Table
from sim.engine.calendar import WorkCalendar
from sim.engine.types import Booleans, Floats, Integers
from sim.engine.types import Column as Values

NEEDS, LINES, ITEMS = len(words.NEEDS), len(words.LINES), len(words.KNOWLEDGE)
WAITED_IN = words.Line.PAPERS.value + 1
"""Number of lines that people wait in; the others are instruments (`sim.vocabulary.Line`)."""
OWN_LINE = {words.Need.INFORMATION: words.Line.INFORMATION, words.Need.DOCUMENTS: words.Line.PAPERS}
"""Needs that have a separate line, where an agency keeps one."""
BED_DAYS = 128
"""Number of days for which releases of beds can be planned: no stay is longer."""
LONGEST_WAIT = 1000.0
"""Number of days used as the wait in a line that does not move."""


class Purse(words.Category):
    """Accounts of agencies that have their own money: see `sim.agents.accounts`."""

    NGOS = auto()
    IOM = auto()
    COORDINATION = auto()


PURSES = words.labels(Purse)
PURSE_OF_KIND = {
    words.AgencyKind.COORDINATION.label: Purse.COORDINATION,
    words.AgencyKind.INTERNATIONAL.label: Purse.IOM,
}
"""Account from which each kind of agency pays; kinds not listed pay from that of the NGOs."""


class Agency(Institution):
    """One agency.

    Attributes
    ----------
    name : str
        Name of its entry in `conf/city/`.
    kind : str
        See `sim.vocabulary.AGENCY_KINDS`.
    number : int
        Its place in `Agencies`.
    """

    def __init__(self, model: Any, number: int, name: str, kind: str) -> None:
        super().__init__(model)
        self.number = number
        self.name = name
        self.kind = kind

    @property
    def waiting(self) -> dict[str, int]:
        """Tasks in each line at the end of yesterday."""
        waiting = self.model.agencies.table["waiting"][self.number]
        return dict(zip(words.LINES, waiting.tolist(), strict=True))

    @property
    def budget(self) -> int:
        """Money left, in KZT."""
        return int(self.model.agencies.table["budget"][self.number])


class Agencies(Table):
    """All agencies side by side, and what every institution knows about them.

    Parameters
    ----------
    model : AlmatyModel
        The model the agencies are registered with as Mesa agents.
    world : World
        Their entries.

    Attributes
    ----------
    knowledge : array of float, shape (agencies + kinds of clinics, agencies)
        Probability that staff name an agency when it is the right one. Kinds of clinics come after
        the agencies.
    closed_together : array of int, same shape
        Needs resolved today by an agency after a referral by another.
    """

    FIXED: ClassVar[tuple[str, ...]] = ("units", "names", "of_kind")
    """Attributes that no lever changes (see `sim.preparation`)."""

    open = Column(np.bool_, "is open today")
    credit = Column(
        np.float64, "fraction of a service carried over, by line", unit="services", width=LINES
    )
    slots = Column(np.int64, "whole services it can give today, by line", width=LINES)
    served_today = Column(np.int64, "services given today, by line", width=LINES)
    waiting = Column(np.int64, "needs in line, by line", width=LINES)
    in_bed = Column(np.int64, "people in its places")
    releases = Column(np.int64, "places that become free, by day ahead", width=BED_DAYS)
    budget = Column(np.int64, "money left", unit="KZT")
    grant_factor = Column(
        np.float64, "last grant as a multiple of that of 2018", unit="ratio", default=1.0
    )
    resolved_this_quarter = Column(np.int64, "needs settled since the last grant")
    received = Column(np.int64, "grants received so far", unit="KZT")
    spent = Column(np.int64, "spent so far", unit="KZT")

    kind = Column(np.int8, "kind of agency", labels=words.AGENCY_KINDS, derived=True)
    line_of = Column(np.int64, "line that each need waits in", width=NEEDS, derived=True)
    accepts_nationality = Column(
        np.bool_, "accepts people of each nationality", width=len(words.NATIONALITIES), derived=True
    )
    accepts_status = Column(
        np.bool_, "accepts people of each legal status", width=len(words.LEGAL_STATUSES),
        derived=True,
    )  # fmt: skip
    accepts_from = Column(np.uint64, "agencies it accepts people from, one bit each", derived=True)
    only_referred = Column(np.bool_, "accepts only people referred by one of these", derived=True)
    refuses_fined = Column(np.bool_, "refuses people who have been fined", derived=True)
    open_after_work = Column(np.bool_, "is open after working hours", derived=True)
    teaches = Column(
        np.float64, "probability that it teaches each item", unit="0-1", width=ITEMS, derived=True
    )
    competence = Column(
        np.float64, "probability that it settles each need", unit="0-1", width=NEEDS, derived=True
    )
    processing = Column(
        np.float64, "mean time that it takes for each need", unit="days", width=NEEDS, derived=True
    )
    capacity = Column(
        np.float64, "services on an open day, by line", unit="a day", width=LINES, derived=True
    )
    wait_days = Column(np.float64, "expected wait, by line", unit="days", width=LINES, derived=True)
    beds = Column(np.float64, "places", unit="places", derived=True)
    free_beds = Column(np.int64, "places left today", derived=True)
    stay_days = Column(np.float64, "stay in a place", unit="days", derived=True)
    believed_reporting = Column(
        np.float64, "believed probability of being reported", unit="0-1", derived=True
    )
    reports = Column(
        np.float64, "probability that a contact without valid status is reported", unit="0-1",
        derived=True,
    )  # fmt: skip
    member = Column(np.bool_, "has joined the coordination", derived=True)
    money = Column(np.bool_, "pays for its cases", derived=True)
    cost_per_case = Column(np.int64, "cost of a case", unit="KZT", derived=True)
    payer = Column(np.int64, "account it pays from", labels=PURSES, derived=True)
    target = Column(
        np.float64, "needs to be settled in a quarter for a full grant", unit="needs", derived=True
    )
    share_of_days = Column(
        np.float64, "share of weekdays on which it is open", unit="0-1", derived=True
    )

    def __init__(self, model: Any, world: World) -> None:
        self.calendar: WorkCalendar = model.calendar
        self.units = [
            Agency(model, number, name, one.kind)
            for number, (name, one) in enumerate(world.agencies.items())
        ]
        super().__init__(len(self.units))
        self.names = [unit.name for unit in self.units]
        self.kind[:] = [words.AGENCY_KINDS.index(unit.kind) for unit in self.units]
        # The entry each row was built from.
        self._made_from: list[tuple[AgencySpecification | None, tuple[float, ...]]]
        self._made_from = [(None, ())] * len(self.units)
        self.works_on = np.zeros((len(self.units), len(words.WEEKDAYS)), dtype=np.bool_)
        self.works_on_holidays = np.zeros(len(self.units), dtype=np.bool_)
        self.prepare(world)
        self.knowledge: Floats = self.base_knowledge.copy()
        self.closed_together: Integers = np.zeros(self.knowledge.shape, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.units)

    def prepare(self, world: World) -> None:
        """Update capacities and facts from the world of the day."""
        specifications = list(world.agencies.values())
        scale, working_day_ends = world.city.scale, world.referral.working_day_ends
        activity = world.information.consulate_activity
        moved = False
        for row, one in enumerate(specifications):
            busy = activity[one.nationality] if one.nationality else 1.0
            numbers = (scale, busy, working_day_ends)
            before, before_numbers = self._made_from[row]
            if before is not one or before_numbers != numbers:
                self._take_over(row, one, *numbers)
                self._made_from[row] = (one, numbers)
                moved = True
        self.base_knowledge = self._base_knowledge(world)
        if not moved:
            return
        self.grant: Integers = np.array(
            [round(scale * one.grant) for one in specifications], dtype=np.int64
        )
        self.running_cost: Integers = np.array(
            [round(scale * one.running_cost) for one in specifications], dtype=np.int64
        )
        self.open_agencies = self.calendar.open_days(self.works_on, self.works_on_holidays)
        self.table["share_of_days"] = self.works_on.sum(axis=1) / len(words.WEEKDAYS)

    def _take_over(
        self, row: int, one: AgencySpecification, scale: float, busy: float, working_day_ends: float
    ) -> None:
        """Update the capabilities of one agency."""
        table = self.table
        capacity = by(words.LINES, {**dict.fromkeys(words.LINES, 0.0), **one.capacity})
        table["capacity"][row] = scale * busy * capacity
        for need in words.Need:
            line = OWN_LINE.get(need, words.Line.CASEWORK)
            table["line_of"][row, need] = line if capacity[line] > 0 else words.Line.CASEWORK
            table["competence"][row, need] = one.competence.get(need.label, 0.0)
            table["processing"][row, need] = one.processing_days.get(need.label, 0.0)
        table["accepts_nationality"][row] = [
            name in one.accepts.nationalities for name in words.NATIONALITIES
        ]
        table["accepts_status"][row] = [
            name in one.accepts.legal_statuses for name in words.LEGAL_STATUSES
        ]
        table["accepts_from"][row] = sum(1 << self.names.index(n) for n in one.accepts.only_from)
        table["only_referred"][row] = bool(one.accepts.only_from)
        table["refuses_fined"][row] = one.refuses_fined
        table["open_after_work"][row] = one.closes_at > working_day_ends
        table["teaches"][row] = [one.teaches.get(name, 0.0) for name in words.KNOWLEDGE]
        for name in ("believed_reporting", "reports"):
            table[name][row] = getattr(one, name)
        table["cost_per_case"][row] = round(one.cost_per_case)
        table["payer"][row] = PURSE_OF_KIND.get(one.kind, Purse.NGOS)
        table["beds"][row] = scale * one.beds
        table["stay_days"][row] = min(one.stay_days, BED_DAYS - 1)
        table["money"][row] = one.cost_per_case > 0
        table["target"][row] = scale * one.target_a_quarter
        self.works_on[row] = [day in one.opens.weekdays for day in words.WEEKDAYS]
        self.works_on_holidays[row] = one.opens.holidays

    def _base_knowledge(self, world: World) -> Floats:
        """Return what staff know about each agency without joint work."""
        by_kind = dict(world.of_institutions("knows"))
        knows = [one.knows for one in world.agencies.values()]
        knows += [by_kind.get(kind, 0.0) for kind in words.INSTITUTION_KINDS]
        table = np.repeat(np.array(knows)[:, None], len(self.units), axis=1)
        for row, one in enumerate(world.agencies.values()):
            for neighbour, probability in one.knows_of.items():
                table[row, self.names.index(neighbour)] = probability
        return table

    def arrays(self) -> dict[str, Values]:
        """Return the state as arrays."""
        return {
            **{name: self.table[name] for name in self.STATE},
            "knowledge": self.knowledge,
            "closed_together": self.closed_together,
        }

    def restore(self, arrays: Mapping[str, Values]) -> None:
        """Restore a state returned by `arrays`."""
        for name in self.STATE:
            self.table[name] = arrays[name]
        self.knowledge = arrays["knowledge"].copy()
        self.closed_together = arrays["closed_together"].copy()

    def set_members(self, joined: Booleans) -> None:
        """Record which agencies take part in coordination."""
        self.table["member"] = joined

    def is_at_work(self, number: int) -> bool:
        """Return True if an agency can serve anybody."""
        return bool(self.table["capacity"][number, :WAITED_IN].sum() > 0)

    def answering_most(self, kind: str) -> Integers:
        """Return, for each nationality, the agency of a kind that answers most of their questions.

        Returns
        -------
        array of int, shape (nationalities,)
            -1 where there is none.
        """
        found, most = np.full(len(words.NATIONALITIES), -1), np.zeros(len(words.NATIONALITIES))
        for number in self.of_kind(kind).tolist():
            one = self.table[number]
            slots = one["capacity"][one["line_of"][words.Need.INFORMATION]]
            better = one["accepts_nationality"].astype(np.bool_) & (slots > most)
            found[better], most[better] = number, slots
        return found

    def of_kind(self, kind: str) -> Integers:
        """Return the numbers of the agencies of one kind."""
        return np.flatnonzero(self.table["kind"] == words.AGENCY_KINDS.index(kind))
