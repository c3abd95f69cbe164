"""Lines of cost: unit cost, payer, once or a month, and how the quantity follows from a lever."""

from collections.abc import Callable
from typing import NamedTuple

from sim.config.paths import raw_value_at
from sim.config.world import World

type Quantity = Callable[[World, World, str], float]
"""How far a lever has been moved, given the world of the day, the base world and its path."""

STATE, DONORS, CONSULATES, EMPLOYERS, FUND = PAYERS = (
    "the state", "donors", "consulates", "employers", "the fund",
)  # fmt: skip
"""Who pays for policies: "policy costs of ..." in the ledger."""
WHOEVER_RUNS_IT = "whoever runs the agency"
"""Who pays for more work of an agency, by its kind: see `PAYER_OF_AGENCY`."""
PAYER_OF_AGENCY = {
    "ngo": DONORS, "international": DONORS, "diaspora": DONORS, "consulate": CONSULATES,
}  # fmt: skip
"""Who pays for an agency, by its kind; the state for all others."""
SECTION = "costs"
"""Section of unit costs that are named without a section."""


# --- quantities -------------------------------------------------------------------------------


def added(now: World, base: World, path: str) -> float:
    """Return by how much a value is above that of the base world."""
    return _number(now, path) - _number(base, path)


def reduced(now: World, base: World, path: str) -> float:
    """Return by how much a value is below that of the base world."""
    return -added(now, base, path)


def switched_on(now: World, base: World, path: str) -> float:
    """Return 1 if a value is above 0 that is 0 in the base world."""
    return float(_number(now, path) > 0.0) - float(_number(base, path) > 0.0)


def lowered(now: World, base: World, path: str) -> float:
    """Return the share by which a value has been lowered."""
    before = _number(base, path)
    return max(0.0, 1.0 - _number(now, path) / before) if before > 0.0 else 0.0


def changed(now: World, base: World, path: str) -> float:
    """Return 1 if a value (it may be a word) is not that of the base world."""
    return float(raw_value_at(now, path) != raw_value_at(base, path))


def in_all_units(now: World, base: World, path: str) -> float:
    """Return by how much a value a unit is above that of the base world, over all units."""
    units = now.institutions[path.split(".")[1]].units
    return sum(round(one) for one in units.values()) * added(now, base, path)


def services(now: World, base: World, path: str) -> float:
    """Return the services a day that an agency has been given; of a consulate, those it uses."""
    return _services(now, path) - _services(base, path)


def _services(world: World, path: str) -> float:
    nationality = world.agencies[path.split(".")[1]].nationality
    busy = world.information.consulate_activity[nationality] if nationality else 1.0
    return busy * _number(world, path)


def _number(world: World, path: str) -> float:
    return float(raw_value_at(world, path))


QUANTITIES: dict[Quantity, str] = {
    added: "", reduced: "less", switched_on: "if there is any", lowered: "share lowered",
    changed: "if changed", in_all_units: "in all units", services: "",
}  # fmt: skip
"""Quantities in words, for tables."""


# --- declarations -----------------------------------------------------------------------------


class CostLine(NamedTuple):
    """One cost of a lever: a unit cost times a quantity.

    Attributes
    ----------
    entry : str
        The unit cost: a name of `conf/parameters/costs.yaml`, or a path such as
        ``"rumours.message"``; a table is one by kind of institution. Empty: the lever is money.
    payer : str
        One of `PAYERS`, or `WHOEVER_RUNS_IT`.
    once : bool
        Whether it is paid once (for the largest quantity so far) or every month.
    quantity : callable
        See above.
    shared : bool
        Whether levers that name the same unit cost share it: the largest quantity counts.
    booked_apart : bool
        Whether the ledger has a flow of its own for it.
    """

    entry: str
    payer: str
    once: bool = False
    quantity: Quantity = added
    shared: bool = False
    booked_apart: bool = False

    def __str__(self) -> str:
        words = [f"`{self.entry}`" if self.entry else "its own amount", QUANTITIES[self.quantity]]
        when = "once" if self.once else "a month"
        return f"{' '.join(filter(None, words))}, {when}, {self.payer}"


class LeverCost(NamedTuple):
    """What moving the levers of a pattern costs.

    Attributes
    ----------
    pattern : str
        As in `sim.config.levers.LEVERS`. The first declaration that fits a lever holds.
    lines : tuple of CostLine
    elsewhere : str
        Where the (rest of the) cost is found, if not in `lines`.
    not_costed : str
        Why it is not costed.
    kinds : tuple of str
        Kinds of institutions or agencies for which it holds; none: all.
    """

    pattern: str
    lines: tuple[CostLine, ...] = ()
    elsewhere: str = ""
    not_costed: str = ""
    kinds: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.not_costed:
            return f"not costed: {self.not_costed}"
        return "; ".join(filter(None, [*map(str, self.lines), self.elsewhere]))


def once(entry: str, payer: str, quantity: Quantity = added, *, shared: bool = False) -> CostLine:
    """Return a cost that is paid once."""
    return CostLine(entry, payer, True, quantity, shared)


def monthly(
    entry: str, payer: str, quantity: Quantity = added, *, shared: bool = False
) -> CostLine:
    """Return a cost that is paid every month."""
    return CostLine(entry, payer, False, quantity, shared)


def kind_of(path: str, world: World) -> str:
    """Return the kind of the institution or agency that a lever belongs to."""
    section, _, rest = path.partition(".")
    name = rest.partition(".")[0]
    if section == "institutions":
        return world.institutions[name].kind
    return world.agencies[name].kind if section == "agencies" else ""
