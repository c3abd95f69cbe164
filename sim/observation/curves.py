"""Daily outcomes: one row a day."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.task import Ending
from sim.observation.event_records import episode_records, visit_records
from sim.observation.indicators import TIMELY_DAYS
from sim.observation.needs import need_records

if TYPE_CHECKING:
    from sim.city_model import CityModel
    from sim.engine.types import Column


def curves(model: "CityModel") -> pd.DataFrame:
    """Return one row a day since day 0.

    Columns: day, date, present, onsets, newly_severe, timely_emergency_care (of the episodes that
    became severe on the day, those with emergency care within a day), emergency_contacts,
    low_acuity_contacts, visits by kind of institution, unmet_episodes (ended that day),
    met_and_unmet_episodes (ended that day after a need perceived as moderate), hidden_need,
    open_cases and unresolved_cases (known to an institution, with an open need; open for 30 days),
    open_episodes, in_bed, boarding, waiting, deaths, out_of_pocket (KZT), needs_arisen and
    needs_resolved (besides treatment), policy_cost (KZT), and the number of
    people who know each item.
    """
    diary = model.diary
    day = diary.counts["day"].astype(int)
    days = len(day)
    episodes, visits = episode_records(model), visit_records(model)

    def per_day(values: "Column") -> "Column":
        when = np.asarray(values, dtype=float)
        when = when[np.isfinite(when) & (when >= 0) & (when < days)].astype(int)
        return np.bincount(when, minlength=days)

    delay = episodes["emergency_care_on"] - episodes["severe_on"]
    needed = episodes["perceived_moderate"]
    contacts = visits.where(visits["emergency_contact"])
    table = {
        "day": day,
        "date": [model.calendar.date_of(one).isoformat() for one in day.tolist()],
        "present": diary.present.sum(axis=1),
        "onsets": per_day(episodes["began_on"]),
        "newly_severe": per_day(episodes["severe_on"]),
        "timely_emergency_care": per_day(episodes["severe_on"][delay <= TIMELY_DAYS]),
        "emergency_contacts": per_day(contacts["served_on"]),
        "low_acuity_contacts": per_day(contacts["served_on"][contacts["severity"] <= 1]),
        "unmet_episodes": per_day(episodes["ended_on"][needed & ~episodes["formal_contact"]]),
        "met_and_unmet_episodes": per_day(episodes["ended_on"][needed]),
        "hidden_need": diary.hidden.sum(axis=1),
        "open_cases": diary.open_cases.sum(axis=1),
        "unresolved_cases": diary.unresolved.sum(axis=1),
    }
    for code, kind in enumerate(words.INSTITUTION_KINDS):
        table[f"visits_{kind}"] = per_day(visits["served_on"][visits["institution"] == code])
    for name in ("open_episodes", "in_bed", "boarding", "waiting"):
        table[name] = diary.counts[name].astype(int)
    table["deaths"] = per_day(model.deaths["day"])
    paid_on = model.payments["day"]
    table["out_of_pocket"] = np.bincount(
        paid_on, weights=model.payments["amount"], minlength=days
    ).astype(np.int64)
    needs = need_records(model)
    table["needs_arisen"] = per_day(needs["arose_on"])
    table["needs_resolved"] = per_day(needs["ended_on"][needs["ending"] == Ending.RESOLVED])
    table["policy_cost"] = np.bincount(
        model.policy_costs["day"], weights=model.policy_costs["amount"], minlength=days
    )
    informed = diary.informed.sum(axis=1)
    for item, name in enumerate(words.KNOWLEDGE):
        table[f"know_{name}"] = informed[:, item]
    return pd.DataFrame(table)
