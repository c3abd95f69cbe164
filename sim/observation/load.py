"""Indicators of the load of institutions (C0 and L block)."""

from collections.abc import Iterator

import numpy as np

from sim import vocabulary as words
from sim.agents.agency import WAITED_IN
from sim.agents.clinic import ambulance_wait_minutes
from sim.agents.task import Move
from sim.engine.types import Column
from sim.observation.definition import Better, Definition, Format
from sim.observation.tally import Ratio, Value, by_stratum, share
from sim.observation.window import Window

HIGH_QUEUE = 0.95
"""Quantile of the daily queues reported beside their mean."""


def contacts(window: Window) -> Iterator[Ratio]:
    """Yield visits by kind of institution, and services by agency.

    Services of agencies include people taken in by the reception centre through the police.
    """
    visits, moves = window.visits, window.handovers
    for code, kind in enumerate(words.INSTITUTION_KINDS):
        counted = by_stratum(visits, window.visited & (visits["institution"] == code))
        yield Ratio(counted, window.person_years, detail=kind)
    given = np.isin(moves["move"], [Move.SERVED, Move.SERVED_IN_VAIN, Move.TAKEN_IN])
    service = window.handed_over & given
    for number, name in enumerate(window.model.agencies.names):
        counted = by_stratum(moves, service & (moves["target"] == number))
        yield Ratio(counted, window.person_years, detail=name)


def load(window: Window) -> Iterator[Value]:
    """Yield use of slots, queues, full days, diversion and boarding, by institution."""
    yield from load_of_clinics(window)
    boarding = window.model.diary.counts["boarding"][window.days]
    if len(boarding):
        yield Value(
            float(boarding.mean()), len(boarding), "boarding, mean", "institution", "hospital"
        )
    yield from load_of_agencies(window)


def load_of_clinics(window: Window) -> Iterator[Value]:
    """Yield the load of each kind of clinic."""
    diary, clinics, days = window.model.diary, window.model.clinics, window.days
    slots, served, waiting, diverted = (
        diary.by_unit(name)[days] for name in ("slots", "served_today", "waiting", "diverted_today")
    )
    for kind in words.INSTITUTION_KINDS:
        units = clinics.of_kind(kind)
        if len(units) == 0 or len(slots) == 0:
            continue
        of_kind = slots[:, units]
        yield from use_and_queue(
            of_kind, served[:, units], waiting[:, units].sum(axis=1), kind, of_kind.size
        )
        turned_away = float(diverted[:, units].sum(axis=1).mean())
        yield Value(turned_away, of_kind.size, "diverted a day", "institution", kind)


def load_of_agencies(window: Window) -> Iterator[Value]:
    """Yield the load of each agency, all lines that people wait in together."""
    slots, served, waiting = (
        window.model.diary.by_agency(name)[window.days]
        for name in ("slots", "served_today", "waiting")
    )
    if len(slots) == 0:
        return
    for number, agency in enumerate(window.model.agencies.names):
        given, used, queue = (
            series[:, number, :WAITED_IN].sum(axis=1) for series in (slots, served, waiting)
        )
        yield from use_and_queue(given, used, queue, agency, len(slots))


def use_and_queue(
    slots: Column, served: Column, queue: Column, institution: str, cases: int
) -> Iterator[Value]:
    """Yield use of capacity, queues and full days of an institution.

    Parameters
    ----------
    slots, served : array
        Per day, and per unit if the institution has several.
    queue : array of shape (days,)
    institution : str
    cases : int
    """
    open_days = slots > 0
    full = ((served >= slots) & open_days).sum()
    for detail, value in (
        ("services / capacity", share(served.sum(), slots.sum())),
        ("mean queue", float(queue.mean())),
        ("95 % queue", float(np.quantile(queue, HIGH_QUEUE))),
        ("share of open days without a free slot", share(float(full), float(open_days.sum()))),
    ):
        yield Value(value, cases, detail, "institution", institution)


def load_on_residents(window: Window) -> Iterator[Value]:
    """Yield the effect on residents of migrants' use of ambulances and beds."""
    diary, clinics = window.model.diary, window.model.clinics
    minutes_waited = diary.counts["ambulance_wait"][window.days]
    days = len(minutes_waited)
    if days == 0:
        return
    for crews, background, minutes in clinics.ambulance_response:
        alone = ambulance_wait_minutes(crews, background, minutes)
        extra = max(float(minutes_waited.mean()) - alone, 0.0)
        known = bool(np.isfinite(extra))
        yield Value(
            extra if known else float("nan"), days if known else 0,
            "extra minutes for an ambulance",
        )  # fmt: skip
    hospitals = clinics.of_kind("hospital")
    beds = float(clinics.beds[hospitals].sum())
    taken = float(diary.by_unit("in_bed")[window.days][:, hospitals].sum(axis=1).mean())
    percent = 100 * taken / beds if beds else float("nan")
    yield Value(percent, days if beds else 0, "% of hospital beds")


DEFINITIONS = (
    Definition(
        name="contacts", code="C0", unit="per 1,000 person-years", per=1000,
        format=Format.DECIMAL, better=Better.NEITHER, count=contacts,
    ),
    Definition(
        name="load", code="L1", unit="share", format=Format.DECIMAL, better=Better.LOWER,
        count=load,
    ),
    Definition(
        name="load_on_residents", code="L2", unit="minutes or percent", format=Format.DECIMAL,
        better=Better.LOWER, count=load_on_residents,
    ),
)  # fmt: skip
"""Indicators of load."""
