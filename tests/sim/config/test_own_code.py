"""The code of a submodel from outside: every file of its author that it can reach."""

import importlib
import sys
from pathlib import Path

import pytest

from sim.config.configuration import ConfigurationError
from sim.config.extensions import fingerprint_of, import_submodel
from sim.config.loading import load_scenario
from sim.config.own_code import files_of_code, hash_of_code
from sim.model import AlmatyModel
from sim.submodels.beds import Beds

FILES = {
    "ward/__init__.py": "from ward import shared\n",
    "ward/shared.py": "import numpy as np\nfrom scipy import stats\n\nRATE = 1.0\n",
    "ward/rules.py": "from .shared import RATE\nfrom . import deep\n\n\ndef lazily():\n"
    "    import ward_numbers\n    import no_such_module\n    return ward_numbers\n",
    "ward/deep/__init__.py": "from ..late import *\n",
    "ward/late.py": "NAME = 'late'\n",
    "ward/unused.py": "NAME = 'unused'\n",
    "ward_numbers.py": "VALUES = [1, 2]\n",
    "ward_other.py": "import ward\n",
    "ward_main.py": "import os\nfrom sim.extending import Submodel\n"
    "import ward.rules as rules\n\n\nclass Ward(Submodel):\n    '''Rests.'''\n",
}
REACHED = (
    "ward", "ward.deep", "ward.late", "ward.rules", "ward.shared", "ward_main", "ward_numbers",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in [one for one in sys.modules if one.startswith("ward")]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    return tmp_path


def test_a_module_is_followed_into_those_of_its_author(folder: Path) -> None:
    expected = {name: folder / f"{name.replace('.', '/')}.py" for name in REACHED}
    expected |= {name: folder / name.replace(".", "/") / "__init__.py"
                 for name in ("ward", "ward.deep")}  # fmt: skip
    assert files_of_code("ward_main") == expected
    assert list(files_of_code("ward_main")) == sorted(expected)
    assert "ward_numbers" not in sys.modules
    assert not files_of_code("sim.model")
    assert not files_of_code("json")
    assert set(files_of_code("pluggy._manager")) >= {"pluggy", "pluggy._hooks"}
    assert not Beds.code.strip("0123456789abcdef")
    assert Beds.code == hash_of_code()


@pytest.mark.parametrize("file", FILES)
def test_every_reached_file_and_no_other_is_in_the_hash(folder: Path, file: str) -> None:
    before = hash_of_code("ward_main")
    with (folder / file).open("a") as opened:
        opened.write("# changed\n")
    reached = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in REACHED
    assert (hash_of_code("ward_main") != before) == reached
    (folder / file).write_text("def broken(:\n")
    assert hash_of_code("ward_main") != before or not reached


def test_code_that_changes_while_it_is_in_use_is_refused(folder: Path) -> None:
    kind = import_submodel("ward_main.Ward")
    scenario = load_scenario(
        overrides=["city.population=200", "city.burn_in_days=60"], submodels=[kind]
    )
    AlmatyModel(scenario).save("now.npz")
    before = fingerprint_of(kind)
    assert before.startswith("ward_main.Ward:")
    AlmatyModel.load("now.npz")
    (folder / "ward/late.py").write_text("NAME = 'later'\n")
    with pytest.raises(ConfigurationError, match=r"code of ward_main\.Ward has changed since"):
        fingerprint_of(kind)
    with pytest.raises(ConfigurationError, match="has changed since it was imported"):
        AlmatyModel.load("now.npz")
    for name in REACHED:
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    assert fingerprint_of(import_submodel("ward_main.Ward")) != before
    with pytest.raises(ConfigurationError, match=r"saved with other code of ward_main\.Ward"):
        AlmatyModel.load("now.npz")
    known = import_submodel("ward_main.Ward")
    (folder / "ward_main.py").unlink()
    with pytest.raises(ConfigurationError, match=r"code of ward_main\.Ward has changed since"):
        fingerprint_of(known)
    for name in REACHED:
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    with pytest.raises(ConfigurationError, match="no module 'ward_main'"):
        AlmatyModel.load("now.npz")
