"""`python -m sim`: compose the configuration, check it, hand it to the chosen study."""

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omegaconf import DictConfig

BAD_CONFIGURATION, FAILED = 2, 1
LOG_WIDTH = 110
HELP = """Almaty Health Access: how labour migrants in Almaty reach, or do not reach, health care.

usage: python -m sim [name=value ...]     e.g. python -m sim study=run scenario=mobile_clinics
       python -m sim -m [name=a,b ...]    every combination, one after the other

The main job (no arguments) compares the headline scenarios in the small city, with intervals and
figures, and writes tables, figures and a manifest to outputs/.
"""
TAIL = """Any number of conf/ can be set: parameters.illness.acute_rate=1.5, city.population=5000,
days=730, replicates=30, scenarios=[baseline,mobile_clinics], output=some/folder.
HYDRA_FULL_ERROR=1 shows full errors.
"""
SHOWN = (
    ("study", "studies"), ("scenario", "scenarios"), ("shock", "shocks"), ("city", "cities"),
    ("executor", "executors"),
)  # fmt: skip


def main() -> int:
    """Run the application; return its exit status."""
    arguments = sys.argv[1:]
    if any(word in ("-h", "--help") for word in arguments):
        return print_help()
    show_trace = os.environ.get("HYDRA_FULL_ERROR") == "1"
    # Hydra then raises instead of printing a trace of its own.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from sim.configuration import ConfigurationError, one_line

    try:
        return compose_and_run(arguments)
    except (ConfigurationError, HydraException, OmegaConfBaseException) as error:
        if show_trace:
            raise
        print(f"error: {one_line(error)}", file=sys.stderr)
        return BAD_CONFIGURATION
    except OSError as error:
        # What was finished is stored; the store itself says what it could not write.
        if show_trace:
            raise
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted before anything was finished.", file=sys.stderr)
        return 130


def compose_and_run(arguments: list[str]) -> int:
    """Let Hydra compose the configuration and run the study it names."""
    from sim.configuration import compose_configuration, normalise_overrides

    options = [word for word in arguments if word.startswith("-")]
    words = [word for word in arguments if not word.startswith("-")]
    if options:
        return run_by_hydra(options, normalise_overrides(words))
    # One job needs nothing of Hydra but its composition, and that once.
    given = [word.lstrip("+~").split("=")[0] for word in words]
    return run_study(compose_configuration(words), given)


def run_by_hydra(options: list[str], overrides: list[str]) -> int:
    """Let Hydra run one job a combination (`-m`), or do what else it is asked."""
    import hydra

    from sim.configuration import ConfigurationError, as_dict, configuration_folder

    sys.argv[1:] = options + overrides
    statuses: list[int] = []
    mistakes: list[Exception] = []

    @hydra.main(version_base="1.3", config_path=str(configuration_folder()), config_name="config")
    def application(configuration: "DictConfig") -> None:
        # Hydra would print a line of its own about an error that passes through it.
        try:
            if not mistakes:
                statuses.append(run_study(as_dict(configuration), overrides))
        except ConfigurationError as mistake:
            mistakes.append(mistake)

    application()
    if mistakes:
        raise mistakes[0]
    return max(statuses, default=0)


def run_study(resolved: dict[str, Any], given: list[str]) -> int:
    """Hand a composed configuration to its study; return the exit status.

    Parameters
    ----------
    resolved : dict
        The composed configuration.
    given : list of str
        Names of what was set on the command line.
    """
    import logging

    from rich.console import Console

    from experiments import run, stored, story
    from sim.configuration import ConfigurationError, nearest
    from sim.scenario import check_parts

    logging.getLogger("MESA").setLevel(logging.WARNING)
    studies: dict[str, Any] = {
        **{name: kind.run for name, kind in stored.KINDS.items()},
        "run": run.run, "story": story.run, "resume": stored.resume, "expand": stored.expand,
        "figures": stored.figures, "check": stored.check, "rerun": stored.repeat,
    }  # fmt: skip
    check_parts(resolved)
    name = str(resolved["study"]["name"])
    if name not in studies:
        raise ConfigurationError(f"unknown study '{name}': {nearest(name, studies)}")
    console = Console()
    if not console.is_terminal:
        # A log file has room for a table's lines.
        console = Console(width=LOG_WIDTH)
    if name in ("expand", "figures"):
        resolved["given"] = given
    resolved["command"] = given
    status: int = studies[name](resolved, console)
    return status


def print_help() -> int:
    """Print what there is to choose from, one line each."""
    from sim.configuration import choices

    print(HELP)
    for group, heading in SHOWN:
        print(f"{heading} ({group}=...)")
        for name, summary in choices(group).items():
            print(f"  {name:24} {summary}")
        print()
    print("law books (law.regime=... law.as_of=2020-01-01 or calendar)")
    for name, summary in choices("regime").items():
        print(f"  {name:24} {summary}")
    print()
    print(TAIL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
