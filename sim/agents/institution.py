"""Institutions as Mesa agents: objects that show what the tables of the model hold."""

from typing import Any, ClassVar

import mesa

from sim.engine.agentset.column import BelongsToModel


class Institution(BelongsToModel, mesa.Agent[Any]):
    """One institution. Its name and its place in the tables cannot be changed."""

    fixed: ClassVar[frozenset[str]] = frozenset(
        ("number", "name", "kind", "institution", "district")
    )

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.fixed and name in vars(self):
            raise AttributeError(
                f"{type(self).__name__}.{name} cannot be set: levers change what institutions do"
            )
        super().__setattr__(name, value)

    def remove(self) -> None:
        """Refuse to remove it: institutions stay for the whole run."""
        raise TypeError(f"a {type(self).__name__} stays for the whole run: set its capacity to 0")

    def leave(self) -> None:
        """Deregister the institution from Mesa, when all agents are removed."""
        super().remove()
