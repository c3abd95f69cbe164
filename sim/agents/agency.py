"""Agencies: institutions that help with payment, papers, shelter and information.

NGOs, consulates, the migration service, the health department, the reception centre, international
organisations, diaspora associations and the coordinating body are all the same kind of agent with
other numbers (`conf/city/`): what they are good at, how much they can do a day, when they are open,
whom they accept, what they know of the others, and what they can spend. A new institution is a new
entry there. Each is a `mesa.Agent`; their daily numbers stand side by side in `Agencies`.
"""

from collections.abc import Mapping
from enum import auto
from typing import Any

import numpy as np

from sim import vocabulary as words
from sim.agents.institution import Institution
from sim.config.entries import by
from sim.config.world import World
from sim.engine.calendar import WorkCalendar
from sim.engine.records import records
from sim.engine.types import Column, Floats, Integers

NEEDS, LINES, ITEMS = len(words.NEEDS), len(words.LINES), len(words.KNOWLEDGE)
OWN_LINE = {words.Need.INFORMATION: words.Line.INFORMATION, words.Need.DOCUMENTS: words.Line.PAPERS}
"""Needs with a line of their own, where an agency keeps one."""
BED_DAYS = 128
"""Room for planned releases of beds: no stay is longer."""
LONGEST_WAIT = 1000.0
"""Days that stand for a line that does not move."""


class Purse(words.Category):
    """Accounts of agencies with money of their own: see `sim.agents.accounts`."""

    NGOS = auto()
    IOM = auto()
    COORDINATION = auto()


PURSES = words.labels(Purse)
PURSE_OF_KIND = {
    words.AgencyKind.COORDINATION.label: Purse.COORDINATION,
    words.AgencyKind.INTERNATIONAL.label: Purse.IOM,
}
"""Account an agency of a kind pays from; all others pay from that of the NGOs."""


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


class Agencies:
    """All agencies side by side, and what every institution knows of them.

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

    STATE = (
        "open", "credit", "slots", "served_today", "waiting", "in_bed", "releases", "budget",
        "grant_factor", "resolved_this_quarter", "received", "spent",
    )  # fmt: skip
    """Fields of the table that change from day to day; the others follow from the world."""

    def __init__(self, model: Any, world: World) -> None:
        self.calendar: WorkCalendar = model.calendar
        self.units = [
            Agency(model, number, name, one.kind)
            for number, (name, one) in enumerate(world.agencies.items())
        ]
        count = len(self.units)
        self.names = [unit.name for unit in self.units]
        lines, needs = np.zeros((count, LINES)), np.zeros((count, NEEDS))
        real, whole = np.zeros(count), np.zeros(count, dtype=np.int64)
        flag = np.zeros(count, dtype=np.bool_)
        kinds = [words.AGENCY_KINDS.index(unit.kind) for unit in self.units]
        self.table: Column = records(
            count,
            kind=np.array(kinds, dtype=np.int8),
            line_of=np.zeros((count, NEEDS), dtype=np.int64),
            accepts_nationality=np.zeros((count, len(words.NATIONALITIES)), dtype=np.bool_),
            accepts_status=np.zeros((count, len(words.LEGAL_STATUSES)), dtype=np.bool_),
            teaches=np.zeros((count, ITEMS)),
            competence=needs,
            processing=needs,
            capacity=lines,
            credit=lines,
            slots=np.zeros((count, LINES), dtype=np.int64),
            served_today=np.zeros((count, LINES), dtype=np.int64),
            waiting=np.zeros((count, LINES), dtype=np.int64),
            wait_days=lines,
            releases=np.zeros((count, BED_DAYS), dtype=np.int64),
            accepts_from=np.zeros(count, dtype=np.uint64),
            **dict.fromkeys(
                ("open", "open_after_work", "only_referred", "refuses_fined", "member", "money"),
                flag,
            ),
            **dict.fromkeys(
                (
                    "in_bed", "free_beds", "resolved_this_quarter", "budget", "received", "spent",
                    "cost_per_case", "payer",
                ),
                whole,
            ),
            **dict.fromkeys(
                (
                    "beds", "stay_days", "believed_reporting", "reports", "grant_factor", "target",
                    "share_of_days",
                ),
                real,
            ),
        )  # fmt: skip
        self.prepare(world)
        self.knowledge: Floats = self.base_knowledge.copy()
        self.closed_together: Integers = np.zeros(self.knowledge.shape, dtype=np.int64)
        self.table["grant_factor"] = 1.0

    def __len__(self) -> int:
        return len(self.units)

    def prepare(self, world: World) -> None:
        """Take over capacities and facts from the world of the day."""
        specifications = list(world.agencies.values())
        scale, table = world.city.scale, self.table
        activity = world.information.consulate_activity
        for row, one in enumerate(specifications):
            busy = activity[one.nationality] if one.nationality else 1.0
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
            table["accepts_from"][row] = sum(
                1 << self.names.index(n) for n in one.accepts.only_from
            )
            table["only_referred"][row] = bool(one.accepts.only_from)
            table["refuses_fined"][row] = one.refuses_fined
            table["open_after_work"][row] = one.closes_at > world.referral.working_day_ends
            table["teaches"][row] = [one.teaches.get(name, 0.0) for name in words.KNOWLEDGE]
            for name in ("believed_reporting", "reports"):
                table[name][row] = getattr(one, name)
            table["cost_per_case"][row] = round(one.cost_per_case)
            table["payer"][row] = PURSE_OF_KIND.get(one.kind, Purse.NGOS)
            table["beds"][row] = scale * one.beds
            table["stay_days"][row] = min(one.stay_days, BED_DAYS - 1)
            table["money"][row] = one.cost_per_case > 0
            table["target"][row] = scale * one.target_a_quarter
        self.grant: Integers = np.array(
            [round(scale * one.grant) for one in specifications], dtype=np.int64
        )
        self.running_cost: Integers = np.array(
            [round(scale * one.running_cost) for one in specifications], dtype=np.int64
        )
        self.works_on = np.array(
            [[day in one.opens.weekdays for day in words.WEEKDAYS] for one in specifications]
        ).reshape(-1, len(words.WEEKDAYS))
        self.works_on_holidays = np.array([one.opens.holidays for one in specifications], np.bool_)
        self.open_agencies = self.calendar.open_days(self.works_on, self.works_on_holidays)
        table["share_of_days"] = self.works_on.sum(axis=1) / len(words.WEEKDAYS)
        self.base_knowledge = self._base_knowledge(world)

    def _base_knowledge(self, world: World) -> Floats:
        """Return what staff know of each agency without joint work."""
        by_kind: dict[str, float] = {one.kind: one.knows for one in world.institutions.values()}
        knows = [one.knows for one in world.agencies.values()]
        knows += [by_kind.get(kind, 0.0) for kind in words.INSTITUTION_KINDS]
        table = np.repeat(np.array(knows)[:, None], len(self.units), axis=1)
        for row, one in enumerate(world.agencies.values()):
            for neighbour, probability in one.knows_of.items():
                table[row, self.names.index(neighbour)] = probability
        return table

    def arrays(self) -> dict[str, Column]:
        """Return the state as arrays."""
        return {
            **{name: self.table[name] for name in self.STATE},
            "knowledge": self.knowledge,
            "closed_together": self.closed_together,
        }

    def restore(self, arrays: Mapping[str, Column]) -> None:
        """Take over a state that `arrays` returned."""
        for name in self.STATE:
            self.table[name] = arrays[name]
        self.knowledge = arrays["knowledge"].copy()
        self.closed_together = arrays["closed_together"].copy()

    def of_kind(self, kind: str) -> Integers:
        """Return the numbers of the agencies of one kind."""
        return np.flatnonzero(self.table["kind"] == words.AGENCY_KINDS.index(kind))
