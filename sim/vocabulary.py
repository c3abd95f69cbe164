"""The words of the model: the categories that tables, parameters and results are keyed by.

The position of a word in its tuple is the code stored in the columns.
"""

NATIONALITIES = ("uzbekistan", "kyrgyzstan", "tajikistan", "other")
EAEU_NATIONALITIES = ("kyrgyzstan", "other")
"""Citizens of EAEU states, who may work without a permit ("other" are Russian mostly)."""
SEXES = ("man", "woman")
SECTORS = ("construction", "trade", "services", "domestic", "other")
LEGAL_STATUSES = ("permanent", "eaeu_contract", "permit", "registered", "irregular")
STAYS = ("short", "seasonal", "settled")
DISTRICTS = (
    "alatau", "zhetysu", "turksib", "auezov", "almaly", "medeu", "nauryzbay", "bostandyk",
    "periurban",
)  # fmt: skip
KNOWLEDGE = ("emergency_right", "who_helps", "insurance", "registration")
CHANNELS = ("consulate", "diaspora", "ngo", "media")
SOURCES = (
    *CHANNELS, "employer", "work group", "compatriots nearby", "briefing", "clinic", "agency",
)  # fmt: skip
"""Where an item of knowledge may have been learned."""
KINDS = ("injury", "acute", "infection", "chronic", "maternity")
SEVERITIES = ("mild", "moderate", "severe", "critical")
INSTITUTION_KINDS = (
    "ambulance", "hospital", "polyclinic", "mobile_clinic", "private", "tb_dispensary",
)  # fmt: skip
OPTIONS = (
    "ambulance", "hospital", "polyclinic", "mobile_clinic", "private", "employer", "home", "ngo",
    "consulate",
)  # fmt: skip
"""What a person may choose to do about an episode, besides waiting; the last two give advice."""
NEEDS = ("payment", "documents", "shelter", "information")
"""What an episode may need besides treatment: somebody to pay, papers, shelter or the way home,
and the knowledge of where to turn."""
AGENCY_KINDS = (
    "ngo", "consulate", "migration_service", "health_department", "reception_centre",
    "international", "diaspora", "coordination", "other",
)  # fmt: skip
"""Institutions that help with these needs and give no medical care."""
LINES = ("information", "casework", "papers")
"""Lines that people wait in at an agency."""
SERVICES = ("emergency", "ambulance", "infection", "polyclinic", "hospital")
"""Kinds of care the legal rules name a payer for; private care is always paid by the patient."""
PAYERS = ("state", "fund", "policy", "patient")
"""Who may pay: the state; the insurance fund or an insurer, for those they insure; the patient."""
INSURANCE_CHANNELS = ("none", "employer", "own")
"""Through whom contributions to the insurance fund were last paid."""
PRICES = (
    "polyclinic_visit", "private_visit", "hospital_visit", "hospital_stay", "emergency_stay",
    "bed_day", "ambulance_run", "tuberculosis_course", "bus_home",
)  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GATES = ("perceive", "seek", "reach", "pay", "engage")
"""Levesque's five steps of access, in order."""

PURPOSES = (
    "ambulance called", "asked for papers", "briefing", "care at home", "channel", "consent",
    "custody", "detection", "dismissal", "dismissal for absence", "duplicate",
    "duration of papers", "early discharge", "employer", "enrolment", "facility report", "fear",
    "first learning threshold", "giving up", "giving up a need", "hiring", "inspection", "kind",
    "kind of renewal", "language", "leaving the line of an agency", "learning threshold",
    "leave from work", "leave to see an agency", "legal status", "length of the stay in bed",
    "literacy", "lodging lost", "losing contact", "matched", "medical check", "memory",
    "nationality", "navigation", "no-show", "onset", "onset gap", "passport held",
    "place in the line", "processing time", "raid", "recall", "reconsideration", "referral",
    "regularisation", "renewal of papers", "report by an agency", "return to care", "sector",
    "sequelae", "sex", "success at an agency", "success of a service", "taught by an agency",
    "taste", "taught by a visit", "where to turn", "work group", "which agency", "which ambulance",
    "which hospital", "which polyclinic", "which mobile_clinic", "which private",
    "voluntary insurance", "withheld wage", "worsening and recovery", "wrongful refusal",
)  # fmt: skip
"""Decisions of chance that rules draw for; their names matter, not their order (except
that "which ..." stand in the order of `OPTIONS`)."""

SEVERE = 3
"""Severity from which an episode is an emergency (mild 1, moderate 2, severe 3, critical 4)."""
