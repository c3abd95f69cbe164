"""Demography and turnover: who comes, how long they stay, who leaves.

Candidates arrive as a Poisson process at a ceiling rate that no scenario can exceed; the list of
candidates, their attributes and planned stays is the same in every scenario. Candidate q on day t
is admitted when its uniform number lies below inflow(t) / ceiling, where

    inflow(t) = N / L * (1 + a sin(2 pi (day of year - phase) / 365)) * inflow factor,

N being the mean population and L the mean stay. A scenario that changes the inflow thus thins one
and the same list: the people it shares with another scenario are the same people. Stays are a
mixture of gamma laws (short, seasonal, settled). People leave on their planned day, by death, or
by returning home ill; their open episodes are followed for a while (see `follow_up`), so that a
departure never looks like a cure.

Parameters: `conf/parameters/demography.yaml`, `legal_status.yaml`, `employment.yaml`,
`money.yaml`. Neutral state: `demography.inflow_factor=0` (nobody new comes).
"""

import numpy as np
from scipy import special

from sim import vocabulary as words
from sim.accounts import CHART
from sim.agents.city import City
from sim.agents.employer import LabourMarket, find_employer
from sim.agents.migrant import NEVER, NOT_HERE, stratum_code
from sim.agents.task import Ending
from sim.engine.arrays import Booleans, Column, Floats, Identities, Integers, Rows
from sim.engine.calendar import DAY_OFFSET, DAYS_A_MONTH, DAYS_A_WEEK, DAYS_A_YEAR
from sim.engine.compiled import Record, compiled, for_rules
from sim.engine.draws import pick, poisson_counts
from sim.engine.log import next_record
from sim.engine.places import free_row, take_row
from sim.engine.prefetch import look_ahead_at_all
from sim.engine.reminders import due_rows, remind_all
from sim.parameters import World
from sim.submodels.enforcement import start_detection
from sim.submodels.follow_up import take_over
from sim.submodels.information import BRIEFING, ITEMS, count_informed, learn
from sim.submodels.insurance import count_member
from sim.submodels.legal_status import start_status, works
from sim.submodels.needs import end_needs_of
from sim.submodels.onset import draw_next_onset
from sim.submodels.purse import book
from sim.submodels.submodel import Submodel
from sim.tables import by, by_two, numbers

SAVINGS_BROUGHT, SAVINGS_TAKEN, DEBTS_BROUGHT, DEBTS_TAKEN = (
    CHART.number(name)
    for name in (
        "savings brought", "savings taken along", "debts brought", "debts taken along",
    )
)  # fmt: skip
ANNOUNCED_DAYS = 32
"""Days for which candidates are drawn together."""

type Newcomers = tuple[Column, Booleans]
"""Records of people to be let in, and what each learns from a briefing, shape (people, items)."""


class Demography(Submodel):
    """Arrivals, departures and the attributes people arrive with."""

    def prepare(self, world: World) -> None:
        """Turn shares and stays into tables."""
        demography, legal, money = world.demography, world.legal_status, world.money
        self.nationality_share = by(words.NATIONALITIES, demography.nationality_share)
        self.sector_share = by(words.SECTORS, demography.sector_share)
        self.women_share = by(words.SECTORS, demography.women_share)
        self.manages_language = by(words.NATIONALITIES, demography.manages_language)
        self.status_share = by_two(words.NATIONALITIES, words.LEGAL_STATUSES, legal.share_at_entry)
        self.resident_status_share = by_two(
            words.NATIONALITIES, words.LEGAL_STATUSES, legal.share_of_residents
        )
        self.passport_held = by(words.SECTORS, world.employment.passport_held)
        self.wage_median = by(words.SECTORS, money.wage_median)
        self.stay_share = by(words.STAYS, demography.stay_share)
        self.stay_shape = by(words.STAYS, demography.stay_shape)
        self.stay_mean = by(words.STAYS, demography.stay_mean)
        self.numbers = numbers(demography)
        self._announced: dict[int, tuple[int, Newcomers]] = {}
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
        self.admit(newcomers[0]["pid"], model.day, newcomers=newcomers)

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
            draws.trait("candidates", days + DAY_OFFSET), self.mean_inflow * ceiling
        )
        day_of = np.repeat(days, counts)
        persons = model.next_candidate + np.arange(len(day_of), dtype=np.uint64)
        inflow = self.season(day_of) * demography.inflow_factor
        admitted = draws.trait("admission", persons) * ceiling < inflow
        persons, day_of = persons[admitted], day_of[admitted]
        stay = self.planned_stay(persons)
        records, told = self.newcomers(persons, day_of, day_of + stay, self.describe(persons))
        first = np.searchsorted(day_of, days)
        last = np.searchsorted(day_of, days, side="right")
        self._announced = {
            day: (int(counts[index]), (records[begin:end], told[begin:end]))
            for index, (day, begin, end) in enumerate(
                zip(days.tolist(), first.tolist(), last.tolist(), strict=True)
            )
        }

    # --- what the schedule and the initialisation build on ------------------------------------

    def admit(
        self,
        persons: Identities,
        entered_on: Integers | int,
        stay: Integers | None = None,
        attributes: dict[str, Column] | None = None,
        newcomers: Newcomers | None = None,
    ) -> Rows:
        """Add people to the city and give them their attributes.

        Parameters
        ----------
        persons : array of int
            Permanent identities.
        entered_on : int or array of int
            Day of entry.
        stay : array of int, optional
            Planned days of stay; drawn when not given.
        attributes : dict, optional
            What `describe` says of them, if it has been asked already.
        newcomers : Newcomers, optional
            Their records, if they are there already.

        Returns
        -------
        array of int
            Their rows in `model.migrants`.
        """
        model = self.model
        if newcomers is None:
            if stay is None:
                stay = self.planned_stay(persons)
            if attributes is None:
                attributes = self.describe(persons)
            leaves_on = np.maximum(entered_on + stay, model.day + 1)
            newcomers = self.newcomers(persons, entered_on, leaves_on, attributes)
        records, told = newcomers
        model.migrants.make_room(len(records))
        model.departures.make_room(len(records))
        model.onset_reminders.make_room(len(records))
        return let_in(model.city(), for_rules(records), told)

    def newcomers(
        self,
        persons: Identities,
        entered_on: Integers | int,
        leaves_on: Integers,
        attributes: dict[str, Column],
    ) -> Newcomers:
        """Return people who are about to come, from what `describe` says of them."""
        told = attributes.pop("told")
        records = self.model.migrants.new_records(
            persons, entered_on=entered_on, leaves_on=leaves_on, **attributes
        )
        return records, told

    def planned_stay(self, persons: Identities) -> Integers:
        """Draw the planned stay of arrivals, in days."""
        draws = self.model.draws
        stay = pick(draws.trait("kind of stay", persons), self.stay_share)
        shape = self.stay_shape[stay]
        days = (
            self.stay_mean[stay]
            / shape
            * special.gammaincinv(shape, draws.trait("length of stay", persons))
        )
        return np.maximum(np.rint(days), 1).astype(np.int64)

    def describe(
        self, persons: Identities, status_share: Floats | None = None
    ) -> dict[str, Column]:
        """Return the attributes of people: a pure function of seed and identity.

        Besides columns of `Migrants`, "told" says what they learn from a briefing on arrival.
        `status_share` is the share of each legal status by nationality (else that of arrivals).
        """
        model, draws, world = self.model, self.model.draws, self.model.world
        demography, legal, money = world.demography, world.legal_status, world.money
        nationality = pick(draws.trait("nationality", persons), self.nationality_share)
        sector = pick(draws.trait("sector", persons), self.sector_share)
        sex = (draws.trait("sex", persons) < self.women_share[sector]).astype(np.int8)
        status_share = self.status_share if status_share is None else status_share
        legal_status = pick(draws.trait("legal status", persons), status_share[nationality])
        bounds = special.ndtr(
            (np.array([demography.age_min, demography.age_max]) - demography.age_mean)
            / demography.age_sd
        )
        within = bounds[0] + draws.trait("age", persons) * (bounds[1] - bounds[0])
        susceptibility = legal.fear_susceptibility_low + draws.trait("fear", persons) * (
            legal.fear_susceptibility_high - legal.fear_susceptibility_low
        )
        wage = self.wage_median[sector] * np.exp(
            money.wage_sigma * special.ndtri(draws.trait("wage", persons))
        )
        owes = draws.trait("entry debt", persons) < money.entry_debt_share
        debt = np.zeros(len(persons))
        shape = money.entry_debt_shape
        size = special.gammaincinv(shape, draws.trait("size of entry debt", persons[owes])) / shape
        debt[owes] = np.rint(wage[owes] * money.entry_debt_mean * size)
        literacy_range = demography.literacy_high - demography.literacy_low
        age = demography.age_mean + demography.age_sd * special.ndtri(within)
        manages_language = draws.trait("language", persons) < self.manages_language[nationality]
        employer, work_group = self.find_work(persons, sector, nationality)
        return {
            "nationality": nationality,
            "sex": sex,
            "age": age,
            "risk_class": model.onset.risk_class(nationality, sector, age, sex),
            "sector": sector,
            "district": model.employers.district[employer],
            "legal_status": legal_status,
            "stratum": stratum_code(nationality, legal_status, sex, sector),
            "manages_language": manages_language,
            "learning_threshold": model.information.first_thresholds(persons),
            "told": model.information.brief(persons, manages_language),
            "literacy": (
                demography.literacy_low + draws.trait("literacy", persons) * literacy_range
            ),
            "fear_susceptibility": susceptibility,
            "passport_held": draws.trait("passport held", persons) < self.passport_held[sector],
            "employer": employer,
            "work_group": work_group,
            "wage": np.rint(wage),
            "savings": np.rint(money.entry_savings * wage),
            "debt": debt,
        }

    def leave(self, rows: Rows, ending: Ending = Ending.LEFT) -> None:
        """Take people out of the city; whoever is ill is followed from now on.

        Parameters
        ----------
        rows : array of int
        ending : Ending
            How their open needs end.
        """
        if len(rows) == 0:
            return
        move_out(self.model.city(), rows, int(ending))

    def find_work(
        self, persons: Identities, sector: Integers, nationality: Integers
    ) -> tuple[Integers, Integers]:
        """Find each person their first employer, of their sector and nationality, and a group."""
        market = sector.astype(np.int64) * len(words.NATIONALITIES) + nationality
        return find_work(
            self.model.draws.chance,
            for_rules(self.model.employers.table),
            self.model.labour_market,
            persons,
            market,
        )


# --- rules -----------------------------------------------------------------------------------


@compiled
def find_work(
    chance: Identities,
    employers: Column,
    labour_market: LabourMarket,
    persons: Identities,
    market: Integers,
) -> tuple[Integers, Integers]:
    """Find each person a first employer of their market, and a work group there."""
    met, group = np.empty(len(persons), dtype=np.int64), np.empty(len(persons), dtype=np.int64)
    for i in range(len(persons)):
        met[i], group[i] = find_employer(chance, employers, labour_market, persons[i], market[i], 0)
    return met, group


@compiled
def let_in(city: City, newcomers: Column, told: Booleans) -> Rows:
    """Let people in, let them learn what they are told, and settle old debts.

    Parameters
    ----------
    newcomers : array of records
    told : array of bool, shape (people, items)
        What each learns from a briefing.
    """
    count = len(newcomers)
    rows, leaves_on = np.empty(count, dtype=np.intp), np.empty(count, dtype=np.int64)
    expecting, expected_on = np.empty(count, dtype=np.intp), np.empty(count, dtype=np.int64)
    expected = 0
    for i in range(count):
        row = take_row(city.people)
        rows[i] = row
        city.migrants[row] = newcomers[i]
        migrant = city.migrants[row]
        city.week_slice[row] = int(migrant.pid % np.uint64(DAYS_A_WEEK))
        city.month_slice[row] = int(migrant.pid % np.uint64(DAYS_A_MONTH))
        repay_entry_debt(city, migrant)
        book(city, SAVINGS_BROUGHT, migrant.savings)
        book(city, DEBTS_BROUGHT, migrant.debt)
        start_detection(city, migrant)
        start_status(city, migrant, migrant.entered_on == city.today)
        count_person(city, migrant, 1)
        for item in range(ITEMS):
            if told[i, item]:
                learn(city, migrant, item, BRIEFING)
        migrant.next_onset_at = city.today
        leaves_on[i] = migrant.leaves_on
        day = draw_next_onset(city, migrant)
        if day < NEVER:
            expected_on[expected], expecting[expected] = day, row
            expected += 1
    remind_all(city.departures, leaves_on, rows)
    remind_all(city.onsets, expected_on[:expected], expecting[:expected])
    return rows


@compiled
def depart(city: City) -> None:
    """Let those leave whose planned day has come."""
    due = due_rows(city.departures, city.today)
    leaving = np.empty(len(due), dtype=np.intp)
    count = 0
    for row in due:
        if city.people.occupied[row] and city.migrants[row].leaves_on == city.today:
            leaving[count] = row
            count += 1
    move_out(city, leaving[:count], Ending.LEFT)


@compiled
def repay_entry_debt(city: City, migrant: Record) -> None:
    """Let those who have been here for a while have repaid what they could by now."""
    months = (city.today - migrant.entered_on) // DAYS_A_MONTH
    repaid = (1.0 - city.numbers[0].money.living_cost) * migrant.wage * months
    migrant.debt = int(max(migrant.debt - repaid, 0.0))


@compiled
def move_out(city: City, rows: Rows, ending: int) -> None:
    """Count leavers out; whoever is ill is followed from now on."""
    for place in range(len(rows)):
        look_ahead_at_all(city.migrants, rows, place)
        row = rows[place]
        migrant = city.migrants[row]
        end_needs_of(city, migrant, ending)
        if migrant.in_shared_registry:
            city.work_groups[migrant.work_group].shared -= 1
        book(city, SAVINGS_TAKEN, migrant.savings)
        book(city, DEBTS_TAKEN, migrant.debt)
        count_member(city, migrant, False)
        if not works(migrant):
            city.counts[0].jobless -= 1
        entry = next_record(city.leavers)
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
        free_row(city.people, row)


@compiled
def count_person(city: City, migrant: Record, change: int) -> None:
    """Count a person in or out of their work group, district and stratum."""
    city.work_groups[migrant.work_group].members += change
    city.counts[0].residents[migrant.district, migrant.nationality] += change
    city.counts[0].present[migrant.stratum] += change
