"""What each lever costs those who run a policy, as data.

For every lever stands here either what it costs (unit costs of `conf/parameters/costs.yaml`, who
pays, once or a month, and how the quantity follows from its value), or which flows of money of the
run hold its cost (`elsewhere`), or that it is not costed and why. A lever without any of the three
is not costed. What a scenario costs in all: `sim.config.policy_cost`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sim.config.cost_lines import (
    CONSULATES,
    DONORS,
    EMPLOYERS,
    FUND,
    PAYER_OF_AGENCY,
    SECTION,
    STATE,
    WHOEVER_RUNS_IT,
    CostLine,
    LeverCost,
    changed,
    in_all_units,
    kind_of,
    lowered,
    monthly,
    once,
    reduced,
    services,
    switched_on,
)
from sim.config.levers import lever_paths, levers_with, matches
from sim.config.world import World

WITH_THE_HUB = "paid with the cases, letters, escorts and bookings of the coordinating body"
OF_THE_MODEL = "a property of people or institutions, not an instrument"
DECREE = once("reporting_rule", STATE, lowered)
NEW_LAW = LeverCost(
    "law.*",
    (once("osms_set_up", STATE, changed, shared=True),),
    elsewhere="contributions, care paid by the state, the fund and insurers; administration of the "
    "fund, which it pays from contributions (no law book lets the state contribute for migrants)",
)
LEVER_COSTS = (
    # News.
    LeverCost("information.briefing_coverage", (monthly("briefing", STATE),)),
    LeverCost("information.consulate_reach.*", (monthly("consulate_reach", CONSULATES),)),
    LeverCost("information.diaspora_reach", (monthly("diaspora_reach", DONORS),)),
    LeverCost("information.ngo_reach", (monthly("ngo_reach", DONORS),)),
    LeverCost("information.media_reach", (monthly("media_reach", STATE),)),
    LeverCost("information.employer_induction", (monthly("employer_induction", EMPLOYERS),)),
    LeverCost(
        "information.firewall_announced",
        (once("announcement_set_up", STATE), monthly("announcement", STATE)),
    ),
    LeverCost("information.consulate_activity.other", not_costed="no consulate is behind it"),
    LeverCost(
        "information.consulate_activity.*",
        elsewhere="paid with the services that the consulate then gives (`agencies.*.capacity.*`)",
    ),
    # Law, papers, work and pay.
    NEW_LAW,
    LeverCost("legal_status.regularisation", (monthly("amnesty", STATE),)),
    LeverCost("legal_status.regularisation_fee", elsewhere="permits and registration"),
    LeverCost("employment.inspection_factor", (monthly("inspections", STATE),)),
    LeverCost("employment.fine", elsewhere="fines of employers"),
    LeverCost("employment.formal_leave", not_costed="hours of work lost to visits are not counted"),
    LeverCost(
        "employment.works_clinic_share",
        (monthly("works_clinic", EMPLOYERS),),
        elsewhere="care paid by employers",
    ),
    LeverCost("employment.check_ups", elsewhere="care paid by employers"),
    LeverCost("money.formal_sick_pay", elsewhere="wages"),
    # Insurance and prices.
    LeverCost("insurance.voluntary_premium", elsewhere="contributions of members"),
    LeverCost("insurance.policy_price", elsewhere="policies bought by employers and workers"),
    LeverCost("insurance.policy_limit", elsewhere="care paid by insurers"),
    LeverCost("insurance.papers_required", elsewhere="care paid by the fund"),
    LeverCost("insurance.card", (monthly("card", FUND),), elsewhere="care paid by the fund"),
    LeverCost("payment.state_paid_days_after_emergency", elsewhere="care paid by the state"),
    LeverCost("payment.price.*", elsewhere="care, by who pays for it"),
    # Clinics. (Visits and days in bed are paid for in the run.)
    LeverCost(
        "institutions.*.capacity",
        (once("mobile_set_up", STATE, in_all_units), monthly("mobile_slot", STATE, in_all_units)),
        elsewhere="care, by who pays for it", kinds=("mobile_clinic",),
    ),
    LeverCost(
        "institutions.*.capacity", kinds=("private",),
        not_costed="nobody runs private doctors as a policy",
    ),
    LeverCost(
        "institutions.*.capacity", (monthly("clinic_slot", STATE, in_all_units),),
        elsewhere="care, by who pays for it",
    ),
    LeverCost(
        "institutions.*.beds", (monthly("clinic_bed", STATE, in_all_units),),
        elsewhere="care, by who pays for it",
    ),
    LeverCost("institutions.*.crews", (monthly("ambulance_crew", STATE, in_all_units),)),
    LeverCost("institutions.*.interpreter", (monthly("interpreter", STATE),)),
    LeverCost(
        "institutions.*.knows",
        not_costed="how staff come to know more is not said (see `coordination.directory`)",
    ),
    LeverCost("institutions.*.reports", (DECREE,)),
    # Agencies.
    LeverCost(
        "agencies.*.capacity.casework", (monthly("hub_slot", STATE),), kinds=("coordination",)
    ),
    LeverCost(
        "agencies.*.capacity.information",
        (monthly("information_slot", WHOEVER_RUNS_IT, services),),
    ),
    LeverCost(
        "agencies.*.capacity.casework", (monthly("casework_slot", WHOEVER_RUNS_IT, services),)
    ),
    LeverCost("agencies.*.capacity.papers", (monthly("papers_slot", WHOEVER_RUNS_IT, services),)),
    LeverCost("agencies.*.capacity.bookings", (monthly("hub_booking", WHOEVER_RUNS_IT),)),
    LeverCost(
        "agencies.*.capacity.letters", (monthly("hub_letter", WHOEVER_RUNS_IT),),
        elsewhere="care paid by the joint fund",
    ),
    LeverCost("agencies.*.capacity.escorts", (monthly("hub_escort", WHOEVER_RUNS_IT),)),
    LeverCost(
        "agencies.*.processing_days.*", (monthly("processing_day", WHOEVER_RUNS_IT, reduced),)
    ),
    LeverCost("agencies.*.closes_at", (monthly("opening_hour", WHOEVER_RUNS_IT),)),
    LeverCost("agencies.*.beds", (monthly("shelter_bed", WHOEVER_RUNS_IT),)),
    LeverCost(
        "agencies.*.knows",
        not_costed="how staff come to know more is not said (see `coordination.directory`)",
    ),
    LeverCost("agencies.*.reports", (DECREE,)),
    LeverCost("agencies.*.grant", elsewhere="grants to NGOs and IOM"),
    # The coordinating body.
    LeverCost("coordination.stand_by", (once("set_up", STATE, switched_on),)),
    LeverCost("coordination.joint_fund", (CostLine("", STATE, booked_apart=True),)),
    LeverCost("coordination.directory", (monthly("directory", STATE, switched_on),)),
    LeverCost("coordination.matching", (monthly("registry", STATE, switched_on, shared=True),)),
    LeverCost("coordination.recall", (monthly("registry", STATE, switched_on, shared=True),)),
    LeverCost("coordination.firewall", elsewhere="a rule of the registry, paid with it"),
    LeverCost(
        "coordination.front_desk_training",
        (once("desk_training_set_up", STATE), monthly("desk_training", STATE)),
    ),
    LeverCost(
        "coordination.participation",
        elsewhere="time of the partners: a coordinated task takes `overhead` more slots of theirs",
    ),
    LeverCost("coordination.turned_away_told", elsewhere=WITH_THE_HUB),
    LeverCost("coordination.load_awareness", elsewhere=WITH_THE_HUB),
    LeverCost("coordination.severity_first", elsewhere="nothing: another order of a line"),
    LeverCost("coordination.vulnerability_first", elsewhere="nothing: another order of a line"),
    *(
        LeverCost(f"coordination.{name}", not_costed=OF_THE_MODEL)
        for name in (
            "booked_weight", "booked_days", "booked_wait", "escort_reassures", "recall_days",
            "fear_of_sharing", "fear_and_consent", "overhead", "hub_delay",
        )
    ),
)  # fmt: skip
"""What the levers of `sim.config.levers.LEVERS` cost."""
NO_DECLARATION = LeverCost("*", not_costed="nobody has declared what it costs")
NO_LEVER = LeverCost("*", not_costed="no policy can move it")


def costs_with(submodels: Iterable[Any]) -> tuple[LeverCost, ...]:
    """Return the declared costs of levers, those of some submodels included."""
    return (*LEVER_COSTS, *(one for kind in submodels for one in kind.lever_costs))


def declared_cost(path: str, world: World, declared: Sequence[LeverCost]) -> LeverCost | None:
    """Return what has been declared about the cost of a lever, or None."""
    for one in declared:
        if matches(path, (one.pattern,)) and (not one.kinds or kind_of(path, world) in one.kinds):
            return one
    return None


def cost_of_lever(path: str, world: World, submodels: Sequence[Any] = ()) -> LeverCost:
    """Return what moving a value costs; if it is not a lever, or nothing is declared, why not."""
    if not matches(path, levers_with(submodels)):
        return NO_LEVER
    return declared_cost(path, world, costs_with(submodels)) or NO_DECLARATION


# --- the lines of a world -------------------------------------------------------------------


class AppliedLine(NamedTuple):
    """A line of cost, with the payer and the levers that it holds for.

    Attributes
    ----------
    line : CostLine
    payer : str
    paths : tuple of str
        One lever, or those that share the cost.
    """

    line: CostLine
    payer: str
    paths: tuple[str, ...]

    def amount(self, now: World, base: World) -> float:
        """Return the cost in a world, beyond that of the base world, in KZT."""
        quantity = max(self.line.quantity(now, base, path) for path in self.paths)
        return quantity * unit_cost(now, self.line, self.paths[0]) if quantity else 0.0


def unit_cost(world: World, line: CostLine, path: str) -> float:
    """Return the unit cost of a line for a lever, in KZT."""
    if not line.entry:
        return 1.0
    section, _, name = line.entry.rpartition(".")
    price = getattr(getattr(world, section or SECTION), name)
    return float(price[kind_of(path, world)] if isinstance(price, dict) else price)


def applied_lines(base: World, submodels: Sequence[Any] = ()) -> tuple[AppliedLine, ...]:
    """Return all lines of cost of the levers of a world.

    Parameters
    ----------
    base : World
    submodels : sequence of type
        User-defined submodels.
    """
    found: list[AppliedLine] = []
    place_of_shared: dict[str, int] = {}
    for path in lever_paths(base, levers_with(submodels)):
        for line in cost_of_lever(path, base, submodels).lines:
            if line.shared and line.entry in place_of_shared:
                place = place_of_shared[line.entry]
                found[place] = found[place]._replace(paths=(*found[place].paths, path))
                continue
            if line.shared:
                place_of_shared[line.entry] = len(found)
            payer = line.payer
            if payer == WHOEVER_RUNS_IT:
                payer = PAYER_OF_AGENCY.get(kind_of(path, base), STATE)
            found.append(AppliedLine(line, payer, (path,)))
    return tuple(found)
