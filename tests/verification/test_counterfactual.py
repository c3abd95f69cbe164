"""The counterfactual: the same city with every barrier off, which no policy is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.config.configuration import ConfigurationError, choices
from sim.config.levers import COUNTERFACTUALS, LEVERS, SHOCKS
from sim.config.loading import load_scenario
from sim.model import AlmatyModel
from sim.submodels.care_options import APPEAL, TERMS
from sim.submodels.care_seeking import leave_probability
from tests.verification.single import person

SMALL = ["city.population=1500", "city.burn_in_days=60", "days=200"]


@pytest.fixture(scope="module")
def past() -> AlmatyModel:
    return AlmatyModel(load_scenario("baseline", SMALL))


@pytest.fixture(scope="module")
def open_city(past: AlmatyModel) -> AlmatyModel:
    model = past.fork(load_scenario("no_barriers", SMALL))
    model.run_for(200)
    return model


def test_it_is_found_by_name_and_not_listed_among_policies() -> None:
    assert load_scenario("no_barriers").name == "no_barriers"
    assert "no_barriers" not in choices("scenario")
    with pytest.raises(ConfigurationError) as raised:
        load_scenario("no_barrier")
    assert "no_barriers" not in str(raised.value)
    assert not set(COUNTERFACTUALS) & {*LEVERS, *SHOCKS} - {"payment.price.*"}


def test_a_scenario_may_not_switch_a_barrier_off(tmp_path: Path) -> None:
    """What a counterfactual changes is on a whitelist of its own."""
    words = "{path: care_seeking.fear_weight, value: 0.0, start_day: 0}"
    for folder, refused in (("scenario", True), ("counterfactual", False)):
        place = tmp_path / folder
        place.mkdir()
        name = f"mine_in_{folder}"
        wanted = place / f"{name}.yaml"
        wanted.write_text(f"name: {name}\nsummary: mine\nchanges:\n  - {words}\n")
        if refused:
            with pytest.raises(ConfigurationError, match="not on the whitelist"):
                load_scenario(wanted)
        else:
            assert load_scenario(wanted).changes[0].value == 0.0
    for change, complaint in (
        ("information.ngo_reach, value: 1.0", r"barrier 'information\.ngo_reach' is not on the"),
        ("care_seeking.fear_weight, value: -1.0", "outside its range"),
    ):
        wrong = tmp_path / "counterfactual" / "wrong.yaml"
        text = f"name: wrong\nsummary: w\nchanges:\n  - {{path: {change}, start_day: 0}}\n"
        wrong.write_text(text)
        with pytest.raises(ConfigurationError, match=complaint):
            load_scenario(wrong)


def test_every_term_but_appeal_is_off_and_leave_is_given(open_city: AlmatyModel) -> None:
    rows = open_city.episodes.rows
    rows = rows[open_city.episodes.migrant[rows] >= 0]
    terms = open_city.care_seeking.utility_terms(rows)
    assert len(rows) > 30
    others = [number for number in range(len(TERMS)) if number != APPEAL]
    assert (terms[:, others] == 0.0).all()
    assert np.abs(terms[:, APPEAL]).max() > 0.0
    for nth in range(50):
        assert leave_probability(open_city.city(), person(open_city, nth), 2) == 1.0


def test_nobody_is_refused_and_nobody_pays(open_city: AlmatyModel) -> None:
    baseline = open_city.visits["result"]
    refused = {"refused_no_money", "wrongly_refused", "no_papers"}
    log = open_city.case_log()
    visits = log[(log["event"] == "visit") & (log["day"] >= 1)]
    assert len(baseline) > 100
    assert not set(visits["result"]) & refused
    tickets = open_city.world.payment.price["bus_home"]
    assert set(open_city.payments["amount"][open_city.payments["day"] >= 1]) <= {tickets}


def test_more_needs_are_met_and_capacities_are_kept(
    past: AlmatyModel, open_city: AlmatyModel
) -> None:
    plain = past.fork(load_scenario("baseline", SMALL))
    plain.run_for(200)
    values = [
        one.indicators().query("by == 'all'").set_index(["indicator", "detail"])["value"]
        for one in (plain, open_city)
    ]
    unmet, care = ("unmet_need_episodes", ""), ("emergency_any_care_24h", "")
    assert values[1][unmet] < values[0][unmet]
    assert values[1][care] > values[0][care]
    assert (plain.clinics.capacity == open_city.clinics.capacity).all()


def test_it_is_not_combined_with_policies() -> None:
    with pytest.raises(ConfigurationError, match="'no_barriers' is a counterfactual, which is not"):
        load_scenario("baseline", SMALL).with_policies(["mobile_clinics", "no_barriers"])


def test_one_of_your_own_is_found_in_conf_and_repeats_from_its_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "conf" / "counterfactual"
    place.mkdir(parents=True)
    text = "name: {}\nsummary: mine\nchanges:\n"
    text += "  - {{path: care_seeking.fear_weight, value: 0.0, start_day: 0}}\n"
    (place / "fearless.yaml").write_text(text.format("fearless"))
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario("fearless")
    assert scenario.changes[0].path == "care_seeking.fear_weight"
    # What a manifest holds is the description alone, without its folder.
    (place / "fearless.yaml").unlink()
    stored = {**scenario.resolved, "policies": {"fearless": scenario.resolved["scenario"]}}
    again = replace(scenario, resolved=stored).with_policy("fearless")
    assert again.changes == scenario.changes
    # No policy may have its name: nobody could tell which of the two is meant.
    (place / "hub_small.yaml").write_text(text.format("hub_small"))
    with pytest.raises(ConfigurationError, match="there is another scenario 'hub_small'"):
        load_scenario("hub_small")
