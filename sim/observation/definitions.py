"""What each indicator means."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """What an indicator means.

    Attributes
    ----------
    code, name, unit, meaning : str
    better : str
        "higher", "lower", or "" where the indicator has no welfare sign of its own.
    """

    code: str
    name: str
    unit: str
    meaning: str
    better: str


DEFINITIONS = (
    Definition(
        "E1",
        "emergency_uptake_24h",
        "share",
        "episodes that became severe and had emergency care within a day",
        "higher",
    ),
    Definition(
        "E2",
        "emergency_uptake_ever",
        "share",
        "episodes that became severe and had emergency care at any time",
        "higher",
    ),
    Definition(
        "E3", "emergency_need", "per 1,000 person-years", "episodes that became severe", "lower"
    ),
    Definition(
        "E4",
        "emergency_contacts",
        "per 1,000 person-years",
        "ambulance runs and hospital walk-ins",
        "",
    ),
    Definition("E5", "low_acuity_share", "share", "emergency contacts with a mild need", "lower"),
    Definition(
        "E6",
        "avoidable_emergencies",
        "share",
        "emergencies after three days perceived as moderate and untreated",
        "lower",
    ),
    Definition(
        "A1",
        "unmet_need_episodes",
        "share",
        "ended episodes perceived as moderate or graver that no provider saw",
        "lower",
    ),
    Definition(
        "A2",
        "unmet_need_persons",
        "share",
        "people with such an episode in a year, among those present 300 days of it",
        "lower",
    ),
    Definition(
        "A3",
        "unmet_need_by_gate",
        "share",
        "unmet episodes by the first gate that stopped them",
        "",
    ),
    Definition(
        "D1", "delay_to_decision", "days", "from onset to the first decision to seek care", "lower"
    ),
    Definition("D2", "delay_to_arrival", "days", "from decision to arrival", "lower"),
    Definition("D3", "delay_to_care", "days", "from arrival to care", "lower"),
    Definition(
        "U1",
        "unresolved_stock",
        "per 1,000 present",
        "cases known to an institution with a need open for more than 30 days, mean stock",
        "lower",
    ),
    Definition(
        "U1",
        "unresolved_share",
        "share",
        "the same among all known cases with an open need",
        "lower",
    ),
    Definition(
        "U2",
        "unresolved_flow",
        "share",
        "known cases closed with a need lost: given up, lost sight of, left or died",
        "lower",
    ),
    Definition(
        "U2",
        "unresolved_needs",
        "share",
        "needs besides treatment that were lost or stayed open for more than 30 days",
        "lower",
    ),
    Definition(
        "U3",
        "hidden_unmet_need",
        "per 1,000 present",
        "open episodes that no institution knows of, mean stock",
        "lower",
    ),
    Definition(
        "U4",
        "total_unresolved",
        "per 1,000 present",
        "known unresolved cases and episodes nobody has seen, mean stock",
        "lower",
    ),
    Definition(
        "U5",
        "time_to_resolution",
        "days",
        "from the first arrival at an agency to the solution of a need (mean restricted to 90)",
        "lower",
    ),
    Definition(
        "U6",
        "referral_chain",
        "per need or share",
        "referrals, bounces and dead ends of needs that have ended",
        "lower",
    ),
    Definition(
        "U7",
        "duplicate_work",
        "share",
        "services for a need that was settled elsewhere already",
        "lower",
    ),
    Definition(
        "F1",
        "out_of_pocket",
        "KZT per person-year",
        "payments for care, borrowed money included",
        "lower",
    ),
    Definition(
        "K1", "awareness", "share", "people who know an item, mean over the window", "higher"
    ),
    Definition("K1", "learned_from", "share", "where items of knowledge have been learned", ""),
    Definition(
        "L2",
        "load_on_residents",
        "minutes or percent",
        "what the emergencies of migrants add to the waiting of residents",
        "lower",
    ),
    Definition(
        "Q1",
        "rate_ratio",
        "ratio",
        "rate of a group over that of Kyrgyz citizens, or of permanent residents",
        "",
    ),
    Definition(
        "N1",
        "police_measures",
        "per 1,000 person-years",
        "fines and removals under migration rules",
        "",
    ),
    Definition(
        "C4",
        "policy_cost",
        "KZT per person-year",
        "what the policy costs whoever runs it, beyond 2018",
        "lower",
    ),
    Definition(
        "L1", "load", "share", "services given / capacity, and days without a free slot", "lower"
    ),
    Definition(
        "H1",
        "deaths",
        "per 100,000 person-years",
        "deaths, people followed after leaving included",
        "lower",
    ),
    Definition(
        "H1",
        "permanent_consequences",
        "per 100,000 person-years",
        "severe episodes that left permanent consequences",
        "lower",
    ),
    Definition(
        "F2",
        "catastrophic_spending",
        "share",
        "people present most of a year who paid more for care than a share of what they live on",
        "lower",
    ),
    Definition(
        "F4",
        "distress_financing",
        "share",
        "treated episodes with new debt or an unpaid bill",
        "lower",
    ),
    Definition(
        "F5",
        "forgone_for_cost",
        "share",
        "perceived needs that no provider saw because of the price: read F1 to F4 with it",
        "lower",
    ),
    Definition(
        "I1", "coverage", "share", "person-days insured in the fund over person-days", "higher"
    ),
    Definition(
        "I2",
        "effective_coverage",
        "share",
        "ordinary visits of insured people that the fund or an insurer paid",
        "higher",
    ),
    Definition(
        "I2",
        "insured_visits",
        "per 1,000 person-years",
        "ordinary visits that the fund or an insurer paid",
        "higher",
    ),
    Definition(
        "I3",
        "fund_balance",
        "KZT per person-year",
        "contributions less claims and administration",
        "",
    ),
    Definition("I3", "loss_ratio", "ratio", "claims over contributions", ""),
    Definition(
        "C1",
        "cost_to_state",
        "KZT per person-year",
        "care and policies paid by the state, and bills never paid",
        "lower",
    ),
    Definition(
        "C2",
        "societal_cost",
        "KZT per person-year",
        "care, work of institutions and policies, whoever pays, and working days lost",
        "lower",
    ),
    Definition("C5", "money_flow", "KZT per person-year", "one flow of the ledger", ""),
    Definition(
        "H2",
        "daly",
        "years per 1,000 person-years",
        "disability-adjusted life years lost, people followed after leaving included",
        "lower",
    ),
    Definition(
        "H2", "years_of_life_lost", "years per 1,000 person-years", "part of the same", "lower"
    ),
    Definition(
        "H2", "years_with_disability", "years per 1,000 person-years", "part of the same", "lower"
    ),
    Definition(
        "H2", "qaly", "years per person-year", "quality-adjusted years lived in the city", "higher"
    ),
    Definition(
        "Q2",
        "inequality_index",
        "index",
        "Erreygers index of unmet need by wage: below 0, the poor go without more often",
        "",
    ),
    Definition(
        "Q3", "inequality_slope", "difference", "unmet need of the best paid less the worst", ""
    ),
    Definition(
        "Q4",
        "horizontal_inequity",
        "index",
        "Erreygers index of unmet need less what need alone explains",
        "",
    ),
    Definition(
        "Q5",
        "enabling_share",
        "share",
        "share of enabling factors (status, sector, wage) in what explains unmet need",
        "lower",
    ),
    Definition(
        "Q6",
        "odds_of_care",
        "ratio",
        "odds that a perceived need is seen by a provider, one group over the other",
        "",
    ),
    Definition("N2", "legal_status_share", "share", "person-days in a legal status", ""),
    Definition("N3", "with_contracts", "share", "people whose employer gives contracts", "higher"),
    Definition("N4", "jobless", "share", "people who have lost their work", "lower"),
    Definition("C0", "contacts", "per 1,000 person-years", "visits by kind of institution", ""),
    Definition("N0", "population", "persons", "mean number of migrants present", ""),
)
"""All indicators, in the order of reports."""
