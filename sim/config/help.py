"""`--help`: the choices there are, and the settings of a study."""

from pathlib import Path
from textwrap import fill

from sim.config.command_line import CommandLine
from sim.config.files import choices, file_of, offers, read_choice, shown, sources
from sim.config.overrides import read_words
from sim.config.strict_yaml import read_strictly

WIDTH = 80
NAME_WIDTH = 24
HELP = """Almaty Health Access: how labour migrants in Almaty reach, or do not reach, health care.

usage: python -m sim [name=value ...]     e.g. python -m sim study=run scenario=mobile_clinics
       python -m sim -m [name=a,b ...]    every combination, one after the other
       python -m sim study=sweep --help   the settings of a study

The main job (no arguments) compares the headline scenarios in the small city, with intervals and
figures, and writes tables, figures and a manifest to outputs/.
"""
TAIL = """Any number of conf/ can be set: parameters.illness.acute_rate=1.5, city.population=5000,
days=730, replicates=30, scenarios=[baseline,mobile_clinics], output=some/folder.
What a scenario may change: study=levers find=WORD. Scenarios, shocks, cities and studies of your
own: in conf/ of the working directory, or --config-dir FOLDER. Hydra's options: --hydra-help.
HYDRA_FULL_ERROR=1 shows full errors.
"""
SHOWN = (
    ("study", "studies"), ("scenario", "scenarios"), ("shock", "shocks"), ("city", "cities"),
    ("executor", "executors"),
)  # fmt: skip


def print_help(line: CommandLine) -> int:
    """Print the choices there are, or the settings of the study that is named."""
    chosen = [word.names[0] for word in read_words(line.words, True) if word.key == "study"]
    if chosen:
        print("\n".join(study_help(chosen[-1])))
        return 0
    print(HELP)
    for group, heading in SHOWN:
        print(f"{heading} ({group}=...)")
        for one in offers(group):
            if one.mistake is not None:
                print(f"  {one.name:{NAME_WIDTH}} cannot be used: {one.mistake}")
                continue
            own = "" if one.own is None else f" [{shown(one.own)}]"
            print(f"  {one.name:{NAME_WIDTH}} {one.summary}{own}")
        print()
    print("law books (law.regime=... law.as_of=2020-01-01 or calendar; law=today)")
    for name, summary in choices("regime").items():
        print(f"  {name:{NAME_WIDTH}} {summary}")
    print()
    print(TAIL)
    return 0


def study_help(name: str) -> list[str]:
    """Return the settings of a study: default, allowed values and meaning of each.

    Parameters
    ----------
    name : str
        Of its file.
    """
    from experiments.studies.reads import read_by
    from experiments.studies.settings import settings_model, wanted_of

    content = read_choice("study", name).value
    kind = content["study"]["name"]
    own, main = file_of("study", kind), sources().program / f"{sources().main}.yaml"
    lines = [fill(f"study={name}: {content['study']['summary']}", WIDTH), ""]
    shipped, common = read_choice("study", kind).value, read_strictly(main, shown(main)).value
    said = {**comments_of(main), **comments_of(own), **comments_of(file_of("study", name))}
    model = settings_model(kind)
    for setting in read_by(kind):
        if setting == "study":
            continue
        defaults = {**common, **shipped, **content}
        default = f"={_written(defaults[setting])}" if setting in defaults else "=..."
        if isinstance(defaults.get(setting), dict) and setting in common:
            default = "." + "=..., .".join(defaults[setting]) + "=..."
        lines.append(fill(f"{setting}{default}", WIDTH, subsequent_indent="    "))
        about = "; ".join(one for one in (wanted_of(model, setting), said.get(setting, "")) if one)
        if about:
            indent = "    "
            lines.append(fill(about, WIDTH, initial_indent=indent, subsequent_indent=indent))
    return lines


def _written(value: object) -> str:
    """Return a default as a user would type it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[{','.join(_written(one) for one in value)}]"
    return str(value)


def comments_of(path: Path) -> dict[str, str]:
    """Return the comments of a file on its top-level names.

    A comment is after the value, or on the lines directly above it.
    """
    found, above = {}, []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            above.append(line.lstrip("# "))
            continue
        name, colon, rest = line.partition(":")
        if colon and name and not line.startswith((" ", "-")):
            behind = rest.partition(" #")[2].strip()
            text = " ".join([*above, behind]).strip()
            if text and not text.startswith("@"):
                found[name] = text
        above = []
    return found
