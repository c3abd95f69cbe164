"""The accounts of the city, and every flow of money between them."""

from sim.engine.ledger import Chart

CHART = Chart(
    {
        # Money of the people.
        "savings brought": ("outside", "migrants"),
        "savings taken along": ("migrants", "outside"),
        "debts brought": ("lenders", "outside"),
        "debts taken along": ("outside", "lenders"),
        "wages": ("employers", "migrants"),
        "living costs": ("migrants", "outside"),
        "remittances": ("migrants", "outside"),
        "loans": ("lenders", "migrants"),
        "repayments": ("migrants", "lenders"),
        "tickets home": ("migrants", "outside"),
        "fines": ("migrants", "state"),
        "permits and registration": ("migrants", "state"),
        "trips to the border": ("migrants", "outside"),
        # Care, by who pays for it.
        "care paid by patients": ("migrants", "facilities"),
        "self-treatment": ("migrants", "outside"),
        "informal payments": ("migrants", "outside"),
        "care paid by employers": ("employers", "facilities"),
        "care paid by the state": ("state", "facilities"),
        "care paid by the fund": ("fund", "facilities"),
        "care paid by insurers": ("insurers", "facilities"),
        "care paid by NGOs": ("ngos", "facilities"),
        "care paid by IOM": ("iom", "facilities"),
        "care paid by the joint fund": ("coordination", "facilities"),
        # Insurance.
        "contributions of employers": ("employers", "fund"),
        "contributions of members": ("migrants", "fund"),
        "administration of the fund": ("fund", "outside"),
        "policies bought by employers": ("employers", "insurers"),
        "policies bought by workers": ("migrants", "insurers"),
        # Employers and the law.
        "fines of employers": ("employers", "state"),
        # Institutions.
        "grants to NGOs": ("donors", "ngos"),
        "grants to IOM": ("donors", "iom"),
        "work of NGOs": ("ngos", "outside"),
        "work of IOM": ("iom", "outside"),
        "joint fund": ("state", "coordination"),
        # What policies cost, by who runs them.
        "policy costs of the state": ("state", "outside"),
        "policy costs of donors": ("donors", "outside"),
        "policy costs of consulates": ("consulates", "outside"),
        "policy costs of employers": ("employers", "outside"),
        "policy costs of the fund": ("fund", "outside"),
    }
)
"""Flows in whole tenge of 2018."""
FLOWS = len(CHART.names)
