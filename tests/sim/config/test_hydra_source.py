"""Files that Hydra takes as they were read strictly mean what Hydra reads in them."""

from pathlib import Path

import pytest
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.plugins.config_source import ConfigLoadError
from omegaconf import OmegaConf

from sim.config.configuration import configuration_folder
from sim.config.hydra_source import StrictFileSource

FOLDER = configuration_folder()
FILES = sorted(FOLDER.rglob("*.yaml"))
UNUSUAL = {
    "header": "# @package _global_\na: 1\n", "nothing": "", "alias": "a: &x 1\nb: *x\n",
    "numbers": "a: 1e-3\nb: 0x10\nc: 1_000\nd: .5\ne: 'yes'\nf: yes\ng: 1e400\nh: null\ni: 12:30\n",
}  # fmt: skip
"""Of these `read_strictly` refuses the one with an alias, and nothing is no mapping."""


def same(folder: Path, name: str) -> bool:
    """Return True if both sources give the same contents, header and place."""
    ours, theirs = (
        source("main", f"file://{folder}").load_config(name)
        for source in (StrictFileSource, FileConfigSource)
    )
    assert OmegaConf.to_yaml(ours.config) == OmegaConf.to_yaml(theirs.config)
    return vars(ours) == vars(theirs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_file_of_the_program_means_the_same(path: Path) -> None:
    assert same(FOLDER, str(path.relative_to(FOLDER).with_suffix("")))


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_file_means_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.yaml").write_text(UNUSUAL[name], encoding="utf-8")
    assert same(tmp_path, name)


def test_a_file_that_is_not_there_is_a_mistake_of_hydra(tmp_path: Path) -> None:
    with pytest.raises(ConfigLoadError, match="not found"):
        StrictFileSource("main", f"file://{tmp_path}").load_config("nothing")
