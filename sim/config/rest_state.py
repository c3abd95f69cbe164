"""The rest state of a city: where its first residents, work groups, employers and staff start.

It is a file beside the city's own, `NAME.rest.json`, made by `python -m tools.rest_state` from a
long run of the model without seasons:

- people: a few thousand residents (donors) with their nationality, contract, language, means, days
  here, legal status, fine, passport and knowledge; and how fast people leave before their planned
  day;
- work groups: trust and believed reporting by nationality and option of care, and the wait last
  heard of by district and option (distributions: means of their lowest twentieth, the next, ...);
- employers: the inspections they expect (distributions, by sector and size class), and the share of
  workers with contracts, by sector;
- staff: what institutions know of each other; the grants of agencies.

It holds states of the model, never of a run, so that every seed draws its own city from it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sim import vocabulary as words
from sim.config.files import Sources, shown
from sim.config.mistakes import ConfigurationError
from sim.config.world import NO_REST_STATE, World
from sim.engine.types import Column, Floats, Integers

COMMITTED = "committed"
"""Value of `city.rest_state` for the file beside the city's own, if there is one."""
ENDING = ".rest.json"
DONOR: np.dtype[Any] = np.dtype(
    [
        ("days_here", np.int32), ("legal_status", np.int8), ("fined", np.bool_),
        ("passport_held", np.bool_),
        ("knows", np.int8, (len(words.KNOWLEDGE),)),
        ("times_learned", np.int8, (len(words.KNOWLEDGE),)),
    ]
)  # fmt: skip
"""State of a resident at rest."""
MEANS_CLASSES = (0.2, 0.5)
"""Bounds of the classes of means: reserve and credit of a person, in monthly wages."""
CELLS = (len(words.NATIONALITIES), 2, 2, len(MEANS_CLASSES) + 1)
"""Cells of donors: nationality, contract, language, means."""
SIZE_CLASSES = (1, 4, 9, 24, 49)
"""Largest number of workers in each class of employers but the last: the larger, the more often
inspected."""
NOT_PARAMETERS = {
    "city": ("name", "summary", "population", "burn_in_days", "start_date", "rest_state"),
    "demography": ("arrival_season", "arrival_season_phase"),
    "illness": ("acute_season", "acute_season_phase"),
}
"""Values that a rest state does not depend on: it is made without seasons."""


@dataclass(frozen=True)
class RestState:
    """A rest state, as the initialisation reads it.

    Attributes
    ----------
    parameters : str
        Fingerprint of the world it was made in (see `fingerprint_of_world`).
    donors : array of records
        By cell (see `CELLS`), in the order of days here: see `DONOR`.
    bounds : array of int, shape (*`CELLS`, 2)
        Index at which the donors of each cell begin, and the one after their last.
    leaves_early : array of float
        Hazard a day of leaving before the planned day, by nationality.
    trust, believed_reporting : array of float, shape (nationalities, options, parts)
    wait : array of float, shape (districts, options, parts)
    believed_inspections : array of float, shape (sectors, size classes, parts)
    formal_share : array of float
        Share of workers whose employer gives contracts, by sector.
    knows : dict of str to dict
        Probability with which staff of an institution name an agency.
    grant_factor : dict of str to float
        Grant of an agency as a multiple of that of 2018.
    """

    parameters: str
    donors: Column
    bounds: Integers
    leaves_early: Floats
    trust: Floats
    believed_reporting: Floats
    wait: Floats
    believed_inspections: Floats
    formal_share: Floats
    knows: Mapping[str, Mapping[str, float]]
    grant_factor: Mapping[str, float]


def rest_state_file(used: Sources, city: str) -> Path | None:
    """Return the file with the rest state of a city, None if there is none."""
    for folder in used.folders("city"):
        if (path := folder / f"{city}{ENDING}").is_file():
            return path
    return None


def fingerprint_of_file(path: Path) -> str:
    """Return the fingerprint of the contents of a file."""
    return blake2b(path.read_bytes(), digest_size=8).hexdigest()


def fingerprint_of_world(world: World) -> str:
    """Return the fingerprint of all values of a world that its rest state may depend on."""
    values = world.model_dump(mode="json")
    for section, names in NOT_PARAMETERS.items():
        for name in names:
            values[section].pop(name, None)
    return blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=8).hexdigest()


def rest_state_of(world: World, used: Sources) -> RestState | None:
    """Return the rest state that a world names, None if it names none.

    Raises
    ------
    ConfigurationError
        If its file is missing, or is another one than the scenario was composed with.
    """
    city = world.city
    if city.rest_state == NO_REST_STATE:
        return None
    path = rest_state_file(used, city.name)
    if path is None or fingerprint_of_file(path) != city.rest_state:
        where = f"{city.name}{ENDING}" if path is None else shown(path)
        raise ConfigurationError(
            f"{where}: is not the rest state this was composed with ({city.rest_state}); "
            "city.rest_state=none starts without one"
        )
    return read_rest_state(path, city.rest_state)


@lru_cache(maxsize=4)
def read_rest_state(path: Path, fingerprint: str) -> RestState:
    """Read a file; `fingerprint` distinguishes earlier contents from the present."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        donors, bounds = _donors(content["people"])
        groups, employers = content["work_groups"], content["employers"]
        nationalities, options = words.NATIONALITIES, words.OPTIONS
        return RestState(
            parameters=content["made"]["parameters"],
            donors=donors,
            bounds=bounds,
            leaves_early=_by(content["leaves_early"], nationalities),
            trust=_by(groups["trust"], nationalities, options),
            believed_reporting=_by(groups["believed_reporting"], nationalities, options),
            wait=_by(groups["wait"], words.DISTRICTS, options),
            believed_inspections=_by(employers["believed_inspections"], words.SECTORS),
            formal_share=_by(employers["formal_share"], words.SECTORS),
            knows=content["staff"]["knows"],
            grant_factor=content["staff"]["grant_factor"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{shown(path)}: is not a rest state, or is damaged") from error


def _by(table: Any, *labels: tuple[str, ...]) -> Floats:
    """Return a table of numbers, or of distributions, as an array in the order of its labels."""
    if not labels:
        return np.asarray(table, dtype=np.float64)
    return np.array([_by(table[name], *labels[1:]) for name in labels[0]])


def _donors(people: Mapping[str, Any]) -> tuple[Column, Integers]:
    """Return donors by cell, and the bounds of each cell.

    An empty cell takes the donors of its nationality, or all if there are none.
    """
    donors = np.zeros(len(people["days_here"]), DONOR)
    for name in ("days_here", "legal_status", "fined", "passport_held"):
        donors[name] = people[name]
    for item, name in enumerate(words.KNOWLEDGE):
        donors["knows"][:, item] = people["knows"][name]
        donors["times_learned"][:, item] = people["times_learned"][name]
    names = ("nationality", "contract", "language", "means")
    nationality, *others = (np.asarray(people[name]) for name in names)
    cell = np.ravel_multi_index((nationality, *others), CELLS)
    cells = []
    for one in range(int(np.prod(CELLS))):
        alike = np.flatnonzero(nationality == np.unravel_index(one, CELLS)[0])
        rows = np.flatnonzero(cell == one)
        cells.append(next((some for some in (rows, alike) if len(some)), np.arange(len(donors))))
    cells = [rows[np.argsort(donors["days_here"][rows], kind="stable")] for rows in cells]
    ends = np.cumsum([len(rows) for rows in cells])
    starts = ends - [len(rows) for rows in cells]
    return donors[np.concatenate(cells)], np.stack([starts, ends], axis=1).reshape(*CELLS, 2)
