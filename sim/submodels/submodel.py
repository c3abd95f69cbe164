"""What every submodel has in common: it declares what is its own.

A submodel is one class. The model takes from it, and from nowhere else, the section of the
configuration, the purposes of its draws, the logs it writes, the levers it adds, and, for a class
from outside this repository, where in the day it stands.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from sim.config.cost_lines import LeverCost
from sim.config.entries import Frozen, parameter_record
from sim.config.own_code import hash_of_code, modules_of
from sim.config.world import World
from sim.engine.agentset.column import BelongsToModel
from sim.engine.event_log import EventLog, EventWriter, LogDeclaration
from sim.engine.records import Record, for_rules
from sim.engine.types import Column, Identities

if TYPE_CHECKING:
    from sim.city_model import CityModel
    from sim.observation.definitions import Definition

DAYS_BETWEEN = {
    "daily": 1, "weekly": 7, "monthly": 30, "weekly seventh": 1, "monthly thirtieth": 1,
}  # fmt: skip
"""Days from one run of a block to the next, by its cadence. A block that takes a seventh or a
thirtieth of the people runs every day."""
NO_PARAMETERS: Column = np.empty(0)
CADENCES = ("daily", "weekly", "monthly")
"""Cadences of blocks from outside."""


class Block(NamedTuple):
    """One block of the day.

    Attributes
    ----------
    name : str
        What it does, as the order of the day says it.
    run : callable
        A method of a submodel, e.g. ``Demography.depart``.
    cadence : str
        One of `DAYS_BETWEEN`. Days are counted from the first day of burn-in.
    after : str
        For a block from outside: name of the block it follows.
    """

    name: str
    run: Callable[[Any], None]
    cadence: str = "daily"
    after: str = ""


class Submodel(BelongsToModel):
    """A part of the day.

    The state of the city lives in the cohorts, in `Clinics` and `Agencies`. A submodel holds tables
    made from today's parameters, which `prepare` renews when something it reads has moved, and the
    logs it declares.

    Attributes
    ----------
    name : str
        Name of the class in snake case: of the attribute of the model and of the section.
    code : str
        Hash of the files of a class from outside, when it was imported: see `sim.config.own_code`.
    section : type, optional
        For a class from outside: the type of its parameters, a subclass of `sim.config.Frozen`.
        Their values are in the file ``parameters/NAME.yaml``.
    purposes : tuple of str
        For a class from outside: what it draws for. Row i of `streams` holds the keys of the i-th.
    events : mapping
        The logs it writes, by name.
    levers, shocks : tuple of str
        For a class from outside: paths of its parameters that a scenario or a shock may change.
    lever_costs : tuple of LeverCost
        For a class from outside: what moving its levers costs, with unit costs among its own
        parameters. A lever without such a declaration is not costed.
    blocks : tuple of Block
        For a class from outside: what it does in a day.
    indicators : tuple of Definition
        For a class from outside: indicators of its own.
    parameters : array of one record, or of none
        Numbers and tables for rules, made by `prepare`.
    logs : dict of str to EventLog
        What has been written into the logs it declares.
    """

    name: ClassVar[str] = ""
    code: ClassVar[str] = ""
    section: ClassVar[type[Frozen] | None] = None
    purposes: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[Mapping[str, LogDeclaration]] = {}
    levers: ClassVar[tuple[str, ...]] = ()
    shocks: ClassVar[tuple[str, ...]] = ()
    lever_costs: ClassVar[tuple[LeverCost, ...]] = ()
    blocks: ClassVar[tuple[Block, ...]] = ()
    indicators: ClassVar[tuple["Definition", ...]] = ()

    parameters: Column = NO_PARAMETERS
    logs: dict[str, EventLog]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.code = hash_of_code(*modules_of(cls))

    def __init__(self, model: "CityModel") -> None:
        self.model = model
        self.start_logs()

    def start_logs(self) -> None:
        """Begin new logs, in which nothing is written yet."""
        self.logs = {name: declared.new() for name, declared in self.events.items()}

    def prepare(self, world: World) -> None:
        """Turn today's parameters into tables for rules.

        By default the single numbers of `section` become fields of `parameters`.

        Parameters
        ----------
        world : World
            What is read of it is noted, so that `prepare` runs again if just that has moved: take
            values from here, not from ``self.model.world``.
        """
        if self.section is not None:
            self.parameters = parameter_record(getattr(world, self.name))

    @property
    def values(self) -> Record:
        """The record of `parameters`, for rules."""
        return for_rules(self.parameters)[0]

    @property
    def streams(self) -> Identities:
        """Keys of the draws for `purposes`, for rules: see `sim.engine.random.scalar`."""
        return self.model.draws.streams_of(self.purposes)

    def writer(self, name: str) -> EventWriter:
        """Return a log for rules to write to, with room for what may happen today.

        Parameters
        ----------
        name : str
            One of `events`.
        """
        log = self.logs[name]
        self.model.city()  # makes room, once a day
        return log.open()
