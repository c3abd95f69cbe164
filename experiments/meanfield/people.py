"""Mean field of people: classes that decide alike, by papers, knowledge, work and purse.

A class has a nationality, a legal status, the language or not, knowledge or not of the emergency
right and of registration, one of two wages, a reserve and a credit, and a contract or not, with an
agreement with a clinic or without. The laws of reserve and credit are those of
`sim.submodels.money`, at a few nodes of a quadrature; cash is that of a mean month.
"""

from dataclasses import dataclass

import numpy as np

from sim import vocabulary as words
from sim.config.entries import by, by_two
from sim.config.world import World
from sim.engine.types import Booleans, Floats, Integers
from sim.submodels.legal_status import EAEU_CONTRACT, PERMIT

NODES = 3
"""Nodes for reserves above 0, and for credit."""
CONTRACT, WORKS_CLINIC = 1, 2
"""Kinds of work from which there is a contract, and with which there is a clinic (0: neither)."""
EMERGENCY_RIGHT = words.Knowledge.EMERGENCY_RIGHT.value
REGISTRATION = words.Knowledge.REGISTRATION.value


@dataclass(frozen=True)
class People:
    """Classes of people; all arrays are by class.

    Attributes
    ----------
    nationality, status : places in the vocabulary
    manages_language, knows_right, knows_rules, contract, works_clinic : yes or no
    wage, cash, credit : KZT (a month; in hand; that lenders would lend)
    share : share of the nationality that these are, knowledge aside
    """

    nationality: Integers
    status: Integers
    manages_language: Booleans
    knows_right: Booleans
    knows_rules: Booleans
    contract: Booleans
    works_clinic: Booleans
    wage: Floats
    cash: Floats
    credit: Floats
    share: Floats

    def weights(self, aware: Floats) -> Floats:
        """Return the share of its nationality that each class is, given who knows what."""
        weights = self.share.copy()
        for item, knows in ((EMERGENCY_RIGHT, self.knows_right), (REGISTRATION, self.knows_rules)):
            informed = aware[self.nationality, item]
            weights *= np.where(knows, informed, 1.0 - informed)
        return weights

    def by_nationality(self, values: Floats) -> Floats:
        """Add up values of classes by nationality."""
        return np.bincount(self.nationality, values, len(words.NATIONALITIES))


def people_of(world: World) -> People:
    """Return the classes of a world that somebody is in."""
    status, work, wages = status_shares(world), work_shares(world), wages_of(world)
    cash, credit, purse = purses_of(world)
    manages = by(words.NATIONALITIES, world.demography.manages_language)
    language = np.stack([1.0 - manages, manages], axis=-1)
    share = np.einsum("ns,nl,p,sj->nslpj", status, language, purse, work)
    share = share[:, :, :, None, None, None] / len(wages)
    share = np.broadcast_to(share, (*share.shape[:3], 2, 2, len(wages), *share.shape[6:]))
    nationality, legal_status, speaks, right, rules, wage, in_purse, job = np.nonzero(share)
    return People(
        nationality=nationality,
        status=legal_status,
        manages_language=speaks == 1,
        knows_right=right == 1,
        knows_rules=rules == 1,
        contract=job >= CONTRACT,
        works_clinic=job == WORKS_CLINIC,
        wage=wages[wage],
        cash=cash[in_purse] * wages[wage],
        credit=credit[in_purse] * wages[wage],
        share=share[share > 0.0],
    )


def status_shares(world: World) -> Floats:
    """Return shares of legal statuses of residents, shape (nationalities, statuses)."""
    return by_two(words.NATIONALITIES, words.LEGAL_STATUSES, world.legal_status.share_of_residents)


def work_shares(world: World) -> Floats:
    """Return shares without a contract, with one, and with a clinic, shape (statuses, 3).

    A permit of the Eurasian union hangs on the contract; others who may work have one if their
    employer gives contracts.
    """
    employment = world.employment
    contract = np.zeros(len(words.LEGAL_STATUSES))
    contract[: PERMIT + 1] = employment.formal_share
    contract[EAEU_CONTRACT] = 1.0
    clinic = contract * employment.works_clinic_share
    return np.stack([1.0 - contract, contract - clinic, clinic], axis=-1)


def wages_of(world: World) -> Floats:
    """Return a low and a high wage, one sigma either way, equally likely, in KZT a month."""
    money = world.money
    sectors = by(words.SECTORS, world.demography.sector_share)
    median = sectors @ by(words.SECTORS, money.wage_median)
    return np.asarray(money.wage_factor * median * np.exp(money.wage_sigma * np.array([-1.0, 1.0])))


def purses_of(world: World) -> tuple[Floats, Floats, Floats]:
    """Return cash and credit in monthly wages, and the share of people, by node.

    People keep nothing with probability `hand_to_mouth`, else a reserve of a beta distribution;
    savings settle where a month adds as much as is sent home above the reserve.
    """
    money, mean = world.money, world.money.reserve
    node, weight = np.polynomial.legendre.leggauss(NODES)
    weight = weight / 2.0
    drawn = 1.0 - (1.0 - (node + 1.0) / 2.0) ** (mean / (1.0 - mean))
    reserve = np.append(0.0, mean + money.reserve_spread * (drawn - mean))
    share = np.append(money.hand_to_mouth, (1.0 - money.hand_to_mouth) * weight)
    remitted = np.append(money.remitted_without_reserve, np.full(NODES, money.remitted))
    adds = 1.0 - money.living_cost - reserve
    savings = np.maximum((reserve + (1.0 - remitted) * adds) / np.maximum(remitted, 1e-9), 0.0)
    lenders = 1.0 + money.credit_spread * node
    some = np.append(money.credit_without_reserve, np.ones(NODES))
    credit = money.borrowing_limit * some[:, None] * lenders
    purse = share[:, None] * weight
    return np.repeat(savings, NODES), credit.ravel(), purse.ravel()
