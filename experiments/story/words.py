"""Plain words for `study=story`: no codes, no jargon, no judgement of a person."""

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.story.weighing import has_agreement
from sim import vocabulary as words
from sim.agents.episode import Felt
from sim.agents.task import DOCUMENTS, INFORMATION, PAYMENT, SHELTER, Ending

if TYPE_CHECKING:
    from sim.model import AlmatyModel

SIMULATED = (
    "This is a simulated person: nobody like this was observed, and nothing here describes anybody "
    "who lives in Almaty. It shows what the model does, and why."
)
COUNTRIES = {
    "uzbekistan": "a citizen of Uzbekistan",
    "kyrgyzstan": "a citizen of Kyrgyzstan",
    "tajikistan": "a citizen of Tajikistan",
    "other": "a citizen of another country",
}
WORK = {
    "construction": "works in construction",
    "trade": "works in trade",
    "services": "works in services",
    "domestic": "works in private households",
    "other": "does other work",
}
STATUS = {
    "permanent": "permanent residence in Kazakhstan",
    "eaeu_contract": "a work contract under the rules of the Eurasian Economic Union",
    "permit": "a permit to work",
    "registered": "registered as a visitor, without a permit to work",
    "irregular": "without valid registration",
}
KNOWLEDGE = {
    "emergency_right": "that emergency care is free",
    "who_helps": "which institutions help with papers, bills and shelter",
    "insurance": "how health insurance works",
    "registration": "that clinics are not the police",
}
ILLNESSES = {
    "injury": "an injury",
    "acute": "a sudden illness",
    "infection": "tuberculosis",
    "chronic": "a long-term illness",
    "maternity": "a pregnancy",
}
SEVERITIES = ("mild", "moderate", "severe, an emergency", "life-threatening, an emergency")
CLINICS = {
    "ambulance": "ambulance",
    "hospital": "hospital",
    "polyclinic": "polyclinic",
    "mobile_clinic": "mobile clinic",
    "private": "private doctor",
    "tb_dispensary": "tuberculosis dispensary",
}
CHOICES = {
    "ambulance": "call an ambulance",
    "hospital": "go to a hospital",
    "polyclinic": "go to a polyclinic",
    "mobile_clinic": "go to the mobile clinic",
    "private": "go to a private doctor",
    "employer": "ask the employer to pay a doctor",
    "home": "go home to be treated there",
    "ngo": "ask a non-governmental organisation for advice",
    "consulate": "ask the consulate for advice",
}
NEEDS = {
    "payment": "help with paying",
    "documents": "papers",
    "shelter": "a place to stay",
    "information": "advice on where to turn",
}
FELT_REASONS = {
    Felt.MONEY: "it costs too much",
    Felt.FEAR: "they are afraid of being reported",
    Felt.LANGUAGE: "there is no common language",
    Felt.EFFORT: "they have no time to go there and wait",
    Felt.TURNED_AWAY: "they have been turned away everywhere",
    Felt.TREATED_ONESELF: "they treat it themselves",
    Felt.COULD_WAIT: "it can wait",
}
PAYERS = {"state": "the state", "fund": "the insurance fund", "policy": "the insurer"}
REMEDIES = "drugs or home remedies"
ENDINGS = {
    Ending.LOST_CONTACT: "contact is lost, and nobody follows it up",
    Ending.LEFT: "the person leaves the city before it is settled",
    Ending.DIED: "the person dies before it is settled",
    Ending.SUPERSEDED: "no longer needed: the illness has passed",
}
SETTLED = {
    PAYMENT: "somebody else pays",
    DOCUMENTS: "the papers are in order now",
    SHELTER: "there is a place to stay",
    INFORMATION: "they now know where to turn",
}


def money(amount: float) -> str:
    """Return an amount in words.

    >>> money(12345.6)
    '12,346 tenge'
    """
    return f"{amount:,.0f} tenge"


def days(count: int) -> str:
    """Return a number of days in words.

    >>> days(0), days(1), days(12)
    ('the same day', '1 day', '12 days')
    """
    return "the same day" if count == 0 else f"{count} day" + "s" * (count != 1)


def times(count: int) -> str:
    """Return a number of times in words.

    >>> times(0), times(1), times(3)
    ('never', 'once', '3 times')
    """
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def in_a_hundred(probability: float) -> str:
    """Return a probability in words.

    >>> in_a_hundred(0.25)
    '25 of 100'
    """
    return f"{100 * probability:.0f} of 100"


def listed(parts: list[str]) -> str:
    """Return parts as a list in words.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a full stop.

    >>> sentence("the door is closed")
    'The door is closed.'
    """
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else text + "."


def institutions(model: "AlmatyModel") -> list[str]:
    """Return the names of agencies and, after them, of kinds of clinics (as in the logs)."""
    agencies = [
        one.summary.split(":")[0].split(" (")[0].strip() for one in model.world.agencies.values()
    ]
    return [*agencies, *(CLINICS[kind] for kind in words.INSTITUTION_KINDS)]


def illness_of(episode: np.void) -> str:
    """Return what an episode is, in words."""
    return "a birth" if episode["born"] else ILLNESSES[words.KINDS[int(episode["kind"])]]


def the_illness(episode: np.void) -> str:
    """Return what an episode is, with the definite article."""
    return "the " + illness_of(episode).removeprefix("an ").removeprefix("a ")


def need_in_words(need: int, goes_home: bool = False) -> str:
    """Return what is needed.

    >>> need_in_words(1), need_in_words(2, goes_home=True)
    ('papers', 'help with the way home')
    """
    return "help with the way home" if goes_home else NEEDS[words.NEEDS[need]]


def who_it_is(model: "AlmatyModel", row: int) -> list[str]:
    """Describe a person in neutral words.

    Parameters
    ----------
    model : AlmatyModel
    row : int
        Row of the person in `model.migrants`.
    """
    migrant = model.migrants.table[row]
    employer = model.employers.table[int(migrant["employer"])]
    sex = words.SEXES[int(migrant["sex"])]
    knows = [
        KNOWLEDGE[item]
        for item, known in zip(words.KNOWLEDGE, migrant["knows"], strict=True)
        if known
    ]
    language = (
        "can manage a consultation in Russian or Kazakh"
        if migrant["manages_language"]
        else "has no common language with most clinic staff"
    )
    contract = "gives written contracts" if employer["formal"] else "gives no written contracts"
    if has_agreement(model, migrant):
        contract += " and has an agreement with a polyclinic"
    country = COUNTRIES[words.NATIONALITIES[int(migrant["nationality"])]]
    return [
        f"A {sex} of {int(migrant['age'])}, {country}, who "
        f"{WORK[words.SECTORS[int(migrant['sector'])]]} in {_district(migrant)}.",
        f"Legal status: {STATUS[words.LEGAL_STATUSES[int(migrant['legal_status'])]]}. "
        f"The employer {contract}.",
        f"Earns {money(migrant['wage'])} a month, has {money(migrant['savings'])} saved"
        + (f" and owes {money(migrant['debt'])}" if migrant["debt"] else "")
        + f"; {language}.",
        f"Knows {listed(knows)}." if knows else "Has not heard yet " + _unknown() + ".",
    ]


def _unknown() -> str:
    return listed([KNOWLEDGE["emergency_right"], KNOWLEDGE["who_helps"]]).replace(" and ", " or ")


def _district(migrant: Any) -> str:
    name = words.DISTRICTS[int(migrant["district"])]
    return (
        "the villages around the city" if name == "periurban" else f"{name.capitalize()} district"
    )


def status_in_words(migrant: np.void) -> str:
    """Return the legal status of a person in words."""
    return STATUS[words.LEGAL_STATUSES[int(migrant["legal_status"])]]
