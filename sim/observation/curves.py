"""Daily outcomes: one row per day."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from sim import vocabulary as words
from sim.agents.task import Ending
from sim.observation.definitions import DEFINITIONS, Definition, by_name
from sim.observation.emergencies import MILD
from sim.observation.window import Window

if TYPE_CHECKING:
    from sim.city_model import CityModel
    from sim.engine.types import Column


def curves(model: "CityModel", definitions: Iterable[Definition] = DEFINITIONS) -> pd.DataFrame:
    """Return one row per day since day 0.

    Columns: day, date, present, onsets, low_acuity_contacts, met_and_unmet_episodes (ended that day
    after a need perceived as moderate), open_cases (known to an institution, with an open need),
    visits by kind of institution, open_episodes, in_bed, boarding, waiting, needs_arisen and
    needs_resolved (besides treatment), the number of people who know each item; and, for every
    indicator with a curve, its count on the day under its name: its `Curve.over` is the column to
    divide by.

    Parameters
    ----------
    model : CityModel
    definitions : iterable of Definition
    """
    days = len(model.diary.counts["day"])
    window = Window(model, 0, days)
    table = daily_counts(window)
    for definition in by_name(definitions).values():
        if definition.curve is not None:
            table[definition.name] = definition.curve.count(window)
    return pd.DataFrame(table)


def daily_counts(window: Window) -> "dict[str, Column | list[str]]":
    """Return the daily series that do not belong to a single indicator."""
    diary, episodes, visits = window.model.diary, window.episodes, window.visits
    day = diary.counts["day"].astype(int)
    needed, contacts = episodes["perceived_moderate"], window.emergency_contacts
    table: dict[str, Column | list[str]] = {
        "day": day,
        "date": [window.model.calendar.date_of(one).isoformat() for one in day.tolist()],
        "present": diary.present.sum(axis=1),
        "onsets": window.per_day(episodes["began_on"]),
        "low_acuity_contacts": window.per_day(
            visits["served_on"][contacts & (visits["severity"] <= MILD)]
        ),
        "met_and_unmet_episodes": window.per_day(episodes["ended_on"][needed]),
        "open_cases": diary.open_cases.sum(axis=1),
    }
    for code, kind in enumerate(words.INSTITUTION_KINDS):
        table[f"visits_{kind}"] = window.per_day(visits["served_on"][visits["institution"] == code])
    for name in ("open_episodes", "in_bed", "boarding", "waiting"):
        table[name] = diary.counts[name].astype(int)
    needs = window.needs
    resolved = needs["ending"] == Ending.RESOLVED
    table["needs_arisen"] = window.per_day(needs["arose_on"])
    table["needs_resolved"] = window.per_day(needs["ended_on"][resolved])
    informed = diary.informed.sum(axis=1)
    for item, name in enumerate(words.KNOWLEDGE):
        table[f"know_{name}"] = informed[:, item]
    return table
