"""Tables of a fixed number of records, declared by columns like cohorts."""

from collections.abc import Mapping
from typing import ClassVar

from sim.engine.agentset.column import Column
from sim.engine.records import field, record_type, room_for
from sim.engine.types import Column as Values


def new_records(columns: Mapping[str, Column], count: int) -> Values:
    """Return records with these columns, each value at its default.

    Examples
    --------
    >>> wards = new_records({"beds": Column("i8", "beds", default=2)}, 3)
    >>> wards["beds"].tolist()
    [2, 2, 2]
    """
    kind = record_type(
        {name: (column.dtype, column.shape) for name, column in columns.items()},
        first={name for name, column in columns.items() if column.hot},
    )
    table = room_for(count, kind)
    table.view("u1")[:] = 0
    for name, column in columns.items():
        field(table, name)[:] = column.default
    return table


class Table:
    """Records side by side; the columns are class attributes, and arrays of each instance.

    Parameters
    ----------
    count : int
        Number of records.

    Attributes
    ----------
    table : array of records
        Its fields are the columns.

    Examples
    --------
    >>> class Wards(Table):
    ...     '''Wards.'''
    ...     beds = Column("i8", "beds", derived=True)
    ...     taken = Column("i8", "beds taken")
    >>> wards = Wards(2)
    >>> wards.taken[1] += 3
    >>> int(wards.table[1]["taken"]), Wards.STATE
    (3, ('taken',))
    """

    columns: ClassVar[dict[str, Column]] = {}
    STATE: ClassVar[tuple[str, ...]] = ()
    """Columns that change from day to day; the others follow from the world."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.columns = {name: item for name, item in vars(cls).items() if isinstance(item, Column)}
        cls.STATE = tuple(name for name, column in cls.columns.items() if not column.derived)

    def __init__(self, count: int) -> None:
        self.table: Values = new_records(self.columns, count)
        for name in self.columns:
            setattr(self, name, field(self.table, name))
