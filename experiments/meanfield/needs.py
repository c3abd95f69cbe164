"""Mean field of needs: an absorbing chain over agencies, whose queues have limited capacity.

A need is with its owner, in the line of an agency or of the coordinating body, or it has ended: it
was settled, lost, or passed with the illness. The only memory is the agency that failed last. A
line with more arrivals than slots serves at the hazard that makes services equal slots (everybody
else leaves it), so the chain and the lines are solved together, by successive averages.
"""

from dataclasses import dataclass

import numpy as np

from experiments.meanfield.care import (
    DOCUMENTS,
    INFORMATION,
    SHELTER,
    Care,
    over,
)  # fmt: skip
from experiments.meanfield.options import leave
from experiments.meanfield.people import status_shares
from sim import vocabulary as words
from sim.config.entries import by
from sim.config.world import World
from sim.engine.types import Booleans, Floats

NEEDS = (DOCUMENTS, INFORMATION, SHELTER)
"""Needs that the mean field covers."""
ITERATIONS = 60
"""Successive averages; the last one moves a line by less than a sixtieth."""
MODERATE = 1
HARDLY = 1e-9
"""Slots per day of a line that serves nobody."""


@dataclass(frozen=True)
class Desks:
    """Agencies as arrays, by agency and by the further index that is named.

    Attributes
    ----------
    front : whether people can go there without a referral
    hub : the coordinating body, if it works
    competence, line : by need
    slots : by line, per day
    accepts : by nationality
    reachable : share of days on which people can get there
    processing : days to issue papers
    knows : probability of naming the right next agency
    """

    front: Booleans
    hub: int | None
    competence: Floats
    line: Floats
    slots: Floats
    accepts: Floats
    reachable: Floats
    processing: Floats
    knows: Floats


def desks_of(world: World) -> Desks:
    """Return the agencies of a world."""
    agencies = list(world.agencies.values())
    shape = (len(agencies), len(words.NEEDS))
    competence, processing, line = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=int)
    slots = np.zeros((len(agencies), len(words.LINES)))
    accepts = np.zeros((len(agencies), len(words.NATIONALITIES)))
    reachable, knows = np.zeros(len(agencies)), np.zeros(len(agencies))
    may_leave = leave(world)[MODERATE]
    for place, one in enumerate(agencies):
        open_days = len(one.opens.weekdays) / len(words.WEEKDAYS)
        activity = 1.0
        if one.nationality is not None:
            activity = world.information.consulate_activity[one.nationality]
        for number, name in enumerate(words.LINES):
            slots[place, number] = one.capacity.get(name, 0.0) * activity * open_days
        slots[place] *= world.city.scale
        for number, need in enumerate(words.NEEDS):
            own = {"information": "information", "documents": "papers"}.get(need, "casework")
            line[place, number] = words.LINES.index(own if own in one.capacity else "casework")
            able = slots[place, line[place, number]] > 0.0
            competence[place, number] = one.competence.get(need, 0.0) * able
            processing[place, number] = one.processing_days.get(need, 0.0)
        for number, name in enumerate(words.NATIONALITIES):
            accepts[place, number] = name in one.accepts.nationalities
        after_work = one.closes_at > world.referral.working_day_ends
        reachable[place] = open_days * (1.0 if after_work else may_leave)
        knows[place] = one.knows
    both = world.coordination.participation**2
    knows += both * np.maximum(world.coordination.directory - knows, 0.0)
    front = np.array([not one.accepts.only_from for one in agencies]) & (slots.sum(axis=1) > 0)
    hubs = [place for place, one in enumerate(agencies) if one.kind == "coordination"]
    works = bool(hubs) and slots[hubs[0]].sum() > 0 and world.coordination.participation > 0
    return Desks(front, hubs[0] if works else None, competence, line, slots, accepts, reachable,
                 processing, knows)  # fmt: skip


def unresolved(world: World, care: Care, who_helps: Floats) -> dict[str, float]:
    """Return the share of needs not settled, for all ("") and by need, without those that passed.

    Parameters
    ----------
    care : Care
    who_helps : array of float, shape (nationalities,)
        Share that knows which institutions help.
    """
    chain = Chain(world, care, who_helps)
    settled, passed = chain.solve()
    people = by(words.NATIONALITIES, world.demography.nationality_share)
    weight = care.needs[list(NEEDS)] * people
    stays = weight * (1.0 - passed)
    left = weight * (1.0 - passed - settled)
    result = {"": over(left.sum(), stays.sum())}
    for place, need in enumerate(NEEDS):
        result[words.NEEDS[need]] = over(left[place].sum(), stays[place].sum())
    return result


class Chain:
    """The chain of every need and nationality, shape (needs, nationalities, from, to).

    States are the agencies, and as the last state the owner.
    """

    def __init__(self, world: World, care: Care, who_helps: Floats) -> None:
        self.world, self.care, self.desks = world, care, desks_of(world)
        referral, desks = world.referral, self.desks
        self.agencies = len(desks.knows)
        self.shape = (len(NEEDS), len(words.NATIONALITIES), self.agencies + 1)
        self.knows_right = who_helps + (1.0 - who_helps) * referral.guesses_right
        factor = 1.0 + who_helps * (referral.navigation_when_informed - 1.0)
        self.turns = referral.navigation * factor
        afraid = share_afraid(world)
        self.shows = (
            1.0 - referral.no_show - afraid * (referral.no_show_when_afraid - referral.no_show)
        )
        self.leaves = referral.lost_contact + 1.0 / world.demography.mean_stay
        self.gives_up_line = 1.0 / (referral.patience + 1.0 / max(referral.reneging, HARDLY))
        acute, cured = world.illness.recovery["acute"], world.illness.recovery_by_treatment["acute"]
        # Papers remain needed; advice and shelter only as long as the illness lasts.
        passing = {DOCUMENTS: 0.0, INFORMATION: acute["moderate"],
                   SHELTER: acute["moderate"] + cured["moderate"]}  # fmt: skip
        self.passing = np.array([passing[need] for need in NEEDS])
        self.competence = desks.competence[:, list(NEEDS)].T
        self.line = desks.line[:, list(NEEDS)].T
        self.processing = desks.processing[:, list(NEEDS)].T
        self.to = self.referred_by_others()

    def solve(self) -> tuple[Floats, Floats]:
        """Return the shares settled and passed, each by need and nationality."""
        serving = np.ones_like(self.desks.slots)
        by_hub = np.zeros((*self.shape[:2], self.agencies))
        for step in range(1, ITERATIONS + 1):
            moves, ends, start = self.moves(serving, by_hub)
            inside = np.eye(self.shape[2]) - moves
            visits = np.linalg.solve(inside.swapaxes(-1, -2), start[..., None])[..., 0]
            wanted = self.serving(visits, serving)
            serving = np.exp(np.log(serving) + (np.log(wanted) - np.log(serving)) / (1 + step / 4))
            by_hub += (self.targets_of_hub(serving) - by_hub) / step
        return (visits * ends[0]).sum(axis=-1), (visits * ends[1]).sum(axis=-1)

    def targets_of_hub(self, serving: Floats) -> Floats:
        """Return where the coordinating body sends needs now, by need, nationality and agency."""
        wait = 1.0 / self.of_line(serving) - 1.0
        score = self.competence * np.exp(-self.world.coordination.load_awareness * wait)
        return best(score[:, None, :] * self.open_to())

    def open_to(self) -> Floats:
        """Return which agencies take people of each nationality, by nationality and agency."""
        return np.asarray((self.desks.accepts * self.desks.front[:, None]).T)

    def of_line(self, table: Floats) -> Floats:
        """Return a table by agency and line as one by need and agency."""
        return np.asarray(np.stack([table[np.arange(self.agencies), one] for one in self.line]))

    def moves(self, serving: Floats, by_hub: Floats) -> tuple[Floats, Floats, Floats]:
        """Return probabilities of moving on, of ending (settled, passed), and the start."""
        referral, agencies = self.world.referral, self.agencies
        moves = np.zeros((*self.shape, agencies + 1))
        ends = np.zeros((2, *self.shape))
        serve = self.of_line(serving)[:, None, :]
        gone = self.leaves + self.passing[:, None, None]
        out = serve + self.gives_up_line + gone
        served = np.broadcast_to(serve / out, (*self.shape[:2], agencies))
        success = served * self.competence[:, None, :]
        # While papers are being issued, people may leave.
        made = 1.0 / (1.0 + self.processing * self.leaves)
        ends[0, ..., :-1] = success * made[:, None, :]
        ends[1, ..., :-1] = self.passing[:, None, None] / out
        kept = referral.motivation_kept
        failed = (served - success) * kept
        hub = self.desks.hub
        if hub is not None:
            failed[..., hub] /= kept
        moves[..., :-1, -1] += self.gives_up_line / out * kept
        to = self.referred(by_hub)
        moves[..., :-1, :] += failed[..., None] * to[..., :agencies, :]
        hands = self.from_hands()
        total = hands.sum(axis=-1, keepdims=True) + gone
        moves[..., -1, :-1] = hands / total
        ends[1, ..., -1] = (self.passing[:, None, None] / total)[..., 0]
        return moves, ends, self.start(to)

    def from_hands(self) -> Floats:
        """Return the hazards of going to each agency, by need, nationality and agency."""
        able, anybody = self.right_and_any()
        knows = np.where(able.sum(axis=-1) > 0, self.knows_right, 0.0)[..., None]
        wanted = knows * able + (1.0 - knows) * anybody
        return np.asarray(self.turns[:, None] * wanted * self.desks.reachable)

    def right_and_any(self) -> tuple[Floats, Floats]:
        """Return the best agency (1 at its place), and every front desk in equal shares."""
        open_to = self.open_to()
        right = best(self.competence[:, None, :] * open_to)
        desks = np.maximum(open_to.sum(axis=-1, keepdims=True), 1.0)
        return right, np.broadcast_to(open_to / desks, right.shape)

    def referred(self, by_hub: Floats) -> Floats:
        """Return where a need is sent by each agency and (last) by hospitals."""
        hub = self.desks.hub
        if hub is not None:
            sent = self.sent(self.desks.knows[hub], by_hub)
            self.to[..., hub, :-1] = sent
            self.to[..., hub, -1] = 1.0 - sent.sum(axis=-1)
        return self.to

    def sent(self, knows: float, right: Floats) -> Floats:
        """Return where people arrive if referred to the right agency with probability `knows`."""
        _, anybody = self.right_and_any()
        known = np.where(right.sum(axis=-1) > 0, knows, 0.0)[..., None]
        sent = known * right + (1.0 - known) * self.world.referral.wrong_referral * anybody
        return np.asarray(sent * self.shows[:, None])

    def referred_by_others(self) -> Floats:
        """Return the referrals by all senders except the coordinating body; these do not change."""
        desks = self.desks
        senders = self.agencies + 1
        to = np.zeros((*self.shape[:2], senders, self.agencies + 1))
        knows = np.append(desks.knows, self.hospital_knows())
        member = np.full(senders, self.world.coordination.participation)
        score = self.competence[:, None, :] * self.open_to()
        for sender in range(senders):
            if sender == desks.hub:
                continue
            others = np.arange(self.agencies) != sender
            over = member[sender] if desks.hub is not None else 0.0
            to[..., sender, :-1] = (1.0 - over) * self.sent(knows[sender], best(score * others))
            if desks.hub is not None:
                to[..., sender, desks.hub] += over
            to[..., sender, -1] = 1.0 - to[..., sender, :-1].sum(axis=-1)
        return to

    def hospital_knows(self) -> float:
        """Return how often hospitals, where needs arise, know the right agency."""
        coordination = self.world.coordination
        knows = next(
            (one.knows for one in self.world.institutions.values() if one.kind == "hospital"), 0.0
        )
        both = coordination.participation**2
        return knows + both * max(coordination.directory - knows, 0.0)

    def start(self, to: Floats) -> Floats:
        """Return where needs begin: sent on by hospitals, or asking the best agency for advice."""
        start = to[..., -1, :].copy()
        right, _ = self.right_and_any()
        place = NEEDS.index(INFORMATION)
        asks = self.care.advice / np.maximum(self.care.needs[INFORMATION], HARDLY)
        start[place] *= 1.0 - asks[:, None]
        start[place, :, :-1] += asks[:, None] * right[place]
        return start

    def serving(self, visits: Floats, serving: Floats) -> Floats:
        """Return the hazard of service of each line at which services do not exceed slots."""
        people = by(words.NATIONALITIES, self.world.demography.nationality_share)
        number = self.care.needs[list(NEEDS)] * people * self.world.city.population
        coming = number[..., None] * visits[..., :-1]
        hub, coordination = self.desks.hub, self.world.coordination
        if hub is not None:
            # One slot of the hub covers all needs of a person; partners also spend time on it.
            cases = number.sum() - (number[NEEDS.index(INFORMATION)] - self.advice(people)).sum()
            coming[..., hub] *= cases / max(number.sum(), HARDLY)
            coming[..., np.arange(self.agencies) != hub] *= (
                1.0 + coordination.overhead * coordination.participation
            )
        hazard = self.of_line(serving)
        served = np.zeros_like(serving)
        for place in range(len(NEEDS)):
            out = self.gives_up_line + self.leaves + self.passing[place]
            mine = coming[place].sum(axis=0) * hazard[place] / (hazard[place] + out)
            np.add.at(served, (np.arange(self.agencies), self.line[place]), mine)
        return np.asarray(
            np.clip(serving * self.desks.slots / np.maximum(served, HARDLY), HARDLY, 1)
        )

    def advice(self, people: Floats) -> Floats:
        """Return requests for advice per day, by nationality."""
        return self.care.advice * people * self.world.city.population


def best(score: Floats) -> Floats:
    """Return 1 at the (first) highest score along the last axis, if there is one above 0."""
    place = score.argmax(axis=-1)
    chosen = np.arange(score.shape[-1]) == place[..., None]
    return np.asarray(chosen & (score.max(axis=-1, keepdims=True) > 0), dtype=np.float64)


def share_afraid(world: World) -> Floats:
    """Return the share whose fear keeps them from following referrals, by nationality."""
    law = world.legal_status
    low, high = law.fear_susceptibility_low, law.fear_susceptibility_high
    limit = world.referral.afraid_above / np.maximum(by(words.LEGAL_STATUSES, law.fear), HARDLY)
    afraid = np.clip((high - limit) / max(high - low, HARDLY), 0.0, 1.0)
    return np.asarray(status_shares(world) @ afraid)
