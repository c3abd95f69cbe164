"""The model: its submodels, the order of the day, and what can be asked of it."""

from collections.abc import Collection, Mapping
from datetime import date
from io import BytesIO
from os import PathLike
from time import process_time
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sim import state
from sim import vocabulary as words
from sim.agents.agency import Agencies
from sim.agents.city import LOGS_OF_THE_CITY, City, CityHandle, city_counts
from sim.agents.clinic import Clinics
from sim.agents.episode import Episodes
from sim.agents.migrant import Migrants
from sim.agents.task import Tasks
from sim.city_model import CityModel
from sim.config.configuration import ConfigurationError, nearest
from sim.config.entries import by
from sim.config.legal_rules import Regime
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.calendar import WorkCalendar
from sim.engine.digest import Digest
from sim.engine.event_log import EventLog
from sim.engine.random.streams import Draws
from sim.engine.records import nest_records
from sim.engine.timing_wheel import TimingWheel
from sim.initialisation import (
    found_employers,
    found_work_groups,
    labour_market,
    settle_first_residents,
)
from sim.mesa_model import DailyModel, StoppedInsideDayError, whole_days
from sim.observation import curves, indicators
from sim.observation.case_log import case_log
from sim.observation.daily_counts import DailyCounts
from sim.preparation import Preparation, Prepared
from sim.schedule import ScheduledBlock, check_declarations, scheduled
from sim.submodels.beds import Beds
from sim.submodels.businesses import Businesses
from sim.submodels.care_seeking import CareSeeking
from sim.submodels.casework import Casework
from sim.submodels.coordination import Coordination
from sim.submodels.demography import Demography
from sim.submodels.emergency_care import EmergencyCare
from sim.submodels.enforcement import Enforcement
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
from sim.submodels.submodel import NO_PARAMETERS, Block, Submodel
from sim.submodels.weekly import Weekly

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AlmatyModel", "Block", "ScheduledBlock", "StoppedInsideDayError"]


class AlmatyModel(DailyModel, CityModel):
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

    SUBMODELS: ClassVar[tuple[type[Submodel], ...]] = (
        Demography, Information, Onset, Illness, CareSeeking, Payment, Reaching, Services,
        EmergencyCare, Beds, Money, FollowUp, Weekly, Enforcement, Experience, Needs, Navigation,
        Casework, Coordination, Funding, Insurance, LegalStatus, Businesses,
    )  # fmt: skip
    """All submodels, in the order in which they are prepared."""

    SCHEDULE: ClassVar[tuple[Block, ...]] = (
        Block("levers due today", lambda model: model.apply_levers(), "daily"),
        Block("departures", Demography.depart, "daily"),
        Block("arrivals", Demography.arrive, "daily"),
        Block("grants and costs", Funding.receive, "daily"),
        Block("patrols and raids", Enforcement.patrol, "daily"),
        Block("news, police, papers", Weekly.update, "weekly seventh"),
        Block("onset of illness", Onset.fall_ill, "daily"),
        Block("course of illness", Illness.progress, "daily"),
        Block("abandoned treatment", Illness.abandon_treatment, "daily"),
        Block("bills after emergencies", Payment.bill_after_emergencies, "daily"),
        Block("discharge", Beds.discharge, "daily"),
        Block("doors open", Services.open_doors, "daily"),
        Block("agencies open", Casework.open_doors, "daily"),
        Block("perceive", CareSeeking.perceive, "daily"),
        Block("antenatal reminders", Services.remind_pregnant_women, "daily"),
        Block("decide", CareSeeking.decide, "daily"),
        Block("set out", Reaching.set_out, "daily"),
        Block("clinics see patients", Services.see_patients, "daily"),
        Block("ambulances", EmergencyCare.send_ambulances, "daily"),
        Block("hospitals", EmergencyCare.admit_to_hospital, "daily"),
        Block("waiting in vain", Services.give_up_waiting, "daily"),
        Block("needs come up", Needs.come_up, "daily"),
        Block("needs find a way", Navigation.advance_needs, "daily"),
        Block("agencies at work", Casework.work, "daily"),
        Block("partners learn", Coordination.learn_about_each_other, "daily"),
        Block("work groups talk", Experience.talk, "weekly seventh"),
        Block("follow-up of leavers", FollowUp.follow, "daily"),
        Block("absence from work", Money.count_absence, "daily"),
        Block("employers decide", Businesses.run, "monthly thirtieth"),
        Block("employers compare", Insurance.note_norms, "monthly"),
        Block("pay-day", Money.pay_wages, "monthly thirtieth"),
        Block("observation", lambda model: model.record_day(), "daily"),
    )
    """The order of the day. Blocks are synchronous inside; ties are broken by keyed draws.

    What runs is a method of a submodel, or a function of the model."""

    _law_in_force: tuple[Regime, date] | None = None
    COHORTS: ClassVar[tuple[str, ...]] = ("migrants", "employers", "episodes", "tasks")

    def __init__(
        self, scenario: Scenario, *, audit: bool = False,
        parent: "AlmatyModel | state.SavedState | None" = None,
    ) -> None:  # fmt: skip
        if not isinstance(scenario, Scenario):
            raise TypeError(
                f"AlmatyModel takes a Scenario, not {scenario!r}: "
                "AlmatyModel(load_scenario('baseline'))"
            )
        super().__init__(rng=scenario.seed)
        self._check_steps()
        self.specification = scenario
        self.world: World = scenario.world
        self.base_world: World = scenario.world
        self.values_in_force: dict[str, float | str] = {}
        kinds = (*self.SUBMODELS, *scenario.submodels)
        purposes = [name for kind in scenario.submodels for name in kind.purposes]
        self.draws = Draws(scenario.seed, audit, [*words.PURPOSES, *purposes])
        city = scenario.world.city
        self.calendar = WorkCalendar(city.start_date, city.holidays)
        self._open_city = CityHandle(self)
        self._preparation = Preparation()
        self.parameter_table = NO_PARAMETERS
        self.block_seconds: dict[str, float] | None = None
        self._switched_off: frozenset[str] = frozenset()
        self.submodels: dict[str, Submodel] = {kind.name: kind(self) for kind in kinds}
        vars(self).update(self.submodels)
        self.schedule = scheduled(self, self.SCHEDULE, list(self.submodels.values()))
        self._clinics = Clinics(self, self.world)
        self._agencies = Agencies(self, self.world)
        if isinstance(parent, AlmatyModel):
            state.copy_state(self, parent)
            self._take_over(parent.world, parent.time)
        elif parent is not None:
            self._found_city()
            state.restore(self, parent)
            saved_world = type(self.world).model_validate(parent.header["world"])
            self._take_over(saved_world, parent.header["time"])
        else:
            self._found_city()
            settle_first_residents(self)
            self._burn_in()

    # --- the day ------------------------------------------------------------------------------

    @property
    def switched_off(self) -> frozenset[str]:
        """Names of the blocks of the day that are left out."""
        return self._switched_off

    @switched_off.setter
    def switched_off(self, names: Collection[str]) -> None:
        known = [block.name for block in self.schedule]
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
        since_burn_in = self.day + self.base_world.city.burn_in_days
        for block in self.schedule:
            if block.name in self._switched_off or not block.is_due(since_burn_in):
                continue
            if self.block_seconds is None:
                self.run_block(block)
            else:
                started = process_time()
                self.run_block(block)
                spent = process_time() - started
                self.block_seconds[block.name] = self.block_seconds.get(block.name, 0.0) + spent
        self.draws.audit_rules()
        self._day += 1
        self._cannot_go_on = None

    def run_block(self, block: ScheduledBlock) -> None:
        """Run one block of the day."""
        block.run()

    def record_day(self) -> None:
        """Write down what is counted at the end of a day."""
        self.diary.record(self)

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

    def _set_world(self, world: World, *, anew: bool = False) -> None:
        """Put parameters in force: prepare what has read something that is another now."""
        self.world = world
        book, law = world.regime[world.law.regime], world.law
        law_in_force = (book, law.day_of(self.calendar.date_of(self.day)))
        renewed: set[str] = set()
        if anew or law_in_force != self._law_in_force:
            self._law_in_force = law_in_force
            self._legal_rules = book.rules_on(law_in_force[1])
            renewed.add("legal rules")
        parts: dict[str, Prepared] = {
            "clinics": self._clinics, "agencies": self._agencies, **self.submodels,
        }  # fmt: skip
        renewed = self._preparation.renew(parts, world, renewed, all_of_them=anew)
        self._renew_parameters(renewed)

    def _renew_parameters(self, renewed: Collection[str]) -> None:
        """Put the parameters of some submodels where rules find them."""
        own = [self.submodels[kind.name] for kind in self.SUBMODELS]
        records = {one.name: one.parameters for one in own if len(one.parameters)}
        kinds: Any = [(name, record.dtype) for name, record in records.items()]
        if self.parameter_table.dtype != kinds:
            self.parameter_table = nest_records(**records)
            self._open_city.close()
        for name in records.keys() & renewed:
            self.parameter_table[name] = records[name]
        self._open_city.close_if_moved()

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
        self.employers = found_employers(self)
        self.labour_market = labour_market(self.employers)
        self.migrants = Migrants(self, capacity=max(city.population * 9 // 8, 64))
        self.episodes = Episodes(self, capacity=max(city.population // 8, 64))
        self.tasks = Tasks(self, capacity=64)
        self.work_groups = found_work_groups(self.employers, self.world, self.day)
        self.counts = city_counts()
        self.counts["trust"] = by(words.OPTIONS, self.world.care_seeking.trust)
        self.departures = TimingWheel()
        self.onset_reminders = TimingWheel()
        self._start_logs()
        self._set_world(self.world, anew=True)
        self.funding.grant(self.agencies.grant)

    def _start_logs(self) -> None:
        """Begin new logs and a new diary, in which nothing is written yet."""
        for submodel in self.submodels.values():
            submodel.start_logs()
        self._open_city.close()
        vars(self).update({name: self.logs[name] for name in LOGS_OF_THE_CITY})
        self.diary = DailyCounts(self)

    @property
    def logs(self) -> dict[str, EventLog]:
        """All logs, by name."""
        return {name: log for one in self.submodels.values() for name, log in one.logs.items()}

    def take_logs(self, logs: Mapping[str, EventLog]) -> None:
        """Go on with logs that something is written in already."""
        for submodel in self.submodels.values():
            submodel.logs = {name: logs[name] for name in submodel.events}
        vars(self).update({name: logs[name] for name in LOGS_OF_THE_CITY})

    def _burn_in(self) -> None:
        while self.day < 0:
            self.step_day()
        # The observer starts on day 0.
        self.counts["learned"] = 0
        self._start_logs()

    def _take_over(self, world: World, time: float) -> None:
        """Go on in a state that has been copied."""
        self.labour_market = labour_market(self.employers)
        self._set_world(world, anew=True)
        self.catch_up(time)

    def fork(self, scenario: Scenario) -> "AlmatyModel":
        """Return a branch: the same people and past, other levers from here on.

        Parameters
        ----------
        scenario : Scenario
            Another policy or shock in the same world, under the same seed.

        Raises
        ------
        ConfigurationError
            If world, submodels or seed differ: the past could then not have been the same.
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
        past = self.specification
        if (scenario.seed, scenario.submodels) != (past.seed, past.submodels) or (
            scenario.world != past.world
        ):
            raise ConfigurationError(
                "a branch needs the same world, submodels and seed as its past; "
                "only lever changes and shocks may differ"
            )
        return AlmatyModel(scenario, parent=self)

    def branch(self) -> Self:
        """Return a copy that goes on as this model would."""
        self._check_it_is_plain("copied")
        twin = self.fork(self.specification)
        twin.switched_off = self.switched_off
        return twin  # type: ignore[return-value]

    def _check_it_is_plain(self, what: str) -> None:
        """Refuse what may take other arguments to be made."""
        if type(self) is not AlmatyModel:
            raise TypeError(f"a {type(self).__name__} cannot be {what}: make it anew")

    # --- files --------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole state into a file, from which `load` goes on.

        Parameters
        ----------
        path : path
            E.g. ``"end_of_burn_in.npz"``. What stands there is replaced, as a whole or not at all.

        Raises
        ------
        StoppedInsideDayError
            If the last day was not lived to its end.
        TypeError
            If the model is of a class of its own.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from sim import load_scenario
        >>> scenario = load_scenario(overrides=["city.population=300", "city.burn_in_days=60"])
        >>> model = AlmatyModel(scenario)
        >>> with TemporaryDirectory() as folder:
        ...     model.save(Path(folder) / "day_0.npz")
        ...     twin = AlmatyModel.load(Path(folder) / "day_0.npz")
        >>> twin.digest() == model.digest()
        True
        """
        self.check_it_can_go_on()
        self._check_it_is_plain("saved")
        state.save(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "AlmatyModel":
        """Return a model that goes on where a saved one was.

        Parameters
        ----------
        path : path
            As given to `save`. Only the version of the model that has saved it reads it.

        Raises
        ------
        ConfigurationError
            If the file is damaged, or of another version of the model: one line.
        FileNotFoundError
            If there is none.
        """
        return _restored(state.read(path))

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.check_it_can_go_on()
        self._check_it_is_plain("pickled")
        file = BytesIO()
        state.write(self, file)
        return _from_bytes, (file.getvalue(),), self._added_by_users(self.branch())

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

    def _close_institutions(self) -> None:
        for institution in (*self.clinics.units, *self.agencies.units):
            institution.leave()

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
        state.add_state(self, digest)
        return digest.hexdigest()


check_declarations(AlmatyModel.SUBMODELS, AlmatyModel.SCHEDULE, words.PURPOSES)


def _restored(saved: state.SavedState) -> AlmatyModel:
    """Return a model in a saved state.

    Raises
    ------
    ConfigurationError
        If it is not the state that was saved.
    """
    model = AlmatyModel(saved.scenario(), audit=saved.header["audit"], parent=saved)
    if model.digest() != saved.header["digest"]:
        raise ConfigurationError("the saved model is damaged: its digest is another")
    return model


def _from_bytes(content: bytes) -> AlmatyModel:
    """Return a model that was pickled."""
    return _restored(state.read(content))
