"""Coordination: who takes part, and what institutions know of each other.

A coordinating body is a set of instruments, each a lever of its own: participation (rolled out over
time), a directory, a registry with consent and a firewall, a hub with a capacity and a routing
rule, a priority rule, a joint fund. An institution takes part as soon as its own fixed draw lies
below the participation of the day. What staff know of another institution grows with every need
settled together and falls back to the base level as staff change; a directory lifts the base of
members. (For the registry see `navigation`, for the hub `casework`, for the fund `funding`.)

Parameters: `conf/parameters/coordination.yaml`, `conf/city/` (`knows`). Neutral state: all
instruments at 0, as in 2018.
"""

import numpy as np

from sim import vocabulary as words
from sim.agents.city import City
from sim.config.world import World
from sim.engine.calendar import DAYS_A_YEAR
from sim.engine.jit.compiled import compiled
from sim.engine.types import Floats
from sim.submodels.submodel import Submodel
from sim.vocabulary import Purpose


class Coordination(Submodel):
    """Membership and mutual knowledge."""

    def prepare(self, world: World) -> None:
        """Let institutions join as far as participation has come."""
        model, agencies = self.model, self.model.agencies
        count, clinics = len(agencies), model.clinics
        u = model.draws.peek_uniform(
            Purpose.JOINS_COORDINATION, np.arange(count + len(clinics.units))
        )
        joined = u < world.coordination.participation
        joined[agencies.of_kind("coordination")] = world.coordination.participation > 0
        agencies.set_members(joined[:count])
        clinics.set_members(joined[count:])
        # Of a kind of clinics, that share knows the directory which has joined.
        kinds = len(words.INSTITUTION_KINDS)
        units = np.maximum(np.bincount(clinics.kind, minlength=kinds), 1)
        share = np.bincount(clinics.kind, weights=joined[count:], minlength=kinds) / units
        knows_it = np.concatenate([joined[:count].astype(np.float64), share])
        listed = knows_it[:, None] * joined[None, :count]
        base = agencies.base_knowledge
        known = np.maximum(base, world.coordination.directory)
        self.base = base + listed * (known - base)
        self.staff_stays = (1.0 - world.referral.staff_turnover) ** (1.0 / DAYS_A_YEAR)

    def learn_about_each_other(self) -> None:
        """Let staff learn from needs settled together, and knowledge leave with them."""
        joint_learning = self.model.world.referral.joint_learning
        learn_about_each_other(self.model.city(), self.base, self.staff_stays, joint_learning)


# --- rules -----------------------------------------------------------------------------------


@compiled
def learn_about_each_other(
    city: City, base: Floats, staff_stays: float, joint_learning: float
) -> None:
    """Let staff learn from needs settled together; what they know beyond `base` fades.

    A directory is read at once.
    """
    for one in range(base.shape[0]):
        for other in range(base.shape[1]):
            ignorance = 1.0 - city.knowledge[one, other]
            times = city.closed_together[one, other]
            if times > 0:
                ignorance *= (1.0 - joint_learning) ** times
                city.closed_together[one, other] = 0
            known = max(1.0 - ignorance, base[one, other])
            city.knowledge[one, other] = (known - base[one, other]) * staff_stays + base[one, other]
