"""Submodels from outside the program: configured, scheduled, forked, digested, compared."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from experiments.runs.plan import identity_of
from sim.config.configuration import ConfigurationError
from sim.config.extensions import import_submodel, kinds_of, path_of
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario
from sim.extending import Block, Submodel
from sim.model import AlmatyModel
from sim.schedule import check_declarations, check_from_outside
from sim.submodels.beds import Beds
from tests.sim.own_submodels.rumours import Rumours

PATH = "tests.sim.own_submodels.rumours.Rumours"
SMALL = ["city.population=250", "city.burn_in_days=60"]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", SMALL, submodels=[Rumours])


@pytest.fixture(scope="module")
def past(scenario: Scenario) -> AlmatyModel:
    return AlmatyModel(scenario)


def with_hearing(value: float) -> list[str]:
    return [*SMALL, f"parameters.rumours.hearing={value}"]


def test_its_parameters_are_part_of_the_world(scenario: Scenario) -> None:
    world: Any = scenario.world
    assert world.rumours.hearing == 0.02
    assert scenario.entry_at("rumours.hearing").unit == "probability a day"  # type: ignore[union-attr]
    assert scenario.resolved["submodels"] == [PATH]
    named = load_scenario("baseline", [*with_hearing(0.1), f"submodels=[{PATH}]"])
    assert named.world.rumours.hearing == 0.1  # type: ignore[attr-defined]
    assert named.submodels == (Rumours,)


def test_a_value_out_of_its_range_and_an_unknown_one_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"rumours.hearing = 2 is outside its range 0 to"):
        load_scenario("baseline", with_hearing(2), submodels=[Rumours])
    with pytest.raises(ConfigurationError, match="unknown name 'heering'"):
        load_scenario("baseline", ["parameters.rumours.heering=0.1"], submodels=[Rumours])
    with pytest.raises(ConfigurationError, match="'rumours' in parameters: if it belongs to a"):
        load_scenario("baseline", ["parameters.rumours.hearing=0.1"])


def test_it_stands_in_the_day_where_it_asks_to(past: AlmatyModel) -> None:
    names = [block.name for block in past.schedule]
    assert names.index("rumours spread") == names.index("news, police, papers") + 1
    past.switched_off = frozenset({"rumours spread"})
    past.switched_off = frozenset()


def test_a_neutral_submodel_changes_nothing_else() -> None:
    plain = AlmatyModel(load_scenario("baseline", SMALL))
    silent = AlmatyModel(load_scenario("baseline", with_hearing(0), submodels=[Rumours]))
    for model in (plain, silent):
        model.run_for(10)
    for name in AlmatyModel.COHORTS:
        assert getattr(plain, name).digest() == getattr(silent, name).digest()
    assert len(silent.logs["false_alarms"]) == 0


def test_it_acts_is_written_down_and_is_part_of_the_digest(past: AlmatyModel) -> None:
    model = past.fork(past.specification)
    model.run_for(20)
    written = model.logs["false_alarms"]
    # 20 days of 2 percent of about 250 people: 100, give or take three standard deviations of 10.
    assert 70 < len(written) < 130
    assert set(written["day"].tolist()) <= set(range(20))
    digest = model.digest()
    written._records["day"][0] += 1
    assert model.digest() != digest


def test_a_branch_has_a_log_of_its_own(past: AlmatyModel, scenario: Scenario) -> None:
    loud = {"path": "rumours.hearing", "value": 0.5, "start_day": 0}
    one, other = past.fork(scenario), past.fork(scenario.with_changes([loud]))
    for model in (one, other):
        model.run_for(5)
    assert len(other.logs["false_alarms"]) > 5 * len(one.logs["false_alarms"])
    assert len(past.logs["false_alarms"]) == 0
    with pytest.raises(ConfigurationError, match="same world, submodels and seed"):
        past.fork(load_scenario("baseline", SMALL))


def test_copies_files_and_pickles_go_on_alike(past: AlmatyModel, tmp_path: Path) -> None:
    model = past.fork(past.specification)
    model.run_for(5)
    model.save(tmp_path / "day_5.npz")
    twins = [
        copy.deepcopy(model),
        AlmatyModel.load(tmp_path / "day_5.npz"),
        pickle.loads(pickle.dumps(model)),
    ]
    assert {one.digest() for one in twins} == {model.digest()}
    for one in (model, *twins):
        one.run_for(5)
    assert {one.digest() for one in twins} == {model.digest()}
    assert {len(one.logs["false_alarms"]) for one in twins} == {len(model.logs["false_alarms"])}


def test_a_scenario_with_it_is_sent_to_another_process(scenario: Scenario) -> None:
    sent: Scenario = pickle.loads(pickle.dumps(scenario))
    assert sent == scenario
    assert type(sent.world) is type(scenario.world)
    assert identity_of(sent) == identity_of(scenario)


def test_its_code_is_part_of_the_identity_of_a_run(tmp_path: Path) -> None:
    source = Path(sys.modules[Rumours.__module__].__file__ or "")
    found = []
    for addition in ("", "\n# changed\n"):
        package = tmp_path / "mine"
        (package / "parameters").mkdir(parents=True, exist_ok=True)
        (package / "rumours.py").write_text(source.read_text() + addition)
        parameters = source.parent / "parameters" / "rumours.yaml"
        (package / "parameters" / "rumours.yaml").write_text(parameters.read_text())
        code = (
            "from experiments.runs.plan import identity_of; from sim import load_scenario; "
            "print(identity_of(load_scenario(submodels=['rumours.Rumours'])).past)"
        )
        root = Path(__file__).resolve().parents[2]
        run = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
            cwd=package, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(run.stdout)
    assert found[0] != found[1]
    plain = identity_of(load_scenario("baseline", SMALL))
    assert identity_of(load_scenario("baseline", SMALL, submodels=[Rumours])) != plain


def test_what_cannot_be_found_again_is_refused() -> None:
    class Inside(Submodel):
        """Defined in a function."""

    for kind, words in (
        (Inside, "is defined inside something else"),
        (int, "is not a class derived from Submodel"),
        ("tests.sim.own_submodels.rumours.Rumour", "has no submodel 'Rumour'"),
        ("nowhere.Rumours", "there is no module 'nowhere'"),
        ("Rumours", "is not a dotted path"),
        ("sim.submodels.beds.Beds", "there is a submodel 'beds' already"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            load_scenario("baseline", SMALL, submodels=[kind])
    with pytest.raises(TypeError, match="give a list"):
        load_scenario("baseline", SMALL, submodels=Rumours)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="must be a list of dotted paths"):
        load_scenario("baseline", ["submodels=rumours.Rumours"])
    with pytest.raises(ConfigurationError, match="there is a submodel 'rumours' already"):
        load_scenario("baseline", SMALL, submodels=[Rumours, PATH])


def test_a_module_that_is_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("import nowhere_else\n")
    (tmp_path / "silly.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"broken.Kind cannot be imported: ModuleNotFound"):
        import_submodel("broken.Kind")
    with pytest.raises(ConfigurationError, match=r"silly.Kind cannot be imported: ZeroDivision"):
        import_submodel("silly.Kind")


def test_a_section_needs_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lonely.py").write_text(
        "from sim.extending import Parameters, Submodel\n\n\n"
        "class Share(Parameters):\n    share: float\n\n\n"
        "class Lonely(Submodel):\n    section = Share\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"Lonely needs its parameters in .*lonely\.yaml"):
        load_scenario("baseline", SMALL, submodels=["lonely.Lonely"])
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "lonely.yaml").write_text("other: {share: 1}\n")
    with pytest.raises(ConfigurationError, match="must hold one section, 'lonely'"):
        load_scenario("baseline", SMALL, submodels=["lonely.Lonely"])
    (tmp_path / "parameters" / "lonely.yaml").write_text("lonely: {share: 1\n")
    with pytest.raises(ConfigurationError, match=r"lonely\.yaml, line"):
        load_scenario("baseline", SMALL, submodels=["lonely.Lonely"])


def run_nothing(submodel: Submodel) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"blocks": (Block("new", Beds.find, after="news, police"),)}, "unknown block 'news, pol"),
        ({"blocks": (Block("new", Beds.find, "hourly", "decide"),)}, "unknown cadence 'hourly'"),
        ({"blocks": (Block("decide", Beds.find, after="decide"),)}, "there is a block 'decide'"),
        ({"blocks": (Block("new", Beds.find, after="decide"),)}, "find is not a method of it"),
        ({"purposes": ("raid",)}, "there is a purpose 'raid' already"),
        ({"events": Beds.events | {"visits": None}}, "there is a log 'visits' already"),
        ({"levers": ("payment.price",)}, "lever 'payment.price' is not one of its own"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(declared: dict[str, Any], words: str) -> None:
    kind = type("Misfit", (Submodel,), declared)
    with pytest.raises(ConfigurationError, match=words):
        check_from_outside([kind], AlmatyModel.SUBMODELS, AlmatyModel.SCHEDULE)


def test_what_is_forgotten_in_the_program_is_an_error_at_import() -> None:
    kinds, schedule = AlmatyModel.SUBMODELS, AlmatyModel.SCHEDULE
    with pytest.raises(TypeError, match=r"block 'discharge': Beds.discharge is in no submodel"):
        check_declarations([one for one in kinds if one is not Beds], schedule, [])
    with pytest.raises(TypeError, match="submodel 'beds' is declared twice"):
        check_declarations([*kinds, Beds], schedule, [])
    silent = type("Silent", (Submodel,), {"name": "silent"})
    without = [silent if one.name == "funding" else one for one in kinds]
    blocks = [one for one in schedule if one.name != "grants and costs"]
    with pytest.raises(TypeError, match="no submodel declares the log 'policy_costs'"):
        check_declarations(without, blocks, [])


class Slow(Submodel):
    """Counts how often its blocks run."""

    runs: ClassVar[dict[str, list[int]]] = {"weekly": [], "monthly": []}

    def weekly(self) -> None:
        """Note the day."""
        self.runs["weekly"].append(self.model.day)

    def monthly(self) -> None:
        """Note the day."""
        self.runs["monthly"].append(self.model.day)

    blocks = (
        Block("every week", weekly, "weekly", after="decide"),
        Block("every month", monthly, "monthly", after="every week"),
    )


def test_cadences_count_from_the_first_day_of_burn_in() -> None:
    model = AlmatyModel(load_scenario("baseline", SMALL, submodels=[Slow]))
    model.run_for(30)
    assert Slow.runs["weekly"] == list(range(-60, 30, 7))
    assert Slow.runs["monthly"] == [-60, -30, 0]


def test_paths_are_those_of_modules() -> None:
    assert path_of(Rumours) == PATH
    assert kinds_of([PATH]) == (Rumours,)
    assert kinds_of(None) == kinds_of([]) == ()
    assert np.array_equal(Rumours.purposes, ("rumour",))
