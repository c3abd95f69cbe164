"""One declaration an indicator: what it must have, and one of another project beside ours."""

from collections.abc import Iterator
from dataclasses import fields, replace
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from experiments.analysis.console_report import print_comparison, print_run
from experiments.analysis.outcomes import Block, Outcome, shown
from experiments.analysis.statistics import summarise
from experiments.figures.time import panels_of
from sim.agents.migrant import STRATA
from sim.model import AlmatyModel
from sim.observation.curves import curves
from sim.observation.definitions import (
    DEFINITIONS,
    Better,
    Curve,
    Definition,
    Format,
    Ratio,
    Value,
    Window,
    by_name,
)
from sim.observation.indicators import indicators
from sim.observation.tally import GROUPS, by_stratum
from tests.cities import city

DAYS = 40


def without_language(window: Window) -> Ratio:
    """Return visits of people who do not manage the language, over all."""
    served, episodes = window.visited, window.visits
    return Ratio(by_stratum(episodes, served & (episodes["severity"] > 1)),
                 by_stratum(episodes, served))  # fmt: skip


GRAVE_VISITS = Definition(
    name="grave_visits", code="X1", unit="share", format=Format.PERCENT, better=Better.LOWER,
    count=without_language, label="visits with more than a mild need", short="graver visits",
    curve=Curve(
        lambda window: window.per_day(
            window.visits["served_on"][window.visits["severity"] > 1]
        ),
        over="all_visits",
    ),
)  # fmt: skip
ALL_VISITS = Definition(
    name="all_visits", code="X2", unit="visits", format=Format.WHOLE, better=Better.NEITHER,
    count=lambda window: Value(int(window.visited.sum()), window.end - window.start),
    label="visits to clinics",
    curve=Curve(lambda window: window.per_day(window.visits["served_on"])),
)  # fmt: skip
WITH_THEIRS = (*DEFINITIONS, GRAVE_VISITS, ALL_VISITS)
BLOCKS = (Block("Ours", (Outcome("grave_visits"), Outcome("all_visits"), Outcome("deaths"))),)


@pytest.fixture(scope="module")
def model() -> AlmatyModel:
    model = AlmatyModel(city(population=400))
    model.run_for(DAYS)
    return model


def printed(print_table: Any, *arguments: Any, **named: Any) -> str:
    said = StringIO()
    print_table(Console(file=said, width=120), *arguments, **named)
    return said.getvalue()


# --- a declaration ----------------------------------------------------------------------------


@pytest.mark.parametrize("left_out", ["name", "code", "unit", "format", "better", "count"])
def test_a_field_left_out_ends_the_import(left_out: str) -> None:
    given = {field.name: getattr(GRAVE_VISITS, field.name) for field in fields(GRAVE_VISITS)}
    del given[left_out]
    with pytest.raises(TypeError, match=left_out):
        Definition(**given)


@pytest.mark.parametrize(
    "wrong", [{"name": "Grave visits"}, {"name": ""}, {"format": "percent"}, {"better": "up"}]
)
def test_a_field_that_means_nothing_ends_the_import(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong.values())) or "snake case"):
        replace(GRAVE_VISITS, **wrong)


def test_words_of_another_project_become_members() -> None:
    """A file without types may write "lower" where ours has a member."""
    theirs = replace(GRAVE_VISITS, better="lower", format="%")  # type: ignore[arg-type]
    assert theirs == GRAVE_VISITS


def test_names_are_unique(model: AlmatyModel) -> None:
    assert len(by_name(DEFINITIONS)) == len(DEFINITIONS)
    twice = (*DEFINITIONS, replace(ALL_VISITS, name=DEFINITIONS[0].name))
    for count in (lambda: indicators(model, 0, DAYS, twice), lambda: curves(model, twice)):
        with pytest.raises(ValueError, match="two indicators have the name 'emergency_uptake_24h'"):
            count()


def test_indicators_stand_in_the_order_of_their_definitions(model: AlmatyModel) -> None:
    found = list(dict.fromkeys(model.indicators()["indicator"]))
    assert found == [definition.name for definition in DEFINITIONS]


def test_rows_are_told_apart_by_what_names_them(model: AlmatyModel) -> None:
    """Several values of an indicator differ in detail or in group."""
    key = ["indicator", "detail", "by", "group"]
    assert not model.indicators().duplicated(key).any()


def test_a_curve_has_the_name_of_its_indicator(model: AlmatyModel) -> None:
    """And what it is read over is a column too, a day of which is no smaller for a share."""
    table = model.curves()
    drawn = [definition for definition in DEFINITIONS if definition.curve is not None]
    assert {definition.name for definition in drawn} <= set(table.columns)
    for definition in drawn:
        over = definition.curve.over if definition.curve is not None else ""
        assert not over or over in table.columns
        if definition.format is Format.PERCENT:
            assert (table[definition.name] <= table[over]).all(), definition.name


# --- an indicator of another project ----------------------------------------------------------


def test_it_is_counted_beside_those_of_the_model(model: AlmatyModel) -> None:
    ours, both = model.indicators(), indicators(model, 0, DAYS, WITH_THEIRS)
    added = both["indicator"].isin(["grave_visits", "all_visits"])
    pd.testing.assert_frame_equal(both[~added], ours)
    theirs = both[added]
    assert len(theirs) == len(GROUPS) + 1
    grave = theirs[theirs["indicator"] == "grave_visits"].set_index("group")
    visits = model.visits
    of_severity = np.bincount(visits["stratum"][visits["severity"] > 1], minlength=STRATA)
    assert grave.loc["all", "numerator"] == of_severity.sum() > 0
    assert grave.loc["all", "value"] == of_severity.sum() / len(visits)
    assert grave.loc[["man", "woman"], "numerator"].sum() == of_severity.sum()
    assert theirs["value"].iloc[-1] == len(visits)


def test_it_may_stand_alone(model: AlmatyModel) -> None:
    table = indicators(model, 0, DAYS, [ALL_VISITS])
    assert table[["code", "indicator", "unit"]].to_numpy().tolist() == [
        ["X2", "all_visits", "visits"]
    ]
    assert list(table.columns) == list(model.indicators().columns)
    assert indicators(model, 0, DAYS, []).empty


def test_its_curve_is_drawn(model: AlmatyModel) -> None:
    table = curves(model, WITH_THEIRS)
    assert table["all_visits"].sum() == len(model.visits)
    share, count = panels_of([Outcome("grave_visits"), Outcome("all_visits")], WITH_THEIRS)
    assert (share.heading, share.is_share) == ("Graver visits\n(last 30 days)", True)
    drawn = share.series(table).dropna()
    assert drawn.between(0.0, 1.0).all()
    assert len(drawn) == DAYS - 29
    assert count.series(table).tolist() == table["all_visits"].tolist()
    with pytest.raises(LookupError, match="'low_acuity_share' has no daily curve"):
        panels_of([Outcome("low_acuity_share")])


def test_it_is_printed_in_its_own_words(model: AlmatyModel) -> None:
    table = indicators(model, 0, DAYS, WITH_THEIRS)
    text = printed(print_run, table, blocks=BLOCKS, definitions=WITH_THEIRS)
    share = table.loc[table["indicator"] == "grave_visits", "value"].iloc[0]
    assert "Ours" in text
    assert f"visits with more than a mild need │ {100 * share:.1f} %" in " ".join(text.split())
    assert f"visits to clinics, visits │ {len(model.visits)}" in " ".join(text.split())


def test_it_is_compared_in_its_own_words(model: AlmatyModel) -> None:
    one = indicators(model, 0, DAYS, WITH_THEIRS)
    runs = [
        one.assign(scenario=scenario, seed=seed, value=one["value"] * (1 + change + 0.01 * seed))
        for scenario, change in (("baseline", 0.0), ("plan", -0.5))
        for seed in (1, 2, 3)
    ]
    summary = summarise(pd.concat(runs, ignore_index=True), "baseline", 0.95, bootstrap=False)
    text = printed(print_comparison, summary, 0.95, blocks=BLOCKS, definitions=WITH_THEIRS)
    (row,) = (line for line in lines_after(text, "more than a mild need") if "Plan" in line)
    assert "better" in row


def lines_after(text: str, words: str) -> Iterator[str]:
    """Return the rows of a table that belong to a heading."""
    lines = iter(text.splitlines())
    for line in lines:
        if words in line:
            break
    for line in lines:
        if not line.startswith("│  "):
            return
        yield line


def test_an_unknown_indicator_is_answered_with_the_nearest(model: AlmatyModel) -> None:
    with pytest.raises(LookupError, match=r"unknown indicator 'grave_visit'.*grave_visits"):
        shown([Outcome("grave_visit")], WITH_THEIRS)
