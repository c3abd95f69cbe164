"""Fear, trust and experience: what happens to one is told in the work group.

Fear of institutions is a person's susceptibility times (fear of the legal status + alarm in the
work group + alarm in the district), plus what a registry adds that the migration service can see;
it lies between 0 and 1. A detection raises the alarm of the group by its share of the group; a raid
raises that of the district by raids per 1,000 migrants. Alarm fades exponentially.

Trust of a group in an option of care moves once a week by the experiences of the week,

    trust += learning * (good (1 - trust) - weight * bad * trust) / max(members, smallest group),

bad ones (refused, charged without warning, reported) weighing more, and relaxes towards the mean of
compatriots. Members are replaced by newcomers, who bring some of the trust that people first have:
trust also moves by newcomers_trust * (1 - exp(-7 / mean stay)) of the way to it a week. The
believed probability of being reported moves in the same way as by experience, from contacts of
members without valid status that ended in a report or did not, and relaxes to what people first
believe. Where a firewall is announced, it also falls by announcement_learning * announced * share
of the group that knows the rules of registration, whether or not the firewall holds: reports that
go on are told and raise it again.

People think again when this has changed by more than `noticed` since they last did: small changes
add up, in the group week by week and for the alarm of the district day by day.

Parameters: `conf/parameters/experience.yaml`, `legal_status.fear`. Neutral state: weights and
learning 0 (fear follows legal status alone, trust and beliefs stay where they started);
`newcomers_trust` at 0 (they trust what the group trusts); `firewall_announced` at 0.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.config.entries import by, parameter_record
from sim.config.world import World
from sim.engine.calendar import DAYS_A_WEEK
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import AHEAD, prefetch_record
from sim.engine.records import Record
from sim.submodels.submodel import Submodel

OPTIONS, NATIONALITIES = len(words.OPTIONS), len(words.NATIONALITIES)
REGISTERED = words.LegalStatus.REGISTERED.value
IRREGULAR = words.LegalStatus.IRREGULAR.value
REGISTRATION_RULES = words.Knowledge.REGISTRATION.value


class Experience(Submodel):
    """What work groups feel and believe."""

    def prepare(self, world: World) -> None:
        """Turn memories into weekly factors."""
        experience, seeking = world.experience, world.care_seeking
        daily_memory = float(np.exp(-1.0 / experience.fear_memory))
        self.parameters = parameter_record(
            experience,
            fear_of_status=by(words.LEGAL_STATUSES, world.legal_status.fear),
            fear_of_sharing=world.coordination.fear_of_sharing,
            announced=world.information.firewall_announced,
            first_belief=by(words.OPTIONS, seeking.believed_reporting),
            first_trust=by(words.OPTIONS, seeking.trust),
            weekly_renewal=experience.newcomers_trust
            * -float(np.expm1(-DAYS_A_WEEK / world.demography.mean_stay)),
            daily_memory=daily_memory,
            weekly_memory=daily_memory**DAYS_A_WEEK,
            weekly_relaxation=1.0 - 0.5 ** (DAYS_A_WEEK / experience.trust_half_life),
        )

    def talk(self) -> None:
        """Let a seventh of the work groups talk over their week."""
        talk(self.model.city())


# --- rules -----------------------------------------------------------------------------------


@compiled
def fear_of(city: City, migrant: Record) -> float:
    """Return a person's fear of contact with institutions, 0-1."""
    experience = city.parameters.experience
    group = city.work_groups[migrant.work_group]
    alarm = group.alarm + city.counts[0].alarm[migrant.district]
    fear = migrant.fear_susceptibility * (experience.fear_of_status[migrant.legal_status] + alarm)
    if migrant.in_shared_registry or group.shared > 0:
        fear += experience.fear_of_sharing
    return min(max(fear, 0.0), 1.0)


@compiled
def has_something_to_fear(migrant: Record) -> bool:
    """Return True if a person could be reported at all."""
    return migrant.legal_status in (REGISTERED, IRREGULAR)


@compiled
def tell_group(city: City, migrant: Record, option: int, good: bool) -> None:
    """Let the group hear of an experience with an option of care."""
    if option < 0:
        return
    group = city.work_groups[migrant.work_group]
    if good:
        group.good[option] += 1
    else:
        group.bad[option] += 1


@compiled(allocates=True)
def note_mean_trust(city: City) -> None:
    """Note the mean trust of each nationality's groups in each option; it moves slowly."""
    people, trust = np.zeros(NATIONALITIES), np.zeros((NATIONALITIES, OPTIONS))
    for number in range(len(city.work_groups)):
        group = city.work_groups[number]
        people[group.nationality] += group.members
        for option in range(OPTIONS):
            trust[group.nationality, option] += group.members * float(group.trust[option])
    for nationality in range(NATIONALITIES):
        if people[nationality] > 0:
            for option in range(OPTIONS):
                mean = trust[nationality, option] / max(people[nationality], 1.0)
                city.counts[0].trust[nationality, option] = mean


@compiled
def talk(city: City) -> None:
    """Let every seventh group talk over its week: trust, beliefs and alarm move."""
    experience, mean_trust = city.parameters.experience, city.counts[0].trust
    calm_down(city)
    weekday = city.today % DAYS_A_WEEK
    if weekday == 0:
        note_mean_trust(city)
    for number in range(weekday, len(city.work_groups), DAYS_A_WEEK):
        soon = number + AHEAD * DAYS_A_WEEK
        prefetch_record(city.work_groups, min(soon, len(city.work_groups) - 1))
        group = city.work_groups[number]
        people = max(float(group.members), experience.smallest_group)
        believed = 1.0
        if experience.announced > 0.0:
            heard = group.informed[REGISTRATION_RULES] / max(float(group.members), 1.0)
            believed -= experience.announcement_learning * experience.announced * heard
        change = group.alarm * (1.0 - experience.weekly_memory)
        group.alarm *= experience.weekly_memory
        for option in range(OPTIONS):
            trust, belief = group.trust[option], group.believed_reporting[option]
            mean = mean_trust[group.nationality, option]
            new_trust = learned(
                trust, group.good[option], group.bad[option], experience.trust_learning, people,
                experience.bad_experience_weight, mean, experience.weekly_relaxation,
            )  # fmt: skip
            first = experience.first_trust[option]
            new_trust += experience.weekly_renewal * (first - new_trust)
            new_belief = learned(
                belief, group.reported[option], group.uneventful[option],
                experience.belief_learning, people, 1.0, experience.first_belief[option],
                experience.weekly_relaxation,
            )  # fmt: skip
            new_belief *= believed
            change = max(change, abs(new_trust - trust), abs(new_belief - belief))
            group.trust[option] = new_trust
            group.believed_reporting[option] = new_belief
        group.good[:] = 0
        group.bad[:] = 0
        group.uneventful[:] = 0
        group.reported[:] = 0
        group.unnoticed += change
        if group.unnoticed > experience.noticed:
            group.unnoticed = 0.0
            group.changed_on = city.today


@compiled
def calm_down(city: City) -> None:
    """Let the alarm in the districts fade by a day, which is noticed once it adds up."""
    experience, counts = city.parameters.experience, city.counts[0]
    for district in range(len(words.DISTRICTS)):
        counts.faded[district] += counts.alarm[district] * (1.0 - experience.daily_memory)
        counts.alarm[district] *= experience.daily_memory
        if counts.faded[district] > experience.noticed:
            counts.faded[district] = 0.0
            counts.alarmed_on[district] = city.today


@compiled
def learned(
    opinion: float,
    towards_one: int,
    towards_zero: int,
    learning: float,
    people: float,
    weight_of_zero: float,
    common: float,
    relaxation: float,
) -> float:
    """Return an opinion (0-1) after a week of experiences and of relaxation to a common one."""
    moved = opinion
    if towards_one > 0 or towards_zero > 0:
        pull = towards_one * (1.0 - opinion) - weight_of_zero * towards_zero * opinion
        moved = min(max(opinion + learning * pull / people, 0.0), 1.0)
    return moved + relaxation * (common - moved)
