"""The parts of a model that submodels and observers may use.

It is a base class, not a `typing.Protocol`: otherwise the model would have to list everything
again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.agents.city import LOGS_OF_THE_CITY, CityHandle
from sim.engine.event_log import EventLog
from sim.observation.daily_counts import DailyCounts
from sim.preparation import Preparation

if TYPE_CHECKING:
    from sim.agents.agency import Agencies
    from sim.agents.city import City
    from sim.agents.clinic import Clinics
    from sim.agents.employer import Employers, LabourMarket
    from sim.agents.episode import Episodes
    from sim.agents.migrant import Migrants
    from sim.agents.task import Tasks
    from sim.config.legal_rules import LegalRules
    from sim.config.world import World
    from sim.engine.calendar import WorkCalendar
    from sim.engine.random.streams import Draws
    from sim.engine.timing_wheel import TimingWheel
    from sim.engine.types import Column
    from sim.submodels.beds import Beds
    from sim.submodels.care_seeking import CareSeeking
    from sim.submodels.demography import Demography
    from sim.submodels.funding import Funding
    from sim.submodels.illness import Illness
    from sim.submodels.information import Information
    from sim.submodels.navigation import Navigation
    from sim.submodels.payment import Payment
    from sim.submodels.services import Services
    from sim.submodels.submodel import Submodel


class CityModel(ABC):
    """A model of the city, as seen by its submodels and observers.

    Attributes
    ----------
    world, base_world : World
        Parameters in force today, and those of an unchanged day.
    draws : Draws
        All keyed random draws of the run.
    calendar : WorkCalendar
    migrants, employers, episodes, tasks : Cohort
        The agents.
    work_groups, counts : array of records
        See `sim.agents.migrant` and `sim.agents.city`.
    departures, onset_reminders : TimingWheel
    labour_market : LabourMarket
        Employers by sector and nationality.
    next_candidate, levers_moved_on : int
        Ordinal of the next candidate for arrival; the last day on which a lever moved that people
        weigh when they decide about care.
    diary : DailyCounts
        Counts taken at the end of every day.
    """

    world: "World"
    base_world: "World"
    draws: "Draws"
    calendar: "WorkCalendar"

    migrants: "Migrants"
    employers: "Employers"
    episodes: "Episodes"
    tasks: "Tasks"
    work_groups: "Column"
    counts: "Column"
    departures: "TimingWheel"
    onset_reminders: "TimingWheel"
    labour_market: "LabourMarket"
    next_candidate: int
    levers_moved_on: int

    # Logs that observers read; each is declared by the submodel that writes it.
    visits: "EventLog"
    payments: "EventLog"
    check_ups: "EventLog"
    closed_episodes: "EventLog"
    leavers: "EventLog"
    deaths: "EventLog"
    handovers: "EventLog"
    closed_needs: "EventLog"
    police: "EventLog"
    policy_costs: "EventLog"
    diary: "DailyCounts"

    rooms: "list[tuple[EventLog, Callable[[CityModel], int]]]"
    submodels: "dict[str, Submodel]"
    # Submodels that others ask for something.
    beds: "Beds"
    care_seeking: "CareSeeking"
    demography: "Demography"
    funding: "Funding"
    illness: "Illness"
    information: "Information"
    navigation: "Navigation"
    payment: "Payment"
    services: "Services"

    _clinics: "Clinics"
    _agencies: "Agencies"
    _legal_rules: "LegalRules"
    _preparation: Preparation
    _open_city: CityHandle

    @property
    @abstractmethod
    def day(self) -> int:
        """Days simulated since the end of burn-in: the number of the next day."""

    @abstractmethod
    def city(self) -> "City":
        """Return today's city for rules."""

    # Reads of these by a submodel that is being prepared are recorded.
    @property
    def clinics(self) -> "Clinics":
        """All clinics, side by side."""
        noted: Clinics = self._preparation.noted("clinics", self._clinics)
        return noted

    @property
    def agencies(self) -> "Agencies":
        """All agencies, side by side."""
        noted: Agencies = self._preparation.noted("agencies", self._agencies)
        return noted

    @property
    def legal_rules(self) -> "LegalRules":
        """The legal rules of today."""
        self._preparation.note_part("legal rules")
        return self._legal_rules

    def _start_logs(self) -> None:
        """Start new, empty logs and a new, empty diary."""
        for submodel in self.submodels.values():
            submodel.start_logs()
        self._name_logs()
        self.diary = DailyCounts(self)

    @property
    def logs(self) -> dict[str, EventLog]:
        """All logs, by name."""
        return {name: log for one in self.submodels.values() for name, log in one.logs.items()}

    def take_logs(self, logs: Mapping[str, EventLog]) -> None:
        """Continue with logs that already have records."""
        for submodel in self.submodels.values():
            submodel.logs = {name: logs[name] for name in submodel.events}
        self._name_logs()

    def _name_logs(self) -> None:
        """Make logs available to observers, and to the code that reserves space every morning."""
        logs = self.logs
        vars(self).update({name: logs[name] for name in LOGS_OF_THE_CITY})
        self.rooms = [
            (logs[name], declared.most_a_day)
            for submodel in self.submodels.values()
            for name, declared in submodel.events.items()
        ]
        self._open_city.close()
