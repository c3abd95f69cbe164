"""How each indicator is counted: what is above the line, what below, and over which window.

For the table of indicators in `docs/odd.md`; the counting itself is in `sim.observation.indicators`
and its neighbours. The window of a run is [start, end), days since the end of burn-in.
"""

from typing import NamedTuple


class Counting(NamedTuple):
    """How an indicator is counted: numerator, denominator, window and censoring."""

    numerator: str
    denominator: str
    window: str


WHOLE = "event in the window"
EVERY_DAY = "every day of the window"
LAST_YEAR = "the 365 days before the end of the window"
CENSORED = "onset at least 60 days before the end, ended before it"
PERSON_YEARS = "person-years present"
PERSON_DAYS = "person-days present"
MONEY = "KZT of the flow booked"

COUNTING = {
    "emergency_uptake_24h": Counting(
        "of these, emergency care at most 1 day after the first severe day",
        "episodes that became severe for the first time (deaths before care count as failures)",
        "first severe day at least 2 days before the end",
    ),
    "emergency_uptake_ever": Counting(
        "of these, emergency care on any later day of the window",
        "episodes that became severe for the first time",
        "first severe day at least 30 days before the end",
    ),
    "emergency_need": Counting("episodes that became severe", PERSON_YEARS, WHOLE),
    "emergency_contacts": Counting("ambulance runs and hospital walk-ins", PERSON_YEARS, WHOLE),
    "low_acuity_share": Counting("of these, mild on the day", "emergency contacts", WHOLE),
    "avoidable_emergencies": Counting(
        "of these, moderate, perceived and untreated for 3 days before",
        "episodes that became severe", WHOLE,
    ),
    "unmet_need_episodes": Counting(
        "of these, never seen by a provider", "ended episodes perceived at severity 2 or more",
        CENSORED,
    ),
    "unmet_need_persons": Counting(
        "of these, people with an unmet episode", "people present at least 300 days", LAST_YEAR
    ),
    "unmet_need_by_gate": Counting(
        "of these, stopped first by the gate", "unmet episodes", CENSORED
    ),
    "delay_to_decision": Counting(
        "days from onset to the first decision: median, 90 %, mean restricted to 30 days",
        "perceived episodes with a decision (needs besides treatment apart)", "onset in the window",
    ),
    "delay_to_arrival": Counting(
        "days from decision to arrival, the same statistics (Aalen-Johansen: other ends compete)",
        "episodes decided on", "decision in the window",
    ),
    "delay_to_care": Counting(
        "days from arrival to care, the same statistics", "episodes that arrived",
        "arrival in the window",
    ),
    "unresolved_stock": Counting(
        "known cases with a need open for more than 30 days", PERSON_DAYS, EVERY_DAY
    ),
    "unresolved_share": Counting(
        "of these, with a need open for more than 30 days", "known cases with an open need",
        EVERY_DAY,
    ),
    "unresolved_flow": Counting(
        "of these, with a need lost, or ended by departure or death",
        "known cases with nothing open any more", "closed in the window",
    ),
    "unresolved_needs": Counting(
        "of these, not settled by the end (lost, or still open)",
        "needs besides treatment that were not superseded",
        "arose at least 30 days before the end",
    ),
    "hidden_unmet_need": Counting(
        "open episodes that no institution knows of", PERSON_DAYS, EVERY_DAY
    ),
    "total_unresolved": Counting(
        "unresolved known cases and episodes no institution knows of", PERSON_DAYS, EVERY_DAY
    ),
    "time_to_resolution": Counting(
        "days to the solution: median, 90 %, mean restricted to 90 days (other ends compete)",
        "needs besides treatment that reached an agency", "first arrival in the window",
    ),
    "referral_chain": Counting(
        "referrals, bounces, needs with 3 or more, wrong ones, dead ends, no-shows brought back",
        "needs besides treatment; referrals; no-shows", "ended in the window",
    ),
    "duplicate_work": Counting(
        "services for a need settled elsewhere", "services of agencies", WHOLE
    ),
    "out_of_pocket": Counting("KZT paid by patients, borrowed money included", PERSON_YEARS, WHOLE),
    "awareness": Counting("people who know the item", PERSON_DAYS, EVERY_DAY),
    "learned_from": Counting("items learned from the source", "items learned", WHOLE),
    "load_on_residents": Counting(
        "minutes added to the wait for an ambulance by Erlang's formula; beds taken by migrants",
        "none (minutes); hospital beds", EVERY_DAY,
    ),
    "rate_ratio": Counting(
        "rate of the group", "rate of Kyrgyz citizens, or of permanent residents",
        "that of the indicator",
    ),
    "police_measures": Counting("fines, removals", PERSON_YEARS, WHOLE),
    "policy_cost": Counting("KZT of policy costs beyond 2018", PERSON_YEARS, WHOLE),
    "load": Counting(
        "services; people waiting; days full; diverted or boarding patients",
        "slots; days; open days", EVERY_DAY,
    ),
    "deaths": Counting("deaths, those followed after leaving included", PERSON_YEARS, WHOLE),
    "permanent_consequences": Counting(
        "severe episodes that left consequences", PERSON_YEARS, WHOLE
    ),
    "catastrophic_spending": Counting(
        "of these, paid over 10 %, 25 % of consumption, or 40 % of consumption above subsistence",
        "people present at least 300 days", LAST_YEAR,
    ),
    "distress_financing": Counting(
        "of these, with borrowed money or an unpaid bill", "episodes seen by a provider",
        "began and ended in the window",
    ),
    "forgone_for_cost": Counting(
        "of these, never seen by a provider and stopped by the price",
        "episodes perceived at severity 2 or more", "began and ended in the window",
    ),
    "coverage": Counting(
        "person-days insured in the fund", "person-days, and those of people who may join",
        EVERY_DAY,
    ),
    "effective_coverage": Counting(
        "of these, paid by the fund or an insurer",
        "ordinary visits of insured people below severity 3", WHOLE,
    ),
    "insured_visits": Counting(
        "ordinary visits paid by the fund or an insurer", PERSON_YEARS, WHOLE
    ),
    "fund_balance": Counting("contributions less claims and administration", PERSON_YEARS, WHOLE),
    "loss_ratio": Counting("claims", "contributions", WHOLE),
    "cost_to_state": Counting(
        "care and policies paid by the state, joint fund, bills never paid", PERSON_YEARS, WHOLE
    ),
    "societal_cost": Counting(
        "care by whoever pays, work of institutions, policies, wages of days lost", PERSON_YEARS,
        WHOLE,
    ),
    "money_flow": Counting(MONEY, PERSON_YEARS, WHOLE),
    "daly": Counting(
        "years of life lost and years with disability, discounted and not", PERSON_YEARS, WHOLE
    ),
    "years_of_life_lost": Counting("remaining years at the age of each death", PERSON_YEARS, WHOLE),
    "years_with_disability": Counting(
        "days ill times disability weight; consequences for the rest of life", PERSON_YEARS, WHOLE
    ),
    "qaly": Counting("person-years less health lost to illness", PERSON_YEARS, WHOLE),
    "inequality_index": Counting(
        "8 times the covariance of unmet need with wage rank", "episodes of unmet_need_episodes",
        CENSORED,
    ),
    "inequality_slope": Counting(
        "slope of unmet need on wage rank", "episodes of unmet_need_episodes", CENSORED
    ),
    "horizontal_inequity": Counting(
        "the index, of unmet need less what kind, severity, age and sex explain",
        "episodes of unmet_need_episodes", CENSORED,
    ),
    "enabling_share": Counting(
        "share (Shapley) of status, sector and wage in what a linear model explains",
        "explained variation of unmet need", CENSORED,
    ),
    "odds_of_care": Counting(
        "odds of being seen with a contract, registered or better, able to afford a visit",
        "odds without", "began and ended in the window",
    ),
    "legal_status_share": Counting("person-days in the status", PERSON_DAYS, EVERY_DAY),
    "with_contracts": Counting(
        "people whose employer gives contracts", PERSON_DAYS, EVERY_DAY
    ),
    "jobless": Counting("people who have lost their work", PERSON_DAYS, EVERY_DAY),
    "contacts": Counting("visits to a kind of clinic, services of an agency", PERSON_YEARS, WHOLE),
    "population": Counting("people present", "days of the window", EVERY_DAY),
}  # fmt: skip
"""By name of the indicator (see `sim.observation.definitions`)."""
