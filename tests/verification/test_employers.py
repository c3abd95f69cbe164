"""Employers weigh costs, are inspected, dismiss and hire."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import special

from sim.agents.migrant import NEVER
from sim.config.levers import Change
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_BURN_IN, NOBODY_FALLS_ILL

QUIET = {**NOBODY_FALLS_ILL, **NO_BURN_IN, "employment.inspection_factor": 0.0,
         "employment.dismissal_factor": 0.0,
         "enforcement.dismissal_when_detected": 0.0}  # fmt: skip


@pytest.mark.parametrize("cost", [3000.0, 9000.0])
def test_contracts_are_given_as_often_as_the_formula_says(cost: float) -> None:
    """Without inspections and norms, the share is the logistic of the gain."""
    world = {**QUIET, "employment.contract_cost": cost, "employment.norm": 0.0,
             "employment.belief_half_life": 1e9}  # fmt: skip
    model = AlmatyModel(city(population=30_000, seed=1, changed=world))
    model.run_for(31)
    employment = model.world.employment
    gain = employment.believed_at_start / 12 * employment.fine - cost
    expected = special.expit(employment.decision_weight * gain)
    formal = model.employers.formal[model.employers.rows]
    error = np.sqrt(expected * (1 - expected) / len(formal))
    assert abs(formal.mean() - expected) < 4 * error


def test_without_inspections_and_dismissals_nobody_loses_work_and_beliefs_fade() -> None:
    model = AlmatyModel(city(population=1000, seed=2, changed=QUIET))
    start = model.employers.believed_inspections[model.employers.rows].mean()
    model.run_for(365)
    migrants, employers = model.migrants, model.employers
    assert (migrants.jobless_since[migrants.rows] >= NEVER).all()
    base = model.world.employment.inspections
    half = 0.5 ** (360 / model.world.employment.belief_half_life)
    now = employers.believed_inspections[employers.rows]
    assert now == pytest.approx(base + (start - base) * half, abs=0.003)


def test_inspections_teach_fine_and_push_people_out() -> None:
    """More inspections: beliefs, contracts and fines rise; more lose work and leave the country."""
    base = city(population=4000, seed=3)
    parent = AlmatyModel(base)
    outcome = []
    for factor in (0.0, 1.0, 8.0):
        change = Change(path="employment.inspection_factor", value=factor, start_day=0)
        model = parent.fork(base.with_changes([change]))
        model.run_for(240)
        employers, migrants = model.employers, model.migrants
        table = model.indicators().set_index(["indicator", "detail", "by"])["value"]
        outcome.append(
            (
                employers.believed_inspections[employers.rows].mean(),
                employers.formal[employers.rows].mean(),
                table["money_flow", "fines of employers", "all"],
                table["jobless", "", "all"],
                -len(migrants),
            )
        )
    for fewer, more in pairwise(outcome):
        assert all(low < high for low, high in zip(fewer, more, strict=True)), (fewer, more)


def test_who_is_dismissed_finds_work_or_leaves_in_time() -> None:
    world = {
        "employment.inspection_factor": 20.0, "city.burn_in_days": 0,
        "employment.inspectors_report": 0.0, "enforcement.dismissal_when_detected": 0.0,
    }  # fmt: skip
    model = AlmatyModel(city(population=1500, seed=4, changed=world))
    limit = model.world.employment.jobless_days
    hired = set()
    jobless: set[int] = set()
    for _ in range(200):
        model.step()
        migrants, rows = model.migrants, model.migrants.rows
        out = rows[migrants.jobless_since[rows] < NEVER]
        # Who has looked in vain leaves within a week of the limit (the next weekly look).
        assert (model.day - migrants.jobless_since[out] <= limit + 9).all()
        working = set(migrants.pid[rows[migrants.jobless_since[rows] >= NEVER]].tolist())
        hired |= jobless & working
        jobless |= set(migrants.pid[out].tolist())
    assert len(jobless) > 50
    assert 10 < len(hired) < len(jobless)


def test_a_recession_costs_wages_and_work() -> None:
    base = city(population=3000, seed=5)
    recession = city(population=3000, seed=5, overrides=("shock=recession",))
    values = []
    for scenario in (base, recession):
        model = AlmatyModel(scenario)
        model.run_for(200)
        table = model.indicators().set_index(["indicator", "detail", "by"])["value"]
        values.append((table["money_flow", "wages", "all"], -table["jobless", "", "all"]))
    assert all(after < before for before, after in zip(*values, strict=True))
