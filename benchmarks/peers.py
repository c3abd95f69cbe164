"""The model compared with other frameworks, in agent-days per CPU second.

    python -m benchmarks.peers [name ...] [--people N] [--days N] [--runs N] [--write [FILE]]

Peers do the reference work "five draws" (`benchmarks/reference.py`): every agent draws five uniform
numbers a day and, for each number below a threshold, flips one of five states; nothing else. This
model runs its full year with all submodels on. All have the same number of agents; plain Mesa runs
fewer days, since only the rate matters.

Each is measured in a separate process, several times, each time together with the reference loop in
plain NumPy; the figures compared are ratios to that loop. Packages that are not installed here are
fetched by uv for that process alone; by hand that would be

    uv run --no-project --with starsim python -m benchmarks.peers --one starsim

Without uv, or without a package index, a peer is skipped with a message.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from benchmarks.reference import PROBABILITIES, five_draws
from benchmarks.results import (
    argument_parser,
    in_own_process,
    machine_facts,
    rounded,
    summary,
    write,
)

PEOPLE, DAYS, RUNS = 120_000, 365, 5
WARM_UP_PEOPLE, WARM_UP_DAYS = 500, 20
STATES = tuple(f"state_{line}" for line in range(len(PROBABILITIES)))

Loop = Callable[[int, int], float]
"""Takes agents and days, returns CPU seconds; the set-up is not counted."""


def numba_loop() -> Loop:
    """Five draws in one compiled loop, one hash per draw: about the limit of the machine."""
    import numba
    import numpy as np

    first, second, golden = (
        np.uint64(number) for number in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15)
    )
    long, middle, short = np.uint64(31), np.uint64(27), np.uint64(30)

    @numba.njit
    def turn(state: Any, thresholds: Any, days: int) -> None:
        lines, people = state.shape
        for day in range(days):
            for line in range(lines):
                start = np.uint64(day * lines + line) * np.uint64(people)
                threshold = thresholds[line]
                for agent in range(people):
                    number = (start + np.uint64(agent)) * golden  # splitmix64
                    number = (number ^ (number >> short)) * first
                    number = (number ^ (number >> middle)) * second
                    state[line, agent] ^= (number ^ (number >> long)) < threshold

    def run(people: int, days: int) -> float:
        state = np.zeros((len(PROBABILITIES), people), dtype=np.bool_)
        thresholds = np.array([int(one * 2**64) for one in PROBABILITIES], dtype=np.uint64)
        started = process_time()
        turn(state, thresholds, days)
        return process_time() - started

    return run


def mesa_loop(verb: str) -> Loop:
    """Five draws by agents of plain Mesa, in a fixed order (`do`) or a new order every day."""
    import mesa

    class Person(mesa.Agent[Any]):
        """A person with five states."""

        def __init__(self, model: Any) -> None:
            super().__init__(model)
            self.first = self.second = self.third = self.fourth = self.fifth = False

        def step(self) -> None:
            draw = self.random.random
            first, second, third, fourth, fifth = PROBABILITIES
            if draw() < first:
                self.first = not self.first
            if draw() < second:
                self.second = not self.second
            if draw() < third:
                self.third = not self.third
            if draw() < fourth:
                self.fourth = not self.fourth
            if draw() < fifth:
                self.fifth = not self.fifth

    def run(people: int, days: int) -> float:
        model = mesa.Model(rng=1)
        Person.create_agents(model, people)
        act = getattr(model.agents, verb)
        started = process_time()
        for _ in range(days):
            act("step")
        return process_time() - started

    return run


def starsim_loop(keyed: bool) -> Loop:
    """Five draws by an intervention of Starsim, on its own states and distributions."""
    import starsim as ss

    ss.options.crn = keyed

    class FiveDraws(ss.Intervention):
        """Flip five states of everybody at random."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.define_states(*[ss.BoolArr(name, default=False) for name in STATES])
            for name, probability in zip(STATES, PROBABILITIES, strict=True):
                setattr(self, f"turns_{name}", ss.bernoulli(p=probability))

        def step(self) -> None:
            people = self.sim.people.auids
            for name in STATES:
                state = getattr(self, name)
                turned = getattr(self, f"turns_{name}").filter(people)
                state[turned] = ~state[turned]

    def run(people: int, days: int) -> float:
        # Starsim counts the first and the last point in time.
        sim = ss.Sim(
            n_agents=people, start=0, dur=days - 1, dt=1, interventions=FiveDraws(), verbose=0
        )
        sim.init()
        started = process_time()
        sim.run()
        spent = process_time() - started
        if len(sim.timevec) != days:
            raise RuntimeError(f"Starsim lived {len(sim.timevec)} days instead of {days}")
        return spent

    return run


def mesa_frames_loop() -> Loop:
    """Five draws by the columns of a Polars agent set of mesa-frames."""
    import polars as pl
    from mesa_frames import AgentSetPolars, ModelDF

    class People(AgentSetPolars):
        """Everybody, with five states."""

        agents: Any

        def __init__(self, model: Any, count: int) -> None:
            super().__init__(model)
            number = pl.Series("unique_id", range(count), dtype=pl.Int64)
            state = {name: pl.repeat(False, count, eager=True) for name in STATES}
            self.add(pl.DataFrame({"unique_id": number, **state}))

        def step(self) -> None:
            count = len(self.agents)
            self.agents = self.agents.with_columns(
                pl.col(name) ^ (pl.Series(self.random.random(count)) < probability)
                for name, probability in zip(STATES, PROBABILITIES, strict=True)
            )

    def run(people: int, days: int) -> float:
        model = ModelDF(seed=1)
        model.agents += People(model, people)
        started = process_time()
        for _ in range(days):
            model.agents.do("step")
        return process_time() - started

    return run


def this_model() -> Loop:
    """Run the full year of this model: every submodel, and observation."""
    from sim.config.loading import load_scenario
    from sim.model import AlmatyModel

    def run(people: int, days: int) -> float:
        model = AlmatyModel(load_scenario("baseline", ["city=almaty", f"city.population={people}"]))
        started = process_time()
        model.run_for(days)
        return process_time() - started

    return run


class Peer(NamedTuple):
    """One thing to measure."""

    label: str
    work: str
    loop: Callable[[], Loop]
    package: str
    wanted: str = ""
    """What uv fetches if the package is not installed; empty for dependencies of this project."""
    python: str = ""
    """The Python version it needs, as uv writes it."""
    days: int = DAYS


DRAWS, YEAR = "five draws", "the full model"
# mesa-frames needs NumPy 1, which has no wheels for Python 3.13.
FRAMES, OLD_PYTHON = "mesa-frames==0.1.0a0", ">=3.10,<3.13"
PEERS = {
    "numba": Peer("Numba, compiled loop", DRAWS, numba_loop, "numba"),
    "this_model": Peer("this model", YEAR, this_model, "almaty-health-access"),
    "starsim_unkeyed": Peer(
        "Starsim, draws not keyed", DRAWS, lambda: starsim_loop(False), "starsim", "starsim==3.7.2"
    ),
    "starsim": Peer(
        "Starsim, keyed draws", DRAWS, lambda: starsim_loop(True), "starsim", "starsim==3.7.2"
    ),
    "mesa_frames": Peer(
        "mesa-frames (Polars)", DRAWS, mesa_frames_loop, "mesa-frames", FRAMES, OLD_PYTHON
    ),
    "mesa_do": Peer("Mesa, `do`", DRAWS, lambda: mesa_loop("do"), "mesa", days=10),
    "mesa_shuffle_do": Peer(
        "Mesa, `shuffle_do`", DRAWS, lambda: mesa_loop("shuffle_do"), "mesa", days=10
    ),
}


def measured(name: str, people: int, days: int, runs: int) -> dict[str, Any]:
    """Return rates of a peer and of the reference loop, measured alternately in this process."""
    loop = PEERS[name].loop()
    loop(WARM_UP_PEOPLE, WARM_UP_DAYS)  # compile before the measurement
    rates, references, ratios = [], [], []
    for _ in range(runs):
        references.append(people * DAYS / five_draws(people, DAYS))
        rates.append(people * days / loop(people, days))
        ratios.append(rates[-1] / references[-1])
    return {
        "agent_days_a_cpu_s": summary(rates),
        "numpy_agent_days_a_cpu_s": summary(references),
        "ratio_to_numpy": summary(ratios),
        "days": days,
        "version": version(PEERS[name].package),
        "numpy": version("numpy"),
        "python": sys.version.split()[0],
    }


def uv_command() -> list[str] | None:
    """Return the command that calls uv, or None if it is not installed."""
    bases = {sys.executable: None, getattr(sys, "_base_executable", sys.executable): None}
    for command in (["uv"], *([base, "-m", "uv"] for base in bases), ["python3", "-m", "uv"]):
        try:
            tried = subprocess.run([*command, "--version"], capture_output=True, check=False)
        except OSError:
            continue
        if tried.returncode == 0:
            return command
    return None


def interpreter_for(peer: Peer, uv: list[str] | None) -> list[str]:
    """Return the command of a Python interpreter that can import a peer.

    Raises
    ------
    RuntimeError
        If it is not installed, and uv is not available to fetch it.
    """
    if not peer.wanted or importlib.util.find_spec(peer.package.replace("-", "_")):
        return [sys.executable]
    if uv is None:
        raise RuntimeError(f"not installed; with uv, `uv run --no-project --with {peer.wanted}`")
    python = ["--python", peer.python] if peer.python else []
    # Only wheels: building an old NumPy takes ten minutes.
    only = ["--no-project", "--no-build", "--no-python-downloads", "--quiet"]
    return [*uv, "run", *only, *python, "--with", peer.wanted, "python"]


def main() -> None:
    parser = argument_parser("benchmarks.peers", __doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(PEERS))
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--days", type=int, default=DAYS, help="fewer are used for slow peers")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--one", choices=PEERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        days = min(given.days, PEERS[given.one].days)
        print(json.dumps(measured(given.one, given.people, days, given.runs)))
        return
    if unknown := set(given.names) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    machine = machine_facts()
    uv = uv_command()
    found: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    print(f"{'agent-days per CPU second':32}{'millions':>10}{'to NumPy':>10}{'this model is':>16}")
    for name in given.names or PEERS:
        sizes = ["--people", str(given.people), "--days", str(given.days)]
        arguments = ["benchmarks.peers", "--one", name, *sizes, "--runs", str(given.runs)]
        try:
            one = in_own_process(arguments, interpreter_for(PEERS[name], uv))
        except RuntimeError as problem:
            skipped[name] = str(problem)
            print(f"{PEERS[name].label:32}skipped: {problem}", flush=True)
            continue
        found[name] = {"label": PEERS[name].label, "work": PEERS[name].work, **one}
        print(line_of(found, name), flush=True)
    numpy_rates = [one["numpy_agent_days_a_cpu_s"]["median"] for one in found.values()]
    if numpy_rates:
        print(f"{'NumPy, plain loop':32}{median(numpy_rates) / 1e6:>10.1f}{1:>10.2f}")
    if given.write is not None:
        ratios = {name: rounded(times) for name in found if (times := advantage(found, name))}
        content = {"people": given.people, "peers": found, "this_model_to": ratios}
        write("peers", machine, {**content, "skipped": sorted(skipped)}, given.write)


def advantage(found: dict[str, Any], name: str) -> float | None:
    """Return the speed of this model over that of a peer, both relative to NumPy."""
    if "this_model" not in found or name == "this_model":
        return None
    ratios = [found[one]["ratio_to_numpy"]["median"] for one in ("this_model", name)]
    return ratios[0] / ratios[1]


def line_of(found: dict[str, Any], name: str) -> str:
    """Return the printed line of one peer."""
    one = found[name]
    rate, ratio = one["agent_days_a_cpu_s"]["median"] / 1e6, one["ratio_to_numpy"]["median"]
    times = advantage(found, name)
    beside = f"{times:>14.2f} x" if times else ""
    return f"{one['label']:32}{rate:>10.2f}{ratio:>10.3f}{beside}"


if __name__ == "__main__":
    main()
