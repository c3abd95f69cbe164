"""How often tables have moved to a larger place: who has noted where they are looks anew then."""


class Moves:
    """A count of moves, of all tables of all models of the process."""

    count = 0
