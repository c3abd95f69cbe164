"""Files of a result store: written completely, with checksums, and read only if unchanged.

A JSON file is *sealed*: it holds a hash of its own content. A table is a Parquet file whose size
and hash are recorded in a sealed file beside it. So a flipped bit on a disk, or a file that was
truncated or replaced, is noticed before a number is read from it.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from socket import gethostname
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

UNFINISHED = ".unfinished-"
FORGOTTEN_AFTER = 3600.0
"""Seconds after which an unfinished folder of another machine counts as abandoned."""
NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
"""Errors of the system for a missing file: no such file, a folder instead, a broken link."""
CHECK = "check"
"""Name under which a sealed file holds the hash of its own content."""


class StoreError(OSError):
    """A store cannot be written or read: full disk, lost permission, damage."""


class DamageError(StoreError):
    """A file of a store has changed since it was written.

    Parameters
    ----------
    place : str
        Name of the folder that contains it: a bundle or a study.
    why : str
        What is wrong with it, e.g. "indicators.parquet does not match its checksum".
    """

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place = place
        self.why = why


# --- sealed JSON --------------------------------------------------------------------------------


def as_json(content: Mapping[str, Any]) -> str:
    """Return content as the text of a JSON file."""
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file that holds a hash of its own content."""
    path.write_text(as_json({**content, CHECK: _hash_of(content)}), encoding="utf-8")


def read_sealed(path: Path) -> dict[str, Any]:
    """Return the content of a sealed file.

    Raises
    ------
    DamageError
        If the file is missing, is not valid JSON, or has changed since it was written.
    """
    try:
        content = json.loads(path.read_bytes().decode("utf-8"))
        check = content.pop(CHECK)
    except OSError as error:
        raise _missing(path, error) from error
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
        raise DamageError(path.parent.name, f"{path.name} is damaged") from error
    if check != _hash_of(content):
        raise DamageError(path.parent.name, f"{path.name} does not match its checksum")
    return dict(content)


def _missing(path: Path, error: OSError) -> OSError:
    """Return the error to raise for a file that cannot be read: damage or a lost permission."""
    if error.errno in NO_FILE:
        return DamageError(path.parent.name, f"{path.name} is missing")
    return error


def _hash_of(content: Mapping[str, Any]) -> str:
    # As it will be read back: values without a JSON type become text.
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


# --- tables -------------------------------------------------------------------------------------


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet."""
    pq.write_table(
        pa.Table.from_pandas(table, preserve_index=False), path, compression="zstd",
        store_schema=False,
    )  # fmt: skip


def fingerprint(path: Path) -> dict[str, Any]:
    """Return size in bytes and hash of a file, as recorded in a sealed file beside it."""
    content = path.read_bytes()
    return {"bytes": len(content), "blake2b": blake2b(content, digest_size=16).hexdigest()}


def checked_bytes(path: Path, expected: Mapping[str, Any]) -> bytes:
    """Return the content of a file.

    Raises
    ------
    DamageError
        If it is missing, or does not have the expected size and hash.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _missing(path, error) from error
    if len(content) != expected["bytes"]:
        raise DamageError(
            path.parent.name,
            f"{path.name} has {len(content):,} bytes instead of {expected['bytes']:,}",
        )
    if blake2b(content, digest_size=16).hexdigest() != expected["blake2b"]:
        raise DamageError(path.parent.name, f"{path.name} does not match its checksum")
    return content


def rows_of(
    content: bytes, columns: Sequence[str] | None, where: Sequence[tuple[str, str, Any]]
) -> pa.Table:
    """Return the rows of a Parquet file that meet conditions.

    Text columns are dictionary-encoded: their values repeat from row to row, and reading and
    comparing them as plain text takes twice as long.
    """
    source = pa.BufferReader(content)
    schema = pq.read_schema(source)
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    source.seek(0)
    return pq.read_table(
        source, columns=columns, filters=list(where) or None, partitioning=None, use_threads=False,
        read_dictionary=words,
    )  # fmt: skip


# --- complete or absent -------------------------------------------------------------------------


@contextmanager
def whole_folder(store: Path, place: Path, replace: bool = False) -> Iterator[Path]:
    """Yield a folder to write into that gets its name when everything in it is on the disk.

    Parameters
    ----------
    store : Path
        The store, which holds the unfinished folder: nothing incomplete is ever below `runs/`.
    place : Path
        The final name.
    replace : bool
        Whether to replace an existing folder; otherwise the existing one stays.

    Raises
    ------
    StoreError
        If the disk is full or the folder is no longer writable.
    """
    folder = store / unfinished()
    try:
        folder.mkdir()
        yield folder
        for written in folder.iterdir():
            _to_disk(written)
        if replace and place.is_dir():
            before = store / unfinished()
            place.rename(before)
            folder.rename(place)
            shutil.rmtree(before, ignore_errors=True)
            return
        try:
            folder.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            # Another process has stored the same content; either copy will do.
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = error.strerror or str(error)
        raise StoreError(f"store: cannot write to '{store}' ({reason})") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def write_once(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file under another name and rename it."""
    temporary = path.with_name(unfinished())
    write(temporary)
    _to_disk(temporary)
    temporary.replace(path)


def unfinished() -> str:
    """Return a name for an unfinished folder or file of this process."""
    return f"{UNFINISHED}{gethostname()}-{os.getpid()}-{uuid4().hex}"


def writer_is_gone(left: Path) -> bool:
    """Return True if the writer of a folder has ended; for other machines, judge by its age."""
    try:
        age = time.time() - left.stat().st_mtime
    except FileNotFoundError:
        return False  # finished meanwhile
    host, _, process = left.name.removeprefix(UNFINISHED).rpartition("-")[0].rpartition("-")
    if host == gethostname() and process.isdecimal() and os.name != "nt":
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
    return age > FORGOTTEN_AFTER


def _to_disk(path: Path) -> None:
    """Make sure a file is on the disk before its folder gets its name."""
    with path.open("rb") as opened:
        os.fsync(opened.fileno())
