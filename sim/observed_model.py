"""Results of a model: indicators, curves, the log of cases, a digest."""

from typing import TYPE_CHECKING

from sim import state
from sim.city_model import CityModel
from sim.engine.digest import Digest
from sim.mesa_model import DailyModel, whole_days
from sim.observation import curves, indicators
from sim.observation.case_log import case_log
from sim.observation.definitions import Definition, with_own

if TYPE_CHECKING:
    import pandas as pd


class ObservedModel(DailyModel, CityModel):
    """A model of the city with access to its results."""

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The indicators of the model, and those of user-defined submodels."""
        return with_own(self.specification.submodels)

    def indicators(self, start_day: int = 0, end_day: int | None = None) -> "pd.DataFrame":
        """Return the indicators of a window (see `sim.observation.definitions` for their meaning).

        Parameters
        ----------
        start_day, end_day : int
            The window is [start_day, end_day), in days since the end of burn-in; by default all
            days simulated so far. Whole numbers with 0 <= start_day <= end_day <= model.day.

        Returns
        -------
        DataFrame
            Long: code, indicator, detail, by ("all", "nationality", "legal_status", "sex",
            "sector", "institution"), group, unit, numerator, denominator, value, better ("higher",
            "lower" or ""). NaN where there was no case.

        Raises
        ------
        ValueError
            If the window contains days that have not been simulated.
        StoppedInsideDayError
            If the last day was not completed.

        Examples
        --------
        >>> from sim import AlmatyModel, load_scenario
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
                f"{self.day}, the days simulated so far, and end no sooner than it starts"
            )
        return indicators.indicators(self, start, end, self.definitions)

    def curves(self) -> "pd.DataFrame":
        """Return daily outcomes, one row per day since day 0.

        Returns
        -------
        DataFrame
            Counts of people, episodes, visits and needs of each day, and money in KZT; columns as
            in `sim.observation.curves.curves`.
        """
        self.check_it_can_go_on()
        return curves.curves(self, self.definitions)

    def case_log(self) -> "pd.DataFrame":
        """Return the events of cases since day 0, in order of time.

        Returns
        -------
        DataFrame
            One row per visit to a clinic or move of a need; columns as in
            `sim.observation.case_log.case_log`. People are simulated.
        """
        self.check_it_can_go_on()
        return case_log(self)

    def digest(self) -> str:
        """Return a hex digest of the whole state; equal runs have equal digests.

        It follows rule `sim.DIGEST_RULE`, which does not depend on the order of rows or the layout
        of memory.
        """
        self.check_it_can_go_on()
        digest = Digest()
        state.add_state(self, digest)
        return digest.hexdigest()
