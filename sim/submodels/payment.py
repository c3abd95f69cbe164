"""Payment: who pays, who is refused, and what happens when the money ends.

The legal rules name a payer for emergency care (severity 3 or more, and every ambulance run), for
diseases dangerous to others (tuberculosis), for polyclinics and for hospitals, by legal status;
private care is always paid by the patient. Where the patient pays and cannot, care is refused
unless it is an emergency. Entitled people are wrongly refused with some probability: more often
without a common language, less often if they know the emergency right and can insist; who comes
by ambulance is not refused. Once the threat to life is over the rest of the stay is billed to
patients who are not entitled; who cannot pay the next bed-days leaves early or stays and owes.

Parameters: `conf/parameters/payment.yaml`, `conf/regime/`. Neutral state: payer "state"
everywhere, `wrongful_refusal=0`.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.episode import Gate, State
from sim.engine.arrays import Booleans, Column, Floats, Integers, Rows
from sim.parameters import World, by
from sim.submodels.care_seeking import (
    AMBULANCE,
    HOME,
    HOSPITAL,
    MOBILE_CLINIC,
    POLYCLINIC,
    PRIVATE,
)
from sim.submodels.illness import INFECTION
from sim.submodels.information import EMERGENCY_RIGHT
from sim.submodels.submodel import Submodel, one_each

POLYCLINIC_VISIT, PRIVATE_VISIT, HOSPITAL_VISIT, _STAY, BED_DAY, _RUN, BUS_HOME = range(
    len(words.PRICES)
)
KIND_HOSPITAL = words.INSTITUTION_KINDS.index("hospital")


class Payment(Submodel):
    """Prices, the desk, and the bill after an emergency."""

    def prepare(self, world: World) -> None:
        """Turn the legal rules and the price list into tables.

        `entitled` and `price` are indexed by legal status, severe or not, infectious or not,
        and then by kind of institution or by option.
        """
        self.price = by(words.PRICES, world.payment.price)
        self._state_pays = np.array(
            [
                [
                    world.regime.payer[status].get(service) == "state"
                    for status in words.LEGAL_STATUSES
                ]
                for service in words.SERVICES
            ]
        )
        circumstances = (len(words.LEGAL_STATUSES), 2, 2)
        self.entitled = np.zeros((*circumstances, len(words.INSTITUTION_KINDS)), dtype=np.bool_)
        self.option_price = np.zeros((*circumstances, len(words.OPTIONS)))
        for status, severe, infectious in np.ndindex(circumstances):
            free = dict(zip(words.SERVICES, self._state_pays[:, status], strict=True))
            free_infection = bool(infectious) and free["infection"]
            free_visit = free["polyclinic"] or free_infection
            free_hospital = free["emergency"] if severe else free["hospital"] or free_infection
            entitled = {
                "hospital": free_hospital,
                "polyclinic": free_visit,
                "mobile_clinic": free_visit,
                "tb_dispensary": free_visit,
            }
            self.entitled[status, severe, infectious] = [
                entitled.get(kind, False) for kind in words.INSTITUTION_KINDS
            ]
            price = self.option_price[status, severe, infectious]
            price[AMBULANCE] = 0.0 if free["ambulance"] else self.price[_RUN]
            price[HOSPITAL] = self.price[_STAY] if severe else self.price[HOSPITAL_VISIT]
            price[HOSPITAL] *= not free_hospital
            price[[POLYCLINIC, MOBILE_CLINIC]] = self.price[POLYCLINIC_VISIT] * (not free_visit)
            price[PRIVATE] = self.price[PRIVATE_VISIT]
            price[HOME] = self.price[BUS_HOME]
        listed = dict.fromkeys(words.INSTITUTION_KINDS, self.price[POLYCLINIC_VISIT])
        listed |= {"private": self.price[PRIVATE_VISIT], "hospital": self.price[HOSPITAL_VISIT]}
        self.listed_price = np.rint(by(words.INSTITUTION_KINDS, listed)).astype(np.int64)

    def state_pays(self, service: str, people: Integers) -> Booleans:
        """Return whether the state pays a service for each of these people (migrant rows)."""
        by_status = self._state_pays[words.SERVICES.index(service)]
        return np.asarray(by_status[self.model.migrants.legal_status[people]])

    def _circumstances(self, rows: Rows) -> tuple[Column, Column, Column]:
        """Return legal status, severe or not, infectious or not: what entitlement depends on."""
        episodes = self.model.episodes
        return (
            self.model.migrants.legal_status[episodes.migrant[rows]],
            (episodes.severity[rows] >= words.SEVERE).astype(np.int8),
            (episodes.kind[rows] == INFECTION).astype(np.int8),
        )

    def expected_prices(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the true and the believed price of every option for some episodes.

        Returns
        -------
        true_price, believed_price : array of float, shape (episodes, options), KZT
            They differ for people who do not know that emergency care is free.
        """
        model, migrants = self.model, self.model.migrants
        seeking = model.world.care_seeking
        people = model.episodes.migrant[rows]
        true = self.option_price[self._circumstances(rows)]
        believed = true.copy()
        ignorant = ~migrants.knows[people, EMERGENCY_RIGHT]
        wage = migrants.wage[people[ignorant]]
        believed[ignorant, AMBULANCE] = seeking.believed_ambulance_price * wage
        believed[ignorant, HOSPITAL] = seeking.believed_hospital_price * wage
        return true, believed

    def at_the_desk(self, rows: Rows) -> tuple[Booleans, Booleans, Integers]:
        """Pass the desk of a clinic: wrongful refusal, then the price.

        Parameters
        ----------
        rows : array of int
            Episodes whose turn has come at a polyclinic, private doctor, dispensary or hospital.

        Returns
        -------
        wrongly_refused, cannot_pay : array of bool
            Who is turned away, and why.
        price : array of int, KZT
            What the others have just paid (0 where the state or the employer pays).
        """
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        people, kind = episodes.migrant[rows], model.clinics.kind[episodes.unit[rows]]
        status, severe, infectious = self._circumstances(rows)
        entitled = self.entitled[status, severe, infectious, kind]
        wrongly_refused = entitled & self._wrongful(rows, people) & ~episodes.by_ambulance[rows]
        # An emergency is treated whether or not it is paid; what is unpaid is billed later.
        emergency = (severe == 1) & (kind == KIND_HOSPITAL)
        free = entitled | episodes.paid_by_employer[rows] | emergency
        price = np.where(free, 0, self.listed_price[kind])
        can_pay = migrants.can_pay(people, model.world.money.borrowing_limit)
        cannot_pay = ~wrongly_refused & (price > can_pay)
        turned_away = wrongly_refused | cannot_pay
        price[turned_away] = 0
        self.collect(rows, price)
        episodes.stopped_at(rows[turned_away], Gate.PAY)
        return wrongly_refused, cannot_pay, price

    def bill_after_emergencies(self) -> None:
        """Bill the rest of the stay to those whose threat to life is over."""
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        rows = episodes.in_state(State.IN_BED)
        stable = (
            (episodes.severity[rows] < words.SEVERE)
            & ~episodes.stabilised[rows]
            & (episodes.migrant[rows] >= 0)
            & model.clinics.is_kind(episodes.unit[rows], "hospital")
        )
        rows = one_each(rows[stable], episodes.person)
        if len(rows) == 0:
            return
        episodes.stabilised[rows] = True
        people = episodes.migrant[rows]
        remaining = np.maximum(episodes.leaves_bed_on[rows] - model.day, 0)
        remaining[episodes.boarding[rows]] = 0
        free_days = model.world.regime.state_paid_days_after_emergency
        billed_days = np.maximum(remaining - free_days, 0)
        billed_days = np.where(self.state_pays("hospital", people), 0, billed_days)
        bill = np.rint(billed_days * self.price[BED_DAY]).astype(np.int64)
        can_pay = np.floor(migrants.can_pay(people, model.world.money.borrowing_limit))
        short = bill > can_pay
        leaves_early = short & model.draws.happens(
            "early discharge",
            episodes.person[rows],
            episodes.step_key(rows),
            probability=model.world.payment.early_discharge,
        )
        paid_now = np.minimum(bill, can_pay).astype(np.int64)
        unpaid = (bill - paid_now).astype(np.int32)
        stays, early = rows[~leaves_early], rows[leaves_early]
        self.collect(stays, paid_now[~leaves_early])
        episodes.charged[stays] += unpaid[~leaves_early]
        episodes.owed[stays] += unpaid[~leaves_early]
        # Who leaves early still uses the days the state pays; the discharge follows today or then.
        episodes.leaves_bed_on[early] = model.day + np.minimum(remaining[leaves_early], free_days)
        episodes.relapse_until[early] = episodes.leaves_bed_on[early] + round(
            model.world.illness.relapse_days
        )

    def _wrongful(self, rows: Rows, people: Integers) -> Booleans:
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        payment = model.world.payment
        probability = np.full(len(rows), payment.wrongful_refusal)
        probability[~migrants.manages_language[people]] *= payment.refusal_without_language
        probability[migrants.knows[people, EMERGENCY_RIGHT]] *= payment.refusal_when_informed
        return model.draws.happens(
            "wrongful refusal",
            episodes.person[rows],
            episodes.visit_key(rows),
            probability=probability,
        )

    def collect(self, rows: Rows, amount: Integers) -> None:
        """Take money from patients (one episode a person at a time)."""
        model, episodes, migrants = self.model, self.model.episodes, self.model.migrants
        paying = np.flatnonzero(amount > 0)
        if len(paying) == 0:
            return
        rows, amount = rows[paying], amount[paying]
        borrowed = migrants.pay(episodes.migrant[rows].astype(np.intp), amount, model.day)
        episodes.charged[rows] += amount.astype(np.int32)
        episodes.paid[rows] += amount.astype(np.int32)
        model.payments.append(
            day=model.day, stratum=episodes.stratum[rows], amount=amount, borrowed=borrowed
        )
