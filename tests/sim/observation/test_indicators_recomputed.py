"""Indicators, curves and case log against a second count, made straight from the definitions.

A witness looks at the city every evening and writes down who is there, what they know, and who is
ill without having been seen. Its notes and the raw logs are all that the second count uses.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.agents.episode import GATES
from sim.agents.migrant import STRATA_SHAPE
from sim.agents.task import Move
from sim.model import AlmatyModel
from sim.submodels.illness import INFECTION
from sim.submodels.services import VISIT_RESULTS
from tests.cities import city

DAYS = 400
LOOKED_AT = 380
GROUPS = {
    "nationality": words.NATIONALITIES,
    "legal_status": words.LEGAL_STATUSES,
    "sex": words.SEXES,
    "sector": words.SECTORS,
}
GATE_CODES = {
    1: "perceive",
    2: "seek",
    3: "reach",
    4: "pay",
    5: "engage",
    0: "seek",
    6: "seek",
    7: "seek",
}
OPEN, GONE, GAVE_UP = -1, 6, "gave_up"
HELPED = ("treated", "delivered", "admitted")


@dataclass
class Witness:
    """A city after 400 days and what was seen in it each evening."""

    model: AlmatyModel
    people: pd.DataFrame
    unseen: pd.DataFrame
    early: pd.DataFrame

    def episodes(self) -> pd.DataFrame:
        """Return closed and open episodes, days that never came as NaN."""
        model, rows = self.model, self.model.episodes.rows
        closed = pd.DataFrame({one: model.closed_episodes[one] for one in record_columns(model)})
        still_open = pd.DataFrame(
            {
                one: getattr(model.episodes, one)[rows]
                for one in closed.columns
                if one not in ("ended_on", "outcome")
            }
        ).assign(ended_on=2**30, outcome=OPEN)
        table = pd.concat([closed, still_open], ignore_index=True)
        for one in table.columns[table.columns.str.endswith("_on")]:
            table[one] = table[one].astype(float)
            table.loc[table[one].abs() >= 2**30, one] = np.nan
        return grouped_by_code(table)


def record_columns(model: AlmatyModel) -> list[str]:
    return list(model.closed_episodes.dtypes)


def grouped_by_code(table: pd.DataFrame) -> pd.DataFrame:
    """Add the four groupings, unpacked from the combined code."""
    code = table["stratum"].to_numpy().astype(int)
    parts = {}
    for name in ("sector", "sex", "legal_status", "nationality"):
        labels = np.array(GROUPS[name], dtype=object)
        code, place = np.divmod(code, len(labels))
        parts[name] = labels[place]
    return table.assign(**parts)


def look_around(model: AlmatyModel) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return who is present and who is ill unseen, at the end of the day that was just lived."""
    people, rows = model.migrants, model.migrants.rows
    groups = {
        name: np.array(labels, dtype=object)[getattr(people, name)[rows]]
        for name, labels in GROUPS.items()
    }
    came_as = np.unravel_index(people.entered_as[rows], STRATA_SHAPE)[1]
    groups["came_as"] = np.array(words.LEGAL_STATUSES, dtype=object)[came_as]
    knows = {f"knows_{item}": people.knows[rows, k] for k, item in enumerate(words.KNOWLEDGE)}
    day = model.day - 1
    present = pd.DataFrame(
        {"day": day, "pid": people.pid[rows], "entered_on": people.entered_on[rows]}
        | groups
        | knows
    )
    ill = model.episodes.rows
    ill = ill[(model.episodes.state[ill] != GONE) & ~model.episodes.formal_contact[ill]]
    ill = ill[~model.episodes.had[ill].any(axis=1)]
    unseen = grouped_by_code(pd.DataFrame({"day": day, "stratum": model.episodes.stratum[ill]}))
    return present, unseen


@pytest.fixture(scope="module")
def witness() -> Witness:
    model = AlmatyModel(city(population=1500, days=DAYS, seed=4))
    evenings = []
    early = pd.DataFrame()
    for _ in range(DAYS):
        model.step()
        evenings.append(look_around(model))
        if model.day == LOOKED_AT:
            early = model.indicators()
    people, unseen = (pd.concat(part, ignore_index=True) for part in zip(*evenings, strict=True))
    return Witness(model, people, unseen, early)


def expect(
    table: pd.DataFrame,
    name: str,
    up: pd.DataFrame,
    down: pd.DataFrame,
    *,
    detail: str = "",
    per: float = 1.0,
    a_year: bool = False,
    weight: str | None = None,
) -> None:
    """Compare an indicator with counts of rows, for everybody and in every group."""
    rows = table[(table["indicator"] == name) & (table["detail"] == detail)]
    assert len(rows) == 1 + sum(len(labels) for labels in GROUPS.values())
    for row in rows.itertuples():
        mine, ours = (
            part if row.by == "all" else part[part[row.by] == row.group] for part in (up, down)
        )
        numerator = float(mine[weight].sum()) if weight else float(len(mine))
        denominator = len(ours) / 365 if a_year else float(len(ours))
        where = f"{name} {detail} {row.by} {row.group}"
        assert row.numerator == pytest.approx(numerator), where
        assert row.denominator == pytest.approx(denominator), where
        if denominator > 0:
            assert row.value == pytest.approx(per * numerator / denominator), where
        else:
            assert np.isnan(row.value), where


@pytest.fixture(scope="module", params=[(0, DAYS), (45, DAYS)], ids=["whole run", "after a lag"])
def window(request: pytest.FixtureRequest) -> tuple[int, int]:
    start, end = request.param
    return int(start), int(end)


@pytest.fixture(scope="module")
def table(witness: Witness, window: tuple[int, int]) -> pd.DataFrame:
    return witness.model.indicators(*window)


@pytest.fixture(scope="module")
def person_days(witness: Witness, window: tuple[int, int]) -> pd.DataFrame:
    return witness.people[witness.people["day"].between(window[0], window[1] - 1)]


@pytest.mark.claim("V28")
def test_emergency_uptake_and_need_follow_their_definitions(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame, person_days: pd.DataFrame
) -> None:
    start, end = window
    episodes = witness.episodes()
    severe = episodes[episodes["severe_on"].between(start, end - 1)]
    assert len(severe) > 20
    timely = severe[severe["severe_on"] < end - 2]
    within_a_day = timely["emergency_care_on"] - timely["severe_on"] <= 1
    expect(table, "emergency_uptake_24h", timely[within_a_day], timely)
    ever = severe[severe["severe_on"] < end - 30]
    expect(table, "emergency_uptake_ever", ever[ever["emergency_care_on"].notna()], ever)
    expect(table, "emergency_need", severe, person_days, per=1000, a_year=True)
    expect(table, "avoidable_emergencies", severe[severe["avoidable"]], severe)
    marked = episodes[episodes["sequelae_on"].between(start, end - 1)]
    expect(table, "permanent_consequences", marked, person_days, per=100_000, a_year=True)


def pairs(table: pd.DataFrame) -> set[tuple[int, int]]:
    """Return whose episodes stand in a table, and which of theirs."""
    return set(zip(table["person"].tolist(), table["ordinal"].tolist(), strict=True))


@pytest.mark.claim("V28")
def test_any_care_of_an_emergency_is_a_visit_that_helped_or_treatment_that_went_on(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame, person_days: pd.DataFrame
) -> None:
    start, end = window
    episodes = witness.episodes()
    severe = episodes[episodes["severe_on"].between(start, end - 3)]
    visits_then = witness.model.visits
    names = ["person", "ordinal", "served_on", "result"]
    log = pd.DataFrame({name: visits_then[name] for name in names})
    helped = log[log["result"].isin([VISIT_RESULTS.index(one) for one in HELPED])]
    visits = severe.merge(helped, on=["person", "ordinal"])
    since = visits["served_on"] - visits["severe_on"]
    by_a_visit = pairs(visits[since.between(0, 1)])
    before = pairs(visits[since < 0])
    within_a_day = severe["competent_care_on"] - severe["severe_on"] <= 1
    counted = severe[within_a_day]
    cases = pairs(counted)
    assert len(by_a_visit) > 10
    assert len(cases - by_a_visit) <= len(cases) / 2
    # Tuberculosis that is found elsewhere is sent on to the dispensary.
    assert by_a_visit - cases <= pairs(severe[severe["kind"] == INFECTION])
    assert cases - by_a_visit <= before
    expect(table, "emergency_any_care_24h", counted, severe)
    days = person_days[person_days["day"] < end - 2]
    expect(table, "emergencies_without_care", severe[~within_a_day], days, per=1000, a_year=True)


def visits_in_log(witness: Witness) -> pd.DataFrame:
    """Return the rows of the case log that are visits."""
    log = witness.model.case_log()
    return log[log["event"] == "visit"]


@pytest.mark.claim("V28")
def test_emergency_contacts_follow_from_the_case_log(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame, person_days: pd.DataFrame
) -> None:
    log = visits_in_log(witness)
    log = log[log["day"].between(window[0], window[1] - 1)]
    run = log["institution"] == "ambulance"
    walk_in = (log["institution"] == "hospital") & ~log["by_ambulance"]
    contacts = log[(run | walk_in) & (log["result"] != GAVE_UP)]
    assert contacts["institution"].nunique() == 2
    expect(table, "emergency_contacts", contacts, person_days, per=1000, a_year=True)
    expect(table, "low_acuity_share", contacts[contacts["severity"] == "mild"], contacts)


@pytest.mark.claim("V28")
def test_visits_by_institution_follow_from_the_case_log(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame, person_days: pd.DataFrame
) -> None:
    log = visits_in_log(witness)
    log = log[log["day"].between(window[0], window[1] - 1)]
    for kind in words.INSTITUTION_KINDS:
        visits = log[log["institution"] == kind]
        expect(table, "contacts", visits, person_days, detail=kind, per=1000, a_year=True)


def unmet_need(episodes: pd.DataFrame, start: int, end: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return A1's numerator and denominator."""
    ended = (episodes["outcome"] != OPEN) & (episodes["ended_on"] < end)
    in_time = episodes["began_on"].between(start, end - 60 - 1)
    needed = episodes[ended & in_time & episodes["perceived_moderate"]]
    return needed[~needed["formal_contact"]], needed


@pytest.mark.claim("V28")
def test_unmet_need_follows_its_definition(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame
) -> None:
    unmet, needed = unmet_need(witness.episodes(), *window)
    assert 0 < len(unmet) < len(needed)
    expect(table, "unmet_need_episodes", unmet, needed)
    lasted = [one[one["ended_on"] - one["perceived_on"] >= 3] for one in (unmet, needed)]
    assert 0 < len(lasted[0]) < len(unmet)
    expect(table, "unmet_need_lasting", *lasted)
    gates = unmet["binding_barrier"].map(GATE_CODES)
    for gate in GATES:
        expect(table, "unmet_need_by_gate", unmet[gates == gate], unmet, detail=gate)


def test_the_gates_share_all_unmet_episodes_among_them(table: pd.DataFrame) -> None:
    parts = table[(table["indicator"] == "unmet_need_by_gate") & (table["denominator"] > 0)]
    gates = parts[parts["detail"].isin(GATES)]
    sums = gates.groupby(["by", "group"])["value"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    reasons = parts[parts["detail"].str.startswith("seek")]
    whole = reasons[reasons["detail"] == "seek"].set_index(["by", "group"])["numerator"]
    halves = reasons[reasons["detail"] != "seek"].groupby(["by", "group"])["numerator"].sum()
    pd.testing.assert_series_equal(whole.sort_index(), halves.sort_index())


@pytest.mark.claim("V28")
def test_people_with_unmet_need_are_counted_as_a_survey_would(
    witness: Witness, table: pd.DataFrame
) -> None:
    """Present on 300 evenings of the last 365, and an episode that ended unseen meanwhile."""
    year = witness.people[witness.people["day"] >= DAYS - 365]
    evenings = year.groupby("pid").size()
    respondents = year[year["pid"].isin(evenings.index[evenings >= 300])].drop_duplicates("pid")
    episodes = witness.episodes()
    unmet = episodes[
        (episodes["outcome"] != OPEN)
        & episodes["ended_on"].between(DAYS - 365, DAYS - 1)
        & episodes["perceived_moderate"]
        & ~episodes["formal_contact"]
    ]
    respondents = respondents.assign(legal_status=respondents["came_as"])
    went_without = respondents[respondents["pid"].isin(unmet["person"])]
    assert 0 < len(went_without) < len(respondents)
    expect(table, "unmet_need_persons", went_without, respondents)
    more = year[year["pid"].isin(evenings.index[evenings >= 90])].drop_duplicates("pid")
    more = more.assign(legal_status=more["came_as"])
    assert len(more) > len(respondents)
    expect(table, "unmet_need_persons_90", more[more["pid"].isin(unmet["person"])], more)


@pytest.mark.claim("V28")
def test_hidden_need_awareness_and_population_follow_from_what_was_seen(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame, person_days: pd.DataFrame
) -> None:
    start, end = window
    unseen = witness.unseen[witness.unseen["day"].between(start, end - 1)]
    expect(table, "hidden_unmet_need", unseen, person_days, per=1000)
    for item in words.KNOWLEDGE:
        informed = person_days[person_days[f"knows_{item}"]]
        expect(table, "awareness", informed, person_days, detail=item)
    population = table.loc[table["indicator"] == "population", "value"].item()
    assert population == pytest.approx(len(person_days) / (end - start))


@pytest.mark.claim("V28")
def test_deaths_and_payments_follow_from_their_logs(
    witness: Witness, window: tuple[int, int], table: pd.DataFrame, person_days: pd.DataFrame
) -> None:
    start, end = window
    deaths, payments = (
        grouped_by_code(pd.DataFrame({one: log[one] for one in log.dtypes}))
        for log in (witness.model.deaths, witness.model.payments)
    )
    dead = deaths[deaths["day"].between(start, end - 1)]
    paid = payments[payments["day"].between(start, end - 1)]
    assert len(dead) > 0
    expect(table, "deaths", dead, person_days, per=100_000, a_year=True)
    expect(table, "out_of_pocket", paid, person_days, a_year=True, weight="amount")


def test_every_death_is_an_episode_that_ended_in_death(witness: Witness) -> None:
    episodes = witness.episodes()
    fatal = episodes.loc[episodes["outcome"] == 1, "ended_on"].astype(int)
    assert sorted(fatal) == sorted(witness.model.deaths["day"].tolist())


def test_groups_add_up_to_everybody(table: pd.DataFrame) -> None:
    counted = table[table["numerator"].notna()]
    key = ["indicator", "detail"]
    everybody = counted[counted["by"] == "all"].set_index(key)[["numerator", "denominator"]]
    for grouping in GROUPS:
        parts = counted[counted["by"] == grouping].groupby(key)[["numerator", "denominator"]].sum()
        pd.testing.assert_frame_equal(parts.sort_index(), everybody.sort_index())


def test_every_delay_of_everybody_rests_on_the_delays_of_the_groups(table: pd.DataFrame) -> None:
    delays = table[table["code"].isin(["D1", "D2", "D3"])]
    cases = delays.groupby(["code", "detail", "by"])["denominator"].sum().unstack("by")
    for grouping in GROUPS:
        assert cases[grouping].tolist() == cases["all"].tolist()


@pytest.mark.parametrize(
    "code",
    ["E1", "E2", "E3", "E4", "E5", "E6", "A1", "A2", "A3", "D1", "D2", "D3", "U3", "F1", "K1",
     "L1", "C0", "N0"],
)  # fmt: skip
def test_a_window_reads_the_same_when_it_is_asked_for_later(witness: Witness, code: str) -> None:
    """What happens after the window must not leak into it: 'any time before its end'."""
    later = witness.model.indicators(0, LOOKED_AT)
    then, now = (
        one.loc[one["code"] == code].drop(columns="better").reset_index(drop=True)
        for one in (witness.early, later)
    )
    pd.testing.assert_frame_equal(now, then)


# --- curves -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def curves(witness: Witness) -> pd.DataFrame:
    return witness.model.curves()


def test_curves_have_one_row_a_day(curves: pd.DataFrame) -> None:
    assert curves["day"].tolist() == list(range(DAYS))
    dates = pd.date_range("2018-01-01", periods=DAYS).strftime("%Y-%m-%d")
    assert curves["date"].tolist() == dates.tolist()


def test_curves_add_up_to_the_indicators(witness: Witness, curves: pd.DataFrame) -> None:
    table = witness.model.indicators()
    overall = table[table["by"] == "all"].set_index(["indicator", "detail"])["numerator"]
    years = curves["present"].sum() / 365
    assert table.loc[table["indicator"] == "emergency_need", "denominator"].iloc[0] == (
        pytest.approx(years)
    )
    expected = {
        "emergency_need": overall["emergency_need", ""],
        "emergency_contacts": overall["emergency_contacts", ""],
        "low_acuity_contacts": overall["low_acuity_share", ""],
        "hidden_unmet_need": overall["hidden_unmet_need", ""],
        "out_of_pocket": overall["out_of_pocket", ""],
        "deaths": overall["deaths", ""],
    }
    expected |= {f"know_{item}": overall["awareness", item] for item in words.KNOWLEDGE}
    expected |= {f"visits_{one}": overall["contacts", one] for one in words.INSTITUTION_KINDS}
    assert {name: float(curves[name].sum()) for name in expected} == pytest.approx(expected)
    before_the_last_two_days = curves.iloc[:-2]
    assert (
        before_the_last_two_days["emergency_uptake_24h"].sum()
        == (overall["emergency_uptake_24h", ""])
    )


def test_curves_count_the_episodes_of_each_day(witness: Witness, curves: pd.DataFrame) -> None:
    episodes = witness.episodes()
    needed = episodes[episodes["perceived_moderate"]]
    columns: dict[str, pd.Series] = {
        "onsets": episodes["began_on"],
        "emergency_need": episodes["severe_on"],
        "unmet_need_episodes": needed.loc[~needed["formal_contact"], "ended_on"],
        "met_and_unmet_episodes": needed["ended_on"],
    }
    for name, when in columns.items():
        counted = when.value_counts().reindex(range(DAYS), fill_value=0)
        assert curves[name].tolist() == counted.tolist(), name
    assert curves["present"].tolist() == witness.people.groupby("day").size().tolist()


# --- case log ---------------------------------------------------------------------------------


def test_the_case_log_has_one_row_a_visit_in_order_of_time(witness: Witness) -> None:
    log, visits = visits_in_log(witness), witness.model.visits
    assert len(log) == len(visits) > 500
    assert log["day"].is_monotonic_increasing
    assert log["day"].between(0, DAYS - 1).all()
    assert (log["arrived_on"] <= log["day"]).all()
    assert (log["began_on"] <= log["arrived_on"]).all()
    for name, column in (("person", "person"), ("episode", "ordinal"), ("paid", "paid")):
        assert log[name].tolist() == visits[column].tolist()
    assert (log["paid"] >= 0).all()


def test_the_case_log_speaks_in_known_words(witness: Witness) -> None:
    log = visits_in_log(witness)
    units = {unit.name: unit.kind for unit in witness.model.clinics.units}
    known: dict[str, tuple[str, ...]] = {
        "kind": words.KINDS,
        "severity": words.SEVERITIES,
        "institution": words.INSTITUTION_KINDS,
        **GROUPS,
    }
    for name, labels in known.items():
        assert set(log[name]) <= set(labels), name
    assert log["target"].map(units).tolist() == log["institution"].tolist()


def test_the_case_log_knows_its_patients(witness: Witness) -> None:
    """Attributes in the log are those the witness saw the person have."""
    log = visits_in_log(witness)
    seen = witness.people.drop_duplicates("pid").set_index("pid")
    both = log[log["person"].isin(seen.index)]
    assert len(both) > 0.9 * len(log)
    for name in GROUPS.keys() - {"legal_status"}:  # which changes with time
        assert both[name].tolist() == seen.loc[both["person"], name].tolist()


def test_the_case_log_holds_every_hand_over(witness: Witness) -> None:
    """From, to, right or wrong, and wait: row by row what the model wrote down, in its order."""
    model = witness.model
    log = model.case_log()
    assert log["day"].is_monotonic_increasing
    moves, written = log[log["event"] != "visit"], model.handovers
    since = np.flatnonzero(written["day"] >= 0)
    assert len(moves) == len(since) > 100
    names = [*model.agencies.names, *words.INSTITUTION_KINDS]
    for end in ("origin", "target"):
        expected = ["" if one < 0 else names[one] for one in written[end][since].tolist()]
        assert moves[end].tolist() == expected
    assert moves["event"].tolist() == [Move(one).name.lower() for one in written["move"][since]]
    for name, column in (("person", "person"), ("episode", "ordinal"), ("waited", "waited")):
        assert moves[name].tolist() == written[column][since].tolist()
    referred = moves["event"].isin(["referred_right", "referred_wrong"])
    assert moves["right"].notna().tolist() == referred.tolist()
    assert (moves["waited"] >= 0).all()


def test_a_right_referral_names_an_institution_that_can_help(witness: Witness) -> None:
    """And that takes this person's nationality and legal status."""
    log = witness.model.case_log()
    agencies = witness.model.world.agencies
    right = log[log["event"] == "referred_right"]
    assert len(right) > 10
    for row in right.itertuples():
        agency = agencies[row.target]
        assert agency.competence.get(row.need, 0.0) > 0.0
        assert row.nationality in agency.accepts.nationalities
        assert row.legal_status in agency.accepts.legal_statuses


def test_moves_in_the_case_log_know_the_illness(witness: Witness) -> None:
    """Only an illness that was over before day 0 is not in the books any more."""
    log = witness.model.case_log()
    moves = log[(log["event"] != "visit") & (log["episode"] >= 0)]
    kinds = witness.episodes().set_index(["person", "ordinal"])["kind"]
    known = 0
    for row in moves.itertuples():
        kind = kinds.get((row.person, row.episode))
        assert row.kind == ("" if kind is None else words.KINDS[int(kind)])
        known += kind is not None
    assert known > 0.9 * len(moves)
