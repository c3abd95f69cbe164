"""The words of the model: the categories that tables, parameters and results are keyed by.

The position of a word in its tuple is the code stored in the columns.
"""

from enum import StrEnum, unique

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

SEVERE = 3
"""Severity from which an episode is an emergency (mild 1, moderate 2, severe 3, critical 4)."""


@unique
class Purpose(StrEnum):
    """Decisions of chance: what is drawn for; the values are the keys of the draws.

    Keys matter, not the order, except that members named `WHICH_...` stand in the order of
    `OPTIONS`.
    """

    AMBULANCE_CALLED = "ambulance called"
    ASKED_FOR_PAPERS = "asked for papers"
    BRIEFING = "briefing"
    CARE_AT_HOME = "care at home"
    CHANNEL = "channel"
    CONSENT = "consent"
    CUSTODY = "custody"
    DETECTION = "detection"
    DISMISSAL = "dismissal"
    DISMISSAL_FOR_ABSENCE = "dismissal for absence"
    DUPLICATE = "duplicate"
    DURATION_OF_PAPERS = "duration of papers"
    EARLY_DISCHARGE = "early discharge"
    EMPLOYER = "employer"
    ENROLMENT = "enrolment"
    FACILITY_REPORT = "facility report"
    FEAR = "fear"
    FIRST_LEARNING_THRESHOLD = "first learning threshold"
    GIVING_UP = "giving up"
    GIVING_UP_A_NEED = "giving up a need"
    HIRING = "hiring"
    INSPECTION = "inspection"
    KIND = "kind"
    KIND_OF_RENEWAL = "kind of renewal"
    LANGUAGE = "language"
    LEAVING_THE_LINE_OF_AN_AGENCY = "leaving the line of an agency"
    LEARNING_THRESHOLD = "learning threshold"
    LEAVE_FROM_WORK = "leave from work"
    LEAVE_TO_SEE_AN_AGENCY = "leave to see an agency"
    LEGAL_STATUS = "legal status"
    LENGTH_OF_THE_STAY_IN_BED = "length of the stay in bed"
    LITERACY = "literacy"
    LODGING_LOST = "lodging lost"
    LOSING_CONTACT = "losing contact"
    MATCHED = "matched"
    MEDICAL_CHECK = "medical check"
    MEMORY = "memory"
    NATIONALITY = "nationality"
    NAVIGATION = "navigation"
    NO_SHOW = "no-show"
    ONSET = "onset"
    ONSET_GAP = "onset gap"
    PASSPORT_HELD = "passport held"
    PLACE_IN_THE_LINE = "place in the line"
    PROCESSING_TIME = "processing time"
    RAID = "raid"
    RECALL = "recall"
    RECONSIDERATION = "reconsideration"
    REFERRAL = "referral"
    REGULARISATION = "regularisation"
    RENEWAL_OF_PAPERS = "renewal of papers"
    REPORT_BY_AN_AGENCY = "report by an agency"
    RETURN_TO_CARE = "return to care"
    SECTOR = "sector"
    SEQUELAE = "sequelae"
    SEX = "sex"
    SUCCESS_AT_AN_AGENCY = "success at an agency"
    SUCCESS_OF_A_SERVICE = "success of a service"
    TAUGHT_BY_AN_AGENCY = "taught by an agency"
    TASTE = "taste"
    TAUGHT_BY_A_VISIT = "taught by a visit"
    WHERE_TO_TURN = "where to turn"
    WORK_GROUP = "work group"
    WHICH_AGENCY = "which agency"
    WHICH_AMBULANCE = "which ambulance"
    WHICH_HOSPITAL = "which hospital"
    WHICH_POLYCLINIC = "which polyclinic"
    WHICH_MOBILE_CLINIC = "which mobile_clinic"
    WHICH_PRIVATE = "which private"
    VOLUNTARY_INSURANCE = "voluntary insurance"
    WITHHELD_WAGE = "withheld wage"
    WORSENING_AND_RECOVERY = "worsening and recovery"
    WRONGFUL_REFUSAL = "wrongful refusal"
    # Drawn for many people, units or days at once, by no compiled rule.
    ADMISSION = "admission"
    AGE = "age"
    BACKGROUND_OCCUPANCY = "background occupancy"
    CANDIDATES = "candidates"
    ELAPSED_SHARE_OF_THE_STAY = "elapsed share of the stay"
    EMPLOYER_SIZE = "employer size"
    EMPLOYERS_DISTRICT = "employer's district"
    ENTRY_DEBT = "entry debt"
    FORMAL_EMPLOYER = "formal employer"
    FRACTION_OF_A_BED = "fraction of a bed"
    FRACTION_OF_A_PLACE = "fraction of a place"
    INFORMED_AT_THE_START = "informed at the start"
    JOINS_COORDINATION = "joins coordination"
    KIND_OF_STAY = "kind of stay"
    LENGTH_OF_STAY = "length of stay"
    PAYS_IN_KIND = "pays in kind"
    SIZE_OF_ENTRY_DEBT = "size of entry debt"
    SURGE = "surge"
    TOLERANCE_OF_SICK_LEAVE = "tolerance of sick leave"
    WAGE = "wage"

    @property
    def row(self) -> int:
        """Its row in `Draws.streams`: what compiled rules call it by."""
        return list(Purpose).index(self)
