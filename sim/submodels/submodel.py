"""What every submodel has in common."""

from typing import TYPE_CHECKING

from sim.config.world import World
from sim.engine.agentset.column import BelongsToModel
from sim.engine.types import Column

if TYPE_CHECKING:
    from sim.model import AlmatyModel


class Submodel(BelongsToModel):
    """A part of the day.

    A submodel keeps no state of its own: state lives in the cohorts and in `Clinics`. It only
    holds tables made from today's parameters, which `prepare` renews whenever a lever moves.

    Attributes
    ----------
    numbers : array of one record
        Numbers and tables for the submodel's rules.
    """

    numbers: Column

    def __init__(self, model: "AlmatyModel") -> None:
        self.model = model

    def prepare(self, world: World) -> None:
        """Turn today's parameters into tables."""
