"""Levers and shocks: which numbers may be changed during a run, and dated changes of them.

Levers are capacity, prices, eligibility and exposure to information. No hazard of illness or
recovery, no probability of success and no indicator is a lever. Shocks are outside conditions.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from pydantic import ValidationError

from sim.config.configuration import ConfigurationError, check_range, describe, nearest
from sim.config.entries import Entry, Frozen
from sim.config.legal_rules import CALENDAR
from sim.config.mistakes import shortened
from sim.config.origin import where_of_change
from sim.config.paths import entry_of, exists, value_paths
from sim.config.world import World

LEVERS = (
    "information.briefing_coverage",
    "information.consulate_activity.*",
    "information.consulate_reach.*",
    "information.diaspora_reach",
    "information.ngo_reach",
    "information.media_reach",
    "information.employer_induction",
    "information.firewall_announced",
    "law.regime",
    "law.as_of",
    "legal_status.regularisation",
    "legal_status.regularisation_fee",
    "employment.inspection_factor",
    "employment.fine",
    "employment.formal_leave",
    "employment.works_clinic_share",
    "employment.check_ups",
    "money.formal_sick_pay",
    "insurance.voluntary_premium",
    "insurance.policy_price",
    "insurance.policy_limit",
    "insurance.papers_required",
    "insurance.card",
    "payment.state_paid_days_after_emergency",
    "payment.price.*",
    "institutions.*.capacity",
    "institutions.*.beds",
    "institutions.*.crews",
    "institutions.*.interpreter",
    "institutions.*.knows",
    "institutions.*.reports",
    "agencies.*.capacity.*",
    "agencies.*.processing_days.*",
    "agencies.*.closes_at",
    "agencies.*.beds",
    "agencies.*.knows",
    "agencies.*.reports",
    "agencies.*.grant",
    "coordination.*",
)
"""Paths a policy scenario may change (`*` stands for one name)."""

SHOCKS = (
    "illness.acute_factor",
    "illness.acute_severe_factor",
    "demography.inflow_factor",
    "institutions.*.background_occupancy",
    "institutions.*.background_calls",
    "enforcement.intensity",
    "employment.dismissal_factor",
    "money.wage_factor",
    "money.wage_withheld_probability",
    "agencies.*.grant",
)
"""Paths a shock may change."""


LAW_AS_OF = "law.as_of"
BARRIER = "barrier"
COUNTERFACTUALS = (
    "care_seeking.fear_weight",
    "care_seeking.language_weight",
    "care_seeking.price_weight",
    "care_seeking.borrowing_weight",
    "care_seeking.wait_weight",
    "employment.permission.*",
    "employment.permission_base",
    "referral.papers_asked",
    "referral.registration_asked",
    "payment.wrongful_refusal",
    "payment.refusal_by_attitude.*",
    "payment.informal_asked.*",
    "payment.price.*",
)
"""Paths a counterfactual may change: barriers that no policy could take away altogether."""


def levers_with(submodels: Iterable[Any]) -> tuple[str, ...]:
    """Return the paths that a policy scenario may change, those of some submodels included."""
    return (*LEVERS, *(path for kind in submodels for path in kind.levers))


def shocks_with(submodels: Iterable[Any]) -> tuple[str, ...]:
    """Return the paths that a shock may change, those of some submodels included."""
    return (*SHOCKS, *(path for kind in submodels for path in kind.shocks))


class Change(Frozen):
    """One dated change of one number (or of the law in force).

    From `start_day` the number moves in equal daily steps to `value`, reached on the last of
    `ramp_days`; from `until_day` on it has its former value. With `repeat_every` the change recurs
    after that many days. A law book and its date change at once.
    """

    path: str
    value: float | str
    start_day: int
    ramp_days: int = 0
    until_day: int | None = None
    repeat_every: int | None = None

    def progress(self, day: int) -> float:
        """Return the progress of the change on a day, from 0 (not begun) to 1 (complete).

        Parameters
        ----------
        day : int
            Since the end of burn-in.

        Examples
        --------
        >>> change = Change(path="information.ngo_reach", value=0.5, start_day=10, ramp_days=4)
        >>> [change.progress(day) for day in (9, 10, 12, 13, 400)]
        [0.0, 0.25, 0.75, 1.0, 1.0]
        """
        elapsed = day - self.start_day
        if elapsed < 0:
            return 0.0
        if self.repeat_every is not None:
            elapsed %= self.repeat_every
        if self.until_day is not None and elapsed >= self.until_day - self.start_day:
            return 0.0
        return min(1.0, (elapsed + 1) / max(self.ramp_days, 1))


def lever_paths(world: World, patterns: tuple[str, ...] = LEVERS) -> list[str]:
    """Return every path of a world that matches the whitelist."""
    return [path for path in value_paths(world.model_dump()) if matches(path, patterns)]


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Return True if a path is on a whitelist (`*` stands for exactly one name)."""
    return any(
        path.count(".") == pattern.count(".") and fnmatchcase(path, pattern) for pattern in patterns
    )


def checked_changes(
    described: dict[str, Any],
    whitelist: tuple[str, ...],
    word: str,
    days: int,
    world: World,
    entries: dict[str, Entry],
) -> tuple[Change, ...]:
    """Return the changes of a scenario or shock, each checked against whitelist, dates and range.

    Parameters
    ----------
    described : dict
        Name and changes, from the composed configuration.
    whitelist : tuple of str
        `LEVERS` or `SHOCKS`.
    word : str
        "lever", "shock" or "barrier", for messages. A barrier may be 0 outside its range: that it
        is off is no claim about the world.
    days : int
        Horizon of the run.
    world, entries
        The world on an unchanged day, and the ranges of its numbers.

    Raises
    ------
    ConfigurationError
        One line about the first mistake.
    """
    group = "shock" if word == "shock" else "scenario"
    changes: list[Change] = []
    for number, raw in enumerate(described["changes"]):
        try:
            changes.append(_checked_change(raw, whitelist, word, days, world, entries))
            _check_no_other_on_that_day(changes)
        except ConfigurationError as error:
            where = where_of_change(group, described, number)
            raise ConfigurationError(f"{where}: {error}") from error
    return tuple(one for one in changes if not turns_back(one, world))


def is_of_a_later_year(law: date, start: date) -> bool:
    """Return True if a law is that of a later year than the one in which a run begins."""
    return law.year > start.year


def turns_back(change: Change, world: World) -> bool:
    """Return True if a change of the law is to a day before the law that is in force already.

    A city under the law of a later year than that of its first day (`law=today`) has such a change
    behind it.
    """
    law = world.law
    if change.path != LAW_AS_OF or CALENDAR in (law.as_of, change.value):
        return False
    try:
        now, then = date.fromisoformat(law.as_of), date.fromisoformat(str(change.value))
    except ValueError:  # refused where the law is looked up
        return False
    return is_of_a_later_year(now, world.city.start_date) and then <= now


def _checked_change(
    raw: Any,
    whitelist: tuple[str, ...],
    word: str,
    days: int,
    world: World,
    entries: dict[str, Entry],
) -> Change:
    try:
        change = Change.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(describe(error, "")) from error
    there = exists(world, change.path)
    if not there or not matches(change.path, whitelist):
        known = lever_paths(world, whitelist)
        problem = "not on the whitelist" if there else "unknown"
        raise ConfigurationError(
            f"{word} '{shortened(change.path)}' is {problem}: {nearest(change.path, known)}"
        )
    _check_dates(change, days)
    if change.path.startswith("law."):
        return change.model_copy(update={"value": str(raw["value"])})
    if isinstance(change.value, str):
        raise ConfigurationError(f"{change.path}: '{shortened(change.value)}' is not a number")
    if word != BARRIER or change.value != 0.0:
        check_range(change.value, entry_of(change.path, entries), change.path)
    return change


def _check_no_other_on_that_day(changes: list[Change]) -> None:
    """Refuse two changes of one path on one day: their order would be ambiguous."""
    last = changes[-1]
    if any((one.path, one.start_day) == (last.path, last.start_day) for one in changes[:-1]):
        raise ConfigurationError(f"'{last.path}' is changed twice on day {last.start_day}")


def unfinished_ramps(changes: Iterable[Mapping[str, Any]], days: int) -> list[str]:
    """Return the paths of changes that are not complete when a run ends, each with its dates.

    A run shorter than a ramp is not a mistake (it may be a quick trial), but its effect is not that
    of the policy, so the user is told.

    Parameters
    ----------
    changes : iterable of mapping
        As in the file of a scenario.
    days : int
        Horizon of the run.

    Examples
    --------
    >>> unfinished_ramps([{"path": "coordination.matching", "start_day": 5, "ramp_days": 30}], 20)
    ['coordination.matching (complete on day 35, the run ends on day 20)']
    """
    return [
        f"{one['path']} (complete on day {one['start_day'] + one['ramp_days']}, "
        f"the run ends on day {days})"
        for one in changes
        if one.get("ramp_days") and one["start_day"] + one["ramp_days"] > days
    ]


def _check_dates(change: Change, days: int) -> None:
    if not 0 <= change.start_day < days:
        raise ConfigurationError(
            f"start_day {change.start_day} of '{change.path}' is outside the run (0 to {days - 1})"
        )
    if change.ramp_days < 0:
        raise ConfigurationError(f"ramp_days of '{change.path}' must not be negative")
    if change.until_day is not None and change.until_day <= change.start_day:
        raise ConfigurationError(f"until_day of '{change.path}' must come after start_day")
    if change.until_day is not None and change.ramp_days > change.until_day - change.start_day:
        raise ConfigurationError(
            f"ramp_days {change.ramp_days} of '{change.path}' is longer than the change lasts "
            f"({change.until_day - change.start_day} days): it would never be complete"
        )
    if change.repeat_every is not None and (
        change.until_day is None or change.repeat_every < change.until_day - change.start_day
    ):
        raise ConfigurationError(
            f"repeat_every of '{change.path}' needs an until_day that ends before it"
        )
