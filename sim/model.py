"""The model: its submodels, the order of the day, and its public methods."""

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sim import state
from sim import vocabulary as words
from sim.agents.agency import Agencies
from sim.agents.city import City, CityHandle, city_counts
from sim.agents.clinic import Clinics
from sim.agents.episode import Episodes
from sim.agents.migrant import Migrants
from sim.agents.task import Tasks
from sim.config.configuration import ConfigurationError
from sim.config.entries import by
from sim.config.legal_rules import Regime
from sim.config.rest_state import RestState, fingerprint_of_world, rest_state_of
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.calendar import WorkCalendar
from sim.engine.random.streams import Draws
from sim.engine.records import nest_records
from sim.engine.timing_wheel import TimingWheel
from sim.initialisation import (
    found_employers,
    found_work_groups,
    labour_market,
    settle_first_residents,
    take_opinions_at_rest,
)
from sim.mesa_model import StoppedInsideDayError
from sim.observation.residual_drift import residual_drift
from sim.observed_model import ObservedModel
from sim.preparation import Preparation, Prepared
from sim.saved_model import SavedModel
from sim.schedule import ScheduledBlock, ScheduledModel, check_declarations, scheduled
from sim.submodels.beds import Beds
from sim.submodels.businesses import Businesses
from sim.submodels.care_seeking import WEIGHED, CareSeeking
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
    pass

__all__ = ["AlmatyModel", "Block", "ScheduledBlock", "StoppedInsideDayError"]


class AlmatyModel(ScheduledModel, ObservedModel, SavedModel):
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
    >>> from sim import Migrant, load_scenario
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
    """The order of the day. Updates within a block are synchronous; ties are broken by keyed draws.

    A block runs a method of a submodel, or a function of the model."""

    _law_in_force: tuple[Regime, date] | None = None
    COHORTS: ClassVar[tuple[str, ...]] = state.COHORTS

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
        self.draws = Draws(scenario.seed, audit, [*words.Purpose, *purposes])
        city = scenario.world.city
        self.calendar = WorkCalendar(city.start_date, city.holidays)
        self._open_city = CityHandle(self)
        self._preparation = Preparation()
        self.parameter_table = NO_PARAMETERS
        self._parameter_kinds: dict[str, Any] = {}
        self._names_of_own = {kind.name for kind in self.SUBMODELS}
        self.submodels: dict[str, Submodel] = {kind.name: kind(self) for kind in kinds}
        vars(self).update(self.submodels)
        self.schedule = scheduled(self, self.SCHEDULE, list(self.submodels.values()))
        self._clinics = Clinics(self, self.world)
        self._agencies = Agencies(self, self.world)
        self._prepared: dict[str, Prepared] = {
            "clinics": self._clinics, "agencies": self._agencies, **self.submodels,
        }  # fmt: skip
        self.residual_drift = 0.0
        if isinstance(parent, AlmatyModel):
            self.residual_drift = parent.residual_drift
            state.copy_state(self, parent)
            self._take_over(parent.world, parent.time)
        elif parent is not None:
            self._found_city()
            state.restore(self, parent)
            saved_world = type(self.world).model_validate(parent.header["world"])
            self._take_over(saved_world, parent.header["time"])
        else:
            rest = rest_state_of(self.world, scenario.sources)
            self._found_city(rest)
            settle_first_residents(self, rest)
            self._burn_in(rest)
        self._own_names = frozenset(vars(self)) | {"_own_names"}

    # --- the day ------------------------------------------------------------------------------

    def record_day(self) -> None:
        """Record the counts of the end of a day."""
        self.diary.record(self)

    def apply_levers(self) -> None:
        """Apply today's dated changes, and a new law."""
        values = self.specification.values_on(self.day) if self.day >= 0 else {}
        new_law = self.world.law_changes_on(self.calendar.date_of(self.day))
        if values != self.values_in_force or new_law:
            self.values_in_force = values
            world = self.specification.world_with(values)
            if (world != self.world or new_law) and self._set_world(world) & WEIGHED:
                self.levers_moved_on = self.day

    def _set_world(self, world: World, *, anew: bool = False) -> set[str]:
        """Put parameters in force: prepare all parts that have read a value which has changed.

        Returns
        -------
        set of str
            Names of these parts.
        """
        self.world = world
        book, law = world.regime[world.law.regime], world.law
        law_in_force = (book, law.day_of(self.calendar.date_of(self.day)))
        renewed: set[str] = set()
        if anew or law_in_force != self._law_in_force:
            self._law_in_force = law_in_force
            self._legal_rules = book.rules_on(law_in_force[1])
            renewed.add("legal rules")
        renewed = self._preparation.renew(self._prepared, world, renewed, all_of_them=anew)
        self._renew_parameters(renewed)
        return renewed

    def _renew_parameters(self, renewed: set[str]) -> None:
        """Store the parameters of some submodels where rules read them."""
        for name in self._names_of_own & renewed:
            record, kind = self.submodels[name].parameters, self._parameter_kinds.get(name)
            if len(record) and record.dtype is not kind:
                self._lay_out_parameters()
                break
            if kind is not None:
                self.parameter_table[name] = record
        self._open_city.close_if_moved()

    def _lay_out_parameters(self) -> None:
        """Rebuild the table of parameters, because the type of a record in it has changed."""
        own = [self.submodels[kind.name] for kind in self.SUBMODELS]
        records = {one.name: one.parameters for one in own if len(one.parameters)}
        self._parameter_kinds = {name: record.dtype for name, record in records.items()}
        self.parameter_table = nest_records(**records)
        self._open_city.close()

    def city(self) -> City:
        """Return today's city for rules."""
        return self._open_city.current()

    # --- initialisation and branching ---------------------------------------------------------

    def _found_city(self, rest: RestState | None = None) -> None:
        city = self.world.city
        self._day = -city.burn_in_days
        self.next_candidate = 0
        self.levers_moved_on = self.day
        self.employers = found_employers(self, rest)
        self.labour_market = labour_market(self.employers)
        self.migrants = Migrants(self, capacity=max(city.population * 9 // 8, 64))
        self.episodes = Episodes(self, capacity=max(city.population // 8, 64))
        self.tasks = Tasks(self, capacity=64)
        self.work_groups = found_work_groups(self.employers, self.world, self.day, self.draws, rest)
        self.counts = city_counts()
        self.counts["trust"] = by(words.OPTIONS, self.world.care_seeking.trust)
        self.departures = TimingWheel()
        self.onset_reminders = TimingWheel()
        self._start_logs()
        self._set_world(self.world, anew=True)
        if rest is not None:
            take_opinions_at_rest(self, rest)
        self.funding.grant(self.funding.next_grants())

    def _burn_in(self, rest: RestState | None) -> None:
        while self.day < 0:
            self.step_day()
        if rest is None or rest.parameters != fingerprint_of_world(self.world):
            self.residual_drift = residual_drift(self.diary)
        # The observer starts on day 0.
        self.counts["learned"] = 0
        self._start_logs()

    def _take_over(self, world: World, time: float) -> None:
        """Continue from a state that has been copied."""
        self.labour_market = labour_market(self.employers)
        self._set_world(world, anew=True)
        self.catch_up(time)

    def fork(self, scenario: Scenario) -> "AlmatyModel":
        """Return a branch: the same people and past, with different levers from now on.

        Parameters
        ----------
        scenario : Scenario
            Another policy or shock in the same world, under the same seed.

        Raises
        ------
        ConfigurationError
            If world, submodels or seed differ: the past could not have been the same then.
        TypeError
            If it is not a Scenario.
        StoppedInsideDayError
            If the last day was not completed.

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
        """Return a copy that continues as this model would."""
        twin = self._plain("copied").fork(self.specification)
        twin.switched_off = self.switched_off
        return twin  # type: ignore[return-value]

    def _close_institutions(self) -> None:
        for institution in (*self.clinics.units, *self.agencies.units):
            institution.leave()


check_declarations(AlmatyModel.SUBMODELS, AlmatyModel.SCHEDULE, tuple(words.Purpose))
