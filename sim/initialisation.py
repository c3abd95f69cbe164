"""Initialisation: the city on the first day of burn-in.

Employers are built first: their number follows from the population and their mean size, their sizes
from a truncated Zipf law. Then the people who are already there are created. People present at a
random moment stay longer than arrivals do (length bias): the kind of stay is weighted by its mean,
a gamma stay of shape a becomes one of shape a + 1, and a uniform share of it has passed. They are
thinned by the season of the day they came, so the population starts where the seasonal inflow would
have left it. Nobody is ill yet: illness develops during burn-in.

What takes years to settle starts from the rest state of the city, a file made from a long run of
the model (see `sim.config.rest_state`): a resident takes legal status, fine, passport and knowledge
of a donor of the same nationality, contract, language and means who has been here for about as
long, and is missing with the probability of having left early; trust, beliefs and the waits that
work groups know, and the inspections employers expect, are drawn from its distributions; what staff
know and the grants of agencies are its values. All draws are keyed: every seed has its own city.

Neutral state: `city.rest_state=none`, or a city that has no such file. Legal status then follows
`share_of_residents`, knowledge a mean-field equilibrium (see `information`); work groups and
employers start from first opinions.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, special

from sim import vocabulary as words
from sim.agents.employer import Employers, LabourMarket
from sim.agents.migrant import work_groups
from sim.config.entries import by
from sim.config.rest_state import SIZE_CLASSES, RestState
from sim.config.world import World
from sim.engine.calendar import MONTHS_A_YEAR
from sim.engine.random.streams import Draws, pick
from sim.engine.types import Column, Floats, Integers
from sim.vocabulary import Purpose

if TYPE_CHECKING:
    from sim.city_model import CityModel


def found_employers(model: "CityModel", rest: RestState | None = None) -> Employers:
    """Create all employers of the city."""
    world, draws = model.world, model.draws
    employment, demography = world.employment, world.demography
    sector_share = by(words.SECTORS, demography.sector_share)
    nationality_share = by(words.NATIONALITIES, demography.nationality_share)
    workers = world.city.population * np.outer(sector_share, nationality_share).ravel()
    # Everybody must be able to find an employer of their own sector and nationality.
    number = np.maximum(np.rint(workers / employment.mean_size), 1).astype(np.int64)
    market = np.repeat(np.arange(len(number)), number)
    identity = np.arange(len(market), dtype=np.uint64)
    size = zipf_sizes(
        draws.uniform(Purpose.EMPLOYER_SIZE, identity),
        employment.mean_size,
        employment.largest_size,
    )
    work_groups = np.ceil(size / employment.work_group_size).astype(np.int64)
    tolerance = special.betaincinv(
        employment.tolerance_alpha,
        employment.tolerance_beta,
        draws.uniform(Purpose.TOLERANCE_OF_SICK_LEAVE, identity),
    )
    formality = draws.uniform(Purpose.FORMAL_EMPLOYER, identity)
    sector = market // len(words.NATIONALITIES)
    believed: Floats | float = employment.believed_at_start
    contracts: Floats | float = employment.formal_share
    if rest is not None:
        u = draws.uniform(Purpose.FIRST_INSPECTIONS, identity)
        size_class = np.searchsorted(SIZE_CLASSES, size)
        believed = np.asarray(from_parts(u, rest.believed_inspections[sector, size_class]))
        contracts = rest.formal_share[sector]
    gain: Any = believed / MONTHS_A_YEAR * employment.fine - employment.contract_cost
    gain += employment.norm * contracts
    formal_share = special.expit(employment.decision_weight * gain)
    district = draws.categorical(
        Purpose.EMPLOYERS_DISTRICT, identity, shares=by(words.DISTRICTS, world.city.district_share)
    )
    place = sector * len(words.DISTRICTS) + district
    peers = np.bincount(place)[place]
    employers = Employers(model, capacity=len(market))
    employers.add_rows(
        identity,
        sector=sector,
        nationality=market % len(words.NATIONALITIES),
        district=district,
        size=size,
        formality=formality,
        formal=formality < formal_share,
        tolerance=tolerance,
        believed_inspections=believed,
        peers=peers,
        pays_in_kind=draws.uniform(Purpose.PAYS_IN_KIND, identity),
        work_groups=work_groups,
        first_work_group=np.cumsum(work_groups) - work_groups,
    )
    return employers


def found_work_groups(
    employers: Employers, world: World, today: int, draws: Draws, rest: RestState | None = None
) -> Column:
    """Create the work groups of all employers, in the order of the employers."""
    rows = employers.rows
    groups = employers.work_groups[rows]
    groups_of_the_city = work_groups(
        np.repeat(employers.nationality[rows], groups),
        today,
        trust=by(words.OPTIONS, world.care_seeking.trust),
        believed_reporting=by(words.OPTIONS, world.care_seeking.believed_reporting),
    )
    groups_of_the_city["formal"] = np.repeat(employers.formal[rows], groups)
    if rest is not None:
        nationality, district = groups_of_the_city["nationality"], employers.district[rows]
        group = np.arange(len(groups_of_the_city), dtype=np.uint64)[:, None]
        option = np.arange(len(words.OPTIONS))
        trust = draws.uniform(Purpose.FIRST_TRUST, group, option)
        belief = draws.uniform(Purpose.FIRST_BELIEF, group, option)
        wait = draws.uniform(Purpose.FIRST_WAIT, group, option)
        groups_of_the_city["trust"] = from_parts(trust, rest.trust[nationality])
        groups_of_the_city["believed_reporting"] = from_parts(
            belief, rest.believed_reporting[nationality]
        )
        groups_of_the_city["wait"] = from_parts(wait, rest.wait[np.repeat(district, groups)])
    return groups_of_the_city


def from_parts(u: Floats, parts: Floats) -> Floats:
    """Return values at uniform numbers from a distribution given by the means of equal parts.

    Parameters
    ----------
    u : array of float
    parts : array of float, of the shape of `u` and one more axis
        Means of the lowest part, the next, and so on; drawn from them, the mean is exact.

    Examples
    --------
    >>> from_parts(np.array([0.2, 0.9]), np.array([[0.0, 4.0], [2.0, 2.5]])).tolist()
    [0.0, 2.5]
    """
    part = np.floor(u * parts.shape[-1]).astype(np.int64)
    return np.asarray(np.take_along_axis(parts, part[..., None], axis=-1)[..., 0])


def zipf_sizes(u: Floats, mean: float, largest: float) -> Integers:
    """Return sizes from a truncated Zipf law with a given mean.

    Parameters
    ----------
    u : array of float
        Uniform numbers.
    mean, largest : float
        Mean size and largest size of the law.

    Examples
    --------
    >>> sizes = zipf_sizes((np.arange(100_000) + 0.5) / 100_000, mean=14.0, largest=250.0)
    >>> int(sizes.min()), int(sizes.max()), round(float(sizes.mean()), 1)
    (1, 250, 14.0)
    """
    sizes = np.arange(1, int(largest) + 1, dtype=np.float64)

    def mean_for(exponent: float) -> float:
        weights = sizes**-exponent
        return float((sizes * weights).sum() / weights.sum())

    steepest, flattest = 6.0, -3.0
    mean = float(np.clip(mean, mean_for(steepest), mean_for(flattest)))
    exponent = optimize.brentq(lambda one: mean_for(one) - mean, flattest, steepest)
    cumulated = np.cumsum(sizes**-exponent)
    return 1 + np.searchsorted(cumulated[:-1], u * cumulated[-1], side="right")


def labour_market(employers: Employers) -> LabourMarket:
    """Return the employers of every sector and nationality with their cumulated sizes."""
    rows = employers.rows
    code = employers.sector[rows].astype(np.int64) * len(words.NATIONALITIES)
    code += employers.nationality[rows]
    markets = [rows[code == one] for one in range(len(words.SECTORS) * len(words.NATIONALITIES))]
    return LabourMarket(
        np.cumsum([0, *map(len, markets)]),
        np.concatenate(markets),
        np.concatenate([np.cumsum(employers.size[members]) for members in markets]).astype(
            np.float64
        ),
    )


def settle_first_residents(model: "CityModel", rest: RestState | None = None) -> None:
    """Fill the city with the people who are already there on the first day of burn-in."""
    world, draws, demography = model.world, model.draws, model.demography
    mean_stay = demography.stay_mean
    peak = 1.0 + world.demography.arrival_season
    count = round(world.city.population * peak)
    persons = np.arange(count, dtype=np.uint64)
    stay_kind = pick(
        draws.peek_uniform(Purpose.KIND_OF_STAY, persons), demography.stay_share * mean_stay
    )
    shape = demography.stay_shape[stay_kind]
    stay = (
        mean_stay[stay_kind]
        / shape
        * special.gammaincinv(shape + 1.0, draws.peek_uniform(Purpose.LENGTH_OF_STAY, persons))
    )
    elapsed = stay * draws.peek_uniform(Purpose.ELAPSED_SHARE_OF_THE_STAY, persons)
    entered_on = model.day - np.floor(elapsed).astype(np.int64)
    still_here = np.ones(count)
    if rest is not None:
        share = by(words.NATIONALITIES, world.demography.nationality_share)
        nationality = pick(draws.peek_uniform(Purpose.NATIONALITY, persons), share)
        still_here = np.exp(-rest.leaves_early[nationality] * elapsed)
    inflow = demography.season(entered_on) * still_here
    admitted = draws.peek_uniform(Purpose.ADMISSION, persons) * peak < inflow
    whole_stay = np.maximum(np.rint(stay), 1).astype(np.int64)
    persons = persons[admitted]
    newcomers = demography.newcomers(persons, entered_on[admitted], whole_stay[admitted])
    rows = demography.admit(newcomers, first_residents=True, rest=rest)
    model.next_candidate = count
    if rest is None:
        model.information.start_at_equilibrium(rows)


def take_opinions_at_rest(model: "CityModel", rest: RestState) -> None:
    """Let staff know of each other what they know at rest, and agencies have its grants."""
    agencies = model.agencies
    for row, name in enumerate((*agencies.names, *words.INSTITUTION_KINDS)):
        known = rest.knows.get(name, {})
        for column, agency in enumerate(agencies.names):
            if agency in known:
                agencies.knowledge[row, column] = known[agency]
    for row, name in enumerate(agencies.names):
        agencies.table["grant_factor"][row] = rest.grant_factor.get(name, 1.0)
    members = model.work_groups["nationality"]
    for nationality in range(len(words.NATIONALITIES)):
        trust = model.work_groups["trust"][members == nationality]
        if len(trust):
            model.counts["trust"][0, nationality] = trust.mean(axis=0)
