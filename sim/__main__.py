"""`python -m sim`: compose the configuration, check it, hand it to the chosen study."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

BAD_CONFIGURATION, FAILED, INTERNAL, INTERRUPTED = 2, 1, 70, 130
LOG_WIDTH = 110


def main(arguments: list[str] | None = None) -> int:
    """Run the application; return its exit status.

    It may be called many times in one process: environment and global state are restored.

    Parameters
    ----------
    arguments : list of str, optional
        Command-line arguments; by default those of this process.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    show_trace = os.environ.get("HYDRA_FULL_ERROR") == "1"
    try:
        from sim.config.command_line import unchanged_process

        with unchanged_process():
            # Hydra then raises instead of printing its own trace.
            os.environ["HYDRA_FULL_ERROR"] = "1"
            return _answer(words)
    except SystemExit as end:  # raised by Hydra when it has answered
        return end.code if isinstance(end.code, int) else FAILED if end.code else 0
    except KeyboardInterrupt:
        print(
            "Interrupted. What was finished is stored; the same command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if show_trace:
            raise
        status, line = _said_of(error)
        print(f"error: {line}", file=sys.stderr)
        return status


def _said_of(error: Exception) -> tuple[int, str]:
    """Return the exit status and the message for the error that ended the application."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from sim.config.configuration import ConfigurationError, one_line

    if isinstance(error, ConfigurationError | HydraException | OmegaConfBaseException):
        return BAD_CONFIGURATION, one_line(error)
    if isinstance(error, OSError):
        # Finished work is stored; the store itself reports what it could not write.
        return FAILED, one_line(error)
    # A bug in the program: the user needs one line, and how to see the rest.
    return INTERNAL, (
        f"internal error: {type(error).__name__}: {one_line(error)}; HYDRA_FULL_ERROR=1 shows it"
    )


def _answer(words: list[str]) -> int:
    from sim.config.command_line import carry_out, read_command_line, sources_of
    from sim.config.files import looking_in

    line = read_command_line(words)
    with looking_in(sources_of(line)):
        if line.options.help:
            from sim.config.help import print_help

            return print_help(line)
        return carry_out(line, partial(run_study, command=words), check_study)


def _import_mesa_early() -> None:
    """Import Mesa from a shallow stack: its logger looks up every frame among all modules."""
    import mesa  # noqa: F401


def check_study(resolved: dict[str, Any], given: list[str]) -> None:
    """Raise `ConfigurationError` if a composed configuration has a mistake that is visible now.

    Parameters
    ----------
    resolved, given
        As in `run_study`.
    """
    _import_mesa_early()
    from experiments.story import study as story
    from experiments.studies import stored
    from experiments.studies.reads import check_given, check_output
    from sim.config.scenario import scenario_from

    scenario_from(resolved)
    name = str(resolved["study"].get("name"))
    check_given(name, resolved, given)
    check_output(resolved)
    if name in stored.STUDIES:
        stored.STUDIES[name].settings_of(resolved)
    elif name == "story":
        story.story_settings(resolved)


def run_study(
    resolved: dict[str, Any], given: list[str], command: Sequence[str] | None = None
) -> int:
    """Hand a composed configuration to its study; return the exit status.

    Parameters
    ----------
    resolved : dict
        The composed configuration.
    given : list of str
        Names of the settings given on the command line.
    command : sequence of str, optional
        The command line as it was typed, for the manifest.
    """
    _import_mesa_early()
    import logging

    from rich.console import Console

    from experiments.story import study as story
    from experiments.studies import levers, run, stored
    from experiments.studies.reads import (
        check_given,
        check_output,
        leave_out_law_in_force,
        say_unfinished_ramps,
    )
    from sim.config.configuration import ConfigurationError, nearest
    from sim.config.origin import with_file_of_study
    from sim.config.parts import check_parts

    logging.getLogger("MESA").setLevel(logging.WARNING)
    studies: dict[str, Any] = {
        **{name: kind.run for name, kind in stored.STUDIES.items()},
        "run": run.run, "story": story.run, "resume": stored.resume, "expand": stored.expand,
        "figures": stored.figures, "check": stored.check, "rerun": stored.repeat,
        "levers": levers.run,
    }  # fmt: skip
    check_parts(resolved)
    name = str(resolved["study"].get("name"))
    if name not in studies:
        raise ConfigurationError(f"unknown study '{name}': {nearest(name, studies)}")
    console = Console()
    if not console.is_terminal:
        # A log file has room for a table's lines.
        console = Console(width=LOG_WIDTH)
    check_given(name, resolved, given)
    with with_file_of_study(resolved, given):
        check_output(resolved)
        if name in ("expand", "figures"):
            resolved["given"] = given
        leave_out_law_in_force(resolved, console)
        resolved["command"] = command
        status: int = studies[name](resolved, console)
    say_unfinished_ramps(name, resolved, console)
    return status


if __name__ == "__main__":
    sys.exit(main())
