"""What must hold on every day of every world: people, cases, capacities, times and money."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.episode import State
from sim.engine.arrays import Column, Integers, Rows
from sim.model import AlmatyModel
from sim.observation.records import episode_table
from sim.submodels.services import GAVE_UP


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
        self._count_onsets()
        self._count_arrivals()

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
    visits = model.visits
    assert (visits["began_on"] <= visits["arrived_on"]).all()
    assert (visits["arrived_on"] <= visits["served_on"]).all()
    assert (visits["served_on"] < model.day).all()


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
    assert (undefined == (table["denominator"] == 0))[~no_slots].all()
    values = table[~undefined]
    assert (values["value"] >= 0).all()
    shares = values[(values["unit"] == "share") & ~values["detail"].isin(LENGTHS)]
    assert len(shares)
    assert (shares["value"] <= 1).all(), shares[shares["value"] > 1]


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
