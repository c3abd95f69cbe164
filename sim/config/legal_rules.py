"""Legal rules: who pays for which care, by nationality, legal status and date.

`conf/regime/` holds law books: the law as it was passed, as it was hoped for in 2018, and as it
could be. A law book is a list of named rows. Each row says who pays for some kinds of care of some
people, or what contributions to the insurance fund are, from one date until another, and gives the
source. Together the rows must cover every person and every kind of care on every day between the
first date and the last, exactly once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field

from sim import vocabulary as words
from sim.config.entries import Date, Frozen
from sim.engine.types import Integers

EVERYBODY = "all"
CALENDAR = "calendar"
"""`law.as_of` for a law that follows the calendar of the run."""


LAW_AS_PASSED = "as_legislated"
TODAY = "today"
"""`law.as_of` for the law as it stands after its last change."""


def _known(labels: tuple[str, ...]) -> AfterValidator:
    """Return a check that a name, or each of some names, is among these (or "all")."""

    def check(names: str | tuple[str, ...]) -> tuple[str, ...]:
        if names == EVERYBODY:
            return labels
        listed = (names,) if isinstance(names, str) else names
        for name in listed:
            if name not in labels:
                close = get_close_matches(name, labels, n=1, cutoff=0.5)
                hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(labels)}"
                raise ValueError(f"unknown name '{name}': {hint}")
        return listed

    return AfterValidator(check)


class Row(Frozen):
    """One dated row of a law book: in force from `since` until the day before `until`."""

    model_config = ConfigDict(allow_inf_nan=False)

    since: Date
    until: Date | None = None

    def covers(self, day: date) -> bool:
        """Return True if the row is in force on a day."""
        return self.since <= day and (self.until is None or day < self.until)


class Entitlement(Row):
    """Who pays for some kinds of care of some people."""

    nationality: Annotated[str | tuple[str, ...], _known(words.NATIONALITIES)]
    legal_status: Annotated[str | tuple[str, ...], _known(words.LEGAL_STATUSES)]
    service: Annotated[str | tuple[str, ...], _known(words.SERVICES)]
    payer: Annotated[str, AfterValidator(lambda name: _one_payer(name))]
    source: str = Field(min_length=1)


def _one_payer(name: str) -> str:
    if name not in words.PAYERS:
        close = get_close_matches(name, words.PAYERS, n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(words.PAYERS)}"
        raise ValueError(f"unknown payer '{name}': {hint}")
    return name


class Contribution(Row):
    """Contributions to the insurance fund, and other obligations of employers.

    Rates are shares of the wage up to `ceiling` minimum wages; members stay insured for
    `grace_months` in arrears; `policy_required` is 1 where a labour contract with a foreigner
    needs an insurance policy.
    """

    employer_rate: float = Field(ge=0.0, le=1.0)
    employee_rate: float = Field(ge=0.0, le=1.0)
    ceiling: float = Field(ge=0.0)
    grace_months: float = Field(ge=0.0)
    policy_required: float = Field(ge=0.0, le=1.0)


class Regime(Frozen):
    """A law book."""

    name: str
    summary: str
    entitlements: dict[str, Entitlement] = Field(min_length=1)
    contributions: dict[str, Contribution] = Field(min_length=1)

    def mistake(self) -> str | None:
        """Return the first gap or overlap as "row: what is wrong", or None."""
        for what in _everything():
            nationality, legal_status, service = what
            rows = {
                name: row
                for name, row in self.entitlements.items()
                if nationality in row.nationality
                and legal_status in row.legal_status
                and service in row.service
            }
            found = _gap_or_overlap(rows, ", ".join(what))
            if found:
                return f"entitlements.{found}"
        found = _gap_or_overlap(self.contributions, "contributions")
        return f"contributions.{found}" if found else None

    @property
    def begins(self) -> date:
        """First day that the book covers."""
        return min(row.since for row in self.contributions.values())

    def rules_on(self, day: date) -> "LegalRules":
        """Return the rules of a day."""
        payer = np.zeros(
            (len(words.NATIONALITIES), len(words.LEGAL_STATUSES), len(words.SERVICES)), np.int64
        )
        for row in self.entitlements.values():
            if row.covers(day):
                payer[
                    np.ix_(
                        [words.NATIONALITIES.index(one) for one in row.nationality],
                        [words.LEGAL_STATUSES.index(one) for one in row.legal_status],
                        [words.SERVICES.index(one) for one in row.service],
                    )
                ] = words.PAYERS.index(row.payer)
        contribution = next(row for row in self.contributions.values() if row.covers(day))
        return LegalRules(payer=payer, contribution=contribution)

    def changes_on(self, day: date) -> bool:
        """Return True if a row begins or ends on a day."""
        rows = [*self.entitlements.values(), *self.contributions.values()]
        return any(day in (row.since, row.until) for row in rows)


def _everything() -> list[tuple[str, str, str]]:
    return [
        (nationality, legal_status, service)
        for nationality in words.NATIONALITIES
        for legal_status in words.LEGAL_STATUSES
        for service in words.SERVICES
    ]


def _gap_or_overlap(rows: Mapping[str, Row], what: str) -> str | None:
    """Return the mistake in rows that should follow each other without gap or end, or None."""
    if not rows:
        return f"(no row): nothing is said about {what}"
    ordered = sorted(rows.items(), key=lambda one: one[1].since)
    for (name, row), (next_name, following) in pairwise(ordered):
        if row.until is None or row.until > following.since:
            return (
                f"{next_name}.since: {following.since} overlaps with row '{name}' ({what}), "
                f"which ends {row.until or 'never'}"
            )
        if row.until < following.since:
            return (
                f"{next_name}.since: {following.since} leaves a gap after row '{name}' ({what}), "
                f"which ends {row.until}"
            )
    name, last = ordered[-1]
    if last.until is not None:
        return f"{name}.until: {last.until} leaves nothing about {what} afterwards: write null"
    return None


@dataclass(frozen=True)
class LegalRules:
    """The rules of one day.

    Attributes
    ----------
    payer : array of int, shape (nationalities, legal statuses, services)
        Code of the payer (`sim.vocabulary.PAYERS`). Where the fund or an insurer is named, it pays
        for those it has insured; others pay themselves.
    contribution : Contribution
        Contributions to the insurance fund.
    """

    payer: Integers
    contribution: Contribution


class Law(Frozen):
    """Which law book is in force, and as of which day.

    `as_of` is a date ("2018-07-01"), or "calendar" for a law that follows the run.
    """

    regime: str
    as_of: str

    def day_of(self, today: date) -> date:
        """Return the day of the law book that applies today."""
        return today if self.as_of == CALENDAR else date.fromisoformat(self.as_of)


def check_law(law: Law, regimes: dict[str, Regime], first_day: date) -> str | None:
    """Return the mistake in a law as one line, or None.

    Parameters
    ----------
    law : Law
    regimes : dict
        Law books by name.
    first_day : date
        First day of the run.
    """
    if law.regime not in regimes:
        close = get_close_matches(law.regime, regimes, n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(sorted(regimes))}"
        return f"law.regime: unknown law book '{law.regime}': {hint}"
    try:
        day = law.day_of(first_day)
    except ValueError:
        return (
            f"law.as_of: '{law.as_of}' is neither a date (2018-07-01) nor '{CALENDAR}' nor "
            f"'{TODAY}'"
        )
    begins = regimes[law.regime].begins
    if day < begins:
        return f"law.as_of: law book '{law.regime}' says nothing before {begins} (asked: {day})"
    return None
