"""The content address of a data folder, and the memory of large files' hashes."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from allrise.data.store import fingerprint as module
from allrise.data.store.fingerprint import LARGE, SETTLED_NS, data_files, fingerprint, hash_files
from allrise.errors import UnreadableInput


def large(folder: Path, byte: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "outcomes.csv"
    path.write_bytes(byte * LARGE)
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were really read."""
    read: list[str] = []
    still = module._hash_still

    def noted(path: Path) -> tuple[str, dict[str, int]]:
        read.append(path.name)
        return still(path)

    monkeypatch.setattr(module, "_hash_still", noted)
    return read


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files were written longer ago than it takes their times to settle."""
    now = time.time_ns
    monkeypatch.setattr(module.time, "time_ns", lambda: now() + 2 * SETTLED_NS)


@pytest.mark.usefixtures("later")
def test_a_large_file_is_read_once_while_it_stays_the_same(tmp_path: Path, hashed: list[str]):
    large(tmp_path / "data", b"a")
    first = hash_files(tmp_path / "data", tmp_path / "memo")
    assert hash_files(tmp_path / "data", tmp_path / "memo") == first
    assert first == {"outcomes.csv": hashlib.sha256(b"a" * LARGE).hexdigest()}
    assert hashed == ["outcomes.csv"]


@pytest.mark.usefixtures("later")
def test_a_rewritten_large_file_is_read_again_though_size_and_time_were_put_back(tmp_path: Path):
    path = large(tmp_path / "data", b"a")
    before = path.stat()
    first = hash_files(tmp_path / "data", tmp_path / "memo")
    with path.open("r+b") as stream:
        stream.write(b"b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_size == before.st_size
    assert hash_files(tmp_path / "data", tmp_path / "memo") != first


@pytest.mark.usefixtures("later")
def test_a_large_file_put_in_the_place_of_another_is_read_again(tmp_path: Path):
    path = large(tmp_path / "data", b"a")
    first = hash_files(tmp_path / "data", tmp_path / "memo")
    large(tmp_path / "other", b"b").replace(path)
    assert hash_files(tmp_path / "data", tmp_path / "memo") != first


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path, hashed: list[str]):
    large(tmp_path / "data", b"a")
    hash_files(tmp_path / "data", tmp_path / "memo")
    hash_files(tmp_path / "data", tmp_path / "memo")
    assert hashed == ["outcomes.csv", "outcomes.csv"]


def test_a_file_that_never_rests_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    large(tmp_path / "data", b"a")
    states = iter(range(100))
    monkeypatch.setattr(module, "_state", lambda path: {"size": LARGE, "mtime_ns": next(states), "ctime_ns": 0})
    with pytest.raises(UnreadableInput, match=r"outcomes.csv is being written to"):
        hash_files(tmp_path / "data", tmp_path / "memo")


@pytest.mark.usefixtures("later")
def test_everything_is_read_when_asked_for(tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALLRISE_REHASH", "1")
    large(tmp_path / "data", b"a")
    hash_files(tmp_path / "data", tmp_path / "memo")
    hash_files(tmp_path / "data", tmp_path / "memo")
    assert hashed == ["outcomes.csv", "outcomes.csv"]


@pytest.mark.usefixtures("later")
def test_a_broken_memory_is_no_memory(tmp_path: Path):
    large(tmp_path / "data", b"a")
    first = hash_files(tmp_path / "data", tmp_path / "memo")
    for file in (tmp_path / "memo").iterdir():
        file.write_text("{")
    assert hash_files(tmp_path / "data", tmp_path / "memo") == first


def test_only_files_that_may_hold_tables_count(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    for name in ("schools.csv", "notes.md", ".hidden.csv", "deep/ties.csv", "deep/more.csv"):
        (tmp_path / name).write_text("a\n1\n")
    (tmp_path / "datapackage.json").write_text(
        '{"title": "T", "resources": [{"name": "ties", "path": "deep/ties.csv"}], "allrise": {}}'
    )
    assert [p.relative_to(tmp_path).as_posix() for p in data_files(tmp_path)] == [
        "datapackage.json",
        "deep/ties.csv",
        "schools.csv",
    ]


def test_a_fingerprint_says_names_and_contents():
    one = fingerprint({"a.csv": "1", "b.csv": "2"})
    assert one == fingerprint({"b.csv": "2", "a.csv": "1"})
    assert len({one, fingerprint({"a.csv": "2", "b.csv": "1"}), fingerprint({"a.csv": "1", "c.csv": "2"})}) == 3
