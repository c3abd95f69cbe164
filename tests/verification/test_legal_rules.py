"""V26: who pays, by nationality, legal status, date and service; each rule from its day on."""

from datetime import date, timedelta

import numpy as np
import pytest

from sim import vocabulary as words
from sim.config.configuration import ConfigurationError
from sim.config.loading import load_scenario
from sim.model import AlmatyModel
from tests.cities import city

WORLD = load_scenario("baseline").world
ONE_DAY = timedelta(days=1)

# Written by hand from the evidence review, section 3, and not from conf/.
WHO_PAYS = [
    ("as_legislated", "uzbekistan", "irregular", "2018-07-01", "emergency", "state"),
    ("as_legislated", "uzbekistan", "irregular", "2018-07-01", "polyclinic", "patient"),
    ("as_legislated", "uzbekistan", "permit", "2018-07-01", "hospital", "patient"),
    ("as_legislated", "uzbekistan", "permit", "2020-06-01", "hospital", "patient"),
    ("as_legislated", "uzbekistan", "permit", "2026-06-01", "polyclinic", "patient"),
    ("as_legislated", "uzbekistan", "registered", "2021-01-01", "infection", "state"),
    ("as_legislated", "tajikistan", "registered", "2018-07-01", "ambulance", "state"),
    ("as_legislated", "tajikistan", "permit", "2023-09-01", "polyclinic", "patient"),
    ("as_legislated", "tajikistan", "permanent", "2018-07-01", "hospital", "state"),
    ("as_legislated", "tajikistan", "permanent", "2019-12-31", "hospital", "state"),
    ("as_legislated", "tajikistan", "permanent", "2020-01-01", "hospital", "fund"),
    ("as_legislated", "tajikistan", "permanent", "2020-01-01", "polyclinic", "state"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2018-07-01", "polyclinic", "patient"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2018-07-01", "emergency", "state"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2019-12-31", "hospital", "patient"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2020-01-01", "polyclinic", "fund"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2023-08-13", "polyclinic", "fund"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2023-08-14", "polyclinic", "policy"),
    ("as_legislated", "kyrgyzstan", "eaeu_contract", "2023-08-14", "hospital", "fund"),
    ("as_legislated", "kyrgyzstan", "registered", "2021-01-01", "polyclinic", "patient"),
    ("as_legislated", "kyrgyzstan", "irregular", "2024-01-01", "emergency", "state"),
    ("as_legislated", "other", "eaeu_contract", "2022-05-05", "hospital", "fund"),
    ("as_legislated", "other", "eaeu_contract", "2026-01-01", "polyclinic", "policy"),
    ("as_legislated", "uzbekistan", "eaeu_contract", "2021-01-01", "polyclinic", "patient"),
    ("as_hoped", "uzbekistan", "permit", "2018-12-31", "polyclinic", "patient"),
    ("as_hoped", "uzbekistan", "permit", "2019-01-01", "polyclinic", "fund"),
    ("as_hoped", "tajikistan", "permit", "2019-01-01", "hospital", "fund"),
    ("as_hoped", "kyrgyzstan", "eaeu_contract", "2019-01-01", "hospital", "fund"),
    ("as_hoped", "uzbekistan", "irregular", "2019-06-01", "polyclinic", "patient"),
    ("as_hoped", "uzbekistan", "irregular", "2019-06-01", "emergency", "state"),
    ("universal", "uzbekistan", "irregular", "2018-07-01", "polyclinic", "fund"),
    ("universal", "tajikistan", "registered", "2025-07-01", "hospital", "fund"),
    ("universal", "other", "permanent", "2025-07-01", "hospital", "state"),
]


@pytest.mark.claim("V21", "V26")
@pytest.mark.parametrize(("book", "nationality", "status", "day", "service", "payer"), WHO_PAYS)
def test_who_pays(
    book: str, nationality: str, status: str, day: str, service: str, payer: str
) -> None:
    rules = WORLD.regime[book].rules_on(date.fromisoformat(day))
    code = rules.payer[
        words.NATIONALITIES.index(nationality),
        words.LEGAL_STATUSES.index(status),
        words.SERVICES.index(service),
    ]
    assert words.PAYERS[code] == payer


RATES = [
    ("2017-12-31", 0.01, 0.0, 3, 0), ("2018-01-01", 0.015, 0.0, 3, 0),
    ("2019-12-31", 0.015, 0.0, 3, 0), ("2020-01-01", 0.02, 0.01, 3, 0),
    ("2020-12-31", 0.02, 0.01, 3, 0), ("2021-01-01", 0.02, 0.02, 3, 0),
    ("2021-12-31", 0.02, 0.02, 3, 0), ("2022-01-01", 0.03, 0.02, 3, 0),
    ("2023-04-30", 0.03, 0.02, 3, 0), ("2023-05-01", 0.03, 0.02, 3, 1),
    ("2025-12-31", 0.03, 0.02, 3, 1), ("2026-01-01", 0.03, 0.02, 6, 1),
]  # fmt: skip


@pytest.mark.claim("V26")
@pytest.mark.parametrize(("day", "employer", "employee", "grace", "policy"), RATES)
def test_rates_and_duties_change_on_their_day(
    day: str, employer: float, employee: float, grace: float, policy: float
) -> None:
    one = WORLD.regime["as_legislated"].rules_on(date.fromisoformat(day)).contribution
    found = one.employer_rate, one.employee_rate, one.grace_months, one.policy_required
    assert found == (employer, employee, grace, policy)


@pytest.mark.claim("V26")
@pytest.mark.parametrize("book", sorted(WORLD.regime))
def test_rules_change_on_the_days_of_their_rows_alone(book: str) -> None:
    """On both sides of each date, and nowhere in between."""
    regime = WORLD.regime[book]
    day, last = regime.begins, date(2026, 12, 31)
    changes = set()
    before = regime.rules_on(day)
    while day < last:
        day += ONE_DAY
        today = regime.rules_on(day)
        if (today.payer != before.payer).any() or today.contribution != before.contribution:
            changes.add(day)
        before = today
    assert changes <= {one for one in changes if regime.changes_on(one)}
    rows = [*regime.entitlements.values(), *regime.contributions.values()]
    assert changes <= {row.since for row in rows}
    if book == "as_legislated":
        assert {date(2020, 1, 1), date(2023, 8, 14), date(2026, 1, 1)} <= changes


def test_a_law_that_moves_with_the_calendar_moves_on_its_day_in_a_run() -> None:
    """The run meets New Year 2020 on the day the calendar says, not earlier or later."""
    start = '"2019-12-20"'
    scenario = city(
        population=150, days=30,
        overrides=("law.as_of=calendar", f"city.start_date={start}", "city.burn_in_days=60"),
    )  # fmt: skip
    model = AlmatyModel(scenario)
    fund = words.Payer.FUND
    seen = []
    while model.day < 20:
        model.step()
        seen.append(bool((model.legal_rules.payer == fund).any()))
    new_year = (date(2020, 1, 1) - date(2019, 12, 20)).days
    assert seen == [day >= new_year for day in range(20)]


def test_a_frozen_law_does_not_move() -> None:
    scenario = city(
        population=150, overrides=('city.start_date="2019-12-20"', "city.burn_in_days=60")
    )
    model = AlmatyModel(scenario)
    before = model.legal_rules.payer.copy()
    model.run_for(20)
    assert np.array_equal(model.legal_rules.payer, before)


WRONG = [
    ("law.as_of=2016-01-01", "says nothing before 2017-07-01"),
    ("law.as_of=soon", "neither a date"),
    ("law.regime=as_hopd", "did you mean 'as_hoped'"),
    ("regime.as_hoped.contributions.from_2019.employer_rate=1.5",
     "conf/regime/as_hoped.yaml: contributions.from_2019.employer_rate = 1.5 is outside"),
    ("regime.as_legislated.contributions.from_2020.since=2020-02-01",
     "contributions.from_2020.since: 2020-02-01 leaves a gap after row 'from_2018'"),
    ("regime.as_legislated.contributions.from_2020.since=2019-12-01",
     "contributions.from_2020.since: 2019-12-01 overlaps with row 'from_2018'"),
    ("regime.as_legislated.entitlements.residents_before_2020.until=2021-01-01",
     "overlaps with row 'residents_before_2020' (uzbekistan, permanent, polyclinic)"),
    ("regime.as_legislated.entitlements.residents_before_2020.until=2019-01-01",
     "leaves a gap after row 'residents_before_2020'"),
    ("regime.universal.entitlements.residents.payer=stat",
     "conf/regime/universal.yaml: entitlements.residents.payer: unknown payer 'stat': "
     "did you mean 'state'?"),
    ("regime.universal.entitlements.residents.legal_status=permanant",
     "entitlements.residents.legal_status: unknown name 'permanant': did you mean 'permanent'?"),
    ("regime.universal.entitlements.residents.until=2020-01-01", "write null"),
]  # fmt: skip


@pytest.mark.parametrize(("override", "complaint"), WRONG)
def test_a_mistake_in_a_law_book_is_one_line_with_file_row_and_key(
    override: str, complaint: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_scenario(overrides=[override])
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
