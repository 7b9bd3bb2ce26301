"""Publishing: one step where the system can, recoverable where it cannot, and never over something of others."""

from __future__ import annotations

import os

import pytest

from allrise.packs import exchange
from allrise.packs.manifest import MANIFEST, verify_all
from allrise.packs.publish import BuildRunning, NotOurs, Workspace, as_json

PACK = {"schema": 1, "pack": {}, "chapters": [], "outputs": []}


def make_pack(folder, word):
    folder.mkdir(parents=True)
    (folder / "word.txt").write_text(word)
    (folder / MANIFEST).write_bytes(as_json(PACK))
    return folder


def word(folder):
    return (folder / "word.txt").read_text()


@pytest.fixture(params=["one step", "two steps"])
def steps(request, monkeypatch):
    if request.param == "two steps":
        monkeypatch.setattr(exchange, "exchange", lambda one, other: False)
    return request.param


def test_a_pack_replaces_the_older_one_and_nothing_is_left(tmp_path, steps):
    make_pack(tmp_path / "out" / "c1", "old")
    with Workspace(tmp_path / "out") as workspace:
        workspace.publish(make_pack(workspace.staging / "c1", "new"), "c1")
        assert word(tmp_path / "out" / "c1") == "new"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["c1"]


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname not in {"Linux", "Darwin"}, reason="no exchange there")
def test_this_system_exchanges_folders_in_one_step(tmp_path):
    one, other = make_pack(tmp_path / "one", "1"), make_pack(tmp_path / "other", "2")
    assert exchange.exchange(one, other)
    assert (word(one), word(other)) == ("2", "1")
    with pytest.raises(OSError, match="No such file"):
        exchange.exchange(one, tmp_path / "missing")


def test_an_older_pack_left_aside_by_a_kill_between_two_steps_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "exchange", lambda one, other: False)
    out = tmp_path / "out"
    make_pack(out / ".allrise-build" / "aside" / "c1", "old")
    make_pack(out / ".allrise-build" / "staging-0123456789ab" / "c1", "half")
    with Workspace(out):
        assert word(out / "c1") == "old"
    assert [p.name for p in out.iterdir()] == ["c1"]


def test_leftovers_of_a_killed_build_go_with_its_temporary_folder(tmp_path):
    out, scratch, other = tmp_path / "out", tmp_path / "allrise-abcd1234", tmp_path / "precious"
    for folder in (scratch, other):
        (folder / "w0").mkdir(parents=True)
    for noted, stays in ((scratch, False), (other, True)):
        make_pack(out / ".allrise-build" / "staging-0123456789ab" / "c1", "half")
        (out / ".allrise-build" / "scratch").write_text(str(noted))
        with Workspace(out):
            pass
        assert noted.exists() is stays
    assert list(out.iterdir()) == []


def test_only_one_build_works_in_a_folder(tmp_path):
    inside = pytest.raises(BuildRunning, match=f"process {os.getpid()}")
    with Workspace(tmp_path / "out"), inside, Workspace(tmp_path / "out"):
        pass
    with Workspace(tmp_path / "out"):
        pass


def test_a_folder_of_that_name_that_is_not_ours_is_left_alone(tmp_path):
    theirs = tmp_path / "out" / ".allrise-build"
    theirs.mkdir(parents=True)
    (theirs / "letter.txt").write_text("dear")
    with pytest.raises(NotOurs), Workspace(tmp_path / "out"):
        pass
    assert (theirs / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_no_pack_is_not_replaced(tmp_path, kind):
    out = tmp_path / "out"
    out.mkdir()
    if kind == "folder":
        (out / "c1").mkdir()
        (out / "c1" / "x").touch()
    elif kind == "file":
        (out / "c1").touch()
    else:
        (out / "c1").symlink_to(make_pack(tmp_path / "elsewhere", "theirs"), target_is_directory=True)
    with Workspace(out) as workspace, pytest.raises(NotOurs):
        workspace.publish(make_pack(workspace.staging / "c1", "new"), "c1")
    if kind == "link":
        assert word(tmp_path / "elsewhere") == "theirs"


def test_a_manifest_that_cannot_be_read_is_a_finding(tmp_path):
    make_pack(tmp_path / "c1", "x")
    (tmp_path / "c1" / MANIFEST).write_text("{")
    assert [str(f) for f in verify_all(tmp_path)] == [f"c1/{MANIFEST}: changed"]
