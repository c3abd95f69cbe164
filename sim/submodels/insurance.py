"""Insurance: who is insured, who pays for it, and what it is good for.

Where the law names the insurance fund as payer, people may be members. On each pay-day

* an employer who gives contracts enrols a worker when
      weight * (believed inspections / 12 * fine + norm * share enrolled in the sector
                - (employer's rate * wage + bookkeeping)) + logistic noise(employer, worker) > 0,
  and then pays the employer's rate and keeps back the member's, both of the wage up to a ceiling;
* a person who is not enrolled and knows about insurance buys membership with probability
      logistic(base + b1 ln(expected benefit / premium) + b2 trust in polyclinics
               + b3 insured share of the work group),
  the expected benefit being the own rate of illness and the illnesses there are, times the price of
  a visit: the ill buy more often, which the fund feels.

Membership outlives arrears of some months. Where the law names an insurer instead, the same holds
of policies: the employer buys them where a contract asks for one, others may buy their own; an
insurer pays up to a limit a year.

At the polyclinic one is attached to, and in hospital, the fund or the insurer pays: visits, beds
and a course of treatment (`course_cost`, by kind and severity: drugs, tests, planned admissions).
To attach one must know about insurance and have papers in order. Some new members are sent a card
(`card`): they learn what it is good for and that emergency care is free, and are attached if their
papers allow it. The insured are refused less at the desk (see `payment`) and expect no bill (see
`care_seeking`).

Parameters: `conf/parameters/insurance.yaml`, `employment.yaml`, `conf/regime/`. Neutral state: a
law book that names neither fund nor policies (nobody is insured); `card` and `course_cost` at 0,
`refusal_when_insured` at 1.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.accounts import CHART
from sim.agents.city import City
from sim.agents.migrant import can_pay
from sim.config.entries import by_two, parameter_record
from sim.config.world import World
from sim.engine.calendar import DAYS_A_MONTH, MONTHS_A_YEAR
from sim.engine.jit.compiled import compiled
from sim.engine.random.scalar import happens, peek_uniform
from sim.engine.records import Record
from sim.submodels.information import AGENCY_SOURCE, EMERGENCY_RIGHT, INSURANCE, learn
from sim.submodels.ledger_entries import pay, post
from sim.submodels.needs import papers_in_order
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

DAYS_OF_POLICY = 365
POLYCLINIC = words.Option.POLYCLINIC.value
STATE = words.Payer.STATE.value
FUND = words.Payer.FUND.value
POLICY = words.Payer.POLICY.value
PATIENT = words.Payer.PATIENT.value
NONE = words.InsuranceChannel.NONE.value
BY_EMPLOYER = words.InsuranceChannel.EMPLOYER.value
OWN = words.InsuranceChannel.OWN.value
FUND_COVER, POLICY_COVER = 1, 2
"""Bits of what a person can claim today."""
COVERS = 4
OF_POLICIES = 1 << 15
"""First occurrence of the draw of buying a policy; before it comes that of joining the fund."""
CARD = Purpose.CARD.row
ENROLMENT = Purpose.ENROLMENT.row
VOLUNTARY = Purpose.VOLUNTARY_INSURANCE.row
FROM_EMPLOYERS, FROM_MEMBERS, ADMINISTRATION, EMPLOYERS_POLICIES, WORKERS_POLICIES = (
    CHART.number(name)
    for name in (
        "contributions of employers", "contributions of members", "administration of the fund",
        "policies bought by employers", "policies bought by workers",
    )
)  # fmt: skip


class Insurance(Submodel):
    """Membership of the fund, and policies."""

    def prepare(self, world: World) -> None:
        """Note who may join under today's law, and what it costs."""
        rules, insurance = self.model.legal_rules, world.insurance
        contribution = rules.contribution
        self.parameters = parameter_record(
            insurance,
            may_join=(rules.payer == FUND).any(axis=2),
            may_insure=(rules.payer == POLICY).any(axis=2),
            employer_rate=contribution.employer_rate,
            employee_rate=contribution.employee_rate,
            wage_ceiling=contribution.ceiling * insurance.minimum_wage,
            grace_days=contribution.grace_months * DAYS_A_MONTH,
            policy_required=contribution.policy_required,
            visit_price=world.payment.price["polyclinic_visit"],
            cost_of_course=by_two(words.KINDS, words.SEVERITIES, insurance.course_cost),
            borrowing_limit=world.money.borrowing_limit,
        )

    def note_norms(self) -> None:
        """Once a month, let employers see how many workers others of their sector enrol."""
        counts = self.model.counts[0]
        asked = counts["could_be_enrolled"]
        counts["enrolled_share"] = np.where(asked > 0, counts["enrolled"] / np.maximum(asked, 1), 0)
        counts["could_be_enrolled"] = 0
        counts["enrolled"] = 0


# --- rules -----------------------------------------------------------------------------------


@compiled
def cover_of(city: City, migrant: Record) -> int:
    """Return what a person can claim today: bits `FUND_COVER` and `POLICY_COVER`."""
    if not (migrant.insured or migrant.has_policy) or not migrant.knows[INSURANCE]:
        return 0
    if not may_attach(city, migrant):
        return 0
    cover = 0
    if migrant.insured:
        cover += FUND_COVER
    if migrant.has_policy and migrant.policy_left > 0:
        cover += POLICY_COVER
    return cover


@compiled
def may_attach(city: City, migrant: Record) -> bool:
    """Return True if a polyclinic has attached a person, or would."""
    if migrant.attached or city.parameters.insurance.papers_required <= 0.0:
        return True
    return papers_in_order(city, migrant)


@compiled
def insure(city: City, migrant: Record, income: float, works: bool, pay_days: int) -> int:
    """Pay this month's contributions; return what is kept back from the wage, in tenge."""
    insurance = city.parameters.insurance
    kept_back = 0
    if insurance.may_join[migrant.nationality, migrant.legal_status]:
        kept_back = join(city, migrant, income, works, pay_days)
    member = (
        insurance.may_join[migrant.nationality, migrant.legal_status]
        and migrant.paid_until + insurance.grace_days >= city.today
    )
    joins = member and not migrant.insured
    count_member(city, migrant, member)
    if joins:
        receive_card(city, migrant, pay_days, FUND_COVER)
    if insurance.may_insure[migrant.nationality, migrant.legal_status]:
        buy_policy(city, migrant, works, pay_days)
    elif migrant.has_policy and migrant.policy_until < city.today:
        migrant.has_policy = False
    if not (migrant.insured or migrant.has_policy):
        migrant.attached = False
    return kept_back


@compiled
def join(city: City, migrant: Record, income: float, works: bool, pay_days: int) -> int:
    """Let the employer enrol a worker, or a person buy membership; return what is kept back."""
    insurance = city.parameters.insurance
    base = min(income, insurance.wage_ceiling)
    formal = works and city.work_groups[migrant.work_group].formal
    if formal and insurance.employer_rate > 0.0:
        city.counts[0].could_be_enrolled[migrant.sector] += 1
        if enrols(city, migrant):
            city.counts[0].enrolled[migrant.sector] += 1
            by_employer = int(np.rint(insurance.employer_rate * base))
            by_member = int(np.rint(insurance.employee_rate * base))
            contribute(city, FROM_EMPLOYERS, by_employer)
            contribute(city, FROM_MEMBERS, by_member)
            migrant.paid_until = city.today + DAYS_A_MONTH
            migrant.insurance_channel = BY_EMPLOYER
            return by_member
    premium = int(np.rint(insurance.voluntary_premium))
    if buys(city, migrant, premium, pay_days):
        pay(city, migrant, premium, FROM_MEMBERS)
        post(city, ADMINISTRATION, int(np.rint(insurance.administration * premium)))
        migrant.paid_until = city.today + DAYS_A_MONTH
        migrant.insurance_channel = OWN
    return 0


@compiled
def contribute(city: City, flow: int, amount: int) -> None:
    """Book a contribution, and what it costs the fund to take it in."""
    post(city, flow, amount)
    share = city.parameters.insurance.administration
    post(city, ADMINISTRATION, int(np.rint(share * amount)))


@compiled
def enrols(city: City, migrant: Record) -> bool:
    """Return True if an employer thinks it worth while to enrol a worker."""
    insurance, employment = city.parameters.insurance, city.parameters.businesses
    employer = city.employers[migrant.employer]
    fine = employer.believed_inspections / MONTHS_A_YEAR * employment.fine
    norm = employment.norm * city.counts[0].enrolled_share[migrant.sector]
    rate = insurance.employer_rate * min(float(migrant.wage), insurance.wage_ceiling)
    gain = fine + norm - (rate + insurance.enrolment_cost)
    u = peek_uniform(city.streams, ENROLMENT, migrant.pid, migrant.jobs)
    return employment.decision_weight * gain + np.log(u / (1.0 - u)) > 0.0


@compiled
def buys(city: City, migrant: Record, premium: int, key: int) -> bool:
    """Draw whether a person buys insurance for a month: the more so, the more they expect of it."""
    insurance = city.parameters.insurance
    if not migrant.knows[INSURANCE]:
        return False
    if premium > can_pay(migrant, insurance.borrowing_limit):
        return False
    expected = expected_benefit(city, migrant)
    if premium <= 0 or expected <= 0.0:
        return premium <= 0
    group = city.work_groups[migrant.work_group]
    appeal = insurance.purchase_base
    appeal += insurance.purchase_benefit * np.log(expected / premium)
    appeal += insurance.purchase_trust * group.trust[POLYCLINIC]
    appeal += insurance.purchase_norm * group.insured / max(float(group.members), 1.0)
    probability = 1.0 / (1.0 + np.exp(-appeal))
    return happens(city.streams, VOLUNTARY, migrant.pid, key, probability)


@compiled
def expected_benefit(city: City, migrant: Record) -> float:
    """Return what a person expects insurance to pay in a month, in tenge."""
    a_month = city.parameters.onset.total_rate[migrant.risk_class] / MONTHS_A_YEAR
    for kind in range(len(migrant.episode_of)):
        row = migrant.episode_of[kind]
        if row >= 0 and city.episodes[row].perceived_on >= city.episodes[row].began_on:
            a_month += 1.0
    return a_month * city.parameters.insurance.visit_price


@compiled
def buy_policy(city: City, migrant: Record, works: bool, pay_days: int) -> None:
    """Let the employer buy a policy where a contract asks for one, or people buy their own."""
    insurance = city.parameters.insurance
    if migrant.has_policy and migrant.policy_until >= city.today:
        return
    migrant.has_policy = False
    price = int(np.rint(insurance.policy_price))
    formal = works and city.work_groups[migrant.work_group].formal
    if formal and insurance.policy_required > 0.0:
        post(city, EMPLOYERS_POLICIES, price)
    elif buys(city, migrant, price, OF_POLICIES + pay_days):
        pay(city, migrant, price, WORKERS_POLICIES)
    else:
        return
    migrant.has_policy = True
    migrant.policy_until = city.today + DAYS_OF_POLICY
    migrant.policy_left = int(insurance.policy_limit)
    receive_card(city, migrant, pay_days, POLICY_COVER)


@compiled
def receive_card(city: City, migrant: Record, pay_days: int, cover: int) -> None:
    """Let a new member be told what insurance is good for, and be attached to a polyclinic.

    Fund and insurer (`cover`) may take in the same person on the same day.
    """
    probability = city.parameters.insurance.card
    key = COVERS * pay_days + cover
    if not happens(city.streams, CARD, migrant.pid, key, probability):
        return
    for item in (INSURANCE, EMERGENCY_RIGHT):
        if not migrant.knows[item]:
            learn(city, migrant, item, AGENCY_SOURCE)
    migrant.attached = may_attach(city, migrant)


@compiled
def count_member(city: City, migrant: Record, member: bool) -> None:
    """Count a person in or out among the insured."""
    if member == migrant.insured:
        return
    change = 1 if member else -1
    migrant.insured = member
    migrant.changed_on = city.today
    city.work_groups[migrant.work_group].insured += change
    city.counts[0].insured[migrant.stratum] += change
