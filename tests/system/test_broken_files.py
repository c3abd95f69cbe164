"""Files of users in any broken form: one line with file and line, and nobody else is hurt."""

from collections.abc import Callable
from pathlib import Path

import pytest

import experiments.studies.run
import experiments.studies.study
from sim.__main__ import main
from sim.config.files import offers

type Command = Callable[..., tuple[int, str]]

SCENARIO = """name: mine
summary: a trial
changes:
  - {path: information.ngo_reach, value: 0.01, start_day: 0}
"""
CITY = """defaults: [almaty, _self_]
name: mine
summary: a small city
population: {value: 500}
"""
STUDY = """# @package _global_
study: {name: compare, summary: ours}
scenarios: [baseline, hub_small]
replicates: 3
confidence: 0.9
"""


class StartedError(BaseException):
    """A mistake was not noticed: the study has begun."""


def must_not_start(*_: object, **__: object) -> None:
    raise StartedError


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Give a function that runs the command in a folder of its own: exit status and errors."""
    monkeypatch.setattr(experiments.studies.study, "run_tasks", must_not_start)
    monkeypatch.setattr(experiments.studies.run, "carry_out_one", must_not_start)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        return main(list(words)), capfd.readouterr().err

    return run


def own_file(group: str, content: str | bytes, name: str = "mine.yaml") -> None:
    path = Path("conf") / group / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def one_line(outcome: tuple[int, str], begins: str, complaint: str) -> None:
    status, errors = outcome
    assert status == 2
    assert errors.startswith(f"error: {begins}"), errors
    assert complaint in errors
    assert len(errors.splitlines()) == 1


BROKEN_SCENARIOS = [
    ("", 1, "is empty"),
    ("[]", 1, "holds a list"),
    ("text", 1, "holds the text 'text'"),
    (SCENARIO.replace("name: mine", "name: 2024"), 1, "the number 2024: put it in quotes"),
    (SCENARIO.replace("name: mine", "name: yes"), 1, "name is true"),
    (SCENARIO.replace("name: mine\n", ""), 1, "has no name"),
    (SCENARIO.replace("summary: a trial\n", ""), 1, "has no summary"),
    (SCENARIO.replace("a trial", ""), 2, "has no summary"),
    (SCENARIO.replace("a trial", "[a]"), 2, "summary must be one line"),
    (SCENARIO.replace("a trial", "${seed}"), 2, "plain text"),
    (SCENARIO + "name: mine\n", 5, "'name' appears twice (first on line 1)"),
    (SCENARIO.replace("a trial", '"a trial'), 2, "a quote is not closed"),
    (SCENARIO.replace("summary", "\tsummary"), 2, "a tab: indent with spaces"),
    (SCENARIO.replace("a trial", "опыт").encode("cp1251"), 2, "is not UTF-8"),
    (SCENARIO.encode("utf-16"), 1, "is in UTF-16"),
    (SCENARIO.encode() + b"\0", 5, "is not text (code 0)"),
    ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "an anchor"),
    ("name: *a\n", 1, "an alias"),
    ("<<: {name: mine}\n", 1, "a merge"),
    ("name: !!python/object/apply:os.getcwd []\n", 1, "a tag"),
    ("name: mine\n---\nname: mine\n", 2, "a second document"),
    ("[" * 100_000, 1, "nested deeper"),
    (SCENARIO + "}\n", 5, "is not YAML"),
    (SCENARIO + "1: 2\n", 5, "the name 1 must be in quotes"),
    (SCENARIO.replace("changes:", "change:"), 3, "did you mean 'changes'"),
    ("name: mine\nsummary: x\nchanges: 3\n", 3, "must be a list of changes, not the number 3"),
    ("name: mine\nsummary: x\nchanges:\n  - 3\n", 4, "change 1 must be {path:"),
    (SCENARIO.replace("start_day: 0", 'start_day: "x"'), 4, "start_day: the text 'x' is not"),
    (SCENARIO.replace("start_day: 0", "start_day: true"), 4, "start_day: true is not a whole"),
    (SCENARIO.replace("start_day", "first_day"), 4, "did you mean 'start_day'"),
    (SCENARIO.replace(", start_day: 0", ""), 4, "has no start_day"),
    (SCENARIO.replace("0.01", "null"), 4, "value: nothing (null) is not a number"),
    (SCENARIO.replace("0.01", "true"), 4, "value: true is not a number"),
    (SCENARIO.replace("0.01", ".nan"), 4, "not a finite number"),
    (SCENARIO.replace("0.01", "-.inf"), 4, "not a finite number"),
    (SCENARIO.replace("0.01", "9999"), 4, "outside its range"),
    (SCENARIO.replace("ngo_reach", "ngo_reech"), 4, "did you mean 'information.ngo_reach'"),
    (SCENARIO.replace("start_day: 0", "start_day: 400"), 4, "outside the run"),
    (SCENARIO.replace("start_day: 0", "start_day: 0, ramp_days: 9, until_day: 5"), 4, "never"),
    (SCENARIO + SCENARIO.splitlines()[3], 5, "is changed twice on day 0"),
    (SCENARIO.replace("information.ngo_reach, value: 0.01", "law.regime, value: x"), 4, "law book"),
]


@pytest.mark.parametrize(("content", "line", "complaint"), BROKEN_SCENARIOS)
def test_a_broken_scenario_is_one_line_with_file_and_line(
    command: Command, content: str | bytes, line: int, complaint: str
) -> None:
    own_file("scenario", content)
    outcome = command("study=run", "scenario=mine")
    one_line(outcome, f"conf/scenario/mine.yaml, line {line}: ", complaint)
    assert not Path("outputs").exists()


BROKEN_CITIES = [
    ("defaults: [almaty, _self_]\n", 1, "has no name"),
    (CITY.replace("summary: a small city\n", ""), 1, "has no summary"),
    (CITY.replace("almaty", "almati"), 1, "did you mean 'almaty'"),
    (CITY.replace("almaty", "../city/almaty"), 1, "unknown city"),
    (CITY.replace("500", "true"), 4, "not a number"),
    (CITY.replace("{value: 500}", "5"), 4, "outside its range"),
    (CITY + "popullation: 3\n", 5, "did you mean 'population'"),
    (CITY + "holidays: [02-30]\n", 5, "not a day of the year"),
    (CITY + "start_date: 2018\n", 5, "is not a date"),
    (CITY + "institutions: {hospital: {beds: 99999}}\n", 5, "outside its range 0 to 2000"),
    (CITY + "institutions: {hospital: {bedz: 3}}\n", 5, "unknown name"),
    (CITY + "institutions: {../x: {kind: hospital}}\n", 5, "cannot be a name"),
    (CITY + "institutions: 3\n", 5, "a city needs them"),
    (CITY + "agencies: {iom: {grant: .nan}}\n", 5, "outside its range"),
]


@pytest.mark.parametrize(("content", "line", "complaint"), BROKEN_CITIES)
def test_a_broken_city_is_one_line_with_file_and_line(
    command: Command, content: str, line: int, complaint: str
) -> None:
    own_file("city", content)
    one_line(command("city=mine"), f"conf/city/mine.yaml, line {line}: ", complaint)


BROKEN_STUDIES = [
    (STUDY.replace("# @package _global_\n", ""), 1, "write '# @package _global_'"),
    (STUDY.replace("compare", "compar"), 2, "did you mean 'compare'"),
    (STUDY.replace("replicates: 3", "replicates: ten"), 4, "a whole number from 1 to 100,000"),
    (STUDY.replace("hub_small", "hub_smal"), 3, "did you mean 'hub_small'"),
    (STUDY + "case: x\n", 6, "unknown name 'case'"),
    (STUDY + "scenario: x\n", 6, "did you mean 'scenarios'"),
    (STUDY + "seed: x\n", 6, "seed = x must be"),
    (STUDY + "days: 0\n", 6, "days = 0 must be"),
    (STUDY + "parameters: {illness: {acute_rate: 99}}\n", 6, "outside its range 0.5 to 3.5"),
    (STUDY + "city: {population: 50}\n", 6, "outside its range 100"),
]


@pytest.mark.parametrize(("content", "line", "complaint"), BROKEN_STUDIES)
def test_a_broken_study_is_one_line_with_file_and_line(
    command: Command, content: str, line: int, complaint: str
) -> None:
    own_file("study", content)
    one_line(command("study=mine"), f"conf/study/mine.yaml, line {line}: ", complaint)


def test_a_broken_shock_is_one_line_with_file_and_line(command: Command) -> None:
    own_file("shock", SCENARIO)
    begins = "conf/shock/mine.yaml, line 4: "
    one_line(command("shock=mine"), begins, "shock 'information.ngo_reach' is not on the whitelist")


def test_a_name_must_be_that_of_its_file(command: Command) -> None:
    """Two files cannot hold one inner name, so no result can get under another's name (F1.1)."""
    own_file("scenario", SCENARIO.replace("name: mine", "name: baseline"), "my_variant.yaml")
    expected = (
        "conf/scenario/my_variant.yaml: its name is 'baseline', but the file is called "
        "'my_variant': write name: my_variant"
    )
    for words in (
        ["scenarios=[baseline,my_variant]"],
        ["study=curves", "scenarios=[baseline,my_variant]"],
        ["study=factorial", "factors=[my_variant,hub_small]"],
        ["study=sweep", "scenarios=[my_variant]", "vary={illness.acute_rate: [1]}"],
        ["study=run", "scenario=my_variant"],
    ):
        status, errors = command(*words)
        assert (status, expected in errors, len(errors.splitlines())) == (2, True, 1)
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    "name", ["../../x", "a/b", "'/x'", "''", "a" * 81, ".x", "'a b'", "-x", "'a\\b'"]
)
def test_no_name_leads_out_of_a_folder(command: Command, name: str) -> None:
    for words in (["study=run", f"scenario={name}"], ["study=run", f"scenario.name={name}"]):
        status, errors = command(*words)
        assert (status, len(errors.splitlines())) == (2, 1)
    assert not Path("outputs").exists()


def test_a_broken_file_hurts_only_who_uses_it(
    command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    """Help names it in a line and lists the others; a study that does not use it begins."""
    own_file("scenario", SCENARIO.replace("summary", "\tsummary"), "broken.yaml")
    own_file("scenario", SCENARIO)
    own_file("city", "")
    with pytest.raises(StartedError):
        command("study=run", "scenario=mine")
    capfd.readouterr()
    assert main(["--help"]) == 0
    said = capfd.readouterr().out
    assert "  mine                     a trial [conf/scenario]\n" in said
    assert "broken                   cannot be used: conf/scenario/broken.yaml, line 2" in said
    assert "hub_medium" in said
    assert (
        "  mine                     cannot be used: conf/city/mine.yaml, line 1: is empty" in said
    )


def test_a_file_with_the_other_ending_is_named(command: Command) -> None:
    own_file("scenario", SCENARIO, "mine.yml")
    outcome = command("study=run", "scenario=mine")
    one_line(outcome, "conf/scenario/mine.yml: ", "call it mine.yaml")
    assert [one.mistake for one in offers("scenario") if one.name == "mine"] == [
        "conf/scenario/mine.yml: call it mine.yaml"
    ]


def test_a_file_with_a_name_that_is_taken_is_refused_where_it_is_used(command: Command) -> None:
    own_file("scenario", SCENARIO.replace("mine", "hub_small"), "hub_small.yaml")
    outcome = command("study=run", "scenario=hub_small")
    one_line(outcome, "conf/scenario/hub_small.yaml: ", "there is another scenario 'hub_small'")
    with pytest.raises(StartedError):
        command("study=run", "scenario=hub_medium")


def test_parameters_of_ones_own_would_not_be_read_and_are_refused(command: Command) -> None:
    own_file("parameters", "illness: {acute_rate: 3}\n", "illness.yaml")
    one_line(command(), "conf/parameters/illness.yaml: ", "is not read")
