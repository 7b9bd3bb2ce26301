"""A file is replaced whole, or stays as it was, with nothing left beside it."""

import os
import stat
import threading

import pytest

from allrise.whole import replaced, write_whole


def test_text_and_bytes_take_the_place_of_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    write_whole(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    write_whole(path, b"\x00\r\n")
    assert path.read_bytes() == b"\x00\r\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replaced(path) as part:
        part.write_text("ne")
        assert path.read_text() == "old"
        part.write_text("new")
    assert path.read_text() == "new"


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full_disk():
        with replaced(path) as part:
            part.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        full_disk()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_place_that_cannot_be_taken_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "a.txt", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_private_file_is_its_owners_alone_from_the_first_byte_and_others_follow_the_umask(tmp_path):
    before = os.umask(0o022)
    try:
        with replaced(tmp_path / "secret", private=True) as part:
            assert stat.S_IMODE(part.stat().st_mode) == 0o600
            part.write_bytes(b"x")
        assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
        write_whole(tmp_path / "open", "x")
        assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o644
    finally:
        os.umask(before)


def test_the_unfinished_file_may_lie_elsewhere_and_a_long_name_is_no_hindrance(tmp_path):
    aside, path = tmp_path / "aside", tmp_path / ("n" * 250)
    aside.mkdir()
    with replaced(path, beside=aside) as part:
        assert part.parent == aside
        part.write_text("x")
    assert path.read_text() == "x"
    assert not list(aside.iterdir())


def test_many_writers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "a.txt"
    writers = [threading.Thread(target=write_whole, args=(path, letter * 100_000)) for letter in "abcdefgh"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_text() in {letter * 100_000 for letter in "abcdefgh"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
