"""Demography and turnover: who comes, how long they stay, who leaves.

Candidates arrive as a Poisson process at a ceiling rate that no scenario can exceed; the list of
candidates, their attributes and planned stays is the same in every scenario. Candidate q on day t
is admitted when its uniform number lies below inflow(t) / ceiling, where

    inflow(t) = N / L * (1 + a sin(2 pi (day of year - phase) / 365)) * inflow factor,

N being the mean population and L the mean stay. A scenario that changes the inflow thus thins one
and the same list: the people it shares with another scenario are the same people. Stays are a
mixture of gamma laws (short, seasonal, settled), rounded to whole days, one at least. People leave
on their planned day, by returning home ill, or by death, which ends all other episodes of theirs.
Open episodes of people who leave alive are followed for a while (see `follow_up`), so that a
departure never looks like a cure. First residents settle with the legal status, fine, passport and
knowledge of a donor of the city's rest state, who is alike in nationality, contract, language and
means and has been here for about as long.

Parameters: `conf/parameters/demography.yaml`, `legal_status.yaml`, `employment.yaml`,
`money.yaml`. Neutral state: `demography.inflow_factor=0` (nobody new comes).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy import special

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.employer import LabourMarket, find_employer
from sim.agents.episode import Outcome, one_each
from sim.agents.migrant import NEVER, NOT_HERE, stratum_code
from sim.agents.task import Ending
from sim.config.entries import by, by_two, parameter_record
from sim.config.rest_state import CELLS, DONOR, MEANS_CLASSES, RestState
from sim.config.world import World
from sim.engine.agentset.column import Column as Declared
from sim.engine.agentset.row_allocator import active_rows, allocate_row, release_row
from sim.engine.calendar import DAY_OFFSET, DAYS_A_MONTH, DAYS_A_WEEK, DAYS_A_YEAR
from sim.engine.event_log import LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import (
    SOON,
    prefetch_ahead,
    prefetch_first_line,
    prefetch_record_ahead,
    row_ahead,
)
from sim.engine.random.scalar import peek_uniform, pick_one
from sim.engine.random.splitmix import BELOW_ONE
from sim.engine.random.streams import pick, poisson_counts
from sim.engine.records import Record, for_rules
from sim.engine.timing_wheel import pop_due, remind_all
from sim.engine.types import Column, Floats, Identities, Integers, Rows
from sim.submodels.enforcement import start_detection
from sim.submodels.episode_end import end
from sim.submodels.follow_up import take_over
from sim.submodels.information import (
    ITEMS,
    UNKNOWN_SOURCE,
    brief,
    count_informed,
    draw_first_thresholds,
    learn,
)
from sim.submodels.insurance import count_member
from sim.submodels.ledger_entries import post
from sim.submodels.legal_status import set_status, start_status, works
from sim.submodels.needs import end_needs_of
from sim.submodels.onset import draw_next_onset, risk_class
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

SAVINGS_BROUGHT, SAVINGS_TAKEN, DEBTS_BROUGHT, DEBTS_TAKEN = (
    CHART.number(name)
    for name in (
        "savings brought", "savings taken along", "debts brought", "debts taken along",
    )
)  # fmt: skip
MOVED_BY_PEOPLE = {
    "savings": (SAVINGS_BROUGHT, SAVINGS_TAKEN), "debt": (DEBTS_BROUGHT, DEBTS_TAKEN),
}  # fmt: skip
"""Flows of money that comes with people and goes with them, by column."""
NATIONALITIES = len(words.NATIONALITIES)
CREDIT = Purpose.CREDIT.row
DONOR_DRAW = Purpose.DONOR.row
FEAR = Purpose.FEAR.row
LANGUAGE = Purpose.LANGUAGE.row
LEGAL_STATUS = Purpose.LEGAL_STATUS.row
LITERACY = Purpose.LITERACY.row
NATIONALITY = Purpose.NATIONALITY.row
PASSPORT_HELD = Purpose.PASSPORT_HELD.row
SECTOR = Purpose.SECTOR.row
PURSE = Purpose.PURSE.row
SEX = Purpose.SEX.row
NO_DONORS = np.zeros(0, DONOR)
NO_BOUNDS = np.zeros((*CELLS, 2), dtype=np.int64)
DONORS_ALIKE = 40
"""Donors of a cell, next to each other in the days they have been here, of whom one is drawn."""
ANNOUNCED_DAYS = 32
"""Days for which candidates are drawn together."""

NEWCOMER: np.dtype[Any] = np.dtype(
    [
        ("person", np.uint64), ("entered_on", np.int64), ("leaves_on", np.int64),
        ("age", np.float64), ("wage", np.float64), ("entry_debt", np.float64),
    ]
)  # fmt: skip
"""Somebody about to come, with what is drawn for many at once because its law is inverted by a
special function: age in years, wage in medians of the sector, debt on entry in mean debts."""


class Demography(Submodel):
    """Arrivals, departures and the attributes people arrive with."""

    events: ClassVar[Mapping[str, LogDeclaration]] = {
        "leavers": LogDeclaration(
            lambda model: model.migrants.capacity,
            person=Declared(np.uint64, "who has left"),
            stratum=Declared(np.int16, "group on arrival"),
            entered_on=Declared(np.int32, "day of arrival", unit="day"),
            left_on=Declared(np.int32, "day of departure", unit="day"),
            unmet_in_burn_in_on=Declared(
                np.int32, "last day before day 0 on which an unmet need ended", unit="day"
            ),
            wage=Declared(np.int32, "monthly wage", unit="KZT"),
        ),
        "deaths": LogDeclaration(
            lambda model: 2 * model.episodes.capacity,
            day=Declared(np.int32, "day of death", unit="day"),
            stratum=Declared(np.int16, "group at onset"),
            present=Declared(np.bool_, "died in the city"),
            age=Declared(np.int8, "age at onset", unit="year"),
        ),
    }

    def prepare(self, world: World) -> None:
        """Turn shares and stays into tables."""
        demography, legal, money = world.demography, world.legal_status, world.money
        self.stay_share = by(words.STAYS, demography.stay_share)
        self.stay_shape = by(words.STAYS, demography.stay_shape)
        self.stay_mean = by(words.STAYS, demography.stay_mean)
        self.parameters = parameter_record(
            demography,
            nationality_share=by(words.NATIONALITIES, demography.nationality_share),
            sector_share=by(words.SECTORS, demography.sector_share),
            women_share=by(words.SECTORS, demography.women_share),
            manages_language=by(words.NATIONALITIES, demography.manages_language),
            status_share=by_two(words.NATIONALITIES, words.LEGAL_STATUSES, legal.share_at_entry),
            resident_status_share=by_two(
                words.NATIONALITIES, words.LEGAL_STATUSES, legal.share_of_residents
            ),
            passport_held=by(words.SECTORS, world.employment.passport_held),
            wage_median=by(words.SECTORS, money.wage_median),
        )
        self._age = (demography.age_min, demography.age_max, demography.age_mean, demography.age_sd)
        self._wage_sigma = money.wage_sigma
        self._entry_debt = (money.entry_debt_share, money.entry_debt_shape)
        # What is announced below rests on these, and on the whole section.
        self._announced: dict[int, tuple[int, Column]] = {}
        self.mean_inflow = world.city.population / demography.mean_stay

    def season(self, day: Integers | int) -> Floats:
        """Return the seasonal factor of the inflow on given days."""
        demography = self.model.world.demography
        day_of_year = self.model.calendar.day_of_year(0) + np.asarray(day)
        angle = 2 * np.pi * (day_of_year - demography.arrival_season_phase) / DAYS_A_YEAR
        return np.asarray(1.0 + demography.arrival_season * np.sin(angle))

    # --- schedule -----------------------------------------------------------------------------

    def depart(self) -> None:
        """Let those leave whose planned day has come."""
        depart(self.model.city())

    def arrive(self) -> None:
        """Admit today's candidates."""
        model = self.model
        if model.day not in self._announced:
            self._announce()
        count, newcomers = self._announced[model.day]
        model.next_candidate += count
        self.admit(newcomers)

    def _announce(self) -> None:
        """Draw the candidates of the coming days at once, and describe those to be admitted.

        They are a pure function of seed, day and the number of candidates so far, so this is
        only a way of doing one day's work for many days together.
        """
        model, draws = self.model, self.model.draws
        demography = model.world.demography
        ceiling = demography.candidate_ceiling
        days = np.arange(model.day, model.day + ANNOUNCED_DAYS)
        # Not audited: a changed lever makes the same days be announced once more.
        counts = poisson_counts(
            draws.peek_uniform(Purpose.CANDIDATES, days + DAY_OFFSET), self.mean_inflow * ceiling
        )
        day_of = np.repeat(days, counts)
        persons = model.next_candidate + np.arange(len(day_of), dtype=np.uint64)
        inflow = np.repeat(self.season(days) * demography.inflow_factor, counts)
        admitted = draws.peek_uniform(Purpose.ADMISSION, persons) * ceiling < inflow
        persons, day_of = persons[admitted], day_of[admitted]
        newcomers = self.newcomers(persons, day_of, self.planned_stay(persons))
        first = np.searchsorted(day_of, days)
        last = np.searchsorted(day_of, days, side="right")
        self._announced = {
            day: (int(counts[index]), newcomers[begin:end])
            for index, (day, begin, end) in enumerate(
                zip(days.tolist(), first.tolist(), last.tolist(), strict=True)
            )
        }

    # --- what the schedule and the initialisation build on ------------------------------------

    def admit(
        self, newcomers: Column, *, first_residents: bool = False, rest: RestState | None = None
    ) -> Rows:
        """Let people into the city and give them their attributes.

        Parameters
        ----------
        newcomers : array of records
            As `newcomers` returns them.
        first_residents : bool, default False
            They have been here for a while: they have the papers of residents, and what they were
            told on arrival is part of the equilibrium of knowledge they start at.
        rest : RestState, optional
            First residents are in the state of its donors.

        Returns
        -------
        array of int
            Their rows in `model.migrants`.
        """
        model = self.model
        model.migrants.make_room(len(newcomers))
        model.departures.make_room(len(newcomers))
        model.onset_reminders.make_room(len(newcomers))
        donors, bounds = (NO_DONORS, NO_BOUNDS) if rest is None else (rest.donors, rest.bounds)
        return let_in(
            model.city(), model.migrants.blank, model.labour_market, for_rules(newcomers),
            first_residents, for_rules(donors), bounds,
        )  # fmt: skip

    def newcomers(self, persons: Identities, entered_on: Integers | int, stay: Integers) -> Column:
        """Return people who are about to come, and to stay for so many days.

        What they are is a pure function of seed and identity, whatever the day.
        """
        model, draws = self.model, self.model.draws
        least, most, mean, sd = self._age
        youngest, oldest = special.ndtr((np.array([least, most]) - mean) / sd)
        within = youngest + draws.peek_uniform(Purpose.AGE, persons) * (oldest - youngest)
        share, shape = self._entry_debt
        owes = draws.peek_uniform(Purpose.ENTRY_DEBT, persons) < share
        newcomers = np.zeros(len(persons), NEWCOMER)
        newcomers["person"] = persons
        newcomers["entered_on"] = entered_on
        newcomers["leaves_on"] = np.maximum(entered_on + stay, model.day + 1)
        newcomers["age"] = mean + sd * special.ndtri(within)
        newcomers["wage"] = np.exp(
            self._wage_sigma * special.ndtri(draws.peek_uniform(Purpose.WAGE, persons))
        )
        newcomers["entry_debt"][owes] = (
            special.gammaincinv(
                shape, draws.peek_uniform(Purpose.SIZE_OF_ENTRY_DEBT, persons[owes])
            )
            / shape
        )
        return newcomers

    def planned_stay(self, persons: Identities) -> Integers:
        """Draw the planned stay of arrivals, in days."""
        draws = self.model.draws
        kind = pick(draws.peek_uniform(Purpose.KIND_OF_STAY, persons), self.stay_share)
        u = draws.peek_uniform(Purpose.LENGTH_OF_STAY, persons)
        days = np.empty(len(persons), dtype=np.int64)
        for one, (shape, mean) in enumerate(zip(self.stay_shape, self.stay_mean, strict=True)):
            chosen = kind == one
            days[chosen] = 1 + np.searchsorted(at_most_days(shape, mean), u[chosen])
        return days

    def let_go(self, rows: Rows) -> None:
        """Let people leave now, because somebody outside the model asks for it."""
        move_out(self.model.city(), np.asarray(rows, dtype=np.intp), Ending.LEFT)

    def book_from_outside(self, what: str, amount: int) -> None:
        """Book money (or debts) given to or taken from people from outside the model.

        Parameters
        ----------
        what : str
            "savings" or "debt".
        amount : int
            In KZT; negative if it was taken.
        """
        brought, taken = MOVED_BY_PEOPLE[what]
        self.model.counts["ledger"][0, brought if amount > 0 else taken] += abs(amount)

    def die(self, episodes: Rows) -> None:
        """Let these episodes end in death."""
        die(self.model.city(), episodes)


@lru_cache(maxsize=16)
def at_most_days(shape: float, mean: float) -> Floats:
    """Return the probabilities that a gamma stay is at most 1, 2, ... days long, rounded.

    A stay in whole days is looked up in them: inverting the law for everybody takes five times as
    long. They end where no draw lies beyond.
    """
    longest = special.gammaincinv(shape, BELOW_ONE) * mean / shape
    return np.asarray(special.gammainc(shape, (np.arange(longest) + 1.5) * shape / mean))


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def let_in(
    city: City,
    blank: Column,
    labour_market: LabourMarket,
    newcomers: Column,
    first_residents: bool,
    donors: Column,
    bounds: Integers,
) -> Rows:
    """Let people in: describe them, let them settle and learn what they are told.

    Parameters
    ----------
    blank : array of one record
        Somebody of whom nothing is known yet.
    newcomers : array of records
        See `NEWCOMER`.
    first_residents : bool
        See `Demography.admit`.
    donors, bounds : array
        See `sim.config.rest_state.RestState`; none: as at entry, or in the shares of residents.
    """
    demography = city.parameters.demography
    status_share = demography.status_share
    if first_residents:
        status_share = demography.resident_status_share
    count = len(newcomers)
    rows, leaves_on = np.empty(count, dtype=np.intp), np.empty(count, dtype=np.int64)
    expecting, expected_on = np.empty(count, dtype=np.intp), np.empty(count, dtype=np.int64)
    expected = 0
    for i in range(count):
        row = allocate_row(city.rows.migrants)
        rows[i] = row
        city.migrants[row] = blank[0]
        migrant = city.migrants[row]
        describe(city, migrant, newcomers[i], status_share)
        find_first_work(city, labour_market, migrant)
    for i in range(count):
        prefetch_ahead(city.migrants, rows, i)
        prefetch_first_line(city.work_groups, city.migrants[row_ahead(rows, i, SOON)].work_group)
        row = rows[i]
        migrant = city.migrants[row]
        city.week_slice[row] = int(migrant.pid % np.uint64(DAYS_A_WEEK))
        city.month_slice[row] = int(migrant.pid % np.uint64(DAYS_A_MONTH))
        if len(donors) > 0:
            settle_as(city, migrant, donors[donor_of(city, migrant, donors, bounds)])
        else:
            settle_in(city, migrant)
        if not first_residents:
            brief(city, migrant)
        leaves_on[i] = migrant.leaves_on
        migrant.next_onset_at = city.today
        day = draw_next_onset(city, migrant)
        if day < NEVER:
            expected_on[expected], expecting[expected] = day, row
            expected += 1
    remind_all(city.departures, leaves_on, rows)
    remind_all(city.onsets, expected_on[:expected], expecting[:expected])
    return rows


@compiled
def settle_in(city: City, migrant: Record) -> None:
    """Let a person bring savings and debts, start with some papers, and count from now on."""
    repay_entry_debt(city, migrant)
    post(city, SAVINGS_BROUGHT, migrant.savings)
    post(city, DEBTS_BROUGHT, migrant.debt)
    start_detection(city, migrant)
    start_status(city, migrant, migrant.entered_on == city.today)
    count_person(city, migrant, 1)


@compiled
def donor_of(city: City, migrant: Record, donors: Column, bounds: Integers) -> int:
    """Return a donor like a person: of the same cell, and here for about as many days."""
    contract = int(city.work_groups[migrant.work_group].formal)
    language = int(migrant.manages_language)
    means = migrant.reserve + city.parameters.money.borrowing_limit * migrant.credit
    of_means = 0
    for bound in MEANS_CLASSES:
        of_means += int(means >= bound)
    low = bounds[migrant.nationality, contract, language, of_means, 0]
    high = bounds[migrant.nationality, contract, language, of_means, 1]
    alike = min(DONORS_ALIKE, high - low)
    days, below, above = city.today - migrant.entered_on, low, high
    while below < above:
        middle = (below + above) // 2
        if donors[middle].days_here < days:
            below = middle + 1
        else:
            above = middle
    begin = min(max(below - alike // 2, low), high - alike)
    return int(begin + int(peek_uniform(city.streams, DONOR_DRAW, migrant.pid, 0) * alike))


@compiled
def settle_as(city: City, migrant: Record, donor: Record) -> None:
    """Let a first resident settle with the papers and the knowledge of a donor.

    Savings are the reserve, as what lies above it has been sent home. What is left of memories and
    of hazards that gather is drawn anew: both are exponential.
    """
    set_status(migrant, int(donor.legal_status))
    migrant.fined = donor.fined
    migrant.passport_held = donor.passport_held
    migrant.savings = int(np.rint(migrant.reserve * migrant.wage))
    settle_in(city, migrant)
    for item in range(ITEMS):
        times = donor.times_learned[item]
        if donor.knows[item]:
            migrant.times_learned[item] = times - 1
            learn(city, migrant, item, UNKNOWN_SOURCE)
        else:
            migrant.times_learned[item] = times


@compiled
def describe(city: City, migrant: Record, newcomer: Record, status_share: Floats) -> None:
    """Give a person their attributes, but for their work.

    Parameters
    ----------
    newcomer : record
        See `NEWCOMER`.
    status_share : array of float, shape (nationalities, legal statuses)
    """
    demography, legal = city.parameters.demography, city.parameters.legal_status
    money, streams, person = city.parameters.money, city.streams, newcomer.person
    migrant.pid = person
    migrant.entered_on = newcomer.entered_on
    migrant.leaves_on = newcomer.leaves_on
    nationality = pick_one(
        peek_uniform(streams, NATIONALITY, person, 0), demography.nationality_share
    )
    sector = pick_one(peek_uniform(streams, SECTOR, person, 0), demography.sector_share)
    sex = int(peek_uniform(streams, SEX, person, 0) < demography.women_share[sector])
    status = pick_one(peek_uniform(streams, LEGAL_STATUS, person, 0), status_share[nationality])
    migrant.nationality, migrant.sector = nationality, sector
    migrant.sex, migrant.legal_status = sex, status
    migrant.stratum = stratum_code(nationality, status, sex, sector)
    migrant.age = newcomer.age
    migrant.risk_class = risk_class(city, nationality, sector, newcomer.age, sex)
    migrant.manages_language = (
        peek_uniform(streams, LANGUAGE, person, 0) < demography.manages_language[nationality]
    )
    migrant.literacy = demography.literacy_low + peek_uniform(streams, LITERACY, person, 0) * (
        demography.literacy_high - demography.literacy_low
    )
    migrant.fear_susceptibility = legal.fear_susceptibility_low + peek_uniform(
        streams, FEAR, person, 0
    ) * (legal.fear_susceptibility_high - legal.fear_susceptibility_low)
    migrant.passport_held = (
        peek_uniform(streams, PASSPORT_HELD, person, 0) < demography.passport_held[sector]
    )
    wage = demography.wage_median[sector] * newcomer.wage
    migrant.wage = int(np.rint(wage))
    describe_purse(city, migrant)
    migrant.savings = int(np.rint(money.entry_savings * wage))
    migrant.debt = int(np.rint(wage * money.entry_debt_mean * newcomer.entry_debt))
    draw_first_thresholds(city, migrant)


@compiled
def describe_purse(city: City, migrant: Record) -> None:
    """Give a person the reserve they keep and the credit they have."""
    money, mean = city.parameters.money, city.parameters.money.reserve
    u = peek_uniform(city.streams, PURSE, migrant.pid, 0)
    lender = 2.0 * peek_uniform(city.streams, CREDIT, migrant.pid, 0) - 1.0
    credit = 1.0 + money.credit_spread * lender
    if u < money.hand_to_mouth:
        migrant.reserve = 0.0
        migrant.credit = credit * money.credit_without_reserve
        return
    # Beta(1, (1 - mean) / mean), the closed form of its quantiles.
    among_others = (u - money.hand_to_mouth) / (1.0 - money.hand_to_mouth)
    drawn = 1.0 - (1.0 - among_others) ** (mean / (1.0 - mean))
    migrant.reserve = mean + money.reserve_spread * (drawn - mean)
    migrant.credit = credit


@compiled
def find_first_work(city: City, labour_market: LabourMarket, migrant: Record) -> None:
    """Find a person their first employer, of their sector and nationality, and a work group."""
    market = int(migrant.sector) * NATIONALITIES + migrant.nationality
    employer, work_group = find_employer(
        city.streams, city.employers, labour_market, migrant.pid, market, 0
    )
    migrant.employer, migrant.work_group = employer, work_group
    migrant.district = city.employers[employer].district


@compiled(allocates=True)
def depart(city: City) -> None:
    """Let those leave whose planned day has come."""
    due = pop_due(city.departures, city.today)
    leaving = np.empty(len(due), dtype=np.intp)
    count = 0
    for row in due:
        if city.rows.migrants.occupied[row] and city.migrants[row].leaves_on == city.today:
            leaving[count] = row
            count += 1
    move_out(city, leaving[:count], Ending.LEFT)


@compiled(allocates=True)
def die(city: City, rows: Rows) -> None:
    """Let these episodes end in death; with their owners all other episodes of theirs end."""
    fatal = one_each(city, rows)  # Two may kill one person on one day; one death is enough.
    dead, count_dead = np.empty(len(fatal), dtype=np.intp), 0
    for row in fatal:
        episode = city.episodes[row]
        entry = append_record(city.deaths)
        entry.day = city.today
        entry.stratum = episode.stratum
        entry.present = episode.migrant >= 0
        entry.age = episode.age
        end(city, episode, Outcome.DIED)
        release_row(city.rows.episodes, row)  # It keeps its record until it is taken again.
        if episode.migrant >= 0:
            dead[count_dead] = episode.migrant
            count_dead += 1
            for other in city.migrants[episode.migrant].episode_of:
                if other >= 0:
                    end(city, city.episodes[other], Outcome.OWNER_DIED)
                    release_row(city.rows.episodes, other)
        else:
            end_followed(city, episode.person)
    move_out(city, dead[:count_dead], Ending.DIED)


@compiled(allocates=True)
def end_followed(city: City, person: int) -> None:
    """End what is still followed of somebody who had left and has died."""
    for row in active_rows(city.rows.episodes):
        if city.episodes[row].person == person:
            end(city, city.episodes[row], Outcome.OWNER_DIED)
            release_row(city.rows.episodes, row)


@compiled
def repay_entry_debt(city: City, migrant: Record) -> None:
    """Let those who have been here for a while have repaid what they could by now."""
    months = (city.today - migrant.entered_on) // DAYS_A_MONTH
    repaid = (1.0 - city.parameters.money.living_cost) * migrant.wage * months
    migrant.debt = int(max(migrant.debt - repaid, 0.0))


@compiled
def move_out(city: City, rows: Rows, ending: int) -> None:
    """Count leavers out; those who are ill are followed from now on."""
    for place in range(len(rows)):
        prefetch_record_ahead(city.migrants, rows, place)
        row = rows[place]
        migrant = city.migrants[row]
        end_needs_of(city, migrant, ending)
        if migrant.in_shared_registry:
            city.work_groups[migrant.work_group].shared -= 1
        post(city, SAVINGS_TAKEN, migrant.savings)
        post(city, DEBTS_TAKEN, migrant.debt)
        count_member(city, migrant, False)
        if not works(migrant):
            city.counts[0].jobless -= 1
        entry = append_record(city.leavers)
        entry.wage = migrant.wage
        entry.person = migrant.pid
        entry.stratum = migrant.entered_as
        entry.entered_on = migrant.entered_on
        entry.left_on = city.today
        entry.unmet_in_burn_in_on = migrant.unmet_in_burn_in_on
        for item in range(ITEMS):
            if migrant.knows[item]:
                count_informed(city, migrant, item, -1)
        count_person(city, migrant, -1)
        for kind in range(len(migrant.episode_of)):
            if migrant.episode_of[kind] >= 0:
                take_over(city, city.episodes[migrant.episode_of[kind]])
        city.week_slice[row] = NOT_HERE
        city.month_slice[row] = NOT_HERE
        release_row(city.rows.migrants, row)


@compiled
def count_person(city: City, migrant: Record, change: int) -> None:
    """Count a person in or out of their work group, district and stratum."""
    group = city.work_groups[migrant.work_group]
    group.members += change
    city.counts[0].with_contracts += change * int(group.formal)
    city.counts[0].residents[migrant.district, migrant.nationality] += change
    city.counts[0].present[migrant.stratum] += change
