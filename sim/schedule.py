"""The day of a model: its blocks, each with the submodel it belongs to."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from operator import methodcaller
from time import process_time
from typing import Any, NamedTuple

from sim import vocabulary as words
from sim.agents.city import LOGS_OF_THE_CITY
from sim.city_model import CityModel
from sim.config.cost_lines import PAYERS
from sim.config.mistakes import ConfigurationError, nearest
from sim.mesa_model import DailyModel
from sim.observation.definitions import DEFINITIONS
from sim.submodels.submodel import CADENCES, DAYS_BETWEEN, Block, Submodel


class ScheduledBlock(NamedTuple):
    """A block of the day of one model.

    Attributes
    ----------
    name, cadence : str
        As in `Block`.
    run : callable
        Does what the block does, without arguments.
    days_between : int
        Days from one run to the next.
    """

    name: str
    cadence: str
    run: Callable[[], None]
    days_between: int

    def is_due(self, day: int) -> bool:
        """Return True if the block runs on a day, counted from the first day of burn-in."""
        return day % self.days_between == 0


def _scheduled(block: Block, owner: Submodel | None, model: Any) -> ScheduledBlock:
    # The method is looked up when it runs: a subclass or a user may have replaced it.
    run = (
        partial(block.run, model)
        if owner is None
        else partial(methodcaller(block.run.__name__), owner)
    )
    return ScheduledBlock(block.name, block.cadence, run, DAYS_BETWEEN[block.cadence])


def owner_of(block: Block, kinds: Iterable[type[Submodel]]) -> type[Submodel] | None:
    """Return the submodel a block is a method of, or None if it is a function of the model."""
    for kind in kinds:
        if vars(kind).get(block.run.__name__) is block.run:
            return kind
    return None


def scheduled(
    model: Any, blocks: Sequence[Block], submodels: Sequence[Submodel]
) -> tuple[ScheduledBlock, ...]:
    """Return the blocks of a model's day, with user-defined blocks at the places they ask for.

    Parameters
    ----------
    model : AlmatyModel
    blocks : sequence of Block
        The order of the day.
    submodels : sequence of Submodel
        All submodels, user-defined ones last.
    """
    by_kind = {type(one): one for one in submodels}
    day = []
    for block in blocks:
        kind = owner_of(block, by_kind)
        day.append(_scheduled(block, None if kind is None else by_kind[kind], model))
    for submodel in submodels:
        for block in submodel.blocks:
            place = [other.name for other in day].index(block.after)
            day.insert(place + 1, _scheduled(block, submodel, model))
    return tuple(day)


def check_declarations(
    kinds: Sequence[type[Submodel]], schedule: Sequence[Block], purposes: Sequence[str]
) -> None:
    """Raise `TypeError` unless the program's own submodels fit together.

    Every block must belong to a listed submodel, and every log of the city must be declared by
    exactly one submodel.
    """
    for block in schedule:
        if "<lambda>" not in block.run.__qualname__ and owner_of(block, kinds) is None:
            raise TypeError(f"block '{block.name}': {block.run.__qualname__} is in no submodel")
        if block.cadence not in DAYS_BETWEEN:
            raise TypeError(f"block '{block.name}': unknown cadence '{block.cadence}'")
    declared = [name for kind in kinds for name in kind.events]
    for what, found in (
        ("submodel", [kind.name for kind in kinds]),
        ("block", [block.name for block in schedule]),
        ("log", declared),
        ("purpose", list(purposes)),
    ):
        twice = {name for name in found if found.count(name) > 1}
        if twice:
            raise TypeError(f"{what} '{min(twice)}' is declared twice")
    missing = set(LOGS_OF_THE_CITY) - set(declared)
    if missing:
        raise TypeError(f"no submodel declares the log '{min(missing)}' of the city")


def check_from_outside(
    kinds: Sequence[type[Submodel]], own: Sequence[type[Submodel]], schedule: Sequence[Block]
) -> None:
    """Raise `ConfigurationError` unless user-defined submodels fit into the model and its day.

    Parameters
    ----------
    kinds : sequence of type
        User-defined submodels.
    own : sequence of type
        The program's own.
    schedule : sequence of Block
        The order of the day.
    """
    blocks = [block.name for block in schedule]
    taken: dict[str, set[str]] = {
        "submodel": {kind.name for kind in own},
        "log": {name for kind in own for name in kind.events},
        "purpose": set(words.Purpose),
        "block": set(blocks),
        "indicator": {one.name for one in DEFINITIONS},
    }
    for kind in kinds:
        for what, names in (
            ("submodel", [kind.name]),
            ("log", list(kind.events)),
            ("purpose", list(kind.purposes)),
            ("block", [block.name for block in kind.blocks]),
            ("indicator", [one.name for one in kind.indicators]),
        ):
            for name in names:
                if name in taken[what]:
                    raise ConfigurationError(
                        f"{kind.__name__}: there is a {what} '{name}' already; choose another name"
                    )
                taken[what].add(name)
        _check_blocks(kind, blocks)
        for path in (*kind.levers, *kind.shocks):
            if not path.startswith(f"{kind.name}."):
                raise ConfigurationError(
                    f"{kind.__name__}: lever '{path}' is not one of its own ({kind.name}.*)"
                )
        _check_costs(kind)


def _check_costs(kind: type[Submodel]) -> None:
    """Check the costs that a user-defined submodel declares for its levers."""
    own = {} if kind.section is None else kind.section.model_fields
    for cost in kind.lever_costs:
        if cost.pattern not in kind.levers:
            raise ConfigurationError(
                f"{kind.__name__}: a cost is declared for '{cost.pattern}': "
                f"{nearest(cost.pattern, kind.levers)}"
            )
        for line in cost.lines:
            section, _, name = line.entry.rpartition(".")
            if section != kind.name or name not in own:
                raise ConfigurationError(
                    f"{kind.__name__}: unit cost '{line.entry}' is not one of its own parameters "
                    f"({kind.name}.*)"
                )
            if line.payer not in PAYERS:
                raise ConfigurationError(
                    f"{kind.__name__}: unknown payer '{line.payer}': {nearest(line.payer, PAYERS)}"
                )


def _check_blocks(kind: type[Submodel], known: list[str]) -> None:
    """Check the blocks of a user-defined submodel, and add them to the known ones."""
    for block in kind.blocks:
        where = f"{kind.__name__}, block '{block.name}'"
        if block.after not in known:
            raise ConfigurationError(
                f"{where}: unknown block '{block.after}' to follow: {nearest(block.after, known)}"
            )
        if block.cadence not in CADENCES:
            raise ConfigurationError(
                f"{where}: unknown cadence '{block.cadence}': {nearest(block.cadence, CADENCES)}"
            )
        if getattr(kind, block.run.__name__, None) is None:
            raise ConfigurationError(f"{where}: {block.run.__name__} is not a method of it")
        known.append(block.name)


class ScheduledModel(DailyModel, CityModel):
    """A model whose day is a sequence of blocks.

    Attributes
    ----------
    schedule : tuple of ScheduledBlock
        The order of the day.
    block_seconds : dict or None
        CPU seconds used by each block, if it is set to a dictionary.
    """

    schedule: tuple[ScheduledBlock, ...]
    block_seconds: dict[str, float] | None = None
    _switched_off: frozenset[str] = frozenset()

    @property
    def switched_off(self) -> frozenset[str]:
        """Names of the blocks of the day that are left out."""
        return self._switched_off

    @switched_off.setter
    def switched_off(self, names: Collection[str]) -> None:
        known = [block.name for block in self.schedule]
        if isinstance(names, str) or not isinstance(names, Collection):
            raise TypeError(f"switched_off = {names!r}: must be a set of names of blocks")
        for name in names:
            if name not in known:
                raise ValueError(f"switched_off: unknown block '{name}': {nearest(name, known)}")
        self._switched_off = frozenset(names)

    def step_day(self) -> None:
        """Run the blocks of the day in their order."""
        self.check_it_can_go_on()
        # Reset at the end of the day; after an error or interrupt it stays.
        self._cannot_go_on = f"the model stopped in the middle of day {self.day}"
        self.counts["newly_severe"] = 0
        since_burn_in = self.day + self.base_world.city.burn_in_days
        for block in self.schedule:
            if since_burn_in % block.days_between or block.name in self._switched_off:
                continue
            if self.block_seconds is None:
                self.run_block(block)
            else:
                started = process_time()
                self.run_block(block)
                spent = process_time() - started
                self.block_seconds[block.name] = self.block_seconds.get(block.name, 0.0) + spent
        self.draws.audit_rules()
        self._day += 1
        self._cannot_go_on = None

    def run_block(self, block: ScheduledBlock) -> None:
        """Run one block of the day."""
        block.run()
