"""People followed through one small city in two scenarios, with all that is needed to check it.

The city is dearer, stricter and readier to report than Almaty, and severe illness is graver, so
that rare refusals and endings are there. Other barriers are off (see `test_story_barriers`).
"""

from dataclasses import dataclass, field, replace

import numpy as np

from experiments.story.narrative import Narrative
from experiments.story.needs import narrate
from experiments.story.study import CASES, candidates, told_of
from experiments.story.tracer import Event, FollowedModel, PersonTracer, Snapshot
from experiments.story.weighing import Weighing
from sim import vocabulary as words
from sim.agents.migrant import NEVER
from sim.agents.task import Ending, Move
from sim.config.world import World
from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.worlds import NEUTRAL

DAYS = 160
CHANGED = {
    "payment.price.private_visit": 150_000.0, "payment.price.polyclinic_visit": 90_000.0,
    "payment.price.hospital_visit": 100_000.0, "payment.price.bed_day": 60_000.0,
    "payment.wrongful_refusal": 0.4, "employment.pays_in_kind": 1.0,
    "coordination.participation": 0.8, "coordination.matching": 0.9, "coordination.recall": 0.8,
    "referral.duplication": 0.5, "agencies.migration_service.reports": 0.5,
    "agencies.foundation.competence.payment": 0.9, "illness.infection_rate.uzbekistan": 0.3,
    "care_seeking.patience": 1.0, "care_seeking.reneging": 0.5,
    "institutions.polyclinic.capacity": 2.0, "enforcement.intensity": 2.0,
    "illness.death.acute.severe": 0.05, "illness.death.injury.severe": 0.05,
    "illness.death.maternity.severe": 0.05, "illness.death.chronic.severe": 0.05,
}  # fmt: skip
LOGGED_ON = {
    "visits": "served_on", "handovers": "day", "closed_needs": "ended_on",
    "closed_episodes": "ended_on", "leavers": "left_on",
}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """A block of the day in which something happened to somebody, and what was said of it."""

    day: int
    block: str
    before: Snapshot
    after: Snapshot
    weighed: dict[int, Weighing]
    events: list[Event]


@dataclass
class Followed:
    """One scenario, with followers and without."""

    past: AlmatyModel
    model: FollowedModel
    plain: AlmatyModel
    measures: dict[int, list[tuple[int, bool]]]
    told: dict[int, Narrative]
    moments: dict[int, list[Moment]] = field(default_factory=dict)

    def events(self, source: str) -> list[tuple[int, Event]]:
        return [
            (person, event)
            for person, one in self.told.items()
            for event in one.events
            if event.source == source
        ]

    def entry(self, event: Event) -> dict[str, int]:
        log = getattr(self.plain, event.source)
        return {name: log[name][event.entry].item() for name in log.dtypes}

    def entries_of(self, person: int, source: str) -> set[tuple[int, ...]]:
        """Return a person's entries of a log, each with its day first."""
        log = getattr(self.plain, source)
        columns = [LOGGED_ON[source], *(name for name in log.dtypes if name != "coordinated")]
        mine = np.flatnonzero(log["person"] == person)
        return {tuple(int(log[name][place]) for name in columns) for place in mine}

    def all_moments(self) -> list[Moment]:
        return [moment for seen in self.moments.values() for moment in seen]

    def moment_of(self, person: int, event: Event) -> Moment:
        return next(
            one for one in self.moments[person] if any(event is other for other in one.events)
        )

    @property
    def world(self) -> World:
        return self.plain.world


def lived(past: AlmatyModel, name: str) -> tuple[AlmatyModel, dict[int, list[tuple[int, bool]]]]:
    """Run a scenario without followers, and note whom the police acted upon on which day."""
    model = past.fork(replace(past.specification.with_policy(name), world=past.specification.world))
    measures: dict[int, list[tuple[int, bool]]] = {}
    for day in range(DAYS):
        people = model.migrants
        rows = people.rows
        so_far = dict(zip(people.pid[rows].tolist(), people.detections[rows].tolist(), strict=True))
        model.step()
        rows = people.rows
        for row in rows[people.detections[rows] > 0].tolist():
            person = int(people.pid[row])
            if people.detections[row] > so_far.get(person, 0):
                measures.setdefault(person, []).append((day, bool(people.to_be_removed[row])))
    return model, measures


def people_of_all_kinds(
    models: list[AlmatyModel], measures: dict[int, list[tuple[int, bool]]]
) -> list[int]:
    """Return few people with, together, every case, result, move, ending and police measure."""
    groups = [{person for person, _ in candidates(models[:1], case, 0)} for case in CASES]
    groups += [
        {one for one in measures if measures[one][0][1] is removed} for removed in (False, True)
    ]
    for model in models:
        for log, column in (
            ("visits", "result"), ("visits", "in_kind"), ("handovers", "move"),
            ("closed_needs", "ending"), ("closed_episodes", "outcome"),
        ):  # fmt: skip
            table = getattr(model, log)
            codes = table[column]
            groups += [set(table["person"][codes == one].tolist()) for one in np.unique(codes)]
        turned_away = model.handovers["move"] == Move.TURNED_AWAY
        who, where = (model.handovers[name][turned_away] for name in ("person", "origin"))
        groups += [set(who[where == one].tolist()) for one in np.unique(where)]
    chosen: set[int] = set()
    for group in sorted(groups, key=len):
        if group and not group & chosen:
            # Somebody about whom there is much to tell.
            chosen.add(max(sorted(group), key=lambda one: sum(one in other for other in groups)))
    return sorted(chosen)


def follow_people_of_all_kinds() -> list[Followed]:
    """Run both scenarios, with and without followers of the same people."""
    past = AlmatyModel(city(population=3000, days=DAYS, changed={**NEUTRAL, **CHANGED}))
    runs = [lived(past, name) for name in ("baseline", "hub_medium")]
    people = people_of_all_kinds([model for model, _ in runs], runs[0][1])
    return [
        replace(follow(past, plain, people, DAYS), measures=measures) for plain, measures in runs
    ]


def follow(past: AlmatyModel, plain: AlmatyModel, people: list[int], days: int) -> Followed:
    """Run the scenario of a branch again, with followers of some people."""
    moments: dict[int, list[Moment]] = {person: [] for person in people}

    def record(tracer: PersonTracer, block: str, before: Snapshot, after: Snapshot) -> None:
        said = len(tracer.events)
        narrate(tracer, block, before, after)
        moments[int(tracer.person)].append(
            Moment(tracer.model.day, block, before, after, tracer.weighed, tracer.events[said:])
        )

    model = FollowedModel(
        plain.specification, past, [PersonTracer(person, record) for person in people]
    )
    model.run_for(days)
    told = dict(zip(people, told_of(model), strict=True))
    return Followed(past, model, plain, {}, told, moments)


LOST = {
    "ives up": Ending.GIVEN_UP, "contact is lost": Ending.LOST_CONTACT,
    "leaves the city": Ending.LEFT, "dies before": Ending.DIED,
}  # fmt: skip
"""What is said of needs that ended unsettled."""
PLACES = {
    "mobile_clinic": "mobile clinic", "private": "private doctor",
    "tb_dispensary": "tuberculosis dispensary",
}  # fmt: skip


def place_of(one: Followed, name: str) -> str:
    agency = one.world.agencies.get(name)
    return PLACES.get(name, name) if agency is None else agency.summary.split(":")[0].split(" (")[0]


def means(world: World, migrant: np.void) -> float:
    limit = world.money.borrowing_limit * float(migrant["credit"])
    credit = limit * float(migrant["wage"]) - float(migrant["debt"])
    return float(migrant["savings"]) + max(credit, 0.0)


def prices(world: World, migrant: np.void, episode: np.void, option: str) -> tuple[float, float]:
    """Return the price a person expects and the true one, from the rules in words."""
    price, rules = world.payment.price, world.legal_rules(world.city.start_date)
    payers = rules.payer[migrant["nationality"], migrant["legal_status"]]
    by = {name: words.PAYERS[code] for name, code in zip(words.SERVICES, payers, strict=True)}
    severe = episode["severity"] >= words.SEVERE
    infection = words.KINDS[int(episode["kind"])] == "infection" and by["infection"] == "state"
    true = 0.0
    if option in ("polyclinic", "mobile_clinic") and by["polyclinic"] != "state" and not infection:
        true = price["polyclinic_visit"]
    elif option == "private":
        true = price["private_visit"]
    elif option == "home":
        true = price["bus_home"]
    elif option == "ambulance" and by["ambulance"] != "state":
        true = price["ambulance_run"]
    elif option == "hospital" and severe and by["emergency"] != "state":
        true = price["hospital_stay"]
    elif option == "hospital" and not severe and by["hospital"] != "state" and not infection:
        true = price["hospital_visit"]
    if severe and option in ("ambulance", "hospital") and by["hospital"] != "state":
        days = world.care_seeking.days_foreseen - world.payment.state_paid_days_after_emergency
        true += max(days, 0.0) * price["bed_day"]
    believed = {
        "ambulance": world.care_seeking.believed_ambulance_price,
        "hospital": world.care_seeking.believed_hospital_price,
    }
    if option in believed and not migrant["knows"][words.Knowledge.EMERGENCY_RIGHT]:
        return believed[option] * float(migrant["wage"]), true
    return true, true


def cause_of_need(world: World, task: np.void, episode: np.void, migrant: np.void) -> str:
    """Return what must be said of why a need came up, from the rules in words."""
    name, serves_care = words.NEEDS[int(task["need"])], task["option"] >= 0
    if name == "payment":
        return "care was refused" if serves_care else "a hospital bill"
    if name == "documents":
        if task["option"] == words.Option.POLYCLINIC:
            return "the polyclinic asked"
        return "the hospital asked" if serves_care else "the way home"
    if name == "shelter":
        if task["goes_home"]:
            return "cannot pay for it"
        unable = episode["disabled_days"] > world.referral.unable_days
        jobless = migrant["jobless_since"] < NEVER
        if not unable and jobless and episode["came_up_at"] < 0:
            return "lost work"
        return "unable to work" if unable else "nowhere to stay"
    if episode["asks_agency"] >= 0:
        return "has decided to ask"
    informed = migrant["knows"][words.Knowledge.WHO_HELPS]
    assert not (informed and migrant["manages_language"])
    return "no common language" if informed else "does not know who helps"
