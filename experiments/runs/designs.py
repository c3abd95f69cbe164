"""Samples for a sweep: grids, lists, one at a time, Latin hypercubes, Sobol sequences.

`vary` names values of the world, or levers, by path. Each has a list of values, or a range
`{low: ..., high: ...}`, or is left open (`null`): then the range of its entry in `conf/` is used.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from experiments.runs.plan import LEVER
from sim.config.configuration import ConfigurationError
from sim.config.entries import Entry
from sim.config.scenario import Scenario
from sim.engine.types import Floats

type Values = dict[str, float | str]
MOST_OF_A_GRID = 1_000_000


def samples_of(
    design: str, vary: Mapping[str, Any], count: int, seed: int, base: Scenario
) -> list[Values]:
    """Return the samples of a design, each with a value for every path.

    Parameters
    ----------
    design : str
        One of `DESIGNS`.
    vary : mapping
        Lists of values, ranges, or nothing, by path.
    count : int
        Number of samples to draw, for designs that draw.
    seed : int
        Seed of the draws.
    base : Scenario
        Provides the ranges of `conf/`.

    Raises
    ------
    ConfigurationError
        If a path is unknown, or the value given for it does not fit the design.
    """
    named = {normal_path(path): given for path, given in vary.items()}
    for path in named:
        entry_at(path, base)
    return DESIGNS[design](named, count, seed, base)


def normal_path(path: str) -> str:
    """Return a path as it is written in the world.

    >>> normal_path("parameters.illness.acute_rate.value"), normal_path("city.agencies.iom.grant")
    ('illness.acute_rate', 'agencies.iom.grant')
    """
    lever = LEVER if path.startswith(LEVER) else ""
    plain = path.removeprefix(LEVER).removeprefix("parameters.").removesuffix(".value")
    for part in ("institutions.", "agencies."):
        plain = plain.removeprefix("city.") if plain.startswith(f"city.{part}") else plain
    return lever + plain


def entry_at(path: str, base: Scenario) -> Entry | None:
    """Return the entry of a path (None for text values, e.g. the law in force).

    Raises
    ------
    ConfigurationError
        If there is no such value.
    """
    return base.entry_at(path.removeprefix(LEVER))


def _values(path: str, given: Any, base: Scenario) -> list[float | str]:
    """Return the values given for a path; for a range, its two ends."""
    if isinstance(given, list) and given:
        if len({str(one) for one in given}) < len(given):
            raise ConfigurationError(f"vary.{path} = {given}: one value is named twice")
        return [one if isinstance(one, str) else float(one) for one in given]
    if isinstance(given, list):
        raise ConfigurationError(f"vary.{path}: the list is empty")
    return list(_ends(path, given, base))


def _ends(path: str, given: Any, base: Scenario) -> tuple[float, float]:
    """Return the ends of a range."""
    entry = entry_at(path, base)
    if entry is None:
        raise ConfigurationError(f"vary.{path}: has no range, give a list")
    if given is None:
        return entry.low, entry.high
    if isinstance(given, Mapping) and set(given) == {"low", "high"}:
        low, high = given["low"], given["high"]
        if all(isinstance(one, int | float) for one in (low, high)) and low < high:
            return float(low), float(high)
    raise ConfigurationError(
        f"vary.{path} = {given} must be a list, a range {{low: ..., high: ...}} or null"
    )


def _grid(vary: Mapping[str, Any], count: int, seed: int, base: Scenario) -> list[Values]:
    lists = {path: _values(path, given, base) for path, given in vary.items()}
    size = math.prod(len(one) for one in lists.values())
    if size > MOST_OF_A_GRID:
        raise ConfigurationError(
            f"vary: the grid has {size:,} points, more than {MOST_OF_A_GRID:,}"
        )
    return [dict(zip(lists, point, strict=True)) for point in product(*lists.values())]


def _list(vary: Mapping[str, Any], count: int, seed: int, base: Scenario) -> list[Values]:
    lists = {path: _values(path, given, base) for path, given in vary.items()}
    lengths = {path: len(one) for path, one in lists.items()}
    if len(set(lengths.values())) > 1:
        raise ConfigurationError(f"vary: lists of design=list must be equally long, not {lengths}")
    return [dict(zip(lists, point, strict=True)) for point in zip(*lists.values(), strict=True)]


def _one_at_a_time(vary: Mapping[str, Any], count: int, seed: int, base: Scenario) -> list[Values]:
    alone: list[Values] = [
        {path: value} for path, given in vary.items() for value in _values(path, given, base)
    ]
    return [{}, *alone]


def nested_latin_hypercube(dimensions: int, count: int, seed: int) -> Floats:
    """Return points of a Latin hypercube design that can be extended.

    The design begins with one point and is doubled: each of the n strata of a dimension is halved,
    and the n new points are put into the empty halves, in random order. So with n = 1, 2, 4, 8, ...
    points each of n strata holds one point, in every dimension, and a longer design begins with the
    points of a shorter one. A design of any other length is the beginning of the next longer one.

    Parameters
    ----------
    dimensions, count : int
    seed : int
        Designs of one seed are beginnings of each other.

    Returns
    -------
    array of float, shape (count, dimensions)
        Points of the unit cube.

    Examples
    --------
    >>> points = nested_latin_hypercube(3, 8, seed=1)
    >>> [sorted((8 * column).astype(int).tolist()) for column in points.T][0]
    [0, 1, 2, 3, 4, 5, 6, 7]
    >>> bool((nested_latin_hypercube(3, 5, seed=1) == points[:5]).all())
    True
    """
    chance = np.random.default_rng(seed)
    points = chance.random((1, dimensions))
    while len(points) < count:
        size = len(points)
        new = np.empty((size, dimensions))
        for column in range(dimensions):
            taken = np.floor(2 * size * points[:, column]).astype(int)
            empty = np.setdiff1d(np.arange(2 * size), taken)
            new[:, column] = (chance.permutation(empty) + chance.random(size)) / (2 * size)
        points = np.concatenate([points, new])
    return points[:count]


def sobol(dimensions: int, count: int, seed: int) -> Floats:
    """Return the first points of a scrambled Sobol sequence; longer sequences begin with them."""
    from scipy.stats import qmc  # imported here: it takes a quarter of a second

    points: Floats = qmc.Sobol(dimensions, rng=seed).random(count)
    return points


def _drawn(sampler: Callable[[int, int, int], Floats]) -> Callable[..., list[Values]]:
    def draw(vary: Mapping[str, Any], count: int, seed: int, base: Scenario) -> list[Values]:
        ends = []
        for path, given in vary.items():
            if isinstance(given, list):
                raise ConfigurationError(f"vary.{path}: this design draws from a range, not a list")
            ends.append(_ends(path, given, base))
        with warnings.catch_warnings():
            # A Sobol sequence whose length is not a power of 2 is less balanced, but not wrong.
            warnings.simplefilter("ignore", UserWarning)
            unit = sampler(len(vary), count, seed)
        low, high = np.array(ends).T
        scaled = low + unit * (high - low)
        return [
            {
                path: base.like(path.removeprefix(LEVER), value)
                for path, value in zip(vary, point, strict=True)
            }
            for point in scaled.tolist()
        ]

    return draw


DESIGNS: dict[str, Callable[..., list[Values]]] = {
    "grid": _grid,
    "list": _list,
    "one_at_a_time": _one_at_a_time,
    "latin_hypercube": _drawn(nested_latin_hypercube),
    "sobol": _drawn(sobol),
}
"""How samples are chosen: every combination, lists in parallel, each value alone (after a sample in
which nothing is varied), or drawn from the ranges."""
DRAWN = ("latin_hypercube", "sobol")
