"""Tables of needs and hand-overs, and indicators of cases that travel (U, L, K, D, Q blocks)."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.clinic import ambulance_wait_minutes
from sim.agents.episode import Outcome
from sim.agents.migrant import STRATA
from sim.agents.task import ORDINAL_BITS, Ending, Move, Place
from sim.engine.types import Booleans, Column, Floats
from sim.observation.daily_counts import LONG_OPEN_DAYS
from sim.observation.event_records import OPEN, Records, closed_and_open
from sim.observation.survival import HORIZON, delay_summary
from sim.observation.tally import Tally, by_stratum, groups_of
from sim.submodels.enforcement import MEASURES
from sim.submodels.needs import NEED_RECORD

if TYPE_CHECKING:
    from sim.city_model import CityModel

RESOLUTION_HORIZON = 90
"""Days to which the mean time to full resolution is restricted (indicator U5)."""
MANY_REFERRALS = 3
CASE = ["person", "ordinal"]


def need_records(model: "CityModel", as_of: int | None = None) -> Records:
    """Return all needs besides treatment since day 0, ended and open (days as float).

    Parameters
    ----------
    model : CityModel
    as_of : int, optional
        Look at them as they stood before this day.

    Returns
    -------
    Records
        The columns of `NEED_RECORD`, `ended_on`, and `ending` (an `Ending`, or `OPEN`). A need
        opened at two institutions is one need.
    """
    tasks = model.tasks
    rows = tasks.rows
    own = ~tasks.second[rows] & ~tasks.redundant[rows] & (tasks.place[rows] != Place.CLOSED)
    needs = closed_and_open(model.closed_needs, tasks, rows[own], NEED_RECORD, "ending", as_of)
    return needs.where(~np.isnan(needs["arose_on"]))


def need_table(model: "CityModel") -> pd.DataFrame:
    """Return `need_records` as a table, one row a need."""
    return need_records(model).frame()


def institution_names(model: "CityModel") -> list[str]:
    """Return what the numbers of senders in the log of hand-overs stand for."""
    return [*model.agencies.names, *words.INSTITUTION_KINDS]


def handover_records(model: "CityModel") -> Records:
    """Return every move of a need, with institutions by number (-1 is the person's own hands)."""
    return Records(**{name: model.handovers[name] for name in model.handovers.dtypes})


def handover_table(model: "CityModel") -> pd.DataFrame:
    """Return every move of a need, with institutions by name ("" is the person's own hands)."""
    moves = handover_records(model)
    names = _names_of_places(model)
    named = {end: names[moves[end]] for end in ("origin", "target")}
    return Records(**{**moves.columns, **named}).frame()


def _names_of_places(model: "CityModel") -> Column:
    # The last name stands for -1.
    return np.array([*institution_names(model), ""], dtype=object)


def flow_table(model: "CityModel") -> pd.DataFrame:
    """Count the moves of needs since day 0: from whom, to whom, which need, what happened.

    Returns
    -------
    DataFrame
        Columns origin and target (institutions by name, "" the person's own hands), need, what
        (a value of `WHAT`) and count. The counts add up to the log of hand-overs.
    """
    moves = handover_records(model)
    moves = moves.where(moves["day"] >= 0)
    names = _names_of_places(model)
    counted: Counter[tuple[str, str, str, str]] = Counter()
    codes = np.stack([moves[name] for name in ("origin", "target", "need", "move")], axis=1)
    kinds, times = np.unique(codes, axis=0, return_counts=True)
    for (origin, target, need, move), count in zip(kinds.tolist(), times.tolist(), strict=True):
        counted[names[origin], names[target], words.NEEDS[need], WHAT[Move(move)]] += count
    flows = [(*flow, count) for flow, count in sorted(counted.items())]
    return pd.DataFrame(flows, columns=FLOW_COLUMNS).astype({"count": np.int64})


FLOW_COLUMNS = ["origin", "target", "need", "what", "count"]
"""Columns of the table of flows, which is empty in a city without needs."""

WHAT = {
    Move.WENT_BY_THEMSELVES: "went by themselves",
    Move.REFERRED_RIGHT: "sent on",
    Move.REFERRED_WRONG: "sent on",
    Move.TO_THE_HUB: "sent on",
    Move.DEAD_END: "dead end",
    Move.NO_SHOW: "no-show",
    Move.RECALLED: "brought back",
    Move.ARRIVED: "arrived",
    Move.SERVED: "served",
    Move.FAILED: "turned away or failed",
    Move.TURNED_AWAY: "turned away or failed",
    Move.SERVED_IN_VAIN: "in vain",
    Move.LEFT_THE_LINE: "left the line",
    Move.RESOLVED: "resolved",
    Move.LOST: "lost",
    Move.TAKEN_IN: "taken in",
}
"""Moves in plain words, as flows count them."""


def count_unresolved(tally: Tally, model: "CityModel", days: slice, person_days: Floats) -> None:
    """U1 and U4: cases open for long, and with them those nobody has seen."""
    diary = model.diary
    unresolved = diary.unresolved[days].sum(axis=0)
    tally.ratio("unresolved_share", unresolved, diary.open_cases[days].sum(axis=0))
    tally.ratio("unresolved_stock", unresolved, person_days, per=1000)
    hidden = diary.hidden[days].sum(axis=0)
    tally.ratio("total_unresolved", unresolved + hidden, person_days, per=1000)


def count_endings(tally: Tally, needs: Records, episodes: Records, start: int, end: int) -> None:
    """U2: cases closed with a need lost, and needs that were not resolved.

    Both as they stood before the end of the window.
    """
    lost = np.isin(
        needs["ending"], [Ending.GIVEN_UP, Ending.LOST_CONTACT, Ending.LEFT, Ending.DIED]
    )
    case, case_of_need = _case_numbers(episodes), _case_numbers(needs)

    def with_a_need(chosen: Booleans) -> Booleans:
        return np.isin(case, case_of_need[chosen])

    visible = episodes["formal_contact"] | np.isin(case, case_of_need)
    over = (episodes["outcome"] != OPEN) & ~with_a_need(needs["ending"] == OPEN)
    # The last to end closes the case.
    in_window = (episodes["ended_on"] >= start) | with_a_need(needs["ended_on"] >= start)
    counted = visible & over & in_window
    with_loss = (episodes["outcome"] != Outcome.RECOVERED) | with_a_need(lost)
    tally.ratio(
        "unresolved_flow", by_stratum(episodes, counted & with_loss), by_stratum(episodes, counted)
    )
    arose = (needs["arose_on"] >= start) & (needs["arose_on"] < end - LONG_OPEN_DAYS)
    arose &= needs["ending"] != Ending.SUPERSEDED
    unresolved = arose & (needs["ending"] != Ending.RESOLVED)
    for detail, chosen in _needs_by_name(needs):
        tally.ratio(
            "unresolved_needs",
            by_stratum(needs, unresolved & chosen),
            by_stratum(needs, arose & chosen),
            detail=detail,
        )
    for ending in (Ending.GIVEN_UP, Ending.LOST_CONTACT, Ending.LEFT):
        tally.ratio(
            "unresolved_needs",
            by_stratum(needs, arose & (needs["ending"] == ending)),
            by_stratum(needs, arose),
            detail=f"lost: {ending.name.lower().replace('_', ' ')}",
        )


def _case_numbers(table: Records) -> Column:
    """Return the number of each record's case; people in custody (ordinal -1) share one number."""
    person, ordinal = table["person"], table["ordinal"].astype(np.uint64)
    return np.asarray((person << np.uint64(ORDINAL_BITS)) | ordinal)


def _needs_by_name(needs: Records) -> list[tuple[str, Booleans]]:
    everything = np.ones(len(needs), dtype=np.bool_)
    code = needs["need"]
    return [("", everything), *((name, code == n) for n, name in enumerate(words.NEEDS))]


def count_times(tally: Tally, needs: Records, start: int, end: int) -> None:
    """U5, and D1 to D3 of needs besides treatment."""
    steps = (
        ("time_to_resolution", "arrived_on", "resolved_on", RESOLUTION_HORIZON),
        ("delay_to_decision", "arose_on", "decided_on", HORIZON),
        ("delay_to_arrival", "decided_on", "arrived_on", HORIZON),
        ("delay_to_care", "arrived_on", "served_on", HORIZON),
    )
    resolved_on = np.where(needs["ending"] == Ending.RESOLVED, needs["ended_on"], np.nan)
    days = {**needs.columns, "resolved_on": resolved_on}
    everybody = groups_of(needs["stratum"])
    competing = needs["ending"] != OPEN
    for name, before, after, horizon in steps:
        origin = days[before]
        chosen = (origin >= start) & (origin < end)
        waited = days[after] - origin
        stopped = np.fmin(needs["ended_on"], end) - origin
        for by, group, members in everybody:
            inside = chosen & members
            summary = delay_summary(waited[inside], stopped[inside], competing[inside], horizon)
            for statistic, value in summary.items():
                detail = statistic if name == "time_to_resolution" else f"needs: {statistic}"
                tally.single(name, detail, by, group, value, int(inside.sum()))


def count_referrals(tally: Tally, needs: Records, handovers: Records, start: int, end: int) -> None:
    """U6 and U7: chains of referrals, and services given twice."""
    ended = needs.where((needs["ended_on"] >= start) & (needs["ended_on"] < end))
    everybody = by_stratum(ended, np.ones(len(ended), dtype=np.bool_))

    def total(name: str) -> Column:
        return np.bincount(ended["stratum"], weights=ended[name], minlength=STRATA)

    referrals, dead_ends = total("referrals"), total("dead_ends")
    for detail, up, down in (
        ("referrals a need", referrals, everybody),
        ("bounces a need", total("bounces"), everybody),
        (
            "share with three or more",
            by_stratum(ended, ended["referrals"] >= MANY_REFERRALS),
            everybody,
        ),
        ("share to a wrong institution", total("wrong_referrals"), referrals),
        ("share that ended nowhere", dead_ends, referrals + dead_ends),
        ("no-shows brought back", total("recalls"), total("no_shows")),
    ):
        tally.ratio("referral_chain", up, down, detail=detail)
    inside = (handovers["day"] >= start) & (handovers["day"] < end)
    in_vain = inside & (handovers["move"] == Move.SERVED_IN_VAIN)
    served = inside & (handovers["move"] == Move.SERVED)
    tally.ratio(
        "duplicate_work",
        by_stratum(handovers, in_vain),
        by_stratum(handovers, in_vain | served),
    )


def count_learning(tally: Tally, model: "CityModel", start: int, end: int) -> None:
    """K1 by channel: where items of knowledge have been learned."""
    learned = model.diary.learned(start, end)
    total = learned.sum()
    for source, name in enumerate(words.SOURCES):
        share = float(learned[source].sum() / total) if total else float("nan")
        tally.single("learned_from", name, "all", "all", share, float(total))


def count_measures(
    tally: Tally, model: "CityModel", person_years: Floats, start: int, end: int
) -> None:
    """Administrative measures of the police."""
    police = model.police
    inside = (police["day"] >= start) & (police["day"] < end)
    for code, name in enumerate(MEASURES):
        counted = np.bincount(
            police["stratum"][inside & (police["measure"] == code)], minlength=STRATA
        )
        tally.ratio("police_measures", counted, person_years, per=1000, detail=name)


def count_services(
    tally: Tally, handovers: Records, model: "CityModel", person_years: Floats, days: slice
) -> None:
    """Count services of agencies, intakes of the reception centre by the police among them."""
    inside = (handovers["day"] >= days.start) & (handovers["day"] < days.stop)
    service = inside & np.isin(handovers["move"], [Move.SERVED, Move.SERVED_IN_VAIN, Move.TAKEN_IN])
    for number, name in enumerate(model.agencies.names):
        counted = by_stratum(handovers, service & (handovers["target"] == number))
        tally.ratio("contacts", counted, person_years, per=1000, detail=name)


def count_load(tally: Tally, model: "CityModel", days: slice) -> None:
    """L1 of agencies, and L2: what residents feel of migrants' use of ambulances and beds."""
    diary, clinics = model.diary, model.clinics
    slots, served, waiting = (
        diary.by_agency(name)[days] for name in ("slots", "served_today", "waiting")
    )
    if len(slots) == 0:
        return
    for number, agency in enumerate(model.agencies.names):
        given, used = slots[:, number].sum(axis=1), served[:, number].sum(axis=1)
        queue = waiting[:, number].sum(axis=1)
        use = float(used.sum() / given.sum()) if given.sum() else float("nan")
        open_days = given > 0
        full = ((used >= given) & open_days).sum()
        busy = float(full / open_days.sum()) if open_days.any() else float("nan")
        for detail, value in (
            ("services / capacity", use),
            ("mean queue", float(queue.mean())),
            ("95 % queue", float(np.quantile(queue, 0.95))),
            ("share of open days without a free slot", busy),
        ):
            tally.single("load", detail, "institution", agency, value, len(slots))
    for crews, background, minutes in clinics.ambulance_response:
        alone = ambulance_wait_minutes(crews, background, minutes)
        extra = max(float(diary.counts["ambulance_wait"][days].mean()) - alone, 0.0)
        counted = len(slots) if np.isfinite(extra) else 0
        extra = extra if np.isfinite(extra) else float("nan")
        tally.single(
            "load_on_residents", "extra minutes for an ambulance", "all", "all", extra, counted
        )
    beds = float(clinics.beds[clinics.of_kind("hospital")].sum())
    taken = float(diary.by_unit("in_bed")[days][:, clinics.of_kind("hospital")].sum(axis=1).mean())
    share = 100 * taken / beds if beds else float("nan")
    days_counted = len(slots) if beds else 0
    tally.single("load_on_residents", "% of hospital beds", "all", "all", share, days_counted)


def count_inequality(tally: Tally) -> None:
    """Q1: rates of a group over those of the reference group."""
    rated = [one for one in tally.rows if one.indicator in RATED and not one.detail]
    for name in RATED:
        for by, reference in (("nationality", "kyrgyzstan"), ("legal_status", "permanent")):
            groups = {one.group: one for one in rated if (one.indicator, one.by) == (name, by)}
            base = groups[reference].value
            for group, row in groups.items():
                if group != reference:
                    ratio = row.value / base if base > 0 else float("nan")
                    cases = 0.0 if np.isnan(ratio) else row.denominator
                    tally.single("rate_ratio", name, by, group, ratio, cases)


RATED = ("emergency_uptake_24h", "unmet_need_episodes", "unresolved_needs")
"""Indicators for which rate ratios are reported (Q1)."""
