"""Tables of what policies cost, and how they are printed."""

from io import StringIO

import pytest
from rich.console import Console

from experiments.analysis.policy_costs import (
    EVERYBODY,
    cost_by_lever,
    cost_by_payer,
    print_policy_costs,
)
from sim.config.loading import load_scenario
from sim.config.policy_cost import PolicyCost, policy_cost


@pytest.fixture(scope="module")
def costs() -> list[PolicyCost]:
    base = load_scenario("baseline", ["city=workshop", "days=130"])
    unknown = base.with_changes(
        [{"path": "institutions.hospital.knows", "value": 0.9, "start_day": 0}], name="unknown"
    )
    policies = [base.with_policy(one) for one in ("hub_joint_fund", "osms_with_card")]
    return [policy_cost(one) for one in (base, *policies, unknown)]


def test_payers_add_up_to_the_row_of_all(costs: list[PolicyCost]) -> None:
    table = cost_by_payer(costs)
    assert list(dict.fromkeys(table["scenario"])) == [one.scenario for one in costs]
    each = table[table["payer"] != EVERYBODY]
    total = table[table["payer"] == EVERYBODY].set_index("scenario")
    for column in ("once", "a_month", "in_run"):
        summed = each.groupby("scenario")[column].sum().reindex(total.index, fill_value=0.0)
        summed["unknown"] = float("nan")
        assert total[column].to_numpy() == pytest.approx(summed.to_numpy(), nan_ok=True)
    assert total.loc["baseline", "in_run"] == 0.0
    assert total["not_costed"].tolist() == ["", "", "", "institutions.hospital.knows"]


def test_levers_are_listed_with_their_cost_or_the_reason_why_there_is_none(
    costs: list[PolicyCost],
) -> None:
    table = cost_by_lever(costs)
    row = {
        (one["scenario"], one["lever"]): one
        for one in table.fillna({"a_month": 0.0}).to_dict("records")
    }
    assert row["hub_joint_fund", "coordination.joint_fund"]["a_month"] == 3e6
    assert "overhead" in row["hub_joint_fund", "coordination.participation"]["elsewhere"]
    assert row["unknown", "institutions.hospital.knows"]["not_costed"]
    table = table.set_index("scenario")
    in_run = table["in_run"].groupby(level="scenario").sum()
    expected = {one.scenario: one.total.in_run for one in costs if one.scenario != "baseline"}
    assert in_run.to_dict() == pytest.approx(expected)
    assert len(cost_by_lever(costs[:1])) == 0


def test_who_pays_is_printed_in_a_line_for_each_policy(costs: list[PolicyCost]) -> None:
    text = StringIO()
    print_policy_costs(Console(file=text, width=100), cost_by_payer(costs), 120_000)
    lines = text.getvalue().splitlines()
    (hub,) = [line for line in lines if "Hub joint fund" in line]
    assert "80.0; 9.0" in hub
    assert "Unknown is not costed: lever institutions.hospital.knows." in lines
    assert "Baseline" not in text.getvalue()
    nothing = StringIO()
    print_policy_costs(Console(file=nothing), cost_by_payer(costs[:1]), 120_000)
    assert nothing.getvalue() == ""
