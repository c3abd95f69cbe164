"""Faults planted into processes of `python -m sim`: errors, deaths, and a diary of what was begun.

A `sitecustomize` module on the path of a process and of all it starts wraps the function that
every run begins with. The program itself has no switch for this. Figures, which take longer than
all the runs of a tiny study, are not drawn.
"""

from pathlib import Path

HOOK = """
import importlib.abc
import importlib.util
import os
import signal
import sys


def wrap_runs(module):
    begin = module._scenario

    def begin_with_faults(run):
        with open({diary!r}, "a") as diary:
            diary.write(f"{{run.run}}\\n")
        {fault}
        return begin(run)

    module._scenario = begin_with_faults


def draw_nothing(module):
    module.draw_each = lambda *_: None


CHANGES = {{"experiments.runs.worker": wrap_runs, "experiments.figures.style": draw_nothing}}


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        change = CHANGES.pop(name, None)
        if change is None:
            return None
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def execute_and_change(module):
            execute(module)
            change(module)

        spec.loader.exec_module = execute_and_change
        return spec


sys.meta_path.insert(0, Finder())
"""

FAIL_ONE_SEED_IN_EIGHT = "if run.seed % 8 == 3: raise ArithmeticError('planted')"
KILL_ALWAYS = (
    "if (run.seed, run.sample, run.scenario) == (3, 0, 'baseline'): "
    "os.kill(os.getpid(), signal.SIGKILL)"
)


def kill_once(flag: Path) -> str:
    """Return a fault that ends the worker of one run, the first time only."""
    return (
        f"if run.seed == 3 and not os.path.exists({str(flag)!r}): "
        f"open({str(flag)!r}, 'w').close(); os.kill(os.getpid(), signal.SIGKILL)"
    )


def plant(folder: Path, fault: str = "pass") -> dict[str, str]:
    """Return the environment of a process with a fault; what begins stands in `folder`/diary."""
    place = folder / "faults"
    place.mkdir(exist_ok=True)
    text = HOOK.format(diary=str(folder / "diary"), fault=fault)
    (place / "sitecustomize.py").write_text(text, encoding="utf-8")
    return {"PYTHONPATH": str(place)}


def begun(folder: Path) -> list[str]:
    """Return the ids of runs that were begun, in order, repeats included."""
    diary = folder / "diary"
    return diary.read_text(encoding="utf-8").split() if diary.exists() else []
