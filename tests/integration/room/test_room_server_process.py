"""The server's process: small, patient with the process that counts, and true to what it has shown."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd
import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from room_phones import ROOT, Browser, Facilitator, Phone, Server, new_session

from allrise.room import keys
from allrise.room.commands import CloseQuestion, OpenQuestion
from allrise.room.server.workings import Workings
from allrise.room.service import Service

KINDS = str(Path(__file__).parents[1] / "kinds.toml")


@pytest.fixture
def room(tmp_path):
    database = tmp_path / "room.db"
    code, secret = new_session(database, KINDS)
    with Server(database) as server:
        desk = Facilitator(server, code, secret)
        desk.enter()
        yield server, code, desk


def answered(server, code, people, *, first=0):
    phones = []
    for i in range(first, first + people):
        phone = Phone(server, code, ("CA", "NZ")[i % 2], "teacher")
        phone.join()
        phone.fill("rate", {"a:F1": 5 if i < 20 else 1})
        phones.append(phone)
    return phones


def until(ask, found, seconds=20):
    deadline = time.monotonic() + seconds
    while found not in (said := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found in said, said
    return said


def counting(server):
    """The server's child processes that count."""
    children = psutil.Process(server.process.pid).children()
    return [c for c in children if "allrise.room.server.counting" in " ".join(c.cmdline())]


def test_the_server_holds_no_pandas_numpy_or_pyarrow():
    said = subprocess.run(
        [sys.executable, "-c",
         "import sys, allrise.room.server.__main__; print([m for m in sys.argv[1:] if m in sys.modules])",
         "pandas", "numpy", "pyarrow", "scipy", "sklearn"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
    )  # fmt: skip
    assert said.stdout.strip() == "[]"


def test_the_server_stays_small_after_every_page_was_drawn(room):
    server, code, desk = room
    desk.do("open", question="rate")
    phones = answered(server, code, 20)
    desk.do("close", question="rate")
    desk.do("show", question="rate")
    until(lambda: Browser(server).get(f"/stage/{code}").shown, "20 answered")
    for question in ("lean", "map", "one", "some", "order", "words", "board"):
        desk.do("open", question=question)
        desk.do("show", question=question)
        assert phones[0].open(question).status == 200
    memory = psutil.Process(server.process.pid).memory_info().rss / 2**20
    assert memory < 120, memory


def test_results_come_back_when_the_process_that_counts_is_killed(room):
    server, code, desk = room
    desk.do("open", question="rate")
    desk.do("show", question="rate")
    answered(server, code, 20)
    stage = Browser(server)
    until(lambda: stage.get(f"/stage/{code}").shown, "20 answered, counted: 15")
    for process in counting(server):
        process.kill()
    assert "20 answered, counted: 15" in stage.get(f"/stage/{code}").shown  # the last good picture
    answered(server, code, 5, first=20)
    until(lambda: stage.get(f"/stage/{code}").shown, "25 answered, counted: 20")
    assert len(counting(server)) == 1


def test_the_process_that_counts_ends_with_its_server(room):
    server, code, desk = room
    desk.do("open", question="rate")
    desk.do("show", question="rate")
    Browser(server).get(f"/stage/{code}")
    processes = counting(server)
    assert processes
    server.kill()
    gone, alive = psutil.wait_procs(processes, timeout=10)
    assert gone
    assert not alive
    server.start()


def test_two_screens_cannot_be_subtracted_over_a_restart(room):
    server, code, desk = room
    desk.do("open", question="rate")
    desk.do("show", question="rate")
    answered(server, code, 20)
    stage = Browser(server)
    desk.do("close", question="rate")
    # On a busy machine the picture of the open question, "20 answered, counted: 15", may still stand.
    first = until(lambda: stage.get(f"/stage/{code}").shown.replace("20 answered, counted", ""), "20 answered")
    assert "100%" in first  # all said 5
    desk.do("open", question="rate")
    answered(server, code, 1, first=20)  # the twenty-first says 1, and would be known by the difference
    desk.do("close", question="rate")
    server.kill()
    server.start()
    again = until(lambda: stage.get(f"/stage/{code}").shown, "21 answered, counted: 20")
    assert "100%" in again
    desk.do("open", question="rate")
    answered(server, code, 4, first=21)
    desk.do("close", question="rate")
    last = until(lambda: stage.get(f"/stage/{code}").shown, "25 answered")
    assert "80%" in last  # five at once tell of none of them


def test_what_cannot_be_written_down_is_not_shown(tmp_path):
    database = tmp_path / "room.db"
    code, secret = new_session(database, KINDS)
    workings = Workings()
    with Service.open(database, elsewhere=workings) as service:

        def query_only(on):
            connection = service.database.writer.raw_connection()
            connection.cursor().execute(f"PRAGMA query_only = {on}")
            connection.close()

        try:
            who = {"code": code, "secret": secret, "question": "rate"}
            service.execute(OpenQuestion(command_id=keys.new_command_id(), **who))
            with Server(database) as server:  # nobody looks at results
                answered(server, code, 20)
            service.execute(CloseQuestion(command_id=keys.new_command_id(), **who))
            query_only(1)
            kept = service.aggregates_now(code, "rate").value
            assert (kept.answered, kept.counted, kept.rows) == (20, 0, ())
            query_only(0)
            deadline = time.monotonic() + 10
            while service.aggregates_now(code, "rate").value.counted < 20 and time.monotonic() < deadline:
                time.sleep(0.2)
            assert service.aggregates_now(code, "rate").value.counted == 20
        finally:
            workings.close()


def test_of_two_servers_at_one_database_the_second_shows_what_the_first_has_shown(room):
    server, code, desk = room
    desk.do("open", question="rate")
    desk.do("show", question="rate")
    answered(server, code, 20)
    until(lambda: Browser(server).get(f"/stage/{code}").shown, "counted: 15")
    answered(server, code, 2, first=20)
    with Server(server.database) as other:
        desk.do("close", question="rate")
        until(lambda: Browser(server).get(f"/stage/{code}").shown, "22 answered")
        assert until(lambda: Browser(other).get(f"/stage/{code}").shown, "22 answered").count("counted") == 0


def test_the_record_is_downloaded_by_the_facilitator_only(room, tmp_path):
    server, code, desk = room
    desk.do("open", question="rate")
    phones = answered(server, code, 3)
    assert f'href="/desk/{code}/record"' in desk.get(f"/desk/{code}").html
    for other in (Browser(server), phones[0], Facilitator(server, code, "x" * 32)):
        assert other.get(f"/desk/{code}/record").status == 403
    forged = Browser(server)
    forged.cookies[f"desk_{code}"] = ("A" * 43, "/")
    assert forged.get(f"/desk/{code}/record").status == 403
    reply = desk.get(f"/desk/{code}/record")
    assert reply.status == 200
    assert reply.headers["Content-Disposition"] == f'attachment; filename="dialogue-{code}.zip"'
    assert reply.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert all(name.startswith(f"dialogue-{code}/") and ".." not in name for name in archive.namelist())
        archive.extractall(tmp_path)
    folder = tmp_path / f"dialogue-{code}"
    answers = pd.read_csv(folder / "dialogue_answers.csv")
    assert answers["value"].tolist() == [5, 5, 5]
    check = subprocess.run(
        [sys.executable, "-m", "allrise", "data", "check", str(folder)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
    )  # fmt: skip
    assert check.returncode == 0, check.stdout + check.stderr


def test_ctrl_c_ends_the_server_and_what_it_started(room):
    server, code, desk = room
    desk.do("open", question="rate")
    desk.do("show", question="rate")
    Browser(server).get(f"/stage/{code}")
    processes = counting(server)
    assert server.stop(signal.SIGINT) == 0
    assert not psutil.wait_procs(processes, timeout=10)[1]
