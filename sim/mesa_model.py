"""Mesa's model interface, for a model with whole-day steps and with agents as columns."""

from abc import ABC, abstractmethod
from copy import deepcopy
from numbers import Integral
from typing import Any, ClassVar, Self

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet

from sim.engine.agentset.cohort import Cohort
from sim.engine.agentset.union import AgentSetUnion


class StoppedInsideDayError(RuntimeError):
    """A model that an error or an interrupt has stopped in the middle of a day.

    Only part of the day has been simulated, so its state is no longer valid.
    """


class DailyModel(mesa.Model[Any, Any], ABC):
    """A Mesa model whose steps are days and whose agents are cohorts and institutions."""

    COHORTS: ClassVar[tuple[str, ...]] = ()
    """Names of the attributes that hold cohorts."""

    specification: Any
    _cannot_go_on: str | None = None
    _catching_up = False
    _own_names: frozenset[str] = frozenset()
    """Attributes of a model to which the user has added none."""
    _day: int

    @property
    def day(self) -> int:
        """Days simulated since the end of burn-in: the number of the next day."""
        return self._day

    # --- time ---------------------------------------------------------------------------------

    @abstractmethod
    def step_day(self) -> None:
        """Simulate one day."""

    def step(self) -> None:
        """Simulate one day.

        Raises
        ------
        StoppedInsideDayError
            If an earlier day was not completed.
        """
        if not self._catching_up:
            self.step_day()

    def _check_steps(self) -> None:
        """Have every step checked first."""
        # Mesa replaces `step` by its own function, which does nothing after an error.
        self._step_by_mesa = self.step
        self.step = self._checked_step  # type: ignore[method-assign]

    def _checked_step(self) -> None:
        self.check_it_can_go_on()
        self._step_by_mesa()

    def run_for(self, duration: float) -> None:
        """Simulate a number of days.

        Parameters
        ----------
        duration : int
            Whole days, at least 0.

        Raises
        ------
        ValueError
            If it is not such a number.
        StoppedInsideDayError
            If an earlier day was not completed.
        """
        self.check_it_can_go_on()
        days = whole_days("run_for", duration)
        if days < 0:
            raise ValueError(f"run_for({duration}): must be a whole number of days, at least 0")
        if days:
            super().run_for(days)

    def run_until(self, end_time: float) -> None:
        """Simulate until a number of days since day 0 have passed.

        Parameters
        ----------
        end_time : int
            Whole days, not before today.

        Raises
        ------
        ValueError
            If it is not such a number.
        StoppedInsideDayError
            If an earlier day was not completed.
        """
        self.check_it_can_go_on()
        end = whole_days("run_until", end_time)
        if end < self.time:
            raise ValueError(f"run_until({end_time}): must not be before today, day {self.day}")
        if end > self.time:
            super().run_until(end)

    def catch_up(self, time: float) -> None:
        """Set Mesa's own clock forward without simulating the days again."""
        if time > self.time:
            self._catching_up = True
            self.run_until(time)
            self._catching_up = False

    def check_it_can_go_on(self) -> None:
        """Raise unless the last day was completed and the agents are still there.

        Raises
        ------
        StoppedInsideDayError
            Otherwise.
        """
        if self._cannot_go_on is not None:
            raise StoppedInsideDayError(
                f"{self._cannot_go_on}: nothing more can be run or read from it; create a new model"
            )

    @property
    def scenario(self) -> Any:
        """The scenario the model runs."""
        return self.specification

    @scenario.setter
    def scenario(self, placeholder: Any) -> None:
        """Ignore the empty scenario that Mesa sets; refuse any other."""
        if not type(placeholder).__module__.startswith("mesa."):
            raise AttributeError(
                "the scenario of a model is fixed: use model.fork(scenario) for another"
            )

    # --- agents -------------------------------------------------------------------------------

    def _cohorts(self) -> list[Cohort[Any]]:
        return [getattr(self, name) for name in self.COHORTS]

    # Mesa annotates these three with its own set class.
    @property  # type: ignore[misc]
    def agents(self) -> AbstractAgentSet[Any]:  # type: ignore[override]
        """All agents: institutions as objects, people and employers as rows of columns."""
        return AgentSetUnion(list(self.agents_by_type.values()), self.random)

    @property
    def agents_by_type(self) -> dict[type, AbstractAgentSet[Any]]:  # type: ignore[override]
        """All agents by type; `model.agents_by_type[Migrant]` is the cohort itself."""
        return {
            **super().agents_by_type,
            **{cohort.row_view: cohort for cohort in self._cohorts()},
        }

    @property
    def agent_types(self) -> list[type]:
        """Types of agents in the model."""
        return list(self.agents_by_type)

    def remove_all_agents(self) -> None:
        """Remove all agents. The model cannot continue after that: it is empty."""
        for cohort in self._cohorts():
            cohort.remove_rows(cohort.rows)
        self._close_institutions()
        super().remove_all_agents()  # type: ignore[no-untyped-call]
        self._cannot_go_on = "all agents of the model have been removed"

    @abstractmethod
    def _close_institutions(self) -> None:
        """Remove institutions from the model."""

    # --- copies -------------------------------------------------------------------------------

    @abstractmethod
    def branch(self) -> Self:
        """Return a copy that continues as this model would."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a branch under the same scenario, with the attributes the user has added."""
        twin = self.branch()
        memo[id(self)] = twin
        twin.random.setstate(self.random.getstate())
        twin.rng.bit_generator.state = self.rng.bit_generator.state
        for name, value in self.added_by_users().items():
            setattr(twin, name, deepcopy(value, memo))
        return twin

    def added_by_users(self) -> dict[str, Any]:
        """Return the attributes that users have added to the model, by name."""
        return {name: value for name, value in vars(self).items() if name not in self._own_names}

    def __copy__(self) -> Self:
        raise TypeError(
            "a model has no shallow copy: copy.deepcopy(model), or model.fork(scenario) for "
            "other levers from here on"
        )


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
