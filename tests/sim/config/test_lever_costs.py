"""Costs of levers: complete or absent, who pays, and how they follow from what is moved."""

from collections.abc import Sequence
from typing import Any

import pytest

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.config.cost_lines import (
    PAYER_OF_AGENCY,
    PAYERS,
    WHOEVER_RUNS_IT,
    LeverCost,
    added,
    in_all_units,
    monthly,
    once,
    reduced,
    services,
)
from sim.config.lever_costs import LEVER_COSTS, applied_lines, cost_of_lever, declared_cost
from sim.config.levers import LEVERS, Change, lever_paths, matches
from sim.config.loading import load_scenario
from sim.config.mistakes import ConfigurationError
from sim.config.policy_cost import policy_cost
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.calendar import DAYS_A_MONTH
from sim.engine.ledger import Chart
from sim.extending import Parameters, Submodel
from sim.model import AlmatyModel
from sim.schedule import check_from_outside

DAYS = 100


@pytest.fixture(scope="module")
def almaty() -> Scenario:
    return load_scenario("baseline", ["city=almaty", f"days={DAYS}"])


def undeclared(
    world: World, patterns: tuple[str, ...] = LEVERS, declared: Sequence[LeverCost] = LEVER_COSTS
) -> list[str]:
    """Return the levers that have neither a cost nor a reason why not."""
    found = {path: declared_cost(path, world, declared) for path in lever_paths(world, patterns)}
    return [
        path
        for path, one in found.items()
        if one is None or not (one.lines or one.elsewhere or one.not_costed)
    ]


def moved(almaty: Scenario, path: str, value: float, **dates: Any) -> Scenario:
    change: dict[str, Any] = {"path": path, "value": value, "start_day": 0, **dates}
    return almaty.with_changes([change])


# --- completeness -----------------------------------------------------------------------------


@pytest.mark.claim("V31")
def test_every_lever_has_a_cost_or_a_reason_why_not(almaty: Scenario) -> None:
    assert len(lever_paths(almaty.world)) > 150
    assert undeclared(almaty.world) == []


@pytest.mark.claim("V31")
def test_a_lever_without_cost_would_be_found(almaty: Scenario) -> None:
    planted = (*LEVERS, "referral.papers_asked")
    assert undeclared(almaty.world, planted) == ["referral.papers_asked"]
    fewer = [one for one in LEVER_COSTS if one.pattern != "information.media_reach"]
    assert undeclared(almaty.world, declared=fewer) == ["information.media_reach"]


def test_every_declaration_is_about_a_lever_and_says_one_thing(almaty: Scenario) -> None:
    paths = lever_paths(almaty.world)
    for one in LEVER_COSTS:
        assert any(matches(path, (one.pattern,)) for path in paths), one.pattern
        assert bool(one.not_costed) != bool(one.lines or one.elsewhere), one.pattern
        assert all(line.payer in (*PAYERS, WHOEVER_RUNS_IT) for line in one.lines), one.pattern


def test_every_unit_cost_belongs_to_some_lever(almaty: Scenario) -> None:
    named = {line.entry for one in LEVER_COSTS for line in one.lines if line.entry}
    unit_costs = set(type(almaty.world.costs).model_fields) - {"discount_rate", "gdp_per_capita"}
    assert named == unit_costs


def test_every_payer_has_a_flow_of_the_ledger() -> None:
    assert isinstance(CHART, Chart)
    assert {f"policy costs of {payer}" for payer in PAYERS} <= set(CHART.names)
    assert set(PAYER_OF_AGENCY) <= {one.name.lower() for one in words.AgencyKind}


# --- amounts ----------------------------------------------------------------------------------


def test_the_baseline_costs_nothing(almaty: Scenario) -> None:
    cost = policy_cost(almaty)
    assert (cost.items, cost.by_payer, cost.not_costed) == ((), {}, {})
    assert tuple(cost.total) == (0.0, 0.0, 0.0)
    model = AlmatyModel(load_scenario("baseline", ["city.population=200", "city.burn_in_days=60"]))
    model.run_for(3)
    assert set(model.funding.policy_cost_a_day.values()) == {0}
    assert len(model.logs["set_ups"]) == 0


LINEAR = (added, reduced, in_all_units, services)


def test_costs_are_linear_where_they_are_declared_so(almaty: Scenario) -> None:
    """Half of the way to the end of its range costs half as much."""
    base, tried = almaty.world, 0
    for line in applied_lines(base):
        if line.line.quantity not in LINEAR:
            continue
        path = line.paths[0]
        owners = [one for one in almaty.entries if f"{path}.".startswith(f"{one}.")]
        if not owners:  # such as beds of an institution that has none in this city
            continue
        entry = almaty.entries[owners[0]]
        before = cost_basis(base, path)
        end = entry.low if line.line.quantity is reduced else entry.high
        half, whole = (
            line.amount(base.with_value(path, before + share * (end - before)), base)
            for share in (0.5, 1.0)
        )
        assert half == pytest.approx(whole / 2), path
        tried += whole > 0.0
    assert tried > 60


def cost_basis(world: World, path: str) -> float:
    node: Any = world
    for name in path.split("."):
        node = node[name] if isinstance(node, dict) else getattr(node, name)
    return float(node)


def test_known_amounts_of_known_payers(almaty: Scenario) -> None:
    costs = almaty.world.costs
    cost = policy_cost(moved(almaty, "institutions.mobile_clinic.capacity", 120))
    assert list(cost.by_payer) == ["the state"]
    state = cost.by_payer["the state"]
    assert state.once == pytest.approx(120 * costs.mobile_set_up)
    assert state.a_month == pytest.approx(120 * costs.mobile_slot)
    assert state.in_run == pytest.approx(state.once + state.a_month * DAYS / DAYS_A_MONTH)
    windows = policy_cost(moved(almaty, "information.consulate_activity.uzbekistan", 1.0))
    papers = 0.65 * almaty.world.agencies["consulate_uzbekistan"].capacity["papers"]
    (item,) = [one for one in windows.items if one.entry == "papers_slot"]
    assert (item.payer, item.amounts.once) == ("consulates", 0.0)
    assert item.amounts.a_month == pytest.approx(papers * costs.papers_slot)
    fund = policy_cost(moved(almaty, "coordination.joint_fund", 3e6)).by_payer
    assert {payer: amounts.a_month for payer, amounts in fund.items()} == {"the state": 3e6}


def test_levers_of_a_registry_share_its_cost(almaty: Scenario) -> None:
    both = moved(moved(almaty, "coordination.matching", 0.9), "coordination.recall", 0.8)
    (item,) = policy_cost(both).items
    assert item.lever == "coordination.matching, coordination.recall"
    assert item.amounts.a_month == almaty.world.costs.registry


def test_a_ramp_is_paid_for_as_it_goes(almaty: Scenario) -> None:
    """Monthly costs in proportion to the days; set-up for the largest value only."""
    path, days = "coordination.front_desk_training", 40
    at_once, ramped = (
        policy_cost(moved(almaty, path, 0.5, ramp_days=ramp)).by_payer["the state"]
        for ramp in (0, days)
    )
    assert ramped.once == at_once.once == 0.5 * almaty.world.costs.desk_training_set_up
    assert ramped.a_month == at_once.a_month
    foregone = at_once.a_month * sum(1 - (day + 1) / days for day in range(days)) / DAYS_A_MONTH
    assert at_once.in_run - ramped.in_run == pytest.approx(foregone)


def test_a_lever_that_is_not_costed_is_named(almaty: Scenario) -> None:
    cost = policy_cost(moved(almaty, "institutions.hospital.knows", 0.9))
    assert list(cost.not_costed) == ["institutions.hospital.knows"]
    assert cost.why_not_costed == "not costed: lever institutions.hospital.knows"
    assert policy_cost(almaty.with_policy("emergency_guarantee")).not_costed == {}
    counterfactual = policy_cost(almaty.with_policy("no_barriers"))
    assert counterfactual.not_costed["care_seeking.fear_weight"] == "no policy can move it"


def test_shocks_cost_nobody_anything(almaty: Scenario) -> None:
    shock = Change(path="agencies.iom.grant", value=0.0, start_day=0)
    shocked = Scenario(**{**vars_of(almaty), "shocks": (shock,)})
    assert policy_cost(shocked).items == ()


def vars_of(scenario: Scenario) -> dict[str, Any]:
    return {name: getattr(scenario, name) for name in Scenario.__dataclass_fields__}


# --- the ledger -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hub_with_escorts", "osms_with_card", "consular_memorandum"])
def test_the_ledger_holds_what_the_policy_costs(name: str) -> None:
    """Payer by payer, ramps, set-ups and all; a branch in the middle pays nothing twice."""
    base = load_scenario(name, ["city.population=300", "city.burn_in_days=60", "days=130"])
    model = AlmatyModel(base)
    before = model.counts["ledger"][0].copy()
    model.run_for(60)
    model = model.fork(base)
    model.run_for(70)
    booked = model.counts["ledger"][0] - before
    scale, expected = base.world.city.scale, policy_cost(base).by_payer
    assert expected
    for payer in PAYERS:
        amount = expected[payer].in_run * scale if payer in expected else 0.0
        rounding = base.days + len(model.funding.cost_lines)
        found = booked[CHART.number(f"policy costs of {payer}")]
        assert abs(found - amount) <= rounding, payer


# --- submodels of users -----------------------------------------------------------------------


class PosterParameters(Parameters):
    """Numbers of a made-up submodel."""

    number: float
    price: float


class Posters(Submodel):
    """A made-up submodel whose lever has a cost."""

    section = PosterParameters
    levers = ("posters.number",)
    lever_costs = (LeverCost("posters.number", (monthly("posters.price", "donors"),)),)


class Free(Posters):
    """One that declares none."""

    levers = ("free.number",)
    lever_costs = ()


def test_the_lever_of_a_users_submodel_costs_what_it_declares(almaty: Scenario) -> None:
    found = cost_of_lever("posters.number", almaty.world, [Posters])
    assert found.lines == (monthly("posters.price", "donors"),)
    assert cost_of_lever("free.number", almaty.world, [Free]).not_costed
    assert cost_of_lever("posters.number", almaty.world, []).not_costed


@pytest.mark.parametrize(
    ("cost", "mistake"),
    [
        (LeverCost("posters.colour"), "a cost is declared for 'posters.colour'"),
        (LeverCost("posters.number", (once("hub_slot", "donors"),)), "not one of its own"),
        (LeverCost("posters.number", (once("posters.price", "nobody"),)), "unknown payer 'nobody'"),
    ],
)
def test_a_wrong_cost_of_a_users_submodel_is_refused(cost: LeverCost, mistake: str) -> None:
    wrong = type("Posters", (Posters,), {"lever_costs": (cost,)})
    with pytest.raises(ConfigurationError, match=mistake):
        check_from_outside([wrong], AlmatyModel.SUBMODELS, AlmatyModel.SCHEDULE)
