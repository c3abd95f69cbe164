"""A ledger: every amount leaves one account and enters another.

A flow is a kind of transfer between two accounts, e.g. wages from employers to workers. The ledger
keeps the sum of every flow in whole units of money; balances follow from these sums and always add
up to zero. Whether the books are *right* is another question: for that, each balance must equal the
money that the holders of that account have.
"""

from collections.abc import Mapping

import numpy as np

from sim.engine.types import Integers


class Chart:
    """A chart of accounts: which flows there are, from where to where.

    Parameters
    ----------
    flows : mapping of str to (str, str)
        Account that pays and account that receives, by the name of the flow.

    Examples
    --------
    >>> chart = Chart({"wages": ("employers", "workers"), "rent": ("workers", "landlords")})
    >>> chart.balances(np.array([500, 200]))
    {'employers': -500, 'workers': 300, 'landlords': 200}
    """

    def __init__(self, flows: Mapping[str, tuple[str, str]]) -> None:
        self.flows = dict(flows)
        self.names = tuple(flows)
        self.accounts = tuple(dict.fromkeys(account for pair in flows.values() for account in pair))
        self._paid = np.array([self.accounts.index(pays) for pays, _ in flows.values()])
        self._received = np.array([self.accounts.index(gets) for _, gets in flows.values()])

    def number(self, name: str) -> int:
        """Return the number of a flow."""
        return self.names.index(name)

    def balances(self, amounts: Integers) -> dict[str, int]:
        """Return what each account holds after these amounts, one per flow."""
        balance = np.zeros(len(self.accounts), dtype=np.int64)
        np.subtract.at(balance, self._paid, amounts)
        np.add.at(balance, self._received, amounts)
        return dict(zip(self.accounts, balance.tolist(), strict=True))
