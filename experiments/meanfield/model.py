"""The mean field of the model: closed forms and a fixed point, in milliseconds.

Individuals are replaced by shares. Knowledge spreads by the Bass equation with forgetting and
turnover (here); an episode is a set of competing hazards with care chosen by a logit in which
staying home loses value from day to day (`experiments.meanfield.care`); a need is an absorbing
chain over agencies that serve no more than their capacity (`experiments.meanfield.needs`). All
numbers come from the world; nothing is fitted.

`docs/meanfield.md` says what is left out, and where the answers must be wrong.
"""

from fnmatch import fnmatchcase

import numpy as np

from experiments.meanfield.care import Care, care_of, outcomes_of
from experiments.meanfield.needs import unresolved
from experiments.meanfield.people import status_shares
from sim import vocabulary as words
from sim.config.entries import by, by_two
from sim.config.mistakes import ConfigurationError
from sim.config.paths import exists, value_at
from sim.config.scenario import Scenario
from sim.config.world import World
from sim.engine.types import Floats
from sim.submodels.information import bass_equilibrium

READ = (
    "information.briefing_coverage", "information.consulate_activity.*",
    "information.consulate_reach.*", "information.diaspora_reach", "information.ngo_reach",
    "information.media_reach", "information.employer_induction",
    "agencies.*.capacity.information", "agencies.*.capacity.casework", "agencies.*.capacity.papers",
    "agencies.*.processing_days.*", "agencies.*.closes_at", "agencies.*.knows",
    "institutions.mobile_clinic.capacity", "institutions.hospital.knows",
    "institutions.ambulance.interpreter", "institutions.hospital.interpreter",
    "institutions.polyclinic.interpreter", "institutions.mobile_clinic.interpreter",
    "institutions.private.interpreter", "payment.price.polyclinic_visit",
    "payment.price.private_visit", "payment.price.hospital_visit", "payment.price.bus_home",
    "payment.price.bed_day", "payment.state_paid_days_after_emergency",
    "employment.formal_leave", "employment.works_clinic_share", "employment.check_ups",
    "money.formal_sick_pay", "coordination.participation", "coordination.directory",
    "coordination.front_desk_training", "coordination.load_awareness", "coordination.overhead",
)  # fmt: skip
"""Levers the mean field reads."""
WITHOUT = {
    "agencies.coordinating_body.capacity.bookings": 0.0,
    "agencies.coordinating_body.capacity.letters": 0.0,
    "agencies.coordinating_body.capacity.escorts": 0.0, "coordination.turned_away_told": 0.0,
}  # fmt: skip
"""Mechanisms the mean field has not, with the value at which the model has them not either."""
WITHOUT_EFFECT = ("coordination.stand_by",)
"""Levers that affect only money."""
ROUNDS = 6
"""Iterations between awareness and care; each reduces the error to a tenth or less."""
EMERGENCY_RIGHT = words.Knowledge.EMERGENCY_RIGHT.value
WHO_HELPS = words.Knowledge.WHO_HELPS.value
PERMIT = words.LegalStatus.PERMIT.value
type Prediction = dict[tuple[str, str], float]
"""Values by indicator and detail, named as in the results of a study."""


def world_in_force(scenario: Scenario) -> World:
    """Return the world with all levers of a scenario at the end of their ramps."""
    world = scenario.world
    for change in sorted(scenario.changes, key=lambda one: one.start_day):
        world = world.with_value(change.path, change.value)
    return world


def not_read(scenario: Scenario) -> list[str]:
    """Return the paths a scenario changes that the mean field does not read, or only for a time."""
    known = (*READ, *WITHOUT_EFFECT)
    return sorted(
        {
            change.path
            for change in scenario.changes
            if change.until_day is not None
            or not any(fnmatchcase(change.path, pattern) for pattern in known)
        }
    )


def check_mechanisms(world: World) -> None:
    """Raise `ConfigurationError` if a mechanism is on that the mean field does not have.

    Its predictions would be those of another model.
    """
    for path, neutral in WITHOUT.items():
        if exists(world, path) and (value := value_at(world, path)) != neutral:
            raise ConfigurationError(
                f"{path} = {value:g}: the mean field does not have this mechanism, and predicts "
                f"only with {path}={neutral:g}"
            )


def predict(scenario: Scenario, start: Floats | None = None) -> Prediction:
    """Predict the indicators of a scenario over its horizon.

    Levers are in force in full from the first day; awareness starts at the equilibrium of the
    unchanged world.

    Parameters
    ----------
    scenario : Scenario
    start : array of float, optional
        That equilibrium (nationalities, items), if it is known already.

    Raises
    ------
    ConfigurationError
        If a mechanism is on that the mean field does not have.
    """
    check_mechanisms(scenario.world)
    if start is None:
        start, _ = settle(scenario.world)
    world = world_in_force(scenario)
    aware, care = settle(world, start, float(scenario.days))
    people = by(words.NATIONALITIES, world.demography.nationality_share)
    result = {
        ("awareness", item): float(people @ aware[:, place])
        for place, item in enumerate(words.KNOWLEDGE)
    }
    result[("severe_share", "")] = care.severe_share
    result[("emergency_need", "")] = care.emergency_need
    result[("emergency_uptake_24h", "")] = care.uptake
    result[("unmet_need_episodes", "")] = care.unmet
    shares = unresolved(world, care, aware[:, WHO_HELPS])
    return result | {("unresolved_needs", name): share for name, share in shares.items()}


def settle(world: World, start: Floats | None = None, days: float = 0.0) -> tuple[Floats, Care]:
    """Iterate until awareness and care are consistent with each other.

    Returns
    -------
    aware : array of float, shape (nationalities, items)
        At the equilibrium, or its mean over `days` that begin at `start`.
    care : Care
    """
    outcomes = outcomes_of(world)
    care = care_of(world, outcomes, np.full((len(words.NATIONALITIES), len(words.KNOWLEDGE)), 0.5))
    for _ in range(ROUNDS):
        aware = awareness(world, care.taught, start, days)
        care = care_of(world, outcomes, aware)
    return aware, care


def awareness(
    world: World, taught: Floats, start: Floats | None = None, days: float = 0.0
) -> Floats:
    """Return the shares that know each item, shape (nationalities, items).

    Parameters
    ----------
    taught : array of float, shape (nationalities,)
        Daily hazard of learning the emergency right at a visit.
    start : array of float, optional
        Shares that know each item at the start, to get the mean over `days`, not the equilibrium.
    """
    one, demography = world.information, world.demography
    manages = by(words.NATIONALITIES, demography.manages_language)[:, None]
    comprehension = manages + (1.0 - manages) * one.comprehension_without_language
    consulate = by(words.NATIONALITIES, one.consulate_activity) * by(
        words.NATIONALITIES, one.consulate_reach
    )
    reach = np.broadcast_to(
        [0.0, one.diaspora_reach, one.ngo_reach, one.media_reach], (4, 4)
    ).copy()
    reach[:, words.Source.CONSULATE.value] = consulate
    p = comprehension * (reach @ by_two(words.CHANNELS, words.KNOWLEDGE, one.channel_hazard))
    induction = one.employer_induction * by(words.KNOWLEDGE, one.employer_content)
    p += world.employment.formal_share * induction
    law = world.legal_status
    checks = status_shares(world)[:, PERMIT] * 2.0 / (law.permit_days_low + law.permit_days_high)
    p += checks[:, None] * by(words.KNOWLEDGE, law.medical_check_teaches)
    p[:, EMERGENCY_RIGHT] += taught
    at_work = by(words.KNOWLEDGE, one.word_of_mouth_at_work)
    q = np.broadcast_to(at_work + by(words.KNOWLEDGE, one.word_of_mouth_in_district), p.shape)
    at_entry = comprehension * one.briefing_coverage * by(words.KNOWLEDGE, one.briefing_content)
    rest = (1.0 / one.memory_mean, 1.0 / demography.mean_stay, at_entry)
    if start is None:
        return bass_equilibrium(p, q, *rest)
    return mean_awareness(start, p, q, *rest, days)


def mean_awareness(
    start: Floats,
    p: Floats,
    q: Floats,
    forgetting: float,
    turnover: float,
    at_entry: Floats,
    days: float,
) -> Floats:
    """Return the mean over a window of the solution of the Bass equation with forgetting.

    With roots u > v of its right-hand side, (a - u) / (a - v) falls as exp(-q (u - v) t), and the
    mean is u - log((a(days) - v) / (a(0) - v)) / (q days); without word of mouth a approaches u
    exponentially.

    Parameters
    ----------
    start : array of float
        Share informed at the start.
    p, q, forgetting, turnover, at_entry
        As in `sim.submodels.information.bass_equilibrium`.
    days : float

    Examples
    --------
    >>> village = np.array(.002), np.array(.02), np.log(2) / 270, 1 / 240, np.array(.1)
    >>> [round(float(mean_awareness(np.array(a), *village, 1.0)), 3) for a in (0.1, 0.729)]
    [0.102, 0.729]
    >>> round(float(mean_awareness(np.array(0.1), *village, 1e6)), 3)
    0.729
    """
    upper = bass_equilibrium(p, q, forgetting, turnover, at_entry)
    linear = q - p - forgetting - turnover
    spreads = np.asarray(q > 0)
    safe_q = np.where(spreads, q, 1.0)
    lower = linear / safe_q - upper
    with np.errstate(over="ignore"):
        ratio = (start - upper) / (start - lower) * np.exp(-safe_q * (upper - lower) * days)
    end = (upper - lower * ratio) / (1.0 - ratio)
    spread = upper - np.log((end - lower) / (start - lower)) / (safe_q * days)
    pace = np.maximum(-linear, 1e-12) * days
    told = upper + (start - upper) * -np.expm1(-pace) / pace
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(spreads, spread, told))
