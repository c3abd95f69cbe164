"""Kinds of damage to a store, each a function that does it to a copy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

type Do = Callable[[Path], None]


class Damage(NamedTuple):
    """One kind of damage.

    `noticed`: `study=check` has to speak of it. Files a user has put beside are no damage.
    `absent`: as if it had not been run or begun yet, so that a reader may find fewer rows.
    """

    name: str
    do: Do
    noticed: bool = True
    absent: bool = False


FILES = {
    "store.json": lambda store: store / "store.json",
    "manifest of the study": lambda store: study_of(store) / "manifest.json",
    "plan": lambda store: study_of(store) / "plan.parquet",
    "machine of the study": lambda store: study_of(store) / "machine.json",
    "contents of a bundle": lambda store: bundles_of(store)[0] / "contents.json",
    "machine of a bundle": lambda store: bundles_of(store)[0] / "machine.json",
    "indicators": lambda store: bundles_of(store)[0] / "indicators.parquet",
    "runs": lambda store: bundles_of(store)[0] / "runs.parquet",
    "curves": lambda store: bundles_of(store)[0] / "curves.parquet",
    "times": lambda store: bundles_of(store)[0] / "times.parquet",
}
BY_THE_MACHINE = ("machine of the study", "machine of a bundle", "times")
"""Files that hold no result: whether a check speaks of them is left open."""


def study_of(store: Path) -> Path:
    """Return the folder of the only study."""
    (found,) = (store / "studies").iterdir()
    return found


def bundles_of(store: Path) -> list[Path]:
    """Return the folders of the bundles."""
    return sorted((store / "runs").iterdir())


# --- to one file ---


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _rename(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


def _truncate(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 4)


def _folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


def _link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _swap_with_neighbour(path: Path) -> None:
    """Put the file of the other bundle here, or another file of this folder."""
    alike = [one / path.name for one in path.parent.parent.iterdir() if one != path.parent]
    beside = [one for one in path.parent.iterdir() if one != path]
    others = [one for one in (*sorted(alike), *sorted(beside)) if one.is_file()]
    if not others:
        _garbage(path)
        return
    mine, other = path.read_bytes(), others[0].read_bytes()
    path.write_bytes(other)
    others[0].write_bytes(mine)


TO_A_FILE: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "cut in half": _truncate,
    "empty": lambda path: _put(path, b""),
    "of other bytes": _garbage,
    "swapped": _swap_with_neighbour,
    "a folder in its place": _folder_in_its_place,
    "a dead link": _dead_link,
    "a link to itself": _link_to_itself,
    "with a line more": lambda path: _put(path, path.read_bytes() + b"\n"),
}


def to_a_file(file: str, way: str) -> Damage:
    """Return the damage of one kind to one file."""
    return Damage(
        f"{file} {way}",
        lambda store: TO_A_FILE[way](FILES[file](store)),
        # A line more after a whole JSON file changes nothing that it says.
        noticed=file not in BY_THE_MACHINE and way != "with a line more",
    )


# --- to the contents of a file that stays readable ---


def _table(store: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = FILES[name](store)
    pq.write_table(change(pq.read_table(path, partitioning=None)), path, compression="zstd")


def _other_numbers(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("value")
    return table.set_column(at, "value", pc.multiply(table["value"], 2.0))


def _other_seeds(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("seed")
    return table.set_column(at, "seed", pc.add(table["seed"], 1))


def _json(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    content.update(changes)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _other_configuration(store: Path) -> None:
    path = study_of(store) / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["configuration"]["days"] = 21
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


IN_A_FILE = [
    Damage("indicators with other numbers",
           lambda store: _table(store, "indicators", _other_numbers)),
    Damage("indicators with half their rows",
           lambda store: _table(store, "indicators", lambda table: table[: len(table) // 2])),
    Damage("indicators without rows",
           lambda store: _table(store, "indicators", lambda table: table[:0])),
    Damage("indicators twice",
           lambda store: _table(store, "indicators", lambda table: pa.concat_tables([table] * 2))),
    Damage("indicators without the column run",
           lambda store: _table(store, "indicators", lambda table: table.drop_columns("run"))),
    Damage("runs in another order",
           lambda store: _table(store, "runs", lambda table: table.take([1, 0]))),
    Damage("curves without a column",
           lambda store: _table(store, "curves", lambda table: table.drop_columns("day"))),
    Damage("plan with other seeds", lambda store: _table(store, "plan", _other_seeds)),
    Damage("plan without rows", lambda store: _table(store, "plan", lambda table: table[:0])),
    Damage("plan with half its rows",
           lambda store: _table(store, "plan", lambda table: table[: len(table) // 2])),
    Damage("plan twice",
           lambda store: _table(store, "plan", lambda table: pa.concat_tables([table] * 2))),
    Damage("manifest with another configuration", _other_configuration),
    Damage("manifest of no known study",
           lambda store: _json(study_of(store) / "manifest.json", study="nothing")),
    Damage("manifest is a list",
           lambda store: _put(study_of(store) / "manifest.json", b"[1]\n")),
    Damage("manifest without a configuration",
           lambda store: _put(study_of(store) / "manifest.json", b"{}\n")),
    Damage("contents with other runs",
           lambda store: _json(bundles_of(store)[0] / "contents.json", runs=["a", "b"])),
    Damage("bundle of another version",
           lambda store: _json(bundles_of(store)[0] / "contents.json", model_version="0.0.1-0")),
    Damage("store of another format", lambda store: _json(store / "store.json", format=99)),
    Damage("store of a format in words", lambda store: _json(store / "store.json", format="two")),
    Damage("store of another version",
           lambda store: _json(store / "store.json", model_version="0.0.1-0")),
    Damage("store.json null",
           lambda store: _put(store / "store.json", b"null\n")),
    Damage("store.json in UTF-16",
           lambda store: _put(store / "store.json", "{}".encode("utf-16"))),
]  # fmt: skip


# --- to folders ---


def _replace_by_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("no folder")


def _emptied(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def _link_to_other_bundle(store: Path) -> None:
    first, second = bundles_of(store)
    shutil.rmtree(first)
    first.symlink_to(second.name)


def _bundles_swapped(store: Path) -> None:
    first, second = bundles_of(store)
    between = store / "runs" / "between"
    first.rename(between)
    second.rename(first)
    between.rename(second)


def _half_written(place: Path) -> None:
    folder = place / ".unfinished-elsewhere-1-abc"
    folder.mkdir()
    (folder / "indicators.parquet").write_bytes(b"PAR1half")


def _copy_beside(path: Path, name: str) -> None:
    shutil.copytree(path, path.with_name(name))


def _closed(path: Path) -> None:
    path.chmod(0)


TO_A_FOLDER = [
    Damage("a bundle missing", lambda store: shutil.rmtree(bundles_of(store)[0]), absent=True),
    Damage("all bundles missing", lambda store: _emptied(store / "runs"), absent=True),
    Damage("a bundle empty", lambda store: _emptied(bundles_of(store)[0])),
    Damage("a bundle is a file", lambda store: _replace_by_file(bundles_of(store)[0])),
    Damage("a bundle twice", lambda store: _copy_beside(bundles_of(store)[0], "0" * 16)),
    Damage("a bundle twice, with a note",
           lambda store: _copy_beside(bundles_of(store)[0], "copy (1)"), noticed=False),
    Damage("a bundle renamed",
           lambda store: _rename(bundles_of(store)[0], "renamed")),
    Damage("two bundles swapped", _bundles_swapped),
    Damage("a bundle is a link to another", _link_to_other_bundle),
    Damage("a bundle half-written",
           lambda store: _half_written(store / "runs"), noticed=False),
    Damage("a study half-written",
           lambda store: _half_written(store / "studies"), noticed=False),
    Damage("a study empty", lambda store: _emptied(study_of(store))),
    Damage("a study missing", lambda store: shutil.rmtree(study_of(store)),
           noticed=False, absent=True),
    Damage("a study is a file", lambda store: _replace_by_file(study_of(store)),
           noticed=False, absent=True),
    Damage("a study twice", lambda store: _copy_beside(study_of(store), "compare-copy"),
           noticed=False),
    Damage("no folder studies", lambda store: shutil.rmtree(store / "studies"),
           noticed=False, absent=True),
    Damage("no folder runs", lambda store: shutil.rmtree(store / "runs"), absent=True),
    Damage("runs is a file", lambda store: _replace_by_file(store / "runs")),
    Damage("studies is a file", lambda store: _replace_by_file(store / "studies")),
    Damage("nothing in it", lambda store: _emptied(store)),
    Damage("a bundle closed to the reader", lambda store: _closed(bundles_of(store)[0]),
           noticed=False),
    Damage("a table closed to the reader", lambda store: _closed(FILES["indicators"](store)),
           noticed=False),
]  # fmt: skip


OWN = (
    "notes.txt", "runs/notes.txt", "runs/мои заметки/план.txt", "studies/.DS_Store",
    "studies/compare-x.txt", "Thumbs.db", "runs/desktop.ini", "studies/drafts/plan.txt",
)  # fmt: skip
"""Files of the user's own, put into every store that is damaged."""


def put_own_files(store: Path) -> dict[Path, bytes]:
    """Put files of a user's own where the store's folders are; return what they hold."""
    written = {}
    for name in OWN:
        path = store / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"my own: {name}\n", encoding="utf-8")
        except OSError:
            continue  # its folder is what the damage has replaced
        written[path] = path.read_bytes()
    return written


def _own_beside_tables(store: Path) -> None:
    for place in (bundles_of(store)[0], study_of(store)):
        (place / "my notes.txt").write_text("mine\n")


OWN_INSIDE = [Damage("files of the user's own inside", _own_beside_tables, noticed=False)]

EVERY = [
    *IN_A_FILE,
    *TO_A_FOLDER,
    *OWN_INSIDE,
    *(to_a_file(file, way) for file in FILES for way in TO_A_FILE),
]


def chosen(long: bool) -> list[Damage]:
    """Return all kinds of damage, or those of CI: every ninth of those to a file."""
    to_files = EVERY[len(IN_A_FILE) + len(TO_A_FOLDER) + len(OWN_INSIDE) :]
    few = EVERY[: len(EVERY) - len(to_files)] + to_files[::9]
    return EVERY if long else few
