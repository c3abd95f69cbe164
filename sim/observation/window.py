"""A window of a run: the days [start, end), and the data that several indicators share."""

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.agents.accounts import CHART
from sim.agents.migrant import NEVER
from sim.agents.task import Ending
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Booleans, Column, Floats
from sim.observation.equity import Equity, equity_of
from sim.observation.event_records import OPEN, Records, episode_records, visit_records
from sim.observation.needs import handover_records, need_records
from sim.observation.tally import groups_of

if TYPE_CHECKING:
    from sim.city_model import CityModel

YEAR, PRESENT_MOST_OF_IT = 365, 300
"""Days before the end that yearly indicators use, and how many of them count as most days."""
CENSORED_UNMET = 60
"""Days before the end in which no counted episode begins, so that it can end in time."""


class PeopleOfTheYear(NamedTuple):
    """People present on many of the last 365 days of a window, those who have left included."""

    person: Column
    stratum: Column
    """By the legal status they came with."""
    wage: Column
    days: Column
    """Days present within the year."""
    unmet_in_burn_in_on: Column


class Window:
    """Days [start, end) since the end of burn-in, as used by indicators.

    Episodes and needs are in their state before `end`. Data that several indicators share are
    properties here and are computed once.

    Parameters
    ----------
    model : CityModel
    start, end : int
    """

    def __init__(self, model: "CityModel", start: int, end: int) -> None:
        self.model, self.start, self.end = model, start, end
        self.days = slice(start, end)

    def has(self, day: Column) -> Booleans:
        """Return which of these days lie in the window."""
        return np.asarray((day >= self.start) & (day < self.end))

    def per_day(self, when: Column, weights: Column | None = None) -> Column:
        """Count how often each day of the window occurs; other days and NaN are left out.

        Parameters
        ----------
        when : array of int or float
        weights : array, optional
            What to add up instead of counting.
        """
        day = np.asarray(when, dtype=float) - self.start
        inside = np.isfinite(day) & (day >= 0) & (day < self.end - self.start)
        return np.bincount(
            day[inside].astype(int),
            weights=None if weights is None else weights[inside],
            minlength=self.end - self.start,
        )

    # --- people -------------------------------------------------------------------------------

    @cached_property
    def person_days(self) -> Column:
        """Days lived in the city, shape (strata,)."""
        return np.asarray(self.model.diary.present[self.days].sum(axis=0))

    @cached_property
    def person_years(self) -> Floats:
        """Years lived in the city, shape (strata,)."""
        return self.person_days / DAYS_A_YEAR

    @cached_property
    def years(self) -> float:
        """Years lived in the city by everybody."""
        return float(self.person_years.sum())

    def per_person_year(self, amount: float) -> float:
        """Return an amount of money over the years lived; NaN where nobody lived."""
        return amount / self.years if self.years > 0 else float("nan")

    @cached_property
    def people_of_the_year(self) -> PeopleOfTheYear:
        """People present on most of the last 365 days."""
        return self.people_present(PRESENT_MOST_OF_IT)

    def people_present(self, least_days: int) -> PeopleOfTheYear:
        """Return people present on at least so many of the last 365 days.

        Parameters
        ----------
        least_days : int
        """
        year_ago = self.end - YEAR
        migrants, leavers = self.model.migrants, self.model.leavers
        rows = migrants.rows

        def everybody(name: str, of_leavers: str) -> Column:
            return np.concatenate([leavers[of_leavers], getattr(migrants, name)[rows]])

        entered = everybody("entered_on", "entered_on")
        left = np.concatenate([leavers["left_on"], np.full(len(rows), NEVER)])
        days = np.minimum(left, self.end) - np.maximum(entered, year_ago)
        present = days >= least_days
        columns = (
            everybody("pid", "person"), everybody("entered_as", "stratum"),
            everybody("wage", "wage"), days,
            everybody("unmet_in_burn_in_on", "unmet_in_burn_in_on"),
        )  # fmt: skip
        return PeopleOfTheYear(*(column[present] for column in columns))

    # --- episodes -----------------------------------------------------------------------------

    @cached_property
    def episodes(self) -> Records:
        """All episodes since day 0, as of the end."""
        return episode_records(self.model, as_of=self.end)

    @cached_property
    def became_severe(self) -> Booleans:
        """Which episodes became severe in the window."""
        return self.has(self.episodes["severe_on"])

    @cached_property
    def emergency_delay(self) -> Column:
        """Days of each episode from becoming severe to emergency care; NaN without care."""
        return self.episodes["emergency_care_on"] - self.episodes["severe_on"]

    @cached_property
    def competent_delay(self) -> Column:
        """Days of each episode from becoming severe to care by any provider; NaN without care."""
        return self.episodes["competent_care_on"] - self.episodes["severe_on"]

    @cached_property
    def needed_care(self) -> Booleans:
        """Which ended episodes were perceived as moderate or graver: see `CENSORED_UNMET`."""
        episodes = self.episodes
        ended = (episodes["outcome"] != OPEN) & (episodes["ended_on"] < self.end)
        return np.asarray(
            ended
            & episodes["perceived_moderate"]
            & (episodes["began_on"] >= self.start)
            & (episodes["began_on"] < self.end - CENSORED_UNMET)
        )

    @cached_property
    def unmet(self) -> Booleans:
        """Which of `needed_care` no provider saw."""
        return np.asarray(self.needed_care & ~self.episodes["formal_contact"])

    @cached_property
    def equity(self) -> Equity:
        """Indices of inequality of unmet need."""
        return equity_of(self.episodes.where(self.needed_care))

    @cached_property
    def groups_of_episodes(self) -> list[tuple[str, str, Booleans]]:
        """Grouping, group and members among the episodes, for everybody and for every group."""
        return groups_of(self.episodes["stratum"])

    # --- visits -------------------------------------------------------------------------------

    @cached_property
    def visits(self) -> Records:
        """All visits since day 0."""
        return visit_records(self.model)

    @cached_property
    def visited(self) -> Booleans:
        """Which visits were served in the window."""
        return self.has(self.visits["served_on"])

    @cached_property
    def emergency_contacts(self) -> Booleans:
        """Which visits were ambulance runs or hospital walk-ins in the window."""
        return np.asarray(self.visited & self.visits["emergency_contact"])

    # --- needs besides treatment --------------------------------------------------------------

    @cached_property
    def needs(self) -> Records:
        """All needs besides treatment since day 0, as of the end."""
        return need_records(self.model, as_of=self.end)

    @cached_property
    def resolved_on(self) -> Column:
        """Day on which each need was resolved; NaN where it was not."""
        resolved = self.needs["ending"] == Ending.RESOLVED
        return np.where(resolved, self.needs["ended_on"], np.nan)

    @cached_property
    def groups_of_needs(self) -> list[tuple[str, str, Booleans]]:
        """Grouping, group and members among the needs, for everybody and for every group."""
        return groups_of(self.needs["stratum"])

    @cached_property
    def handovers(self) -> Records:
        """All moves of needs."""
        return handover_records(self.model)

    @cached_property
    def handed_over(self) -> Booleans:
        """Which moves of needs were in the window."""
        return self.has(self.handovers["day"])

    # --- money --------------------------------------------------------------------------------

    @cached_property
    def flow(self) -> dict[str, float]:
        """Every flow of money in the window, in KZT, by name."""
        flows = self.model.diary.flows(self.start, self.end)
        return dict(zip(CHART.names, flows.tolist(), strict=True))
