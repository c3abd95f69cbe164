"""Institutions: all of them work, coordination acts only through its paths, YAML adds another."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import vocabulary as words
from sim.agents.task import Move
from sim.config.configuration import ConfigurationError, configuration_folder
from sim.config.levers import Change
from sim.config.loading import load_scenario
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NO_EXPERIENCE, NO_POLICE, agencies_times

AGENCIES = load_scenario("baseline").world.agencies
EMERGENCIES_AND_UNMET_NEED = ["E1", "E2", "E3", "E4", "E5", "E6", "A1"]
CUT = {
    **NO_POLICE,
    **NO_EXPERIENCE,
    # What stood in the way of care stays in the way.
    "referral.returns_to_care": 0.0,
    "referral.papers_valid_days": -1.0,
    # Nobody asks for advice or goes home, and no working day is lost on the way to an agency.
    "care_seeking.attraction.ngo": -1e9,
    "care_seeking.attraction.consulate": -1e9,
    "care_seeking.attraction.home": -1e9,
    **{f"agencies.{name}.closes_at": 24.0 for name in AGENCIES},
    # No contact teaches.
    **{
        f"agencies.{name}.teaches.{item}": 0.0
        for name, agency in AGENCIES.items()
        for item in agency.teaches
    },
}
"""Every path of model.md from coordination to care, cut."""


@pytest.fixture(scope="module")
def a_year() -> AlmatyModel:
    model = AlmatyModel(city(population=12_000, seed=2))
    model.run_for(365)
    return model


@pytest.mark.parametrize("name", [name for name in AGENCIES if name != "coordinating_body"])
def test_every_institution_of_the_source_works_in_the_baseline(
    a_year: AlmatyModel, name: str
) -> None:
    log = a_year.handovers
    here = log["target"] == a_year.agencies.names.index(name)
    services = here & np.isin(log["move"], [Move.SERVED, Move.TAKEN_IN])
    assert services.sum() > 0


@pytest.mark.claim("V21")
def test_consulates_serve_their_own_citizens_only(a_year: AlmatyModel) -> None:
    """V21, on every need a consulate has settled or begun to process."""
    log = a_year.handovers
    nationality = np.unravel_index(log["stratum"], (4, 5, 2, 5))[0]
    for name in ("kyrgyzstan", "tajikistan", "uzbekistan"):
        number = a_year.agencies.names.index(f"consulate_{name}")
        settled = (log["origin"] == number) & (log["move"] == Move.RESOLVED)
        assert settled.sum() > 0
        assert (nationality[settled] == words.NATIONALITIES.index(name)).all()


def test_the_consulate_with_most_citizens_has_the_longest_line(a_year: AlmatyModel) -> None:
    """Sign pattern P3 of the source: activity is the reverse of caseload."""
    waiting = a_year.diary.by_agency("waiting").sum(axis=2).mean(axis=0)
    line = {name: waiting[a_year.agencies.names.index(f"consulate_{name}")]
            for name in ("kyrgyzstan", "tajikistan", "uzbekistan")}  # fmt: skip
    assert line["uzbekistan"] > 2 * max(line["kyrgyzstan"], line["tajikistan"])


@pytest.mark.claim("V3")
@pytest.mark.parametrize("seed", range(1, 11))
@pytest.mark.parametrize("policy", ["hub_medium", "directory_and_registry"])
@pytest.mark.slow
def test_coordination_reaches_care_only_through_its_paths(policy: str, seed: int) -> None:
    """V3: with the paths cut, emergencies and unmet need are the same to the last bit."""
    scenario = city(population=900, seed=seed, days=160, changed=CUT)
    past = AlmatyModel(scenario)
    tables = []
    for name in ("baseline", policy):
        plan = city(population=900, seed=seed, days=160, policy=name, changed=CUT)
        model = past.fork(replace(plan, changes=without_training(plan.changes)))
        model.run_for(160)
        tables.append(model)
    ones = [model.indicators() for model in tables]
    chosen = [one[one["code"].isin(EMERGENCIES_AND_UNMET_NEED)] for one in ones]
    values = [one["value"].to_numpy() for one in chosen]
    assert np.array_equal(values[0], values[1], equal_nan=True)
    assert len(values[0]) > 50


def without_training(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Leave the training of front desks out: it is a path to care of its own."""
    return tuple(one for one in changes if one.path != "coordination.front_desk_training")


HOTLINE = """
  legal_hotline:
    kind: other
    summary: "lawyers' hotline (an example of an institution added by its entry alone)"
    opens: {weekdays: [mon, tue, wed, thu, fri], holidays: false}
    closes_at: 22
    capacity: {information: 60, papers: 60}
    competence: {information: 1.0, documents: 0.9}
    knows: 0.8
    knows_of: {crisis_centre: 0.9}
"""


def with_an_entry(folder: Path, entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a copy of the configuration with one more agency in the city."""
    shutil.copytree(configuration_folder(), folder)
    path = folder / "city" / "almaty.yaml"
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
    monkeypatch.setenv("ALMATY_CONF", str(folder))


def test_an_institution_is_added_by_its_entry_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_an_entry(tmp_path / "conf", HOTLINE, monkeypatch)
    model = AlmatyModel(city(population=3000, seed=1))
    model.run_for(120)
    number = model.agencies.names.index("legal_hotline")
    log = model.handovers
    assert ((log["origin"] == number) & (log["move"] == Move.RESOLVED)).sum() > 0


@pytest.mark.parametrize(
    ("wrong", "right", "words_of_the_line"),
    [
        ("documents: 0.9", "document: 0.9", "unknown name 'document': did you mean 'documents'?"),
        ("documents: 0.9", "documents: 1.9", "not a probability"),
        ("    opens: {weekdays: [mon, tue, wed, thu, fri], holidays: false}\n", "", "opens"),
        ("crisis_centre: 0.9", "crisis_center: 0.9", "did you mean 'crisis_centre'?"),
        ("kind: other", "kind: others", "kind"),
    ],
)
def test_a_mistake_in_an_entry_is_one_line_with_file_and_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
    right: str,
    words_of_the_line: str,
) -> None:
    assert wrong in HOTLINE
    with_an_entry(tmp_path / "conf", HOTLINE.replace(wrong, right), monkeypatch)
    with pytest.raises(ConfigurationError) as mistake:
        load_scenario("baseline")
    line = str(mistake.value)
    assert "conf/city/almaty.yaml, line " in line
    assert ": agencies.legal_hotline" in line
    assert words_of_the_line in line
    assert len(line.splitlines()) == 1


def test_donors_forbid_to_pay_for_people_who_have_been_fined() -> None:
    """Sign pattern P6 of the source: a fine cuts help from NGOs and IOM, not from consulates.

    Shelter is often needed here, and agencies are less scarce, so that there is help to be cut.
    """
    world = {
        "enforcement.intensity": 0.0,
        "city.burn_in_days": 0,
        **{f"referral.lodging_lost.{name}": 0.6 for name in words.SECTORS},
        **agencies_times(capacity=5, money=5),
    }
    settled = {}
    for fined in (False, True):
        model = AlmatyModel(city(population=3000, seed=4, changed=world))
        for _ in range(365):
            model.migrants.fined[model.migrants.rows] = fined
            model.run_for(1)
        log = model.handovers
        money_help = np.isin(log["need"], [words.Need.PAYMENT, words.Need.SHELTER])
        ours = np.isin(
            log["origin"],
            [model.agencies.names.index(n) for n, one in AGENCIES.items() if one.refuses_fined],
        )
        resolved = log["move"] == Move.RESOLVED
        settled[fined] = [np.count_nonzero(resolved & money_help & ours), resolved.sum()]
    assert settled[False][0] > 5
    assert settled[True][0] == 0
    assert settled[True][1] > 0.9 * settled[False][1]
