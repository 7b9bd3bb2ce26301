"""Real faults: killed processes, full, locked and read-only disks, and clocks that jump."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from answering import command
from room_samples import Room
from small_disk import fill, small_disk
from sqlalchemy import select

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.clock import Clock
from allrise.room.database import open_database
from allrise.room.errors import Busy, DiskFull, ReadOnly, RoomError, Stopped, Unavailable
from allrise.room.models import Answer, Event
from allrise.room.service import Service

# kill -9 ---------------------------------------------------------------------------------------------------------


def _stream_until_killed(url: str, room: Room, first: int, wait_for: int) -> list[int]:
    """Let a process answer until it has acknowledged some, then kill it; returns what it acknowledged."""
    process = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("answering.py")),
            url,
            room.code,
            str(first),
            ",".join(room.tokens),
        ],
        stdout=subprocess.PIPE,
        env={**os.environ},
        text=True,
    )
    assert process.stdout is not None
    try:
        seen = [int(process.stdout.readline()) for _ in range(wait_for)]
    finally:
        process.send_signal(signal.SIGKILL)
    seen += [int(line) for line in process.stdout.read().split("\n") if line.strip()]
    process.stdout.close()
    assert process.wait(20) == -signal.SIGKILL
    return seen


def test_after_kill_9_every_acknowledged_answer_is_there_exactly_once(database_url):
    with Service.open(database_url) as service:
        room = Room.create(service)
        for _ in range(7):
            room.join()
        room.open("rate")
    acknowledged: list[int] = []
    first = 0
    for wait_for in (5, 40, 90):
        acknowledged += _stream_until_killed(database_url, room, first, wait_for)
        first = max(0, acknowledged[-1] - 7)  # phones that were not answered send again, and some that were
    with Service.open(database_url) as service:
        room.service = service
        with service.database.reader.connect() as connection:
            written = connection.execute(
                select(Event.content, Event.seq).where(Event.kind == "submit").order_by(Event.seq)
            ).all()
        revisions = [row.content["revision"] for row in written]
        assert len(revisions) == len(set(revisions))
        assert set(acknowledged) <= set(revisions)
        last = max(revisions)
        for number in range(first, last + 1):  # phones retry everything that they know of
            assert service.execute(command(number, room.code, room.tokens)).result["saved"] is not None
        answers = service.frames_now(room.code, "rate").answers
        assert len(answers) == 2 * len(room.tokens)
        for n, token in enumerate(room.tokens):
            newest = max(r for r in range(last + 1) if r % len(room.tokens) == n)
            assert room.mine(token, "rate") == {"F1": 1 + newest % 5, "F2": 1 + (newest // 5) % 5}


def test_the_log_has_no_gap_and_no_number_twice_after_a_kill(database_url):
    with Service.open(database_url) as service:
        room = Room.create(service)
        room.join()
        room.open("rate")
    _stream_until_killed(database_url, room, 0, 20)
    with Service.open(database_url) as service, service.database.reader.connect() as connection:
        numbers = list(connection.execute(select(Event.seq).order_by(Event.seq)).scalars())
        assert numbers == list(range(1, len(numbers) + 1))
        assert service.state_now(room.code).seq == numbers[-1]


# The disk --------------------------------------------------------------------------------------------------------


def test_on_a_full_disk_nothing_is_said_to_be_saved_and_a_retry_succeeds_when_there_is_space(tmp_path):
    with small_disk(tmp_path, "3m") as disk, Service.open(disk / "room.db") as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate", "tell")
        room.answer(token, "rate", F1=5)
        ballast = fill(disk)
        refused: list[c.Submit] = []
        told = ""
        saved = {}
        for n in range(400):
            again = c.Submit(
                command_id=f"fills-up-{n}", code=room.code, token=token, question="rate",
                answers={"F1": 1 + n % 5}, revision=n,
            )  # fmt: skip
            try:
                service.execute(again)
                saved[n] = 1 + n % 5
            except DiskFull as error:
                told = str(error)
                refused.append(again)
                if len(refused) == 3:
                    break
        assert "not saved" in told
        assert "Free some space" in told
        assert room.mine(token, "rate")["F1"] == (saved[max(saved)] if saved else 5)
        ballast.unlink()
        for again in refused:
            receipt = service.execute(again)
            assert not receipt.replayed
        assert room.mine(token, "rate") == {"F1": 1 + refused[-1].revision % 5}
        with service.database.reader.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def _query_only(service: Service, state: str) -> None:
    connection = service.database.writer.raw_connection()
    connection.cursor().execute(f"PRAGMA query_only = {state}")
    connection.close()


def _open_and_answer(file: Path, room: Room, token: str) -> None:
    with Service.open(file) as service:
        room.service = service
        assert room.mine(token, "rate") == {"F1": 2}
        room.answer(token, "rate", F1=1)


def test_a_read_only_disk_can_be_read_and_says_what_to_do_for_writing(tmp_path):
    with small_disk(tmp_path, "8m") as disk:
        with Service.open(disk / "room.db") as service:
            room = Room.create(service)
            token = room.join()
            room.open("rate")
            room.answer(token, "rate", F1=5)
        file = disk / "room.db"
        service = Service.open(file)
        room.service = service
        service.state_now(room.code)
        _query_only(service, "ON")
        with pytest.raises(ReadOnly, match="cannot be written"):
            room.answer(token, "rate", F1=1)
        assert service.state_now(room.code).current == "rate"
        _query_only(service, "OFF")
        room.answer(token, "rate", F1=2)
        service.close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(RoomError) as refusal:
            _open_and_answer(file, room, token)
        assert refusal.value.code in {"read_only", "unavailable"}
        assert "safe" in refusal.value.mend
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        with Service.open(file) as service:
            room.service = service
            assert room.mine(token, "rate") == {"F1": 2}


def test_while_another_program_holds_the_database_it_can_be_read_and_a_retry_succeeds_later(tmp_path):
    file = tmp_path / "room.db"
    with Service(open_database(file, lock_seconds=0.3)) as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        command_ = c.Submit(
            command_id="patience-1", code=room.code, token=token, question="rate", answers={"F1": 3}, revision=1
        )
        started = time.monotonic()
        with pytest.raises(Busy, match="in use"):
            service.execute(command_)
        assert time.monotonic() - started < 5
        assert service.state_now(room.code).current == "rate"
        assert room.mine(token, "rate") == {}
        holder.execute("ROLLBACK")
        holder.close()
        assert not service.execute(command_).replayed
        assert room.mine(token, "rate") == {"F1": 3}


def test_a_postgres_that_goes_away_is_named_and_used_again_when_it_is_back(postgres_socket):
    from postgres_cluster import new_database

    with Service.open(new_database(postgres_socket)) as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        room.answer(token, "rate", F1=1)
        with service.database.reader.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        refusals: list[RoomError] = []
        for _attempt in range(3):
            try:
                room.participant(
                    c.Submit, token, command_id="after-the-cut", question="rate", answers={"F1": 2}, revision=9
                )
                break
            except RoomError as error:
                refusals.append(error)
        assert all(error.retry for error in refusals)
        assert room.mine(token, "rate") == {"F1": 2}


def test_a_postgres_that_turns_read_only_under_a_running_room_is_read_and_says_what_to_do(postgres_socket):
    from postgres_cluster import new_database

    def read_only(state: str) -> None:
        with service.database.reader.connect() as connection:
            connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
            connection.exec_driver_sql(f"ALTER ROLE CURRENT_USER SET default_transaction_read_only = {state}")
            connection.commit()
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid()"
            )

    def send() -> c.Receipt:
        return room.participant(c.Submit, token, command_id="to-a-standby", question="rate", answers={"F1": 2})

    with Service.open(new_database(postgres_socket)) as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        room.answer(token, "rate", F1=1)
        read_only("on")
        with pytest.raises(ReadOnly, match="cannot be written"):
            send()
        assert room.mine(token, "rate") == {"F1": 1}
        assert service.state_now(room.code).current == "rate"
        read_only("off")
        assert not send().replayed
        assert room.mine(token, "rate") == {"F1": 2}


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("This is not a database, but it is long enough to be looked at." * 20)
    with pytest.raises(Unavailable, match="is not a database"):
        Service.open(tmp_path / "notes.txt")
    with pytest.raises(Unavailable, match="cannot hold a room"):
        Service.open("mysql://somewhere/room")
    with pytest.raises(Unavailable):
        Service.open("postgresql://nobody@/nothing?host=/nowhere")


def test_a_room_of_a_newer_version_is_left_alone(tmp_path):
    file = tmp_path / "room.db"
    Service.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE allrise_room SET version_num = '9999'")
    with pytest.raises(Unavailable, match="newer version"):
        Service.open(file)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT version_num FROM allrise_room").fetchone() == ("9999",)


# Clocks and ends -------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_changes_neither_order_nor_times_already_given(tmp_path):
    file = tmp_path / "room.db"
    now = {"wall": 2_000_000_000.0, "steady": 50.0}
    with Service.open(file, clock=Clock(lambda: now["wall"], lambda: now["steady"])) as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        room.facilitator(c.StartTimer, seconds=600)
        first = room.answer(token, "rate", revision=1, F1=1)
        now["wall"] -= 3_600 * 24 * 365  # someone sets the machine's clock
        now["steady"] += 60
        second = room.answer(token, "rate", revision=2, F1=2)
        assert second.at == first.at + 60_000
        assert second.seq > first.seq
        assert service.state_now(room.code).timer.remaining(service.clock.now()) == 540_000
    with Service.open(file, clock=Clock(lambda: now["wall"], lambda: now["steady"])) as service:  # still wrong
        room.service = service
        third = room.answer(token, "rate", revision=3, F1=3)
        assert third.at >= second.at
        assert service.state_now(room.code).timer.remaining(service.clock.now()) <= 540_000
        assert room.mine(token, "rate") == {"F1": 3}


def test_closing_carries_out_what_is_waiting_and_then_refuses(tmp_path):
    service = Service.open(tmp_path / "room.db")
    room = Room.create(service)
    token = room.join()
    room.open("rate")
    futures = [
        service._writer.put(
            c.Submit(
                command_id=keys.new_command_id(), code=room.code, token=token, question="rate",
                answers={"F1": 1 + n % 5}, revision=n,
            )
        )
        for n in range(50)
    ]  # fmt: skip
    service.close()
    assert len({f.result(0).seq for f in futures}) == 50
    with pytest.raises(Stopped):
        room.answer(token, "rate", F1=1)
    with sqlite3.connect(tmp_path / "room.db") as connection:
        assert connection.execute("SELECT value, revision FROM answer").fetchall() == [(5, 49)]


def test_a_waiting_request_that_is_given_up_is_still_carried_out_once(tmp_path):
    import asyncio

    with Service.open(tmp_path / "room.db") as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        again = c.Submit(command_id="given-up-1", code=room.code, token=token, question="rate", answers={"F1": 4})

        async def give_up() -> None:
            task = asyncio.ensure_future(service.run(again))
            await asyncio.sleep(0)
            task.cancel()

        asyncio.run(give_up())
        assert service.execute(again).result["saved"] == ["F1"]
        with service.database.reader.connect() as connection:
            assert len(connection.execute(select(Answer.value)).all()) == 1
            assert len(connection.execute(select(Event.seq).where(Event.kind == "submit")).all()) == 1
