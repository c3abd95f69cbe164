# ruff: noqa: RUF001  Letters that look alike are meant.
"""Broken files of a user's own: scenario, shock, city, study, in `conf/` of the working folder."""

import codecs
from collections.abc import Iterator
from typing import NamedTuple

SCENARIO = """\
name: mine
summary: "a scenario of my own"
changes:
  - {path: institutions.mobile_clinic.capacity, value: 120, start_day: 0, ramp_days: 60}
"""
SHOCK = """\
name: mine
summary: "a shock of my own"
changes:
  - {path: illness.acute_factor, value: 3.0, start_day: 60, until_day: 120}
"""
CITY = """\
defaults:
  - almaty
  - _self_
name: mine
summary: "a city of my own"
population: {value: 500, low: 100, high: 1000000, unit: migrants, tier: C, source: "mine"}
"""
STUDY = """\
# @package _global_
study:
  name: compare
  summary: "a study of my own"
scenarios: [baseline, mobile_clinics]
replicates: 2
confidence: 0.95
half_width: null
outcome: emergency_uptake_24h
most_replicates: 200
"""
RIGHT = {"scenario": SCENARIO, "shock": SHOCK, "city": CITY, "study": STUDY}
USE = {
    "scenario": ("study=run", "scenario=mine"), "shock": ("study=run", "shock=mine"),
    "city": ("study=run", "city=mine"), "study": ("study=mine",),
}  # fmt: skip
"""The command that uses the file."""


class Broken(NamedTuple):
    """A broken file: where it stands, what it holds, and what has to come of its use."""

    group: str
    name: str
    data: bytes
    verdict: str = "refused"
    hint: str = ""
    file: str = "mine.yaml"


def text(group: str, name: str, content: str, hint: str = "", verdict: str = "refused") -> Broken:
    """Return a broken file of text."""
    return Broken(group, name, content.encode(), verdict, hint)


def in_any_group() -> Iterator[Broken]:
    """Give what may happen to any file: its syntax, encoding, structure, name, summary."""
    for group, right in RIGHT.items():
        first, rest = right.split("\n", 1)
        summary = right.replace('summary: "', 'summary: "Қала — көмек ')
        changed = {
            "a tab": right.replace("\n", "\n\t", 1),
            "a quote left open": right.replace('own"', "own"),
            "a bracket left open": right + "more: [1, 2\n",
            "a colon too much": right.replace("name: ", "name: a: "),
            "a key twice": right + 'summary: "again"\nsummary: "and again"\n',
            "bad indentation": right.replace("summary", "   summary", 1),
            "an unknown tag": right + "more: !python/object:os.system 1\n",
            "an alias of nothing": right + "more: *nothing\n",
            "two documents": right + "---\n" + right,
            "an unknown key": right + "sumary: typed wrong\n",
            "a reference to nothing": right + "more: ${nothing.at.all}\n",
            "a list": "- a\n- b\n",
            "a word": "hello\n",
            "a number": "3\n",
            "null": "null\n",
            "only a comment": "# nothing\n",
            "a control character": right + "more: a\x07b\n",
        }
        for name, content in changed.items():
            yield text(group, name, content, "mine.yaml|mine")
        yield Broken(group, "empty", b"", hint="mine")
        yield Broken(group, "in UTF-16", right.encode("utf-16"), hint="mine")
        yield Broken(group, "in cp1251", summary.replace("Қ", "К").replace("ө", "о").replace(
            "қ", "к").encode("cp1251", "replace"), hint="mine")  # fmt: skip
        yield Broken(group, "null bytes", b"\0" * 100, hint="mine")
        yield Broken(group, "random bytes", bytes(range(256)), hint="mine")
        yield Broken(group, "with a byte order mark", codecs.BOM_UTF8 + right.encode(), "sane")
        yield Broken(group, "lines of Windows", right.replace("\n", "\r\n").encode(), "begins")
        yield Broken(group, "as it should be", right.encode(), "begins")
        yield Broken(group, "in Kazakh", summary.encode(), "begins")
        yield Broken(group, "with another ending", right.encode(), "refused", "mine", "mine.yml")
        if group != "study":
            yield text(group, "without a name", right.replace("name: mine\n", ""), "name")
            yield text(group, "of another name", right.replace("name: mine", "name: other"), "name")
            yield text(group, "name a number", right.replace("name: mine", "name: 2024"), "name")
            yield text(group, "name a path", right.replace("name: mine", "name: ../../x"), "name")
            yield text(group, "name null", right.replace("name: mine", "name: null"), "name")
            yield text(group, "name a list", right.replace("name: mine", "name: [mine]"), "name")
            kept = [line for line in right.splitlines() if not line.startswith("summary")]
            yield text(group, "without a summary", "\n".join(kept) + "\n", "summary")
            yield text(group, "summary a list", "\n".join([*kept, "summary: [a]"]), "summary")
        del first, rest


CHANGES = {
    "no path": ("value: 1.0, start_day: 0", "path"),
    "no value": ("path: information.media_reach, start_day: 0", "value"),
    "no day": ("path: information.media_reach, value: 5.0", "start_day"),
    "an unknown key": ("path: information.media_reach, value: 5.0, first_day: 4", "first_day"),
    "no lever": ("path: illness.acute_rate, value: 1.0, start_day: 0", "whitelist|acute_rate"),
    "a mistyped path": ("path: institutions.hospital.bedz, value: 1.0, start_day: 0", "beds"),
    "a path of nothing": ("path: '', value: 1.0, start_day: 0", ""),
    "a path that is a number": ("path: 3, value: 1.0, start_day: 0", "path"),
    "a path that is a list": ("path: [a], value: 1.0, start_day: 0", "path"),
    "a value out of range": ("path: information.media_reach, value: -5.0, start_day: 0", "range"),
    "a value NaN": ("path: information.media_reach, value: .nan, start_day: 0", "value|media"),
    "a value infinite": ("path: information.media_reach, value: .inf, start_day: 0", "value|media"),
    "a value that is a word": ("path: information.media_reach, value: much, start_day: 0", ""),
    "a value that is true": ("path: information.media_reach, value: true, start_day: 0", ""),
    "a value that is null": ("path: information.media_reach, value: null, start_day: 0", "value"),
    "a value that is a list": ("path: information.media_reach, value: [1], start_day: 0", "value"),
    "a day before the first": ("path: information.media_reach, value: 5.0, start_day: -1", "day"),
    "a day after the last": ("path: information.media_reach, value: 5.0, start_day: 400", "day"),
    "half a day": ("path: information.media_reach, value: 5.0, start_day: 1.5", "start_day"),
    "a day that is a word": ("path: information.media_reach, value: 5.0, start_day: May", "day"),
    "a day that is a date":
        ("path: information.media_reach, value: 5.0, start_day: 2018-05-01", "day"),
    "a day that is true": ("path: information.media_reach, value: 5.0, start_day: true", "day"),
    "a ramp backwards":
        ("path: information.media_reach, value: 5.0, start_day: 0, ramp_days: -3", "ramp"),
    "a ramp that never arrives":
        ("path: information.media_reach, value: 5.0, start_day: 300, ramp_days: 100", "day 400"),
    "an end before its start":
        ("path: information.media_reach, value: 5.0, start_day: 9, until_day: 5", "until"),
    "an end on its start":
        ("path: information.media_reach, value: 5.0, start_day: 9, until_day: 9", "until"),
    "a ramp of words":
        ("path: information.media_reach, value: 5.0, start_day: 0, ramp_days: slow", "ramp"),
}  # fmt: skip
TOLD = ("a ramp that never arrives",)
"""Changes with which a run begins, and of which it says something."""


def in_changes() -> Iterator[Broken]:
    """Give scenarios and shocks with a wrong change."""
    head = 'name: mine\nsummary: "mine"\n'
    for name, (change, hint) in CHANGES.items():
        content = f"{head}changes:\n  - {{{change}}}\n"
        case = text("scenario", f"change with {name}", content, hint)
        yield case._replace(verdict="told") if name in TOLD else case
    twice = "  - {path: information.media_reach, value: 5.0, start_day: 3}\n" * 2
    other = twice.replace("5.0", "4.0", 1)
    yield text(
        "scenario", "two changes of one path on one day", f"{head}changes:\n{other}", "media"
    )
    yield text("scenario", "a change twice", f"{head}changes:\n{twice}", "media")
    for name, changes in {
        "null": "null", "a word": "none", "a number": "3", "a dictionary": "{a: 1}",
        "a list of words": "[a]", "a list of null": "[null]", "a list of lists": "[[1]]",
    }.items():  # fmt: skip
        yield text("scenario", f"changes are {name}", f"{head}changes: {changes}\n", "change")
        yield text("shock", f"changes are {name}", f"{head}changes: {changes}\n", "change")
    yield text("scenario", "no changes", head, "changes")
    yield text("shock", "no changes", head, "changes")
    yield text("shock", "a lever in a shock", SCENARIO, "mobile_clinic|shock")
    yield text("scenario", "a shock in a scenario", SHOCK, "acute_factor|whitelist")


CITY_LINES = {
    "a wrong default": ("defaults:\n  - almaty", "defaults:\n  - almatty", "almat"),
    "a default that is itself": ("  - almaty", "  - mine", ""),
    "no defaults": ("defaults:\n  - almaty\n  - _self_\n", "", ""),
    "population a number": ("population: {value: 500, low: 100, high: 1000000, unit: migrants, "
                            'tier: C, source: "mine"}', "population: 500", ""),
    "population out of range": ("value: 500", "value: 5", "population"),
    "population a word": ("value: 500", "value: many", "population"),
    "population null": ("value: 500", "value: null", "population"),
    "range upside down": ("low: 100, high: 1000000", "low: 1000, high: 100", "population"),
    "tier of another letter": ("tier: C", "tier: Z", "tier"),
    "an unknown word in an entry": ("unit: migrants", "unti: migrants", "unti"),
}  # fmt: skip
CITY_ADDED = {
    "a date that is none": "start_date: 2018-02-30\n", "a date in words": "start_date: May\n",
    "a date before the calendar": 'start_date: "0001-01-01"\n',
    "holidays that are words": "holidays: [abc]\n",
    "a holiday that is none": 'holidays: ["02-30"]\n',
    "shares that do not add up": "district_share:\n  value: {alatau: 0.9}\n",
    "an unknown district": "district_share:\n  value: {nowhere: 0.0}\n",
    "institutions null": "institutions: null\n", "institutions a list": "institutions: [1]\n",
    "an institution null": "institutions:\n  hospital: null\n",
    "an institution of no kind": "institutions:\n  new: {summary: new}\n",
    "an institution of an unknown kind": "institutions:\n  new: {kind: nothing, summary: new}\n",
    "an unknown word in an institution": "institutions:\n  hospital: {bedz: 3}\n",
    "beds below zero": "institutions:\n  hospital:\n    beds: {value: -3}\n",
    "agencies null": "agencies: null\n", "an agency null": "agencies:\n  police: null\n",
    "travel below its range": "travel_within: {value: -20}\n",
}  # fmt: skip
MAY_BEGIN = ("no defaults", "population a number")

STUDY_LINES = {
    "an unknown study": ("name: compare", "name: comparison", "compare"),
    "no name": ("  name: compare\n", "", "name"),
    "study a word":
        ('study:\n  name: compare\n  summary: "a study of my own"', "study: compare", ""),
    "scenarios a word": ("[baseline, mobile_clinics]", "baseline", "scenarios"),
    "an unknown scenario": ("mobile_clinics", "mobile_clinic", "mobile_clinics"),
    "a scenario twice": ("mobile_clinics", "baseline", "twice"),
    "replicates a word": ("replicates: 2", "replicates: two", "replicates"),
    "replicates true": ("replicates: 2", "replicates: true", "replicates"),
    "no replicates": ("replicates: 2\n", "", "replicates"),
    "confidence in percent": ("0.95", "95", "confidence"),
    "an unknown setting": ("replicates: 2", "replicates: 2\nrepliactes: 3", "repliactes"),
    "a setting of another study": ("replicates: 2", "replicates: 2\nnth: 3", "nth"),
    "without its package": ("# @package _global_\n", "", ""),
    "of another package": ("_global_", "nothing.at.all", ""),
    "a seed below zero": ("replicates: 2", "replicates: 2\nseed: -1", "seed"),
    "a day and a half": ("replicates: 2", "replicates: 2\ndays: 1.5", "days"),
    "a default that is nothing": ("study:", "defaults: [nothing]\nstudy:", ""),
}  # fmt: skip


def of_cities_and_studies() -> Iterator[Broken]:
    """Give cities and studies with one wrong line."""
    for name, (before, after, hint) in CITY_LINES.items():
        verdict = "sane" if name in MAY_BEGIN else "refused"
        yield text("city", name, CITY.replace(before, after), hint, verdict)
    for name, added in CITY_ADDED.items():
        yield text("city", name, CITY + added)
    for name, (before, after, hint) in STUDY_LINES.items():
        yield text("study", name, STUDY.replace(before, after), hint)


def every() -> list[Broken]:
    """Return all broken files."""
    return [*in_any_group(), *in_changes(), *of_cities_and_studies()]


def bomb() -> str:
    """Return a file of a few lines that unfolds to 10^9 words."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{after}: &{after} [{','.join([f'*{before}'] * 10)}]")
    return SCENARIO + "\n".join(lines) + "\n"
