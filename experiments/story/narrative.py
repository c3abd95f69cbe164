"""The printed story: one person, day by day, one scenario or two side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from textwrap import wrap

import numpy as np
import pandas as pd

from experiments.analysis.console_report import title
from experiments.story.tracer import Event
from experiments.story.words import NEEDS, SIMULATED, days, money, times
from sim import vocabulary as words
from sim.agents.task import Ending
from sim.model import AlmatyModel
from sim.observation.event_records import episode_table, visit_table
from sim.observation.needs import need_table
from sim.submodels.services import NO_MONEY, WITHOUT_PAPERS, WRONGLY_REFUSED

WIDTH = 108
"""Characters per line in the file."""
NARROWEST = 72
BETWEEN = " | "


@dataclass(frozen=True)
class Narrative:
    """What was recorded about the person in one scenario.

    Attributes
    ----------
    scenario, summary : str
        Its name, and what it changes.
    events : list of Event
    path : list of (day, thread, place)
    portrait : list of str
    facts : dict
        Facts by which the scenarios are compared, in words.
    start : date
        Date of day 0.
    digest : str
        Digest of the model at the end.
    """

    scenario: str
    summary: str
    events: list[Event]
    path: list[tuple[int, str, str]]
    portrait: list[str]
    facts: dict[str, str]
    start: date
    digest: str


def facts_of(model: AlmatyModel, person: int) -> dict[str, str]:
    """Return the facts by which two runs of the same person are compared, in words."""
    episodes = episode_table(model)
    episodes = episodes[episodes["person"] == person]
    visits = visit_table(model)
    visits = visits[visits["person"] == person]
    needs = need_table(model)
    needs = needs[needs["person"] == person]
    refused = visits["result"].isin([NO_MONEY, WRONGLY_REFUSED, WITHOUT_PAPERS])
    settled = needs[needs["ending"] == Ending.RESOLVED].sort_values("arose_on")
    care = episodes.loc[episodes["care_on"] >= 0, "care_on"]
    waited = settled["ended_on"] - settled["arose_on"]
    return {
        "first seen by a doctor": "never" if care.empty else _date_of(model, care.min()),
        "visits to clinics": f"{len(visits)}, of which turned away: {int(refused.sum())}",
        "needs besides treatment": _named(needs) or "none",
        "of these settled": _named(settled) or "none",
        "days until they were settled": "-" if settled.empty else _each(waited),
        "referrals": f"{int(needs['referrals'].sum())}, "
        f"{int(needs['wrong_referrals'].sum())} of them to the wrong place",
        "sent away without an address": times(int(needs["dead_ends"].sum())),
        "paid for care": money(float(episodes["paid"].sum())),
        "owed when illnesses ended": money(float(episodes["owed"].sum())),
        "at the end of the story": _at_the_end(model, person),
    }


def _named(needs: pd.DataFrame) -> str:
    names = [NEEDS[words.NEEDS[int(need)]] for need in needs.sort_values("arose_on")["need"]]
    return ", ".join(names)


def _each(waited: "pd.Series[float]") -> str:
    return ", ".join(f"{one:.0f}" for one in waited)


def _date_of(model: AlmatyModel, day: float) -> str:
    return day_in_words(model.calendar.date_of(0), int(day))


def _at_the_end(model: AlmatyModel, person: int) -> str:
    if (model.migrants.pid[model.migrants.rows] == np.uint64(person)).any():
        return "in Almaty"
    left = model.leavers["left_on"][model.leavers["person"] == np.uint64(person)]
    if not len(left):
        return "never came to Almaty"
    day = int(left[-1])
    closed = model.closed_episodes
    mine = (closed["person"] == np.uint64(person)) & (closed["ended_on"] == day)
    died = bool((closed["outcome"][mine] == 1).any())
    return f"{'died' if died else 'left'} on {_date_of(model, day)}"


def day_in_words(start: date, day: int) -> str:
    """Return the date of a day, and its number.

    >>> day_in_words(date(2018, 1, 1), 14)
    'Mon 15 Jan 2018 (day 14)'
    """
    one = date.fromordinal(start.toordinal() + day)
    return f"{one:%a} {one.day} {one:%b %Y} (day {day})"


# --- layout -----------------------------------------------------------------------------------


def story(told: list[Narrative], who: str, width: int = WIDTH) -> str:
    """Return the whole story.

    Parameters
    ----------
    told : list of Narrative
        One or two scenarios; the second is printed beside the first.
    who : str
        Why this person was chosen.
    width : int
        Characters per line.
    """
    width = max(width, NARROWEST)
    lines = ["THE STORY OF ONE SIMULATED PERSON", ""]
    portrait = next((one.portrait for one in told if one.portrait), [])
    for text in (*portrait, who, SIMULATED):
        lines += wrap(text, width)
    lines += [""]
    if len(told) > 1:
        lines += wrap(
            "The same person is followed twice, with the same luck. What is the same in both runs "
            "is printed across the page; what differs is printed in two columns.", width
        )  # fmt: skip
        lines += [""]
    headings = [f"{title(one.scenario).upper()}: {one.summary}" for one in told]
    lines += _columns([[one] for one in headings], width, bullet="")
    lines += ["-" * width]
    lines += _by_day(told, width)
    lines += ["", *_comparison(told, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _by_day(told: list[Narrative], width: int) -> list[str]:
    lines: list[str] = []
    all_days = sorted({event.day for one in told for event in one.events})
    if not all_days:
        return ["", "The model records no event for this person."]
    last = 0
    for day in all_days:
        cells = [[event.text for event in one.events if event.day == day] for one in told]
        lines += ["", _heading(told[0].start, day, last)]
        last = day
        shared = _same_at_first(cells)
        for text in cells[0][:shared]:
            lines += _bullet(text, width)
        lines += _columns([cell[shared:] for cell in cells], width)
    return lines


def _heading(start: date, day: int, last: int) -> str:
    later = f", {days(day - last)} later" if last and day - last > 1 else ""
    return day_in_words(start, day) + later


def _same_at_first(cells: list[list[str]]) -> int:
    """Return how many texts the cells have in common at their beginning.

    >>> _same_at_first([["a", "b"], ["a", "c"]]), _same_at_first([["a"]])
    (1, 1)
    """
    shared = 0
    for texts in zip(*cells, strict=False):
        if len(set(texts)) > 1:
            break
        shared += 1
    return shared


def _bullet(text: str, width: int, bullet: str = "- ") -> list[str]:
    return wrap(text, width, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def _columns(cells: list[list[str]], width: int, bullet: str = "- ") -> list[str]:
    """Return texts side by side, each cell wrapped to its column."""
    if not any(cells):
        return []
    column = (width - len(BETWEEN) * (len(cells) - 1)) // len(cells)
    wrapped = [[line for text in cell for line in _bullet(text, column, bullet)] for cell in cells]
    height = max(map(len, wrapped))
    return [
        BETWEEN.join((cell[row] if row < len(cell) else "").ljust(column) for cell in wrapped)
        for row in range(height)
    ]


def _comparison(told: list[Narrative], width: int) -> list[str]:
    """Return the facts that differed in the end."""
    lines = ["IN THE END", ""]
    label = max(len(name) for name in told[0].facts) + 2
    column = (width - label) // len(told)
    rows: Iterable[tuple[str, list[str]]] = [
        (name, [one.facts[name] for one in told]) for name in told[0].facts
    ]
    lines += _row("", [title(one.scenario) for one in told], label, column)
    for name, values in rows:
        lines += _row(name, values, label, column)
    if len(told) > 1 and told[0].facts == told[1].facts:
        lines += ["", "None of the facts compared here differs between the two runs."]
    return lines


def _row(name: str, values: list[str], label: int, column: int) -> list[str]:
    wrapped = [wrap(value, column - 2) or [""] for value in values]
    height = max(map(len, wrapped))
    return [
        (name if row == 0 else "").ljust(label)
        + "".join((cell[row] if row < len(cell) else "").ljust(column) for cell in wrapped)
        for row in range(height)
    ]
