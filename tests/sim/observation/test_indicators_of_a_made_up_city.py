"""Windows and censoring, on a handful of episodes and visits with known answers.

The city is emptied, its diary is kept for a hundred days with fixed counts, and records are
written into its logs by hand.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import vocabulary as words
from sim.model import AlmatyModel
from tests.cities import city

END = 100
NOT_YET = -(2**30)
RECOVERED, DIED, LEFT = 0, 1, 2
RESULTS = ("treated", "not_helped", "refused_no_money", "wrongly_refused", "sent_on", "delivered",
           "admitted", "gave_up")  # fmt: skip


def stratum(nationality: str, legal_status: str, sex: str, sector: str) -> int:
    code = words.NATIONALITIES.index(nationality)
    code = code * len(words.LEGAL_STATUSES) + words.LEGAL_STATUSES.index(legal_status)
    code = code * len(words.SEXES) + words.SEXES.index(sex)
    return code * len(words.SECTORS) + words.SECTORS.index(sector)


BUILDERS = stratum("uzbekistan", "irregular", "man", "construction")
TRADERS = stratum("kyrgyzstan", "eaeu_contract", "woman", "trade")
PRESENT = {BUILDERS: 10, TRADERS: 5}


@pytest.fixture(scope="module")
def one_city() -> AlmatyModel:
    return AlmatyModel(city(population=100))


@pytest.fixture
def empty_city(one_city: AlmatyModel) -> AlmatyModel:
    """The city without people and records, a hundred days old."""
    model = one_city
    model.episodes.remove_rows(model.episodes.rows)
    model.migrants.remove_rows(model.migrants.rows)
    model._start_logs()
    counts = model.counts[0]
    counts["present"][:] = 0
    counts["informed"][:] = 0
    for group, people in PRESENT.items():
        counts["present"][group] = people
    for day in range(END):
        model._day = day
        # Half of the builders know of the emergency right from day 50 on.
        counts["informed"][BUILDERS, 0] = 5 if day >= 50 else 0
        model.diary.record(model)
    model._day = END
    return model


def write_episode(model: AlmatyModel, group: int = BUILDERS, **known: Any) -> None:
    """Write an ended episode into the log; what is not given did not happen."""
    record: dict[str, Any] = dict.fromkeys(model.closed_episodes.dtypes, 0)
    for name in record:
        if name.endswith("_on"):
            record[name] = NOT_YET
    record |= {"ended_on": END - 1, "outcome": RECOVERED, "began_on": 0, "stratum": group}
    record |= {"person": len(model.closed_episodes)} | known
    model.closed_episodes.append(**{name: np.array([value]) for name, value in record.items()})


def write_visit(
    model: AlmatyModel, kind: str, severity: str, result: str, *, day: int = 10, **known: Any
) -> None:
    unit = int(model.clinics.of_kind(kind)[0])
    record: dict[str, Any] = dict.fromkeys(model.visits.dtypes, 0)
    record |= {"stratum": BUILDERS, "unit": unit, "served_on": day, "arrived_on": day}
    record |= {"severity": 1 + words.SEVERITIES.index(severity), "result": RESULTS.index(result)}
    model.visits.append(**{name: np.array([value]) for name, value in (record | known).items()})


def row(table: pd.DataFrame, name: str, detail: str = "", group: str = "all") -> Any:
    found = table[
        (table["indicator"] == name) & (table["detail"] == detail) & (table["group"] == group)
    ]
    assert len(found) == 1
    return found.iloc[0]


def fraction(table: pd.DataFrame, name: str, detail: str = "", group: str = "all") -> Any:
    one = row(table, name, detail, group)
    return one["numerator"], one["denominator"]


def test_timely_emergency_care_counts_deaths_as_failures_and_drops_two_days(
    empty_city: AlmatyModel,
) -> None:
    model = empty_city
    write_episode(model, severe_on=10, emergency_care_on=10)  # the same day: timely
    write_episode(model, severe_on=10, emergency_care_on=11)  # a day later: timely
    write_episode(model, severe_on=10, emergency_care_on=12)  # too late
    write_episode(model, severe_on=20, ended_on=21, outcome=DIED)  # died before care
    write_episode(model, TRADERS, severe_on=97, emergency_care_on=98)  # last day that counts
    write_episode(model, severe_on=98, emergency_care_on=98)  # dropped
    write_episode(model, severe_on=99)  # dropped
    write_episode(model, severe_on=-1, emergency_care_on=0)  # before the window
    table = model.indicators()
    assert fraction(table, "emergency_uptake_24h") == (3, 5)
    assert fraction(table, "emergency_uptake_24h", group="uzbekistan") == (2, 4)
    assert fraction(table, "emergency_uptake_24h", group="woman") == (1, 1)
    assert np.isnan(row(table, "emergency_uptake_24h", group="tajikistan")["value"])
    need = row(table, "emergency_need")
    assert need["numerator"] == 7
    assert need["value"] == pytest.approx(1000 * 7 / (15 * END / 365))


def test_any_care_of_emergencies_and_those_without_it_share_their_cases(
    empty_city: AlmatyModel,
) -> None:
    model = empty_city
    write_episode(model, severe_on=10, competent_care_on=10)  # by a polyclinic, say: timely
    write_episode(model, severe_on=10, competent_care_on=11, emergency_care_on=11)
    write_episode(model, severe_on=10, competent_care_on=12)  # too late
    write_episode(model, severe_on=20, ended_on=21, outcome=DIED)
    write_episode(model, TRADERS, severe_on=97, competent_care_on=98)  # last day that counts
    write_episode(model, severe_on=98)  # dropped
    write_episode(model, severe_on=-1, competent_care_on=0)  # before the window
    table = model.indicators()
    assert fraction(table, "emergency_any_care_24h") == (3, 5)
    assert fraction(table, "emergency_any_care_24h", group="woman") == (1, 1)
    assert fraction(table, "emergency_uptake_24h") == (1, 5)
    without = row(table, "emergencies_without_care")
    assert without["numerator"] == 2
    # 15 people live through the 98 days that count.
    assert without["value"] == pytest.approx(1000 * 2 / (15 * (END - 2) / 365))
    assert row(model.indicators(50, 51), "emergencies_without_care")["numerator"] == 0


def test_emergency_care_at_any_time_drops_a_month(empty_city: AlmatyModel) -> None:
    model = empty_city
    write_episode(model, severe_on=69, emergency_care_on=95)
    write_episode(model, severe_on=69)
    write_episode(model, severe_on=70, emergency_care_on=70)
    assert fraction(model.indicators(), "emergency_uptake_ever") == (1, 2)


def test_emergency_care_after_the_window_does_not_count_in_it(empty_city: AlmatyModel) -> None:
    model = empty_city
    write_episode(model, severe_on=10, emergency_care_on=60)
    write_episode(model, severe_on=11, emergency_care_on=49)
    assert fraction(model.indicators(0, 50), "emergency_uptake_ever") == (1, 2)
    assert fraction(model.indicators(0, END), "emergency_uptake_ever") == (2, 2)


def test_avoidable_emergencies_are_a_share_of_all_in_the_window(empty_city: AlmatyModel) -> None:
    model = empty_city
    write_episode(model, severe_on=99, avoidable=True)
    write_episode(model, severe_on=0)
    write_episode(model, severe_on=-1, avoidable=True)
    write_episode(model, avoidable=False)
    assert fraction(model.indicators(), "avoidable_emergencies") == (1, 2)


def test_unmet_need_takes_ended_episodes_that_began_sixty_days_before_the_end(
    empty_city: AlmatyModel,
) -> None:
    model = empty_city
    needed = {"perceived_moderate": True}
    write_episode(model, began_on=39, ended_on=50, binding_barrier=3, **needed)  # unmet: reach
    write_episode(
        model, began_on=0, ended_on=99, binding_barrier=6, **needed
    )  # unmet: own judgement
    write_episode(
        model, began_on=0, ended_on=9, binding_barrier=2, **needed
    )  # unmet: fear, language
    write_episode(
        model, began_on=5, ended_on=9, outcome=LEFT, binding_barrier=4, felt_barrier=1, **needed
    )  # unmet
    write_episode(model, began_on=5, ended_on=9, formal_contact=True, **needed)  # met
    write_episode(model, began_on=40, ended_on=50, binding_barrier=1, **needed)  # began too late
    write_episode(model, began_on=-1, ended_on=50, binding_barrier=1, **needed)  # began too early
    write_episode(model, began_on=10, ended_on=12)  # never perceived as moderate
    model.episodes.add_rows(
        np.array([1 << 30], dtype=np.uint64), began_on=3, perceived_moderate=True
    )  # still open
    table = model.indicators()
    assert fraction(table, "unmet_need_episodes") == (4, 5)
    gates = {"perceive": 0, "seek": 2, "reach": 1, "pay": 1, "engage": 0}
    for gate, count in gates.items():
        assert fraction(table, "unmet_need_by_gate", gate) == (count, 4), gate
    assert fraction(table, "unmet_need_by_gate", "seek: fear or language") == (1, 4)
    assert fraction(table, "unmet_need_by_gate", "seek: judged it could wait") == (1, 4)
    assert fraction(table, "unmet_need_by_gate", "seek: several barriers together") == (0, 4)
    # No reason was noted where nothing was weighed.
    assert fraction(table, "unmet_need_by_reason", "could_wait") == (3, 4)
    assert fraction(table, "unmet_need_by_reason", "money") == (1, 4)
    # Seen from day 99 the long episode has not ended yet, and the first began 60 days before.
    assert fraction(model.indicators(0, 99), "unmet_need_episodes") == (2, 3)


def test_people_with_unmet_need_were_present_three_hundred_days(empty_city: AlmatyModel) -> None:
    model = empty_city
    stays = [
        (-300, 35, 20),  # exactly 300 days of the year before day 100, unmet
        (-300, 34, 20),  # a day less
        (-200, 100, -265),  # present to the end, unmet on the first day of the year
        (-365, 100, -266),  # unmet need a day too early
        (-365, 90, NOT_YET),  # never
    ]
    for person, (entered, left, unmet) in enumerate(stays):
        model.leavers.append(
            wage=100_000,
            person=np.array([person], dtype=np.uint64),
            stratum=BUILDERS,
            entered_on=entered,
            left_on=left,
            unmet_in_burn_in_on=unmet if unmet < 0 else NOT_YET,
        )
        if unmet >= 0:
            write_episode(
                model, person=person, began_on=0, perceived_on=1, ended_on=unmet,
                perceived_moderate=True,
            )  # fmt: skip
    assert fraction(model.indicators(), "unmet_need_persons") == (2, 4)
    # A day less than 300 is more than 90: the wider reading asks that person too.
    assert fraction(model.indicators(), "unmet_need_persons_90") == (3, 5)


def test_emergency_contacts_are_runs_and_walk_ins(empty_city: AlmatyModel) -> None:
    model = empty_city
    write_visit(model, "ambulance", "mild", "treated")
    write_visit(model, "ambulance", "severe", "delivered", day=99)
    write_visit(model, "hospital", "severe", "admitted", by_ambulance=True)  # the same emergency
    write_visit(model, "hospital", "mild", "not_helped", day=0)
    write_visit(model, "hospital", "moderate", "gave_up")  # was never seen
    write_visit(model, "polyclinic", "mild", "treated")
    write_visit(model, "ambulance", "mild", "treated", day=END)  # after the window
    table = model.indicators()
    assert fraction(table, "low_acuity_share") == (2, 3)
    assert row(table, "emergency_contacts")["value"] == pytest.approx(3000 / (15 * END / 365))
    assert fraction(table, "contacts", "polyclinic")[0] == 1
    assert fraction(table, "contacts", "ambulance")[0] == 2


def test_delays_run_from_onset_to_decision_to_arrival_to_care(empty_city: AlmatyModel) -> None:
    model = empty_city
    write_episode(
        model, began_on=10, perceived_on=11, decided_on=12, arrived_on=12, care_on=16, ended_on=20
    )
    # Decided at once, but recovered before arriving anywhere.
    write_episode(model, began_on=10, perceived_on=10, decided_on=10, ended_on=14)
    write_episode(model, began_on=10, perceived_on=10, ended_on=14)  # never decided
    write_episode(model, began_on=-3, perceived_on=-2, decided_on=-2, ended_on=14)  # too early
    table = model.indicators()
    decision, arrival, care = "delay_to_decision", "delay_to_arrival", "delay_to_care"
    assert row(table, decision, "restricted mean")["denominator"] == 2
    # None of them is known to be moderate.
    assert fraction(table, "decided_at_once") == (0, 0)
    for decided_on in (20, 21):
        write_episode(model, began_on=19, perceived_on=20, decided_on=decided_on, worst=2)
    write_episode(model, began_on=19, perceived_on=20, worst=2)  # never decided
    assert fraction(model.indicators(), "decided_at_once") == (1, 2)
    assert row(table, decision, "restricted mean")["value"] == pytest.approx((2 + 0) / 2)
    assert row(table, arrival, "restricted mean")["value"] == pytest.approx((0 + 30) / 2)
    assert row(table, arrival, "90 %")["value"] == np.inf
    assert row(table, care, "median")["value"] == 4
    assert row(table, care, "median")["denominator"] == 1


def test_counts_of_people_money_and_deaths(empty_city: AlmatyModel) -> None:
    model = empty_city
    for day, amount in ((-1, 7_000), (0, 1_000), (99, 2_500), (END, 9_000)):
        model.payments.append(
            day=np.array([day]), person=1, stratum=TRADERS, amount=amount, borrowed=0
        )
    for day, present in ((-1, True), (0, True), (99, False), (END, True)):
        model.deaths.append(day=np.array([day]), stratum=BUILDERS, present=present, age=30)
    table = model.indicators()
    assert row(table, "population")["value"] == 15
    assert row(table, "out_of_pocket", group="kyrgyzstan")["value"] == (
        pytest.approx(3_500 / (5 * END / 365))
    )
    assert row(table, "deaths")["value"] == pytest.approx(100_000 * 2 / (15 * END / 365))
    known = row(table, "awareness", words.KNOWLEDGE[0], group="man")
    assert known["value"] == pytest.approx(0.25)
    assert row(table, "awareness", words.KNOWLEDGE[0])["value"] == pytest.approx(250 / 1500)
    assert row(table, "awareness", words.KNOWLEDGE[1])["value"] == 0


def test_before_the_first_day_there_are_no_values_and_no_errors(one_city: AlmatyModel) -> None:
    one_city._day = 0
    one_city._start_logs()
    table = one_city.indicators()
    assert (table.loc[table["numerator"].notna(), "denominator"] >= 0).all()
    assert np.isnan(row(table, "emergency_need")["value"])
    assert len(one_city.curves()) == 0
    assert len(one_city.case_log()) == 0


def test_an_empty_window_gives_no_values_and_no_errors(empty_city: AlmatyModel) -> None:
    table = empty_city.indicators(50, 50)
    assert np.isnan(row(table, "emergency_need")["value"])
    assert np.isnan(row(table, "emergency_uptake_24h")["value"])
