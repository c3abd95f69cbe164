"""Figures of institutions: who sends needs to whom, and which cases stay unresolved.

Drawn from result tables alone, like the other figures.
"""

from dataclasses import dataclass
from textwrap import fill

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path as Outline

from experiments.analysis.console_report import change, number, title
from experiments.analysis.outcomes import Outcome, sentence, shown
from experiments.analysis.statistics import interval
from experiments.figures.style import NothingToDrawError, legend_below, line_above
from sim import vocabulary as words
from sim.observation.definitions import Format

DAYS_A_YEAR = 365.25

# --- flows ------------------------------------------------------------------------------------

NAMES = {
    "coordinating_body": "coordinating body",
    "crisis_centre": "crisis centre (NGO)", "foundation": "foundation (NGO)",
    "consulate_uzbekistan": "consulate, Uzbekistan",
    "consulate_kyrgyzstan": "consulate, Kyrgyzstan",
    "consulate_tajikistan": "consulate, Tajikistan",
    "migration_service": "migration service", "health_department": "health department",
    "reception_centre": "reception centre", "iom": "IOM",
    "diaspora_uzbekistan": "diaspora, Uzbekistan",
    "diaspora_kyrgyzstan": "diaspora, Kyrgyzstan",
    "diaspora_tajikistan": "diaspora, Tajikistan",
}  # fmt: skip
"""Names of the institutions that receive needs, from top to bottom. Others come last, by name."""
HUB = "coordinating_body"
SENDERS = {
    "people by\nthemselves": "#8a8a8a",
    "hospitals\nand clinics": "#0072B2",
    "coordinating\nbody": "#CC79A7",
    "other\ninstitutions": "#E69F00",
}
"""Groups of senders from top to bottom, and their colours."""
PEOPLE, CLINICS, BODY, OTHERS = SENDERS
OUTCOMES = (
    ("settled", "#009E73", ("resolved",), ()),
    ("sent on to another institution", "#cfd8dc", ("sent on",), ()),
    ("did not come, left the line, or got no further address", "#F0E442",
     ("dead end", "left the line"), ("no-show",)),
    ("lost: gave up, lost sight of, left the city or died", "#D55E00", ("lost",), ()),
)  # fmt: skip
"""Outcomes of needs at an institution: words, colour, moves counted by origin, and by target."""
SENT = ("sent on", "went by themselves")
THIN = 0.005
"""Share of all needs sent below which a band is left out."""
GAP = 0.010
SLOT = 0.036
"""Gap between the places of a column, and smallest size of a place, as shares of its height."""
LEFT, RIGHT, BAR, END = 0.0, 1.0, 1.78, 2.24
"""Positions of nodes and bars, in units of the distance that bands cross."""


@dataclass
class Exchange:
    """Needs sent per year under one scenario, and their outcomes at the receiving institutions."""

    sent: "pd.Series[float]"
    outcomes: pd.DataFrame

    @property
    def shown(self) -> "pd.Series[float]":
        """The bands that are not too thin, from top to bottom."""
        kept = self.sent[self.sent >= THIN * self.sent.sum()]
        return kept.sort_index(key=_places)


def group_of(sender: str) -> str:
    """Return the group of a sender of needs."""
    if not sender:
        return PEOPLE
    return CLINICS if sender in words.INSTITUTION_KINDS else BODY if sender == HUB else OTHERS


def place_of(name: str) -> tuple[int, str]:
    """Return the sort key of a group of senders or of an institution, from top to bottom."""
    order = [*SENDERS, *NAMES]
    return (order.index(name) if name in order else len(order), name)


def institution_flows(flows: pd.DataFrame, days: int) -> Figure:
    """Draw who sends needs to whom, and the outcomes of the needs, under two scenarios.

    Parameters
    ----------
    flows : DataFrame
        `flow_table(model)` of all runs, with scenario and seed.
    days : int
        Length of the runs.
    """
    scenarios = list(dict.fromkeys(flows["scenario"]))
    if flows.empty:
        raise NothingToDrawError("no need was sent anywhere")
    chosen = list(dict.fromkeys([scenarios[0], most_coordinated(flows)]))
    exchanges = [exchange(flows[flows["scenario"] == one], days) for one in chosen]
    figure, axes = plt.subplots(1, len(chosen), figsize=(9.6 * len(chosen), 10.8), squeeze=False)
    scale = common_scale(exchanges)
    for axis, scenario, one in zip(axes[0], chosen, exchanges, strict=True):
        draw_exchange(axis, one, scale)
        axis.set_title(f"{title(scenario)}\n{in_words(one)}", fontsize=15)
    handles = [Patch(color=colour, label=meaning) for meaning, colour, *_ in OUTCOMES]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=13.5)
    seeds = flows["seed"].nunique()
    figure.suptitle(
        f"Paths of needs other than treatment (money, papers, shelter, information). Width: needs "
        f"sent per year, mean of {seeds} replicate{'s' * (seeds > 1)}; bands under {THIN:.1%} are "
        "left out.\nBars: outcomes of needs at an institution, as shares; number: needs settled "
        "there per year.",
        fontsize=13, color="#555555", x=0.01, ha="left",
    )  # fmt: skip
    return figure


def most_coordinated(flows: pd.DataFrame) -> str:
    """Return the scenario to compare: the one that sends most needs to a coordinating body.

    If no scenario has such a body, return the last scenario.
    """
    scenarios = pd.Index(flows["scenario"]).unique()
    to_body = flows[(flows["target"] == HUB) & flows["what"].isin(SENT)]
    counts = to_body.groupby("scenario")["count"].sum().reindex(scenarios, fill_value=0)
    return str(counts.idxmax() if counts.any() else scenarios[-1])


def exchange(flows: pd.DataFrame, days: int) -> Exchange:
    """Return needs sent per year and outcomes by institution, mean over a scenario's seeds."""
    flows = flows.assign(count=flows["count"] * DAYS_A_YEAR / days / flows["seed"].nunique())

    def counted(what: tuple[str, ...], by: str) -> "pd.Series[float]":
        return flows[flows["what"].isin(what)].groupby(by)["count"].sum()

    outcomes = {
        meaning: counted(at_origin, "origin").add(counted(at_target, "target"), fill_value=0.0)
        for meaning, _, at_origin, at_target in OUTCOMES
    }
    moved = flows[flows["what"].isin(SENT)]
    sent = moved.groupby([moved["origin"].map(group_of), "target"])["count"].sum()
    return Exchange(sent, pd.DataFrame(outcomes).fillna(0.0))


def in_words(one: Exchange) -> str:
    """Return the heading of a panel."""
    settled, lost = one.outcomes["settled"].sum(), one.outcomes[OUTCOMES[3][0]].sum()
    by_hub = one.sent[one.sent.index.get_level_values("target") == HUB].sum()
    sent = f"{number(one.sent.sum(), Format.WHOLE)} needs per year sent or brought"
    if by_hub > 0:
        sent += f", {by_hub / one.sent.sum():.0%} to the coordinating body"
    outcome = f"{number(settled, Format.WHOLE)} settled, {number(lost, Format.WHOLE)} lost"
    return f"{sent}:\n{outcome}"


def column_of(one: Exchange, level: str) -> "pd.Series[float]":
    """Return the height of every place of a column, in needs per year, from top to bottom."""
    return one.shown.groupby(level=level, sort=False).sum().sort_index(key=_places)


def _places(index: "pd.Index[str]") -> "pd.Index[int]":
    return pd.Index([place_of(name) for name in index], tupleize_cols=False)


def common_scale(exchanges: list[Exchange]) -> float:
    """Return the height of one need per year at which every column fits."""
    columns = [column_of(one, level) for one in exchanges for level in ("origin", "target")]
    low, high = 0.0, 1.0 / max(column.max() for column in columns)
    for _ in range(40):
        middle = (low + high) / 2
        fits = all(slots(column, middle).sum() <= 1.0 for column in columns)
        low, high = (middle, high) if fits else (low, middle)
    return low


def slots(column: "pd.Series[float]", scale: float) -> "pd.Series[float]":
    """Return the size of every place of a column."""
    return (column * scale).clip(lower=SLOT) + GAP


def middles(column: "pd.Series[float]", scale: float) -> "pd.Series[float]":
    """Return the middle of every place, spread over the whole height."""
    room = slots(column, scale)
    room = room + (1.0 - room.sum()) / len(room)
    return 1.0 - (room.cumsum() - room / 2)


def draw_exchange(axis: Axes, one: Exchange, scale: float) -> None:
    """Draw senders to the left, receivers to the right, bands between, and outcomes."""
    edges = {}
    for level, x in (("origin", LEFT), ("target", RIGHT)):
        column = column_of(one, level)
        middle = middles(column, scale)
        edges[level] = middle + column * scale / 2
        for name in column.index:
            half = column[name] * scale / 2
            axis.add_patch(
                Rectangle((x - 0.012, middle[name] - half), 0.024, 2 * half, color="#222222")
            )
            side = -1 if level == "origin" else 1
            axis.text(x + 0.03 * side, middle[name], NAMES.get(name, name.replace("_", " ")),
                      ha="right" if side < 0 else "left", va="center", fontsize=14)  # fmt: skip
            if level == "target":
                draw_outcomes(axis, one.outcomes, name, middle[name])
    for origin, target, count in one.shown.rename("count").reset_index().itertuples(index=False):
        width = count * scale
        band(axis, edges["origin"][origin], edges["target"][target], width, SENDERS[origin])
        edges["origin"][origin] -= width
        edges["target"][target] -= width
    axis.set_xlim(-0.56, END + 0.2)
    axis.set_ylim(-0.01, 1.01)
    axis.axis("off")


def band(axis: Axes, start: float, end: float, width: float, colour: str) -> None:
    """Draw a band from the left to the right column; `start` and `end` are its upper corners."""
    half = (LEFT + RIGHT) / 2
    corners = [
        (LEFT, start), (half, start), (half, end), (RIGHT, end),
        (RIGHT, end - width), (half, end - width), (half, start - width), (LEFT, start - width),
        (LEFT, start),
    ]  # fmt: skip
    curve = [Outline.CURVE4] * 3
    codes = [Outline.MOVETO, *curve, Outline.LINETO, *curve, Outline.CLOSEPOLY]
    axis.add_patch(
        PathPatch(Outline(corners, codes), facecolor=colour, alpha=0.6, edgecolor="white", lw=0.4)
    )


def draw_outcomes(axis: Axes, outcomes: pd.DataFrame, name: str, middle: float) -> None:
    """Draw the shares of outcomes of needs at an institution, and how many it settled per year."""
    if name not in outcomes.index or outcomes.loc[name].sum() == 0:
        return
    counts = outcomes.loc[name].to_dict()
    shares = {meaning: count / sum(counts.values()) for meaning, count in counts.items()}
    x = BAR
    for meaning, colour, *_ in OUTCOMES:
        width = shares[meaning] * (END - BAR)
        axis.add_patch(
            Rectangle(
                (x, middle - 0.014), width, 0.028, facecolor=colour, edgecolor="white", lw=0.6
            )
        )
        x += width
    axis.text(END + 0.02, middle, number(counts[OUTCOMES[0][0]], Format.WHOLE), va="center",
              ha="left", fontsize=14, fontweight="bold")  # fmt: skip


# --- unresolved -------------------------------------------------------------------------------

KNOWN, HIDDEN = "#0072B2", "#c9c9c9"


KNOWN_CASES, HIDDEN_CASES = Outcome("unresolved_stock"), Outcome("hidden_unmet_need")
"""The two parts of the stock."""


def unresolved_stock(curves: pd.DataFrame, confidence: float) -> Figure:
    """Draw the stock of unresolved cases, known and hidden, with only the known ones below.

    Parameters
    ----------
    curves : DataFrame
        `model.curves()` of all runs, with scenario and seed.
    confidence : float
        Confidence level of the simulation intervals of paired differences.
    """
    scenarios = list(dict.fromkeys(curves["scenario"]))
    known = stocks(curves, [KNOWN_CASES.indicator])
    total = stocks(curves, [KNOWN_CASES.indicator, HIDDEN_CASES.indicator])
    present = by_scenario(curves, curves["present"])
    figure, axes = plt.subplots(
        2, len(scenarios), figsize=(max(3.0 * len(scenarios), 9.0), 9.4), squeeze=False,
        sharex=True, sharey="row",
    )  # fmt: skip
    reference = scenarios[0]
    for column, scenario in enumerate(scenarios):
        above, below = axes[:, column]
        draw_stack(above, known[scenario].mean(axis=1), total[scenario].mean(axis=1))
        draw_known(below, known[scenario], known[reference], confidence)
        if scenario != reference:
            above.plot(total[reference].mean(axis=1), color="#222222", linestyle="--")
        above.set_title(fill(title(scenario), 14), fontsize=14)
        below.set_xlabel("day of the policy")
        for axis, levels in ((above, total), (below, known)):
            means = {name: over_all_days(levels[name], present[name]) for name in scenarios}
            base = None if scenario == reference else means[reference]
            said = change_in_words(means[scenario], base, confidence)
            axis.text(0.04, 0.97, said, transform=axis.transAxes, va="top", fontsize=12.5)
    for row, heading in ((0, "known and hidden"), (1, "known only (other scale)")):
        axes[row, 0].set_ylabel(f"per 1,000 present:\n{heading}", fontsize=14)
        axes[row, 0].set_ylim(0, 1.25 * axes[row, 0].get_ylim()[1])
    _legend(figure, scenarios, confidence, curves["seed"].nunique())
    return figure


def stocks(curves: pd.DataFrame, names: list[str]) -> dict[str, pd.DataFrame]:
    """Return a stock per 1,000 present by scenario: one row per day, one column per seed."""
    return by_scenario(curves, 1000 * curves[names].sum(axis=1) / curves["present"])


def by_scenario(curves: pd.DataFrame, series: "pd.Series[float]") -> dict[str, pd.DataFrame]:
    """Return a daily series by scenario: one row per day, one column per seed."""
    table = curves[["day", "seed"]].assign(value=series)
    return {
        str(scenario): run.pivot(index="day", columns="seed", values="value")
        for scenario, run in table.groupby(curves["scenario"], sort=False)
    }


def over_all_days(levels: pd.DataFrame, present: pd.DataFrame) -> "pd.Series[float]":
    """Return each seed's mean over days weighted by the people present, as in the tables."""
    return (levels * present).sum() / present.sum()


def draw_stack(axis: Axes, known: "pd.Series[float]", total: "pd.Series[float]") -> None:
    """Draw known cases at the bottom and hidden ones on top of them."""
    day = known.index.to_numpy()
    axis.fill_between(day, 0, known, color=KNOWN, linewidth=0)
    axis.fill_between(day, known, total, color=HIDDEN, linewidth=0)


def draw_known(axis: Axes, known: pd.DataFrame, reference: pd.DataFrame, confidence: float) -> None:
    """Draw known cases only, with the band of the paired difference around the reference."""
    base = reference.mean(axis=1)
    axis.plot(known.mean(axis=1), color=KNOWN, linewidth=2.4)
    if known is reference:
        return
    axis.plot(base, color="#222222", linestyle="--")
    if known.shape[1] > 1:
        change = between(known - reference, confidence)
        axis.fill_between(base.index.to_numpy(), base + change["low"], base + change["high"],
                          color=KNOWN, alpha=0.25, linewidth=0)  # fmt: skip


def between(values: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return mean and interval over the columns (seeds) of every row."""
    long: pd.Series[float] = values.stack()  # type: ignore[assignment]
    return interval(long.groupby(level=0), confidence)


def change_in_words(
    levels: "pd.Series[float]", reference: "pd.Series[float] | None", confidence: float
) -> str:
    """Return the mean level over seeds, or the paired difference with its interval."""
    if reference is None:
        return f"mean {levels.mean():.1f}"
    found = between(pd.DataFrame([levels - reference]), confidence).iloc[0]
    mean, span = change(found["mean"], found["low"], found["high"], Format.DECIMAL)
    return f"{mean}\n({span})" if span else mean


def _legend(figure: Figure, scenarios: list[str], confidence: float, seeds: int) -> None:
    """Add a legend for colours, lines and numbers."""
    handles: list[Patch | Line2D] = [
        Patch(color=colour, label=sentence(outcome.label))
        for colour, outcome in zip((HIDDEN, KNOWN), shown((HIDDEN_CASES, KNOWN_CASES)), strict=True)
    ]
    note = f"Means of {seeds} replicate{'s' * (seeds > 1)}."
    if len(scenarios) > 1:
        reference = title(scenarios[0])
        handles.append(Line2D([], [], color="#222222", linestyle="--", label=reference))
        if seeds > 1:
            meaning = f"{confidence:.0%} interval of the difference, around {reference}"
            handles.append(Patch(color=KNOWN, alpha=0.25, label=meaning))
            note += f" Numbers: change of the mean stock against {reference}, with its"
            note += f" {confidence:.0%} simulation interval."
    legend_below(figure, handles, fontsize=13)
    line_above(figure, f"Cases that stay unresolved. {note}")
