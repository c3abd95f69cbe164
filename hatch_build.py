"""Build hook: compile the model's rules while the project is installed for development.

An editable installation (`uv sync`, `uv run`) runs from this folder, so that machine code put here
now is where the first run looks for it. Nothing of it gets into a wheel, which may go to another
machine. Whatever goes wrong here, the installation goes on: the first run compiles then.
"""

import os
import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PATIENCE = 600
"""Seconds after which a compiler that hangs is given up."""


class Precompile(BuildHookInterface):
    """Compiles all rules, by the Python and the Numba that the installation will have."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, if the project is installed to be run from this folder."""
        if version != "editable":
            return
        try:
            # A process of its own: nothing it does or imports can disturb the build.
            done = subprocess.run(
                [sys.executable, "-m", "sim.precompile"],
                cwd=self.root, env=os.environ | {"PYTHONPATH": self._path()},
                capture_output=True, text=True, timeout=PATIENCE, check=False,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            self.app.display_warning(f"The rules are not compiled ahead: {error}")
            return
        if done.returncode:
            # pip's build environment, for one, has no Numba.
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            self.app.display_warning(f"The rules are not compiled ahead: {reason}")

    def _path(self) -> str:
        """Return where Python looks for modules: here first, then where the build looks."""
        known = os.environ.get("PYTHONPATH")
        return os.pathsep.join([self.root, known] if known else [self.root])
