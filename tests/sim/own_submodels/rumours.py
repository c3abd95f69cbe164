"""Rumours: a submodel from outside the program, for tests.

Everybody hears a rumour of a raid with some probability a day, and is more easily frightened from
then on.
"""

import numpy as np

from sim.extending import (
    DAY_OFFSET,
    Block,
    City,
    Column,
    EventWriter,
    Identities,
    LogDeclaration,
    Parameters,
    Record,
    Submodel,
    active_rows,
    append_record,
    compiled,
    happens,
)


class RumourParameters(Parameters):
    """How rumours spread."""

    hearing: float
    fright: float


class Rumours(Submodel):
    """Rumours of raids."""

    section = RumourParameters
    purposes = ("rumour",)
    levers = ("rumours.hearing",)
    shocks = ("rumours.fright",)
    events = {  # noqa: RUF012
        "false_alarms": LogDeclaration(
            lambda model: model.migrants.capacity,
            day=Column(np.int32, "day", unit="day"),
            person=Column(np.uint64, "who was frightened"),
        )
    }

    def spread(self) -> None:
        """Let people hear rumours."""
        spread(self.model.city(), self.values, self.streams, self.writer("false_alarms"))

    blocks = (Block("rumours spread", spread, after="news, police, papers"),)


@compiled(allocates=True)
def spread(city: City, rumours: Record, streams: Identities, alarms: EventWriter) -> None:
    """Let everybody hear a rumour with the same probability."""
    for row in active_rows(city.rows.migrants):
        migrant = city.migrants[row]
        if happens(streams, 0, migrant.pid, city.today + DAY_OFFSET, rumours.hearing):
            migrant.fear_susceptibility += rumours.fright
            entry = append_record(alarms)
            entry.day = city.today
            entry.person = migrant.pid
