"""Every command and every block of README and docs/ is run here, or says why it is not."""

import importlib.util
import inspect
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hydra.core.global_hydra import GlobalHydra
from threadpoolctl import threadpool_limits

import experiments
import sim
from experiments import open_store
from sim.__main__ import main
from sim.config import loading
from sim.model import AlmatyModel
from tests.shown import (
    DOCUMENTS,
    SIM,
    TWO,
    Fence,
    commands,
    fences,
    in_sentences,
    is_sim,
    made_small,
    study_of,
)  # fmt: skip
from tools.docs import ROOT

ALL = [one for document in DOCUMENTS for one in fences(document)]
SHELL = ("", "bash")
ELSEWHERE = "extend.md"
"""Its blocks are steps of walk-throughs: `test_extend.py` carries them out."""
HERE = [one for one in ALL if one.reason is None and one.document != ELSEWHERE]
SMALL_CITY = ["city.population=300", "city.burn_in_days=60"]
FIRST_SWEEP = [
    "study=sweep", "scenarios=[baseline,mobile_clinics]", "replicates=2",
    "vary={care_seeking.fear_weight:[3,6]}",
]  # fmt: skip
"""What `...` stands for in commands of the guide to studies."""

NAMES: dict[str, str] = {}
"""The names of the store and of the two studies that every command may go on from."""
RUN_ELSEWHERE = {
    "python -m sim -m study=run scenario=baseline,mobile_clinics seed=1,2":
        "test_the_command.py::test_a_plain_hydra_multirun_gives_a_folder_a_combination",
}  # fmt: skip
"""Commands of blocks that another test runs as a process."""
DRAWING = (
    "experiments.figures.comparison.draw_comparison", "experiments.figures.comparison.draw_curves",
    "experiments.figures.comparison.draw_run", "experiments.figures.money.draw_factorial",
    "experiments.figures.sweep.draw_sweep",
)  # fmt: skip
"""Figures take longer than everything else; `study=figures` draws them here, others elsewhere."""

SENTENCES_NOT_RUN = {
    "python3 -m uv run": "the beginning of a command",
    "uv run": "the beginning of a command",
    "uv run --with": "the beginning of a command",
    "uv sync": "installs",
    "uv sync -v": "installs",
    "pip install": "installs",
    "pip install -c constraints.txt .": "installs",
    "pip install 'almaty-health-access[dask]'": "installs",
    "pytest -m long": "minutes; continuous integration runs it",
    "pytest ID": "ID stands for the name of a test",
    "python -m tools.rest_state": "takes minutes, and writes into conf/",
    "python -m tools.docs.at_rest": "takes minutes; test_stationarity.py runs the small city",
    "python -m sim.precompile": "tests/sim/engine/jit/test_precompile.py",
    "python -m tests.fuzz --long": "ten times as long as what CI runs of it",
    "python -m tests.fuzz flip": "runs tests that run anyway",
    "python3 -m uv run python -m tests.pythons": "makes environments of other Pythons",
    "python -m tools.docs.verification --table": "writes into docs/; a test compares its table",
    "python -m tools.count": "tests/tools/test_count.py",
    "python -m tools.count COMMIT": "tests/tools/test_count.py",
    "python -m tests.fallback": "two minutes of compiling; .ci/run calls it",
    "python -m tests.numbas": "makes environments of other Numbas",
    "python -m tests.approved": "approves values; tests/verification/test_golden_run.py",
    "python -m tests.same_results BASE": "minutes; tests/verification/test_same_results.py",
    "python -m tests.mutations": "hours; tests/mutations/test_the_list_of_faults.py",
    "python -m tests.mutations illness": "half an hour",
    "python -m tests.mutations --write": "hours",
    "python -m tools.docs.audit": "tests/system/test_evidence.py",
    "python -m tools.docs.tables": "tests/system/test_odd.py",
    "python -m tools.docs.screening": "half an hour",
    "python -m tools.docs.patterns": "a minute; tests/system/test_odd.py reads its result",
    "python -m tools.docs.speed": "tests/system/test_speed.py",
    "python -m benchmarks.peers": "minutes; fetches other frameworks",
}
"""Commands within sentences that are run elsewhere or not, and where or why."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory with results of every study that commands of the documents go on from."""
    folder = tmp_path_factory.mktemp("shown")
    configuration = shutil.copytree(ROOT / "conf", folder / "configuration")
    for one in ALL:
        if one.word.startswith("file=conf/") and one.document != ELSEWHERE:
            file = configuration / one.word.removeprefix("file=conf/")
            file.write_text(one.text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALMATY_CONF", str(configuration))
        patch.chdir(folder)
        for words in (FIRST_SWEEP, ["study=compare", f"scenarios={TWO['scenarios']}"]):
            assert carry_out([*SIM, *words]) == 0
        (store,) = (folder / "outputs").glob("store-*")
        NAMES.update({name.partition("-")[0]: name for name in open_store(store).studies()})
        NAMES["store"] = store.name
        yield folder


@pytest.fixture(autouse=True)
def in_place(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("ALMATY_CONF", str(place / "configuration"))


def carry_out(words: Sequence[str]) -> int:
    """Run a command of the model in this process; return its exit status."""
    small = made_small(list(words))
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        if study_of(list(words)) != "figures":
            for name in DRAWING:
                patch.setattr(name, lambda *_: None)
        patch.setenv("HYDRA_FULL_ERROR", "0")
        patch.setattr(sys, "argv", ["sim", *small])
        GlobalHydra.instance().clear()
        status = main(small) if inspect.signature(main).parameters else main()
        GlobalHydra.instance().clear()
    return status


@cache
def somebody() -> int:
    """Return the identity of somebody in the city of the story."""
    people = made_small([*SIM, "study=story"])
    city = [word for word in people if word.startswith("city.")]
    migrants = AlmatyModel(loading.load_scenario("baseline", city)).migrants
    return int(migrants.pid[migrants.rows[0]])


def put_in(text: str, place: Path) -> str:
    """Put the names of what there is in the places of those in the text."""
    for pattern, found in (
        (r"outputs/store-[\w.*-]+", f"outputs/{NAMES['store']}"),
        (r"\bsweep-[0-9a-f]{8}\b", NAMES["sweep"]),
        (r"\bcompare-[0-9a-f]{8}\b", NAMES["compare"]),
        (r"\bmanifest=FILE\b", f"manifest=outputs/{NAMES['compare']}/manifest.json"),
        (r"\bWORD\b", "capacity"),
        (r"\bperson=\d+", f"person={somebody()}"),
        (r"\$SLURM_ARRAY_TASK_ID\b", "1"),
        (r"/shared/", f"{place}/shared/"),
        (r" \.\.\. ", f" {' '.join(FIRST_SWEEP[1:])} "),
    ):
        text = re.sub(pattern, lambda _, found=found: found, text)
    return text


def shown_commands() -> list[str]:
    """Return every command of the model that the documents show, once."""
    found: dict[str, None] = {}
    for one in HERE:
        if one.language in SHELL:
            found |= dict.fromkeys(" ".join(map(quoted, words)) for words in commands(one.text))
    found = {command: None for command in found if command not in RUN_ELSEWHERE}
    for document in DOCUMENTS:
        for sentence in in_sentences(document):
            if sentence not in SENTENCES_NOT_RUN and document.name != ELSEWHERE:
                found[sentence] = None
    return list(found)


def quoted(word: str) -> str:
    """Return a word as a shell would need it, without the quotes that it does not."""
    return f"'{word}'" if re.search(r"[ {}*|]", word) else word


@pytest.mark.slow
@pytest.mark.parametrize("command", shown_commands())
def test_a_command_of_the_documents_works(
    command: str, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every command, in a small city: exit status 0, and nothing on the error output but words."""
    (words,) = commands(put_in(command, place))
    assert is_sim(words), f"{command}: only commands of the model are run; say why this is not"
    status = carry_out(words)
    errors = capfd.readouterr().err
    assert status == 0, errors
    assert "Traceback" not in errors
    assert "error:" not in errors


@pytest.mark.parametrize(
    "block", [one for one in HERE if one.language == "python" and not one.word], ids=str
)
def test_a_block_of_python_works(
    block: Fence, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Executed as it stands, but for the size of the city and the names of stored studies.

    A study has no workers and draws the figures alone that its block asks for.
    """
    load, compare = sim.load_scenario, experiments.compare

    def in_a_small_city(name: str = "baseline", overrides: Sequence[str] = ()) -> Any:
        return load(name, [*overrides, *SMALL_CITY])

    def in_this_process(*which: Any, overrides: Sequence[str] = (), **more: Any) -> Any:
        return compare(*which, overrides=[*overrides, "executor=serial"], **more)

    monkeypatch.setattr(sim, "load_scenario", in_a_small_city)
    monkeypatch.setattr(experiments, "compare", in_this_process)
    for name in DRAWING:
        monkeypatch.setattr(name, lambda *_: None)
    exec(put_in(block.text, place), {})


@pytest.mark.parametrize("block", [one for one in HERE if one.language == "sql"], ids=str)
def test_a_block_of_sql_works(block: Fence, place: Path) -> None:
    """It finds something in a store."""
    assert len(duckdb.sql(put_in(block.text, place)).df())


@pytest.mark.parametrize("block", [one for one in ALL if one.word.startswith("from=")], ids=str)
def test_an_excerpt_stands_in_its_file(block: Fence) -> None:
    """Code that is shown is code that is there."""
    source = (ROOT / block.word.removeprefix("from=")).read_text(encoding="utf-8")
    assert block.text in source


@pytest.mark.parametrize(
    "block", [one for one in HERE if one.word.startswith("file=conf/scenario/")], ids=str
)
def test_a_scenario_that_is_shown_is_valid(block: Fence) -> None:
    """It can be loaded, and its name is that of its file."""
    name = Path(block.word).stem
    scenario = sim.load_scenario(name)
    assert scenario.name == name
    assert scenario.changes


def test_every_block_is_run_or_says_why_not() -> None:
    """No fenced block is left out: its kind is one of those above, or it has a reason."""
    left = [
        str(one)
        for one in HERE
        if not (
            (one.language in (*SHELL, "sql") and not one.word)
            or (one.language == "python" and (not one.word or one.word.startswith("from=")))
            or one.word.startswith("file=conf/scenario/")
        )
    ]
    assert left == []
    for one in ALL:
        assert one.reason is None or len(one.reason.split()) > 1, f"{one}: why is it not run?"
    fenced = sum(document.read_text(encoding="utf-8").count("\n```") for document in DOCUMENTS)
    assert fenced == 2 * len(ALL)


def test_what_is_not_run_names_files_and_modules_that_are_there() -> None:
    """A command that is only shown may still be wrong: its files and modules must exist."""
    for one in ALL:
        if one.reason is None or one.language not in SHELL:
            continue
        for words in commands(one.text):
            for before, word in zip(["", *words], words, strict=False):
                if re.match(r"(tests|docs|tools|benchmarks)/[^=]*$", word):
                    assert list(ROOT.glob(word.partition("::")[0])), f"{one}: {word}"
                if before == "-m" and word.startswith(("sim", "tests", "tools", "benchmarks")):
                    assert importlib.util.find_spec(word), f"{one}: {word}"


def test_every_exception_is_still_in_a_document() -> None:
    """The lists of what is not run here have no more than there is."""
    shell = [one for one in HERE if one.language in SHELL]
    blocks = {" ".join(words) for one in shell for words in commands(one.text)}
    assert set(RUN_ELSEWHERE) <= blocks
    there = {sentence for document in DOCUMENTS for sentence in in_sentences(document)}
    assert set(SENTENCES_NOT_RUN) <= there


def test_a_block_that_is_neither_run_nor_marked_is_seen(tmp_path: Path) -> None:
    """The parser tells marked and unmarked blocks, languages and words apart."""
    document = tmp_path / "some.md"
    document.write_text(
        "# A\n\n```\npython -m sim\n```\n\n<!-- not run: it takes a year -->\n```r\nplot(1)\n```\n"
        "Text `python -m sim days=3` on.\n\n```yaml file=conf/scenario/a.yaml\nname: a\n```\n"
    )
    found = fences(document)
    assert [(one.line, one.language, one.word, one.reason) for one in found] == [
        (3, "", "", None), (8, "r", "", "it takes a year"),
        (13, "yaml", "file=conf/scenario/a.yaml", None),
    ]  # fmt: skip
    assert in_sentences(document) == ["python -m sim days=3"]
