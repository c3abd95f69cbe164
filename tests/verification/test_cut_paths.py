"""V3: a policy acts through its paths alone. With a path cut, what lies behind it does not move.

Paths are those of section 4 of the design: each test cuts all but one and asks that the rest of two
worlds is the same to the last bit, and that the path left open is not.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.agents.task import Move
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import AMPLE, NO_EXPERIENCE, NO_POLICE

AGENCIES = load_scenario("baseline").world.agencies
UZBEKISTAN = words.Nationality.UZBEKISTAN
DAYS = 200

AMPLE_AGENCIES = {
    **{
        f"agencies.{name}.capacity.{line}": 1e6
        for name, agency in AGENCIES.items()
        if agency.kind != "coordination"
        for line in agency.capacity
    },
    **{f"agencies.{name}.grant": 1e12 for name, agency in AGENCIES.items() if agency.grant > 0},
    **{f"agencies.{name}.beds": 1e6 for name, agency in AGENCIES.items() if agency.beds > 0},
}
"""Lines, money and places that nobody can exhaust."""
NOTHING_SHARED = {**AMPLE, **AMPLE_AGENCIES, "referral.joint_learning": 0.0}
"""No institution can be fuller, poorer or wiser for what others do there."""
KNOWLEDGE_WITHOUT_EFFECT = {
    **NO_EXPERIENCE,
    # Prices, believed or true, do not count; the informed are refused as often.
    "care_seeking.price_weight": 0.0,
    "care_seeking.borrowing_weight": 0.0,
    "payment.refusal_when_informed": 1.0,
    "care_seeking.reassured_by_registration": 1.0,
    # Nobody asks for advice; everybody finds the way equally well, and needs advice equally often.
    "care_seeking.attraction.ngo": -1e9,
    "care_seeking.attraction.consulate": -1e9,
    "referral.navigation_when_informed": 1.0,
    "referral.guesses_right": 1.0,
    "legal_status.renewal_knowledge": 0.0,
    **{f"demography.manages_language.{name}": 0.0 for name in words.NATIONALITIES},
}
"""Whoever knows something does the same as whoever does not."""


def two_worlds(policy: str, seed: int, changed: dict[str, float]) -> tuple[AlmatyModel, ...]:
    """Return the baseline and a policy after some days, from the same past."""
    past = AlmatyModel(city(population=1500, seed=seed, days=DAYS, changed=changed))
    models = []
    for name in ("baseline", policy):
        model = past.fork(without_capacity(city(1500, seed, DAYS, name, changed)))
        model.run_for(DAYS)
        models.append(model)
    return tuple(models)


def without_capacity(scenario: Scenario) -> Scenario:
    """Leave out the capacity that comes with a policy: it is a path of its own.

    Whoever comes to the wrong counter waits there with everybody else until told so.
    """
    others = [one for one in scenario.changes if ".capacity." not in one.path]
    return replace(scenario, changes=tuple(others))


def records(model: AlmatyModel, log: str) -> pd.DataFrame:
    """Return a log in an order that does not depend on rows."""
    table = getattr(model, log)
    frame = pd.DataFrame({name: table[name] for name in table.dtypes})
    return frame.sort_values(list(frame.columns)).reset_index(drop=True)


def of_nationality(records: pd.DataFrame, uzbek: bool) -> pd.DataFrame:
    """Return the records of Uzbek citizens, or of all others."""
    nationality = np.unravel_index(records["stratum"].to_numpy(), STRATA_SHAPE)[0]
    return records[(nationality == UZBEKISTAN) == uzbek].reset_index(drop=True)


@pytest.mark.claim("V3")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_active_consulate_leaves_other_nationalities_untouched(seed: int) -> None:
    """Nothing but shared institutions could carry it to them, and those are ample here."""
    baseline, active = two_worlds("uzbek_consulate", seed, NOTHING_SHARED)
    for log in ("visits", "closed_episodes", "handovers", "closed_needs"):
        ones = [records(model, log) for model in (baseline, active)]
        others = [of_nationality(one, uzbek=False) for one in ones]
        assert len(others[0]) > 5
        pd.testing.assert_frame_equal(*others)
        citizens = [of_nationality(one, uzbek=True) for one in ones]
        assert not citizens[0].equals(citizens[1])
    groups = [
        table[(table["by"] == "nationality") & (table["group"] != "uzbekistan")]
        for table in (model.indicators() for model in (baseline, active))
    ]
    assert len(groups[0]) > 100
    pd.testing.assert_frame_equal(*groups)


def of_temporary_workers(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records of Uzbek and Tajik citizens without permanent residence."""
    code = np.unravel_index(records["stratum"].to_numpy(), STRATA_SHAPE)
    uzbek_or_tajik = np.isin(code[0], [UZBEKISTAN, words.Nationality.TAJIKISTAN])
    temporary = code[1] != words.LegalStatus.PERMANENT
    return records[uzbek_or_tajik & temporary].reset_index(drop=True)


@pytest.mark.claim("V3")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_insurance_as_legislated_leaves_uzbek_and_tajik_temporary_workers_untouched(
    seed: int,
) -> None:
    """Capacity is ample, prices stay, what co-workers tell does not count: to the last bit."""
    changed = {
        **NOTHING_SHARED, **NO_EXPERIENCE, "care_seeking.wait_weight": 0.0,
        **{f"information.{channel}.{item}": 0.0 for item in words.KNOWLEDGE
           for channel in ("word_of_mouth_at_work", "word_of_mouth_in_district")},
    }  # fmt: skip
    baseline, legislated = two_worlds("osms_legislated", seed, changed)
    for log in ("visits", "payments", "closed_episodes", "handovers", "closed_needs"):
        mine = [of_temporary_workers(records(one, log)) for one in (baseline, legislated)]
        assert len(mine[0]) > 5
        pd.testing.assert_frame_equal(*mine)
    insured = [one.diary.insured.sum() for one in (baseline, legislated)]
    assert insured[0] == 0 < insured[1]


@pytest.mark.claim("V3")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_outreach_without_effect_of_knowledge_changes_awareness_and_cost_alone(seed: int) -> None:
    """What people know changes; what they do, and what becomes of them, does not."""
    changed = {**NO_POLICE, **KNOWLEDGE_WITHOUT_EFFECT}
    baseline, outreach = two_worlds("ngo_outreach", seed, changed)
    for log in ("visits", "payments", "closed_episodes", "handovers", "closed_needs", "deaths"):
        pd.testing.assert_frame_equal(records(baseline, log), records(outreach, log))
    assert len(baseline.handovers) > 20
    assert len(baseline.visits) > 200
    before, after = baseline.indicators(), outreach.indicators()
    same = (before["value"] == after["value"]) | (before["value"].isna() & after["value"].isna())
    moved = set(before.loc[~same, "indicator"])
    assert moved == {"awareness", "learned_from", "policy_cost", "money_flow", "societal_cost"}


@pytest.mark.claim("V3")
def test_outreach_with_its_paths_open_does_change_what_people_do() -> None:
    """The same policy in the same city, nothing cut: the test above can fail."""
    baseline, outreach = two_worlds("ngo_outreach", 1, {})
    assert not records(baseline, "visits").equals(records(outreach, "visits"))
    went = [np.count_nonzero(one.handovers["move"] == Move.SERVED) for one in (baseline, outreach)]
    assert went[0] != went[1]
