"""The city in which barriers bind, its values given one by one: tests rest on none of the defaults.

Values of issue 21 (`purse` to `waiting that ends`, papers, the desk, insurance that is felt).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

_VALUES = """
care_seeking:
  price_weight: 1.8
  price_weight_private: 1.8
  borrowing_weight: 5.5
  credit_reluctance: 0.7
  small_cash: 1000
  course: 1.5
  unpaid_day: 0.04
  self_care_days: 3
  inertia: 1.5
  pain: 3
  endurance_rate: 0.24
  same_day_triage: 1
  attraction: {ambulance: -2.1, hospital: -1.5, polyclinic: 0.9, mobile_clinic: 0.9, private: 1.3}
  severity_weight: {ambulance: 2.9, hospital: 2.9, polyclinic: 0.3, mobile_clinic: 0.3,
                    private: 0.3}
  fear_weight: 13
  language_weight: 1.7
  wait_weight: 0.5
  attachment_when_severe: 0
  days_foreseen: 1
money:
  borrowing_limit: 0.8
  credit_without_reserve: 0.5
  credit_spread: 1
  hand_to_mouth: 0.35
  reserve: 0.35
  reserve_spread: 1
  remitted_without_reserve: 1.0
  formal_sick_pay: 0.6
  wage_withheld_without_right: 2.0
payment:
  informal_asked: {hospital: 0.4, polyclinic: 0.4}
  refusal_by_attitude: {hospital: 0.05, polyclinic: 0.08, private: 0.02, tb_dispensary: 0.03}
  refusal_with_advocate: 0.3
employment:
  formal_leave: 1
  works_clinic_share: 0.8
  check_ups: 0.12
  inspectors_report: 0.2
legal_status:
  renewal_base: 2.0
  renewal_fear: 1.0
  refused_after_fine: 0.1
enforcement:
  dismissal_when_detected: 0.3
referral:
  registration_asked: 0.3
  lodging_lost_without_papers: 1.5
insurance:
  refusal_when_insured: 0.6
  card: 0.5
  course_cost:
    injury: {mild: 3000, moderate: 12000, severe: 60000, critical: 150000}
    acute: {mild: 3000, moderate: 12000, severe: 60000, critical: 150000}
    infection: {mild: 3000, moderate: 12000, severe: 60000, critical: 150000}
    chronic: {mild: 5000, moderate: 20000, severe: 80000, critical: 150000}
    maternity: {mild: 5000, moderate: 10000, severe: 60000, critical: 150000}
illness:
  death:
    injury: {severe: 0.0023, critical: 0.092}
    acute: {severe: 0.0016, critical: 0.0575}
    infection: {severe: 0.00115, critical: 0.0092}
    chronic: {severe: 0.0016, critical: 0.0575}
    maternity: {severe: 0.00046, critical: 0.0115}
"""


def _flat(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    for name, value in node.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


@cache
def binding() -> dict[str, float]:
    """Return the numbers of the city in which barriers bind, by path."""
    return dict(_flat(yaml.safe_load(_VALUES)))


NEUTRAL: dict[str, float] = {
    "legal_status.renewal_fear": 0.0,
    "legal_status.refused_after_fine": 0.0,
    "enforcement.dismissal_when_detected": 0.0,
    "referral.registration_asked": 0.0,
    "referral.lodging_lost_without_papers": 1.0,
    "money.wage_withheld_without_right": 1.0,
    "employment.inspectors_report": 0.0,
    **{f"payment.refusal_by_attitude.{kind}": 0.0 for kind in
       ("ambulance", "hospital", "polyclinic", "mobile_clinic", "private", "tb_dispensary")},
    "payment.refusal_with_advocate": 1.0,
    "information.firewall_announced": 0.0,
    "insurance.card": 0.0,
    "insurance.refusal_when_insured": 1.0,
    **{path: 0.0 for path in binding() if path.startswith("insurance.course_cost.")},
    "care_seeking.attachment_when_severe": 1.0,
    "care_seeking.days_foreseen": 0.0,
    **{f"agencies.coordinating_body.capacity.{line}": 0.0 for line in
       ("bookings", "letters", "escorts")},
    "coordination.turned_away_told": 0.0,
}  # fmt: skip
"""Papers, the desk, announced firewall, card and instruments of the coordinating body: all off."""
