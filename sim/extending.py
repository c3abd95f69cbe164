"""All names that a user-defined submodel needs, in one place: see docs/extend.md."""

from sim import vocabulary
from sim.agents.city import City
from sim.config.cost_lines import LeverCost, monthly, once, reduced, switched_on
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
from sim.observation.definitions import Better, Curve, Definition, Format, Ratio, Value, Window
from sim.observation.tally import by_stratum
from sim.submodels.submodel import Block, Submodel

__all__ = [
    "DAY_OFFSET",
    "Better",
    "Block",
    "City",
    "Column",
    "Curve",
    "Definition",
    "EventWriter",
    "Format",
    "Identities",
    "LeverCost",
    "LogDeclaration",
    "Parameters",
    "Ratio",
    "Record",
    "Rows",
    "Submodel",
    "Value",
    "Window",
    "World",
    "active_rows",
    "append_record",
    "by",
    "by_stratum",
    "compiled",
    "exponential",
    "gumbel",
    "happens",
    "monthly",
    "once",
    "parameter_record",
    "pick_one",
    "reduced",
    "switched_on",
    "uniform",
    "vocabulary",
]
