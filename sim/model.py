"""The model: the order of the day, as data."""

from collections.abc import Callable, Collection
from copy import deepcopy
from numbers import Integral
from time import process_time
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet

from sim import vocabulary as words
from sim.agents.agency import Agencies
from sim.agents.city import WORKED_OUT, City, CityHandle, city_counts
from sim.agents.clinic import Clinics
from sim.agents.employer import Employer, Employers
from sim.agents.episode import Episode, Episodes
from sim.agents.migrant import WORK_GROUP_FIELDS, Migrant, Migrants
from sim.agents.task import Task, Tasks
from sim.config.configuration import ConfigurationError, nearest
from sim.config.entries import by
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.agentset.union import AgentSetUnion
from sim.engine.calendar import WorkCalendar
from sim.engine.digest import Digest
from sim.engine.event_log import EventLog
from sim.engine.random.streams import Draws
from sim.engine.records import copied, nest_records
from sim.engine.timing_wheel import TimingWheel
from sim.initialisation import (
    found_employers,
    found_work_groups,
    labour_market,
    settle_first_residents,
)
from sim.observation import curves, indicators
from sim.observation.case_log import case_log
from sim.observation.daily_counts import DailyCounts
from sim.submodels.beds import Beds
from sim.submodels.businesses import Businesses
from sim.submodels.care_seeking import CareSeeking
from sim.submodels.casework import Casework
from sim.submodels.coordination import Coordination
from sim.submodels.demography import Demography
from sim.submodels.emergency_care import EmergencyCare
from sim.submodels.enforcement import Enforcement
from sim.submodels.episode_end import record_dtypes
from sim.submodels.experience import Experience
from sim.submodels.follow_up import FollowUp
from sim.submodels.funding import Funding
from sim.submodels.illness import Illness
from sim.submodels.information import Information
from sim.submodels.insurance import Insurance
from sim.submodels.legal_status import LegalStatus
from sim.submodels.money import Money
from sim.submodels.navigation import Navigation
from sim.submodels.needs import Needs
from sim.submodels.onset import Onset
from sim.submodels.payment import Payment
from sim.submodels.reaching import Reaching
from sim.submodels.services import Services
from sim.submodels.weekly import Weekly

if TYPE_CHECKING:
    import pandas as pd


class StoppedInsideDayError(RuntimeError):
    """A model that an error or an interrupt has stopped in the middle of a day.

    Half of the day has happened and half has not, so nothing true can be said of it any more.
    """


class Block(NamedTuple):
    """One block of the day."""

    name: str
    run: Callable[["AlmatyModel"], None]
    cadence: str


class AlmatyModel(mesa.Model[Any, Any]):
    """Labour migrants in Almaty, their illnesses, and the clinics they reach or do not reach.

    Parameters
    ----------
    scenario : Scenario
        World, policy, shock and seed (see `sim.load_scenario`).
    audit : bool, default False
        Check that no keyed draw is used twice (slow: for tests).

    The model is ready at day 0: burn-in under unchanged rules has been done.

    Examples
    --------
    >>> from sim import load_scenario
    >>> model = AlmatyModel(load_scenario(overrides=["city.population=500"]))
    >>> model.run_for(30)
    >>> model.day, len(model.agents_by_type[Migrant]) > 300
    (30, True)
    """

    SCHEDULE: ClassVar[tuple[Block, ...]] = (
        Block("levers due today", lambda model: model.apply_levers(), "daily"),
        Block("departures", lambda model: model.demography.depart(), "daily"),
        Block("arrivals", lambda model: model.demography.arrive(), "daily"),
        Block("grants and costs", lambda model: model.funding.receive(), "daily"),
        Block("patrols and raids", lambda model: model.enforcement.patrol(), "daily"),
        Block("news, police, papers", lambda model: model.weekly.update(), "weekly seventh"),
        Block("onset of illness", lambda model: model.onset.fall_ill(), "daily"),
        Block("course of illness", lambda model: model.illness.progress(), "daily"),
        Block("abandoned treatment", lambda model: model.illness.abandon_treatment(), "daily"),
        Block(
            "bills after emergencies", lambda model: model.payment.bill_after_emergencies(), "daily"
        ),
        Block("discharge", lambda model: model.beds.discharge(), "daily"),
        Block("doors open", lambda model: model.services.open_doors(), "daily"),
        Block("agencies open", lambda model: model.casework.open_doors(), "daily"),
        Block("perceive", lambda model: model.care_seeking.perceive(), "daily"),
        Block("antenatal reminders", lambda model: model.services.remind_pregnant_women(), "daily"),
        Block("decide", lambda model: model.care_seeking.decide(), "daily"),
        Block("set out", lambda model: model.reaching.set_out(), "daily"),
        Block("clinics see patients", lambda model: model.services.see_patients(), "daily"),
        Block("ambulances", lambda model: model.emergency_care.send_ambulances(), "daily"),
        Block("hospitals", lambda model: model.emergency_care.admit_to_hospital(), "daily"),
        Block("waiting in vain", lambda model: model.services.give_up_waiting(), "daily"),
        Block("needs come up", lambda model: model.needs.come_up(), "daily"),
        Block("needs find a way", lambda model: model.navigation.advance_needs(), "daily"),
        Block("agencies at work", lambda model: model.casework.work(), "daily"),
        Block("partners learn", lambda model: model.coordination.learn_about_each_other(), "daily"),
        Block("work groups talk", lambda model: model.experience.talk(), "weekly seventh"),
        Block("follow-up of leavers", lambda model: model.follow_up.follow(), "daily"),
        Block("absence from work", lambda model: model.money.count_absence(), "daily"),
        Block("employers decide", lambda model: model.businesses.run(), "monthly thirtieth"),
        Block("employers compare", lambda model: model.insurance.note_norms(), "monthly"),
        Block("pay-day", lambda model: model.money.pay_wages(), "monthly thirtieth"),
        Block("observation", lambda model: model.diary.record(model), "daily"),
    )
    """The order of the day. Blocks are synchronous inside; ties are broken by keyed draws."""

    ARRAYS: ClassVar[tuple[str, ...]] = ("work_groups", "counts")
    COHORTS: ClassVar[tuple[str, ...]] = ("migrants", "employers", "episodes", "tasks")
    TABLES: ClassVar[tuple[str, ...]] = (
        "departures", "onset_reminders", "visits", "payments", "closed_episodes", "leavers",
        "deaths", "handovers", "closed_needs", "police", "policy_costs", "diary",
    )  # fmt: skip
    LOGS: ClassVar[tuple[str, ...]] = (
        "visits", "payments", "closed_episodes", "leavers", "deaths", "handovers", "closed_needs",
        "police", "policy_costs",
    )  # fmt: skip
    NUMBERS: ClassVar[tuple[str, ...]] = (
        "_day",
        "next_candidate",
        "levers_moved_on",
        "founded",
    )
    # ARRAYS, COHORTS, TABLES, NUMBERS, the state of clinics and agencies are the whole state.

    SUBMODELS: ClassVar[tuple[str, ...]] = (
        "demography", "information", "onset", "illness", "care_seeking", "payment", "reaching",
        "services", "emergency_care", "beds", "money", "follow_up", "weekly", "enforcement",
        "experience", "needs", "navigation", "casework", "coordination", "funding", "insurance",
        "legal_status", "businesses",
    )  # fmt: skip
    SUBMODELS_WITH_NUMBERS: ClassVar[tuple[str, ...]] = (
        "demography", "information", "onset", "illness", "care_seeking", "payment", "money",
        "enforcement", "experience", "needs", "navigation", "casework", "insurance",
        "legal_status", "businesses",
    )  # fmt: skip

    demography: Demography
    information: Information
    onset: Onset
    illness: Illness
    care_seeking: CareSeeking
    payment: Payment
    reaching: Reaching
    services: Services
    emergency_care: EmergencyCare
    beds: Beds
    money: Money
    follow_up: FollowUp
    weekly: Weekly
    enforcement: Enforcement
    experience: Experience
    needs: Needs
    navigation: Navigation
    casework: Casework
    coordination: Coordination
    funding: Funding
    insurance: Insurance
    legal_status: LegalStatus
    businesses: Businesses
    diary: DailyCounts
    _day: int

    def __init__(
        self, scenario: Scenario, *, audit: bool = False, parent: "AlmatyModel | None" = None
    ) -> None:
        if not isinstance(scenario, Scenario):
            raise TypeError(
                f"AlmatyModel takes a Scenario, not {scenario!r}: "
                "AlmatyModel(load_scenario('baseline'))"
            )
        super().__init__(rng=scenario.seed)
        self.specification = scenario
        self._cannot_go_on: str | None = None
        # Mesa puts a function of its own in the place of `step`; after an error it does nothing.
        self._step_by_mesa = self.step
        self.step = self._checked_step  # type: ignore[method-assign]
        self.world: World = scenario.world
        self.base_world: World = scenario.world
        self.values_in_force: dict[str, float | str] = {}
        self.draws = Draws(scenario.seed, audit, words.PURPOSES)
        city = scenario.world.city
        self.calendar = WorkCalendar(city.start_date, city.holidays)
        self._catching_up = False
        self._open_city = CityHandle(self)
        self.block_seconds: dict[str, float] | None = None
        self._switched_off: frozenset[str] = frozenset()
        self.demography = Demography(self)
        self.information = Information(self)
        self.onset = Onset(self)
        self.illness = Illness(self)
        self.care_seeking = CareSeeking(self)
        self.payment = Payment(self)
        self.reaching = Reaching(self)
        self.services = Services(self)
        self.emergency_care = EmergencyCare(self)
        self.beds = Beds(self)
        self.money = Money(self)
        self.follow_up = FollowUp(self)
        self.weekly = Weekly(self)
        self.enforcement = Enforcement(self)
        self.experience = Experience(self)
        self.needs = Needs(self)
        self.navigation = Navigation(self)
        self.casework = Casework(self)
        self.coordination = Coordination(self)
        self.funding = Funding(self)
        self.insurance = Insurance(self)
        self.legal_status = LegalStatus(self)
        self.businesses = Businesses(self)
        self.clinics = Clinics(self, self.world)
        self.agencies = Agencies(self, self.world)
        if parent is None:
            self._found_city()
            self._burn_in()
        else:
            self._copy_state_from(parent)

    @property
    def day(self) -> int:
        """Days lived since the end of burn-in: the number of the day that comes next."""
        return self._day

    # --- time ---------------------------------------------------------------------------------

    def step(self) -> None:
        """Live through one day.

        Raises
        ------
        StoppedInsideDayError
            If an earlier day was not lived to its end.
        """
        if not self._catching_up:
            self.step_day()

    def _checked_step(self) -> None:
        self.check_it_can_go_on()
        self._step_by_mesa()

    def run_for(self, duration: float) -> None:
        """Live through so many days.

        Parameters
        ----------
        duration : int
            Whole days, at least 0.

        Raises
        ------
        ValueError
            If it is no such number.
        StoppedInsideDayError
            If an earlier day was not lived to its end.
        """
        self.check_it_can_go_on()
        days = whole_days("run_for", duration)
        if days < 0:
            raise ValueError(f"run_for({duration}): must be a whole number of days, at least 0")
        if days:
            super().run_for(days)

    def run_until(self, end_time: float) -> None:
        """Live until so many days since day 0 have been lived.

        Parameters
        ----------
        end_time : int
            Whole days, not before today.

        Raises
        ------
        ValueError
            If it is no such number.
        StoppedInsideDayError
            If an earlier day was not lived to its end.
        """
        self.check_it_can_go_on()
        end = whole_days("run_until", end_time)
        if end < self.time:
            raise ValueError(f"run_until({end_time}): must not be before today, day {self.day}")
        if end > self.time:
            super().run_until(end)

    def check_it_can_go_on(self) -> None:
        """Raise unless the last day was lived to its end and the agents are still there.

        Raises
        ------
        StoppedInsideDayError
            Otherwise.
        """
        if self._cannot_go_on is not None:
            raise StoppedInsideDayError(
                f"{self._cannot_go_on}: nothing more can be run or read from it; make it anew"
            )

    @property
    def switched_off(self) -> frozenset[str]:
        """Names of the blocks of the day that are left out."""
        return self._switched_off

    @switched_off.setter
    def switched_off(self, names: Collection[str]) -> None:
        known = [block.name for block in self.SCHEDULE]
        if isinstance(names, str) or not isinstance(names, Collection):
            raise TypeError(f"switched_off = {names!r}: must be a set of names of blocks")
        for name in names:
            if name not in known:
                raise ValueError(f"switched_off: unknown block '{name}': {nearest(name, known)}")
        self._switched_off = frozenset(names)

    def step_day(self) -> None:
        """Run the blocks of the day in their order."""
        self.check_it_can_go_on()
        # Taken back when the day is over; an error or interrupt leaves it.
        self._cannot_go_on = f"the model stopped in the middle of day {self.day}"
        self.counts["newly_severe"] = 0
        for block in self.SCHEDULE:
            if block.name in self._switched_off:
                continue
            if self.block_seconds is None:
                block.run(self)
            else:
                started = process_time()
                block.run(self)
                spent = process_time() - started
                self.block_seconds[block.name] = self.block_seconds.get(block.name, 0.0) + spent
        self.draws.audit_rules()
        self._day += 1
        self._cannot_go_on = None

    def apply_levers(self) -> None:
        """Put today's dated changes, and a new law, in force."""
        values = self.specification.values_on(self.day) if self.day >= 0 else {}
        new_law = self.world.law_changes_on(self.calendar.date_of(self.day))
        if values != self.values_in_force or new_law:
            self.values_in_force = values
            world = self.specification.world_on(self.day)
            if world != self.world or new_law:
                self.levers_moved_on = self.day
                self._set_world(world)

    def _set_world(self, world: World) -> None:
        self.world = world
        self.legal_rules = world.legal_rules(self.calendar.date_of(self.day))
        self._open_city.close()
        self.clinics.prepare(world)
        self.agencies.prepare(world)
        for name in self.SUBMODELS:
            getattr(self, name).prepare(world)
        self.parameter_table = nest_records(
            **{name: getattr(self, name).parameters for name in self.SUBMODELS_WITH_NUMBERS}
        )

    def city(self) -> City:
        """Return today's city for rules."""
        return self._open_city.current()

    # --- initialisation and branching ---------------------------------------------------------

    def _found_city(self) -> None:
        city = self.world.city
        self._day = -city.burn_in_days
        self.next_candidate = 0
        self.levers_moved_on = self.day
        self.founded = 0
        self.employers: Employers = found_employers(self)
        self.labour_market = labour_market(self.employers)
        self.migrants: Migrants = Migrants(self, capacity=max(city.population * 9 // 8, 64))
        self.episodes: Episodes = Episodes(self, capacity=max(city.population // 8, 64))
        self.tasks: Tasks = Tasks(self, capacity=64)
        self.work_groups = found_work_groups(self.employers, self.world, self.day)
        self.counts = city_counts()
        self.counts["trust"] = by(words.OPTIONS, self.world.care_seeking.trust)
        self.departures = TimingWheel()
        self.onset_reminders = TimingWheel()
        self._start_logs()
        self._set_world(self.world)
        self.funding.grant(self.agencies.grant)
        settle_first_residents(self)

    def _start_logs(self) -> None:
        self._open_city.close()
        small, number, identity, money = np.int16, np.int32, np.uint64, np.int64
        self.visits = EventLog(
            person=identity, ordinal=number, stratum=small, kind=np.int8, severity=np.int8,
            unit=small, by_ambulance=np.bool_, in_kind=np.bool_, began_on=number,
            arrived_on=number, served_on=number, result=np.int8, paid=number, payer=np.int8,
            insured=np.bool_,
        )  # fmt: skip
        self.payments = EventLog(
            day=number, person=identity, stratum=small, amount=money, borrowed=money
        )
        self.closed_episodes = EventLog(**record_dtypes())
        self.leavers = EventLog(
            person=identity, stratum=small, entered_on=number, left_on=number,
            unmet_in_burn_in_on=number, wage=number,
        )  # fmt: skip
        self.deaths = EventLog(day=number, stratum=small, present=np.bool_, age=np.int8)
        self.handovers = EventLog(
            day=number, person=identity, ordinal=number, stratum=small, need=np.int8,
            second=np.bool_, move=np.int8, origin=small, target=small, waited=number,
        )  # fmt: skip
        self.closed_needs = EventLog(
            ended_on=number, ending=np.int8, person=identity, ordinal=number, stratum=small,
            need=np.int8, agency=small, coordinated=np.bool_, arose_on=number, decided_on=number,
            arrived_on=number, served_on=number, bounces=small, referrals=small,
            wrong_referrals=small, dead_ends=small, no_shows=small, recalls=small,
        )  # fmt: skip
        self.police = EventLog(day=number, stratum=small, measure=np.int8)
        self.policy_costs = EventLog(day=number, amount=np.float64)
        self.diary = DailyCounts(self)

    def _burn_in(self) -> None:
        while self.day < 0:
            self.step_day()
        # The observer starts on day 0.
        self.counts["learned"] = 0
        self._start_logs()

    def fork(self, scenario: Scenario) -> "AlmatyModel":
        """Return a branch: the same people and past, other levers from here on.

        Parameters
        ----------
        scenario : Scenario
            Another policy or shock in the same world, under the same seed.

        Raises
        ------
        ConfigurationError
            If world or seed differ: the past could then not have been the same.
        TypeError
            If it is no Scenario.
        StoppedInsideDayError
            If the last day was not lived to its end.

        Examples
        --------
        >>> from sim import load_scenario
        >>> scenario = load_scenario(overrides=["city.population=300", "city.burn_in_days=60"])
        >>> model = AlmatyModel(scenario)
        >>> branch = model.fork(scenario.with_policy("mobile_clinics"))
        >>> branch.digest() == model.digest()  # the same city, until a lever moves
        True
        """
        self.check_it_can_go_on()
        if not isinstance(scenario, Scenario):
            raise TypeError(f"fork takes a Scenario, not {scenario!r}: fork(scenario)")
        if scenario.seed != self.specification.seed or scenario.world != self.specification.world:
            raise ConfigurationError(
                "a branch needs the same world and seed as its past; "
                "only lever changes and shocks may differ"
            )
        return AlmatyModel(scenario, parent=self)

    def _copy_state_from(self, parent: "AlmatyModel") -> None:
        for name in self.ARRAYS:
            setattr(self, name, copied(getattr(parent, name)))
        for name in self.COHORTS:
            setattr(self, name, getattr(parent, name).copy_for(self))
        for name in self.TABLES:
            setattr(self, name, getattr(parent, name).copy())
        for name in self.NUMBERS:
            setattr(self, name, getattr(parent, name))
        self.draws.used = (
            None
            if parent.draws.used is None
            else {purpose: keys.copy() for purpose, keys in parent.draws.used.items()}
        )
        self.clinics.copy_state(parent.clinics)
        self.agencies.copy_state(parent.agencies)
        self.labour_market = labour_market(self.employers)
        self._set_world(parent.world)
        # Let Mesa's own clock catch up without living the days again.
        if parent.time > self.time:
            self._catching_up = True
            self.run_until(parent.time)
            self._catching_up = False

    def __deepcopy__(self, memo: dict[int, Any]) -> "AlmatyModel":
        """Return a branch under the same scenario, with whatever the user has hung on the model."""
        if type(self) is not AlmatyModel:
            raise TypeError(f"a {type(self).__name__} cannot be copied: make it anew")
        twin = self.fork(self.specification)
        memo[id(self)] = twin
        twin.switched_off = self.switched_off
        twin.random.setstate(self.random.getstate())
        twin.rng.bit_generator.state = self.rng.bit_generator.state
        for name in vars(self).keys() - vars(twin).keys():
            setattr(twin, name, deepcopy(vars(self)[name], memo))
        return twin

    def __copy__(self) -> "AlmatyModel":
        raise TypeError(
            "a model has no shallow copy: copy.deepcopy(model), or model.fork(scenario) for "
            "other levers from here on"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            "a model cannot be pickled or sent to another process: send its scenario, and make "
            "the model there"
        )

    @property
    def scenario(self) -> Any:
        """The scenario the model runs."""
        return self.specification

    @scenario.setter
    def scenario(self, placeholder: Any) -> None:
        """Ignore the empty scenario Mesa sets by itself; refuse any other."""
        if not type(placeholder).__module__.startswith("mesa."):
            raise AttributeError(
                "the scenario of a model is fixed: model.fork(scenario) goes on under another"
            )

    # --- Mesa ---------------------------------------------------------------------------------

    # Mesa types these three by the set class it uses itself.
    @property  # type: ignore[misc]
    def agents(self) -> AbstractAgentSet[Any]:  # type: ignore[override]
        """All agents: institutions as objects, people and employers as rows of columns."""
        return AgentSetUnion(list(self.agents_by_type.values()), self.random)

    @property
    def agents_by_type(self) -> dict[type, AbstractAgentSet[Any]]:  # type: ignore[override]
        """All agents by type; `model.agents_by_type[Migrant]` is the cohort itself."""
        return {
            **super().agents_by_type,
            Migrant: self.migrants,
            Employer: self.employers,
            Episode: self.episodes,
            Task: self.tasks,
        }

    def remove_all_agents(self) -> None:
        """Remove all agents. The model can then not go on: there is nobody in it."""
        for name in self.COHORTS:
            cohort = getattr(self, name)
            cohort.remove_rows(cohort.rows)
        for institution in (*self.clinics.units, *self.agencies.units):
            institution.leave()
        super().remove_all_agents()  # type: ignore[no-untyped-call]
        self._cannot_go_on = "all agents of the model have been removed"

    @property
    def agent_types(self) -> list[type]:
        """Types of agents in the model."""
        return list(self.agents_by_type)

    # --- observation --------------------------------------------------------------------------

    def indicators(self, start_day: int = 0, end_day: int | None = None) -> "pd.DataFrame":
        """Return the indicators of a window (see `sim.observation.definitions` for their meaning).

        Parameters
        ----------
        start_day, end_day : int
            The window is [start_day, end_day), in days since the end of burn-in; by default all
            days lived so far. Whole numbers with 0 <= start_day <= end_day <= model.day.

        Returns
        -------
        DataFrame
            Long: code, indicator, detail, by ("all", "nationality", "legal_status", "sex",
            "sector", "institution"), group, unit, numerator, denominator, value, better ("higher",
            "lower" or ""). NaN where there was no case.

        Raises
        ------
        ValueError
            If the window is not made of days that were lived.
        StoppedInsideDayError
            If the last day was not lived to its end.

        Examples
        --------
        >>> from sim import load_scenario
        >>> model = AlmatyModel(
        ...     load_scenario(overrides=["city.population=300", "city.burn_in_days=60"])
        ... )
        >>> model.run_for(14)
        >>> table = model.indicators(start_day=7)
        >>> women = table[(table["indicator"] == "contacts") & (table["group"] == "woman")]
        >>> sorted(set(women["unit"])), bool((women["value"] >= 0).all())
        (['per 1,000 person-years'], True)
        """
        self.check_it_can_go_on()
        start = whole_days("start_day", start_day)
        end = self.day if end_day is None else whole_days("end_day", end_day)
        if not 0 <= start <= end <= self.day:
            raise ValueError(
                f"indicators of days {start} to {end}: the window must lie between 0 and "
                f"{self.day}, the days lived so far, and end no sooner than it starts"
            )
        return indicators.indicators(self, start, end)

    def curves(self) -> "pd.DataFrame":
        """Return daily outcomes, one row a day since day 0.

        Returns
        -------
        DataFrame
            Counts of people, episodes, visits and needs of each day, and money in KZT; columns as
            in `sim.observation.curves.curves`.
        """
        self.check_it_can_go_on()
        return curves.curves(self)

    def case_log(self) -> "pd.DataFrame":
        """Return what happened to cases since day 0, in order of time.

        Returns
        -------
        DataFrame
            One row a visit to a clinic or move of a need; columns as in
            `sim.observation.case_log.case_log`. People are simulated.
        """
        self.check_it_can_go_on()
        return case_log(self)

    def digest(self) -> str:
        """Return a hex digest of the whole state; equal runs have equal digests.

        It follows rule `sim.DIGEST_RULE`, for which neither the order of rows nor
        the layout of memory matters.
        """
        self.check_it_can_go_on()
        digest = Digest()
        digest.add_numbered("model", {name: [getattr(self, name)] for name in self.NUMBERS})
        groups = self.work_groups
        digest.add_numbered("work_groups", {name: groups[name] for name in WORK_GROUP_FIELDS})
        counts = {name: self.counts[name] for name in self.counts.dtype.names or ()}
        for name in WORKED_OUT:
            del counts[name]
        digest.add_numbered("counts", counts)
        digest.add_numbered("clinics", {one: self.clinics.table[one] for one in Clinics.STATE})
        digest.add_numbered("agencies", {one: self.agencies.table[one] for one in Agencies.STATE})
        digest.add_numbered("agencies known", {"knowledge": self.agencies.knowledge})
        for name in (*self.COHORTS, *self.LOGS):
            getattr(self, name).add_to(digest, name)
        return digest.hexdigest()


def whole_days(what: str, number: Any) -> int:
    """Return a number of days as a Python integer.

    Raises
    ------
    ValueError
        If it is not a whole number.
    """
    whole = isinstance(number, Integral) and not isinstance(number, bool | np.bool_)
    if not whole and not (isinstance(number, float) and number.is_integer()):
        raise ValueError(f"{what} = {number!r}: must be a whole number of days")
    return int(number)
