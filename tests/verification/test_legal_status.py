"""Papers run out, are renewed, lost and regained."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from sim import vocabulary as words
from sim.config.levers import Change
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_BURN_IN, NO_POLICE, NOBODY_FALLS_ILL, keep_only

PERMANENT = words.LegalStatus.PERMANENT.value
CONTRACT = words.LegalStatus.EAEU_CONTRACT.value
PERMIT = words.LegalStatus.PERMIT.value
REGISTERED = words.LegalStatus.REGISTERED.value
IRREGULAR = words.LegalStatus.IRREGULAR.value
NOTHING_ELSE_COUNTS = {
    "legal_status.renewal_fear": 0.0,
    "legal_status.refused_after_fine": 0.0,
    "legal_status.renewal_knowledge": 0.0,
    "legal_status.renewal_formal": 0.0,
    "legal_status.renewal_consulate": 0.0,
    "legal_status.permit_fee": 0.0,
    "legal_status.border_trip": 0.0,
    **{f"employment.passport_held.{name}": 0.0 for name in words.SECTORS},
}
NO_TURNOVER = {"demography.inflow_factor": 0.0, **NOBODY_FALLS_ILL, **NO_POLICE, **NO_BURN_IN}


def statuses(model: AlmatyModel) -> dict[int, int]:
    rows = model.migrants.rows
    return dict(
        zip(
            model.migrants.pid[rows].tolist(),
            model.migrants.legal_status[rows].tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize("base", [-1.0, 0.0, 1.5])
def test_papers_are_renewed_as_often_as_the_formula_says(base: float) -> None:
    """With one term left, the share renewed is its logistic, within four standard errors."""
    world = {**NO_TURNOVER, **NOTHING_ELSE_COUNTS, "legal_status.renewal_base": base}
    model = AlmatyModel(city(population=6000, seed=1, changed=world))
    keep_only(model, "news, police, papers")
    before = statuses(model)
    renewals = model.migrants.renewals
    first = {}
    for _ in range(60):
        model.step()
        rows = model.migrants.rows
        for row in rows[renewals[rows] == 1]:
            first.setdefault(int(model.migrants.pid[row]), int(model.migrants.legal_status[row]))
    assert all(before[one] in (PERMIT, REGISTERED) for one in first)
    kept = np.array([status != IRREGULAR for status in first.values()])
    expected = special.expit(base)
    error = np.sqrt(expected * (1 - expected) / len(kept))
    assert len(kept) > 1_000
    assert abs(kept.mean() - expected) < 4 * error


def test_nothing_changes_where_papers_hold_for_good_and_employers_stay_as_they_are() -> None:
    """The neutral state."""
    days = {f"legal_status.registration_days.{name}": 1e5 for name in words.NATIONALITIES}
    world = {
        **NO_TURNOVER,
        **days,
        "legal_status.permit_days_low": 1e5,
        "legal_status.permit_days_high": 1.0001e5,
        "legal_status.regularisation": 0.0,
        "employment.dismissal_factor": 0.0,
        "employment.inspection_factor": 0.0,
        "employment.decision_weight": 0.0,
    }
    model = AlmatyModel(city(population=1500, seed=2, changed=world))
    # What is left of the papers of the first residents is a random share of their time.
    before = statuses(model)
    model.run_for(90)
    after = statuses(model)
    moved = [one for one in after if after[one] != before[one]]
    lost = [one for one in moved if after[one] == IRREGULAR]
    assert len(lost) <= 0.01 * len(after)
    assert all(before[one] in (CONTRACT, REGISTERED) for one in set(moved) - set(lost))


@pytest.mark.claim("V21")
def test_citizens_of_eaeu_states_follow_their_contracts() -> None:
    """Where every employer gives contracts they are contract workers, where none does nobody is."""
    for cost, expected in ((-1e9, CONTRACT), (1e9, REGISTERED)):
        world = {**NO_TURNOVER, "employment.contract_cost": cost,
                 "employment.dismissal_factor": 0.0, "legal_status.renewal_base": 20.0,
                 "employment.inspection_factor": 0.0}  # fmt: skip
        model = AlmatyModel(city(population=1500, seed=3, changed=world))
        model.run_for(40)
        migrants, rows = model.migrants, model.migrants.rows
        eaeu = np.isin(
            migrants.nationality[rows],
            [words.NATIONALITIES.index(name) for name in words.EAEU_NATIONALITIES],
        )
        status = migrants.legal_status[rows][eaeu]
        ordinary = np.isin(status, [CONTRACT, REGISTERED])
        assert ordinary.sum() > 50
        assert (status[ordinary] == expected).all()
        others = migrants.legal_status[rows][~eaeu]
        assert not (others == CONTRACT).any()


def test_an_amnesty_reaches_the_share_it_is_meant_for() -> None:
    """Six of ten irregular stays within 120 days, as in 2006; fees are paid to the state."""
    quiet = {**NO_TURNOVER, "legal_status.renewal_base": 20.0, "legal_status.regularisation": 0.0}
    base = city(population=4000, seed=4, changed=quiet)
    parent = AlmatyModel(base)
    before = statuses(parent)
    change = Change(path="legal_status.regularisation", value=0.23, start_day=0)
    free = Change(path="legal_status.regularisation_fee", value=0.0, start_day=0)
    model = AlmatyModel(replace(base, changes=(change, free)), parent=parent)
    model.run_for(121)
    after = statuses(model)
    irregular = [one for one in after if before[one] == IRREGULAR]
    held = model.migrants.passport_held[model.migrants.rows].mean()
    share = np.mean([after[one] != IRREGULAR for one in irregular])
    assert len(irregular) > 400
    assert share == pytest.approx(0.6 * (1 - held), abs=0.08)


def test_a_passport_in_the_employers_hands_keeps_papers_from_being_renewed() -> None:
    world = {**NO_TURNOVER, "legal_status.renewal_base": 20.0}
    model = AlmatyModel(city(population=3000, seed=5, changed=world))
    migrants = model.migrants
    held = set(migrants.pid[migrants.rows[migrants.passport_held[migrants.rows]]].tolist())
    keep_only(model, "news, police, papers")
    before = statuses(model)
    model.run_for(100)
    after = statuses(model)
    mine = [one for one in held if before[one] in (PERMIT, REGISTERED)]
    assert len(mine) > 20
    assert all(after[one] == IRREGULAR for one in mine if after[one] != before[one])
    others = [one for one in after if one not in held and before[one] in (PERMIT, REGISTERED)]
    assert np.mean([after[one] == IRREGULAR for one in others]) < 0.05
