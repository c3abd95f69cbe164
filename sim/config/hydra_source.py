"""Hydra gets files that were already read strictly: each is parsed once, and in C.

Hydra's own reader parses in Python, which takes longer than the rest of the composition.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf

from sim.config.mistakes import ConfigurationError
from sim.config.strict_yaml import read_strictly

SCHEME = "file"
_HEADER = 512
"""Characters in which Hydra looks for `# @package`."""


class StrictFileSource(FileConfigSource):
    """Files as read by `read_strictly`; files that it refuses are left to Hydra."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Return a file's contents and header."""
        path = Path(self.path, self._normalize_file_name(config_path))
        try:
            content = read_strictly(path, str(path)).value
        except ConfigurationError:
            content = None
        if not isinstance(content, dict):
            return super().load_config(config_path)
        with path.open(encoding="utf-8") as file:
            header = ConfigSource._get_header_dict(file.read(_HEADER))
        return ConfigResult(
            config=OmegaConf.create(content), path=f"{SCHEME}://{self.path}",
            provider=self.provider, header=header,
        )  # fmt: skip


@contextmanager
def strict_files() -> Iterator[None]:
    """Let Hydra read files through `StrictFileSource` within a `with` block."""
    Plugins.instance()  # registers Hydra's own sources
    known = SourcesRegistry.instance().types
    usual = known[SCHEME]
    known[SCHEME] = StrictFileSource
    try:
        yield
    finally:
        known[SCHEME] = usual
