"""Services: queues, visits, ambulances, beds.

Every unit has whole slots today (fractions are carried over as credit) and serves those waiting by
urgency, then by day of arrival, then by a keyed tie-break; hospitals serve the most severe first,
everybody else first come, first served. A service succeeds with the unit's competence. Ordinary
clinics call an ambulance for some of their severe patients and treat the others on the spot;
tuberculosis found anywhere is sent on to the dispensary. Ambulances reach everyone the same day as
long as crews are free and take severe patients to the nearest hospital, which looks for a bed (see
`beds`). People who wait long for ordinary care give up.

Parameters: `conf/city/` (capacities, beds, competence), `conf/parameters/care_seeking.yaml`
(patience). Neutral state: capacities at their upper bound (nobody waits).
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.clinic import ambulance_wait_minutes
from sim.agents.episode import Gate, State
from sim.agents.migrant import NEVER
from sim.engine.arrays import Booleans, Integers, Rows
from sim.engine.queues import served
from sim.parameters import World
from sim.submodels.care_seeking import AMBULANCE
from sim.submodels.illness import INFECTION, MATERNITY
from sim.submodels.submodel import Submodel, one_each

VISIT_RESULTS = (
    "treated", "not_helped", "refused_no_money", "wrongly_refused", "sent_on", "delivered",
    "admitted", "gave_up",
)  # fmt: skip
"""What came of a visit."""
TREATED, NOT_HELPED, NO_MONEY, WRONGLY_REFUSED, SENT_ON, DELIVERED, ADMITTED, GAVE_UP = range(
    len(VISIT_RESULTS)
)
PUBLIC = ("ambulance", "hospital", "polyclinic", "mobile_clinic", "tb_dispensary")


class Services(Submodel):
    """Visits and beds."""

    def prepare(self, world: World) -> None:
        """Learn the way between hospitals."""
        clinics = self.model.clinics
        self.dispensaries = clinics.of_kind("tb_dispensary")

    # --- schedule -----------------------------------------------------------------------------

    def open_doors(self) -> None:
        """Open the day: slots, credit, and the beds that residents leave free."""
        model, clinics = self.model, self.model.clinics
        model.open_units = clinics.open_today(model.calendar, model.day)
        clinics.open_the_day(model.open_units)
        model.beds.count_free()

    def see_patients(self) -> None:
        """Let all clinics but hospitals see their patients."""
        rows = self._next_in_line("polyclinic", "mobile_clinic", "private", "tb_dispensary")
        rows = self._pass_the_desk(rows)
        episodes, clinics = self.model.episodes, self.model.clinics
        severe = episodes.severity[rows] >= words.SEVERE
        sent_on = severe & self.model.draws.happens(
            "ambulance called",
            episodes.person[rows],
            episodes.visit_key(rows),
            probability=clinics.refers_emergencies[episodes.unit[rows]],
        )
        self._log(rows[sent_on], SENT_ON)
        self._send_to_ambulance(rows[sent_on])
        rows = rows[~sent_on]
        success = self._succeeds(rows)
        self._log(rows, np.where(success, TREATED, NOT_HELPED))
        self._fail(rows[~success])
        self._begin_treatment(rows[success])

    def send_ambulances(self) -> None:
        """Let ambulances reach those who called, and take severe patients to hospital."""
        model, episodes = self.model, self.model.episodes
        rows = self._next_in_line("ambulance")
        self._note_ambulance_wait(len(rows))
        self._meet(rows)
        severe = episodes.severity[rows] >= words.SEVERE
        self.note_emergency_care(rows[severe])
        on_the_spot = rows[~severe]
        success = self._succeeds(on_the_spot)
        delivered = rows[severe]
        if model.beds.hospitals.size == 0:
            self._fail(delivered)
            delivered = delivered[:0]
        self._log(delivered, DELIVERED)
        self._log(on_the_spot, np.where(success, TREATED, NOT_HELPED))
        episodes.refused_by[on_the_spot[~success], AMBULANCE] = True
        self._fail(on_the_spot[~success])
        self._begin_treatment(on_the_spot[success])
        if len(delivered):
            district = model.migrants.district[episodes.migrant[delivered]]
            nearest = model.beds.hospitals[district, 0]
            episodes.queue_at(delivered, nearest, arrived=model.day, ready=model.day)
            episodes.by_ambulance[delivered] = True

    def admit_to_hospital(self) -> None:
        """Let hospitals see emergencies and walk-ins, and find beds for the severely ill."""
        model, episodes = self.model, self.model.episodes
        self._try_treatment_again()
        rows = self._pass_the_desk(self._next_in_line("hospital"))
        severe = episodes.severity[rows] >= words.SEVERE
        self.note_emergency_care(rows[severe])
        success = self._succeeds(rows)
        walk_in_result = np.where(success, TREATED, NOT_HELPED)
        self._log(rows, np.where(severe, ADMITTED, walk_in_result))
        self._fail(rows[~severe & ~success])
        self._begin_treatment(rows[~severe & success])
        admitted = rows[severe]
        episodes.treated[admitted] = success[severe]
        episodes.state[admitted] = State.IN_BED
        episodes.boarding[admitted] = True
        episodes.stabilised[admitted] = False
        model.beds.find()
        model.clinics.waiting = self._waiting()

    def _try_treatment_again(self) -> None:
        """Try once more to treat patients in bed whose treatment has not taken hold so far."""
        episodes = self.model.episodes
        lying = episodes.in_state(State.IN_BED)
        lying = lying[~episodes.treated[lying]]
        episodes.visits[lying] += 1
        episodes.treated[lying] = self._succeeds(lying)

    def give_up_waiting(self) -> None:
        """Let people who have waited long for ordinary care give up."""
        model, episodes = self.model, self.model.episodes
        seeking = model.world.care_seeking
        rows = episodes.in_state(State.QUEUED)
        waiting = rows[
            (episodes.severity[rows] < words.SEVERE)
            & (model.day - episodes.queued_on[rows] > seeking.patience)
        ]
        gives_up = model.draws.happens(
            "giving up",
            episodes.person[waiting],
            episodes.try_key(waiting),
            probability=seeking.reneging,
        )
        episodes.tries[waiting] += 1
        gone = waiting[gives_up]
        self._log(gone, GAVE_UP)
        episodes.stopped_at(gone, Gate.REACH)
        episodes.decide_anew(gone, model.day + 1)

    # --- the desk and the treatment -----------------------------------------------------------

    def _next_in_line(self, *kinds: str) -> Rows:
        """Return the episodes served today at the units of some kinds, one a person."""
        model, episodes, clinics = self.model, self.model.episodes, self.model.clinics
        rows = episodes.in_state(State.QUEUED)
        rows = rows[episodes.ready_on[rows] <= model.day]
        rows = rows[clinics.is_kind(episodes.unit[rows], *kinds)]
        if len(rows) == 0:
            return rows
        by_severity = clinics.is_kind(episodes.unit[rows], "hospital", "ambulance")
        now = served(
            line=episodes.unit[rows].astype(np.int64),
            urgency=np.where(by_severity, episodes.severity[rows].astype(np.int64), 0),
            ready_day=episodes.ready_on[rows].astype(np.int64),
            tie_break=self.tie_break(rows),
            slots=clinics.slots,
        )
        rows = one_each(rows[now], episodes.person)
        clinics.served_today += np.bincount(episodes.unit[rows], minlength=len(clinics.units))
        return rows

    def tie_break(self, rows: Rows) -> Integers:
        """Return bits that decide among equals: fixed for a person and an episode."""
        episodes = self.model.episodes
        mixed = self.model.draws.trait("place in the line", episodes.pid[rows] % np.uint64(1 << 40))
        return np.asarray((mixed * 2.0**64).astype(np.uint64))

    def _pass_the_desk(self, rows: Rows) -> Rows:
        """Turn some away at the desk; return those who get in."""
        model, episodes = self.model, self.model.episodes
        wrongly_refused, cannot_pay, price = model.payment.at_the_desk(rows)
        turned_away = wrongly_refused | cannot_pay
        self._log(rows[wrongly_refused], WRONGLY_REFUSED)
        self._log(rows[cannot_pay], NO_MONEY)
        away = rows[turned_away]
        known = episodes.option[away] >= 0
        episodes.refused_by[away[known], episodes.option[away[known]]] = True
        self._remember_wait(away)
        episodes.decide_anew(away, model.day + 1)
        inside = rows[~turned_away]
        episodes.last_price[inside] = price[~turned_away]
        self._meet(inside)
        return inside

    def _meet(self, rows: Rows) -> None:
        """Note a contact: care has been met, waits are remembered, rights may be learned."""
        if len(rows) == 0:
            return
        model, episodes = self.model, self.model.episodes
        episodes.formal_contact[rows] = True
        first = rows[episodes.care_on[rows] <= -NEVER]
        episodes.care_on[first] = model.day
        self._remember_wait(rows)
        public = rows[model.clinics.is_kind(episodes.unit[rows], *PUBLIC)]
        model.information.teach_by_visit(
            episodes.migrant[public].astype(np.intp),
            episodes.person[public],
            episodes.visit_key(public),
        )

    def _remember_wait(self, rows: Rows) -> None:
        """Let work groups remember the longest wait a member has had today, by option."""
        model, episodes = self.model, self.model.episodes
        chosen = rows[episodes.option[rows] >= 0]
        group = model.migrants.work_group[episodes.migrant[chosen]]
        option = episodes.option[chosen]
        wait = (model.day - episodes.queued_on[chosen]).astype(np.float32)
        model.wait_changed_on[group] = model.day
        model.experienced_wait[group, option] = 0.0
        np.maximum.at(model.experienced_wait, (group, option), wait)

    def _succeeds(self, rows: Rows) -> Booleans:
        """Draw whether a service takes hold."""
        model, episodes = self.model, self.model.episodes
        return model.draws.happens(
            "success of a service",
            episodes.person[rows],
            episodes.visit_key(rows),
            probability=model.clinics.competence[episodes.unit[rows]],
        )

    def _fail(self, rows: Rows) -> None:
        """Send home without help; people decide anew tomorrow."""
        if len(rows) == 0:
            return
        episodes = self.model.episodes
        episodes.stopped_at(rows, Gate.ENGAGE)
        episodes.decide_anew(rows, self.model.day + 1)

    def _begin_treatment(self, rows: Rows) -> None:
        """Begin treatment at home, or at the dispensary for tuberculosis."""
        if len(rows) == 0:
            return
        model, episodes, clinics = self.model, self.model.episodes, self.model.clinics
        at_dispensary = clinics.is_kind(episodes.unit[rows], "tb_dispensary")
        infectious = (episodes.kind[rows] == INFECTION) & ~at_dispensary
        if len(self.dispensaries):
            found = rows[infectious]
            episodes.queue_at(
                found, int(self.dispensaries[0]), arrived=model.day, ready=model.day + 1
            )
            rows, at_dispensary = rows[~infectious], at_dispensary[~infectious]
        episodes.treated[rows] = True
        model.beds.lie_down(rows[at_dispensary])
        self.treat_at_home(rows[~at_dispensary])

    def treat_at_home(self, rows: Rows) -> None:
        """Let treatment go on at home; a pregnancy has had one more visit."""
        if len(rows) == 0:
            return
        model, episodes = self.model, self.model.episodes
        illness = model.world.illness
        episodes.state[rows] = State.TREATED_AT_HOME
        episodes.unit[rows] = -1
        pregnant = rows[(episodes.kind[rows] == MATERNITY) & ~episodes.born[rows]]
        episodes.antenatal_visits[pregnant] += 1
        episodes.next_visit_on[pregnant] = model.day + illness.antenatal_interval

    def remind_pregnant_women(self) -> None:
        """Let the effect of an antenatal visit end when the next is due; a cue to go again."""
        model, episodes = self.model, self.model.episodes
        rows = episodes.in_state(State.TREATED_AT_HOME)
        rows = rows[episodes.next_visit_on[rows] <= model.day]
        episodes.next_visit_on[rows] = NEVER
        episodes.treated[rows] = False
        episodes.decide_anew(rows, model.day)

    def _send_to_ambulance(self, rows: Rows) -> None:
        model, episodes = self.model, self.model.episodes
        ambulances = model.clinics.of_kind("ambulance")
        if len(rows) and len(ambulances):
            episodes.option[rows] = AMBULANCE
            episodes.queue_at(rows, int(ambulances[0]), arrived=model.day, ready=model.day)

    def note_emergency_care(self, rows: Rows) -> None:
        """Note the day emergency care came to severe episodes, the first time it does."""
        episodes = self.model.episodes
        first = rows[episodes.emergency_care_on[rows] <= -NEVER]
        episodes.emergency_care_on[first] = self.model.day

    def _note_ambulance_wait(self, calls: int) -> None:
        """Compute today's mean wait for a crew from the load of the whole city."""
        model, clinics = self.model, self.model.clinics
        for crews, background, minutes in clinics.ambulance_response:
            load = background + calls / model.world.city.scale
            clinics.ambulance_wait_minutes = ambulance_wait_minutes(crews, load, minutes)

    # --- observation --------------------------------------------------------------------------

    def _waiting(self) -> Integers:
        """Return how many wait at each unit after today's services."""
        episodes, clinics = self.model.episodes, self.model.clinics
        queued = (episodes.state == State.QUEUED) | episodes.boarding
        queued &= episodes.occupied
        return np.bincount(episodes.unit[queued], minlength=len(clinics.units))

    def _log(self, rows: Rows, result: Integers | int) -> None:
        """Write one flat record a visit."""
        if len(rows) == 0:
            return
        model, episodes = self.model, self.model.episodes
        model.visits.append(
            person=episodes.person[rows],
            ordinal=episodes.ordinal[rows],
            stratum=episodes.stratum[rows],
            kind=episodes.kind[rows],
            severity=episodes.severity[rows],
            unit=episodes.unit[rows],
            by_ambulance=episodes.by_ambulance[rows],
            in_kind=episodes.paid_by_employer[rows],
            began_on=episodes.began_on[rows],
            arrived_on=episodes.queued_on[rows],
            served_on=model.day,
            result=result,
            paid=episodes.last_price[rows],
        )
        episodes.last_price[rows] = 0
