"""The figures of `docs/speed.md`; `python -m tools.docs.speed` draws them."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from experiments.figures.style import COLOURS, STYLE
from tools.docs import FIGURES, speed_tables

GREY, BLUE, ORANGE, GREEN = COLOURS[:4]
SHOWN_BLOCKS = 16
"""Number of blocks with a bar each; the rest share one bar."""


def save(figure: Figure, name: str, benchmark: str) -> None:
    """Write a figure, with the digest of the measurements that it shows."""
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    note = {"Software": None, "Description": speed_tables.digest(benchmark)}
    figure.savefig(FIGURES / f"speed_{name}.png", metadata=note)
    plt.close(figure)


def short(value: float, _place: int = 0) -> str:
    """Return a number as an axis shows it.

    >>> [short(value) for value in (0.05, 2.0, 5000, 120_000, 2_500_000)]
    ['0.05', '2', '5k', '120k', '2.5M']
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def in_words(value: float, _place: int = 0) -> str:
    """Return a large number in words.

    >>> in_words(1e7), in_words(1e9)
    ('10 million', '1 billion')
    """
    return f"{value / 1e9:g} billion" if value >= 1e9 else f"{value / 1e6:g} million"


def draw_blocks() -> None:
    """Draw what each block of the day costs, for the small and the full city."""
    cities = [
        one for name in ("almaty", "workshop") if (one := speed_tables.city(name)) is not None
    ]
    full = cities[0]
    total = sum(full["blocks_cpu_s"].values())
    names = list(full["blocks_cpu_s"])
    shown, rest = names[:SHOWN_BLOCKS], names[SHOWN_BLOCKS:]
    labels = [*shown, f"the other {len(rest)} blocks"]
    first = sum(full["blocks_cpu_s"][name] for name in names[:3]) / total
    figure, axis = plt.subplots(figsize=(11, 8.2))
    places = np.arange(len(labels))
    height = 0.8 / len(cities)
    for line, one in enumerate(cities):
        blocks = one["blocks_cpu_s"]
        values = [blocks[name] for name in shown] + [sum(blocks[name] for name in rest)]
        nanoseconds = [1e9 * value / one["people"] / 365 for value in values]
        bars = axis.barh(
            places + (line - (len(cities) - 1) / 2) * height, nanoseconds, height,
            color=(BLUE, "#a9cfe8")[line], label=f"{one['people']:,} people",
        )  # fmt: skip
        axis.bar_label(bars, fmt="%.2g", padding=4, fontsize=10, color="#444444")
    axis.set_yticks(places, labels)
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("CPU time of one thread, nanoseconds per person-day")
    axis.margins(x=0.08, y=0.01)
    axis.legend(loc="center right", fontsize=14)
    figure.suptitle(
        f"Three of {len(names)} blocks of the day take {first:.0%} of a year of "
        f"{full['people']:,} people:\n{'; '.join(names[:3])}",
        x=0.012, ha="left", fontweight="bold", fontsize=15,
    )  # fmt: skip
    save(figure, "blocks", "speed")


def draw_line(axis: Axes, points: list[dict[str, Any]], what: str, fit_from: float = 0.0) -> float:
    """Draw points and the fitted power of cost; return its exponent."""
    sizes = np.array([one[what] for one in points], dtype=float)
    costs = np.array([one["cpu_s"]["median"] for one in points])
    errors = [
        costs - [one["cpu_s"]["low"] for one in points],
        [one["cpu_s"]["high"] for one in points] - costs,
    ]
    fitted = sizes >= fit_from
    power, level = np.polyfit(np.log(sizes[fitted]), np.log(costs[fitted]), 1)
    along = np.geomspace(sizes[fitted][0], sizes[-1], 20)
    axis.plot(along, np.exp(level) * along**power, color=ORANGE, linewidth=2, zorder=2)
    axis.errorbar(
        sizes, costs, yerr=errors, fmt="o", color=BLUE, markersize=8, capsize=4, zorder=3
    )  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks(sizes, [short(round(size, -2) if size > 1e4 else size) for size in sizes])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(short))
    axis.margins(x=0.1)
    return float(power)


def room(axis: Axes, least: float = 6.0) -> None:
    """Extend the axis to a multiple of the lowest cost, or small noise would look like a slope."""
    low, high = axis.get_ylim()
    middle = (low * high) ** 0.5
    if high / low < least:
        axis.set_ylim(middle / least**0.5, middle * least**0.5)
    low, high = axis.get_ylim()
    if high / low < 50:
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.yaxis.set_minor_formatter(NullFormatter())


def draw_growth() -> None:
    """Draw cost against people, episodes, institutions and scenarios."""
    found = speed_tables.measured("growth")
    figure, axes = plt.subplots(2, 2, figsize=(13, 9.5))
    (people, episodes), (institutions, scenarios) = axes
    draw_people(people, found["people"])
    draw_episodes(episodes, found["episodes"])
    draw_institutions(institutions, found)
    draw_scenarios(scenarios, found["scenarios"])
    for axis in (people, episodes, institutions):
        room(axis)
    for axis in axes.flat:
        axis.set_ylabel("CPU seconds of a year")
    scenarios.set_ylabel("CPU seconds, burn-in and years")
    save(figure, "growth", "growth")


def draw_people(axis: Axes, found: dict[str, Any]) -> None:
    """Draw cost against people."""
    start = found["large_from"]
    power = draw_line(axis, found["points"], "people", start)
    steep = speed_tables.exponent_at_the_end(found["points"], "people")
    axis.set_title(
        f"People: cost grows by power {power:.2f}\nfrom {start:,}, {steep:.2f} at the end"
    )
    axis.set_xlabel("people in the city")


def draw_episodes(axis: Axes, found: dict[str, Any]) -> None:
    """Draw cost against episodes of illness."""
    power = draw_line(axis, found["points"], "episodes")
    axis.set_title(f"Illness: twice the episodes cost\n{2**power - 1:.0%} more")
    axis.set_xlabel(f"episodes of illness in the year ({found['people']:,} people)")


def draw_institutions(axis: Axes, found: dict[str, Any]) -> None:
    """Draw cost against agencies, and against clinics."""
    ticks: list[int] = []
    for what, colour in (("agencies", BLUE), ("clinics", GREEN)):
        points = found[what]["points"]
        sizes = [one[what] for one in points]
        costs = [one["cpu_s"]["median"] for one in points]
        below = [cost - one["cpu_s"]["low"] for cost, one in zip(costs, points, strict=True)]
        above = [one["cpu_s"]["high"] - cost for cost, one in zip(costs, points, strict=True)]
        axis.errorbar(
            sizes, costs, yerr=[below, above], fmt="o-", color=colour, markersize=8, capsize=4,
            label=f"{what}: power {found[what]['exponent']:.2f}",
        )  # fmt: skip
        ticks += sizes
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks(sorted(ticks), [short(size) for size in sorted(ticks)])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(short))
    axis.legend(loc="upper left")
    steepest = max(found[what]["exponent"] for what in ("agencies", "clinics"))
    axis.set_title(f"Institutions: four times as many cost\nat most {4**steepest - 1:.0%} more")
    axis.set_xlabel(f"institutions in the city ({found['agencies']['people']:,} people)")


def draw_scenarios(axis: Axes, found: dict[str, Any]) -> None:
    """Draw the cost of several branches of one burn-in, and the cost of the same runs alone."""
    burn_in, year = (found[name]["median"] for name in ("burn_in_cpu_s", "fork_and_year_cpu_s"))
    counts = [point["scenarios"] for point in found["points"]]
    costs = [point["cpu_s"]["median"] for point in found["points"]]
    along = np.array([0, counts[-1]])
    axis.plot(along, burn_in + along * year, color=ORANGE, linewidth=2,
              label="one burn-in, and a year each")  # fmt: skip
    axis.plot(along, along * (burn_in + year), color=GREY, linewidth=1.5, linestyle="--",
              label="if each had a separate burn-in")  # fmt: skip
    axis.plot(counts, costs, "o", color=BLUE, markersize=8, label="measured", zorder=3)
    axis.set_xticks([0, *counts])
    axis.set_xlim(left=0)
    axis.set_ylim(bottom=0)
    axis.legend(loc="upper left")
    saved = 1 - costs[-1] / (counts[-1] * (burn_in + year))
    axis.set_title(
        f"Scenarios: {counts[-1]} branches of one burn-in cost\n{saved:.0%} less than alone"
    )
    axis.set_xlabel(f"scenarios ({found['people']:,} people)")


def draw_peers() -> None:
    """Draw agent-days per CPU second of the model and its peers."""
    found = speed_tables.measured("peers")
    rows = [
        (one["label"].replace("`", ""), one["agent_days_a_cpu_s"], name)
        for name, one in found["peers"].items()
    ]
    numpy = [one["numpy_agent_days_a_cpu_s"] for one in found["peers"].values()]
    plain = {
        "median": float(np.median([one["median"] for one in numpy])),
        "low": min(one["low"] for one in numpy),
        "high": max(one["high"] for one in numpy),
    }
    rows.append(("NumPy, plain loop", plain, "numpy"))
    rows.sort(key=lambda row: row[1]["median"])
    figure, axis = plt.subplots(figsize=(11.5, 5.8))
    for place, (_, rate, name) in enumerate(rows):
        colour = ORANGE if name == "this_model" else "#8fa9bd"
        middle = rate["median"]
        axis.barh(place, middle, 0.68, color=colour)
        axis.plot([rate["low"], rate["high"]], [place, place], color="#333333", linewidth=2)
        axis.text(max(rate["high"], middle) * 1.12, place, f"{in_words(float(f'{middle:.3g}'))}",
                  va="center", fontsize=12)  # fmt: skip
    labels = [
        "this model: its full year" if name == "this_model" else label for label, _, name in rows
    ]
    axis.set_yticks(range(len(rows)), labels)
    for tick, (_, _, name) in zip(axis.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if name == "this_model" else "normal")
    axis.set_xscale("log")
    axis.set_xlim(2e5, max(rate["high"] for _, rate, _ in rows) * 6)
    axis.xaxis.set_major_formatter(FuncFormatter(in_words))
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(
        f"agent-days per CPU second ({found['people']:,} agents); line: slowest to fastest run"
    )
    figure.suptitle(
        title_of_peers(found), x=0.012, ha="left", fontweight="bold", fontsize=15
    )  # fmt: skip
    save(figure, "peers", "peers")


def title_of_peers(found: dict[str, Any]) -> str:
    """Return the message of the figure of the peers."""
    mesa = found["this_model_to"]["mesa_shuffle_do"]
    ratio = found["peers"]["this_model"]["ratio_to_numpy"]["median"]
    text = f"A full day of a migrant costs {1 / ratio:.2g} times five draws in NumPy"
    return f"{text};\nplain Mesa (shuffle_do) takes {mesa:.0f} times as long for the draws alone"


def draw_all() -> None:
    """Redraw every figure."""
    matplotlib.use("Agg")
    with plt.rc_context(STYLE):
        draw_blocks()
        draw_growth()
        draw_peers()
