"""Models that are saved, loaded and pickled go on as if nothing had happened."""

import copy
import json
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import state
from sim.agents.migrant import Migrant
from sim.config.configuration import ConfigurationError
from sim.config.loading import load_scenario
from sim.config.scenario import Scenario
from sim.mesa_model import StoppedInsideDayError
from sim.model import AlmatyModel

SMALL = ["city.population=250", "city.burn_in_days=60"]
RAMP = {"path": "information.ngo_reach", "value": 0.5, "start_day": 2, "ramp_days": 20}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", [*SMALL, "shock=epidemic"]).with_changes([RAMP])


@pytest.fixture(scope="module")
def past(scenario: Scenario) -> AlmatyModel:
    return AlmatyModel(scenario)


@pytest.fixture
def model(past: AlmatyModel) -> AlmatyModel:
    """A model in the middle of a ramp."""
    branch = past.fork(past.specification)
    branch.run_for(10)
    return branch


def everything(model: AlmatyModel) -> tuple[str, bytes, bytes]:
    """Return what must be equal of models that go on alike."""
    tables = (model.indicators(), model.case_log())
    return (
        model.digest(),
        pickle.dumps([table.to_dict("list") for table in tables]),
        pickle.dumps(model.curves().to_dict("list")),
    )


def test_a_loaded_model_is_equal_and_goes_on_alike(model: AlmatyModel, tmp_path: Path) -> None:
    model.save(tmp_path / "day_10.npz")
    loaded = AlmatyModel.load(tmp_path / "day_10.npz")
    assert loaded.specification == model.specification
    assert (loaded.day, loaded.time, loaded.world) == (model.day, model.time, model.world)
    assert everything(loaded) == everything(model)
    for one in (loaded, model):
        one.run_for(25)
    assert everything(loaded) == everything(model)


def test_a_pickled_model_keeps_what_users_have_hung_on_it(model: AlmatyModel) -> None:
    model.notes = {"myself": model, "colour": "green"}  # type: ignore[attr-defined]
    model.switched_off = frozenset({"discharge"})
    sent = pickle.loads(pickle.dumps(model))
    assert sent.notes["colour"] == "green"
    assert sent.notes["myself"] is sent
    assert sent.switched_off == {"discharge"}
    for one in (sent, model):
        one.run_for(5)
    assert everything(sent) == everything(model)


def test_mesas_own_chance_goes_on(model: AlmatyModel, tmp_path: Path) -> None:
    model.random.random()
    model.rng.random()
    model.save(tmp_path / "model.npz")
    loaded = AlmatyModel.load(tmp_path / "model.npz")
    assert loaded.random.random() == model.random.random()
    assert loaded.rng.random() == model.rng.random()
    pick = [one.agents_by_type[Migrant].shuffle().get("unique_id")[:5] for one in (loaded, model)]
    assert pick[0] == pick[1]


def test_a_loaded_model_can_be_forked_copied_and_saved(
    model: AlmatyModel, scenario: Scenario, tmp_path: Path
) -> None:
    model.save(tmp_path / "one.npz")
    loaded = AlmatyModel.load(tmp_path / "one.npz")
    loaded.save(tmp_path / "two.npz")
    other = scenario.with_policy("mobile_clinics")
    branches = [one.fork(other) for one in (model, loaded, AlmatyModel.load(tmp_path / "two.npz"))]
    branches.append(copy.deepcopy(loaded).fork(other))
    for branch in branches:
        branch.run_for(8)
    assert len({branch.digest() for branch in branches}) == 1


def test_keys_used_in_audit_mode_are_kept(tmp_path: Path) -> None:
    model = AlmatyModel(load_scenario("baseline", SMALL), audit=True)
    model.save(tmp_path / "audited.npz")
    loaded = AlmatyModel.load(tmp_path / "audited.npz")
    assert loaded.draws.used == model.draws.used
    assert sum(map(len, (loaded.draws.used or {}).values())) > 1000
    loaded.run_for(2)


def test_another_version_of_the_model_is_refused_in_a_line(
    model: AlmatyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path / "old.npz")
    monkeypatch.setattr(state, "code_version", lambda: "9.9.9-feedbeef")
    with pytest.raises(ConfigurationError, match=r"saved by model version .*, this is 9.9.9-feed"):
        AlmatyModel.load(tmp_path / "old.npz")
    monkeypatch.undo()
    monkeypatch.setattr(state, "FORMAT", 99)
    with pytest.raises(ConfigurationError, match="not a saved model in this format"):
        AlmatyModel.load(tmp_path / "old.npz")


def test_what_is_no_saved_model_is_refused_in_a_line(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"not a zip archive", b"PK\x03\x04" + bytes(200))):
        path = tmp_path / f"{number}.npz"
        path.write_bytes(content)
        with pytest.raises(ConfigurationError, match="is not a saved model, or is damaged"):
            AlmatyModel.load(path)
    np.savez(tmp_path / "other.npz", numbers=np.arange(3))
    with pytest.raises(ConfigurationError, match="is not a saved model, or is damaged"):
        AlmatyModel.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        AlmatyModel.load(tmp_path / "missing.npz")
    with pytest.raises(ConfigurationError, match="a pickled model: is not a saved model"):
        state.read(b"broken")


def test_no_damage_is_silent(model: AlmatyModel, tmp_path: Path) -> None:
    """A flipped bit is found, or lies where no value is (names and dates in the archive)."""
    path = tmp_path / "model.npz"
    model.save(path)
    whole = path.read_bytes()
    chance = random.Random(1)
    found = 0
    for _ in range(30):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            loaded = AlmatyModel.load(path)
        except ConfigurationError:
            found += 1
        else:
            assert loaded.digest() == model.digest()
    assert found > 20


def test_a_changed_number_in_a_well_formed_file_is_found(
    model: AlmatyModel, tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    with np.load(path) as archive:
        arrays: dict[str, Any] = dict(archive)
    arrays["work_groups"] = arrays["work_groups"].copy()
    arrays["work_groups"][100] ^= 1
    with path.open("wb") as file:
        np.savez(file, **arrays)
    with pytest.raises(ConfigurationError, match="its digest differs"):
        AlmatyModel.load(path)
    header = json.loads(arrays["header"].tobytes())
    assert header["model_version"].startswith("0.")


def test_a_file_is_there_as_a_whole_or_not_at_all(
    model: AlmatyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    before = path.read_bytes()
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode  # as any other new file
    (tmp_path / "other").unlink()

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.save(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["model.npz"]
    with pytest.raises(OSError, match="could not be written"):
        model.save(tmp_path / "no folder" / "model.npz")


def test_what_cannot_be_saved_says_so(model: AlmatyModel, tmp_path: Path) -> None:
    class MyModel(AlmatyModel):
        """A model of one's own."""

    mine = MyModel(model.specification, parent=model)
    for what in (lambda: mine.save(tmp_path / "m"), lambda: pickle.dumps(mine)):
        with pytest.raises(
            TypeError, match=r"a MyModel cannot be (saved|pickled): create it again"
        ):
            what()
    model.remove_all_agents()
    for what in (lambda: model.save(tmp_path / "m"), lambda: pickle.dumps(model)):
        with pytest.raises(StoppedInsideDayError, match="all agents of the model have been remov"):
            what()
    assert list(tmp_path.iterdir()) == []
