"""A simulated cross-sectional survey: respondents drawn and asked as the source did.

What a survey says about access to care (who went without, and the adjusted odds of having used a
service) is not what a register of all cases says: the sample is small, recall has a window, and
people say what they know. A survey of the model is therefore held beside a survey of the world, and
its value comes with its own sampling error. The designs are in `conf/survey/`.

Answers are about groups: a table of respondents is made to be counted, never to be looked up.
"""

from dataclasses import dataclass
from enum import auto
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import NEVER, STRATA_SHAPE
from sim.config.entries import Entry
from sim.config.files import configuration_folder, shown
from sim.config.mistakes import ConfigurationError, nearest
from sim.config.strict_yaml import read_strictly
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.types import Booleans, Column, Rows
from sim.observation.fairness import REGISTERED_TOO
from sim.observation.window import Window
from sim.submodels.services import MET

if TYPE_CHECKING:
    from sim.city_model import CityModel

FOLDER = "survey"
ASKED_ABOUT = ("contract", "registered", "can_afford")
"""Enabling conditions whose odds of care are estimated, as in the source [davis2017]."""
ADJUSTED_FOR = ("age", "woman", "log_stay", "manages_language")
GROUPED = ("nationality", "sector")
"""What the odds are adjusted for: numbers, and groups."""
WHO_IS_ASKED = {
    "sectors": words.SECTORS,
    "nationalities": words.NATIONALITIES,
    "legal_statuses": words.LEGAL_STATUSES,
}
"""What a design may narrow respondents down by; everybody is asked where it does not."""


class WhenIll(words.Category):
    """What people did about the illnesses they remember, at the most."""

    NOT_ILL = auto()
    NOTHING = auto()
    MEDICINES = auto()
    EMERGENCY_ONLY = auto()
    ORDINARY_CARE = auto()


EMERGENCY_CARE = [
    words.InstitutionKind.AMBULANCE.value,
    words.InstitutionKind.HOSPITAL.value,
]
"""Where people go in an emergency."""
FEWEST = 30
"""Respondents in all, and with either answer, below which nothing is estimated: as for the indices
of equity, too few to mean anything."""


@dataclass(frozen=True)
class Survey:
    """The design of a survey.

    Attributes
    ----------
    name, summary : str
    sectors, nationalities, legal_statuses : tuple of str
        Who is asked: where they work, whose citizens they are, and their legal status.
    respondents : int
    recall : int
        Days before the interview that questions are about.
    least_stay : int
        Days since arrival from which somebody is asked.
    """

    name: str
    summary: str
    sectors: tuple[str, ...]
    nationalities: tuple[str, ...]
    legal_statuses: tuple[str, ...]
    respondents: int
    recall: int
    least_stay: int


def designs() -> list[str]:
    """Return the names of all designs of surveys."""
    return sorted(path.stem for path in (configuration_folder() / FOLDER).glob("*.yaml"))


def design(name: str) -> Survey:
    """Return a design of a survey.

    Raises
    ------
    ConfigurationError
        If there is none of that name.

    Examples
    --------
    >>> design("market_workers").respondents
    450
    """
    if name not in designs():
        raise ConfigurationError(f"unknown survey '{name}': {nearest(name, designs())}")
    path = configuration_folder() / FOLDER / f"{name}.yaml"
    content: dict[str, Any] = read_strictly(path, shown(path)).value
    numbers: dict[str, Any] = {
        key: int(Entry(**content[key]).value) for key in ("respondents", "recall", "least_stay")
    }
    asked: dict[str, Any] = {
        key: tuple(content.get(key, everybody)) for key, everybody in WHO_IS_ASKED.items()
    }
    return Survey(name=name, summary=content["summary"], **asked, **numbers)


def population(model: "CityModel", survey: Survey) -> pd.DataFrame:
    """Return what everybody whom a survey could ask would answer this evening.

    Parameters
    ----------
    model : AlmatyModel
        It must have lived through the window of recall since day 0, where logs begin.
    survey : Survey

    Returns
    -------
    DataFrame
        One row a person. Answers: ``used_care`` (met a provider within recall, or had a check-up),
        ``had_need`` (an illness perceived as moderate or graver), ``went_without`` (one of these
        ended, and no provider saw it), ``saw_doctor`` (met a provider because of an illness),
        ``when_ill`` (a `WhenIll`: the most that was done about illnesses noticed), ``contract``,
        ``registered``, ``can_afford`` (money in hand, with what was paid for care within recall
        added back, is at least the believed price of seeing a polyclinic about a moderate illness),
        ``can_afford_now`` (the same without adding back). Beside them nationality, sector, age,
        sex, language and the logarithm of days of stay.

    Raises
    ------
    ValueError
        If the model has not lived through the window of recall.
    """
    end = model.day
    if end < survey.recall:
        raise ValueError(
            f"the survey '{survey.name}' asks about {survey.recall} days: run the model at least "
            f"as long after burn-in (now {max(end, 0)} days)"
        )
    rows = asked(model, survey)
    people, window = model.migrants, Window(model, end - survey.recall, end)
    person, stay = people.pid[rows], end - people.entered_on[rows]
    status = np.unravel_index(people.stratum[rows], STRATA_SHAPE)[1]
    return pd.DataFrame(
        {
            **remembered(window, person),
            **affordable(window, rows),
            "contract": model.care_seeking.have_contracts(rows),
            "registered": np.isin(status, REGISTERED_TOO),
            "age": people.age[rows] + stay / DAYS_A_YEAR,
            "woman": people.sex[rows] == words.SEXES.index("woman"),
            "log_stay": np.log(stay),
            "manages_language": people.manages_language[rows],
            "nationality": np.array(words.NATIONALITIES, dtype=object)[people.nationality[rows]],
            "sector": np.array(words.SECTORS, dtype=object)[people.sector[rows]],
        }
    )


def asked(model: "CityModel", survey: Survey) -> Rows:
    """Return the rows of the people whom a survey could ask this evening."""
    people, rows = model.migrants, model.migrants.rows
    asked = model.day - people.entered_on[rows] >= max(survey.least_stay, 1)
    for codes, labels, names in (
        (people.sector, words.SECTORS, survey.sectors),
        (people.nationality, words.NATIONALITIES, survey.nationalities),
        (people.legal_status, words.LEGAL_STATUSES, survey.legal_statuses),
    ):
        asked &= np.isin(codes[rows], [labels.index(name) for name in names])
    return np.asarray(rows[asked])


def remembered(window: Window, person: Column) -> dict[str, Column]:
    """Return what people remember of a window: care used, a need, going without, what they did."""
    visits, episodes, check_ups = window.visits, window.episodes, window.model.check_ups
    met = window.visited & MET[visits["result"]]
    checked = window.has(check_ups["day"])
    needed = episodes["perceived_moderate"]
    recalled = ~(episodes["ended_on"] < window.start)  # open ones have not ended
    unmet = needed & ~episodes["formal_contact"] & window.has(episodes["ended_on"])
    saw_doctor = np.isin(person, visits["person"][met])
    emergency = np.isin(visits["institution"], EMERGENCY_CARE)
    noticed = recalled & (episodes["perceived_on"] > -NEVER)
    did = {
        WhenIll.ORDINARY_CARE: visits["person"][met & ~emergency],
        WhenIll.EMERGENCY_ONLY: visits["person"][met & emergency],
        WhenIll.MEDICINES: episodes["person"][noticed & episodes["self_treated"]],
        WhenIll.NOTHING: episodes["person"][noticed],
    }
    when_ill = np.select(
        [np.isin(person, who) for who in did.values()], [int(code) for code in did], WhenIll.NOT_ILL
    )
    return {
        "saw_doctor": saw_doctor,
        "when_ill": np.array(words.labels(WhenIll), dtype=object)[when_ill],
        "used_care": saw_doctor | np.isin(person, check_ups["person"][checked]),
        "had_need": np.isin(person, episodes["person"][needed & recalled]),
        "went_without": np.isin(person, episodes["person"][unmet]),
    }


def affordable(window: Window, rows: Rows) -> dict[str, Booleans]:
    """Return who could pay for seeing a polyclinic, before what care has cost them, and now."""
    model, payments = window.model, window.model.payments
    lately = window.has(payments["day"])
    person = model.migrants.pid[rows]
    paid = amounts_of(person, payments["person"][lately], payments["amount"][lately])
    savings = model.migrants.savings[rows].astype(np.int64)
    price = model.care_seeking.believed_prices(rows)
    return {"can_afford": savings + paid >= price, "can_afford_now": savings >= price}


def amounts_of(person: Column, paid_by: Column, amount: Column) -> Column:
    """Return the sum of the amounts of each person.

    >>> amounts_of(np.array([7, 8]), np.array([8, 9, 8]), np.array([5, 1, 2])).tolist()
    [0, 7]
    """
    who, place = np.unique(paid_by, return_inverse=True)
    sums = np.bincount(place, weights=amount, minlength=len(who))
    found = np.searchsorted(who, person)
    known = found < len(who)
    known[known] = who[found[known]] == person[known]
    result = np.zeros(len(person), dtype=np.int64)
    result[known] = sums[found[known]]
    return result


def sample(people: pd.DataFrame, survey: Survey, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the respondents of one survey; everybody, if there are fewer.

    Parameters
    ----------
    people : DataFrame
        As `population` returns.
    survey : Survey
    rng : numpy.random.Generator
    """
    count = min(survey.respondents, len(people))
    return people.iloc[rng.choice(len(people), size=count, replace=False)]


def odds_ratios(respondents: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return the adjusted odds of having used care, by a logistic regression as in the source.

    Parameters
    ----------
    respondents : DataFrame
        As `sample` or `population` returns.
    confidence : float, default 0.95
        Of the intervals.

    Returns
    -------
    DataFrame
        Indexed by `ASKED_ABOUT`: odds ratio with the limits of its interval, all NaN where it
        cannot be estimated: too few answers, or nobody (or everybody) with the condition has used
        care.
    """
    from warnings import catch_warnings, simplefilter

    import statsmodels.api as sm  # half a second, and only who runs a survey needs it
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    missing = pd.DataFrame(np.nan, index=list(ASKED_ABOUT), columns=["odds_ratio", "low", "high"])
    used = respondents["used_care"]
    if min(len(used), used.sum(), (~used).sum()) < FEWEST:
        return missing
    # Where a cell of two by two is empty, the likelihood has no maximum.
    conditions = [name for name in ASKED_ABOUT if has_all_four(respondents[name], used)]
    terms = respondents[[*conditions, *ADJUSTED_FOR]].astype(float)
    groups = pd.get_dummies(respondents[list(GROUPED)], drop_first=True, dtype=float)
    terms = pd.concat([terms, groups], axis=1)
    terms = sm.add_constant(terms.loc[:, terms.std() > 0])
    model = sm.GLM(used.astype(float), terms, family=sm.families.Binomial())
    with catch_warnings():
        simplefilter("ignore", RuntimeWarning)  # overflows on the way to a separation
        simplefilter("error", PerfectSeparationWarning)
        try:
            fitted = model.fit()
        except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError):
            return missing
    limits = fitted.conf_int(alpha=1.0 - confidence)
    found = pd.DataFrame({"odds_ratio": fitted.params, "low": limits[0], "high": limits[1]})
    return found.reindex(missing.index).apply(np.exp)


def has_all_four(condition: pd.Series, used: pd.Series) -> bool:
    """Return True if there are respondents with and without a condition who have and have not used
    care.

    >>> has_all_four(pd.Series([1, 1, 0, 0], dtype=bool), pd.Series([1, 0, 1, 1], dtype=bool))
    False
    """
    return pd.crosstab(condition, used).to_numpy().size == 4 and bool(
        (pd.crosstab(condition, used).to_numpy() > 0).all()
    )


def shares(respondents: pd.DataFrame) -> pd.Series:
    """Return shares of respondents, by what they answered; NaN where nobody could answer.

    Shares of all: went without, used care. Shares of those in need: went without. Of men and of
    women: saw a doctor. Of those who have been ill: what they did about it, at the most.

    >>> answers = {"went_without": [True, False], "used_care": [False, False],
    ...            "had_need": [True, False], "woman": [True, False],
    ...            "saw_doctor": [False, True], "when_ill": ["nothing", "ordinary_care"]}
    >>> found = shares(pd.DataFrame(answers))
    >>> float(found["went_without_of_those_in_need"]), float(found["men_saw_doctor"])
    (1.0, 1.0)
    >>> float(found["when_ill_nothing"]), float(found["when_ill_medicines"])
    (0.5, 0.0)
    """
    woman = respondents["woman"]
    ill = respondents.loc[respondents["when_ill"] != WhenIll.NOT_ILL.label, "when_ill"]
    found = {
        "went_without": respondents["went_without"].mean(),
        "used_care": respondents["used_care"].mean(),
        "went_without_of_those_in_need": respondents.loc[
            respondents["had_need"], "went_without"
        ].mean(),
        "men_saw_doctor": respondents.loc[~woman, "saw_doctor"].mean(),
        "women_saw_doctor": respondents.loc[woman, "saw_doctor"].mean(),
    }
    for one in words.labels(WhenIll)[1:]:
        found[f"when_ill_{one}"] = (ill == one).mean()
    return pd.Series(found)
