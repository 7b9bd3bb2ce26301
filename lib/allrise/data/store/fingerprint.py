"""The content address of a data folder: what its files hold, and the code that prepares them.

Hashing a large file takes longer than reading one slice, so the hash of a file of :data:`LARGE` bytes or more
is remembered with its size, inode and times. It is used again only when all of these are as they were, and
when both times were already :data:`SETTLED_NS` old when the file was hashed. The change time (``ctime``) is
set by the system at every write and cannot be set back, and a write too soon after the hash to be seen in
the times is excluded by the second rule. So a changed file is hashed again, whatever tool changed it and
whatever modification time it was given. Where a system has no change time (Windows) or a network drive's clock is off by
more than two seconds, set ``ALLRISE_REHASH=1`` to hash everything every time. Smaller files are always hashed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from allrise.data.package import read_descriptor
from allrise.errors import UnreadableInput
from allrise.whole import write_whole

LARGE = 8 * 1024 * 1024
SETTLED_NS = 2_000_000_000
TRIES = 5

#: Files beside each other that may hold a table or say what the tables are; anything else is not read.
SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".json"})


def data_files(folder: Path) -> tuple[Path, ...]:
    """Return the files that the fingerprint is made from, by name.

    They are all that screening may read: files of the folder itself, and those that ``datapackage.json`` names.
    """
    found = {p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")}
    with contextlib.suppress(UnreadableInput):  # screening says what is wrong with the descriptor
        found |= {folder / resource.path for resource in read_descriptor(folder).resources}
    return tuple(sorted((p for p in found if p.is_file()), key=lambda p: p.relative_to(folder).as_posix()))


def hash_files(folder: Path, memo: Path) -> dict[str, str]:
    """Return the sha256 of every data file of ``folder``, by its path in the folder.

    ``memo`` is a folder in which the hashes of large files are remembered.
    """
    file = memo / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]}.json"
    known = {} if os.environ.get("ALLRISE_REHASH") == "1" else _read_memo(file)
    fresh: dict[str, dict[str, Any]] = {}
    hashes: dict[str, str] = {}
    for path in data_files(folder):
        name = path.relative_to(folder).as_posix()
        seen = _state(path)
        old = known.get(name)
        if seen["size"] >= LARGE and old is not None and old.get("state") == seen:
            hashes[name] = str(old["sha256"])
            fresh[name] = dict(old)
            continue
        begun = time.time_ns()
        hashes[name], seen = _hash_still(path)
        settled = max(seen["mtime_ns"], seen["ctime_ns"]) + SETTLED_NS < begun
        if seen["size"] >= LARGE and settled:
            fresh[name] = {"state": seen, "sha256": hashes[name]}
    if fresh != known:
        _write_memo(file, fresh)
    return hashes


def fingerprint(hashes: Mapping[str, str]) -> str:
    """Return the content address of the files whose hashes these are, as prepared by this code."""
    total = hashlib.sha256(_code_version().encode())
    for name in sorted(hashes):
        total.update(f"\0{name}\0{hashes[name]}".encode())
    return total.hexdigest()


def _hash_still(path: Path) -> tuple[str, dict[str, int]]:
    for _ in range(TRIES):  # a file that is being written is hashed again, so that hash and state belong together
        before = _state(path)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if _state(path) == before:
            return digest, before
    raise UnreadableInput(f"{path.name} is being written to", "Run again when it is no longer written to.")


def _state(path: Path) -> dict[str, int]:
    s = path.stat()
    return {
        "size": s.st_size,
        "mtime_ns": s.st_mtime_ns,
        "ctime_ns": s.st_ctime_ns,
        "inode": s.st_ino,
        "device": s.st_dev,
    }


def _read_memo(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write_memo(file: Path, value: Mapping[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(value))
    except OSError:
        return  # a memo saves time only


@functools.cache
def _code_version() -> str:
    """Return a hash of the code and profiles that decide what a prepared store holds.

    The importers and the demo's generator write data folders; they decide nothing here.
    """
    room = Path(__file__).parents[1]
    total = hashlib.sha256()
    for path in sorted(_code_files(room)):
        total.update(path.relative_to(room).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _code_files(room: Path) -> Iterable[Path]:
    yield from (room / name for name in ("columns.py", "tables.py", "dialogue.py") if (room / name).exists())
    for part in ("package", "store", "screening", "profiles"):
        for pattern in ("*.py", "*.toml"):
            yield from (room / part).rglob(pattern)
