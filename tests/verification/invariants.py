"""What must hold on every day of every world: people, cases, needs, capacities, times, money."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.agency import PURSES, WAITED_IN
from sim.agents.episode import State
from sim.agents.migrant import NEVER, STRATA, STRATA_SHAPE
from sim.agents.task import NOWHERE, Move, Place
from sim.engine.types import Column, Integers, Rows
from sim.model import AlmatyModel
from sim.observation.event_records import episode_table
from sim.observation.needs import need_table
from sim.submodels.services import GAVE_UP

type Need = tuple[int, int, int]
"""Person, ordinal of the episode, and code of the need."""


class Watch:
    """Counts what a model does from outside, and checks its books at the end of every day.

    Parameters
    ----------
    model : AlmatyModel
        A model; everything that happens from now on is counted.

    Attributes
    ----------
    onsets : list of tuple
        Of every episode opened: person, ordinal, kind, day and severity of the onset.
    needs_opened : list of Need
        Needs that have come up.
    places : Counter
        On how many evenings a task was in each place (a `Place`).
    """

    def __init__(self, model: AlmatyModel) -> None:
        self.model = model
        self.opened: list[int] = []
        self.onsets: list[tuple[int, int, int, int, int]] = []
        self.arrivals: list[int] = []
        self.open_at_start = set(model.episodes.pid[model.episodes.rows].tolist())
        self.closed_at_start = len(model.closed_episodes)
        self.present_at_start = set(model.migrants.pid[model.migrants.rows].tolist())
        self.left_at_start = len(model.leavers)
        self._visits_seen = len(model.visits)
        self.needs_opened: list[Need] = []
        self.needs_open_at_start = open_needs(model)
        self.needs_closed_at_start = len(model.closed_needs)
        self.needs_closed: set[Need] = set()
        self._closed_needs_seen = len(model.closed_needs)
        self._moves_seen = len(model.handovers)
        table = model.agencies.table
        self.places: Counter[int] = Counter()
        self._money_at_start = table["budget"] + table["spent"] - table["received"]
        self._count_onsets()
        self._count_arrivals()
        self._count_needs()

    def _count_onsets(self) -> None:
        model, open_episodes = self.model, self.model.illness.open_episodes

        def counted(*args: Any, **kwargs: Any) -> Rows:
            rows = open_episodes(*args, **kwargs)
            one = model.episodes
            self.opened += one.pid[rows].tolist()
            self.onsets += zip(
                *(
                    column[rows].tolist()
                    for column in (one.person, one.ordinal, one.kind, one.began_on, one.severity)
                ),
                strict=True,
            )
            return rows

        model.illness.open_episodes = counted  # type: ignore[method-assign]

    def _count_arrivals(self) -> None:
        model, admit = self.model, self.model.demography.admit

        def counted(*args: Any, **kwargs: Any) -> Rows:
            rows = admit(*args, **kwargs)
            self.arrivals += model.migrants.pid[rows].tolist()
            return rows

        model.demography.admit = counted  # type: ignore[method-assign]

    def _count_needs(self) -> None:
        model, start = self.model, self.model.navigation.start

        def counted(tasks: Rows, episodes: Rows) -> None:
            self.needs_opened += needs_of_tasks(model, tasks)
            start(tasks, episodes)

        model.navigation.start = counted  # type: ignore[method-assign]

    def live(self, days: int) -> "Watch":
        """Live through some days and check the books every evening."""
        for _ in range(days):
            self.model.step()
            self.check_the_evening()
        return self

    def check_the_evening(self) -> None:
        """Check what must hold at the end of a day."""
        self.check_number_of_cases()
        check_states(self.model)
        self.check_number_of_people()
        check_counts(self.model)
        check_capacities(self.model)
        visits = self.model.visits
        check_visits_of_the_day(
            self.model,
            unit=visits["unit"][self._visits_seen :],
            served_on=visits["served_on"][self._visits_seen :],
            result=visits["result"][self._visits_seen :],
        )
        self._visits_seen = len(visits)
        self.check_number_of_needs()
        self.check_needs_end_once()
        check_tasks(self.model)
        tasks = self.model.tasks
        self.places.update(set(tasks.place[tasks.rows].tolist()))
        check_opinions(self.model)
        check_ledger(self.model)
        check_statuses(self.model)
        self.check_budgets()
        moves = self.model.handovers
        today = {name: moves[name][self._moves_seen :] for name in moves.dtypes}
        self._moves_seen = len(moves)
        check_agencies(self.model, today)
        check_who_is_helped(self.model, today)
        assert int(self.model.migrants.savings[self.model.migrants.rows].min(initial=0)) >= 0

    def check_number_of_cases(self) -> None:
        """V8: opened = closed + open."""
        model = self.model
        closed = len(model.closed_episodes) - self.closed_at_start
        assert len(self.opened) + len(self.open_at_start) == closed + len(model.episodes)

    def check_identity_of_cases(self) -> None:
        """V8, case by case: none is lost, doubled or invented."""
        model = self.model
        closed = model.closed_episodes["pid"][self.closed_at_start :].tolist()
        still_open = model.episodes.pid[model.episodes.rows].tolist()
        known = Counter([*self.opened, *self.open_at_start])
        assert max(known.values(), default=1) == 1
        assert Counter([*closed, *still_open]) == known

    def check_number_of_needs(self) -> None:
        """V8: needs opened = closed + open."""
        model = self.model
        closed = len(model.closed_needs) - self.needs_closed_at_start
        known = len(self.needs_opened) + len(self.needs_open_at_start)
        assert known == closed + len(open_needs(model))

    def check_identity_of_needs(self) -> None:
        """V8, need by need: none is lost, doubled or invented."""
        closed = needs_of_log(self.model, self.needs_closed_at_start)
        known = Counter([*self.needs_opened, *self.needs_open_at_start])
        assert max(known.values(), default=1) == 1
        assert Counter([*closed, *open_needs(self.model)]) == known

    def check_needs_end_once(self) -> None:
        """V8: a need of an episode ends, and so is settled, at most once."""
        ended = needs_of_log(self.model, self._closed_needs_seen)
        self._closed_needs_seen = len(self.model.closed_needs)
        assert len(set(ended)) == len(ended)
        assert not self.needs_closed.intersection(ended)
        self.needs_closed.update(ended)

    def check_budgets(self) -> None:
        """V10: what an agency had and received, less what it spent, is what it has."""
        table = self.model.agencies.table
        expected = self._money_at_start + table["received"] - table["spent"]
        # Sums of whole and broken amounts in another order.
        assert np.allclose(table["budget"], expected, rtol=1e-9, atol=0.01)
        assert (table["received"] >= 0).all()
        assert (table["spent"] >= 0).all()
        assert (table["budget"][table["money"]] >= 0).all()
        assert (table["budget"] >= -0.01).all()

    def check_number_of_people(self) -> None:
        """V9: residents + arrivals = present + left."""
        model = self.model
        left = len(model.leavers) - self.left_at_start
        assert len(self.present_at_start) + len(self.arrivals) == len(model.migrants) + left

    def check_identity_of_people(self) -> None:
        """V9: everybody present has come once and is there once."""
        present = self.model.migrants.pid[self.model.migrants.rows].tolist()
        known = Counter([*self.present_at_start, *self.arrivals])
        assert max(known.values()) == 1
        assert len(set(present)) == len(present)
        assert set(present) <= set(known)


def check_states(model: AlmatyModel) -> None:
    """V8: every case is in exactly one state, and everything about it agrees with the state."""
    episodes, migrants = model.episodes, model.migrants
    rows = episodes.rows
    state, owner = episodes.state[rows], episodes.migrant[rows]
    assert np.isin(state, [int(one) for one in State]).all()
    assert np.isin(episodes.severity[rows], range(1, len(words.SEVERITIES) + 1)).all()
    gone = state == State.GONE
    assert ((owner < 0) == gone).all()
    here = rows[~gone]
    owners = owner[~gone]
    assert migrants.occupied[owners].all()
    assert (migrants.pid[owners] == episodes.person[here]).all()
    at_a_unit = np.isin(state, [State.QUEUED, State.IN_BED])
    assert ((episodes.unit[rows] >= 0) == at_a_unit).all()
    assert (state[episodes.boarding[rows]] == State.IN_BED).all()
    assert (episodes.option[rows[state == State.UNDER_WAY]] >= 0).all()
    # At most one open episode of a kind, and everybody knows of their own.
    kept = np.zeros((migrants.capacity, len(words.KINDS)), dtype=np.int64)
    np.add.at(kept, (owners, episodes.kind[here]), 1)
    assert kept.max(initial=0) <= 1
    people = migrants.rows
    assert ((migrants.episode_of[people] >= 0) == (kept[people] == 1)).all()


def needs_of_tasks(model: AlmatyModel, rows: Rows) -> list[Need]:
    """Return the needs that these tasks are about."""
    one = model.tasks
    columns = (one.person[rows], one.ordinal[rows], one.need[rows])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def needs_of_log(model: AlmatyModel, start: int) -> list[Need]:
    """Return the needs in the log of those that have ended, from a place in it on."""
    columns = (model.closed_needs[name][start:] for name in ("person", "ordinal", "need"))
    return list(zip(*(column.tolist() for column in columns), strict=True))


def first_openings(model: AlmatyModel) -> Rows:
    """Return the tasks that stand for an open need; second openings and settled ones do not."""
    tasks, rows = model.tasks, model.tasks.rows
    others = tasks.second[rows] | tasks.redundant[rows] | (tasks.place[rows] == Place.CLOSED)
    return rows[~others]


def open_needs(model: AlmatyModel) -> set[Need]:
    """Return the needs that are open now."""
    rows = first_openings(model)
    found = needs_of_tasks(model, rows)
    assert len(set(found)) == len(found)
    return set(found)


def check_tasks(model: AlmatyModel) -> None:
    """V8: every task is in one place, its owner and its twin know of it, and it of them."""
    tasks, migrants, rows = model.tasks, model.migrants, model.tasks.rows
    place, agency = tasks.place[rows], tasks.agency[rows]
    assert np.isin(place, [int(one) for one in Place]).all()
    assert np.isin(tasks.need[rows], range(len(words.NEEDS))).all()
    at_an_agency = np.isin(place, [Place.IN_TRANSIT, Place.QUEUED, Place.IN_PROCESS])
    assert (agency[place == Place.WITH_MIGRANT] == NOWHERE).all()
    assert (agency[at_an_agency] >= 0).all()
    assert (agency[at_an_agency] < len(model.agencies)).all()
    # Who waits or is on the way will be seen some day, and nobody is in process for ever.
    assert (tasks.ready_on[rows[at_an_agency]] < model.day + 1_000).all()
    assert (tasks.ready_on[rows[place == Place.IN_PROCESS]] >= model.day).all()
    # Only who waits in vain is in a line without being in need.
    redundant = tasks.redundant[rows]
    assert np.isin(place[redundant], [Place.QUEUED, Place.CLOSED]).all()
    mine = first_openings(model)
    owner = tasks.migrant[mine]
    assert migrants.occupied[owner].all()
    assert (migrants.pid[owner] == tasks.person[mine]).all()
    # Legal status may have changed since the illness began.
    now, then = (np.unravel_index(one, STRATA_SHAPE) for one in
                 (migrants.stratum[owner], tasks.stratum[mine]))  # fmt: skip
    assert all((now[axis] == then[axis]).all() for axis in (0, 2, 3))
    assert (migrants.task_of[owner, tasks.need[mine]] == mine).all()
    # As many people say they have a task as there are tasks that say so: nobody has a lost one.
    assert np.count_nonzero(migrants.task_of[migrants.rows] >= 0) == len(mine)
    check_twins(model)


def check_twins(model: AlmatyModel) -> None:
    """V8: a need opened twice is two tasks that point to each other, one of them the second."""
    tasks, rows = model.tasks, model.tasks.rows
    doubled = rows[tasks.twin[rows] >= 0]
    twin = tasks.twin[doubled]
    assert tasks.occupied[twin].all()
    assert (tasks.twin[twin] == doubled).all()
    assert (tasks.second[twin] != tasks.second[doubled]).all()
    for name in ("person", "ordinal", "need", "migrant"):
        column = getattr(tasks, name)
        assert (column[twin] == column[doubled]).all(), name
    assert not tasks.redundant[doubled].any()
    assert (tasks.place[doubled] != Place.CLOSED).all()
    live = tasks.second[rows] & ~tasks.redundant[rows] & (tasks.place[rows] != Place.CLOSED)
    assert (tasks.twin[rows[live]] >= 0).all()


def check_counts(model: AlmatyModel) -> None:
    """V9: counts kept along the way equal a fresh count of the people present."""
    migrants, rows = model.migrants, model.migrants.rows
    strata = len(model.counts["present"][0])
    assert len(rows) == len(migrants)
    assert (
        np.bincount(migrants.stratum[rows], minlength=strata) == model.counts["present"][0]
    ).all()
    groups = np.bincount(migrants.work_group[rows], minlength=len(model.work_groups["members"]))
    assert (groups == model.work_groups["members"]).all()
    district = np.zeros_like(model.counts["residents"][0])
    np.add.at(district, (migrants.district[rows], migrants.nationality[rows]), 1)
    assert (district == model.counts["residents"][0]).all()
    who, item = np.nonzero(migrants.knows[rows])
    informed = np.zeros_like(model.counts["informed"][0])
    np.add.at(informed, (migrants.stratum[rows[who]], item), 1)
    assert (informed == model.counts["informed"][0]).all()
    in_group = np.zeros_like(model.work_groups["informed"])
    np.add.at(in_group, (migrants.work_group[rows[who]], item), 1)
    assert (in_group == model.work_groups["informed"]).all()
    listed = rows[migrants.in_shared_registry[rows]]
    shared = np.bincount(migrants.work_group[listed], minlength=len(model.work_groups))
    assert (shared == model.work_groups["shared"]).all()
    # Nobody overstays the day on which they leave or are removed.
    assert (migrants.leaves_on[rows] >= model.day).all()


def check_capacities(model: AlmatyModel) -> None:
    """V10: no service beyond a slot, no patient beyond a bed."""
    clinics, episodes = model.clinics, model.episodes
    assert (clinics.served_today >= 0).all()
    assert (clinics.served_today <= clinics.slots).all()
    assert (clinics.slots[~model.clinics.open] == 0).all()
    rows = episodes.rows
    lying = rows[(episodes.state[rows] == State.IN_BED) & ~episodes.boarding[rows]]
    assert (np.bincount(episodes.unit[lying], minlength=len(clinics.units)) == clinics.in_bed).all()
    # In a small city fractions of a bed are whole beds on that fraction of days.
    assert (clinics.in_bed <= np.ceil(clinics.beds)).all()
    assert (clinics.free_beds >= 0).all()


def check_visits_of_the_day(
    model: AlmatyModel, unit: Integers, served_on: Integers, result: Integers
) -> None:
    """V10: the visits written down are the services given, and closed doors stay closed."""
    clinics, today = model.clinics, model.day - 1
    assert (served_on == today).all()
    seen = unit[result != GAVE_UP]
    assert clinics.open[seen].all()
    assert (np.bincount(seen, minlength=len(clinics.units)) == clinics.served_today).all()


def check_agencies(model: AlmatyModel, moves: dict[str, Column]) -> None:
    """V10: no service beyond a slot or at a closed door, no guest beyond a bed; all written down.

    Instruments are given besides, by the coordinating body alone.

    Parameters
    ----------
    moves : dict
        Columns of the log of hand-overs, of today. People whom the police take in need no slot,
        and the coordinating body takes up all needs of a person with one.
    """
    table, count = model.agencies.table, len(model.agencies)
    by_move = {
        move: np.bincount(moves["target"][moves["move"] == move], minlength=count)
        for move in (Move.SERVED, Move.SERVED_IN_VAIN, Move.TAKEN_IN)
    }
    assert (moves["day"] == model.day - 1).all()
    centres = model.agencies.of_kind("reception_centre")
    assert np.delete(by_move[Move.TAKEN_IN], centres).sum() == 0
    served = table["served_today"][:, :WAITED_IN].sum(axis=1)
    instruments = table["served_today"][:, WAITED_IN:].sum(axis=1)
    assert np.delete(instruments, model.agencies.of_kind("coordination")).sum() == 0
    assert (instruments[~table["open"]] == 0).all()
    assert (table["served_today"] >= 0).all()
    assert (table["served_today"] <= table["slots"]).all()
    assert (table["slots"][~table["open"]] == 0).all()
    assert (served[~table["open"]] == 0).all()
    services = by_move[Move.SERVED] + by_move[Move.SERVED_IN_VAIN]
    for hub in model.agencies.of_kind("coordination"):
        at_hub = (moves["move"] == Move.SERVED) & (moves["target"] == hub)
        persons = len(np.unique(moves["person"][at_hub]))
        services[hub] = persons + by_move[Move.SERVED_IN_VAIN][hub]
    assert (services == served).all()
    assert (table["credit"] < 1.0).all()
    assert (table["in_bed"] >= 0).all()
    # In a small city fractions of a bed are whole beds on that fraction of days.
    assert (table["in_bed"] <= np.ceil(table["beds"])).all()
    assert (table["releases"] >= 0).all()
    assert (table["releases"].sum(axis=1) == table["in_bed"]).all()
    tasks, rows = model.tasks, model.tasks.rows
    queued = rows[tasks.place[rows] == Place.QUEUED]
    line = table["line_of"][tasks.agency[queued], tasks.need[queued]]
    waiting = np.zeros_like(table["waiting"])
    np.add.at(waiting, (tasks.agency[queued], line), 1)
    assert (waiting == table["waiting"]).all()


def check_who_is_helped(model: AlmatyModel, moves: dict[str, Column]) -> None:
    """V21: an agency settles needs of those it accepts; a consulate, of its own citizens."""
    settled = moves["move"] == Move.RESOLVED
    nationality, status, _, _ = np.unravel_index(moves["stratum"][settled], STRATA_SHAPE)
    origin = moves["origin"][settled]
    assert (origin >= 0).all()
    for number, one in enumerate(model.world.agencies.values()):
        here = origin == number
        nationalities = one.accepts.nationalities
        if one.kind == "consulate":
            assert one.nationality is not None
            nationalities = (one.nationality,)
        assert set(np.array(words.NATIONALITIES)[nationality[here]]) <= set(nationalities)
        statuses = set(np.array(words.LEGAL_STATUSES)[status[here]])
        assert statuses <= set(one.accepts.legal_statuses)


def check_opinions(model: AlmatyModel) -> None:
    """V12: trust, beliefs, motivation and what staff know lie between 0 and 1; alarm is no joy."""
    tasks, rows = model.tasks, model.tasks.rows
    for values in (
        model.work_groups["trust"],
        model.work_groups["believed_reporting"],
        model.counts["trust"],
        model.agencies.knowledge,
        tasks.motivation[rows],
        tasks.gives_up_at[rows],
    ):
        assert _are_shares(values)
    assert (model.work_groups["alarm"] >= 0).all()
    assert (model.counts["alarm"] >= 0).all()


def _are_shares(values: Column) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())


def check_times(model: AlmatyModel) -> None:
    """V11: what comes later in life comes later on the calendar; no delay is negative."""
    table = episode_table(model)
    in_order = ("began_on", "perceived_on", "decided_on", "arrived_on", "care_on", "ended_on")
    stamps = table[list(in_order)]
    for earlier, later in pairwise(in_order):
        if later != "ended_on":
            # Nothing can have happened whose condition has not.
            assert not (stamps[later].notna() & stamps[earlier].isna()).any(), (earlier, later)
    latest = stamps.cummax(axis="columns")
    assert (stamps.isna() | (stamps == latest)).all(axis=None)
    for earlier, later in (
        ("began_on", "severe_on"),
        ("severe_on", "emergency_care_on"),
        ("severe_on", "ended_on"),
        ("emergency_care_on", "ended_on"),
    ):
        delay = (table[later] - table[earlier]).dropna()
        assert (delay >= 0).all(), (earlier, later)
    assert not (table["emergency_care_on"].notna() & table["severe_on"].isna()).any()
    check_times_of_needs(model)
    visits = model.visits
    assert (visits["began_on"] <= visits["arrived_on"]).all()
    assert (visits["arrived_on"] <= visits["served_on"]).all()
    assert (visits["served_on"] < model.day).all()


def check_times_of_needs(model: AlmatyModel) -> None:
    """V11: a need arises, somebody is turned to, reached, serves, and it ends, in this order."""
    table = need_table(model)
    in_order = ("arose_on", "decided_on", "arrived_on", "served_on", "ended_on")
    stamps = table[list(in_order)]
    assert stamps["arose_on"].notna().all()
    for earlier, later in pairwise(in_order):
        if later != "ended_on":
            # Nobody serves whom nobody has reached.
            assert not (stamps[later].notna() & stamps[earlier].isna()).any(), (earlier, later)
    latest = stamps.cummax(axis="columns")
    assert (stamps.isna() | (stamps == latest)).all(axis=None)
    assert (stamps.isna() | (stamps < model.day)).all(axis=None)
    assert (model.handovers["waited"] >= 0).all()


SIGNED = (
    "fund_balance", "money_flow", "inequality_index", "inequality_slope", "horizontal_inequity",
    "enabling_share", "policy_cost", "cost_to_state", "societal_cost",
)  # fmt: skip
"""Indicators that may be negative: balances, indices, and policies that save money."""
MAY_BE_UNDEFINED = (
    "odds_of_care", "inequality_index", "inequality_slope", "horizontal_inequity",
    "enabling_share",
)  # fmt: skip
"""Indicators without a value where a group or an outcome is empty, although cases there are."""
LENGTHS = ("mean queue", "95 % queue", "diverted a day", "boarding, mean")
"""Details of the load that count people, although the other details are shares."""


def check_indicators(table: pd.DataFrame) -> None:
    """V12: shares lie between 0 and 1, nothing is negative, and NaN only stands for no cases."""
    undefined = table["value"].isna()
    assert (table["denominator"] >= 0).all()
    # Use of a line without a slot has no value, however many days it is looked at.
    no_slots = table["detail"].isin(
        ["services / capacity", "share of open days without a free slot"]
    )
    plain = ~no_slots & ~table["indicator"].isin(MAY_BE_UNDEFINED)
    assert (undefined == (table["denominator"] == 0))[plain].all()
    values = table[~undefined]
    assert (values.loc[~values["indicator"].isin(SIGNED), "value"] >= 0).all()
    shares = values[(values["unit"] == "share") & ~values["detail"].isin(LENGTHS)]
    assert len(shares)
    assert (shares["value"] <= 1).all(), shares[shares["value"] > 1]


def check_ledger(model: AlmatyModel) -> None:
    """V7: what every account should hold is what its holders have in hand, to the tenge."""
    balances = CHART.balances(model.counts["ledger"][0])
    assert sum(balances.values()) == 0
    migrants, rows = model.migrants, model.migrants.rows
    savings, debt = migrants.savings[rows], migrants.debt[rows]
    assert balances["migrants"] == savings.astype(np.int64).sum()
    assert balances["lenders"] == -debt.astype(np.int64).sum()
    assert (savings >= 0).all()
    assert (debt >= 0).all()
    table = model.agencies.table
    for purse, account in enumerate(PURSES):
        assert balances[account] == table["budget"][table["payer"] == purse].sum(), account
    assert balances["facilities"] >= 0
    assert (np.array([balances[one] for one in ("employers", "donors")]) <= 0).all()


def check_statuses(model: AlmatyModel) -> None:
    """V21: who has which status, contract or insurance may have it; groups are counted right."""
    migrants, rows = model.migrants, model.migrants.rows
    status, nationality = migrants.legal_status[rows], migrants.nationality[rows]
    contract_workers = status == words.LegalStatus.EAEU_CONTRACT
    assert not (contract_workers & (nationality == words.Nationality.UZBEKISTAN)).any()
    assert not (contract_workers & (nationality == words.Nationality.TAJIKISTAN)).any()
    code = np.ravel_multi_index(
        (nationality, status, migrants.sex[rows], migrants.sector[rows]), STRATA_SHAPE
    )
    assert (migrants.stratum[rows] == code).all()
    insured = migrants.insured[rows]
    assert (model.counts["insured"][0] == np.bincount(code[insured], minlength=STRATA)).all()
    groups = model.work_groups
    members = np.bincount(migrants.work_group[rows[insured]], minlength=len(groups))
    assert (groups["insured"] == members).all()
    lasts_for_good = np.isin(status, [words.LEGAL_STATUSES.index(n) for n in FOR_GOOD])
    assert (migrants.status_until[rows][lasts_for_good] >= NEVER).all()
    assert (migrants.status_until[rows][~lasts_for_good] < NEVER).all()
    with_contracts = groups["members"][groups["formal"]].sum()
    assert model.counts["with_contracts"][0] == with_contracts
    assert model.counts["jobless"][0] == (migrants.jobless_since[rows] < NEVER).sum()
    employers = model.employers
    first = employers.first_work_group[employers.rows]
    assert (groups["formal"][first] == employers.formal[employers.rows]).all()
    assert (migrants.district[rows] == employers.district[migrants.employer[rows]]).all()


FOR_GOOD = ("permanent", "eaeu_contract", "irregular")
"""Legal statuses that do not run out by themselves."""


def check_money_of_cases(model: AlmatyModel) -> None:
    """What was charged was paid or is owed, case by case."""
    for column in _money_of(model, "charged"), _money_of(model, "paid"), _money_of(model, "owed"):
        assert (column >= 0).all()
    charged, paid, owed, relieved = (
        _money_of(model, name) for name in ("charged", "paid", "owed", "relieved")
    )
    assert (relieved >= 0).all()
    assert (charged == paid + owed + relieved).all()


def _money_of(model: AlmatyModel, name: str) -> Column:
    rows = model.episodes.rows
    return np.concatenate(
        [model.closed_episodes[name], getattr(model.episodes, name)[rows]]
    ).astype(np.int64)
