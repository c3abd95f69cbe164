"""Columns, and rows seen as Mesa agents."""

from typing import TYPE_CHECKING, Any, Self, overload

import mesa
import numpy as np
from numpy.typing import DTypeLike

from sim.engine.arrays import Column as Values

if TYPE_CHECKING:
    from sim.engine.cohort import Cohort


class Column:
    """Declaration of one state variable.

    Parameters
    ----------
    dtype : numpy dtype
        Type of the stored values.
    meaning : str
        One line for the state-variable table of the ODD.
    unit : str, default ""
        Unit of the values.
    default : scalar, default 0
        Value of a new row that is given none.
    labels : tuple of str, optional
        Names of the codes 0, 1, 2, ...; views and `get` speak in labels.
    width : int, optional
        Number of values a row, for a vector-valued state variable.
    scanned : bool, default False
        Kept in an array of its own, because everybody's value is looked through every day.
    often : bool, default False
        Lies at the head of the record, together with all else that is often looked at.
    """

    def __init__(
        self,
        dtype: DTypeLike,
        meaning: str,
        *,
        unit: str = "",
        default: float | bool = 0,
        labels: tuple[str, ...] | None = None,
        width: int | None = None,
        scanned: bool = False,
        often: bool = False,
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.meaning = meaning
        self.unit = unit
        self.default = default
        self.labels = labels
        self.width = width
        self.shape = () if width is None else (width,)
        self.scanned = scanned
        self.often = often
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, cohort: None, owner: type) -> Self: ...
    @overload
    def __get__(self, cohort: "Cohort[Any]", owner: type) -> Values: ...
    def __get__(self, cohort: "Cohort[Any] | None", owner: type) -> "Self | Values":
        # Only the declaration itself gets here: a cohort's arrays lie in its own dictionary,
        # which Python asks first.
        if cohort is None:
            return self
        raise AttributeError(self.name)

    def encode(self, value: Any) -> Any:
        """Return the stored form of a user's value (labels become codes)."""
        if self.labels is not None and isinstance(value, str):
            return self.labels.index(value)
        return value

    def decode(self, values: Values) -> list[Any]:
        """Return stored values as plain Python values (codes become labels)."""
        if self.labels is None:
            return list(values.tolist())
        # An unset code (-1) has no label.
        labels = np.array([*self.labels, None], dtype=object)
        return list(labels[values].tolist())


class RowView(mesa.Agent[Any]):
    """One row of a cohort, as a `mesa.Agent`.

    Attributes are the cohort's columns: reading takes the value from the array, assigning
    writes it there. Two views of one agent are equal.
    """

    _cohort: "Cohort[Any]"
    _row: int
    pid: int

    def __init__(self, cohort: "Cohort[Any]", row: int) -> None:
        # Deliberately without mesa.Agent.__init__: the cohort already keeps the agent.
        object.__setattr__(self, "_cohort", cohort)
        object.__setattr__(self, "_row", row)
        object.__setattr__(self, "pid", int(cohort.pid[row]))

    @property
    def model(self) -> Any:
        """The model the agent lives in."""
        return self._cohort.model

    @property
    def unique_id(self) -> int:  # type: ignore[override]  # Mesa stores it
        """The permanent identity, unique among the agents of one type."""
        return self.pid

    @property
    def row(self) -> int:
        """Row number in the cohort's columns.

        Raises
        ------
        LookupError
            If the agent has left and the row is free or somebody else's.
        """
        if not (self._cohort.occupied[self._row] and self._cohort.pid[self._row] == self.pid):
            raise LookupError(f"{type(self).__name__} {self.pid} is no longer in the model")
        return self._row

    def __getattr__(self, name: str) -> Any:
        # During unpickling the slots are not there yet; never recurse into them.
        if name.startswith("_"):
            raise AttributeError(name)
        column = self._cohort.columns.get(name)
        if column is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return column.decode(self._cohort.__dict__[name][self.row : self.row + 1])[0]

    def __setattr__(self, name: str, value: Any) -> None:
        column = self._cohort.columns.get(name)
        if column is None or name == "pid":
            raise AttributeError(f"{type(self).__name__!r} has no settable attribute {name!r}")
        self._cohort.__dict__[name][self.row] = column.encode(value)

    def remove(self) -> None:
        """Take the agent out of its cohort."""
        self._cohort.remove_rows(np.array([self.row]))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RowView) and self._cohort is other._cohort and self.pid == other.pid
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.pid))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pid}>"
