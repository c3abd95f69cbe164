"""Everything that a submodel of one's own is made of, in one place: see docs/extend.md."""

from sim import vocabulary
from sim.agents.city import City
from sim.config.entries import Frozen as Parameters
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.agentset.column import Column
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.calendar import DAY_OFFSET
from sim.engine.event_log import EventWriter, LogDeclaration, append_record
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import exponential, gumbel, happens, pick_one, uniform
from sim.engine.records import Record
from sim.engine.types import Identities, Rows
from sim.submodels.submodel import Block, Submodel

__all__ = [
    "DAY_OFFSET",
    "Block",
    "City",
    "Column",
    "EventWriter",
    "Identities",
    "LogDeclaration",
    "Parameters",
    "Record",
    "Rows",
    "Submodel",
    "World",
    "active_rows",
    "append_record",
    "by",
    "compiled",
    "exponential",
    "gumbel",
    "happens",
    "parameter_record",
    "pick_one",
    "uniform",
    "vocabulary",
]
