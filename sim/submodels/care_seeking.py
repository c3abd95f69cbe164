"""Care seeking: the gates perceive and seek (for the gate reach see `reaching`).

Perceive. A need is perceived when its gathered hazard kappa(severity) * (base + literacy) reaches
a threshold.

Seek. From time to time (at once on a new cue, daily when severe) a person compares the options
known and open to them with doing nothing. The utility of option j is

    V = attraction_j + severity_weight_j * (severity - 1)
        + trust_weight * (trust of the group in j - 1/2)
        + attachment (own polyclinic) + booked_weight (a visit that has been booked)
        - price_weight * min(P / means, cap) - borrowing_weight * max(0, P - cash) / P
        - fear_weight * fear * believed reporting_j  (less for those who know the rules; for fear,
          trust and believed reporting see `experience`)
        - wait_weight * (travel + wait last known in the work group) * (1 + employer's refusal)
        - language_weight (no common language and no interpreter)
        + taste_j,

and the largest is chosen. P is what a course of care is believed to cost: `course` times the price
of a visit at polyclinics, mobile clinics and private doctors, what staff ask for informally where
care is free by law, and what a day away from work costs in wages. Means are cash, the
credit people count on, (1 - credit_reluctance) of what they could borrow, and a little that can
always be found. A contract opens doors: it secures leave and pay during illness (`employment`,
`money`), and the employer may have an agreement with a clinic, which adds `works_clinic_weight` to
the polyclinic and pays part of its price unless the illness is severe.

Seeing no doctor has the utility, with s for severity and d for days since the need was perceived
without treatment or treatment was lost,

    W = taste_wait + inertia - endurance_rate * endurance_mild * s * d            (s < 3)
    W = taste_wait - pain * (s - 2) - endurance_rate * endurance_severe * d       (s >= 3).

Below severity 3, and with the money for it in hand, people may treat themselves with drugs or home
remedies: taste_wait is replaced by self_care_attraction - self_care_severity * (s - 1) + taste_self
- price_weight * cost / means where that is larger. It is not being seen by a provider; for
`self_care_days` it speeds recovery and slows worsening a little (`illness`). Because W falls by the
same amount each day while the options stay as they are, the day on which somebody goes is worked
out when they decide to stay, not drawn. Tastes are Gumbel shocks drawn once an episode and again at
each change of severity, so the choice is a logit over people but does not flicker from day to day.
People who do not know that emergency care is free believe in a high price; those who do expect to
pay for `days_foreseen` bed-days when it is over, unless somebody else pays them. A guarantee letter
makes the true price known; an escort takes away the lack of a common language and a share of fear;
a booked visit is believed to come within `booked_wait` days, and while it holds people who have not
come may be called (`recall`). People who know who helps may also ask an NGO or their consulate for
advice. The gate that stopped a waiting person is the first of perceive (believing care must be
paid), seek (fear, language), reach (distance, waits, leave), pay (price) whose removal alone would
have made them go; if none would, but all together would, it is several barriers together, else
their own judgement that it can wait (both are counted with seek). Beside it stands the reason felt,
as a survey would ask for it: the largest deterrent at their last decision of the provider they
would come nearest to choosing, or that they treated themselves.

Parameters: `conf/parameters/care_seeking.yaml`, `employment.yaml`. Neutral state: all attractions
at -8 and below with severity weights, `pain` and `endurance_rate` 0 (nobody seeks); attraction at
20 (everybody seeks); and, for each mechanism alone, `borrowing_weight`, `credit_reluctance`,
`unpaid_day`, `payment.informal_asked`, `self_care_days`, `inertia`, `pain`, `endurance_rate`,
`works_clinic_share` and `formal_leave` at 0, `course` and `small_cash` at 1.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.agents.episode import (
    DECISIONS,
    WAIT,
    Gate,
    State,
    decision_key,
    reset_decision,
)
from sim.agents.migrant import NEVER
from sim.agents.task import INFORMATION
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.agentset.row_allocator import active_rows
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import (
    SOON,
    VERY_SOON,
    prefetch_ahead,
    prefetch_head,
    prefetch_record,
    row_ahead,
)
from sim.engine.random.scalar import happens, uniform
from sim.engine.random.splitmix import BELOW_ONE
from sim.engine.records import Record
from sim.engine.types import Booleans, Floats, Rows
from sim.submodels.care_options import (
    ACCEPTABILITY,
    APPEAL,
    CONSULATE,
    EFFORT,
    EMPLOYER,
    HOME,
    MODERATE,
    NGO,
    NO_TERM,
    OPTIONS,
    POLYCLINIC,
    PRICE,
    PRICE_IF_INFORMED,
    PRIVATE,
    SEVERE,
    TERMS,
    best_option,
    binding_barrier,
    booked_option,
    felt_barrier,
    largest_utility,
)
from sim.submodels.experience import fear_of
from sim.submodels.illness import INFECTION, INJURY, draw_tastes
from sim.submodels.information import REGISTRATION, WHO_HELPS
from sim.submodels.insurance import PATIENT, cover_of
from sim.submodels.legal_status import contracts, has_contract, works
from sim.submodels.price_of_care import (
    believed_price,
    believed_prices,
    has_works_clinic,
    means_of,
    price_of_course,
    price_term,
)
from sim.submodels.staying_home import (
    days_untreated,
    patience_lost,
    staying_home,
    treat_oneself,
    used_up_remedies,
    wear_out,
)
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose

POLYCLINIC_CARE = words.Service.POLYCLINIC.value
RECONSIDERATION = Purpose.RECONSIDERATION.row
BOOKED_AGAIN = Purpose.BOOKED_AGAIN.row
NO_OPTION = -1


WEIGHED = frozenset(("care_seeking", "experience", "insurance", "payment"))
"""Submodels whose numbers enter the utilities: other levers are no reason to compare again.

(Instruments of the coordinating body are weighed by those who get them, who then compare anew.)
"""


class CareSeeking(Submodel):
    """Perceiving and deciding."""

    def prepare(self, world: World) -> None:
        """Turn the terms of the utility into tables by option."""
        seeking, employment = world.care_seeking, world.employment
        attraction = by(words.OPTIONS, seeking.attraction)
        price_weight = np.full(OPTIONS, seeking.price_weight)
        price_weight[PRIVATE] *= seeking.price_weight_private
        self.offered = np.zeros(OPTIONS, dtype=np.bool_)
        self.offered[[EMPLOYER, HOME]] = True
        language = np.zeros(OPTIONS)
        travel = np.zeros((len(words.DISTRICTS), OPTIONS))
        nearest = [np.full((len(words.DISTRICTS), 1), -1)] * OPTIONS
        clinics, interpreters = self.model.clinics, world.of_institutions("interpreter")
        for option, name in enumerate(words.OPTIONS):
            if name not in words.INSTITUTION_KINDS:
                continue
            if not clinics.offers(name):
                continue
            units = clinics.of_kind(name)
            self.offered[option] = True
            interpreter = max(value for kind, value in interpreters if kind == name)
            language[option] = seeking.language_weight * (1.0 - interpreter)
            distance = clinics.travel[:, clinics.district[units]]
            if name not in ("ambulance", "mobile_clinic"):
                travel[:, option] = distance.min(axis=1)
            nearest[option] = equally_near(units, distance)
        # For each option and district: equally near units, filled up with -1. A table of its own,
        # since its shape depends on the city.
        most = max(units.shape[1] for units in nearest)
        self.nearest = np.array(
            [
                np.pad(units, ((0, 0), (0, most - units.shape[1])), constant_values=-1)
                for units in nearest
            ]
        )
        self.parameters = parameter_record(
            seeking,
            perception=by(words.SEVERITIES, seeking.perception),
            attraction=attraction,
            severity_weight=by(words.OPTIONS, seeking.severity_weight),
            price_weight_of=price_weight,
            # The first day on which less than the horizon is left.
            thinks_of_home=int(np.ceil(seeking.home_horizon)) - 1,
            permission=by(words.SEVERITIES, employment.permission),
            permission_base=employment.permission_base,
            permission_slope=employment.permission_slope,
            log_of_waiting=np.log1p(-min(seeking.reconsideration, BELOW_ONE)),
            borrowing_limit=world.money.borrowing_limit,
            formal_leave=employment.formal_leave,
            formal_sick_pay=world.money.formal_sick_pay,
            paid_when_absent=world.money.paid_when_absent,
            works_clinic_share=employment.works_clinic_share,
            works_clinic_weight=employment.works_clinic_weight,
            works_clinic_pays=employment.works_clinic_pays,
            informal_price=self._informal_prices(world),
            language=language,
            offered=self.offered,
            travel=travel,
            nearest_count=np.array([(units >= 0).sum(axis=1) for units in nearest]),
            advisers=self._advisers(),
        )

    def _informal_prices(self, world: World) -> Floats:
        """Return what is on average asked for, by option, where care is free by law, in KZT."""
        payment = world.payment
        prices = np.zeros(OPTIONS)
        for option, name in enumerate(words.OPTIONS):
            if name in words.INSTITUTION_KINDS:
                amount = payment.informal_price * payment.price["polyclinic_visit"]
                prices[option] = payment.informal_asked[name] * amount
        return prices

    def _advisers(self) -> Rows:
        """Return who gives advice: for NGOs and consulates, and each nationality, an agency or -1.

        Among several, the one that answers most questions.
        """
        agencies = self.model.agencies
        return np.array([agencies.answering_most(kind) for kind in ("ngo", "consulate")])

    def perceive(self) -> None:
        """Let latent needs be perceived."""
        perceive(self.model.city())

    def decide(self) -> None:
        """Let those whose decision is due compare their options."""
        decide(self.model.city(), self.model.levers_moved_on)

    def utility_terms(self, rows: Rows) -> Floats:
        """Return the parts of the utility of every option for these episodes.

        Returns
        -------
        array of float, shape (episodes, terms, options)
            In the order of `TERMS`.
        """
        return utility_terms(self.model.city(), rows)

    def believed_prices(self, rows: Rows) -> Floats:
        """Return what these people believe that seeing a polyclinic costs them, in KZT.

        Of a moderate illness that is not infectious.
        """
        return believed_prices(self.model.city(), rows)

    def have_contracts(self, rows: Rows) -> Booleans:
        """Return which of these people have work, the right to it, and a written contract."""
        return contracts(self.model.city(), rows)


def equally_near(units: Rows, distance: Floats) -> Rows:
    """Return, for every district, the units that are nearest to it, filled up with -1.

    >>> equally_near(np.array([4, 7]), np.array([[1.0, 1.0], [0.0, 2.0]])).tolist()
    [[4, 7], [4, -1]]
    """
    nearest = [units[one == one.min()] for one in distance]
    table = np.full((len(nearest), max(map(len, nearest))), -1)
    for district, near in enumerate(nearest):
        table[district, : len(near)] = near
    return table


# --- rules: perceive -------------------------------------------------------------------------


@compiled(allocates=True)
def perceive(city: City) -> None:
    """Add a day of the hazard of perceiving a latent need."""
    rows = active_rows(city.rows.episodes)
    seeking = city.parameters.care_seeking
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        soon = city.episodes[row_ahead(rows, place, SOON)]
        if soon.state == State.LATENT:
            prefetch_head(city.migrants, soon.migrant)
        episode = city.episodes[rows[place]]
        if episode.state != State.LATENT:
            continue
        literacy = city.migrants[episode.migrant].literacy
        hazard = seeking.perception[episode.severity - 1] * (seeking.perception_base + literacy)
        episode.perception += hazard
        if episode.perception >= episode.perceived_at:
            episode.perceived_on = city.today
            episode.untreated_since = city.today
            episode.perceived_moderate = episode.severity >= 2
            reset_decision(episode, city.today)
            draw_tastes(city, episode)


# --- rules: seek -----------------------------------------------------------------------------


@compiled(allocates=True)
def decide(city: City, levers_moved_on: int) -> None:
    """Let those whose decision is due compare their options and choose, or wait."""
    rows = active_rows(city.rows.episodes)
    terms = np.empty((len(TERMS), OPTIONS))
    available = np.empty(OPTIONS, dtype=np.bool_)
    for place in range(len(rows)):
        prefetch_ahead(city.episodes, rows, place)
        soon = city.episodes[row_ahead(rows, place, SOON)]
        if has_to_decide(city, soon):
            prefetch_record(city.migrants, soon.migrant)
            prefetch_record(city.episodes, row_ahead(rows, place, SOON))
        soon = city.episodes[row_ahead(rows, place, VERY_SOON)]
        if has_to_decide(city, soon):
            prefetch_record(city.work_groups, city.migrants[soon.migrant].work_group)
            prefetch_head(city.employers, city.migrants[soon.migrant].employer)
        episode = city.episodes[rows[place]]
        if not has_to_decide(city, episode):
            continue
        migrant = city.migrants[episode.migrant]
        if migrant.to_be_removed and episode.severity < SEVERE:
            # In custody there is a doctor in an emergency only.
            continue
        choice = WAIT
        if -NEVER < episode.booked_until < city.today:
            end_booking(city, episode)
        # While nothing has changed for them, people who wait would only decide to wait again.
        if (
            something_changed(city, episode, migrant, levers_moved_on)
            or episode.worn_out_on <= city.today
            or used_up_remedies(city, episode)
        ):
            choice = compare(city, episode, migrant, terms, available)
        if choice == WAIT:
            schedule_next_decision(city, episode)
        else:
            episode.option = choice
            episode.state = State.UNDER_WAY
            episode.tries_now = 0
            # Asking for advice is not yet a decision for care.
            if episode.decided_on <= -NEVER and choice not in (NGO, CONSULATE):
                episode.decided_on = city.today


@compiled
def compare(
    city: City, episode: Record, migrant: Record, terms: Floats, available: Booleans
) -> int:
    """Compare the options with staying home; return the best, or `WAIT`, and note why.

    `terms`, shape (terms, options), and `available`, shape (options,), are written over.
    """
    utilities(city, episode, migrant, terms)
    available_options(city, episode, migrant, available)
    staying, treats_self = staying_home(city, episode, migrant)
    waiting = staying - patience_lost(city, episode) * days_untreated(city, episode)
    choice = best_option(terms, available, waiting, NO_TERM, NO_TERM)
    episode.compared_on = city.today
    episode.worn_out_on = NEVER
    if choice != WAIT:
        return choice
    if episode.severity >= MODERATE:
        if episode.binding_barrier == Gate.NONE:
            episode.binding_barrier = binding_barrier(terms, available, waiting)
        language = not (migrant.manages_language or episode.escorted)
        episode.felt_barrier = felt_barrier(
            terms, available, city.parameters.care_seeking.language, language, treats_self
        )
    wear_out(city, episode, waiting - largest_utility(terms, available))
    if treats_self:
        treat_oneself(city, episode, migrant)
    return WAIT


@compiled
def end_booking(city: City, episode: Record) -> None:
    """Let a booking lapse, or the coordinating body call a person who has not come."""
    navigation = city.parameters.navigation
    key = decision_key(episode)
    if happens(city.streams, BOOKED_AGAIN, episode.person, key, navigation.recall):
        episode.booked_until = city.today + int(navigation.booked_days)
    else:
        episode.booked_until = -NEVER
    # The next booking of this episode ends with a draw of its own.
    episode.decisions = min(episode.decisions + 1, DECISIONS - 1)
    episode.compared_on = -NEVER


@compiled
def has_to_decide(city: City, episode: Record) -> bool:
    """Return True if somebody has to decide today what to do about an illness."""
    return episode.state == State.UNDECIDED and (
        episode.decides_on <= city.today or episode.worn_out_on <= city.today
    )


@compiled
def something_changed(city: City, episode: Record, migrant: Record, levers_moved_on: int) -> bool:
    """Return True if there is a reason to compare the options again.

    Besides a new severity or a refusal (which ask for a new decision), the utilities depend on
    money, knowledge, the waits the work group talks about, levers that enter them, and whether the
    stay is about to end.
    """
    last = episode.compared_on
    thinks_of_home_on = migrant.leaves_on - city.parameters.care_seeking.thinks_of_home
    return (
        last <= migrant.changed_on
        or last <= city.counts[0].alarmed_on[migrant.district]
        or last <= city.work_groups[migrant.work_group].changed_on
        or last <= levers_moved_on
        or last <= thinks_of_home_on <= city.today
    )


@compiled
def utilities(city: City, episode: Record, migrant: Record, terms: Floats) -> None:
    """Write the parts of the utility of every option into `terms`, shape (terms, options)."""
    seeking = city.parameters.care_seeking
    group = city.work_groups[migrant.work_group]
    severity = episode.severity
    cash = float(migrant.savings)
    means = means_of(city, migrant)
    reassured = seeking.reassured_by_registration if migrant.knows[REGISTRATION] else 1.0
    fear = seeking.fear_weight * fear_of(city, migrant) * reassured
    if episode.escorted:
        fear *= 1.0 - city.parameters.navigation.escort_reassures
    guaranteed = bool(episode.guaranteed)
    booked = NO_OPTION
    if episode.booked_until >= city.today:
        booked = booked_option(severity)
    refusal = 1.0 - leave_probability(city, migrant, severity)
    infectious = int(episode.kind == INFECTION)
    cover = cover_of(city, migrant)
    standing = migrant.nationality, migrant.legal_status, cover
    price_of = city.parameters.payment.option_price[standing][int(severity >= SEVERE), infectious]
    for option in range(OPTIONS):
        appeal = seeking.attraction[option] + seeking.severity_weight[option] * (severity - 1)
        appeal += seeking.trust_weight * (group.trust[option] - 0.5)
        terms[APPEAL, option] = appeal + episode.taste[option]
        terms[ACCEPTABILITY, option] = fear * group.believed_reporting[option]
        if not (migrant.manages_language or episode.escorted):
            terms[ACCEPTABILITY, option] += seeking.language[option]
        wait = group.wait[option]
        if option == booked:
            wait = min(wait, city.parameters.navigation.booked_wait)
            terms[APPEAL, option] += city.parameters.navigation.booked_weight
        way = seeking.travel[migrant.district, option] + wait
        terms[EFFORT, option] = seeking.wait_weight * way * (1.0 + refusal)
        believed = price_of[option]
        if not guaranteed:
            believed = believed_price(city, migrant, option, believed)
        price = price_of_course(city, migrant, option, severity, believed, guaranteed)
        terms[PRICE, option] = price_term(seeking, option, price, means, cash)
        price = price_of_course(city, migrant, option, severity, price_of[option], guaranteed)
        terms[PRICE_IF_INFORMED, option] = price_term(seeking, option, price, means, cash)
    if severity < SEVERE and has_works_clinic(city, migrant):
        terms[APPEAL, POLYCLINIC] += seeking.works_clinic_weight
    if city.parameters.payment.payer_of_service[standing][POLYCLINIC_CARE] != PATIENT:
        attachment = seeking.attachment_weight
        if severity >= SEVERE:
            attachment *= seeking.attachment_when_severe
        terms[APPEAL, POLYCLINIC] += attachment


@compiled
def leave_probability(city: City, migrant: Record, severity: int) -> float:
    """Return the probability that the employer gives leave on a working day."""
    if not works(migrant):
        return 1.0
    seeking = city.parameters.care_seeking
    tolerance = city.employers[migrant.employer].tolerance
    factor = seeking.permission_base + seeking.permission_slope * tolerance
    probability = min(seeking.permission[severity - 1] * factor, 1.0)
    if has_contract(city, migrant):
        probability += seeking.formal_leave * (1.0 - probability)
    return probability


@compiled
def available_options(city: City, episode: Record, migrant: Record, available: Booleans) -> None:
    """Write into `available` which options a person has at all, shape (options,)."""
    seeking = city.parameters.care_seeking
    for option in range(OPTIONS):
        available[option] = seeking.offered[option] and not episode.refused_by[option]
    if episode.kind != INJURY or not works(migrant):
        available[EMPLOYER] = False
    for option in (NGO, CONSULATE):
        adviser = seeking.advisers[option - NGO, migrant.nationality]
        available[option] = (
            adviser >= 0
            and migrant.knows[WHO_HELPS]
            and not episode.refused_by[option]
            and not episode.had[INFORMATION]
        )
    stays_on = migrant.leaves_on - city.today >= seeking.home_horizon
    if stays_on and episode.severity < 2:
        available[HOME] = False


@compiled
def schedule_next_decision(city: City, episode: Record) -> None:
    """Set the day of the next decision: a geometric number of days when not severe."""
    probability = city.parameters.care_seeking.reconsideration
    u = uniform(city.streams, RECONSIDERATION, episode.person, decision_key(episode))
    days = 1
    if episode.severity < SEVERE and probability < 1.0:
        days += int(np.floor(np.log(u) / city.parameters.care_seeking.log_of_waiting))
    episode.decides_on = city.today + days
    episode.decisions = min(episode.decisions + 1, DECISIONS - 1)


@compiled(allocates=True)
def utility_terms(city: City, rows: Rows) -> Floats:
    """Return the parts of the utility of every option, shape (episodes, terms, options)."""
    terms = np.empty((len(rows), len(TERMS), OPTIONS))
    for i in range(len(rows)):
        episode = city.episodes[rows[i]]
        utilities(city, episode, city.migrants[episode.migrant], terms[i])
    return terms
