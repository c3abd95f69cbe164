"""The child of `test_api.py`: does one thing after the other to a model, and reports on each.

A value set through the API may end the process of a model that is not guarded; then the parent
knows at which case, and begins a new child behind it. One line of JSON a case goes to stdout: first
`{"begin": n}`, then `{"case": n, "complaints": [...]}`.
"""

import itertools
import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from sim import AlmatyModel, load_scenario
from sim.agents.employer import Employer
from sim.agents.episode import Episode
from sim.agents.migrant import Migrant
from sim.agents.task import Task
from tests.fuzz import LONG
from tests.fuzz.harness import HangError, given_up_after

COHORTS: dict[str, type] = {
    "migrants": Migrant, "employers": Employer, "episodes": Episode, "tasks": Task,
}  # fmt: skip
DAYS_LIVED, DAYS_AFTER = 20, (3 if LONG else 1)
LONGEST = 20
"""Seconds a case may take."""
TINY = ("city=workshop", "city.population=500", "city.burn_in_days=60", "days=60")
SEED = 4
"""A city in which, after the days lived, there is at least one agent of each type."""
REFUSALS = (ValueError, TypeError, AttributeError, LookupError)
"""What a refusal may be; anything else is an accident."""


class Case(NamedTuple):
    """One thing to do, and its name."""

    name: str
    do: Callable[[AlmatyModel], list[str]]


def clear(error: BaseException) -> list[str]:
    """Return what is wrong with the words of a refusal."""
    words = str(error).strip()
    if not words or "\n" in words:
        return [f"unclear words: {type(error).__name__}: {words[:150]!r}"]
    return []


def extremes(dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return the values that a column of this type is set to."""
    if dtype == np.bool_:
        most: Any = 255
    elif dtype.kind == "f":
        most = float(np.finfo(dtype).max)
    else:
        most = int(np.iinfo(dtype).max)
    return {"-1": -1, "maximum": most, "NaN": math.nan}


def more_values(dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return values that no column takes as they are."""
    return {
        "more than maximum": extremes(dtype)["maximum"] * 2 + 2,
        "a word": "nothing of the kind", "nothing": None, "a list": [1, 2, 3], "a million": 10**6,
        "infinity": math.inf,
    }  # fmt: skip


def equal(read: Any, written: Any) -> bool:
    """Return True if what is read is what was written."""
    if isinstance(read, bool) or isinstance(written, bool):
        return isinstance(written, bool) and read == written
    if isinstance(written, float) and math.isnan(written):
        return isinstance(read, float) and math.isnan(read)
    if isinstance(written, str) or written is None or isinstance(read, str):
        return bool(read == written)
    return bool(np.allclose(np.asarray(read, float), np.asarray(written, float), rtol=1e-6))


def set_column(cohort: str, column: str, value: Any, way: str) -> Callable[[AlmatyModel], Any]:
    """Return what sets one column, of one agent or of all, and lives on."""

    def do(model: AlmatyModel) -> list[str]:
        agents = model.agents_by_type[COHORTS[cohort]]
        if not len(agents):
            return ["wrong status: nobody of that type is in the model"]
        agent = next(iter(agents))
        declared = type(agents).columns[column]
        before = model.digest()
        try:
            if way == "view":
                setattr(agent, column, value)
            else:
                agents.set(column, value)
        except REFUSALS as error:
            found = clear(error)
            if model.digest() != before:
                found.append("half-written: refused, and yet the model has changed")
            return found
        read = getattr(agent, column)
        if declared.labels is not None and isinstance(value, int) and not isinstance(read, str):
            # An unset code (-1) has no label.
            labelled = value == -1 and read is None
            return lived_on(model, ask=True) + (
                [] if labelled else [f"silent acceptance: {value!r}"]
            )
        if declared.labels is not None and isinstance(value, int) and not isinstance(value, bool):
            if not 0 <= value < len(declared.labels):
                return [f"silent acceptance: {value!r} reads {read!r}"]
        elif not equal(read, value):
            return [f"silent acceptance: {value!r} is read as {read!r}"]
        if isinstance(value, float) and math.isnan(value):
            return ["silent acceptance: NaN"]
        return lived_on(model, ask=LONG or way == "set")

    return do


def lived_on(model: AlmatyModel, ask: bool) -> list[str]:
    """Live some days after a value was accepted, and ask for everything if wanted."""
    try:
        model.run_for(DAYS_AFTER)
        model.digest()
        if ask:
            model.indicators()
            model.curves()
            model.case_log()
    except BaseException as error:
        return [f"traceback: accepted, then {type(error).__name__}: {error!s:.150}"]
    return []


def has_to_be_refused(
    act: Callable[[AlmatyModel], Any],
) -> Callable[[AlmatyModel], list[str]]:
    """Return what does something that is wrong: it has to be refused, and nothing to be changed."""

    def do(model: AlmatyModel) -> list[str]:
        before, day = model.digest(), model.day
        try:
            answer = act(model)
        except REFUSALS as error:
            found = clear(error)
            if model.digest() != before or model.day != day:
                found.append("half-written: refused, and yet the model has changed")
            return found
        except Exception as error:
            return [f"traceback: {type(error).__name__}: {error!s:.150}"]
        text = repr(answer).replace("\n", " ")[:60]
        return [f"silent acceptance: answers {text}"]

    return do


def has_to_work(act: Callable[[AlmatyModel], Any]) -> Callable[[AlmatyModel], list[str]]:
    """Return what does something that is right."""

    def do(model: AlmatyModel) -> list[str]:
        try:
            answer = act(model)
        except Exception as error:
            return [f"refused though right: {type(error).__name__}: {error!s:.150}"]
        return [] if answer is None or answer is True else [f"wrong number: {answer!r:.150}"]

    return do


def column_cases(cohort: str) -> Iterator[Case]:
    """Give every column of a cohort set to its extremes, through a view and through `set`."""
    columns = {name: one for name, one in declared_columns(cohort).items()}
    for (name, column), way in itertools.product(columns.items(), ("view", "set")):
        values = extremes(column.dtype)
        if way == "view":
            values |= more_values(column.dtype)
        for word, value in values.items():
            yield Case(f"{cohort}.{name} = {word} ({way})", set_column(cohort, name, value, way))


def declared_columns(cohort: str) -> dict[str, Any]:
    """Return the columns of a cohort."""
    import sim.agents.employer
    import sim.agents.episode
    import sim.agents.migrant
    import sim.agents.task

    tables: dict[str, Any] = {
        "migrants": sim.agents.migrant.Migrants, "employers": sim.agents.employer.Employers,
        "episodes": sim.agents.episode.Episodes, "tasks": sim.agents.task.Tasks,
    }  # fmt: skip
    return dict(tables[cohort].columns)


WINDOWS: tuple[tuple[Any, ...], ...] = (
    (-10, 20), (-1,), (0, 21), (0, 10**6), (20, 0), (21,), (0.5, 10), (0, 10.5),
    (math.nan, 10), (0, math.nan), (0, math.inf), ("0", "10"), (None, 10), (True, 10), ([0], 10),
    (0, -1), (-60, -1), (10**30, 10**31),
)  # fmt: skip
LENGTHS: tuple[Any, ...] = (
    2.5, -1, math.nan, math.inf, "3", None, True, [3], -0.5, 1e-9, np.float64(2.5),
)  # fmt: skip


def window_cases() -> Iterator[Case]:
    """Give windows and lengths of time that mean nothing, and some that do."""
    for window in WINDOWS:
        yield Case(
            f"indicators{window}", has_to_be_refused(lambda model, w=window: model.indicators(*w))
        )
    for length in LENGTHS:
        yield Case(
            f"run_for({length!r})", has_to_be_refused(lambda model, n=length: model.run_for(n))
        )
        yield Case(
            f"run_until({length!r})", has_to_be_refused(lambda model, n=length: model.run_until(n))
        )
    yield Case("indicators(0, 20)", has_to_work(lambda m: len(m.indicators(0, 20)) > 0))
    yield Case("indicators(7)", has_to_work(lambda m: len(m.indicators(7)) > 0))
    yield Case(
        "indicators(numpy)", has_to_work(lambda m: len(m.indicators(np.int64(0), np.int32(20))) > 0)
    )
    yield Case("run_for(0)", has_to_work(lambda m: (m.run_for(0), m.day == DAYS_LIVED)[1]))
    yield Case("run_for(2)", has_to_work(lambda m: (m.run_for(2), m.day == DAYS_LIVED + 2)[1]))


def name_cases() -> Iterator[Case]:
    """Give names that nothing has, and selections that mean nothing."""
    wrong: dict[str, Callable[[AlmatyModel], Any]] = {
        "switched_off = {'decde'}": lambda m: setattr(m, "switched_off", {"decde"}),
        "switched_off = 'decide'": lambda m: setattr(m, "switched_off", "decide"),
        "switched_off = 3": lambda m: setattr(m, "switched_off", 3),
        "scenario = 3": lambda m: setattr(m, "scenario", 3),
        "day = 5": lambda m: setattr(m, "day", 5),
        "day = -1": lambda m: setattr(m, "day", -1),
        "fork(None)": lambda m: m.fork(None),  # type: ignore[arg-type]
        "fork('baseline')": lambda m: m.fork("baseline"),  # type: ignore[arg-type]
        "fork(another seed)": lambda m: m.fork(m.specification.with_seed(9)),
        "with_policy('mobile_clinic')": lambda m: m.specification.with_policy("mobile_clinic"),
        "with_policy(3)": lambda m: m.specification.with_policy(3),  # type: ignore[arg-type]
        "with_policy(None)": lambda m: m.specification.with_policy(None),  # type: ignore[arg-type]
        "with_policy('../scenario/baseline')":
            lambda m: m.specification.with_policy("../scenario/baseline"),
        "with_policies('baseline')": lambda m: m.specification.with_policies("baseline"),
        "with_policies(['nothing'])": lambda m: m.specification.with_policies(["nothing"]),
        "with_seed(-1)": lambda m: m.specification.with_seed(-1),
        "with_seed(1.5)": lambda m: m.specification.with_seed(1.5),  # type: ignore[arg-type]
        "with_seed('1')": lambda m: m.specification.with_seed("1"),  # type: ignore[arg-type]
        "with_seed(2**70)": lambda m: m.specification.with_seed(2**70),
        "with_seed(True)": lambda m: m.specification.with_seed(True),
        "with_values(unknown)": lambda m: m.specification.with_values({"illness.acute_rat": 1.0}),
        "with_values(out of range)":
            lambda m: m.specification.with_values({"illness.acute_rate": 99.0}),
        "with_values(NaN)": lambda m: m.specification.with_values({"illness.acute_rate": math.nan}),
        "with_values(word)": lambda m: m.specification.with_values({"illness.acute_rate": "much"}),
        "with_values(None)": lambda m: m.specification.with_values(None),  # type: ignore[arg-type]
        "with_values(True)": lambda m: m.specification.with_values({"illness.acute_rate": True}),
        "with_values(half a person)":
            lambda m: m.specification.with_values({"city.population": 150.5}),
        "load_scenario(3)": lambda m: load_scenario(3),  # type: ignore[arg-type]
        "load_scenario(None)": lambda m: load_scenario(None),  # type: ignore[arg-type]
        "load_scenario('')": lambda m: load_scenario(""),
        "load_scenario('nothing.yaml')": lambda m: load_scenario("nothing.yaml"),
        "load_scenario({})": lambda m: load_scenario({}),  # type: ignore[arg-type]
        "load_scenario(baseline, scenario=x)":
            lambda m: load_scenario("baseline", ["scenario=mobile_clinics"]),
        "load_scenario(baseline, 'seed=1')": lambda m: load_scenario("baseline", "seed=1"),
        "load_scenario(baseline, [3])":
            lambda m: load_scenario("baseline", [3]),  # type: ignore[list-item]
        "load_scenario(baseline, ['-m'])": lambda m: load_scenario("baseline", ["-m"]),
        "load_scenario(baseline, study=x)": lambda m: load_scenario("baseline", ["study=nothing"]),
        "AlmatyModel(None)": lambda m: AlmatyModel(None),  # type: ignore[arg-type]
        "AlmatyModel('baseline')": lambda m: AlmatyModel("baseline"),  # type: ignore[arg-type]
        "world_on('0')": lambda m: m.specification.world_on("0"),  # type: ignore[arg-type]
        "migrants.wagge": lambda m: next(iter(m.migrants)).wagge,
        "migrants.get('wagge')": lambda m: m.migrants.get("wagge"),
        "migrants.set('wagge', 1)": lambda m: m.migrants.set("wagge", 1),
        "migrants.set('pid', 1)": lambda m: m.migrants.set("pid", 1),
        "migrants.pid = x": lambda m: setattr(next(iter(m.migrants)), "pid", 3),
        "migrants.agg('wagge', max)": lambda m: m.migrants.agg("wagge", max),
        "migrants.groupby('wagge')": lambda m: m.migrants.groupby("wagge"),
        "migrants.sort('wagge')": lambda m: m.migrants.sort("wagge"),
        "migrants.do('nothing')": lambda m: m.migrants.do("nothing"),
        "migrants.select('wage')": lambda m: m.migrants.select("wage"),
        "migrants.select(at_most=nan)": lambda m: m.migrants.select(at_most=math.nan),
        "migrants.select(at_most='3')": lambda m: m.migrants.select(at_most="3"),
        "migrants.view(-1)": lambda m: m.migrants.view(-1),
        "migrants.view(10**9)": lambda m: m.migrants.view(10**9),
        "migrants.view('0')": lambda m: m.migrants.view("0"),
        "migrants.view(1.5)": lambda m: m.migrants.view(1.5),
        "migrants[10**9]": lambda m: m.migrants[10**9],
        "migrants.add(None)": lambda m: m.migrants.add(None),
        "migrants.remove(None)": lambda m: m.migrants.remove(None),
        "migrants.wage = 3": lambda m: setattr(m.migrants, "wage", 3),
        "migrants.remove_rows([-1])": lambda m: m.migrants.remove_rows(np.array([-1])),
        "migrants.remove_rows([10**9])": lambda m: m.migrants.remove_rows(np.array([10**9])),
        "migrants.remove_rows([0.5])": lambda m: m.migrants.remove_rows(np.array([0.5])),
        "migrants.remove_rows(mask)": lambda m: m.migrants.remove_rows(np.ones(3, dtype=bool)),
        "migrants.remove_rows(twice)":
            lambda m: m.migrants.remove_rows(np.repeat(m.migrants.rows[:1], 2)),
        "migrants.add_rows(wagge)":
            lambda m: m.migrants.add_rows(np.array([10**12], dtype=np.uint64), wagge=1),
        "migrants.add_rows(wrong lengths)":
            lambda m: m.migrants.add_rows(np.array([10**12, 10**12 + 1]), wage=np.array([1, 2, 3])),
        "migrants.add_rows(known pid)":
            lambda m: m.migrants.add_rows(m.migrants.pid[m.migrants.rows[:1]].copy()),
        "migrants.add_rows(employer=10**6)":
            lambda m: m.migrants.add_rows(np.array([10**12]), employer=10**6),
        "agents.set('wagge', 1)": lambda m: m.agents.set("wagge", 1),
        "agents.get('wagge')": lambda m: m.agents.get("wagge"),
        "agents_by_type[int]": lambda m: m.agents_by_type[int],
        "agents.select(agent_type=3)": lambda m: m.agents.select(agent_type=3),
    }  # fmt: skip
    for name, act in wrong.items():
        yield Case(name, has_to_be_refused(act))
    right: dict[str, Callable[[AlmatyModel], Any]] = {
        "every cohort selects": lambda m: all(
            len(s.select(lambda _: True)) == len(s) for s in m.agents_by_type.values()
        ),
        "agents.select() is all": lambda m: len(m.agents.select()) == len(m.agents),
        "agents.shuffle().select() is all":
            lambda m: len(m.agents.shuffle().select()) == len(m.agents),
        "a union is all": lambda m: len(m.agents | m.migrants) == len(m.agents),
        "a difference is the rest":
            lambda m: len(m.agents - m.migrants) == len(m.agents) - len(m.migrants),
        "unique_id is unique": lambda m: len(set(m.agents.get("unique_id"))) == len(m.agents),
        "migrants.select(at_most=0.5)":
            lambda m: len(m.migrants.select(at_most=0.5)) == len(m.migrants) // 2,
        "a fork runs": lambda m: m.fork(m.specification.with_policy("mobile_clinics")).run_for(2),
        "remove all": lambda m: (m.remove_all_agents(), len(m.agents) == 0)[1],
    }  # fmt: skip
    for name, act in right.items():
        yield Case(name, has_to_work(act))


def cases(area: str) -> list[Case]:
    """Return the cases of an area: a cohort, `windows` or `names`."""
    if area in COHORTS:
        return list(column_cases(area))
    return list({"windows": window_cases, "names": name_cases}[area]())


def tell(content: dict[str, Any]) -> None:
    """Write one line, at once: the process may end in the next moment."""
    print(json.dumps(content), flush=True)


def untouched(model: AlmatyModel, digest: str) -> bool:
    """Return True if nothing has happened to a model that was forked with this digest."""
    try:
        return model.digest() == digest
    except Exception:
        return False


def main(area: str, first: int) -> None:
    """Do the cases of an area from one of them on, each to a fork that nothing was done to yet."""
    warnings.simplefilter("ignore")
    base = AlmatyModel(load_scenario("baseline", list(TINY)).with_seed(SEED))
    base.run_for(DAYS_LIVED)
    digest, model = base.digest(), base.fork(base.specification)
    known = cases(area)
    tell({"cases": len(known)})
    for number in range(first, len(known)):
        tell({"begin": number, "name": known[number].name})
        # Columns are all that a refused case of a cohort might have changed.
        if area not in COHORTS or not untouched(model, digest):
            model = base.fork(base.specification)
        try:
            with given_up_after(LONGEST):
                found = known[number].do(model)
        except HangError:
            found = [f"hang: no end in {LONGEST} s"]
        except Exception as error:
            found = [f"traceback: {type(error).__name__}: {error!s:.150}"]
        tell({"case": number, "complaints": found})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
