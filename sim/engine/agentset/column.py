"""Columns, and rows seen as Mesa agents."""

from difflib import get_close_matches
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self, overload

import mesa
import numpy as np
from numpy.typing import DTypeLike

from sim.engine.types import Column as Values

if TYPE_CHECKING:
    from sim.engine.agentset.cohort import Cohort


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
        Value of a new row if none is given.
    labels : tuple of str, optional
        Names of the codes 0, 1, 2, ...; views and `get` use labels.
    width : int, optional
        Number of values per row, for a vector-valued state variable.
    shape : tuple of int, optional
        Shape of the values of a row instead, if they form a table.
    separate : bool, default False
        Stored in a separate array, because the values of all agents are scanned every day.
    hot : bool, default False
        Stored at the head of the record, together with other frequently read fields.
    derived : bool, default False
        Follows from the rest of the state, or from the world of the day, and is not part of the
        state.
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
        shape: tuple[int, ...] = (),
        separate: bool = False,
        hot: bool = False,
        derived: bool = False,
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.meaning = meaning
        self.unit = unit
        self.default = default
        self.labels = labels
        self.width = width
        self.shape = shape if width is None else (width,)
        self.separate = separate
        self.hot = hot
        self.derived = derived
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, table: None, owner: type) -> Self: ...
    @overload
    def __get__(self, table: object, owner: type) -> Values: ...
    def __get__(self, table: object, owner: type) -> "Self | Values":
        # Only the declaration itself gets here: the arrays of a cohort or a table are in the
        # instance dictionary, which Python looks up first.
        if table is None:
            return self
        raise AttributeError(self.name)

    def encode(self, value: Any, low: float = -np.inf, high: float = np.inf) -> Any:
        """Return the stored form of a user's value (labels become codes).

        Parameters
        ----------
        value : scalar, label, or sequence of `width` scalars
        low, high : float
            Range the numbers must be in, besides that of the type.

        Raises
        ------
        TypeError, ValueError
            If the value has another shape, is not a number, is an unknown label, or is out of
            range.
        """
        if self.width is None:
            return self._encode_one(value, low, high)
        given = np.asarray(value)
        if given.shape != self.shape:
            raise ValueError(
                f"{self.name}: takes {self.width} values, not an array of shape {given.shape}"
            )
        return [self._encode_one(one, low, high) for one in given.tolist()]

    def _encode_one(self, value: Any, low: float, high: float) -> Any:
        if self.labels is not None:
            return self._code(value)
        if self.dtype == np.bool_:
            if isinstance(value, bool | np.bool_) or (isinstance(value, Real) and value in (0, 1)):
                return bool(value)
            raise TypeError(f"{self.name} = {value!r}: must be True or False")
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            raise TypeError(f"{self.name} = {value!r}: must be a number")
        if np.issubdtype(self.dtype, np.integer):
            if not isinstance(value, Integral) and not float(value).is_integer():
                raise ValueError(f"{self.name} = {value}: must be a whole number")
            value = int(value) if isinstance(value, Integral) else int(float(value))
        limits: Any = (
            np.iinfo(self.dtype) if np.issubdtype(self.dtype, np.integer) else np.finfo(self.dtype)
        )
        lowest, highest = max(low, limits.min), min(high, limits.max)
        if not lowest <= value <= highest:  # nor is NaN
            unit = f" ({self.unit})" if self.unit else ""
            raise ValueError(
                f"{self.name} = {value}: must lie between {lowest:g} and {highest:g}{unit}"
            )
        return value

    def _code(self, value: Any) -> int:
        """Return the code of a label; a code itself is accepted too."""
        assert self.labels is not None
        if isinstance(value, str):
            if value in self.labels:
                return self.labels.index(value)
            close = get_close_matches(value, self.labels, n=1, cutoff=0.5)
            hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(self.labels)}"
            raise ValueError(f"{self.name}: unknown '{value}': {hint}")
        if isinstance(value, Integral) and not isinstance(value, bool | np.bool_):
            if 0 <= int(value) < len(self.labels):
                return int(value)
            raise ValueError(
                f"{self.name} = {value}: must be one of {', '.join(self.labels)}, or a code from "
                f"0 to {len(self.labels) - 1}"
            )
        raise TypeError(f"{self.name} = {value!r}: must be one of {', '.join(self.labels)}")

    def decode(self, values: Values) -> list[Any]:
        """Return stored values as plain Python values (codes become labels)."""
        if self.labels is None:
            return list(values.tolist())
        # An unset code (-1) has no label.
        labels = np.array([*self.labels, None], dtype=object)
        return list(labels[values].tolist())


class BelongsToModel:
    """A part of a model, which can be copied only together with the model."""

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} is copied with its model: copy.deepcopy(model)")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} is a part of its model and cannot be pickled")


class RowView(BelongsToModel, mesa.Agent[Any]):
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
        """A number that no other agent of the model has, derived from the permanent identity."""
        first, step = self._cohort.unique_ids
        return first + step * self.pid

    @property
    def row(self) -> int:
        """Row number in the cohort's columns.

        Raises
        ------
        LookupError
            If the agent has left and the row is free or belongs to another agent.
        """
        if not (self._cohort.occupied[self._row] and self._cohort.pid[self._row] == self.pid):
            raise LookupError(f"{type(self).__name__} {self.pid} is no longer in the model")
        return self._row

    def __getattr__(self, name: str) -> Any:
        # During unpickling the slots do not exist yet; never recurse into them.
        if name.startswith("_"):
            raise AttributeError(name)
        column = self._cohort.columns.get(name)
        if column is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return column.decode(self._cohort.__dict__[name][self.row : self.row + 1])[0]

    def __setattr__(self, name: str, value: Any) -> None:
        self._cohort.put(name, np.array([self.row]), self.check_setting(name, value))

    def check_setting(self, name: str, value: Any) -> Any:
        """Return the stored form of a value for an attribute, or raise if it cannot be set to it.

        Parameters
        ----------
        name : str
            One of the cohort's columns.
        value
            A number or a label, or as many of them as the column has values per row.
        """
        return self._cohort.checked(name, value)

    def remove(self) -> None:
        """Remove the agent from the model."""
        self._cohort.let_go(np.array([self.row]))

    def __copy__(self) -> Self:
        return type(self)(self._cohort, self._row)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RowView) and self._cohort is other._cohort and self.pid == other.pid
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.pid))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pid}>"
