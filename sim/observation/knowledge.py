"""Indicators of knowledge (K block)."""

from collections.abc import Iterator

from sim import vocabulary as words
from sim.observation.definition import Better, Definition, Format
from sim.observation.tally import Ratio, Value
from sim.observation.window import Window


def awareness(window: Window) -> Iterator[Ratio]:
    """Yield people who know an item over people present, item by item."""
    informed = window.model.diary.informed[window.days].sum(axis=0)
    for item, name in enumerate(words.KNOWLEDGE):
        yield Ratio(informed[:, item], window.person_days, detail=name)


def learned_from(window: Window) -> Iterator[Value]:
    """Yield the share of each source in the items of knowledge that were learned."""
    learned = window.model.diary.learned(window.start, window.end)
    total = learned.sum()
    for source, name in enumerate(words.SOURCES):
        value = float(learned[source].sum() / total) if total else float("nan")
        yield Value(value, float(total), detail=name)


DEFINITIONS = (
    Definition(
        name="awareness", code="K1", unit="share", format=Format.PERCENT, better=Better.HIGHER,
        count=awareness,
    ),
    Definition(
        name="learned_from", code="K1", unit="share", format=Format.PERCENT,
        better=Better.NEITHER, count=learned_from,
    ),
)  # fmt: skip
"""Indicators of knowledge."""
