"""Which indicators reports and figures show, and with which words, unit and format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from sim.config.configuration import nearest
from sim.observation.definitions import DEFINITIONS, Better, Definition, Format, by_name
from sim.words import catalogue

type Definitions = Iterable[Definition]

OWN = "block_own"
"""Heading of the block for indicators of external submodels."""
LONGEST_LINE = 22
"""Longest heading of a panel, in characters, that stays on one line."""


class Outcome(NamedTuple):
    """One value of an indicator, selected for display."""

    indicator: str
    detail: str = ""


class Block(NamedTuple):
    """Outcomes shown under one heading.

    Attributes
    ----------
    heading : str
        Name of a message in `sim/words/en.ftl`, or the words of another project.
    outcomes : sequence of Outcome
    """

    heading: str
    outcomes: Sequence[Outcome]

    @property
    def title(self) -> str:
        """The heading in words."""
        known = self.heading.startswith("block_")
        return catalogue.message(self.heading) if known else self.heading


def blocks_with_own(
    blocks: Iterable[Block], submodels: Iterable[Any], table: pd.DataFrame
) -> tuple[Block, ...]:
    """Return blocks of outcomes, and one for the indicators of external submodels.

    Parameters
    ----------
    blocks : iterable of Block
    submodels : iterable of type
        See `sim.submodels.submodel.Submodel`.
    table : DataFrame
        Results, with all details of each indicator.
    """
    names = [one.name for kind in submodels for one in kind.indicators]
    mine = table.loc[table["indicator"].isin(names), ["indicator", "detail"]].drop_duplicates()
    if mine.empty:
        return tuple(blocks)
    own = [Outcome(*row) for row in mine.itertuples(index=False, name=None)]
    return (*blocks, Block(OWN, own))


@dataclass(frozen=True)
class Shown:
    """An outcome with its definition and its words from the catalogue."""

    outcome: Outcome
    definition: Definition

    @property
    def format(self) -> Format:
        """How values are printed."""
        return self.definition.format

    @property
    def factor(self) -> float:
        """Factor by which values are multiplied for display."""
        return self.format.factor

    @property
    def better(self) -> Better:
        """Which direction is better."""
        return self.definition.better

    @property
    def label(self) -> str:
        """Its name in words, without the unit."""
        return catalogue.label(self.definition, self.outcome.detail)

    @property
    def heading(self) -> str:
        """Its name in words, with the unit unless the values are printed with it."""
        is_share = self.format is Format.PERCENT
        return self.label if is_share else f"{self.label}, {self.definition.unit}"

    @property
    def panel(self) -> str:
        """Heading of a panel of a figure, on two lines if it is long."""
        return two_lines(sentence(catalogue.short(self.definition, self.outcome.detail)))

    @property
    def unit(self) -> str:
        """Unit of a level as it is drawn."""
        return "per cent" if self.format is Format.PERCENT else self.definition.unit

    @property
    def unit_of_change(self) -> str:
        """Unit of a difference as it is drawn."""
        return "percentage points" if self.format is Format.PERCENT else self.definition.unit

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a result table that belong to this outcome."""
        chosen = table["indicator"] == self.outcome.indicator
        return table[chosen & (table["detail"] == self.outcome.detail)]


def shown(outcomes: Iterable[Outcome], definitions: Definitions = DEFINITIONS) -> list[Shown]:
    """Return outcomes with their definitions and words.

    Parameters
    ----------
    outcomes : iterable of Outcome
    definitions : iterable of Definition
        Definitions in which their indicators are looked up: of the model and of other projects.

    Raises
    ------
    LookupError
        If an outcome's indicator has no definition.

    Examples
    --------
    >>> (one,) = shown([Outcome("policy_cost")])
    >>> one.heading, one.panel, one.unit_of_change
    ('cost of the policy, KZT per person-year', 'Cost of the policy', 'KZT per person-year')
    """
    known = by_name(definitions)
    found = []
    for outcome in outcomes:
        if outcome.indicator not in known:
            raise LookupError(
                f"unknown indicator '{outcome.indicator}': {nearest(outcome.indicator, known)}"
            )
        found.append(Shown(outcome, known[outcome.indicator]))
    return found


def sentence(text: str) -> str:
    """Return words with a capital first letter.

    >>> sentence("mean DALYs"), sentence("")
    ('Mean DALYs', '')
    """
    return text[:1].upper() + text[1:]


def two_lines(text: str, longest: int = LONGEST_LINE) -> str:
    r"""Return a text, split into two lines of similar length if it is too long for one.

    >>> two_lines("Cost of the policy"), two_lines("Unresolved in all, known and hidden")
    ('Cost of the policy', 'Unresolved in all,\nknown and hidden')
    """
    if len(text) <= longest or " " not in text:
        return text
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"
