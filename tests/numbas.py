"""`uv run python -m tests.numbas [version ...]`: the tests of the engine on 0.62, or other Numbas.

A version may be any that `uv` understands after `numba==`, such as `0.63.*`. Each gets an
environment of its own from `uv`, with the newest versions of all else that go with it, and compiles
what it tests anew. It installs packages, so it is no part of the suite.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

UV = os.environ.get("UV", "uv")
"""Where `uv run` says that it is itself."""
ROOT = Path(__file__).resolve().parents[1]
LOWEST = ["0.62.*"]
"""What `pyproject.toml` asks for at least."""
TESTS = ("tests/sim/engine", "sim/engine")
NEEDED = ("pytest>=8.3", "pytest-xdist>=3.6", "hypothesis>=6.115")
"""What the tests need beside the project."""


def passes_with(version: str) -> bool:
    """Return True if the tests of the engine pass with one Numba."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "environment" / "bin" / "python"
        subprocess.run(
            [UV, "venv", "-q", python.parents[1], "--python", sys.executable], check=True
        )
        # Not `.`: the build hook would compile with the newest Numba, for nobody.
        wanted = ["-r", "pyproject.toml", f"numba=={version}", *NEEDED]
        subprocess.run(
            [UV, "pip", "install", "-q", "--python", python, *wanted], cwd=ROOT, check=True
        )
        tests = subprocess.run(
            [python, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-m", "", *TESTS],
            cwd=ROOT, env={**os.environ, "NUMBA_CACHE_DIR": f"{folder}/machine code"},
        )  # fmt: skip
    return tests.returncode == 0


def main(versions: list[str]) -> int:
    """Run the tests with these versions; return 1 if any fail."""
    passed = {version: passes_with(version) for version in versions}
    for version, well in passed.items():
        print(f"numba {version}: {'passes' if well else 'FAILS'}")
    return int(not all(passed.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or LOWEST))
