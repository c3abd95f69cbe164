"""Almaty Health Access: how labour migrants in Almaty reach, or do not reach, health care.

>>> from sim import AlmatyModel, load_scenario
>>> scenario = load_scenario("baseline", overrides=["city.population=500", "seed=7"])
>>> model = AlmatyModel(scenario)
>>> model.run_for(10)
>>> list(model.indicators().columns)[:4]
['code', 'indicator', 'detail', 'by']
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.3.0"
DIGEST_RULE = 2
"""Version of the rule for `AlmatyModel.digest`: digests of different rules cannot be compared.
(Rule 1 was a hash of the bytes in memory.)"""
__all__ = ["AlmatyModel", "ConfigurationError", "Migrant", "load_scenario", "policy_cost"]

if TYPE_CHECKING:
    from sim.agents.migrant import Migrant
    from sim.config.configuration import ConfigurationError
    from sim.config.loading import load_scenario
    from sim.config.policy_cost import policy_cost
    from sim.model import AlmatyModel

_HOMES = {
    "AlmatyModel": "sim.model",
    "ConfigurationError": "sim.config.configuration",
    "Migrant": "sim.agents.migrant",
    "load_scenario": "sim.config.loading",
    "policy_cost": "sim.config.policy_cost",
}


def __getattr__(name: str) -> Any:
    """Import public names on first use, so that `--help` stays quick."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
