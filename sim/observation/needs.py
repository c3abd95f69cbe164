"""Tables of needs and hand-overs, and indicators of cases that travel (U, L, K, D, Q blocks)."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.clinic import ambulance_wait_minutes
from sim.agents.episode import Outcome
from sim.agents.migrant import NEVER, STRATA
from sim.agents.task import Ending, Move, Place
from sim.engine.arrays import Booleans, Column, Floats
from sim.observation.diary import LONG_OPEN_DAYS
from sim.observation.records import OPEN
from sim.observation.survival import HORIZON, delay_summary
from sim.observation.tally import Tally, by_stratum, groups_of
from sim.submodels.enforcement import MEASURES

if TYPE_CHECKING:
    from sim.model import AlmatyModel

RESOLUTION_HORIZON = 90
"""Days to which the mean time to full resolution is restricted (indicator U5)."""
MANY_REFERRALS = 3
NEED_RECORD = (
    "person", "ordinal", "stratum", "need", "agency", "coordinated", "arose_on", "decided_on",
    "arrived_on", "served_on", "bounces", "referrals", "wrong_referrals", "dead_ends", "no_shows",
    "recalls",
)  # fmt: skip
CASE = ["person", "ordinal"]


def need_table(model: "AlmatyModel", as_of: int | None = None) -> pd.DataFrame:
    """Return all needs besides treatment since day 0, ended and open (days as float).

    Parameters
    ----------
    model : AlmatyModel
    as_of : int, optional
        Look at them as they stood before this day.

    Returns
    -------
    DataFrame
        One row a need: the columns of `NEED_RECORD`, `ended_on`, and `ending` (an `Ending`, or
        `OPEN`). A need opened at two institutions is one need.
    """
    tasks, closed = model.tasks, model.closed_needs
    rows = tasks.rows
    own = ~tasks.second[rows] & ~tasks.redundant[rows] & (tasks.place[rows] != Place.CLOSED)
    rows = rows[own]
    table = pd.DataFrame(
        {name: np.concatenate([closed[name], getattr(tasks, name)[rows]]) for name in NEED_RECORD}
    )
    table["ended_on"] = np.concatenate([closed["ended_on"], np.full(len(rows), NEVER)])
    table["ending"] = np.concatenate([closed["ending"], np.full(len(rows), OPEN)])
    latest = NEVER if as_of is None else as_of
    for name in table.columns:
        if name.endswith("_on"):
            days = table[name].astype(float)
            table[name] = days.where((days > -NEVER) & (days < latest))
    table.loc[table["ended_on"].isna(), "ending"] = OPEN
    return table[table["arose_on"].notna()].reset_index(drop=True)


def institution_names(model: "AlmatyModel") -> list[str]:
    """Return what the numbers of senders in the log of hand-overs stand for."""
    return [*model.agencies.names, *words.INSTITUTION_KINDS]


def handover_table(model: "AlmatyModel") -> pd.DataFrame:
    """Return every move of a need, with institutions by name ("" is the person's own hands)."""
    log = model.handovers
    table = pd.DataFrame({name: log[name] for name in log.dtypes})
    names = np.array([*institution_names(model), ""], dtype=object)
    for end in ("origin", "target"):
        # The last name stands for -1.
        table[end] = names[table[end].to_numpy()]
    return table


def flow_table(model: "AlmatyModel") -> pd.DataFrame:
    """Count the moves of needs since day 0: from whom, to whom, which need, what happened.

    Returns
    -------
    DataFrame
        Columns origin and target (institutions by name, "" the person's own hands), need, what
        (a value of `WHAT`) and count. The counts add up to the log of hand-overs.
    """
    moves = handover_table(model)
    moves = moves[moves["day"] >= 0]
    named = pd.DataFrame(
        {
            "origin": moves["origin"],
            "target": moves["target"],
            "need": np.array(words.NEEDS, dtype=object)[moves["need"].to_numpy()],
            "what": moves["move"].map(WHAT),
        }
    )
    return named.value_counts(sort=False).sort_index().rename("count").reset_index()


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


def count_unresolved(tally: Tally, model: "AlmatyModel", days: slice, person_days: Floats) -> None:
    """U1 and U4: cases open for long, and with them those nobody has seen."""
    diary = model.diary
    unresolved = diary.unresolved[days].sum(axis=0)
    tally.ratio("unresolved_share", unresolved, diary.open_cases[days].sum(axis=0))
    tally.ratio("unresolved_stock", unresolved, person_days, per=1000)
    hidden = diary.hidden[days].sum(axis=0)
    tally.ratio("total_unresolved", unresolved + hidden, person_days, per=1000)


def count_endings(
    tally: Tally, needs: pd.DataFrame, episodes: pd.DataFrame, start: int, end: int
) -> None:
    """U2: cases closed with a need lost, and needs that were not resolved."""
    lost = needs["ending"].isin([Ending.GIVEN_UP, Ending.LOST_CONTACT, Ending.LEFT, Ending.DIED])
    by_case = (
        needs.assign(lost=lost, still_open=needs["ending"] == OPEN)
        .groupby(CASE)
        .agg(
            stratum=("stratum", "first"),
            lost=("lost", "any"),
            still_open=("still_open", "any"),
            last=("ended_on", "max"),
        )
    )
    cases = episodes.set_index(CASE)[["stratum", "ended_on", "outcome", "formal_contact"]]
    cases = cases.join(by_case.drop(columns="stratum"))
    visible = cases["formal_contact"] | cases["lost"].notna()
    over = (cases["outcome"] != OPEN) & ~cases["still_open"].fillna(False).astype(bool)
    closed_on = cases[["ended_on", "last"]].max(axis=1)
    counted = visible & over & (closed_on >= start) & (closed_on < end)
    with_loss = (cases["outcome"] != Outcome.RECOVERED) | cases["lost"].fillna(False).astype(bool)
    cases = cases.reset_index()
    inside = counted.to_numpy()
    tally.ratio(
        "unresolved_flow",
        by_stratum(cases, inside & with_loss.to_numpy()),
        by_stratum(cases, inside),
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


def _needs_by_name(needs: pd.DataFrame) -> list[tuple[str, Column | Booleans]]:
    everything = np.ones(len(needs), dtype=np.bool_)
    code = needs["need"].to_numpy()
    return [("", everything), *((name, code == n) for n, name in enumerate(words.NEEDS))]


def count_times(tally: Tally, needs: pd.DataFrame, start: int, end: int) -> None:
    """U5, and D1 to D3 of needs besides treatment."""
    steps = (
        ("time_to_resolution", "arrived_on", "resolved_on", RESOLUTION_HORIZON),
        ("delay_to_decision", "arose_on", "decided_on", HORIZON),
        ("delay_to_arrival", "decided_on", "arrived_on", HORIZON),
        ("delay_to_care", "arrived_on", "served_on", HORIZON),
    )
    table = needs.assign(
        resolved_on=needs["ended_on"].where(needs["ending"] == Ending.RESOLVED),
    )
    for name, before, after, horizon in steps:
        origin = table[before]
        chosen = table[(origin >= start) & (origin < end)]
        waited = (chosen[after] - chosen[before]).to_numpy()
        stopped = (chosen["ended_on"].fillna(end).clip(upper=end) - chosen[before]).to_numpy()
        competing = (chosen["ending"] != OPEN).to_numpy()
        for by, group, inside in groups_of(chosen["stratum"].to_numpy()):
            summary = delay_summary(waited[inside], stopped[inside], competing[inside], horizon)
            for statistic, value in summary.items():
                detail = statistic if name == "time_to_resolution" else f"needs: {statistic}"
                tally.single(name, detail, by, group, value, int(inside.sum()))


def count_referrals(
    tally: Tally, needs: pd.DataFrame, handovers: pd.DataFrame, start: int, end: int
) -> None:
    """U6 and U7: chains of referrals, and services given twice."""
    ended = needs[(needs["ended_on"] >= start) & (needs["ended_on"] < end)]
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


def count_learning(tally: Tally, model: "AlmatyModel", start: int, end: int) -> None:
    """K1 by channel: where items of knowledge have been learned."""
    learned = model.diary.learned(start, end)
    total = learned.sum()
    for source, name in enumerate(words.SOURCES):
        share = float(learned[source].sum() / total) if total else float("nan")
        tally.single("learned_from", name, "all", "all", share, float(total))


def count_measures(
    tally: Tally, model: "AlmatyModel", person_years: Floats, start: int, end: int
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
    tally: Tally, handovers: pd.DataFrame, model: "AlmatyModel", person_years: Floats, days: slice
) -> None:
    """Count services of agencies, intakes of the reception centre by the police among them."""
    inside = (handovers["day"] >= days.start) & (handovers["day"] < days.stop)
    service = inside & handovers["move"].isin([Move.SERVED, Move.SERVED_IN_VAIN, Move.TAKEN_IN])
    for name in model.agencies.names:
        counted = by_stratum(handovers, service & (handovers["target"] == name))
        tally.ratio("contacts", counted, person_years, per=1000, detail=name)


def count_load(tally: Tally, model: "AlmatyModel", days: slice) -> None:
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
    rows = tally.table()
    for name in RATED:
        one = rows[(rows["indicator"] == name) & (rows["detail"] == "")]
        for by, reference in (("nationality", "kyrgyzstan"), ("legal_status", "permanent")):
            groups = one[one["by"] == by].set_index("group")
            base = float(groups["value"][reference])
            for group, value, count in groups[["value", "denominator"]].itertuples():
                if group != reference:
                    ratio = value / base if base > 0 else float("nan")
                    cases = 0.0 if np.isnan(ratio) else float(count)
                    tally.single("rate_ratio", name, by, str(group), ratio, cases)


RATED = ("emergency_uptake_24h", "unmet_need_episodes", "unresolved_needs")
"""Indicators for which rate ratios are reported (Q1)."""
