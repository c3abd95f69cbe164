"""The vocabulary of the model: the categories used as keys of tables, parameters and results.

Each category is one enum. The number of a member is the code stored in the columns, its label is
its name in configuration and results; the tuple of labels of a category is in the order of the
codes. Compiled rules use the number itself (`Sector.TRADE.value`): a member cannot index an array
there.
"""

from collections.abc import Iterable
from enum import IntEnum, StrEnum, auto, unique
from typing import Any


class Category(IntEnum):
    """Values of a categorical variable, coded from 0 in their order."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> int:
        return count

    @property
    def label(self) -> str:
        """Its name in configuration and results."""
        return self.name.lower()


def names_of(kind: type[IntEnum]) -> tuple[str, ...]:
    """Return the members of an enum as words, in the order of their codes.

    >>> names_of(Sex)
    ('man', 'woman')
    """
    return tuple(one.name.lower().replace("_", " ") for one in kind)


def labels(members: Iterable[Category]) -> tuple[str, ...]:
    """Return the labels of a category, or of some of its members, in their order.

    Examples
    --------
    >>> labels(Sex)
    ('man', 'woman')
    """
    return tuple(member.label for member in members)


class Nationality(Category):
    """Citizenship; `OTHER` is mostly Russian."""

    UZBEKISTAN = auto()
    KYRGYZSTAN = auto()
    TAJIKISTAN = auto()
    OTHER = auto()


class Sex(Category):
    """Sex."""

    MAN = auto()
    WOMAN = auto()


class Sector(Category):
    """Sector of work."""

    CONSTRUCTION = auto()
    TRADE = auto()
    SERVICES = auto()
    DOMESTIC = auto()
    OTHER = auto()


class LegalStatus(Category):
    """Legal basis of a person's stay."""

    PERMANENT = auto()
    EAEU_CONTRACT = auto()
    PERMIT = auto()
    REGISTERED = auto()
    IRREGULAR = auto()


class Stay(Category):
    """How long a person intends to stay."""

    SHORT = auto()
    SEASONAL = auto()
    SETTLED = auto()


class District(Category):
    """Districts of the city, and its surroundings."""

    ALATAU = auto()
    ZHETYSU = auto()
    TURKSIB = auto()
    AUEZOV = auto()
    ALMALY = auto()
    MEDEU = auto()
    NAURYZBAY = auto()
    BOSTANDYK = auto()
    PERIURBAN = auto()


class Knowledge(Category):
    """Items of knowledge."""

    EMERGENCY_RIGHT = auto()
    WHO_HELPS = auto()
    INSURANCE = auto()
    REGISTRATION = auto()


class Source(Category):
    """Where an item of knowledge may have been learned; channels of information come first."""

    CONSULATE = auto()
    DIASPORA = auto()
    NGO = auto()
    MEDIA = auto()
    EMPLOYER = auto()
    WORK_GROUP = auto()
    COMPATRIOTS_NEARBY = auto()
    BRIEFING = auto()
    CLINIC = auto()
    AGENCY = auto()

    @property
    def label(self) -> str:
        """Its name in results, in words."""
        return super().label.replace("_", " ")


class IllnessKind(Category):
    """Kind of illness."""

    INJURY = auto()
    ACUTE = auto()
    INFECTION = auto()
    CHRONIC = auto()
    MATERNITY = auto()


class Severity(Category):
    """How severe an episode is; 0 is none."""

    MILD = 1
    MODERATE = 2
    SEVERE = 3
    CRITICAL = 4


class InstitutionKind(Category):
    """Institutions of medical care."""

    AMBULANCE = auto()
    HOSPITAL = auto()
    POLYCLINIC = auto()
    MOBILE_CLINIC = auto()
    PRIVATE = auto()
    TB_DISPENSARY = auto()


class Option(Category):
    """Options of a person with an episode, besides waiting.

    The last two give advice.
    """

    AMBULANCE = auto()
    HOSPITAL = auto()
    POLYCLINIC = auto()
    MOBILE_CLINIC = auto()
    PRIVATE = auto()
    EMPLOYER = auto()
    HOME = auto()
    NGO = auto()
    CONSULATE = auto()


class Need(Category):
    """Needs of an episode besides treatment.

    Somebody to pay, papers, shelter or the journey home, and the knowledge of where to turn.
    """

    PAYMENT = auto()
    DOCUMENTS = auto()
    SHELTER = auto()
    INFORMATION = auto()


class AgencyKind(Category):
    """Institutions that help with these needs and do not give medical care."""

    NGO = auto()
    CONSULATE = auto()
    MIGRATION_SERVICE = auto()
    HEALTH_DEPARTMENT = auto()
    RECEPTION_CENTRE = auto()
    INTERNATIONAL = auto()
    DIASPORA = auto()
    COORDINATION = auto()
    OTHER = auto()


class Line(Category):
    """Lines that people wait in at an agency; the last three are instruments, given out at once."""

    INFORMATION = auto()
    CASEWORK = auto()
    PAPERS = auto()
    BOOKINGS = auto()
    LETTERS = auto()
    ESCORTS = auto()


class Service(Category):
    """Kinds of care for which the legal rules name a payer.

    Private care is always paid by the patient.
    """

    EMERGENCY = auto()
    AMBULANCE = auto()
    INFECTION = auto()
    POLYCLINIC = auto()
    HOSPITAL = auto()


class Payer(Category):
    """Who may pay: the state, the fund or an insurer for those they insure, or the patient."""

    STATE = auto()
    FUND = auto()
    POLICY = auto()
    PATIENT = auto()


class InsuranceChannel(Category):
    """Who last paid contributions to the insurance fund."""

    NONE = auto()
    EMPLOYER = auto()
    OWN = auto()


class Price(Category):
    """Things that have a price."""

    POLYCLINIC_VISIT = auto()
    PRIVATE_VISIT = auto()
    HOSPITAL_VISIT = auto()
    HOSPITAL_STAY = auto()
    EMERGENCY_STAY = auto()
    BED_DAY = auto()
    AMBULANCE_RUN = auto()
    TUBERCULOSIS_COURSE = auto()
    BUS_HOME = auto()


class Weekday(Category):
    """Days of the week."""

    MON = auto()
    TUE = auto()
    WED = auto()
    THU = auto()
    FRI = auto()
    SAT = auto()
    SUN = auto()


NATIONALITIES = labels(Nationality)
EAEU_NATIONALITIES = labels((Nationality.KYRGYZSTAN, Nationality.OTHER))
"""Citizens of EAEU states, who may work without a permit."""
SEXES = labels(Sex)
SECTORS = labels(Sector)
LEGAL_STATUSES = labels(LegalStatus)
STAYS = labels(Stay)
DISTRICTS = labels(District)
KNOWLEDGE = labels(Knowledge)
CHANNELS = labels((Source.CONSULATE, Source.DIASPORA, Source.NGO, Source.MEDIA))
SOURCES = labels(Source)
KINDS = labels(IllnessKind)
SEVERITIES = labels(Severity)
INSTITUTION_KINDS = labels(InstitutionKind)
OPTIONS = labels(Option)
NEEDS = labels(Need)
AGENCY_KINDS = labels(AgencyKind)
LINES = labels(Line)
SERVICES = labels(Service)
PAYERS = labels(Payer)
INSURANCE_CHANNELS = labels(InsuranceChannel)
PRICES = labels(Price)
WEEKDAYS = labels(Weekday)

SEVERE = Severity.SEVERE.value
"""Severity from which an episode is an emergency."""


@unique
class Purpose(StrEnum):
    """Random decisions: the purposes of draws; the values are the keys of the draws.

    Keys matter, not the order, except that members named `WHICH_...` are in the order of `OPTIONS`.
    """

    AMBULANCE_CALLED = "ambulance called"
    ASKED_FOR_PAPERS = "asked for papers"
    BOOKED_AGAIN = "booked again"
    BRIEFING = "briefing"
    CARD = "card"
    CARE_AT_HOME = "care at home"
    CHANNEL = "channel"
    CHECK_UP = "check-up"
    CONSENT = "consent"
    CREDIT = "credit"
    CUSTODY = "custody"
    DETECTED_AT_WORK = "detected at work"
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
    HANDED_TO_THE_HUB = "handed to the hub"
    FIRST_LEARNING_THRESHOLD = "first learning threshold"
    GIVING_UP = "giving up"
    GIVING_UP_A_NEED = "giving up a need"
    HIRING = "hiring"
    INFORMAL_PAYMENT = "informal payment"
    INSPECTION = "inspection"
    INSPECTORS_REPORT = "inspectors report"
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
    PURSE = "purse"
    RAID = "raid"
    RECALL = "recall"
    RECONSIDERATION = "reconsideration"
    REFERRAL = "referral"
    REFUSED_AFTER_A_FINE = "refused after a fine"
    REFUSED_BY_ATTITUDE = "refused by attitude"
    REGISTRATION_ASKED = "registration asked"
    REGULARISATION = "regularisation"
    RENEWAL_OF_PAPERS = "renewal of papers"
    REPORT_BY_AN_AGENCY = "report by an agency"
    RETURN_TO_CARE = "return to care"
    SECTOR = "sector"
    SELF_CARE = "self-care"
    SEQUELAE = "sequelae"
    SEX = "sex"
    SUCCESS_AT_AN_AGENCY = "success at an agency"
    SUCCESS_OF_A_SERVICE = "success of a service"
    TAUGHT_BY_AN_AGENCY = "taught by an agency"
    TASTE = "taste"
    TAUGHT_BY_A_CHECK_UP = "taught by a check-up"
    TAUGHT_BY_A_VISIT = "taught by a visit"
    WHERE_TO_TURN = "where to turn"
    WORK_GROUP = "work group"
    TRIAGE = "triage"
    WHICH_AGENCY = "which agency"
    WHICH_AMBULANCE = "which ambulance"
    WHICH_HOSPITAL = "which hospital"
    WHICH_POLYCLINIC = "which polyclinic"
    WHICH_MOBILE_CLINIC = "which mobile_clinic"
    WHICH_PRIVATE = "which private"
    VOLUNTARY_INSURANCE = "voluntary insurance"
    WITHHELD_WAGE = "withheld wage"
    WORKS_CLINIC = "works clinic"
    WORSENING_AND_RECOVERY = "worsening and recovery"
    WRONGFUL_REFUSAL = "wrongful refusal"
    # Drawn for many people, units or days at once, never by a compiled rule.
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
    DONOR = "donor of a first resident"
    FIRST_TRUST = "trust of a work group at the start"
    FIRST_BELIEF = "believed reporting of a work group at the start"
    FIRST_WAIT = "wait known to a work group at the start"
    FIRST_INSPECTIONS = "inspections an employer expects at the start"

    @property
    def row(self) -> int:
        """Its row in `Draws.streams`, by which compiled rules refer to it."""
        return list(Purpose).index(self)
