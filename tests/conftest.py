"""What many tests share."""

import os

import pytest

from sim.engine.jit.settings import INTERPRETED
from sim.model import AlmatyModel
from tests.cities import city

NO_SKIPS = "SKIPPED_TESTS_FAIL"
"""Environment variable that makes a skipped test a failure."""


def pytest_configure(config: pytest.Config) -> None:
    """Let interpreted rules overflow as silently as compiled ones do."""
    if INTERPRETED:
        config.addinivalue_line("filterwarnings", "ignore:overflow encountered:RuntimeWarning")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a skipped test fail the whole where nothing may be missing (`.ci/run`)."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get(NO_SKIPS) and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        for report in reporter.stats["skipped"]:
            reporter.write_line(f"skipped, and {NO_SKIPS} is set: {report.nodeid}", red=True)


@pytest.fixture(scope="session")
def year_of_baseline() -> AlmatyModel:
    """A city of 3,000 after a year of unchanged rules. Only look: others look at it too."""
    model = AlmatyModel(city(population=3000))
    model.run_for(365)
    return model
