"""Faults met by people: a full, locked or read-only disk, clocks that jump, retries, two facilitators, two tabs, kill -9.

Each test does it to the real server over HTTP, and reads what the page says.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from room_phones import QUICK, ROOT, Facilitator, Phone, Server, new_session
from small_disk import failing_disk, fill, small_disk

from allrise.room import keys
from allrise.room.service import Service

KINDS = str(Path(__file__).parents[1] / "kinds.toml")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("room") / "room.db", *QUICK) as running:
        yield running


@pytest.fixture
def room(server):
    return server, *room_in(server)


def room_in(server):
    """Return code and facilitator of a new session in a running server."""
    code, secret = new_session(server.database, KINDS)
    desk = Facilitator(server, code, secret)
    assert desk.enter().status == 200
    for question in ("words", "rate"):
        desk.do("open", question=question)
    return code, desk


def joined(server, code):
    phone = Phone(server, code)
    phone.join()
    return phone


def frames_of(server, code):
    with Service.open(server.database) as service:
        return service.frames_now(code)


def form_of(phone, question, ending=None):
    """Return the address and fields of a form, without what the person fills in."""
    form = phone.open(question).forms.with_action(ending or f"/q/{question}")
    return form["action"], [f for f in form["fields"] if not f[0].startswith("a:") and f[0] != "text"]


# The disk --------------------------------------------------------------------------------------------------------


def test_on_a_full_disk_the_page_says_that_nothing_was_saved_and_gives_the_text_back(tmp_path):
    with small_disk(tmp_path, "4m") as disk, Server(disk / "room.db") as server:
        code, _ = room_in(server)
        phone = joined(server, code)
        assert phone.fill("rate", {"a:F1": 5}).status == 200
        ballast = fill(disk)
        saved, refused = 0, None
        for n in range(60):
            time.sleep(0.25 if n > 30 else 0)  # the phone's allowance fills again
            action, fields = form_of(phone, "words", "/write")
            text = f"Thought {n}: " + "long " * 300
            reply = phone.post(action, [*fields, ("text", text)])
            if reply.status == 507:
                refused = (action, [*fields, ("text", text)])
                break
            saved += reply.status == 200
        assert refused, "the disk never filled"
        assert "The computer that runs the room has no space left. Nothing was saved." in reply.shown
        assert "Please tell the facilitator: space must be made on that computer." in reply.shown
        assert f"Thought {n}:" in reply.shown
        assert reply.headers["Retry-After"]
        asked = phone.post(*refused, headers={"Accept": "application/json"})
        assert asked.json["retry"] is True  # the script keeps the draft and tries again
        assert phone.open("rate").status == 200  # what was saved can still be read
        ballast.unlink()
        assert phone.post(*refused).status == 200
        assert phone.post(*refused).status == 200  # and once more, as an impatient phone does
        written = frames_of(server, code)
        assert len(written.statements) == saved + 1
        assert written.answers["value"].tolist() == [5]


def test_while_another_program_holds_the_database_pages_are_read_and_say_to_wait(room):
    server, code, _ = room
    phone = joined(server, code)
    action, fields = form_of(phone, "rate")
    holder = sqlite3.connect(server.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        begun = time.monotonic()
        reply = phone.post(action, [*fields, ("a:F1", "4")])
        assert 3 < time.monotonic() - begun < 10
        assert reply.status == 503
        assert "Nothing was lost, and nothing was saved yet." in reply.shown
        assert "Wait a few seconds and try again." in reply.shown
        assert phone.open("rate").status == 200
        assert phone.get(f"/r/{code}/news").json["current"] == "rate"
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert "Saved " in phone.post(action, [*fields, ("a:F1", "4")]).shown
    assert frames_of(server, code).answers["value"].tolist() == [4]


def test_a_lock_that_is_soon_released_is_waited_for(room):
    server, code, _ = room
    phone = joined(server, code)
    action, fields = form_of(phone, "rate")
    holder = sqlite3.connect(server.database, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(1.5, lambda: holder.execute("ROLLBACK"))
    release.start()
    assert "Saved " in phone.post(action, [*fields, ("a:F1", "2")]).shown
    release.join()
    holder.close()


def test_on_a_read_only_disk_the_server_does_not_start_and_says_what_to_do(tmp_path):
    with small_disk(tmp_path, "8m") as disk:
        with Server(disk / "room.db") as server:
            code, _ = room_in(server)
            joined(server, code).fill("rate", {"a:F1": 3})
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        said = subprocess.run(
            [sys.executable, "-m", "allrise.room.server", "--database", server.database, "--host", "127.0.0.1"],
            capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        )  # fmt: skip
        assert said.returncode in (1, 2)
        assert "Traceback" not in said.stderr
        assert "room.db" in said.stderr
        assert "safe" in said.stderr
        assert "writ" in said.stderr  # "cannot be written", "can be written"
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        server.start()
        assert frames_of(server, code).answers["value"].tolist() == [3]
        server.stop()


def test_when_the_disk_goes_read_only_under_the_server_the_page_says_so_and_nothing_acknowledged_is_lost(tmp_path):
    with failing_disk(tmp_path) as disk:
        with Server(disk.folder / "room.db") as server:
            code, _ = room_in(server)
            phone = joined(server, code)
            assert "Saved " in phone.fill("rate", {"a:F1": 3}).shown
            action, fields = form_of(phone, "rate")
            disk.fail()
            for asked in ("a page", "a page again"):
                reply = phone.post(action, [*fields, ("a:F1", "5")])
                assert reply.status == 503, asked
                assert "The room cannot save just now." in reply.shown
                assert "cannot be written" in reply.shown
                assert reply.headers["Retry-After"]
            script = phone.post(action, [*fields, ("a:F1", "5")], headers={"Accept": "application/json"})
            assert script.json["retry"] is True  # the phone keeps it and sends it again
            assert dict(phone.open("rate").forms.with_action("/q/rate")["fields"])["a:F1"] == "3"
            assert phone.get(f"/r/{code}/news").status == 200
        disk.unmount()
        disk.mount()  # mended
        with Server(disk.folder / "room.db") as server:
            phone.server = server
            assert "Saved " in phone.post(action, [*fields, ("a:F1", "5")]).shown
            assert frames_of(server, code).answers["value"].tolist() == [5]


# Clocks ----------------------------------------------------------------------------------------------------------

JUMPING = """
import runpy, sys, time
real, days = time.time, [0, 1, -1, 7, -30]
time.time = lambda: real() + 86400 * days[int(time.monotonic() / 0.3) % 5]
sys.argv[0] = "allrise.room.server"
runpy.run_module("allrise.room.server", run_name="__main__")
"""


def test_a_clock_that_jumps_by_days_orders_nothing_and_stops_no_timer(tmp_path):
    with Server(tmp_path / "room.db", run=("-c", JUMPING)) as server:
        code, desk = room_in(server)
        phone = joined(server, code)
        times, values = [], []
        for n in range(12):
            reply = phone.fill("rate", {"a:F1": 1 + n % 5, "revision": n + 1}, headers={"Accept": "application/json"})
            times.append(reply.json["at"])
            time.sleep(0.1)
            values.append(1 + n % 5)
        assert times == sorted(times)
        assert times[-1] - times[0] < 60_000
        desk.do("start_timer", minutes=5)
        left = phone.get(f"/r/{code}/news").json["timer"]["left"]
        assert 240_000 < left <= 300_000
        server.kill()
        server.start()  # the machine's clock is now somewhere else again
        reply = phone.fill("rate", {"a:F2": 2}, headers={"Accept": "application/json"})
        assert reply.json["at"] >= times[-1]
        answers = frames_of(server, code).answers.set_index("item_id")["value"]
        assert answers.to_dict() == {"F1": values[-1], "F2": 2}


def test_a_database_from_a_machine_whose_clock_is_ahead_is_gone_on_with(tmp_path):
    database = tmp_path / "room.db"
    with Server(database) as server:
        code, _ = room_in(server)
        phone = joined(server, code)
        phone.fill("rate", {"a:F1": 1})
    ahead = int(time.time() * 1000) + 3 * 86_400_000
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE session SET changed_at = ?", (ahead,))
    connection.close()
    with Server(database) as server:
        phone.server = server
        reply = phone.fill("rate", {"a:F1": 4}, headers={"Accept": "application/json"})
        assert reply.json["at"] >= ahead
        assert frames_of(server, code).answers["value"].tolist() == [4]


# Retries and disorder --------------------------------------------------------------------------------------------


def test_answers_replayed_and_out_of_order_from_many_lines_leave_the_newest_once(room):
    server, code, _ = room
    phones = [joined(server, code) for _ in range(4)]
    chance = random.Random(5)
    jobs = []
    for phone in phones:
        action, fields = form_of(phone, "rate")
        fields = [f for f in fields if f[0] not in ("command_id", "revision")]
        for revision in range(1, 11):
            sent = [*fields, ("command_id", keys.new_command_id()), ("revision", revision), ("a:F1", 1 + revision % 5)]
            jobs += [(phone, action, sent)] * chance.randint(1, 3)
    chance.shuffle(jobs)
    statuses, lock = Counter(), threading.Lock()

    def send(share):
        for phone, action, sent in share:
            status = phone.post(action, sent, headers={"Accept": "application/json"}).status
            with lock:
                statuses[status] += 1

    threads = [threading.Thread(target=send, args=(jobs[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    answers = frames_of(server, code).answers
    assert answers["value"].tolist() == [1 + 10 % 5] * 4
    with sqlite3.connect(server.database) as connection:
        events = connection.execute(
            "SELECT count(*), count(DISTINCT key) FROM event JOIN session ON session.id = session_id"
            " WHERE code = ? AND kind = 'submit'", (code,),
        ).fetchone()  # fmt: skip
    connection.close()
    assert events == (40, 40)


def test_a_participant_with_two_tabs_is_one_person_and_the_last_press_holds(room):
    server, code, desk = room
    phone = joined(server, code)
    first, second = phone.open("rate"), phone.open("rate")
    phone.fill("rate", {"a:F1": 1, "a:F2": 1}, page=first)
    phone.fill("rate", {"a:F1": 5}, page=second)
    shown = dict(phone.open("rate").forms.with_action("/q/rate")["fields"])
    assert (shown["a:F1"], shown["a:F2"]) == ("5", "1")  # what the second tab did not say is not taken back
    one, other = form_of(phone, "words", "/write"), form_of(phone, "words", "/write")
    phone.post(one[0], [*one[1], ("text", "From the first tab.")])
    phone.post(other[0], [*other[1], ("text", "From the second tab.")])
    desk.do("close", question="rate")
    late = phone.fill("rate", {"a:F1": 2}, page=first)
    assert late.status == 409
    assert "This question is not open." in late.shown
    assert "You can send it if the facilitator opens the question again." in late.shown
    frames = frames_of(server, code)
    assert len(frames.people) == 1
    assert frames.answers.set_index("item_id")["value"].to_dict() == {"F1": 5, "F2": 1}
    assert sorted(frames.statements["text"]) == ["From the first tab.", "From the second tab."]


def test_joining_in_two_tabs_at_once_makes_one_participant(room):
    server, code, _ = room
    phone = Phone(server, code)
    form = phone.get(f"/r/{code}").forms.with_action(f"/r/{code}")
    other = phone.get(f"/r/{code}").forms.with_action(f"/r/{code}")
    for fields, country in ((form["fields"], "CA"), (other["fields"], "NZ")):
        given = dict(fields) | {"country": country, "role": "leader", "language": "en"}
        assert phone.post(f"/r/{code}", given).status == 200
    people = frames_of(server, code).people
    assert people["country"].tolist() == ["NZ"]


def test_two_facilitators_at_once_skip_nothing_and_the_slower_one_is_told(room):
    server, code, desk = room
    other = Facilitator(server, code, desk.secret)
    other.enter()
    joined(server, code).write("words", "Read me.")

    def press(who, **fields):
        form = next(f for f in who.get(f"/desk/{code}").forms.forms if f["action"].endswith("/do"))
        return {"csrf": dict(form["fields"])["csrf"], "command_id": keys.new_command_id(), **fields}

    def at_once(*presses):
        replies = [None] * len(presses)

        def go(i, who, fields):
            replies[i] = who.post(f"/desk/{code}/do", fields, follow=False)

        threads = [threading.Thread(target=go, args=(i, *p)) for i, p in enumerate(presses)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return replies

    current = desk.get(f"/r/{code}/news").json["current"]
    nexts = at_once(*((who, press(who, do="next", seen=current)) for who in (desk, other)))
    assert sorted(r.status for r in nexts) == [303, 409]
    told = next(r for r in nexts if r.status == 409)
    assert "The room has moved on since you loaded this page." in told.shown
    assert "Load the page again and look first." in told.shown
    assert desk.get(f"/r/{code}/news").json["current"] == "lean"
    decisions = at_once(
        (desk, press(desk, do="approve", question="words", statement=1, seen="pending")),
        (other, press(other, do="reject", question="words", statement=1, seen="pending", reason="Not now.")),
    )
    assert sorted(r.status for r in decisions) == [303, 409]
    fate = frames_of(server, code).statements["state"].tolist()
    assert fate == ["approved" if decisions[0].status == 303 else "rejected"]


# kill -9 ---------------------------------------------------------------------------------------------------------


#: Every so many answers a phone sends a text: it may write twenty.
WRITTEN = 15


@pytest.mark.slow
def test_kill_9_in_a_stream_of_answers_loses_and_doubles_nothing_that_was_acknowledged(tmp_path):
    with Server(tmp_path / "room.db") as server:
        code, desk = room_in(server)
        desk.do("open", question="words")
        desk.do("open", question="rate")
        phones = [joined(server, code) for _ in range(6)]
        forms = {}
        for phone in phones:
            rate, words = form_of(phone, "rate"), form_of(phone, "words", "/write")
            forms[phone] = (
                (rate[0], [f for f in rate[1] if f[0] not in ("command_id", "revision")]),
                (words[0], [f for f in words[1] if f[0] != "command_id"]),
            )
        newest = dict.fromkeys(phones, 0)
        acknowledged = {phone: [] for phone in phones}  # texts
        unanswered = {phone: [] for phone in phones}
        number = dict.fromkeys(phones, 0)

        def stream(phone, ending):
            (rate, base), (words, written) = forms[phone]
            place = phones.index(phone)
            while not ending.is_set():
                number[phone] += 1
                n = number[phone]
                if n % WRITTEN:
                    sent = (rate, [*base, ("command_id", keys.new_command_id()), ("revision", n), ("a:F1", 1 + n % 5)])
                else:
                    text = f"Phone {place}, thought {n}."
                    sent = (words, [*written, ("command_id", keys.new_command_id()), ("text", text)])
                try:
                    reply = phone.post(*sent, headers={"Accept": "application/json"})
                except OSError:
                    unanswered[phone].append((n, sent))
                    return
                if reply.status == 429:
                    number[phone] -= 1
                    time.sleep(0.3)
                    continue
                assert reply.status == 200, reply.html
                if n % WRITTEN:
                    newest[phone] = n
                else:
                    acknowledged[phone].append(text)
                time.sleep(0.02)

        for _ in range(3):
            ending = threading.Event()
            threads = [threading.Thread(target=stream, args=(phone, ending)) for phone in phones]
            for thread in threads:
                thread.start()
            time.sleep(1.5)
            server.kill()
            for thread in threads:
                thread.join(20)
            ending.set()
            server.start()
        assert sum(map(len, unanswered.values())) > 3
        time.sleep(2)
        for phone in phones:  # what was not answered is sent again, as the page's script does
            for n, sent in unanswered[phone]:
                for _ in range(2):
                    reply = phone.post(*sent, headers={"Accept": "application/json"})
                    assert reply.status == 200, reply.html
                if n % WRITTEN:
                    newest[phone] = max(newest[phone], n)
                else:
                    acknowledged[phone].append(f"Phone {phones.index(phone)}, thought {n}.")
        for phone in phones:
            page = phone.open("rate")
            assert dict(page.forms.with_action("/q/rate")["fields"])["a:F1"] == str(1 + newest[phone] % 5)
        frames = frames_of(server, code)
        assert Counter(frames.statements["text"]) == Counter(t for texts in acknowledged.values() for t in texts)
        assert not frames.answers.duplicated(["participant", "item_id"]).any()
        assert len(frames.people) == len(phones)
        with sqlite3.connect(server.database) as connection:
            seqs = [row[0] for row in connection.execute("SELECT seq FROM event ORDER BY seq")]
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        assert seqs == list(range(1, len(seqs) + 1))


def test_while_the_server_is_away_the_script_hears_no_answer_and_afterwards_the_same_form_is_taken(tmp_path):
    with Server(tmp_path / "room.db") as server:
        code, _ = room_in(server)
        phone = joined(server, code)
        action, fields = form_of(phone, "rate")
        server.kill()
        with pytest.raises(OSError, match="refused"):
            phone.post(action, [*fields, ("a:F1", "3")])
        server.start()
        assert "Saved " in phone.post(action, [*fields, ("a:F1", "3")]).shown
        assert json.loads(phone.get("/health").body)["up"] is True
