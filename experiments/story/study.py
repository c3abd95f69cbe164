"""study=story: one simulated person followed through a run, in words and as a picture.

The story of the first scenario is printed beside that of the same person in the second scenario,
with the same past and luck. The reasons are the model's own (see `experiments.story.reasons`);
following a person changes nothing in the run.
"""

from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pandas as pd
from pydantic import Field
from rich.console import Console

from experiments.analysis.result_folder import (
    as_typed,
    final_name,
    new_folder,
    write_manifest,
    write_table,
)
from experiments.runs.provenance import configuration_of
from experiments.story.narrative import Narrative, day_in_words, facts_of, story
from experiments.story.needs import narrate
from experiments.story.tracer import FollowedModel, PersonTracer
from experiments.story.words import ILLNESSES, NEEDS, listed
from experiments.studies.settings import checked, output_folder
from sim import vocabulary as words
from sim.agents.task import Ending, Move
from sim.config.configuration import ConfigurationError, check_choice, nearest
from sim.config.entries import Frozen
from sim.config.scenario import Scenario, scenario_from
from sim.model import AlmatyModel
from sim.observation.event_records import episode_table, visit_table
from sim.observation.needs import CASE, handover_table, need_table
from sim.submodels.services import GAVE_UP

EMERGENCY = "emergency"
CASES = (*words.NEEDS, *words.KINDS, EMERGENCY)
"""Cases by which a person may be chosen."""
MOST_SCENARIOS = 2


class StorySettings(Frozen):
    """Settings of `study=story`."""

    scenarios: list[str] = Field(min_length=1)
    case: str
    nth: int = Field(strict=True, ge=1)
    seen_by: int = Field(strict=True, ge=0)
    differs: bool
    person: int | None = Field(strict=True, ge=0, lt=2**64)


def story_settings(resolved: dict[str, Any]) -> StorySettings:
    """Return the checked settings of a story.

    Raises
    ------
    ConfigurationError
        If a name is unknown, or there are more than two scenarios.
    """
    settings = checked(StorySettings, resolved)
    for name in settings.scenarios:
        if name not in resolved.get("policies", {}):
            check_choice("scenario", name)
    if len(settings.scenarios) > MOST_SCENARIOS:
        raise ConfigurationError(
            f"scenarios: a story has one scenario or two, not {len(settings.scenarios)}"
        )
    if len(set(settings.scenarios)) < len(settings.scenarios):
        raise ConfigurationError(f"scenarios: '{settings.scenarios[0]}' is named twice")
    if settings.case not in CASES:
        raise ConfigurationError(f"unknown case '{settings.case}': {nearest(settings.case, CASES)}")
    return settings


def run(resolved: dict[str, Any], console: Console) -> int:
    """Tell the story of a composed configuration; return the exit status."""
    settings = story_settings(resolved)
    base = scenario_from(resolved)
    scenarios = [base.with_policy(name) for name in settings.scenarios]
    output = output_folder(resolved)
    started = process_time()
    with console.status(f"following one person through {base.days} days"):
        past = AlmatyModel(scenarios[0])
        person, who = choose(past, scenarios, settings)
        told = [follow_and_tell(past, scenario, person) for scenario in scenarios]
    if not any(one.portrait for one in told):
        raise ConfigurationError(f"person: {person} is not in the city in this run")
    with new_folder(output, f"story_{person}") as folder:
        write_story(folder, told, who)
        write_manifest(
            folder, configuration_of(resolved), study="story", command=resolved.get("command"),
            settings=settings.model_dump(), scenarios=settings.scenarios, person=str(person),
            seeds=[base.seed],
            digests={one.scenario: {"0": {str(base.seed): one.digest}} for one in told},
            cpu_seconds=round(process_time() - started, 1),
        )  # fmt: skip
    console.print(story(told, who, console.width), markup=False, highlight=False, soft_wrap=True)
    console.print(f"Text, picture and tables: {as_typed(final_name(folder))}", markup=False)
    return 0


def choose(
    past: AlmatyModel, scenarios: list[Scenario], settings: StorySettings
) -> tuple[int, str]:
    """Return the person to follow, and the reason for the choice.

    Raises
    ------
    ConfigurationError
        If fewer than `nth` people have such a case.
    """
    if settings.person is not None:
        return settings.person, f"Chosen by identity: {settings.person}."
    models = []
    for scenario in scenarios if settings.differs else scenarios[:1]:
        models.append(past.fork(scenario))
        models[-1].run_for(scenario.days)
    found = candidates(models, settings.case, settings.seen_by)
    conditions = [case_in_words(settings.case)]
    if settings.seen_by:
        several = f"{settings.seen_by} institutions" if settings.seen_by > 1 else "one institution"
        conditions.append(f"were seen by at least {several} about it")
    if len(models) > 1:
        conditions.append("for whom the result was different in the second scenario")
    what = listed(conditions)
    if settings.nth > len(found):
        raise ConfigurationError(
            f"nth = {settings.nth}: only {len(found)} people {what} "
            f"(in {scenarios[0].days} days of '{scenarios[0].name}'); "
            "seen_by=0 differs=false widens the choice"
        )
    person, day = found[settings.nth - 1]
    when = day_in_words(past.calendar.date_of(0), day)
    return person, (
        f"Chosen as number {settings.nth} of {len(found)} people who {what}; it began on {when}. "
        f"Identity in the model: {person}."
    )


def candidates(models: list[AlmatyModel], case: str, institutions: int) -> list[tuple[int, int]]:
    """Return people with a kind of case since day 0 and its day, in the order of the days.

    Parameters
    ----------
    models : list of AlmatyModel
        Runs of one scenario or of two. With two, only people are returned whose result differs in
        the second: other visits to clinics, or other needs settled.
    case : str
        One of `CASES`; an illness counts if it was ever noticed as moderate or worse.
    institutions : int
        Only cases about which at least so many institutions have seen the person.
    """
    first = models[0]
    table = need_table(first) if case in words.NEEDS else episode_table(first)
    if case in words.NEEDS:
        table = table[table["need"] == words.NEEDS.index(case)]
        day = "arose_on"
    elif case == EMERGENCY:
        day = "severe_on"
    else:
        table = table[(table["kind"] == words.KINDS.index(case)) & table["perceived_moderate"]]
        day = "perceived_on"
    table = table[table[day] >= 0].sort_values([day, *CASE], kind="stable")
    cases = table.set_index(CASE)[day]
    if institutions:
        seen = seen_by(first)
        cases = cases[cases.index.isin(seen.index[seen >= institutions])]
    if len(models) > 1:
        in_both = pd.concat([what_came_of_it(model) for model in models])
        differs = in_both.drop_duplicates(keep=False)
        cases = cases[cases.index.isin(pd.MultiIndex.from_frame(differs[CASE]))]
    firsts = cases.reset_index().drop_duplicates("person")
    return [
        (int(person), int(one)) for person, one in zip(firsts["person"], firsts[day], strict=True)
    ]


def seen_by(model: AlmatyModel) -> "pd.Series[int]":
    """Return how many clinics and agencies have seen the person about each case."""
    visits, moves = visit_table(model), handover_table(model)
    visits = visits[visits["result"] != GAVE_UP]
    moves = moves[moves["move"] == Move.SERVED]
    contacts = [
        visits[CASE].assign(place=visits["unit"]),
        moves[CASE].assign(place=moves["target"]),
    ]
    return pd.concat(contacts).groupby(CASE)["place"].nunique()


def what_came_of_it(model: AlmatyModel) -> pd.DataFrame:
    """Return the result of each case: results of visits, and needs that were settled."""
    visits, needs = visit_table(model), need_table(model)
    settled = needs[needs["ending"] == Ending.RESOLVED]
    results = [
        visits[CASE].assign(what="visit", code=visits["result"]),
        settled[CASE].assign(what="settled", code=settled["need"]),
    ]
    counted = pd.concat(results).groupby([*CASE, "what", "code"]).size()
    return counted.rename("times").reset_index()


def case_in_words(case: str) -> str:
    """Return what people with a kind of case have in common.

    >>> case_in_words("documents"), case_in_words("emergency"), case_in_words("injury")
    ('needed papers', 'had an emergency', 'had an injury')
    """
    if case in NEEDS:
        return f"needed {NEEDS[case]}"
    return "had an emergency" if case == EMERGENCY else f"had {ILLNESSES[case]}"


def follow_and_tell(past: AlmatyModel, scenario: Scenario, person: int) -> Narrative:
    """Run a scenario from the common past and return what happens to a person in it."""
    model = FollowedModel(scenario, past, [PersonTracer(person, narrate)])
    model.run_for(scenario.days)
    return told_of(model)[0]


def told_of(model: FollowedModel) -> list[Narrative]:
    """Return the narrative of each person who was followed."""
    digest, start = model.digest(), model.calendar.date_of(0)
    return [
        Narrative(
            scenario=model.specification.name,
            summary=model.specification.summary,
            events=one.events,
            path=one.path,
            portrait=one.portrait,
            facts=facts_of(model, int(one.person)),
            start=start,
            digest=digest,
        )
        for one in model.followers
    ]


def events_table(told: list[Narrative]) -> pd.DataFrame:
    """Return all events, one row each, in order within a scenario."""
    return pd.DataFrame(
        [
            {
                "scenario": one.scenario,
                "number": number,
                "date": f"{one.start + timedelta(event.day)}",
                **vars(event),
            }
            for one in told
            for number, event in enumerate(one.events)
        ]
    )


def path_table(told: list[Narrative]) -> pd.DataFrame:
    """Return the places of each thread of the story, with the day it got there."""
    rows = [(one.scenario, *step) for one in told for step in one.path]
    return pd.DataFrame(rows, columns=["scenario", "day", "thread", "place"])


def write_story(folder: Path, told: list[Narrative], who: str) -> None:
    """Write text, tables and picture of a story."""
    from experiments.story.picture import draw_story, headings_of

    (folder / "story.txt").write_text(story(told, who), encoding="utf-8")
    write_table(folder, "story", events_table(told))
    write_table(folder, "path", path_table(told))
    draw_story(folder, headings_of([(one.scenario, one.summary) for one in told]), told[0].start)
