"""Care seeking: the gates perceive and seek (for the gate reach see `reaching`).

Perceive. A need is perceived when its gathered hazard kappa(severity) * (base + literacy) reaches
a threshold.

Seek. From time to time (at once on a new cue, daily when severe) a person compares the options
known and open to them with doing nothing. The utility of option j is

    V = attraction_j + severity_weight_j * (severity - 1) + trust_weight * (trust_j - 1/2)
        + attachment (own polyclinic)
        - price_weight * min(believed price / what can be paid, cap)
        - fear_weight * fear * believed reporting_j  (less for those who know the rules)
        - wait_weight * (travel + wait last known in the work group) * (1 + employer's refusal)
        - language_weight (no common language and no interpreter)
        + taste_j,

and the largest is chosen; waiting has utility taste_wait. Tastes are Gumbel shocks drawn once an
episode and again at each change of severity, so the choice is a logit over people but does not
flicker from day to day. Who does not know that emergency care is free believes in a high price.
The gate that stopped a waiting person is the first of perceive (believing care must be paid),
seek (fear, language), reach (distance, waits, leave), pay (price) whose removal alone would have
made them go; if none would, it is seek by their own judgement that it can wait.

Parameters: `conf/parameters/care_seeking.yaml`, `employment.yaml`. Neutral state: all attractions
at -8 and below with severity weights 0 (nobody seeks); attraction at 20 (everybody seeks).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import DECISIONS, WAIT, Gate, State
from sim.agents.migrant import NEVER
from sim.engine.arrays import Booleans, Floats, Integers, Rows
from sim.parameters import World, by
from sim.submodels.illness import INJURY
from sim.submodels.information import REGISTRATION
from sim.submodels.submodel import Submodel

AMBULANCE, HOSPITAL, POLYCLINIC, MOBILE_CLINIC, PRIVATE, EMPLOYER, HOME = range(len(words.OPTIONS))
TASTES = len(words.OPTIONS) + 1
"""Taste shocks of an episode: one an option, and one of waiting."""
UNAVAILABLE = -np.inf
"""Utility of an option that is not there."""


class CareSeeking(Submodel):
    """Perceiving and deciding."""

    def prepare(self, world: World) -> None:
        """Turn the terms of the utility into tables by option."""
        seeking, employment = world.care_seeking, world.employment
        self.perception = by(words.SEVERITIES, seeking.perception)
        self.attraction = by(words.OPTIONS, seeking.attraction)
        self.attraction += seeking.trust_weight * (by(words.OPTIONS, seeking.trust) - 0.5)
        self.severity_weight = by(words.OPTIONS, seeking.severity_weight)
        self.fear = seeking.fear_weight * by(words.OPTIONS, seeking.believed_reporting)
        self.price_weight = np.full(len(words.OPTIONS), seeking.price_weight)
        self.price_weight[PRIVATE] *= seeking.price_weight_private
        # The first day on which less than the horizon is left.
        self.home_horizon = int(np.ceil(seeking.home_horizon)) - 1
        self.permission = by(words.SEVERITIES, employment.permission)
        self.language = np.zeros(len(words.OPTIONS))
        self.offered = np.zeros(len(words.OPTIONS), dtype=np.bool_)
        self.offered[[EMPLOYER, HOME]] = True
        self._know_institutions(world)

    def _know_institutions(self, world: World) -> None:
        """Find, for every district, the nearest unit of each kind and the way there."""
        clinics = self.model.clinics
        language_weight = world.care_seeking.language_weight
        self.travel = np.zeros((len(words.DISTRICTS), len(words.OPTIONS)))
        # For each option: equally near units by district, the rows filled up by repetition.
        self.nearest_units: dict[int, Integers] = {}
        self.nearest_count: dict[int, Integers] = {}
        for option, name in enumerate(words.OPTIONS):
            if name not in words.INSTITUTION_KINDS:
                continue
            units = clinics.of_kind(name)
            self.offered[option] = bool((clinics.capacity[units] > 0).any())
            if not self.offered[option]:
                continue
            interpreter = max(
                one.interpreter for one in world.institutions.values() if one.kind == name
            )
            self.language[option] = language_weight * (1.0 - interpreter)
            distance = clinics.travel[:, clinics.district[units]]
            if name not in ("ambulance", "mobile_clinic"):
                self.travel[:, option] = distance.min(axis=1)
            nearest = [units[one == one.min()] for one in distance]
            most = max(len(one) for one in nearest)
            self.nearest_units[option] = np.array([np.resize(one, most) for one in nearest])
            self.nearest_count[option] = np.array([len(one) for one in nearest])

    # --- perceive -----------------------------------------------------------------------------

    def perceive(self) -> None:
        """Let latent needs be perceived."""
        model, episodes = self.model, self.model.episodes
        seeking = model.world.care_seeking
        rows = episodes.in_state(State.LATENT)
        literacy = model.migrants.literacy[episodes.migrant[rows]]
        hazard = self.perception[episodes.severity[rows] - 1] * (seeking.perception_base + literacy)
        episodes.perception[rows] += hazard
        noticed = rows[episodes.perception[rows] >= episodes.perceived_at[rows]]
        episodes.perceived_on[noticed] = model.day
        episodes.perceived_moderate[noticed] = episodes.severity[noticed] >= 2
        episodes.decide_anew(noticed, model.day)
        self._draw_tastes(noticed)

    def reconsider(self, rows: Rows) -> None:
        """Act on a change of severity: new tastes, old refusals forgotten, a new decision."""
        model, episodes = self.model, self.model.episodes
        state = episodes.state[rows]
        aware = rows[(state != State.LATENT) & (state != State.GONE)]
        episodes.refused_by[aware] = False
        self._draw_tastes(aware)
        state, severe = episodes.state[aware], episodes.severity[aware] >= words.SEVERE
        in_emergency_line = (state == State.QUEUED) & model.clinics.is_kind(
            episodes.unit[aware], "ambulance", "hospital"
        )
        undecided = state == State.UNDECIDED
        settled = (state == State.IN_BED) | in_emergency_line
        episodes.decide_anew(aware[undecided | (severe & ~settled)], model.day)

    def _draw_tastes(self, rows: Rows) -> None:
        if len(rows) == 0:
            return
        episodes, draws = self.model.episodes, self.model.draws
        key = episodes.step_key(rows)[:, None] * TASTES + np.arange(TASTES)
        episodes.taste[rows] = draws.gumbel("taste", episodes.person[rows][:, None], key)

    # --- seek ---------------------------------------------------------------------------------

    def decide(self) -> None:
        """Let those whose decision is due compare their options."""
        model, episodes = self.model, self.model.episodes
        rows = episodes.in_state(State.UNDECIDED)
        rows = rows[episodes.decides_on[rows] <= model.day]
        if len(rows) == 0:
            return
        # While nothing has changed for them, people who wait would only decide to wait again.
        anew = self._something_changed(rows)
        comparing = rows[anew]
        terms = self.utility_terms(comparing)
        choice = np.full(len(rows), WAIT)
        available = self._available(comparing)
        choice[anew] = self._best(comparing, terms.total(), available)
        episodes.compared_on[comparing] = model.day
        going = choice != WAIT
        self._note_failing_gates(comparing, ~going[anew], terms, available)
        self._decide_later(rows[~going])
        gone = rows[going]
        episodes.option[gone] = choice[going]
        episodes.state[gone] = State.UNDER_WAY
        episodes.tries_now[gone] = 0
        first = gone[episodes.decided_on[gone] <= -NEVER]
        episodes.decided_on[first] = model.day

    def _something_changed(self, rows: Rows) -> Booleans:
        """Return who has a reason to compare the options again.

        Besides a new severity or a refusal (which ask for a new decision), the utilities depend on
        money, knowledge, the waits the work group talks about, levers, and whether the stay
        is about to end.
        """
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        people = episodes.migrant[rows]
        last = episodes.compared_on[rows]
        thinks_of_home_on = migrants.leaves_on[people] - self.home_horizon
        return np.asarray(
            (last <= migrants.changed_on[people])
            | (last <= model.wait_changed_on[migrants.work_group[people]])
            | (last <= model.levers_moved_on)
            | ((thinks_of_home_on >= last) & (thinks_of_home_on <= model.day))
        )

    def utility_terms(self, rows: Rows) -> "UtilityTerms":
        """Return the parts of the utility of every option for these episodes."""
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        seeking = model.world.care_seeking
        people = episodes.migrant[rows]
        severity = episodes.severity[rows]
        can_pay = migrants.can_pay(people, model.world.money.borrowing_limit)
        true_price, believed_price = model.payment.expected_prices(rows)

        def price_term(price: Floats) -> Floats:
            relative = np.minimum(price / (can_pay + 1.0)[:, None], seeking.price_cap)
            return np.asarray(self.price_weight * relative)

        reassured = np.where(
            migrants.knows[people, REGISTRATION], seeking.reassured_by_registration, 1.0
        )
        fear = (migrants.fear[people] * reassured)[:, None] * self.fear
        language = ~migrants.manages_language[people][:, None] * self.language
        waits = model.experienced_wait[migrants.work_group[people]]
        refusal = 1.0 - self.leave_probability(people, severity)
        effort = seeking.wait_weight * (self.travel[migrants.district[people]] + waits)
        return UtilityTerms(
            appeal=self.attraction
            + self.severity_weight * (severity - 1)[:, None]
            + episodes.taste[rows][:, :-1],
            acceptability=fear + language,
            effort=effort * (1.0 + refusal)[:, None],
            price=price_term(believed_price),
            price_if_informed=price_term(true_price),
            attachment=self._attachment(people),
        )

    def leave_probability(self, people: Integers, severity: Integers) -> Floats:
        """Return the probability that the employer gives leave on a working day."""
        model, employment = self.model, self.model.world.employment
        tolerance = model.employers.tolerance[model.migrants.employer[people]]
        factor = employment.permission_base + employment.permission_slope * tolerance
        return np.minimum(self.permission[severity - 1] * factor, 1.0)

    def _attachment(self, people: Integers) -> Floats:
        """Return the pull of one's own polyclinic: only people with full entitlement have one."""
        entitled = self.model.payment.state_pays("polyclinic", people)
        pull = np.zeros((len(people), len(words.OPTIONS)))
        pull[entitled, POLYCLINIC] = self.model.world.care_seeking.attachment_weight
        return pull

    def _best(self, rows: Rows, utility: Floats, available: Booleans) -> Integers:
        """Return the best option for each episode, or `WAIT`."""
        utility = np.where(available, utility, UNAVAILABLE)
        best = utility.argmax(axis=1)
        better_than_waiting = utility.max(axis=1) > self.model.episodes.taste[rows, -1]
        return np.where(better_than_waiting, best, WAIT)

    def _available(self, rows: Rows) -> Booleans:
        """Return the options that are open to each person, shape (episodes, options)."""
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        people = episodes.migrant[rows]
        available = self.offered & ~episodes.refused_by[rows]
        available[:, EMPLOYER] &= episodes.kind[rows] == INJURY
        remaining = migrants.leaves_on[people] - model.day
        available[:, HOME] &= (remaining < model.world.care_seeking.home_horizon) | (
            episodes.severity[rows] >= 2
        )
        return np.asarray(available)

    def _note_failing_gates(
        self, rows: Rows, waiting: Booleans, terms: "UtilityTerms", available: Booleans
    ) -> None:
        """Find the gate that keeps people with a moderate or graver need from going."""
        episodes = self.model.episodes
        unexplained = episodes.failing_gate[rows] == Gate.NONE
        stopped = waiting & unexplained & (episodes.severity[rows] >= 2)
        if not stopped.any():
            return
        held_back, part = rows[stopped], terms.of(stopped)
        gate = np.full(len(held_back), Gate.SELF_CARE)
        for one, without_barrier in (
            (Gate.PAY, part.total(price=0.0)),
            (Gate.REACH, part.total(effort=0.0)),
            (Gate.SEEK, part.total(acceptability=0.0)),
            (Gate.PERCEIVE, part.total(price=part.price_if_informed)),
        ):
            gate[self._best(held_back, without_barrier, available[stopped]) != WAIT] = one
        episodes.failing_gate[held_back] = gate

    def _decide_later(self, rows: Rows) -> None:
        """Set the day of the next decision: a geometric number of days when not severe."""
        model, episodes = self.model, self.model.episodes
        u = model.draws.uniform(
            "reconsideration", episodes.person[rows], episodes.decision_key(rows)
        )
        probability = model.world.care_seeking.reconsideration
        days = np.ones(len(rows))
        if probability < 1.0:
            days += np.floor(np.log(u) / np.log1p(-probability))
        days[episodes.severity[rows] >= words.SEVERE] = 1
        episodes.decides_on[rows] = model.day + days
        episodes.decisions[rows] = np.minimum(episodes.decisions[rows] + 1, DECISIONS - 1)


class UtilityTerms:
    """The parts of the utility of every option, shape (episodes, options) each.

    Attributes
    ----------
    appeal, acceptability, effort, price, price_if_informed, attachment : array of float
        See the formula at the head of this file; all but appeal and attachment count against.
    """

    def __init__(
        self,
        appeal: Floats,
        acceptability: Floats,
        effort: Floats,
        price: Floats,
        price_if_informed: Floats,
        attachment: Floats,
    ) -> None:
        self.appeal = appeal
        self.acceptability = acceptability
        self.effort = effort
        self.price = price
        self.price_if_informed = price_if_informed
        self.attachment = attachment

    def total(
        self,
        acceptability: Floats | float | None = None,
        effort: Floats | float | None = None,
        price: Floats | float | None = None,
    ) -> Floats:
        """Return the utility, with any of the barriers replaced by another value."""
        return np.asarray(
            self.appeal
            + self.attachment
            - (self.acceptability if acceptability is None else acceptability)
            - (self.effort if effort is None else effort)
            - (self.price if price is None else price)
        )

    def of(self, chosen: Booleans) -> "UtilityTerms":
        """Return the terms of some of the episodes."""
        return UtilityTerms(**{name: values[chosen] for name, values in vars(self).items()})
