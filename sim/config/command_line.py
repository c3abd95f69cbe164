"""The command line: Hydra's options as Hydra documents them, and how they are carried out.

Hydra itself is called only where nothing else can answer (`--cfg`, `--info`, a user's launcher or
sweeper, ...). It composes everything twice and takes seconds for each job of `-m`; here every job
is derived from the configuration composed before.
"""

import logging
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn
from warnings import catch_warnings, simplefilter

from sim.config.composition import (
    as_dict,
    compose_configuration,
    normalise_overrides,
    one_line,
    with_searchpath,
)
from sim.config.files import Sources, configuration_folder, looking_in, shown, sources
from sim.config.hydra_source import strict_files
from sim.config.mistakes import ConfigurationError, nearest, shortened
from sim.config.overrides import Word, as_typed, quoted, read_words, searched

BY_HYDRA = ("cfg", "info", "hydra_help", "shell_completion", "experimental_rerun")
"""Options that Hydra answers without running anything."""

type Study = Callable[[dict[str, Any], list[str]], int]
"""Runs a composed configuration, given the names that were set; returns the exit status."""


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line.

    Attributes
    ----------
    options : Namespace
        Hydra's options, by name.
    words : list of str
        Settings (name=value).
    """

    options: Namespace
    words: list[str]

    @property
    def asks_hydra(self) -> bool:
        """Whether only Hydra can answer this command line."""
        if any(getattr(self.options, name) for name in BY_HYDRA):
            return True
        keys = [word.lstrip("+~").partition("=")[0] for word in self.words]
        return any(key.startswith(("hydra.", "hydra/")) and key != "hydra.searchpath"
                   for key in keys)  # fmt: skip


class _Parser(ArgumentParser):
    """Hydra's parser, which ends the process on a mistake unless it is stopped."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)


def read_command_line(arguments: Sequence[str]) -> CommandLine:
    """Return the parsed arguments of `python -m sim`.

    Raises
    ------
    ConfigurationError
        If an option is unknown (the nearest is named) or lacks its value.
    """
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()
    parser.__class__ = _Parser
    known = [name for action in parser._actions for name in action.option_strings]
    options, unknown = parser.parse_known_intermixed_args(list(arguments))
    for word in unknown:
        if word.startswith("-"):
            raise ConfigurationError(
                f"unknown option '{shortened(word)}': {nearest(word.partition('=')[0], known)}"
            )
        options.overrides.append(word)
    if options.resolve and not options.cfg:
        raise ConfigurationError("--resolve goes with --cfg")
    if options.package is not None and not options.cfg:
        raise ConfigurationError("--package goes with --cfg")
    asked = [f"--{name.replace('_', '-')}" for name in ("run", "multirun", "cfg", "info",
             "shell_completion") if getattr(options, name)]  # fmt: skip
    if len(asked) > 1:
        raise ConfigurationError(f"{asked[0]} and {asked[1]}: choose one of them")
    words = options.overrides
    options.overrides = []
    return CommandLine(options, words)


def sources_of(line: CommandLine) -> Sources:
    """Return the folders in which a command line looks for files.

    Raises
    ------
    ConfigurationError
        If a folder does not exist.
    """
    used = sources()
    options = line.options
    if options.config_path is not None or options.config_name is not None:
        folder = used.program
        if options.config_path is not None:
            folder = Path(options.config_path).absolute()
            if not folder.is_dir():
                raise ConfigurationError(
                    f"--config-path: there is no folder '{shortened(options.config_path)}'"
                )
        main = (options.config_name or used.main).removesuffix(".yaml")
        if not (folder / f"{main}.yaml").is_file():
            raise ConfigurationError(f"--config-path, --config-name: no {main}.yaml in {folder}")
        with looking_in(Sources(folder)):
            used = Sources(folder, (), main)
        here = Path("conf").absolute()
        if here.is_dir() and here.resolve() != folder.resolve():
            used = used.with_folder(here, "conf")
    if options.config_dir is not None:
        used = used.with_folder(Path(options.config_dir), "--config-dir")
    searching = [word for word in line.words if word.lstrip("+").startswith("hydra.searchpath=")]
    return with_searchpath(used, searched(read_words(searching))[1])


def carry_out(
    line: CommandLine, study: Study, check: Callable[[dict[str, Any], list[str]], None]
) -> int:
    """Carry out a command line; return the exit status.

    Parameters
    ----------
    line : CommandLine
    study, check : callable
        `study` runs a composed configuration; `check` raises `ConfigurationError` if it cannot run.
    """
    several = bool(line.options.multirun)
    if line.asks_hydra:
        return _by_hydra(line, study)
    words = searched(read_words(line.words, several))[0]
    if not several:
        return study(compose_configuration([word.text for word in words]), names_of(words))
    jobs = jobs_of(words)
    for job in jobs:  # so that a mistake in the last one is found before hours of work
        check(compose_configuration(job), names_of(words))
    return max(study(compose_configuration(job), names_of(words)) for job in jobs)


def names_of(words: Sequence[Word]) -> list[str]:
    """Return the names that some words set."""
    return [word.key for word in words]


def jobs_of(words: Sequence[Word]) -> list[list[str]]:
    """Return the words of every job of `-m`, as Hydra's own sweeper makes them.

    Raises
    ------
    ConfigurationError
        If a sweep is not one that can be listed.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.types import Glob
    from hydra.errors import HydraException

    listed = []
    for word in words:
        if not isinstance(word.value, Glob):
            listed.append(word)
            continue
        if not word.chooses or not word.names:
            raise ConfigurationError(f"'{shortened(word.text)}': it matches no file of conf/")
        texts = ",".join(quoted(name) for name in word.names)
        listed += read_words([f"{word.key}={texts}"], several=True)
    try:
        (jobs,) = BasicSweeper.split_arguments([word.override for word in listed], None)
    except HydraException as error:
        raise ConfigurationError(shortened(error)) from error
    return [list(job) for job in jobs]


def _by_hydra(line: CommandLine, study: Study) -> int:
    """Let Hydra answer one of its options, or run the jobs of a launcher or sweeper."""
    import hydra

    several = bool(line.options.multirun)
    given = [word.lstrip("+~").partition("=")[0] for word in line.words]
    plain = [word for word in line.words if not word.lstrip("+").startswith("hydra.searchpath=")]
    if line.options.hydra_help or line.options.shell_completion:
        words = plain
    else:
        words = normalise_overrides([as_typed(word, several) for word in plain], several)
    own = ",".join(quoted(f"file://{one.path}") for one in sources().own)
    sys.argv[1:] = [*_options(line), *words, *([f"hydra.searchpath=[{own}]"] if own else [])]
    statuses: list[int] = []
    mistakes: list[Exception] = []

    @hydra.main(
        version_base="1.3", config_path=str(configuration_folder()), config_name=sources().main
    )
    def application(configuration: Any) -> None:
        # Hydra would print its own message about an error that passes through it.
        try:
            if not mistakes:
                statuses.append(study(as_dict(configuration), given))
        except ConfigurationError as mistake:
            mistakes.append(mistake)

    with strict_files():
        if any(getattr(line.options, name) for name in BY_HYDRA):
            _answered(application)
        else:
            application()
    if mistakes:
        raise mistakes[0]
    return max(statuses, default=0)


def _answered(application: Callable[[], None]) -> None:
    """Let Hydra answer; its error message becomes one line."""
    complaints = StringIO()
    try:
        with redirect_stderr(complaints), catch_warnings():
            simplefilter("ignore")
            application()
    except ConfigurationError:
        raise
    except SystemExit as end:
        if end.code in (0, None):
            raise
        lines = complaints.getvalue().split("\n")
        raise ConfigurationError(shortened(lines[0]) or "Hydra gives no reason") from end
    except Exception as error:
        raise ConfigurationError(one_line(error)) from error


def _options(line: CommandLine) -> Iterator[str]:
    """Yield the options to pass to Hydra; folders are on its search path already."""
    for name, value in vars(line.options).items():
        if name in ("overrides", "config_path", "config_name", "config_dir") or not value:
            continue
        yield f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}")


@contextmanager
def unchanged_process() -> Iterator[None]:
    """Restore what a command changes in its process: more commands may follow in it."""
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.singleton import Singleton

    environment, arguments = dict(os.environ), list(sys.argv)
    singletons = Singleton.get_state()
    mesa = logging.getLogger("MESA").level
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        sys.argv[:] = arguments
        logging.getLogger("MESA").setLevel(mesa)
        GlobalHydra.instance().clear()
        Singleton.set_state(singletons)


def where_from(folder: Path | None) -> str:
    """Return a note that says in which folder a user's file is."""
    return "" if folder is None else f" [{shown(folder)}]"
