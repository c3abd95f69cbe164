"""Indicators of a run, by group, as model.indicators() returns them.

Every indicator is a numerator over a denominator, counted by stratum (nationality, legal status,
sex and sector at onset) and added up over any one grouping; delays are medians, 90th percentiles
and restricted means instead. Emergency *use* has no welfare sign of its own: read E1, E3, E4 and
E5 together.

Windows: episodes are chosen by the day of the event in [start, end); the last days are left out
where later care would still count (two days for E1, thirty for E2, sixty for A1 and A3).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.episode import GATES, Gate
from sim.agents.migrant import NEVER, STRATA
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Column, Floats
from sim.observation.burden import count_burden
from sim.observation.equity import count_equity
from sim.observation.event_records import OPEN, Records, episode_records, visit_records
from sim.observation.finance import count_money
from sim.observation.needs import (
    count_endings,
    count_inequality,
    count_learning,
    count_load,
    count_measures,
    count_referrals,
    count_services,
    count_times,
    count_unresolved,
    handover_records,
    need_records,
)
from sim.observation.papers import count_status
from sim.observation.survival import delay_summary
from sim.observation.tally import Tally, by_stratum, groups_of

if TYPE_CHECKING:
    from sim.city_model import CityModel

TIMELY_DAYS = 1
CENSORED_E1, CENSORED_E2, CENSORED_A1 = 2, 30, 60
YEAR, PRESENT_MOST_OF_IT = 365, 300


def indicators(model: "CityModel", start: int, end: int) -> pd.DataFrame:
    """Return all indicators of the window [start, end).

    Parameters
    ----------
    model : CityModel
    start, end : int
        Days since the end of burn-in.

    Returns
    -------
    DataFrame
        Long: code, indicator, detail, by ("all", "nationality", ...), group, unit, numerator,
        denominator, value, better. A value with an empty denominator is NaN.
    """
    tally = Tally()
    episodes, visits = episode_records(model, as_of=end), visit_records(model)
    days = slice(start, end)
    person_days = model.diary.present[days].sum(axis=0)
    person_years = person_days / DAYS_A_YEAR
    _emergencies(tally, episodes, visits, person_years, start, end)
    _unmet_need(tally, model, episodes, start, end)
    _delays(tally, episodes, start, end)
    in_window = (visits["served_on"] >= start) & (visits["served_on"] < end)
    for code, institution in enumerate(words.INSTITUTION_KINDS):
        counted = by_stratum(visits, in_window & (visits["institution"] == code))
        tally.ratio("contacts", counted, person_years, per=1000, detail=institution)
    tally.ratio("hidden_unmet_need", model.diary.hidden[days].sum(axis=0), person_days, per=1000)
    informed = model.diary.informed[days].sum(axis=0)
    for item, name in enumerate(words.KNOWLEDGE):
        tally.ratio("awareness", informed[:, item], person_days, detail=name)
    count_unresolved(tally, model, days, person_days)
    needs, handovers = need_records(model, as_of=end), handover_records(model)
    count_endings(tally, needs, episodes, start, end)
    count_times(tally, needs, start, end)
    count_referrals(tally, needs, handovers, start, end)
    count_services(tally, handovers, model, person_years, days)
    count_learning(tally, model, start, end)
    count_measures(tally, model, person_years, start, end)
    count_money(tally, model, episodes, visits, person_years, start, end)
    count_burden(tally, model, episodes, person_years, start, end)
    count_status(tally, model, episodes, days, start, end)
    _load(tally, model, days)
    count_load(tally, model, days)
    count_inequality(tally)
    tally.single(
        "population", "", "all", "all", float(person_days.sum() / max(end - start, 1)), end - start
    )
    return tally.table()


def _emergencies(
    tally: Tally,
    episodes: Records,
    visits: Records,
    person_years: Floats,
    start: int,
    end: int,
) -> None:
    severe = (episodes["severe_on"] >= start) & (episodes["severe_on"] < end)
    delay = episodes["emergency_care_on"] - episodes["severe_on"]
    for name, censored, reached in (
        ("emergency_uptake_24h", CENSORED_E1, delay <= TIMELY_DAYS),
        ("emergency_uptake_ever", CENSORED_E2, delay >= 0),
    ):
        counted = severe & (episodes["severe_on"] < end - censored)
        tally.ratio(name, by_stratum(episodes, counted & reached), by_stratum(episodes, counted))
    all_severe = by_stratum(episodes, severe)
    tally.ratio("emergency_need", all_severe, person_years, per=1000)
    in_window = (visits["served_on"] >= start) & (visits["served_on"] < end)
    contacts = in_window & visits["emergency_contact"]
    tally.ratio("emergency_contacts", by_stratum(visits, contacts), person_years, per=1000)
    mild = contacts & (visits["severity"] <= 1)
    tally.ratio("low_acuity_share", by_stratum(visits, mild), by_stratum(visits, contacts))
    avoidable = severe & episodes["avoidable"]
    tally.ratio("avoidable_emergencies", by_stratum(episodes, avoidable), all_severe)


def _unmet_need(tally: Tally, model: "CityModel", episodes: Records, start: int, end: int) -> None:
    ended = (episodes["outcome"] != OPEN) & (episodes["ended_on"] < end)
    needed = (
        ended
        & episodes["perceived_moderate"]
        & (episodes["began_on"] >= start)
        & (episodes["began_on"] < end - CENSORED_A1)
    )
    count_equity(tally, episodes.where(needed))
    unmet = needed & ~episodes["formal_contact"]
    tally.ratio("unmet_need_episodes", by_stratum(episodes, unmet), by_stratum(episodes, needed))
    all_unmet = by_stratum(episodes, unmet)
    gate = episodes["binding_barrier"]
    # No gate was noted where the need had passed before anything was tried: one's own judgement.
    own_judgement = (gate == Gate.SELF_CARE) | (gate == Gate.NONE)
    for code, name in enumerate(GATES, start=Gate.PERCEIVE):
        stopped = (gate == code) | (own_judgement & (code == Gate.SEEK))
        tally.ratio(
            "unmet_need_by_gate", by_stratum(episodes, unmet & stopped), all_unmet, detail=name
        )
    for detail, stopped in (
        ("seek: fear or language", gate == Gate.SEEK),
        ("seek: judged it could wait", own_judgement),
    ):
        tally.ratio(
            "unmet_need_by_gate", by_stratum(episodes, unmet & stopped), all_unmet, detail=detail
        )
    _unmet_persons(tally, model, episodes, end)


def _unmet_persons(tally: Tally, model: "CityModel", episodes: Records, end: int) -> None:
    """A2: people present most of the last 365 days, and how many of them went without.

    They are grouped by the legal status they came with.
    """
    year_ago = end - YEAR
    migrants, rows, leavers = model.migrants, model.migrants.rows, model.leavers

    def everybody(name: str, of_leavers: str) -> Column:
        return np.concatenate([leavers[of_leavers], getattr(migrants, name)[rows]])

    person, stratum = everybody("pid", "person"), everybody("entered_as", "stratum")
    entered = everybody("entered_on", "entered_on")
    in_burn_in = everybody("unmet_in_burn_in_on", "unmet_in_burn_in_on")
    left = np.concatenate([leavers["left_on"], np.full(len(rows), NEVER)])
    present = np.minimum(left, end) - np.maximum(entered, year_ago) >= PRESENT_MOST_OF_IT
    unmet = episodes["perceived_moderate"] & ~episodes["formal_contact"]
    unmet &= episodes["ended_on"] >= year_ago
    went_without = np.isin(person, episodes["person"][unmet]) | (in_burn_in >= year_ago)
    tally.ratio(
        "unmet_need_persons",
        np.bincount(stratum[present & went_without], minlength=STRATA),
        np.bincount(stratum[present], minlength=STRATA),
    )


def _delays(tally: Tally, episodes: Records, start: int, end: int) -> None:
    """D1-D3 with death (and the end of the episode) competing, restricted to 30 days."""
    steps: tuple[tuple[str, str, str], ...] = (
        ("delay_to_decision", "perceived_on", "decided_on"),
        ("delay_to_arrival", "decided_on", "arrived_on"),
        ("delay_to_care", "arrived_on", "care_on"),
    )
    everybody = groups_of(episodes["stratum"])
    competing = episodes["outcome"] != OPEN
    for name, before, after in steps:
        origin = episodes["began_on"] if name == "delay_to_decision" else episodes[before]
        chosen = ~np.isnan(episodes[before]) & (origin >= start) & (origin < end)
        if name == "delay_to_decision":
            chosen &= ~np.isnan(episodes["decided_on"])
        waited = episodes[after] - origin
        stopped = np.fmin(episodes["ended_on"], end) - origin
        for by, group, members in everybody:
            inside = chosen & members
            summary = delay_summary(waited[inside], stopped[inside], competing[inside])
            for statistic, value in summary.items():
                tally.single(name, statistic, by, group, value, int(inside.sum()))


def _load(tally: Tally, model: "CityModel", days: slice) -> None:
    """L1 by kind of institution: use of slots, queues, full days, diversion, boarding."""
    diary, clinics = model.diary, model.clinics
    series = {
        name: diary.by_unit(name)[days]
        for name in ("slots", "served_today", "waiting", "diverted_today")
    }
    measures: dict[str, Callable[[Column, Column, Column, Column], float]] = {
        "services / capacity": lambda slots, served, queue, diverted: _share(
            served.sum(), slots.sum()
        ),
        "mean queue": lambda slots, served, queue, diverted: float(queue.sum(axis=1).mean()),
        "95 % queue": lambda slots, served, queue, diverted: float(
            np.quantile(queue.sum(axis=1), 0.95)
        ),
        "share of open days without a free slot": lambda slots, served, queue, diverted: _share(
            ((served >= slots) & (slots > 0)).sum(), (slots > 0).sum()
        ),
        "diverted a day": lambda slots, served, queue, diverted: float(diverted.sum(axis=1).mean()),
    }
    for kind in words.INSTITUTION_KINDS:
        units = clinics.of_kind(kind)
        if len(units) == 0 or len(series["slots"]) == 0:
            continue
        columns = [series[name][:, units] for name in series]
        for detail, measure in measures.items():
            tally.single("load", detail, "institution", kind, measure(*columns), columns[0].size)
    boarding = diary.counts["boarding"][days]
    if len(boarding):
        tally.single(
            "load",
            "boarding, mean",
            "institution",
            "hospital",
            float(boarding.mean()),
            len(boarding),
        )


def _share(part: Any, whole: Any) -> float:
    return float(part / whole) if whole > 0 else float("nan")
